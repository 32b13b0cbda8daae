"""The quality cards of a unit, on SKR's pages about it and about its submissions."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

from accounts.admin_site import Panel, PanelRow
from config.lib.text import amount
from profiles.models import Unit
from submissions.models import QualityCard, Submission


def panels_about(obj: Model) -> list[Panel]:
    """The cards of a unit, or the one of a locked submission."""
    cards = QualityCard.objects.select_related("submission__unit", "submission__collection").defer("submission__salt_sealed")
    if isinstance(obj, Unit):
        found = cards.filter(submission__unit=obj)
    elif isinstance(obj, Submission) and obj.status == Submission.Status.LOCKED:
        found = cards.filter(submission=obj)
    else:
        return []
    rows = [_row(card) for card in found.order_by("-submission__collection__year", "pk")]
    return [Panel("Kvalitetskort", rows, "Kortet görs när årets insamling avslutas.")]


def _row(card: QualityCard) -> PanelRow:
    submission = card.submission
    year = submission.collection.year
    rows, files = amount(int(card.figures["rows"]), "rad", "rader"), amount(int(card.figures["rounds"]), "fil", "filer")
    return PanelRow(str(year), reverse("submissions:quality", args=[submission.unit.code, year]), f"{rows} · {files}")
