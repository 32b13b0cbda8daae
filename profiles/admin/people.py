"""Persons in the admin: their roles, whether they can be reached, and what SKR can do for them. No credential is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts import services as accounts
from accounts.admin_site import FigureGroup, PortalAdmin, Section, portal_admin, waiting_figure
from accounts.models import User
from accounts.sessions import reference_to
from accounts.step_up import needs_step_up
from profiles import recovery, sign_outs, suspension
from profiles.admin.recovery import OPENING, case_url
from profiles.admin.states import membership_state, person_state
from profiles.models import Membership

if TYPE_CHECKING:
    from accounts.access import UserRequest

BACK = "admin:accounts_user_change"


@admin.register(Membership, site=portal_admin)
class MembershipAdmin(PortalAdmin):
    """Who has which role where."""

    section = Section.PEOPLE
    position = 42
    is_personal = True
    lead = "Vem som har vilken roll i vilken enhet."
    list_display = ("person", "unit", "role", "state", "created_at", "created_by")
    list_filter = ("role", "unit__kind")
    search_fields = ("user__name", "user__email", "unit__name", "unit__names__name", "unit__code__startswith")
    search_help_text = "Sök person eller enhet"
    list_select_related = ("user", "unit", "invitation", "created_by")
    ordering = ("unit__sort_key", "user__name", "pk")
    facts = ("person", "unit", "role", "state", "created_at", "created_by", "ended_at", "ended_by")

    @admin.display(description="person", ordering="user__name")
    def person(self, membership: Membership) -> str:
        """Name, else the address."""
        return str(membership.user)

    @admin.display(description="läge")
    def state(self, membership: Membership) -> SafeString:
        """In force, invited or ended."""
        return membership_state(membership)


class ReachableFilter(admin.SimpleListFilter):
    """Whether mail to the person comes back."""

    title = "mejl"
    parameter_name = "mejl"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tillbaka", "Kommer tillbaka")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[User]:
        return queryset.filter(bounced_at__isnull=False) if self.value() == "tillbaka" else queryset


@admin.register(User, site=portal_admin)
class UserAdmin(PortalAdmin):
    """Persons: names, roles and last sign-in."""

    section = Section.PEOPLE
    position = 44
    is_personal = True
    lead = "Alla som har eller har haft ett konto. Lösenord och koder visas inte och kan inte ändras här."
    list_display = ("shown_name", "email", "roles", "state", "last_login")
    list_filter = ("staff_role", "is_active", ReachableFilter)
    search_fields = ("name", "email")
    search_help_text = "Sök namn eller e-post"
    ordering = ("name", "email", "pk")
    object_template = "admin/profiles/user.html"
    facts = ("email", "phone", "roles", "created_at", "last_login", "bounced_at", "state")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Close the account and open it again, end sessions, and take codes for the address again."""
        return [
            (f"<int:object_id>/{route}/", require_POST(needs_step_up(back=BACK)(view)), verb)
            for route, view, verb in (
                ("stang-av", self.suspend, "suspend"),
                ("oppna", self.restore, "restore"),
                ("logga-ut", self.end_session, "end_session"),
                ("logga-ut-overallt", self.end_sessions, "end_sessions"),
                ("ta-emot-koder", self.reopen_codes, "reopen_codes"),
            )
        ]

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """The people whose mail comes back."""
        count = User.objects.filter(bounced_at__isnull=False, is_active=True).count()
        figure = waiting_figure(count, "person som mejl inte når", "personer som mejl inte når", self.list_url(mejl="tillbaka"))
        return [FigureGroup("Enheter och personer", [figure])]

    def details(self, request: HttpRequest, obj: User) -> dict[str, Any]:
        """The buttons that fit, for those who may press them, and the person's sessions for those who may end them."""
        by, now = cast("UserRequest", request).user, timezone.now()
        may = by.has_perm(suspension.PERMISSION) and by.pk != obj.pk
        may_open = by.has_perm(recovery.OPEN) and by.pk != obj.pk
        cases = [(OPENING[kind], case_url(obj, kind)) for kind in recovery.kinds_for(obj)] if may_open else []
        sessions = sign_outs.living(obj, at=now) if sign_outs.may_end(obj, by) else []
        may_reopen = by.has_perm("profiles.invite_membership") and accounts.is_lane_paused(obj, at=now)
        return {
            "suspend_url": self.page_url("suspend", obj.pk) if may and obj.is_active else "",
            "restore_url": self.page_url("restore", obj.pk) if may and not obj.is_active else "",
            "case_urls": cases,
            "sessions": [(row, reference_to(row)) for row in sessions],
            "may_end_sessions": sign_outs.may_end(obj, by),
            "end_session_url": self.page_url("end_session", obj.pk),
            "end_sessions_url": self.page_url("end_sessions", obj.pk),
            "reopen_url": self.page_url("reopen_codes", obj.pk) if may_reopen else "",
            "may_open_cases": may_open,
        }

    def suspend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Stäng av."""
        return self._change(
            request,
            object_id,
            suspension.PERMISSION,
            suspension.suspend_user,
            "Kontot för {user} är avstängt. Personen är utloggad, och inbjudningar som väntade från personen är återkallade.",
        )

    def restore(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Öppna igen."""
        return self._change(
            request, object_id, suspension.PERMISSION, suspension.restore_user, "Kontot för {user} är öppet igen."
        )

    def end_session(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Logga ut en webbläsare."""
        end = partial(sign_outs.end_one, reference=request.POST.get("session", ""))
        return self._change(request, object_id, sign_outs.PERMISSION, end, "{user} är utloggad där.")

    def end_sessions(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Logga ut överallt."""
        return self._change(request, object_id, sign_outs.PERMISSION, sign_outs.end_all, "{user} är utloggad överallt.")

    def reopen_codes(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ta emot koder igen."""
        done = "Nu skickas och tas det emot verifieringskoder för {user.email} igen."
        return self._change(request, object_id, "profiles.invite_membership", accounts.reopen_lane, done)

    def _change(self, request: HttpRequest, key: int, permission: str, verb: Callable[..., object], done: str) -> HttpResponse:
        """One change of one person by somebody who may, and back to her page."""
        asked = self.require(request, permission)
        user = self.find(request, key)
        change = partial(verb, user=user, by=asked.user, at=timezone.now())
        return self.perform(request, change, done=done.format(user=user), back=self.object_url(user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the roles in force."""
        roles = Membership.objects.in_force().select_related("unit").order_by("unit__sort_key", "pk")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", queryset=roles, to_attr="roles_in_force"))

    @admin.display(description="namn", ordering="name")
    def shown_name(self, user: User) -> str:
        """The name; the address before the person has given one."""
        return user.name or user.email

    @admin.display(description="roller")
    def roles(self, user: Any) -> str:
        """The role at SKR, or each role in force with its first units."""
        if user.staff_role:
            return f"{user.get_staff_role_display()} hos SKR"
        units: dict[str, list[str]] = {}
        for membership in user.roles_in_force:
            units.setdefault(membership.get_role_display(), []).append(membership.unit.name)
        return "; ".join(f"{role}: {_first(names)}" for role, names in units.items()) or "–"

    @admin.display(description="läge", ordering="is_active")
    def state(self, user: User) -> SafeString:
        """Active, invited, unreachable or suspended."""
        return person_state(user)


def _first(names: list[str], most: int = 5) -> str:
    """The first few, and how many more."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" och {rest} till" if rest > 0 else "")
