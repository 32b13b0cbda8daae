"""What a mail may say: every template with every context, hostile words in names and addresses (MEJ-01, 02, 03)."""

from __future__ import annotations

import itertools
import re
from datetime import datetime
from email import message_from_bytes, policy
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.mail import BadHeaderError, EmailMessage
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import invite_user
from config.lib.mail import LINE, PortalMail, html_of, wrapped
from messaging import outbox, tasks
from messaging.models import OutgoingMail, Thread
from profiles.models import Unit
from tests import people
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.guards.mails import faults_in
from tests.mail import sent_mails
from tests.swedish import english_in

pytestmark = pytest.mark.django_db

FOLDER = django_settings.BASE_DIR / "templates" / "mail"
TEMPLATES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.txt"))
USED = re.compile(r"\{\{\s*(\w+)(?:\.(\w+))?((?:\|[^}]*)?)\s*\}\}")
ASKED = re.compile(r"""\{%\s*(?:el)?if\s+(\w+)(?:\s*[!=]=\s*(?:"(\w+)"|(\d+)))?""")
BREAKS = ["\r\nBcc: alla@evil.example", "\nBcc: alla@evil.example\n\nHej", "\r\n\r\n<b>Klicka<b>", "\r"]


# Every template (MEJ-02) ---------------------------------------------------------------------------------------------


def value_for(name: str, filters: str) -> Any:
    """Something that the template can show."""
    if any(word in filters for word in ("moment", "day")):
        return timezone.now()
    if "count" in filters or name == "year":
        return 7
    return "306903" if name == "code" else f"«{name}»"


class Thing(SimpleNamespace):
    """An object of which a template shows more than itself."""

    def __str__(self) -> str:
        return "«sak»"


def contexts_of(template: str) -> list[dict[str, Any]]:
    """Every context that leads the template another way: each condition true and false, all else filled in."""
    source = (FOLDER / f"{template}.txt").read_text(encoding="utf-8")
    filled: dict[str, Any] = {}
    for name, attribute, filters in USED.findall(source.replace("{{ base_url }}", "")):
        if attribute:
            thing = filled[name] if isinstance(filled.get(name), Thing) else Thing()
            setattr(thing, attribute, value_for(attribute, filters))
            filled[name] = thing
        elif not isinstance(filled.get(name), Thing):
            filled[name] = value_for(name, filters)
    choices: dict[str, set[Any]] = {}
    for name, word, number in ASKED.findall(source):
        answers = {word, "annat"} if word else {int(number), 3} if number else {"", filled.get(name, True)}
        choices[name] = choices.get(name, set()) | answers
    ways = itertools.product(*choices.values())
    return [{**filled, **dict(zip(choices, way, strict=True))} for way in ways]


def test_mej_02_the_reading_of_templates_finds_what_is_there() -> None:
    contexts = contexts_of("accounts/totp_failures")
    assert {context["occasion"] for context in contexts} >= {"sign_in", "annat"}
    assert {bool(context["client"]) for context in contexts} == {True, False}
    assert all(isinstance(context["at"], datetime) for context in contexts)
    assert len(contexts_of("messaging/new_message")) == 1


@pytest.mark.asvs("1.2.1")
@pytest.mark.parametrize("template", TEMPLATES)
def test_mej_02_every_address_in_every_mail_is_the_portal_s(template: str, settings: Any) -> None:
    settings.PORTAL_BASE_URL = "https://personalstatistik.example"
    for context in contexts_of(template):
        mail = PortalMail(template, to="anna.ek@trosa.example", context=context)
        assert faults_in(template, mail.subject, mail.body) == []
        assert "https://personalstatistik.example/" in mail.body
        assert f'href="{settings.PORTAL_BASE_URL}/"' in html_of(mail.body)
        assert mail.subject
        assert "{" not in mail.subject + mail.body


@pytest.mark.asvs("1.2.1", "1.3.11")
@pytest.mark.parametrize("template", TEMPLATES)
def test_web_11_what_is_filled_in_is_only_text_in_the_html_of_the_mail(template: str) -> None:
    hostile = '"><svg/onload=alert(1)>{{7*7}}'
    for context in contexts_of(template):
        words = {name: hostile if isinstance(value, str) and value.startswith("«") else value for name, value in context.items()}
        mail = PortalMail(template, to="anna.ek@trosa.example", context=words)
        page = html_of(mail.body)
        assert "<svg" not in page
        assert "49" not in page.replace("{{7*7}}", "")
        assert set(re.findall(r"<(\w+)", page)) <= {"html", "head", "meta", "title", "body", "p", "br", "a"}
        if hostile in mail.body:
            assert "&quot;&gt;&lt;svg/onload=alert(1)&gt;{{7*7}}" in page


