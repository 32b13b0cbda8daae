"""What a unit is and was called. `Unit.name` is the name of today; these rows say since when, and what comes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from profiles.models.people import Unit


class UnitName(models.Model):
    """A name from a day on, until the next one. The first has no day: it held when the portal began to write names down.

    A unit that has never had another name has no rows.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="names", verbose_name="enhet")
    name = models.CharField("namn", max_length=100)
    valid_from = models.DateField("gäller från", null=True, blank=True)
    at = models.DateTimeField("angivet")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="angivet av"
    )

    class Meta:
        verbose_name = "namn på en enhet"
        verbose_name_plural = "namn på enheter"
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="unit_name_one_a_day"),
            models.UniqueConstraint(fields=["unit"], condition=Q(valid_from=None), name="unit_name_one_first"),
        ]

    def __str__(self) -> str:
        return self.name
