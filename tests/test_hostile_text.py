"""Text that would be a program: written in every field, it is text on every page (security.md: WEB-11).

Each field gets a number of its own, so that the test also knows that it was shown somewhere.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from messaging.models import Thread
from profiles.models import Membership
from submissions import synthetic
from submissions.models import Delivery
from submissions.services import groups, storage
from tests import addresses
from tests.cast import sign_in
from tests.scene import ROWS, SLIPS, Scene
from tests.test_access import ROUTES, expected

pytestmark = pytest.mark.django_db

SHOWN = re.compile(r"&lt;svg[/ ]onload=alert\((\d+)\)&gt;(\{\{7\*7\}\}|49)?")
RAW = re.compile(r"<svg[/ ]onload")
LINK = re.compile(r"""(?:href|src|action|formaction)\s*=\s*["']?\s*(?:javascript|data|vbscript):""", re.IGNORECASE)
NONCES = (f"0b9c1d3e-2f4a-4c5b-8d6e-7f8091a2b3{number:02}" for number in range(99))
FIELDS = {
    1: "filens namn", 2: "ett värde i filen", 3: "rättelse", 4: "förklaring", 5: "eget namn", 6: "inbjudens namn",
    7: "ämne", 8: "meddelande", 9: "svar", 10: "beskrivning av uppskov", 11: "SKR:s ämne", 12: "SKR:s meddelande",
    13: "SKR:s svar", 14: "svar på uppskov", 15: "ändamål",
}  # fmt: skip


def hostile(number: int) -> str:
    """What is written in field `number`: ends an attribute, is a program, and a template."""
    return f'"><svg/onload=alert({number})>{{{{7*7}}}}'


def link(number: int) -> str:
    """The same, as an address."""
    return f"javascript:alert(1) {hostile(number)}"


def sent(client: Client, name: str, values: dict[str, object], **keys: object) -> None:
    """A form that is taken."""
    answer = client.post(reverse(name, kwargs=keys or None), values, secure=True)
    assert answer.status_code == 302 or answer.streaming, name


def written_by_the_unit(scene: Scene) -> Client:
    """Anna fills in every field there is for her."""
    anna = sign_in(Client(), scene.cast.anna)
    rows = synthetic.delivery("0488", ROWS, 8, SLIPS).decode("cp1252").splitlines()
    fields = rows[1].split(";")
    fields[5], fields[15] = hostile(2), hostile(2)[:20]
    rows[1] = ";".join(fields)
    file = SimpleUploadedFile(f"{hostile(1).replace('/', ' ')}.txt", "\r\n".join(rows).encode("cp1252"))
    sent(anna, "submissions:upload", {"file": file}, code="0488", year=2026)
    delivery = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    form = {"version": delivery.version, "revision": 0, "value": link(3)}
    sent(anna, "submissions:correct", form, code="0488", year=2026, row=3, field=6)
    found = groups.groups_of(scene.trosa.submission.pk, storage.findings_of(delivery))
    group = next(group for group in found if group.needs_comment)
    place = {"code": "0488", "year": 2026, "check": group.check, "key": group.key}
    sent(anna, "submissions:comment", {"text": link(4)}, **place)
    sent(anna, "profiles:invite", {"email": "ny@trosa.example", "name": "Ny Kollega", "role": "reader"}, code="0488")
    User.objects.filter(pk=scene.cast.anna.pk).update(name=hostile(5))  # a form refuses such names; a page must not rely on it
    User.objects.filter(email="ny@trosa.example").update(name=hostile(6))
    matter = {"unit": "0488", "category": "file", "subject": link(7)[:100], "text": link(8), "nonce": next(NONCES)}
    sent(anna, "messaging:new", matter)
    sent(anna, "messaging:thread", {"text": link(9), "nonce": next(NONCES)}, pk=scene.trosa.thread.pk)
    sent(anna, "deferrals:withdraw", {}, code="0488", pk=scene.trosa.deferral.pk)
    asked = {"requested_date": "2026-12-08", "reason": "payroll_system", "text": link(10)}
    sent(anna, "deferrals:ask", asked, code="0488")
    return anna


