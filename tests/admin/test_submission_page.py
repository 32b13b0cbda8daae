"""A submission's page for SKR: everything on one page, one next step, notes that the unit never sees."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from config.lib import personnummer
from submissions.admin.next_step import step_of
from submissions.models import Comment, Submission, SubmissionNote
from submissions.services import storage
from tests.admin.conftest import as_person, as_role
from tests.admin.test_work import handed_in, page_of
from tests.reviewing import explain, send, unusual
from tests.scene import Scene

pytestmark = pytest.mark.django_db

PERSONNUMMER = personnummer.build(date(1981, 12, 18), 987)  # from Skatteverket's test series


def page(scene: Scene, role: str = "officer") -> str:
    return page_of(as_role(scene, role), "submissions/submission", scene.trosa.submission.pk)


def test_every_part_of_the_index_is_on_the_page(scene: Scene) -> None:
    text = page(scene)
    index = text[text.index('class="page-index"') : text.index("</nav>", text.index('class="page-index"'))]
    anchors = [part.split('"')[0] for part in index.split('href="#')[1:]]
    assert {"fil", "anmarkningar", "tabeller", "filer", "anteckningar", "historik", "meddelanden"} <= set(anchors)
    assert [anchor for anchor in anchors if text.count(f'id="{anchor}"') != 1] == []


def test_the_tables_are_the_units_and_their_numbers_open_rows_that_skr_may_see(scene: Scene) -> None:
    client, text = as_role(scene, "officer"), page(scene)
    rows = reverse("submissions:rows", args=["0488", 2026])
    address = text.split(f'href="{rows}')[1].split('"')[0].replace("&amp;", "&")
    assert "mot 2025" in text
    assert client.get(rows + address).status_code == 200
    unit = as_person(scene.cast.bo).get(reverse("submissions:tables", args=["0488", 2026])).content.decode()
    assert f'href="{rows}{address.replace("&", "&amp;")}' in unit


STEPS = {"handed_in": "Börja granska", "skr_review": "Godkänn", "returned": "", "not_started": "", "approved": ""}


@pytest.mark.parametrize(("status", "button"), STEPS.items())
def test_each_state_has_one_next_step(scene: Scene, status: str, button: str) -> None:
    urls = dict.fromkeys(("open_again", "begin_review", "approve"), "/x/")
    submission = Submission(unit=scene.trosa.unit, collection=scene.trosa.submission.collection, status=status)
    assert step_of(submission, may_review=True, asks_to_reopen=False, urls=urls).button == button
    assert step_of(submission, may_review=False, asks_to_reopen=False, urls=urls).button == ""


def test_a_note_is_kept_once_and_only_skr_sees_it(scene: Scene) -> None:
    submission, client = handed_in(scene), as_role(scene, "officer")
    address, form = f"/admin/submissions/submission/{submission.pk}/anteckna/", {"note": "Ring lönechefen.", "nonce": uuid4()}
    for _ in range(2):
        assert client.post(address, form).status_code == 302
    assert [note.text for note in SubmissionNote.objects.filter(submission=submission)] == ["Ring lönechefen."]
    assert "Ring lönechefen." in page(scene, "statistician")
    assert AuditEvent.objects.filter(code="submission:noted", unit="0488").count() == 1
    unit = as_person(scene.cast.anna)
    for name in ("submission", "review"):
        assert "Ring lönechefen." not in unit.get(reverse(f"submissions:{name}", args=["0488", 2026])).content.decode()


@pytest.mark.parametrize(
    ("text", "told"), [("  ", "Skriv en anteckning."), (f"Se {PERSONNUMMER}", "Skriv inte personnummer här.")]
)
def test_a_note_without_words_or_with_a_personnummer_is_refused_at_the_field(scene: Scene, text: str, told: str) -> None:
    client = as_role(scene, "officer")
    answer = client.post(f"/admin/submissions/submission/{scene.trosa.submission.pk}/anteckna/", {"note": text, "nonce": uuid4()})
    assert told in answer.content.decode()
    assert not SubmissionNote.objects.exists()


def coded(rows: int) -> bytes:
    """The right file, but so many rows have a position code of their own that does not exist."""
    lines = unusual([]).decode("cp1252").split("\r\n")[:-1]
    for number in range(rows):
        fields = lines[number].split(";")
        fields[13] = f"A{number:03}"
        lines[number] = ";".join(fields)
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def test_the_page_asks_equally_much_for_few_and_many_findings(scene: Scene) -> None:
    client, address, counts = as_role(scene, "officer"), f"/admin/submissions/submission/{scene.trosa.submission.pk}/change/", []
    for rows in (2, 30):
        send(scene, coded(rows))
        explain(scene)
        Comment.objects.filter(submission=scene.trosa.submission, replaced_at=None).update(
            accepted_at=timezone.now(), accepted_by=scene.cast.officer
        )
        storage.forget()
        with CaptureQueriesContext(connection) as caught:
            text = client.get(address).content.decode()
        assert text.count('id="g-') >= rows
        counts.append(len(caught))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 60
