"""SKR helps somebody who has lost a factor: cases opened, approved and cancelled in the admin (ATER-06 to ATER-12, SES-10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import limits, throttling
from accounts.models import AuditEvent, Invitation, RecoveryCase, Session, TotpDevice, User
from accounts.roles import StaffRole
from profiles import recovery
from profiles.admin.recovery import state_of
from profiles.models import Membership
from tests import people
from tests.cast import Cast, Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.people import Person

pytestmark = pytest.mark.django_db

CHECK = "Ringde växeln på 0156-520 00 från trosa.se, Eva kopplade. Kontaktpersonen Anna Ek intygade."
FORM = {"case_number": "SKR 2026/117", "identity_check": CHECK}
PHONE, BOTH = "telefonen", "telefonen-och-losenordet"


def browser(user: User) -> GuardedClient:
    client = GuardedClient()
    sign_in(client, user)
    return client


def opening(user: User, lost: str) -> str:
    return f"/admin/accounts/recoverycase/oppna/{user.pk}/{lost}/"


def page_of(client: GuardedClient, user: User) -> str:
    answer = client.get(f"/admin/accounts/user/{user.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def case_page(client: GuardedClient, case: RecoveryCase) -> str:
    return client.get(f"/admin/accounts/recoverycase/{case.pk}/change/").content.decode()


def step(case: RecoveryCase, verb: str) -> str:
    return f"/admin/accounts/recoverycase/{case.pk}/{verb}/"


def has_app(user: User) -> bool:
    return TotpDevice.objects.filter(user=user, revoked_at=None).exists()


@pytest.fixture
def second(cast: Cast) -> User:
    """Another Samordnare."""
    return make_user("sven@skr.example", "Sven Samordnare", staff_role=StaffRole.COORDINATOR)


@pytest.fixture
def both(cast: Cast) -> RecoveryCase:
    """Sam has opened a case about Bo's phone and password."""
    browser(cast.coordinator).post(opening(cast.bo, BOTH), FORM)
    return RecoveryCase.objects.get(user=cast.bo)


# Opened --------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.4.4", "6.5.6")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"case_number": ""}, "Skriv ärendets nummer."),
        ({"case_number": "1" * 41}, "Högst 40 tecken."),
        ({"identity_check": ""}, "Skriv hur du kontrollerade vem personen är."),
        ({"identity_check": "ringde växeln"}, "vilket nummer du ringde och vem som svarade"),
        ({"identity_check": "x " * 501}, "Högst 1 000 tecken."),
        ({"identity_check": f"{CHECK} 811218-9876"}, "personnummer"),
        ({"case_number": "811218-9876"}, "personnummer"),
    ],
)
def test_ater_06_without_a_number_or_a_check_of_identity_nothing_is_opened(
    cast: Cast, change: dict[str, str], sentence: str
) -> None:
    answer = browser(cast.coordinator).post(opening(cast.bo, PHONE), {**FORM, **change})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not RecoveryCase.objects.exists()
    assert has_app(cast.bo)


@pytest.mark.asvs("6.4.4", "6.5.6")
def test_ater_06_the_phone_is_gone_app_and_sessions_end_and_owner_and_kontaktpersoner_are_told(cast: Cast) -> None:
    bos, sam = browser(cast.bo), browser(cast.coordinator)
    assert "Öppna ärende: telefonen är borta" in page_of(sam, cast.bo)
    form = sam.get(opening(cast.bo, PHONE)).content.decode()
    for promise in ("slutar gälla genast", "I 24 timmar", "nuvarande lösenord", "kommunens publika webbplats"):
        assert promise in form
    page = sam.post(opening(cast.bo, PHONE), FORM, follow=True).content.decode()
    assert "Ärendet är öppnat. Bo Ask har fått ett mejl." in page
    for fact in ("SKR 2026/117", CHECK, "Sam Samordnare", "Gäller nu"):
        assert fact in page
    assert not has_app(cast.bo)
    assert not Session.objects.filter(user=cast.bo).exists()
    assert bos.get("/profil/").status_code == 302
    assert len(sent_mails(cast.bo.email)) == 1
    (told,) = sent_mails(cast.anna.email)
    assert "Bo Ask" in told.body
    assert "Ring SKR genast" in told.body
    event = AuditEvent.objects.get(code="recovery:opened")
    assert (event.actor_id, event.subject_id, event.object) == (cast.coordinator.pk, cast.bo.pk, "SKR 2026/117")
    assert "Telefonen, ärende SKR 2026/117" in page_of(sam, cast.bo)


