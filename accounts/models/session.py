"""The session row: Django's own with whose it is and from where, so that it can be listed and ended."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils.module_loading import import_string


class SessionManager(BaseSessionManager["Session"]):
    """Sessions with whose they are: every page asks for both."""

    def get_queryset(self) -> models.QuerySet[Session]:
        return super().get_queryset().select_related("user")


class Session(AbstractBaseSession):
    """A browser's session. `last_seen_at` moves at most once a minute."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    client = models.CharField(max_length=80, blank=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        db_table = "accounts_session"
        verbose_name = "inloggning"
        verbose_name_plural = "inloggningar"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """The engine that reads these rows, as settings name it."""
        engine: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return engine
