"""The sign-up and the forgotten password as a state machine of rows (security note, section 3).

    START --code mailed--> CODE --right code--> VERIFIED --+-- ENROL: QR code, one-time code -----------+--> NEW_PASSWORD --> DONE
                                                           +-- RESET: CHALLENGE, one-time or recovery code +
                                                           +-- REENROL: CURRENT_PASSWORD, QR code, one-time code ---> DONE

The server chooses the branch once the address is proved, and again at every step: e-mail alone never replaces a second
factor, nor the password of somebody who has one. Each transition locks the user, then the journey, checks everything
again, and each proof gives the browser a new session key. Device, password, invitation and case are written together at
the last step (`accounts.services`, `accounts.recovery`). Nothing here knows HTTP but the session object.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from accounts import alarms, audit, codes, limits, passwords, recovery, recovery_codes, second_factor, services, throttling, totp
from accounts.models import Invitation, RecoveryCase, RecoveryCode, SignUpJourney, TotpDevice, User
from accounts.networks import prefix_of
from accounts.second_factor import Outcome, Verdict
from accounts.sessions import session_digest
from config.lib import context, crypto, jobs, sealed

State, Branch, Kind = SignUpJourney.State, SignUpJourney.Branch, RecoveryCase.Kind
TOLD_TASK = "accounts.tasks.tell_of_paused_lane"
_SENT_AT = "code_sent_at"


class NotCurrentError(Exception):
    """The step is not the journey's: wrong state, foreign or stale id, too old, or the branch has changed."""


class TooSoonError(Exception):
    """Too many codes have been asked for; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides the branch, read under the user's lock."""

    user: User | None
    has_device: bool
    has_invitation: bool
    case: str = ""  # what a recovery case that holds now is about

    @classmethod
    def locked(cls, user_id: int | None, at: datetime) -> Standing:
        """Lock the user's row and read the rest. The same statements where there is no such user."""
        key = user_id or 0
        user = User.objects.select_for_update().filter(pk=key).first()
        has_device = TotpDevice.objects.filter(user_id=key, revoked_at=None).exists()
        has_invitation = Invitation.objects.open(at).vouched().filter(user_id=key).exists()
        cases = RecoveryCase.objects.valid(at).filter(user_id=key).order_by("-opened_at", "-pk").values_list("kind", flat=True)
        return cls(user, has_device, has_invitation, cases.first() or "")


def branch(standing: Standing) -> str:
    """Where the address leads: ENROL, RESET, REENROL, or "" which is answered like a wrong code.

    A user who has a password never enrols by e-mail alone, and SKR's own people reset nothing by themselves: only a case
    that two others have opened and approved lets either begin anew (ASVS 6.4.3, 6.4.4).
    """
    user = standing.user
    if user is None or not user.is_active:
        return ""
    if standing.case == Kind.BOTH:
        return Branch.ENROL
    if user.has_usable_password():
        if standing.has_device:
            return "" if user.is_staff else Branch.RESET
        return Branch.REENROL if standing.case == Kind.TOTP else ""
    return Branch.ENROL if standing.has_invitation else ""


def is_too_old(journey: SignUpJourney, at: datetime) -> bool:
    """60 minutes after the start, or 30 after the address was proved."""
    verified = journey.verified_at
    return at > journey.created_at + limits.JOURNEY_LIFETIME or bool(verified and at > verified + limits.JOURNEY_AFTER_VERIFIED)


def live(session: SessionBase, at: datetime) -> SignUpJourney | None:
    """The browser's present journey, for showing its page. Reads only."""
    found = SignUpJourney.objects.filter(session_hmac=session_digest(session), ended_at=None).order_by("-created_at", "pk")
    journey = found.first()
    return journey if journey and not is_too_old(journey, at) else None


def email_of(journey: SignUpJourney) -> str:
    """The address that was typed, for showing it to the browser that typed it."""
    return _open(journey, "email_sealed").decode()


def secret_of(journey: SignUpJourney) -> bytes:
    """The secret on offer, for the QR page."""
    return _open(journey, "secret_sealed")


def _open(journey: SignUpJourney, column: str) -> bytes:
    """What a journey keeps sealed; a journey that does not open any more is over."""
    try:
        return sealed.open_column(journey, column)
    except crypto.SealBroken as error:
        raise NotCurrentError from error


# START and new codes -------------------------------------------------------------------------------------------------


