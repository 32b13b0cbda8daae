"""The reminders that have been sent, so that none is sent twice."""

from __future__ import annotations

from django.db import models

from submissions.models import Submission


class ReminderSent(models.Model):
    """A reminder that a unit has had. One of each kind for a last day, whoever runs the job and how often."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="reminders", verbose_name="inlämning")
    kind = models.CharField("påminnelse", max_length=10)  # deferrals.reminders.Reminder
    due_date = models.DateField("sista dag")
    at = models.DateTimeField("skickad")

    class Meta:
        verbose_name = "skickad påminnelse"
        verbose_name_plural = "skickade påminnelser"
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind", "due_date"], name="reminder_one_per_kind_and_due_date")
        ]

    def __str__(self) -> str:
        return f"{self.submission} {self.kind} {self.due_date}"
