"""bin/run: the whole portal on this machine with demo data, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pyotp

from config.local import installation, paths, processes
from config.local.locks import FileLock
from config.local.postgres import APP_LOGIN, OWNER_LOGIN

STOP = "Stoppa med Ctrl-C."


def parser() -> argparse.ArgumentParser:
    """The options, in Swedish."""
    options = argparse.ArgumentParser(
        prog="bin/run",
        description="Startar Personalstatistik på den här datorn med demodata. PORT och HOST väljer adress (8000 på 127.0.0.1).",
        add_help=False,
    )
    options.add_argument("--help", "-h", action="help", help="visar den här hjälpen")
    options.add_argument("--reset", action="store_true", help="tar först bort allt i var/ (databas, nycklar, demodata)")
    options.add_argument("--dev", action="store_true", help="utvecklingsläge: DEBUG, omladdning vid ändring, loggen här")
    options.add_argument("--code", metavar="E-POST", help="skriver demokontots engångskod just nu, och slutar")
    return options


def main(arguments: list[str]) -> int:
    """Run until told to stop."""
    options = parser().parse_args(arguments)
    if options.code:
        return print_code(options.code)
    lock = FileLock(paths.VAR / "run.lock")
    if not take(lock):
        print(f"Portalen är redan igång på {processes.recall().get('url', 'en annan adress')}. Stoppa den där den startades.")
        return 1 if options.reset else 0
    try:
        if options.reset:
            reset()
        processes.end_leftovers(processes.recall())
        return serve(is_dev=options.dev)
    finally:
        paths.STATE.unlink(missing_ok=True)
        lock.release()


def take(lock: FileLock) -> bool:
    """The right to run. A run that was killed may hold it through its children: end those first."""
    if lock.take(wait=False):
        return True
    state = processes.recall()
    if not state or processes.find(state):
        return False
    processes.end_leftovers(state)
    return lock.take(wait=False)


def reset() -> None:
    """Delete var/, with the database stopped first; the cluster of a running bin/test is left alone."""
    processes.end_leftovers(processes.recall())
    cluster = installation.PORTAL_CLUSTER
    if cluster.exists:
        cluster.acquire()
        cluster.release()
    spared = {"run.lock", "environment.lock", *(path.name for path in paths.VAR.glob("pg-test*")), "test"}
    for path in paths.VAR.iterdir():
        if path.name in spared:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    print("var/ är tömd.")


def serve(*, is_dev: bool) -> int:
    """Database, tables, demo data, web and worker; everything ends before this returns."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = processes.choose_port(host, os.environ.get("PORT") or None)
    url = base_url(host, port)
    external = os.environ.get("DATABASE_URL")
    cluster = installation.PORTAL_CLUSTER
    if not external:
        print("Startar databasen …", flush=True)
        cluster.acquire()
    try:
        if not external:
            cluster.prepare_roles()
        database_url = external or cluster.url_of(APP_LOGIN)
        local = installation.environment(database_url=database_url, base_url=url, host=host, debug=is_dev)
        installation.write_environment(local)
        environment = {**os.environ, **local, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        print("Förbereder tabeller och demodata …", flush=True)
        files = [] if is_dev else ["static"]
        if external:  # the rights there are its administrator's matter
            prepare(environment, external, "migrate", "demo", *files)
        else:
            prepare(environment, cluster.url_of(OWNER_LOGIN), "migrate", "grant_roles")
            prepare(environment, database_url, "demo", *files)
        return run_processes(environment, host, port, url, is_dev=is_dev)
    finally:
        if not external:
            cluster.release()


def prepare(environment: dict[str, str], database_url: str, *steps: str) -> None:
    """Take steps of `config.local.prepare` with that login; Unable when one fails."""
    quiet = {"LOG_LEVEL": "WARNING", **environment, "DATABASE_URL": database_url}
    taken = subprocess.run([paths.PYTHON, "-m", "config.local.prepare", *steps], env=quiet, cwd=paths.BASE, check=False)
    if taken.returncode:
        raise paths.Unable("Tabellerna eller demodata gick inte att skapa (se ovan). bin/run --reset börjar om från början.")


def base_url(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def run_processes(environment: dict[str, str], host: str, port: int, url: str, *, is_dev: bool) -> int:
    """Web and worker until the end, their log in var/portal.log (or here, with --dev)."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    gunicorn = [paths.PYTHON, "-m", "gunicorn", "-c", "config/gunicorn.conf.py", "--bind", bind, "--graceful-timeout", "3"]
    runserver = [paths.PYTHON, "manage.py", "runserver", "--skip-checks", bind]
    worker = [paths.PYTHON, "-m", "config.local.keep", paths.PYTHON, "manage.py", "procrastinate", "worker"]
    worker += ["--shutdown-graceful-timeout", "3"]
    log_place = "här nedan" if is_dev else f"var/{paths.LOG.name}"
    watch = processes.Watch(url, lambda: print(welcome(url, read_demo(), log_place), flush=True))
    commands = {"webb": runserver if is_dev else gunicorn, "jobb": worker}
    if is_dev:
        return processes.supervise(commands, environment, sys.stdout, watch)
    with paths.LOG.open("w", encoding="utf-8") as log:
        status = processes.supervise(commands, environment, log, watch)
    if status:
        print(f"Portalen stannade av sig själv. Sist i {paths.LOG}:\n{processes.last_lines(paths.LOG, 20)}", file=sys.stderr)
    else:
        print("\nPortalen är stoppad.")
    return status


def read_demo() -> list[dict[str, Any]]:
    """The demo's logins (contracts, "Demo"); empty when there are none."""
    try:
        return list(json.loads(paths.DEMO.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return []


def describe(person: dict[str, Any]) -> str:
    """'Trosa 0488 Kontaktperson' and the like."""
    roles = [f"{role['role']} {role.get('unit') or ''}".strip() for role in person.get("roles", [])]
    return ", ".join(roles) or ("SKR" if person.get("staff") else "")


def welcome(url: str, people: list[dict[str, Any]], log_place: str) -> str:
    """What a person needs to know once the portal answers."""
    not_yet = "(inbjuden, inget konto än)"
    rows = [(str(person["email"]), str(person["password"] or not_yet), describe(person)) for person in people]
    lines = ["", f"  Personalstatistik:  {url}/", f"  Skickade mejl:      {url}/utkorg/", ""]
    if rows:
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        lines += ["  Demokonton (e-post, lösenord, roll):"]
        lines += [f"    {email:<{widths[0]}}  {password:<{widths[1]}}  {roles}" for email, password, roles in rows]
        lines += ["", "  Engångskod till ett konto:  bin/run --code E-POST", ""]
    return "\n".join([*lines, f"  Loggen: {log_place}   {STOP}", ""])


def print_code(email: str) -> int:
    """Print the demo account's present one-time code."""
    people = {str(person["email"]).lower(): person for person in read_demo()}
    if not people:
        raise paths.Unable("Det finns inga demokonton än. Starta först portalen med bin/run.")
    person = people.get(email.strip().lower())
    if person is None or not person.get("totp_secret"):
        known = ", ".join(sorted(email for email, person in people.items() if person.get("totp_secret")))
        raise paths.Unable(f"{email} är inget demokonto med engångskod. De som finns: {known}")
    print(pyotp.TOTP(person["totp_secret"]).now())
    return 0
