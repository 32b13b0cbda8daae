"""Klarmarkera and what comes of it: what is signed, by whom, without employees, late, the receipt, and opened again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from submissions import synthetic
from submissions.models import CheckSetting, Collection, Delivery, Receipt, ReopenRequest, Submission
from submissions.services import evaluate, issuing, reopen, retention, review, storage, tables
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.submissions.pages.test_main_flow import PAGE, links, send, status, with_value

SIGN, NOBODY, RECEIPT, REOPEN = (f"{PAGE}{page}/" for page in ("klarmarkera", "inga-anstallda", "kvittens", "oppna-igen"))
CLEAN = synthetic.delivery("0488", 80, 7)
DECEMBER = datetime(2026, 12, 3, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))


def text_of(response: HttpResponse) -> str:
    """The page's words, tags off and white space as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def deliver_and_sign(client: GuardedClient, cast: Cast) -> Receipt:
    """Bo's clean file, handed in by Bo."""
    sign_in(client, cast.bo)
    send(client, CLEAN)
    client.post(SIGN, {"version": 1, "revision": 0})
    return Receipt.objects.get(withdrawn_at=None)


def approve(cast: Cast) -> Submission:
    """SKR reviews Trosa's hand-in and approves it."""
    for step in (review.begin_review, review.approve):
        step(submission=trosa(), by=cast.officer, at=timezone.now())
    return trosa()


def trosa() -> Submission:
    """Trosa's submission of 2026 as it stands."""
    return Submission.objects.select_related("unit", "collection").get(unit__code="0488", collection__year=2026)


# What is signed ------------------------------------------------------------------------------------------------------


