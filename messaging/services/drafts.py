"""What somebody has begun to write, kept on the server for her alone until it is sent.

A draft is hers: no colleague and nobody at SKR sees it, so it leaves no event. The oldest give way (limits).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import limits
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import crypto, sealed
from messaging.models import Draft, Thread
from messaging.services.words import TEXT_LENGTH

NEW = "new"  # the place of a matter that is not about a row or a group


@dataclass(frozen=True, slots=True)
class Kept:
    """The fields as they were written, and when."""

    values: Mapping[str, str]
    at: datetime


def place_of(thread: Thread) -> str:
    """The place of an answer in a thread."""
    return f"thread/{thread.pk}"


def place_of_question(thread: Thread, number: int) -> str:
    """The place of an answer to one of a thread's questions."""
    return f"{place_of(thread)}/question/{number}"


@transaction.atomic
def save_draft(*, place: str, values: Mapping[str, str], by: User, at: datetime, thread: Thread | None = None) -> Kept | None:
    """Keep what is written so far; nothing of it needs no draft. Raises NotAllowed for a text that is too long."""
    written = {name: text.replace("\r\n", "\n") for name, text in values.items() if text.strip()}
    if any(len(text) > TEXT_LENGTH for text in written.values()):
        raise NotAllowed("Texten är för lång för att sparas. Dela upp den i flera meddelanden.")
    if not written:
        forget_draft(place=place, by=by)
        return None
    content = sealed.seal_text(Draft(user=by, place=place), "values_sealed", json.dumps(written))
    Draft.objects.update_or_create(user=by, place=place, defaults={"thread": thread, "values_sealed": content, "at": at})
    newest = Draft.objects.filter(user=by).order_by("-at", "-pk")[: limits.MESSAGE_DRAFTS_PER_USER]
    Draft.objects.filter(user=by).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    return Kept(written, at)


def kept_draft(*, place: str, by: User) -> Kept | None:
    """What the person has begun to write there; None also for one that does not open any more."""
    return kept_drafts(places=[place], by=by).get(place)


def kept_drafts(*, places: Iterable[str], by: User) -> dict[str, Kept]:
    """The same for several places, in one query."""
    found = {}
    for draft in Draft.objects.filter(user=by, place__in=list(places)).order_by("pk"):
        try:
            found[draft.place] = Kept(json.loads(sealed.open_column(draft, "values_sealed")), draft.at)
        except crypto.SealBroken:
            continue
    return found


def forget_draft(*, place: str, by: User) -> bool:
    """It is sent, or thrown away; whether there was one."""
    return bool(Draft.objects.filter(user=by, place=place).delete()[0])
