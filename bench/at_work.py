"""People who go on whatever happens to the portal, and what it promised them: for bench/faults.py.

A `Worker` uploads, looks, corrects, explains, hands in, takes it back and writes to SKR; a `Newcomer` signs up by the mails that
come, one invited address after the other. An answer that says yes is a promise; no answer at all promises nothing, and the person
looks at what the portal shows and goes on from there. `broken` compares the promises with the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyotp

from bench.browser import FORM, Answer, Browser, NoAnswer, Twin, hidden_in
from bench.portal import MailServer, Portal
from bench.season import PASSWORD, Comer

if TYPE_CHECKING:
    from submissions.models import Correction

GROUP = re.compile(r'href="(/inlamning/[^"]+/anmarkningar/[^"#?]+)')
CORRECT = re.compile(r"/rad/(\d+)/falt/(\d+)/ratta/$")
TRY_AGAIN = "<h1>Försök igen om en stund</h1>"
WORDS = "Uppgifterna stämmer, vi har kontrollerat dem."
CODE = re.compile(r"^([0-9]{6})\s*$", re.MULTILINE)
SECRET = re.compile(r'id="nyckel"[^>]*>([^<]+)<')
MAIL_TAKES = 20.0  # seconds that a newcomer waits for a code before she asks again


@dataclass
class Promises:
    """What the portal said yes to, and what was tried, by those who work."""

    uploads: Counter[tuple[str, str]] = field(default_factory=Counter)  # unit, sha256 of the file
    tried_uploads: Counter[tuple[str, str]] = field(default_factory=Counter)
    corrections: Counter[tuple[str, int, int, str]] = field(default_factory=Counter)  # unit, row, field, value
    tried_corrections: Counter[tuple[str, int, int, str]] = field(default_factory=Counter)
    hand_ins: Counter[str] = field(default_factory=Counter)  # unit
    tried_hand_ins: Counter[str] = field(default_factory=Counter)
    withdrawals: Counter[str] = field(default_factory=Counter)
    explained: Counter[tuple[str, str]] = field(default_factory=Counter)  # unit, key of the group
    messages: Counter[str] = field(default_factory=Counter)
    tried_messages: Counter[str] = field(default_factory=Counter)
    accounts: dict[str, str] = field(default_factory=dict)  # address of who signed up: secret of the phone
    answers: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of those."""
        with self.lock:
            self.answers[what] += 1

    def add(self, kind: str, what: object) -> None:
        """Remember that."""
        with self.lock:
            getattr(self, kind)[what] += 1

    @property
    def made(self) -> dict[str, int]:
        """How many promises of each kind."""
        kinds = ("uploads", "corrections", "explained", "hand_ins", "withdrawals", "messages")
        return {f"promised_{kind}": getattr(self, kind).total() for kind in kinds} | {"promised_accounts": len(self.accounts)}


