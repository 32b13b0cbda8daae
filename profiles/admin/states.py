"""How a role and an invitation stand, in a word."""

from __future__ import annotations

from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_site import badge
from accounts.models import Invitation, User
from profiles.models import Membership


def membership_state(membership: Membership) -> SafeString:
    """In force, invited, revoked or ended."""
    if membership.ended_at:
        return badge("Avslutad")
    if membership.ends_on and membership.ends_on < timezone.localdate():
        return badge("Sista dagen har passerat")
    invitation = membership.invitation
    if invitation is None or invitation.accepted_at:
        if not membership.user.is_active:
            return badge("Kontot avstängt", "error")
        return badge("Mejl kommer tillbaka", "warning") if membership.user.bounced_at else badge("Gäller", "success")
    return invitation_state(invitation)


def invitation_state(invitation: Invitation) -> SafeString:
    """What became of an invitation."""
    if invitation.accepted_at:
        return badge("Accepterad", "success")
    if invitation.revoked_at:
        return badge("Återkallad")
    if invitation.expires_at <= timezone.now():
        return badge("Har gått ut", "warning")
    return badge("Mejlet kom tillbaka", "warning") if invitation.user.bounced_at else badge("Väntar", "info")


def person_state(user: User) -> SafeString:
    """Suspended, unreachable, active or not signed up."""
    if not user.is_active:
        return badge("Avstängd", "error")
    if user.bounced_at:
        return badge("Mejl kommer tillbaka", "warning")
    return badge("Aktiv", "success") if user.has_usable_password() else badge("Inte registrerad", "info")


def invited_message(membership: Membership) -> str:
    """What came of an invitation: a mail, or a role at once for somebody who has an account."""
    if membership.invitation is not None and membership.invitation.accepted_at is None:
        return f"En inbjudan är skickad till {membership.user.email}."
    return f"{membership.user} har redan ett konto och är nu {membership.get_role_display()} i {membership.unit.name}."