# The shape of a mail -------------------------------------------------------------------------------------------------

GREETING, SIGNED = "Hej!\n\n", "\n\nHälsningar\nSKR, Personalstatistik\n"
FILLED = re.compile(r"«(\w+)»")
NAMES = {
    "client": "webbläsare", "email": "e-post", "inviter": "den som bjuder in", "matter": "roll och enhet", "new": "ny adress",
    "object": "vad", "old": "gammal adress", "outcome": "svarat så", "person": "person", "receipt": "kvittenskod", "result": "antal",
    "role": "roll", "sak": "person", "unit": "enhet", "who": "samordnare",
}  # fmt: skip
OVERVIEW = django_settings.BASE_DIR / "docs" / "mejl.md"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_has_the_same_shape(template: str) -> None:
    """A greeting, one link and who sends it; a subject that a list of mails shows whole; nothing but Swedish."""
    for context in contexts_of(template):
        mail = PortalMail(template, to="anna.ek@trosa.example", context=context)
        body = str(mail.body)
        assert 10 < len(str(mail.subject)) <= 78
        assert not str(mail.subject).endswith(".")
        assert body.startswith(GREETING)
        assert body.endswith(SIGNED)
        assert body.count("://") == 1
        assert "\n\n\n" not in body
        assert english_in(FILLED.sub("", f"{mail.subject}\n{body}")) == []
        assert max(map(len, wrapped(body).splitlines())) <= LINE


def test_a_line_is_broken_between_words_and_an_address_never() -> None:
    address = "https://personalstatistik.example/" + "x" * 60
    whole = "ord\u00a0" * 20 + "slut"
    text = f"Hej!\n\n1. Öppna {address}\n2. {'ord ' * 20}\n\n{whole}\n"
    lines = wrapped(text).split("\n")
    assert lines[:4] == ["Hej!", "", "1. Öppna", f"   {address}"]
    assert lines[4].startswith("2. ord")
    assert lines[5].startswith("   ord")
    assert lines[7:] == [whole, ""]


