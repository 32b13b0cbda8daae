"""SKR's side of Meddelanden: the list to work from, one thread, what the unit never sees, ready texts, and questions to many."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent, User
from messaging import services
from messaging.admin.questions import questions_of, units_named
from messaging.models import InternalNote, Message, QuestionBatch, ReplyTemplate, Thread
from messaging.services.templates import unknown_places
from profiles.models import Unit
from tests.admin.conftest import as_person, as_role
from tests.cast import make_unit
from tests.mail import sent_mails
from tests.scene import Scene

pytestmark = pytest.mark.django_db

PAGE = "/admin/messaging/thread/"


def ask(scene: Scene, subject: str = "Fält 26", by: User | None = None, unit: Unit | None = None) -> Thread:
    """A question from Trosa."""
    return services.start_thread(
        unit=unit or scene.trosa.unit,
        category="file",
        subject=subject,
        text="Vad ska stå?",
        by=by or scene.cast.bo,
        at=timezone.now(),
        nonce=uuid4(),
    )


def press(client: Client, thread: Thread, verb: str, **form: object) -> HttpResponse:
    """A button of the thread's page, and the page that follows."""
    return client.post(f"{PAGE}{thread.pk}/{verb}/", form, follow=True)


def last_of(thread: Thread) -> int:
    """The last message that a page drawn now would show."""
    return Message.objects.filter(thread=thread).latest("pk").pk


def events(thread: Thread) -> list[tuple[str, int | None, str]]:
    """What the audit trail tells of it."""
    rows = AuditEvent.objects.filter(object=f"ärende {thread.pk}").order_by("pk")
    return [(event.code, event.actor_id, event.result) for event in rows]


def subjects(client: Client, query: str) -> set[str]:
    """The subjects in the list."""
    page = client.get(f"{PAGE}{query}").content.decode()
    return set(re.findall(r'class="admin-subject[^"]*">([^<]+)<', page))


# The list ------------------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_by_all_that_one_works_by(scene: Scene) -> None:
    mine, other = ask(scene, "Mitt"), ask(scene, "Annat", by=scene.cast.dan, unit=scene.other.unit)
    client, officer, now = as_role(scene, "officer"), scene.cast.officer, timezone.now()
    services.assign(thread=mine, to=officer, before=None, by=officer, at=now)
    services.snooze(thread=other, until=timezone.localdate() + timedelta(days=3), seen=None, by=officer, at=now)
    ours = {scene.trosa.thread.subject, scene.other.thread.subject}  # from SKR, wait for the units
    everything = ours | {"Mitt", "Annat"}
    for query, expected in {
        "": everything,
        "?lage=waiting_skr": {"Mitt", "Annat"},
        "?lage=waiting_unit": ours,
        "?lage=done": set(),
        "?lage=olasta": {"Mitt", "Annat"},
        "?lage=strunt": everything,
        "?handlaggare=mina": {"Mitt"},
        "?handlaggare=ingen": everything - {"Mitt"},
        f"?handlaggare={officer.pk}": everything,  # one's own name is "Jag"
        f"?handlaggare={scene.cast.statistician.pk}": set(),
        "?handlaggare=x": everything,
        "?vilar=ja": {"Annat"},
        "?vilar=nej": everything - {"Annat"},
        "?lan=04": everything,
        "?lan=01": set(),
        "?insamling=2026": everything,
        "?insamling=1999": everything,
        "?category__exact=access": set(),
        "?unit__kind__exact=region": set(),
        "?q=0488": {"Mitt", scene.trosa.thread.subject},
        "?q=ska stå": {"Mitt", "Annat"},  # what is said in them
        "?q=bo ask": {"Mitt"},
        f"?q=%23{mine.pk}": {"Mitt"},
        "?q=811218-9876": set(),
        "?lage=waiting_skr&q=Nyköping": {"Annat"},
    }.items():
        assert subjects(client, query) == expected, query


