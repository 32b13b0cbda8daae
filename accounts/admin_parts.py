"""What the admin's pages are made of: words in a list, figures, panels and links of the menu."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import list_files


class Section(StrEnum):
    """The headings of the menu, in its order; an admin stands under one of them (`PortalAdmin.section`)."""

    COLLECTION = "Insamlingen"
    MESSAGES = "Meddelanden"
    PEOPLE = "Enheter och personer"
    SETTINGS = "Inställningar"
    OPERATION = "Drift"


def badge(text: str, tone: str = "neutral") -> SafeString:
    """A status word in a list, as the component of the pages."""
    return render_to_string("components/badge.html", {"text": text, "tone": tone, "icon": "", "label": ""})


def number(value: int | None) -> str:
    """A whole number with its thousands apart, as in the pages."""
    return "–" if value is None else list_files.Number(value)


def link(href: str, text: object) -> SafeString:
    """A link in a list or among facts."""
    return format_html('<a href="{}">{}</a>', href, text)


WAITING = "Väntar på SKR"  # the first heading of the front page: what there is to do


@dataclass(frozen=True)
class Figure:
    """One number of the front page and the list behind it."""

    value: int
    label: str
    href: str
    tone: str = ""
    is_minor: bool = False  # a line under the others instead of a card


def waiting_figure(count: int, one: str, many: str, href: str, tone: str = "warning") -> Figure:
    """What somebody has to do: a card where there is anything, else a word under the cards."""
    return Figure(count, one if count == 1 else many, href, tone if count else "", is_minor=not count)


@dataclass(frozen=True)
class FigureGroup:
    """Figures under one heading; those of several models under the same heading stand together."""

    title: str
    figures: list[Figure]

    @property
    def cards(self) -> list[Figure]:
        """Those to see at once."""
        return [one for one in self.figures if not one.is_minor]

    @property
    def minor(self) -> list[Figure]:
        """The others."""
        return [one for one in self.figures if one.is_minor]

    @property
    def is_waiting(self) -> bool:
        """Whether the group tells what there is to do."""
        return self.title == WAITING


@dataclass(frozen=True)
class PanelRow:
    """One line of a panel."""

    text: str
    href: str
    meta: str = ""
    badge: SafeString | str = ""


@dataclass(frozen=True)
class Panel:
    """What one model tells on another's page: a unit's threads, a submission's uppskov."""

    title: str
    rows: list[PanelRow]
    empty: str
    more: str = ""  # where the whole list is
    action: tuple[str, str] | None = None  # text and address of a button


@dataclass(frozen=True)
class FrontPart:
    """More that one model shows on the front page: a template and what it takes, as `part`; over the figures or after them."""

    template: str
    part: Any
    is_above: bool = False


@dataclass(frozen=True)
class MenuItem:
    """One link of the menu, with the number that waits behind it."""

    label: str
    url: str
    badge: int = 0
    badge_label: str = ""  # what a screen reader hears instead of the bare figure
