"""What the running test knows to be secret: codes, one-time codes, passwords, app secrets, session keys, recovery codes.

`watch` hooks the few places where the portal makes one or is handed one, so that no test has to say so; `found_in` looks
for them in a text. Kept per test: `forget` empties it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts import codes, passwords, recovery_codes, totp
from accounts.sessions import SessionStore
from tests import cast, people

DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
CODE_LENGTH, LONGEST = 6, 200

# Functions whose result is a secret, and functions whose first argument is one.
MAKERS: tuple[tuple[Any, str], ...] = (
    (codes, "new_code"),
    (recovery_codes, "make"),
    (totp, "new_secret"),
    (recovery_codes, "make"),
    (SessionStore, "_get_new_session_key"),
    (people.Phone, "code"),
)
TAKERS: tuple[tuple[Any, str], ...] = ((passwords, "encode"), (passwords, "normalise"))


class Known:
    """The secrets of one test."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Keep only what every test shares."""
        self.codes: set[str] = set()
        self.others: set[str] = {people.PASSWORD, cast.PASSWORD}

    def add(self, secret: object) -> None:
        """A secret, in each form that it may be written in. Words of letters alone are no secrets worth looking for."""
        if isinstance(secret, (list, tuple)):
            for one in secret:
                self.add(one)
        elif isinstance(secret, bytes):
            self.others |= {secret.hex(), base64.b32encode(secret).decode().rstrip("="), base64.b64encode(secret).decode()}
        elif isinstance(secret, str) and len(secret) == CODE_LENGTH and secret.isdigit():
            self.codes.add(secret)
        elif isinstance(secret, str) and CODE_LENGTH < len(secret) <= LONGEST and not secret.isalpha():
            self.others.add(secret)

    def found_in(self, text: str) -> list[str]:
        """Those that stand in the text; a code only where no other digit or letter touches it."""
        found = sorted(self.codes.intersection(DIGITS.findall(text))) if self.codes else []
        return found + [secret for secret in self.others if secret in text]


known = Known()


def watch(patch: pytest.MonkeyPatch) -> None:
    """Remember each secret from now on as it is made or handed over."""
    for holder, name in MAKERS:
        patch.setattr(holder, name, _with_result_kept(getattr(holder, name)))
    for holder, name in TAKERS:
        patch.setattr(holder, name, _with_argument_kept(getattr(holder, name)))


def _with_result_kept(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*args: Any, **options: Any) -> Any:
        secret = make(*args, **options)
        known.add(secret)
        return secret

    return made


def _with_argument_kept(take: Callable[..., Any]) -> Callable[..., Any]:
    def taken(secret: Any, *args: Any, **options: Any) -> Any:
        known.add(secret)
        return take(secret, *args, **options)

    return taken
