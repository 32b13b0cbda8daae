"""The environment: what is read is described, and an unsafe or missing setting stops the start with one Swedish line."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

READ = re.compile(r"""(?:\benv\.\w+|os\.environ\.get|secret|needed)\(\s*"([A-Z_]+)\"""")
DESCRIBED = re.compile(r"^#? ?([A-Z_]+?)(?:_FILE)?=", re.MULTILINE)
READERS = ("config/settings.py", "config/gunicorn.conf.py", "config/probe.py")


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    read = {name for reader in READERS for name in READ.findall((settings.BASE_DIR / reader).read_text(encoding="utf-8"))}
    described = set(DESCRIBED.findall((settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")))
    assert read == described


KEY = "LS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0="
WHOLE = {
    "SECRET_KEY": "x" * 50,
    "HMAC_KEY": KEY,
    "FIELD_KEYS": f'{{"1": "{KEY}"}}',
    "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Miljövariabeln SECRET_KEY saknas. Se .env.example."),
        ({"DATABASE_URL": ""}, "Miljövariabeln DATABASE_URL saknas. Se .env.example."),
        ({"HMAC_KEY_FILE": "/finns/inte"}, "Filen för HMAC_KEY går inte att läsa."),
        ({"DEMO": "1"}, "DEBUG och DEMO får inte vara på i produktion."),
        ({"DEBUG": "1"}, "DEBUG och DEMO får inte vara på i produktion."),
    ],
)
def test_drift_08_an_unsafe_or_missing_setting_stops_the_start(changes: dict[str, str], sentence: str) -> None:
    environment = {"PATH": os.environ["PATH"], "PORTAL_ENV": "production", **WHOLE, **changes}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (1, f"{sentence}\n")
