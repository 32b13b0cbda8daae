"""Recovery cases: SKR's decision, after a check of identity, to let a person register a factor anew (security note, 6).

A TOTP case lets somebody who knows her password register a new phone; the old one ends when the case is opened. A BOTH
case replaces both factors: a second person approves it, and it opens a day later, so that the owner has time to sign in,
which cancels it. Here are the rules about people and time; who at SKR may open a case is decided in `profiles.recovery`.
Every verb locks the user's row first, records `recovery:…`, and mails the owner (ASVS 6.4.4, 2.3.5).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit, limits, services
from accounts.access import NotAllowed
from accounts.models import AddressChange, DeviceSwap, RecoveryCase, RecoveryCode, SignUpJourney, TotpDevice, User
from config.lib import personnummer
from config.lib.mail import PortalMail

Kind = RecoveryCase.Kind
FEWEST_WORDS = 3  # of the identity check: "ringde växeln" says neither which one nor who answered
NUMBER_LENGTH, CHECK_LENGTH = 40, 1000


@transaction.atomic
def open_case(*, user: User, kind: str, case_number: str, identity_check: str, by: User, at: datetime) -> RecoveryCase:
    """Open a case for `user`, and cancel an older one of hers that has not come to an end.

    TOTP: the app is revoked with its secret, every session and journey ends at once, and the link leads to a new QR code
    for 24 hours, after the password. BOTH: nothing changes before somebody else has approved it. Raises NotAllowed.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    chosen = _check_person(user, kind, by)
    case_number, identity_check = _check_texts(case_number, identity_check)
    is_totp = chosen is Kind.TOTP
    if is_totp:
        _end_app(user, by, at)
    for older in RecoveryCase.objects.undecided(at).filter(user=user).select_for_update().order_by("pk"):
        _cancel(older, user, by=by, reason="replaced", at=at)
    case = RecoveryCase.objects.create(
        user=user,
        kind=chosen,
        case_number=case_number,
        identity_check=identity_check,
        opened_at=at,
        opened_by=by,
        valid_from=at if is_totp else None,
        valid_until=at + limits.CASE_TOTP_VALID if is_totp else None,
    )
    audit.record("recovery:opened", by=by, subject=user, object=case_number, result=chosen, at=at)
    _mail("opened", case, user, at)
    return case


@transaction.atomic
def approve_case(*, case: RecoveryCase, by: User, at: datetime) -> RecoveryCase:
    """Approve a BOTH case: it opens after 24 hours, for 24 hours. Raises NotAllowed, also to whoever opened it."""
    case, user = _locked(case, at)
    if by.pk == user.pk:
        raise NotAllowed("Du kan inte godkänna ett ärende för ditt eget konto.")
    if by.pk == case.opened_by_id:
        raise NotAllowed("Du öppnade ärendet. Det måste godkännas av någon annan.")
    if case.kind != Kind.BOTH:
        raise NotAllowed("Ärendet gäller bara telefonen och behöver inte godkännas.")
    if case.approved_at is not None:
        raise NotAllowed("Ärendet är redan godkänt.")
    if at > case.opened_at + limits.CASE_BOTH_APPROVAL:
        raise NotAllowed("Ärendet har väntat för länge. Kontrollera på nytt vem personen är och öppna ett nytt ärende.")
    if not user.is_active:
        raise NotAllowed("Kontot är avstängt och kan inte återställas.")
    case.approved_at, case.approved_by = at, by
    case.valid_from = at + limits.CASE_BOTH_WAIT
    case.valid_until = case.valid_from + limits.CASE_BOTH_VALID
    case.save(update_fields=["approved_at", "approved_by", "valid_from", "valid_until"])
    audit.record("recovery:approved", by=by, subject=user, object=case.case_number, result=case.kind, at=at)
    _mail("approved", case, user, at)
    return case


@transaction.atomic
def cancel_case(*, case: RecoveryCase, by: User, at: datetime) -> RecoveryCase:
    """Stop a case that is waiting or open; an app that it has revoked stays revoked. Raises NotAllowed."""
    case, user = _locked(case, at)
    _cancel(case, user, by=by, reason=case.kind, at=at)
    return case


def cancel_by_sign_in(user: User, *, at: datetime) -> None:
    """Whoever signs in with both factors has lost neither: stop her BOTH case. The caller holds the user's lock."""
    cases = RecoveryCase.objects.undecided(at).filter(user=user, kind=Kind.BOTH)
    for case in cases.select_for_update().order_by("pk"):
        _cancel(case, user, by=user, reason="sign_in", at=at)


def restore_app(user: User, secret: bytes, *, last_t: int, at: datetime) -> TotpDevice:
    """The new phone that a TOTP case allows; the password stays. The caller has locked and checked the user.

    `last_t` is the time step of the code that proved the app: it is not accepted again.
    """
    device = services.write_device(user, secret, last_t=last_t, at=at)
    services.end_sessions(user, at=at)
    _use(user, Kind.TOTP, at)
    return device


