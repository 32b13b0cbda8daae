"""A unit goes up in another: the preview, the day, who gets roles, what stays, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from deferrals import merging, tasks
from profiles.models import Membership, Unit, UnitMerger, UnitRelation
from submissions.models import Collection, Submission
from submissions.services import collections
from tests.admin.conftest import as_role
from tests.cast import Cast, give_role, make_unit
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db
TODAY, AHEAD = date(2026, 11, 16), date(2027, 1, 1)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """With this year open: Trosa is to go up in Vagnhärad."""
    collections.open_collection(year=2026, by=None, at=timezone.now())
    return cast


class Page:
    """The Samordnare's page of the merger of Trosa."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.client = cast, as_role(type("Scene", (), {"cast": cast})(), "coordinator")
        self.url = reverse("admin:profiles_unitmerger_plan", args=[cast.trosa.pk])

    def look(self, **given: object) -> str:
        return self.client.get(f"{self.url}?{urlencode({'into': '0999', 'on': AHEAD.isoformat(), **given})}").content.decode()

    def decide(self, **given: Any) -> str:
        values = {"into": "0999", "on": AHEAD.isoformat(), **given}
        return self.client.post(self.url, values, follow=True).content.decode()


def role(user: Any) -> int:
    return Membership.objects.get(user=user, unit__code="0488").pk


def test_the_preview_tells_exactly_what_happens_and_changes_nothing(cast: Cast) -> None:
    text = Page(cast).look()
    for sentence in (
        "Trosa kommun (0488) går upp i Vagnhärads kommun (0999) och får inga fler insamlingar.",
        "Novemberstatistiken 2026: enheten lämnar den själv (ej påbörjad).",
        "Jämförelsen med förra året görs bara mot de rader som Vagnhärads kommun själv lämnade då.",
        "Anna Ek, Kontaktperson",
        "Bo Ask, Uppgiftslämnare",
    ):
        assert sentence in text, sentence
    assert "enheten omfattas inte, och får veta det." in Page(cast).look(on="2026-10-01")
    assert not UnitMerger.objects.exists()


def test_a_merger_ahead_is_carried_out_on_its_day_in_sweden_once(cast: Cast, clock: Any) -> None:
    give_role(cast.cia, cast.other, "submitter")
    people = [role(cast.anna), role(cast.bo), role(cast.cia)]
    assert "Det går att ångra till dess." in Page(cast).decide(people=people)
    assert Unit.objects.get(code="0488").is_active
    clock.move_to(datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("Europe/Stockholm")))
    tasks.carry_out_mergers(0)
    assert Unit.objects.get(code="0488").is_active
    clock.move_to(datetime(2027, 1, 1, 0, 10, tzinfo=ZoneInfo("Europe/Stockholm")))
    for _ in range(2):
        tasks.carry_out_mergers(0)
    assert not Unit.objects.get(code="0488").is_active
    roles = dict(Membership.objects.in_force().filter(unit=cast.other).values_list("user__name", "role"))
    assert roles == {"Dan Lind": "contact", "Anna Ek": "contact", "Bo Ask": "submitter", "Cia Al": "submitter"}
    assert len(sent_mails(cast.bo.email)) == 1
    tie = UnitRelation.objects.get(kind="replaces")
    assert (tie.child, tie.parent, tie.valid_from) == (cast.other, cast.trosa, AHEAD)
    assert AuditEvent.objects.filter(code="unit:merged").count() == 2
    opened = collections.open_collection(year=2027, by=None, at=timezone.now())
    asked = Submission.objects.filter(collection=opened.collection).values_list("unit__code", flat=True)
    assert list(asked) == ["0999"]
    assert Submission.objects.filter(unit=cast.trosa, collection__year=2026).exists()  # history stays under the old code


def test_who_has_lost_her_role_meanwhile_gets_none(cast: Cast, clock: Any) -> None:
    Page(cast).decide(people=[role(cast.bo)])
    Membership.objects.filter(pk=role(cast.bo)).update(ended_at=timezone.now())
    clock.move_to(datetime(2027, 1, 1, 8, 0, tzinfo=ZoneInfo("Europe/Stockholm")))
    tasks.carry_out_mergers(0)
    assert not Membership.objects.filter(user=cast.bo, unit=cast.other).exists()


