"""The handbook's search: pages and their sections, fields, checks, code lists, codes, words and known faults.

An index in memory, made from the texts and the year's settings and kept until these change. A word is found in any of its
forms (`stem`), as the beginning or a part of a longer word, and in the words that people use for the same thing. Pure but
for the templates that it reads; what is searched for is never kept.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from django.template.loader import render_to_string
from django.urls import reverse

from config.handbook.pages import ALWAYS, PAGES, PARTS, TEXT, part_of, text_pages
from config.lib import personnummer
from config.lib.text import one_line
from messaging.models import KnownIssue
from submissions import catalogue
from submissions.code_search import folded
from submissions.fields import CODE_LISTS
from submissions.spec import CollectionSpec

LONGEST = 100
MOST_HITS = 30
EXCERPT = 180
WORD = re.compile(r"[^\W_]+")
_EMPTY = "av att de den det du en ett for fran gor hur i jag kan man med mig min mitt ni om och pa som till vad var ska vi ar"
EMPTY_WORDS = frozenset(_EMPTY.split())
SAME = {  # what people write, and what the handbook says
    "anstand": "uppskov",
    "mobil": "telefon",
    "mobiltelefon": "telefon",
    "kvitto": "kvittens",
    "mfa": "engangskod",
    "excel": "kalkylblad",
    "teckenuppsattning": "teckenkodning",
    "utf": "teckenkodning",
    "password": "losenord",
    "forlangning": "uppskov",
    "chatt": "meddelanden",
    "gdpr": "personuppgifter",
}
_ENDINGS = (
    "a arna erna heterna orna ad e ade ande arne are aste en anden aren heten ern ar er heter or as arnas ernas ornas es ades "
    "andes ens arens hetens erns at andet et het ast ning ningar ningen"
)
ENDINGS = sorted(_ENDINGS.split(), key=len, reverse=True)
SHORTEST_STEM = 3
EXACT, IN_TITLE, BEGINS_TITLE, IN_TEXT, BEGINS_TEXT, INSIDE = 100, 24, 14, 6, 3, 1
FEWEST_INSIDE = 4  # a shorter part of a word is in too many others


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to find. `keys` are what it is known by, whole: "rim05", "falt 12"."""

    title: str
    section: str
    url: str
    text: str
    keys: frozenset[str] = frozenset()
    weight: float = 1.0
    title_stems: frozenset[str] = field(default=frozenset())
    text_stems: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry with a piece of its text; the pieces say whether they are what was asked for."""

    title: str
    section: str
    url: str
    excerpt: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. `is_person`: what was asked for looks like a personnummer, so nothing is searched or sent back."""

    query: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    suggestions: tuple[str, ...] = ()
    is_person: bool = False
    is_partial: bool = False  # no place has all of the words


# Words ---------------------------------------------------------------------------------------------------------------


def stem(word: str) -> str:
    """The word without its endings: "kvittensen", "kvittenser" and "kvittens" are one."""
    word, longer = folded(word), ""
    while word != longer:
        longer = word
        ending = next((end for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= SHORTEST_STEM), "")
        word = word[: len(word) - len(ending)]
        word = word.removesuffix("s") if len(word) > SHORTEST_STEM else word
    return word


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words."""
    return frozenset(stem(word) for word in WORD.findall(text))


def asked_for(query: str) -> list[str]:
    """The stems that are searched for, without words that stand everywhere."""
    words = [folded(word) for word in WORD.findall(query)]
    wanted = [word for word in words if word not in EMPTY_WORDS] or words
    return list(dict.fromkeys(stem(SAME.get(word, word)) for word in wanted))


# The index -----------------------------------------------------------------------------------------------------------


class _Sections(HTMLParser):
    """The sections of a page of text: what has an id, with its heading and the words up to the next."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[str]] = [["", "", ""]]  # id, heading, text
        self._heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        identity = dict(attrs).get("id")
        if tag in {"h2", "h3", "dt"} and identity:
            self.found.append([identity, "", ""])
            self._heading = tag
        elif tag in {"p", "li", "td", "th", "dd", "tr"}:
            self.found[-1][2] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == self._heading:
            self._heading = ""

    def handle_data(self, data: str) -> None:
        self.found[-1][1 if self._heading else 2] += data


