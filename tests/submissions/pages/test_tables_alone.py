"""Tabeller and Jämför in a unit's first year: with nothing to compare with, with a version before, with few and many rows."""

from __future__ import annotations

from submissions import synthetic
from submissions.models import Collection
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, send
from tests.submissions.pages.test_query_counts import queries


def test_without_last_year_the_tables_stand_alone(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    assert client.get(f"{PAGE}tabeller/").status_code == 302
    assert client.get(f"{PAGE}jamfor/").status_code == 302
    assert client.get(f"{PAGE}tabeller/loner/").status_code == 404
    send(client, synthetic.delivery("0488", 60, 7))
    page = client.get(f"{PAGE}tabeller/").content.decode()
    assert "Det finns inga godkända uppgifter för 2025 att jämföra med." in page
    assert "Det som skiljer mest" not in page
    assert "Det finns inga godkända uppgifter" in client.get(f"{PAGE}jamfor/").content.decode()
    assert client.get(f"{PAGE}tabeller/personer/").status_code == 404


def test_a_version_is_compared_with_the_one_before_and_an_old_one_can_be_read(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    send(client, synthetic.delivery("0488", 60, 7))
    assert "Det finns ingen tidigare version" in client.get(f"{PAGE}tabeller/?mot=version").content.decode()
    lines = synthetic.delivery("0488", 60, 7).split(b"\r\n")
    send(client, b"\r\n".join(lines[10:]))
    page = client.get(f"{PAGE}tabeller/populationer/?mot=version").content.decode()
    assert ">50</a>" in page
    assert "Under varje tal står version 1" in page
    assert "−10 (−17\N{NO-BREAK SPACE}%)" in page
    assert "?mot=version" in page
    people = client.get(f"{PAGE}jamfor/?mot=version").content.decode()
    assert "Före är version 1 och nu är version 2." in people
    old = client.get(f"{PAGE}tabeller/populationer/?version=1").content.decode()
    assert ">60</a>" in old
    assert "rader/?version=1&amp;tabell=populationer" in old


def test_the_pages_ask_equally_much_for_few_and_many_rows(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    pages = [f"{PAGE}{name}" for name in ("tabeller/", "tabeller/etiketter/?inom=alla", "jamfor/", "tabeller/?mot=version")]
    counts = []
    for rows in (40, 400):
        send(client, synthetic.delivery("0488", rows, 7))
        counts.append([queries(client, page) for page in pages[:3]])
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 25
    assert queries(client, pages[3]) <= 25
