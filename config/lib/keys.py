"""Secrets and keys as the operator gives them: read from a file, told apart from rubbish, never shown.

The settings call these before anything else runs, so each fault is one Swedish sentence that ends the start
(KRY-03, ASVS 13.3.1). No sentence holds any part of a secret, nor is the error behind it shown. Nothing here knows Django's settings.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
KEY_IDS = range(1, 256)  # the id is one byte in front of each ciphertext
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
HOW_TO = "Så görs en nyckel: docs/drift.md, avsnittet Nycklar."


def read_secret_file(name: str, path: str, *, may_be_empty: bool = False) -> str:
    """The text of the file, white space at both ends off. Refuses what is missing, empty, or open to others than us.

    A file of our own must be closed to group and everybody (0600 or 0400). One that somebody else owns, as a container's
    mounted secret that belongs to root, reaches us through its group, which then may read (0440); nobody else may.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ImproperlyConfigured(f"{name}_FILE pekar inte på en vanlig fil.")
            if is_open_to_others(found.st_mode, is_own=found.st_uid == os.geteuid()):
                raise ImproperlyConfigured(f"Filen för {name} kan läsas av andra än portalen. Stäng den med chmod 600.")
            text = file.read().strip()
    except FileNotFoundError:
        raise ImproperlyConfigured(f"Filen för {name} finns inte.") from None
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"Filen för {name} går inte att läsa.") from None
    if not text and not may_be_empty:
        raise ImproperlyConfigured(f"Filen för {name} är tom.")
    return text


def is_open_to_others(mode: int, *, is_own: bool) -> bool:
    """Whether the mode lets in more than the owner; a file that is not ours may also be read, only read, by its group."""
    return bool(mode & (FOR_OTHERS if is_own else FOR_OTHERS & ~stat.S_IRGRP))


def decode_key(name: str, text: str) -> bytes:
    """At least 32 bytes from base64."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{name} är inte base64. {HOW_TO}") from None
    if len(key) < KEY_BYTES:
        raise ImproperlyConfigured(f"{name} är för kort: den ska vara minst {KEY_BYTES} byte. {HOW_TO}")
    return key


def decode_seed(name: str, text: str) -> bytes:
    """Exactly 32 bytes from base64: the secret half of a key that signs."""
    seed = decode_key(name, text)
    if len(seed) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} ska vara exakt {KEY_BYTES} byte. {HOW_TO}")
    return seed


def decode_public_keys(name: str, text: str) -> tuple[bytes, ...]:
    """The open halves of earlier keys: 32 bytes each in base64, with space, comma or line break between. None is no fault."""
    found = tuple(decode_key(name, part) for part in text.replace(",", " ").split())
    if any(len(key) != KEY_BYTES for key in found):
        raise ImproperlyConfigured(f"Varje nyckel i {name} ska vara exakt {KEY_BYTES} byte. {HOW_TO}")
    return found


def decode_field_keys(name: str, text: str) -> dict[int, bytes]:
    """{id: 32 bytes} from JSON such as {"1": "…"}; ids are 1 to 255."""
    try:
        given = json.loads(text)
        keys = {int(number): base64.b64decode(value, validate=True) for number, value in given.items()}
    except (ValueError, TypeError, AttributeError):  # json, base64 and int all raise ValueErrors
        raise ImproperlyConfigured(f"{name} är inte JSON med nummer och nycklar i base64. {HOW_TO}") from None
    if not keys or any(number not in KEY_IDS for number in keys):
        raise ImproperlyConfigured(f"{name} ska ha minst en nyckel, med nummer mellan 1 och 255. {HOW_TO}")
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise ImproperlyConfigured(f"Varje nyckel i {name} ska vara exakt {KEY_BYTES} byte. {HOW_TO}")
    return keys
