"""The encryption of backups: the format of age as another program writes it, and nothing that was touched opens."""

from __future__ import annotations

import base64
import io
import os

import pytest

from config.lib import age

SECRET, OPEN = age.make_identity()
FOREIGN = """
165ZMDE0G4K7KGNAKDZ7 UH6V4WJR5FYJT96XH9PP WNS8DXZT2ZSASGUC9EQ

age1vfd4caar466v4m2c t4p3uvhpt2crfwdmmc8r qm558f66nd347qaqmcs2 j5

YWdlLWVuY3J5cHRpb24u b3JnL3YxCi0+IFgyNTUx OSBKN1NvRGtHQkZIOW1q NkZ1NmhWekFTUmpoRlN1 ZW1UdW53VjkxS21wLzNr
CmdzSXhxSlgyR2tDNksw dmlJZFVQdmlRMFFWT0tY ZTNHWGJDZktVTEIrTGsK LT4gNS9zOipseH4tZ3Jl YXNlClFtVmZFUQotLS0g
a1cxemZhVWNFMlFjbm4z OXZ6N01OaWZOMHNQSXRq R2xsTVhicUk1OG5mNAp1 gFZkZ/Z3jBXkjOHO5/Hi ZwDNniT02NrqdinkXihC
zQrhZ+SyCSUKDNSM/iNe SqNYwPH9mUNw7SvTcHB8 xgLr
"""
FOREIGN_SECRET, FOREIGN_OPEN, FOREIGN_FILE = ("".join(part.split()) for part in FOREIGN.split("\n\n"))
FOREIGN_SECRET = f"AGE-SECRET-KEY-{FOREIGN_SECRET}"
"""A pair and a file that pyrage 1.4.0 made, the implementation in Rust; in pieces, so that no scan takes it for a real key."""


def encrypt(data: bytes, recipients: str = OPEN) -> bytes:
    """The file for one or more open keys."""
    return b"".join(age.encrypt([data], age.read_recipients(recipients)))


def decrypt(file: bytes, identities: str = SECRET) -> bytes:
    """What is in it."""
    return b"".join(age.decrypt(io.BytesIO(file), age.read_identities(identities)))


def test_a_file_of_another_program_opens() -> None:
    """It has a stanza of no meaning, as the format lets programs add."""
    assert decrypt(base64.b64decode(FOREIGN_FILE), FOREIGN_SECRET).decode() == "Från ett annat program: åäö\n"


def test_the_open_half_is_the_one_that_another_program_works_out() -> None:
    assert age.read_recipients(FOREIGN_OPEN) == [age._open_half(age.read_identities(FOREIGN_SECRET)[0])]
    assert age._encode_key("age", age.read_recipients(FOREIGN_OPEN)[0]) == FOREIGN_OPEN


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
def test_what_goes_in_comes_out_however_it_is_cut(size: int) -> None:
    data = os.urandom(size)
    assert decrypt(encrypt(data)) == data
    cut = [data[start : start + 7_001] for start in range(0, size, 7_001)]
    assert decrypt(b"".join(age.encrypt(cut, age.read_recipients(OPEN)))) == data


def test_each_of_several_keys_opens_and_another_does_not() -> None:
    second_secret, second_open = age.make_identity()
    file = encrypt(b"hej", f"# till två\n{OPEN}\n\n{second_open}\n")
    assert decrypt(file) == decrypt(file, f"# created: i dag\n{second_secret}\n") == b"hej"
    with pytest.raises(age.AgeError, match="en annan nyckel"):
        decrypt(file, age.make_identity()[0])


def test_no_byte_can_be_changed() -> None:
    file = encrypt(b"x" * 70_000)
    header = file.index(b"\n--- ") + 60
    places = [*range(header), header + 100, header + 16 + 65_552 + 3, len(file) - 1]
    for place in places:
        broken = bytearray(file)
        broken[place] ^= 1
        with pytest.raises(age.AgeError):
            decrypt(bytes(broken))


def test_no_piece_can_be_cut_off_moved_or_added() -> None:
    file = encrypt(b"a" * 65_536 + b"b" * 65_536 + b"c")
    start, long = len(file) - 17 - 2 * 65_552, 65_552
    first, second, last = file[start : start + long], file[start + long : start + 2 * long], file[start + 2 * long :]
    head = file[:start]
    for broken in (
        head + first + second,
        head + first,
        head,
        head + second + first + last,
        head + first + last,
        file + b"x",
        file + last,
        file[:-1],
        file[:30],
        b"",
        b"PGDMP" + file,
    ):
        with pytest.raises(age.AgeError):
            decrypt(broken)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "ingen öppen nyckel"),
        ("# bara en rad\n", "ingen öppen nyckel"),
        (SECRET, "hemlig nyckel"),
        (SECRET.lower(), "hemlig nyckel"),
        ("ssh-ed25519 AAAA", "inte är en nyckel"),
        (OPEN[:-1], "inte är en nyckel"),
        (OPEN[:-1] + ("q" if OPEN[-1] != "q" else "p"), "felskriven"),
    ],
    ids=["nothing", "a comment", "the secret one", "the secret one in small letters", "ssh", "cut", "mistyped"],
)
def test_what_is_no_open_key_is_refused_in_a_sentence_without_it(text: str, sentence: str) -> None:
    with pytest.raises(age.AgeError, match=sentence) as refusal:
        age.read_recipients(text)
    assert len(text) < 20 or text[10:] not in str(refusal.value)


def test_an_open_key_opens_nothing() -> None:
    with pytest.raises(age.AgeError, match="ingen hemlig nyckel"):
        age.read_identities(OPEN)
