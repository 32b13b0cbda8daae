"""Mail that comes back: mark the person, and tell who can mend the address.

The mark stands until her next complete sign-in or a new address. It closes nothing: a mistaken or forged report costs its
victim no access. Where it takes a unit's last Kontaktperson out of reach, SKR is told in the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Invitation, User
from profiles import contacts, notices
from profiles.models import Membership, Unit


@transaction.atomic
def note_bounce(*, email: str, at: datetime) -> bool:
    """Mark whose address it is, and tell her inviters and Kontaktpersoner, else SKR. False: nobody's, or marked already."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        return False
    units = contacts.lock_units_of(user)
    User.objects.select_for_update().get(pk=user.pk)
    if not User.objects.filter(pk=user.pk, bounced_at=None).update(bounced_at=at):
        return False
    audit.record("account:email:bounced", subject=user, at=at)
    notices.send("address_bounced", _whom_to_tell(user, at) - {user.email}, person=str(user), email=user.email)
    contacts.tell_if_lost(units, at=at)
    return True


def _whom_to_tell(user: User, at: datetime) -> set[str]:
    """Those who invited her, while she has not answered; the Kontaktpersoner where she has a role; SKR where there is nobody."""
    waiting = Invitation.objects.open(at).filter(user=user)
    inviters = User.objects.filter(is_active=True, bounced_at=None, sent_invitations__in=waiting)
    at_units = Unit.objects.filter(pk__in=Membership.objects.in_force().filter(user=user).values("unit"))
    able = Membership.objects.able_contacts().filter(unit__in=at_units).exclude(user=user)
    people = set(inviters.order_by("pk").values_list("email", flat=True))
    people |= set(able.order_by("pk").values_list("user__email", flat=True))
    return people or notices.coordinators()
