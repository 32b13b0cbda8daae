"""Those who come on the last evening, for locust: see bench/deadline_night.py, which starts them.

PEOPLE names a file with a list of {email, password, secret, unit, year, rows, file, part}; each person comes once. PACE divides the time
they think; LARGE is the file that a region hands in again and again.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from itertools import count
from pathlib import Path
from typing import Any

import gevent
import pyotp
from locust import FastHttpUser, constant, events, task
from locust.exception import StopUser

PEOPLE: list[dict[str, Any]] = json.loads(Path(os.environ["PEOPLE"]).read_text(encoding="utf-8"))
PACE, LARGE = float(os.environ["PACE"]), Path(os.environ["LARGE"])
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FORM = re.compile(r"<form[^>]*?action=\"([^\"]+)\"[^>]*>(.*?)</form>", re.DOTALL)
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"')
GROUP = re.compile(r'href="(/inlamning/[^"]+/anmarkningar/[^"#?]+)')
ROW = re.compile(r'href="(/inlamning/[^"]+/rad/\d+/)')
THREAD = re.compile(r'href="(/meddelanden/\d+/)')
numbers = count()
asked: list[tuple[float, float, str]] = []  # when an answer had come, milliseconds, what


@events.request.add_listener
def note(name: str, response_time: float, **_more: Any) -> None:
    """Remember when each thing was asked for."""
    asked.append((time.time(), response_time, name))


@events.quitting.add_listener
def tell(**_more: Any) -> None:
    """Write it beside locust's own tables."""
    Path("asked.json").write_text(json.dumps(asked), encoding="utf-8")


class Visitor(FastHttpUser):
    """Somebody with an account, at an address of her own (bench/portal.py: ADDRESS)."""

    abstract = insecure = True
    wait_time = constant(0)
    connection_timeout = network_timeout = 120.0

    def on_start(self) -> None:
        """Her own number."""
        self.number = next(numbers)

    def _headers(self) -> dict[str, str]:
        return {
            "Host": "personalstatistik.skr.se",
            "X-Trial-Address": f"10.{self.number // 250 % 250}.{self.number % 250}.7",
            "Origin": "https://personalstatistik.skr.se",
            "Referer": "https://personalstatistik.skr.se/",
        }

    def think(self, seconds: float) -> None:
        """She reads, and is no clock."""
        gevent.sleep(random.expovariate(1 / seconds) / PACE)  # noqa: S311 - no secret

    def see(self, path: str, name: str, **more: Any) -> str:
        """A page; its text."""
        with self.client.get(path, name=name, headers=self._headers(), catch_response=True, **more) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
                raise StopUser
            return answer.text or ""

    def send(
        self, path: str, name: str, page: str, values: dict[str, str], *, files: Any = None, ok: tuple[int, ...] = (200, 422)
    ) -> str:
        """A form of the page, filled in; the text of the page that follows."""
        token = TOKEN.search(page)
        fields = {**values, "csrfmiddlewaretoken": token[1] if token else ""}
        body: dict[str, Any] = {"data": fields}
        if files:
            body["files"] = files
        with self.client.post(path, name=name, headers=self._headers(), catch_response=True, **body) as answer:
            if answer.status_code not in ok:
                answer.failure(f"{answer.status_code}")
                raise StopUser
            answer.success()  # a refusal with its reason is an answer
            return answer.text or ""


