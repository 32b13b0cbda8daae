"""Close a person's account and open it again: SKR's Systemadministratör, for anybody but herself.

A closed account ends its sessions and journeys at once. What its owner had invited others to is taken back in the same
transaction, since nobody vouches for it any more; roles and credentials stay as they were for the day it is opened.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts import services as accounts
from accounts.access import NotAllowed
from accounts.models import Invitation, Session, SignUpJourney, User
from profiles.models import Membership

PERMISSION = "accounts.change_user_status"


def check_can_change_status(user: User, by: User) -> None:
    """Close or open an account."""
    if not by.has_perm(PERMISSION):
        raise NotAllowed("Bara SKR:s systemadministratörer stänger av och öppnar konton.")
    if user.pk == by.pk:
        raise NotAllowed("Du kan inte stänga av ditt eget konto.")


@transaction.atomic
def suspend_user(*, user: User, by: User, at: datetime) -> int:
    """Close the account; how many invitations of hers were taken back. Closing a closed account changes nothing."""
    check_can_change_status(user, by)
    User.objects.select_for_update().get(pk=user.pk)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, session_epoch=F("session_epoch") + 1):
        return 0
    if Session.objects.filter(user=user).delete()[0]:
        audit.record("account:session:all_ended", by=by, subject=user, at=at)
    accounts.end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "suspended", at=at)
    sent = Invitation.objects.open(at).filter(inviter=user).select_related("user").order_by("pk")
    for invitation in sent:
        accounts.revoke_invitation(invitation=invitation, by=by, at=at)
        Membership.objects.filter(invitation=invitation, ended_at=None).update(ended_at=at, ended_by=by)
    audit.record("account:user:suspended", by=by, subject=user, at=at)
    return len(sent)


@transaction.atomic
def restore_user(*, user: User, by: User, at: datetime) -> None:
    """Open the account again, with the credentials it had."""
    check_can_change_status(user, by)
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        audit.record("account:user:restored", by=by, subject=user, at=at)
