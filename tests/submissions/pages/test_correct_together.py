"""Causes first, many rows at once, codes in plain words and the check as one types: the pages, with and without htmx."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse

from submissions import synthetic
from submissions.models import Collection, Correction, CorrectionBatch, Delivery
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, links, send
from tests.submissions.services.test_batches import spoiled

pytestmark = pytest.mark.django_db

WRONG = (3, 8, 21, 30)
HTMX = {"HX-Request": "true"}
REASON = "Koden är utbytt sedan i våras."


@pytest.fixture
def group(client: GuardedClient, cast: Cast, collection: Collection) -> str:
    """Bo has sent a file with anställningsform 5 on four rows and one salary in öre: the first group's address."""
    answer = send(sign_in(client, cast.bo), spoiled({16: dict.fromkeys(WRONG, "5"), 22: {9: "3150000"}}), follow=True)
    return links(answer, r"[^\"]*/anmarkningar/KOD06/[^\"]*")[0]


def text(response: HttpResponse) -> str:
    """The page's words, without markup, each blank a space."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def test_the_review_says_the_causes_first(client: GuardedClient, group: str) -> None:
    page = client.get(f"{PAGE}granska/")
    assert "En felaktig kod förklarar 4 av 5 anmärkningar." in text(page)
    shown = page.content.decode()
    assert shown.index(group) < shown.index('id="fel"')
    assert len(re.findall(f'button--secondary[^>]*href="{group}[^"#]*"', shown)) == 1, "a cause is said once"
    assert len(re.findall(f'button--primary[^>]*href="{group}[^"#]*"', shown)) == 1, "and it is where to begin"
    assert shown.count("<h3") == shown.count('class="finding finding--') == 2
    assert "1 orsak av dem står överst, resten här." in text(page)
    assert "2 orsaker, 5 anmärkningar" in text(page)


def test_all_rows_are_changed_in_three_presses_and_undone(client: GuardedClient, group: str) -> None:
    page = client.get(group)
    assert "Gäller alla 4 rader" in text(page)
    preview = client.post(f"{group}byt/", {"version": 1, "value": "1"})
    assert preview.status_code == 200
    assert "Byt 5 till 1 på 4 rader" in text(preview)
    assert "Tillsvidareanställning" in text(preview)
    assert re.search("Nya anmärkningar.*Måste förklaras", text(preview))
    assert not CorrectionBatch.objects.exists()

    form = {"version": 1, "revision": 0, "value": "1"}
    silent = client.post(f"{group}byt/alla/", {**form, "reason": " "})
    assert silent.status_code == 422
    assert "Skriv med några ord varför" in text(silent)
    done = client.post(f"{group}byt/alla/", {**form, "reason": REASON}, follow=True)
    assert done.redirect_chain[-1][0] == f"{PAGE}granska/"
    assert "4 rader är ändrade och filen är kontrollerad igen" in text(done)
    assert "med 4 rättelser gjorda i sidan" in text(done)
    assert Delivery.objects.get().fel == 1

    listed = client.get(f"{PAGE}rattelser/")
    assert REASON in text(listed)
    assert client.get(f"{PAGE}rad/3/").content.decode().count("Rättat här") == 1
    batch = CorrectionBatch.objects.get()
    undone = client.post(f"{PAGE}rattelser/samlad/{batch.pk}/angra/", follow=True)
    assert "av 4 rader är ångrad" in text(undone)
    assert Delivery.objects.get().fel == 5
    again = client.post(f"{PAGE}rattelser/samlad/{batch.pk}/angra/", follow=True)
    assert "redan ångrad" in text(again)


def test_who_undoes_one_value_hears_what_the_rows_together_make_of_it(client: GuardedClient, group: str) -> None:
    client.post(f"{PAGE}rad/3/falt/16/ratta/", {"version": 1, "revision": 0, "value": "2"})
    client.post(f"{group}byt/alla/", {"version": 1, "revision": 1, "value": "1", "reason": REASON})
    client.post(f"{PAGE}rad/8/falt/16/ratta/", {"version": 1, "revision": 2, "value": "2"})
    alone, over = (Correction.objects.get(row=row) for row in (3, 8))
    heard = text(client.post(f"{PAGE}rattelser/{over.pk}/angra/", follow=True))
    assert "Rättelsen på rad 8 är ångrad" in heard
    assert "Värdet är 1 så länge en samlad rättelse av fält 16 gäller." in heard
    assert "samlad rättelse av fält" not in text(client.post(f"{PAGE}rattelser/{alone.pk}/angra/", follow=True))


def test_only_the_chosen_rows_follow_to_the_preview_and_the_change(client: GuardedClient, group: str) -> None:
    preview = client.post(f"{group}byt/", {"value": "2", "rows": ["8", "30", "x", "²", "99"]})
    assert "Byt 5 till 2 på 2 rader" in text(preview)
    rows = re.findall(r'name="rows" value="(\d+)"', preview.content.decode())
    assert rows == ["8", "30", "99"]
    client.post(f"{group}byt/alla/", {"version": 1, "revision": 0, "value": "2", "reason": REASON, "rows": rows})
    assert Delivery.objects.get().fel == 3


def test_a_rule_gives_each_row_its_value(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    answer = send(sign_in(client, cast.bo), spoiled({22: {4: "3150000", 9: "2880000"}}), follow=True)
    group = links(answer, r"[^\"]*/anmarkningar/RIM03/[^\"]*")[0]
    assert "Dela med 100" in text(client.get(group))
    preview = client.post(f"{group}byt/", {"repair": "dela"})
    assert "Dela med 100 på 2 rader" in text(preview)
    assert "28800" in text(preview)
    client.post(f"{group}byt/alla/", {"version": 1, "revision": 0, "repair": "dela", "reason": REASON})
    assert Delivery.objects.get().fel == 0
    assert "olika värden till olika värden" in text(client.get(f"{PAGE}rattelser/"))


@pytest.mark.parametrize(
    ("value", "says"), [("5", "Inget värde skulle ändras"), ("1;2", "semikolon"), ("x" * 201, "längre än 200")]
)
def test_a_value_that_cannot_be_is_kept_in_the_box_with_the_reason(
    client: GuardedClient, group: str, value: str, says: str
) -> None:
    answer = client.post(f"{group}byt/", {"value": value, "rows": ["8"]})
    assert answer.status_code == 422
    assert says in text(answer)
    assert f'name="value" value="{value}"' in answer.content.decode()
    assert re.search(r'name="rows" value="8" [^>]*checked', answer.content.decode())


def test_what_another_did_meanwhile_gives_a_new_preview_and_loses_nothing(client: GuardedClient, cast: Cast, group: str) -> None:
    form = {"version": 1, "revision": 0, "value": "1", "reason": REASON}
    client.post(f"{PAGE}rad/3/falt/16/ratta/", {"version": 1, "revision": 0, "value": "2"})
    conflict = client.post(f"{group}byt/alla/", form)
    assert conflict.status_code == 422
    assert "Någon har rättat i filen sedan du såg förhandsvisningen" in text(conflict)
    assert "Byt 5 till 1 på 3 rader" in text(conflict)
    assert f'value="{REASON}"' in conflict.content.decode()

    send(client, spoiled({16: dict.fromkeys((5, 6), "5")}, rows=50))
    newer = client.post(f"{group}byt/alla/", {**form, "revision": 1})
    assert "En nyare fil har kommit" in text(newer)
    assert "Byt 5 till 1 på 2 rader" in text(newer)
    assert not CorrectionBatch.objects.exists()

    send(client, synthetic.delivery("0488", 60, 7))
    gone = client.post(f"{group}byt/alla/", form, follow=True)
    assert "Raderna har inte den anmärkningen längre" in text(gone)


def test_a_button_pressed_twice_does_its_work_once_and_says_so(client: GuardedClient, group: str) -> None:
    form = {"version": 1, "revision": 0, "value": "1", "reason": REASON}
    for _ in range(2):
        assert "4 rader är ändrade" in text(client.post(f"{group}byt/alla/", form, follow=True))
    assert CorrectionBatch.objects.count() == 1
    for other in ({"value": "2"}, {"rows": ["8"]}, {"revision": 1}):
        assert "är ändrade" not in text(client.post(f"{group}byt/alla/", form | other, follow=True))
    assert CorrectionBatch.objects.count() == 1


def test_codes_are_found_in_plain_words(client: GuardedClient, group: str) -> None:
    found = client.get(f"{PAGE}koder/9/?q=underskötersk", headers=HTMX)
    assert "Undersköterska" in text(found)
    assert "<html" not in found.content.decode()
    (code,) = set(re.findall(r'data-value="(\d+)"', client.get(f"{PAGE}koder/9/?q=207009").content.decode()))
    assert code == "207009"
    assert "Ingen av de" in text(client.get(f"{PAGE}koder/9/?q=qwertyuiop"))
    assert client.get(f"{PAGE}koder/22/?q=1").status_code == 404
    assert client.get(f"{PAGE}koder/99/").status_code == 404


@pytest.mark.parametrize("number", ["19811218-9876", "8112189876", "anna 811218 9876"])
def test_a_personnummer_is_not_searched_for_nor_sent_back(client: GuardedClient, group: str, number: str) -> None:
    for address in (f"{PAGE}koder/9/", group, f"{PAGE}rad/3/"):
        page = client.get(address, {"falt": "9", "q": number}).content.decode()
        assert "ser ut som ett personnummer" in page, address
        assert number not in page
        assert "9876" not in page


def test_a_found_code_fills_the_box_without_javascript(client: GuardedClient, group: str) -> None:
    page = client.get(f"{PAGE}rad/3/?falt=9&q=underskötersk").content.decode()
    link = re.search(r'href="(\?falt=9&amp;varde=(\d+)#varde-9)"', page)
    assert link
    filled = client.get(f"{PAGE}rad/3/{link[1].replace('&amp;', '&').split('#')[0]}").content.decode()
    assert f'id="varde-9" name="value" value="{link[2]}"' in filled
    assert "8112189876" not in client.get(f"{PAGE}rad/3/?falt=9&varde=8112189876").content.decode()
    assert 'id="varde-16" name="value" value="2"' in client.get(f"{group}?varde=2").content.decode()


def test_the_row_is_checked_as_one_types_and_nothing_is_stored(client: GuardedClient, group: str) -> None:
    address, form = f"{PAGE}rad/3/falt/16/prova/", {"version": 1, "revision": 0}
    right = client.post(address, {**form, "value": "2"}, headers=HTMX)
    assert "Vikariat" in text(right)
    assert "inget kvar på raden" in text(right)
    wrong = client.post(address, {**form, "value": "1"}, headers=HTMX)
    assert "Nytt: Fält 17 Avlöningsform" in text(wrong)
    assert "står där nu" in text(client.post(address, {**form, "value": "5"}, headers=HTMX))
    assert "semikolon" in text(client.post(address, {**form, "value": "1;"}, headers=HTMX))
    assert "Sidan var för gammal" in text(client.post(address, {"version": 9, "revision": 0, "value": "1"}, headers=HTMX))
    assert "går inte att rätta" in text(client.post(f"{PAGE}rad/999/falt/16/prova/", {**form, "value": "1"}, headers=HTMX))
    other = client.post(f"{PAGE}rad/3/falt/22/prova/", {**form, "value": "9999999"}, headers=HTMX)
    assert "Fält 16 Anställningsform" in text(other)  # what the row has already stands there too
    assert not Correction.objects.exists()


def test_a_finding_shows_the_other_fields_that_it_is_about(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    content = spoiled({16: dict.fromkeys(WRONG, "1"), 17: dict.fromkeys(WRONG, "2")})
    answer = send(sign_in(client, cast.bo), content, follow=True)
    page = client.get(links(answer, r"[^\"]*/anmarkningar/LOG13/[^\"]*")[0])
    assert "Anställningsform: 1 Tillsvidareanställning" in text(page)
