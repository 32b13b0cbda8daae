"""Signed texts: each byte counts, and a changed key leaves what was signed before genuine."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ImproperlyConfigured

from config.lib import keys, signatures

TEXT = "KVITTENS\n\nEnhet: Åre kommun (2321)\nRader: 812\n"


def test_a_signed_text_is_ours_and_with_one_byte_changed_it_is_not() -> None:
    whole = signatures.sign(TEXT).encode()
    assert signatures.is_ours(whole)
    for place in range(len(whole)):
        for change in (1, 32, 128):
            assert not signatures.is_ours(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]), place


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_nothing_may_be_cut_off_or_added(cut: int) -> None:
    whole = signatures.sign(TEXT).encode()
    for changed in (whole[cut + 1 :], whole[: -cut - 1], whole[: cut * 7], b" " + whole, whole + b"\n", whole * 2):
        assert not signatures.is_ours(changed)
    assert not signatures.is_ours(whole.replace(b"\n", b"\r\n"))


def test_after_a_change_of_key_old_texts_are_genuine_while_the_open_half_is_listed(settings: Any) -> None:
    whole, old = signatures.sign(TEXT).encode(), signatures.public_key(settings.RECEIPT_KEY)
    settings.RECEIPT_KEY = b"en helt annan nyckel, 32 byte..."
    assert not signatures.is_ours(whole)
    settings.RECEIPT_PUBLIC_KEYS = (old,)
    assert signatures.is_ours(whole)
    assert list(signatures.open_keys())[1] == signatures.name_of(old)
    assert signatures.sign(TEXT).encode() != whole


def test_anybody_can_verify_with_the_open_key_alone() -> None:
    """As the page /kvittens/ tells it: everything above the last line, and that line's base64."""
    whole = signatures.sign(TEXT)
    lines = whole.splitlines(keepends=True)
    (pem,) = (signatures.pem_of(key) for key in signatures.open_keys().values())
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.b64decode(lines[-1].removeprefix("Signatur: ")), "".join(lines[:-1]).encode())


def test_keys_of_the_wrong_length_are_refused() -> None:
    long = base64.b64encode(bytes(33)).decode()
    for decode in (keys.decode_seed, keys.decode_public_keys):
        with pytest.raises(ImproperlyConfigured, match="exakt 32 byte"):
            decode("RECEIPT_KEY", long)
    assert keys.decode_public_keys("RECEIPT_PUBLIC_KEYS", " ") == ()
