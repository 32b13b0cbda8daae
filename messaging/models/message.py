"""What is said in a thread, and what SKR notes for itself."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from config.lib.sealed import Seal
from messaging.models.thread import Thread


class Message(models.Model):
    """One post in a thread. The text is sealed: it may hold a personnummer, that is why the channel exists."""

    SEALED: ClassVar = {"body_sealed": Seal("message", "thread_id")}

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_from_staff = models.BooleanField()
    body_sealed = models.BinaryField()
    created_at = models.DateTimeField()
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own; the same form posted twice is one message

    class Meta:
        verbose_name = "meddelande"
        verbose_name_plural = "meddelanden"

    def __str__(self) -> str:
        return f"Meddelande {self.created_at:%Y-%m-%d %H:%M}"


class InternalNote(models.Model):
    """What SKR's people write to each other in a thread. Never shown to the unit."""

    SEALED: ClassVar = {"body_sealed": Seal("internal-note", "thread_id")}

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body_sealed = models.BinaryField()
    created_at = models.DateTimeField()
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        verbose_name = "intern anteckning"
        verbose_name_plural = "interna anteckningar"

    def __str__(self) -> str:
        return f"Anteckning {self.created_at:%Y-%m-%d %H:%M}"