def test_a_case_asks_for_step_up_to_open_approve_and_cancel(cast: Cast, both: RecoveryCase, clock: Any) -> None:
    sam, sten = browser(cast.coordinator), browser(cast.system)
    clock.shift(limits.STEP_UP + timedelta(seconds=1))
    asked = [
        sam.get(opening(cast.cia, PHONE)),
        sam.post(opening(cast.cia, PHONE), FORM),
        sten.post(step(both, "godkann")),
        sten.post(step(both, "avbryt")),
    ]
    assert {answer["Location"] for answer in asked} == {"/konto/bekrafta/"}
    both.refresh_from_db()
    assert (both.approved_at, both.cancelled_at, RecoveryCase.objects.count()) == (None, None, 1)


@pytest.mark.parametrize(
    ("name", "lost", "status"),
    [("bo", PHONE, 200), ("bo", BOTH, 200), ("officer", PHONE, 403), ("officer", BOTH, 200), ("bo", "allt", 404)],
)
def test_what_can_be_opened_for_whom(cast: Cast, name: str, lost: str, status: int) -> None:
    assert browser(cast.coordinator).get(opening(getattr(cast, name), lost)).status_code == status


def test_nobody_without_an_account_and_nobody_suspended_is_recovered(cast: Cast) -> None:
    sam = browser(cast.coordinator)
    sam.post(f"/admin/profiles/unit/{cast.trosa.pk}/bjud-in/", {"email": "eva@trosa.example", "name": "Eva", "role": "reader"})
    eva = User.objects.get(email="eva@trosa.example")
    User.objects.filter(pk=cast.cia.pk).update(is_active=False)
    for user, why in ((eva, "Skicka inbjudan igen i stället."), (cast.cia, "Kontot är avstängt.")):
        assert why in page_of(sam, user)
        assert sam.get(opening(user, PHONE)).status_code == 403
    assert sam.get(opening(User(pk=0), PHONE)).status_code == 404


@pytest.mark.asvs("6.4.4")
def test_ater_11_nobody_handles_her_own_case(cast: Cast, second: User) -> None:
    sam = browser(cast.coordinator)
    assert "Öppna ärende" not in page_of(sam, cast.coordinator)
    assert sam.post(opening(cast.coordinator, BOTH), FORM).status_code == 403
    assert not RecoveryCase.objects.exists()
    browser(second).post(opening(cast.coordinator, BOTH), FORM)
    case = RecoveryCase.objects.get(user=cast.coordinator)
    page = case_page(sam, case)
    assert "Godkänn</button>" not in page
    assert "Avbryt ärendet" not in page
    assert sam.post(step(case, "godkann")).status_code == 403
    assert sam.post(step(case, "avbryt")).status_code == 403
    case.refresh_from_db()
    assert (case.approved_at, case.cancelled_at) == (None, None)


def test_a_case_about_somebody_at_skr_is_told_to_the_other_samordnare(cast: Cast, second: User) -> None:
    browser(cast.coordinator).post(opening(cast.officer, BOTH), FORM)
    assert "Hanna Handläggare" in sent_mails(second.email)[0].body
    assert not sent_mails(cast.coordinator.email)


