"""Utskick: the list is frozen before anything is sent, two look at what is large, it can be undone, and each gets it once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.roles import StaffRole
from config.lib import personnummer
from deferrals import tasks
from deferrals.mailing import running
from deferrals.mailing.states import needs_second
from deferrals.models import Deferral, Mailing, MailingLine
from messaging.models import Thread
from messaging.services import read_text
from profiles.models import Membership
from submissions.models import Collection, Submission
from tests.cast import Cast, make_unit, make_user, sign_in
from tests.client import GuardedClient
from tests.deferrals.conftest import ask
from tests.mail import sent_mails

MESSAGE = {"state": "alla", "category": "file", "subject": "Till {enhet}", "text": "Hej {enhet}!\n\nKod {kod}."}


def new(client: Any, what: str, **form: Any) -> Any:
    """Fill in the form for a new one, with a number of its own."""
    address = reverse("admin:deferrals_mailing_new", args=[what])
    return client.post(address, {"nonce": str(uuid4()), **form}, follow=True)


def press(client: Any, verb: str, mailing: Mailing) -> str:
    """A button of the mailing's page; the page after."""
    address = reverse(f"admin:deferrals_mailing_{verb}", args=[mailing.pk])
    return str(client.post(address, follow=True).content.decode())


def latest() -> Mailing:
    return Mailing.objects.latest("pk")


def results(mailing: Mailing) -> list[tuple[str, str, str]]:
    rows = mailing.lines.select_related("unit").order_by("number")
    return [(row.unit.code if row.unit else "", row.state, row.result) for row in rows]


@pytest.fixture
def tora(cast: Cast) -> GuardedClient:
    """Another Samordnare's browser."""
    return sign_in(GuardedClient(), make_user("tora@skr.example", "Tora Samordnare", staff_role=StaffRole.COORDINATOR))  # type: ignore[return-value]


@pytest.fixture
def third(trosa: Submission, collection: Collection) -> Submission:
    """A third unit, so that two are not all of the year; nobody has a role there."""
    return Submission.objects.create(unit=make_unit("3001", "Tredje kommun"), collection=collection)


def goes(clock: Any) -> None:
    """The undo window passes, and the worker's minute comes."""
    clock.shift(timedelta(minutes=10))
    tasks.run_mailings(int(timezone.now().timestamp()))
    tasks.run_mailings(int(timezone.now().timestamp()))


# A message -----------------------------------------------------------------------------------------------------------


def test_a_message_to_some_units_is_shown_word_for_word_sent_after_ten_minutes_and_once(
    sam: Client, third: Submission, cast: Cast, clock: Any
):
    page = new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488 Trosa\n3001"}).content.decode()
    mailing = latest()
    assert mailing.state == "draft"
    assert not mailing.needs_second
    assert "Till Trosa kommun" in page
    assert "Hej Tredje kommun!" in page
    assert "bo.ask@trosa" in page.replace("<wbr>", "")
    assert "Ingen i enheten får lämna in" in page
    assert not Thread.objects.exists()
    assert "går om 10 minuter" in press(sam, "submit", mailing)
    tasks.run_mailings(0)
    assert not Thread.objects.exists()
    goes(clock)
    threads = Thread.objects.order_by("unit__code")
    assert [(thread.unit.code, thread.subject, thread.created_by) for thread in threads] == [
        ("0488", "Till Trosa kommun", cast.coordinator),
        ("3001", "Till Tredje kommun", cast.coordinator),
    ]
    assert read_text(threads[0].messages.get()) == "Hej Trosa kommun!\n\nKod 0488."
    assert [mail.subject for mail in sent_mails(cast.bo.email)] == ["Du har ett nytt meddelande i Personalstatistik"]
    mailing.refresh_from_db()
    assert mailing.state == "done"
    goes(clock)
    assert Thread.objects.count() == 2
    codes = AuditEvent.objects.filter(object__startswith=f"utskick {mailing.pk}").order_by("pk").values_list("code", flat=True)
    assert list(codes) == ["mailing:created", "mailing:submitted", "mailing:done"]


