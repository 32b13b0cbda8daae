"""What only a browser can show: forms that pass the forgery check, framing refused, nothing kept or complained of (WEB-05, 09, 10)."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import BrowserContext, Page, Request, Response, expect

from submissions.services import correct as correct_service
from tests import addresses
from tests.browser.conftest import Complaints
from tests.browser.test_accessibility import KEPT, NOT_PAGES, NOTHING, PEOPLE, give_session, pages_of
from tests.cast import sign_in
from tests.scene import Scene, ready_scene
from tests.test_access import NAMES, OPEN_TO_ALL, ROUTES, expected

pytestmark = pytest.mark.django_db(transaction=True)

NO_PAGES = NOT_PAGES | {"accounts:session_time"}
FORMS = "() => [...document.forms].map((form) => form.method === 'post' ? new URL(form.action).pathname : '')"
SEND = "(number) => HTMLFormElement.prototype.submit.call(document.forms[number])"


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def readable(name: str) -> list[str]:
    """The routes of pages that this person may read; a visitor's where there is no name."""
    if not name:
        return [route for route, statuses in OPEN_TO_ALL.items() if statuses["GET"] == 200 and route not in NO_PAGES]
    return [key for key, route in ROUTES.items() if expected(route, "GET", name) == 200 and key not in NO_PAGES]


class Markup(HTMLParser):
    """What a page gives the browser to work with, and where its forms are sent."""

    def __init__(self, address: str, markup: str) -> None:
        super().__init__()
        self.address = address
        self.works: set[tuple[str, str, str]] = set()
        self.sent_to: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Each kind of element with each attribute; of those that fetch or decide, with the value."""
        told = {name: value or "" for name, value in attrs}
        decides = {"src", "type", "rel", "http-equiv"} | ({"href"} if tag == "link" else set())
        self.works |= {(tag, "", ""), *((tag, name, value if name in decides else "") for name, value in told.items())}
        if tag == "form" and told.get("method", "").lower() == "post":
            self.sent_to.append(urlsplit(urljoin(self.address, told.get("action", ""))).path)


class Reader:
    """One person, who reads pages without a browser: in a tenth of the time."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.client = sign_in(Client(), getattr(scene.cast, name)) if name else Client()

    def read(self, address: str) -> Markup:
        """The page there."""
        answer = self.client.get(address, secure=True)
        assert answer.status_code == 200, address
        return Markup(address, answer.content.decode())


# Nothing kept, nothing complained of (WEB-10) ------------------------------------------------------------------------


@pytest.mark.needs_scripts("it asks what the scripts leave in the browser")
@pytest.mark.asvs("3.1.1", "3.7.5", "14.3.3")
def test_web_10_no_page_complains_or_keeps_anything_whoever_reads_it(
    new_context: Callable[..., BrowserContext], scene: Scene, base_url: str
) -> None:
    """Shown to each person for whom it has an element, an attribute or a script that nobody before has been shown there.

    Console errors, CSP violations among them, fail by the fixture `complaints`.
    """
    everybody = ("", *PEOPLE, *(name for name in NAMES if name not in PEOPLE))
    routes = {name: readable(name) for name in everybody}
    assert min(map(len, routes.values())) > 6
    seen: dict[str, set[tuple[str, str, str]]] = {}
    for name in everybody:
        reader, context, looked_at = Reader(scene, name), new_context(), pages_of(name) if name in PEOPLE else []
        if name:
            give_session(context, scene, name, base_url)
        page = context.new_page()
        for route in routes[name]:
            address = addresses.address(ROUTES[route], scene.trosa)
            works = reader.read(address).works
            if route not in looked_at and not works <= seen.get(route, set()):  # those by test_accessibility.py
                answer = page.goto(address)
                assert answer is not None
                assert answer.status == 200, (name, route)
                assert page.evaluate(KEPT) == NOTHING, (name, route)
            seen.setdefault(route, set()).update(works)
        context.close()


# Forms (WEB-05) ------------------------------------------------------------------------------------------------------


def kind_of(path: str) -> str:
    """The route that a form goes to."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def forms_of(reader: Reader, places: Iterable[str]) -> dict[str, str]:
    """Each kind of form on these pages, and the first page that has it; those that end something last."""
    found: dict[str, str] = {}
    for address in places:
        for kind in map(kind_of, reader.read(address).sent_to):
            if kind:
                found.setdefault(kind, address)
    return dict(sorted(found.items(), key=lambda item: LAST.index(item[0]) if item[0] in LAST else -1))


def send_form(tab: Page, address: str, kind: str) -> bool:
    """Send the page's first form of the kind; False where another has done away with it meanwhile."""
    finished: list[Request] = []
    for event in ("requestfinished", "requestfailed"):  # a file to keep "fails" as a page
        tab.on(event, lambda request: finished.append(request))  # type: ignore[call-overload]
    tab.goto(address)
    numbers = [number for number, path in enumerate(tab.evaluate(FORMS)) if kind_of(path) == kind]
    if numbers:
        finished.clear()
        with tab.expect_response(lambda answer: answer.request.method == "POST") as sent:
            tab.evaluate(SEND, numbers[0])
        assert_taken(sent.value, kind)
        followed = "GET" if sent.value.status == 302 else "POST"
        while not any(one.is_navigation_request() and one.method == followed for one in finished):
            tab.wait_for_timeout(20)  # the server must have ended before the next form, or the test, does
    tab.close()
    return bool(numbers)