@pytest.mark.asvs("6.4.4", "8.2.1")
def test_ater_09_a_kontaktperson_resets_nobody(cast: Cast, both: RecoveryCase) -> None:
    anna = browser(cast.anna)
    member = Membership.objects.get(user=cast.bo, unit=cast.trosa)
    for address in ("/profil/0488/", f"/profil/0488/person/{member.pk}/"):
        page = anna.get(address).content.decode()
        assert "ärende" not in page
        assert "terställ" not in page
    before = AuditEvent.objects.filter(code="access:denied", actor_id=cast.anna.pk).count()
    for address in (opening(cast.bo, PHONE), step(both, "godkann"), step(both, "avbryt")):
        assert anna.post(address, FORM).status_code == 404
    assert AuditEvent.objects.filter(code="access:denied", actor_id=cast.anna.pk).count() == before + 3
    assert has_app(cast.bo)
    assert RecoveryCase.objects.get() == both


@pytest.mark.parametrize("name", ["officer", "statistician", "system"])
def test_only_a_samordnare_opens_cases(cast: Cast, name: str) -> None:
    assert browser(getattr(cast, name)).post(opening(cast.bo, PHONE), FORM).status_code == 403
    with pytest.raises(recovery.NotAllowed, match="samordnare"):
        recovery.check_can_open(cast.bo, getattr(cast, name))
    assert not RecoveryCase.objects.exists()


def test_a_new_case_takes_the_place_of_the_old(cast: Cast, both: RecoveryCase) -> None:
    sam = browser(cast.coordinator)
    assert "Personen har redan ett ärende." in sam.get(opening(cast.bo, PHONE)).content.decode()
    sam.post(opening(cast.bo, PHONE), {**FORM, "case_number": "SKR 2026/118"})
    both.refresh_from_db()
    assert both.cancelled_by == cast.coordinator
    assert RecoveryCase.objects.undecided(timezone.now()).get().case_number == "SKR 2026/118"


# Approved ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("2.3.5", "6.4.4")
def test_ater_08_the_opener_does_not_approve_and_nothing_changes_meanwhile(cast: Cast, both: RecoveryCase) -> None:
    sam = browser(cast.coordinator)
    page = case_page(sam, both)
    assert "Väntar på godkännande" in page
    assert "Du öppnade ärendet." in page
    assert "Godkänn</button>" not in page
    assert sam.post(step(both, "godkann")).status_code == 403
    both.refresh_from_db()
    assert both.approved_at is None
    assert has_app(cast.bo)
    assert browser(cast.bo).get("/profil/").status_code == 200


@pytest.mark.asvs("2.3.5", "6.4.4")
@pytest.mark.parametrize("name", ["second", "system"])
def test_ater_08_another_person_approves_and_it_opens_a_day_later(
    cast: Cast, both: RecoveryCase, second: User, name: str, clock: Any
) -> None:
    other = browser(second if name == "second" else cast.system)
    assert "återställning att godkänna" in other.get("/admin/").content.decode()
    assert "Godkänn" in case_page(other, both)
    assert "Ärendet är godkänt." in other.post(step(both, "godkann"), follow=True).content.decode()
    both.refresh_from_db()
    assert both.valid_from == timezone.now() + timedelta(hours=24)
    assert len(sent_mails(cast.bo.email)) == len(sent_mails(cast.anna.email)) == 2
    assert "godkänt" in sent_mails(cast.anna.email)[-1].subject
    assert "redan godkänt" in other.post(step(both, "godkann"), follow=True).content.decode()
    assert not RecoveryCase.objects.valid(timezone.now()).exists()
    assert RecoveryCase.objects.valid(timezone.now() + timedelta(hours=24)).exists()


def test_ater_08_a_case_that_nobody_approves_in_a_week_is_over(cast: Cast, both: RecoveryCase, clock: Any) -> None:
    clock.shift(limits.CASE_BOTH_APPROVAL + timedelta(seconds=1))
    sten = browser(cast.system)
    page = case_page(sten, both)
    assert "Godkändes inte i tid" in page
    assert "Godkänn</button>" not in page
    assert "har väntat för länge" in sten.post(step(both, "godkann"), follow=True).content.decode()
    assert "0488" not in sten.get("/admin/accounts/recoverycase/?lage=vantar").content.decode()


