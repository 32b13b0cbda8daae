"""Units, persons, their roles and their invitations in the admin. Persons' passwords and second factors are nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, badge, portal_admin
from accounts.models import Invitation, User
from profiles import services, suspension
from profiles.models import Membership, Unit


class InviteForm(forms.Form):
    """Whom to invite to a unit, and as what."""

    email = forms.EmailField(
        label="E-post",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Skriv personens e-postadress.",
            "invalid": "Skriv en e-postadress, till exempel namn@kommun.se.",
        },
    )
    name = forms.CharField(
        label="Namn",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv personens namn."},
    )
    role = forms.ChoiceField(label="Roll", choices=Membership.Role.choices, initial=Membership.Role.CONTACT)


@admin.register(Unit, site=portal_admin)
class UnitAdmin(PortalAdmin):
    """The employers that hand in, and who works there."""

    position = 40
    lead = "Kommuner, regioner, kommunalförbund och bolag som lämnar uppgifter."
    list_display = ("name", "code", "kind", "contacts", "is_asked")
    list_display_links = ("name",)
    list_filter = ("kind", "is_active")
    search_fields = ("name", "code__startswith")
    search_help_text = "Sök namn eller kod"
    ordering = ("sort_key", "pk")
    object_template = "admin/profiles/unit.html"
    facts = ("code", "kind", "is_asked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        """With the Kontaktpersoner."""
        contacts = (
            Membership.objects.in_force().filter(role=Membership.Role.CONTACT).select_related("user").order_by("user__name", "pk")
        )
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("memberships", queryset=contacts, to_attr="contact_memberships"))
        )

    @admin.display(description="kontaktpersoner")
    def contacts(self, unit: Any) -> str:
        """Names of the Kontaktpersoner in force."""
        return ", ".join(str(one.user) for one in unit.contact_memberships) or "–"

    @admin.display(description="lämnar uppgifter", ordering="is_active")
    def is_asked(self, unit: Unit) -> SafeString:
        """Whether the unit is asked to hand in."""
        return badge("Ja", "success") if unit.is_active else badge("Nej")

    def details(self, request: HttpRequest, obj: Unit) -> dict[str, Any]:
        """The people of the unit, and the way to invite one."""
        people = obj.memberships.filter(ended_at=None).select_related("user", "invitation").order_by("user__name", "pk")
        may_invite = request.user.has_perm("profiles.invite_membership")
        return {
            "people": [(one, membership_state(one)) for one in people],
            "invite_url": self.page_url("invite", obj.pk) if may_invite else "",
        }

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Invite somebody to the unit."""
        return [("<int:unit_id>/bjud-in/", require_http_methods(["GET", "HEAD", "POST"])(self.invite), "invite")]

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


def invited_message(membership: Membership) -> str:
    """What came of an invitation: a mail, or a role at once for somebody who has an account."""
    if membership.invitation is not None and membership.invitation.accepted_at is None:
        return f"En inbjudan är skickad till {membership.user.email}."
    return f"{membership.user} har redan ett konto och är nu {membership.get_role_display()} i {membership.unit.name}."


def membership_state(membership: Membership) -> SafeString:
    """In force, invited, revoked or ended."""
    if membership.ended_at:
        return badge("Avslutad")
    invitation = membership.invitation
    if invitation is None or invitation.accepted_at:
        return badge("Gäller", "success")
    return invitation_state(invitation)


def invitation_state(invitation: Invitation) -> SafeString:
    """What became of an invitation."""
    if invitation.accepted_at:
        return badge("Accepterad", "success")
    if invitation.revoked_at:
        return badge("Återkallad")
    return badge("Väntar", "info") if invitation.expires_at > timezone.now() else badge("Har gått ut", "warning")


@admin.register(Membership, site=portal_admin)
class MembershipAdmin(PortalAdmin):
    """Who has which role where."""

    position = 42
    lead = "Vem som har vilken roll i vilken enhet."
    list_display = ("person", "unit", "role", "state", "created_at", "created_by")
    list_filter = ("role", "unit__kind")
    search_fields = ("user__name", "user__email", "unit__name", "unit__code__startswith")
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


