"""SKR's work in the admin: review, approve and return; decide an uppskov; answer and write; invite."""

from __future__ import annotations

import re
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from messaging.models import Thread
from messaging.services import read_text, start_thread
from profiles.models import Membership
from profiles.services import invite_member
from submissions import synthetic
from submissions.models import Receipt, Submission
from submissions.services import deliver, review
from tests.admin.conftest import as_person, as_role
from tests.mail import sent_mails
from tests.scene import Place, Scene

pytestmark = pytest.mark.django_db

PERSONNUMMER = re.compile(r"\b\d{6}(?:\d{2})?-?\d{4}\b")


def handed_in(scene: Scene) -> Submission:
    """Trosa's submission with a right file, Klarmarkerad."""
    submission, now = Submission.objects.select_related("unit", "collection").get(pk=scene.trosa.submission.pk), timezone.now()
    file = synthetic.delivery("0488", 80, 7)
    delivery = deliver.receive_delivery(submission=submission, content=file, name="ratt.txt", by=scene.cast.bo, at=now)
    delivery = deliver.check_delivery(delivery=delivery, at=now)
    submission.refresh_from_db()
    review.hand_in(submission=submission, delivery=delivery, expected_revision=delivery.revision, by=scene.cast.bo, at=now)
    submission.refresh_from_db()
    return submission


