"""What happens to people and their invitations. Each verb is one transaction with its audit event and its mails.

Every writer of a user's credentials, journeys or invitations locks the user's row first.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit, limits, passwords, throttling, totp
from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from accounts.device_cookie import STRANGE
from accounts.models import EmailCode, Invitation, NoticeAcceptance, Session, SignUpJourney, TotpDevice, User
from accounts.roles import StaffRole
from config.lib.mail import PortalMail

# Invitations ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite_user(
    *,
    email: str,
    by: User | None,
    at: datetime,
    name: str = "",
    matter: str = "",
    staff_role: str = "",
    in_bulk: bool = False,
) -> tuple[User, Invitation | None]:
    """Invite an address, and give its user and the invitation; None for somebody who has an account already.

    `matter` is what she is invited to ("Uppgiftslämnare i Trosa kommun"), for the mail. Somebody with an account is told
    of her new role and keeps credentials and sessions. `by` is None only from an operator's command; `in_bulk` where many are
    invited at once and the mails wait their turn. Raises NotAllowed.
    """
    try:
        email = normalise_email(email)
    except ValidationError as error:
        raise NotAllowed(error.messages[0]) from error
    user, is_new = User.objects.get_or_create(email=email, defaults=_new_user(name, staff_role, at))
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed("Kontot är avstängt. Det är SKR som kan öppna det igen.")
    if not is_new and user.staff_role != staff_role:
        raise NotAllowed("Adressen hör redan till ett konto av annat slag.")
    if name and not user.name:
        user.name = name
        user.save(update_fields=["name"])
    if user.has_usable_password():
        _mail_role_added(user, by, matter, in_bulk=in_bulk)
        audit.record("access:changed", by=by, subject=user, object=matter, result="added", at=at)
        return user, None
    invitation = Invitation.objects.create(
        user=user, inviter=by, created_at=at, expires_at=at + limits.INVITATION_LIFETIME, last_sent_at=at
    )
    _mail_invitation(invitation, matter, in_bulk=in_bulk)
    audit.record("invitation:created", by=by, subject=user, object=matter, at=at)
    return user, invitation


def _new_user(name: str, staff_role: str, at: datetime) -> dict[str, object]:
    user = User()
    user.set_unusable_password()
    return {"name": name, "staff_role": staff_role, "created_at": at, "password": user.password}


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: User, at: datetime, matter: str = "") -> Invitation:
    """Send an invitation again and renew it: at most three times, an hour apart, within 30 days. Raises NotAllowed."""
    invitation = _locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise NotAllowed("Inbjudan är redan använd eller återkallad.")
    if invitation.send_count > limits.INVITATION_RESENDS or at > invitation.created_at + limits.INVITATION_TOTAL:
        raise NotAllowed("Inbjudan kan inte skickas fler gånger. Återkalla den och bjud in på nytt.")
    if at < invitation.last_sent_at + limits.INVITATION_RESEND_INTERVAL:
        raise NotAllowed("Inbjudan skickades nyss. Vänta en timme innan du skickar den igen.")
    invitation.send_count += 1
    invitation.last_sent_at = at
    invitation.expires_at = min(at + limits.INVITATION_LIFETIME, invitation.created_at + limits.INVITATION_TOTAL)
    invitation.save(update_fields=["send_count", "last_sent_at", "expires_at"])
    _mail_invitation(invitation, matter)
    audit.record("invitation:sent", by=by, subject=invitation.user, at=at)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User | None, at: datetime) -> Invitation:
    """Take an invitation back. A sign-up that is under way stops at its next step. Raises NotAllowed."""
    invitation = _locked(invitation)
    if invitation.accepted_at:
        raise NotAllowed("Inbjudan är redan använd.")
    if invitation.revoked_at is None:
        invitation.revoked_at = at
        invitation.save(update_fields=["revoked_at"])
        audit.record("invitation:revoked", by=by, subject=invitation.user, at=at)
    return invitation


def _locked(invitation: Invitation) -> Invitation:
    User.objects.select_for_update().get(pk=invitation.user_id)
    return Invitation.objects.select_for_update(of=("self",)).select_related("user", "inviter").get(pk=invitation.pk)


def _mail_invitation(invitation: Invitation, matter: str, *, in_bulk: bool = False) -> None:
    """The mail holds the start page's address and no secret. It reopens a lane that strangers' guesses have closed."""
    email = invitation.user.email
    _reopen_lane(email)
    context = {"matter": matter, "inviter": str(invitation.inviter or ""), "expires_at": invitation.expires_at}
    PortalMail("accounts/invitation", to=email, context=context, in_bulk=in_bulk).send()


def _mail_role_added(user: User, by: User | None, matter: str, *, in_bulk: bool) -> None:
    context = {"matter": matter, "inviter": str(by or "")}
    PortalMail("accounts/role_added", to=user.email, context=context, in_bulk=in_bulk).send()


# Codes that strangers have used up -----------------------------------------------------------------------------------


def is_lane_paused(user: User, *, at: datetime) -> bool:
    """Whether codes are neither sent to the address nor taken for it, other than from the person's own browser."""
    return throttling.is_full("wrong_code/since_success", user.email, limits.WRONG_CODES_SINCE_SUCCESS[0], lane=STRANGE, at=at)


@transaction.atomic
def reopen_lane(*, user: User, by: User, at: datetime) -> None:
    """Send and take codes for the address again; for somebody with an account, whom no new invitation would reach."""
    _reopen_lane(user.email)
    audit.record("account:code:reopened", by=by, subject=user, at=at)