def test_how_far_it_has_come_stands_on_its_page_until_all_is_sent(sam: Client, third: Submission, clock: Any):
    def page() -> str:
        return str(sam.get(reverse("admin:deferrals_mailing_change", args=[latest().pk])).content.decode())

    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488 Trosa\n3001"})
    later = latest()
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488 Trosa\n3001"})
    press(sam, "submit", latest())
    assert "<progress" not in page()
    clock.shift(timedelta(minutes=10))
    assert "0 av 2 mottagare är klara." in page()
    assert running.run_due(at=timezone.now(), most=1) == 1
    assert "1 av 2 mottagare är klara." in page()
    assert 'max="2" value="1"' in page()
    assert 'http-equiv="refresh"' in page()
    assert "Det har stannat." not in page()
    clock.shift(timedelta(minutes=4))
    assert "Det har stannat." in page()
    assert "ingen får det två gånger" in page()
    tasks.run_mailings(0)
    tasks.run_mailings(0)
    assert f'id="utfall-utskick-{latest().pk}"' in page()
    assert 'http-equiv="refresh"' not in page()
    Mailing.objects.filter(pk=later.pk).update(state="running", runs_at=timezone.now())
    slow = sam.get(reverse("admin:deferrals_mailing_change", args=[later.pk])).content.decode()
    assert "Ett utskick till så många brukar ta ungefär 4 minuter." in slow


def test_undo_until_it_goes_sends_nothing(sam: Client, third: Submission, clock: Any):
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488"})
    press(sam, "submit", latest())
    clock.shift(timedelta(minutes=9))
    assert "Ingen fick det." in press(sam, "withdraw", latest())
    goes(clock)
    assert latest().state == "withdrawn"
    assert not Thread.objects.exists()
    assert AuditEvent.objects.filter(code="mailing:withdrawn").count() == 1
    assert "redan stoppat av Sam Samordnare" in press(sam, "withdraw", latest())


def test_what_is_left_of_a_mailing_that_is_going_can_be_stopped(sam: Client, third: Submission, clock: Any):
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488\n3001"})
    press(sam, "submit", latest())
    clock.shift(timedelta(minutes=10))
    assert running.run_due(at=timezone.now(), most=1) == 1
    assert "1 mottagare hade redan fått det" in press(sam, "withdraw", latest())
    assert running.run_due(at=timezone.now()) == 0
    assert [state for _, state, _ in results(latest())] == ["done", "left_out"]


def test_a_worker_that_is_killed_leaves_whole_lines_and_the_next_takes_up_the_rest(
    sam: Client, third: Submission, clock: Any, monkeypatch: pytest.MonkeyPatch
):
    class Killed(BaseException):
        """The process ends in the middle of a line."""

    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488\n3001"})
    press(sam, "submit", latest())
    clock.shift(timedelta(minutes=10))
    start, seen = running.start_thread, []

    def dies_at_the_second(**values: Any) -> Any:
        made = start(**values)
        seen.append(made)
        if len(seen) == 2:
            raise Killed
        return made

    monkeypatch.setattr(running, "start_thread", dies_at_the_second)
    running.run_due(at=timezone.now(), most=1)
    with pytest.raises(Killed):
        running.run_due(at=timezone.now(), most=1)
    assert Thread.objects.count() == 1
    monkeypatch.undo()
    running.run_due(at=timezone.now())
    running.run_due(at=timezone.now())
    assert sorted(Thread.objects.values_list("unit__code", flat=True)) == ["0488", "3001"]
    assert latest().state == "done"


