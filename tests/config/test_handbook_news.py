"""Nytt i år is the difference between two years' settings, and Kända fel is what SKR has written."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from messaging.known_issues import CHANGED_MEANWHILE, Said, change_issue, create_issue
from messaging.models import KnownIssue
from submissions.models import CheckSetting, CodeList, Collection, Field, Layout
from submissions.services.collections import add_codes, open_collection
from submissions.services.layouts import copy_layout
from submissions.spec import CodeSpec
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

NEWS, KNOWN = "/handbok/nytt-i-ar/", "/handbok/kanda-fel/"
NEW = reverse("admin:messaging_knownissue_new")


def text_of(client: Client, address: str) -> str:
    """What a person reads in the page's own part."""
    page = client.get(address).content.decode().split("<main", 1)[1].split("</main", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())


# Nytt i år -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def years(db: None) -> tuple[Collection, Collection]:
    """2025 and 2026 with the same settings but for the dates."""
    made = [open_collection(year=year, by=None, at=NOW).collection for year in (2025, 2026)]
    return made[0], made[1]


def test_without_an_earlier_year_that_is_said(client: GuardedClient) -> None:
    open_collection(year=2026, by=None, at=NOW)
    assert "Portalen har bara insamlingen 2026" in text_of(client, NEWS)
    assert "Det finns inget tidigare år att jämföra med." in text_of(client, "/handbok/")


def test_two_years_with_the_same_settings_differ_in_dates_alone(
    client: GuardedClient, years: tuple[Collection, Collection]
) -> None:
    page = text_of(client, NEWS)
    assert "Samma fil, koder och kontroller som förra året" in page
    assert "Sista dag 1 december 2025 1 december 2026" in page
    assert "Alla fält är som 2025." in page
    assert "Alla koder är som 2025." in page
    assert "Alla kontroller är som 2025." in page
    assert "Bara datumen är nya." in text_of(client, "/handbok/")


def test_what_is_added_changed_and_removed_stands_with_the_old_and_the_new(
    client: GuardedClient, cast: Cast, years: tuple[Collection, Collection]
) -> None:
    before, now = years
    layout = copy_layout(layout=before.layout, name="PS-2026.2", by=cast.statistician, at=NOW)
    Field.objects.filter(layout=layout, number=22).update(max_length=8)
    Field.objects.create(
        layout=layout, number=41, name="Arbetsplats", numeric=False, max_length=5, required_kommun="F", required_region="F"
    )
    Collection.objects.filter(pk=now.pk).update(layout=layout, due_date=date(2026, 12, 3))
    old_list = now.code_lists.get(kind="anstallningsform")
    new_list = CodeList.objects.create(kind="anstallningsform", name=old_list.name, version="2026.2", valid_from=date(2026, 2, 1))
    kept = [code for code in old_list.spec().codes.values() if code.code != "6"]
    renamed = [CodeSpec(code.code, "Vikarie") if code.code == "2" else code for code in kept]
    add_codes(new_list, [*renamed, CodeSpec("7", "Säsongsanställning")])
    now.code_lists.remove(old_list)
    now.code_lists.add(new_list)
    CheckSetting.objects.filter(collection=now, code="RIM02").update(
        level="info", threshold_text="över 140 000 kr", why="Nytt skäl."
    )
    CheckSetting.objects.filter(collection=now, code="FIL13").delete()
    CheckSetting.objects.filter(collection=before, code="FIL14").delete()
    page = text_of(client, NEWS)
    for words in (
        "Sista dag 1 december 2025 3 december 2026",
        "2026 (PS-2026.2)",
        "Längd 7 8",
        "41 Arbetsplats Fältet finns inte finns",
        "Version 2026.2 i stället för 2026.",
        "Nya koder 7 Säsongsanställning",
        "2: vikariat → Vikarie",
        "Borttagna 6 ",
        "från Måste förklaras → Bra att veta",
        "→ över 140 000 kr",
        "→ Nytt skäl.",
    ):
        assert words.lower() in page.lower(), words
    part = page.split("Kontroller", 1)[1]
    assert part.index("Nya FIL14") < part.index("Borttagna FIL13") < part.index("Ändrade RIM02")
    front = text_of(client, "/handbok/")
    for words in (
        "i postbeskrivningen",
        "1 kodlista med andra koder",
        "1 ny kontroll",
        "1 ändrad kontroll",
        "1 borttagen kontroll",
    ):
        assert words in front, words


def test_the_news_ask_as_few_questions_for_many_differences_as_for_none(
    client: GuardedClient, years: tuple[Collection, Collection], django_assert_max_num_queries: Any
) -> None:
    client.get(NEWS)
    with django_assert_max_num_queries(14):
        client.get(NEWS)
    CheckSetting.objects.filter(collection=years[1]).update(why="Nytt skäl.")
    with django_assert_max_num_queries(14):
        client.get(NEWS)
    assert Layout.objects.count() == 1


# Kända fel -----------------------------------------------------------------------------------------------------------


def said(**changes: Any) -> Said:
    values = {
        "title": "Summan visas fel",
        "text": "Den är rätt i kvittensen.\n\nRättas på tisdag.",
        "audience": "vendors",
        "begins_on": date(2026, 11, 10),
        "solved_on": None,
        "check_code": "RIM02",
        "field": 22,
    }
    return Said(**{**values, **changes})


def made(cast: Cast, **changes: Any) -> KnownIssue:
    return create_issue(said=said(**changes), nonce=uuid4(), by=cast.system, at=timezone.now())


def post(client: Client, address: str = NEW, **changes: Any) -> str:
    form = {"title": "Summan visas fel", "text": "Vänta.", "audience": "all", "begins_on": "2026-11-16", "seen": "0"}
    answer = client.post(address, {**form, "nonce": str(uuid4()), **changes}, follow=True)
    return " ".join(answer.content.decode().split())


