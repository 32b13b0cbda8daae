"""Every address with every kind of answer: the constant headers, no cache, no trace of what is behind (WEB-01, 04, 06, 13)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from procrastinate.exceptions import ConnectorException

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from config.middleware import RequestContext
from messaging.models import OutgoingMail
from submissions.models import Delivery
from tests import addresses
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.everywhere import AS_IN_PRODUCTION, Answer, answers, bare_refusals
from tests.scene import Scene
from tests.test_site import ROUTES, assert_headers

pytestmark = pytest.mark.django_db

HSTS = "max-age=63072000"
HTMX = {"HX-Request": "true"}
TELLS = re.compile(r"(?i)django|gunicorn|python|postgres|psycopg|traceback|/site-packages/|\.py\b|line \d+, in")


@pytest.fixture
def production(settings: Any) -> Any:
    """What production has and the tests otherwise lack."""
    for name, value in AS_IN_PRODUCTION.items():
        setattr(settings, name, value)
    return settings


def browser(**options: Any) -> GuardedClient:
    """A browser behind the proxy that ends TLS."""
    return GuardedClient(raise_request_exception=False, HTTP_X_FORWARDED_PROTO="https", **options)


def assert_answer(answer: HttpResponse | Answer, status: int) -> None:
    """The status, all headers, and nothing that names what the portal is made of."""
    assert answer.status_code == status
    assert_headers(answer)
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert not TELLS.search(repr(answer.headers))
    assert [cookie.key for cookie in answer.cookies.values() if "no-store" not in answer.headers["Cache-Control"]] == []


def raising(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let every view fail just before it is called."""

    def process_view(self: RequestContext, request: HttpRequest, *_: object) -> None:
        raise error

    patch.setattr(RequestContext, "process_view", process_view)


# Every address, every status (WEB-01) ----------------------------------------------------------------------------------