class Person(threading.Thread, ABC):
    """Somebody with a browser who asks until told to stop."""

    def __init__(self, browser: Browser, promises: Promises, over: threading.Event, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.browser, self.promises, self.over, self.chance = browser, promises, over, chance

    def run(self) -> None:
        """One thing after the other; what gets no answer is left, and what surprises is told."""
        while not self.over.is_set():
            try:
                self.go_on()
            except NoAnswer:
                self.promises.count("no_answer")
            except Exception as error:
                self.promises.odd.append(f"{type(error).__name__}: {error}")
            self.over.wait(self.chance.uniform(0, 0.5))

    @abstractmethod
    def go_on(self) -> None:
        """The next thing."""

    def seen(self, what: str, answer: Answer) -> Answer:
        """Count the answer; one of 500 is odd, and one of 503 promises nothing."""
        self.promises.count(f"{what}_{answer.status}")
        if answer.status == 500 or "Traceback" in answer.text:
            self.promises.odd.append(f"{answer.status} på {what}")
        while isinstance(self.browser, Twin) and self.browser.others:
            other = self.browser.others.pop()
            status = 0 if isinstance(other, NoAnswer) else other.status
            self.promises.count(f"{what}_other_{status}")
            if status == 500:
                self.promises.odd.append(f"500 på {what}, den andra av två")
        if answer.status == 503:
            if TRY_AGAIN not in answer.text:
                self.promises.odd.append(f"503 på {what} utan vår sida")
            raise NoAnswer(what)
        return answer

    def page(self, path: str) -> str:
        """A page; "" where it is none (a redirect, or a refusal)."""
        answer = self.seen("page", self.browser.get(path))
        return answer.text if answer.status == 200 else ""


class Worker(Person):
    """A person with an account. Her flawed file and her clean one are of different lengths each time."""

    def __init__(
        self,
        comer: Comer,
        contents: tuple[bytes, bytes],
        browser: Browser,
        promises: Promises,
        over: threading.Event,
        chance: random.Random,
    ) -> None:
        super().__init__(browser, promises, over, chance)
        self.comer, self.contents = comer, contents
        self.room = f"/inlamning/{comer.unit}/{comer.year}/"
        self.turn = 0
        self.is_in = False
        self.plan: list[Callable[[], None]] = []

    def go_on(self) -> None:
        """Sign in once; then round after round of what one does with a file."""
        if not self.is_in:
            self.sign_in()
            return
        if not self.plan:
            flawed = [self.upload, self.look, self.correct, self.correct, self.explain, self.write]
            clean = [self.upload_clean, self.correct, self.finish, self.take_back]
            self.plan = [*flawed, *clean]
        self.turn += 1
        self.plan.pop(0)()

    def sign_in(self) -> None:
        """Both factors, again with the next one-time code where it failed."""
        try:
            self.browser.sign_in(self.comer)
            self.is_in = True
        except (NoAnswer, AssertionError):
            self.promises.count("sign_in_failed")
            self.over.wait(31)

    def page(self, path: str) -> str:
        """A page; where it leads to the sign-in, she has to sign in again."""
        answer = self.seen("page", self.browser.get(path))
        if answer.status == 302 and urlsplit(answer.location).path == "/":
            self.is_in = False
            self.promises.count("signed_out")
        return answer.text if answer.status == 200 else ""

    def upload(self) -> None:
        """The file with slips."""
        self._upload(self.contents[0])

    def upload_clean(self) -> None:
        """The file without."""
        self._upload(self.contents[1])

    def _upload(self, content: bytes) -> None:
        lines = content.splitlines(keepends=True)
        content = b"".join(lines[: max(5, len(lines) - self.turn % 23)])
        mark = (self.comer.unit, hashlib.sha256(content).hexdigest())
        page = self.page(f"{self.room}lamna/")
        if not page:
            return
        self.promises.add("tried_uploads", mark)
        answer = self.browser.upload(f"{self.room}lamna/", page, {"kind": "riktig"}, "november.txt", content)
        if self.seen("upload", answer).status == 302:
            self.promises.add("uploads", mark)

    def look(self) -> None:
        """What is wrong."""
        self.page(f"{self.room}granska/")

    def groups(self) -> list[str]:
        """Addresses of the groups of findings."""
        return list(dict.fromkeys(GROUP.findall(self.page(f"{self.room}granska/"))))

    def correct(self) -> None:
        """One value of the first group that has a box for it."""
        for address in self.groups()[:6]:
            page = self.page(address)
            found = [(action, inside) for action, inside in FORM.findall(page) if CORRECT.search(action)]
            if not found:
                continue
            action, inside = self.chance.choice(found)
            row, number = (int(digits) for digits in CORRECT.search(action).groups())  # type: ignore[union-attr]
            mark = (
                self.comer.unit,
                row,
                number,
                str(self.chance.randint(100_000, 999_999)),
            )  # no value of a file, whose return would only undo
            self.promises.add("tried_corrections", mark)
            answer = self.browser.post(action, page, {**hidden_in(inside), "value": mark[3]})
            if self.seen("correct", answer).status == 302 and "/granska/" not in answer.location:  # there: the page was too old
                self.promises.add("corrections", mark)
            return

    def explain(self) -> None:
        """One group."""
        for address in self.groups()[:4]:
            if self._explain(address):
                return

    def _explain(self, address: str) -> bool:
        page = self.page(address)
        forms = [action for action, inside in FORM.findall(page) if action.endswith("/forklara/") and 'name="text"' in inside]
        for form in forms[:1]:
            if self.seen("explain", self.browser.post(form, page, {"text": WORDS})).status == 302:
                self.promises.add("explained", (self.comer.unit, form.split("/")[-3]))
        return bool(forms)

    def finish(self) -> None:
        """Explain what there is, and hand in where the page lets her."""
        for address in self.groups()[:12]:
            self._explain(address)
        page = self.page(f"{self.room}klarmarkera/")
        if 'data-busy="Klarmarkerar' not in page and "Klarmarkerar …" not in page:
            self.promises.count("not_ready" if page else "no_page")
            return
        self.promises.add("tried_hand_ins", self.comer.unit)
        answer = self.seen("hand_in", self.browser.post(f"{self.room}klarmarkera/", page, hidden_in(page)))
        if answer.status == 302 and answer.location.endswith("/kvittens/"):
            self.promises.add("hand_ins", self.comer.unit)

    def take_back(self) -> None:
        """Where it is handed in."""
        page = self.page(self.room)
        if f"{self.room}ta-tillbaka/" in page:
            answer = self.seen("take_back", self.browser.post(f"{self.room}ta-tillbaka/", page, {}))
            if answer.status == 302 and f"{self.room}ta-tillbaka/" not in self.page(self.room):
                self.promises.add("withdrawals", self.comer.unit)

    def write(self) -> None:
        """To SKR, with a subject of its own."""
        page = self.page("/meddelanden/nytt/")
        if not page:
            return
        subject = f"Fråga {self.comer.email} {self.turn}"
        self.promises.add("tried_messages", subject)
        values = {
            **hidden_in(page),
            "unit": self.comer.unit,
            "category": "file",
            "subject": subject,
            "text": "Hinner vi i kväll?",
        }
        if self.seen("message", self.browser.post("/meddelanden/nytt/", page, values)).status == 302:
            self.promises.add("messages", subject)


class Newcomer(Person):
    """Signs up the invited addresses one after the other, each in a browser of its own, by the portal's pages and mails."""

    def __init__(
        self,
        emails: list[str],
        mail: MailServer,
        browser: Browser,
        promises: Promises,
        over: threading.Event,
        chance: random.Random,
    ) -> None:
        super().__init__(browser, promises, over, chance)
        self.emails, self.mail = emails, mail
        self.here, self.secret, self.token, self.begun = "/konto/kod/", "", "", 0

    def go_on(self) -> None:
        """One page: look where the portal says that she is, and do what stands there."""
        if not self.emails:
            self.over.wait(1)
            return
        steps: dict[str, Callable[[str], str]] = {
            "/konto/": self.ask,
            "/konto/kod/": self.type_code,
            "/konto/verifierad/": self.press,
            "/konto/qr/": self.scan,
            "/konto/engangskod/": self.type_token,
            "/konto/kontroll/": self.type_token,
            "/konto/losenord/": self.choose_password,
            "/konto/integritet/": self.accept,
            "/": self.arrive,
        }
        answer = self.seen("sign_up", self.browser.get(self.here))
        if answer.status == 302:
            self.here = urlsplit(answer.location).path
            return
        if "Du är redan inloggad" in answer.text:  # the answer to her last step was lost
            self.here = "/"
            return
        if self.here not in steps or answer.status != 200:
            raise AssertionError(f"registreringen hamnade på {self.here} {answer.status}")
        self.here = urlsplit(steps[self.here](answer.text)).path or self.here

    def post(self, path: str, page: str, **values: str) -> str:
        """The page's form; where it leads."""
        return self.seen("sign_up", self.browser.post(path, page, {**hidden_in(page), **values})).location

    def ask(self, page: str) -> str:
        """For a code."""
        self.begun = len(self.mail.letters[self.emails[0]])
        location = self.post("/konto/", page, email=self.emails[0])
        if "vanta" in location:
            self.over.wait(20)
        return location

    def type_code(self, page: str) -> str:
        """When it has come; else she begins again."""
        until = time.monotonic() + MAIL_TAKES
        while time.monotonic() < until and not self.over.is_set():
            for letter in reversed(self.mail.letters[self.emails[0]][self.begun :]):
                if found := CODE.search(letter):
                    return self.post("/konto/kod/", page, code=found[1])
            time.sleep(0.2)
        self.promises.count("no_code_came")
        return "/konto/"

    def press(self, page: str) -> str:
        """Fortsätt."""
        return self.post("/konto/verifierad/", page)

    def scan(self, page: str) -> str:
        """The QR code, here its key as text."""
        found = SECRET.search(page)
        self.secret = found[1].replace(" ", "").strip() if found else ""
        return self.post("/konto/qr/", page)

    def type_token(self, page: str) -> str:
        """A one-time code that she has not typed before."""
        while (token := pyotp.TOTP(self.secret).at(int(time.time()))) == self.token and not self.over.is_set():
            time.sleep(0.5)
        self.token = token
        return self.post(self.here, page, token=token)

    def choose_password(self, page: str) -> str:
        """Twice; on a yes she has an account."""
        location = self.post("/konto/losenord/", page, password=PASSWORD, confirmation=PASSWORD)
        if location:
            self.promises.accounts[self.emails[0]] = self.secret
        return location

    def accept(self, page: str) -> str:
        """The notice."""
        return self.post("/konto/integritet/", page)

    def arrive(self, page: str) -> str:
        """Signed in: the next address, with a new browser. Not signed in: begin again."""
        if 'name="password"' in page:
            self.promises.count("sign_up_again")
            return "/konto/"
        self.promises.accounts[self.emails[0]] = self.secret
        self.emails.pop(0)
        self.browser.cookies.clear()
        self.secret = self.token = ""
        return "/konto/"


def rest(portal: Portal) -> None:
    """Let what is left be picked up: as the periodic jobs do it, without waiting for their minute."""
    from django.db import connection
    from django.utils import timezone

    from messaging import outbox
    from messaging.models import OutgoingMail
    from submissions.models import Delivery
    from submissions.services import deliver

    connection.close()
    for _ in range(int(deliver.LEASE.total_seconds()) + 60):  # whoever died at a check has it so long
        deliver.take_up_unchecked(at=timezone.now())
        waiting = OutgoingMail.objects.filter(sent_at=None, deliver=True, payload_sealed__isnull=False)
        if not waiting.exists() and not Delivery.objects.filter(status=Delivery.Status.RECEIVED).exists():
            return
        for mail in waiting[:500]:
            with contextlib.suppress(outbox.NotSent):
                outbox.send_stored(mail.pk, at=timezone.now())
        time.sleep(1)


def broken(portal: Portal, promises: Promises) -> dict[str, int]:
    """Every promise against the database: lost (promised, not there) and doubled (there, never even tried so often)."""
    from django.db import connection
    from django.utils import timezone

    from accounts import audit_chain
    from messaging import outbox
    from messaging.models import OutgoingMail, Thread
    from submissions import receipts
    from submissions.models import Comment, Correction, Delivery, Receipt
    from submissions.services import issuing, storage

    connection.close()
    told = dict(promises.made)
    wrong = Counter[str]()

    def compare(name: str, promised: Counter[Any], stored: Counter[Any], tried: Counter[Any]) -> None:
        wrong[f"{name}_lost"] = (promised - stored).total()
        wrong[f"{name}_doubled"] = (stored - tried).total()

    uploads = Counter(Delivery.objects.values_list("submission__unit__code", "sha256"))
    compare("uploads", promises.uploads, uploads, promises.tried_uploads)
    corrections = [(one.delivery_id, *corrected(one)) for one in Correction.objects.select_related("delivery__submission__unit")]
    lost = promises.corrections - Counter(one[1:] for one in corrections)
    print(*(f"lost: {mark}" for mark in lost), sep="\n", end="", file=sys.stderr)
    wrong["corrections_lost"] = lost.total()
    for one, count in Counter(corrections).items():  # by file: what holds for the next file too follows with it
        wrong["corrections_doubled"] += max(0, count - promises.tried_corrections[one[1:]])
    issued = Counter(Receipt.objects.values_list("submission__unit__code", flat=True))
    compare("hand_ins", promises.hand_ins, issued, promises.tried_hand_ins)
    ended = Counter(Receipt.objects.exclude(withdrawn_at=None).values_list("submission__unit__code", flat=True))
    wrong["withdrawals_lost"] = (promises.withdrawals - ended).total()
    written = Counter(thread.subject for thread in Thread.objects.all())
    compare("messages", promises.messages, written, promises.tried_messages)
    explained = set(Comment.objects.values_list("submission__unit__code", "group"))
    wrong["explanations_lost"] = len(set(promises.explained) - explained)
    wrong["files_unchecked"] = Delivery.objects.filter(status=Delivery.Status.RECEIVED).count()
    wrong["mails_unsent"] = OutgoingMail.objects.filter(sent_at=None, deliver=True, payload_sealed__isnull=False).count()
    for delivery in Delivery.objects.exclude(status=Delivery.Status.REJECTED):
        storage.findings_of(delivery)
        storage.current_frame(delivery)
    for receipt in Receipt.objects.select_related("delivery"):
        text = issuing.kept_of(receipt).text
        wrong["receipts_false"] += receipts.verify_text(text.encode()) is None
        if receipt.withdrawn_at is None and receipt.delivery is not None:
            rows = storage.current_frame(receipt.delivery)
            wrong["receipts_of_other_rows"] += receipts.data_sha256(rows) != receipt.data_sha256
    for email, secret in promises.accounts.items():
        wrong["accounts_lost"] += not can_sign_in(portal, email, secret)
    audit_chain.seal(timezone.now())
    wrong["trail_broken"] = len(list(audit_chain.verify(timezone.now())))
    wrong["odd_answers"] = len(promises.odd)
    for line in promises.odd[:5]:
        print(line, file=sys.stderr)
    wrong["nothing_tried"] = not promises.uploads
    sent = OutgoingMail.objects.exclude(sent_at=None).filter(deliver=True).values_list("pk", flat=True)
    wrong["mails_lost"] = sum(outbox.message_id(pk) not in portal.mail.mails for pk in sent)
    twice = sum(count - 1 for count in portal.mail.mails.values())
    return {**told, "promised": sum(told.values()), "mails_twice": twice, **{f"broken_{name}": wrong[name] for name in wrong}}


def corrected(one: Correction) -> tuple[str, int, int, str]:
    """Unit, row, field and value of a correction."""
    from submissions.services import storage

    return one.delivery.submission.unit.code, one.row, one.field, storage.old_and_new(one.delivery, one)[1]


def can_sign_in(portal: Portal, email: str, secret: str) -> bool:
    """Whether who was told that she has an account has one: with both factors, the next one-time code if the last is used."""
    for _ in range(3):
        with contextlib.suppress(NoAnswer, AssertionError):
            Browser(portal.url).sign_in(Comer(email, secret, "", 0))
            return True
        time.sleep(16)
    return False
