"""Several invited at once: each line is read or named, nobody is mailed twice, and the text is never lost."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Invitation, User
from profiles import inviting
from profiles.models import Membership
from tests.cast import Cast, Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

URL = reverse("profiles:invite_many", args=["0488"])
THREE = "Eva Ström <Eva.Strom@trosa.example>\n\nola@trosa.example\nIda Å; ida@trosa.example"


@pytest.fixture
def anna(client: GuardedClient, cast: Cast) -> GuardedClient:
    sign_in(client, cast.anna)
    return client


@pytest.mark.parametrize(
    ("text", "email", "name", "problem"),
    [
        ("eva@trosa.example", "eva@trosa.example", "", ""),
        ("  EVA@Trosa.example ", "eva@trosa.example", "", ""),
        ("Eva Ek <eva@trosa.example>", "eva@trosa.example", "Eva Ek", ""),
        ('"Ek, Eva" <eva@trosa.example>;', "eva@trosa.example", "Ek Eva", ""),
        ("Eva Ek\teva@trosa.example", "eva@trosa.example", "Eva Ek", ""),
        ("eva@trosa.example;Eva Ek", "eva@trosa.example", "Eva Ek", ""),
        ("Eva Ek", "", "", "här saknas en e-postadress"),
        ("eva@trosa.example, ola@trosa.example", "", "", "skriv bara en adress på varje rad"),
        ("eva@", "", "", "skriv en e-postadress"),
        ("åsa@trosa.example", "", "", "skriv en e-postadress"),
        ("811218-9876 <eva@trosa.example>", "", "", "namnet ser ut att innehålla ett personnummer"),
        ("www.ond.example <eva@trosa.example>", "", "", "namnet ser ut att innehålla en webbadress"),
        ("\u202eEva <eva@trosa.example>", "eva@trosa.example", "Eva", ""),
    ],
)
def test_a_line_is_read_or_says_what_to_mend(text: str, email: str, name: str, problem: str) -> None:
    (line,) = inviting.read_lines(text)
    assert (line.email, line.name) == (email, name)
    assert line.problem.startswith(problem)
    assert bool(line.problem) == bool(problem)


def test_lines_keep_their_numbers_and_the_second_of_a_pair_is_named() -> None:
    lines = inviting.read_lines("\na@trosa.example\r\n\nA@trosa.example\n")
    assert [(line.number, line.problem) for line in lines] == [(2, ""), (4, "adressen står redan på rad 2")]


def test_three_are_invited_with_role_and_last_day_and_the_others_told_once(anna: GuardedClient, cast: Cast) -> None:
    give_role(make_user("kim@trosa.example", "Kim Ö"), cast.trosa, Role.CONTACT)
    html = anna.post(URL, {"people": THREE, "role": "submitter", "ends_on": "2026-12-31"}, follow=True).content.decode()
    assert "3\u202finbjudningar är skickade." in html or "3 inbjudningar är skickade." in html
    waiting = Membership.objects.pending().select_related("user").order_by("pk")
    assert [(one.user.email, one.user.name, one.role, str(one.ends_on)) for one in waiting] == [
        ("eva.strom@trosa.example", "Eva Ström", "submitter", "2026-12-31"),
        ("ola@trosa.example", "", "submitter", "2026-12-31"),
        ("ida@trosa.example", "Ida Å", "submitter", "2026-12-31"),
    ]
    assert len(sent_mails("kim@trosa.example")) == 1
    assert all(len(sent_mails(one.user.email)) == 1 for one in waiting)


def test_the_same_list_again_sends_nothing_and_says_so(anna: GuardedClient) -> None:
    form = {"people": THREE, "role": "submitter"}
    anna.post(URL, form)
    html = anna.post(URL, form).content.decode()
    assert "fanns redan och har inte fått något nytt mejl" in html
    assert html.count("Fanns redan") == 3
    assert Invitation.objects.count() == 3
    assert len(sent_mails("ola@trosa.example")) == 1


def test_bad_lines_are_named_at_their_place_nothing_is_sent_and_the_text_stays(anna: GuardedClient) -> None:
    text = "eva@trosa.example\nola@\nIda utan adress\neva@trosa.example"
    response = anna.post(URL, {"people": text, "role": "submitter", "ends_on": "2026-12-31"})
    html = response.content.decode()
    assert response.status_code == 200
    for words in ("Rad 2, ”ola@”", "Rad 3, ”Ida utan adress”", "Rad 4, ”eva@trosa.example”: adressen står redan på rad 1"):
        assert words in html
    assert "Ida utan adress\neva@trosa.example" in html.replace("\r\n", "\n")
    assert 'value="2026-12-31"' in html
    assert not Invitation.objects.exists()
    assert not sent_mails()


def test_each_line_has_its_own_outcome_and_what_was_refused_stays_in_the_box(anna: GuardedClient, cast: Cast) -> None:
    closed = make_user("stangd@trosa.example", "Stina Stängd")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    text = f"ny@trosa.example\n{cast.dan.email}\n{cast.bo.email}\n{closed.email}\nHanna <{cast.officer.email}>"
    html = anna.post(URL, {"people": text, "role": "reader"}).content.decode()
    for words in (
        "Inbjuden som Läsare.",
        "Hade redan ett konto och är nu Läsare.",
        "Personen har redan en roll i enheten: Uppgiftslämnare.",
        "Kontot är avstängt.",
        "konto av annat slag",
        "Rätta det som är kvar",
    ):
        assert words in html
    box = html.partition("<textarea")[2].partition("</textarea>")[0]
    assert closed.email in box
    assert "Hanna" in box
    assert "ny@trosa.example" not in box
    assert cast.dan.email not in box


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"people": " \n "}, "Skriv minst en e-postadress."),
        ({"people": "\n".join(f"p{n}@trosa.example" for n in range(51))}, "Listan har 51 rader."),
        ({"people": "x" * 10_001}, "Listan är för lång."),
        ({"role": ""}, "Välj en roll."),
        ({"role": "coordinator"}, "Välj en roll i listan."),
        ({"people": "a\x00@trosa.example"}, "ull"),
    ],
)
def test_a_list_that_cannot_be_sent_says_why(anna: GuardedClient, form: dict[str, str], sentence: str) -> None:
    response = anna.post(URL, {"people": "eva@trosa.example", "role": "reader"} | form)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize(("who", "status"), [("bo", 403), ("cia", 403), ("dan", 404), ("coordinator", 403)])
def test_beh_04_only_a_kontaktperson_invites_several(client: GuardedClient, cast: Cast, who: str, status: int) -> None:
    response = sign_in(client, getattr(cast, who)).post(URL, {"people": "eva@trosa.example", "role": "contact"})
    assert response.status_code == status
    assert not Invitation.objects.exists()