def start(*, email: str, user: User | None, lane: str, session: SessionBase, at: datetime) -> None:
    """Begin a journey for a typed address and mail its code. Known and unknown addresses take the same path."""
    _reserve_send(email, lane, session, at)
    is_paused = _is_paused(email, lane, user.pk if user else None, at)
    with transaction.atomic():
        standing = Standing.locked(user.pk if user else None, at)
        old = SignUpJourney.objects.filter(session_hmac=session_digest(session), ended_at=None)
        services.end_journeys(old, "restarted", at=at)
        session[_SENT_AT] = at.isoformat()
        session.cycle_key()
        journey = SignUpJourney(session_hmac=session_digest(session), user=standing.user, lane=lane, created_at=at)
        journey.email_hmac = crypto.digest("email", email)
        journey.email_sealed = sealed.seal_text(journey, "email_sealed", email)
        journey.save(force_insert=True)
        _send(journey, standing, email, is_paused=is_paused, at=at)


def send_again(*, journey_id: str, session: SessionBase, at: datetime) -> None:
    """Mail a new code; it replaces this journey's older one and no other's."""
    waiting = SignUpJourney.objects.filter(pk=journey_id, session_hmac=session_digest(session), state=State.CODE).first()
    if waiting is None or is_too_old(waiting, at):
        raise NotCurrentError
    email = email_of(waiting)
    _reserve_send(email, waiting.lane, session, at)
    is_paused = _is_paused(email, waiting.lane, waiting.user_id, at)
    with _locked(journey_id, session, at, State.CODE) as (journey, standing):
        if journey.codes.count() >= limits.CODES_PER_JOURNEY:
            raise TooSoonError
        session[_SENT_AT] = at.isoformat()
        _send(journey, standing, email, is_paused=is_paused, at=at)


def _reserve_send(email: str, lane: str, session: SessionBase, at: datetime) -> None:
    """Take a place in each of the send buckets; raises TooSoonError."""
    last = session.get(_SENT_AT)
    if last and at < datetime.fromisoformat(last) + limits.SEND_INTERVAL:
        raise TooSoonError
    network = prefix_of(context.current().address)
    has_room = throttling.take("send/network", network, *limits.SENDS_PER_NETWORK, at=at)
    if not (throttling.take_all("send", email, limits.SENDS_PER_ADDRESS, lane=lane, at=at) and has_room):
        raise TooSoonError
    alarms.count(alarms.Kind.SENDS, at=at)


def _is_paused(email: str, lane: str, user_id: int | None, at: datetime) -> bool:
    """Whether strangers' guesses have closed the lane; then inviters and SKR hear of it, once a day."""
    if not throttling.is_full("wrong_code/since_success", email, limits.WRONG_CODES_SINCE_SUCCESS[0], lane=lane, at=at):
        return False
    _tell_of_pause(email, lane, user_id, at)
    return True


def _tell_of_pause(email: str, lane: str, user_id: int | None, at: datetime) -> None:
    """Queue the mails of a paused lane. For an unknown address a job that finds nobody, at the same cost."""
    if throttling.take("wrong_code/told", email, 1, limits.PAUSED_LANE_MAIL, lane=lane, at=at):
        jobs.enqueue(TOLD_TASK, user_id=user_id or 0)


def _send(journey: SignUpJourney, standing: Standing, email: str, *, is_paused: bool, at: datetime) -> None:
    """Mail to the address that is stored, never the typed one; withheld where there is nothing to open."""
    user, opens = standing.user, bool(branch(standing))
    is_staff_reset = bool(user and user.is_active and user.is_staff and user.has_usable_password()) and not opens
    deliver = (opens or is_staff_reset) and not is_paused
    template = "accounts/code_staff" if is_staff_reset else "accounts/code"
    codes.issue(journey, template=template, to=user.email if user else email, deliver=deliver, at=at)
    audit.record("account:code:requested", subject=user, result="sent" if deliver else "withheld", at=at)


# The steps -----------------------------------------------------------------------------------------------------------


def verify_code(*, journey_id: str, session: SessionBase, typed: str, at: datetime) -> bool:
    """CODE: the right code proves the address and fixes the branch. False for every other reason alike."""
    waiting = SignUpJourney.objects.filter(pk=journey_id, session_hmac=session_digest(session), state=State.CODE).first()
    if waiting is None or is_too_old(waiting, at):
        raise NotCurrentError
    has_try = codes.reserve_try(waiting) and _reserve_check(waiting, at)
    with _locked(journey_id, session, at, State.CODE) as (journey, standing):
        chosen = branch(standing)
        is_right = has_try and codes.use(journey, typed, at=at) and bool(chosen)
        if is_right:
            throttling.clear(throttling.key_of("wrong_code/since_success", email_of(journey), lane=journey.lane))
            journey.branch, journey.verified_at = chosen, at
            _move(journey, State.VERIFIED, session)
            audit.record("account:code:right", subject=standing.user, at=at)
        else:
            audit.record("account:code:wrong" if has_try else "account:code:blocked", subject=standing.user, at=at)
    if has_try and not is_right:
        alarms.count(alarms.Kind.WRONG_CODES, at=at)
    return is_right