def test_the_page_shows_all_that_is_signed(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    review_page = send(client, with_value(CLEAN, 9, 14, "12AB"), follow=True)
    (group,) = links(review_page, r"[^\"]*/anmarkningar/KOD10/[^\"#]*")
    client.post(f"{group}forklara/", {"text": "Egen kod för vikarier, stämmer."})
    page = text_of(sign_in(client, cast.anna).get(SIGN))
    delivery = Delivery.objects.get()
    for words in (
        "Trosa kommun (0488)",
        "Novemberstatistiken 2026",
        "version 1",
        "Bo Ask",
        delivery.sha256,
        "Summa överenskommen fast lön",
        "Egen kod för vikarier, stämmer. Bo Ask",
        "12AB · 1 rad",
        "Inte inlämnad än",
        "Filen lämnades av Bo Ask. Du, Anna Ek, klarmarkerar.",
    ):
        assert words.replace("1 rad", "1\N{NO-BREAK SPACE}rad") in page.replace("1 rad", "1\N{NO-BREAK SPACE}rad"), words
    client.post(SIGN, {"version": 1, "revision": 0})
    assert Receipt.objects.get().issued_by == cast.anna
    assert "Inte inlämnad än" not in text_of(client.get(PAGE))


def test_not_handed_in_yet_stands_on_each_page_until_there_is_a_receipt(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    assert "Inte inlämnad än" not in text_of(sign_in(client, cast.bo).get(PAGE))
    send(client, CLEAN)
    pages = (PAGE, f"{PAGE}granska/")
    assert all("Inte inlämnad än" in text_of(client.get(page)) for page in pages)
    client.post(SIGN, {"version": 1, "revision": 0})
    assert not any("Inte inlämnad än" in text_of(client.get(page)) for page in pages)
    client.post(f"{PAGE}ta-tillbaka/")
    assert all("Inte inlämnad än" in text_of(client.get(page)) for page in pages)


@pytest.mark.parametrize(
    ("change", "stops"),
    [
        ({}, True),
        ({"level": "fel"}, True),
        ({"level": "info"}, False),
        ({"enabled": False}, False),
        ({"valid_until": date(2026, 10, 31)}, False),
        ({"valid_from": date(2026, 11, 1)}, True),
        ({"applies_to": "kommun"}, True),
        ({"applies_to": "region"}, False),
        ({"applies_to": "Gotland"}, False),
    ],
)
def test_the_years_kom02_decides_whether_explanations_are_needed(
    client: GuardedClient, cast: Cast, collection: Collection, change: dict[str, Any], stops: bool
) -> None:
    CheckSetting.objects.filter(code="KOM02").update(**change)
    sign_in(client, cast.bo)
    send(client, with_value(CLEAN, 9, 14, "12AB"))
    assert ("Det går inte att klarmarkera" in text_of(client.get(SIGN))) is stops
    assert ("Förklara det som avviker" in text_of(client.get("/"))) is stops
    client.post(SIGN, {"version": 1, "revision": 0})
    assert Receipt.objects.exists() is not stops


def test_what_is_signed_is_the_file_that_counts_whatever_version_the_address_asks_for(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    send(client, CLEAN)
    send(client, synthetic.delivery("0488", 90, 8))
    page = text_of(client.get(f"{SIGN}?version=1"))
    assert "version 2" in page
    refused = client.post(f"{SIGN}?version=1", {"version": 1, "revision": 0}, follow=True)
    assert "En nyare fil har ersatt den du såg" in text_of(refused)
    assert status() == "under_review"


# Nobody employed -----------------------------------------------------------------------------------------------------


def test_a_unit_without_employees_hands_in_without_a_file_and_may_take_it_back(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    assert NOBODY in client.get(PAGE).content.decode()
    assert "inte hade några anställda" in text_of(client.get(NOBODY))
    answer = client.post(NOBODY, {"version": 0}, follow=True)
    again = client.post(NOBODY, {"version": 0}, follow=True)
    receipt = Receipt.objects.get()
    assert (receipt.delivery, receipt.rows, receipt.sha256) == (None, 0, "")
    assert receipt.code in text_of(answer)
    assert receipt.code in text_of(again)
    assert status() == "handed_in"
    assert "inga anställda på mätdagen" in text_of(client.get(f"/kvittens/{receipt.code}/")).lower()
    assert "inte hade några anställda" in text_of(client.get(PAGE))
    assert receipt.code in sent_mails(to=cast.anna.email)[0].body
    client.post(f"{PAGE}ta-tillbaka/")
    assert status() == "not_started"
    assert Receipt.objects.get().withdrawn_at is not None


def test_skr_approves_that_nobody_was_employed_and_nothing_is_late(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    sign_in(client, cast.bo).post(NOBODY, {"version": 0})
    clock.move_to(DECEMBER)
    assert not Submission.objects.overdue(date(2026, 12, 3)).filter(unit=cast.trosa).exists()
    approve(cast)
    page = text_of(sign_in(client, cast.officer).get(f"/admin/submissions/submission/{trosa().pk}/change/"))
    assert "Inga anställda på mätdagen" in page
    assert "Försenad" not in page
    assert evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027))) is None


def test_the_file_is_set_aside_and_counts_again_when_the_statement_is_taken_back(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    send(client, CLEAN)
    assert "Filen räknas då inte" in text_of(client.get(NOBODY))
    stale = client.post(NOBODY, {"version": 0}, follow=True)
    assert "Någon har lämnat en ny fil" in text_of(stale)
    client.post(NOBODY, {"version": 1})
    assert status() == "handed_in"
    assert not Delivery.objects.filter(is_current=True).exists()
    client.post(f"{PAGE}ta-tillbaka/")
    assert status() == "under_review"
    assert Delivery.objects.get().is_current


def test_nobody_employed_cannot_be_said_before_the_day_it_speaks_of(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    clock.move_to(datetime(2026, 10, 20, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm")))
    answer = sign_in(client, cast.bo).post(NOBODY, {"version": 0}, follow=True)
    assert "Mätdagen är 2026-11-01" in text_of(answer)
    assert status() == "not_started"


# Late ----------------------------------------------------------------------------------------------------------------


def test_after_the_last_day_the_reason_is_asked_for_and_marked(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    clock.move_to(DECEMBER)
    sign_in(client, cast.bo)
    send(client, CLEAN)
    form = {"version": 1, "revision": 0}
    assert "Sista dagen har gått" in text_of(client.get(SIGN))
    for extra, words in (
        ({}, "Välj ett skäl."),
        ({"late_reason": "other"}, "Beskriv kort"),
        ({"late_reason": "absence", "late_text": "Sjuk: 811218-9876"}, "personnummer"),
    ):
        refused = client.post(SIGN, {**form, **extra})
        assert refused.status_code == 422
        assert words in text_of(refused)
    assert not Receipt.objects.exists()
    answer = client.post(SIGN, {**form, "late_reason": "payroll_run", "late_text": "Körningen gjordes\nom."}, follow=True)
    assert "Efter sista dagen Lönekörningen blev försenad. Körningen gjordes om." in text_of(answer)
    receipt = Receipt.objects.get()
    assert "Sen inlämning: ja. Lönekörningen blev försenad. Körningen gjordes om." in issuing.kept_of(receipt).text
    assert "efter sista dagen" in text_of(client.get(f"/kvittens/{receipt.code}/"))
    officer = sign_in(GuardedClient(), cast.officer)
    assert "Sen: lönekörningen blev försenad" in text_of(officer.get(f"/admin/submissions/submission/{trosa().pk}/change/"))
    listed = {value: "Trosa" in text_of(officer.get(f"/admin/submissions/submission/?sen={value}")) for value in ("ja", "nej")}
    assert listed == {"ja": True, "nej": False}


def test_a_unit_with_more_time_is_late_only_after_its_own_day(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    review.move_due_date(submission=trosa(), to=date(2026, 12, 10), by=cast.coordinator, at=timezone.now())
    clock.move_to(DECEMBER)
    assert deliver_and_sign(client, cast).late_reason == ""


@pytest.mark.parametrize(("by_skr", "late"), [(True, False), (False, True)])
def test_what_skr_sends_back_is_not_late_but_what_the_unit_takes_back_is(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any, by_skr: bool, late: bool
) -> None:
    deliver_and_sign(client, cast)
    clock.move_to(DECEMBER)
    if by_skr:
        review.begin_review(submission=trosa(), by=cast.officer, at=timezone.now())
        review.return_to_unit(submission=trosa(), reason="Se över.", by=cast.officer, at=timezone.now())
    else:
        sign_in(client, cast.bo).post(f"{PAGE}ta-tillbaka/")
    sign_in(client, cast.bo)
    assert ("Sista dagen har gått" in text_of(client.get(SIGN))) is late


# The receipt ---------------------------------------------------------------------------------------------------------


def test_the_signed_text_says_what_was_signed_and_one_changed_byte_is_seen(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    receipt = deliver_and_sign(client, cast)
    assert "kontrollsummor" in text_of(client.get(RECEIPT)).lower()
    file = client.get(f"{RECEIPT}fil/")
    assert file.headers["Content-Disposition"].startswith(f'attachment; filename="kvittens-{receipt.code.lower()}.txt"')
    text = file.content.decode()
    for line in (
        f"Kvittenskod: {receipt.code}",
        "Enhet: Trosa kommun (0488)",
        "Klarmarkerad: 2026-11-16 09:00:00 +0100",
        "Klarmarkerad av: Bo Ask",
        "Version: 1",
        "Rader: 80",
        "Poster: 80",
        f"Filens SHA-256: {receipt.sha256}",
        f"Uppgifternas SHA-256: {receipt.data_sha256}",
        "Sen inlämning: nej",
    ):
        assert f"\n{line}\n" in text, line
    visitor = GuardedClient()
    genuine = visitor.post("/kvittens/", {"text": text.replace("\n", "\r\n")})  # as a browser sends what is pasted
    assert "Texten är äkta och kvittensen gäller" in text_of(genuine)
    assert "Bo Ask" not in text_of(genuine)
    for changed in (text.replace("Rader: 80", "Rader: 81"), text.replace("Bo Ask", "Bo Alm"), text[:-3] + "\n", "hej"):
        assert "Texten är inte äkta" in text_of(visitor.post("/kvittens/", {"text": changed}))
    client.post(f"{PAGE}ta-tillbaka/")
    assert "kvittensen gäller inte längre" in text_of(visitor.post("/kvittens/", {"text": text}))


@pytest.mark.parametrize(
    ("content", "says", "status"),
    [
        (lambda text: text, "Texten är äkta och kvittensen gäller", 200),
        (lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"), "Texten är äkta och kvittensen gäller", 200),
        (lambda text: text.replace(b"Rader: 80", b"Rader: 81"), "Texten är inte äkta", 200),
        (lambda _: b"\xff\x00\xfe", "Texten är inte äkta", 200),
        (lambda _: b"", "Filen är tom (0 byte)", 422),
        (lambda _: b"x" * 20_001, "för stor för att vara en kvittens", 422),
        (lambda _: b"x" * 1_500_000, "för stor för att vara en kvittens", 422),
        (None, "Välj den sparade filen, eller klistra in hela texten", 422),
    ],
)
def test_the_saved_receipt_is_checked_as_a_file(
    client: GuardedClient, cast: Cast, collection: Collection, content: Callable[[bytes], bytes] | None, says: str, status: int
) -> None:
    deliver_and_sign(client, cast)
    saved = client.get(f"{RECEIPT}fil/").content
    chosen = {"file": SimpleUploadedFile("kvittens.txt", content(saved))} if content else {}
    answer = GuardedClient().post("/kvittens/", {"text": "", **chosen})
    assert answer.status_code == status
    assert says in text_of(answer)
    assert "Bo Ask" not in text_of(answer)


def test_the_code_is_looked_up_from_the_open_page(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    receipt = deliver_and_sign(client, cast)
    visitor = GuardedClient()
    found = visitor.get("/kvittens/", {"kod": receipt.code.lower()}, follow=True)
    assert "Kvittensen är äkta" in text_of(found)
    missing = visitor.get("/kvittens/", {"kod": "AAAA-BBBB-CCCC"})
    assert "Vi har inte utfärdat någon kvittens" in text_of(missing)
    assert "BEGIN PUBLIC KEY" in text_of(missing)


def test_the_receipt_keeps_its_sums_when_the_file_is_gone(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    deliver_and_sign(client, cast)
    before = client.get(f"{RECEIPT}fil/").content
    Collection.objects.update(closed_at=timezone.now())
    clock.move_to(datetime(2029, 1, 1, tzinfo=ZoneInfo("Europe/Stockholm")))
    retention.purge(at=timezone.now())
    assert Delivery.objects.get().purged_at is not None
    sign_in(client, cast.bo)
    assert client.get(f"{RECEIPT}fil/").content == before
    assert "Summa överenskommen fast lön" in text_of(client.get(RECEIPT))


# Opened again --------------------------------------------------------------------------------------------------------


def test_an_approved_submission_is_opened_again_and_the_receipt_holds_meanwhile(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    first = deliver_and_sign(client, cast)
    approve(cast)
    clock.shift(60)
    assert REOPEN in client.get(PAGE).content.decode()
    asked = client.post(REOPEN, {"reason": "Skolans timlöner saknas."}, follow=True)
    assert "Ni har bett SKR öppna inlämningen igen" in text_of(asked)
    assert "Skolans timlöner saknas." in text_of(client.get(REOPEN))

    officer, change = sign_in(GuardedClient(), cast.officer), f"/admin/submissions/submission/{trosa().pk}/"
    assert "Trosa" in text_of(officer.get("/admin/submissions/submission/?oppna=vantar"))
    assert "Skolans timlöner saknas." in text_of(officer.get(f"{change}change/"))
    officer.post(f"{change}oppna-igen/")
    assert status() == "under_review"
    page = text_of(client.get(PAGE))
    assert "gäller tills ni har klarmarkerat igen" in page
    assert "Inte inlämnad än" not in page
    assert "Öppnad igen" in text_of(client.get("/"))
    assert issuing.receipt_in_force(trosa()) == first
    assert any("öppnat inlämningen igen" in mail.body for mail in sent_mails(to=cast.anna.email))
    assert all("timlöner" not in mail.body for mail in sent_mails())

    before = evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027)))
    client.post(f"{PAGE}rad/3/falt/6/ratta/", {"version": 1, "revision": 0, "value": "ändrat"})
    assert storage.current_frame(Delivery.objects.get())["f6"][2] == "ändrat"
    after = evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027)))
    assert before is not None
    assert after is not None
    assert after.equals(before)  # a correction of the approved file counts when it is handed in

    send(client, synthetic.delivery("0488", 90, 8))
    approved = evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027)))
    assert approved is not None
    assert approved.height == 80  # what was approved, not the new file
    client.post(SIGN, {"version": 2, "revision": Delivery.objects.get(version=2).revision})
    second = Receipt.objects.get(withdrawn_at=None)
    assert second != first
    assert "ersattes den av en ny klarmarkering" in text_of(client.get(f"/kvittens/{first.code}/"))
    assert first.code in text_of(client.get(RECEIPT))
    assert evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027))) is None


def test_next_year_is_compared_with_what_was_signed_whoever_looked_at_the_corrected_first(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    first = deliver_and_sign(client, cast)
    approve(cast)
    clock.shift(60)
    reopen.ask_to_reopen(submission=trosa(), reason="En lön är fel.", by=cast.bo, at=timezone.now())
    reopen.grant_request(submission=trosa(), by=cast.officer, at=timezone.now())
    client.post(f"{PAGE}rad/3/falt/9/ratta/", {"version": 1, "revision": 0, "value": "207010"})
    now, signed = (Delivery.objects.select_related("submission__unit").get() for _ in range(2))
    signed.as_of = first.issued_at
    spec = collection.spec()
    assert tables.Review(now, spec).rows["etikett"][2] == "207010"
    assert tables.Review(signed, spec).rows["etikett"][2] != "207010"
    assert storage.state_of(now) != storage.state_of(signed)


def test_what_was_approved_holds_again_when_a_new_hand_in_is_taken_back(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    first = deliver_and_sign(client, cast)
    approve(cast)
    reopen.ask_to_reopen(submission=trosa(), reason="En rad saknas.", by=cast.bo, at=timezone.now())
    reopen.grant_request(submission=trosa(), by=cast.officer, at=timezone.now())
    clock.move_to(DECEMBER)  # after the last day, which the first hand-in was in time for
    send(sign_in(client, cast.bo), synthetic.delivery("0488", 90, 8))
    client.post(SIGN, {"version": 2, "revision": 0})
    second = Receipt.objects.get(withdrawn_at=None)
    assert second != first
    told = text_of(client.post(f"{PAGE}ta-tillbaka/", follow=True))
    assert f"Det som SKR har godkänt gäller igen, med kvittens {first.code}" in told
    assert issuing.receipt_in_force(trosa()) == first
    assert "Öppnad igen" in text_of(client.get("/"))
    page = text_of(client.get(RECEIPT))
    assert page.index(first.code) < page.index(second.code)
    assert "Kvittensen gäller inte längre" not in page
    assert first.code in client.get(f"{RECEIPT}fil/").content.decode()
    approved = evaluate.previous_frame(Submission(unit=cast.trosa, collection=Collection(year=2027)))
    assert approved is not None
    assert approved.height == 80
    client.post(SIGN, {"version": 2, "revision": 0})  # no reason is asked for: the unit was in time
    third = Receipt.objects.get(withdrawn_at=None)
    assert third not in (first, second)
    assert third.late_reason == ""
    review.begin_review(submission=trosa(), by=cast.officer, at=timezone.now())
    review.return_to_unit(submission=trosa(), reason="Se över lönerna.", by=cast.officer, at=timezone.now())
    assert issuing.receipt_in_force(trosa()) is None


def test_skr_refuses_with_an_answer_and_the_unit_may_take_its_request_back(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    deliver_and_sign(client, cast)
    approve(cast)
    client.post(REOPEN, {"reason": "Vi ångrar oss."})
    client.post(REOPEN, {"reason": "Dubbelklick."})
    assert ReopenRequest.objects.get().reason == "Vi ångrar oss."
    client.post(f"{REOPEN}ta-tillbaka/")
    assert ReopenRequest.objects.get().outcome == "taken_back"
    client.post(REOPEN, {"reason": "En lön är fel."})
    officer, change = sign_in(GuardedClient(), cast.officer), f"/admin/submissions/submission/{trosa().pk}/"
    assert "Skriv varför inlämningen inte öppnas igen." in text_of(officer.post(f"{change}oppna-inte/", {"nej-answer": ""}))
    officer.post(f"{change}oppna-inte/", {"nej-answer": "Det ändrar inget i statistiken."})
    assert status() == "approved"
    page = text_of(client.get(PAGE))
    assert "SKR öppnar inte inlämningen igen" in page
    assert "Det ändrar inget i statistiken." in page
    assert "väntar på svar" in text_of(officer.post(f"{change}oppna-igen/", follow=True))
    codes = AuditEvent.objects.filter(code__startswith="submission:reopen").order_by("pk").values_list("code", flat=True)
    assert [code.rpartition(":")[2] for code in codes] == ["asked", "taken_back", "asked", "refused"]


@pytest.mark.parametrize("number", ["811218-9876", "198112189876", "19811218 9876"])
def test_what_is_kept_in_clear_takes_no_personnummer(
    client: GuardedClient, cast: Cast, collection: Collection, number: str
) -> None:
    deliver_and_sign(client, cast)
    approve(cast)
    assert "personnummer" in text_of(client.post(REOPEN, {"reason": f"Lönen för {number} är fel."}))
    assert not ReopenRequest.objects.exists()
    client.post(REOPEN, {"reason": "En lön är fel."})
    officer, change = sign_in(GuardedClient(), cast.officer), f"/admin/submissions/submission/{trosa().pk}/"
    answer = officer.post(f"{change}oppna-inte/", {"nej-answer": f"Gäller det {number}?"}, follow=True)
    assert "Skriv inte personnummer här" in text_of(answer)
    assert ReopenRequest.objects.get().outcome == ""
    with pytest.raises(NotAllowed, match="personnummer"):
        reopen.grant_request(submission=trosa(), answer=f"Rätta {number}.", by=cast.officer, at=timezone.now())
    assert status() == "approved"


def test_a_unit_without_employees_is_opened_again_from_the_beginning(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo).post(NOBODY, {"version": 0})
    approve(cast)
    reopen.ask_to_reopen(submission=trosa(), reason="Vi hade en.", by=cast.bo, at=timezone.now())
    reopen.grant_request(submission=trosa(), by=cast.officer, at=timezone.now())
    assert status() == "not_started"
    assert "Öppnad igen" in text_of(client.get(PAGE))
    send(client, CLEAN)
    client.post(SIGN, {"version": 1, "revision": 0})
    assert Receipt.objects.get(withdrawn_at=None).rows == 80