def _reopen_lane(email: str) -> None:
    throttling.clear(
        throttling.key_of("wrong_code/since_success", email, lane=STRANGE),
        *throttling.keys_of("wrong_code", email, limits.WRONG_CODES_PER_ADDRESS, lane=STRANGE),
        *throttling.keys_of("send", email, limits.SENDS_PER_ADDRESS, lane=STRANGE),
    )


# Credentials ---------------------------------------------------------------------------------------------------------


def complete_enrolment(*, user: User, secret: bytes, password: str, at: datetime) -> TotpDevice:
    """The whole sign-up of an invited person at once: her app, her password, her invitation. Raises NotAllowed."""
    encoded = passwords.encode(password)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if (
            not user.is_active
            or user.has_usable_password()
            or not Invitation.objects.open(at).vouched().filter(user=user).exists()
        ):
            raise NotAllowed("Det finns ingen inbjudan som gäller.")
        device = write_enrolment(user, secret, encoded, last_t=0, at=at)
        end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "superseded", at=at)
    return device


def write_enrolment(user: User, secret: bytes, encoded: str, *, last_t: int, at: datetime) -> TotpDevice:
    """Device, password and accepted invitations of a user that the caller has locked and checked.

    `last_t` is the time step of the code that proved the app: it is not accepted again.
    """
    device = write_device(user, secret, last_t=last_t, at=at)
    invitations = list(Invitation.objects.open(at).vouched().filter(user=user).select_related("inviter").order_by("pk"))
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).update(accepted_at=at)
    write_password(user, encoded, at=at)
    audit.record("account:password:set", by=user, subject=user, at=at)
    audit.record("invitation:accepted", by=user, subject=user, at=at)
    PortalMail("accounts/account_ready", to=user.email, context={"at": at}).send()
    for inviter in {i.inviter.pk: i.inviter for i in invitations if i.inviter}.values():
        PortalMail("accounts/invitation_accepted", to=inviter.email, context={"person": user, "at": at}).send()
    return device


def write_device(user: User, secret: bytes, *, last_t: int, at: datetime) -> TotpDevice:
    """The user's only app from now on; an older one is revoked. The caller holds the user's lock."""
    revoke_devices(user, reason="replaced", by=user, at=at)
    sealed = totp.seal_device_secret(secret, user.pk)
    device = TotpDevice.objects.create(user=user, name="Authenticator", secret_sealed=sealed, last_t=last_t, created_at=at)
    audit.record("account:totp:registered", by=user, subject=user, at=at)
    return device


def revoke_devices(user: User, *, reason: str, by: User, at: datetime) -> None:
    """End the user's app and wipe its secret; its row stays. The caller holds the user's lock."""
    devices = TotpDevice.objects.filter(user=user, revoked_at=None)
    if devices.update(revoked_at=at, confirmed=False, secret_sealed=None, reason=reason):
        audit.record("account:totp:revoked", by=by, subject=user, result=reason, at=at)


def write_reset(user: User, encoded: str, *, at: datetime) -> TotpDevice:
    """A new password for a user whom the caller has locked and whose second factor was just asked; the app stays."""
    write_password(user, encoded, at=at)
    audit.record("account:password:changed", by=user, subject=user, at=at)
    PortalMail("accounts/password_changed", to=user.email, context={"at": at}).send()
    return TotpDevice.objects.get(user=user, revoked_at=None)


def write_password(user: User, encoded: str, *, at: datetime) -> None:
    """Store the hash, and end every session and every row of failures that belongs to the old one."""
    user.password = encoded
    user.save(update_fields=["password"])
    end_sessions(user, at=at)
    throttling.clear(throttling.key_of("password", user.email, lane=STRANGE))


def end_sessions(user: User, *, at: datetime, by: User | None = None, keep: str = "") -> None:
    """End every session of a user whom the caller has locked, by a new epoch; device cookies end with it.

    `by` is who did it, herself unless somebody else is named. `keep` is the key of a session whose row stays: the caller
    renews its hash.
    """
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    if Session.objects.filter(user=user).exclude(pk=keep).delete()[0]:
        audit.record("account:session:all_ended", by=by or user, subject=user, at=at)


def end_journeys(journeys: QuerySet[SignUpJourney], reason: str, *, at: datetime, state: str = SignUpJourney.State.ENDED) -> None:
    """End journeys, wipe their secrets and void their codes."""
    keys = list(journeys.select_for_update().order_by("pk").values_list("pk", flat=True))
    SignUpJourney.objects.filter(pk__in=keys).update(state=state, ended_at=at, end_reason=reason, secret_sealed=None)
    EmailCode.objects.filter(journey__in=keys, used_at=None, replaced_at=None).update(replaced_at=at)


@transaction.atomic
def accept_notice(*, user: User, at: datetime, version: int) -> None:
    """Store that the person has read that version of the privacy notice. Repeating it, or an older one, changes nothing."""
    older = User.objects.filter(Q(notice_version=None) | Q(notice_version__lt=version), pk=user.pk)
    if older.update(notice_version=version, notice_accepted_at=at):
        NoticeAcceptance.objects.get_or_create(user=user, version=version, defaults={"at": at})
        audit.record("account:notice:accepted", by=user, subject=user, result=str(version), at=at)


def tell_of_paused_lane(*, user: User, at: datetime) -> None:
    """Tell inviters and SKR's coordinators that strangers are guessing codes for an address."""
    people = User.objects.filter(is_active=True, staff_role=StaffRole.COORDINATOR)
    inviters = User.objects.filter(is_active=True, sent_invitations__in=Invitation.objects.open(at).filter(user=user))
    with transaction.atomic():
        audit.record("invitation:paused", subject=user, at=at)
        for person in people.union(inviters).order_by("email"):
            PortalMail("accounts/lane_paused", to=person.email, context={"email": user.email, "at": at}).send()
