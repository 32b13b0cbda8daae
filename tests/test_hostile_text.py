"""Text that would be markup, a template or a script, written wherever a form takes text: it is only text everywhere (WEB-11)."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from config.lib.mail import html_of
from profiles.models import Unit
from submissions import synthetic
from tests import addresses
from tests.cast import sign_in
from tests.mail import sent_mails
from tests.scene import ROWS, Scene
from tests.test_access import NAMES, ROUTES, expected

pytestmark = pytest.mark.django_db

HOSTILE = '"><svg onload=alert(1)>{{7*7}}{%now%}javascript:alert(1)'
NONCES = ("3d6c1a70-5f5b-4f0e-8a55-6d4f0e2b2026", "3d6c1a70-5f5b-4f0e-8a55-6d4f0e2b2027")


class Markup(HTMLParser):
    """What in a page came from the text as more than text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:") and name != "value":
                self.faults.append(f"<{tag} {name}={value!r}>")


def faults_in(page: str) -> list[str]:
    """Handlers and script addresses in a page, and a template that was filled in."""
    markup = Markup()
    markup.feed(page)
    return markup.faults + [words for words in ("<svg onload", '">49', ">49{%") if words in page]


def browser(scene: Scene, name: str) -> Client:
    """Somebody's browser; the suite's own would take the text for a template that was not filled in."""
    return sign_in(Client(HTTP_X_FORWARDED_PROTO="https"), getattr(scene.cast, name))


def write_everywhere(scene: Scene) -> list[str]:
    """The text in every field that keeps one; gives the answers' pages, refusals among them."""
    place, anna, coordinator = scene.trosa, browser(scene, "anna"), browser(scene, "coordinator")
    year = ["0488", 2026]
    seen = {"version": place.delivery.version, "revision": place.delivery.revision}
    group = [*year, place.explained.check, place.explained.key]
    later = {"units": "0488", "requested_date": "2026-12-07", "reason": "other", "text": HOSTILE}
    matter = {"unit": "0488", "category": "other", "subject": HOSTILE, "text": HOSTILE, "nonce": NONCES[0]}
    posts = [
        (anna, reverse("profiles:details"), {"name": HOSTILE, "phone": HOSTILE}),
        (anna, reverse("profiles:details"), {"name": HOSTILE.replace("/", ""), "phone": ""}),
        (anna, reverse("profiles:invite", args=["0488"]), {"email": "eva@trosa.example", "name": HOSTILE, "role": "reader"}),
        (anna, reverse("profiles:invite", args=["0488"]), {"email": HOSTILE, "name": "Eva", "role": HOSTILE}),
        (anna, reverse("messaging:new"), matter),
        (anna, reverse("messaging:thread", args=[place.thread.pk]), {"text": HOSTILE, "nonce": NONCES[1]}),
        (anna, reverse("submissions:comment", args=group), {**seen, "text": HOSTILE}),
        (anna, reverse("submissions:correct", args=[*year, place.correction.row, 14]), {**seen, "value": HOSTILE}),
        (anna, reverse("deferrals:withdraw", args=["0488", place.deferral.pk]), {}),
        (anna, reverse("deferrals:ask"), {**later, "nonce": NONCES[0]}),
        (anna, reverse("deferrals:withdraw_exemption", args=["0488", place.exemption.pk]), {}),
        (anna, reverse("deferrals:ask_to_be_exempt", args=["0488"]), {"reason": "other", "text": HOSTILE}),
        (coordinator, reverse("admin:messaging_thread_reply", args=[place.thread.pk]), {"text": HOSTILE, "nonce": HOSTILE}),
        (Client(), "/konto/", {"email": HOSTILE}),
        (Client(), "/", {"email": HOSTILE, "password": HOSTILE, "next": HOSTILE}),
    ]
    pages = [client.post(address, form, secure=True, follow=True).content.decode() for client, address, form in posts]
    Unit.objects.filter(code="0488").update(name=HOSTILE)
    lines = synthetic.delivery("0488", ROWS, 7).decode("cp1252").splitlines()
    cells = lines[2].split(";")
    cells[8] = cells[13] = cells[39] = HOSTILE.replace(";", "")
    file = SimpleUploadedFile(f"{HOSTILE}.txt", "\r\n".join([*lines[:2], ";".join(cells), *lines[3:]]).encode("cp1252"))
    upload = anna.post(reverse("submissions:upload", args=year), {"file": file}, secure=True, follow=True)
    return [*pages, upload.content.decode()]


@pytest.mark.asvs("1.2.1", "1.2.3", "1.3.7", "3.2.2")
def test_web_11_what_people_write_is_only_text_on_every_page_and_in_every_mail(scene: Scene) -> None:
    """Pages of the units, of SKR's administration, and mails; the exports are tested where they are made."""
    pages = write_everywhere(scene)
    for name in NAMES:
        client = browser(scene, name)
        for route in ROUTES.values():
            if expected(route, "GET", name) in {200, 302}:
                address = addresses.address(route, scene.trosa)
                answer = client.get(address, {"q": HOSTILE, "sida": HOSTILE}, secure=True)
                if not answer.headers.get("Content-Disposition", "").startswith("attachment"):
                    pages.append(answer.content.decode())
    assert [fault for page in pages for fault in faults_in(page)] == []
    assert sum("&lt;svg onload=alert(1)&gt;{{7*7}}" in page for page in pages) > 20
    mails = [html_of(letter.body) for letter in sent_mails()]
    assert [fault for mail in mails for fault in faults_in(mail)] == []


@pytest.mark.parametrize("page", ["<svg onload=x>", '<a href="javascript:x">', '<p title="">49{%now%}'])
def test_web_11_markup_that_got_through_would_be_seen(page: str) -> None:
    assert faults_in(page)
