"""One local installation: its keys, made once, and the environment that bin/run and manage.py share."""

from __future__ import annotations

import atexit
import base64
import json
import os
import secrets
import sys
from pathlib import Path

from config.local import paths
from config.local.postgres import APP_LOGIN, DATABASE, OWNER_LOGIN, Cluster

PORTAL_CLUSTER = Cluster(paths.VAR / "pg")
NEED_NO_DATABASE = frozenset({"check_file", "demo_file", "collectstatic", "help", "version", "--help", "--version", "-h"})
OWNER_COMMANDS = frozenset({"migrate", "grant_roles"})  # the others do with the rights of portal_app
NO_SUCH_DATABASE = f"postgresql://postgres@/{DATABASE}?host=/nonexistent"


def make_key(name: str) -> str:
    """A new random key in the form that the settings read."""
    if name == "SECRET_KEY":
        return secrets.token_urlsafe(64)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return json.dumps({"1": key}) if name == "FIELD_KEYS" else key


def key_files() -> dict[str, Path]:
    """The files of the installation's keys, made when missing; never made anew, or nothing sealed could be opened."""
    files = {name: paths.KEYS / name for name in ("SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY")}
    for name, file in files.items():
        if not file.exists():
            paths.write_private(file, make_key(name))
    return files


def environment(*, database_url: str, base_url: str, host: str, debug: bool) -> dict[str, str]:
    """The variables of the local portal, as the settings read them."""
    return {
        "PORTAL_ENV": "local",
        "DEMO": "1",
        "DEBUG": "1" if debug else "0",
        "DATABASE_URL": database_url,
        "PORTAL_BASE_URL": base_url,
        "ALLOWED_HOSTS": "*" if host not in {"127.0.0.1", "localhost", "::1"} else "localhost,127.0.0.1,[::1]",
    } | {f"{name}_FILE": str(file) for name, file in key_files().items()}


def write_environment(variables: dict[str, str]) -> None:
    """Leave the environment for manage.py."""
    paths.write_private(paths.ENV, "".join(f"{name}={value}\n" for name, value in variables.items()))


def read_environment() -> dict[str, str]:
    """The environment that bin/run left; empty when it never ran."""
    try:
        lines = paths.ENV.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def attach() -> None:
    """Give a command of manage.py, run by hand, the same database and keys as bin/run.

    A no-op where the environment says which installation it is. The command has the rights of the web and the worker, but
    those of the tables' owner where it changes tables or rights. Starts the server when it is down, and stops it again
    when the command was its only user. Before the first bin/run a command that needs no database works all the same.
    """
    if os.environ.get("PORTAL_ENV", "local") != "local":
        return
    for name, value in (read_environment() or _nothing_installed()).items():
        os.environ.setdefault(name, value)
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if os.environ["DATABASE_URL"] == PORTAL_CLUSTER.url_of(APP_LOGIN) and command in OWNER_COMMANDS:
        os.environ["DATABASE_URL"] = PORTAL_CLUSTER.url_of(OWNER_LOGIN)
    is_ours = os.environ["DATABASE_URL"] in {PORTAL_CLUSTER.url_of(login) for login in (APP_LOGIN, OWNER_LOGIN, "postgres")}
    if is_ours and PORTAL_CLUSTER.exists and command not in NEED_NO_DATABASE and not {"--help", "-h"} & set(sys.argv):
        try:
            PORTAL_CLUSTER.acquire()
        except paths.Unable as error:
            sys.exit(str(error))
        atexit.register(PORTAL_CLUSTER.release)


def _nothing_installed() -> dict[str, str]:
    return {"PORTAL_ENV": "local", "DATABASE_URL": NO_SUCH_DATABASE} | {
        name: make_key(name) for name in ("SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY")
    }
