"""Sign in to the portal of bin/run as one of the demo's people, for the commands that look at its pages from outside."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pyotp

from config.local import paths

SUBMITTER, OFFICER = "rut.rosen@regionsormland.example", "hanna.holm@skr.example"
REVIEW = "/inlamning/0400/2026/granska/"  # hers: a region's file under review
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36"
"""A session belongs to one kind of browser: whoever shows its cookie under another name is asked to confirm who she is."""

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """A person's cookies, and nothing more of a browser. `base` is the portal's address without the last slash."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self._opener.addheaders = [("User-Agent", AGENT)]

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
        phone = pyotp.TOTP(person["totp_secret"])
        landed = self.post("/konto/logga-in/", token=phone.now())
        if landed not in {"/", "/admin/"}:  # a code is taken once: somebody has just signed in with this one
            time.sleep(phone.interval + 1 - time.time() % phone.interval)
            landed = self.post("/konto/logga-in/", token=phone.now())
        if landed not in {"/", "/admin/"}:
            raise paths.Unable(f"Inloggningen som {email} stannade på {landed}.")

    @property
    def cookies(self) -> str:
        """The value of the Cookie header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
