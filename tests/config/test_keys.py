"""Secrets from files: what stops the start, and that no sentence shows any of the secret (KRY-03)."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.lib import keys

SECRET = "hemlig-" + "z" * 50
WHOLE = base64.b64encode(bytes(range(32))).decode()
SHORT = base64.b64encode(bytes(range(31))).decode()


def test_a_closed_file_is_read_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o400)
    assert keys.read_secret_file("HMAC_KEY", str(file)) == SECRET


def test_an_empty_file_says_that_no_older_key_counts(tmp_path: Path) -> None:
    file = tmp_path / "fallbacks"
    file.write_text("\n")
    file.chmod(0o600)
    assert keys.read_secret_file("SECRET_KEY_FALLBACKS", str(file), may_be_empty=True) == ""


@pytest.mark.asvs("11.1.1", "13.3.1", "13.3.2")
@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        (None, 0, "Filen för HMAC_KEY finns inte."),
        (b"", 0o600, "Filen för HMAC_KEY är tom."),
        (b" \n", 0o600, "Filen för HMAC_KEY är tom."),
        (b"hemlig\xff", 0o600, "Filen för HMAC_KEY går inte att läsa."),
        *(
            (SECRET.encode(), mode, "Filen för HMAC_KEY kan läsas av andra än portalen. Stäng den med chmod 600.")
            for mode in (0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o777)
        ),
    ],
)
def test_kry_03_a_file_missing_empty_or_open_to_others_is_refused(
    tmp_path: Path, content: bytes | None, mode: int, sentence: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(ImproperlyConfigured) as refusal:
        keys.read_secret_file("HMAC_KEY", str(file))
    assert str(refusal.value) == sentence


@pytest.mark.asvs("13.3.1", "13.3.2")
def test_kry_03_a_directory_or_device_is_no_secret(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(ImproperlyConfigured):
            keys.read_secret_file("HMAC_KEY", str(path))


@pytest.mark.asvs("13.3.1", "13.3.2")
@pytest.mark.parametrize(
    ("mode", "is_own", "is_open"),
    [
        *((0o100000 | mode, True, mode not in (0o600, 0o400)) for mode in (0o600, 0o400, 0o440, 0o640, 0o644)),
        *((0o100000 | mode, False, mode not in (0o600, 0o440, 0o640)) for mode in (0o600, 0o440, 0o640, 0o460, 0o444, 0o441)),
    ],
)
def test_kry_03_only_a_file_of_another_owner_may_be_read_through_its_group(mode: int, is_own: bool, is_open: bool) -> None:
    assert keys.is_open_to_others(mode, is_own=is_own) is is_open


@pytest.mark.asvs("11.1.2", "13.3.1")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECRET, "inte base64"),
        (f"{WHOLE}!", "inte base64"),
        ("å" * 44, "inte base64"),
        (SHORT, "minst 32 byte"),
        ("", "minst 32 byte"),
    ],
)
def test_kry_03_a_key_short_or_not_base64_is_refused(text: str, words: str) -> None:
    refused(keys.decode_key, "HMAC_KEY", text, words)


@pytest.mark.asvs("11.1.2", "13.3.1")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECRET, "inte JSON"),
        (json.dumps([WHOLE]), "inte JSON"),
        (json.dumps(7), "inte JSON"),
        (json.dumps({"1": 7}), "inte JSON"),
        (json.dumps({"1": None}), "inte JSON"),
        (json.dumps({SECRET: "1"}), "inte JSON"),
        (json.dumps({"1": SECRET}), "inte JSON"),
        ("{}", "minst en nyckel"),
        (json.dumps({"0": WHOLE}), "mellan 1 och 255"),
        (json.dumps({"256": WHOLE}), "mellan 1 och 255"),
        (json.dumps({"-1": WHOLE}), "mellan 1 och 255"),
        (json.dumps({"1": WHOLE, "2": SHORT}), "exakt 32 byte"),
        (json.dumps({"1": base64.b64encode(bytes(33)).decode()}), "exakt 32 byte"),
    ],
)
def test_kry_03_field_keys_that_are_none_are_refused(text: str, words: str) -> None:
    refused(keys.decode_field_keys, "FIELD_KEYS", text, words)


def refused(decode, name: str, text: str, words: str) -> None:
    """Decoding ends in a sentence with the name and the words, and nothing of the secret, traceback included."""
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        decode(name, text)
    assert str(refusal.value).startswith((name, f"Varje nyckel i {name}"))
    shown = "".join(traceback.format_exception(refusal.value))
    assert SECRET not in shown
    assert SHORT not in shown


def test_whole_keys_are_taken() -> None:
    assert keys.decode_key("HMAC_KEY", WHOLE) == bytes(range(32))
    assert keys.decode_field_keys("FIELD_KEYS", json.dumps({"1": WHOLE, "255": WHOLE})) == {
        1: bytes(range(32)),
        255: bytes(range(32)),
    }
