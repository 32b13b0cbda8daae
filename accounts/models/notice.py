"""The versions of the privacy notice, and who has accepted which."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models.user import User


class NoticeTextQuerySet(models.QuerySet["NoticeText"]):
    """Texts, narrowed by who may see them and by time."""

    def visible_to(self, user: User | AnonymousUser) -> NoticeTextQuerySet:
        """SKR's own with the right; what is in force is open to everybody (`accounts.notice.current`)."""
        return self if user.is_authenticated and user.has_perm("accounts.view_noticetext") else self.none()

    def in_force(self, at: datetime) -> NoticeTextQuerySet:
        """Those that are published and whose time has come; the highest version counts."""
        return self.filter(state=NoticeText.State.PUBLISHED, publishes_at__lte=at)


class NoticeText(models.Model):
    """One version. Made by one person, published by another; then it is never changed."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", "Utkast"
        WAITING = "waiting", "Väntar på godkännande"
        PUBLISHED = "published", "Publicerad"
        DISCARDED = "discarded", "Kastad"

    version = models.PositiveIntegerField("version", null=True, unique=True)
    state = models.CharField("läge", max_length=10, choices=State.choices, default=State.DRAFT)
    body = models.TextField("text")
    what_changed = models.CharField("vad som är ändrat", max_length=500)
    publishes_on = models.DateField("gäller från")
    publishes_at = models.DateTimeField("publiceras", null=True)
    changed_at = models.DateTimeField("ändrad")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="skriven av"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="godkänd av"
    )

    objects = NoticeTextQuerySet.as_manager()

    class Meta:
        verbose_name = "integritetstext"
        verbose_name_plural = "integritetstexter"
        constraints = [
            models.UniqueConstraint(
                fields=["version"],  # none yet, and so the same, of all that are under way
                condition=Q(state__in=["draft", "waiting"]),
                nulls_distinct=False,
                name="notice_text_one_under_way",
                violation_error_message="Det finns redan en text som är på väg.",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")), name="notice_text_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state="published", version__isnull=False, publishes_at__isnull=False)
                | ~Q(state="published") & Q(version=None, publishes_at=None),
                name="notice_text_published_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}" if self.version else self.get_state_display()


class NoticeAcceptance(models.Model):
    """That a person has read a version."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="person")
    version = models.PositiveIntegerField("version")
    at = models.DateTimeField("godkänd")

    class Meta:
        verbose_name = "godkänd integritetstext"
        verbose_name_plural = "godkända integritetstexter"
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="notice_acceptance_one_per_version")]
        indexes = [models.Index(fields=["version", "-at"], name="notice_acceptance_version")]

    def __str__(self) -> str:
        return f"{self.user}, version {self.version}"
