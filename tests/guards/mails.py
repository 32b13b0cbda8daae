"""No mail holds a personnummer or a secret, and only the code mail a code (MEJ-03); every address in it is ours (MEJ-02)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMessage

from config.lib.mail import html_of
from messaging import outbox
from tests.guards.logs import personnummer_in
from tests.guards.secrets import known

CODE_MAILS = frozenset({"accounts/code", "accounts/address_code"})
ADDRESS = re.compile(r"""(?i)(?:\b[a-z][a-z0-9+.-]*://|\bwww\.|\bhref=["'])[^\s"'<>]*""")
SIX_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}[ \u00a0]?[0-9]{3}(?![0-9])")


def foreign_addresses_in(text: str) -> list[str]:
    """Web addresses that do not lead to the portal."""
    own = settings.PORTAL_BASE_URL
    found = (re.sub(r"(?i)^href=[\"']", "", address) for address in ADDRESS.findall(text))
    return [address for address in found if address != own and not address.startswith(f"{own}/")]


def faults_in(template: str, subject: str, body: str) -> list[str]:
    """What is wrong with a mail; an empty list when all is well."""
    text = f"{subject}\n{body}"
    secrets = known.found_in(text)
    if template in CODE_MAILS:
        secrets = [secret for secret in secrets if secret not in known.codes]
        secrets += [f"{code} i ämnesraden" for code in SIX_DIGITS.findall(subject)]
        secrets += [f"{len(found)} koder" for found in [SIX_DIGITS.findall(body)] if len(found) != 1]
    else:
        secrets += SIX_DIGITS.findall(text)
    foreign = foreign_addresses_in(text) + foreign_addresses_in(html_of(body))
    found = {"personnummer": personnummer_in(text), "hemlighet": secrets, "främmande adress": foreign}
    return [f"{template}: {what} {value!r}" for what, values in found.items() for value in values]


class MailWatch:
    """Reads every mail as it is stored."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def put_in_place(self, patch: pytest.MonkeyPatch) -> None:
        """Look at what `outbox.store` is given."""
        store: Callable[..., Any] = outbox.store

        def read_and_stored(message: EmailMessage, recipient: str) -> Any:
            self.faults += faults_in(str(getattr(message, "template", "")), str(message.subject), str(message.body))
            return store(message, recipient)

        patch.setattr(outbox, "store", read_and_stored)