@pytest.mark.asvs("3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "3.5.8", "12.2.1", "14.2.3", "14.3.2")
def test_web_01_every_address_has_the_headers_with_every_kind_of_answer(
    scene: Scene, production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 or 302 as it comes, then 400, 403, 404, 405 and 500 provoked at each address."""
    answered = set()
    for name in ("", "anna", "system"):
        for answer in answers(scene, name):
            assert_answer(answer, answer.status_code)
            answered.add(answer.status_code)
    visitor, system, forger = browser(), sign_in(browser(), scene.cast.system), browser(enforce_csrf_checks=True)
    for route in ROUTES:
        address = addresses.address(route, scene.trosa)
        assert_answer(visitor.get(address, headers={"host": "evil.example"}), 400)
        if route.name != "csp_report":  # browsers send it by themselves, without a token
            assert_answer(forger.post(address), 403)
        assert_answer(system.get(f"{address.rstrip('/')}/finns/inte/x"), 404)
        assert_answer(visitor.delete(address), 405)
    assert answered >= {200, 302, 403, 404, 405}
    for error, status in ((RuntimeError("hemligt värde"), 500), (NotAllowed("Nej."), 403)):
        with monkeypatch.context() as patch:
            raising(patch, error)
            unlucky = browser()  # a client keeps the middleware as it was when it first asked
            for route in ROUTES:
                answer = unlucky.get(addresses.address(route, scene.trosa))
                assert_answer(answer, status)
                assert "hemligt" not in answer.content.decode()


@pytest.mark.asvs("12.2.1", "3.4.1")
def test_web_01_plain_http_is_led_to_https_with_the_headers(production: Any) -> None:
    client = GuardedClient()
    answer = client.get("/inlamning/?x=1", headers={"X-Forwarded-Proto": "http", "Host": "testserver"})
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/inlamning/?x=1")
    assert_headers(answer)


STATIC = sorted(
    path.relative_to(django_settings.BASE_DIR).as_posix() for path in (django_settings.BASE_DIR / "static").rglob("*.*")
)


@pytest.mark.asvs("3.4.1", "3.4.4", "3.4.8")
def test_web_06_static_files_have_the_headers_whatever_is_asked_and_set_no_cookie(production: Any) -> None:
    client = browser()
    client.cookies["__Host-csrf"] = "x" * 32
    assert len(STATIC) > 15
    for path in STATIC:
        for headers in ({}, {"Range": "bytes=0-3"}, {"If-Modified-Since": "Tue, 24 Nov 2099 00:00:00 GMT"}):
            answer = client.get(f"/{path}", headers=headers)
            assert answer.status_code in {200, 206, 304}, path
            b"".join(answer.streaming_content if answer.streaming else [answer.content])  # type: ignore[attr-defined]
            assert_headers(answer, is_dynamic=False)
            assert answer.headers["Strict-Transport-Security"] == HSTS
            assert not answer.cookies
            assert "Set-Cookie" not in answer.headers


# Caches (WEB-06) -----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("14.2.2", "14.2.5", "14.3.2")
def test_web_06_no_answer_may_be_kept_and_each_says_what_it_depends_on(scene: Scene) -> None:
    """No-store alone would do; Vary is for whatever cache does not know it."""
    for name in ("", "anna", "coordinator"):
        for answer in answers(scene, name):
            route = answer.route
            directives = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
            assert "no-store" in directives, route
            assert not directives & {"public", "s-maxage", "immutable"}, route
            assert not {"ETag", "Last-Modified", "Expires"} & set(answer.headers) or "no-store" in directives
            if answer.cookies or (answer.status_code == 200 and route.name not in {"healthz", "readyz"}):
                assert "Cookie" in answer.headers["Vary"], route


@pytest.mark.asvs("14.2.2", "14.3.2")
@pytest.mark.parametrize(
    "tail", ["x.css", "x.js", "x.png", "%2e%2e/x.css", ";x.css", "x.css?y", "..%2fstatic/x.css", "a/../x.css"]
)
def test_web_06_a_page_behind_a_file_s_name_does_not_exist(scene: Scene, tail: str) -> None:
    client = sign_in(GuardedClient(), scene.cast.anna)
    for page in ("/inlamning/", "/profil/", "/meddelanden/", "/inlamning/0488/2026/", "/handbok/"):
        answer = client.get(f"{page}{tail}")
        assert "no-store" in answer.headers["Cache-Control"]
        if answer.status_code == 301:  # the slash of a page's address is added, and then there is no such page
            assert answer.headers["Location"].partition("?")[0].endswith("/")
            answer = client.get(answer.headers["Location"])
        assert answer.status_code == 404, page
        assert "no-store" in answer.headers["Cache-Control"]


# Forms from elsewhere (WEB-04) -----------------------------------------------------------------------------------------


@pytest.mark.asvs("3.5.1", "3.5.3")
@pytest.mark.parametrize(
    ("token", "origin"),
    [
        ("", "https://testserver"),
        ("x" * 64, "https://testserver"),
        ("another's", "https://testserver"),
        ("right", "null"),
        ("right", "https://evil.example"),
        ("right", "https://testserver.evil.example"),
        ("right", "http://testserver"),
        ("right", "https://testserver:8443"),
    ],
)
@bare_refusals()
def test_web_04_no_address_takes_a_form_from_elsewhere(scene: Scene, token: str, origin: str) -> None:
    before = AuditEvent.objects.count(), Delivery.objects.count(), OutgoingMail.objects.count()
    others = str(GuardedClient().get("/konto/").context["csrf_token"])
    client = GuardedClient(enforce_csrf_checks=True)
    own = str(client.get("/konto/").context["csrf_token"])
    sign_in(client, scene.cast.coordinator)
    sent = {"right": own, "another's": others}.get(token, token)
    for route in ROUTES:
        if route.name == "csp_report":  # browsers send it by themselves, without a token; it changes nothing
            continue
        form = {"csrfmiddlewaretoken": sent} if sent else {}
        answer = client.post(addresses.address(route, scene.trosa), form, headers={"origin": origin})
        assert answer.status_code == 403, route
    assert (AuditEvent.objects.count(), Delivery.objects.count(), OutgoingMail.objects.count()) == before


@pytest.mark.asvs("3.5.1")
def test_web_04_the_right_token_from_the_portal_itself_is_taken(scene: Scene) -> None:
    """Else the test above would prove nothing."""
    client = GuardedClient(enforce_csrf_checks=True)
    token = str(client.get("/konto/").context["csrf_token"])
    sign_in(client, scene.cast.anna)
    form = {"csrfmiddlewaretoken": token, "name": "Anna Ek", "phone": ""}
    answer = client.post(reverse("profiles:details"), form, headers={"origin": "https://testserver"})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("profiles:overview"))


# Failures (WEB-13) -----------------------------------------------------------------------------------------------------


@pytest.fixture
def database_down() -> Iterator[None]:
    """Every statement fails, as when the database server is gone."""

    def refuse(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        raise OperationalError('connection to server at "10.0.0.7" failed: password authentication failed for "portal_app"')

    with connection.execute_wrapper(refuse):
        yield


def assert_own_page(answer: HttpResponse, status: int = 500, heading: str = "Något gick fel hos oss") -> None:
    """Our page with the request's id, for a person to give; nothing of the fault."""
    assert answer.status_code == status
    assert_headers(answer)
    text = answer.content.decode()
    assert f"<h1>{heading}</h1>" in text
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in text
    for tell in ("hemligt", "10.0.0.7", "portal_app", "RuntimeError", "OperationalError"):
        assert tell not in text
    assert not TELLS.search(text)


@pytest.mark.asvs("13.4.2", "16.3.4", "16.5.1", "16.5.2", "16.5.3", "16.5.4")
@pytest.mark.parametrize("name", ["", "anna", "system"])
def test_web_13_an_exception_is_our_own_page_with_the_request_s_id(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    client = browser()
    if name:
        sign_in(client, getattr(scene.cast, name))
    raising(monkeypatch, RuntimeError("hemligt värde"))
    for method in (client.get, client.post):
        assert_own_page(method("/inlamning/"))
    faults = [record for record in caplog.records if record.name == "django.request"]
    assert [record.levelname for record in faults] == ["ERROR", "ERROR"]
    assert all(record.exc_info for record in faults)


@pytest.mark.asvs("16.5.1", "16.5.3")
@pytest.mark.parametrize("address", ["/", "/inlamning/", "/handbok/", "/kontroller/", "/admin/", "/kvittens/AAAA-BBBB-CCCC/"])
def test_web_13_without_a_database_the_page_says_to_try_again(scene: Scene, database_down: None, address: str) -> None:
    client = browser()
    client.cookies["__Host-session"] = "a" * 32
    answer = client.get(address)
    assert_own_page(answer, 503, "Försök igen om en stund")
    assert answer.headers["Retry-After"] == "30"


def of_the_queue(cause: psycopg.Error) -> ConnectorException:
    """As the queue of jobs says it, where a mail is to be sent."""
    fault = ConnectorException("hemligt")
    fault.__cause__ = cause
    return fault


@pytest.mark.asvs("16.5.1", "16.5.3")
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (psycopg.errors.AdminShutdown("hemligt"), 503),
        (psycopg.errors.CrashShutdown("hemligt"), 503),
        (psycopg.errors.CannotConnectNow("hemligt"), 503),
        (psycopg.errors.DiskFull("hemligt"), 503),
        (psycopg.errors.TooManyConnections("hemligt"), 503),
        (psycopg.errors.ReadOnlySqlTransaction("hemligt"), 503),
        (psycopg.OperationalError("hemligt"), 503),
        (psycopg.InterfaceError("hemligt"), 503),
        (of_the_queue(psycopg.errors.DiskFull("hemligt")), 503),
        (of_the_queue(psycopg.errors.UndefinedTable("hemligt")), 500),
        (psycopg.errors.DeadlockDetected("hemligt"), 500),
        (psycopg.errors.QueryCanceled("hemligt"), 500),
        (psycopg.errors.UndefinedColumn("hemligt"), 500),
        (psycopg.errors.UniqueViolation("hemligt"), 500),
        (psycopg.errors.InsufficientPrivilege("hemligt"), 500),
    ],
)
def test_web_13_only_a_database_that_comes_back_is_a_reason_to_wait(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def refuse(self: RequestContext, request: HttpRequest, *_: object) -> None:
        with connection.wrap_database_errors:
            raise fault

    monkeypatch.setattr(RequestContext, "process_view", refuse)
    answer = browser().get("/inlamning/")
    assert answer.status_code == status
    assert "hemligt" not in answer.content.decode()


@pytest.mark.asvs("16.5.1")
def test_web_13_a_fragment_that_fails_tells_so_in_the_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page asks htmx to show an answer of 4xx or 5xx in place of the page (tests/browser/test_web.py sees it done)."""
    client = sign_in(browser(), scene.cast.anna)
    correct = reverse("submissions:correct", args=["0488", 2026, scene.trosa.correction.row, scene.trosa.correction.field])
    raising(monkeypatch, RuntimeError("hemligt värde"))
    answer = client.post(correct, headers=HTMX)
    assert_own_page(answer)
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", render_to_string("_head.html", {"menu": True}))
    assert found is not None
    handling = json.loads(found[1])["responseHandling"]
    first = next(rule for rule in handling if re.match(rule["code"], "500"))
    assert first == {"code": "[45]..", "swap": True, "error": True, "target": "body", "swapOverride": "innerHTML"}


def test_web_13_the_page_needs_nothing_but_its_own_files() -> None:
    page = render_to_string("500.html", {"request_id": "abcdefghijklmn"})
    assert set(re.findall(r'(?:href|src)="(/[^"]*)"', page)) >= {"/"}
    assert not re.findall(r'(?:href|src)="(?!/|#|mailto:)', page)
