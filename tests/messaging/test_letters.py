"""SKR words the letters to the units: only the letter's own places, only links to the portal, every version kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from config.lib import personnummer
from config.lib.mail import PortalMail, shipped
from messaging import letters
from messaging.letters import BY_KEY, LETTERS, Letter
from messaging.models import MailText
from submissions.models import Collection, Layout, Submission
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.guards.mails import faults_in

pytestmark = pytest.mark.django_db

RETURNED = BY_KEY["submissions/returned"]
BODY = "Hej {enhet}!\n\nSe över filen för {år}: {portalen}"
ADDRESS = reverse("admin:messaging_mailtext_word", args=["tillbaka"])


@pytest.fixture
def sam(cast: Cast) -> Client:
    """SKR's samordnare's browser."""
    return sign_in(GuardedClient(), cast.coordinator)


def post(client: Client, *, seen: int = 0, do: str = "spara", **words: Any) -> str:
    form = {"subject": "Se över {år}", "body": BODY, "seen": seen, "gor": do, **words}
    return str(client.post(ADDRESS, form, follow=True).content.decode())


def returned(unit: str = "Trosa kommun") -> PortalMail:
    return PortalMail("submissions/returned", to="bo@trosa.example", context={"unit": unit, "year": 2026})


# The shipped texts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.slug)
def test_a_shipped_text_filled_in_is_the_mail_as_it_was(letter: Letter):
    subject, body = letters.shipped_text(letter)
    assert letters.clean(letter, subject, body) == (subject, body)
    values = letters.example_values(letter, timezone.now())
    assert letters.filled(letter, subject, body, values) == tuple(part.strip() for part in shipped(letter.key, values))


def test_no_letter_about_accounts_but_the_invitation_is_worded_here():
    assert [letter.key for letter in LETTERS if letter.key.startswith(("accounts/", "profiles/"))] == ["accounts/invitation"]
    assert letters.written("accounts/code", {"code": "123456"}) is None


# Worded anew ---------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_goes_from_the_next_mail_on(sam: Client, cast: Cast):
    assert returned().subject == "SKR vill att ni ser över personalstatistiken 2026"
    page = post(sam)
    assert "sparad som version 1" in page
    mail = returned()
    assert (mail.subject, mail.body) == ("Se över 2026", "Hej Trosa kommun!\n\nSe över filen för 2026: https://testserver/\n")
    assert faults_in("submissions/returned", mail.subject, mail.body) == []
    event = AuditEvent.objects.filter(code="operation:configuration").latest("pk")
    assert (event.actor_id, event.object, event.result) == (cast.coordinator.pk, "mejltext Skickad tillbaka", "version 1")


def test_a_value_is_only_text_even_if_it_looks_like_a_place(sam: Client):
    post(sam)
    assert "Hej {portalen} & <b>!" in str(returned("{portalen} & <b>").body)


def test_a_paragraph_with_nothing_to_fill_in_is_left_out():
    letter = BY_KEY["accounts/invitation"]
    words = letters.filled(letter, "Hej", "Från {inbjuden av}.\n\nGäller {gäller}.\n\n{portalen}", {"inviter": "", "matter": ""})
    assert words[1] == "Från SKR.\n\nhttps://testserver/"


def test_the_preview_shows_the_chosen_units_own_values_and_saves_nothing(sam: Client, cast: Cast):
    layout = Layout.objects.create(name="PS-2026.1")
    days = {"opens_on": date(2026, 10, 12), "measurement_day": date(2026, 11, 1), "latest_deferral_date": date(2026, 12, 15)}
    year = Collection.objects.create(year=2026, due_date=date(2026, 12, 2), layout=layout, **days)
    Submission.objects.create(unit=cast.other, collection=year)
    address = reverse("admin:messaging_mailtext_word", args=["paminnelse-fore"])
    form = {"subject": "Senast {sista dag}", "body": "Hej {Enhet}! <i>\n\n{portalen}", "seen": 0, "gor": "granska"}
    page = sam.post(address, {**form, "example": cast.other.pk}).content.decode()
    assert "Senast 2026-12-02" in page
    assert "<p>Hej Vagnhärads kommun! &lt;i&gt;</p>" in page
    assert '<a href="https://testserver/">https://testserver/</a>' in page
    assert not MailText.objects.exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"body": "Hej {namn}! {portalen}"}, "{namn} går inte att fylla i"),
        ({"body": "Hej {enhet}!"}, "Skriv {portalen} där länken"),
        ({"body": "Hej {enhet}! { {portalen}"}, "En klammer står för sig själv"),
        ({"subject": "Se {portalen}"}, "inte i ämnet"),
        ({"body": "{portalen} och https://evil.example/"}, "får bara länka till portalen"),
        ({"body": "{portalen} och www.evil.example"}, "får bara länka till portalen"),
        ({"body": "{portalen} och Evil-Sida.se/logga-in"}, "får bara länka till portalen"),
        ({"subject": "Besök skr.se"}, "får bara länka till portalen"),
        ({"body": "{portalen} skriv till ond@evil.example"}, "Bara e-postadresser hos"),
        ({"body": "{portalen} koden är 123 456"}, "engångskod"),
        ({"body": f"{{portalen}} {personnummer.build(date(1981, 12, 18), 987)}"}, "personnummer"),
        ({"subject": ""}, "Skriv ett ämne."),
        ({"body": " "}, "Skriv mejlets text."),
        ({"body": "x" * 5001}, "Texten får vara högst 5000 tecken"),
    ],
)
def test_a_text_that_may_not_go_is_refused_at_the_field(sam: Client, words: dict[str, str], error: str):
    assert error in post(sam, **words).replace("&#x27;", "'")
    assert not MailText.objects.exists()


def test_shortenings_and_skrs_own_mailbox_are_no_foreign_addresses():
    body = "Bl.a. t.ex. kl. 15.48 den 1.12, m.m. Skriv till personalstatistik@skr.se. {portalen}"
    assert letters.clean(RETURNED, "Hej", body) == ("Hej", body)


def test_of_two_who_change_at_once_the_second_is_told_and_the_same_form_twice_is_one_version(sam: Client, cast: Cast):
    post(sam)
    assert "sparad som version 1" in post(sam)
    assert "Sam Samordnare ändrade texten medan du skrev" in post(sam, body="Annat. {portalen}")
    assert MailText.objects.count() == 1


def test_the_shipped_text_counts_again_and_the_versions_stay(sam: Client):
    post(sam)
    restore = reverse("admin:messaging_mailtext_restore", args=["tillbaka"])
    assert "Den medföljande texten gäller igen." in sam.post(restore, {"seen": "1"}, follow=True).content.decode()
    assert returned().subject == "SKR vill att ni ser över personalstatistiken 2026"
    assert "gäller redan" in sam.post(restore, {"seen": "2"}, follow=True).content.decode()
    page = sam.get(ADDRESS).content.decode()
    assert "Version 1</a>: Se över {år}" in page
    assert "Version 2</a>: den medföljande" in page
    old = MailText.objects.get(version=1)
    assert "Hej {enhet}!" in sam.get(reverse("admin:messaging_mailtext_change", args=[old.pk])).content.decode()
    assert "sparad som version 3" in post(sam, seen=2)


def test_the_list_names_every_letter_and_what_counts(sam: Client):
    post(sam)
    page = sam.get(reverse("admin:messaging_mailtext_changelist")).content.decode()
    assert all(letter.title in page for letter in LETTERS)
    assert page.count('data-label="Text">Medföljande<') == len(LETTERS) - 1
    assert "ändras inte här" in page
    assert sam.get(reverse("admin:messaging_mailtext_word", args=["kod"])).status_code == 404


def test_only_samordnare_word_letters(cast: Cast):
    with pytest.raises(NotAllowed):
        letters.save_text(letter=RETURNED, subject="Hej", body=BODY, seen=0, by=cast.officer, at=timezone.now())
    assert sign_in(GuardedClient(), cast.officer).get(ADDRESS).status_code == 403
