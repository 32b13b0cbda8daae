"""Texts that SKR uses often."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from messaging.models.thread import Thread


class ReplyTemplate(models.Model):
    """A ready text for an answer or a new matter, with places that are filled in for each unit before it is sent."""

    name = models.CharField("namn", max_length=80, unique=True)
    category = models.CharField("gäller", max_length=20, choices=Thread.Category.choices, blank=True)
    subject = models.CharField("ämne", max_length=100, blank=True)
    text = models.TextField("text", max_length=10_000)
    is_active = models.BooleanField("används", default=True)
    changed_at = models.DateTimeField("ändrad")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="ändrad av")

    class Meta:
        verbose_name = "svarsmall"
        verbose_name_plural = "svarsmallar"

    def __str__(self) -> str:
        return self.name
