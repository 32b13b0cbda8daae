"""What is known of a unit besides its people: whom to ring, payroll system, organisation numbers, and whose company it is.

All of it is dated, and what was true before stays: a change ends a row and makes another.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.lib import orgnr
from profiles.models.people import Unit


class ContactPerson(models.Model):
    """Whom SKR rings about the unit's figures. Needs no account; the latest without an end is the one."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="contact_persons", verbose_name="enhet")
    name = models.CharField("namn", max_length=100)
    title = models.CharField("befattning", max_length=100, blank=True)
    email = models.EmailField("e-post", max_length=254, blank=True)
    phone = models.CharField("telefon", max_length=30, blank=True)
    at = models.DateTimeField("angiven")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="angiven av")
    ended_at = models.DateTimeField("ersatt", null=True, blank=True)

    class Meta:
        verbose_name = "kontakt i sakfrågor"
        verbose_name_plural = "kontakter i sakfrågor"
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(ended_at=None), name="contact_person_one_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.unit}"


class PayrollSystem(models.Model):
    """Which payroll system a unit's file of one year comes from; a change since last year is told to SKR (KOM03)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="payroll_systems", verbose_name="enhet")
    year = models.PositiveSmallIntegerField("år")
    code = models.CharField("lönesystem", max_length=30)  # of the year's list lonesystem
    other = models.CharField("annat lönesystem", max_length=60, blank=True)
    name = models.CharField("namn i listan", max_length=100, blank=True)  # as it stood when it was chosen
    at = models.DateTimeField("angivet")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="angivet av")

    class Meta:
        verbose_name = "lönesystem"
        verbose_name_plural = "lönesystem"
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="payroll_system_one_per_unit_and_year")]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}: {self.shown_name}"

    @property
    def shown_name(self) -> str:
        """What the system is called."""
        return self.other or self.name or self.code


class DatedQuerySet(models.QuerySet["OrganisationNumber"]):
    """Numbers, narrowed by day."""

    def valid_on(self, day: date) -> DatedQuerySet:
        """Those that hold that day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class OrganisationNumber(models.Model):
    """An organisation number that the unit's employments are reported under (field 3 of the file); it may have several."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="organisation_numbers", verbose_name="enhet")
    number = models.CharField("organisationsnummer", max_length=10)  # ten digits
    valid_from = models.DateField("gäller från")
    valid_to = models.DateField("gäller till och med", null=True, blank=True)
    at = models.DateTimeField("angivet")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="angivet av")

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "organisationsnummer"
        verbose_name_plural = "organisationsnummer"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"], condition=Q(valid_to=None), name="organisation_number_once_per_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.formatted

    @property
    def formatted(self) -> str:
        """As it is written: 212000-0142."""
        return orgnr.format_number(self.number)


class UnitRelation(models.Model):
    """That one unit owns another, or is a member of it, between two days. It gives nobody a right at the other unit."""

    class Kind(models.TextChoices):
        """How `child` belongs to `parent`."""

        OWNED = "owned", "Ägs av"
        MEMBER = "member", "Har som medlem"
        REPLACES = "replaces", "Har tagit över från"

    child = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="relations_up", verbose_name="enhet")
    kind = models.CharField("slag", max_length=10, choices=Kind.choices, default=Kind.OWNED)
    parent = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="relations_down", verbose_name="till enhet")
    valid_from = models.DateField("från")
    valid_to = models.DateField("till och med", null=True, blank=True)
    at = models.DateTimeField("angiven")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="angiven av")

    class Meta:
        verbose_name = "relation mellan enheter"
        verbose_name_plural = "relationer mellan enheter"
        constraints = [
            models.CheckConstraint(condition=~Q(child=F("parent")), name="unit_relation_of_two_units"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="unit_relation_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["child", "kind", "parent"], condition=Q(valid_to=None), name="unit_relation_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child.name} {self.get_kind_display().lower()} {self.parent.name}"