def restore_account(user: User, secret: bytes, encoded: str, *, last_t: int, at: datetime) -> TotpDevice:
    """The new phone and the new password that a BOTH case allows; the recovery codes on the lost paper end too.

    The caller has locked and checked the user.
    """
    device = services.write_device(user, secret, last_t=last_t, at=at)
    services.write_password(user, encoded, at=at)
    RecoveryCode.objects.filter(user=user).delete()
    audit.record("account:password:changed", by=user, subject=user, at=at)
    _use(user, Kind.BOTH, at)
    return device


# Rules ---------------------------------------------------------------------------------------------------------------


def _check_person(user: User, kind: str, by: User) -> RecoveryCase.Kind:
    """Whether there is something to recover, and by whom."""
    if by.pk == user.pk:
        raise NotAllowed("Du kan inte öppna ett ärende för ditt eget konto. Be en kollega.")
    if not user.is_active:
        raise NotAllowed("Kontot är avstängt och kan inte återställas.")
    if not user.has_usable_password():
        raise NotAllowed("Personen har inte skapat sitt konto ännu. Skicka inbjudan igen i stället.")
    try:
        chosen = Kind(kind)
    except ValueError:
        raise NotAllowed("Välj vad personen har förlorat.") from None
    if user.is_staff and chosen is not Kind.BOTH:
        raise NotAllowed("Konton hos SKR återställs alltid i sin helhet, efter godkännande av två andra personer.")
    return chosen


def _check_texts(case_number: str, identity_check: str) -> tuple[str, str]:
    """Both are needed, and neither may hold a personnummer: they are read by others and kept."""
    case_number, identity_check = " ".join(case_number.split()), identity_check.strip()
    if not case_number:
        raise NotAllowed("Skriv ärendets nummer.")
    if len(case_number) > NUMBER_LENGTH:
        raise NotAllowed(f"Ärendets nummer får vara högst {NUMBER_LENGTH} tecken.")
    if len(identity_check.split()) < FEWEST_WORDS:
        raise NotAllowed(
            "Skriv med några ord hur du har kontrollerat vem personen är: vilket nummer du ringde och vem som svarade."
        )
    if len(identity_check) > CHECK_LENGTH:
        raise NotAllowed(f"Beskrivningen av kontrollen får vara högst {CHECK_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(case_number) or personnummer.LOOKS_LIKE.search(identity_check):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Ta bort det.")
    return case_number, identity_check


# Steps ---------------------------------------------------------------------------------------------------------------


def _locked(case: RecoveryCase, at: datetime) -> tuple[RecoveryCase, User]:
    """The case and its user, both locked; raises NotAllowed for one that has come to an end."""
    user = User.objects.select_for_update().get(pk=case.user_id)
    found = RecoveryCase.objects.undecided(at).select_for_update().filter(pk=case.pk).first()
    if found is None:
        raise NotAllowed("Ärendet är redan avslutat.")
    return found, user


def _cancel(case: RecoveryCase, user: User, *, by: User, reason: str, at: datetime) -> None:
    case.cancelled_at, case.cancelled_by = at, by
    case.save(update_fields=["cancelled_at", "cancelled_by"])
    audit.record("recovery:cancelled", by=by, subject=user, object=case.case_number, result=reason, at=at)
    _mail("cancelled", case, user, at, is_by_owner=by.pk == user.pk)


def _end_app(user: User, by: User, at: datetime) -> None:
    """The lost phone is worth nothing from now on, nor is anything that was signed in or begun with it."""
    services.end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "recovery", at=at)
    AddressChange.objects.filter(user=user, used_at=None, replaced_at=None).update(replaced_at=at)
    services.revoke_devices(user, reason="recovery", by=by, at=at)
    DeviceSwap.objects.filter(user=user).delete()
    services.end_sessions(user, by=by, at=at)


def _use(user: User, kind: str, at: datetime) -> None:
    """A case opens one door once. That there is one is what the branch was chosen by, under the same lock."""
    case = RecoveryCase.objects.valid(at).select_for_update().get(user=user, kind=kind)
    case.used_at = at
    case.save(update_fields=["used_at"])
    audit.record("recovery:used", by=user, subject=user, object=case.case_number, result=kind, at=at)
    _mail("used", case, user, at)


def _mail(step: str, case: RecoveryCase, user: User, at: datetime, **more: object) -> None:
    """Tell the owner what happened; by SKR as a whole, since the mail may be read by somebody else."""
    context = {"case": case, "is_both": case.kind == Kind.BOTH, "at": at, **more}
    PortalMail(f"accounts/recovery_{step}", to=user.email, context=context).send()
