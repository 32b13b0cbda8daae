"""What you may act for: units and the memberships that give people a role at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.lib import context
from config.lib.text import sort_key

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def _people() -> models.Count:
    """How many hold a role in force at a unit, with an open account."""
    able = Membership.objects.in_force().filter(user__is_active=True)
    return models.Count("memberships", filter=Q(memberships__in=able))


def _has_contact() -> models.Exists:
    """Whether a unit has a Kontaktperson who can be reached."""
    return models.Exists(Membership.objects.able_contacts().filter(unit=models.OuterRef("pk")))


def _is_confirmed(since: datetime) -> models.Exists:
    """Whether a Kontaktperson has gone through a unit's people at that time or later."""
    return models.Exists(PeopleConfirmation.objects.filter(unit=models.OuterRef("pk"), at__gte=since))


def in_sight(user: User | AnonymousUser, *, at: str = "unit") -> Q:
    """A filter for what belongs to the units that the person sees, by the path to the unit.

    A submitter sees the units she holds a role at; SKR staff who may view units see all.
    """
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.viewing is not None:
        return Q((at, user.viewing.unit_id))
    return Q() if user.has_perm("profiles.view_unit") else Q((f"{at}__in", Membership.objects.units_of(user)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with those who act for a unit."""

    people: int  # who can sign in
    has_contact: bool  # who can be reached, and let a colleague in
    is_confirmed: bool  # a Kontaktperson has gone through them


class UnitQuerySet(models.QuerySet["Unit"]):
    """Units, narrowed by who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> UnitQuerySet:
        """Those that `in_sight` lets the person see."""
        return self.filter(in_sight(user, at="pk"))

    def without_contact(self) -> UnitQuerySet:
        """Those that hand in but have no Kontaktperson who can be reached: nobody can let a colleague in."""
        return self.filter(~_has_contact(), is_active=True)

    def confirmed_since(self, at: datetime) -> UnitQuerySet:
        """Those whose people a Kontaktperson has gone through at that time or later."""
        return self.filter(_is_confirmed(at))

    def with_people(self) -> UnitQuerySet:
        """With how many can sign in for the unit now, as `people`."""
        return self.annotate(people=_people())

    def standing(self, since: datetime) -> dict[int, Standing]:
        """How it stands with those who act for each unit, by its key; gone through since then or not."""
        asked = self.annotate(people=_people(), has_contact=_has_contact(), is_confirmed=_is_confirmed(since)).order_by("pk")
        rows = asked.values_list("pk", "people", "has_contact", "is_confirmed")
        return {pk: Standing(people, has_contact, is_confirmed) for pk, people, has_contact, is_confirmed in rows}

    def in_order(self) -> UnitQuerySet:
        """By Swedish name."""
        return self.order_by("sort_key", "pk")


class Unit(models.Model):
    """An employer that hands in: kommun, region, kommunalförbund or company."""

    class Kind(models.TextChoices):
        """What sort of employer; the layout and the checks differ by it."""

        KOMMUN = "kommun", "Kommun"
        REGION = "region", "Region"
        KOMMUNALFORBUND = "kommunalforbund", "Kommunalförbund"
        BOLAG = "bolag", "Bolag"

    code = models.CharField(
        "kod", max_length=10, unique=True, error_messages={"unique": "Koden används redan av en annan enhet."}
    )
    name = models.CharField("namn", max_length=100)
    kind = models.CharField("typ", max_length=20, choices=Kind.choices)
    sort_key = models.CharField(max_length=100, editable=False, default="")
    is_active = models.BooleanField("lämnar uppgifter", default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "enhet"
        verbose_name_plural = "enheter"
        indexes = [models.Index(fields=["sort_key"], name="unit_sort_key")]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def save(self, *args: object, **kwargs: object) -> None:
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships, narrowed by whether they hold now. A last day that has passed ends one by itself, whatever else stands there."""

    def lasting(self) -> MembershipQuerySet:
        """Not ended, and not past the last day in Sweden."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=timezone.localdate()), ended_at=None)

    def past(self) -> MembershipQuerySet:
        """Past the last day, and not yet written down as ended (`profiles.end_dates`)."""
        return self.filter(ends_on__lt=timezone.localdate(), ended_at=None)

    def in_force(self) -> MembershipQuerySet:
        """Accepted (or given to somebody who already had an account) and not ended."""
        return self.lasting().filter(Q(invitation=None) | Q(invitation__accepted_at__isnull=False))

    def roles_of(self, user: User) -> dict[int, str]:
        """The person's role in force at each unit, by the unit's key: one query in a whole page that only reads."""
        return context.remember(("roles", user.pk), lambda: dict(self._held_by(user).values_list("unit_id", "role")))

    def units_of(self, user: User) -> list[int] | models.QuerySet[Membership, Any]:
        """The keys of those units, for a filter: as they are known in a page that only reads, else asked with its question."""
        return list(self.roles_of(user)) if context.is_remembering() else self._held_by(user).values("unit")

    def _held_by(self, user: User) -> MembershipQuerySet:
        return self.in_force().filter(user=user)

    def pending(self) -> MembershipQuerySet:
        """Invited and not yet accepted, revoked or ended."""
        return self.lasting().filter(invitation__accepted_at=None, invitation__isnull=False, invitation__revoked_at=None)

    def able_contacts(self) -> MembershipQuerySet:
        """Kontaktpersoner in force whose account is open and whose mail arrives."""
        return self.in_force().filter(role=Membership.Role.CONTACT, user__is_active=True, user__bounced_at=None)

    def visible_to(self, user: User | AnonymousUser) -> MembershipQuerySet:
        """Those at the units one sees."""
        return self.filter(in_sight(user))


class Membership(models.Model):
    """A person's role at a unit."""

    class Role(models.TextChoices):
        """What the person may do there (architecture, "Roles")."""

        READER = "reader", "Läsare"
        SUBMITTER = "submitter", "Uppgiftslämnare"
        CONTACT = "contact", "Kontaktperson"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name="person"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="memberships", verbose_name="enhet")
    role = models.CharField("roll", max_length=20, choices=Role.choices)
    invitation = models.ForeignKey(
        "accounts.Invitation", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    created_at = models.DateTimeField("skapad")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="skapad av"
    )
    ends_on = models.DateField("till och med", null=True, blank=True)
    ended_at = models.DateTimeField("avslutad", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="avslutad av"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "behörighet"
        verbose_name_plural = "behörigheter"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit"],
                condition=Q(ended_at=None),
                name="membership_one_per_user_and_unit",
                violation_error_message="Personen har redan en roll i enheten.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} i {self.unit}"


class PeopleConfirmation(models.Model):
    """Once a year a Kontaktperson says who shall still have a role at the unit (security note, attack E9)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="people_confirmations", verbose_name="enhet")
    at = models.DateTimeField("bekräftad")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="bekräftad av")
    kept = models.PositiveSmallIntegerField("kvar")
    ended = models.PositiveSmallIntegerField("avslutade")

    class Meta:
        verbose_name = "bekräftelse av personer"
        verbose_name_plural = "bekräftelser av personer"
        indexes = [models.Index(fields=["unit", "-at"], name="people_confirmation_latest")]

    def __str__(self) -> str:
        return f"{self.unit}, {timezone.localdate(self.at).isoformat()}"