def test_the_open_ones_stand_first_and_newest_first_and_those_mended_this_year_last(client: GuardedClient, cast: Cast) -> None:
    made(cast, title="Det första", begins_on=date(2026, 10, 1))
    made(cast, title="Det andra")
    made(cast, title="Det rättade", begins_on=date(2026, 9, 1), solved_on=date(2026, 9, 20))
    made(cast, title="Det gamla", begins_on=date(2025, 9, 1), solved_on=date(2025, 12, 20))
    made(cast, title="Det kommande", begins_on=date(2026, 11, 30))
    page = text_of(client, KNOWN)
    assert page.index("Det andra") < page.index("Det första") < page.index("Åtgärdade 2026") < page.index("Det rättade")
    assert "Det gamla" not in page
    assert "Det kommande" not in page
    assert "Lönesystemleverantörer" in page
    front = text_of(client, "/handbok/")
    assert "Det andra" in front
    assert "Det rättade" not in front


def test_a_fault_leads_to_its_check_and_its_field_which_leads_back(client: GuardedClient, cast: Cast) -> None:
    one = made(cast)
    page = client.get(KNOWN).content.decode()
    assert 'href="/kontroller/RIM02/"' in page
    assert 'href="/handbok/falt/22/"' in page
    assert f"/handbok/kanda-fel/#fel-{one.pk}" in client.get("/handbok/falt/22/").content.decode()
    made(cast, title="En kontroll som inte finns", check_code="ABC99", field=59)
    assert "ABC99" not in client.get(KNOWN).content.decode()


def test_it_is_written_changed_and_mended_and_each_leaves_a_trace(cast: Cast) -> None:
    client = sign_in(GuardedClient(), cast.coordinator)
    assert "Det kända felet är sparat." in post(client, check_code="rim02", field="22")
    one = KnownIssue.objects.get()
    assert (one.check_code, one.field, one.revision) == ("RIM02", 22, 1)
    edit = reverse("admin:messaging_knownissue_edit", args=[one.pk])
    assert "Summan visas fel" in client.get(edit).content.decode()
    assert "sparat" in post(client, edit, seen="1", solved_on="2026-11-16")
    one.refresh_from_db()
    assert (one.solved_on, one.revision) == (date(2026, 11, 16), 2)
    events = AuditEvent.objects.filter(object=f"känt fel {one.pk}").order_by("pk")
    assert [(event.code, event.result) for event in events] == [
        ("operation:configuration", "nytt"),
        ("operation:configuration", "åtgärdat"),
    ]
    assert "Åtgärdat 16 november 2026" in text_of(GuardedClient(), KNOWN)
    listed = reverse("admin:messaging_knownissue_changelist")
    assert "Summan visas fel" in client.get(f"{listed}?lage=atgardade").content.decode()
    assert "Summan visas fel" not in client.get(f"{listed}?lage=oppna").content.decode()


def test_two_who_change_the_same_do_not_undo_each_other(cast: Cast) -> None:
    client = sign_in(GuardedClient(), cast.system)
    one = made(cast)
    edit = reverse("admin:messaging_knownissue_edit", args=[one.pk])
    post(client, edit, seen="1", title="Först")
    assert CHANGED_MEANWHILE in post(client, edit, seen="1", title="Sedan")
    assert KnownIssue.objects.get().title == "Först"
    assert not change_issue(issue=KnownIssue.objects.get(), said=said(**current()), seen=9, by=cast.system, at=timezone.now())


def current() -> dict[str, Any]:
    """The values of the only one there is."""
    one = KnownIssue.objects.get()
    return {name: getattr(one, name) for name in ("title", "text", "audience", "begins_on", "solved_on", "check_code", "field")}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": ""}, "Skriv en rubrik."),
        ({"text": ""}, "Skriv en text."),
        ({"text": "x" * 2001}, "Texten får vara högst 2000 tecken."),
        ({"text": "Gäller 811218-9876"}, "personnummer"),
        ({"title": "Fel på 8112189876"}, "personnummer"),
        ({"begins_on": "i går"}, "Skriv dagen som ÅÅÅÅ-MM-DD."),
        ({"solved_on": "2026-11-01"}, "Felet kan inte vara åtgärdat innan det fanns."),
        ({"check_code": "lön"}, "Skriv kontrollens kod, till exempel RIM05."),
        ({"field": "99"}, "Skriv ett nummer till och med 60."),
        ({"audience": "ingen"}, "Välj"),
        ({"nonce": "x"}, "Formuläret kunde inte tas emot"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(cast: Cast, changes: dict[str, str], error: str) -> None:
    assert error in post(sign_in(GuardedClient(), cast.system), **changes)
    assert not KnownIssue.objects.exists()


def test_posted_twice_it_is_one_and_other_roles_write_none(cast: Cast) -> None:
    client = sign_in(GuardedClient(), cast.statistician)
    nonce = str(uuid4())
    post(client, nonce=nonce)
    post(client, nonce=nonce)
    one = KnownIssue.objects.get()
    assert sign_in(GuardedClient(), cast.officer).get(NEW).status_code == 403
    with pytest.raises(NotAllowed):
        change_issue(issue=one, said=said(), seen=1, by=cast.officer, at=timezone.now() + timedelta(1))


def test_what_is_written_is_shown_as_text(client: GuardedClient, cast: Cast) -> None:
    made(cast, title="<b>fet</b>", text="<script>alert(1)</script>")
    page = client.get(KNOWN).content.decode()
    assert "<b>fet" not in page
    assert "<script>alert" not in page
