"""Läget: the year's figures, its curve, its groups and whom to ring, each number with the list behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin_site import WAITING, Figure, FigureGroup, FrontPart, PortalAdmin, waiting_figure
from config.lib.text import amount
from profiles.counties import COUNTIES
from profiles.models import Unit
from submissions.admin.filters import payroll_labels
from submissions.admin.year import chosen_year, years
from submissions.models import Collection, Delivery, Receipt, ReopenRequest, Submission
from submissions.services import issuing
from submissions.services.season import breakdown as groups
from submissions.services.season import concerns, curve
from submissions.services.season.curve import Curve, Step
from submissions.services.season.standing import APPROVED, HANDED_IN, Contact, Standing, contacts_of, standings
from submissions.summaries import charts

Status = Submission.Status
MONTHS = ("jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec")
STEP_TITLES = {Step.RECEIVED: "Har lämnat fil", Step.HANDED_IN: "Har klarmarkerat", Step.APPROVED: "Godkända"}
NARROWED = {
    "total": "",
    "received": "&status=lamnat",
    "handed_in": "&status=inlamnat",
    "approved": "&status=klara",
    "late": "&forsenad=ja",
}
"""What leads from a group's list to each number of its line."""


@dataclass(frozen=True)
class Breakdown:
    """One table of groups: its heading, what a group is called, and its lines with the list behind each number."""

    title: str
    what: str
    lines: list[tuple[groups.Line, dict[str, str]]]


@dataclass(frozen=True)
class Call:
    """One line of Att ringa: the unit, why, whom, and where its submission is."""

    concern: concerns.Concern
    href: str
    contact: Contact | None


