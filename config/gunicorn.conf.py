"""gunicorn: one process with threads; scale by running more of them. The log is ours, one JSON line per request.

It stands behind a proxy that takes the whole request before it passes it on (nginx: `proxy_request_buffering on`, its
temporary directory in memory): a body that comes slowly holds a thread here until it has come.
"""

import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from gunicorn.glogging import Logger

from config import logs
from config.lib import tally

logs.configure(logs.config(os.environ.get("LOG_LEVEL", "INFO")))


class JsonLogger(Logger):
    """Errors through the root logger; one event per request with path but without query, address or browser (LOG-04)."""

    def setup(self, cfg: Any) -> None:
        """No handlers of gunicorn's own."""
        self.cfg = cfg
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.INFO)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """One line per answered request, and one more in the tally; but not for the probes."""
        path = environ.get("PATH_INFO", "")
        if path.strip("/") in tally.PROBES:
            return
        tally.board.count(path, resp.status_code or 0, request_time.total_seconds())
        headers = {name.lower(): value for name, value in resp.headers}
        structlog.get_logger("portal.request").info(
            "request",
            method=environ.get("REQUEST_METHOD"),
            path=path,
            status=resp.status_code,
            ms=round(request_time.total_seconds() * 1000),
            request_id=headers.get("x-request-id", ""),
        )


def on_starting(_arbiter: Any) -> None:
    """In production, and before the port is opened: end with one line a fault where a setting is unsafe."""
    if subprocess.run([sys.executable, "-m", "config.safe_start"], check=False).returncode:
        sys.exit(1)


def pre_fork(server: Any, worker: Any) -> None:
    """Give the process that is to be its place in the tally, one that no living process has."""
    worker.slot = tally.free_slot({getattr(other, "slot", None) for other in server.WORKERS.values()})


def post_fork(_server: Any, worker: Any) -> None:
    """In the new process: count there."""
    tally.board.use(worker.slot)


def child_exit(_server: Any, worker: Any) -> None:
    """Nothing of what it had at work is at work any longer."""
    if worker.slot is not None:
        tally.board.leave(worker.slot)


wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = False  # polars hangs in a forked child
timeout = 120
graceful_timeout = 30
keepalive = 5
limit_request_line = 4094
control_socket_disable = True  # else a socket in the home directory
MEMORY = Path("/dev/shm")  # noqa: S108 - the heartbeat must never wait for a disk
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
logger_class = JsonLogger
