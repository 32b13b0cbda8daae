"""How a unit's hand-in went, in figures that are kept when its rows are long gone."""

from __future__ import annotations

from django.db import models

from submissions.models.submission import Submission


class QualityCard(models.Model):
    """Made when the year is closed. Nothing in it rests on fewer than five persons, so it needs no seal."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="quality_card", verbose_name="inlämning")
    made_at = models.DateTimeField("gjort")
    kind = models.CharField("enhetens typ", max_length=20)  # as it then was
    figures = models.JSONField("tal")  # submissions.summaries.quality.figures_of

    class Meta:
        verbose_name = "kvalitetskort"
        verbose_name_plural = "kvalitetskort"

    def __str__(self) -> str:
        return f"Kvalitetskort {self.submission}"
