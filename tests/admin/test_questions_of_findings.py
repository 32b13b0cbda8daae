"""SKR asks about several findings at once, and sees one row's personnummer for a purpose."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from messaging.models import Question, Thread
from messaging.services.questions import asked_in
from submissions.models import Delivery
from submissions.services import storage
from tests.admin.conftest import as_person, as_role
from tests.admin.test_review_points import page, plain, press, unit_page
from tests.reviewing import found, fresh, send, unusual
from tests.scene import Scene

pytestmark = pytest.mark.django_db


def test_the_groups_that_are_ticked_become_one_thread_with_a_question_each(scene: Scene) -> None:
    send(scene, unusual())
    keys = {group.check: group.key for group in found(scene) if group.check in {"RIM06", "FIL06"}}
    assert all(f'value="{key}" form="fraga-om"' in page(scene) for key in keys.values())
    address = reverse("admin:submissions_submission_ask", args=[scene.trosa.submission.pk])
    client = as_role(scene, "officer")
    shown = plain(client.get(address, {"grupp": list(keys.values())}).content)
    assert "Fråga om Stor löneförändring (RIM06)" in shown
    form = {"subject": "Om filen", "text": "Hej!", "nonce": uuid4(), "grupp": list(keys.values())}
    form |= {keys["RIM06"]: "Varför har lönerna ändrats?", keys["FIL06"]: "Varför en ny fil?"}
    for _ in range(2):
        assert client.post(address, form).status_code == 302
    thread = Thread.objects.get(subject="Om filen")
    assert (thread.unit, thread.year) == (scene.trosa.unit, 2026)
    assert {(one.question.check_code, one.text) for one in asked_in(thread)} == {
        ("RIM06", "Varför har lönerna ändrats?"),
        ("FIL06", "Varför en ny fil?"),
    }
    assert "Om filen" in unit_page(scene, "findings", "RIM06", keys["RIM06"])
    matter = as_person(scene.cast.bo).get(reverse("messaging:thread", args=[thread.pk])).content.decode()
    assert reverse("submissions:findings", args=["0488", 2026, "RIM06", keys["RIM06"]]) in matter


def test_an_empty_question_is_told_at_its_field_and_nothing_chosen_is_told_too(scene: Scene) -> None:
    send(scene, unusual())
    key = next(group.key for group in found(scene) if group.check == "RIM06")
    before = Question.objects.count()
    told = press(scene, "ask", grupp=key, subject="Om filen", text="Hej!", nonce=uuid4())
    assert "Skriv frågan." in told
    assert "Välj minst en anmärkning" in press(scene, "ask", grupp="finnsinte", subject="x", text="y", nonce=uuid4())
    assert Question.objects.count() == before


def test_one_row_is_revealed_for_a_purpose_and_the_unit_sees_which(scene: Scene) -> None:
    lines = [line.split(";") for line in unusual([]).decode("cp1252").split("\r\n")[:-1]]
    for fields in lines[:2]:
        fields[6] = f"{fields[6][:-1]}{(int(fields[6][-1]) + 1) % 10}"  # a wrong check digit
    send(scene, "".join(f"{';'.join(fields)}\r\n" for fields in lines).encode("cp1252"))
    key, rows = masked_group(scene, Delivery.objects.get(submission=fresh(scene), is_current=True))
    group = reverse("admin:submissions_submission_group", args=[scene.trosa.submission.pk, key])
    client = as_role(scene, "officer")
    line = rows[0]
    text = client.get(group).content.decode()
    assert f"rad={line}" in text
    address = f"{reverse('admin:submissions_submission_reveal', args=[scene.trosa.submission.pk, key])}?sida=1&rad={line}"
    why = "Kontroll av en rad med enheten"
    assert client.post(address, {"purpose": why}).status_code == 200
    event = AuditEvent.objects.filter(code="data:read", result="personnummer visade").latest("pk")
    assert event.object.endswith(f"rad {line}")
    assert event.purpose == why
    insight = as_person(scene.cast.anna).get(reverse("profiles:insight", args=["0488"])).content.decode()
    assert why in insight
    assert client.get(address.replace(f"rad={line}", "rad=999999")).status_code == 404


def masked_group(scene: Scene, delivery: Delivery) -> tuple[str, list[int]]:
    """A group of the file with a personnummer as its value, and its rows."""
    findings = storage.findings_of(delivery)
    group = next(one for one in found(scene) if one.field == 7)
    return group.key, findings.filter((findings["check"] == group.check) & (findings["field"] == 7))["row"].to_list()
