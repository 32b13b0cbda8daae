"""Taking out uppgifter: the delivered file by the unit, the rows by SKR; step-up, purpose, count, event (EXP, ADM-08, FIL-09)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import limits, roles
from accounts.models import AuditEvent
from accounts.roles import StaffRole
from accounts.step_up import RETURN_TO
from config.lib import csv_file, personnummer
from submissions import synthetic
from submissions.checking import masking
from submissions.models import Delivery
from submissions.services import storage
from tests import addresses
from tests.admin.conftest import as_person
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import CANARIES, ROWS, SLIPS, Scene
from tests.submissions.pages.test_main_flow import send, with_value

pytestmark = pytest.mark.django_db

PAGE = "/inlamning/0488/2026/"
FILE = f"{PAGE}version/1/hamta/"
OWN_TABLES = ("hamta/anmarkningar/", "hamta/felkolumn/", "andringslista/hamta/")
FIRST = synthetic.delivery("0488", ROWS, 7).split(b"\r\n")[0]
PURPOSE = "Underlag till lönerapporten"


def body_of(answer: HttpResponse) -> bytes:
    """All of it, whole or streamed."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def table_of(answer: HttpResponse) -> list[list[str]]:
    """The CSV as a spreadsheet program splits it."""
    return list(csv.reader(io.StringIO(body_of(answer).decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def last_export() -> AuditEvent:
    """The newest export's event."""
    return AuditEvent.objects.filter(code="data:exported").latest("pk")


def rows_address(scene: Scene) -> str:
    """The page where SKR exports Trosa's rows."""
    return reverse("admin:submissions_submission_export", args=[scene.trosa.submission.pk])


# The delivered file --------------------------------------------------------------------------------------------------


@pytest.mark.asvs("3.2.1", "5.4.1", "5.4.2", "7.5.3", "14.2.6")
def test_fil_09_exp_02_the_unit_gets_its_file_back_byte_for_byte(scene: Scene, client: GuardedClient) -> None:
    answer = sign_in(client, scene.cast.bo).post(FILE)
    assert answer.status_code == 200
    assert answer.content == synthetic.delivery("0488", ROWS, 7, SLIPS)
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"personalstatistik-trosa-2026-version-1.txt\"; filename*=UTF-8''Personalstatistik%20Trosa%202026%20version%201.txt"
    )
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "no-store" in answer.headers["Cache-Control"]
    event = last_export()
    assert (event.actor_id, event.unit, event.object) == (scene.cast.bo.pk, "0488", "0488/2026 version 1, filen")
    assert (event.result, event.purpose) == (f"{ROWS} rader, som den lämnades", "egen kopia")


def test_fil_09_the_button_stands_on_the_files_page_for_those_who_may(scene: Scene, client: GuardedClient) -> None:
    for person, may in ((scene.cast.bo, True), (scene.cast.anna, True), (scene.cast.cia, False), (scene.cast.officer, False)):
        page = sign_in(client, person).get(f"{PAGE}version/1/").content.decode()
        assert ("Ladda ner den inlämnade filen" in page) is may, person
        if not may:
            refused = client.post(FILE)
            assert refused.status_code == 403
            assert "Bara enhetens uppgiftslämnare och kontaktpersoner" in refused.content.decode()


@pytest.mark.asvs("8.2.2", "8.4.1")
def test_fil_09_another_units_file_is_not_there(scene: Scene, client: GuardedClient) -> None:
    before = AuditEvent.objects.filter(code="data:exported").count()
    sign_in(client, scene.cast.dan)
    assert client.post(FILE).status_code == 404
    assert client.post(f"{PAGE}version/99/hamta/").status_code == 404
    assert sign_in(client, scene.cast.bo).post(f"{PAGE}version/99/hamta/").status_code == 404
    assert AuditEvent.objects.filter(code="data:exported").count() == before


def test_a_refused_file_can_be_taken_back_too(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo).post(f"{PAGE}lamna/", {"file": io.BytesIO(b"%PDF-1.7 <script>alert(1)</script>")})
    version = Delivery.objects.filter(submission=scene.trosa.submission).latest("version").version
    answer = client.post(f"{PAGE}version/{version}/hamta/")
    assert answer.content == b"%PDF-1.7 <script>alert(1)</script>"
    assert last_export().result == "0 rader, som den lämnades"


@pytest.mark.asvs("7.5.1", "7.5.3")
def test_ses_11_exp_02_ten_minutes_after_both_factors_an_export_asks_for_them_again(
    scene: Scene, client: GuardedClient, clock: time_machine.Coordinates
) -> None:
    before = AuditEvent.objects.filter(code="data:exported").count()
    asked = (
        (scene.cast.bo, FILE),
        (scene.cast.bo, "/profil/0488/insyn/hamta/"),
        (scene.cast.bo, f"{PAGE}hamta/rattad-fil/"),
        *((scene.cast.bo, f"{PAGE}{part}") for part in OWN_TABLES),
        (scene.cast.statistician, rows_address(scene)),
    )
    for person, address in asked:
        for seconds, is_asked in ((0, False), (600, False), (601, True)):
            sign_in(client, person)
            clock.shift(timedelta(seconds=seconds))
            answer = client.post(address, {"purpose": PURPOSE, "kind": "csv"})
            assert (answer.headers.get("Location") == "/konto/bekrafta/") is is_asked, (address, seconds)
            assert (answer.status_code == 200) is not is_asked
            before += not is_asked
            assert AuditEvent.objects.filter(code="data:exported").count() == before


@pytest.mark.asvs("7.5.3")
def test_ses_11_every_file_out_asks_for_both_factors_and_leads_back_to_its_page(
    scene: Scene, client: GuardedClient, clock: time_machine.Coordinates
) -> None:
    exports = [route for route in addresses.routes() if getattr(route.view, "is_export", False) and route.is_of_a_unit]
    assert len(exports) > 6
    for route in exports:
        sign_in(client, scene.cast.bo)
        clock.shift(timedelta(seconds=601))
        answer = client.post(addresses.address(route, scene.trosa), {"kind": "csv"})
        assert answer.headers.get("Location") == "/konto/bekrafta/", route.name
        assert client.get(client.session[RETURN_TO]).status_code == 200, route.name


def test_ses_11_the_page_of_the_export_asks_before_anything_is_typed(
    scene: Scene, client: GuardedClient, clock: time_machine.Coordinates
) -> None:
    sign_in(client, scene.cast.statistician)
    clock.shift(timedelta(seconds=601))
    assert client.get(rows_address(scene)).headers["Location"] == "/konto/bekrafta/"


@pytest.mark.asvs("2.3.2", "7.5.3")
def test_exp_03_the_twenty_first_export_in_an_hour_is_refused_with_one_alarm(
    scene: Scene, client: GuardedClient, clock: time_machine.Coordinates
) -> None:
    """Of whatever kind they are; a colleague's are her own."""
    sign_in(client, scene.cast.bo)
    for number in range(20):
        assert client.post("/profil/0488/insyn/hamta/" if number % 2 else FILE).status_code == 200, number
    exported = AuditEvent.objects.filter(code="data:exported").count()
    for _ in range(3):
        refused = client.post(FILE)
        assert refused.status_code == 429
        assert "20 gånger den senaste timmen" in refused.content.decode()
    assert AuditEvent.objects.filter(code="data:exported").count() == exported
    alarm = AuditEvent.objects.get(code="operation:alarm")
    assert (alarm.actor_id, alarm.unit, alarm.object) == (scene.cast.bo.pk, "0488", "exporter")
    assert sign_in(client, scene.cast.anna).post(FILE).status_code == 200
    clock.shift(limits.EXPORTS_PER_USER[1])
    assert sign_in(client, scene.cast.bo).post(FILE).status_code == 200


# SKR's export of rows ------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.5.3", "8.2.3", "14.2.6")
@pytest.mark.parametrize("role", ["officer", "statistician"])
def test_adm_08_exp_02_the_rows_leave_masked_for_a_purpose_that_the_unit_reads(
    scene: Scene, client: GuardedClient, role: str
) -> None:
    person = getattr(scene.cast, role)
    sign_in(client, person)
    assert (
        "Exportera raderna" in client.get(f"/admin/submissions/submission/{scene.trosa.submission.pk}/change/").content.decode()
    )
    answer = client.post(rows_address(scene), {"purpose": f"  {PURPOSE}\u202e "})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "personalstatistik-trosa-2026-version-1-rader.csv" in answer.headers["Content-Disposition"]
    heading, *rows = table_of(answer)
    assert (heading[0], heading[7], len(heading)) == ("Rad", "7 Personnummer", 40)
    assert not [name for name in heading if name.startswith("8 ")]
    assert len(rows) == ROWS
    assert not [value for row in rows for value in row if personnummer.LOOKS_LIKE.search(value)]
    assert all(re.fullmatch(r"[0-9]{6}-\*{4}", row[7]) for row in rows if len(row[7]) == 11)
    event = last_export()
    assert (event.actor_id, event.unit, event.object) == (person.pk, "0488", "0488/2026 version 1, alla rader")
    assert (event.result, event.purpose) == (f"{ROWS} rader, personnummer maskade", PURPOSE)
    insight = sign_in(client, scene.cast.cia).get("/profil/0488/insyn/").content.decode()
    for words in (PURPOSE, "SKR, ", "Hämtade: 2026 version 1, alla rader", f"{ROWS} rader, personnummer maskade"):
        assert words in insight


def test_adm_08_the_rows_have_the_units_corrections(scene: Scene, client: GuardedClient) -> None:
    correction = scene.trosa.correction
    _, new = storage.old_and_new(scene.trosa.delivery, correction)
    heading, *rows = table_of(sign_in(client, scene.cast.statistician).post(rows_address(scene), {"purpose": PURPOSE}))
    (row,) = [row for row in rows if row[0] == str(correction.row)]
    place = next(place for place, name in enumerate(heading) if name.startswith(f"{correction.field} "))
    assert row[place] == csv_file.cell(masking.mask_field(correction.field, new))


@pytest.mark.asvs("8.2.3")
def test_adm_08_whole_personnummer_need_the_right_and_a_tick(
    scene: Scene, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, scene.cast.statistician)
    form = {"purpose": PURPOSE, "revealed": "on"}
    assert "Ta med hela personnummer" in client.get(rows_address(scene)).content.decode()
    _, *rows = table_of(client.post(rows_address(scene), form))
    assert [row[7] for row in rows] == list(storage.current_frame(_with_frame(scene.trosa.delivery))["f7"].fill_null(""))
    assert last_export().result == f"{ROWS} rader, personnummer visade"

    rights = roles.PERMISSIONS[StaffRole.STATISTICIAN] - {"submissions.reveal_personnummer"}
    monkeypatch.setitem(roles.PERMISSIONS, StaffRole.STATISTICIAN, rights)
    assert "Ta med hela personnummer" not in client.get(rows_address(scene)).content.decode()
    _, *rows = table_of(client.post(rows_address(scene), form))
    assert not [row for row in rows if personnummer.LOOKS_LIKE.search(row[7])]
    assert last_export().result == f"{ROWS} rader, personnummer maskade"


def _with_frame(delivery: Delivery) -> Delivery:
    return Delivery.objects.select_related("submission").get(pk=delivery.pk)


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        ("", "Skriv vad du behöver uppgifterna till."),
        ("kort", "minst 10 tecken"),
        ("a\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200bb", "minst 10 tecken"),
        ("x" * 201, "högst 200 tecken"),
        ("Fråga om 811218-9876 och lön", "innehålla ett personnummer"),
    ],
)
def test_adm_08_without_a_purpose_nothing_leaves(scene: Scene, client: GuardedClient, purpose: str, words: str) -> None:
    exported = AuditEvent.objects.filter(code="data:exported").count()
    answer = sign_in(client, scene.cast.statistician).post(rows_address(scene), {"purpose": purpose})
    page = answer.content.decode()
    assert words in page
    assert "<title>" in page
    assert "Fel: Exportera raderna" in page
    assert AuditEvent.objects.filter(code="data:exported").count() == exported


