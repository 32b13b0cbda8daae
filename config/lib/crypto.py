"""Seal and open bytes: AES-256-GCM with a key id, and keyed digests. With `signatures` and `age` all that touches
`cryptography`.

Layout: key id (1 byte) ‖ nonce (12 random bytes) ‖ AES-GCM. The additional data is `purpose|owner`, so that a
ciphertext moved to another row or column does not open. Keys come from the environment (FIELD_KEYS), never from
the database. ASVS 11.3.2.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


class SealBroken(Exception):
    """The bytes were changed, moved to another owner, or sealed with a key that is not here."""


def _additional(purpose: str, owner: object) -> bytes:
    return f"{purpose}|{owner}".encode()


def seal(plain: bytes, *, purpose: str, owner: object) -> bytes:
    """`plain` encrypted with the active key, bound to its purpose (a word) and its owner (a row's stable id)."""
    key_id: int = settings.FIELD_KEY_ACTIVE
    nonce = secrets.token_bytes(12)
    return bytes([key_id]) + nonce + AESGCM(settings.FIELD_KEYS[key_id]).encrypt(nonce, plain, _additional(purpose, owner))


def open_sealed(sealed: bytes | memoryview, *, purpose: str, owner: object) -> bytes:
    """What `seal` was given. Raises SealBroken."""
    data = bytes(sealed)
    key = settings.FIELD_KEYS.get(data[0]) if len(data) >= 29 else None
    if key is None:
        raise SealBroken(f"{purpose}: unknown key")
    try:
        return AESGCM(key).decrypt(data[1:13], data[13:], _additional(purpose, owner))
    except InvalidTag as error:
        raise SealBroken(f"{purpose}: does not open") from error


def digest(*parts: object, key: bytes | None = None) -> str:
    """Keyed digest (HMAC-SHA256, hex) of short values such as an address or a code; never of a personnummer.

    The key is HMAC_KEY, or one of the caller's own that must outlive it (a submission's salt).
    """
    return hmac.new(key or settings.HMAC_KEY, "\x1f".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()


def fingerprints(values: Iterable[str], *, key: bytes) -> list[str]:
    """A short keyed digest (72 bits of HMAC-SHA256) of each value, for telling many of them apart without keeping them."""
    keyed = hmac.new(key, digestmod=hashlib.sha256)  # copied for each: half the time of a new one

    def fingerprint(value: str) -> str:
        one = keyed.copy()
        one.update(value.encode())
        return b64encode(one.digest()[:9]).decode()

    return [fingerprint(value) for value in values]


def same(left: str, right: str) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left, right)
