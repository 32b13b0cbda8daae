"""A scanner of our own for the tests: speaks clamd's INSTREAM in a thread, and knows one virus, EICAR."""

from __future__ import annotations

import socket
import struct
import threading

from tests.bad_files import EICAR


class FakeClamd:
    """Listens on this machine while the block lasts. `answer` replaces the verdict; None: nobody listens there."""

    def __init__(self, answer: bytes | None = b"?", *, path: str = "") -> None:
        self.answer = answer
        self.path = path
        self.received: list[bytes] = []

    @property
    def url(self) -> str:
        """What CLAMD_URL is set to."""
        return f"unix:{self.path}" if self.path else f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeClamd:
        self.server = socket.socket(socket.AF_UNIX if self.path else socket.AF_INET)
        self.server.bind(self.path or ("127.0.0.1", 0))
        self.port = 0 if self.path else self.server.getsockname()[1]
        if self.answer is None:
            self.server.close()
            return self
        self.server.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.answer is not None:
            with socket.socket(self.server.family) as last:  # wakes the thread, which then sees that it is over
                self.answer, where = None, self.server.getsockname()
                last.connect(where)
            self.thread.join(timeout=5)
            self.server.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self.server.accept()
            with connection:
                if self.answer is None:
                    return
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!I", stream.read(4))[0]:
            content += stream.read(length)
        self.received.append(content)
        verdict = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        connection.sendall(verdict if self.answer == b"?" else self.answer or b"")
