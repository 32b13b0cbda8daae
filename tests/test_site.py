"""Rules of the whole site: headers, methods, forged forms, foreign hosts, where a sign-in leads (security.md: WEB-01 to 12)."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import AuditEvent
from config import views
from config.middleware import RequestContext, SecurityHeaders
from messaging.models import OutgoingMail
from submissions.models import Delivery
from tests import addresses, people
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.everywhere import Answer, answers, bare_refusals
from tests.people import made_person
from tests.scene import Scene

pytestmark = pytest.mark.django_db

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; report-uri /csp-rapport/",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OF_A_FILE = HEADERS | {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
ROUTES = addresses.routes()
FRAGMENTS = {"submissions:codes", "messaging:news"}  # parts of the pages that ask for them


def assert_headers(answer: HttpResponse | Answer, *, is_dynamic: bool = True) -> None:
    """The constant headers are there, and nothing that tells a version or lets another site read."""
    is_file = answer.headers.get("Content-Disposition", "").startswith("attachment")  # stricter still: nothing in it runs
    assert {name: answer.headers.get(name) for name in HEADERS} == (OF_A_FILE if is_file else HEADERS)
    if is_dynamic:
        assert "no-store" in answer.headers["Cache-Control"]
    assert not [name for name in answer.headers if name.startswith("Access-Control-") or name in {"Server", "X-Powered-By"}]


# Headers -------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("3.4.2", "3.4.3", "3.4.4", "3.4.6", "3.4.8", "3.5.8", "3.6.1", "13.4.6", "14.2.3")
def test_web_01_every_page_has_the_headers(scene: Scene) -> None:
    for name in ("", "anna", "system"):
        for answer in answers(scene, name):
            assert_headers(answer)


@pytest.mark.asvs("3.4.2", "3.4.3", "3.4.4", "3.4.6", "3.4.8", "3.5.8", "3.6.1", "13.4.6", "14.2.3")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/handbok/", 200),
        ("GET", "/inlamning/", 302),
        ("GET", "/finns-inte/", 404),
        ("GET", "/konto/logga-ut/", 405),
        ("POST", "/handbok/", 405),
        ("GET", "/kvittens/AAAA-BBBB-CCCC/", 404),
    ],
)
def test_web_01_every_kind_of_answer_has_the_headers(client: GuardedClient, method: str, path: str, status: int) -> None:
    answer = client.generic(method, path)
    assert answer.status_code == status
    assert_headers(answer)


@pytest.mark.asvs("3.4.2", "3.4.3", "3.4.4", "3.4.6", "3.4.8", "3.5.8", "3.6.1", "13.4.6", "14.2.3")
def test_web_01_a_refusal_has_the_headers(scene: Scene, client: GuardedClient) -> None:
    answer = sign_in(client, scene.cast.cia).post(reverse("submissions:upload", args=["0488", 2026]))
    assert answer.status_code == 403
    assert_headers(answer)


@pytest.mark.asvs("3.4.2", "3.4.3", "3.4.4", "3.4.6", "3.4.8", "3.5.8", "3.6.1", "13.4.6", "14.2.3")
def test_web_01_a_forged_form_and_a_foreign_host_get_the_headers() -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    answer = client.post("/konto/", {"email": "a@b.se"})
    assert answer.status_code == 403
    assert_headers(answer)
    answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert_headers(answer)


@pytest.mark.asvs("3.4.3", "16.5.1")
def test_web_01_a_failure_has_the_headers_and_tells_nothing() -> None:
    answer = RequestContext(SecurityHeaders(views.server_error))(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert_headers(answer)
    text = answer.content.decode()
    assert answer.headers["X-Request-ID"] in text
    assert "Traceback" not in text


@pytest.mark.asvs("4.1.1")
def test_web_01_every_answer_says_what_it_is_and_in_which_encoding(scene: Scene, client: GuardedClient) -> None:
    for name in ("anna", "system"):
        for answer in answers(scene, name):
            route = answer.route
            if answer.streaming or not answer.content:
                continue
            kind, _, rest = answer.headers["Content-Type"].replace('"', "").partition("; ")
            assert rest == ("charset=utf-8" if kind.startswith("text/") else ""), route
            is_page = kind == "text/html" and (route.name not in FRAGMENTS or answer.status_code != 200)
            assert answer.content.lstrip().lower().startswith(b"<!doctype html>") == is_page, route
    style = client.get("/static/css/00-tokens.css")
    assert style.headers["Content-Type"].replace('"', "") == "text/css; charset=utf-8"
    assert b"".join(style.streaming_content)  # type: ignore[attr-defined] # read to the end, it closes its file


@pytest.mark.asvs("7.4.4")
def test_ses_04_every_page_of_somebody_signed_in_has_the_button_that_signs_out(scene: Scene) -> None:
    sign_out, seen = f'action="{reverse("accounts:sign_out")}"', 0
    for name in ("anna", "coordinator"):
        for answer in answers(scene, name):
            if answer.status_code == 200 and b"</html>" in answer.content:
                assert sign_out in answer.content.decode(), answer.route
                seen += 1
    assert seen > 60


@pytest.mark.parametrize("address", ["/uppskov/%00/", "/profil/04%0088/", "/admin/messaging/thread/skriv/%00/", "/kvittens/%00/"])
def test_an_address_with_a_nul_is_not_there(scene: Scene, client: GuardedClient, address: str) -> None:
    assert sign_in(client, scene.cast.coordinator if "admin" in address else scene.cast.anna).get(address).status_code == 404


@pytest.mark.asvs("14.2.5")
def test_web_06_a_static_file_that_is_not_there_is_kept_in_no_cache(client: GuardedClient) -> None:
    answer = client.get("/static/css/finns-inte.css")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.asvs("3.4.3", "3.4.4", "3.5.8", "13.4.6")
def test_web_01_static_files_have_the_headers_and_set_no_cookie(client: GuardedClient) -> None:
    answer = client.get("/static/css/00-tokens.css")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert_headers(answer, is_dynamic=False)
    assert not answer.cookies


@pytest.mark.asvs("13.4.7", "14.2.5")
def test_web_06_an_address_that_looks_like_a_file_is_not_one(scene: Scene, client: GuardedClient) -> None:
    assert sign_in(client, scene.cast.anna).get("/inlamning/x.css").status_code == 404


# Methods -------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("4.1.4", "13.4.4")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS"])
@bare_refusals()
def test_web_12_no_other_method_is_answered(scene: Scene, method: str) -> None:
    for client in (sign_in(GuardedClient(), scene.cast.anna), sign_in(GuardedClient(), scene.cast.coordinator)):
        for route in ROUTES:
            answer = client.generic(method, addresses.address(route, scene.trosa))
            assert answer.status_code == 405, route
        assert answer.headers["Allow"] == "GET, HEAD, POST"
        assert_headers(answer)


# Forms from elsewhere ------------------------------------------------------------------------------------------------


@pytest.mark.asvs("3.5.1", "3.5.3")
@bare_refusals()
def test_web_04_no_form_is_taken_without_its_token(scene: Scene) -> None:
    """Everywhere a POST is answered at all, for a visitor and for those with most rights, wherever they got in."""
    before = AuditEvent.objects.count(), Delivery.objects.count(), OutgoingMail.objects.count()
    for user in (None, scene.cast.anna, scene.cast.coordinator):
        client = GuardedClient(enforce_csrf_checks=True)
        if user:
            sign_in(client, user)
        for route in ROUTES:
            if route.name == "csp_report":  # browsers send it by themselves; it changes nothing
                continue
            assert client.post(addresses.address(route, scene.trosa)).status_code == 403, route
    assert (AuditEvent.objects.count(), Delivery.objects.count(), OutgoingMail.objects.count()) == before


@pytest.mark.asvs("3.5.1", "3.5.3")
@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://testserver"])
def test_web_04_a_right_token_from_another_origin_is_refused(origin: str) -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    page = client.get("/konto/")
    token = page.context["csrf_token"]
    form = {"email": "anna@trosa.se", "csrfmiddlewaretoken": str(token)}
    assert client.post("/konto/", form, headers={"origin": origin}).status_code == 403
    assert (
        client.post("/konto/", {**form, "csrfmiddlewaretoken": "x" * 64}, headers={"origin": "https://testserver"}).status_code
        == 403
    )
    assert client.post("/konto/", form, headers={"origin": "https://testserver"}).status_code == 302


# Where a sign-in leads -----------------------------------------------------------------------------------------------


def sign_in_through(client: GuardedClient, next_route: str, *, by_form: bool) -> HttpResponse:
    """Sign in with both factors, asking to be led on by the address or by the form."""
    person = made_person("bo@ystad.se")
    values = {"email": person.email, "password": person.password, **({"next": next_route} if by_form else {})}
    client.post("/", values, query_params=None if by_form else {"next": next_route})
    return client.post("/konto/logga-in/", {"token": person.phone.code(), "next": next_route})


@pytest.mark.asvs("1.1.1", "1.2.2", "3.7.2")
@pytest.mark.parametrize("by_form", [True, False])
@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "/\\evil.example", "https:evil.example", "\t//evil.example", "javascript:alert(1)", "%2f%2fevil.example",
     "https://evil.example/", "accounts:sign_out", "/inlamning/", "submissions:review"],
)  # fmt: skip
def test_web_07_only_listed_names_are_followed(client: GuardedClient, elsewhere: str, by_form: bool) -> None:
    assert sign_in_through(client, elsewhere, by_form=by_form).headers["Location"] == "/"


@pytest.mark.asvs("3.7.2")
def test_web_07_the_page_asked_for_is_where_the_sign_in_leads(client: GuardedClient) -> None:
    asked = client.get("/meddelanden/")
    assert asked.headers["Location"] == "/?next=messaging%3Aoverview"
    assert 'name="next" value="messaging:overview"' in client.get(asked.headers["Location"]).content.decode()
    assert sign_in_through(client, "messaging:overview", by_form=True).headers["Location"] == "/meddelanden/"


# Foreign hosts -------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("3.5.4")
@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "evil.example:443", ""]
)
def test_web_08_a_foreign_host_gets_400_and_no_mail_is_written(client: GuardedClient, host: str) -> None:
    made_person("anna@trosa.se")
    before = OutgoingMail.objects.count()
    answer = client.post("/konto/", {"email": "anna@trosa.se"}, HTTP_HOST=host) if host else client.post("/konto/", HTTP_HOST="[")
    assert answer.status_code == 400
    assert OutgoingMail.objects.count() == before


@pytest.mark.asvs("1.2.2")
def test_web_08_a_mail_names_the_portals_own_address_whoever_asked(client: GuardedClient) -> None:
    person = made_person("anna@trosa.se")
    client.post("/konto/", {"email": person.email}, headers={"host": "localhost", "x-forwarded-host": "evil.example"})
    body = people.mails(person.email)[-1].body
    assert "evil" not in body
    assert "localhost" not in body
