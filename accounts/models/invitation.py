"""An invitation to make an account. It carries no secret: the proof is the mailbox and the steps of the sign-up."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, narrowed by whether they still hold."""

    def open(self, at: datetime) -> InvitationQuerySet:
        """Those that can still be accepted."""
        return self.filter(revoked_at=None, accepted_at=None, expires_at__gt=at)

    def vouched(self) -> InvitationQuerySet:
        """Those that somebody still stands for: the inviter's account is open. An operator's command has no inviter."""
        return self.filter(Q(inviter=None) | Q(inviter__is_active=True))


class Invitation(models.Model):
    """Who asked whom in, and what became of it. Unit and role hang on it as a `profiles.Membership`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations", verbose_name="person"
    )
    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="sent_invitations", verbose_name="inbjuden av"
    )
    created_at = models.DateTimeField("skapad")
    expires_at = models.DateTimeField("går ut")
    revoked_at = models.DateTimeField("återkallad", null=True, blank=True)
    accepted_at = models.DateTimeField("accepterad", null=True, blank=True)
    send_count = models.PositiveSmallIntegerField("antal utskick", default=1)
    last_sent_at = models.DateTimeField("senast skickad")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "inbjudan"
        verbose_name_plural = "inbjudningar"
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_not_both_accepted_and_revoked"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="invitation_expires_after_creation"),
        ]

    def __str__(self) -> str:
        return f"Inbjudan till {self.user}"
