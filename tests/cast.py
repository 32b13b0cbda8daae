"""The cast of the tests: three people of Trosa, one of another kommun, and one person per role at SKR.

Anna is Kontaktperson, Bo Uppgiftslämnare and Cia Läsare of Trosa (0488); Dan is Kontaktperson of Vagnhärad (0999).
`sign_in` gives a client a session with both factors, as after a real sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import totp
from accounts.models import TotpDevice, User
from accounts.notice import NOTICE_VERSION
from accounts.roles import StaffRole
from accounts.sign_in import CONFIRMED_AT
from profiles.models import Membership, Unit

PASSWORD = "Xk7#qpLm2v"
Role = Membership.Role


@dataclass(frozen=True)
class Cast:
    """Who there is."""

    trosa: Unit
    other: Unit
    anna: User
    bo: User
    cia: User
    dan: User
    officer: User
    coordinator: User
    statistician: User
    system: User


def make_user(email: str, name: str, *, staff_role: str = "") -> User:
    """A person with an account who has read the privacy notice."""
    user = new_user(email, name, staff_role)
    user.save()
    new_device(user).save()
    return user


def new_user(email: str, name: str, staff_role: str = "") -> User:
    """The row of such a person, not stored yet."""
    user = User(email=email, name=name, staff_role=staff_role, notice_version=NOTICE_VERSION, notice_accepted_at=timezone.now())
    user.set_password(PASSWORD)
    return user


def new_device(user: User) -> TotpDevice:
    """The row of her app, not stored yet."""
    sealed = totp.seal_device_secret(totp.new_secret(), user.pk)
    return TotpDevice(user=user, name="Authenticator", secret_sealed=sealed, created_at=timezone.now())


def make_unit(code: str, name: str, kind: str = Unit.Kind.KOMMUN) -> Unit:
    """A unit that hands in."""
    return Unit.objects.create(code=code, name=name, kind=kind)


def give_role(user: User, unit: Unit, role: str) -> Membership:
    """A role in force."""
    membership = new_role(user, unit, role)
    membership.save()
    return membership


def new_role(user: User, unit: Unit, role: str) -> Membership:
    """The row of a role, not stored yet."""
    return Membership(user=user, unit=unit, role=role, created_at=timezone.now())


def make_cast(trosa: Unit | None = None, other: Unit | None = None) -> Cast:
    """Everybody, with their roles; at units that exist where they are given."""
    trosa, other = trosa or make_unit("0488", "Trosa kommun"), other or make_unit("0999", "Vagnhärads kommun")
    people = {
        "anna": new_user("anna.ek@trosa.example", "Anna Ek"),
        "bo": new_user("bo.ask@trosa.example", "Bo Ask"),
        "cia": new_user("cia.al@trosa.example", "Cia Al"),
        "dan": new_user("dan.lind@vagnharad.example", "Dan Lind"),
        "officer": new_user("hanna@skr.example", "Hanna Handläggare", StaffRole.OFFICER),
        "coordinator": new_user("sam@skr.example", "Sam Samordnare", StaffRole.COORDINATOR),
        "statistician": new_user("stina@skr.example", "Stina Statistiker", StaffRole.STATISTICIAN),
        "system": new_user("sten@skr.example", "Sten Systemadministratör", StaffRole.SYSTEM),
    }
    User.objects.bulk_create(people.values())
    TotpDevice.objects.bulk_create([new_device(user) for user in people.values()])
    cast = Cast(trosa=trosa, other=other, **people)
    roles = [(cast.anna, trosa, Role.CONTACT), (cast.bo, trosa, Role.SUBMITTER), (cast.cia, trosa, Role.READER)]
    Membership.objects.bulk_create([new_role(*role) for role in [*roles, (cast.dan, other, Role.CONTACT)]])
    return cast


def sign_in(client: Client, user: User) -> Client:
    """Give the client a verified session of that person, and the client back."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[CONFIRMED_AT] = timezone.now().isoformat()
    store[DEVICE_ID_SESSION_KEY] = TotpDevice.objects.get(user=user, revoked_at=None).persistent_id
    store.create()
    store.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = store.session_key or ""
    client.cookies[settings.SESSION_COOKIE_NAME].update({"path": "/", "secure": True})
    return client
