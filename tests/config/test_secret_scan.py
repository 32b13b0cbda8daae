"""DRIFT-03: what looks like a secret is found, what only looks long is not; the tree holds none."""

from __future__ import annotations

import base64
import random
import string
from pathlib import Path

import pytest

from config.local import paths, secret_scan

BITS = random.Random(2026)
WITH_PASSWORD = "".join(("postgresql://portal:", "x9k2f", "@databas.example/portal"))
SECRETS = [
    base64.b64encode(BITS.randbytes(32)).decode(),
    base64.urlsafe_b64encode(BITS.randbytes(48)).decode(),
    BITS.randbytes(20).hex(),
    BITS.randbytes(32).hex(),
    base64.b32encode(BITS.randbytes(20)).decode(),
    "-----BEGIN " + "PRIVATE KEY-----",
    "-----BEGIN RSA " + "PRIVATE KEY-----",
    "AKIA" + "".join(BITS.choices(string.ascii_uppercase, k=16)),
    "ghp_" + "".join(BITS.choices(string.ascii_letters, k=36)),
    "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3",
    "AGE-SECRET-" + "KEY-1" + "Q" * 58,
    WITH_PASSWORD,
    WITH_PASSWORD.replace("postgresql", "smtps"),
]
ORDINARY = [
    "test_drift_03_what_looks_like_a_secret_is_found_and_nothing_else_is",
    "django.contrib.messages.storage.session.SessionStorage",
    "LS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=",
    "-" * 60,
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "abcdefghijklmnop" * 4,
    "0" * 64,
    "personnummerkontrollsiffranärfelaktig",
    "submissions/templates/submissions/granskning/sammanställning.html",
    "postgresql://portal_app:LÖSENORD@databas.example:5432/personalstatistik",
    "smtps://namn:lösenord@server:465",
    "postgresql://portal@127.0.0.1:1/portal",
    "https://personalstatistik.skr.se:8443/konto/@anna",
    "    --hash=sha256:" + BITS.randbytes(32).hex() + " \\",
    '      "integrity": "sha512-' + base64.b64encode(BITS.randbytes(64)).decode() + '",',
]


@pytest.mark.parametrize("secret", SECRETS, ids=range(len(SECRETS)))
def test_drift_03_what_looks_like_a_secret_is_found(secret: str) -> None:
    for line in (secret, f'KEY = "{secret}"', f"KEY={secret}", f"<p>{secret}</p>"):
        assert list(secret_scan.finds(line)), line


@pytest.mark.parametrize("text", ORDINARY, ids=range(len(ORDINARY)))
def test_drift_03_ordinary_text_is_not(text: str) -> None:
    assert list(secret_scan.finds(text)) == []
    assert list(secret_scan.finds(f'"{text}"')) == [] or text.startswith(" ")


def test_drift_03_the_place_is_told_and_never_the_secret(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "a.py").write_text(f'# a key\nKEY = "{SECRETS[0]}"\n')
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text(SECRETS[0])
    (tmp_path / "c.png").write_bytes(b"\0" + SECRETS[0].encode())
    assert secret_scan.scan(tmp_path) == ["apps/a.py:2: slumptext"]


def test_drift_03_the_tree_holds_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(secret_scan.files(paths.BASE))) > 300
    assert secret_scan.main() == 0, capsys.readouterr().out


def test_drift_03_what_is_known_is_still_there() -> None:
    everything = "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in secret_scan.files(paths.BASE)
        if path.name != "secret_scan.py"
    )
    assert [text for text in secret_scan.KNOWN if text not in everything] == []
