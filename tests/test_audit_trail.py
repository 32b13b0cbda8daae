"""Who did what leaves exactly one right row each, and a line in the log once it is committed (LOG-01).

TABLE says what each action on a page writes. What happens to the events afterwards is shown in tests/accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import audit, limits, recovery, services
from accounts.audit_words import AREAS, WORDS
from accounts.models import AuditEvent, User
from accounts.services import invite_user
from config.lib.text import amount
from submissions import synthetic
from tests import people
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, Scene

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("16.2.1", "16.3.1", "16.3.3", "16.3.4")]

EVA = "eva.strom@trosa.example"
NONCE = "3d6c1a70-5f5b-4f0e-8a55-6d4f0e2b2026"


@dataclass(frozen=True)
class Row:
    """An event as it should be. Empty `by` is whoever acted; "-" is nobody."""

    code: str
    subject: str = ""
    unit: str = "0488"
    object: str = ""
    result: str = ""
    by: str = ""


@dataclass(frozen=True)
class Action:
    """Somebody posts a form, and these events follow; `before` are the actions that make it possible."""

    by: str
    route: str
    args: Callable[[Scene], list[Any]]
    form: Callable[[Scene], dict[str, Any]] = field(default=lambda scene: {})
    rows: tuple[Row, ...] = ()
    before: tuple[str, ...] = ()
    wait: int = 0
    status: int = 302


def of_trosa(scene: Scene) -> list[Any]:
    """The arguments of Trosa's own pages."""
    return ["0488"]


def of_the_year(scene: Scene) -> list[Any]:
    """The arguments of this year's submission."""
    return ["0488", 2026]


def nothing(scene: Scene) -> list[Any]:
    """No arguments."""
    return []


def seen(scene: Scene, **values: Any) -> dict[str, Any]:
    """A form of the review, with the version that was on the screen."""
    return {"version": scene.trosa.delivery.version, "revision": scene.trosa.delivery.revision, **values}


def clean_file(scene: Scene) -> dict[str, Any]:
    """An upload without a fault."""
    return {"file": SimpleUploadedFile("nov.txt", synthetic.delivery("0488", ROWS, 7))}