def test_one_line_that_breaks_holds_up_no_other(sam: Client, third: Submission, clock: Any, monkeypatch: pytest.MonkeyPatch):
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488\n3001"})
    press(sam, "submit", latest())
    start = running.start_thread

    def breaks_for_the_third(**values: Any) -> Any:
        if values["unit"].code == "3001":
            raise RuntimeError("trasigt")
        return start(**values)

    monkeypatch.setattr(running, "start_thread", breaks_for_the_third)
    goes(clock)
    assert [(code, state) for code, state, _ in results(latest())] == [("3001", "failed"), ("0488", "done")]
    page = sam.get(reverse("admin:deferrals_mailing_change", args=[latest().pk])).content.decode()
    assert "Allt gick inte" in page
    assert "Ett fel i portalen" in page


def test_posted_twice_it_is_one_mailing_and_sent_twice_it_is_queued_once(sam: Client, third: Submission):
    nonce = str(uuid4())
    for _ in range(2):
        new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488", "nonce": nonce})
    assert Mailing.objects.count() == 1
    press(sam, "submit", latest())
    first = latest().runs_at
    assert "redan på väg" in press(sam, "submit", latest())
    assert latest().runs_at == first


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"state": ""}, "Välj läge, slag eller län"),
        ({"units": "4711 Ankeborg"}, "ingen enhet som heter: 4711 Ankeborg"),
        ({"state": "approved"}, "Ingen enhet i årets insamling stämmer"),
        ({"text": "Hej {namn}!"}, "{namn} går inte att fylla i"),
        ({"subject": ""}, "Skriv ett ämne."),
        ({"text": f"Gäller {personnummer.build(date(1981, 12, 18), 987)}"}, "personnummer"),
        ({"nonce": "x"}, "Formuläret kunde inte tas emot"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_no_draft_is_made(sam: Client, third: Submission, form: dict[str, str], error: str):
    page = new(sam, "skriv", **{**MESSAGE, **form}).content.decode()
    assert error in page
    assert not Mailing.objects.exists()


def test_a_new_one_can_begin_from_an_old_one(sam: Client, third: Submission):
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488"})
    old = latest()
    address = reverse("admin:deferrals_mailing_new", args=["skriv"])
    page = sam.get(f"{address}?fran={old.pk}").content.decode()
    assert "Till {enhet}" in page
    assert "0488" in page
    assert sam.get(f"{address}?fran=hej").status_code == 200
    assert sam.get(reverse("admin:deferrals_mailing_new", args=["dansa"])).status_code == 404


# Four eyes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "of_the_year", "needed"), [(50, 300, False), (51, 300, True), (3, 3, True), (1, 0, False), (51, 0, True)]
)
def test_more_than_fifty_or_all_of_the_year_needs_a_second_person(count: int, of_the_year: int, needed: bool):
    assert needs_second(count, of_the_year=of_the_year) is needed


def test_a_mailing_to_all_units_waits_for_another_samordnare(
    sam: Client, tora: Client, third: Submission, cast: Cast, clock: Any
):
    new(sam, "skriv", **MESSAGE)
    mailing = latest()
    assert mailing.needs_second
    assert "är ett utkast av Sam" in press(tora, "submit", mailing)
    assert "väntar på att en annan samordnare" in press(sam, "submit", mailing)
    assert [mail.subject for mail in sent_mails("tora@skr.example")] == ["Ett utskick väntar på ditt godkännande"]
    goes(clock)
    assert not Thread.objects.exists()
    assert "En annan samordnare godkänner det." in press(sam, "approve", mailing)
    assert latest().state == "waiting"
    front = tora.get(reverse("admin:index")).content.decode()
    assert "utskick att godkänna" in front
    assert "går om 10 minuter" in press(tora, "approve", mailing)
    assert "redan på väg, godkänt av Tora Samordnare" in press(tora, "approve", mailing)
    assert latest().state == "queued"
    assert AuditEvent.objects.filter(code="mailing:approved").get().result == "skapat av Sam Samordnare"
    goes(clock)
    assert Thread.objects.count() == 3


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(sam: Client, tora: Client, third: Submission):
    new(sam, "skriv", **MESSAGE)
    press(sam, "submit", latest())
    press(sam, "withdraw", latest())
    assert "redan stoppat av Sam Samordnare" in press(tora, "approve", latest())
    assert latest().state == "withdrawn"