def _entry(title: str, section: str, url: str, text: str, keys: Iterable[str] = (), weight: float = 1.0) -> Entry:
    text = " ".join(text.split())
    known = frozenset(folded(key) for key in keys)
    return Entry(title, section, url, text, known, weight, stems(title), stems(text))


def _texts(context: dict[str, object]) -> Iterator[Entry]:
    for part, page in text_pages():
        reader = _Sections()
        reader.feed(render_to_string(page.template, context))
        for identity, heading, text in reader.found:
            if identity:
                yield _entry(" ".join(heading.split()), f"{part.title}: {page.title}", f"{page.url}#{identity}", text)
            else:
                yield _entry(page.title, part.title, page.url, f"{page.lead} {text}", weight=1.3)


def _lists_of_pages() -> Iterator[Entry]:
    for part in PARTS:
        yield _entry(part.title, "Handboken", part.url, part.lead)
    for page in PAGES:
        if page.view != TEXT:
            its = part_of(page)
            yield _entry(page.title, its.title if its else "Handboken", page.url, page.lead, weight=1.3)


def _fields(collection: CollectionSpec) -> Iterator[Entry]:
    for one in collection.layout.fields:
        text = f"{one.meaning}. {one.format}. {one.allowed}."
        url = reverse("handbook_field", args=[one.number])
        keys = (str(one.number), f"fält {one.number}", one.name)
        yield _entry(f"Fält {one.number} {one.name}", "Postbeskrivningen", url, re.sub(r"(?:^|\. )\.", "", text), keys)


def _checks(collection: CollectionSpec) -> Iterator[Entry]:
    for _, entries in catalogue.families(collection):
        for one in entries:
            text = " ".join([one.message, one.looks_for, one.why, one.advice, one.mend])
            yield _entry(f"{one.code} {one.title}", "Kontroller", reverse("check", args=[one.code]), text, [one.code], 0.9)


def _codes(collection: CollectionSpec) -> Iterator[Entry]:
    for kind, listed in collection.lists.items():
        url = reverse("handbook_code_list", args=[kind])
        used = ", ".join(f"fält {number}" for number, its in CODE_LISTS.items() if its == kind)
        about = f"{len(listed.codes)} koder, version {listed.version}. {used}"
        yield _entry(listed.name or kind, "Kodlistor", url, about, [kind, listed.name])
        for code in listed.codes.values():
            title = f"{code.code} {code.label}"
            groups = " ".join(dict.fromkeys([code.group_kommun, code.group_region]))
            section = f"Kodlista: {listed.name or kind}"
            yield _entry(title, section, f"{url}#kod-{code.code}", groups, [code.code] if len(code.code) > 1 else [], 0.4)


def entries(collection: CollectionSpec, context: dict[str, object]) -> tuple[Entry, ...]:
    """Everything that the year's handbook holds."""
    return (
        *_texts(context),
        *_lists_of_pages(),
        *_fields(collection),
        *_checks(collection),
        *_codes(collection),
    )


class Index:
    """The entries of the year's settings, made again when these have changed. One for the process."""

    def __init__(self) -> None:
        self._kept: tuple[CollectionSpec, tuple[Entry, ...]] | None = None

    def of(self, collection: CollectionSpec, context: Callable[[], dict[str, object]]) -> tuple[Entry, ...]:
        """The entries; `context` gives what the texts need where they have to be read."""
        kept = self._kept
        if kept is None or kept[0] != collection:
            kept = (collection, entries(collection, context()))
            self._kept = kept
        return kept[1]


INDEX = Index()


