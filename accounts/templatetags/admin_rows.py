"""The cells of an admin list with their column's name, so that a row can become a card on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import conditional_escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[SafeString]:
    """Django's finished cells (`<td …>` or `<th …>`), each `<td>` with data-label."""
    for cell, header in zip(cells, headers, strict=True):
        label = conditional_escape(capfirst(strip_tags(str(header["text"]))))
        yield mark_safe(str(cell).replace("<td", f'<td data-label="{label}"', 1))