@pytest.mark.asvs("8.2.1", "8.3.1")
def test_adm_08_coordinators_and_system_administrators_export_nothing(scene: Scene, client: GuardedClient) -> None:
    for person in (scene.cast.coordinator, scene.cast.system):
        assert sign_in(client, person).post(rows_address(scene), {"purpose": PURPOSE}).status_code == 403
    page = sign_in(client, scene.cast.coordinator).get(f"/admin/submissions/submission/{scene.trosa.submission.pk}/change/")
    assert "Exportera raderna" not in page.content.decode()


def test_a_submission_without_a_file_has_nothing_to_export(scene: Scene, client: GuardedClient) -> None:
    Delivery.objects.filter(pk=scene.trosa.delivery.pk).update(is_current=False)
    assert sign_in(client, scene.cast.statistician).get(rows_address(scene)).status_code == 404


# Revealing at SKR ----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.5.3", "8.2.3", "14.2.6", "16.3.2")
def test_log_07_skr_reveals_personnummer_for_a_purpose_and_after_a_step_up(scene: Scene, clock: time_machine.Coordinates) -> None:
    number = FIRST.split(b";")[6].decode()
    wrong = with_value(synthetic.delivery("0488", ROWS, 7), 1, 7, number[:9] + str((int(number[9]) + 1) % 10))
    send(sign_in(GuardedClient(), scene.cast.bo), wrong)
    client, submission = as_person(scene.cast.officer), scene.trosa.submission
    page = client.get(f"/admin/submissions/submission/{submission.pk}/change/").content.decode()
    groups = re.findall(rf'href="(/admin/submissions/submission/{submission.pk}/anmarkning/[^"]+/)"', page)
    masked = [group for group in groups if "Visa personnummer" in client.get(group).content.decode()]
    assert masked
    for group in masked:
        assert "Personnummer är maskade" in client.get(group).content.decode()
        form = client.get(f"{group}visa/").content.decode()
        assert 'name="purpose"' in form
        assert not personnummer.LOOKS_LIKE.search(re.sub(r"<[^>]*>", " ", form))
        empty = client.post(f"{group}visa/", {"purpose": ""}).content.decode()
        assert "Skriv vad du behöver uppgifterna till." in empty
        assert "<table" not in empty
    reads = AuditEvent.objects.filter(code="data:read", actor_id=scene.cast.officer.pk, result="personnummer visade")
    assert not reads.exists()

    shown = client.post(f"{masked[0]}visa/", {"purpose": PURPOSE}).content.decode()
    assert "Personnumren visas. Det är loggat." in shown
    assert "-****" not in shown
    assert number[:9] in shown
    event = reads.get()
    assert (event.unit, event.purpose) == ("0488", PURPOSE)
    assert re.fullmatch(r"0488/2026 version 2, kontroll FMT06 fält 7, rad 1", event.object)
    clock.shift(timedelta(seconds=601))
    assert client.post(f"{masked[0]}visa/", {"purpose": PURPOSE}).headers["Location"] == "/konto/bekrafta/"
    assert reads.count() == 1
    assert as_person(scene.cast.system).post(f"{masked[0]}visa/", {"purpose": PURPOSE}).status_code == 403


