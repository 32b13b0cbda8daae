"""Ask about a finding or a row: the thread stands at its place, and knows when it is corrected, in the page or by a new file."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from messaging import services as messaging
from messaging.models import Draft, Thread
from submissions import synthetic
from submissions.frames import column
from submissions.services import asking, correct, deliver, groups, storage
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo(scene: Scene) -> GuardedClient:
    client = sign_in(GuardedClient(), scene.cast.bo)
    client.may_write = frozenset({"messaging_readmark"})  # type: ignore[attr-defined]
    return client  # type: ignore[return-value]


def at_group(scene: Scene, page: str = "findings") -> str:
    return reverse(f"submissions:{page}", args=["0488", 2026, scene.trosa.group.check, scene.trosa.group.key])


def at_row(row: int, page: str = "row") -> str:
    return reverse(f"submissions:{page}", args=["0488", 2026, row])


def row_of_group(scene: Scene) -> tuple[int, int]:
    """Row and field of the first finding of the scene's group."""
    found = storage.findings_of(scene.trosa.delivery)
    first = found.filter(pl.col("check") == scene.trosa.group.check, pl.col("row").is_not_null()).row(0, named=True)
    return first["row"], first["field"]


def clean_row(scene: Scene) -> int:
    """A row without any finding."""
    delivery = scene.trosa.delivery
    flagged = storage.findings_of(delivery)["row"].drop_nulls().implode()
    return int(storage.current_frame(delivery).filter(~pl.col("row").is_in(flagged))["row"][0])


def ask(client: GuardedClient, address: str, **changes: str) -> Thread:
    form = {"subject": "Är det rätt?", "text": "Vi undrar om värdet.", "nonce": str(uuid4()), **changes}
    response = client.post(address, form)
    assert response.status_code == 302, response.content.decode()
    return Thread.objects.order_by("-pk").first()  # type: ignore[return-value]


def new_file(scene: Scene, content: bytes) -> None:
    values: dict[str, Any] = {"submission": scene.trosa.submission, "by": scene.cast.bo, "at": timezone.now()}
    deliver.check_delivery(delivery=deliver.receive_delivery(content=content, name="ny.txt", **values), at=timezone.now())


def events(thread: Thread) -> list[tuple[str, str]]:
    codes = ["thread:resolved", "thread:returned"]
    found = AuditEvent.objects.filter(code__in=codes, object=f"ärende {thread.pk}").order_by("pk")
    return list(found.values_list("code", "result"))


def test_a_group_shows_what_is_asked_about_it_and_the_thread_leads_back(bo: GuardedClient, scene: Scene) -> None:
    assert "Inget är frågat om det här än." in bo.get(at_group(scene)).content.decode()
    form = bo.get(at_group(scene, "ask_group")).content.decode()
    assert "Fråga SKR:" in form
    thread = ask(bo, at_group(scene, "ask_group"))
    assert (thread.year, thread.unit, thread.group, thread.category) == (2026, scene.trosa.unit, scene.trosa.group.key, "file")
    page = bo.get(at_group(scene)).content.decode()
    assert "Är det rätt?" in page
    assert "Väntar på SKR" in page
    assert "Det finns redan ett ärende" in bo.get(at_group(scene, "ask_group")).content.decode()
    conversation = bo.get(reverse("messaging:thread", args=[thread.pk])).content.decode()
    assert f"anmärkningen {scene.trosa.group.check}" in conversation
    assert bo.get(reverse("submissions:matter", args=["0488", 2026, thread.pk])).headers["Location"] == at_group(scene)


