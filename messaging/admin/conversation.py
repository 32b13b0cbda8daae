"""What the page of a thread shows SKR: what was said, noted and done, in order; and who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from messaging import attachments, services
from messaging.attachments import Listed
from messaging.models import Message, ReadMark, Thread
from profiles import access as unit_access


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in the conversation; `what` is "message", "note" or "event"."""

    what: str
    at: datetime
    who: str
    text: str
    key: int
    is_ours: bool = True
    files: Sequence[Listed] = field(default=())


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read the thread, and how far she has come."""

    name: str
    side: str
    read_at: datetime | None
    has_read_all: bool


def lines_of(thread: Thread) -> list[Line]:
    """Messages, internal notes and events, oldest first; a fixed number of queries."""
    said = list(thread.messages.select_related("author").order_by("created_at", "pk"))
    files = attachments.listed(said)
    lines = [_message(post, files[post.pk]) for post in said]
    lines += [Line("note", one.note.created_at, str(one.note.author), one.text, one.note.pk) for one in services.notes_in(thread)]
    events = thread.events.select_related("by").order_by("at", "pk")
    lines += [Line("event", event.at, str(event.by or ""), event.words, event.pk) for event in events]
    return sorted(lines, key=attrgetter("at"))


def _message(post: Message, files: Sequence[Listed]) -> Line:
    return Line(
        "message", post.created_at, str(post.author), services.shown_text(post), post.pk, is_ours=post.is_from_staff, files=files
    )


def readers_of(thread: Thread) -> list[Reader]:
    """The unit's people who may answer, read or not, and everybody else who has opened the thread. Unit first, then by name."""
    marks = {mark.user_id: mark for mark in ReadMark.objects.filter(thread=thread).select_related("user")}
    people = {person.pk: person for person in unit_access.people_with(thread.unit, unit_access.MAY_SUBMIT)}
    people |= {key: mark.user for key, mark in marks.items()}
    readers = [
        Reader(
            name=str(person),
            side="SKR" if person.is_staff else "enheten",
            read_at=marks[key].read_at if key in marks else None,
            has_read_all=key in marks and marks[key].read_at >= thread.last_message_at,
        )
        for key, person in people.items()
    ]
    return sorted(readers, key=lambda reader: (reader.side == "SKR", reader.name))
