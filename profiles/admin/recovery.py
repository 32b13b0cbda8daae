"""Recovery cases in the admin: opened from a person's page, approved by another, cancelled by either."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import NotAllowed
from accounts.admin_site import (
    WAITING,
    FigureGroup,
    Panel,
    PanelRow,
    PortalAdmin,
    Section,
    badge,
    link,
    portal_admin,
    waiting_figure,
)
from accounts.models import RecoveryCase, User
from accounts.step_up import needs_step_up
from profiles import recovery
from profiles.admin.forms import CaseForm

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.access import UserRequest

Kind = RecoveryCase.Kind
PATHS = {"telefonen": Kind.TOTP, "telefonen-och-losenordet": Kind.BOTH}
OPENING = {Kind.TOTP: "Öppna ärende: telefonen är borta", Kind.BOTH: "Öppna ärende: telefonen och lösenordet är borta"}
BACK = "admin:accounts_recoverycase_change"


def case_url(user: User, kind: RecoveryCase.Kind) -> str:
    """Where a case of that kind is opened for the person."""
    path = next(path for path, one in PATHS.items() if one is kind)
    return reverse("admin:accounts_recoverycase_open", args=[user.pk, path])


def state_of(case: RecoveryCase, *, at: datetime) -> tuple[str, str]:
    """How the case stands, in words, and the badge's tone."""
    if case.used_at:
        return "Använt", "success"
    if case.cancelled_at:
        return "Avbrutet", "neutral"
    if recovery.needs_approval(case, at=at):
        return "Väntar på godkännande", "warning"
    if case.valid_from is None or case.valid_until is None:
        return "Godkändes inte i tid", "neutral"
    if at < case.valid_from:
        return "Godkänt, börjar gälla senare", "info"
    return ("Gäller nu", "info") if at < case.valid_until else ("Användes inte i tid", "neutral")


