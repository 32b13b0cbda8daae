"""The rehearsal's state: its clock, who is in it, what was counted and timed, and what went wrong.

A step that fails is a fault of the season and not its end: the other units go on, and the report names the unit.
"""

from __future__ import annotations

import time as stopwatch
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import TypeVar
from uuid import UUID, uuid5

from django.utils import timezone

from accounts import audit_chain
from accounts.access import NotAllowed
from accounts.models import User
from config.rehearsal.plan import Part, Path
from deferrals.reminding import remind_year
from messaging import outbox
from messaging.services import notices
from profiles import access, end_dates
from profiles.models import Unit
from submissions.models import Collection, Submission
from submissions.services import deliver, retention

YEAR = 2026
FORMS = UUID("2d6f4c1e-0c53-4bb5-9a25-2a7a4f0c2027")
MOST_FAULTS_SHOWN = 200
Result = TypeVar("Result")


@dataclass
class Phase:
    """One part of the season: what was done, and how long it took on this machine."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder that a unit was sent, with its last day as it stood then."""

    submission: int
    on: date
    kind: str
    due_date: date
    has_own_date: bool


@dataclass
class Season:
    """The whole of it. `at` is the season's own time; the machine's is only read to measure."""

    parts: Sequence[Part]
    workers: int
    tell: Callable[[str], object]
    at: datetime
    staff: dict[str, User] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)  # who hands in, by the unit's code
    phases: list[Phase] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reminded: list[Reminded] = field(default_factory=list)
    mails: Counter[str] = field(default_factory=Counter)  # that should have been written, by template
    answers: list[float] = field(default_factory=list)  # seconds from a file to its answer, on the last day
    forms: int = 0
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def phase(self, name: str) -> Iterator[Counter[str]]:
        """What is done within is counted and timed under that name."""
        phase = Phase(name)
        self.phases.append(phase)
        self.tell(f"{timezone.localdate(self.at).isoformat()} {name} …")
        started = stopwatch.perf_counter()
        try:
            yield phase.counts
        finally:
            phase.seconds = stopwatch.perf_counter() - started

    @contextmanager
    def step(self, part: Part, what: str) -> Iterator[None]:
        """A step of one unit; whatever it raises is written down as a fault."""
        try:
            yield
        except Exception as error:
            self._failed(part, what, error)

    def attempt(self, part: Part, what: str, do: Callable[[], Result]) -> Result | None:
        """A step that gives something; None where it failed."""
        try:
            return do()
        except Exception as error:
            self._failed(part, what, error)
        return None

    def _failed(self, part: Part, what: str, error: Exception) -> None:
        said = error.reason if isinstance(error, NotAllowed) else f"{type(error).__name__}: {str(error)[:200]}"
        self.fault(f"{part.unit.name} ({part.code}), {what}: {said}")

    def fault(self, sentence: str) -> None:
        """Something that must not happen happened."""
        with self.lock:
            self.faults.append(sentence)

    def of(self, *paths: Path) -> list[Part]:
        """The units on those paths."""
        return [part for part in self.parts if part.path in paths]

    def submitters(self, parts: Sequence[Part]) -> list[Part]:
        """Those of the units that have somebody who can hand in."""
        return [part for part in parts if part.code in self.people]

    def form(self) -> UUID:
        """The next form's own number."""
        with self.lock:
            self.forms += 1
            return uuid5(FORMS, str(self.forms))

    def expect_mail(self, template: str, unit: Unit) -> None:
        """Everybody who hands in for the unit should have got that mail."""
        count = access.people_with(unit, access.MAY_SUBMIT).count()
        with self.lock:
            self.mails[template] += count

    # The clock -------------------------------------------------------------------------------------------------------

    def pass_nights(self, until: date) -> Counter[str]:
        """Move the clock to the morning of that day, and do each night what the worker does by itself; what was done."""
        done: Counter[str] = Counter()
        while timezone.localdate(self.at) < until:
            day = timezone.localdate(self.at) + timedelta(days=1)
            self.at = clock(day, 4)
            done += self._night(day)
        self.at = clock(until, 8)
        return done

    def _night(self, day: date) -> Counter[str]:
        done: Counter[str] = Counter()
        for collection in Collection.objects.filter(closed_at=None, opens_on__lte=day).order_by("year"):
            done["påminnelser"] += self._remind(collection, day)
        done["sammanställda mejl"] += notices.send_digests(at=self.at)
        done["avslutade roller"] += end_dates.end_past(at=self.at)
        done["kontroller som togs upp igen"] += deliver.take_up_unchecked(at=self.at)
        done["gallrade filer"] += sum(retention.purge(at=self.at).values())
        done["tömda mejl"] += outbox.wipe_expired(self.at)
        done["förseglade händelser"] += audit_chain.seal(self.at)
        return done

    def _remind(self, collection: Collection, day: date) -> int:
        """The day's reminders; what must hold of them is in `invariants`."""
        sent = [outcome for outcome in remind_year(collection=collection, at=self.at) if outcome.people]
        for outcome in sent:
            one, kind = outcome.submission, str(outcome.reminder)
            self.reminded.append(Reminded(one.pk, day, kind, one.due_date, one.granted_due_date is not None))
            self.mails[f"deferrals/reminder_{kind}"] += outcome.people
        return len(sent)


def clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A Swedish time of day."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def submission_of(part: Part, year: int = YEAR) -> Submission:
    """The unit's submission of the year."""
    return Submission.objects.select_related("unit", "collection").get(unit__code=part.code, collection__year=year)
