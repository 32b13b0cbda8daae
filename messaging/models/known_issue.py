"""Kända fel: what does not work as it should, for everybody to read in the handbook until it is mended and the year out."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class KnownIssueQuerySet(models.QuerySet["KnownIssue"]):
    """Known faults, narrowed by who sees them in the admin and by time."""

    def visible_to(self, user: User | AnonymousUser) -> KnownIssueQuerySet:
        """SKR's own with the right; the handbook shows what is `shown`."""
        return self if user.is_authenticated and user.has_perm("messaging.view_knownissue") else self.none()

    def shown(self, on: date) -> KnownIssueQuerySet:
        """What the handbook tells that day: what has begun and is not mended, or was mended the same year. Newest first."""
        begun = self.filter(begins_on__lte=on)
        return begun.filter(Q(solved_on=None) | Q(solved_on__year=on.year)).order_by("-begins_on", "-pk")

    def open(self, on: date) -> KnownIssueQuerySet:
        """Those that are not mended that day."""
        return self.shown(on).filter(Q(solved_on=None) | Q(solved_on__gt=on))


class KnownIssue(models.Model):
    """One fault in words: whom it concerns, since when, and the day it was mended."""

    class Audience(models.TextChoices):
        """Whom it concerns."""

        ALL = "all", "Alla"
        SUBMITTERS = "submitters", "Uppgiftslämnare"
        VENDORS = "vendors", "Lönesystemleverantörer"

    title = models.CharField("rubrik", max_length=120)
    text = models.TextField("text", max_length=2000)
    audience = models.CharField("gäller", max_length=12, choices=Audience.choices)
    begins_on = models.DateField("från")
    solved_on = models.DateField("åtgärdat", null=True, blank=True)
    check_code = models.CharField("kontroll", max_length=10, blank=True)
    field = models.PositiveSmallIntegerField("fält", null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)  # one more for each change
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own: posted twice it is one
    created_at = models.DateTimeField("skrivet")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skrivet av"
    )
    changed_at = models.DateTimeField("ändrat")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="ändrat av")

    objects = KnownIssueQuerySet.as_manager()

    class Meta:
        verbose_name = "känt fel"
        verbose_name_plural = "kända fel"
        constraints = [
            models.CheckConstraint(
                condition=Q(solved_on=None) | Q(solved_on__gte=F("begins_on")),
                name="known_issue_solved_after_it_began",
                violation_error_message="Felet kan inte vara åtgärdat innan det fanns.",
            )
        ]
        indexes = [models.Index(fields=["begins_on"], name="known_issue_begins")]

    def __str__(self) -> str:
        return self.title

    def is_solved(self, on: date) -> bool:
        """Whether it is mended that day."""
        return self.solved_on is not None and self.solved_on <= on
