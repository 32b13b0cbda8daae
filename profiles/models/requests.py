"""Two questions that somebody answers: may I have a role at the unit, and will you take over mine."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from profiles.models.people import Membership, Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Requests for a role, narrowed by who answers them."""

    def waiting(self) -> AccessRequestQuerySet:
        """Those that nobody has answered."""
        return self.filter(outcome="")

    def visible_to(self, user: User | AnonymousUser) -> AccessRequestQuerySet:
        """One's own, and those to the units where one is Kontaktperson; SKR's people who may view units see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm("profiles.view_unit"):
            return self
        if user.viewing is not None:
            answers_them = user.viewing.role == Membership.Role.CONTACT
            return self.filter(unit=user.viewing.unit_id) if answers_them else self.none()
        answers = Membership.objects.in_force().filter(user=user, role=Membership.Role.CONTACT)
        return self.filter(Q(user=user) | Q(unit__in=answers.values("unit")))


class AccessRequest(models.Model):
    """A person with an account asks for a role at a unit, or for a higher one. Its Kontaktpersoner answer."""

    class Outcome(models.TextChoices):
        """What became of it; empty while it waits."""

        GRANTED = "granted", "Beviljad"
        DECLINED = "declined", "Avslagen"
        WITHDRAWN = "withdrawn", "Återtagen"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="access_requests", verbose_name="enhet")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_requests", verbose_name="person"
    )
    role = models.CharField("roll", max_length=20, choices=Membership.Role.choices)
    text = models.CharField("skäl", max_length=500)
    created_at = models.DateTimeField("begärd")
    outcome = models.CharField("svar", max_length=10, choices=Outcome.choices, blank=True)
    answer = models.CharField("svarets text", max_length=500, blank=True)
    answered_at = models.DateTimeField("besvarad", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="besvarad av"
    )

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "begäran om behörighet"
        verbose_name_plural = "begäranden om behörighet"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit"],
                condition=Q(outcome=""),
                name="access_request_one_waiting_per_user_and_unit",
                violation_error_message="Du har redan en begäran som väntar på svar.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", answered_at=None) | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="access_request_answered_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} i {self.unit}"


class HandoverQuerySet(models.QuerySet["Handover"]):
    """Handovers, narrowed by whether they can still be accepted and by whom they concern."""

    def open(self, at: datetime) -> HandoverQuerySet:
        """Those that wait for an answer and have not expired."""
        return self.filter(outcome="", expires_at__gt=at)

    def visible_to(self, user: User | AnonymousUser) -> HandoverQuerySet:
        """The giver's and the receiver's."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(giver=user) | Q(receiver=user))


class Handover(models.Model):
    """A Kontaktperson offers her role to a colleague of the unit. Nothing changes until the colleague accepts."""

    class Outcome(models.TextChoices):
        """What became of it; empty while it waits."""

        ACCEPTED = "accepted", "Mottagen"
        DECLINED = "declined", "Avböjd"
        WITHDRAWN = "withdrawn", "Återtagen"
        LAPSED = "lapsed", "Har gått ut"

    class Rest(models.TextChoices):
        """What the giver has afterwards."""

        NOTHING = "", "Ingen roll i enheten"
        READER = "reader", "Läsare"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="handovers", verbose_name="enhet")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="från")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="till")
    rest = models.CharField("lämnaren blir", max_length=10, choices=Rest.choices, blank=True)
    created_at = models.DateTimeField("erbjuden")
    expires_at = models.DateTimeField("går ut")
    outcome = models.CharField("svar", max_length=10, choices=Outcome.choices, blank=True)
    answered_at = models.DateTimeField("besvarad", null=True, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = "överlämning"
        verbose_name_plural = "överlämningar"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "giver"], condition=Q(outcome=""), name="handover_one_waiting_per_unit_and_giver"
            ),
            models.CheckConstraint(condition=~Q(giver=models.F("receiver")), name="handover_between_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} till {self.receiver}, {self.unit}"
