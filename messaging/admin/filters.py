"""What the list of threads is narrowed by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from messaging import services
from messaging.models import Thread
from profiles.counties import COUNTIES

STATUS_TONES = {Thread.Status.WAITING_SKR: "warning", Thread.Status.WAITING_UNIT: "info", Thread.Status.DONE: "success"}
STATUS_WORDS = {
    Thread.Status.WAITING_SKR: "Väntar på SKR",
    Thread.Status.WAITING_UNIT: "Väntar på enheten",
    Thread.Status.DONE: "Klar",
}


class ThreadStateFilter(admin.SimpleListFilter):
    """Who has the ball, in SKR's words, and what one has not read."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("oppna", "Inte klara"),
            ("olasta", "Olästa av mig"),
            *((str(value), word) for value, word in STATUS_WORDS.items()),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Thread]:
        if self.value() == "olasta":
            return queryset.unread_by(request.user)
        if self.value() == "oppna":
            return queryset.exclude(status=Thread.Status.DONE)
        return queryset.filter(status=self.value()) if self.value() in STATUS_WORDS else queryset


class AssigneeFilter(admin.SimpleListFilter):
    """Who at SKR has it."""

    title = "handläggare"
    parameter_name = "handlaggare"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        others = [(str(person.pk), str(person)) for person in services.handlers() if person.pk != request.user.pk]
        return [("mina", "Jag"), ("ingen", "Ingen"), *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        chosen = self.value()
        if chosen == "mina":
            return queryset.filter(assignee=request.user.pk)
        if chosen == "ingen":
            return queryset.filter(assignee=None)
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(assignee=int(chosen)) if chosen and chosen in known else queryset


class SnoozedFilter(admin.SimpleListFilter):
    """Whether SKR has put it off to a later day."""

    title = "vilar"
    parameter_name = "vilar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nej", "Nej"), ("ja", "Ja")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Thread]:
        today = timezone.localdate()
        if self.value() == "nej":
            return queryset.awake(today)
        return queryset.filter(snoozed_until__gt=today) if self.value() == "ja" else queryset


class CountyFilter(admin.SimpleListFilter):
    """Where the unit lies, by its code."""

    title = "län"
    parameter_name = "lan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(COUNTIES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        chosen = self.value()
        return queryset.filter(unit__code__startswith=chosen) if chosen and chosen in COUNTIES else queryset


class YearFilter(admin.SimpleListFilter):
    """Which collection it belongs to."""

    title = "insamling"
    parameter_name = "insamling"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        span = Thread.objects.aggregate(first=Min("year"), last=Max("year"))
        years = range(span["last"], span["first"] - 1, -1) if span["last"] else ()
        return [(str(year), str(year)) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(year=self.value()) if self.value() in known else queryset
