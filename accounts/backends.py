"""Django's way of finding who is signed in, spared one question."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from config.lib import context


class Backend(ModelBackend):
    """Django asks for this class by name (settings.AUTHENTICATION_BACKENDS). Passwords are compared as Django does it."""

    def get_user(self, user_id: int) -> User | None:
        """Whose the session is, as its row gave her where a page only reads (`accounts.sessions`); None for a closed account."""
        user = context.remember(("user", user_id), lambda: User.objects.filter(pk=user_id).first())
        return user if user is not None and self.user_can_authenticate(user) else None