class Guest(Visitor):
    """Somebody with an account, and what she can do. (locust gives a class the tasks of those it is made from: none here.)"""

    abstract = True
    part = ""

    def on_start(self) -> None:
        """Take the next on the list."""
        super().on_start()
        self.person = next((person for person in PEOPLE if person["part"] == self.part), None)
        if self.person is None:
            raise StopUser
        PEOPLE.remove(self.person)
        self.room = f"/inlamning/{self.person['unit']}/{self.person['year']}/"

    def sign_in(self) -> None:
        """Both factors."""
        page = self.see("/", "sign_in")
        self.think(15)
        page = self.send("/", "password", page, {"email": self.person["email"], "password": self.person["password"]})
        self.think(12)
        code = pyotp.TOTP(self.person["secret"]).at(int(time.time()))
        page = self.send("/konto/logga-in/", "one_time_code", page, {**hidden(page), "token": code})
        self.see("/", "start")

    def hand_in(self, file: Path) -> None:
        """Upload, look, correct, explain, hand in where nothing is left."""
        self.think(20)
        page = self.see(f"{self.room}lamna/", "upload_form")
        self.think(20)
        self.upload(page, file)
        page = self.see(f"{self.room}granska/", "review")
        groups = list(dict.fromkeys(GROUP.findall(page)))[:6]
        for address in groups:
            self.think(25)
            self.one_group(address)
        self.think(20)
        self.see(f"{self.room}tabeller/", "tables")
        self.think(20)
        self.see(f"{self.room}rader/", "rows")
        self.think(20)
        self.see(f"{self.room}klarmarkera/", "hand_in_form")

    def upload(self, page: str, file: Path) -> None:
        """The file, as a browser sends it."""
        files = {"file": (file.name, file.read_bytes(), "text/plain")}
        self.send(f"{self.room}lamna/", "upload", page, {"kind": "riktig"}, files=files)

    def one_group(self, address: str) -> None:
        """A group of findings: its rows, one of them, and an explanation or a correction."""
        page = self.see(address, "findings")
        rows = list(dict.fromkeys(ROW.findall(page)))
        if rows:
            self.think(15)
            self.see(rows[0], "row")
        for action, form in FORM.findall(page):
            if action.endswith("/forklara/") and 'name="text"' in form:
                self.think(30)
                self.send(action, "explain", page, {"text": "Uppgifterna stämmer, vi har kontrollerat dem i lönesystemet."})
                return
            if action.endswith("/ratta/"):
                self.think(20)
                self.send(action, "correct", page, {**hidden(form), "value": "1"}, ok=(200, 409, 422))
                return

    def look_about(self) -> None:
        """A page that one looks at while waiting."""
        self.think(45)
        path, name = random.choice(  # noqa: S311 - no secret
            [
                ("/", "start"),
                (self.room, "submission"),
                ("/meddelanden/", "messages"),
                ("/uppskov/", "deferrals"),
                ("/profil/", "profile"),
                ("/handbok/", "handbook"),
            ]
        )
        page = self.see(path, name)
        threads = THREAD.findall(page) if name == "messages" else []
        if threads:
            self.think(10)
            self.see(threads[0], "thread")

    def write(self) -> None:
        """A question to SKR."""
        page = self.see("/meddelanden/nytt/", "message_form")
        self.think(40)
        values = {
            **hidden(page),
            "unit": self.person["unit"],
            "category": "file",
            "subject": "Fråga om filen",
            "text": "Hinner vi i kväll?",
        }
        self.send("/meddelanden/nytt/", "message", page, values)


class Person(Guest):
    """One of the 700."""

    @task
    def evening(self) -> None:
        """Her evening, once; then she looks about."""
        self.sign_in()
        if self.person["file"]:
            self.hand_in(Path(self.person["file"]))
        for _ in range(6):
            self.look_about()
        self.write()
        while True:
            self.look_about()
            self.think(60)


class Region(Guest):
    """Hands in the largest file every third minute."""

    fixed_count = 1
    part = "large"

    @task
    def evening(self) -> None:
        """Again and again."""
        self.sign_in()
        while True:
            page = self.see(f"{self.room}lamna/", "upload_form")
            files = {"file": (LARGE.name, LARGE.read_bytes(), "text/plain")}
            self.send(f"{self.room}lamna/", "upload_large", page, {"kind": "riktig"}, files=files)
            gevent.sleep(180 / PACE)


class Bare(Guest):
    """The measures: a view that asks nothing of anybody, and one that does nothing for somebody who is signed in."""

    fixed_count = 1
    part = "bare"

    @task
    def evening(self) -> None:
        """Each once a second."""
        self.sign_in()
        while True:
            self.see("/healthz", "healthz")
            self.see("/bench/bare/", "bare")
            gevent.sleep(1)


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a form, but its token."""
    return {name: value for name, value in HIDDEN.findall(page) if name != "csrfmiddlewaretoken"}
