"""What every address answers to a GET, asked once per person and process: the rules about all answers read the same ones.

Asked as in production, https behind a proxy, in the scene as it is made; whatever an answer writes is undone before the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from unittest import mock

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.test import override_settings

from config import middleware, views
from tests import addresses
from tests.addresses import Route
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene

AS_IN_PRODUCTION = {  # what the tests otherwise lack: kept by the browser for two years
    "SECURE_HSTS_SECONDS": 63072000,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


@dataclass(frozen=True)
class Answer:
    """One answer, without what made it. A streamed one has no content here."""

    route: Route
    status_code: int
    headers: ResponseHeaders
    cookies: SimpleCookie
    streaming: bool
    content: bytes


_heard: dict[str, list[Answer]] = {}


def answers(scene: Scene, name: str = "") -> list[Answer]:
    """What each of Trosa's addresses answers to that person of the cast, or to a visitor. Ask before the test changes anything."""
    if name not in _heard:
        with override_settings(**AS_IN_PRODUCTION):
            _heard[name] = list(_ask(scene, name))
    return _heard[name]


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever happens inside is undone, as if nobody had asked."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def bare_refusals() -> Iterator[None]:
    """Refusals without their page, where only who is refused is asked; tests/test_answers.py reads the page at every address."""
    render = views.render

    def bare(request: HttpRequest, template: str, *context: Any, status: int = 200) -> HttpResponse:
        is_refusal = template[:3].isdecimal()  # 404.html
        return HttpResponse(template, status=status) if is_refusal else render(request, template, *context, status=status)

    with mock.patch.object(views, "render", bare), mock.patch.object(middleware, "render_to_string", lambda name, request: name):
        yield


def _ask(scene: Scene, name: str) -> Iterator[Answer]:
    client = GuardedClient(raise_request_exception=False, HTTP_X_FORWARDED_PROTO="https")
    with taken_back():
        if name:
            sign_in(client, getattr(scene.cast, name))
        cookies = client.cookies.output().replace("Set-Cookie: ", "")
        for route in addresses.routes():
            client.cookies = SimpleCookie(cookies)
            with taken_back():
                answer = client.get(addresses.address(route, scene.trosa))
            content = b"" if answer.streaming else answer.content
            yield Answer(route, answer.status_code, answer.headers, answer.cookies, answer.streaming, content)
