"""What somebody has begun to write and not sent."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from config.lib.sealed import Seal
from messaging.models.thread import Thread


class Draft(models.Model):
    """The fields of a form, for the writer's own eyes; one per person and place, kept until it is sent or thrown away.

    `place` says which form: "thread/17", "new", "new/2026/0488/group/3f9a…". (`accounts.models.Draft` is another thing: what
    was posted after the session had ended.)
    """

    SEALED: ClassVar = {"values_sealed": Seal("message-draft", "user_id", "place")}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="message_drafts")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, null=True, related_name="drafts")  # None before there is one
    place = models.CharField(max_length=80)
    values_sealed = models.BinaryField()  # field and text, JSON
    at = models.DateTimeField()

    class Meta:
        verbose_name = "utkast"
        verbose_name_plural = "utkast"
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="message_draft_one_per_user_and_place")]

    def __str__(self) -> str:
        return "Utkast"
