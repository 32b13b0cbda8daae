"""Ask clamd whether a file is malicious: our own client of its INSTREAM command (security note, section 13; ASVS 5.4.3).

Off where CLAMD_URL is empty. Where it is set the scan fails closed: a file that could not be scanned is not taken in.
The answer is one line: "stream: OK", "stream: <name> FOUND" or "<what went wrong> ERROR". clamd must take streams as large
as an upload (StreamMaxLength in clamd.conf).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 30  # seconds of silence
CHUNK = 1_000_000
LONGEST_ANSWER = 4_000
BEGIN = b"zINSTREAM\0"
CLEAN = "stream: OK"
END = struct.pack("!I", 0)


class Infected(Exception):
    """clamd found something; str() is its name for it."""


class ScanFailed(Exception):
    """The file could not be scanned: clamd is away, slow, or answered with an error."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where clamd listens: a host with a port, or a path of this machine."""

    host: str = ""
    port: int = 0
    path: str = ""

    def connect(self) -> socket.socket:
        """An open connection. Raises OSError."""
        if not self.path:
            return socket.create_connection((self.host, self.port), timeout=TIMEOUT)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(TIMEOUT)
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection


def endpoint_of(url: str) -> Endpoint | None:
    """tcp://host:port or unix:/path; None where it is empty. Raises ValueError for anything else."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # no number, or none that there is
        port = None
    if parts.scheme == "tcp" and parts.hostname and port and not parts.path.strip("/"):
        return Endpoint(host=parts.hostname, port=port)
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return Endpoint(path=parts.path)
    raise ValueError("CLAMD_URL ska vara tcp://värd:port eller unix:/sökväg.")


def scan(content: bytes) -> None:
    """Return where the bytes are clean, or where no scanning is set up. Raises `Infected` or `ScanFailed`."""
    endpoint = endpoint_of(settings.CLAMD_URL)
    if endpoint is None:
        return
    try:
        answer = _ask(endpoint, content)
    except OSError as error:
        raise ScanFailed(type(error).__name__) from error
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        raise Infected(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    if answer != CLEAN:
        raise ScanFailed(answer or "no answer")


def _ask(endpoint: Endpoint, content: bytes) -> str:
    """Send the bytes in chunks, each after its length, and read the answer."""
    with endpoint.connect() as connection:
        view = memoryview(content)
        try:
            connection.sendall(BEGIN)
            for start in range(0, len(view), CHUNK):
                chunk = view[start : start + CHUNK]
                connection.sendall(struct.pack("!I", len(chunk)))
                connection.sendall(chunk)
            connection.sendall(END)
        except (BrokenPipeError, ConnectionResetError):
            pass  # clamd closes a stream that is too long, and its answer says so
        return _answer(connection)


def _answer(connection: socket.socket) -> str:
    received = b""
    while len(received) < LONGEST_ANSWER:
        part = connection.recv(LONGEST_ANSWER)
        received += part
        if not part or b"\0" in part:
            break
    return received.split(b"\0")[0].decode("utf-8", "replace").strip()