def of_known_issues(issues: Iterable[KnownIssue]) -> Iterator[Entry]:
    """The known faults, which are asked for each time."""
    known = ALWAYS[1]
    for one in issues:
        yield _entry(one.title, known.title, f"{known.url}#fel-{one.pk}", one.text, [one.check_code])


# Search --------------------------------------------------------------------------------------------------------------


def search(query: str, found_in: Iterable[Entry]) -> Answer:
    """The places that hold the words, the best first; where none has all, those that have the most of them."""
    query = one_line(query)[:LONGEST]
    if personnummer.LOOKS_LIKE.search(query):
        return Answer("", is_person=True)
    wanted = asked_for(query)
    if not wanted:
        return Answer(query)
    whole = " ".join(folded(query).split())
    everything = list(found_in)
    ranked = []
    for place, entry in enumerate(everything):
        points = [_points(entry, word) for word in wanted]
        exact = EXACT * 3 if whole in entry.keys else 0
        if exact or any(points):
            ranked.append(
                (sum(map(bool, points)) if not exact else len(wanted), exact + sum(points) * entry.weight, -place, entry)
            )
    most = max((count for count, *_ in ranked), default=0)
    best = sorted((one for one in ranked if one[0] == most), key=lambda one: one[:3], reverse=True)
    if not best:
        return Answer(query, suggestions=_nearest(wanted, everything))
    hits = tuple(_hit(entry, wanted) for *_, entry in best[:MOST_HITS])
    return Answer(query, hits, len(best), is_partial=most < len(wanted))


def _points(entry: Entry, word: str) -> int:
    if word in entry.keys:
        return EXACT
    if word in entry.title_stems:
        return IN_TITLE
    if any(one.startswith(word) or one.endswith(word) for one in entry.title_stems):  # "lön" in "timlön"
        return BEGINS_TITLE
    if word in entry.text_stems:
        return IN_TEXT
    if any(one.startswith(word) or one.endswith(word) for one in entry.text_stems):
        return BEGINS_TEXT
    if len(word) >= FEWEST_INSIDE and any(word in one for one in entry.title_stems | entry.text_stems):
        return INSIDE
    return 0


def _nearest(wanted: list[str], found_in: list[Entry]) -> tuple[str, ...]:
    """Words of the handbook that look like what was asked for."""
    words = _vocabulary(tuple(entry.title for entry in found_in))
    near = [match for word in wanted for match in difflib.get_close_matches(word, list(words), n=3, cutoff=0.72)]
    return tuple(dict.fromkeys(words[match] for match in near))[:4]


@cache
def _vocabulary(titles: tuple[str, ...]) -> dict[str, str]:
    """The words of the titles by their folded form."""
    return {folded(word): word.lower() for title in titles for word in WORD.findall(title) if len(word) >= FEWEST_INSIDE}


def _hit(entry: Entry, wanted: list[str]) -> Hit:
    return Hit(entry.title, entry.section, entry.url, tuple(marked(_around(entry.text, wanted), wanted)))


def _is_asked(word: str, wanted: list[str]) -> bool:
    its = stem(word)
    return any(its.startswith(one) or its.endswith(one) or (len(one) >= FEWEST_INSIDE and one in its) for one in wanted)


def _around(text: str, wanted: list[str]) -> str:
    """A piece of the text with the first of the words in it, cut between words."""
    first = next((found.start() for found in WORD.finditer(text) if _is_asked(found[0], wanted)), 0)
    begin = max(0, first - EXCERPT // 3)
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = begin + EXCERPT
    if end < len(text):
        end = max(text.rfind(" ", begin, end), begin + 1)
    return ("… " if begin else "") + text[begin:end] + (" …" if end < len(text) else "")


def marked(text: str, wanted: list[str]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words."""
    place = 0
    for found in WORD.finditer(text):
        if _is_asked(found[0], wanted):
            if found.start() > place:
                yield text[place : found.start()], False
            yield found[0], True
            place = found.end()
    if place < len(text):
        yield text[place:], False