def test_the_approval_asks_for_both_factors_anew(sam: Client, tora: Client, third: Submission, clock: Any):
    new(sam, "skriv", **MESSAGE)
    press(sam, "submit", latest())
    clock.shift(timedelta(minutes=11))
    answer = tora.post(reverse("admin:deferrals_mailing_approve", args=[latest().pk]))
    assert answer.headers["Location"] == reverse("accounts:step_up")
    assert latest().state == "waiting"


@pytest.mark.parametrize("name", ["officer", "statistician", "system"])
def test_only_samordnare_see_mailings(cast: Cast, trosa: Submission, name: str):
    client = sign_in(GuardedClient(), getattr(cast, name))
    assert client.get(reverse("admin:deferrals_mailing_changelist")).status_code == 403
    assert client.get(reverse("admin:deferrals_mailing_new", args=["skriv"])).status_code == 403


def test_who_is_no_samordnare_any_more_when_it_goes_sends_nothing(sam: Client, third: Submission, cast: Cast, clock: Any):
    new(sam, "paminn", units="0488")
    press(sam, "submit", latest())
    User.objects.filter(pk=cast.coordinator.pk).update(staff_role=StaffRole.OFFICER)
    goes(clock)
    assert results(latest()) == [("0488", "failed", "Bara SKR:s samordnare skickar till många enheter.")]
    assert not sent_mails(cast.bo.email)


# A reminder ----------------------------------------------------------------------------------------------------------


def test_a_reminder_leaves_out_those_whom_skr_does_not_wait_for(
    sam: Client, bo: GuardedClient, third: Submission, cast: Cast, clock: Any
):
    ask(bo)
    page = new(sam, "paminn", state="alla").content.decode()
    assert results(latest()) == [
        ("3001", "left_out", "Ingen i enheten får lämna in."),
        ("0488", "left_out", "Väntar på svar från SKR."),
        ("0999", "waiting", ""),
    ]
    assert "Påminnelse: personalstatistiken 2026 ska lämnas senast 2026-12-01" in page
    assert not latest().needs_second
    press(sam, "submit", latest())
    goes(clock)
    assert [mail.subject[:11] for mail in sent_mails(cast.dan.email)] == ["Påminnelse:"]
    assert results(latest())[2] == ("0999", "done", "1 mejl.")


def test_a_reminder_goes_only_to_those_of_the_list_and_to_nobody_who_has_handed_in_meanwhile(
    sam: Client, third: Submission, trosa: Submission, cast: Cast, clock: Any
):
    new(sam, "paminn", units="0488\n0999")
    press(sam, "submit", latest())
    Membership.objects.filter(user=cast.bo).update(ended_at=timezone.now())
    late = make_user("ny@trosa.example", "Ny Kollega")
    Membership.objects.create(user=late, unit=cast.trosa, role=Membership.Role.SUBMITTER, created_at=timezone.now())
    Submission.objects.filter(unit=cast.other).update(status=Submission.Status.HANDED_IN)
    goes(clock)
    assert results(latest()) == [
        ("0488", "done", "1 mejl."),
        ("0999", "failed", "SKR väntar inte längre på någon fil från enheten."),
    ]
    assert len(sent_mails(cast.anna.email)) == 1
    assert not sent_mails(cast.bo.email)
    assert not sent_mails(late.email)
    assert not sent_mails(cast.dan.email)
    assert trosa.events.get().by == cast.coordinator


# More time -----------------------------------------------------------------------------------------------------------


