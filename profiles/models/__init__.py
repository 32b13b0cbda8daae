"""What you may act for: units, the people who act for them, and what is known of a unit."""

from profiles.models.facts import ContactPerson, OrganisationNumber, PayrollSystem, UnitRelation
from profiles.models.mergers import UnitMerger
from profiles.models.names import UnitName
from profiles.models.notes import UnitNote
from profiles.models.people import (
    Membership,
    MembershipQuerySet,
    PeopleConfirmation,
    Unit,
    UnitQuerySet,
    in_sight,
)
from profiles.models.requests import AccessRequest, Handover

__all__ = [
    "AccessRequest",
    "ContactPerson",
    "Handover",
    "Membership",
    "MembershipQuerySet",
    "OrganisationNumber",
    "PayrollSystem",
    "PeopleConfirmation",
    "Unit",
    "UnitMerger",
    "UnitName",
    "UnitNote",
    "UnitQuerySet",
    "UnitRelation",
    "in_sight",
]
