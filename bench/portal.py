"""A portal of its own for a trial under load or with faults: database, web nodes, workers, mail server and proxy in one directory.

    with Portal(nodes=2, workers=2, proxy=True) as portal:
        portal.start()
        … portal.url …

Settings as in production, the refusals of an unsafe start with them; only that the database must be reached with TLS is not asked
(bench/settings.py): here it is a socket of this machine.
Whoever dies is started again after a second, as systemd does it, the database too where `watches_database` is set. `disk` is where
the database lies, `environment` what web and workers see besides the settings. The mail server is one of ours: it speaks TLS, keeps who got
which Message-ID in `portal.mails`, and can be shut and opened. The proxy is nginx with docs/nginx/personalstatistik.conf, its names,
ports and certificate replaced. All of it ends, and the directory goes, with the block.
"""

from __future__ import annotations

import contextlib
import email.policy
import os
import random
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

import psutil  # noqa: E402

from config.local.installation import make_key  # noqa: E402
from config.local.paths import Unable  # noqa: E402
from config.local.postgres import Cluster  # noqa: E402

HOST = "personalstatistik.skr.se"
FIRST_PORT = int(os.environ.get("TRIAL_PORT", "8390"))  # another, and two trials can run at once
PROXY_PORT, MAIL_PORT = FIRST_PORT + 9, FIRST_PORT + 8
TRUSTED = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}  # what the proxy says
ADDRESS = "X-Trial-Address"  # whose it is, for the trial's proxy: all visitors come from this machine
RESTART_AFTER = 1.0


class MailServer:
    """Takes every mail over TLS, counts it by its Message-ID, keeps its text by address; refuses connections while shut."""

    def __init__(self, folder: Path) -> None:
        self.mails: Counter[str] = Counter()
        self.letters: defaultdict[str, list[str]] = defaultdict(list)
        self.certificate = folder / "mail.pem"
        make_certificate(self.certificate)
        self._server: socketserver.ThreadingTCPServer | None = None
        self._silent: socket.socket | None = None

    def hang(self) -> None:
        """Take every call and say nothing; after `shut`."""
        self._silent = socket.create_server(("127.0.0.1", MAIL_PORT), backlog=100)

    def open(self) -> None:
        """Listen."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        mails, letters = self.mails, self.letters

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    self.request = context.wrap_socket(self.request, server_side=True)
                    take_mails(self.request, mails, letters)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A worker that was killed hangs up without a word."""

        self._server = Server(("127.0.0.1", MAIL_PORT), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def shut(self) -> None:
        """Listen no more."""
        if self._silent:
            self._silent.close()
            self._silent = None
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def take_mails(connection: ssl.SSLSocket, mails: Counter[str], letters: dict[str, list[str]]) -> None:
    """One SMTP conversation; a mail counts from our "250" after its last line."""
    stream = connection.makefile("rwb")

    def say(line: str) -> None:
        stream.write(line.encode() + b"\r\n")
        stream.flush()

    say("220 mail")
    while line := stream.readline():
        word = line[:4].upper()
        if word == b"DATA":
            say("354 go on")
            body = b""
            while (part := stream.readline()) not in {b".\r\n", b""}:
                body += part
            letter = email.message_from_bytes(body, policy=email.policy.default)
            mails[str(letter["Message-ID"])] += 1
            plain = letter.get_body(("plain",))
            letters[str(letter["To"])].append(plain.get_content() if plain else "")
            say("250 taken")
        elif word == b"QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")


def make_certificate(path: Path) -> None:
    """A certificate for this machine, signed by itself, with its key in the same file."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", f"subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:{HOST}"]
    subprocess.run([*command, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    with path.open("ab") as both:
        both.write(Path(f"{path}.crt").read_bytes())


def end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask all of them to end, and end those that do not."""
    asked = list(processes)
    for process in asked:
        process.terminate()
    for process in asked:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


