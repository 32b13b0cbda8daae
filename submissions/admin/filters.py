"""What the lists of the admin are narrowed by: the year, and how a submission stands."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from submissions.models import Collection, Receipt, ReopenRequest, Submission
from submissions.services import issuing

Status = Submission.Status


class CollectionFilter(admin.SimpleListFilter):
    """The year; the running one unless another is chosen."""

    title = "insamling"
    parameter_name = "insamling"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = Collection.objects.order_by("-year").values_list("year", flat=True)
        return [(str(year), str(year)) for year in years] + [("alla", "Alla år")]

    def value(self) -> str:
        chosen = super().value()
        known = [str(value) for value, _ in self.lookup_choices]
        return chosen if chosen in known else known[0]

    def choices(self, changelist: Any) -> Any:
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "alla" else queryset.filter(collection__year=self.value())


class StatusFilter(admin.SimpleListFilter):
    """One status, or those that are counted together on the front page."""

    title = "status"
    parameter_name = "status"
    TOGETHER: ClassVar[dict[str, tuple[str, list[str]]]] = {
        "lamnat": ("Har lämnat fil", [value for value in Status.values if value != Status.NOT_STARTED]),
        "klara": ("Godkända och låsta", [Status.APPROVED, Status.LOCKED]),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Status.choices, *((key, label) for key, (label, _) in self.TOGETHER.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        chosen = self.value()
        if chosen in self.TOGETHER:
            return queryset.filter(status__in=self.TOGETHER[chosen][1])
        return queryset.filter(status=chosen) if chosen in Status.values else queryset


class LateFilter(admin.SimpleListFilter):
    """Past the last day without a current file."""

    title = "försenad"
    parameter_name = "forsenad"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Ja"), ("nej", "Nej")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        late = Submission.objects.overdue(timezone.localdate()).values("pk")
        if self.value() == "ja":
            return queryset.filter(pk__in=late)
        return queryset.exclude(pk__in=late) if self.value() == "nej" else queryset


class HandedInLateFilter(admin.SimpleListFilter):
    """Handed in after the last day, by the receipt in force."""

    title = "sen inlämning"
    parameter_name = "sen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Klarmarkerad efter sista dagen"), ("nej", "I tid")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        receipts = Receipt.objects.filter(withdrawn_at=None)
        if self.value() == "ja":
            return queryset.filter(pk__in=receipts.exclude(late_reason="").values("submission"))
        return queryset.filter(pk__in=receipts.filter(late_reason="").values("submission")) if self.value() == "nej" else queryset


class ReopenFilter(admin.SimpleListFilter):
    """Those whose unit has asked to have the approved submission opened, or has got it."""

    title = "öppna igen"
    parameter_name = "oppna"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("vantar", "Begäran väntar på svar"), ("oppnad", "Öppnad, inte klarmarkerad igen")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() == "vantar":
            return queryset.filter(pk__in=ReopenRequest.objects.filter(outcome="").values("submission"))
        if self.value() == "oppnad":
            in_force = Receipt.objects.filter(withdrawn_at=None).values("submission")
            return queryset.filter(pk__in=in_force, status__in=issuing.REOPENED)
        return queryset


class ExemptFilter(admin.SimpleListFilter):
    """Part of the year, or exempt by SKR's decision."""

    title = "omfattas"
    parameter_name = "omfattas"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Ska lämna"), ("nej", "Omfattas inte i år")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() in ("ja", "nej"):
            return queryset.filter(exempt_at__isnull=self.value() == "ja")
        return queryset
