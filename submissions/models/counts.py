"""How many findings each check gave in a file: numbers only, kept in clear beside the sealed findings."""

from __future__ import annotations

from django.db import models

from submissions.models.delivery import Delivery


class CheckCount(models.Model):
    """One check in one real file: what it gave as the file came, and what it gives with the corrections in force.

    A group is one cause to correct or explain (check, field and wrong value).
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="check_counts")
    check_code = models.CharField(max_length=10)
    level = models.CharField(max_length=10)  # the worst of its findings
    first_rows = models.PositiveIntegerField()
    first_groups = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    groups = models.PositiveIntegerField()

    class Meta:
        verbose_name = "antal anmärkningar"
        verbose_name_plural = "antal anmärkningar"
        constraints = [models.UniqueConstraint(fields=["delivery", "check_code"], name="check_count_one_per_delivery_and_check")]

    def __str__(self) -> str:
        return f"{self.check_code}: {self.rows}"
