"""The client of clamd: where it connects, what it says, and that only a plain "OK" is clean (FIL-10)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from config.lib import scan
from config.lib.scan import Endpoint, endpoint_of
from tests.bad_files import EICAR
from tests.fake_clamd import FakeClamd

pytestmark = pytest.mark.asvs("5.4.3")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("", None),
        ("tcp://clamd.example:3310", Endpoint(host="clamd.example", port=3310)),
        ("tcp://[::1]:3310", Endpoint(host="::1", port=3310)),
        ("unix:/run/clamav/clamd.ctl", Endpoint(path="/run/clamav/clamd.ctl")),
        ("unix:///run/clamav/clamd.ctl", Endpoint(path="/run/clamav/clamd.ctl")),
    ],
)
def test_addresses_of_clamd(url: str, endpoint: Endpoint | None) -> None:
    assert endpoint_of(url) == endpoint


@pytest.mark.parametrize(
    "url",
    [
        "clamd.example:3310",
        "tcp://clamd.example",
        "http://clamd:3310",
        "unix:relativ",
        "unix://värd/sökväg",
        "tcp://a:99999",
        "på",
    ],
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="CLAMD_URL ska vara"):
        endpoint_of(url)


def test_fil_10_a_wrong_address_stops_the_start() -> None:
    environment = {**os.environ, "CLAMD_URL": "clamd.example", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env=environment, cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "CLAMD_URL ska vara tcp://värd:port eller unix:/sökväg." in done.stderr


@pytest.mark.parametrize("size", [0, 1, scan.CHUNK - 1, scan.CHUNK, scan.CHUNK + 1, 3 * scan.CHUNK])
def test_fil_10_every_byte_reaches_the_scanner(settings: LazySettings, size: int) -> None:
    content = (b"0123456789" * (size // 10 + 1))[:size]
    with FakeClamd() as clamd:
        settings.CLAMD_URL = clamd.url
        scan.scan(content)
        assert clamd.received == [content]


def test_fil_10_a_path_of_this_machine_works_too(settings: LazySettings, tmp_path: Path) -> None:
    with FakeClamd(path=str(tmp_path / "clamd")) as clamd:
        settings.CLAMD_URL = clamd.url
        scan.scan(b"0488;1")
        with pytest.raises(scan.Infected, match="^Eicar-Test-Signature$"):
            scan.scan(b"x" * scan.CHUNK + EICAR)
    with pytest.raises(scan.ScanFailed):
        scan.scan(b"0488;1")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: \0",
        b"OK?\0",
        b"stream: NOT OK\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"\xff\xfe\0",
        b"x" * 10_000,
    ],
)
def test_fil_10_any_other_answer_is_no_clean_one(settings: LazySettings, answer: bytes) -> None:
    with FakeClamd(answer=answer) as clamd:
        settings.CLAMD_URL = clamd.url
        with pytest.raises(scan.ScanFailed):
            scan.scan(b"0488;1")


def test_fil_10_a_scanner_that_says_nothing_is_given_up(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.CLAMD_URL = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(scan.ScanFailed, match="TimeoutError"):
            scan.scan(b"0488;1")


def test_off_nothing_is_asked(settings: LazySettings) -> None:
    settings.CLAMD_URL = ""
    scan.scan(EICAR)
