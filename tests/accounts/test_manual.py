"""The client's manual, step by step: labels, order and button texts as printed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from tests import people
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited() -> Person:
    """Somebody with an invitation and no account yet."""
    services.invite_user(email="anna.berg@ystad.se", by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun (1286)")
    return Person("anna.berg@ystad.se")


def text_of(client: Client, address: str) -> str:
    """The page's source."""
    response = client.get(address)
    assert response.status_code == 200, (address, response.headers.get("Location"))
    return response.content.decode()


def test_the_whole_manual_from_the_invitation_to_the_portal(client: Client, invited: Person) -> None:
    letter = people.mails(invited.email)[0]
    assert "https://testserver/" in letter.body
    assert "Har du fått en inbjudan eller har du glömt ditt lösenord?" in text_of(client, "/")

    page = text_of(client, "/konto/")
    assert "E-post" in page
    assert "Skicka verifieringskod" in page
    assert people.ask_for_code(client, invited.email).headers["Location"] == "/konto/kod/"

    page = text_of(client, "/konto/kod/")
    assert "Verifieringskod" in page
    assert "Verifiera koden" in page
    response = people.post_step(client, "/konto/kod/", code=people.code_in_mail(invited.email))
    assert response.headers["Location"] == "/konto/verifierad/"

    assert "Fortsätt" in text_of(client, "/konto/verifierad/")
    assert people.post_step(client, "/konto/verifierad/").headers["Location"] == "/konto/qr/"

    page = text_of(client, "/konto/qr/")
    for words in ("Microsoft Authenticator", "App Store", "Google Play", "Verifierade id:n", "Skanna QR-kod", "<svg", "Fortsätt"):
        assert words in page
    invited.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    assert people.post_step(client, "/konto/qr/").headers["Location"] == "/konto/engangskod/"

    page = text_of(client, "/konto/engangskod/")
    assert "Engångskod" in page
    assert "Verifiera" in page
    response = people.post_step(client, "/konto/engangskod/", token=invited.phone.code())
    assert response.headers["Location"] == "/konto/losenord/"

    page = text_of(client, "/konto/losenord/")
    for words in (
        "Nytt lösenord",
        "Bekräfta lösenord",
        "minst 8 tecken",
        "Versaler",
        "Gemener",
        "Siffror",
        "Specialtecken (t.ex. !, #)",
    ):
        assert words in page
    response = people.post_step(client, "/konto/losenord/", password=invited.password, confirmation=invited.password)
    assert response.headers["Location"] == "/"

    assert client.get("/").headers["Location"] == "/konto/integritet/"
    assert ">OK<" in text_of(client, "/konto/integritet/")
    assert client.post("/konto/integritet/").headers["Location"] == "/"
    page = text_of(client, "/")
    menu = [page.index(f">{label}<") for label in ("Inlämning", "Uppskov", "Profil &amp; enheter", "Meddelanden")]
    assert menu == sorted(menu)


def test_the_sign_in_afterwards(client: Client) -> None:
    person = people.made_person("bo@ystad.se")
    page = text_of(client, "/")
    assert page.index("E-post") < page.index("Lösenord") < page.index("Logga in</button>")
    response = client.post("/", {"email": person.email, "password": person.password})
    assert response.headers["Location"] == "/konto/logga-in/"
    page = text_of(client, "/konto/logga-in/")
    assert page.index("Engångskod") < page.index(">Verifiera<")
    response = client.post("/konto/logga-in/", {"token": person.phone.code()})
    assert response.headers["Location"] == "/"
    assert client.get("/").status_code == 200
