"""Driftmeddelanden: shown in their time to those they are for, put away for a session, ended by hand, one query a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from messaging.announcements import create_announcement, end_announcement
from messaging.models import Announcement
from tests.cast import Cast, sign_in
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db

NEW = reverse("admin:messaging_announcement_new")
TEXT = "Portalen stängs i kväll."


@pytest.fixture
def sten(cast: Cast) -> Client:
    """SKR's systemadministratör's browser."""
    return sign_in(GuardedClient(), cast.system)


def made(cast: Cast, *, audience: str = "all", tone: str = "warning", text: str = TEXT, hours: int = 2) -> Announcement:
    """One that is shown from now on."""
    now = timezone.now()
    times = {"starts_at": now, "ends_at": now + timedelta(hours=hours)}
    return create_announcement(text=text, tone=tone, audience=audience, nonce=uuid4(), by=cast.system, at=now, **times)


def post(client: Client, **changes: Any) -> str:
    form = {"text": TEXT, "tone": "info", "audience": "all", "starts_at": "2026-11-16T18:00", "ends_at": "2026-11-16T20:00"}
    return str(client.post(NEW, {**form, "nonce": str(uuid4()), "gor": "spara", **changes}, follow=True).content.decode())


def sees(client: Client, address: str = "/handbok/") -> bool:
    return TEXT in client.get(address).content.decode()


# Who sees it, and when -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "visitor", "bo", "officer"),
    [
        ("all", True, True, True),
        ("submitters", False, True, False),
        ("staff", False, False, True),
        ("open", True, False, False),
    ],
)
def test_it_stands_on_the_pages_of_those_it_is_for(cast: Cast, audience: str, visitor: bool, bo: bool, officer: bool):
    made(cast, audience=audience)
    assert sees(GuardedClient(), "/") is visitor
    assert sees(sign_in(GuardedClient(), cast.bo), "/uppskov/") is bo
    assert sees(sign_in(GuardedClient(), cast.officer), reverse("admin:index")) is officer


def test_it_comes_and_goes_at_its_times(sten: Client, clock: Any):
    post(sten)
    visitor = GuardedClient()
    assert not sees(visitor)
    clock.move_to(timezone.localtime().replace(hour=18, minute=0), tick=False)
    assert sees(visitor)
    clock.move_to(timezone.localtime().replace(hour=20, minute=0), tick=False)
    assert not sees(visitor)


def test_a_screen_reader_hears_it_and_what_kind_it_is(cast: Cast, client: Client):
    made(cast)
    page = client.get("/").content.decode()
    assert '<section aria-label="Just nu">' in page
    assert '<p role="status"><span class="visually-hidden">Varning: </span>Portalen stängs i kväll.</p>' in page


def test_the_most_serious_comes_first_and_no_more_than_three(cast: Cast, client: Client):
    for number, tone in enumerate(["info", "info", "error", "warning"]):
        made(cast, tone=tone, text=f"Rad {number}.")
    page = client.get("/").content.decode()
    assert page.index("Rad 2.") < page.index("Rad 3.") < page.index("Rad 1.")
    assert "Rad 0." not in page


def test_a_page_reads_them_only_where_there_are_any_and_once(cast: Cast):
    client = sign_in(GuardedClient(), cast.bo)
    for there_are, reads in ((False, 0), (True, 1)):
        if there_are:
            made(cast)
        with CaptureQueriesContext(connection) as asked:
            client.get("/uppskov/")
        assert sum('FROM "messaging_announcement"' in query["sql"] for query in asked.captured_queries) == reads


# Put away ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "bo"])
def test_put_away_it_is_gone_for_that_session_only(cast: Cast, name: str):
    one = made(cast)
    client = sign_in(GuardedClient(), cast.bo) if name else GuardedClient()
    page = client.get("/handbok/").content.decode()
    hide = reverse("hide_announcement", args=[one.pk])
    assert f'action="{hide}"' in page
    answer = client.post(hide, {"sida": "/handbok/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/handbok/")
    assert not sees(client)
    assert sees(GuardedClient())
    client.post(hide, {"sida": "/handbok/"})
    assert not sees(client)


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(cast: Cast, client: Client, page: str):
    answer = client.post(reverse("hide_announcement", args=[made(cast).pk]), {"sida": page})
    assert answer.headers["Location"] == "/"


def test_one_that_is_not_there_is_put_away_without_a_word(cast: Cast, client: Client):
    assert client.post(reverse("hide_announcement", args=[10**9]), {"sida": "/handbok/"}).status_code == 302
    assert "hidden_announcements" not in client.session


# In the admin --------------------------------------------------------------------------------------------------------


def test_it_is_previewed_saved_listed_and_ended(sten: Client, cast: Cast, clock: Any):
    page = post(sten, gor="granska")
    assert f'<div class="banner banner--info"><p>{TEXT}</p></div>' in page
    assert not Announcement.objects.exists()
    assert "Driftmeddelandet är sparat." in post(sten)
    one = Announcement.objects.get()
    event = AuditEvent.objects.filter(object=f"driftmeddelande {one.pk}").get()
    assert (event.code, event.result) == ("operation:configuration", "visas för Alla sidor")
    listed = reverse("admin:messaging_announcement_changelist")
    assert TEXT in sten.get(f"{listed}?lage=planerade").content.decode()
    assert TEXT not in sten.get(f"{listed}?lage=visas").content.decode()
    clock.move_to(timezone.localtime().replace(hour=19), tick=False)
    sign_in(sten, cast.system)
    assert TEXT in sten.get(f"{listed}?lage=visas").content.decode()
    end = reverse("admin:messaging_announcement_end", args=[one.pk])
    assert "visas inte längre" in sten.post(end, follow=True).content.decode()
    assert not sees(GuardedClient())
    assert TEXT in sten.get(f"{listed}?lage=tidigare").content.decode()
    assert "redan slut" in sten.post(end, follow=True).content.decode()
    assert TEXT in sten.get(f"{NEW}?fran={one.pk}").content.decode()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"text": ""}, "Skriv en text."),
        ({"text": "x" * 401}, "Texten får vara högst 400 tecken."),
        ({"text": "Gäller 811218-9876"}, "personnummer"),
        ({"ends_at": "2026-11-16T17:00"}, "Sluttiden måste ligga efter starttiden."),
        ({"starts_at": "2026-11-15T10:00", "ends_at": "2026-11-15T11:00"}, "Sluttiden har redan varit."),
        ({"starts_at": "i kväll"}, "Skriv dag och tid som ÅÅÅÅ-MM-DD TT:MM."),
        ({"tone": "rosa"}, "Välj"),
        ({"nonce": "x"}, "Formuläret kunde inte tas emot"),
    ],
)
def test_what_is_wrong_stands_at_the_field(sten: Client, changes: dict[str, str], error: str):
    assert error in post(sten, **changes)
    assert not Announcement.objects.exists()


def test_posted_twice_it_is_one(sten: Client):
    nonce = str(uuid4())
    post(sten, nonce=nonce)
    post(sten, nonce=nonce)
    assert Announcement.objects.count() == 1


def test_other_roles_change_none(cast: Cast):
    one = made(cast)
    with pytest.raises(NotAllowed):
        end_announcement(announcement=one, by=cast.officer, at=timezone.now())
    assert sign_in(GuardedClient(), cast.officer).get(NEW).status_code == 403