FILE, NEXT_FILE, LAST_FILE = "0488/2026 version 1", "0488/2026 version 2", "0488/2025 version 1"
MATTER = "ärende {thread}"
ASKED = {"units": "0488", "requested_date": "2026-12-07", "reason": "illness", "text": "", "nonce": NONCE}
EXEMPT = {"reason": "closed", "text": "Bolaget har upphört."}
TABLE = {
    "own details": Action(
        "anna", "profiles:details", nothing, lambda scene: {"name": "Anna Ny", "phone": ""},
        (Row("data:changed", "anna", unit="", object="egna uppgifter"),),
    ),
    "invite": Action(
        "anna", "profiles:invite", of_trosa, lambda scene: {"email": EVA, "name": "Eva", "role": "reader"},
        (
            Row("invitation:created", EVA, unit="", object="Läsare i Trosa"),
            Row("access:changed", EVA, object="Läsare", result="invited"),
        ),
    ),
    "send again": Action(
        "anna", "profiles:resend_invitation", lambda scene: ["0488", scene.trosa.waiting.pk], wait=3601,
        rows=(Row("invitation:sent", "waiting", unit=""),),
    ),
    "take back": Action(
        "anna", "profiles:revoke_invitation", lambda scene: ["0488", scene.trosa.waiting.pk],
        rows=(Row("invitation:revoked", "waiting", unit=""), Row("access:changed", "waiting", result="revoked")),
    ),
    "change role": Action(
        "anna", "profiles:member", lambda scene: ["0488", scene.trosa.colleague.pk], lambda scene: {"role": "submitter"},
        (Row("access:changed", "colleague", result="Läsare → Uppgiftslämnare"), Row("access:request:granted", "colleague")),
    ),
    "end role": Action(
        "anna", "profiles:end_membership", lambda scene: ["0488", scene.trosa.colleague.pk],
        rows=(Row("access:changed", "colleague", result="ended"),),
    ),
    "new matter": Action(
        "anna", "messaging:new", nothing,
        lambda scene: {"unit": "0488", "category": "other", "subject": "Fråga", "text": "Hej", "nonce": NONCE},
        (Row("thread:opened", object=MATTER),),
    ),
    "answer": Action(
        "anna", "messaging:thread", lambda scene: [scene.trosa.thread.pk], lambda scene: {"text": "Hej", "nonce": NONCE},
        (Row("message:sent", object=MATTER),),
    ),
    "close matter": Action("anna", "messaging:close", lambda scene: [scene.trosa.thread.pk], rows=(Row("thread:closed", object=MATTER),)),
    "ask about a finding": Action(
        "anna", "submissions:ask_group", lambda scene: [*of_the_year(scene), scene.trosa.group.check, scene.trosa.group.key],
        lambda scene: {"subject": "Fråga", "text": "Hej", "nonce": NONCE},
        (Row("thread:opened", object=MATTER),),
    ),
    "ask about a row": Action(
        "anna", "submissions:ask_row", lambda scene: [*of_the_year(scene), scene.trosa.correction.row],
        lambda scene: {"subject": "Fråga", "text": "Hej", "nonce": NONCE},
        (Row("thread:opened", object=MATTER),),
    ),
    "tick": Action(
        "anna", "messaging:tick", lambda scene: [scene.trosa.thread.pk, 1], lambda scene: {"answer": "Ja."},
        (Row("thread:ticked", object=MATTER, result="fråga 1"),),
    ),
    "take the tick back": Action(
        "anna", "messaging:untick", lambda scene: [scene.trosa.thread.pk, 1],
        rows=(Row("thread:unticked", object=MATTER, result="fråga 1"),), before=("tick",),
    ),
    "withdraw request": Action(
        "anna", "deferrals:withdraw", lambda scene: ["0488", scene.trosa.deferral.pk],
        rows=(Row("deferral:withdrawn", object="0488/2026"),),
    ),
    "ask": Action(
        "anna", "deferrals:ask", nothing, lambda scene: ASKED,
        (Row("deferral:requested", object="0488/2026", result="2026-12-07"),), before=("withdraw request",),
    ),
    "ask for what the rule gives": Action(
        "anna", "deferrals:ask", nothing, lambda scene: ASKED,
        (
            Row("deferral:requested", object="0488/2026", result="2026-12-07"),
            Row("submission:due_date", object="0488/2026", result="2026-12-07"),
            Row("deferral:granted_by_rule", object="0488/2026", result="2026-12-07, högst 6 dagar"),
        ),
        before=("withdraw request", "set the rules"),
    ),
    "set the rules": Action(
        "coordinator", "admin:submissions_collection_deferral_rules", lambda scene: [scene.trosa.submission.collection_id],
        lambda scene: {"latest": "2026-12-15", "direct_days": "6"},
        (Row("operation:configuration", unit="", object="uppskov 2026", result="senast 2026-12-15, direkt 6 dagar"),),
    ),
    "move the last day": Action(
        "coordinator", "admin:submissions_collection_calendar", lambda scene: [scene.trosa.submission.collection_id],
        lambda scene: {"due_date": "2026-12-03", "latest_deferral_date": "2026-12-15", "reason": "Mer tid.", "seen": "0"},
        (Row("operation:configuration", unit="", object="kalender 2026", result="Sista dag: 2026-12-01 → 2026-12-03"),),
    ),
    "give the date back": Action(
        "anna", "deferrals:withdraw", lambda scene: ["0488", scene.trosa.deferral.pk], lambda scene: {"seen": "granted"},
        rows=(
            Row("submission:due_date", object="0488/2026", result="2026-12-01"),
            Row("deferral:withdrawn", object="0488/2026"),
        ),
        before=("grant",),
    ),
    "revoke": Action(
        "coordinator", "admin:deferrals_deferral_revoke", lambda scene: [scene.trosa.deferral.pk],
        lambda scene: {"upphav-text": "Det var fel enhet."},
        (
            Row("submission:due_date", object="0488/2026", result="2026-12-01"),
            Row("deferral:revoked", object="0488/2026"),
        ),
        before=("grant",),
    ),
    "withdraw exemption": Action(
        "anna", "deferrals:withdraw_exemption", lambda scene: ["0488", scene.trosa.exemption.pk],
        rows=(Row("exemption:withdrawn", object="0488/2026"),),
    ),
    "ask to be exempt": Action(
        "anna", "deferrals:ask_to_be_exempt", of_trosa, lambda scene: EXEMPT,
        (Row("exemption:requested", object="0488/2026"),), before=("withdraw exemption",),
    ),
    "exempt": Action(
        "coordinator", "admin:deferrals_exemption_grant", lambda scene: [scene.trosa.exemption.pk],
        lambda scene: {"ja-text": ""},
        (
            Row("submission:exempted", object="0488/2026"),
            Row("exemption:granted", object="0488/2026", result="Uppgifterna lämnas av en annan enhet"),
            Row("deferral:revoked", object="0488/2026"),
        ),
    ),
    "do not exempt": Action(
        "coordinator", "admin:deferrals_exemption_decline", lambda scene: [scene.trosa.exemption.pk],
        lambda scene: {"nej-text": "Ni omfattas."}, (Row("exemption:declined", object="0488/2026"),),
    ),
    "exempt without being asked": Action(
        "coordinator", "admin:deferrals_exemption_decide", lambda scene: [scene.trosa.submission.pk], lambda scene: EXEMPT,
        (
            Row("submission:exempted", object="0488/2026"),
            Row("exemption:granted", object="0488/2026", result="Verksamheten har upphört"),
            Row("deferral:revoked", object="0488/2026"),
        ),
        before=("withdraw exemption",),
    ),
    "include again": Action(
        "coordinator", "admin:deferrals_exemption_revoke", lambda scene: [scene.trosa.exemption.pk],
        lambda scene: {"upphav-text": "Det var fel enhet."},
        (Row("submission:included", object="0488/2026"), Row("exemption:revoked", object="0488/2026")), before=("exempt",),
    ),
    "correct": Action(
        "bo", "submissions:correct", lambda scene: [*of_the_year(scene), scene.trosa.correction.row, 14],
        lambda scene: seen(scene, value="Undersköterska"),
        (Row("data:changed", object=FILE, result="rad {row} fält 14"),),
    ),
    "undo": Action(
        "bo", "submissions:undo", lambda scene: [*of_the_year(scene), scene.trosa.correction.pk], seen,
        (Row("data:changed", object=FILE, result="ångrad rad {row} fält {field}"),),
    ),
    "correct together": Action(
        "bo", "submissions:correct_batch", lambda scene: [*of_the_year(scene), scene.trosa.group.check, scene.trosa.group.key],
        lambda scene: seen(scene, value="1", reason="Fel i lönesystemet."),
        (Row("data:changed", object=FILE, result="samlad rättelse fält {group_field}, {group_rows}"),),
    ),
    "undo together": Action(
        "bo", "submissions:undo_batch", lambda scene: [*of_the_year(scene), scene.trosa.batch.pk], seen,
        (Row("data:changed", object=FILE, result="ångrad samlad rättelse fält {batch_field}, {batch_rows}"),),
    ),
    "explain": Action(
        "bo", "submissions:comment", lambda scene: [*of_the_year(scene), scene.trosa.explained.check, scene.trosa.explained.key],
        lambda scene: seen(scene, text="Det stämmer, vi har frågat."),
        (Row("data:changed", object=FILE, result="förklaring {check}"),),
    ),
    "take explanation back": Action(
        "bo", "submissions:remove_comment",
        lambda scene: [*of_the_year(scene), scene.trosa.explained.check, scene.trosa.explained.key], seen,
        (Row("data:changed", object=FILE, result="förklaring {check} borttagen"),),
    ),
    "upload": Action(
        "bo", "submissions:upload", of_the_year, clean_file,
        (Row("file:uploaded", object=NEXT_FILE, result="sha256 {sha}"),),
    ),
    "upload something else": Action(
        "bo", "submissions:upload", of_the_year, lambda scene: {"file": SimpleUploadedFile("nov.txt", b"\0\1\2 ingen textfil")},
        (Row("file:uploaded", object=NEXT_FILE, result="sha256 {sha}"), Row("file:rejected", object=NEXT_FILE, by="-")),
    ),
    "try a file": Action(
        "bo", "submissions:upload", of_the_year, lambda scene: {**clean_file(scene), "kind": "test"},
        (Row("file:uploaded", object=NEXT_FILE, result="sha256 {sha}"),),
    ),
    "hand a test file in": Action(
        "bo", "submissions:deliver_for_real", lambda scene: [*of_the_year(scene), 2],
        rows=(Row("file:uploaded", object="0488/2026 version 3", result="sha256 {sha}"),), before=("try a file",),
    ),
    "let an earlier file hold": Action(
        "bo", "submissions:activate", lambda scene: [*of_the_year(scene), 1],
        rows=(Row("data:changed", object=FILE, result="gäller igen"),), before=("upload",),
    ),
    "supplement": Action(
        "bo", "submissions:add_supplement", of_the_year,
        lambda scene: {"kind": "positions", "note": "", "file": SimpleUploadedFile("koder.txt", b"123456;Bitr\xe4de\r\n")},
        (Row("file:uploaded", object="0488/2026 komplettering 2", result="sha256 {sha}"),),
    ),
    "take supplement away": Action(
        "bo", "submissions:remove_supplement", lambda scene: [*of_the_year(scene), scene.trosa.supplement.number],
        rows=(Row("data:changed", object="0488/2026 komplettering 1", result="removed"),),
    ),
    "payroll system": Action(
        "bo", "submissions:choose_payroll_system", of_the_year, lambda scene: {"system": "heroma", "other": ""},
        (Row("data:changed", object="0488/2026", result="lönesystem Heroma"),),
    ),
    "hand in": Action(
        "bo", "submissions:hand_in", of_the_year, lambda scene: {"version": 2, "revision": 0},
        (Row("submission:moved", object="0488/2026", result="Under granskning → Klarmarkerad"),), before=("upload",),
    ),
    "take hand-in back": Action(
        "bo", "submissions:withdraw", of_the_year,
        rows=(Row("submission:moved", object="0488/2026", result="Klarmarkerad → Under granskning"),), before=("hand in",),
    ),
    "begin review": Action(
        "officer", "admin:submissions_submission_begin_review", lambda scene: [scene.trosa.submission.pk],
        rows=(Row("submission:moved", object="0488/2026", result="Klarmarkerad → Granskas av SKR"),), before=("hand in",),
    ),
    "approve": Action(
        "officer", "admin:submissions_submission_approve", lambda scene: [scene.trosa.submission.pk],
        rows=(Row("submission:moved", object="0488/2026", result="Granskas av SKR → Godkänd"),), before=("begin review",),
    ),
    "return": Action(
        "officer", "admin:submissions_submission_return", lambda scene: [scene.trosa.submission.pk],
        lambda scene: {"reason": "Se över timlönerna."},
        (Row("submission:moved", object="0488/2026", result="Granskas av SKR → Åter till uppgiftslämnare"),),
        before=("begin review",),
    ),
    "note on a unit": Action(
        "officer", "admin:profiles_unit_note", lambda scene: [scene.trosa.unit.pk],
        lambda scene: {"note": "Ring lönechefen.", "nonce": NONCE}, (Row("unit:noted", object="anteckning om enheten"),),
    ),
    "correct note on a unit": Action(
        "officer", "admin:profiles_unit_correct_note", lambda scene: [scene.trosa.unit.pk, scene.trosa.unit.notes.get().pk],
        lambda scene: {"note": "Ring lönechefen.", "revision": 1}, (Row("unit:note:corrected", object="anteckning om enheten"),),
    ),
    "note": Action(
        "officer", "admin:submissions_submission_note", lambda scene: [scene.trosa.submission.pk],
        lambda scene: {"note": "Ring lönechefen.", "nonce": NONCE}, (Row("submission:noted", object="0488/2026"),),
    ),
    "reveal group": Action(
        "bo", "submissions:reveal_findings",
        lambda scene: [*of_the_year(scene), scene.trosa.group.check, scene.trosa.group.key],
        rows=(Row("data:read", object=f"{FILE}, kontroll {{group}} fält {{group_field}}, {{rows}}", result="personnummer visade"),),
        status=200,
    ),
    "reveal row": Action(
        "bo", "submissions:reveal_row", lambda scene: [*of_the_year(scene), scene.trosa.correction.row],
        rows=(
            Row("data:read", object=f"{FILE}, rad {{row}}", result="personnummer visade"),
            Row("data:read", object=f"{LAST_FILE}, rad {{row}}", result="personnummer visade"),
        ),
        status=200,
    ),
    "another's unit": Action(
        "dan", "submissions:withdraw", of_the_year, rows=(Row("access:denied", object="enhet"),), status=404
    ),
    "sign out": Action("anna", "accounts:sign_out", nothing, rows=(Row("account:session:ended", "anna", unit="", result="sign_out"),)),
    "grant": Action(
        "coordinator", "admin:deferrals_deferral_grant", lambda scene: [scene.trosa.deferral.pk],
        lambda scene: {"ja-granted_date": "2026-12-08", "ja-text": ""},
        (
            Row("submission:due_date", object="0488/2026", result="2026-12-08"),
            Row("deferral:granted", object="0488/2026", result="2026-12-08"),
        ),
    ),
    "decline": Action(
        "coordinator", "admin:deferrals_deferral_decline", lambda scene: [scene.trosa.deferral.pk],
        lambda scene: {"nej-text": "Det går tyvärr inte."}, (Row("deferral:declined", object="0488/2026"),),
    ),
    "close account": Action(
        "system", "admin:accounts_user_suspend", lambda scene: [scene.trosa.colleague.user_id],
        rows=(Row("account:user:suspended", "colleague", unit=""),),
    ),
    "open account": Action(
        "system", "admin:accounts_user_restore", lambda scene: [scene.trosa.colleague.user_id],
        rows=(Row("account:user:restored", "colleague", unit=""),), before=("close account",),
    ),
}  # fmt: skip


