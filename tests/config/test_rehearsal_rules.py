"""What must hold during a rehearsal: each rule is found out when a played season breaks it.

A file of its own: the season lies in a transaction around these tests, and the command's tests need one that commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from config.rehearsal import invariants, plan, preparing
from config.rehearsal.play import until_the_close
from config.rehearsal.season import Reminded, Season, clock
from messaging.models import OutgoingMail, Thread
from profiles.models import Membership
from submissions.models import Delivery, Receipt, Submission
from submissions.services import closing


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Season]:
    """A season of eight units up to the close; each test breaks something of it and leaves it as it was."""
    around_the_tests = transaction.atomic()
    around_the_tests._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), around_the_tests:
        season = Season(plan.parts(10, 0.01), 1, lambda text: None, at=clock(preparing.LAST_YEAR_OPENS, 8))
        until_the_close(season)
        yield season
        transaction.set_rollback(True)


def _no_contacts(season: Season) -> None:
    Membership.objects.filter(role="contact").update(role="reader")


def _receipt_ended(season: Season) -> None:
    Receipt.objects.filter(withdrawn_at=None).update(withdrawn_at=season.at)


def _receipt_lost(season: Season) -> None:
    Receipt.objects.update(figures_sealed=None)


def _other_rows_signed(season: Season) -> None:
    Receipt.objects.update(data_sha256="0" * 64)


def _file_left(season: Season) -> None:
    Delivery.objects.filter(is_current=True).update(status="received")


def _mail_lost(season: Season) -> None:
    OutgoingMail.objects.filter(template="submissions/handed_in").delete()


def _mail_twice(season: Season) -> None:
    mail = OutgoingMail.objects.filter(template="submissions/approved").order_by("pk").first()
    assert mail is not None
    mail.pk = None
    mail.save(force_insert=True)


def _stranger(season: Season) -> None:
    OutgoingMail.objects.update(recipient="nagon@skr.se")


def _trail_changed(season: Season) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE accounts_auditevent SET result = 'ändrad' WHERE code = 'file:uploaded'")
        cursor.execute("ALTER TABLE accounts_auditevent ENABLE TRIGGER USER")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "rule", "sentence"),
    [
        (_no_contacts, invariants.everybody_has_a_contact, "saknar kontaktperson"),
        (_receipt_ended, invariants.receipts_hold, "har 0 kvittenser som gäller"),
        (_receipt_lost, invariants.receipts_hold, "går inte att bekräfta"),
        (_other_rows_signed, invariants.rows_are_those_signed, "är inte de som klarmarkerades"),
        (_file_left, invariants.nothing_waits, "är inte kontrollerad"),
        (_mail_lost, invariants.mails_add_up, "submissions/handed_in skulle ha skrivits"),
        (_mail_twice, invariants.mails_add_up, "submissions/approved skulle ha skrivits"),
        (_stranger, invariants.mails_add_up, "andra än de påhittade adresserna"),
        (_trail_changed, invariants.the_trail_is_whole, "är ändrad"),
        (lambda season: None, invariants.nothing_is_left, "förklaringar är kvar"),
    ],
)
def test_a_season_that_breaks_a_rule_is_found_out(
    played: Season, spoil: Callable[[Season], None], rule: invariants.Check, sentence: str
) -> None:
    assert played.faults == []
    if rule is not invariants.nothing_is_left:
        assert list(rule(played)) == []
    with transaction.atomic():
        spoil(played)
        connection.check_constraints()
        assert any(sentence in found for found in rule(played))
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [plan.Path.GRANTED, plan.Path.EXEMPT, plan.Path.EARLY])
def test_a_reminder_in_vain_is_found_out(played: Season, path: plan.Path) -> None:
    """Before one's own last day, to one who is exempt, to one who has handed in."""
    code = played.of(path)[0].code
    submission = Submission.objects.select_related("collection").get(unit__code=code, collection__year=2026)
    has_own = submission.granted_due_date is not None
    in_vain = Reminded(submission.pk, date(2026, 12, 2), "passed", submission.due_date, has_own)
    assert list(invariants.reminders_are_due(played)) == []
    played.reminded.append(in_vain)
    try:
        assert len(list(invariants.reminders_are_due(played))) == 1
    finally:
        played.reminded.remove(in_vain)


@pytest.mark.django_db
def test_a_step_that_breaks_is_a_fault_with_the_units_name_and_the_others_go_on(played: Season) -> None:
    part = played.parts[0]
    with played.step(part, "provet"):
        closing.close_collection(year=1900, by=None, at=played.at)
    try:
        assert played.faults.pop().startswith(f"{part.unit.name} ({part.code}), provet: DoesNotExist")
    finally:
        played.faults.clear()
    assert Thread.objects.exists()
