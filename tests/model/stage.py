"""The portal and its model side by side on one stage: people, browsers, the invariants, and how answers are compared.

`tests.model.test_against_model` lets actors play on it. Each play is a transaction that is rolled back.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from accounts import recovery_codes, services
from accounts.models import RecoveryCase, RecoveryCode, Session, TotpDevice, User
from messaging.models import OutgoingMail
from tests import people
from tests.client import GuardedClient
from tests.model.model import START, Portal
from tests.model.rows import Account
from tests.people import Phone

ACTIVE, INVITED, UNKNOWN = "aktiv@ystad.se", "inbjuden@ystad.se", "okand@ystad.se"
LOST = "telefonlos@ystad.se"  # has an account, and every now and then a recovery case
PASSWORDS = {"owner": "Blå7#katt!Moln", "thief": "Röd9#uggla!Snö", "outsider": "Grå3#orre!Dimma"}


class Stage(RuleBasedStateMachine):
    """The system under test beside its model."""

    @initialize()
    def begin(self) -> None:
        """An account, an invitation and an address that nobody has, in a transaction that is rolled back."""
        self.sandbox = transaction.atomic()
        self.sandbox._from_testcase = True  # type: ignore[attr-defined]
        self.sandbox.__enter__()
        self.travel = time_machine.travel(1_794_816_000, tick=False)
        self.clock = self.travel.start()
        active = people.made_person(ACTIVE, password=PASSWORDS["owner"])
        services.invite_user(email=INVITED, by=None, at=timezone.now())
        lost = people.made_person(LOST, password=PASSWORDS["owner"])
        self.paper = recovery_codes.make()[:3]
        for digest in recovery_codes.hashes(self.paper):
            RecoveryCode.objects.create(user=active.user, digest=digest, created_at=timezone.now())
        self.skr = [User.objects.create(email=f"skr{n}@skr.example", staff_role="system") for n in (1, 2)]
        self.clients = {
            actor: GuardedClient(REMOTE_ADDR=f"192.0.2.{number}")
            for number, actor in enumerate(("owner", "thief", "outsider"), 1)
        }
        self.phones: dict[tuple[str, str], Phone] = {("owner", ACTIVE): active.phone, ("owner", LOST): lost.phone}
        self.model = Portal(
            time.time(),
            {
                ACTIVE: self.account(recovery_codes={1, 2, 3}),
                INVITED: Account(invited=True),
                LOST: self.account(),
            },
        )
        self.ids: dict[int, str] = {}
        self.first_device = TotpDevice.objects.get(user__email=ACTIVE).pk
        self.values: dict[int, str] = {}
        self.checked: dict[tuple[str, str], bool] = {}

    def account(self, **more: Any) -> Account:
        """A finished one of the owner's."""
        return Account(password=PASSWORDS["owner"], has_device=True, epoch=1, has_accepted=True, holder="owner", **more)

    def teardown(self) -> None:
        """Undo all."""
        if hasattr(self, "sandbox"):
            transaction.set_rollback(True)
            self.sandbox.__exit__(None, None, None)
            self.travel.stop()

    # Invariants ------------------------------------------------------------------------------------------------------

    @invariant()
    def credentials_belong_to_who_proved_them(self) -> None:
        """1, 4: device and password are the model's; the active user's device is the one she began with."""
        if not hasattr(self, "model"):
            return
        users = {user.email: user for user in User.objects.order_by("pk")}
        devices = list(TotpDevice.objects.order_by("pk").values_list("user__email", "pk", "revoked_at"))
        for email, account in self.model.accounts.items():
            assert users[email].session_epoch == account.epoch
            assert self.has_password(users[email], account.password)
            assert [owner for owner, _, revoked in devices if revoked is None].count(email) == account.has_device
        assert (ACTIVE, self.first_device, None) in devices
        assert self.model.accounts[ACTIVE].holder == "owner"
        burnt = RecoveryCode.objects.filter(used_at__isnull=False).count()
        assert burnt == 3 - len(self.model.accounts[ACTIVE].recovery_codes)

    @invariant()
    def nobody_is_signed_in_as_somebody_else(self) -> None:
        """2, 5: sessions are the model's; the outsider has none, the thief none of a user with factors."""
        if not hasattr(self, "model"):
            return
        cookies = {actor: client.cookies.get("__Host-session") for actor, client in self.clients.items()}
        keys = {cookie.value: actor for actor, cookie in cookies.items() if cookie and cookie.value}
        for session in Session.objects.filter(pk__in=keys, user__isnull=False).select_related("user").order_by("pk"):
            actor, user, data = keys[session.pk], session.user, session.get_decoded()
            browser = self.model.browsers[actor]
            if user and data.get("_auth_user_hash") == user.get_session_auth_hash():
                assert (browser.user, browser.user_epoch) == (user.email, user.session_epoch)
                assert actor == self.model.accounts[user.email].holder
        assert self.model.browsers["outsider"].user == ""

    @invariant()
    def a_case_opens_one_door_once_and_only_a_day_after_two_agreed(self) -> None:
        """1, 2: the phone by the password's owner alone; both factors only where two people and a day stand between."""
        if not hasattr(self, "model"):
            return
        used = list(RecoveryCase.objects.filter(used_at__isnull=False).order_by("pk"))
        for case in used:
            assert case.cancelled_at is None
            assert case.valid_from <= case.used_at < case.valid_until
            if case.kind == "both":
                assert case.approved_by_id not in {None, case.opened_by_id, case.user_id}
                assert case.used_at - case.approved_at >= timedelta(hours=24)
        if not any(case.kind == "both" for case in used):
            assert self.model.accounts[LOST].holder == "owner"
        registered = TotpDevice.objects.filter(user__email=LOST).count()
        assert registered == 1 + len(used)

    def has_password(self, user: User, password: str) -> bool:
        """Whether the user's password is this one ("" for none); each hash is checked once."""
        key = (user.password, password)
        if key not in self.checked:
            self.checked[key] = user.check_password(password) if password else not user.has_usable_password()
        return self.checked[key]

    @invariant()
    def guesses_are_few(self) -> None:
        """3: compared guesses per address and lane; two fixed hours may meet, so at most twice ten in any hour."""
        if hasattr(self, "model"):
            for times in self.model.compared.values():
                assert all(sum(start <= at < start + 3600 for at in times) <= 20 for start in times)

    # Shared ----------------------------------------------------------------------------------------------------------

    def same(self, response: Any, expected: str) -> None:
        """The portal leads where the model says."""
        location = response.headers.get("Location", "")
        if expected == START and response.status_code == 302:
            assert location == START
            return
        assert location == expected, f"portal {location!r}, model {expected!r}"

    def walk(self, actor: str, which: int) -> int:
        """The number of the actor's own journey (mostly), of somebody else's, or of one that never was."""
        live = self.model.browsers[actor].walk
        if which or not self.ids:
            return live.number if live else 0
        return max(self.ids)

    def post(self, actor: str, page: str, walk: int, **values: str) -> Any:
        """Post a step for a journey."""
        return self.clients[actor].post(f"/konto/{page}/", {"journey": self.ids.get(walk, "x"), **values})

    def peek(self, actor: str) -> None:
        """A GET ages the session as any request does."""
        self.model._age(actor)

    def note_code(self, email: str) -> None:
        """A code is mailed exactly where the model says; remember what the newest reads."""
        delivered = OutgoingMail.objects.filter(template="accounts/code", deliver=True).count()
        assert delivered == len(self.model.mails)
        if (email, self.model.codes) in self.model.mails:
            self.values[self.model.codes] = people.code_in_mail(email)

    def only_phone(self, actor: str, email: str) -> None:
        """The phone that has just been registered works, and no other."""
        phone = self.phones[actor, f"new {email}"]
        self.phones = {key: value for key, value in self.phones.items() if key[1] != email}
        self.phones[actor, email] = phone
