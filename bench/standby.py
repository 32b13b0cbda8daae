"""PostgreSQL with a standby that follows it, for bench/faults.py: kill the primary, promote the standby, make a new one."""

from __future__ import annotations

import contextlib
import shutil
from urllib.parse import quote

import psutil

from config.local.postgres import DATABASE, Cluster

NAME = "reserv"


class Pair:
    """The primary is `primary`, its standby `second`; they change places when it is promoted."""

    def __init__(self, primary: Cluster, *, waits: bool) -> None:
        self.primary = primary
        self.second = Cluster(primary.data.with_name("pg2"))
        self.waits = waits
        sockets = ",".join(str(cluster.sockets) for cluster in (self.primary, self.second))
        self.url = f"postgresql://postgres@/{DATABASE}?host={quote(sockets, safe='/,')}&target_session_attrs=read-write"

    def rebuild(self) -> None:
        """A new standby out of the primary, in place of what is there; commits wait for it from now on, where they should."""
        shutil.rmtree(self.second.data, ignore_errors=True)
        self.second.data.mkdir(mode=0o700)
        self.second._let_server_user_in(self.second.data)
        source = f"host={self.primary.sockets} user=postgres application_name={NAME}"
        self.primary._run("pg_basebackup", "-R", "-X", "stream", "-c", "fast", "-d", source, "-D", str(self.second.data))
        start(self.second)
        if self.waits:
            self._wait_for_standby(True)

    def kill_primary(self) -> None:
        """kill -9 of all its processes; its files are never used again."""
        postmaster = psutil.Process(int((self.primary.data / "postmaster.pid").read_text().split()[0]))
        children = postmaster.children(recursive=True)
        for process in [postmaster, *children]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs([postmaster, *children], 10)

    def promote(self) -> None:
        """The standby is the primary, and waits for nobody until it has a standby of its own."""
        self.second._control("promote")
        self.primary, self.second = self.second, self.primary
        self._wait_for_standby(False)

    def end(self) -> None:
        """Stop what runs."""
        for cluster in (self.second, self.primary):
            if cluster._is_running():
                cluster._control("stop", "-m", "immediate")

    def _wait_for_standby(self, waits: bool) -> None:
        for setting in (f"synchronous_standby_names = '{NAME if waits else ''}'", "synchronous_commit = 'remote_apply'"):
            self._sql(f"ALTER SYSTEM SET {setting}")
        self._sql("SELECT pg_reload_conf()")

    def _sql(self, statement: str) -> None:
        self.primary._run("psql", "-X", "-q", "-h", str(self.primary.sockets), "-U", "postgres", "-c", statement, "postgres")


def start(cluster: Cluster) -> None:
    """As the primary is started, but it makes no database of its own."""
    for left in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):  # of the one that it was copied from
        (cluster.data / left).unlink(missing_ok=True)
    options = f"-c listen_addresses= -c unix_socket_directories={cluster.sockets}"
    cluster._control("start", "-t", "60", "-l", str(cluster.data / "log"), "-o", options)