def test_the_filters_stay_through_search_and_on_the_way_back_from_a_thread(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    page = client.get(f"{PAGE}?lage=waiting_skr&handlaggare=ingen").content.decode()
    assert 'name="lage" value="waiting_skr"' in page
    for _ in range(2):  # also when one has done something there
        back = re.search(r'class="back-link"><a href="([^"]+)"', client.get(f"{PAGE}{thread.pk}/change/").content.decode())
        assert back is not None
        assert back[1].replace("&amp;", "&") == f"{PAGE}?lage=waiting_skr&handlaggare=ingen"
        press(client, thread, "anteckning", note="Hej", nonce=uuid4())


def test_a_personnummer_that_was_searched_for_is_not_kept_for_the_way_back(scene: Scene) -> None:
    client, thread = as_role(scene, "officer"), ask(scene)
    client.get(PAGE, {"q": "811218-9876"})
    assert "811218" not in client.get(f"{PAGE}{thread.pk}/change/").content.decode()


def test_the_list_takes_as_many_queries_for_many_threads_as_for_few(scene: Scene) -> None:
    client = as_role(scene, "officer")

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE).status_code == 200
        return len(asked)

    ask(scene)
    queries()  # the session keeps what it keeps
    few = queries()
    for number in range(20):
        thread = ask(scene, f"Ärende {number}")
        services.assign(thread=thread, to=scene.cast.officer, before=None, by=scene.cast.officer, at=timezone.now())
    assert queries() == few