def overview() -> str:
    """docs/mejl.md: every mail as it is, with what is filled in between angle quotes."""
    parts = [
        "# Mejl",
        "Alla mejl som portalen skickar, skrivna ur mallarna i `templates/mail`. Det som fylls i står inom «». Filen skrivs av\n"
        "`bin/test tests/messaging/test_mails.py --mails`. Ett tiotal kan SKR själv formulera (Administrationen, Mejltexter).",
    ]
    for template in TEMPLATES:
        fullest = max(contexts_of(template), key=lambda one: (sum(map(bool, one.values())), repr(sorted(one.items()))))
        mail = PortalMail(template, to="anna.ek@trosa.example", context=fullest | ({"year": 2026} if "year" in fullest else {}))
        subject, body = (FILLED.sub(lambda one: f"«{NAMES[one[1]]}»", str(text)) for text in (mail.subject, mail.body))
        parts += [f"## {subject}", f"`{template}`", f"```text\n{wrapped(body).strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def test_the_overview_shows_the_mails_as_they_are(pytestconfig: pytest.Config, settings: Any) -> None:
    settings.PORTAL_BASE_URL = "https://personalstatistik.skr.se"
    if pytestconfig.getoption("--mails"):
        OVERVIEW.write_text(overview(), encoding="utf-8")
    assert OVERVIEW.read_text(encoding="utf-8") == overview(), (
        "bin/test tests/messaging/test_mails.py --mails förnyar docs/mejl.md"
    )


# Line breaks (MEJ-01) ------------------------------------------------------------------------------------------------


class Server:
    """Stands in for the mail server and remembers what it was handed."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    def send_messages(self, messages: list[EmailMessage]) -> int:
        """Take them."""
        self.messages += messages
        return len(messages)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Server:
    """A mail server that takes everything."""
    server = Server()
    settings.SMTP_URL = "smtps://mail.example"
    monkeypatch.setattr(outbox, "smtp_connection", lambda url: server)
    return server


def headers_sent(server: Server) -> list[dict[str, str]]:
    """The headers of all mails that wait, sent now."""
    for mail in OutgoingMail.objects.filter(sent_at=None, deliver=True).order_by("pk"):
        tasks.send_mail(mail.pk)
    parsed = [message_from_bytes(one.message().as_bytes(), policy=policy.default) for one in server.messages]
    return [dict(one.items()) for one in parsed]


def assert_plain(server: Server, addressees: set[str]) -> None:
    """Every mail has our headers and no other, and goes to those it is meant for."""
    sent = headers_sent(server)
    for headers in sent:
        assert set(headers) == {
            "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"
        }  # fmt: skip
    assert {headers["To"] for headers in sent} == addressees


def texts(response: HttpResponse) -> str:
    """The page as text."""
    return response.content.decode()


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("tail", BREAKS)
def test_mej_01_an_address_with_a_line_break_is_refused_and_logged(
    cast: Cast, server: Server, caplog: pytest.LogCaptureFixture, tail: str
) -> None:
    client = sign_in(GuardedClient(), cast.anna)
    page = client.post(
        reverse("profiles:invite", args=["0488"]), {"email": f"eva@trosa.example{tail}x", "name": "Eva", "role": "reader"}
    )
    assert page.status_code == 200
    assert "Skriv en e-postadress, till exempel namn@kommun.se." in texts(page)
    page = GuardedClient().post("/konto/", {"email": f"{cast.anna.email}{tail}x"})
    assert "Skriv en e-postadress, till exempel namn@kommun.se." in texts(page)
    assert not OutgoingMail.objects.exists()
    assert not User.objects.filter(email__contains="eva").exists()
    assert caplog.text.count("line_break_in_field") == 2
    assert "evil" not in caplog.text


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("tail", BREAKS)
def test_mej_01_a_name_with_a_line_break_is_one_line_and_logged(
    cast: Cast, server: Server, caplog: pytest.LogCaptureFixture, tail: str
) -> None:
    client = sign_in(GuardedClient(), cast.anna)
    tail = tail.replace("@", " ")
    assert client.post(reverse("profiles:details"), {"name": f"Anna{tail} Ek", "phone": ""}).status_code == 302
    cast.anna.refresh_from_db()
    assert cast.anna.name == " ".join(f"Anna{tail} Ek".split())
    assert "line_break_in_field" in caplog.text
    client.post(reverse("profiles:invite", args=["0488"]), {"email": "eva@trosa.example", "name": f"Eva{tail}", "role": "reader"})
    assert User.objects.get(email="eva@trosa.example").name == " ".join(f"Eva{tail}".split())
    assert_plain(server, {"eva@trosa.example"})
    assert {headers["Subject"] for headers in headers_sent(server)} == {"Inbjudan till Personalstatistik"}


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("tail", BREAKS)
def test_mej_01_a_unit_s_name_with_a_line_break_is_one_line(cast: Cast, server: Server, tmp_path: Any, tail: str) -> None:
    file = tmp_path / "enheter.csv"
    file.write_bytes(f'0488;"Trosa{tail}";kommun\n'.encode())
    call_command("import_units", str(file), stdout=StringIO())
    unit = Unit.objects.get(code="0488")
    assert unit.name == " ".join(f"Trosa{tail}".split())
    client = sign_in(GuardedClient(), cast.anna)
    member = unit.memberships.get(user=cast.cia)
    client.post(reverse("profiles:member", args=["0488", member.pk]), {"role": "submitter"})
    assert_plain(server, {cast.cia.email})
    (subject,) = (headers["Subject"] for headers in headers_sent(server))
    assert subject.strip() == f"Din roll i {unit.name} är ändrad"


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("tail", BREAKS)
def test_mej_01_a_subject_with_a_line_break_is_one_line_and_never_in_the_mail(
    cast: Cast, server: Server, caplog: pytest.LogCaptureFixture, tail: str
) -> None:
    client = sign_in(GuardedClient(), cast.anna)
    nonce = "3d6c1a70-5f5b-4f0e-8a55-6d4f0e2b2026"
    form = {"unit": "0488", "category": "other", "subject": f"Hej{tail} du", "text": f"Text{tail}", "nonce": nonce}
    assert client.post(reverse("messaging:new"), form).status_code == 302
    assert Thread.objects.get().subject == " ".join(f"Hej{tail} du".split())
    assert "line_break_in_field" in caplog.text
    assert_plain(server, {cast.officer.email})
    assert {headers["Subject"] for headers in headers_sent(server)} == {"Du har ett nytt meddelande i Personalstatistik"}


@pytest.mark.asvs("1.3.11")
def test_mej_01_the_mail_itself_lets_no_line_break_through(caplog: pytest.LogCaptureFixture) -> None:
    """The last door, should one of the fields let something pass."""
    context = {"unit": "Trosa\r\nBcc: alla@evil.example\r\n\r\nKlicka", "role": "Läsare"}
    mail = PortalMail("profiles/role_changed", to="anna.ek@trosa.example", context=context)
    assert mail.subject == "Din roll i Trosa Bcc: alla@evil.example Klicka är ändrad"
    assert "\nBcc" not in mail.body
    assert caplog.text.count("line_break_in_mail") == 1
    with pytest.raises(BadHeaderError):
        PortalMail("messaging/new_message", to="anna.ek@trosa.example\nBcc: alla@evil.example")
    assert caplog.text.count("mail_refused") == 1
    assert "evil" not in caplog.text


@pytest.mark.asvs("1.2.1")
@pytest.mark.parametrize(
    "name", ["Öppna https://evil.example", "www.evil.example", "Anna Ek evil.example/kod", "anna@evil.example"]
)
def test_mej_02_a_name_is_no_web_address(cast: Cast, name: str) -> None:
    client = sign_in(GuardedClient(), cast.anna)
    page = client.post(reverse("profiles:details"), {"name": name, "phone": ""})
    assert "Namnet ser ut att innehålla en webbadress. Skriv bara namnet." in texts(page)
    page = client.post(reverse("profiles:invite", args=["0488"]), {"email": "eva@trosa.example", "name": name, "role": "reader"})
    assert "Namnet ser ut att innehålla en webbadress. Skriv bara namnet." in texts(page)
    assert not OutgoingMail.objects.exists()


# Secrets (MEJ-03) ----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.4.1", "14.2.1")
def test_mej_03_a_sign_up_and_a_reset_put_the_code_in_the_code_mail_and_nothing_secret_anywhere(
    client: GuardedClient, clock: Any
) -> None:
    """The guard of the suite (tests.guards.mails) reads each mail as well; here what is looked for is named."""
    invite_user(email="anna.berg@ystad.se", by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun")
    anna = people.Person("anna.berg@ystad.se")
    people.sign_up(client, anna)
    codes = [people.code_in_mail(anna.email)]
    key = anna.phone.secret
    clock.shift(3600)
    other = GuardedClient()
    people.verify_address(other, anna)
    codes.append(people.code_in_mail(anna.email))
    people.post_step(other, "/konto/kontroll/", token=anna.phone.code())
    people.post_step(other, "/konto/losenord/", password="Ny7#katt!Moln", confirmation="Ny7#katt!Moln")
    letters = [(row.template, letter) for row in OutgoingMail.objects.order_by("pk") if (letter := outbox.read(row))]
    assert {template for template, _ in letters} >= {
        "accounts/invitation", "accounts/code", "accounts/account_ready", "accounts/password_changed"
    }  # fmt: skip
    for template, letter in letters:
        text = f"{letter.subject}\n{letter.body}"
        assert [code for code in codes if code in text] == ([codes.pop(0)] if template == "accounts/code" else [])
        for secret in (key, people.PASSWORD, "Ny7#katt!Moln", client.session.session_key, other.session.session_key):
            assert secret
            assert secret not in text
    assert codes == []


def test_mej_03_the_season_s_mails_hold_no_personnummer_and_no_pay(scene: Any) -> None:
    """All that the scene wrote: invitations, hand-ins, answers. No number longer than a year stands in them."""
    letters = sent_mails()
    assert {letter.subject.split(":")[0] for letter in letters} >= {"Kvittens", "Inbjudan till Personalstatistik"}
    for letter in letters:
        receipts = re.sub(r"Kvittenskoden är [A-Z0-9-]+", "", f"{letter.subject}\n{letter.body}")
        assert re.findall(r"[0-9](?:[ .,\u00a0\u202f-]?[0-9]){4,}", receipts) == []
