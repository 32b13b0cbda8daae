"""Where the stories begin: Trosa in November 2026, with last year's file approved and Elin just invited."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.utils import timezone

from accounts.models import User
from accounts.roles import StaffRole
from profiles.models import Membership, Unit
from profiles.services import invite_member
from submissions import builtin, synthetic
from submissions.models import Submission
from submissions.services import collections, deliver, review
from tests import kept
from tests.people import Person, made_person

CODE, ROWS, SEED = "0488", 2100, 7
YEAR = 2026
RIGHT_VALUES = synthetic.delivery(CODE, ROWS, SEED).decode("cp1252").splitlines()


@dataclass
class Town:
    """Who is there, and the files that the payroll system gives."""

    folder: Path
    anna: Person
    hanna: Person
    elin: Person = field(default_factory=lambda: Person("elin.ek@trosa.example"))

    def file(self, share: float, name: str) -> Path:
        """A delivery of 2 100 rows, of which that share has something wrong."""
        path = self.folder / name
        path.write_bytes(delivery(share))
        return path

    @property
    def status(self) -> str:
        """Where this year's submission stands."""
        return Submission.objects.get(unit__code=CODE, collection__year=YEAR).get_status_display()


@cache
def delivery(share: float, *, previous: bool = False) -> bytes:
    """This year's file, or last year's."""
    return synthetic.delivery(CODE, ROWS, SEED, share, previous=previous)


def right_value(row: int, number: int) -> str:
    """What the payroll system should have said on a row."""
    return RIGHT_VALUES[row - 1].split(";")[number - 1]


def ready_town(folder: Path, *, elin_has_an_account: bool = False) -> Town:
    """Trosa as `make_town` makes it, in a database with nothing else; made once per process."""
    name = f"town, elin_has_an_account={elin_has_an_account}"
    return replace(kept.again(name, lambda: make_town(folder, elin_has_an_account=elin_has_an_account)), folder=folder)


def make_town(folder: Path, *, elin_has_an_account: bool = False) -> Town:
    """Everything by the services."""
    now = timezone.now()
    last_year = now - timedelta(days=365)
    collections.import_units(units=tuple(unit for unit in builtin.units() if unit.code == CODE), by=None, at=last_year)
    trosa = Unit.objects.get(code=CODE)
    anna, hanna = made_person("anna.alm@trosa.example"), made_person("hanna.holm@skr.example", staff_role=StaffRole.OFFICER)
    for person, name in ((anna, "Anna Alm"), (hanna, "Hanna Holm")):
        User.objects.filter(email=person.email).update(name=name)
    Membership.objects.create(user=anna.user, unit=trosa, role=Membership.Role.CONTACT, created_at=last_year)
    _last_year(anna.user, hanna.user, last_year)
    collections.open_collection(year=YEAR, by=None, at=now - timedelta(days=30))
    town = Town(folder, anna, hanna)
    if elin_has_an_account:
        town.elin = made_person(town.elin.email)
    invite_member(unit=trosa, email=town.elin.email, name="Elin Ek", role=Membership.Role.SUBMITTER, by=anna.user, at=now)
    User.objects.filter(email=town.elin.email).update(name="Elin Ek")
    return town


def _last_year(anna: User, hanna: User, at: datetime) -> None:
    """A file without a finding, approved."""
    collections.open_collection(year=YEAR - 1, by=None, at=at)
    submission = Submission.objects.select_related("unit", "collection").get()
    delivered = deliver.receive_delivery(
        submission=submission, content=delivery(0, previous=True), name="nov2025.txt", by=anna, at=at
    )
    delivered = deliver.check_delivery(delivery=delivered, at=at)
    submission.refresh_from_db()
    review.hand_in(submission=submission, delivery=delivered, expected_revision=delivered.revision, by=anna, at=at)
    submission.refresh_from_db()
    review.begin_review(submission=submission, by=hanna, at=at)
    submission.refresh_from_db()
    review.approve(submission=submission, by=hanna, at=at)
