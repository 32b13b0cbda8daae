"""Units, people and files for a trial against a running portal (bench.portal), made by the services in this process."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

PASSWORD = "Kväll7#sista!Dagen"  # noqa: S105 - of invented people in a database that is thrown away
YEAR = 2026


@dataclass
class Comer:
    """Somebody who will sign in, and the file that she has with her ("" for none)."""

    email: str
    secret: str
    unit: str
    rows: int
    file: str = ""
    password: str = PASSWORD
    year: int = YEAR

    def as_dict(self) -> dict[str, Any]:
        """For people.json."""
        return asdict(self)


def make(folder: Path, *, units: int, people: int, scale: float, invited: int = 0) -> list[Comer]:
    """So many of the country's units with so many people; the first of each unit has the unit's November file, in `folder`.

    So many more are invited and have not come yet: `invited_email`.
    """
    import django

    django.setup()
    from django.test.utils import override_settings

    with override_settings(PASSWORD_HASHERS=["tests.hashers.CheapArgon2PasswordHasher"]):
        return _make(folder, units=units, people=people, scale=scale, invited=invited)


def invited_email(number: int) -> str:
    """The address of one that is invited."""
    return f"ny.{number}@enhet.example"


def contents(comer: Comer) -> tuple[bytes, bytes]:
    """Two files of the unit: one with slips, one without."""
    from submissions import synthetic

    flawed, clean = (synthetic.delivery(comer.unit, comer.rows, 7, share) for share in (0.02, 0.0))
    return flawed, clean


def _make(folder: Path, *, units: int, people: int, scale: float, invited: int) -> list[Comer]:
    from django.utils import timezone

    from accounts import services as accounts
    from accounts import totp
    from accounts.hashers import BoundedArgon2PasswordHasher
    from accounts.models import User
    from accounts.notice import NOTICE_VERSION
    from config.rehearsal import plan
    from profiles.models import Membership, Unit
    from submissions import synthetic
    from submissions.services import collections

    now = timezone.now()
    planned = [part for part in plan.parts(units, scale) if part.rows]
    collections.import_units(units=[part.unit for part in planned], by=None, at=now)
    collections.open_collection(year=YEAR, by=None, at=now - timedelta(days=40))
    places = {unit.code: unit for unit in Unit.objects.all()}
    comers = []
    for number in range(people):
        part = planned[number % len(planned)]
        user, _ = accounts.invite_user(email=f"person.{number}@enhet.example", by=None, at=now)
        secret = totp.new_secret()
        accounts.complete_enrolment(user=user, secret=secret, password=PASSWORD, at=now)
        accounts.accept_notice(user=User.objects.get(pk=user.pk), at=now, version=NOTICE_VERSION)
        role = Membership.Role.CONTACT if number < len(planned) else Membership.Role.SUBMITTER
        Membership.objects.create(user=user, unit=places[part.code], role=role, created_at=now)
        comers.append(Comer(user.email, base64.b32encode(secret).decode(), part.code, part.rows))
    for number in range(invited):
        user, _ = accounts.invite_user(email=invited_email(number), by=None, at=now)
        unit = places[planned[number % len(planned)].code]
        Membership.objects.create(user=user, unit=unit, role=Membership.Role.SUBMITTER, created_at=now)
    hasher = BoundedArgon2PasswordHasher()
    User.objects.exclude(password__startswith="!").update(
        password=hasher.encode(PASSWORD, hasher.salt())
    )  # one real hash: 700 would take longer than the evening
    for comer, part in zip(comers, planned, strict=False):
        file = folder / f"{part.code}.txt"
        file.write_bytes(synthetic.delivery(part.code, part.rows, part.seed, plan.SLIPS))
        comer.file = str(file)
    return comers
