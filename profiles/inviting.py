"""Several colleagues at once: a list of addresses, one on each line, read and then invited one by one.

A line is an address, with or without a name: "eva@trosa.se", "Eva Ek <eva@trosa.se>", "Eva Ek; eva@trosa.se" or two cells
of a spreadsheet. Nothing is sent until every line can be read. The same list sent again sends nothing again, since who
has a role or an invitation already is only told of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError

from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from accounts.models import User
from profiles import services
from profiles.models import Membership, Unit

MOST = 50
TEXT_LENGTH = 10_000
_PARTS = re.compile(r"[;,\t<>]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One person as she was written, and what is wrong with the line (empty: nothing)."""

    number: int
    text: str
    email: str
    name: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: invited, added (had an account), there (already) or refused, with a sentence."""

    line: Line
    kind: str
    text: str


def read_lines(text: str) -> list[Line]:
    """The lines that are not empty. Each has its address in lower case, or a problem that says what to mend."""
    found: list[Line] = []
    first: dict[str, int] = {}
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip():
            continue
        line = _read(number, row.strip())
        if not line.problem and line.email in first:
            line = Line(number, line.text, line.email, problem=f"adressen står redan på rad {first[line.email]}")
        first.setdefault(line.email, number)
        found.append(line)
    return found


def _read(number: int, text: str) -> Line:
    parts = [part.strip().strip('"') for part in _PARTS.split(text)]
    addresses = [part for part in parts if "@" in part]
    if len(addresses) != 1:
        problem = "skriv bara en adress på varje rad" if addresses else "här saknas en e-postadress"
        return Line(number, text, "", problem=problem)
    name = " ".join(part for part in parts if part and "@" not in part)
    try:
        return Line(number, text, normalise_email(addresses[0]), services.clean_name(name))
    except ValidationError as error:
        return Line(number, text, "", problem=_lower_first(error.messages[0]))
    except NotAllowed as refusal:
        return Line(number, text, "", problem=_lower_first(refusal.reason))


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def invite_many(*, unit: Unit, lines: Iterable[Line], role: str, ends_on: date | None, by: User, at: datetime) -> list[Outcome]:
    """Invite each in a transaction of its own, so that one who cannot be invited stops nobody else.

    Raises NotAllowed where `by` may not invite at all. The unit's other Kontaktpersoner are told once.
    """
    services.check_manages(by, unit)
    outcomes, is_told = [], False
    lines = list(lines)
    for line in lines:
        try:
            made = services.invite_member(
                unit=unit,
                email=line.email,
                name=line.name,
                role=role,
                ends_on=ends_on,
                by=by,
                at=at,
                in_bulk=len(lines) > 1,
                tells=not is_told,
            )
        except services.AlreadyThere as there:
            outcomes.append(Outcome(line, "there", there.reason))
        except NotAllowed as refusal:
            outcomes.append(Outcome(line, "refused", refusal.reason))
        else:
            is_told = True
            outcomes.append(Outcome(line, *_done(made)))
    return outcomes


def _done(made: Membership) -> tuple[str, str]:
    if made.invitation is None:
        return "added", f"Hade redan ett konto och är nu {made.get_role_display()}."
    return "invited", f"Inbjuden som {made.get_role_display()}."