def test_a_case_is_cancelled_by_staff_and_told_of(cast: Cast, both: RecoveryCase) -> None:
    sten = browser(cast.system)
    assert "Ärendet är avbrutet." in sten.post(step(both, "avbryt"), follow=True).content.decode()
    both.refresh_from_db()
    assert both.cancelled_by == cast.system
    assert "avbrutet" in sent_mails(cast.anna.email)[-1].subject
    assert "redan avslutat" in sten.post(step(both, "avbryt"), follow=True).content.decode()
    assert "Avbryt ärendet" not in case_page(sten, both)


AT = datetime.fromisoformat("2026-11-16T09:00:00+01:00")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "both"}, "Väntar på godkännande"),
        ({"kind": "both", "opened_at": AT - 8 * 24 * HOUR}, "Godkändes inte i tid"),
        (
            {"kind": "both", "approved_at": AT, "valid_from": AT + HOUR, "valid_until": AT + 2 * HOUR},
            "Godkänt, börjar gälla senare",
        ),
        ({"kind": "both", "approved_at": AT, "valid_from": AT, "valid_until": AT + HOUR}, "Gäller nu"),
        ({"kind": "totp", "valid_from": AT, "valid_until": AT + HOUR}, "Gäller nu"),
        ({"kind": "totp", "valid_from": AT - HOUR, "valid_until": AT}, "Användes inte i tid"),
        ({"kind": "totp", "valid_from": AT, "valid_until": AT + HOUR, "used_at": AT}, "Använt"),
        ({"kind": "both", "cancelled_at": AT}, "Avbrutet"),
    ],
)
def test_how_a_case_stands_in_words(values: dict[str, Any], words: str) -> None:
    assert state_of(RecoveryCase(**{"opened_at": AT, **values}), at=AT)[0] == words


@pytest.mark.parametrize(("state", "found"), [("vantar", 1), ("pagar", 2), ("avslutat", 1), ("", 3)])
def test_the_list_is_filtered_by_how_the_cases_stand(cast: Cast, both: RecoveryCase, state: str, found: int) -> None:
    sam = browser(cast.coordinator)
    sam.post(opening(cast.cia, PHONE), FORM)
    sam.post(opening(cast.dan, BOTH), FORM)
    sam.post(step(RecoveryCase.objects.get(user=cast.dan), "avbryt"))
    page = sam.get(f"/admin/accounts/recoverycase/?lage={state}").content.decode().split("<tbody>")[1]
    assert sum(name in page for name in ("Bo Ask", "Cia Al", "Dan Lind")) == found


# The address ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.4.4", "8.2.3")
def test_ater_12_skr_changes_nobodys_address(cast: Cast) -> None:
    """No page has the field, and a forged one counts for nothing, with a case open or not."""
    sam, sten = browser(cast.coordinator), browser(cast.system)
    sam.post(opening(cast.bo, PHONE), FORM)
    case = RecoveryCase.objects.get()
    forged = {**FORM, "email": "ond@annan.example", "user": "1"}
    for client in (sam, sten):
        page = page_of(client, cast.bo)
        assert 'name="email"' not in page
        for verb in ("stang-av", "oppna", "logga-ut", "logga-ut-overallt", "ta-emot-koder", "change"):
            client.post(f"/admin/accounts/user/{cast.bo.pk}/{verb}/", forged)
        for verb in ("godkann", "avbryt"):
            client.post(step(case, verb), forged)
    sam.post(opening(cast.bo, BOTH), forged)
    assert User.objects.get(pk=cast.bo.pk).email == "bo.ask@trosa.example"
    assert "SKR byter aldrig någons adress" in page_of(sam, cast.bo)


