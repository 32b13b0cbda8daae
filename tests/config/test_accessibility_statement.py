"""The accessibility statement has what Digg's föreskrifter ask of one, and says of the tests what they do."""

from __future__ import annotations

import re

import pytest

from tests.client import GuardedClient

pytestmark = pytest.mark.django_db


def text_of(client: GuardedClient) -> str:
    """The statement's words."""
    page = client.get("/tillganglighet/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main")[0]).split())


@pytest.mark.parametrize(
    "words",
    [
        "Sveriges Kommuner och Regioner",  # who
        "Personalstatistik",  # what
        "lagen (2018:1937) om tillgänglighet till digital offentlig service",
        "delvis förenlig",  # one of the three words that there are
        "Det som inte är tillgängligt",
        "Det som kraven inte gäller",
        "Vi har granskat portalen själva",  # how it was judged
        "Digg",
    ],
)
def test_the_statement_tells_what_the_law_asks_for(client: GuardedClient, words: str) -> None:
    assert words in text_of(client)


def test_the_statement_leads_to_us_and_to_digg_and_has_both_its_dates(client: GuardedClient) -> None:
    page = client.get("/tillganglighet/").content.decode()
    assert 'href="mailto:personalstatistik@skr.se"' in page.split("<main")[1].split("</main")[0]
    assert 'href="https://www.digg.se/tdosanmalan"' in page
    assert re.search(r"bedömdes den \d+ \w+ 20\d\d\. Redogörelsen sågs senast över", text_of(client))


@pytest.mark.parametrize("path", ["/", "/konto/", "/handbok/", "/finns-inte/", "/konto/logga-ut/"])
def test_every_page_leads_to_the_statement_without_a_sign_in(client: GuardedClient, path: str) -> None:
    assert 'href="/tillganglighet/"' in client.get(path).content.decode().split("<footer")[1]
