"""Utskick: one thing that SKR does for many units, with the list of exactly who gets what, frozen before anything is sent.

The texts are kept in clear and refuse personnummer. How a mailing moves is `deferrals.mailing.states`.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from profiles.models import Membership, Unit
from submissions.models import Collection

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Mailings, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> MailingQuerySet:
        """SKR's own with the right."""
        return self if user.is_authenticated and user.has_perm("deferrals.view_mailing") else self.none()

    def unfinished(self) -> MailingQuerySet:
        """Those that something more is to happen with."""
        return self.exclude(state__in=[Mailing.State.DONE, Mailing.State.WITHDRAWN])


class Mailing(models.Model):
    """One mailing. Three stamps tell its history: made, queued (with whoever approved it), ended."""

    class Kind(models.TextChoices):
        """What is done."""

        INVITE = "invite", "Inbjudningar"
        REMIND = "remind", "Påminnelse"
        MESSAGE = "message", "Meddelande"
        EXTEND = "extend", "Senare sista dag"

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", "Utkast"
        WAITING = "waiting", "Väntar på godkännande"
        QUEUED = "queued", "Skickas snart"
        RUNNING = "running", "Skickas"
        DONE = "done", "Skickat"
        WITHDRAWN = "withdrawn", "Stoppat"

    kind = models.CharField("slag", max_length=10, choices=Kind.choices)
    state = models.CharField("läge", max_length=10, choices=State.choices, default=State.DRAFT)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="insamling")
    audience = models.JSONField("urval", default=dict)  # as the form had it, to begin anew from
    audience_words = models.CharField("urval", max_length=300)
    category = models.CharField("gäller", max_length=20, blank=True)
    subject = models.CharField("ämne", max_length=100, blank=True)
    text = models.TextField("text", blank=True)
    new_date = models.DateField("ny sista dag", null=True)
    needs_second = models.BooleanField("godkänns av en annan")
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own: posted twice it is one mailing
    created_at = models.DateTimeField("skapat")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skapat av")
    runs_at = models.DateTimeField("skickas tidigast", null=True)
    approved_at = models.DateTimeField("godkänt", null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="godkänt av"
    )
    ended_at = models.DateTimeField("avslutat", null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="stoppat av"
    )

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = "utskick"
        verbose_name_plural = "utskick"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")), name="mailing_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "waiting", "withdrawn"])
                | Q(runs_at__isnull=False, needs_second=False)
                | Q(runs_at__isnull=False, approved_by__isnull=False, approved_at__isnull=False),
                name="mailing_goes_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "withdrawn"], ended_at__isnull=False)
                | Q(ended_at=None) & ~Q(state__in=["done", "withdrawn"]),
                name="mailing_end_has_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "runs_at"], name="mailing_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject or self.audience_words}"


class MailingLine(models.Model):
    """One recipient: a unit with its people, or an invited person; what it gets, and what became of it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Inte skickat"
        DONE = "done", "Klart"
        LEFT_OUT = "left_out", "Får det inte"
        FAILED = "failed", "Gick inte"

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField("nr")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="enhet")
    people = models.JSONField("mottagare", default=list)  # [{"user": 7, "name": …, "email": …}], as when the list was made
    email = models.EmailField("e-post", max_length=254, blank=True)  # of somebody to invite
    name = models.CharField("namn", max_length=100, blank=True)
    role = models.CharField("roll", max_length=20, choices=Membership.Role.choices, blank=True)
    subject = models.CharField("ämne", max_length=100, blank=True)
    text = models.TextField("text", blank=True)
    state = models.CharField("läge", max_length=10, choices=State.choices, default=State.WAITING)
    result = models.CharField("resultat", max_length=300, blank=True)
    at = models.DateTimeField("när", null=True)

    class Meta:
        verbose_name = "mottagare"
        verbose_name_plural = "mottagare"
        constraints = [models.UniqueConstraint(fields=["mailing", "number"], name="mailing_line_one_per_number")]
        indexes = [models.Index(fields=["mailing", "state", "number"], name="mailing_line_state")]

    def __str__(self) -> str:
        return f"{self.number} {self.unit or ''}"