def written_by_skr(scene: Scene) -> Client:
    """Sam fills in every field there is for him."""
    sam, officer = sign_in(Client(), scene.cast.coordinator), sign_in(Client(), scene.cast.officer)
    matter = {"category": "file", "subject": hostile(11), "text": link(12), "nonce": next(NONCES)}
    sent(sam, "admin:messaging_thread_start", matter, code="0488")
    answer = {"text": link(13), "nonce": next(NONCES)}
    sent(sam, "admin:messaging_thread_reply", answer, thread_id=scene.trosa.thread.pk)
    deferral = scene.trosa.submission.deferrals.get(status="requested")
    sent(sam, "admin:deferrals_deferral_decline", {"nej-answer": link(14)}, deferral_id=deferral.pk)
    sent(officer, "admin:submissions_submission_export", {"purpose": hostile(15)}, submission_id=scene.trosa.submission.pk)
    return sam


def pages_of(scene: Scene, client: Client, name: str) -> dict[str, str]:
    """Every page that the person reads at Trosa, and those of the rows that were just made."""
    found = {
        route.name: addresses.address(route, scene.trosa) for route in ROUTES.values() if expected(route, "GET", name) == 200
    }
    for thread in Thread.objects.filter(unit=scene.trosa.unit).order_by("pk"):
        found[f"ärende {thread.pk}"] = reverse("messaging:thread", args=[thread.pk])
    if name == "anna":
        delivery = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
        for number in (2, 3):
            found[f"rad {number}"] = reverse("submissions:row", args=["0488", 2026, number])
        for group in groups.groups_of(scene.trosa.submission.pk, storage.findings_of(delivery)):
            found[f"grupp {group.key}"] = reverse("submissions:findings", args=["0488", 2026, group.check, group.key])
    pages = {}
    for place, address in found.items():
        answer = client.get(address, secure=True)
        assert answer.status_code in {200, 302, 404}, place
        pages[place] = "" if answer.streaming else answer.content.decode()
    return pages


@pytest.mark.asvs("1.2.1", "1.2.2", "1.2.3", "1.3.7", "3.2.2")
def test_web_11_what_is_written_in_any_field_is_text_on_every_page(scene: Scene) -> None:
    anna, sam = written_by_the_unit(scene), written_by_skr(scene)
    people = {"anna": anna, "coordinator": sam}
    people |= {name: sign_in(Client(), getattr(scene.cast, name)) for name in ("officer", "system")}
    seen: set[int] = set()
    for name, client in people.items():
        for place, page in pages_of(scene, client, name).items():
            assert not RAW.search(page), (name, place)
            assert not LINK.search(page), (name, place)
            for number, template in SHOWN.findall(page):
                seen.add(int(number))
                assert template != "49", (name, place)
    assert [field for number, field in FIELDS.items() if number not in seen] == []
    assert Membership.objects.filter(unit=scene.trosa.unit, user=User.objects.get(email="ny@trosa.example")).count() == 1


@pytest.mark.asvs("1.2.3", "3.2.2")
def test_web_11_no_script_makes_markup_or_programs_of_text() -> None:
    """What a script shows of its own it shows as text (textContent); a part of a page comes from the portal, escaped there."""
    ways = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*[\"']")
    scripts = sorted(Path(settings.BASE_DIR, "static", "js").glob("*.js"))
    assert len(scripts) > 3
    assert [script.name for script in scripts if ways.search(script.read_text(encoding="utf-8"))] == []


@pytest.mark.asvs("1.2.1", "1.3.7")
def test_web_11_no_template_of_ours_turns_escaping_off() -> None:
    ways = re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off")
    templates = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
    assert len(templates) > 50
    assert [str(template) for template in templates if ways.search(template.read_text(encoding="utf-8"))] == []