class Portal:
    """See the module."""

    def __init__(
        self, *, nodes: int = 1, workers: int = 1, processes: int = 1, proxy: bool = False, disk: Path | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-"))
        self.folder.chmod(0o755)  # the database's own user has to come past
        self.cluster = Cluster((disk or self.folder) / "pg")
        self.environment: dict[str, str] = {}  # more of it, for web and workers only
        self.watches_database = False
        self.mail = MailServer(self.folder)
        self.nodes, self.workers, self.processes, self.has_proxy = nodes, workers, processes, proxy
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: Counter[str] = Counter()
        self._over = threading.Event()
        self.log = self.folder / "log"

    def __enter__(self) -> Self:
        """The database with its tables, and the settings in this process too."""
        self.cluster.acquire()
        os.environ.update(self.settings())
        for command in (["migrate", "--no-input", "-v", "0"], ["collectstatic", "--no-input", "-v", "0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=BASE, check=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Everything ends."""
        self._over.set()
        end(self.running.values())
        self.mail.shut()
        self.cluster.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self) -> dict[str, str]:
        """The environment of the installation."""
        keys = {name: make_key(name) for name in ("SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY")}
        return {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "PORTAL_ENV": "production",
            "DATABASE_URL": self.cluster.url,
            "STATIC_ROOT": str(self.folder / "static"),
            "WEB_CONCURRENCY": str(self.processes),
            "POLARS_MAX_THREADS": "1",
            "LOG_LEVEL": "WARNING",
            "SMTP_URL": f"smtps://127.0.0.1:{MAIL_PORT}",
            "SSL_CERT_FILE": f"{self.mail.certificate}.crt",
            **keys,
        }

    @property
    def url(self) -> str:
        """Where a browser goes: the proxy, or else the first node."""
        return f"https://127.0.0.1:{PROXY_PORT}" if self.has_proxy else f"http://127.0.0.1:{FIRST_PORT}"

    def start(self) -> None:
        """Nodes, workers, mail server and proxy; returns when each node says that it is ready."""
        self.mail.open()
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py"]
        commands = {f"web{number}": [*gunicorn, "-b", f"127.0.0.1:{FIRST_PORT + number}"] for number in range(self.nodes)}
        commands |= {
            f"worker{number}": [sys.executable, "manage.py", "procrastinate", "worker"] for number in range(self.workers)
        }
        if self.has_proxy:
            commands["proxy"] = ["nginx", "-e", str(self.log), "-c", str(self._nginx())]
        for name, command in commands.items():
            self._begin(name, command)
        threading.Thread(target=self._keep_running, args=(commands,), daemon=True).start()
        for number in range(self.nodes):
            self.wait_for(f"http://127.0.0.1:{FIRST_PORT + number}/readyz")

    def wait_for(self, address: str, seconds: float = 120) -> None:
        """Until the address answers 200."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(urllib.request.Request(address, headers=TRUSTED), timeout=5),
            ):
                return
            time.sleep(0.5)
        raise SystemExit(f"{address} svarar inte: {self.log.read_text(errors='replace')[-2000:]}")

    def _begin(self, name: str, command: list[str]) -> None:
        with self.log.open("ab") as log:
            more = {} if name == "proxy" else self.environment
            self.running[name] = subprocess.Popen(command, cwd=BASE, stdout=log, stderr=log, env={**os.environ, **more})

    def _keep_running(self, commands: dict[str, list[str]]) -> None:
        while not self._over.wait(0.2):
            for name, process in list(self.running.items()):
                if process.poll() is not None and not self._over.wait(RESTART_AFTER):
                    self.restarts[name] += 1
                    self._begin(name, commands[name])
            if self.watches_database and not self.cluster._is_running() and not self._over.wait(RESTART_AFTER):
                self.restarts["database"] += 1
                with contextlib.suppress(Unable):  # no room yet, say
                    self.cluster._start()

    def _nginx(self) -> Path:
        text = (BASE / "docs" / "nginx" / "personalstatistik.conf").read_text(encoding="utf-8")
        text = (
            text[: text.rindex("server {")]
            .replace("listen [::]:443 ssl;", "")
            .replace("listen 443 ssl", f"listen 127.0.0.1:{PROXY_PORT} ssl")
        )
        for name, file in {"portal.crt": f"{self.mail.certificate}.crt", "portal.key": str(self.mail.certificate)}.items():
            text = text.replace(f"/etc/nginx/tls/{name}", file)
        text = text.replace("/run/nginx-portal", str(self.folder / "bodies"))
        nodes = "".join(f"server 127.0.0.1:{FIRST_PORT + number};" for number in range(self.nodes))
        text = f"upstream portal {{ {nodes} }}\n{text}"
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        path = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        path.write_text(
            f"daemon off;{user} pid {self.folder}/nginx.pid; worker_processes 1; events {{ worker_connections 4096; }}\n"
            f"http {{ access_log off; set_real_ip_from 127.0.0.1; real_ip_header {ADDRESS}; {places}\n{text}\n}}\n",
            encoding="utf-8",
        )
        return path

    def tree(self, name: str) -> list[psutil.Process]:
        """The processes of one part, children and all."""
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(self.running[name].pid)
            return [top, *top.children(recursive=True)]
        return []

    def kill(self, kind: str, chance: random.Random) -> str:
        """kill -9 of one process by chance, of the web or of the workers; which part it hit."""
        name = chance.choice(sorted(name for name in self.running if name.startswith(kind)))
        for process in chance.sample(self.tree(name), k=min(1, len(self.tree(name)))):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        return name

    def restart_database(self, mode: str, *, away: float = 0) -> None:
        """Stop it, "fast" or "immediate", which is a crash; start it after so many seconds."""
        self.cluster._control("stop", "-m", mode, "-t", "60")
        time.sleep(away)
        self.cluster._start()

    def errors(self) -> Iterator[str]:
        """Lines of the log that somebody should look at."""
        for line in self.log.read_text(errors="replace").splitlines():
            if '"level": "error"' in line or "Traceback" in line:
                yield line
