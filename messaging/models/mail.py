"""The outbox: what is to be sent, and who is told of her unread messages once a day."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.lib.sealed import Seal


class OutgoingMail(models.Model):
    """A mail waiting to be sent, or sent. The body is sealed and wiped once sent (kept only in the demo)."""

    SEALED: ClassVar = {"payload_sealed": Seal("mail")}

    template = models.CharField("mall", max_length=60)
    recipient = models.EmailField("mottagare", max_length=254, blank=True)
    payload_sealed = models.BinaryField(null=True)
    deliver = models.BooleanField("ska skickas", default=True)
    created_at = models.DateTimeField("skapad")
    expires_at = models.DateTimeField("skickas senast", null=True, blank=True)
    sent_at = models.DateTimeField("skickad", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("försök", default=0)
    last_error = models.CharField("senaste fel", max_length=200, blank=True)

    class Meta:
        verbose_name = "utgående mejl"
        verbose_name_plural = "utgående mejl"
        indexes = [models.Index(F("created_at"), name="mail_waiting", condition=Q(sent_at=None, deliver=True))]

    def __str__(self) -> str:
        return f"{self.template} {self.created_at:%Y-%m-%d %H:%M}"


class PendingNotice(models.Model):
    """Somebody who gets one mail a day has unread messages since `since`; the next digest takes the row away."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"Väntande besked {self.since:%Y-%m-%d %H:%M}"
