"""Does the time of an answer tell whether an address has an account? Sign-in and code request, for every kind of address.

    python bench/sign_in_answers.py [--rounds 60]

Posts a wrong password to the sign-in, and asks for a code, for a known, an invited, a suspended and an unknown address, and
for a known and an unknown one that must wait. In each round every kind is tried once, in a new order, so that whatever else
the machine does disturbs them alike. Real Argon2id, real PostgreSQL, the whole stack of middleware in this process, without
a network. Prints medians and quartiles in milliseconds, and the ratio to the unknown address of the same run.

The portal's own limits are kept out of the way: each try is a new browser from a new address, and the counters are cleared
before it, but for those of the two addresses that must wait, which stand as high as they go. Needs DATABASE_URL (a server
where a database may be made; it is dropped afterwards).
"""

from __future__ import annotations

import argparse
import ipaddress
import itertools
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("TEST_DB_NAME", "test_sign_in_answers")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db.models import F  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import (  # noqa: E402
    get_runner,
    override_settings,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone  # noqa: E402

from accounts import services  # noqa: E402
from accounts.models import RateLimit, User  # noqa: E402
from tests import people  # noqa: E402

HASHER = ["accounts.hashers.BoundedArgon2PasswordHasher"]
WAITS_LONGEST = 15  # more failures than the count of growing waits
KINDS = {
    "okänd": "okand@ystad.se",
    "känd": "kand@ystad.se",
    "inbjuden": "inbjuden@ystad.se",
    "avstängd": "avstangd@ystad.se",
    "känd, måste vänta": "vantar@ystad.se",
    "okänd, måste vänta": "okand.vantar@ystad.se",
}
UNKNOWN = next(iter(KINDS))
WAITING = [email for kind, email in KINDS.items() if "vänta" in kind]
_networks = itertools.count(int(ipaddress.ip_address("10.0.0.1")))


@dataclass(frozen=True)
class Way:
    """A form: what is posted for an address, and whether the answer asks to wait."""

    name: str
    path: str
    fields: Callable[[str], dict[str, str]]
    is_wait: Callable[[HttpResponse], bool]

    def post(self, email: str) -> tuple[float, HttpResponse]:
        """Seconds and the answer of one try by a new browser in a new network."""
        address = str(ipaddress.ip_address(next(_networks)))
        browser = Client(SERVER_NAME="testserver", REMOTE_ADDR=address)
        values = self.fields(email)
        start = time.perf_counter()
        answer = browser.post(self.path, values, secure=True)
        return time.perf_counter() - start, answer


WAYS = [
    Way(
        "inloggning",
        "/",
        lambda email: {"email": email, "password": "Fel#lösen42"},
        lambda answer: b"nta en stund" in answer.content,
    ),
    Way("kod", "/konto/", lambda email: {"email": email}, lambda answer: "vanta" in answer.headers.get("Location", "")),
]


def make_people() -> None:
    """One person of each kind, with real hashes."""
    people.made_person(KINDS["känd"])
    people.made_person(KINDS["känd, måste vänta"])
    services.invite_user(email=KINDS["inbjuden"], by=None, at=timezone.now())
    people.made_person(KINDS["avstängd"])
    User.objects.filter(email=KINDS["avstängd"]).update(is_active=False)


def keys() -> set[str]:
    """The counters there are."""
    return set(RateLimit.objects.order_by("pk").values_list("pk", flat=True))


def make_wait(way: Way) -> set[str]:
    """Try until the two addresses must wait, and for long; gives their counters."""
    RateLimit.objects.all().delete()
    way.post("en.annan@ystad.se")
    for_everybody = keys()
    for email in WAITING:
        for _ in range(20):
            if way.is_wait(way.post(email)[1]):
                break
        else:
            raise SystemExit(f"{way.name}: {email} fick aldrig vänta")
    theirs = keys() - for_everybody
    RateLimit.objects.filter(pk__in=theirs).update(count=F("count") + WAITS_LONGEST, window_start=timezone.now())
    return theirs


def measure(way: Way, rounds: int) -> dict[str, list[float]]:
    """Seconds of each try, by kind of address."""
    theirs = make_wait(way)
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    order, shuffle = list(KINDS), random.Random(2026)
    for _ in range(rounds):
        shuffle.shuffle(order)
        for kind in order:
            RateLimit.objects.exclude(pk__in=theirs).delete()
            seconds, answer = way.post(KINDS[kind])
            if way.is_wait(answer) is not (KINDS[kind] in WAITING):
                raise SystemExit(f"{way.name}, {kind}: fick fel svar ({answer.status_code})")
            spent[kind].append(seconds)
    return spent


def rows(way: Way, spent: dict[str, list[float]]) -> Iterator[str]:
    """The table's lines."""
    reference = statistics.median(spent[UNKNOWN])
    for kind, values in spent.items():
        first, median, third = statistics.quantiles(values, n=4)
        yield f"{way.name:<11} {kind:<19} {median * 1000:7.1f} {first * 1000:7.1f} {third * 1000:7.1f} {median / reference:6.2f}"


def main() -> None:
    """Make the database, measure, drop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    setup_test_environment()
    settings.EMAIL_BACKEND = "messaging.outbox.OutboxBackend"
    databases = runner.setup_databases()
    try:
        with override_settings(PASSWORD_HASHERS=HASHER):
            make_people()
            print(f"{'':<11} {'adress':<19} {'median':>7} {'q1':>7} {'q3':>7} {'kvot':>6}")
            for way in WAYS:
                print("\n".join(rows(way, measure(way, options.rounds))), flush=True)
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


if __name__ == "__main__":
    main()
