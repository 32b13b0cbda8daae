"""The admin's tests: a collection in full swing, and a browser per role at SKR."""

from __future__ import annotations

from django.test import Client

from accounts.models import User
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene

STAFF = ("officer", "coordinator", "statistician", "system")


def as_person(user: User) -> Client:
    """Her browser, signed in with both factors. Opening a thread is reading it."""
    client = GuardedClient()
    client.may_write = frozenset({"messaging_readmark"})
    return sign_in(client, user)


def as_role(scene: Scene, role: str) -> Client:
    """The browser of SKR's person with that role."""
    return as_person(getattr(scene.cast, role))
