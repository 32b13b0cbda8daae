"""Sign a text so that anybody can tell that it is ours and whole: Ed25519, with the keys that are open to all.

A signed text ends with a line that names its key and one with the signature of every byte above that line. The secret half
is RECEIPT_KEY in the environment; the open halves of keys used before stand in RECEIPT_PUBLIC_KEYS, so that what they signed
stays genuine after a change of key. A key is named by the start of the SHA-256 of its open half.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

KEY_LINE, SIGNATURE_LINE = "Nyckel: ", "Signatur: "
NAME_LENGTH = 16


def public_key(seed: bytes) -> bytes:
    """The open half of the key with that secret half: 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


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


def sign(text: str) -> str:
    """The text, ending with a line break, with the lines of key and signature after it."""
    key = Ed25519PrivateKey.from_private_bytes(settings.RECEIPT_KEY)
    signed = f"{text}{KEY_LINE}{name_of(public_key(settings.RECEIPT_KEY))}\n"
    return f"{signed}{SIGNATURE_LINE}{base64.b64encode(key.sign(signed.encode())).decode()}\n"


def is_ours(content: bytes) -> bool:
    """Whether `sign` gave exactly these bytes, with a key of ours."""
    signed, found, written = content.rpartition(f"\n{SIGNATURE_LINE}".encode())
    above, has_key, name = signed.rpartition(f"\n{KEY_LINE}".encode())
    key = open_keys().get(name.decode(errors="replace"))
    if not (found and has_key and above and key and written.endswith(b"\n")):
        return False
    try:
        signature = base64.b64decode(written[:-1], validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed + b"\n")
    except (binascii.Error, InvalidSignature):
        return False
    return base64.b64encode(signature) == written[:-1]  # some bits of base64's last letter mean nothing
