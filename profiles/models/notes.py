"""What SKR's people write down about a unit, for each other."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib import sealed
from config.lib.sealed import Seal
from profiles.models.people import Unit


class UnitNote(models.Model):
    """A word about a unit. Never shown to the unit; its writer may correct it or take it away."""

    SEALED: ClassVar = {"text_sealed": Seal("unit-note", "unit_id")}

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="notes", verbose_name="enhet")
    text_sealed = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skriven av")
    at = models.DateTimeField("skriven")
    corrected_at = models.DateTimeField("rättad", null=True, blank=True)
    pinned_at = models.DateTimeField("fäst överst", null=True, blank=True)
    pinned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)  # of the text: a form drawn at another has grown old
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own; posted twice it is one note

    class Meta:
        verbose_name = "anteckning om en enhet"
        verbose_name_plural = "anteckningar om enheter"
        constraints = [
            models.CheckConstraint(
                condition=Q(pinned_at=None, pinned_by=None) | Q(pinned_at__isnull=False, pinned_by__isnull=False),
                name="unit_note_pinned_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"Anteckning {self.at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        """What stands there."""
        return sealed.open_text(self, "text_sealed")
