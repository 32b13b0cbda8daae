"""SKR's statistiker reads a code list in, sees what it changes, and takes it into use now or on its day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from config.lib import spreadsheet
from submissions.models import CodeList, Collection, Delivery, SettingChange
from submissions.services import code_lists, rechecks, storage, trials
from submissions.spec import CodeSpec
from tests.admin.conftest import as_person, as_role
from tests.scene import YEAR, Scene

pytestmark = pytest.mark.django_db

URL = "/admin/submissions/codelist/"
FILE = "kod;benämning\nA;Högsta chef\nB;Chef på andra nivån\nÖ;Övrigt ansvar\n".encode()


def read_in(client: Client, content: bytes = FILE, name: str = "koder.csv", **changes: Any) -> HttpResponse:
    """Send the form."""
    form = {"kind": "ansvar", "version": "2027", "valid_from": "2026-10-20", "reason": "Ny lista.", **changes}
    return client.post(f"{URL}las-in/", {**form, "file": SimpleUploadedFile(name, content)})


def newest(kind: str = "ansvar") -> CodeList:
    """The version that was read in last."""
    return CodeList.objects.filter(kind=kind).order_by("-pk")[0]


def in_use(kind: str = "ansvar") -> CodeList:
    """The version that the running year uses."""
    return Collection.objects.get(year=YEAR).code_lists.get(kind=kind)


def aid_without_the_commonest(scene: Scene) -> tuple[bytes, str, int]:
    """The year's AID list as a file, without the etikett that most of Trosa's rows have; and on how many."""
    frame = storage.current_frame(Delivery.objects.get(submission=scene.trosa.submission, is_current=True))
    listed = in_use("aid").spec().codes
    counted = frame.filter(pl.col("f9").is_in(list(listed))).group_by("f9").len().sort("len", "f9")
    code, rows = counted.row(-1)
    kept = (one for one in listed.values() if one.code != code)
    return "\n".join(f"{one.code};{one.label}" for one in kept).encode(), code, rows


def test_a_file_becomes_a_draft_that_changes_nothing_until_it_is_taken_into_use(scene: Scene) -> None:
    client, before = as_role(scene, "statistician"), in_use()
    answer = read_in(client)
    assert answer.status_code == 302, answer.content.decode()
    draft = newest()
    assert (draft.status, draft.read_by, in_use()) == ("draft", scene.cast.statistician, before)
    page = client.get(answer["Location"]).content.decode()
    assert "Utkast" in page
    assert "ny kod," in page
    assert "Övrigt ansvar" in page
    client.post(f"{URL}{draft.pk}/ta-i-bruk/")
    assert in_use() == draft
    change = SettingChange.objects.get(collection__year=YEAR, kind="code_list")
    assert (change.key, change.why, change.is_judging) == ("ansvar", "Ny lista.", True)
    assert AuditEvent.objects.filter(code="operation:configuration", object=f"kodlista ansvar {YEAR}").exists()
    assert "inte längre ett utkast" in client.post(f"{URL}{draft.pk}/ta-i-bruk/", follow=True).content.decode()


def test_a_version_of_a_day_to_come_is_planned_and_taken_into_use_on_that_day(scene: Scene) -> None:
    client, before = as_role(scene, "statistician"), in_use()
    Collection.objects.filter(year=YEAR).update(measurement_day="2026-11-30")
    read_in(client, valid_from="2026-11-20")
    draft = newest()
    client.post(f"{URL}{draft.pk}/ta-i-bruk/")
    assert (newest().status, in_use()) == ("planned", before)
    assert "Planerad" in client.get(f"{URL}{draft.pk}/change/").content.decode()
    assert code_lists.take_planned_into_use(at=timezone.now()) == []
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        assert code_lists.take_planned_into_use(at=timezone.now()) == [draft]
        assert code_lists.take_planned_into_use(at=timezone.now()) == []
    assert in_use() == draft


@pytest.mark.parametrize("is_planned", [False, True])
def test_a_draft_and_a_planned_version_can_be_taken_away_but_not_one_in_use(scene: Scene, is_planned: bool) -> None:
    client = as_role(scene, "statistician")
    read_in(client, valid_from="2027-01-01")
    draft = newest()
    if is_planned:
        client.post(f"{URL}{draft.pk}/ta-i-bruk/")
    client.post(f"{URL}{draft.pk}/angra/")
    assert not CodeList.objects.filter(pk=draft.pk).exists()
    answer = client.post(f"{URL}{in_use().pk}/angra/", follow=True)
    assert "redan i bruk" in answer.content.decode()
    assert in_use()


FAULTS: list[tuple[bytes, str, list[str]]] = [
    (b"", "k.csv", ["Filen är tom (0 byte)."]),
    (b"\n\n", "k.csv", ["Filen är tom."]),
    (b"kod;benamning\n", "k.csv", ["inga koder"]),
    (b"A;Chef\nB\nC", "k.csv", ["Rad 2 har 1 fält", "Rad 3 har 1 fält"]),
    (b"A;Chef\nB;Chef\nA;Chef", "k.csv", ["Rad 3: koden A förekommer två gånger, först på rad 1."]),
    (b"A;Chef;stad\n;Chef\nB;", "k.csv", ["Rad 1: sektorn ska vara", "Rad 2: koden ska ha 1–10 tecken.", "Rad 3: benämningen"]),
    (b"kod;sektor\nA;kommun", "k.csv", ["Rad 1: rubriken saknar benämning"]),
    ("A;Högsta chef".encode("utf-16"), "k.csv", ["teckenkodning går inte att läsa"]),
    ("A;HÃ¶gsta chef".encode(), "k.csv", ["Rad 1: å, ä och ö är förstörda"]),
    (b"%PDF-1.7 ...", "k.csv", ["Filen är en PDF."]),
    (b"PK\x03\x04 trasig", "k.xlsx", ["Filen kan inte läsas."]),
]


@pytest.mark.parametrize(("content", "name", "sentences"), FAULTS)
def test_a_file_with_a_fault_is_told_line_by_line_and_leaves_nothing(
    scene: Scene, content: bytes, name: str, sentences: list[str]
) -> None:
    before = CodeList.objects.count()
    page = read_in(as_role(scene, "statistician"), content, name).content.decode()
    for sentence in sentences:
        assert sentence in page
    assert CodeList.objects.count() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_from": "2025-01-01"}, "Det finns redan en version"),
        ({"valid_from": "snart"}, "ÅÅÅÅ-MM-DD"),
        ({"kind": "påhittad"}, "Välj en lista."),
        ({"version": ""}, "Ge versionen ett namn."),
        ({"reason": ""}, "Skriv varför"),
    ],
)
def test_what_is_missing_beside_the_file_is_said_at_its_field(scene: Scene, changes: dict[str, str], words: str) -> None:
    before = CodeList.objects.count()
    assert words in read_in(as_role(scene, "statistician"), **changes).content.decode()
    assert CodeList.objects.count() == before


def test_a_workbook_and_a_heading_in_another_order_are_read_as_well(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    frame = pl.DataFrame({"benamning": ["Högsta chef", "Mellanchef"], "belagg": ["x", "y"], "kod": ["A", "B"]})
    answer = read_in(client, spreadsheet.write([spreadsheet.Sheet("Koder", frame)]), "koder.xlsx")
    assert answer.status_code == 302, answer.content.decode()
    assert newest().spec().codes == {"A": CodeSpec("A", "Högsta chef"), "B": CodeSpec("B", "Mellanchef")}


def test_the_codes_of_a_version_come_out_as_a_file_that_can_be_read_in_again(scene: Scene) -> None:
    client, old = as_role(scene, "statistician"), in_use("aid")
    answer = client.get(f"{URL}{old.pk}/koder.csv")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert read_in(client, content, kind="aid").status_code == 302
    found = code_lists.difference(newest("aid"))
    assert (found.added, found.changed, found.missing, found.unchanged) == ((), (), (), len(old.spec().codes))


def test_a_file_without_groups_keeps_those_of_the_version_before(scene: Scene) -> None:
    content, _, _ = aid_without_the_commonest(scene)
    read_in(as_role(scene, "statistician"), content, kind="aid")
    old = in_use("aid").spec().codes
    assert all(code.group_kommun == old[code.code].group_kommun for code in newest("aid").spec().codes.values())


def test_a_trial_of_a_version_counts_the_rows_with_codes_that_are_gone(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    content, code, rows = aid_without_the_commonest(scene)
    read_in(client, content, kind="aid", established="on")
    draft = newest("aid")
    trial_page = client.post(f"{URL}{draft.pk}/prova/")["Location"]
    trial = draft.trials.get()
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.state == "done"
    assert trial.result["codes"][code] >= rows
    page = client.get(trial_page).content.decode()
    assert "Koder som försvinner men används" in page
    assert code in page
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        as_person(scene.cast.statistician).post(f"/admin/submissions/trial/{trial.pk}/sla-pa/")
        assert in_use("aid") == draft
        assert rechecks.recheck_changed(at=timezone.now()) == 2
    assert Delivery.objects.get(submission=scene.trosa.submission, is_current=True).fel >= rows


def test_an_established_list_is_said_so_with_a_reason_and_files_are_judged_by_it(scene: Scene) -> None:
    client, listed = as_role(scene, "statistician"), in_use("aid")
    assert "Skriv varför" in client.post(f"{URL}{listed.pk}/faststalld/", {"gor": "faststall"}).content.decode()
    client.post(f"{URL}{listed.pk}/faststalld/", {"gor": "faststall", "reason": "SKR:s egen lista."})
    assert in_use("aid").established
    assert SettingChange.objects.get(key="aid").is_judging
    client.post(f"{URL}{listed.pk}/faststalld/", {"gor": "faststall", "reason": "En gång till."})
    assert SettingChange.objects.filter(key="aid").count() == 1
    client.post(f"{URL}{listed.pk}/faststalld/", {"gor": "inte", "reason": "Fel lista."})
    assert not in_use("aid").established


def test_only_the_statistiker_reads_a_list_in(scene: Scene) -> None:
    for role in ("officer", "coordinator"):
        client = as_role(scene, role)
        assert read_in(client).status_code == 403
        assert "Läs in en ny version" not in client.get(URL).content.decode()


def test_two_versions_of_the_same_day_at_once_leave_one_and_a_sentence(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role(scene, "statistician")
    monkeypatch.setattr(code_lists, "check_code_import", lambda *args: None)  # both have looked before either wrote
    assert read_in(client).status_code == 302
    assert "Någon har just läst in en version" in read_in(client).content.decode()
    assert CodeList.objects.filter(kind="ansvar", valid_from="2026-10-20").count() == 1
