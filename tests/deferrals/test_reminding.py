"""Reminders are sent: by the worker each workday morning and by `manage.py remind`, each once, to those who may hand in."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, MailNotices, User
from deferrals import tasks
from deferrals.exempting import decide_exemption
from deferrals.models import Exemption, ReminderSent
from deferrals.reminders import Duty, Reminder, reminder_by
from profiles.models import Membership
from submissions.models import Collection, Submission
from tests.cast import Cast
from tests.client import GuardedClient
from tests.deferrals.conftest import ask, grant
from tests.mail import sent_mails

DUE = date(2026, 12, 1)


def stamp(text: str) -> int:
    """A time of the worker's, in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def morning(clock: Any, day: str) -> None:
    """The job of that day's morning in the winter."""
    clock.move_to(datetime.fromisoformat(f"{day}T06:10:00+00:00"), tick=False)
    tasks.remind(stamp(f"{day}T06:10"))


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("remind", "2026", *arguments, stdout=out)
    return out.getvalue()


def subjects(to: str) -> list[str]:
    return [mail.subject for mail in sent_mails(to)]


def test_a_unit_without_a_file_gets_three_reminders_in_a_season(trosa: Submission, cast: Cast, clock: Any):
    for day in range(16, 31):
        morning(clock, f"2026-11-{day}")
    for day in range(1, 20):
        morning(clock, f"2026-12-{day:02}")
    told = [
        "Påminnelse: personalstatistiken 2026 ska lämnas senast 2026-12-01",
        "Sista dagen för personalstatistiken 2026 har passerat",
        "SKR saknar fortfarande personalstatistiken 2026",
    ]
    assert subjects(cast.anna.email) == subjects(cast.bo.email) == told
    assert subjects(cast.cia.email) == []  # she only reads
    assert len(subjects(cast.dan.email)) == 3
    lines = list(trosa.events.order_by("at", "pk").values_list("text", flat=True))
    assert lines[0] == "Påminnelse om att sista dagen närmar sig är skickad. Sista dag är 2026-12-01."
    assert len(lines) == 3
    events = AuditEvent.objects.filter(code="submission:reminded", unit="0488").order_by("at", "pk")
    assert [event.result for event in events] == ["sista dag 2026-12-01, 2 mejl"] * 3


def test_a_second_run_or_a_job_taken_up_again_sends_nothing_twice(trosa: Submission, cast: Cast, clock: Any):
    morning(clock, "2026-11-24")
    morning(clock, "2026-11-24")
    assert "0 enheter påminda" in command()
    assert len(subjects(cast.bo.email)) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderSent.objects.create(submission=trosa, kind="coming", due_date=DUE, at=timezone.now())


@pytest.mark.parametrize(("day", "count"), [("2026-11-25", 1), ("2026-11-27", 1), ("2026-11-30", 0)])
def test_what_was_missed_is_caught_up_within_three_days(trosa: Submission, cast: Cast, clock: Any, day: str, count: int):
    morning(clock, day)
    assert len(subjects(cast.bo.email)) == count


def test_of_two_missed_reminders_only_the_latest_is_sent():
    """A last day just before Christmas has its second and third reminder within two days of each other."""
    duty = Duty(1, date(2026, 12, 23), False, False)
    assert reminder_by(duty, date(2026, 12, 28)) is Reminder.PASSED
    assert reminder_by(duty, date(2026, 12, 30)) is Reminder.STILL
    assert reminder_by(duty, date(2026, 12, 31)) is Reminder.STILL


def test_the_letter_says_the_day_and_nothing_of_rows(trosa: Submission, cast: Cast, clock: Any):
    morning(clock, "2026-11-24")
    (letter,) = sent_mails(cast.bo.email)
    assert "SKR har ännu inte fått någon fil från Trosa kommun för 2026" in letter.body
    assert "https://" in letter.body


def test_a_wish_for_no_mail_about_messages_does_not_stop_a_reminder(trosa: Submission, cast: Cast, clock: Any):
    User.objects.filter(pk=cast.bo.pk).update(mail_notices=MailNotices.OFF)
    morning(clock, "2026-11-24")
    assert len(subjects(cast.bo.email)) == 1


