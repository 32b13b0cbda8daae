"""Encrypt a stream to somebody who is not here: the file format of age, version 1 (age-encryption.org/v1, C2SP).

A backup is encrypted with the open half of a key (`age1…`), and only who has the secret half (`AGE-SECRET-KEY-1…`), kept on
another computer, opens it. The format is published and kept by others: the program `age` opens what this writes, so that a
backup can be read without the portal. Only the recipients called X25519 are known here: no passphrases, no plug-ins.

Header: a random file key of 16 bytes, wrapped to each recipient (X25519, HKDF-SHA256, ChaCha20-Poly1305), and a MAC over it.
Payload: pieces of 64 KiB, each with ChaCha20-Poly1305 under its number and a mark on the last one, so that a piece that is
changed, moved or cut off does not open. What comes out of `decrypt` before an error is genuine, but not all there was.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"age-encryption.org/v1\n"
WRAP = b"age-encryption.org/v1/X25519"
KEY_BYTES, FILE_KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 16, 16, 16
PIECE = 64 * 1024
LONGEST_LINE, MOST_LINES = 4096, 400  # of a header, which we read before we know who wrote it
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class AgeError(Exception):
    """The text is no key of age, or the file does not open; a Swedish sentence."""


class Stanza(NamedTuple):
    """The file key as one recipient gets it."""

    arguments: list[bytes]  # kind and its values
    body: bytes


# Keys ----------------------------------------------------------------------------------------------------------------


def read_recipients(text: str) -> list[bytes]:
    """The open keys in a file of `age1…`, one a line, empty lines and # passed by. Raises AgeError, also at a secret key."""
    found = []
    for line in _lines(text):
        if line.upper().startswith("AGE-SECRET-KEY"):
            raise AgeError("Filen innehåller en hemlig nyckel. Lägg bara den öppna delen (age1…) på den här datorn.")
        found.append(_decode_key("age", line))
    if not found:
        raise AgeError("Filen innehåller ingen öppen nyckel (age1…).")
    return found


def read_identities(text: str) -> list[bytes]:
    """The secret keys in a file that `age-keygen` has written. Raises AgeError; no sentence holds any of the key."""
    found = [_decode_key("age-secret-key-", line.lower()) for line in _lines(text) if line.upper().startswith("AGE-SECRET-KEY")]
    if not found:
        raise AgeError("Filen innehåller ingen hemlig nyckel (AGE-SECRET-KEY-1…).")
    return found


def make_identity() -> tuple[str, str]:
    """A new pair: the secret half and the open one, as `age-keygen` writes them."""
    secret = secrets.token_bytes(KEY_BYTES)
    return _encode_key("age-secret-key-", secret).upper(), _encode_key("age", _open_half(secret))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _open_half(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _checksum(prefix: str, values: list[int]) -> int:
    """The polynomial of Bech32 (BIP 173) over the prefix and the values."""
    check = 1
    for value in [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix), *values]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check


def _encode_key(prefix: str, key: bytes) -> str:
    number = int.from_bytes(key, "big") << 4  # 256 bits fill 52 signs of five with four to spare
    values = [number >> 5 * place & 31 for place in range(51, -1, -1)]
    check = _checksum(prefix, [*values, *[0] * 6]) ^ 1
    return prefix + "1" + "".join(BECH32[value] for value in [*values, *(check >> 5 * place & 31 for place in range(5, -1, -1))])


def _decode_key(prefix: str, text: str) -> bytes:
    head, _, tail = text.rpartition("1")
    if head != prefix or len(tail) != 58 or any(sign not in BECH32 for sign in tail):
        raise AgeError("Filen har en rad som inte är en nyckel av age (age1… eller AGE-SECRET-KEY-1…).")
    values = [BECH32.index(sign) for sign in tail]
    number = 0
    for value in values[:-6]:
        number = number << 5 | value
    if _checksum(prefix, values) != 1 or number & 15:
        raise AgeError("En nyckel är felskriven: kontrollsumman stämmer inte.")
    return (number >> 4).to_bytes(KEY_BYTES, "big")


# Encrypting ----------------------------------------------------------------------------------------------------------


def encrypt(source: Iterable[bytes], recipients: Iterable[bytes]) -> Iterator[bytes]:
    """The file, piece by piece, for what the source gives in pieces of any size. Constant memory."""
    file_key = secrets.token_bytes(FILE_KEY_BYTES)
    header = VERSION + b"".join(_wrapped(file_key, recipient) for recipient in recipients) + b"---"
    yield header + b" " + _base64(_mac(file_key, header)) + b"\n"
    nonce = secrets.token_bytes(NONCE_BYTES)
    yield nonce
    cipher = ChaCha20Poly1305(_derive(file_key, salt=nonce, info=b"payload"))
    number, waiting = 0, b""
    for given in source:
        waiting += given
        while len(waiting) > PIECE:  # a full piece waits until another follows: it may be the last
            yield cipher.encrypt(_piece_nonce(number, is_last=False), waiting[:PIECE], None)
            number, waiting = number + 1, waiting[PIECE:]
    yield cipher.encrypt(_piece_nonce(number, is_last=True), waiting, None)