# The table -----------------------------------------------------------------------------------------------------------


def perform(scene: Scene, action: Action) -> HttpResponse:
    """Do it, and all that comes before."""
    for name in action.before:
        perform(scene, TABLE[name])
    person = scene.cast.__dict__[action.by]
    with time_machine.travel(timezone.now() + timezone.timedelta(seconds=action.wait), tick=False):
        answer = sign_in(GuardedClient(), person).post(reverse(action.route, args=action.args(scene)), action.form(scene))
    assert answer.status_code == action.status, answer.content.decode()[:2000]
    return answer


def person_of(scene: Scene, name: str) -> int | None:
    """The primary key of somebody in the table."""
    if name in {"", "-"}:
        return None
    if "@" in name:
        return User.objects.get(email=name).pk
    if name in {"colleague", "waiting"}:
        return int(getattr(scene.trosa, name).user_id)
    return int(getattr(scene.cast, name).pk)


def filled(scene: Scene, text: str, event: AuditEvent) -> str:
    """The words of the table with the scene's own numbers in them."""
    place = scene.trosa
    values = {
        "row": place.correction.row, "field": place.correction.field, "check": place.explained.check, "group": place.group.check,
        "group_field": place.group.field, "group_rows": amount(place.group.rows, "rad", "rader"),
        "batch_field": place.batch.field, "batch_rows": amount(place.batch.cells, "rad", "rader"), "rows": event.object.partition(", ")[2].partition(", ")[2],
        "thread": re.sub(r"\D", "", event.object), "sha": event.result.removeprefix("sha256 "),
    }  # fmt: skip
    return text.format(**values)