# Nothing of another's ------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.1.1", "8.2.2")
def test_beh_03_no_export_holds_a_word_of_another_unit(scene: Scene, client: GuardedClient) -> None:
    now = timezone.now()
    for person in (scene.cast.officer, scene.cast.dan):  # looks at the other unit, which its own list must hold
        sign_in(client, person).get(f"/inlamning/0480/2026/rad/{scene.other.correction.row}/")
    exports = [
        sign_in(client, scene.cast.bo).post(FILE),
        client.post("/profil/0488/insyn/hamta/"),
        client.post(f"{PAGE}hamta/rattad-fil/"),
        *(client.post(f"{PAGE}{part}", {"kind": "csv", "revealed": "on"}) for part in OWN_TABLES),
        sign_in(client, scene.cast.statistician).post(rows_address(scene), {"purpose": PURPOSE}),
    ]
    looks = AuditEvent.objects.filter(unit="0480", code="data:read", at=now)
    assert looks.filter(object__startswith="0480/2026").count() == 2
    for answer in exports:
        assert answer.status_code == 200
        text = f"{answer.headers} {body_of(answer).decode('cp1252', 'replace')}".lower()
        for word in (*CANARIES, scene.other.unit.name, "0480", "dan lind"):
            assert word.lower() not in text, word