def _wrapped(file_key: bytes, recipient: bytes) -> bytes:
    passing = X25519PrivateKey.generate()
    share = passing.public_key().public_bytes_raw()
    key = _wrap_key(passing.exchange(X25519PublicKey.from_public_bytes(recipient)), share, recipient)
    body = ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)
    return b"-> X25519 " + _base64(share) + b"\n" + _base64(body) + b"\n"


def _wrap_key(shared: bytes, share: bytes, recipient: bytes) -> bytes:
    return _derive(shared, salt=share + recipient, info=WRAP)


def _derive(key: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derive(file_key, salt=b"", info=b"header"), header, "sha256")


def _piece_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


# Decrypting ----------------------------------------------------------------------------------------------------------


def decrypt(file: BinaryIO, identities: Iterable[bytes]) -> Iterator[bytes]:
    """What was encrypted, piece by piece. Raises AgeError; a whole file has been read only when the iterator ends."""
    header, stanzas, mac = _read_header(file)
    file_key = _unwrap(stanzas, list(identities))
    if not hmac.compare_digest(_mac(file_key, header), mac):
        raise AgeError("Filens huvud är ändrat.")
    nonce = file.read(NONCE_BYTES)
    cipher = ChaCha20Poly1305(_derive(file_key, salt=nonce, info=b"payload"))
    number, piece = 0, file.read(PIECE + TAG_BYTES)
    while following := file.read(PIECE + TAG_BYTES):
        yield _open_piece(cipher, number, piece, is_last=False)
        number, piece = number + 1, following
    last = _open_piece(cipher, number, piece, is_last=True)
    if number and not last:
        raise AgeError("Filen är ändrad: den slutar med ett tomt stycke.")
    yield last


def _open_piece(cipher: ChaCha20Poly1305, number: int, piece: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_piece_nonce(number, is_last=is_last), piece, None)
    except (InvalidTag, ValueError):
        raise AgeError(f"Filen är ändrad eller avklippt vid {number * PIECE // 1024} KiB.") from None


def _read_header(file: BinaryIO) -> tuple[bytes, list[Stanza], bytes]:
    """The header as its MAC reads it, the stanzas, and the MAC."""
    if file.readline(LONGEST_LINE) != VERSION:
        raise AgeError("Filen är inte krypterad med age.")
    header, stanzas, inside = VERSION, list[Stanza](), False
    for _ in range(MOST_LINES):
        line = file.readline(LONGEST_LINE)
        text = line.removesuffix(b"\n")
        if inside:
            stanzas[-1] = Stanza(stanzas[-1].arguments, stanzas[-1].body + _from_base64(text))
            inside = len(text) == 64  # a shorter line, perhaps an empty one, ends the body
        elif text.startswith(b"-> "):
            stanzas.append(Stanza(text.split(b" ")[1:], b""))
            inside = True
        elif text.startswith(b"--- ") and line.endswith(b"\n"):
            return header + b"---", stanzas, _from_base64(text[4:])
        else:
            break
        header += line
    raise AgeError("Filens huvud är ändrat eller avklippt.")


def _unwrap(stanzas: list[Stanza], identities: list[bytes]) -> bytes:
    for secret in identities:
        mine = X25519PrivateKey.from_private_bytes(secret)
        for stanza in stanzas:
            if (
                stanza.arguments[:1] != [b"X25519"]
                or len(stanza.arguments) != 2
                or len(stanza.body) != FILE_KEY_BYTES + TAG_BYTES
            ):
                continue
            share = _from_base64(stanza.arguments[1])
            try:
                shared = mine.exchange(X25519PublicKey.from_public_bytes(share))
                return ChaCha20Poly1305(_wrap_key(shared, share, _open_half(secret))).decrypt(bytes(12), stanza.body, None)
            except (InvalidTag, ValueError):  # another's, or no key at all
                continue
    raise AgeError("Nyckeln öppnar inte filen. Den är krypterad till en annan nyckel.")


def _from_base64(text: bytes) -> bytes:
    """Base64 without padding, in its only spelling."""
    try:
        if not re.fullmatch(rb"[A-Za-z0-9+/]*", text):
            raise ValueError
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        if _base64(data) != text:
            raise ValueError
    except (binascii.Error, ValueError):
        raise AgeError("Filens huvud är ändrat eller avklippt.") from None
    return data
