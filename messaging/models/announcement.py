"""Driftmeddelanden: a line at the top of the pages for a while."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    """Announcements, narrowed by who sees them in the admin and by time."""

    def visible_to(self, user: User | AnonymousUser) -> AnnouncementQuerySet:
        """SKR's own with the right; the pages show what is meant for each with `messaging.announcements.shown_to`."""
        return self if user.is_authenticated and user.has_perm("messaging.view_announcement") else self.none()

    def active(self, at: datetime) -> AnnouncementQuerySet:
        """Those that are shown at that time."""
        return self.filter(starts_at__lte=at, ends_at__gt=at, ended_at=None)

    def planned(self, at: datetime) -> AnnouncementQuerySet:
        """Those that have not begun."""
        return self.filter(starts_at__gt=at, ended_at=None)

    def past(self, at: datetime) -> AnnouncementQuerySet:
        """Those that are over, by themselves or by hand."""
        return self.filter(Q(ends_at__lte=at) | Q(ended_at__isnull=False))


class Announcement(models.Model):
    """One line: what it says, to whom and when. It is never changed, only ended, so that nobody has read another."""

    class Tone(models.TextChoices):
        """How it looks."""

        INFO = "info", "Information"
        WARNING = "warning", "Varning"
        ERROR = "error", "Fel"

    class Audience(models.TextChoices):
        """On whose pages."""

        ALL = "all", "Alla sidor"
        SUBMITTERS = "submitters", "Uppgiftslämnare"
        STAFF = "staff", "SKR"
        OPEN = "open", "Inloggningen och de öppna sidorna"

    text = models.CharField("text", max_length=400)
    tone = models.CharField("utseende", max_length=10, choices=Tone.choices)
    audience = models.CharField("visas för", max_length=12, choices=Audience.choices)
    starts_at = models.DateTimeField("från")
    ends_at = models.DateTimeField("till")
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own: posted twice it is one
    created_at = models.DateTimeField("skapat")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skapat av")
    ended_at = models.DateTimeField("avslutat i förtid", null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="avslutat av"
    )

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = "driftmeddelande"
        verbose_name_plural = "driftmeddelanden"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="announcement_ends_after_start",
                violation_error_message="Driftmeddelandet måste sluta efter att det börjar.",
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="announcement_ends")]

    def __str__(self) -> str:
        return self.text
