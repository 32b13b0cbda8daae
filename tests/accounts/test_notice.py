"""The privacy notice has versions: one writes, another publishes, each person is asked once, and what is published stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import notice, notice_text
from accounts.access import NotAllowed
from accounts.models import AuditEvent, NoticeAcceptance, NoticeText, User
from accounts.notice_text import Change
from accounts.services import accept_notice
from tests.cast import Cast, sign_in
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db

WRITE = reverse("admin:accounts_noticetext_write")
PAGE = reverse("accounts:notice")
BODY = "## Vem ansvarar\n\nSKR ansvarar.\n\n- ett\n- två"


@pytest.fixture
def sam(cast: Cast) -> Client:
    """SKR's samordnare's browser."""
    return sign_in(GuardedClient(), cast.coordinator)


@pytest.fixture
def sten(cast: Cast) -> Client:
    """SKR's systemadministratör's browser."""
    return sign_in(GuardedClient(), cast.system)


def write(client: Client, **changes: Any) -> str:
    form = {"body": BODY, "what_changed": "Texten är kortare.", "publishes_on": "2026-11-16", "gor": "spara", **changes}
    return str(client.post(WRITE, form, follow=True).content.decode())


def press(client: Client, verb: str, text: NoticeText, **form: str) -> str:
    address = reverse(f"admin:accounts_noticetext_{verb}", args=[text.pk])
    return str(client.post(address, form, follow=True).content.decode())


def newest() -> NoticeText:
    return NoticeText.objects.latest("pk")


def published(sam: Client, sten: Client, **changes: Any) -> NoticeText:
    write(sam, **changes)
    press(sam, "submit", newest(), seen=newest().changed_at.isoformat())
    press(sten, "approve", newest())
    return newest()


# The text ------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_only_text():
    text = "## Rubrik <b>\n\nEn & två.\nNy rad.\n\n- <script>\n- b"
    assert notice_text.as_html(text) == (
        "<h2>Rubrik &lt;b&gt;</h2>\n<p>En &amp; två.<br>Ny rad.</p>\n<ul><li>&lt;script&gt;</li><li>b</li></ul>"
    )


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a\n\nb", "a\n\nb", []),
        ("a\n\nb", "a\n\nc", [Change(False, "b"), Change(True, "c")]),
        ("a", "## Ny\n\na", [Change(True, "Ny")]),
        ("a\n\nb", "b", [Change(False, "a")]),
        ("- a\n- b", "- a\n- c", [Change(False, "b"), Change(True, "c")]),
    ],
)
def test_what_changed_is_told_part_by_part(before: str, after: str, found: list[Change]):
    assert notice_text.changes(before, after) == found


def test_the_text_is_readable_without_an_account_at_the_same_address(client: Client, sam: Client, sten: Client):
    page = client.get("/integritet/").content.decode()
    assert "Version 1" in page
    assert "<h2>Vem ansvarar</h2>" in page
    assert "Integritetsskyddsmyndigheten" in page
    published(sam, sten)
    page = GuardedClient().get("/integritet/").content.decode()
    assert "Version 2" in page
    assert "<p>SKR ansvarar.</p>" in page
    assert "Integritetsskyddsmyndigheten" not in page


# A new version -------------------------------------------------------------------------------------------------------


def test_it_is_previewed_with_its_changes_and_saved_as_a_draft_that_nobody_else_sees(sam: Client, cast: Cast):
    page = write(sam, gor="granska")
    assert "<p>SKR ansvarar.</p>" in page
    assert "<strong>Borttaget:</strong>" in page
    assert not NoticeText.objects.filter(state="draft").exists()
    assert "Utkastet är sparat" in write(sam)
    assert notice.current_version(timezone.now()) == 1
    event = AuditEvent.objects.filter(object=f"integritetstext {newest().pk}").get()
    assert (event.code, event.result, event.actor_id) == ("operation:configuration", "utkast sparat", cast.coordinator.pk)


def test_another_person_publishes_it_and_each_is_asked_once(sam: Client, sten: Client, cast: Cast):
    bo = sign_in(GuardedClient(), cast.bo)
    assert bo.get("/uppskov/").status_code == 200
    write(sam)
    text = newest()
    press(sam, "submit", text, seen=text.changed_at.isoformat())
    assert "Du skrev texten." in press(sam, "approve", text)
    assert bo.get("/uppskov/").status_code == 200
    assert "gäller från sin dag" in press(sten, "approve", text)
    assert "Texten är publicerad." in press(sten, "approve", text)
    assert bo.get("/uppskov/").headers["Location"] == f"{PAGE}?next=deferrals:overview"
    page = bo.get(PAGE).content.decode()
    assert "Texten är kortare." in page
    assert "Visa ändringarna" in page
    assert "<p>SKR ansvarar.</p>" in page
    assert bo.post(PAGE, {"version": "2"}).headers["Location"] == "/"
    assert bo.get("/uppskov/").status_code == 200
    accepted = NoticeAcceptance.objects.get(user=cast.bo, version=2)
    assert accepted.at == timezone.now()
    assert AuditEvent.objects.filter(code="account:notice:accepted", actor_id=cast.bo.pk).latest("pk").result == "2"
    page = sten.get(reverse("admin:accounts_noticetext_change", args=[text.pk]))
    assert page.headers.get("Location") == PAGE  # he is asked too
    sten.post(PAGE, {"version": "2"})
    page = sten.get(reverse("admin:accounts_noticetext_change", args=[text.pk])).content.decode()
    assert "Bo Ask" in page
    assert "2 (8 har ett öppet konto)" in page


def test_it_holds_from_its_day(sam: Client, sten: Client, cast: Cast, clock: Any):
    text = published(sam, sten, publishes_on="2026-11-20")
    assert text.version == 2
    assert timezone.localtime(text.publishes_at) == timezone.make_aware(datetime(2026, 11, 20))
    bo = sign_in(GuardedClient(), cast.bo)
    assert bo.get("/uppskov/").status_code == 200
    clock.move_to(datetime(2026, 11, 19, 23, 50, tzinfo=timezone.get_current_timezone()), tick=False)
    bo = sign_in(GuardedClient(), cast.bo)
    assert bo.get("/uppskov/").status_code == 200
    clock.shift(timedelta(minutes=10))
    assert bo.get("/uppskov/").headers["Location"] == f"{PAGE}?next=deferrals:overview"


def test_a_form_that_is_sent_when_the_new_version_comes_is_not_lost(sam: Client, sten: Client, cast: Cast):
    bo = sign_in(GuardedClient(), cast.bo)
    published(sam, sten)
    form = {"name": "Bo Ask-Lund", "phone": ""}
    assert bo.post(reverse("profiles:details"), form).headers["Location"] != PAGE
    assert User.objects.get(pk=cast.bo.pk).name == "Bo Ask-Lund"
    assert bo.get("/profil/").headers["Location"] == f"{PAGE}?next=profiles:overview"


def test_ok_on_an_old_page_shows_the_new_text_instead(sam: Client, sten: Client, cast: Cast):
    published(sam, sten)
    bo = sign_in(GuardedClient(), cast.bo)
    page = bo.post(PAGE, {"version": "1"})
    assert page.status_code == 200
    assert "SKR ansvarar." in page.content.decode()
    assert User.objects.get(pk=cast.bo.pk).notice_version == 1


def test_an_older_version_is_never_accepted_over_a_newer(cast: Cast):
    accept_notice(user=cast.bo, at=timezone.now(), version=3)
    accept_notice(user=cast.bo, at=timezone.now(), version=2)
    assert User.objects.get(pk=cast.bo.pk).notice_version == 3
    assert list(NoticeAcceptance.objects.filter(user=cast.bo).values_list("version", flat=True)) == [3]


# Two at once, and what is wrong --------------------------------------------------------------------------------------


def test_there_is_one_on_its_way_at_a_time(sam: Client):
    write(sam)
    assert "redan en text som är på väg" in write(sam)
    at = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeText.objects.create(state="waiting", body="x", what_changed="x", publishes_on=at.date(), changed_at=at)
    press(sam, "submit", newest(), seen=newest().changed_at.isoformat())
    assert "Den måste godkännas eller kastas" in sam.get(WRITE, follow=True).content.decode()
    assert "Texten är kastad." in press(sam, "discard", newest())
    assert "redan publicerad eller kastad" in press(sam, "discard", newest())
    assert "Utkastet är sparat" in write(sam)


def test_of_two_who_change_a_draft_the_second_is_told_and_what_is_left_is_what_was_read(sam: Client, clock: Any):
    write(sam)
    seen = newest().changed_at.isoformat()
    clock.shift(timedelta(minutes=1))
    assert "Utkastet är sparat" in write(sam, body="Annan text.", seen=seen)
    assert "Någon annan har ändrat utkastet" in write(sam, body="Tredje.", seen=seen)
    assert newest().body == "Annan text."
    assert "Läs igenom det igen" in press(sam, "submit", newest(), seen=seen)
    assert "Läs igenom det igen" in press(sam, "submit", newest())
    assert "Formuläret kunde inte tas emot" in press(sam, "submit", newest(), seen="i går")
    assert newest().state == "draft"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": ""}, "Skriv texten."),
        ({"what_changed": " "}, "Skriv vad som är ändrat."),
        ({"publishes_on": "2026-11-15"}, "Dagen har redan varit."),
        ({"publishes_on": "snart"}, "Skriv datumet som ÅÅÅÅ-MM-DD"),
        ({"body": "Gäller 811218-9876"}, "personnummer"),
        ({"seen": "2026-11-16T08:00:00"}, "Formuläret kunde inte tas emot"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_saved(sam: Client, changes: dict[str, str], error: str):
    assert error in write(sam, **changes)
    assert not NoticeText.objects.filter(state="draft").exists()


def test_the_one_who_wrote_it_cannot_publish_it_whatever_the_page_says(cast: Cast):
    at = timezone.now()
    text = notice.save_draft(
        draft=None, body=BODY, what_changed="Allt.", publishes_on=date(2026, 11, 20), seen=None, by=cast.coordinator, at=at
    )
    notice.submit(draft=text, seen=at, by=cast.coordinator, at=at)
    for person in (cast.coordinator, cast.officer):
        with pytest.raises(NotAllowed):
            notice.approve(text=text, by=person, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeText.objects.filter(pk=text.pk).update(approved_by=cast.coordinator)


def test_the_approval_asks_for_both_factors_anew(sam: Client, sten: Client, clock: Any):
    write(sam)
    press(sam, "submit", newest(), seen=newest().changed_at.isoformat())
    clock.shift(timedelta(minutes=11))
    answer = sten.post(reverse("admin:accounts_noticetext_approve", args=[newest().pk]))
    assert answer.headers["Location"] == reverse("accounts:step_up")
    assert newest().state == "waiting"
