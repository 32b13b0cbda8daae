"""Invitations in the admin: whom, to what, by whom, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, portal_admin
from accounts.models import Invitation
from accounts.step_up import needs_step_up
from profiles import services
from profiles.admin.states import invitation_state, invited_message
from profiles.forms import AddressForm
from profiles.models import Membership


class InvitationStateFilter(admin.SimpleListFilter):
    """What became of the invitation."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("vantar", "Väntar"),
            ("tillbaka", "Mejlet kom tillbaka"),
            ("utgangen", "Har gått ut"),
            ("accepterad", "Accepterad"),
            ("aterkallad", "Återkallad"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Invitation]:
        now = timezone.now()
        match self.value():
            case "vantar":
                return queryset.open(now)
            case "tillbaka":
                return queryset.open(now).filter(user__bounced_at__isnull=False)
            case "utgangen":
                return queryset.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
            case "accepterad":
                return queryset.filter(accepted_at__isnull=False)
            case "aterkallad":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(Invitation, site=portal_admin)
class InvitationAdmin(PortalAdmin):
    """Invitations: whom, to what, and what became of them."""

    section = Section.PEOPLE
    position = 46
    is_personal = True
    lead = "Inbjudningar till portalen. En inbjudan innehåller ingen hemlig länk; personen visar vem det är med sin e-post."
    empty_text = "En inbjudan skickas från enhetens sida, eller till många på en gång från Utskick."
    list_display = ("person", "roles", "state", "inviter", "answered_on", "expires_on")
    list_filter = (InvitationStateFilter,)
    search_fields = ("user__email", "user__name", "memberships__unit__name")
    search_help_text = "Sök person eller enhet"
    list_select_related = ("user", "inviter")
    ordering = ("-created_at", "-pk")
    object_template = "admin/profiles/invitation.html"
    facts = (
        "person",
        "roles",
        "inviter",
        "created_at",
        "last_sent_at",
        "send_count",
        "expires_at",
        "accepted_at",
        "revoked_at",
        "state",
    )

    @admin.display(description="accepterad", ordering="accepted_at")
    def answered_on(self, invitation: Invitation) -> date | None:
        """The day it was accepted."""
        return timezone.localdate(invitation.accepted_at) if invitation.accepted_at else None

    @admin.display(description="går ut", ordering="expires_at")
    def expires_on(self, invitation: Invitation) -> date:
        """The day only: the list is read across."""
        return timezone.localdate(invitation.expires_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """With what was offered."""
        offered = Membership.objects.select_related("unit").order_by("unit__sort_key", "pk")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", queryset=offered, to_attr="offered"))

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Send again, take back, or put the address right."""
        return [
            ("<int:invitation_id>/skicka-igen/", require_POST(self.resend), "resend"),
            ("<int:invitation_id>/aterkalla/", require_POST(self.revoke), "revoke"),
            (
                "<int:invitation_id>/adress/",
                require_http_methods(["GET", "HEAD", "POST"])(needs_step_up(self.correct_address)),
                "correct_address",
            ),
        ]

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The buttons, while the invitation waits and belongs to a unit."""
        waits = obj.accepted_at is None and obj.revoked_at is None and bool(obj.offered)
        may = waits and request.user.has_perm("profiles.invite_membership")
        return {
            "resend_url": self.page_url("resend", obj.pk) if may else "",
            "revoke_url": self.page_url("revoke", obj.pk) if may else "",
            "address_url": self.page_url("correct_address", obj.pk) if may else "",
        }

    def resend(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Send the mail once more."""
        return self._with_membership(request, invitation_id, services.resend_invitation, "Inbjudan är skickad igen.")

    def revoke(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Take the invitation back."""
        return self._with_membership(request, invitation_id, services.revoke_invitation, "Inbjudan är återkallad.")

    def correct_address(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Send it to the right address instead."""
        asked = self.require(request, "profiles.invite_membership")
        invitation = self.find(request, invitation_id)
        if not invitation.offered:
            raise Http404
        form = AddressForm(request.POST or None, initial={"email": invitation.user.email})
        if request.method == "POST" and form.is_valid():
            try:
                made = services.correct_address(
                    membership=invitation.offered[0], email=form.cleaned_data["email"], by=asked.user, at=timezone.now()
                )
            except NotAllowed as refusal:
                form.add_error("email", refusal.reason)
            else:
                messages.success(request, f"Inbjudan till {invitation.user.email} är återkallad. {invited_message(made)}")
                return HttpResponseRedirect(self.object_url(made.invitation or invitation))
        context = {"form": form, "invitation_url": self.object_url(invitation), "heading": "Rätta adressen"}
        return self.show(request, "admin/profiles/correct_address.html", invitation, context)

    def _with_membership(self, request: HttpRequest, key: int, verb: Callable[..., object], done: str) -> HttpResponse:
        asked = self.require(request, "profiles.invite_membership")
        invitation = self.find(request, key)
        if not invitation.offered:
            raise Http404
        change = {"membership": invitation.offered[0], "by": asked.user, "at": timezone.now()}
        return self.perform(request, lambda: verb(**change), done=done, back=self.object_url(invitation))

    @admin.display(description="person", ordering="user__email")
    def person(self, invitation: Invitation) -> str:
        """The address: the person may have no name yet."""
        return invitation.user.email

    @admin.display(description="roll")
    def roles(self, invitation: Any) -> str:
        """Role and unit; for SKR's own people the staff role."""
        offered = [f"{one.get_role_display()}, {one.unit.name}" for one in invitation.offered]
        return "; ".join(offered) or invitation.user.get_staff_role_display() or "–"

    @admin.display(description="läge")
    def state(self, invitation: Invitation) -> SafeString:
        """Waiting, accepted, revoked, expired, or its mail came back."""
        return invitation_state(invitation)