def page_of(client: Client, name: str, key: int) -> str:
    """An object's page."""
    answer = client.get(f"/admin/{name}/{key}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def messages_of(answer_page: str) -> str:
    """The messages under the heading."""
    found = re.search(r'<div class="messages.*?</div>\s*</div>\s*</div>', answer_page, re.DOTALL)
    return found[0] if found else ""


# Submissions ---------------------------------------------------------------------------------------------------------


def test_a_submission_is_taken_up_and_approved(scene: Scene) -> None:
    submission, client = handed_in(scene), as_role(scene, "officer")
    page = page_of(client, "submissions/submission", submission.pk)
    assert "Börja granska" in page
    assert ">Godkänn<" not in page
    taken = client.post(f"/admin/submissions/submission/{submission.pk}/granska/", follow=True).content.decode()
    assert "Du granskar nu inlämningen." in taken
    assert "Hanna Handläggare" in taken
    done = client.post(f"/admin/submissions/submission/{submission.pk}/godkann/", follow=True).content.decode()
    assert "Inlämningen är godkänd." in done
    submission.refresh_from_db()
    assert submission.status == Submission.Status.APPROVED
    assert AuditEvent.objects.filter(code="submission:moved", actor_id=scene.cast.officer.pk, unit="0488").count() >= 2


def test_a_submission_is_returned_with_a_reason_that_the_unit_reads(scene: Scene) -> None:
    submission, client = handed_in(scene), as_role(scene, "officer")
    client.post(f"/admin/submissions/submission/{submission.pk}/granska/")
    address = f"/admin/submissions/submission/{submission.pk}/aterlamna/"
    empty = client.post(address, {"reason": "  "})
    assert empty.status_code == 200
    assert "Skriv vad enheten ska se över." in empty.content.decode()
    submission.refresh_from_db()
    assert submission.status == Submission.Status.SKR_REVIEW
    done = client.post(address, {"reason": "Timavlönade saknas."}, follow=True).content.decode()
    assert "Inlämningen är tillbaka hos enheten." in done
    assert "Timavlönade saknas." in done
    submission.refresh_from_db()
    assert (submission.status, submission.return_reason) == (Submission.Status.RETURNED, "Timavlönade saknas.")
    assert not Receipt.objects.filter(delivery__submission=submission, withdrawn_at=None).exists()


def test_a_step_from_an_old_page_says_why_it_cannot_be_taken(scene: Scene) -> None:
    """The unit is still working on its file: somebody presses a button of a page that has grown old."""
    submission, client = scene.trosa.submission, as_role(scene, "officer")
    for verb in ("granska", "godkann", "aterlamna"):
        answer = client.post(f"/admin/submissions/submission/{submission.pk}/{verb}/", {"reason": "x"}, follow=True)
        assert answer.status_code == 200
        assert "Den här är under granskning." in answer.content.decode()
    submission.refresh_from_db()
    assert submission.status == Submission.Status.UNDER_REVIEW


def test_approving_twice_is_answered_calmly(scene: Scene) -> None:
    submission, client = handed_in(scene), as_role(scene, "officer")
    for verb in ("granska", "godkann"):
        client.post(f"/admin/submissions/submission/{submission.pk}/{verb}/")
    again = client.post(f"/admin/submissions/submission/{submission.pk}/godkann/", follow=True).content.decode()
    assert "Den här är godkänd." in again


def test_the_page_shows_file_findings_explanations_receipts_and_history(scene: Scene) -> None:
    place, client = scene.trosa, as_role(scene, "officer")
    page = page_of(client, "submissions/submission", place.submission.pk)
    for expected in ("förklaring: det stämmer.", "Windows-1252", "Version 1", "Fil mottagen, version 1.", "Måste rättas"):
        assert expected in page
    last_year = Submission.objects.get(unit=place.unit, collection__year=2025)
    assert place.receipt.code in page_of(client, "submissions/submission", last_year.pk)


def groups_in(place: Place, page: str) -> list[str]:
    """The links to the groups' rows."""
    return re.findall(rf'href="(/admin/submissions/submission/{place.submission.pk}/anmarkning/[^"/]+/)"', page)


def test_rows_are_shown_masked_and_each_look_is_logged(scene: Scene) -> None:
    place, client = scene.trosa, as_role(scene, "officer")
    links = groups_in(place, page_of(client, "submissions/submission", place.submission.pk))
    assert links
    reads = AuditEvent.objects.filter(code="data:read", actor_id=scene.cast.officer.pk)
    with_rows = 0
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200
        assert not PERSONNUMMER.search(re.sub(r"<[^>]*>", " ", answer.content.decode())), link
        with_rows += any(answer.context["lines"])
    assert with_rows > 3
    assert reads.count() == with_rows
    assert set(reads.values_list("unit", "result")) == {("0488", "personnummer maskade")}


def test_a_group_that_is_not_there_is_404(scene: Scene) -> None:
    client, other = as_role(scene, "officer"), scene.other.group.key
    assert client.get(f"/admin/submissions/submission/{scene.trosa.submission.pk}/anmarkning/{other}/").status_code == 404
    assert client.get("/admin/submissions/submission/999999/anmarkning/abc/").status_code == 404


# Uppskov -------------------------------------------------------------------------------------------------------------


def test_an_uppskov_is_granted_on_another_date_which_then_counts(scene: Scene) -> None:
    deferral, client = scene.trosa.deferral, as_role(scene, "coordinator")
    address = f"/admin/deferrals/deferral/{deferral.pk}/bevilja/"
    done = client.post(address, {"ja-granted_date": "2026-12-10", "ja-text": "Det går bra."}, follow=True).content.decode()
    assert "Uppskovet är beviljat till 2026-12-10." in done
    deferral.refresh_from_db()
    assert (deferral.status, deferral.granted_date, deferral.answer) == ("granted", date(2026, 12, 10), "Det går bra.")
    scene.trosa.submission.refresh_from_db()
    assert scene.trosa.submission.due_date == date(2026, 12, 10)
    assert "2026-12-10</span> (uppskov)" in client.get("/admin/submissions/submission/?q=0488").content.decode()
    assert sent_mails("bo.ask@trosa.example")


WRONG_DATES = {
    "": "Skriv det nya datumet.",
    "10/12": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel",
    "2026-12-12": "Välj en vardag.",
    "2027-03-01": "Välj ett datum från och med",
    "2026-11-30": "Välj ett datum från och med",
}


def test_a_date_that_cannot_be_granted_is_refused_at_its_field(scene: Scene) -> None:
    deferral, client = scene.trosa.deferral, as_role(scene, "coordinator")
    for day, sentence in WRONG_DATES.items():
        answer = client.post(f"/admin/deferrals/deferral/{deferral.pk}/bevilja/", {"ja-granted_date": day, "ja-text": "Hej"})
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
        assert "Hej</textarea>" in answer.content.decode()
    deferral.refresh_from_db()
    assert deferral.status == "requested"


def test_an_uppskov_is_declined_with_a_reason(scene: Scene) -> None:
    deferral, client = scene.trosa.deferral, as_role(scene, "coordinator")
    address = f"/admin/deferrals/deferral/{deferral.pk}/avsla/"
    assert "Skriv varför det inte går." in client.post(address, {"nej-text": ""}).content.decode()
    client.post(address, {"nej-text": "Filen behövs före jul."})
    deferral.refresh_from_db()
    assert (deferral.status, deferral.answer) == ("declined", "Filen behövs före jul.")
    again = client.post(address, {"nej-text": "Igen."}, follow=True).content.decode()
    assert "Begäran är redan avslagen." in again


def test_the_requests_that_wait_stand_first(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    client.post(f"/admin/deferrals/deferral/{scene.other.deferral.pk}/avsla/", {"nej-text": "Nej tyvärr."})
    page = client.get("/admin/deferrals/deferral/").content.decode()
    assert page.index("Trosa (0488)") < page.index("Nyköping (0480)")


def test_only_a_coordinator_gets_the_forms(scene: Scene) -> None:
    assert "Bevilja uppskov" in page_of(as_role(scene, "coordinator"), "deferrals/deferral", scene.trosa.deferral.pk)
    officer = page_of(as_role(scene, "officer"), "deferrals/deferral", scene.trosa.deferral.pk)
    assert "Bevilja uppskov" not in officer
    assert "SKR:s samordnare beslutar." in officer


# Meddelanden ---------------------------------------------------------------------------------------------------------


def asked(scene: Scene) -> Thread:
    """A question from Trosa."""
    return start_thread(
        unit=scene.trosa.unit,
        category="file",
        subject="Fält 26",
        text="Vad ska stå?",
        by=scene.cast.bo,
        at=timezone.now(),
        nonce=uuid4(),
    )


def test_a_question_is_read_answered_and_marked_as_done(scene: Scene) -> None:
    thread, client = asked(scene), as_role(scene, "officer")
    assert "Fält 26" in client.get("/admin/messaging/thread/?lage=olasta").content.decode()
    assert "Vad ska stå?" in page_of(client, "messaging/thread", thread.pk)
    assert "Fält 26" not in client.get("/admin/messaging/thread/?lage=olasta").content.decode()
    address, nonce = f"/admin/messaging/thread/{thread.pk}/svara/", str(uuid4())
    for _ in range(2):  # pressed twice: one answer
        done = client.post(address, {"text": "Utbetald timlön.", "nonce": nonce}, follow=True).content.decode()
    assert done.count("Utbetald timlön.") == 1
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_UNIT
    assert [read_text(one) for one in thread.messages.order_by("pk")] == ["Vad ska stå?", "Utbetald timlön."]
    letters = sent_mails("bo.ask@trosa.example")
    assert letters
    assert "Utbetald timlön" not in letters[-1].body
    client.post(f"/admin/messaging/thread/{thread.pk}/avsluta/")
    thread.refresh_from_db()
    assert thread.status == Thread.Status.DONE


def test_an_empty_answer_comes_back_with_its_form(scene: Scene) -> None:
    thread = asked(scene)
    answer = as_role(scene, "officer").post(f"/admin/messaging/thread/{thread.pk}/svara/", {"text": " ", "nonce": str(uuid4())})
    assert answer.status_code == 200
    assert "Skriv ett meddelande." in answer.content.decode()
    assert thread.messages.count() == 1


def test_skr_starts_a_thread_to_a_unit(scene: Scene) -> None:
    client = as_role(scene, "officer")
    form = {"category": "file", "subject": "Årets fil", "text": "Hej Trosa!", "nonce": str(uuid4())}
    done = client.post("/admin/messaging/thread/skriv/0488/", form, follow=True).content.decode()
    assert "Meddelandet är skickat till Trosa." in done
    assert Thread.objects.get(subject="Årets fil").unit == scene.trosa.unit
    assert client.get("/admin/messaging/thread/skriv/7777/").status_code == 404
    wrong = client.post("/admin/messaging/thread/skriv/0488/", {**form, "subject": "Om 811218-9876", "nonce": str(uuid4())})
    assert "Ämnet ser ut att innehålla ett personnummer." in wrong.content.decode()


# People --------------------------------------------------------------------------------------------------------------


def test_a_coordinator_invites_a_kontaktperson_and_takes_it_back(scene: Scene) -> None:
    client, unit = as_role(scene, "coordinator"), scene.trosa.unit
    form = {"email": "ny.person@trosa.example", "name": "Ny Person", "role": Membership.Role.CONTACT}
    done = client.post(f"/admin/profiles/unit/{unit.pk}/bjud-in/", form, follow=True).content.decode()
    assert "En inbjudan är skickad till ny.person@trosa.example." in done
    membership = Membership.objects.get(user__email="ny.person@trosa.example", unit=unit)
    assert sent_mails("ny.person@trosa.example")
    invitation = membership.invitation
    assert invitation is not None
    soon = client.post(f"/admin/accounts/invitation/{invitation.pk}/skicka-igen/", follow=True).content.decode()
    assert "Vänta en timme" in soon
    client.post(f"/admin/accounts/invitation/{invitation.pk}/aterkalla/")
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None


WRONG_INVITATIONS: list[tuple[dict[str, str], str]] = [
    ({"email": ""}, "Skriv personens e-postadress."),
    ({"email": "inte en adress"}, "Skriv en e-postadress"),
    ({"name": ""}, "Skriv personens namn."),
    ({"email": "bo.ask@trosa.example"}, "Personen har redan en roll i enheten"),
    ({"name": "Bo 811218-9876"}, "Namnet ser ut att innehålla ett personnummer."),
]


def test_an_invitation_that_cannot_be_made_says_why(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    for values, sentence in WRONG_INVITATIONS:
        form = {"email": "ny.person@trosa.example", "name": "Ny Person", "role": "contact", **values}
        answer = client.post(f"/admin/profiles/unit/{scene.trosa.unit.pk}/bjud-in/", form)
        assert answer.status_code == 200
        assert sentence in answer.content.decode()


def test_a_colleague_with_an_account_gets_the_role_at_once(scene: Scene) -> None:
    form = {"email": scene.cast.dan.email, "name": "Dan Lind", "role": "reader"}
    address = f"/admin/profiles/unit/{scene.trosa.unit.pk}/bjud-in/"
    done = as_role(scene, "coordinator").post(address, form, follow=True).content.decode()
    assert "Dan Lind har redan ett konto och är nu Läsare i Trosa." in done


def test_a_late_unit_is_marked_and_counted(scene: Scene, clock: object) -> None:
    """The day after the last day, Nyköping 2026 has a file but a unit without one is late."""
    Submission.objects.filter(pk=scene.other.submission.pk).update(status=Submission.Status.NOT_STARTED)
    scene.other.submission.deliveries.update(is_current=False)
    clock.move_to(datetime.fromisoformat("2026-12-02T09:00:00+01:00"))  # type: ignore[attr-defined]
    client = as_role(scene, "officer")
    page = client.get("/admin/submissions/submission/?forsenad=ja").content.decode()
    assert ">Nyköping</a>" in page
    assert "Försenad" in page
    assert ">Trosa</a>" not in page


def test_a_system_administrator_closes_an_account_and_opens_it_again(scene: Scene) -> None:
    """Closing ends the person's sessions and takes back what she had invited others to."""
    anna, client, at_work = scene.cast.anna, as_role(scene, "system"), as_person(scene.cast.anna)
    invite_member(
        unit=scene.trosa.unit, email="ny.person@trosa.example", name="Ny Person", role="reader", by=anna, at=timezone.now()
    )
    assert at_work.get("/meddelanden/").status_code == 200
    done = client.post(f"/admin/accounts/user/{anna.pk}/stang-av/", follow=True).content.decode()
    assert "Kontot för Anna Ek är avstängt." in done
    assert at_work.get("/meddelanden/").status_code == 302
    assert not Membership.objects.pending().filter(user__email="ny.person@trosa.example").exists()
    assert "Öppna igen" in done
    opened = client.post(f"/admin/accounts/user/{anna.pk}/oppna/", follow=True).content.decode()
    assert "Kontot för Anna Ek är öppet igen." in opened
    codes = (
        AuditEvent.objects.filter(subject_id=anna.pk, actor_id=scene.cast.system.pk).order_by("pk").values_list("code", flat=True)
    )
    assert [code for code in codes if code.startswith("account:user:")] == ["account:user:suspended", "account:user:restored"]


def test_nobody_closes_her_own_account(scene: Scene) -> None:
    system, client = scene.cast.system, as_role(scene, "system")
    page = client.post(f"/admin/accounts/user/{system.pk}/stang-av/", follow=True).content.decode()
    assert "Du kan inte stänga av ditt eget konto." in page
    assert "Stäng av" not in client.get(f"/admin/accounts/user/{system.pk}/change/").content.decode()
    system.refresh_from_db()
    assert system.is_active
