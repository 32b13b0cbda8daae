"""Units in the admin, and who works there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.access import NotAllowed
from accounts.admin_site import FigureGroup, Section, badge, portal_admin, waiting_figure
from accounts.step_up import needs_step_up
from profiles import confirmation, contacts, services
from profiles.admin.forms import InviteForm
from profiles.admin.states import invited_message, membership_state
from profiles.admin.unit_pages import UnitPages
from profiles.models import Membership, Unit, UnitQuerySet


class ContactFilter(admin.SimpleListFilter):
    """Whether there is a Kontaktperson who can be reached."""

    title = "kontaktperson"
    parameter_name = "kontaktperson"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("finns", "Finns"), ("saknas", "Saknas"), ("ingen-inbjuden", "Saknas, och ingen är inbjuden")]

    def queryset(self, request: HttpRequest, queryset: Any) -> UnitQuerySet:
        lacking = Unit.objects.without_contact()
        invited = Membership.objects.pending().filter(role=Membership.Role.CONTACT, invitation__expires_at__gt=timezone.now())
        match self.value():
            case "finns":
                return queryset.filter(pk__in=Membership.objects.able_contacts().values("unit"))
            case "saknas":
                return queryset.filter(pk__in=lacking.values("pk"))
            case "ingen-inbjuden":
                return queryset.filter(pk__in=lacking.values("pk")).exclude(pk__in=invited.values("unit"))
        return queryset


class ConfirmedFilter(admin.SimpleListFilter):
    """Whether a Kontaktperson has gone through the unit's people this year."""

    title = "personer bekräftade"
    parameter_name = "bekraftade"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ja", "Ja"), ("nej", "Nej, eller för länge sedan")]

    def queryset(self, request: HttpRequest, queryset: Any) -> UnitQuerySet:
        confirmed = Unit.objects.confirmed_since(timezone.now() - limits.PEOPLE_CONFIRMED).values("pk")
        match self.value():
            case "ja":
                return queryset.filter(pk__in=confirmed)
            case "nej":
                return queryset.filter(is_active=True).exclude(pk__in=confirmed)
        return queryset


class BouncedFilter(admin.SimpleListFilter):
    """Whether mail to somebody there comes back."""

    title = "mejl"
    parameter_name = "mejl"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tillbaka", "Kommer tillbaka för någon")]

    def queryset(self, request: HttpRequest, queryset: Any) -> UnitQuerySet:
        if self.value() != "tillbaka":
            return queryset
        bouncing = Membership.objects.lasting().filter(user__bounced_at__isnull=False, unit=OuterRef("pk"))
        return queryset.filter(Exists(bouncing))


@admin.register(Unit, site=portal_admin)
class UnitAdmin(UnitPages):
    """The employers that hand in, and who works there."""

    section = Section.PEOPLE
    position = 40
    is_personal = True
    lead = "Kommuner, regioner, kommunalförbund och bolag som lämnar uppgifter."
    filters_shown = 3
    list_display = ("name", "code", "kind", "contacts", "confirmed_on", "is_asked")
    list_display_links = ("name",)
    list_filter = ("kind", "is_active", ContactFilter, ConfirmedFilter, BouncedFilter)
    search_fields = ("name", "names__name", "code__startswith")
    search_help_text = "Sök namn eller kod"
    ordering = ("sort_key", "pk")
    object_template = "admin/profiles/unit.html"
    facts = ("is_asked", "confirmed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        """With the Kontaktpersoner."""
        contacts = (
            Membership.objects.in_force().filter(role=Membership.Role.CONTACT).select_related("user").order_by("user__name", "pk")
        )
        prefetched = Prefetch("memberships", queryset=contacts, to_attr="contact_memberships")
        return super().get_queryset(request).annotate(last_review=Max("people_confirmations__at")).prefetch_related(prefetched)

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """The units that nobody can let a colleague in to."""
        count = Unit.objects.without_contact().count()
        url = self.list_url(kontaktperson="saknas")
        figure = waiting_figure(count, "enhet utan kontaktperson", "enheter utan kontaktperson", url)
        return [FigureGroup("Enheter och personer", [figure])]

    @admin.display(description="kontaktpersoner")
    def contacts(self, unit: Any) -> str:
        """Names of the Kontaktpersoner in force."""
        return ", ".join(str(one.user) for one in unit.contact_memberships) or "–"

    @admin.display(description="lämnar uppgifter", ordering="is_active")
    def is_asked(self, unit: Unit) -> SafeString:
        """Whether the unit is asked to hand in."""
        return badge("Ja", "success") if unit.is_active else badge("Nej")

    @admin.display(description="personer bekräftade", ordering="last_review")
    def confirmed_on(self, unit: Any) -> date | None:
        """The day a Kontaktperson last went through the people."""
        return timezone.localdate(unit.last_review) if unit.last_review else None

    @admin.display(description="personer bekräftade")
    def confirmed(self, unit: Unit) -> str:
        """When, by whom, and whether it is time again."""
        last = confirmation.latest(unit)
        if last is None:
            return "Inte än"
        day = timezone.localdate(last.at).isoformat()
        return f"{day} av {last.by}" + (", dags igen" if confirmation.is_due(unit, at=timezone.now()) else "")

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The people of the unit, and the way to invite one."""
        people = obj.memberships.lasting().select_related("user", "invitation", "created_by").order_by("user__name", "pk")
        may_invite = request.user.has_perm("profiles.invite_membership")
        return super().details(request, obj) | {
            "people": [(one, membership_state(one)) for one in people],
            "contacts": [one.user for one in obj.contact_memberships],
            "lacks_contact": contacts.lacks_contact(obj),
            "invite_url": self.page_url("invite", obj.pk) if may_invite else "",
        }

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Invite somebody to the unit, and the others."""
        return [
            *super().pages(),
            ("<int:unit_id>/bjud-in/", require_http_methods(["GET", "HEAD", "POST"])(needs_step_up(self.invite)), "invite"),
        ]

    def invite(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Invite a Kontaktperson, or anybody else, to the unit."""
        asked = self.require(request, "profiles.invite_membership")
        unit = self.find(request, unit_id)
        form = InviteForm(request.POST or None)
        if form.is_valid():
            try:
                membership = services.invite_member(unit=unit, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error("email", refusal.reason)
            else:
                messages.success(request, invited_message(membership))
                return HttpResponseRedirect(self.object_url(unit))
        return self.show(request, "admin/profiles/invite.html", unit, {"form": form, "unit_url": self.object_url(unit)})