class SeasonPages(PortalAdmin):
    """What the admin of submissions adds to the front page, and the whole list of whom to ring."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Att ringa, and the others."""
        return [*super().pages(), ("att-ringa/", require_safe(self.concerns), "concerns")]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Att ringa, and the others."""
        return [*super().list_actions(request), ("Att ringa", self.page_url("concerns"))]

    def collection(self, request: HttpRequest, known: list[int]) -> Collection | None:
        """The year that the pages are about, of those there are."""
        year = chosen_year(request, known)
        return None if year is None else Collection.objects.get(year=year)

    # Figures

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """The year: how many have come how far."""
        collection = self.collection(request, years())
        if collection is None:
            return []
        count = counted(collection, timezone.localdate())

        def url(**query: str) -> str:
            return self.list_url(insamling=str(collection.year), **{"omfattas": "ja", **query})

        def figure(key: str, label: str, tone: str = "", **query: str) -> Figure:
            return Figure(count[key], label, url(**query), tone if count[key] else "")

        def minor(key: str, one: str, many: str, **query: str) -> Figure:
            return Figure(count[key], one if count[key] == 1 else many, url(**query), is_minor=True)

        waiting = [
            waiting_figure(count["handed_in"], "inlämning att granska", "inlämningar att granska", url(status=Status.HANDED_IN)),
            waiting_figure(count["reviewed"], "granskas av SKR", "granskas av SKR", url(status=Status.SKR_REVIEW), "info"),
            waiting_figure(count["asked"], "vill öppna igen", "vill öppna igen", url(oppna="vantar")),
        ]
        figures = [
            figure("all", "enheter ska lämna"),
            figure("received", "har lämnat fil", status="lamnat"),
            figure("done", "har klarmarkerat", status="inlamnat"),
            figure("approved", "godkända", "success", status="klara"),
            figure("late", "försenade", "error", forsenad="ja"),
            minor("checked", "har en kontrollerad fil", "har en kontrollerad fil", fil="ja"),
            minor("returned", "återlämnad", "återlämnade", status=Status.RETURNED),
            minor("reopened", "öppnad igen", "öppnade igen", oppna="oppnad"),
            minor("was_late", "klarmarkerad sent", "klarmarkerade sent", sen="ja"),
            minor("granted", "har uppskov", "har uppskov", uppskov="ja"),
            minor("exempt", "omfattas inte i år", "omfattas inte i år", omfattas="nej"),
        ]
        return [
            FigureGroup(WAITING, waiting),
            FigureGroup(f"{collection}, sista dag {collection.due_date.isoformat()}", figures),
        ]

    # Parts of the front page

    def front_parts(self, request: HttpRequest) -> list[FrontPart]:
        """The years to choose among; whom to ring, the curve and the groups."""
        known = years()
        collection = self.collection(request, known)
        if collection is None:
            return []
        start = reverse("admin:index")
        choices = [{"year": one, "href": f"{start}?ar={one}", "is_chosen": one == collection.year} for one in known]
        found = standings(collection, on=timezone.localdate())
        parts = [FrontPart("admin/submissions/_concerns.html", self.calls_part(collection, found))]
        parts += [
            FrontPart("admin/submissions/_season.html", season_part(collection)),
            FrontPart("admin/submissions/_breakdowns.html", {"tables": self.breakdowns(collection, found)}),
        ]
        return [FrontPart("admin/submissions/_years.html", {"years": choices}, is_above=True), *parts]

    def calls_part(self, collection: Collection, found: Sequence[Standing]) -> dict[str, Any]:
        """The worst of whom to ring, and where all of them are."""
        calls = concerned(collection, found)
        first, unmanned = concerns.folded(calls)
        shown = self.calls(first[: concerns.FOLDED_AT])
        return {
            "is_closed": collection.closed_at is not None,
            "calls": shown,
            "count": len(calls),
            "unmanned": unmanned,
            "invite_url": reverse("admin:profiles_unit_changelist", query={"kontaktperson": "saknas"}),
            "more": self.page_url("concerns") if len(calls) > len(shown) else "",
        }

    def calls(self, found: Sequence[concerns.Concern]) -> list[Call]:
        """With whom to ring and where the submission is. Two questions."""
        contacts = contacts_of(one.unit.unit_id for one in found)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return [Call(one, reverse(name, args=[one.unit.pk]), contacts.get(one.unit.unit_id)) for one in found]

    def breakdowns(self, collection: Collection, found: Sequence[Standing]) -> list[Breakdown]:
        """By county, size, type and payroll system."""
        unknown = groups.UNKNOWN
        sizes = {one.key: one.label for one in groups.SIZES} | {unknown: "Ingen fil än"}
        kinds = {str(value): str(label) for value, label in Unit.Kind.choices}
        systems = payroll_labels() | {unknown: "Inte angivet"}
        counties = COUNTIES | {unknown: "Utan länskod"}
        return [
            self._breakdown(collection, found, "Län", "lan", lambda one: one.county or unknown, counties),
            self._breakdown(collection, found, "Storlek", "storlek", lambda one: groups.size_of(one.size), sizes),
            self._breakdown(collection, found, "Typ", "unit__kind__exact", lambda one: one.kind, kinds),
            self._breakdown(collection, found, "Lönesystem", "lonesystem", lambda one: one.system or unknown, systems),
        ]

    def _breakdown(
        self,
        collection: Collection,
        found: Sequence[Standing],
        title: str,
        parameter: str,
        key: Callable[[Standing], str],
        labels: Mapping[str, str],
    ) -> Breakdown:
        lines, base = [], self.list_url()
        for line in groups.breakdown(found, key, labels):
            query = urlencode({"insamling": collection.year, "omfattas": "ja", parameter: line.key})
            lines.append((line, {name: f"{base}?{query}{more}" for name, more in NARROWED.items()}))
        return Breakdown(title, title.lower(), lines)

    # Att ringa

    def concerns(self, request: HttpRequest) -> HttpResponse:
        """Everyone to ring, worst first."""
        self.require(request, "submissions.view_submission")
        collection = self.collection(request, years())
        found = standings(collection, on=timezone.localdate()) if collection else []
        calls = concerned(collection, found) if collection else []
        page = Paginator(calls, self.list_per_page).get_page(request.GET.get("sida"))
        context = {
            **self.admin_site.each_context(request),
            "collection": collection,
            "is_closed": collection is not None and collection.closed_at is not None,
            "page": page,
            "calls": self.calls(list(page.object_list)),
            "back": reverse("admin:index"),
        }
        return TemplateResponse(request, "admin/submissions/concerns.html", context)


def counted(collection: Collection, on: date) -> dict[str, int]:
    """The year's submissions by how they stand. Each count is that of the list with the same filter. Two questions."""
    rows = Submission.objects.filter(collection=collection)
    receipts = Receipt.objects.filter(submission=OuterRef("pk"), withdrawn_at=None)
    rows = rows.annotate(
        has_file=Exists(Delivery.objects.filter(submission=OuterRef("pk"), is_current=True)),
        has_receipt=Exists(receipts),
        has_late_receipt=Exists(receipts.exclude(late_reason="")),
        has_request=Exists(ReopenRequest.objects.filter(submission=OuterRef("pk"), outcome="")),
    )
    part = {
        "all": Q(),
        "received": ~Q(status=Status.NOT_STARTED),
        "checked": Q(has_file=True),
        "done": Q(status__in=HANDED_IN),
        "handed_in": Q(status=Status.HANDED_IN),
        "reviewed": Q(status=Status.SKR_REVIEW),
        "returned": Q(status=Status.RETURNED),
        "approved": Q(status__in=APPROVED),
        "asked": Q(has_request=True),
        "reopened": Q(has_receipt=True, status__in=issuing.REOPENED),
        "was_late": Q(has_late_receipt=True),
        "granted": Q(granted_due_date__isnull=False),
    }
    conditions = {name: its & Q(exempt_at=None) for name, its in part.items()} | {"exempt": Q(exempt_at__isnull=False)}
    late = Submission.objects.filter(collection=collection).overdue(on).count()
    return {**rows.aggregate(**{name: Count("pk", filter=its) for name, its in conditions.items()}), "late": late}