def test_more_time_is_given_as_an_uppskov_with_the_reason_and_one_mail(
    sam: Client, bo: GuardedClient, third: Submission, trosa: Submission, cast: Cast, clock: Any
):
    form = {"units": "0488\n0999", "new_date": "2026-12-10", "text": "Lönesystemet låg nere."}
    new(sam, "ge-mer-tid", **form)
    assert [state for _, state, _ in results(latest())] == ["waiting", "waiting"]
    press(sam, "submit", latest())
    goes(clock)
    trosa.refresh_from_db()
    assert trosa.due_date == date(2026, 12, 10)
    deferral = Deferral.objects.get(submission=trosa)
    assert (deferral.status, deferral.requested_by, deferral.text) == ("granted", cast.coordinator, "Lönesystemet låg nere.")
    assert [mail.subject for mail in sent_mails(cast.bo.email)] == ["Beslut från SKR i Personalstatistik"]
    assert "Lönesystemet låg nere." in bo.get(reverse("deferrals:unit", args=["0488"])).content.decode()
    assert AuditEvent.objects.filter(code="deferral:granted", unit="0488").get().result == "2026-12-10, på SKR:s eget beslut"


@pytest.mark.parametrize(
    ("day", "error"),
    [
        ("2026-12-01", "Ingen skulle få utskicket"),
        ("2026-12-12", "Ingen skulle få utskicket"),  # a Saturday
        ("2027-01-10", "Ingen skulle få utskicket"),
        ("i morgon", "Skriv datumet som ÅÅÅÅ-MM-DD"),
    ],
)
def test_a_date_that_no_unit_can_have_makes_no_draft(sam: Client, third: Submission, day: str, error: str):
    page = new(sam, "ge-mer-tid", state="alla", new_date=day, text="Därför.").content.decode()
    assert error in page
    assert not Mailing.objects.exists()


def test_a_unit_whose_request_waits_is_left_out_of_more_time(sam: Client, bo: GuardedClient, third: Submission):
    ask(bo)
    new(sam, "ge-mer-tid", units="0488\n0999", new_date="2026-12-10", text="Därför.")
    assert results(latest()) == [
        ("0488", "left_out", "Enheten har en begäran som väntar på beslut."),
        ("0999", "waiting", ""),
    ]


# Invitations ---------------------------------------------------------------------------------------------------------

LIST = """epost;namn;enhet;roll
eva.ny@trosa.example;Eva Ny;0488;Uppgiftslämnare
ola.ny@vagnharad.example;;Vagnhärads kommun;Kontaktperson
"""


def test_a_list_with_wrong_lines_invites_nobody_and_tells_which_and_why(sam: Client, trosa: Submission):
    wrong = "inte en adress;Eva;0488;Läsare\nx@trosa.example;;4711;Läsare\ny@trosa.example;;0488;Chef\nz@trosa.example;0488\n"
    number = personnummer.build(date(1981, 12, 18), 987)
    twin = "EVA.NY@trosa.example;Eva;Trosa kommun;Läsare\n"
    page = new(sam, "bjud-in", list=f"{LIST}{wrong}{number}@x.example;;0488;Läsare\n{twin}").content.decode()
    assert "6 rader är fel av 8, och ingen är inbjuden" in page
    for line, told in (
        (4, "Skriv en e-postadress"),
        (5, "Det finns ingen enhet som heter 4711"),
        (6, "Rollen Chef finns inte"),
        (7, "Raden har 2 fält"),
        (8, "personnummer"),
        (9, "Personen står redan på rad 2"),
    ):
        assert f'data-label="Rad">{line}</td>' in page
        assert told in page
    assert "kommun.se.." not in page
    assert not Mailing.objects.exists()


