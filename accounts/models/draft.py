"""What somebody had written when her session ended: kept for a day, for her eyes only."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from config.lib.sealed import Seal


class Draft(models.Model):
    """The fields of a form that was posted too late, sealed. One per person and page."""

    SEALED: ClassVar = {"values_sealed": Seal("draft", "user_id", "path")}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    path = models.CharField(max_length=200)
    values_sealed = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "path"], name="draft_one_per_user_and_path")]

    def __str__(self) -> str:
        return "Utkast"
