"""Session engine: Django's database sessions in our own table, with whose they are, from when and from which browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from accounts.models import Session
from config.lib import context, crypto


def session_digest(session: SessionBase) -> str:
    """How a row of something under way remembers its browser: a keyed digest, never the key itself."""
    return crypto.digest("session", session.session_key or "")


def reference_to(row: Session) -> str:
    """What names a session in a form: a keyed digest. The key itself never leaves the cookie and its row."""
    return crypto.digest("session-reference", row.pk)


class SessionStore(DatabaseStore):
    """Django asks for this class by name (settings.SESSION_ENGINE).

    `row` is the session's row as this request found it; None for a session that is not stored yet.
    """

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        self.row = row = super()._get_session_from_db()  # type: ignore[misc] # not in the stubs
        if row is not None and row.user_id is not None:
            context.remember(("user", row.user_id), lambda: row.user)
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        key = self._get_or_create_session_key()  # type: ignore[attr-defined] # not in the stubs
        if self.row is None or self.row.session_key != key:  # a new key starts a new age
            now = timezone.now()
            self.row = Session(session_key=key, created_at=now, last_seen_at=now)
        user_id = data.get(SESSION_KEY)
        return Session(
            session_key=key,
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(user_id) if user_id is not None else None,
            created_at=self.row.created_at,
            last_seen_at=self.row.last_seen_at,
            client=context.current().client,
        )
