"""What uppskov and "omfattas inte i år" share when they are asked for and decided: the text, the trail and the mail.

The mail about a decision says only that there is one.
"""

from __future__ import annotations

from datetime import datetime

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.mail import PortalMail
from profiles import access
from submissions.models import Submission

TEXT_LENGTH = 2000


def tidied(text: str) -> str:
    """The text with one kind of line break and no space around."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def cleaned(text: str) -> str:
    """The text as it is kept. Raises `NotAllowed` for one that is too long or has a personnummer."""
    text = tidied(text)
    if len(text) > TEXT_LENGTH:
        raise NotAllowed(f"Texten får vara högst {TEXT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(text):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
    return text


def required(text: str, sentence: str) -> str:
    """`cleaned`, and `NotAllowed` with the sentence where nothing is left."""
    text = cleaned(text)
    if not text:
        raise NotAllowed(sentence)
    return text


def record(code: str, submission: Submission, by: User, at: datetime, result: str = "") -> None:
    """The audit event of one submission."""
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, result=result, at=at)


def tell_unit(
    submission: Submission, *, template: str = "answered", but: User | None = None, in_bulk: bool = False
) -> None:  # fmt: skip
    """A mail without data to everybody who hands in for the unit, except the one who sees the answer on the page."""
    for person in access.people_with(submission.unit, access.MAY_SUBMIT):
        if person != but:
            context = {"unit": submission.unit.name}
            PortalMail(f"deferrals/{template}", to=person.email, context=context, in_bulk=in_bulk).send()
