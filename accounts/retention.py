"""What the accounts keep only for a while (security note, sections 2, 4 and A-11): strangers' addresses, secrets, origins.

The audit trail is kept; so are revoked apps, whose secrets are wiped when they are revoked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts import audit, limits
from accounts.models import AddressChange, AuditOrigin, DeviceSwap, Draft, RateLimit, RecoveryBatch, Session, SignUpJourney
from config.lib.retention import Rule, carry_out

ITSELF = timedelta()  # the row knows when it is over

RULES = (
    Rule(
        "journeys",
        "påbörjade registreringar",
        limits.JOURNEY_KEPT,
        lambda upto: SignUpJourney.objects.filter(created_at__lte=upto),
    ),
    Rule("counters", "räknare", ITSELF, lambda upto: RateLimit.objects.filter(expires_at__lte=upto)),
    Rule("sessions", "avslutade inloggningar", ITSELF, lambda upto: Session.objects.filter(expire_date__lte=upto)),
    Rule("drafts", "utkast", limits.DRAFT_KEPT, lambda upto: Draft.objects.filter(created_at__lte=upto)),
    Rule(
        "address_changes",
        "påbörjade byten av e-post",
        limits.JOURNEY_KEPT,
        lambda upto: AddressChange.objects.filter(sent_at__lte=upto),
    ),
    Rule("swaps", "påbörjade byten av telefon", limits.DEVICE_SWAP, lambda upto: DeviceSwap.objects.filter(created_at__lte=upto)),
    Rule(
        "batches",
        "återställningskoder som inte togs i bruk",
        limits.RECOVERY_BATCH,
        lambda upto: RecoveryBatch.objects.filter(created_at__lte=upto),
    ),
    Rule("origins", "IP-adresser och webbläsare", limits.ORIGIN_KEPT, lambda upto: AuditOrigin.objects.filter(at__lte=upto)),
)


def note(what: str, count: int) -> None:
    """The receipt of a purge: what went, and how much of it."""
    audit.record("data:deleted", object=what, result=str(count))


def tidy(*, at: datetime) -> dict[str, int]:
    """Carry out every rule; what went. Runs every hour and leaves no receipt: these rows are means, not data."""
    return {rule.name: carry_out(rule, at=at) for rule in RULES}