def test_a_row_shows_its_thread_and_a_correction_in_the_page_is_told(bo: GuardedClient, scene: Scene) -> None:
    row, field = row_of_group(scene)
    thread = ask(bo, at_row(row, "ask_row"))
    assert bo.get(reverse("submissions:matter", args=["0488", 2026, thread.pk])).headers["Location"] == at_row(row)
    assert "Är det rätt?" in bo.get(at_row(row)).content.decode()
    others = clean_row(scene)
    assert "Är det rätt?" not in bo.get(at_row(others)).content.decode()
    delivery = deliver.fresh(scene.trosa.delivery)
    before = storage.current_frame(delivery).filter(pl.col("row") == row).row(0, named=True)
    findings = storage.findings_of(delivery).filter(pl.col("row") == row, pl.col("level") != "info")
    template = storage.current_frame(delivery).filter(pl.col("row") == others).row(0, named=True)
    for number in sorted({int(n) for n in findings["field"].drop_nulls()}):
        delivery = deliver.fresh(delivery)
        value = template[column(number)] or ""
        if value != (before[column(number)] or ""):
            correct.correct(
                delivery=delivery, row=row, field=number, value=value, expected_revision=delivery.revision, by=scene.cast.bo,
                at=timezone.now(),
            )  # fmt: skip
    thread.refresh_from_db()
    assert thread.resolved_version == delivery.version
    assert events(thread)[0] == ("thread:resolved", f"version {delivery.version}")
    assert f"Åtgärdad i version {delivery.version}" in bo.get(reverse("messaging:thread", args=[thread.pk])).content.decode()
    assert f"Åtgärdad i version {delivery.version}" in bo.get(at_row(row)).content.decode()
    assert f"Åtgärdad i version {delivery.version}" in bo.get(reverse("messaging:overview")).content.decode()
    assert thread.status == Thread.Status.WAITING_SKR  # people close


def test_a_new_file_tells_which_version_put_it_right_and_another_that_it_is_back(bo: GuardedClient, scene: Scene) -> None:
    row, _ = row_of_group(scene)
    whole, single = ask(bo, at_group(scene, "ask_group")), ask(bo, at_row(row, "ask_row"))
    slips = storage.content_of(deliver.fresh(scene.trosa.delivery, with_content=True))
    new_file(scene, synthetic.delivery("0488", ROWS, 7))
    for thread in (whole, single):
        thread.refresh_from_db()
        assert thread.resolved_version == 2
        assert events(thread) == [("thread:resolved", "version 2")]
    new_file(scene, slips)
    whole.refresh_from_db()
    assert whole.resolved_version is None
    assert events(whole) == [("thread:resolved", "version 2"), ("thread:returned", "version 3")]
    assert "Finns igen i version 3" in bo.get(reverse("messaging:thread", args=[whole.pk])).content.decode()


def test_a_row_without_findings_is_put_right_when_it_holds_something_else(bo: GuardedClient, scene: Scene) -> None:
    row = clean_row(scene)
    thread = ask(bo, at_row(row, "ask_row"))
    delivery = deliver.fresh(scene.trosa.delivery)
    other, _ = row_of_group(scene)
    value = {"delivery": delivery, "field": 14, "value": "Annan benämning", "by": scene.cast.bo, "at": timezone.now()}
    correct.correct(row=other, expected_revision=delivery.revision, **value)
    thread.refresh_from_db()
    assert thread.resolved_version is None
    delivery = deliver.fresh(delivery)
    correct.correct(row=row, expected_revision=delivery.revision, **{**value, "delivery": delivery})
    thread.refresh_from_db()
    assert thread.resolved_version == delivery.version


def test_nothing_in_clear_tells_whose_row_it_is(bo: GuardedClient, scene: Scene) -> None:
    row, _ = row_of_group(scene)
    thread = ask(bo, at_row(row, "ask_row"))
    values = storage.current_frame(scene.trosa.delivery).filter(pl.col("row") == row).row(0, named=True)
    clear = " ".join(str(value) for value in Thread.objects.filter(pk=thread.pk).values().get().values())
    for number in (7, 40):
        assert not values[column(number)] or values[column(number)] not in clear
    matter = messaging.matter_of(thread)
    assert matter is not None
    assert values[column(40)] in matter.kept["whose"]


def test_skr_asks_the_unit_from_the_same_place(scene: Scene) -> None:
    hanna = sign_in(GuardedClient(), scene.cast.officer)
    assert "Fråga enheten" in hanna.get(at_group(scene)).content.decode()
    thread = ask(hanna, at_group(scene, "ask_group"))  # type: ignore[arg-type]
    assert (thread.status, thread.created_by) == (Thread.Status.WAITING_UNIT, scene.cast.officer)
    page = hanna.get(f"/admin/messaging/thread/{thread.pk}/change/").content.decode()
    place = reverse("submissions:matter", args=["0488", 2026, thread.pk])
    assert f"Gäller anmärkningen {thread.check_code}" in page
    assert f'href="{place}"' in page
    assert hanna.get(place, follow=True).redirect_chain == [(at_group(scene), 302)]