@admin.register(User, site=portal_admin)
class UserAdmin(PortalAdmin):
    """Persons: names, roles and last sign-in."""

    position = 44
    lead = "Alla som har eller har haft ett konto. Lösenord och koder visas inte och kan inte ändras här."
    list_display = ("shown_name", "email", "roles", "state", "last_login")
    list_filter = ("staff_role", "is_active")
    search_fields = ("name", "email")
    search_help_text = "Sök namn eller e-post"
    ordering = ("name", "email", "pk")
    object_template = "admin/profiles/user.html"
    facts = ("email", "phone", "roles", "created_at", "last_login", "state")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Close the account and open it again."""
        return [
            ("<int:user_id>/stang-av/", require_POST(self.suspend), "suspend"),
            ("<int:user_id>/oppna/", require_POST(self.restore), "restore"),
        ]

    def details(self, request: HttpRequest, obj: User) -> dict[str, Any]:
        """The button that fits, for those who may press it."""
        may = request.user.has_perm(suspension.PERMISSION) and request.user.pk != obj.pk
        return {
            "suspend_url": self.page_url("suspend", obj.pk) if may and obj.is_active else "",
            "restore_url": self.page_url("restore", obj.pk) if may and not obj.is_active else "",
        }

    def suspend(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Stäng av."""
        asked = self.require(request, suspension.PERMISSION)
        user = self.find(request, user_id)
        return self.perform(
            request,
            lambda: suspension.suspend_user(user=user, by=asked.user, at=timezone.now()),
            done=f"Kontot för {user} är avstängt. Personen är utloggad, och inbjudningar som väntade från personen är återkallade.",
            back=self.object_url(user),
        )

    def restore(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Öppna igen."""
        asked = self.require(request, suspension.PERMISSION)
        user = self.find(request, user_id)
        return self.perform(
            request,
            lambda: suspension.restore_user(user=user, by=asked.user, at=timezone.now()),
            done=f"Kontot för {user} är öppet igen.",
            back=self.object_url(user),
        )

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
        """Active, invited or suspended."""
        if not user.is_active:
            return badge("Avstängd", "error")
        return badge("Aktiv", "success") if user.has_usable_password() else badge("Inte registrerad", "info")


def _first(names: list[str], most: int = 5) -> str:
    """The first few, and how many more."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" och {rest} till" if rest > 0 else "")


class InvitationStateFilter(admin.SimpleListFilter):
    """What became of the invitation."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("vantar", "Väntar"), ("utgangen", "Har gått ut"), ("accepterad", "Accepterad"), ("aterkallad", "Återkallad")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Invitation]:
        now = timezone.now()
        match self.value():
            case "vantar":
                return queryset.open(now)
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

    position = 46
    lead = "Inbjudningar till portalen. En inbjudan innehåller ingen hemlig länk; personen visar vem hon är med sin e-post."
    list_display = ("person", "roles", "state", "inviter", "expires_on")
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

    @admin.display(description="går ut", ordering="expires_at")
    def expires_on(self, invitation: Invitation) -> date:
        """The day only: the list is read across."""
        return timezone.localdate(invitation.expires_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """With what was offered."""
        offered = Membership.objects.select_related("unit").order_by("unit__sort_key", "pk")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", queryset=offered, to_attr="offered"))

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Send again, or take back."""
        return [
            ("<int:invitation_id>/skicka-igen/", require_POST(self.resend), "resend"),
            ("<int:invitation_id>/aterkalla/", require_POST(self.revoke), "revoke"),
        ]

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The two buttons, while the invitation waits and belongs to a unit."""
        waits = obj.accepted_at is None and obj.revoked_at is None and bool(obj.offered)
        may = waits and request.user.has_perm("profiles.invite_membership")
        return {
            "resend_url": self.page_url("resend", obj.pk) if may else "",
            "revoke_url": self.page_url("revoke", obj.pk) if may else "",
        }

    def resend(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Send the mail once more."""
        return self._with_membership(request, invitation_id, services.resend_invitation, "Inbjudan är skickad igen.")

    def revoke(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Take the invitation back."""
        return self._with_membership(request, invitation_id, services.revoke_invitation, "Inbjudan är återkallad.")

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
        """Waiting, accepted, revoked or expired."""
        return invitation_state(invitation)