@pytest.mark.asvs("6.4.4")
def test_ater_12_who_has_lost_everything_is_closed_by_one_and_invited_anew_by_another(cast: Cast, clock: Any) -> None:
    """The address and the phone are gone. Neither role can do both halves, so one fooled person gives away no account."""
    sam, sten = browser(cast.coordinator), browser(cast.system)
    invitation = {"email": "bo.ask@nya.example", "name": "Bo Ask", "role": "submitter"}
    assert sam.post(f"/admin/accounts/user/{cast.bo.pk}/stang-av/").status_code == 403
    assert sten.post(f"/admin/profiles/unit/{cast.trosa.pk}/bjud-in/", invitation).status_code == 403
    sten.post(f"/admin/accounts/user/{cast.bo.pk}/stang-av/")
    sam.post(f"/admin/profiles/unit/{cast.trosa.pk}/bjud-in/", invitation)
    assert "bo.ask@nya.example" not in sent_mails("bo.ask@nya.example")[0].body
    new = Person("bo.ask@nya.example")
    people.sign_up(GuardedClient(), new)
    assert Membership.objects.in_force().get(user=new.user).role == Role.SUBMITTER
    people.ask_for_code(GuardedClient(), cast.bo.email)
    assert people.mails(cast.bo.email, "accounts/code") == []
    assert new.user.pk != cast.bo.pk


# Sessions ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.4.5")
def test_ses_10_staff_ends_one_session_of_a_person_or_all(cast: Cast) -> None:
    first, other, sten = browser(cast.bo), browser(cast.bo), browser(cast.system)
    Session.objects.filter(pk=other.cookies["__Host-session"].value).update(client="Firefox på Windows")
    page = page_of(sten, cast.bo)
    assert "Firefox på Windows" in page
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page
    reference = page.split("Firefox på Windows")[1].split('name="session" value="')[1].split('"')[0]
    end = f"/admin/accounts/user/{cast.bo.pk}/logga-ut/"
    assert "Bo Ask är utloggad där." in sten.post(end, {"session": reference}, follow=True).content.decode()
    assert (first.get("/profil/").status_code, other.get("/profil/").status_code) == (200, 302)
    assert "redan avslutad" in sten.post(end, {"session": reference}, follow=True).content.decode()
    assert "redan avslutad" in sten.post(end, {"session": "ö"}, follow=True).content.decode()
    event = AuditEvent.objects.get(code="account:session:ended", result="staff")
    assert (event.actor_id, event.subject_id) == (cast.system.pk, cast.bo.pk)

    text = sten.post(f"/admin/accounts/user/{cast.bo.pk}/logga-ut-overallt/", follow=True).content.decode()
    assert "Bo Ask är utloggad överallt." in text
    assert "Personen är inte inloggad." in text
    assert first.get("/profil/").status_code == 302
    assert AuditEvent.objects.get(code="account:session:all_ended", subject_id=cast.bo.pk).actor_id == cast.system.pk
    assert [letter.subject for letter in sent_mails(cast.bo.email)] == ["SKR har loggat ut dig från Personalstatistik"] * 2
    assert browser(User.objects.get(pk=cast.bo.pk)).get("/profil/").status_code == 200


@pytest.mark.asvs("7.4.5")
def test_ses_10_nobody_else_does_and_nobody_ends_her_own_there(cast: Cast) -> None:
    browser(cast.bo)
    for name, status in (("officer", 403), ("coordinator", 403), ("statistician", 403), ("anna", 404)):
        for verb in ("logga-ut", "logga-ut-overallt"):
            assert browser(getattr(cast, name)).post(f"/admin/accounts/user/{cast.bo.pk}/{verb}/").status_code == status
    sten = browser(cast.system)
    assert "Inloggad nu" not in page_of(browser(cast.coordinator), cast.bo)
    assert "Inloggad nu" not in page_of(sten, cast.system)
    sten.post(f"/admin/accounts/user/{cast.system.pk}/logga-ut-overallt/")
    assert sten.get("/admin/").status_code == 200
    assert Session.objects.filter(user=cast.bo).exists()


# Codes ---------------------------------------------------------------------------------------------------------------


