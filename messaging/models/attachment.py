"""Files that came with a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from config.lib.sealed import Seal
from messaging.models.message import Message
from messaging.models.thread import Thread

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> AttachmentQuerySet:
        """Those of the threads one sees."""
        return self.filter(message__thread__in=Thread.objects.visible_to(user))


class Attachment(models.Model):
    """A file of a message, sealed. Its name is sealed too: people name files after persons."""

    class Scan(models.TextChoices):
        """What the virus scanner said; what it found or could not look at is never kept."""

        CLEAN = "clean", "Kontrollerad, inget hittat"
        NOT_SCANNED = "not_scanned", "Inte kontrollerad"

    SEALED: ClassVar = {
        "name_sealed": Seal("attachment-name", "message__thread_id", "message_id", "number"),
        "content_sealed": Seal("attachment-content", "message__thread_id", "message_id", "number"),
    }

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    number = models.PositiveSmallIntegerField()  # 1, 2, 3 within the message
    name_sealed = models.BinaryField()
    content_sealed = models.BinaryField()
    kind = models.CharField("filslag", max_length=10)  # by its content: pdf, png, jpeg, xlsx, ods, docx, csv, text
    size = models.PositiveIntegerField("storlek")  # bytes
    sha256 = models.CharField("SHA-256", max_length=64)
    scan = models.CharField("viruskontroll", max_length=20, choices=Scan.choices)
    created_at = models.DateTimeField("mottagen")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "bilaga"
        verbose_name_plural = "bilagor"
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="attachment_one_per_number")]

    def __str__(self) -> str:
        return f"Bilaga {self.number}"