class CaseStateFilter(admin.SimpleListFilter):
    """Whether anything is left to do."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("vantar", "Väntar på godkännande"), ("pagar", "Pågår"), ("avslutat", "Avslutat")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[RecoveryCase]:
        now = timezone.now()
        match self.value():
            case "vantar":
                return waiting(queryset, now)
            case "pagar":
                return queryset.undecided(now)
            case "avslutat":
                return queryset.exclude(pk__in=queryset.undecided(now).values("pk"))
        return queryset


def waiting(cases: Any, at: datetime) -> QuerySet[RecoveryCase]:
    """Those that a second person may approve."""
    found: QuerySet[RecoveryCase] = cases.undecided(at).filter(
        kind=Kind.BOTH, approved_at=None, opened_at__gte=at - limits.CASE_BOTH_APPROVAL
    )
    return found


@admin.register(RecoveryCase, site=portal_admin)
class RecoveryCaseAdmin(PortalAdmin):
    """Cases: who lost what, how her identity was checked, who opened and who approved."""

    section = Section.PEOPLE
    position = 48
    is_personal = True
    lead = "Den som har förlorat telefonen, eller telefonen och lösenordet, får hjälp genom ett ärende. Det öppnas på personens sida."
    empty_text = "Ett ärende öppnas på personens sida."
    list_display = ("person", "kind", "case_number", "state", "opened_at", "opened_by", "approved_by")
    list_filter = (CaseStateFilter, "kind")
    search_fields = ("user__name", "user__email", "case_number")
    search_help_text = "Sök person eller ärendenummer"
    list_select_related = ("user", "opened_by", "approved_by", "cancelled_by")
    ordering = ("-opened_at", "-pk")
    object_template = "admin/profiles/recovery_case.html"
    hides_empty_facts = True
    facts = (
        "person_link",
        "kind",
        "state",
        "case_number",
        "identity_check",
        "opened_at",
        "opened_by",
        "approved_at",
        "approved_by",
        "valid_from",
        "valid_until",
        "used_at",
        "cancelled_at",
        "cancelled_by",
    )

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Open one for a person; approve and cancel."""
        opening = require_http_methods(["GET", "HEAD", "POST"])(needs_step_up(self.open_case))
        return [
            ("oppna/<int:user_id>/<slug:lost>/", opening, "open"),
            ("<int:object_id>/godkann/", require_POST(needs_step_up(back=BACK)(self.approve)), "approve"),
            ("<int:object_id>/avbryt/", require_POST(needs_step_up(back=BACK)(self.cancel)), "cancel"),
        ]

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What waits for a second person."""
        count = waiting(RecoveryCase.objects.all(), timezone.now()).count()
        url = self.list_url(lage="vantar")
        return [FigureGroup(WAITING, [waiting_figure(count, "återställning att godkänna", "återställningar att godkänna", url)])]

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """A person's cases, on her page."""
        if not isinstance(obj, User):
            return []
        cases, now = obj.recovery_cases.order_by("-opened_at", "-pk"), timezone.now()
        rows = [
            PanelRow(
                f"{case.get_kind_display()}, ärende {case.case_number}",
                self.object_url(case),
                meta=f"Öppnat {timezone.localdate(case.opened_at).isoformat()}",
                badge=badge(*state_of(case, at=now)),
            )
            for case in cases
        ]
        return [Panel("Återställning", rows, "Inga ärenden.")]

    def details(self, request: HttpRequest, obj: RecoveryCase) -> dict[str, Any]:
        """The buttons, for those who may press them; and what happens next."""
        by, now = cast("UserRequest", request).user, timezone.now()
        is_waiting = recovery.needs_approval(obj, at=now)
        may_approve = is_waiting and recovery.can_approve(obj, by)
        may_cancel = recovery.is_undecided(obj, at=now) and recovery.can_cancel(obj, by)
        return {
            "approve_url": self.page_url("approve", obj.pk) if may_approve else "",
            "cancel_url": self.page_url("cancel", obj.pk) if may_cancel else "",
            "is_waiting": is_waiting,
            "is_opener": obj.opened_by_id == by.pk,
        }

    def heading(self, obj: RecoveryCase) -> str:
        """Whom it is about."""
        return f"Återställning för {obj.user}"

    def open_case(self, request: HttpRequest, user_id: int, lost: str) -> HttpResponse:
        """The form: number, check of identity, and what will happen."""
        asked = self.require(request, recovery.OPEN)
        user, kind = User.objects.filter(pk=user_id).first(), PATHS.get(lost)
        if user is None or kind is None:
            raise Http404
        recovery.check_can_open(user, asked.user)
        if kind not in recovery.kinds_for(user):
            raise NotAllowed("Ett sådant ärende går inte att öppna för personen.")
        form = CaseForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                case = recovery.open_case(user=user, kind=kind, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                messages.success(request, f"Ärendet är öppnat. {user} har fått ett mejl.")
                return HttpResponseRedirect(self.object_url(case))
        context = {
            "form": form,
            "person": user,
            "is_both": kind is Kind.BOTH,
            "person_url": self.admin_site.object_url(user),
            "replaces": RecoveryCase.objects.undecided(timezone.now()).filter(user=user).exists(),
            "heading": OPENING[kind],
        }
        return self.show(request, "admin/profiles/open_case.html", RecoveryCase(user=user, kind=kind), context)

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Godkänn."""
        asked = self.require(request, recovery.APPROVE)
        case = self.find(request, object_id)
        recovery.check_can_approve(case, asked.user)
        return self.perform(
            request,
            partial(recovery.approve_case, case=case, by=asked.user, at=timezone.now()),
            done=f"Ärendet är godkänt. {case.user} kan registrera sig på nytt om ett dygn, och har fått ett mejl.",
            back=self.object_url(case),
        )

    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Avbryt."""
        asked = cast("UserRequest", request)
        case = self.find(request, object_id)
        recovery.check_can_cancel(case, asked.user)
        return self.perform(
            request,
            partial(recovery.cancel_case, case=case, by=asked.user, at=timezone.now()),
            done=f"Ärendet är avbrutet. {case.user} har fått ett mejl.",
            back=self.object_url(case),
        )

    @admin.display(description="person", ordering="user__name")
    def person(self, case: RecoveryCase) -> str:
        """Name, else the address."""
        return str(case.user)

    @admin.display(description="person")
    def person_link(self, case: RecoveryCase) -> SafeString:
        """The way to her page."""
        return link(self.object_url(case.user), f"{case.user}, {case.user.email}" if case.user.name else case.user)

    @admin.display(description="läge")
    def state(self, case: RecoveryCase) -> SafeString:
        """What it waits for, or how it ended."""
        return badge(*state_of(case, at=timezone.now()))
