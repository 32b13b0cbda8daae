"""The portal against its model (STEG-02): any order of requests by owner, mailbox thief and outsider, any gaps of time.

Each rule sends one request through the test client and asks the model for the answer; after each the invariants of the
security note are checked against the database.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from accounts import recovery
from accounts.models import EmailCode, Invitation, RecoveryCase, User
from profiles import suspension
from tests import people
from tests.model.model import START
from tests.model.stage import ACTIVE, INVITED, LOST, PASSWORDS, UNKNOWN, Stage
from tests.people import Phone

TWISTS = ["", "again", "sign in", "late", "alone", "suspended"]
CASE = {"case_number": "2026-117", "identity_check": "Ringde växeln och talade med personen."}
PROFILES = {  # shrinking takes minutes: only where somebody waits for it
    "ci": settings(max_examples=40, stateful_step_count=30, deadline=None, phases=(Phase.explicit, Phase.generate)),
    "release": settings(max_examples=500, stateful_step_count=50, deadline=None),
}

actors = st.sampled_from(["owner", "owner", "thief", "outsider"])
emails = st.sampled_from([ACTIVE, INVITED, LOST, UNKNOWN])
scripts = st.lists(st.tuples(st.sampled_from(["owner", "thief"]), st.sampled_from([False, False, True])), min_size=6, max_size=16)


class Sut(Stage):
    """What the actors do."""

    # Requests --------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 20, 31, 61, 61, 301, 601, 1801, 3601, 25 * 3600]))
    def wait(self, seconds: int) -> None:
        """Time goes by."""
        self.clock.shift(seconds)
        self.model.now = time.time()

    @rule(actor=actors, email=emails)
    def ask(self, actor: str, email: str) -> None:
        """Skicka verifieringskod."""
        before = self.model.walks
        expected = self.model.ask(actor, email)
        self.same(people.ask_for_code(self.clients[actor], email), expected)
        if self.model.walks > before:
            newest = EmailCode.objects.order_by("-pk").select_related("journey")[0]
            self.ids[self.model.walks] = newest.journey_id
            self.note_code(email)

    @rule(actor=actors, which=st.integers(0, 3))
    def ask_again(self, actor: str, which: int) -> None:
        """Skicka ny kod."""
        walk, before = self.walk(actor, which), self.model.codes
        expected = self.model.again(actor, walk)
        self.same(self.post(actor, "kod", walk, again="1"), expected)
        if self.model.codes > before:
            self.note_code(self.model.browsers[actor].walk.email)  # type: ignore[union-attr]

    @rule(actor=actors, which=st.integers(0, 3), choice=st.sampled_from(["newest", "own", "older", "other", "wrong"]))
    def post_code(self, actor: str, which: int, choice: str) -> None:
        """Verifiera koden, with a code that the actor has read somewhere, or any."""
        walk, value = self.walk(actor, which), 0
        if choice != "wrong" and actor != "outsider":
            readable = [value for email, value in self.model.mails if value in self.values]
            live = self.model.browsers[actor].walk
            own = [code.value for code in live.codes if code.value in readable] if live else []
            other = [value for value in readable if value not in own]
            pool = {"newest": readable[-1:], "own": own[-1:], "older": own[-2:-1], "other": other[-1:]}[choice]
            value = pool[0] if pool else 0
        expected = self.model.code(actor, walk, value)
        self.same(self.post(actor, "kod", walk, code=self.values.get(value, "x00000")), expected)

    @rule(actor=actors, which=st.integers(0, 3))
    def go_on(self, actor: str, which: int) -> None:
        """Fortsätt."""
        walk = self.walk(actor, which)
        expected = self.model.go_on(actor, walk)
        self.same(self.post(actor, "verifierad", walk), expected)

    @rule(actor=actors, which=st.integers(0, 3), is_right=st.sampled_from([True, True, False]))
    def enrol(self, actor: str, which: int, is_right: bool) -> None:
        """Scan the QR code where there is one, and type its code."""
        walk, token = self.walk(actor, which), "x00000"
        page = self.clients[actor].get("/konto/qr/")
        live = self.model.browsers[actor].walk
        if page.status_code == 200 and b'id="nyckel"' in page.content and live:
            phone = self.phones[actor, f"new {live.email}"] = Phone(people.key_on_page(page))
            token = phone.code() if is_right else token
        else:
            is_right = False
        self.peek(actor)
        expected = self.model.enrol(actor, walk, is_right=is_right)
        self.same(self.post(actor, "engangskod", walk, token=token), expected)
        if expected == "/" and live:
            self.only_phone(actor, live.email)

    @rule(actor=actors, which=st.integers(0, 3), tries=st.booleans())
    def challenge(self, actor: str, which: int, tries: bool) -> None:
        """The code of the app there is: only who holds the phone can."""
        walk = self.walk(actor, which)
        live = self.model.browsers[actor].walk
        phone = self.phones.get((actor, live.email)) if live and tries else None
        token = phone.code() if phone else "x00000"
        expected = self.model.challenge(actor, walk, is_right=bool(phone))
        self.same(self.post(actor, "kontroll", walk, token=token), expected)

    @rule(actor=actors, which=st.integers(0, 3))
    def choose_password(self, actor: str, which: int) -> None:
        """Fortsätt on the password page."""
        walk, live = self.walk(actor, which), self.model.browsers[actor].walk
        password = PASSWORDS[actor]
        expected = self.model.password(actor, walk, password)
        self.same(self.post(actor, "losenord", walk, password=password, confirmation=password), expected)
        if expected == "/" and live and live.branch == "enrol":
            self.only_phone(actor, live.email)

    @rule(actor=actors, which=st.integers(0, 3))
    def current_password(self, actor: str, which: int) -> None:
        """Fortsätt, with one's own password, where the portal asks for the account's."""
        walk = self.walk(actor, which)
        expected = self.model.current_password(actor, walk, PASSWORDS[actor])
        self.same(self.post(actor, "nuvarande-losenord", walk, password=PASSWORDS[actor]), expected)

    @rule(actor=actors, which=st.integers(0, 3), number=st.integers(1, 3))
    def recover(self, actor: str, which: int, number: int) -> None:
        """A recovery code: the owner has hers on paper, others make one up."""
        walk = self.walk(actor, which)
        expected = self.model.recover(actor, walk, number if actor == "owner" else 0)
        code = self.paper[number - 1] if actor == "owner" else "AAAA-AAAA-AAAA-AAAA"
        self.same(self.post(actor, "kontroll/aterstallningskod", walk, recovery_code=code), expected)

    @rule(email=st.sampled_from([INVITED, INVITED, LOST, ACTIVE]), script=scripts)
    def walk_side_by_side(self, email: str, script: list[tuple[str, bool]]) -> None:
        """Owner and thief take the steps that their pages ask for, in any order, now and then with each other's code."""
        self.wait(61)
        for actor in ("owner", "thief"):
            if self.model.browsers[actor].user:
                self.sign_out(actor)
        for actor, is_twisted in script:
            live = self.model.browsers[actor].walk
            if is_twisted and live and live.state == "code":
                self.post_code(actor, 1, "other")
            else:
                self.next_step(actor, email)
        self.look("owner")
        self.look("thief")

    @rule(
        actor=st.sampled_from(["owner", "thief"]), email=st.sampled_from([ACTIVE, INVITED]), rounds=st.sampled_from([1, 1, 1, 3])
    )
    def guess_on(self, actor: str, email: str, rounds: int) -> None:
        """Guess at code after code, then type the right one."""
        for _ in range(rounds):
            self.wait(61)
            self.ask(actor, email)
            for _ in range(4):
                self.post_code(actor, 1, "wrong")
        self.post_code(actor, 1, "own")

    @rule(actor=actors)
    def look(self, actor: str) -> None:
        """Open a page of the sign-up, most often not the one that is due."""
        expected = self.model.home(actor)
        response = self.clients[actor].get("/konto/losenord/")
        if response.status_code == 200:
            assert expected == (START if self.model.browsers[actor].user else "/konto/losenord/")
        else:
            self.same(response, expected)

    @rule(holds=st.booleans())
    def invite(self, holds: bool) -> None:
        """The invitation is taken back, or made anew."""
        if self.model.accounts[INVITED].password:
            return
        self.model.invite(INVITED, holds=holds)
        at = timezone.now()
        waiting = Invitation.objects.open(at).filter(user__email=INVITED)
        if holds and not waiting:
            Invitation.objects.create(
                user=User.objects.get(email=INVITED), created_at=at, expires_at=at + timedelta(days=14), last_sent_at=at
            )
        elif not holds:
            waiting.update(revoked_at=at)

    def next_step(self, actor: str, email: str) -> None:
        """The one step that the actor's page is for."""
        live = self.model.browsers[actor].walk
        if live is None or live.is_too_old(self.model.now):
            self.ask(actor, email)
        elif live.state == "code":
            self.post_code(actor, 1, "own")
        elif live.state == "verified":
            self.go_on(actor, 1)
        elif live.state == "enrol":
            self.enrol(actor, 1, True)
        elif live.state == "challenge":
            self.challenge(actor, 1, True)
        elif live.state == "current_password":
            self.current_password(actor, 1)
        else:
            self.choose_password(actor, 1)

    # SKR's people ----------------------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["totp", "both"]), is_approved=st.booleans())
    def open_case(self, kind: str, is_approved: bool) -> None:
        """Somebody has called and says that the phone is gone, or both."""
        if self.model.accounts[LOST].suspended:
            return
        self.model.open_case(LOST, kind)
        opener, second = self.skr
        case = recovery.open_case(user=self.lost(), kind=kind, by=opener, at=timezone.now(), **CASE)
        if kind == "totp":
            self.phones = {key: phone for key, phone in self.phones.items() if key[1] != LOST}
        elif is_approved:
            self.model.approve(LOST)
            recovery.approve_case(case=case, by=second, at=timezone.now())

    @rule()
    def cancel_case(self) -> None:
        """SKR thinks better of it."""
        self.model.cancel(LOST)
        for case in RecoveryCase.objects.undecided(timezone.now()).order_by("pk"):
            recovery.cancel_case(case=case, by=self.skr[1], at=timezone.now())

    @rule(kind=st.sampled_from(["totp", "both"]), actor=st.sampled_from(["owner", "thief"]), twist=st.sampled_from(TWISTS))
    def use_case(self, kind: str, actor: str, twist: str) -> None:
        """Somebody walks through the door that a case opens; something else may happen first."""
        self.wait(61)
        self.sign_out("owner")
        self.sign_out("thief")
        self.open_case(kind, twist != "alone")
        if twist == "sign in":
            self.sign_in("owner", LOST, True)
            self.sign_out("owner")
        if twist == "suspended":
            self.suspend(LOST, True)
        days = (kind == "both") + (twist == "late")
        self.wait(days * 24 * 3600 + 61)
        self.walk_on(actor, LOST, 6)
        if twist == "again":
            self.walk_on(actor, LOST, 4)

    @rule(actor=st.sampled_from(["owner", "thief"]), number=st.integers(1, 3))
    def forget_password(self, actor: str, number: int) -> None:
        """A forgotten password and a phone left at home."""
        self.wait(61)
        self.walk_on(actor, ACTIVE, 3)
        self.recover(actor, 1, number)

    def walk_on(self, actor: str, email: str, steps: int) -> None:
        """Begin at the start, and take so many steps as they come."""
        self.wait(61)
        self.sign_out(actor)
        self.ask(actor, email)
        for _ in range(steps - 1):
            self.next_step(actor, email)

    @rule(email=st.sampled_from([ACTIVE, INVITED, LOST]), suspended=st.sampled_from([True, False, False]))
    def suspend(self, email: str, suspended: bool) -> None:
        """The account is closed, or opened again."""
        self.model.suspend(email, suspended=suspended)
        user = User.objects.get(email=email)
        if suspended:
            suspension.suspend_user(user=user, by=self.skr[0], at=timezone.now())
        else:
            suspension.restore_user(user=user, by=self.skr[0], at=timezone.now())

    def lost(self) -> User:
        """The person whom the cases are about."""
        return User.objects.get(email=LOST)

    # Sign-in ---------------------------------------------------------------------------------------------------------

    @rule(actor=actors)
    def accept(self, actor: str) -> None:
        """OK."""
        self.model.accept(actor)
        self.clients[actor].post("/konto/integritet/")

    @rule(actor=actors, email=emails, has_phone=st.booleans())
    def sign_in(self, actor: str, email: str, has_phone: bool) -> None:
        """Logga in and Verifiera, with one's own password."""
        phone = self.phones.get((actor, email)) if has_phone else None
        expected = self.model.sign_in(actor, email, PASSWORDS[actor], is_right=bool(phone))
        client = self.clients[actor]
        first = client.post("/", {"email": email, "password": PASSWORDS[actor]})
        if expected in {"wait", "wrong"}:
            text = {"wait": "Vänta en stund innan du försöker igen.", "wrong": "E-posten eller lösenordet är fel."}[expected]
            assert text in first.content.decode()
        elif expected == "":
            assert first.status_code == 200
        elif expected == "/konto/integritet/":
            self.same(first, expected)
        else:
            self.same(first, "/konto/logga-in/")
            self.same(client.post("/konto/logga-in/", {"token": phone.code() if phone else "x00000"}), expected)

    @rule(actor=actors)
    def sign_out(self, actor: str) -> None:
        """Logga ut."""
        expected = self.model.sign_out(actor)
        self.same(self.clients[actor].post("/konto/logga-ut/"), expected)


@pytest.mark.asvs("2.2.2", "2.3.1")
@pytest.mark.django_db
@pytest.mark.real_clock
def test_steg_02_the_portal_answers_as_its_model() -> None:
    run_state_machine_as_test(Sut, settings=PROFILES[os.environ.get("MODEL_PROFILE", "ci")])