def _reserve_check(journey: SignUpJourney, at: datetime) -> bool:
    """Count a guess against the network and the address; False when either is spent."""
    email, lane = email_of(journey), journey.lane
    network = prefix_of(context.current().address)
    has_room = throttling.take("check/network", network, *limits.CHECKS_PER_NETWORK, at=at)
    has_guess = throttling.take_all("wrong_code", email, limits.WRONG_CODES_PER_ADDRESS, lane=lane, at=at)
    if not (has_room and has_guess):
        return False
    limit, window = limits.WRONG_CODES_SINCE_SUCCESS
    if throttling.take("wrong_code/since_success", email, limit, window, lane=lane, at=at):
        return True
    _tell_of_pause(email, lane, journey.user_id, at)
    return False


def go_on(*, journey_id: str, session: SessionBase, at: datetime) -> str:
    """VERIFIED: to the QR code with a fresh secret, or to what the account has left. Gives the new state."""
    with _locked(journey_id, session, at, State.VERIFIED) as (journey, _):
        if journey.branch == Branch.ENROL:
            _offer_secret(journey)
        else:
            journey.state = State.CHALLENGE if journey.branch == Branch.RESET else State.CURRENT_PASSWORD
        journey.save(update_fields=["state", "secret_sealed"])
    return journey.state


def owner(*, journey_id: str, session: SessionBase, state: SignUpJourney.State, at: datetime) -> User:
    """Whose journey it is, checked before a proof that is compared outside the locks; raises NotCurrentError."""
    with _locked(journey_id, session, at, state) as (_, standing):
        return _user_of(standing)


def accept_password(*, journey_id: str, session: SessionBase, known: User, at: datetime) -> None:
    """CURRENT_PASSWORD: `known` is whose password it was, and nothing about her may have changed since. On to the QR code."""
    with _locked(journey_id, session, at, State.CURRENT_PASSWORD) as (journey, standing):
        user = _user_of(standing)
        if (user.pk, user.session_epoch) != (known.pk, known.session_epoch):
            raise NotCurrentError
        _offer_secret(journey)
        _move(journey, State.ENROL, session)


def verify_enrolment(*, journey_id: str, session: SessionBase, typed: str, at: datetime) -> Verdict:
    """ENROL: the new app's code. Nothing is written to the user yet, unless the password has been proved already: then
    this is the commit, and the verdict holds the device with which the caller signs her in."""
    with _locked(journey_id, session, at, State.ENROL) as (journey, standing):
        secret, code = secret_of(journey), totp.clean(typed)
        step = totp.matching_step(secret, code) if code else None
        if step is None:
            audit.record("account:totp:wrong", subject=standing.user, result="enrolment", at=at)
            is_clock = bool(code) and totp.is_clock_wrong(secret, code or "")
            return Verdict(_count_failure(journey, Outcome.CLOCK if is_clock else Outcome.WRONG, at))
        journey.enrol_t = step
        if journey.branch == Branch.REENROL:
            return Verdict(Outcome.RIGHT, _commit_app(journey, _user_of(standing), secret, at))
        _move(journey, State.NEW_PASSWORD, session)
    return Verdict(Outcome.RIGHT)


def verify_challenge(*, journey_id: str, session: SessionBase, typed: str, at: datetime) -> Verdict:
    """CHALLENGE: a code of the app the user has; the device's own waits hold here too."""
    with _locked(journey_id, session, at, State.CHALLENGE) as (journey, standing):
        outcome = second_factor.check(_user_of(standing), typed, at=at, occasion="reset").outcome
        if outcome == Outcome.RIGHT:
            _move(journey, State.NEW_PASSWORD, session)
        elif outcome != Outcome.WAIT:
            outcome = _count_failure(journey, outcome, at)
    return Verdict(outcome)


