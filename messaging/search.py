"""Find threads: by what stands in clear, and by what is said in them although that is sealed.

Subject, unit, category, people and number are asked of the database. The texts are opened, one by one, the latest first, up
to LOOKED_THROUGH of them among the threads that the person sees and has filtered out; the page says so when that is not all. An index of keyed
words would reach further, but it would keep a second trace of what people wrote, personnummer among it, that retention and
key changes had to follow. A unit has tens of messages a year, so for it all of them are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from config.lib import crypto, sealed
from messaging.models import Message, Question, Thread, ThreadQuerySet
from profiles.models import UnitName

LOOKED_THROUGH = 2_000
QUERY_LENGTH = 100
MOST_WORDS = 10  # each asks the database once more


@dataclass(frozen=True, slots=True)
class Found:
    """The threads that match, and whether every text was read."""

    threads: ThreadQuerySet
    read_all: bool


def find(threads: ThreadQuerySet, query: str) -> Found:
    """Those of `threads`, which the person must be allowed to see, where every word of the query stands in one place or another."""
    words = list(dict.fromkeys(query[:QUERY_LENGTH].casefold().split()))[:MOST_WORDS]
    if not words:
        return Found(threads, True)
    in_texts, read_all = _in_texts(threads, words)
    return Found(threads.filter(_by_number(query) | Q(pk__in=_in_clear(threads, words)) | Q(pk__in=in_texts)), read_all)


def _by_number(query: str) -> Q:
    """The thread's own number: "17", "#17" or "ärende 17"."""
    number = query.casefold().removeprefix("ärende").strip().removeprefix("#").strip()
    return Q(pk=int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else Q(pk__in=[])


def _in_clear(threads: ThreadQuerySet, words: list[str]) -> list[int]:
    """By subject, unit, category and people; each word may stand in another place than the next."""
    found = threads
    for word in words:
        categories = [value for value, label in Thread.Category.choices if word in label.casefold()]
        authors = User.objects.filter(name__icontains=word).values("pk")
        spoke = Message.objects.filter(thread=OuterRef("pk"), author__in=authors)
        found = found.filter(
            Q(subject__icontains=word)
            | Q(unit__name__icontains=word)
            | Exists(UnitName.objects.filter(unit=OuterRef("unit"), name__icontains=word))
            | Q(unit__code=word)
            | Q(category__in=categories)
            | Q(created_by__in=authors)
            | Exists(spoke)
        )
    return list(found.order_by("pk").values_list("pk", flat=True))


def _in_texts(threads: ThreadQuerySet, words: list[str]) -> tuple[set[int], bool]:
    """The keys of the threads with every word in one of the latest texts, and whether those were all there are."""
    within = threads.order_by().values("pk")
    latest = Message.objects.filter(thread__in=within).order_by("-created_at", "-pk")[: LOOKED_THROUGH + 1]
    posts, questions = list(latest), list(_questions(within))
    found = {
        thread
        for thread, text in chain(_opened(posts[:LOOKED_THROUGH]), _opened_questions(questions[:LOOKED_THROUGH]))
        if all(word in text.casefold() for word in words)
    }
    return found, max(len(posts), len(questions)) <= LOOKED_THROUGH


def _questions(within: Any) -> Iterator[Question]:
    yield from Question.objects.filter(thread__in=within).order_by("-pk")[: LOOKED_THROUGH + 1]


def _opened(posts: list[Message]) -> Iterator[tuple[int, str]]:
    for post in posts:
        try:
            yield post.thread_id, sealed.open_text(post, "body_sealed")
        except crypto.SealBroken:  # its page says so; a search passes by
            continue


def _opened_questions(questions: list[Question]) -> Iterator[tuple[int, str]]:
    for question in questions:
        for column in ("text_sealed", "answer_sealed"):
            if getattr(question, column) is None or (column == "answer_sealed" and question.ticked_at is None):
                continue  # an answer that was taken back is the unit's own again
            try:
                yield question.thread_id, sealed.open_text(question, column)
            except crypto.SealBroken:
                continue
