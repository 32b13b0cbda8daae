"""Sealing: never the same nonce twice, and nothing that was changed or moved opens (KRY-01)."""

from __future__ import annotations

import pytest

from config.lib import crypto

PLAIN = b"811218-9876;32 500"
ENCRYPTIONS = 10_000


@pytest.mark.asvs("11.2.1", "11.2.3", "11.3.4")
def test_kry_01_ten_thousand_encryptions_have_ten_thousand_nonces() -> None:
    sealed = [crypto.seal(PLAIN, purpose="totp", owner=7) for _ in range(ENCRYPTIONS)]
    assert len({one[1:13] for one in sealed}) == len(set(sealed)) == ENCRYPTIONS
    assert {len(one) for one in sealed} == {1 + 12 + len(PLAIN) + 16}
    assert not [one for one in sealed if PLAIN in one]
    assert crypto.open_sealed(sealed[-1], purpose="totp", owner=7) == PLAIN


@pytest.mark.asvs("11.3.1", "11.3.2", "11.3.3")
def test_kry_01_every_flipped_bit_is_seen() -> None:
    sealed = crypto.seal(PLAIN, purpose="totp", owner=7)
    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(bytes(changed), purpose="totp", owner=7)


@pytest.mark.asvs("11.3.3")
@pytest.mark.parametrize(
    ("purpose", "owner"), [("totp", 8), ("mail", 7), ("totp", "7|"), ("totp|7", ""), ("", "totp|7"), ("Totp", 7)]
)
def test_kry_01_a_ciphertext_moved_to_another_owner_or_purpose_does_not_open(purpose: str, owner: object) -> None:
    sealed = crypto.seal(PLAIN, purpose="totp", owner=7)
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(sealed, purpose=purpose, owner=owner)


@pytest.mark.asvs("11.3.3")
@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_kry_01_what_is_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(crypto.seal(b"", purpose="totp", owner=7)[:length], purpose="totp", owner=7)


@pytest.mark.asvs("11.3.2")
def test_kry_01_the_refusal_tells_nothing_of_what_was_sealed() -> None:
    sealed = crypto.seal(PLAIN, purpose="totp", owner=7)
    with pytest.raises(crypto.SealBroken) as refusal:
        crypto.open_sealed(sealed, purpose="totp", owner=8)
    assert str(refusal.value) == "totp: does not open"