def assert_taken(answer: Response, kind: str) -> None:
    """The form was sent with its origin and taken: led on or shown again with what is missing, never refused as forged."""
    headers = answer.request.all_headers()
    address = urlsplit(answer.url)
    own = f"{address.scheme}://{address.netloc}"
    assert answer.request.is_navigation_request(), kind
    assert headers["origin"] == own, kind
    assert headers["referer"].startswith(f"{own}/"), kind
    assert answer.status in {200, 302, 422}, f"{kind}: {answer.status}"
    assert answer.headers["referrer-policy"] == "same-origin"


PEOPLE_AND_FORMS = {
    "": {"start", "accounts:start"},
    "anna": {
        "accounts:sign_out", "submissions:upload", "submissions:comment", "submissions:remove_comment", "submissions:correct",
        "submissions:reveal_row", "submissions:undo", "deferrals:withdraw", "profiles:details",
        "profiles:invite", "profiles:member", "profiles:end_membership",
        "profiles:revoke_invitation", "messaging:new", "messaging:thread", "messaging:close",
    },
    "coordinator": {
        "accounts:sign_out", "admin:profiles_unit_invite", "admin:accounts_invitation_resend", "admin:accounts_invitation_revoke",
        "admin:messaging_thread_start", "admin:messaging_thread_reply",
        "admin:deferrals_deferral_decline",
    },
    "system": {"accounts:sign_out", "admin:accounts_user_suspend"},
}  # fmt: skip


LAST = [  # each does away with others: an invitation taken back cannot be sent again, signed out all is over
    "submissions:remove_comment", "submissions:reveal_row", "submissions:undo", "submissions:correct", "submissions:correct_batch",
    "submissions:undo_batch", "submissions:activate", "submissions:hand_in", "submissions:nobody_employed", "admin:deferrals_deferral_grant",
    "admin:deferrals_exemption_grant",
    "profiles:revoke_invitation", "admin:accounts_invitation_revoke", "profiles:end_membership", "admin:accounts_user_suspend",
    "accounts:end_session", "accounts:end_other_sessions", "accounts:sign_out",
]  # fmt: skip


@pytest.mark.needs_scripts("the forms are sent past the scripts as it is")
@pytest.mark.asvs("3.4.5")
@pytest.mark.parametrize("name", PEOPLE_AND_FORMS)
def test_web_05_every_form_passes_the_forgery_check_in_a_real_browser(
    context: BrowserContext, scene: Scene, base_url: str, complaints: Complaints, name: str
) -> None:
    """Referrer-Policy no-referrer would make Chromium send `Origin: null`, and every form would be refused."""
    for status in ("422", "404"):  # what is missing; and a page that the form before has done away with
        complaints.expect(status)
    if name:
        give_session(context, scene, name, base_url)
    places = [addresses.address(ROUTES[route], scene.trosa) for route in readable(name)]
    if name == "anna":
        explained = scene.trosa.explained
        places.append(reverse("submissions:findings", args=["0488", 2026, explained.check, explained.key]))
    forms = forms_of(Reader(scene, name), places)
    sent = {kind for kind, address in forms.items() if send_form(context.new_page(), address, kind)}
    assert sent >= PEOPLE_AND_FORMS[name]


# Framing (WEB-09) ----------------------------------------------------------------------------------------------------


REFUSED = ("frame-ancestors", "X-Frame-Options", "ERR_BLOCKED_BY_RESPONSE")


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another site: a page that frames an address, and one of its own to frame."""

    framed = ""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        """Answer."""
        body = "<p>Egen sida</p>" if self.path == "/egen" else f'<iframe name="portalen" src="{self.framed}"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Annan</title>{body}".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another origin on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def framed_text(page: Page, site: str, address: str) -> str:
    """What stands in the frame when another site frames the address."""
    Elsewhere.framed = address
    page.goto(f"{site}/")
    page.wait_for_load_state("networkidle")
    (frame,) = page.main_frame.child_frames
    return str(frame.evaluate("document.body ? document.body.innerText : ''"))


@pytest.mark.needs_scripts("whether a page may be framed is the browser's to say")
@pytest.mark.asvs("3.4.6")
def test_web_09_no_page_is_shown_in_a_frame_of_another_site(
    context: BrowserContext, page: Page, scene: Scene, base_url: str, elsewhere: str, complaints: Complaints
) -> None:
    for words in (*REFUSED, "favicon", "404"):
        complaints.expect(words)
    give_session(context, scene, "anna", base_url)
    assert framed_text(page, elsewhere, f"{elsewhere}/egen") == "Egen sida"
    for path in ("/", "/handbok/", "/inlamning/0488/2026/", "/konto/", "/finns-inte/"):
        complaints.found.clear()
        assert "Personalstatistik" not in framed_text(page, elsewhere, f"{base_url}{path}")
        assert [text for text in complaints.found if any(word in text for word in REFUSED)], path


# A part that fails (WEB-13) ------------------------------------------------------------------------------------------


@pytest.mark.asvs("16.5.1", "16.5.3")
def test_web_13_a_correction_that_fails_tells_so_on_the_page(
    context: BrowserContext, page: Page, scene: Scene, base_url: str, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints.expect("500")

    def fail(**_: object) -> None:
        raise RuntimeError("hemligt värde")

    monkeypatch.setattr(correct_service, "correct", fail)
    give_session(context, scene, "anna", base_url)
    page.goto(f"/inlamning/0488/2026/anmarkningar/{scene.trosa.group.check}/{scene.trosa.group.key}/")
    page.get_by_role("button", name="Rätta").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Något gick fel hos oss")
    expect(page.get_by_text(re.compile("Ange ärendenumret [a-z]{14}"))).to_be_visible()
    assert "hemligt" not in page.content()
