"""The handbook's search: what people write leads to what they look for, and a personnummer is never searched for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from config.handbook import search
from config.views_handbook import text_context
from messaging.known_issues import Said, create_issue
from submissions import builtin
from tests.cast import Cast
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db

SPEC = builtin.collection_spec(builtin.LATEST)
PERSON = "811218-9876"


@pytest.fixture(scope="module")
def index() -> tuple[search.Entry, ...]:
    """What the product's own year holds."""
    return search.entries(SPEC, text_context(SPEC))


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("kvittens", "/handbok/klarmarkera/"),
        ("kvittenser", "/handbok/klarmarkera/"),
        ("kvitto", "/handbok/klarmarkera/"),
        ("fält 12", "/handbok/falt/12/"),
        ("12", "/handbok/falt/12/"),
        ("RIM05", "/kontroller/RIM05/"),
        ("rim05", "/kontroller/RIM05/"),
        ("AID", "/handbok/"),
        ("207012", "/handbok/kodlistor/aid/#kod-207012"),
        ("hur byter jag telefon", "/handbok/telefon-och-losenord/"),
        ("ny mobil", "/handbok/telefon-och-losenord/"),
        ("glömt lösenord", "/handbok/telefon-och-losenord/"),
        ("testfil", "/handbok/testfil/"),
        ("uppskov", "/handbok/uppskov/"),
        ("anstånd", "/handbok/uppskov/"),
        ("excel", "/handbok/tecken/"),
        ("check_file", "/handbok/check-file/"),
        ("mättidpunkt", "/handbok/ordlista/#mattidpunkt"),
        ("sysselsättningsgrad", "/handbok/falt/20/"),
        ("dispens", "/handbok/dispens/"),
        ("kodförteckning", "/handbok/"),
        ("nytt i år", "/handbok/nytt-i-ar/"),
    ],
)
def test_what_is_asked_for_comes_first(index: tuple[search.Entry, ...], asked: str, first: str) -> None:
    answer = search.search(asked, index)
    assert answer.hits, asked
    assert answer.hits[0].url.startswith(first), [hit.url for hit in answer.hits[:4]]
    assert not answer.is_partial


@pytest.mark.parametrize(
    ("asked", "among"),
    [
        ("AID", {"/handbok/ordlista/#aid", "/handbok/falt/9/", "/handbok/kodlistor/aid/"}),
        ("lön", {"/handbok/falt/22/", "/handbok/falt/24/", "/kontroller/RIM03/"}),
        ("sjuk", {"/handbok/falt/28/"}),
        ("bea", {"/handbok/ordlista/#bea", "/handbok/falt/11/", "/handbok/kodlistor/bea_pan/"}),
        ("tappad telefon", {"/handbok/telefon-och-losenord/#tappad-telefon"}),
        ("fyra ögon", {"/handbok/fyra-ogon/"}),
    ],
)
def test_all_that_is_asked_for_is_among_the_hits(index: tuple[search.Entry, ...], asked: str, among: set[str]) -> None:
    assert among - {hit.url for hit in search.search(asked, index).hits} == set()


@pytest.mark.parametrize(
    "words",
    [
        ("kvittens", "kvittensen", "kvittenser", "kvittenserna"),
        ("fil", "filen", "filer", "filerna"),
        ("förklaring", "förklaringar", "förklaringen"),
        ("lösenord", "lösenordet", "LÖSENORD"),
        ("anställd", "anställda"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(words: tuple[str, ...]) -> None:
    assert len({search.stem(word) for word in words}) == 1


def test_a_hit_shows_the_words_in_their_place(index: tuple[search.Entry, ...]) -> None:
    hit = search.search("återställningskod", index).hits[0]
    assert any("terställningskod" in piece and is_asked for piece, is_asked in hit.excerpt)
    assert len("".join(piece for piece, _ in hit.excerpt)) < 220


def test_what_is_nowhere_gets_a_kind_answer_with_words_to_try(client: GuardedClient) -> None:
    page = client.get("/handbok/sok/", {"q": "semla"}).content.decode()
    assert "Inget ställe innehåller ”semla”." in page
    assert 'href="?q=kvittens"' in page
    slip = client.get("/handbok/sok/", {"q": "uppksov"}).content.decode()
    assert "Menade du" in slip
    assert 'href="?q=uppskov"' in slip


def test_where_no_place_has_all_the_words_that_is_said(client: GuardedClient) -> None:
    page = client.get("/handbok/sok/", {"q": "semla uppskov"}).content.decode()
    assert "Inget ställe har alla orden." in page
    assert "/handbok/uppskov/" in page


def test_a_personnummer_is_neither_searched_for_nor_sent_back(client: GuardedClient) -> None:
    for written in (PERSON, "198112189876", f"rad {PERSON}"):
        page = client.get("/handbok/sok/", {"q": written}).content.decode()
        assert "Det ser ut som ett personnummer" in page
        assert "9876" not in page


def test_what_is_asked_for_is_shown_as_text(client: GuardedClient) -> None:
    page = client.get("/handbok/sok/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert client.get("/handbok/sok/", {"q": "x" * 5000}).status_code == 200
    assert "Du kan också välja var du vill börja" in client.get("/handbok/sok/").content.decode()


def test_known_faults_are_found_as_soon_as_they_are_written(client: GuardedClient, cast: Cast) -> None:
    said = Said("Pelikanen räknas dubbelt", "Vänta med att lämna.", "all", date(2026, 11, 10), None, "", None)
    made = create_issue(said=said, nonce=uuid4(), by=cast.system, at=timezone.now())
    page = client.get("/handbok/sok/", {"q": "pelikaner"}).content.decode()
    assert f"/handbok/kanda-fel/#fel-{made.pk}" in page


def test_the_index_follows_the_years_settings() -> None:
    index, read = search.Index(), []

    def context() -> dict[str, object]:
        read.append(1)
        return text_context(SPEC)

    first = index.of(SPEC, context)
    assert index.of(builtin.collection_spec(builtin.LATEST), context) is first
    assert index.of(replace(SPEC, year=2031), context) is not first
    assert len(read) == 2
