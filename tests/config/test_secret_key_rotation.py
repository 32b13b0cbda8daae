"""The drill of docs/drift.md, "Byta SECRET_KEY": nobody is signed out while the old key counts, everybody when it does not."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tests import people
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db
NEW_KEY = "-".join(f"ny{number}" for number in range(20))


def is_in(client: GuardedClient) -> bool:
    """Whether the session opens pages. The first one under a new key writes the session anew."""
    with client.allowed_to_write("accounts_session"):
        return client.get("/inlamning/").status_code == 200


@pytest.mark.asvs("13.1.4")
def test_a_new_secret_key_signs_nobody_out_while_the_old_one_counts(settings: Settings) -> None:
    person, at_work, away = people.made_person("bo.ek@ystad.se"), GuardedClient(), GuardedClient()
    people.sign_in(at_work, person)
    people.sign_in(away, person, ahead=1)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], NEW_KEY
    assert is_in(at_work)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_in(at_work)
    assert not is_in(away)


def test_a_leaked_secret_key_signs_everybody_out(settings: Settings) -> None:
    person, client = people.made_person("bo.ek@ystad.se"), GuardedClient()
    people.sign_in(client, person)
    settings.SECRET_KEY = NEW_KEY
    assert not is_in(client)
