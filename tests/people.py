"""People at their browsers: they sign up and sign in through the pages, read their mail, and have a phone that makes codes.

    anna = Person("anna@trosa.se")
    sign_up(client, anna)                     # needs an invitation (accounts.services.invite_user)
    sign_in(client, anna)                     # both factors and the privacy notice

`made_person` skips the pages of the sign-up for tests that are about something else.
"""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass, field
from html import unescape

import pyotp
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import services, totp
from accounts.models import User
from accounts.notice import NOTICE_VERSION
from messaging import outbox
from messaging.models import OutgoingMail

PASSWORD = "Blå7#katt!Moln"


@dataclass
class Phone:
    """An authenticator app with one account, whose clock may be off by some steps of 30 seconds."""

    secret: str = ""
    steps_off: int = 0

    def code(self, ahead: int = 0) -> str:
        """What the app shows now, or `ahead` steps later."""
        return pyotp.TOTP(self.secret).at(int(time.time()), counter_offset=self.steps_off + ahead)


@dataclass
class Person:
    """Somebody with an address, a password and a phone."""

    email: str
    password: str = PASSWORD
    phone: Phone = field(default_factory=Phone)

    @property
    def user(self) -> User:
        """Her row."""
        return User.objects.get(email=self.email)


def mails(email: str, template: str = "") -> list[outbox.Letter]:
    """The mails to an address that are meant to go out, oldest first."""
    rows = OutgoingMail.objects.filter(deliver=True, recipient=email).order_by("pk")
    letters = [outbox.read(row) for row in rows if not template or row.template == template]
    return [letter for letter in letters if letter is not None]


def code_in_mail(email: str) -> str:
    """The code of the newest code mail to an address."""
    found = re.search(r"^([0-9]{6})$", mails(email, "accounts/code")[-1].body, re.MULTILINE)
    assert found is not None
    return found[1]


def journey_in(response: HttpResponse) -> str:
    """The journey's id that the page's form carries; "" where there is none."""
    found = re.search(r'name="journey" value="([^"]+)"', response.content.decode())
    return found[1] if found else ""


def post_step(client: Client, address: str, **values: str) -> HttpResponse:
    """Open a page of the sign-up and post its form as it stands, with `values` filled in."""
    page = client.get(address)
    return client.post(address, {"journey": journey_in(page), **values})


def key_on_page(response: HttpResponse) -> str:
    """The secret key as text on the QR page, without its spaces."""
    found = re.search(r'id="nyckel">([^<]+)<', response.content.decode())
    assert found is not None
    return unescape(found[1]).replace(" ", "")


def ask_for_code(client: Client, email: str) -> HttpResponse:
    """Post the address."""
    return client.post("/konto/", {"email": email})


def verify_address(client: Client, person: Person) -> HttpResponse:
    """From the address to the page after Fortsätt."""
    ask_for_code(client, person.email)
    post_step(client, "/konto/kod/", code=code_in_mail(person.email))
    return post_step(client, "/konto/verifierad/")


def sign_up(client: Client, person: Person) -> HttpResponse:
    """The client's manual from the address to OK. Gives the answer to OK."""
    verify_address(client, person)
    person.phone.secret = key_on_page(client.get("/konto/qr/"))
    post_step(client, "/konto/qr/")
    post_step(client, "/konto/engangskod/", token=person.phone.code())
    post_step(client, "/konto/losenord/", password=person.password, confirmation=person.password)
    return client.post("/konto/integritet/")


def sign_in(client: Client, person: Person, *, ahead: int = 0) -> HttpResponse:
    """Address, password and one-time code. `ahead` uses a later code where the present one is spent."""
    client.post("/", {"email": person.email, "password": person.password})
    return client.post("/konto/logga-in/", {"token": person.phone.code(ahead)})


def made_person(email: str, *, password: str = PASSWORD, staff_role: str = "", has_accepted: bool = True) -> Person:
    """A person with a finished account, made by the services."""
    at = timezone.now()
    user, _ = services.invite_user(email=email, by=None, at=at, staff_role=staff_role)
    secret = totp.new_secret()
    services.complete_enrolment(user=user, secret=secret, password=password, at=at)
    if has_accepted:
        services.accept_notice(user=user, at=at, version=NOTICE_VERSION)
    return Person(email, password, Phone(base64.b32encode(secret).decode()))