def concerned(collection: Collection, found: Sequence[Standing]) -> list[concerns.Concern]:
    """Whom to ring; nobody about a year that is over."""
    if collection.closed_at is not None:
        return []
    now = timezone.now()
    return concerns.concerns(found, concerns.Season(collection.opens_on, timezone.localdate(now), now))


# The curve ------------------------------------------------------------------------------------------------------------


def season_part(collection: Collection) -> dict[str, Any]:
    """The charts of the season with their table, and what is to be expected of the last day."""
    now, before = curve.curves_of(collection)
    today = now.day_of(timezone.localdate())
    first, last = curve.days_shown(now, collection.opens_on, timezone.localdate())
    curves = [now] if before is None else [now, before]
    until = min(today, last)
    return {
        "charts": [chart_of(step, title, now, before, first, last, until) for step, title in STEP_TITLES.items()],
        "year": now.year,
        "before": before.year if before else None,
        "lines": [line_of(day, until, now, before) for day in curve.days_told(curves, first, last, until)],
        "forecast": forecast_words(now, curve.forecast(now, before, today)),
        "steps": list(STEP_TITLES.values()),
    }


def chart_of(step: Step, title: str, now: Curve, before: Curve | None, first: int, last: int, until: int) -> charts.Chart:
    """One step of the two years."""

    def series(one: Curve, kind: str, until: int) -> charts.Series:
        points = tuple((day, count / one.total) for day, count in one.steps[step]) if one.total else ()
        return charts.Series(kind, str(one.year), points, until)

    drawn = [*([series(before, "before", last)] if before else []), series(now, "now", until)]
    told = f"{now.at(step, until)} av {now.total} enheter {now.year}"
    told += f", {before.at(step, until)} av {before.total} lika långt före sista dagen {before.year}." if before else "."
    marks = {first: short_day(now.date_of(first)), 0: f"Sista dag {short_day(now.due)}"}
    return charts.curves(title, f"Andel av enheterna, dag för dag: {told}", drawn, first=first, last=last, marks=marks)


def line_of(day: int, until: int, now: Curve, before: Curve | None) -> dict[str, Any]:
    """A line of the table: the day, and each step this year (as far as it has come) and last year."""
    return {
        "day": now.date_of(day).isoformat(),
        "left": day_words(day),
        "cells": [
            (cell_words(now, step, day) if day <= until else "", cell_words(before, step, day) if before else "")
            for step in STEP_TITLES
        ],
    }


def cell_words(one: Curve, step: Step, day: int) -> str:
    """A count with its share: "12 (4 %)"."""
    return f"{one.at(step, day)} ({one.share(step, day) * 100:.0f} %)"


def day_words(day: int) -> str:
    """How far it is from the last day."""
    if day == 0:
        return "sista dagen"
    return f"{amount(abs(day), 'dag', 'dagar')} {'före' if day < 0 else 'efter'}"


def short_day(day: date) -> str:
    """A date as the chart writes it: 1 dec."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def forecast_words(now: Curve, made: curve.Forecast | None) -> str:
    """The forecast and how it is reckoned, in a sentence or two; empty without one."""
    if made is None:
        return ""
    return (
        f"Om det går som förra året har {made.expected} av {now.total} enheter klarmarkerat den {short_day(now.due)}. "
        f"Så här långt före sista dagen återstår {made.left} i år. Av dem som återstod lika långt före förra året "
        f"klarmarkerade {made.share * 100:.0f} % till och med sista dagen."
    )
