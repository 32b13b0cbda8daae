"""What a list of the admin is made of: its cells with their column's name, so that a row can become a card on a phone, and its filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import conditional_escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from accounts.list_files import EMPTY, EVERYTHING

register = template.Library()


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """Django's finished cells (`<td …>` or `<th …>`), each `<th>` with its scope, each `<td>` with data-label and, where it says nothing, `is-none`.

    Only what begins with a figure (a day, a time) stays on one line.
    """
    for cell, header in zip(cells, headers, strict=True):
        label = conditional_escape(capfirst(strip_tags(str(header["text"]))))
        text = strip_tags(str(cell)).strip()
        made = str(cell)
        if not text[:1].isdigit():
            made = made.replace(' nowrap"', '"', 1)
        if text in EMPTY:
            made = made.replace('class="', 'class="is-none ', 1)
        yield mark_safe(made.replace("<th", '<th scope="row"', 1).replace("<td", f'<td data-label="{label}"', 1))


@dataclass(frozen=True)
class Filter:
    """One filter of a list: its name, what is chosen of it, and whether that leaves anything out."""

    title: str
    choices: list[dict[str, Any]]
    chosen: str
    is_active: bool


@dataclass(frozen=True)
class Filters:
    """The filters of a list: those that are always shown, and the rare ones."""

    shown: list[Filter]
    rare: list[Filter]

    @property
    def active(self) -> list[Filter]:
        """Those that narrow the list."""
        return [one for one in [*self.shown, *self.rare] if one.is_active]

    @property
    def leave_out(self) -> bool:
        """Whether there may be rows that are not shown: something is chosen, if only the running year."""
        return any(one.chosen not in EVERYTHING for one in [*self.shown, *self.rare])

    @property
    def rare_active(self) -> int:
        """How many of the rare ones narrow the list."""
        return sum(one.is_active for one in self.rare)


@register.simple_tag
def list_filters(changelist: Any) -> Filters:
    """The filters of the list, the first `filters_shown` of its admin apart from the others."""
    found = []
    for spec in changelist.filter_specs:
        choices = list(spec.choices(changelist))
        chosen = next((str(choice["display"]) for choice in choices if choice["selected"]), "")
        is_asked = any(name in changelist.filter_params for name in spec.expected_parameters())
        found.append(Filter(str(spec.title), choices, chosen, is_asked and bool(chosen) and chosen not in EVERYTHING))
    most = changelist.model_admin.filters_shown
    return Filters(found, []) if len(found) <= most + 1 else Filters(found[:most], found[most:])
