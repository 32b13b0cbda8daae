"""The processes of bin/run: a free port, web and worker under one roof, and leftovers of a run that was killed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import psutil
from honcho.manager import Manager
from honcho.printer import Printer

from config.local import paths

FIRST_PORT, LAST_PORT = 8000, 8099
READY_WITHIN = 60.0


def is_free(host: str, port: int) -> bool:
    """True when a server may listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(host: str, wanted: str | None) -> int:
    """The port set by hand, or the first free one from 8000."""
    if wanted is None:
        port = next((port for port in range(FIRST_PORT, LAST_PORT + 1) if is_free(host, port)), None)
        if port is None:
            raise paths.Unable(f"Ingen ledig port mellan {FIRST_PORT} och {LAST_PORT}. Välj en: PORT=9000 bin/run")
        return port
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= 65535):
        raise paths.Unable(f"PORT={wanted} är ingen port. Ange ett tal mellan 1 och 65535.")
    if not is_free(host, int(wanted)):
        raise paths.Unable(f"Port {wanted} på {host} är upptagen eller får inte användas. Välj en annan: PORT=9000 bin/run")
    return int(wanted)


def own_processes() -> list[dict[str, float]]:
    """Our children and theirs, with the time each began: a process id alone may be somebody else's tomorrow."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found.append({"pid": process.pid, "began": process.create_time()})
        except psutil.Error:
            continue
    return found


def remember(url: str) -> None:
    """Write down which processes are ours and where the portal answers."""
    state = {"pid": os.getpid(), "began": psutil.Process().create_time(), "url": url, "children": own_processes()}
    paths.write_private(paths.STATE, json.dumps(state))


def recall() -> dict[str, Any]:
    """What the last run wrote down; empty when it ended well."""
    try:
        return dict(json.loads(paths.STATE.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def find(noted: Mapping[str, float]) -> psutil.Process | None:
    """The noted process, if it still is the same one."""
    try:
        process = psutil.Process(int(noted["pid"]))
        return process if abs(process.create_time() - noted["began"]) < 1 else None
    except psutil.Error:
        return None


def end_leftovers(state: Mapping[str, Any]) -> None:
    """End what a killed run left behind: first politely, then not."""
    left = [process for noted in state.get("children", []) if (process := find(noted))]
    for stop in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            try:
                stop(process)
            except psutil.Error:
                continue
        _, left = psutil.wait_procs(left, timeout=5)


def answers(url: str) -> bool:
    """True when /readyz says that the portal can do its work."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


class Watch(threading.Thread):
    """Waits beside the processes until the portal answers, then tells once."""

    def __init__(self, url: str, tell: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.url, self.tell = url, tell
        self.is_ready = False
        self.stopping = threading.Event()

    def run(self) -> None:
        """Poll /readyz; complain, but go on waiting, when it takes too long."""
        began, has_complained = time.monotonic(), False
        while not self.stopping.wait(0.1):
            remember(self.url)
            if answers(self.url):
                self.is_ready = True
                remember(self.url)
                self.tell()
                return
            if not has_complained and time.monotonic() - began > READY_WITHIN:
                has_complained = True
                print(f"Portalen svarar ännu inte. Loggen: {paths.LOG}", file=sys.stderr, flush=True)


def supervise(commands: Mapping[str, list[str]], environment: dict[str, str], output: IO[str], watch: Watch) -> int:
    """Run the commands until one ends or we are told to stop; then all have ended. 0 when we were told."""
    manager = Manager(Printer(output, prefix=output is sys.stdout))
    for name, command in commands.items():
        manager.add_process(name, f"exec {shlex.join(command)}", env=environment, cwd=str(paths.BASE))
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    watch.start()
    manager.loop()
    watch.stopping.set()
    watch.join(5)
    told = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    return 0 if manager.returncode in told else 1


def last_lines(file: Path, count: int) -> str:
    """The end of a log, for a person who wonders why it stopped."""
    try:
        return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
