"""Time-based one-time codes (RFC 6238): the secret, the QR code's address, matching with replay guard and waits.

20-byte secret, SHA-1, six digits, 30 seconds: all that Microsoft Authenticator knows. A match within one step either
way is accepted, each step once. The device model calls in here; nothing else compares codes.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import struct
import time
from datetime import timedelta
from hashlib import sha1
from typing import TYPE_CHECKING

import pyotp
from django.utils import timezone

from accounts import limits
from config.lib import crypto, sealed

if TYPE_CHECKING:
    from accounts.models import TotpDevice

ISSUER = "Personalstatistik"
PURPOSE = "totp"  # of the sealed secret; the device model declares it
STEP_SECONDS = 30
_CODE = re.compile(r"[0-9]{6}\Z")


def new_secret() -> bytes:
    """160 random bits."""
    return secrets.token_bytes(20)


def secret_text(secret: bytes) -> str:
    """The secret as base32 in groups of four, for typing by hand."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def provisioning_uri(secret: bytes, email: str) -> str:
    """The otpauth address that the QR code holds: account Personalstatistik, the e-mail under it."""
    return pyotp.TOTP(base64.b32encode(secret).decode()).provisioning_uri(name=email, issuer_name=ISSUER)


def clean(token: str) -> str | None:
    """The six ASCII digits of what was typed, spaces out; None for everything else."""
    if len(token) > 20:
        return None
    digits = "".join(token.split())
    return digits if _CODE.match(digits) else None


def current_step(now: float | None = None) -> int:
    """The number of the present 30-second step."""
    return int((time.time() if now is None else now) // STEP_SECONDS)


def code_at(secret: bytes, step: int) -> str:
    """The code of a step (RFC 4226 truncation)."""
    mac = hmac.new(secret, struct.pack(">Q", step), sha1).digest()
    offset = mac[-1] & 0x0F
    value = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{value % 1_000_000:06d}"


def matching_step(secret: bytes, code: str, *, after: int = 0, reach: int = 1) -> int | None:
    """The step within `reach` of now whose code this is, later than `after`; None when there is none."""
    now = current_step()
    found = None
    for step in range(now - reach, now + reach + 1):
        if hmac.compare_digest(code_at(secret, step), code) and step > after:
            found = step
    return found


def is_clock_wrong(secret: bytes, code: str) -> bool:
    """True where the code belongs to a step up to five minutes off: the phone's clock, not the code, is wrong."""
    return matching_step(secret, code, reach=10) is not None and matching_step(secret, code) is None


def seal_device_secret(secret: bytes, user_id: int) -> bytes:
    """The secret as the device row keeps it."""
    return crypto.seal(secret, purpose=PURPOSE, owner=user_id)


def device_secret(device: TotpDevice) -> bytes:
    """The device's secret; raises crypto.SealBroken where the row was tampered with or has been wiped."""
    return sealed.open_column(device, "secret_sealed")


def reason_to_refuse(device: TotpDevice, token: str) -> str:
    """Why `verify_token` would refuse the code: "replayed", "clock" or "wrong"; "" where it would not."""
    code = clean(token)
    if code is None:
        return "wrong"
    secret = device_secret(device)
    if matching_step(secret, code, after=device.last_t) is not None:
        return ""
    if matching_step(secret, code) is not None:
        return "replayed"
    return "clock" if is_clock_wrong(secret, code) else "wrong"


def verify_is_allowed(device: TotpDevice) -> tuple[bool, dict[str, object] | None]:
    """Whether a code may be tried: not during a wait, never after 100 failures in a row."""
    if device.failures >= limits.TOTP_CLOSED_AT:
        return False, {"reason": "closed"}
    wait = timedelta(seconds=limits.totp_wait(device.failures))
    if device.failed_at and device.failed_at + wait > timezone.now():
        return False, {"reason": "wait", "locked_until": device.failed_at + wait}
    return True, None


def verify_token(device: TotpDevice, token: str) -> bool:
    """Match under the caller's row lock; count a failure, or remember the step so that it is never accepted again."""
    code = clean(token)
    allowed, _ = verify_is_allowed(device)
    if not allowed:
        return False
    step = matching_step(device_secret(device), code, after=device.last_t) if code else None
    if step is None:
        device.failures += 1
        device.failed_at = timezone.now()
    else:
        device.failures, device.failed_at, device.last_t = 0, None, step
    device.save(update_fields=["failures", "failed_at", "last_t"])
    return step is not None
