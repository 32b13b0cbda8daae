"""Meddelanden: threads between a unit and SKR, and the outbox of outgoing mail."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from config.lib.sealed import Seal
from profiles.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Threads, narrowed by who may see them and whether she has read them."""

    def visible_to(self, user: User | AnonymousUser) -> ThreadQuerySet:
        """Those of the units one has a role at; SKR staff with the right see all."""
        if user.is_authenticated and user.has_perm("messaging.view_thread"):
            return self
        return self.filter(unit__in=Unit.objects.visible_to(user)) if not getattr(user, "is_staff", False) else self.none()

    def unread_by(self, user: User) -> ThreadQuerySet:
        """Those with a message from the other side, newer than this person's last look."""
        seen = ReadMark.objects.filter(thread=OuterRef("pk"), user=user, read_at__gte=OuterRef("last_message_at"))
        other_side = Q(last_message_from_staff=not user.is_staff)
        return self.filter(other_side).exclude(Exists(seen))


class Thread(models.Model):
    """One matter between one unit and SKR; everyone with a role at the unit reads and answers."""

    class Status(models.TextChoices):
        """Who has the ball."""

        WAITING_UNIT = "waiting_unit", "Väntar på er"
        WAITING_SKR = "waiting_skr", "Väntar på SKR"
        DONE = "done", "Klar"

    class Category(models.TextChoices):
        """What it is about."""

        FILE = "file", "Filen och anmärkningarna"
        DEFERRAL = "deferral", "Uppskov"
        ACCESS = "access", "Behörighet och inloggning"
        OTHER = "other", "Annat"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="threads", verbose_name="enhet")
    year = models.PositiveSmallIntegerField("insamling", null=True, blank=True)
    category = models.CharField("gäller", max_length=20, choices=Category.choices)
    subject = models.CharField("ämne", max_length=100)
    status = models.CharField("status", max_length=20, choices=Status.choices)
    created_at = models.DateTimeField("skapad")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skapad av")
    last_message_at = models.DateTimeField("senaste meddelande")
    last_message_from_staff = models.BooleanField()

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = "ärende"
        verbose_name_plural = "meddelanden"
        indexes = [
            models.Index(fields=["unit", "-last_message_at"], name="thread_unit_latest"),
            models.Index(fields=["status", "-last_message_at"], name="thread_status_latest"),
        ]

    def __str__(self) -> str:
        return self.subject


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


class ReadMark(models.Model):
    """How far a person has read a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="read_marks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "user"], name="read_mark_one_per_thread_and_user")]

    def __str__(self) -> str:
        return f"Läst {self.read_at:%Y-%m-%d %H:%M}"


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
