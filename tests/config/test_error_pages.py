"""Error pages as a visitor meets them: our frame, plain Swedish, what to do."""

from __future__ import annotations

import pytest

from tests.client import GuardedClient

pytestmark = pytest.mark.django_db


def test_an_address_that_only_takes_forms_answers_with_a_page(client: GuardedClient):
    response = client.get("/konto/logga-ut/")
    assert response.status_code == 405
    assert "<h1>" in response.content.decode()
    assert int(response["Content-Length"]) == len(response.content)


def test_an_unknown_address_says_so_in_our_frame(client: GuardedClient):
    response = client.get("/finns-inte/")
    assert response.status_code == 404
    assert "Personalstatistik" in response.content.decode()
