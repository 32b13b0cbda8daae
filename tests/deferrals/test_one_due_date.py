"""One function gives the due date: whatever is asked and decided, in any order, every place says the same day.

A small model of the rules says which day that is. After each step of a random season the functions are asked, and at its end
the pages, the files and the reminders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import NotAllowed
from config.lib import workdays
from deferrals import exempting, reminders, services
from deferrals.models import Deferral, Exemption
from submissions import receipts
from submissions.models import Collection, Receipt, Submission
from submissions.situation import situation_of
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.config.test_ical import read
from tests.deferrals.conftest import more_units

ORDINARY, LATEST = date(2026, 12, 1), date(2026, 12, 15)
DAYS = [ORDINARY + timedelta(days=n) for n in range(-1, 16)]
MONTHS = {11: "november", 12: "december"}

days = st.sampled_from(DAYS)
steps = st.one_of(
    st.tuples(st.just("ask"), days),
    st.tuples(st.just("ask"), days),
    st.tuples(st.just("grant"), days),
    st.tuples(st.just("grant"), days),
    st.tuples(st.just("decline"), days),
    st.tuples(st.just("take_back"), days),
    st.tuples(st.just("revoke"), days),
    st.tuples(st.just("exempt"), days),
    st.tuples(st.just("include"), days),
    st.tuples(st.just("set_rule"), st.sampled_from(DAYS[1:8])),
)


@dataclass
class Model:
    """What should hold for one unit."""

    granted: list[date] = field(default_factory=list)
    waiting: date | None = None
    is_exempt: bool = False
    answered: int = 0  # requests that count as having been the first
    rule: date = ORDINARY

    @property
    def due(self) -> date:
        return self.granted[-1] if self.granted else ORDINARY

    def can_be(self, day: date) -> bool:
        return self.due < day <= LATEST and workdays.is_workday(day)

    def answer(self, granted: date | None) -> bool:
        """Somebody, or the rule, has answered what was asked."""
        if granted:
            self.granted.append(granted)
        self.waiting, self.answered = None, self.answered + 1
        return True

    # What may happen; each says whether it is allowed

    def ask(self, day: date) -> bool:
        if self.is_exempt or self.waiting or not self.can_be(day):
            return False
        self.waiting = day
        return self.answer(day) if not self.answered and day <= self.rule else True

    def grant(self, day: date) -> bool:
        return bool(self.waiting) and self.can_be(day) and self.answer(day)

    def decline(self, day: date) -> bool:
        return bool(self.waiting) and self.answer(None)

    def take_back(self, day: date) -> bool:
        if self.waiting:
            self.waiting = None
            return True
        if not self.granted or self.is_exempt:
            return False
        self.granted.pop()
        self.answered -= 1
        return True

    def revoke(self, day: date) -> bool:
        return bool(self.granted and self.granted.pop())

    def exempt(self, day: date) -> bool:
        if self.waiting:
            self.answer(None)
        was, self.is_exempt = self.is_exempt, True
        return not was

    def include(self, day: date) -> bool:
        was, self.is_exempt = self.is_exempt, False
        return was

    def set_rule(self, day: date) -> bool:
        self.rule = day
        return True


def perform(verb: str, day: date, submission: Submission, cast: Cast) -> None:
    """The same by the services. Raises `NotAllowed` or StopIteration where there is nothing to do it to."""
    at = timezone.now()
    sam = {"by": cast.coordinator, "at": at}
    mine = Deferral.objects.with_people().filter(submission=submission).order_by("-decided_at", "-pk")
    if verb == "ask":
        services.request_deferral(submission=submission, requested_date=day, reason="illness", text="", by=cast.bo, at=at)
    elif verb == "grant":
        services.grant_deferral(deferral=next(iter(mine.filter(status="requested"))), granted_date=day, answer="Ja", **sam)
    elif verb == "decline":
        services.decline_deferral(deferral=next(iter(mine.filter(status="requested"))), answer="Nej", **sam)
    elif verb == "take_back":
        found = mine.filter(status="requested") or mine.filter(status="granted").order_by("-granted_date", "-pk")
        deferral = next(iter(found))
        services.take_back_deferral(deferral=deferral, seen=deferral.status, by=cast.bo, at=at)
    elif verb == "revoke":
        granted = mine.filter(status="granted").order_by("-granted_date", "-pk")
        services.revoke_deferral(deferral=next(iter(granted)), text="Fel enhet.", **sam)
    elif verb == "exempt":
        exempting.decide_exemption(submission=submission, reason="closed", text="Upphört.", **sam)
    elif verb == "include":
        found = Exemption.objects.with_people().filter(submission=submission, status="granted").order_by("pk")
        exempting.revoke_exemption(exemption=next(iter(found)), text="Finns kvar.", **sam)
    else:
        Collection.objects.filter(pk=submission.collection_id).update(direct_deferral_days=(day - ORDINARY).days)


def fresh(submission: Submission) -> Submission:
    return Submission.objects.select_related("unit", "collection").get(pk=submission.pk)


def functions_agree(submission: Submission, model: Model) -> None:
    """The property, its twin in SQL, the situation, who is late and who is reminded."""
    now = fresh(submission)
    assert now.due_date == model.due
    assert Submission.objects.with_due_date().get(pk=now.pk).due_on == model.due
    assert situation_of(now, None, today=date(2026, 11, 16)).due_date == model.due
    assert (now.exempt_at is not None) == model.is_exempt
    duties = reminders.duties_of(now.collection)
    for day in (model.due, model.due + timedelta(days=1), LATEST + timedelta(days=1)):
        is_late = not model.is_exempt and day > model.due
        assert Submission.objects.overdue(day).filter(pk=now.pk).exists() == is_late
        assert situation_of(now, None, today=day).is_late == is_late
    for day in DAYS:
        if now.pk in reminders.who_is_due(duties, day):
            assert not model.is_exempt
            assert not model.waiting
            assert day > model.due


def text_of(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    page = re.sub(r'(?s)<nav class="menu".*?</nav>', "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def menu_of(answer: HttpResponse) -> list[str]:
    return [" ".join(note.split()) for note in re.findall(r'<p class="menu__note">([^<]*)</p>', answer.content.decode())]


def pages_agree(submission: Submission, model: Model, cast: Cast, bo: GuardedClient, sam: GuardedClient) -> None:
    """The start page, both lists, the unit's pages, the menu, SKR's list and page, the export and both calendar files."""
    day, iso, code = model.due, model.due.isoformat(), submission.unit.code
    words = f"{day.day} {MONTHS[day.month]} {day.year}"
    start, room, unit = text_of(bo.get("/")), text_of(bo.get("/uppskov/")), text_of(bo.get(f"/uppskov/{code}/"))
    handing_in = text_of(bo.get(f"/inlamning/{code}/2026/"))
    if model.is_exempt:
        assert all("mfattas inte i år" in page for page in (start, room, unit, handing_in))
    else:
        assert f"Sista dag {words}" in start
        assert all(re.search(rf"Sista dag (för er )?\w+dag {words}", page) for page in (room, unit, handing_in))
    assert menu_of(bo.get("/uppskov/")) == ([] if model.is_exempt else [f"Sista dag {words}"])
    listed = text_of(sam.get(f"/admin/submissions/submission/?q={code}"))
    assert f"{iso}" in listed
    assert f"{iso}" in text_of(sam.get(f"/admin/submissions/submission/{submission.pk}/change/"))
    line = next(one for one in sam.get("/admin/deferrals/deferral/sista-dagar.csv").content.decode().splitlines() if code in one)
    assert line.split(";")[4] == f'"{iso}"'
    assert line.split(";")[7] == ('"nej"' if model.is_exempt else '"ja"')
    for address in ("/uppskov/kalender.ics", f"/uppskov/{code}/kalender.ics"):
        lines = read(bo.get(address).content)
        at = lines.index(("UID", f"sista-dag-2026-{code}@personalstatistik.skr.se"))
        entry = dict(lines[at : lines.index(("END", "VEVENT"), at)])
        assert entry["DTSTART;VALUE=DATE"] == f"{day:%Y%m%d}"
        assert entry["STATUS"] == ("CANCELLED" if model.is_exempt else "CONFIRMED")
    receipt = Receipt(submission=fresh(submission), issued_at=timezone.now(), issued_by=cast.bo, code="X")
    assert f"Sista dag: {iso}\n" in receipts.signed_text(receipt, ())


@pytest.fixture
def season(cast: Cast, trosa: Submission, client: GuardedClient) -> tuple[Cast, Submission, GuardedClient, GuardedClient]:
    return cast, trosa, sign_in(client, cast.bo), sign_in(GuardedClient(), cast.coordinator)  # type: ignore[return-value]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=1, max_size=9))
def test_every_place_says_the_same_day(
    season: tuple[Cast, Submission, GuardedClient, GuardedClient], script: list[tuple[str, date]]
):
    cast, submission, bo, sam = season
    with transaction.atomic():
        model = Model()
        for verb, day in script:
            try:
                with transaction.atomic():
                    perform(verb, day, fresh(submission), cast)
                done = True
            except (NotAllowed, StopIteration):
                done = False
            assert done == getattr(model, verb)(day), (verb, day, model)
            functions_agree(submission, model)
        pages_agree(submission, model, cast, bo, sam)
        transaction.set_rollback(True)


def test_the_menu_tells_the_nearest_of_several(season: tuple[Cast, Submission, GuardedClient, GuardedClient]):
    cast, submission, bo, _ = season
    first, second = more_units(cast, submission.collection)
    for one, day in ((submission, date(2026, 12, 10)), (first, date(2026, 12, 4)), (second, date(2026, 12, 2))):
        Submission.objects.filter(pk=one.pk).update(granted_due_date=day)
    Submission.objects.filter(pk=second.pk).update(status="handed_in")
    page = bo.get("/uppskov/").content.decode()
    assert re.findall(r'<p class="menu__note">([^<]*)</p>', page) == ["Sista dag 4\xa0december 2026"]
