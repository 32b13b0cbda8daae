"""What is kept of people's requests and of former contacts, and for how long. The audit trail tells who did what for longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts import limits
from accounts.retention import note
from config.lib.retention import Rule, carry_out
from profiles.models import AccessRequest, ContactPerson, Handover, UnitNote

RULES = (
    Rule(
        "access_requests",
        "besvarade begäranden om behörighet",
        limits.ANSWERS_KEPT,
        lambda upto: AccessRequest.objects.filter(answered_at__lte=upto),
    ),
    Rule(
        "handovers",
        "avslutade överlämningar",
        limits.ANSWERS_KEPT,
        lambda upto: Handover.objects.filter(Q(answered_at__lte=upto) | Q(outcome="", expires_at__lte=upto)),
    ),
    Rule(
        "contact_persons",
        "tidigare kontakter i sakfrågor",
        limits.CONTACTS_KEPT,
        lambda upto: ContactPerson.objects.filter(ended_at__lte=upto),
    ),
    Rule(
        "unit_notes",
        "anteckningar om enheter",
        limits.UNIT_NOTES_KEPT,
        lambda upto: UnitNote.objects.alias(written=Coalesce("corrected_at", "at")).filter(written__lte=upto, pinned_at=None),
    ),
)


def purge(*, at: datetime, older_than: timedelta | None = None, dry_run: bool = False) -> dict[str, int]:
    """Carry out every rule, with a receipt in the audit trail for each batch; what went, by the rules' words."""
    return {rule.what: carry_out(rule, at=at, older_than=older_than, dry_run=dry_run, receipt=note) for rule in RULES}
