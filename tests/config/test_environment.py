"""The environment: what is read is described, and an unsafe or missing setting stops the start with one Swedish line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

READ = re.compile(r"""(?:\benv\.\w+|os\.environ\.get|secret|needed|whole_number)\(\s*"([A-Z_]+)\"""")
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
    "RECEIPT_KEY": KEY,
    "FIELD_KEYS": f'{{"1": "{KEY}"}}',
    "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Miljövariabeln SECRET_KEY saknas. Se .env.example."),
        ({"DATABASE_URL": ""}, "Miljövariabeln DATABASE_URL saknas. Se .env.example."),
        ({"FIELD_KEY_ACTIVE": "2"}, "FIELD_KEY_ACTIVE är inget av numren i FIELD_KEYS."),
        ({"TRUSTED_PROXY_COUNT": "en"}, "Miljövariabeln TRUSTED_PROXY_COUNT ska vara ett heltal."),
        ({"DEMO": "1"}, "DEBUG och DEMO får inte vara på i produktion."),
        ({"DEBUG": "1"}, "DEBUG och DEMO får inte vara på i produktion."),
    ],
)
@pytest.mark.asvs("13.2.3", "13.4.2")
def test_drift_08_an_unsafe_or_missing_setting_stops_the_start(changes: dict[str, str], sentence: str) -> None:
    assert start(changes) == (1, f"{sentence}\n")


def start(changes: dict[str, str]) -> tuple[int, str]:
    """The exit status and standard error of manage.py in production with a whole environment but for the changes."""
    environment = {"PATH": os.environ["PATH"], "PORTAL_ENV": "production", **WHOLE, **changes}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    return ended.returncode, ended.stderr


def test_the_addresses_with_passwords_may_lie_in_files_too(tmp_path: Path) -> None:
    for name, text in {"DATABASE_URL": "mysql://trams", "SMTP_URL": "smtps://smtp.example"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    files = {f"{name}_FILE": str(tmp_path / name) for name in ("DATABASE_URL", "SMTP_URL")}
    code = "from config import settings; print(settings.DATABASES['default']['ENGINE'], settings.SMTP_URL)"
    environment = {"PATH": os.environ["PATH"], **WHOLE, "DATABASE_URL": "postgresql:///annan", **files}
    ended = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert ended.stdout == "django.db.backends.mysql smtps://smtp.example\n"


@pytest.mark.asvs("13.3.1", "13.3.2", "13.3.4")
def test_kry_03_a_key_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "hmac"
    file.write_text(KEY)
    file.chmod(0o644)
    assert start({"HMAC_KEY_FILE": str(file)}) == (
        1,
        "Filen för HMAC_KEY kan läsas av andra än portalen. Stäng den med chmod 600.\n",
    )
    file.chmod(0o600)
    assert start({"HMAC_KEY_FILE": str(file)}) == (0, "")


def test_older_secret_keys_come_from_a_file_too(tmp_path: Path) -> None:
    """One a line, or commas between; the check looks at each of them (portal.E040)."""
    file = tmp_path / "fallbacks"
    file.write_text("ett-kort\nett-annat,ett-tredje\n")
    file.chmod(0o600)
    code = "from config import settings; print(settings.SECRET_KEY_FALLBACKS)"
    environment = {"PATH": os.environ["PATH"], **WHOLE, "SECRET_KEY_FALLBACKS_FILE": str(file)}
    ended = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert ended.stdout == "['ett-kort', 'ett-annat', 'ett-tredje']\n"