def test_wrong_lines_are_left_out_by_choice_and_the_others_invited(sam: Client, trosa: Submission, cast: Cast, clock: Any):
    written = f"{LIST}inte en adress;Eva;0488;Läsare\nbo.ask@trosa.example;Bo;0488;Läsare\n"
    page = new(sam, "bjud-in", list=written, leave_out="on").content.decode()
    assert "Rad 4 utelämnad" in page
    assert "inte en adress" not in page
    assert "Personen har redan en roll i enheten: Uppgiftslämnare." in page
    assert "Inbjudan till Personalstatistik" in page
    assert [state for _, state, _ in results(latest())] == ["waiting", "waiting", "left_out", "left_out"]
    press(sam, "submit", latest())
    goes(clock)
    assert [result for _, state, result in results(latest()) if state == "done"] == ["Inbjuden.", "Inbjuden."]
    invited = Membership.objects.filter(created_by=cast.coordinator, invitation__isnull=False).order_by("user__email")
    assert [(one.user.email, one.unit.code, one.role) for one in invited] == [
        ("eva.ny@trosa.example", "0488", "submitter"),
        ("ola.ny@vagnharad.example", "0999", "contact"),
    ]


def test_a_file_is_read_into_the_list_where_it_can_be_mended(sam: Client, trosa: Submission):
    content = f"{LIST}åsa@;Åsa;0488;Läsare\n".encode("cp1252")
    page = new(sam, "bjud-in", file=SimpleUploadedFile("lista.csv", content)).content.decode()
    assert "1 rad är fel av 3" in page
    assert "åsa@;Åsa;0488;Läsare" in page
    for bad in (b"PK\x00\x03", b""):
        assert new(sam, "bjud-in", file=SimpleUploadedFile("lista.xlsx", bad)).status_code == 200
    assert "Filen är för stor" in new(sam, "bjud-in", file=SimpleUploadedFile("lista.csv", b"a" * 950_000)).content.decode()
    assert not Mailing.objects.exists()


def test_ten_thousand_lines_with_twelve_wrong_are_checked_in_a_handful_of_queries(
    sam: Client, trosa: Submission, django_assert_max_num_queries: Any
):
    good = [f"person{n}@trosa.example;;0488;Läsare" for n in range(10_000)]
    for place in range(12):
        good[place * 700] = f"person{place};;0488;Läsare"
    text = "\n".join(good)
    with django_assert_max_num_queries(60):
        page = new(sam, "bjud-in", list=text).content.decode()
    assert "12 rader är fel" in page
    assert page.count('data-label="Fel"') == 12
    with django_assert_max_num_queries(80):
        page = new(sam, "bjud-in", list=text, leave_out="on").content.decode()
    assert latest().needs_second
    assert MailingLine.objects.filter(state="waiting").count() == 9_988
    assert page.count('data-label="Nr"') == 100


# What is kept --------------------------------------------------------------------------------------------------------


def test_mailings_go_when_their_time_is_over(sam: Client, third: Submission, clock: Any):
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488"})
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "3001"})
    press(sam, "submit", latest())
    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488\n3001"})
    press(sam, "submit", latest())
    clock.shift(timedelta(minutes=10))
    running.run_due(at=timezone.now(), most=2)  # the first, and one line of the second
    press(sam, "withdraw", latest())
    clock.shift(timedelta(days=31))
    tasks.purge(0)
    assert list(Mailing.objects.order_by("pk").values_list("state", flat=True)) == ["done", "withdrawn"]
    clock.shift(timedelta(days=335))
    tasks.purge(0)
    assert not MailingLine.objects.exists()
    assert Thread.objects.count() == 2


def test_the_list_costs_the_same_for_many_mailings(sam: Client, third: Submission):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert sam.get(reverse("admin:deferrals_mailing_changelist")).status_code == 200
        return len(asked)

    new(sam, "skriv", **{**MESSAGE, "state": "", "units": "0488"})
    few = queries()
    for code in ("0999", "3001", "0488"):
        new(sam, "skriv", **{**MESSAGE, "state": "", "units": code})
    assert queries() == few
