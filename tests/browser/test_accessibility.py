"""Every page that the access matrix lets somebody read, as axe and a narrow screen see it: light, dark, 320 pixels wide.

Each page is looked at once, as the first of PEOPLE who may read it. It is loaded once as well, so here too is asked what it leaves
in the browser (WEB-10); tests/browser/test_web.py asks the same of those to whom the page gives more.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tests import addresses
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene, ready_scene
from tests.test_access import OPEN_TO_ALL, ROUTES, expected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_scripts("the pages are looked at, nothing is done")]

PEOPLE = ("anna", "cia", "coordinator", "statistician", "system")
NOT_PAGES = frozenset(
    {
        *{"healthz", "readyz", "admin:jsi18n", "submissions:table_file", "submissions:codes", "messaging:news"},
        *{"deferrals:calendar", "deferrals:unit_calendar", "admin:deferrals_deferral_due_dates", "messaging:attachment"},
        *{"admin:submissions_codelist_codes_file", "admin:submissions_layout_fields_file", "metrics"},
        *{"handbook_layout_file", "handbook_code_list_file", "handbook_sample"},
    }
)  # files and parts of pages
LOOKED_AT_SIGNED_OUT = frozenset(OPEN_TO_ALL)
KEPT = """async () => ({
    local: Object.keys(localStorage), session: Object.keys(sessionStorage), caches: await caches.keys(),
    databases: (await indexedDB.databases()).map((one) => one.name), cookies: document.cookie,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING = {"local": [], "session": [], "caches": [], "databases": [], "cookies": "", "workers": 0}


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def pages_of(name: str) -> list[str]:
    """The routes that this person is the first to read."""
    before = PEOPLE[: PEOPLE.index(name)]
    return [
        route.name
        for route in ROUTES.values()
        if expected(route, "GET", name) == 200
        and route.name not in NOT_PAGES | LOOKED_AT_SIGNED_OUT
        and not any(expected(route, "GET", other) == 200 for other in before)
    ]


def give_session(context: BrowserContext, scene: Scene, name: str, base_url: str) -> None:
    """Let the browser carry a verified session of that person."""
    client = sign_in(GuardedClient(), getattr(scene.cast, name))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    secure = base_url.replace("http:", "https:")  # Chromium sends a __Host- cookie to this machine over plain http as well
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": secure, "secure": True, "httpOnly": True}])


@pytest.mark.asvs("3.1.1", "3.7.5", "14.3.3")
@pytest.mark.parametrize("name", PEOPLE)
def test_web_10_every_page_is_accessible_and_neither_complains_nor_keeps_anything_in_the_browser(
    context: BrowserContext, page: Page, axe: Callable[[Page], None], scene: Scene, base_url: str, name: str
) -> None:
    """Console errors, CSP violations among them, fail by the fixture `complaints`."""
    give_session(context, scene, name, base_url)
    for route in pages_of(name):
        answer = page.goto(addresses.address(ROUTES[route], scene.trosa))
        assert answer is not None
        assert answer.status == 200, route
        axe(page)
        assert page.evaluate(KEPT) == NOTHING, route
