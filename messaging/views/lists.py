"""The list of matters: the unread first, then the latest; filtered, searched, paged."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import UserRequest
from accounts.models import User
from config.lib import personnummer
from config.lib.text import amount
from messaging import search
from messaging.forms import UNREAD, ListForm
from messaging.models import Draft, Question, Thread, ThreadQuerySet
from messaging.views.common import status_badge, writable_units

PAGE_SIZE = 25


class UnreadFirst:
    """The unread threads, then the others, each by the latest message; for a Paginator.

    Two lists that the database walks along an index, in place of one that it would have to sort whole.
    """

    def __init__(self, threads: ThreadQuerySet, user: User) -> None:
        self.all = threads
        self.unread = _latest(threads.unread_by(user))
        self.others = _latest(threads.read_by(user))
        self.unread_count = self.unread.count()

    def count(self) -> int:
        """How many in all."""
        return self.all.count()

    def __getitem__(self, asked: slice) -> list[Thread]:
        start, stop = asked.start, asked.stop
        border = self.unread_count
        first = list(self.unread[start:stop]) if start < border else []
        for thread in first:
            thread.is_unread = True
        rest = list(self.others[max(0, start - border) : stop - border]) if stop > border else []
        for thread in rest:
            thread.is_unread = False
        return first + rest


def _latest(threads: ThreadQuerySet) -> ThreadQuerySet:
    return threads.select_related("unit").order_by("-last_message_at", "-pk")


@dataclass(frozen=True, slots=True)
class Row:
    """One matter as the list shows it."""

    thread: Thread
    badge: tuple[str, str]
    has_draft: bool
    questions_left: int

    @property
    def resolved(self) -> str:
        """The badge of what is corrected."""
        return f"Åtgärdad i version {self.thread.resolved_version}"

    @property
    def questions(self) -> str:
        """The badge of the questions."""
        return amount(self.questions_left, "fråga kvar", "frågor kvar")


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: UserRequest) -> HttpResponse:
    """My matters. A search is posted, so that no personnummer stands in an address; any other leads to an address of its own."""
    if request.method == "POST":
        query = request.POST.get("q", "").strip()
        if not personnummer.LOOKS_LIKE.search(query):
            return redirect(f"{reverse('messaging:overview')}{_query_of(request.POST)}")
        return _list_page(request, request.POST, query=query)
    return _list_page(request, request.GET, query=personnummer.LOOKS_LIKE.sub("", request.GET.get("q", "")).strip())


def _query_of(asked: QueryDict) -> str:
    """The filters that are chosen, as a query string."""
    query = QueryDict(mutable=True)
    for name in ("q", "lage", "enhet", "ar"):
        if value := asked.get(name, "").strip():
            query[name] = value[: search.QUERY_LENGTH]
    return f"?{query.urlencode()}" if query else ""


def _list_page(request: UserRequest, asked: QueryDict, *, query: str) -> HttpResponse:
    user = request.user
    visible = Thread.objects.visible_to(user)
    form = ListForm({**{name: asked.get(name, "") for name in ("lage", "enhet", "ar")}, "q": query}, user=user)
    chosen = form.chosen()
    found = search.find(_narrowed(visible, user, chosen), chosen["q"])
    threads = UnreadFirst(found.threads, user)
    page: Page[Thread] = Paginator(threads, PAGE_SIZE).get_page(asked.get("sida"))  # type: ignore[arg-type] # counts and slices
    context = {
        "form": form,
        "page": page,
        "rows": _rows(user, list(page.object_list)),
        "unread": threads.unread_count,
        "is_filtered": any(chosen.values()),
        "query": chosen["q"],
        "read_all": found.read_all,
        "looked_through": search.LOOKED_THROUGH,
        "can_write": writable_units(request).exists(),
    }
    return render(request, "messaging/overview.html", context)


def _narrowed(threads: ThreadQuerySet, user: User, chosen: dict[str, str]) -> ThreadQuerySet:
    if chosen["lage"] == UNREAD:
        threads = threads.unread_by(user)
    elif chosen["lage"]:
        threads = threads.filter(status=chosen["lage"])
    if chosen["enhet"]:
        threads = threads.filter(unit__code=chosen["enhet"])
    return threads.filter(year=int(chosen["ar"])) if chosen["ar"] else threads


def _rows(user: User, threads: list[Thread]) -> list[Row]:
    keys = [thread.pk for thread in threads]
    drafts = set(Draft.objects.filter(user=user, thread__in=keys).order_by("pk").values_list("thread_id", flat=True))
    left: dict[int, int] = dict(
        Question.objects.filter(thread__in=keys)
        .values_list("thread_id")
        .annotate(left=Count("pk", filter=Q(ticked_at=None)))
        .order_by("thread_id")
    )
    return [
        Row(
            thread=thread,
            badge=status_badge(thread, for_staff=user.is_staff),
            has_draft=thread.pk in drafts,
            questions_left=left.get(thread.pk, 0),
        )
        for thread in threads
    ]
