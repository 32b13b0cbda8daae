"""Who is in the demo, and how each gets an account: invited, then the whole sign-up at once."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts import passwords, totp
from accounts import services as accounts
from accounts.models import User
from accounts.notice import NOTICE_VERSION
from accounts.roles import StaffRole
from profiles import services as profiles
from profiles.models import Membership, Unit

Role = Membership.Role
SIGNS = "!#%&*+-=?"


@dataclass
class Person:
    """One person of the demo. Her password and secret are made anew in each installation."""

    key: str
    name: str
    email: str
    roles: list[tuple[str, Membership.Role]] = field(default_factory=list)
    staff_role: str = ""
    phone: str = ""
    signs_up: bool = True
    password: str | None = None
    secret: bytes | None = None

    def login(self) -> dict[str, object]:
        """As `var/demo.json` keeps it (contracts, "Demo")."""
        roles: list[dict[str, str | None]] = [{"unit": code, "role": role.label} for code, role in self.roles]
        if self.staff_role:
            roles = [{"unit": None, "role": StaffRole(self.staff_role).label}]
        return {
            "email": self.email,
            "password": self.password,
            "totp_secret": base64.b32encode(self.secret).decode() if self.secret else None,
            "name": self.name,
            "staff": bool(self.staff_role),
            "roles": roles,
        }


def cast() -> list[Person]:
    """Everybody, in the order they come in."""
    return [
        Person("samordnare", "Sara Samuelsson", "sara.samuelsson@skr.example", staff_role=StaffRole.COORDINATOR),
        Person("handlaggare", "Hanna Holm", "hanna.holm@skr.example", staff_role=StaffRole.OFFICER),
        Person("statistiker", "Stig Strand", "stig.strand@skr.example", staff_role=StaffRole.STATISTICIAN),
        Person("system", "Sylvia Sand", "sylvia.sand@skr.example", staff_role=StaffRole.SYSTEM),
        Person("anna", "Anna Alm", "anna.alm@trosa.example", [("0488", Role.CONTACT)], phone="0156-555 01"),
        Person("bo", "Bo Berg", "bo.berg@trosa.example", [("0488", Role.SUBMITTER)], phone="0156-555 02"),
        Person("cia", "Cia Ceder", "cia.ceder@trosa.example", [("0488", Role.READER)]),
        Person("rut", "Rut Rosén", "rut.rosen@regionsormland.example", [("0400", Role.SUBMITTER)]),
        Person(
            "maria",
            "Maria Lind",
            "maria.lind@lonecentrum.example",
            [("0461", Role.CONTACT), ("0482", Role.CONTACT), ("0483", Role.CONTACT)],
            phone="0155-555 10",
        ),
        Person(
            "nils",
            "Nils Näslund",
            "nils.naslund@lonesamverkan.example",
            [
                ("0428", Role.CONTACT),
                ("0480", Role.CONTACT),
                ("0481", Role.CONTACT),
                ("0484", Role.CONTACT),
                ("0486", Role.CONTACT),
                ("8801", Role.CONTACT),
            ],
        ),
        Person("elin", "Elin Ek", "elin.ek@trosa.example", [("0488", Role.SUBMITTER)], signs_up=False),
    ]


def new_password(person: Person) -> str:
    """Sixteen random signs of all four classes that the rule and the blocklist let through."""
    own = passwords.own_words(person.email, person.name)
    while True:
        groups = ("".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5)) for _ in range(3))
        password = secrets.choice(SIGNS).join(groups)
        if not passwords.faults(password, own):
            return password


def sign_up(person: Person, *, at: datetime) -> User:
    """The invited person makes her account and accepts the privacy notice."""
    user = User.objects.get(email=person.email)
    person.password, person.secret = new_password(person), totp.new_secret()
    accounts.complete_enrolment(user=user, secret=person.secret, password=person.password, at=at)
    user.refresh_from_db()
    accounts.accept_notice(user=user, at=at + timedelta(minutes=1), version=NOTICE_VERSION)
    if person.phone:
        profiles.change_own_details(name=person.name, phone=person.phone, by=user, at=at + timedelta(minutes=5))
    return User.objects.get(pk=user.pk)


def join_staff(person: Person, *, at: datetime) -> User:
    """Somebody at SKR: invited by the operator's command, signed up within the hour."""
    label = StaffRole(person.staff_role).label
    accounts.invite_user(
        email=person.email, name=person.name, by=None, at=at, matter=f"{label} hos SKR", staff_role=person.staff_role
    )
    return sign_up(person, at=at + timedelta(minutes=40))


def join_units(person: Person, *, by: User, at: datetime) -> User:
    """Somebody at one or more units: invited to the first, signed up (unless she has not yet), and given the other roles."""
    invite(person, person.roles[:1], by=by, at=at)
    if not person.signs_up:
        return User.objects.get(email=person.email)
    user = sign_up(person, at=at + timedelta(hours=2))
    invite(person, person.roles[1:], by=by, at=at + timedelta(hours=3))
    return user


def invite(person: Person, roles: Iterable[tuple[str, Membership.Role]], *, by: User, at: datetime) -> None:
    """Give the roles, as invitations or at once."""
    for code, role in roles:
        unit = Unit.objects.get(code=code)
        profiles.invite_member(unit=unit, email=person.email, name=person.name, role=role, by=by, at=at)