def test_who_waits_for_an_answer_or_has_more_time_or_is_exempt_hears_nothing(
    bo: GuardedClient, trosa: Submission, cast: Cast, clock: Any
):
    other = Submission.objects.get(unit=cast.other)
    decide_exemption(
        submission=other, reason=Exemption.Reason.CLOSED, text="Bolaget finns inte.", by=cast.coordinator, at=timezone.now()
    )
    before = len(subjects(cast.dan.email))
    ask(bo, requested_date="2026-12-10")
    morning(clock, "2026-11-24")
    assert "Påminnelse" not in str(subjects(cast.bo.email))
    grant(cast, date(2026, 12, 10))
    for day in ("2026-11-25", "2026-12-02", "2026-12-03", "2026-12-10"):
        morning(clock, day)
    assert ReminderSent.objects.count() == 0
    assert len(subjects(cast.dan.email)) == before
    morning(clock, "2026-12-11")
    assert subjects(cast.bo.email)[-1] == "Sista dagen för personalstatistiken 2026 har passerat"


def test_a_file_that_came_in_the_night_stops_the_reminder(trosa: Submission, cast: Cast, clock: Any):
    Submission.objects.filter(pk=trosa.pk).update(status=Submission.Status.HANDED_IN)
    morning(clock, "2026-11-24")
    assert subjects(cast.bo.email) == []


@pytest.mark.parametrize(
    ("now", "sends"),
    [
        ("2026-06-24T05:10", True),  # summer: 07.10 in Sweden
        ("2026-06-24T06:10", False),
        ("2026-11-24T05:10", False),
        ("2026-11-24T06:10", True),
    ],
)
def test_the_job_runs_at_ten_past_seven_in_sweden_all_year(
    trosa: Submission, collection: Collection, clock: Any, now: str, sends: bool
):
    if "-06-" in now:
        Collection.objects.filter(pk=collection.pk).update(opens_on=date(2026, 5, 1), due_date=date(2026, 7, 1))
    clock.move_to(datetime.fromisoformat(f"{now}:00+00:00"), tick=False)
    tasks.remind(stamp(now))
    assert ReminderSent.objects.exists() is sends


def test_nothing_is_sent_on_a_day_when_no_office_works(trosa: Submission, collection: Collection, clock: Any):
    Collection.objects.filter(pk=collection.pk).update(due_date=date(2026, 12, 31), latest_deferral_date=date(2027, 1, 31))
    clock.move_to(datetime.fromisoformat("2026-12-24T06:10:00+00:00"), tick=False)
    tasks.remind(stamp("2026-12-24T06:10"))
    assert "i dag är julafton" in command()
    assert ReminderSent.objects.count() == 0


def test_the_command_tells_each_unit_and_counts(trosa: Submission, cast: Cast, clock: Any):
    clock.move_to(datetime.fromisoformat("2026-11-24T08:00:00+00:00"), tick=False)
    Membership.objects.filter(unit=cast.other).update(role=Membership.Role.READER)
    dry = command("--dry-run")
    assert "0488 Trosa kommun: påminnelse om att sista dagen närmar sig, 2 mejl" in dry
    assert "0999 Vagnhärads kommun: påminnelse om att sista dagen närmar sig, ingen att påminna" in dry
    assert "1 enhet påmind, 2 mejl, 1 enhet utan någon som får lämna in." in dry
    assert "Inget är skickat" in dry
    assert not ReminderSent.objects.exists()
    assert not sent_mails()
    assert "0 enheter påminda" in command("--only", "passerad", "saknas")
    assert "1 enhet påmind" in command("--only", "kommande")
    assert ReminderSent.objects.get().submission == trosa  # the other unit waits for somebody to tell


def test_a_year_that_is_not_there_is_wrong_use(db: None):
    with pytest.raises(CommandError, match="Det finns ingen insamling för 2026") as refusal:
        command()
    assert refusal.value.returncode == 2


def test_a_closed_year_reminds_nobody(trosa: Submission, collection: Collection, clock: Any):
    Collection.objects.filter(pk=collection.pk).update(closed_at=timezone.now())
    morning(clock, "2026-11-24")
    assert not ReminderSent.objects.exists()