@pytest.mark.parametrize("name", TABLE)
def test_log_01_an_action_writes_exactly_its_rows_and_lines(scene: Scene, caplog: pytest.LogCaptureFixture, name: str) -> None:
    action = TABLE[name]
    for earlier in action.before:
        perform(scene, TABLE[earlier])
    last_before = AuditEvent.objects.latest("pk").pk
    caplog.clear()
    answer = perform(scene, Action(**{**action.__dict__, "before": ()}))
    events = list(AuditEvent.objects.filter(pk__gt=last_before).order_by("pk"))
    actor = person_of(scene, action.by)
    shown = [(e.code, e.actor_id, e.subject_id, e.unit, e.object, e.result) for e in events]
    assert shown == [
        (
            row.code,
            person_of(scene, row.by) if row.by else actor,
            person_of(scene, row.subject),
            row.unit,
            filled(scene, row.object, event),
            filled(scene, row.result, event),
        )
        for row, event in zip(action.rows, [*events, *[AuditEvent()] * len(action.rows)], strict=False)
    ]
    assert {event.request_id for event in events} == {answer.headers["X-Request-ID"]}
    lines = [record.msg for record in caplog.records if record.name == "audit"]
    facts = [(line["event"], line["actor"], line["subject"], line["unit"], line["object"], line["result"]) for line in lines]
    assert facts == shown
    assert {line["request_id"] for line in lines} == {answer.headers["X-Request-ID"]}


