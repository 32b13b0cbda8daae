"""The small scripts and the folding menu in a real browser. The pages are rendered here and handed to the browser by
Playwright itself, so that a script is tested apart from the page that uses it."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template import engines
from django.template.loader import render_to_string
from django.urls import include, path, reverse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from config.lib.progress import Progress
from config.views_gallery import SampleFile, SampleForm

pytestmark = pytest.mark.urls(__name__)


def nothing(request: HttpRequest) -> HttpResponse:
    """The addresses that the frame names; never called."""
    raise AssertionError(request.path)


accounts = (
    [
        path("logga-ut/", nothing, name="sign_out"),
        path("inloggning/", nothing, name="security"),
        path("session/", nothing, name="session_time"),
    ],
    "accounts",
)
urlpatterns = [path("", nothing, name="start"), path("konto/", include(accounts))]

HOST = "https://portal.test"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
MENU = [
    {"label": "Inlämning", "url": "/inlamning/", "active": True, "badge": 0},
    {"label": "Meddelanden", "url": "/meddelanden/", "active": False, "badge": 2},
]
FORM = (
    '{% extends "base.html" %}{% block title %}Prov{% endblock %}{% block heading %}{{ heading }}{% endblock %}'
    "{% block content %}BODY{% endblock %}"
)


class Person:
    """Somebody signed in, as far as the masthead asks."""

    is_staff = False

    def __str__(self) -> str:
        return "Anna Andersson"


class Portal:
    """Answers the browser: one page, the static files and an address that counts what is sent to it."""

    def __init__(self, body: str, **context: Any) -> None:
        self.body = body
        self.context = context
        self.sent: list[str] = []
        self.clock: dict[str, object] | None = None  # what the session's clock answers; None where that is no answer
        self.asked: list[str] = []
        self.broken: list[dict[str, Any] | None] = []  # answers instead of the page to what is sent first; None breaks off
        self.tokens = ["gammal", "ny"]  # of the form, for each time the page is fetched

    def answer(self, route: Route) -> None:
        """What the browser gets for a request."""
        address = route.request.url.removeprefix(HOST)
        if address.startswith(settings.STATIC_URL):
            found = staticfiles_storage.path(address.removeprefix(settings.STATIC_URL))
            route.fulfill(path=found, content_type=mimetypes.guess_type(found)[0] or "text/plain")
            return
        if address == reverse("accounts:session_time"):
            self.asked.append(route.request.method)
            route.fulfill(json=self.clock) if self.clock is not None else route.fulfill(body="Underhåll pågår.")
            return
        if route.request.method == "POST":
            self.sent.append(route.request.post_data or "")
            if self.broken:
                broken = self.broken.pop(0)
                route.fulfill(**broken) if broken is not None else route.abort("connectionreset")
                return
        heading = "Mottaget" if route.request.method == "POST" else "Prov"
        policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())
        route.fulfill(
            body=self.page(heading, urlsplit(address).query),
            content_type="text/html; charset=utf-8",
            headers={"content-security-policy": policy},
        )

    def page(self, heading: str, query: str = "") -> str:
        """The page with the body under test."""
        source = FORM.replace("BODY", self.body)
        request = type("Request", (), {"user": Person(), "path": "/prov/", "GET": QueryDict(query)})()
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        context = {"heading": heading, "menu": MENU, "request": request, "token": token, **self.context}
        return str(engines["django"].from_string(source).render(context))


@pytest.fixture
def open_page(collected: None, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page with a body; at the end nothing may have been said in the console."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def go(portal: Portal, viewport: dict[str, int] = DESKTOP, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            locale="sv-SE",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        breaks = bool(portal.broken)
        page.on("console", lambda message: None if breaks and "Failed to load" in message.text else said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.route(f"{HOST}/**", portal.answer)
        page.goto(f"{HOST}/prov/")
        return page

    yield go
    for context in contexts:
        context.close()
    assert said == []


def test_menu_folds_on_a_phone_without_scripts(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<p>Text</p>"), PHONE, scripts=False)
    menu = page.get_by_role("navigation", name="Huvudmeny")
    expect(menu).to_be_hidden()
    page.get_by_text("Meny", exact=True).click()
    expect(menu).to_be_visible()
    expect(menu.get_by_role("link")).to_have_text(["Inlämning", "Meddelanden2, 2\N{NO-BREAK SPACE}olästa"])


def test_menu_is_open_on_a_wide_screen(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<p>Text</p>"))
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_be_visible()
    expect(page.get_by_text("Meny", exact=True)).to_be_hidden()


def test_skip_link_leads_past_the_menu(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<p>Text</p>"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hoppa till innehållet")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "innehall"


def test_button_pressed_twice_sends_once(open_page: Callable[..., Page]) -> None:
    portal = Portal(
        '<form method="post" action="/ta-emot/">{% button "Klarmarkera" name="svar" value="ja" busy="Skickar …" %}</form>'
    )
    page = open_page(portal)
    page.get_by_role("button", name="Klarmarkera").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mottaget")
    assert portal.sent == ["svar=ja"]


def test_refused_question_sends_nothing(open_page: Callable[..., Page]) -> None:
    portal = Portal('<form method="post" action="/ta-emot/" data-confirm="Ta bort Bo Ek?">{% button "Ta bort" %}</form>')
    page = open_page(portal)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Ta bort").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Prov")
    assert portal.sent == []


def test_a_form_whose_answer_is_a_file_is_soon_usable_again(open_page: Callable[..., Page]) -> None:
    portal = Portal('<form method="post" action="/ta-emot/" data-download>{% button "Hämta" %}</form>')
    portal.broken = [{"status": 204}, {"status": 204}]
    page = open_page(portal)
    page.get_by_role("button", name="Hämta").dblclick()
    expect(page.get_by_role("button", name="Hämta")).to_have_attribute("aria-disabled", "true")
    assert len(portal.sent) == 1
    expect(page.get_by_role("button", name="Hämta")).not_to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Hämta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Prov")
    assert len(portal.sent) == 2


def test_upload_tells_name_and_size_and_shows_the_answer(open_page: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "trosa.txt"
    file.write_bytes(b"x" * 48_000)
    portal = Portal(
        '<form method="post" action="/ta-emot/" enctype="multipart/form-data" data-upload novalidate>'
        '{% file_drop form.file title="Välj fil" max_mb=1 %}{% button "Ladda upp" %}</form>',
        form=SampleFile(),
    )
    page = open_page(portal)
    page.get_by_label("Välj fil").set_input_files(file)
    expect(page.get_by_text("Vald fil: trosa.txt (48\N{NO-BREAK SPACE}kB).")).to_be_visible()
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mottaget")
    expect(page).to_have_url(f"{HOST}/ta-emot/")
    assert len(portal.sent) == 1


def test_file_that_is_too_large_is_not_sent(open_page: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "stor.txt"
    file.write_bytes(b"x" * 1_000_001)
    portal = Portal(
        '<form method="post" enctype="multipart/form-data" data-upload novalidate>'
        '{% file_drop form.file title="Välj fil" max_mb=1 %}{% button "Ladda upp" %}</form>',
        form=SampleFile(),
    )
    page = open_page(portal)
    page.get_by_label("Välj fil").set_input_files(file)
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_text("Filen är för stor: högst 1\N{NO-BREAK SPACE}MB.")).to_be_visible()
    assert portal.sent == []


UPLOAD = (
    '<form method="post" action="/ta-emot/" enctype="multipart/form-data" data-upload novalidate>'
    '<input type="hidden" name="csrfmiddlewaretoken" value="{{ token }}">'
    '{% file_drop form.file title="Välj fil" max_mb=1 %}{% button "Ladda upp" %}</form>'
)
HTML = "text/html; charset=utf-8"


def broken_page(name: str, status: int, **context: Any) -> dict[str, Any]:
    """The answer of one of the portal's own error pages."""
    return {"status": status, "content_type": HTML, "body": render_to_string(name, context)}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: None, "Uppladdningen avbröts, och filen är inte mottagen. Kontrollera nätet och försök igen"),
        (
            lambda: {"status": 413, "content_type": HTML, "body": "<h1>413 Request Entity Too Large</h1>"},
            "Filen är för stor för att",
        ),
        (lambda: {"status": 502, "content_type": HTML, "body": "<h1>Bad Gateway</h1>"}, "Något gick fel hos oss."),
        (lambda: broken_page("500.html", 500, request_id="abcdefghijklmn"), "ange ärendenumret abcdefghijklmn"),
        (lambda: broken_page("403_csrf.html", 403), "Sidan hade blivit för gammal"),
        (lambda: broken_page("403.html", 403, reason="Insamlingen är stängd."), "Insamlingen är stängd. Filen är inte mottagen."),
    ],
    ids=["cut off", "too large on the way", "no portal", "broken", "stale", "refused"],
)
def test_an_upload_that_fails_says_so_in_its_place_and_the_file_is_still_chosen(
    open_page: Callable[..., Page], tmp_path: Path, answer: Callable[[], dict[str, Any] | None], words: str
) -> None:
    file = tmp_path / "trosa.txt"
    file.write_bytes(b"x" * 4_000)
    portal = Portal(UPLOAD, form=SampleFile())
    portal.broken = [answer()]
    page = open_page(portal)
    page.get_by_label("Välj fil").set_input_files(file)
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("heading", level=1)).to_have_text("Prov")
    expect(page.get_by_text("Vald fil: trosa.txt")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mottaget")
    assert len(portal.sent) == 2


def test_an_upload_of_somebody_signed_out_waits_for_her_and_is_sent_with_the_new_token(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "trosa.txt"
    file.write_bytes(b"x" * 4_000)
    portal = Portal(UPLOAD, form=SampleFile(), session_seconds=1800, session_warning=300)
    portal.broken = [{"status": 200, "content_type": HTML, "body": "<title>Logga in</title><main><h1>Logga in</h1></main>"}]
    page = open_page(portal)
    page.get_by_label("Välj fil").set_input_files(file)
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_role("alert")).to_contain_text("Du är utloggad, och filen är inte mottagen. Logga in i en ny flik")
    page.get_by_role("button", name="Ladda upp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mottaget")
    assert ["gammal" in sent for sent in portal.sent] == [True, False]
    assert "ny" in portal.sent[1]


def test_password_is_shown_and_hidden(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<form>{% field form.password reveal=True %}</form>", form=SampleForm()))
    password = page.get_by_label("Lösenord", exact=True)
    page.get_by_role("button", name="Visa lösenord").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Dölj lösenord").click()
    expect(password).to_have_attribute("type", "password")


def test_without_scripts_there_is_no_button_that_does_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page(
        Portal('<form>{% field form.password reveal=True %}</form>{% copy_button "a" %}', form=SampleForm()), scripts=False
    )
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_list_is_filtered_by_every_word(open_page: Callable[..., Page]) -> None:
    page = open_page(
        Portal(
            '<label for="sok">Sök</label><input id="sok" data-filter="lista" data-filter-count="antal"><p id="antal"></p>'
            '<ul id="lista"><li data-filter-item>Trosa kommun</li><li data-filter-item>Region Östergötland</li></ul>'
        )
    )
    page.get_by_label("Sök").fill("östER reg")
    expect(page.get_by_text("Trosa kommun")).to_be_hidden()
    expect(page.get_by_text("Region Östergötland")).to_be_visible()
    expect(page.locator("#antal")).to_have_text("Visar 1 av 2")


def test_part_follows_its_box(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal('<input type="checkbox" id="ja" data-disclose="del"><label for="ja">Ja</label><p id="del">Delen</p>'))
    expect(page.get_by_text("Delen")).to_be_hidden()
    page.get_by_label("Ja").check()
    expect(page.get_by_text("Delen")).to_be_visible()


def test_error_summary_takes_the_focus_and_leads_to_the_field(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<form>{% error_summary form %}{{ form }}</form>", form=SampleForm({})))
    expect(page.locator("[data-focus]")).to_be_focused()
    page.get_by_role("link", name="E-post: ").click()
    expect(page.get_by_label("E-post")).to_be_focused()


def test_sign_out_is_a_form(open_page: Callable[..., Page]) -> None:
    page = open_page(Portal("<p>Text</p>"))
    assert page.locator(".masthead form").get_attribute("method") == "post"
    assert page.locator(".masthead form").get_attribute("action") == reverse("accounts:sign_out")


# The session's clock -------------------------------------------------------------------------------------------------

WRITING = (
    '<form method="post" action="/ta-emot/"><label for="text">Text</label><textarea id="text" name="text"></textarea></form>'
)


@pytest.fixture
def working(open_page: Callable[..., Page]) -> Callable[[Portal], Page]:
    """A page of somebody signed in with half an hour left, whose clock stands still until it is moved."""

    def go(portal: Portal) -> Page:
        portal.context |= {"session_seconds": 1800, "session_warning": 300}
        page = open_page(portal)
        page.clock.install()
        page.reload()
        return page

    return go


def until_it_asks(page: Page) -> None:
    """Let time go until the page has asked and been answered."""
    with page.expect_response(f"{HOST}{reverse('accounts:session_time')}"):
        page.clock.run_for(1505_000)


def test_the_page_asks_only_when_the_end_is_near(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    portal.clock = {"seconds": 298, "extends": True}
    page = working(portal)
    page.clock.fast_forward(1490_000)
    assert portal.asked == []
    expect(page.get_by_role("button", name="Fortsätt vara inloggad")).to_be_hidden()
    page.clock.run_for(15_000)
    expect(page.get_by_role("status").filter(has_text="Du loggas ut kl.")).to_be_visible()
    expect(page.get_by_role("button", name="Fortsätt vara inloggad")).to_be_visible()
    assert portal.asked == ["GET"]


def test_another_tabs_work_counts(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    portal.clock = {"seconds": 1200, "extends": True}
    page = working(portal)
    until_it_asks(page)
    assert portal.asked == ["GET"]
    expect(page.get_by_text("Du loggas ut")).to_be_hidden()


def test_the_button_keeps_one_signed_in_and_takes_the_warning_away(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    portal.clock = {"seconds": 200, "extends": True}
    page = working(portal)
    until_it_asks(page)
    portal.clock = {"seconds": 1800, "extends": True}
    page.get_by_role("button", name="Fortsätt vara inloggad").click()
    expect(page.get_by_text("Du är inloggad till kl.")).to_be_focused()
    expect(page.get_by_role("button", name="Fortsätt vara inloggad")).to_be_hidden()
    assert portal.asked == ["GET", "POST"]
    assert portal.sent == []


def test_near_the_last_hour_there_is_no_button(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    portal.clock = {"seconds": 200, "extends": False}
    page = working(portal)
    page.clock.run_for(1505_000)
    expect(page.get_by_text("eftersom du har varit inloggad länge")).to_be_visible()
    expect(page.get_by_role("button", name="Fortsätt vara inloggad")).to_be_hidden()


def test_after_the_end_the_page_says_what_happens_to_the_text(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    portal.clock = {"seconds": 0, "extends": False}
    page = working(portal)
    page.clock.run_for(1505_000)
    expect(page.get_by_text("Du är utloggad, eftersom")).to_be_visible()
    expect(page.get_by_role("link", name="Logga in igen")).to_be_visible()
    page.reload()
    page.get_by_label("Text").fill("Vi har bytt lönesystem.")
    page.clock.run_for(1505_000)
    expect(page.get_by_text("Det du har skrivit finns kvar på sidan")).to_be_visible()
    expect(page.get_by_role("link", name="Logga in igen")).to_be_hidden()


def test_where_no_answer_comes_it_asks_again(working: Callable[[Portal], Page]) -> None:
    portal = Portal(WRITING)
    page = working(portal)
    until_it_asks(page)
    expect(page.get_by_text("Du loggas ut")).to_be_hidden()
    portal.clock = {"seconds": 100, "extends": True}
    page.clock.run_for(31_000)
    expect(page.get_by_text("Du loggas ut kl.")).to_be_visible()


# What takes a while ---------------------------------------------------------------------------------------------------


WATCHED = (
    "{% for one in going_on %}{% progress one %}{% empty %}"
    '<p id="utfall-prov-1">Provkörningen är klar. 290 enheter.</p>{% endfor %}'
    '<form method="post"><label for="text">Text</label><textarea id="text" name="text"></textarea></form>'
)
STEP = 6_000  # more than the script waits between two askings


def at(done: int, **more: Any) -> list[Progress]:
    """So far."""
    return [Progress("prov-1", "Provkörningen pågår", f"{done} av 290 enheter är provade.", done, 290, **more)]


@pytest.fixture
def watching(open_page: Callable[..., Page]) -> Callable[[Portal], Page]:
    """A page that follows something, with its clock in the test's hand."""

    def go(portal: Portal) -> Page:
        page = open_page(portal)
        page.clock.install()
        page.reload()
        return page

    return go


def until_it_has_looked(page: Page) -> None:
    """Let time go until the page has asked and shown the answer."""
    with page.expect_response("**/*av-sig-sjalv=1*"):
        page.clock.run_for(STEP)


def test_progress_is_shown_as_the_server_tells_it_and_said_once_when_it_is_done(watching: Callable[[Portal], Page]) -> None:
    portal = Portal(WATCHED, going_on=at(12))
    page = watching(portal)
    bar = page.get_by_role("progressbar", name="Provkörningen pågår")
    expect(bar).to_have_attribute("value", "12")
    page.get_by_role("link", name="Uppdatera").focus()
    portal.context["going_on"] = at(140)
    until_it_has_looked(page)
    expect(page.get_by_text("140 av 290 enheter är provade.")).to_be_visible()
    expect(bar).to_have_attribute("value", "140")
    expect(page.get_by_role("link", name="Uppdatera")).to_be_focused()
    said = page.locator("body > [role=status]")
    expect(said).to_have_text("")
    portal.context["going_on"] = []
    until_it_has_looked(page)
    expect(bar).to_have_count(0)
    expect(page.get_by_role("main").get_by_text("Provkörningen är klar.")).to_be_visible()
    expect(said).to_have_text("Provkörningen är klar. 290 enheter.")
    expect(page.locator("main")).to_be_focused()


def test_what_is_written_on_the_page_stays_when_it_is_done(watching: Callable[[Portal], Page]) -> None:
    portal = Portal(WATCHED, going_on=at(12))
    page = watching(portal)
    page.get_by_label("Text").fill("Halvvägs")
    portal.context["going_on"] = []
    until_it_has_looked(page)
    expect(page.get_by_role("link", name="Visa resultatet")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Halvvägs")
    expect(page.get_by_label("Text")).to_be_focused()


def test_without_scripts_the_browser_loads_a_watched_page_again_until_it_is_done_or_stopped(
    open_page: Callable[..., Page],
) -> None:
    portal = Portal(WATCHED, going_on=at(12), is_watched=True)
    page = open_page(portal, scripts=False)
    again = page.locator('meta[http-equiv="refresh"]')
    expect(again).to_have_attribute("content", "20; url=/prov/?av-sig-sjalv=1")
    expect(page.get_by_text("Sidan uppdateras var 20:e sekund.")).to_be_visible()
    page.get_by_role("link", name="Låt den stå stilla").click()
    expect(again).to_have_count(0)
    portal.context |= {"going_on": [], "is_watched": False}
    page.goto(f"{HOST}/prov/")
    expect(again).to_have_count(0)
