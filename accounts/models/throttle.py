"""Counters of attempts, one row per key and fixed window; `accounts.throttling` is the only writer."""

from __future__ import annotations

from django.db import models


class RateLimit(models.Model):
    """How often something was tried since the window began. The key is a keyed digest: no address stands here."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField(default=0)
    window_start = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)  # then the row means nothing and is deleted

    def __str__(self) -> str:
        return f"{self.count} försök"
