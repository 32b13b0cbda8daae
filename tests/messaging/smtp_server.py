"""A mail server in a thread that speaks just enough SMTP, with or without TLS, and remembers what it was handed."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=365 * 30)


@dataclass
class Authority:
    """A certificate authority of the tests' own; `path` is what a client must be told to trust."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def path(self) -> Path:
        """Its own certificate, written when asked for."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Testutfärdare")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = self._builder(name, self.key).add_extension(constraints, critical=True).add_extension(usage, critical=True)
        return self._written("ca.pem", made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(self, host: str, *, is_own: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for `host`; with `is_own` signed by itself and not by the authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        made = self._builder(name, key).add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        signed = made.sign(key if is_own else self.key, hashes.SHA256())
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._written("server.pem", private + signed.public_bytes(serialization.Encoding.PEM)))
        return context

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Testutfärdare")])
        builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number(), FROM, TO)
        identity = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(identity, critical=False)

    def _written(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


class SmtpServer:
    """Listens on this machine until the block ends. `heard` is every line of a client, `letters` what it sent."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, from_the_start: bool = False, starttls: str = "220 Go ahead"
    ) -> None:
        self.tls, self.from_the_start, self.starttls = tls, from_the_start, starttls
        self.heard: list[str] = []
        self.letters: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(10)
            with ExitStack() as opened:
                try:
                    self._talk(opened.enter_context(client), opened)
                except OSError:  # the client hung up, a certificate that it does not trust for one
                    continue

    def _talk(self, client: socket.socket, opened: ExitStack) -> None:
        if self.tls and self.from_the_start:
            client = opened.enter_context(self.tls.wrap_socket(client, server_side=True))
        lines = opened.enter_context(client.makefile("rb"))
        _say(client, "220 mail.example ESMTP")
        while line := lines.readline().decode().rstrip():
            self.heard.append(line)
            match line.upper().split()[0]:
                case "EHLO" if self.starttls and not isinstance(client, ssl.SSLSocket):
                    _say(client, "250-mail.example", "250 STARTTLS")
                case "STARTTLS":
                    _say(client, self.starttls)
                    if self.starttls.startswith("220") and self.tls:
                        client = opened.enter_context(self.tls.wrap_socket(client, server_side=True))
                        lines = opened.enter_context(client.makefile("rb"))
                case "DATA":
                    _say(client, "354 Go ahead")
                    self.letters.append(_until_the_dot(lines))
                    _say(client, "250 OK")
                case "QUIT":
                    _say(client, "221 Bye")
                    return
                case _:
                    _say(client, "250 OK")


def _until_the_dot(lines: IO[bytes]) -> str:
    return "".join(iter(lambda: lines.readline().decode(), ".\r\n"))


def _say(client: socket.socket, *lines: str) -> None:
    client.sendall("".join(f"{line}\r\n" for line in lines).encode())