# The sign-up and the sign-in -----------------------------------------------------------------------------------------


def trail(after: int) -> list[tuple[str, str]]:
    """Code and result of every later event, oldest first."""
    return list(AuditEvent.objects.filter(pk__gt=after).order_by("pk").values_list("code", "result"))


def test_log_01_a_sign_up_and_a_sign_in_leave_their_steps(client: GuardedClient, clock: Any) -> None:
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    user, _ = invite_user(email="anna.berg@ystad.se", by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun")
    anna = people.Person(user.email)
    people.ask_for_code(client, anna.email)
    people.post_step(client, "/konto/kod/", code="000000" if people.code_in_mail(anna.email) != "000000" else "000001")
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(anna.email))
    people.post_step(client, "/konto/verifierad/")
    anna.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    people.post_step(client, "/konto/qr/")
    people.post_step(client, "/konto/engangskod/", token="1")
    people.post_step(client, "/konto/engangskod/", token=anna.phone.code())
    people.post_step(client, "/konto/losenord/", password=anna.password, confirmation=anna.password)
    client.post("/konto/integritet/")
    client.post("/konto/logga-ut/")
    clock.shift(60)
    client.post("/", {"email": anna.email, "password": "Fel7#katt!Moln"})
    people.sign_in(client, anna)
    assert trail(last) == [
        ("invitation:created", ""),
        ("account:code:requested", "sent"),
        ("account:code:wrong", ""),
        ("account:code:right", ""),
        ("account:totp:wrong", "enrolment"),
        ("account:totp:registered", ""),
        ("account:password:set", ""),
        ("invitation:accepted", ""),
        ("account:journey:completed", "enrol"),
        ("account:sign_in:succeeded", ""),
        ("account:notice:accepted", "1"),
        ("account:session:ended", "sign_out"),
        ("account:sign_in:failed", "password"),
        ("account:totp:right", ""),
        ("account:sign_in:succeeded", ""),
    ]
    assert {event.actor_id or event.subject_id for event in AuditEvent.objects.filter(pk__gt=last).order_by("pk")} == {user.pk}


