"""Session engine: Django's database sessions in our own table, with whose they are, from when and from which browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from accounts.models import Session
from config.lib import context


class SessionStore(DatabaseStore):
    """Django asks for this class by name (settings.SESSION_ENGINE)."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        user_id = data.get(SESSION_KEY)
        now = timezone.now()
        old = Session.objects.filter(pk=self.session_key).values("created_at", "last_seen_at").first() or {}
        return Session(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(user_id) if user_id is not None else None,
            created_at=old.get("created_at", now),
            last_seen_at=old.get("last_seen_at", now),
            client=context.current().client,
        )