def test_from_today_a_unit_without_a_file_is_not_part_of_the_year_and_is_told(cast: Cast) -> None:
    Collection.objects.update(measurement_day=date(2026, 11, 30))
    assert "Trosa kommun har gått upp i Vagnhärads kommun." in Page(cast).decide(on=TODAY.isoformat())
    submission = Submission.objects.get(unit=cast.trosa)
    assert submission.exempt_at is not None
    assert "gått upp i Vagnhärads kommun" in submission.exemptions.get().text
    assert sent_mails(cast.anna.email)


def test_a_unit_with_a_file_this_year_finishes_it_where_that_is_chosen(cast: Cast) -> None:
    Submission.objects.filter(unit=cast.trosa).update(status="under_review")
    assert "Enheten lämnar själv klart det som den har påbörjat i år" in Page(cast).look(on=TODAY.isoformat())
    assert "Kryssa för att den själv lämnar klart, eller vänta." in Page(cast).decide(on=TODAY.isoformat())
    assert not UnitMerger.objects.exists()
    Page(cast).decide(on=TODAY.isoformat(), keeps_file="on")
    assert Submission.objects.get(unit=cast.trosa).exempt_at is None
    assert not Unit.objects.get(code="0488").is_active


def test_a_merger_is_undone_until_its_day_and_not_after(cast: Cast, clock: Any) -> None:
    page = Page(cast)
    page.decide()
    merger = UnitMerger.objects.get()
    undo = reverse("admin:profiles_unitmerger_undo", args=[merger.pk])
    for _ in range(2):  # pressed twice
        assert "Sammanslagningen är ångrad." in page.client.post(undo, follow=True).content.decode()
    clock.move_to(datetime(2027, 1, 1, 8, 0, tzinfo=ZoneInfo("Europe/Stockholm")))
    tasks.carry_out_mergers(0)
    assert Unit.objects.get(code="0488").is_active
    merging.plan_merger(unit=cast.trosa, into=cast.other, on=date(2027, 1, 1), by=cast.coordinator, at=timezone.now())
    done = UnitMerger.objects.latest("pk")
    with pytest.raises(merging.NotAllowed, match="är genomförd och går inte att ångra"):
        merging.undo_merger(merger=done, by=cast.coordinator, at=timezone.now())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"into": "0488"}, "Välj en annan enhet än den själv."),
        ({"into": "9999"}, "Det finns ingen enhet med den koden."),
        ({"into": ""}, "Skriv den andra enhetens kod."),
        ({"on": "i januari"}, "Skriv datumet som ÅÅÅÅ-MM-DD"),
        ({"on": "2030-01-01"}, "Välj en dag högst ett år bakåt och högst två år fram."),
        ({"people": [999_999]}, "Någon av personerna har inte längre en roll i enheten."),
    ],
)
def test_what_cannot_be_is_told_at_the_field(cast: Cast, given: dict[str, Any], told: str) -> None:
    assert told in Page(cast).decide(**given)
    assert not UnitMerger.objects.exists()


def test_no_unit_goes_up_twice_in_a_circle_or_in_one_that_is_going(cast: Cast) -> None:
    third = make_unit("0777", "Gnesta kommun")
    by, at = cast.coordinator, timezone.now()
    merging.plan_merger(unit=cast.trosa, into=cast.other, on=AHEAD, by=by, at=at)
    for unit, into, told in (
        (cast.trosa, third, "går redan upp i en annan enhet"),
        (third, cast.trosa, "går själv upp i en annan enhet"),
        (cast.other, cast.trosa, "går själv upp i en annan enhet"),
        (cast.other, third, "En annan enhet ska gå upp i Vagnhärads kommun"),
    ):
        with pytest.raises(merging.NotAllowed, match=told):
            merging.plan_merger(unit=unit, into=into, on=AHEAD, by=by, at=at)
    assert UnitMerger.objects.count() == 1


def test_a_second_press_gives_the_merger_that_the_first_made(cast: Cast) -> None:
    page = Page(cast)
    for day in (AHEAD, AHEAD):
        assert "Det går att ångra till dess." in page.decide(on=day.isoformat())
    assert UnitMerger.objects.count() == 1
    assert AuditEvent.objects.filter(code="unit:merger:planned").count() == 2  # one for each unit


def test_only_the_samordnare_merges(cast: Cast) -> None:
    for person in (cast.officer, cast.statistician, cast.system, cast.anna):
        with pytest.raises(merging.NotAllowed, match="Bara SKR:s samordnare"):
            merging.plan_merger(unit=cast.trosa, into=cast.other, on=AHEAD, by=person, at=timezone.now())