def test_log_01_a_guess_too_many_is_blocked_and_not_wrong(client: GuardedClient) -> None:
    invite_user(email="anna.berg@ystad.se", by=None, at=timezone.now())
    people.ask_for_code(client, "anna.berg@ystad.se")
    last = AuditEvent.objects.latest("pk").pk
    for _ in range(limits.CODE_ATTEMPTS + 1):
        people.post_step(client, "/konto/kod/", code="fel")
    assert trail(last) == [("account:code:wrong", "")] * limits.CODE_ATTEMPTS + [("account:code:blocked", "")]


# Form and words ------------------------------------------------------------------------------------------------------


def test_log_01_the_line_is_written_after_the_commit_and_never_after_a_rollback(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    code = "data:changed"
    before = AuditEvent.objects.filter(code=code).count()

    def lines() -> int:
        return sum(record.name == "audit" for record in caplog.records)

    with transaction.atomic():
        audit.record(code, by=scene.cast.anna, object="egna uppgifter")
        assert lines() == 0
    assert lines() == 1
    with transaction.atomic():
        audit.record(code, by=scene.cast.anna, object="egna uppgifter")
        transaction.set_rollback(True)
    assert lines() == 1
    assert AuditEvent.objects.filter(code=code).count() == before + 1


WRITTEN = re.compile(r"""(?<!\w)(?:audit\.)?record\(\s*(?:f?"([a-z_]+:[a-z_:{}]+)")(?:\s+if [^,]*?else "([a-z_:]+)")?""")


def codes_in_the_source() -> set[str]:
    """Every code that the product writes."""
    apps = ("accounts", "profiles", "messaging", "submissions", "deferrals", "config")
    sources = (path.read_text(encoding="utf-8") for app in apps for path in (settings.BASE_DIR / app).rglob("*.py"))
    found = {code for source in sources for match in WRITTEN.findall(source) for code in match if code}
    return {code for code in found if "{" not in code}


def test_log_01_every_event_that_is_written_is_shown_by_a_test_and_has_words() -> None:
    codes = codes_in_the_source()
    assert len(codes) > 40
    assert [code for code in sorted(codes) if code not in WORDS or code.split(":")[0] not in AREAS] == []
    tests = "".join(path.read_text(encoding="utf-8") for path in (settings.BASE_DIR / "tests").rglob("test_*.py"))
    assert [code for code in sorted(codes) if f'"{code}"' not in tests] == []


def test_log_01_a_command_s_event_has_no_actor(db: None, tmp_path: Any) -> None:
    file = tmp_path / "enheter.csv"
    file.write_text("9990;Nystads kommun;kommun\n", encoding="utf-8")
    call_command("import_units", str(file), stdout=StringIO())
    event = AuditEvent.objects.latest("pk")
    shown = (event.code, event.actor_id, event.actor, event.object, event.result, event.request_id)
    assert shown == ("operation:configuration", None, "", "enheter", "1 nya, 0 ändrade", "")


def test_log_01_a_recovery_leaves_who_asked_and_who_approved(scene: Scene) -> None:
    at, cast = timezone.now(), scene.cast
    last = AuditEvent.objects.latest("pk").pk
    values = {
        "user": cast.bo,
        "kind": "both",
        "case_number": "2026-117",
        "identity_check": "Ringde 0156-520 00 och Anna Ek svarade.",
        "at": at,
    }
    case = recovery.open_case(by=cast.coordinator, **values)
    recovery.approve_case(case=case, by=cast.system, at=at)
    services.revoke_devices(cast.bo, reason="recovery", by=cast.coordinator, at=at)
    shown = AuditEvent.objects.filter(pk__gt=last).order_by("pk").values_list("code", "actor_id", "subject_id")
    assert list(shown) == [
        ("recovery:opened", cast.coordinator.pk, cast.bo.pk),
        ("recovery:approved", cast.system.pk, cast.bo.pk),
        ("account:totp:revoked", cast.coordinator.pk, cast.bo.pk),
    ]
