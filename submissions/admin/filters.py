"""What the lists of the admin are narrowed by: the year, and how a submission stands."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from profiles.counties import COUNTIES
from profiles.models import PayrollSystem
from submissions.admin.year import year_kept, years
from submissions.models import Delivery, Receipt, ReopenRequest, Submission
from submissions.services import issuing
from submissions.services.season.breakdown import SIZES, UNKNOWN
from submissions.services.season.standing import HANDED_IN

Status = Submission.Status


class CollectionFilter(admin.SimpleListFilter):
    """The year; the one that was chosen in Läget, else the running one."""

    title = "insamling"
    parameter_name = "insamling"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = years()
        self.kept = str(year_kept(request, known) or "alla")
        return [(str(year), str(year)) for year in known] + [("alla", "Alla år")]

    def value(self) -> str:
        chosen = super().value()
        known = [str(value) for value, _ in self.lookup_choices]
        return chosen if chosen in known else self.kept

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
        "inlamnat": ("Har klarmarkerat", sorted(HANDED_IN)),
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


class FileFilter(admin.SimpleListFilter):
    """With a file that counts: it has been checked and accepted."""

    title = "aktuell fil"
    parameter_name = "fil"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Ja"), ("nej", "Nej")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        current = Exists(Delivery.objects.filter(submission=OuterRef("pk"), is_current=True))
        if self.value() == "ja":
            return queryset.filter(current)
        return queryset.filter(~current) if self.value() == "nej" else queryset


class GrantedFilter(admin.SimpleListFilter):
    """With a last day of its own."""

    title = "uppskov"
    parameter_name = "uppskov"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Har uppskov"), ("nej", "Insamlingens sista dag")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() in ("ja", "nej"):
            return queryset.filter(granted_due_date__isnull=self.value() == "nej")
        return queryset


class CountyFilter(admin.SimpleListFilter):
    """Where the unit lies, by its code."""

    title = "län"
    parameter_name = "lan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*COUNTIES.items(), (UNKNOWN, "Utan länskod")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        chosen = self.value()
        if chosen == UNKNOWN:
            return queryset.exclude(unit__code__regex=f"^({'|'.join(COUNTIES)})")
        return queryset.filter(unit__code__startswith=chosen) if chosen and chosen in COUNTIES else queryset


class SizeFilter(admin.SimpleListFilter):
    """How many rows: of the current file, else of last year's."""

    title = "storlek"
    parameter_name = "storlek"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((one.key, one.label) for one in SIZES), (UNKNOWN, "Ingen fil än")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() not in {key for key, _ in self.lookup_choices}:
            return queryset
        files = Delivery.objects.filter(is_current=True)
        current = files.filter(submission=OuterRef("pk"))
        before = files.filter(
            submission__unit=OuterRef("unit"), submission__collection__year=OuterRef("collection__year") - 1
        )  # fmt: skip
        sized = queryset.alias(size=Coalesce(Subquery(current.values("rows")[:1]), Subquery(before.values("rows")[:1])))
        chosen = next((one for one in SIZES if one.key == self.value()), None)
        if chosen is None:
            return sized.filter(size=None)
        below = Q() if chosen.below is None else Q(size__lt=chosen.below)
        return sized.filter(below, size__gte=chosen.least)


class PayrollFilter(admin.SimpleListFilter):
    """Which payroll system the year's file comes from."""

    title = "lönesystem"
    parameter_name = "lonesystem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*payroll_labels().items(), (UNKNOWN, "Inte angivet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        chosen = self.value()
        if chosen not in {key for key, _ in self.lookup_choices}:
            return queryset
        told = PayrollSystem.objects.filter(unit=OuterRef("unit"), year=OuterRef("collection__year"))
        return queryset.filter(~Exists(told) if chosen == UNKNOWN else Exists(told.filter(code=chosen)))


def payroll_labels() -> dict[str, str]:
    """The payroll systems that any unit has named, by code; those outside the list stand together."""
    told = PayrollSystem.objects.order_by().values_list("code").annotate(named=Max("name"))
    return {code: named or code for code, named in sorted(told)}
