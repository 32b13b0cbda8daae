"""The texts of the portal's letters that SKR writes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class MailTextQuerySet(models.QuerySet["MailText"]):
    """Texts, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> MailTextQuerySet:
        """SKR's own with the right."""
        return self if user.is_authenticated and user.has_perm("messaging.view_mailtext") else self.none()


class MailText(models.Model):
    """One version of a letter's text. The highest counts; one without words says that the shipped text counts again."""

    key = models.CharField("mejl", max_length=60)  # the template's name, as "deferrals/reminder_coming"
    version = models.PositiveIntegerField("version")
    subject = models.CharField("ämne", max_length=120, blank=True)
    body = models.TextField("text", blank=True)
    at = models.DateTimeField("ändrad")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="ändrad av")

    objects = MailTextQuerySet.as_manager()

    class Meta:
        verbose_name = "mejltext"
        verbose_name_plural = "mejltexter"
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="mail_text_one_per_version"),
            models.CheckConstraint(
                condition=Q(subject="", body="") | ~Q(subject="") & ~Q(body=""), name="mail_text_whole_or_shipped"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} version {self.version}"

    @property
    def is_shipped(self) -> bool:
        """Whether the portal's own text counts."""
        return not self.body
