"""Codes in plain words: the matches of a search, beside the box that they fill."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from submissions.views.common import code_choice, enter


@require_GET
def codes(request: UserRequest, code: str, year: int, field: int) -> HttpResponse:
    """The matches alone, for htmx; the pages that hold the box include the same fragment."""
    room = enter(request, code, year)
    choice = code_choice(room, field, box=f"varde-{field}")
    if choice is None:
        raise Http404
    return render(request, "submissions/_codes.html", room.context(choice=choice, is_fragment=True))