# Strange texts -------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("1.2.1", "1.2.3", "1.2.10", "3.2.2")
@pytest.mark.parametrize(
    "text", ['"><svg/onload=alert(1)>', "=HYPERLINK(1)", "@SUM(A1)", "javascript:alert(1)", "+46 70 123", "-rad", "＝1+1", "a\tb"]
)
def test_web_11_exp_01_strange_texts_leave_inert(scene: Scene, client: GuardedClient, text: str) -> None:
    """In the rows, in the list of looks and on the page of it."""
    content = synthetic.delivery("0488", ROWS, 7).split(b"\r\n")
    fields = content[2].decode("cp1252").split(";")
    fields[5] = text
    content[2] = ";".join(fields).encode("utf-8")
    name = f"{text} Persson"
    type(scene.cast.bo).objects.filter(pk=scene.cast.bo.pk).update(name=name)
    file = b"\r\n".join(line.decode("cp1252").encode() if number != 2 else line for number, line in enumerate(content))
    assert (
        sign_in(client, scene.cast.bo).post(f"{PAGE}lamna/", {"file": io.BytesIO(file)}).headers["Location"] == f"{PAGE}granska/"
    )
    client.get(f"{PAGE}rad/3/")

    inert = f"'{text}" if text[0] in "=@+-＝" else text
    _, *rows = table_of(sign_in(client, scene.cast.statistician).post(rows_address(scene), {"purpose": f"{text} till rapporten"}))
    assert rows[2][6] == inert
    sign_in(client, scene.cast.anna)
    _, *looks = table_of(client.post("/profil/0488/insyn/hamta/"))
    assert {f"'{name}" if inert != text else name, "Anna Ek"} & {row[1] for row in looks}
    assert all(not value.startswith(("=", "+", "-", "@", "＝")) for row in looks for value in row)
    page = client.get("/profil/0488/insyn/").content.decode()
    assert "<svg" not in page.replace('<svg class="icon', "")
    assert name.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;") in page.replace("&#x27;", "'")
