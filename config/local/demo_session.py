"""Sign in to the portal of bin/run as one of the demo's people, for the commands that look at its pages from outside."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pyotp

from config.local import paths

SUBMITTER, OFFICER = "anna.alm@trosa.example", "hanna.holm@skr.example"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """A person's cookies, and nothing more of a browser. `base` is the portal's address without the last slash."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str, **headers: str) -> tuple[bytes, str]:
        """The bytes as they came, and the address that answered in the end."""
        request = urllib.request.Request(self.base + path, headers=headers)  # noqa: S310 - our own http address
        with self._opener.open(request, timeout=60) as answer:
            return answer.read(), str(answer.url).removeprefix(self.base)

    def post(self, path: str, **fields: str) -> str:
        """Send the form of the page `path` with its token; the address that answered in the end."""
        token = TOKEN.search(self.get(path)[0].decode())
        if token is None:
            raise paths.Unable(f"Sidan {path} har inget formulär.")
        form = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
        with self._opener.open(self.base + path, form, timeout=60) as answer:
            return str(answer.url).removeprefix(self.base)

    def sign_in(self, email: str) -> None:
        """With the password and the one-time code of the demo; Unable when that does not lead in."""
        people = {str(person["email"]): person for person in json.loads(paths.DEMO.read_text(encoding="utf-8"))}
        if email not in people:
            raise paths.Unable(f"{email} finns inte i {paths.DEMO.name}.")
        person = people[email]
        self.post("/", email=email, password=person["password"])
        landed = self.post("/konto/logga-in/", token=pyotp.TOTP(person["totp_secret"]).now())
        if landed not in {"/", "/admin/"}:
            raise paths.Unable(f"Inloggningen som {email} stannade på {landed}.")

    @property
    def cookies(self) -> str:
        """The value of the Cookie header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
