"""Sign a text so that anybody can tell that it is ours and whole: Ed25519, with the keys that are open to all.

A signed text ends with a line that names its key and one with the signature of every byte above that line. The secret half
is RECEIPT_KEY in the environment; the open halves of keys used before stand in RECEIPT_PUBLIC_KEYS, so that what they signed
stays genuine after a change of key. A key is named by the start of the SHA-256 of its open half.

What is not a receipt is signed with a key of its own, derived from RECEIPT_KEY by its purpose (`seed_for`): no key has two uses,
and a text of one kind never passes as one of another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

KEY_LINE, SIGNATURE_LINE = "Nyckel: ", "Signatur: "
NAME_LENGTH = 16
SEED_BYTES = 32


def public_key(seed: bytes) -> bytes:
    """The open half of the key with that secret half: 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def seed_for(purpose: str) -> bytes:
    """The secret half of the key for that purpose: HKDF-SHA256 of RECEIPT_KEY, which is never used for it itself."""
    return HKDF(algorithm=hashes.SHA256(), length=SEED_BYTES, salt=None, info=f"personalstatistik/{purpose}".encode()).derive(
        settings.RECEIPT_KEY
    )


def name_of(key: bytes) -> str:
    """What a text calls the key that signed it."""
    return hashlib.sha256(key).hexdigest()[:NAME_LENGTH]


def open_keys() -> dict[str, bytes]:
    """Every key that a text of ours may be signed with, by name: the one in use first."""
    return {name_of(key): key for key in (public_key(settings.RECEIPT_KEY), *settings.RECEIPT_PUBLIC_KEYS)}


def pem_of(key: bytes) -> str:
    """An open key as programs read it."""
    found = Ed25519PublicKey.from_public_bytes(key)
    return found.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(text: str, *, seed: bytes | None = None) -> str:
    """The text, ending with a line break, with the lines of key and signature after it; with the receipts' key unless `seed`."""
    seed = seed or settings.RECEIPT_KEY
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signed = f"{text}{KEY_LINE}{name_of(public_key(seed))}\n"
    return f"{signed}{SIGNATURE_LINE}{base64.b64encode(key.sign(signed.encode())).decode()}\n"


def is_ours(content: bytes, *, keys: Mapping[str, bytes] | None = None) -> bool:
    """Whether `sign` gave exactly these bytes, with one of the receipts' keys, or of the open `keys` by name."""
    signed, found, written = content.rpartition(f"\n{SIGNATURE_LINE}".encode())
    above, has_key, name = signed.rpartition(f"\n{KEY_LINE}".encode())
    key = (open_keys() if keys is None else keys).get(name.decode(errors="replace"))
    if not (found and has_key and above and key and written.endswith(b"\n")):
        return False
    try:
        signature = base64.b64decode(written[:-1], validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed + b"\n")
    except (binascii.Error, InvalidSignature):
        return False
    return base64.b64encode(signature) == written[:-1]  # some bits of base64's last letter mean nothing
