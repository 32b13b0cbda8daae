"""Close a person's account and open it again: SKR's Systemadministratör, for anybody but herself.

A closed account ends its sessions and journeys at once. What its owner had invited others to is taken back in the same
transaction, since nobody vouches for it any more, and SKR is told, also where a unit has lost its last Kontaktperson.
Roles and credentials stay as they were for the day the account is opened.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts import services as accounts
from accounts.access import NotAllowed
from accounts.models import Invitation, SignUpJourney, User
from profiles import contacts, notices
from profiles.models import Membership, Unit

PERMISSION = "accounts.change_user_status"


def check_can_change_status(user: User, by: User) -> None:
    """Close or open an account."""
    if not by.has_perm(PERMISSION):
        raise NotAllowed("Bara SKR:s systemadministratörer stänger av och öppnar konton.")
    if user.pk == by.pk:
        raise NotAllowed("Du kan inte stänga av ditt eget konto.")


def suspend_user(*, user: User, by: User, at: datetime) -> int:
    """Close the account; how many invitations of hers were taken back. Closing a closed account changes nothing."""
    check_can_change_status(user, by)
    return close_account(user=user, by=by, at=at)


@transaction.atomic
def close_account(*, user: User, by: User | None, at: datetime, result: str = "") -> int:
    """What `suspend_user` does once it is allowed, and `profiles.dormancy` with nobody behind it."""
    units = contacts.lock_units_of(user)
    user = User.objects.select_for_update().get(pk=user.pk)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return 0
    accounts.end_sessions(user, by=by, at=at)
    accounts.end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "suspended", at=at)
    revoked = _revoke_sent(user, by=by, at=at)
    audit.record("account:user:suspended", by=by, subject=user, result=result, at=at)
    contacts.tell_if_lost(units, at=at)
    return revoked


@transaction.atomic
def restore_user(*, user: User, by: User, at: datetime) -> None:
    """Open the account again, with the credentials it had."""
    check_can_change_status(user, by)
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        audit.record("account:user:restored", by=by, subject=user, at=at)


def _revoke_sent(user: User, *, by: User | None, at: datetime) -> int:
    """Take back what the person had invited others to; her units' other Kontaktpersoner and SKR are told (INB-05)."""
    sent = list(Invitation.objects.open(at).filter(inviter=user).select_related("user").order_by("pk"))
    promised = Membership.objects.filter(invitation__in=sent, ended_at=None)
    units = list(Unit.objects.filter(pk__in=promised.values("unit")).order_by("pk"))
    promised.update(ended_at=at, ended_by=by)
    for invitation in sent:
        accounts.revoke_invitation(invitation=invitation, by=by, at=at)
    for unit in units:
        notices.tell_contacts(unit, "people_revoked", besides=[user, by], and_skr=True)
    return len(sent)
