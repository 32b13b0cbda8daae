"""Tabeller and Jämför through the pages, beside last year: every number leads to its rows, lines open, tables are taken out."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import HttpResponse

from submissions.services import deliver
from submissions.services.tables import Review
from submissions.summaries.compare import COMPARISONS
from submissions.summaries.review_tables import TABLES
from submissions.summaries.selection import Selection
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, Scene
from tests.submissions.pages.test_main_flow import PAGE

pytestmark = pytest.mark.django_db


def numbers(page: HttpResponse) -> list[tuple[str, str]]:
    """Every number of the page that leads to rows, with its address."""
    found = re.findall(r'<a (?:class="figure" )?href="([^"]*/rader/\?[^"]*)">([^<]*)</a>', page.content.decode())
    return [(html.unescape(href), re.sub(r"\s", "", text)) for href, text in found]


def test_every_number_of_every_page_leads_to_so_many_rows(client: GuardedClient, scene: Scene) -> None:
    sign_in(client, scene.cast.cia)
    review = Review(deliver.fresh(scene.trosa.delivery), scene.trosa.submission.collection.spec())
    pages = [f"tabeller/{key}/?inom=alla" for key in (*TABLES, *COMPARISONS)] + ["tabeller/", "jamfor/"]
    for page in pages:
        shown = numbers(client.get(PAGE + page))
        assert shown, page
        for href, text in shown[::23]:  # some of them: all take a minute, and the engine's test asks every one
            selection = Selection.parse(dict(parse_qsl(urlsplit(href).query)))
            assert selection is not None, href
            chosen = review.chosen(selection)
            assert chosen is not None, href
            column = chosen.table.column(selection.column)
            assert column is not None
            assert chosen.frame.height > 0
            if column.measure in ("rows", "persons"):
                assert str(chosen.number) == text, href


@pytest.mark.parametrize(
    ("page", "ur"), [("tabeller/personalgrupper/", "nu"), ("tabeller/personalgrupper/", "mot"), ("jamfor/", "mot")]
)
def test_the_page_of_rows_shows_what_the_number_says(client: GuardedClient, scene: Scene, page: str, ur: str) -> None:
    """Also of those who are not kept: theirs are last year's rows."""
    sign_in(client, scene.cast.bo)
    href, text = next(one for one in numbers(client.get(PAGE + page)) if ("ur=mot" in one[0]) is (ur == "mot"))
    shown = client.get(href)
    assert shown.status_code == 200
    assert "Alla" in shown.content.decode()
    selection = Selection.parse(dict(parse_qsl(urlsplit(href).query)))
    assert selection is not None
    chosen = Review(deliver.fresh(scene.trosa.delivery), scene.trosa.submission.collection.spec()).chosen(selection)
    assert chosen is not None
    assert f"{chosen.frame.height}\N{NO-BREAK SPACE}rader" in shown.content.decode()
    assert str(chosen.number) == text


def test_the_tables_stand_beside_last_year_and_say_what_differs(client: GuardedClient, scene: Scene) -> None:
    sign_in(client, scene.cast.bo)
    page = client.get(f"{PAGE}tabeller/").content.decode()
    assert "Det som skiljer mest" in page
    assert f"{ROWS}</a>" in page
    assert "Under varje tal står 2025" in page
    opened = client.get(f"{PAGE}tabeller/loner/?inom=g-forskollarare").content.decode()
    assert "401010 Förskollärare" in opened
    assert "Visa hela tabellen" in opened
    assert "Administratörer" not in opened
    for odd in ("x", "g-", "alla.alla", "g-finns-inte", "%00"):
        assert client.get(f"{PAGE}tabeller/loner/?inom={odd}").status_code == 200
    assert client.get(f"{PAGE}tabeller/finns-inte/").status_code == 404


def test_the_comparison_shows_what_stands_out_and_folds_the_rest(client: GuardedClient, scene: Scene) -> None:
    sign_in(client, scene.cast.bo)
    page = client.get(f"{PAGE}jamfor/").content.decode()
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    folded = re.findall(r"<details.*?</details>", page, flags=re.DOTALL)
    groups = sum("Förskollärare" in part for part in folded)
    assert groups == 3, "every group stands in each of the three folded tables"
    assert all("Alla 2" in part or "Alla 3" in part for part in folded if "personalgrupper" in part)
    assert shown.count("<tr") <= 3 * (1 + 1 + 5), "headings, everybody, and at most five groups each"
    assert "De personalgrupper som avviker mest står först." in shown


def test_the_csv_has_every_line_and_no_person(client: GuardedClient, scene: Scene) -> None:
    sign_in(client, scene.cast.cia)
    answer = client.get(f"{PAGE}tabeller/etiketter/hamta/")
    assert "personalstatistik-trosa-2026-anstallda-per-aid-etikett.csv" in answer.headers["Content-Disposition"]
    text = answer.content.decode("utf-8-sig")
    assert text.startswith('"Rad";"Anställningar";"Anställningar, 2025";"Anställningar, skillnad"')
    assert '"Förskollärare, 401010 Förskollärare"' in text
    assert f'"{scene.trosa.delivery.rows}"' in client.get(f"{PAGE}tabeller/populationer/hamta/").content.decode()