def test_a_draft_at_a_group_is_not_a_draft_at_a_row(bo: GuardedClient, scene: Scene) -> None:
    row, _ = row_of_group(scene)
    form = {"subject": "Är det rätt?", "text": "Jag undrar", "spara": "utkast"}
    assert "Det är inte skickat än." in bo.post(at_group(scene, "ask_group"), form, follow=True).content.decode()
    assert "Jag undrar</textarea>" in bo.get(at_group(scene, "ask_group")).content.decode()
    assert "Jag undrar" not in bo.get(at_row(row, "ask_row")).content.decode()
    ask(bo, at_group(scene, "ask_group"))
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"subject": "Om 811218-9876"}, "personnummer"),
        ({"subject": ""}, "Skriv ett ämne."),
        ({"text": ""}, "Skriv ett meddelande."),
        ({"nonce": "x"}, "Ladda om sidan"),
    ],
)
def test_what_is_wrong_is_told_and_the_text_stays(bo: GuardedClient, scene: Scene, form: dict[str, str], sentence: str) -> None:
    whole = {"subject": "Är det rätt?", "text": "Text som står kvar", "nonce": str(uuid4()), **form}
    page = bo.post(at_group(scene, "ask_group"), whole).content.decode()
    assert sentence in page
    assert "text" in form or "Text som står kvar" in page
    assert not Thread.objects.exclude(group="").exists()


def test_the_same_press_twice_is_one_thread(bo: GuardedClient, scene: Scene) -> None:
    nonce = str(uuid4())
    assert ask(bo, at_group(scene, "ask_group"), nonce=nonce) == ask(bo, at_group(scene, "ask_group"), nonce=nonce)
    assert len(asking.threads_at_group(scene.trosa.submission, scene.trosa.group.key, scene.cast.bo)) == 1


def test_a_group_that_is_gone_meanwhile_leads_to_the_review(bo: GuardedClient, scene: Scene) -> None:
    new_file(scene, synthetic.delivery("0488", ROWS, 7))
    found = groups.groups_of(scene.trosa.submission, storage.findings_of(scene.trosa.submission.deliveries.get(is_current=True)))
    assert scene.trosa.group.key not in {group.key for group in found}
    page = bo.post(at_group(scene, "ask_group"), {"subject": "x", "text": "y", "nonce": str(uuid4())}, follow=True)
    assert "Anmärkningen finns inte längre i filen." in page.content.decode()


def test_a_row_is_not_asked_about_from_a_page_of_another_file(bo: GuardedClient, scene: Scene) -> None:
    """The line may be another person's in the new file: the text comes back with what it would be about now."""
    row = row_of_group(scene)[0]
    assert '<input type="hidden" name="version" value="1">' in bo.get(at_row(row, "ask_row")).content.decode()
    new_file(scene, synthetic.delivery("0488", ROWS, 7))
    form = {"subject": "Är det rätt?", "text": "Vi undrar om värdet.", "nonce": str(uuid4()), "version": "1"}
    page = bo.post(at_row(row, "ask_row"), form).content.decode()
    assert f"Filen har bytts sedan du öppnade sidan. Nu gäller det Rad {row} i version 2" in page
    assert "Vi undrar om värdet.</textarea>" in page
    assert '<input type="hidden" name="version" value="2">' in page
    assert not Thread.objects.filter(row=row).exists()
    assert ask(bo, at_row(row, "ask_row"), version="2").version == 2


def test_what_is_written_about_something_that_is_gone_waits_in_an_ordinary_message(bo: GuardedClient, scene: Scene) -> None:
    gone = [at_row(999_999, "ask_row"), reverse("submissions:ask_group", args=["0488", 2026, scene.trosa.group.check, "borta"])]
    for number, address in enumerate(gone, start=1):
        form = {"subject": "Är det rätt?", "text": f"Min text {number}.", "nonce": str(uuid4())}
        page = bo.post(address, form, follow=True).content.decode()
        assert "Det du skrev står här i ett nytt meddelande." in page
        assert f"Min text {number}.</textarea>" in page
    assert "Min text 1.\n\nMin text 2." in page
