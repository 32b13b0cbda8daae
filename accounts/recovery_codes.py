"""Recovery codes: eight words on paper that work once each in the app's place (security note, sections 4 and 6).

`offer` makes a batch that is sealed until one of its codes is typed back (`put_in_force`): only then do the old ones end,
so nobody is left with codes that were never written down. Only Argon2id hashes stay. `use` burns one.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from accounts import audit, limits, throttling
from accounts.access import NotAllowed
from accounts.models import RecoveryBatch, RecoveryCode, User
from accounts.sessions import session_digest
from config.lib import crypto, sealed
from config.lib.mail import PortalMail

GROUP = 4
LONGEST_TYPED = 64
_LOOK_ALIKES = str.maketrans("018", "OIB")  # the alphabet is A-Z and 2-7: these three can only be misreadings


def make() -> list[str]:
    """Eight codes of 80 random bits each, as they are shown: "ABCD-EFGH-IJKL-MNOP"."""
    size = limits.RECOVERY_CODE_CHARACTERS * 5 // 8
    return [_shown(base64.b32encode(secrets.token_bytes(size)).decode()) for _ in range(limits.RECOVERY_CODES)]


def _shown(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def clean(typed: str) -> str:
    """The sixteen characters of what was typed: case, hyphens, spaces and 0, 1, 8 for O, I, B are forgiven; else ""."""
    if len(typed) > LONGEST_TYPED:
        return ""
    code = "".join(sign for sign in typed.upper().translate(_LOOK_ALIKES) if not sign.isspace() and sign not in "-–—")
    return code if len(code) == limits.RECOVERY_CODE_CHARACTERS and code.isascii() and code.isalnum() else ""


def left(user: User) -> int:
    """How many of the person's codes are unused."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def check_can_have(user: User) -> None:
    """SKR's own accounts are restored by two colleagues and by nothing else; raises NotAllowed."""
    if user.is_staff:
        raise NotAllowed("Konton hos SKR har inga återställningskoder. De återställs av två kollegor tillsammans.")


@transaction.atomic
def offer(*, user: User, session: SessionBase, at: datetime) -> None:
    """Make a batch for this browser to show; one that was not finished is thrown away. The codes in force still work.

    Raises NotAllowed.
    """
    check_can_have(user)
    User.objects.select_for_update().get(pk=user.pk)
    RecoveryBatch.objects.filter(user=user).delete()
    batch = RecoveryBatch(user=user, session_hmac=session_digest(session), created_at=at)
    batch.codes_sealed = sealed.seal_text(batch, "codes_sealed", "\n".join(make()))
    batch.save(force_insert=True)


def batch_of(*, user: User, session: SessionBase, at: datetime) -> RecoveryBatch | None:
    """The batch that this browser may show now; None when there is none, or it is too old. Reads only."""
    own = RecoveryBatch.objects.filter(user=user, session_hmac=session_digest(session))
    batch = own.filter(created_at__gt=at - limits.RECOVERY_BATCH).first()
    return batch if batch and sealed.opens(batch, "codes_sealed") else None


def codes_of(batch: RecoveryBatch) -> list[str]:
    """The codes of a batch, as they are shown."""
    return sealed.open_text(batch, "codes_sealed").split("\n")


def is_one_of(typed: str, codes: list[str]) -> bool:
    """Whether one of the codes was typed back."""
    code = clean(typed)
    return bool(code) and any(crypto.same(code, clean(one)) for one in codes)


def hashes(codes: list[str]) -> list[str]:
    """What is stored of them. Takes a while by design: call it outside locks."""
    return [make_password(clean(code)) for code in codes]


def put_in_force(batch: RecoveryBatch, user: User, digests: list[str], *, at: datetime) -> bool:
    """The batch takes effect and the old codes end, for a user whom the caller has locked. False where it is gone."""
    if not RecoveryBatch.objects.filter(pk=batch.pk, user=user).delete()[0]:
        return False
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest, created_at=at) for digest in digests)
    audit.record("account:recovery_code:created", by=user, subject=user, at=at)
    PortalMail("accounts/recovery_codes_created", to=user.email, context={"at": at}).send()
    return True


def use(*, user: User, typed: str, at: datetime) -> bool:
    """Burn the code that was typed. False when it is none of hers, used, or tried too often: then even the right one.

    The try is counted and committed before anything is compared. The hashes (at most one for each unused code) are made
    outside locks, so call this outside transactions; two at once cannot both burn the same code.
    """
    if not throttling.take("recovery_code", user.pk, *limits.RECOVERY_CODE_TRIES, at=at):
        audit.record("account:recovery_code:blocked", subject=user, result="wait", at=at)
        return False
    found = _matching(user, clean(typed))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if found is None or not RecoveryCode.objects.filter(pk=found.pk, used_at=None).update(used_at=at):
            audit.record("account:recovery_code:wrong", subject=user, at=at)
            return False
        audit.record("account:recovery_code:used", by=user, subject=user, at=at)
        PortalMail("accounts/recovery_code_used", to=user.email, context={"at": at, "left": left(user)}).send()
    return True


def _matching(user: User, code: str) -> RecoveryCode | None:
    """The unused code that this is."""
    if not code:
        return None
    unused = RecoveryCode.objects.filter(user=user, used_at=None).order_by("pk")
    return next((row for row in unused if check_password(code, row.digest)), None)
