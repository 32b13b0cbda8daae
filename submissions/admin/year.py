"""Which year SKR's pages are about: the one asked for, else the one the person last chose in Läget in this session, else the running one."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from submissions.models import Collection
from submissions.services.collections import running_year

KEPT = "chosen_year"  # in the session


def years() -> list[int]:
    """The years there are, the latest first."""
    return list(Collection.objects.order_by("-year", "pk").values_list("year", flat=True))


def year_kept(request: HttpRequest, known: list[int]) -> int | None:
    """The year the person last chose, else the running one; None before the first collection."""
    kept = request.session.get(KEPT)
    return kept if kept in known else running_year(timezone.localdate())


def chosen_year(request: HttpRequest, known: list[int]) -> int | None:
    """The year asked for by ?ar=, which is kept; without one `year_kept`."""
    asked = request.GET.get("ar", "")
    if asked in map(str, known) and request.session.get(KEPT) != int(asked):
        request.session[KEPT] = int(asked)
    return year_kept(request, known)