def use_recovery_code(*, journey_id: str, session: SessionBase, typed: str, at: datetime) -> bool:
    """CHALLENGE: one of the user's recovery codes in the app's place. It is burnt; the app stays as it is."""
    user = owner(journey_id=journey_id, session=session, state=State.CHALLENGE, at=at)
    if not recovery_codes.use(user=user, typed=typed, at=at):
        return False
    with _locked(journey_id, session, at, State.CHALLENGE) as (journey, _):
        _move(journey, State.NEW_PASSWORD, session)
    return True


def has_used_recovery_code(journey: SignUpJourney) -> bool:
    """Whether the app was out of reach on this walk, so that its owner should register another."""
    burnt = RecoveryCode.objects.filter(user=journey.user, used_at__gte=journey.verified_at)
    return journey.branch == Branch.RESET and burnt.exists()


# The commit ----------------------------------------------------------------------------------------------------------


def set_password(*, journey_id: str, session: SessionBase, password: str, at: datetime) -> TotpDevice:
    """NEW_PASSWORD: write everything in one transaction and end all the user's journeys. The caller signs her in."""
    encoded = passwords.encode(password)  # before the locks: it takes a while
    with _locked(journey_id, session, at, State.NEW_PASSWORD) as (journey, standing):
        user, result = _user_of(standing), journey.branch
        if journey.branch == Branch.RESET:
            device = services.write_reset(user, encoded, at=at)
        elif standing.case == Kind.BOTH:
            result = Kind.BOTH
            device = recovery.restore_account(user, secret_of(journey), encoded, last_t=journey.enrol_t or 0, at=at)
        else:
            device = services.write_enrolment(user, secret_of(journey), encoded, last_t=journey.enrol_t or 0, at=at)
        _complete(journey, user, result=result, at=at)
    return device


def _commit_app(journey: SignUpJourney, user: User, secret: bytes, at: datetime) -> TotpDevice:
    device = recovery.restore_app(user, secret, last_t=journey.enrol_t or 0, at=at)
    _complete(journey, user, result=journey.branch, at=at)
    return device


def _complete(journey: SignUpJourney, user: User, *, result: str, at: datetime) -> None:
    """This journey is done, and every other of the user's is over."""
    services.end_journeys(SignUpJourney.objects.filter(pk=journey.pk), "completed", at=at, state=State.DONE)
    services.end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "superseded", at=at)
    audit.record("account:journey:completed", by=user, subject=user, result=result, at=at)


# Shared --------------------------------------------------------------------------------------------------------------


@contextmanager
def _locked(
    journey_id: str, session: SessionBase, at: datetime, state: SignUpJourney.State
) -> Iterator[tuple[SignUpJourney, Standing]]:
    """The journey in `state` and its user's standing, both locked and checked anew; raises NotCurrentError.

    The user's row comes first, so the journey is read once to find it and once more under the lock.
    """
    user_id = SignUpJourney.objects.filter(pk=journey_id).values_list("user_id", flat=True).first()
    with transaction.atomic():
        standing = Standing.locked(user_id, at)
        own = SignUpJourney.objects.filter(pk=journey_id, session_hmac=session_digest(session), state=state, ended_at=None)
        journey = own.select_for_update().first()
        if journey is None or journey.user_id != user_id or is_too_old(journey, at):
            raise NotCurrentError
        if journey.branch and journey.branch != branch(standing):
            raise NotCurrentError
        yield journey, standing


def _user_of(standing: Standing) -> User:
    """The user of a journey whose address is proved: there is one, for there is a branch."""
    if standing.user is None:
        raise NotCurrentError
    return standing.user


def _offer_secret(journey: SignUpJourney) -> None:
    journey.secret_sealed = sealed.seal(journey, "secret_sealed", totp.new_secret())
    journey.state = State.ENROL


def _move(journey: SignUpJourney, state: SignUpJourney.State, session: SessionBase) -> None:
    """Enter a state under a new session key: whoever held the old one is left at the start."""
    session.cycle_key()
    journey.state, journey.session_hmac = state, session_digest(session)
    journey.save(update_fields=["state", "session_hmac", "branch", "verified_at", "enrol_t", "secret_sealed"])


def _count_failure(journey: SignUpJourney, outcome: Outcome, at: datetime) -> Outcome:
    journey.totp_failures += 1
    journey.save(update_fields=["totp_failures"])
    if journey.totp_failures < limits.JOURNEY_TOTP_FAILURES:
        return outcome
    services.end_journeys(SignUpJourney.objects.filter(pk=journey.pk), "totp_failures", at=at)
    audit.record("account:journey:aborted", subject=journey.user, result="totp_failures", at=at)
    return Outcome.ENDED