def test_a_thread_takes_as_many_queries_with_many_messages_as_with_few(scene: Scene) -> None:
    client, thread, bo, officer = as_role(scene, "officer"), ask(scene), scene.cast.bo, scene.cast.officer

    def queries() -> int:
        client.get(f"{PAGE}{thread.pk}/change/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"{PAGE}{thread.pk}/change/").status_code == 200
        return len(asked)

    def talk() -> None:
        services.reply(thread=thread, text="Så här.", by=bo, at=timezone.now(), nonce=uuid4())
        services.add_note(thread=thread, text="Not", by=officer, at=timezone.now(), nonce=uuid4())
        services.close_thread(thread=thread, by=officer, at=timezone.now())

    talk()
    few = queries()
    for _ in range(8):
        talk()
    assert queries() == few


def test_what_is_begun_is_kept_and_nothing_of_it_is_sent(scene: Scene) -> None:
    thread, client, nonce = ask(scene), as_role(scene, "officer"), uuid4()
    page = press(client, thread, "svara", text="Påbörjat svar.", nonce=nonce, spara="utkast").content.decode()
    assert "Det är inte skickat än." in page
    assert "Påbörjat svar.</textarea>" in page
    quietly = client.post(
        f"{PAGE}{thread.pk}/svara/", {"text": "Påbörjat mer.", "nonce": nonce, "spara": "utkast"}, headers={"HX-Request": "true"}
    )
    assert "Utkast sparat kl. 09.00" in quietly.content.decode()
    assert "Påbörjat mer.</textarea>" in client.get(f"{PAGE}{thread.pk}/change/").content.decode()
    assert "Påbörjat" not in as_role(scene, "statistician").get(f"{PAGE}{thread.pk}/change/").content.decode()
    assert Message.objects.filter(thread=thread).count() == 1
    press(client, thread, "svara", text="Färdigt svar.", nonce=nonce)
    assert "Påbörjat" not in client.get(f"{PAGE}{thread.pk}/change/").content.decode()
    begun = {"category": "other", "subject": "Hej", "text": "Nytt ärende", "nonce": uuid4(), "spara": "utkast"}
    assert "Nytt ärende</textarea>" in client.post(f"{PAGE}skriv/0488/", begun, follow=True).content.decode()
    assert not Thread.objects.filter(subject="Hej").exists()


def test_the_box_saves_itself_at_an_address_that_never_sends(scene: Scene) -> None:
    """Also on the page that comes back after a refused answer, whose own address is the one that sends."""
    thread, client = ask(scene), as_role(scene, "officer")
    for page in (client.get(f"{PAGE}{thread.pk}/change/"), press(client, thread, "svara", text="", nonce=uuid4())):
        box = re.search(r'<textarea name="text"[^>]*>', page.content.decode())
        assert box is not None
        address = re.search(r'hx-post="([^"]*)"', box[0])
        assert address is not None
        assert address[1] == f"{PAGE}{thread.pk}/svara/"
        assert "spara" in box[0]
        client.post(address[1], {"text": "Skrivet.", "nonce": uuid4(), "spara": "utkast"}, headers={"HX-Request": "true"})
    assert Message.objects.filter(thread=thread).count() == 1


# Answering -----------------------------------------------------------------------------------------------------------


def test_an_answer_with_a_file_goes_to_the_unit_and_may_close(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    file = SimpleUploadedFile("anvisning.pdf", b"%PDF-1.7\n")
    form = {"text": "Se bilagan.", "nonce": uuid4(), "attached": file, "gor": "stang", "sett": last_of(thread)}
    page = press(client, thread, "svara", **form).content.decode()
    assert "Svaret är skickat till enheten, och ärendet är klart." in page
    thread.refresh_from_db()
    assert thread.status == Thread.Status.DONE
    assert [code for code, _, _ in events(thread)] == ["thread:opened", "message:sent", "thread:closed"]
    assert sent_mails("bo.ask@trosa.example")
    unit_page = as_person(scene.cast.bo).get(f"/meddelanden/{thread.pk}/").content.decode()
    assert "anvisning.pdf" in unit_page
    assert "Se bilagan." in unit_page


def test_a_refused_file_keeps_the_answer(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    file = SimpleUploadedFile("anvisning.pdf", b"MZ\x90")
    page = press(client, thread, "svara", text="Min långa text.", nonce=uuid4(), attached=file).content.decode()
    assert "anvisning.pdf: Filen är ett Windowsprogram" in page
    assert "Min långa text.</textarea>" in page
    assert Message.objects.filter(thread=thread).count() == 1


def test_two_who_answer_at_once_are_told_of_each_other_and_none_is_lost(scene: Scene) -> None:
    """Hanna and Stina have the page open. Stina answers; Hanna's answer waits until she has read Stina's."""
    thread = ask(scene)
    seen = last_of(thread)
    hanna, stina = as_role(scene, "officer"), as_role(scene, "statistician")
    press(stina, thread, "svara", text="Stinas svar.", nonce=uuid4(), sett=seen)
    nonce = uuid4()
    page = press(hanna, thread, "svara", text="Hannas svar.", nonce=nonce, sett=seen).content.decode()
    assert "Stina Statistiker skrev medan du hade ärendet öppet." in page
    assert "Stinas svar." in page
    assert "Hannas svar.</textarea>" in page
    again = re.search(r'name="sett" value="(\d+)"', page)
    assert again is not None
    press(hanna, thread, "svara", text="Hannas svar.", nonce=nonce, sett=again[1])
    texts = [services.read_text(one) for one in Message.objects.filter(thread=thread).order_by("pk")]
    assert texts == ["Vad ska stå?", "Stinas svar.", "Hannas svar."]


def test_a_place_that_is_typed_by_hand_is_filled_in(scene: Scene) -> None:
    thread = ask(scene)
    press(as_role(scene, "officer"), thread, "svara", text="Hej {enhet}!", nonce=uuid4())
    assert services.read_text(thread.messages.latest("pk")) == f"Hej {thread.unit.name}!"


def test_the_same_press_twice_is_one_answer_one_note_and_one_event(scene: Scene) -> None:
    thread, client, nonce = ask(scene), as_role(scene, "officer"), uuid4()
    for _ in range(2):
        press(client, thread, "svara", text="Svar.", nonce=nonce, sett=last_of(thread), gor="stang")
        press(client, thread, "anteckning", note="Not.", nonce=nonce)
    assert Message.objects.filter(thread=thread).count() == 2
    assert InternalNote.objects.filter(thread=thread).count() == 1
    assert [code for code, _, _ in events(thread)] == ["thread:opened", "message:sent", "thread:closed", "thread:noted"]


def test_a_thread_is_closed_only_when_the_last_message_was_seen_and_opened_again(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    seen = last_of(thread)
    services.reply(thread=thread, text="En sak till.", by=scene.cast.bo, at=timezone.now(), nonce=uuid4())
    assert "Det har kommit ett nytt meddelande" in press(client, thread, "avsluta", sett=seen).content.decode()
    assert "Ärendet är klart." in press(client, thread, "avsluta", sett=last_of(thread)).content.decode()
    page = press(client, thread, "oppna").content.decode()
    assert "Ärendet är öppet igen och väntar på SKR." in page
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_SKR
    assert events(thread)[-1] == ("thread:reopened", scene.cast.officer.pk, "")
    press(client, thread, "oppna")
    assert [code for code, _, _ in events(thread)].count("thread:reopened") == 1


# Among SKR's people --------------------------------------------------------------------------------------------------


def test_a_thread_is_taken_and_handed_on_and_an_old_page_is_told(scene: Scene) -> None:
    thread, hanna, stina = ask(scene), as_role(scene, "officer"), as_role(scene, "statistician")
    officer, statistician = scene.cast.officer, scene.cast.statistician
    assert "Hanna Handläggare har ärendet nu." in press(hanna, thread, "handlaggare", to=officer.pk, before="").content.decode()
    late = press(stina, thread, "handlaggare", to=statistician.pk, before="").content.decode()
    assert "Handläggaren ändrades medan du hade sidan öppen: Hanna Handläggare har ärendet nu." in late
    press(stina, thread, "handlaggare", to=statistician.pk, before=officer.pk)
    thread.refresh_from_db()
    assert thread.assignee == statistician
    assert events(thread)[1:] == [
        ("thread:assigned", officer.pk, "Hanna Handläggare"),
        ("thread:assigned", statistician.pk, "Stina Statistiker"),
    ]
    for wrong in (scene.cast.bo.pk, scene.cast.system.pk, "x"):
        page = press(hanna, thread, "handlaggare", to=wrong, before=statistician.pk).content.decode()
        assert "Välj någon i listan." in page
    press(hanna, thread, "handlaggare", to="", before=statistician.pk)
    thread.refresh_from_db()
    assert thread.assignee is None


def test_a_thread_rests_until_its_day(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    page = press(client, thread, "vila", until="2026-11-20", sett=last_of(thread)).content.decode()
    assert "Ärendet vilar till 2026-11-20." in page
    assert "Fält 26" not in subjects(client, "?lage=waiting_skr&vilar=nej")
    assert "Fält 26" in subjects(client, "?vilar=ja")
    with time_machine.travel("2026-11-20T07:00:00+01:00", tick=False):
        assert "Fält 26" in subjects(as_role(scene, "officer"), "?lage=waiting_skr&vilar=nej")
    assert events(thread)[-1] == ("thread:snoozed", scene.cast.officer.pk, "till 2026-11-20")
    assert "Ärendet är framme igen." in press(client, thread, "vila", gor="vack").content.decode()
    assert events(thread)[-1] == ("thread:snoozed", scene.cast.officer.pk, "tas upp igen")


def test_a_resting_thread_comes_back_when_the_unit_writes(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    seen = last_of(thread)
    press(client, thread, "vila", until="2026-11-20", sett=seen)
    services.reply(thread=thread, text="Vi har löst det.", by=scene.cast.bo, at=timezone.now(), nonce=uuid4())
    assert "Fält 26" in subjects(client, "?lage=waiting_skr&vilar=nej")
    late = press(client, thread, "vila", until="2026-11-20", sett=seen).content.decode()
    assert "Bo Ask skrev medan du hade ärendet öppet." in late


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("", "Skriv en dag."),
        ("20/11", "Skriv datumet som ÅÅÅÅ-MM-DD."),
        ("2026-11-16", "från och med i morgon"),
        ("2028-01-01", "från och med i morgon"),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_its_field(scene: Scene, day: str, says: str) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    answer = press(client, thread, "vila", until=day)
    assert says in answer.content.decode()
    assert list(answer.context["snooze_form"].errors) == ["until"]


def test_an_internal_note_is_seen_by_skr_and_never_by_the_unit(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    told = len(sent_mails("bo.ask@trosa.example"))
    assert "Skriv en anteckning." in press(client, thread, "anteckning", note=" ", nonce=uuid4()).content.decode()
    page = press(client, thread, "anteckning", note="Ring kommunen på torsdag.", nonce=uuid4()).content.decode()
    assert "Enheten ser den inte." in page
    assert "Ring kommunen på torsdag." in as_role(scene, "statistician").get(f"{PAGE}{thread.pk}/change/").content.decode()
    press(client, thread, "handlaggare", to=scene.cast.officer.pk, before="")
    press(client, thread, "vila", until="2026-11-20", sett=last_of(thread))
    for person in (scene.cast.anna, scene.cast.bo, scene.cast.cia):
        browser = as_person(person)
        for address in (f"/meddelanden/{thread.pk}/", "/meddelanden/", "/meddelanden/?q=torsdag"):
            shown = browser.get(address).content.decode()
            for secret in ("Ring kommunen", "Intern anteckning", "2026-11-20", "Handläggare:"):
                assert secret not in shown, (person, address)
    assert len(sent_mails("bo.ask@trosa.example")) == told
    note = InternalNote.objects.get(thread=thread)
    assert b"Ring" not in bytes(note.body_sealed)
    assert not AuditEvent.objects.filter(result__contains="Ring").exists()


def test_the_page_tells_who_has_read_and_the_units_other_matters(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    services.reply(thread=thread, text="Så här.", by=scene.cast.officer, at=timezone.now() + timedelta(minutes=1), nonce=uuid4())
    page = client.get(f"{PAGE}{thread.pk}/change/")
    states = {reader.name: (reader.read_at is not None, reader.has_read_all) for reader in page.context["readers"]}
    assert states["Bo Ask"] == (True, False)
    assert states["Anna Ek"] == (False, False)
    assert states["Hanna Handläggare"] == (True, True)
    assert scene.trosa.thread.subject in page.content.decode()
    assert scene.other.thread.subject not in page.content.decode()


def test_who_may_not_answer_changes_nothing(scene: Scene) -> None:
    thread = ask(scene)
    before = events(thread)
    for role in ("system", "cia"):
        client = as_person(getattr(scene.cast, role))
        for verb in ("svara", "avsluta", "oppna", "handlaggare", "vila", "anteckning"):
            assert client.post(f"{PAGE}{thread.pk}/{verb}/", {"text": "x", "note": "x", "nonce": uuid4()}).status_code in {
                403,
                404,
            }
        assert client.get(f"{PAGE}fragor/").status_code in {403, 404}
    assert events(thread) == before
    verbs = (
        lambda by: services.add_note(thread=thread, text="x", by=by, at=timezone.now(), nonce=uuid4()),
        lambda by: services.assign(thread=thread, to=None, before=None, by=by, at=timezone.now()),
        lambda by: services.snooze(thread=thread, until=None, seen=None, by=by, at=timezone.now()),
        lambda by: services.reopen_thread(thread=thread, by=by, at=timezone.now()),
    )
    for by in (scene.cast.system, scene.cast.anna):
        for verb in verbs:
            with pytest.raises(NotAllowed):
                verb(by)


# Ready texts ---------------------------------------------------------------------------------------------------------


def template(client: Client, **values: str) -> HttpResponse:
    """Write a new ready text."""
    form = {"name": "Fält 26", "category": "file", "subject": "Om {enhet}", "text": "Hej {enhet} ({kod})!\n{avsändare}", **values}
    return client.post("/admin/messaging/replytemplate/ny/", form, follow=True)


def test_a_ready_text_is_written_shown_filled_in_changed_and_retired(scene: Scene) -> None:
    client = as_role(scene, "officer")
    page = template(client).content.decode()
    assert "Mallen är sparad." in page
    assert "Hej Nyköping (0480)!" in page  # the first unit by name, as an example
    made = ReplyTemplate.objects.get(name="Fält 26")
    at = made.changed_at.isoformat()
    address = f"/admin/messaging/replytemplate/{made.pk}/"
    form = {"name": "Fält 26", "category": "", "subject": "", "text": "Nytt", "seen": at}
    client.post(f"{address}andra/", form)
    made.refresh_from_db()
    assert made.text == "Nytt"
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        client.post(f"{address}andra/", {**form, "text": "Hannas", "seen": made.changed_at.isoformat()})
    late = as_role(scene, "statistician").post(f"{address}andra/", {**form, "text": "Stinas"}).content.decode()
    assert "Hanna Handläggare ändrade mallen medan du skrev." in late
    assert "Stinas</textarea>" in late
    client.post(f"{address}i-bruk/", {"gor": "sluta"})
    assert "Fält 26" not in [one.name for one in services.active_templates()]
    client.post(f"{address}i-bruk/", {"gor": "anvand"})
    codes = AuditEvent.objects.filter(object=f"svarsmall {made.pk}").order_by("pk").values_list("code", flat=True)
    assert list(codes) == [
        *["thread:template:saved"] * 3,
        "thread:template:retired",
        "thread:template:restored",
    ]


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"text": "Hej {namn}"}, "text", "{namn} går inte att fylla i."),
        ({"text": "Det gäller 811218-9876"}, "text", "ser ut att innehålla ett personnummer"),
        ({"subject": "Om 811218-9876"}, "subject", "ser ut att innehålla ett personnummer"),
        ({"name": ""}, "name", "Skriv ett namn."),
        ({"text": " "}, "text", "Skriv mallens text."),
    ],
)
def test_a_ready_text_that_cannot_be_used_is_refused_at_its_field(
    scene: Scene, values: dict[str, str], field: str, says: str
) -> None:
    answer = template(as_role(scene, "officer"), **values)
    assert list(answer.context["form"].errors) == [field]
    assert says in answer.content.decode()


def test_two_ready_texts_cannot_have_one_name(scene: Scene) -> None:
    client = as_role(scene, "officer")
    template(client)
    assert "Det finns redan en mall med det namnet." in template(client).content.decode()


def test_a_ready_text_is_put_in_the_box_and_nothing_is_sent(scene: Scene) -> None:
    thread, client = ask(scene), as_role(scene, "officer")
    template(client)
    key = ReplyTemplate.objects.get(name="Fält 26").pk
    page = press(client, thread, "svara", text="Det jag skrev.", template=key, gor="mall", nonce=uuid4()).content.decode()
    assert "Det jag skrev.\n\nHej Trosa (0488)!\nHanna Handläggare</textarea>" in page
    assert Message.objects.filter(thread=thread).count() == 1
    started = client.post(f"{PAGE}skriv/0488/", {"template": key, "gor": "mall", "nonce": uuid4()}).content.decode()
    assert 'value="Om Trosa"' in started
    assert "Hej Trosa (0488)!" in started
    assert "Välj en mall först." in press(client, thread, "svara", text="Kvar.", gor="mall", nonce=uuid4()).content.decode()


# Questions to many ---------------------------------------------------------------------------------------------------

QUESTIONS = "1. Hur många timavlönade har {enhet}?\n\n2. Stämmer koden {kod}?\noch nästa rad"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("En?", ["En?"]),
        ("En?\r\n\r\nTvå?", ["En?", "Två?"]),
        ("En?\nfortsatt\n \nTvå?\n\n\n", ["En?\nfortsatt", "Två?"]),
        ("1. En?\n\n2) Två?", ["En?", "Två?"]),
        ("2026 års fil?", ["2026 års fil?"]),
        (" \n\n ", []),
    ],
)
def test_questions_are_told_apart_by_an_empty_line(text: str, expected: list[str]) -> None:
    assert questions_of(text) == expected


def test_units_are_named_by_code_or_name() -> None:
    units = [Unit(code="0488", name="Trosa"), Unit(code="0480", name="Nyköping"), Unit(code="0400", name="Region Sörmland")]
    lines = ["0488", "nyköping", "0400;Region Sörmland", "0488 Trosa", " ", "Gnesta"]
    found, unknown = units_named(lines, units)
    assert [unit.code for unit in found] == ["0488", "0480", "0400", "0488"]
    assert unknown == ["Gnesta"]


def test_words_in_braces_that_name_nothing_are_found() -> None:
    assert unknown_places("Hej {enhet} {namn}", "{ år } {namn} {}") == ["namn", ""]


def batch(client: Client, step: str = "granska", **values: object) -> HttpResponse:
    """The page of questions."""
    form = {
        "units": "0488\n0480",
        "kind": "",
        "county": "",
        "category": "file",
        "subject": "Frågor om {enhet}",
        "text": "Hej {enhet}!",
        "questions": QUESTIONS,
        "nonce": "0b9c1d3e-2f4a-4c5b-8d6e-7f8091a2b3c4",
        "gor": step,
        **values,
    }
    return client.post(f"{PAGE}fragor/", form, follow=True)


def test_the_preview_shows_exactly_who_gets_what_and_that_is_what_is_sent(scene: Scene) -> None:
    client = as_role(scene, "officer")
    preview = batch(client)
    page = preview.content.decode()
    for words in (
        "Frågor om Trosa",
        "Hur många timavlönade har Nyköping?",
        "Stämmer koden 0488?",
        "Bo Ask",
        "Skicka till 2 enheter",
    ):
        assert words in page
    assert not QuestionBatch.objects.exists()
    sent = batch(client, "skicka", mark=preview.context["mark"]).content.decode()
    assert "Frågorna är skickade till 2 enheter." in sent
    batch(client, "skicka", mark=preview.context["mark"])  # the same press again
    threads = Thread.objects.filter(batch=QuestionBatch.objects.get()).select_related("unit").order_by("unit__code")
    assert [thread.subject for thread in threads] == ["Frågor om Nyköping", "Frågor om Trosa"]
    shown = {one.unit.code: one for one in preview.context["sendings"]}
    for thread in threads:
        one = shown[thread.unit.code]
        assert [asked.text for asked in services.asked_in(thread)] == list(one.questions)
        assert services.read_text(thread.messages.get()) == one.text
        assert ("thread:questions", scene.cast.officer.pk, "2 frågor") in events(thread)
    unit_page = as_person(scene.cast.bo).get(f"/meddelanden/{threads[1].pk}/").content.decode()
    assert "Frågor om Trosa" in unit_page
    assert "{" not in re.sub(r"<[^>]*>", "", re.sub(r"<head.*?</head>", "", unit_page, flags=re.DOTALL))


def test_a_preview_that_has_grown_old_is_shown_anew_instead_of_sent(scene: Scene) -> None:
    client = as_role(scene, "officer")
    mark = batch(client).context["mark"]
    Unit.objects.filter(code="0488").update(name="Trosa stad")
    page = batch(client, "skicka", mark=mark).content.decode()
    assert "Något har ändrats sedan förhandsgranskningen." in page
    assert "Hej Trosa stad!" in page
    assert not QuestionBatch.objects.exists()


def test_a_preview_warns_of_units_where_nobody_can_answer_and_leads_back_with_all_that_was_typed(scene: Scene) -> None:
    make_unit("0461", "Gnesta")
    client = as_role(scene, "officer")
    page = batch(client, units="Gnesta").content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "I 1 enhet finns det ingen som kan svara än." in page
    again = batch(client, "andra", units="Gnesta").content.decode()
    assert "Gnesta</textarea>" in again
    assert "Stämmer koden {kod}?" in again


def test_units_are_chosen_by_kind_and_county(scene: Scene) -> None:
    make_unit("0400", "Region Sörmland", Unit.Kind.REGION)
    make_unit("0114", "Upplands Väsby")
    client = as_role(scene, "officer")

    def codes(**values: str) -> list[str]:
        return [one.unit.code for one in batch(client, units="", **values).context["sendings"]]

    assert codes(kind="kommun") == ["0480", "0488", "0114"]
    assert codes(kind="region") == ["0400"]
    assert codes(county="04") == ["0480", "0400", "0488"]
    assert codes(kind="kommun", county="01") == ["0114"]


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"units": ""}, "units", "Skriv minst en enhet"),
        ({"units": "0488\nAtlantis"}, "units", "Vi hittar ingen enhet som heter så och lämnar uppgifter: Atlantis."),
        ({"questions": " "}, "questions", "Skriv minst en fråga."),
        ({"questions": "\n\n".join(f"Fråga {n}?" for n in range(31))}, "questions", "Skriv mellan en och 30 frågor."),
        ({"text": "Hej {namn}"}, "text", "{namn} går inte att fylla i."),
        ({"subject": "Om 811218-9876"}, "subject", "ser ut att innehålla ett personnummer"),
        ({"category": "x"}, "category", "Välj vad det gäller i listan."),
        ({"kind": "x"}, "kind", "Välj vad det gäller i listan."),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field_and_kept(
    scene: Scene, values: dict[str, str], field: str, says: str
) -> None:
    answer = batch(as_role(scene, "officer"), **values)
    assert list(answer.context["form"].errors) == [field]
    assert says in answer.content.decode()
    assert "Hej" in answer.content.decode()
    assert not QuestionBatch.objects.exists()
