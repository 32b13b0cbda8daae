"""A browser for a trial: cookies, forms with their token, files. Speaks to the portal as its proxy would, or to the proxy."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pyotp

from bench.portal import ADDRESS, HOST, TRUSTED
from bench.season import Comer

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"')
FORM = re.compile(r"<form[^>]*?action=\"([^\"]+)\"[^>]*>(.*?)</form>", re.DOTALL)


class NoAnswer(Exception):
    """The connection was refused or cut: the portal has promised nothing."""


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    location: str


@dataclass
class Browser:
    """One person's, at `url`. A redirect is not followed: it is the portal's word that a form was taken."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    address: str = TRUSTED["X-Forwarded-For"]  # where she seems to sit

    def get(self, path: str) -> Answer:
        """A page."""
        return self._ask("GET", path, b"", "")

    def post(self, path: str, page: str, values: dict[str, str]) -> Answer:
        """A form of the page."""
        fields = {**values, "csrfmiddlewaretoken": token_of(page)}
        return self._ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def upload(self, path: str, page: str, values: dict[str, str], name: str, content: bytes) -> Answer:
        """A form with a file."""
        edge = uuid.uuid4().hex
        fields = {**values, "csrfmiddlewaretoken": token_of(page)}
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
        )
        body = "".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._ask("POST", path, body, f"multipart/form-data; boundary={edge}")

    def sign_in(self, comer: Comer, *, code: str = "") -> None:
        """Both factors; AssertionError when the portal says no."""
        page = self.get("/").text
        self.post("/", page, {"email": comer.email, "password": comer.password})
        page = self.get("/konto/logga-in/").text
        answer = self.post(
            "/konto/logga-in/", page, {**hidden_in(page), "token": code or pyotp.TOTP(comer.secret).at(int(time.time()))}
        )
        assert answer.status == 302, f"{comer.email} kom inte in: {answer.status}"

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        parts = urlsplit(self.url)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(parts.netloc, timeout=self.timeout, context=context)
            headers = {"Host": HOST, ADDRESS: self.address}
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=self.timeout)
            headers = {**TRUSTED, "X-Forwarded-For": self.address}
        headers |= {"Origin": f"https://{HOST}", "Referer": f"https://{HOST}/", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{type(error).__name__} {path}") from error
        finally:
            connection.close()
        if answer.status in {502, 504}:
            raise NoAnswer(f"{answer.status} {path}")  # the proxy's word for the same
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            value = rest.split(";", 1)[0]
            self.cookies[name.strip()] = value
        return Answer(answer.status, text, answer.headers.get("Location") or "")


@dataclass
class Twin(Browser):
    """Sends each form twice at the very same moment, over two connections; goes on from the answer that says yes.

    Not those that come before the password: there the second ends the session that the first began, as it should.
    """

    others: list[Answer | NoAnswer] = field(default_factory=list)  # what the other of the two was told, kept for whoever asks

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        if method != "POST" or path == "/" or (path.startswith("/konto/") and path != "/konto/losenord/"):
            return super()._ask(method, path, body, kind)
        together, told = threading.Barrier(2), list[tuple[Answer | NoAnswer, dict[str, str]]]()

        def send() -> None:
            one = Browser(self.url, dict(self.cookies), self.timeout, self.address)
            together.wait(10)
            try:
                answer: Answer | NoAnswer = one._ask(method, path, body, kind)
            except NoAnswer as error:
                answer = error
            told.append((answer, one.cookies))

        both = [threading.Thread(target=send) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        told.sort(key=lambda pair: isinstance(pair[0], NoAnswer) or pair[0].status != 302)
        (answer, cookies), (other, _) = told
        self.others.append(other)
        if isinstance(answer, NoAnswer):
            raise answer
        self.cookies = cookies
        return answer


def token_of(page: str) -> str:
    """The form's token; "" where there is none."""
    found = TOKEN.search(page)
    return found[1] if found else ""


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields, but the token."""
    return {name: value for name, value in HIDDEN.findall(page) if name != "csrfmiddlewaretoken"}
