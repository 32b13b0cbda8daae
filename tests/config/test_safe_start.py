"""In production neither web nor worker starts while a setting is unsafe: one line a fault, exit status 1 (DRIFT-01)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from config import safe_start
from config.local.lint import PRODUCTION

WEB = ["-m", "gunicorn", "-c", "config/gunicorn.conf.py"]
WORKER = ["manage.py", "procrastinate", "worker"]


@pytest.mark.real_clock
@pytest.mark.parametrize("command", [WEB, WORKER], ids=["web", "worker"])
@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"SMTP_URL": "", "TRUSTED_PROXY_COUNT": "0"}, ["portal.E029", "portal.E036"]),
        ({"SECRET_KEY": "kort-hemlighet"}, ["portal.E040", "security.W009"]),
        ({"DEMO": "1"}, ["DEBUG och DEMO får inte vara på i produktion."]),
    ],
)
def test_drift_01_web_and_worker_refuse_to_start(command: list[str], changes: dict[str, str], faults: list[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "BIND": "127.0.0.1:0", **PRODUCTION, **changes}
    ended = subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert "Listening at" not in ended.stderr
    said = [line for line in ended.stderr.splitlines() if not line.startswith(("{", "Portalen startar inte."))]
    assert sorted(line.split(":")[0] for line in said) == faults
    assert "kort-hemlighet" not in ended.stderr


@pytest.mark.real_clock
def test_drift_01_nothing_is_refused_where_all_is_safe() -> None:
    environment = {"PATH": os.environ["PATH"], **PRODUCTION}
    command = [sys.executable, "-m", "config.safe_start"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_nothing_is_refused_outside_production() -> None:
    assert not settings.PRODUCTION
    safe_start.refuse_unsafe()


def test_each_fault_is_one_line_with_its_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TRUSTED_PROXY_COUNT", 0)
    assert (
        "portal.E029: TRUSTED_PROXY_COUNT ska vara minst 1: portalen står bakom en proxy. Sätts i miljön, se .env.example."
        in safe_start.faults()
    )
    assert not any("\n" in line for line in safe_start.faults())