def test_kod_16_staff_takes_codes_again_for_somebody_with_an_account(cast: Cast) -> None:
    sam, address = browser(cast.coordinator), f"/admin/accounts/user/{cast.bo.pk}/ta-emot-koder/"
    assert "Ta emot koder igen" not in page_of(sam, cast.bo)
    limit, window = limits.WRONG_CODES_SINCE_SUCCESS
    for _ in range(limit):
        throttling.take("wrong_code/since_success", cast.bo.email, limit, window, lane="strange", at=timezone.now())
    assert "Verifieringskoder tas inte emot" in page_of(sam, cast.bo)
    people.ask_for_code(GuardedClient(), cast.bo.email)
    assert people.mails(cast.bo.email, "accounts/code") == []
    assert "igen." in sam.post(address, follow=True).content.decode()
    assert "Verifieringskoder tas inte emot" not in page_of(sam, cast.bo)
    people.ask_for_code(GuardedClient(), cast.bo.email)
    assert len(people.mails(cast.bo.email, "accounts/code")) == 1
    assert AuditEvent.objects.get(code="account:code:reopened").subject_id == cast.bo.pk


# Invitations and units -----------------------------------------------------------------------------------------------


def test_an_address_is_put_right_by_skr(cast: Cast) -> None:
    sam = browser(cast.coordinator)
    sam.post(f"/admin/profiles/unit/{cast.trosa.pk}/bjud-in/", {"email": "eva@tosa.example", "name": "Eva", "role": "reader"})
    User.objects.filter(email="eva@tosa.example").update(bounced_at=timezone.now())
    invitation = Invitation.objects.get()
    assert "Mejlet kom tillbaka" in sam.get("/admin/accounts/invitation/?lage=tillbaka").content.decode()
    page = sam.get(f"/admin/accounts/invitation/{invitation.pk}/change/").content.decode()
    assert "Kontrollera adressen." in page
    address = f"/admin/accounts/invitation/{invitation.pk}/adress/"
    assert "samma adress" in sam.post(address, {"email": "Eva@tosa.example"}).content.decode()
    done = sam.post(address, {"email": "eva@trosa.example"}, follow=True).content.decode()
    assert "En inbjudan är skickad till eva@trosa.example." in done
    waiting = Membership.objects.pending().get()
    assert (waiting.user.email, waiting.user.name, waiting.role) == ("eva@trosa.example", "Eva", Role.READER)
    assert sam.post(address, {"email": "x@trosa.example"}).status_code == 200
    assert Invitation.objects.open(timezone.now()).count() == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("kontaktperson=finns", {"Trosa"}),
        ("kontaktperson=saknas", {"Vagnhärad"}),
        ("kontaktperson=ingen-inbjuden", set()),
        ("mejl=tillbaka", {"Vagnhärad"}),
        ("bekraftade=nej", {"Trosa", "Vagnhärad"}),
        ("bekraftade=ja", set()),
    ],
)
def test_units_are_found_by_what_they_lack(cast: Cast, query: str, names: set[str]) -> None:
    sam = browser(cast.coordinator)
    User.objects.filter(pk=cast.dan.pk).update(bounced_at=timezone.now())
    sam.post(f"/admin/profiles/unit/{cast.other.pk}/bjud-in/", {"email": "ny@v.example", "name": "Ny", "role": "contact"})
    page = sam.get(f"/admin/profiles/unit/?{query}").content.decode()
    assert {name for name in ("Trosa", "Vagnhärad") if f"{name}" in page.split("<tbody>")[-1]} == names
    assert "enhet utan kontaktperson" in sam.get("/admin/").content.decode()


def test_a_person_with_a_role_at_many_units_tells_each_units_kontaktpersoner_once(cast: Cast) -> None:
    give_role(cast.bo, cast.other, Role.READER)
    browser(cast.coordinator).post(opening(cast.bo, BOTH), FORM)
    assert [len(sent_mails(user.email)) for user in (cast.anna, cast.dan, cast.coordinator)] == [1, 1, 0]
