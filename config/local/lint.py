"""bin/lint: format, lint, own rules, secrets, types, imports, templates, production settings and migrations, in one go."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.local import paths
from config.local.installation import NO_SUCH_DATABASE

PRODUCTION = {
    "PORTAL_ENV": "production",
    "DATABASE_URL": f"{NO_SUCH_DATABASE}&sslmode=verify-full",
    "SECRET_KEY": "-".join(str(number) for number in range(60)),
    "FIELD_KEYS": json.dumps({"1": base64.b64encode(b"f" * 32).decode()}),
    "HMAC_KEY": base64.b64encode(b"h" * 32).decode(),
    "RECEIPT_KEY": base64.b64encode(bytes(range(32))).decode(),
    "SMTP_URL": "smtps://smtp.example",
}


LONGEST = "typer"


def templates() -> list[str]:
    """Our own templates."""
    return sorted(str(path.relative_to(paths.BASE)) for path in (paths.BASE / "templates").rglob("*.html"))


def steps(*, fix: bool) -> dict[str, list[str]]:
    """What is run, by name."""
    python = [paths.PYTHON, "-m"]
    manage = [paths.PYTHON, "-W", "ignore::RuntimeWarning", "manage.py"]
    wanted = {
        "formatering": [*python, "ruff", "format", *([] if fix else ["--check"]), "."],
        "regler": [*python, "ruff", "check", "--output-format=concise", *(["--fix"] if fix else []), "."],
        "egna regler": [*python, "config.local.rules"],
        "migreringars regler": [*python, "config.local.migration_rules"],
        "hemligheter": [*python, "config.local.secret_scan"],
        "mallar": [
            str(Path(paths.PYTHON).with_name("djade")),
            "--target-version",
            "5.2",
            *([] if fix else ["--check"]),
            *templates(),
        ],
        "typer": [*python, "mypy"],
        "importer": [paths.PYTHON, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        "inställningar": [*manage, "check", "--deploy", "--fail-level", "WARNING"],
        "migreringar": [*manage, "makemigrations", "--check", "--dry-run"],
    }
    return {name: command for name, command in wanted.items() if command[-1] != "--check" or templates()}


def main(arguments: list[str]) -> int:
    """Run every step and name those that found something."""
    if arguments not in ([], ["--fix"]):
        print("Använd: bin/lint [--fix]", file=sys.stderr)
        return 2
    environment = {**os.environ, **PRODUCTION}
    for name in (
        "DEBUG",
        "DEMO",
        "DATABASE_URL_FILE",
        "SMTP_URL_FILE",
        "SECRET_KEY_FILE",
        "SECRET_KEY_FALLBACKS_FILE",
        "FIELD_KEYS_FILE",
        "HMAC_KEY_FILE",
        "RECEIPT_KEY_FILE",
        "RECEIPT_PUBLIC_KEYS",
        "METRICS_TOKEN",
        "METRICS_TOKEN_FILE",
        "DJANGO_SETTINGS_MODULE",
        "DJANGO_ALLOW_ASYNC_UNSAFE",
    ):
        environment.pop(name, None)
    fix, red = bool(arguments), []
    wanted = steps(fix=fix)
    with ThreadPoolExecutor(1 if fix else 2) as pool:  # what corrects a file must not do so under another
        longest_first = sorted(wanted, key=lambda name: name != LONGEST)
        taken = {name: pool.submit(take, wanted[name], environment) for name in longest_first}
        for name in wanted:
            status, said, seconds = taken[name].result()
            if status:
                red.append(name)
            print(f"{name}: fel ({seconds:.1f} s)\n{said}" if status else f"{name}: bra ({seconds:.1f} s)", flush=True)
    if red:
        print(f"Att rätta: {', '.join(red)}. bin/lint --fix rättar det som går.")
    return 1 if red else 0


def take(command: list[str], environment: dict[str, str]) -> tuple[int, str, float]:
    """One step: its exit status, what it said, and how many seconds it took."""
    began = time.monotonic()
    ended = subprocess.run(command, cwd=paths.BASE, env=environment, check=False, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr, time.monotonic() - began
