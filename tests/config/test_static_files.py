"""What a first visit fetches: the joined sheets and scripts, their caches, and how many bytes each main page is in all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import override_settings
from django.urls import reverse
from whitenoise.middleware import WhiteNoiseMiddleware as WhiteNoise

from config.static_files import IMPORT, JOINED, JoiningStorage
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene

STATIC = Path(settings.BASE_DIR) / "static"
FILES = re.compile(r'<(?:link|script|img)\b[^>]*?(?:href|src)="/static/([^"]+)"')
ALONE = {"admin.css", "progress.js"}  # SKR's pages, and what shows how far something has come, bring their own
kB = 1000
IN_PRODUCTION = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.static_files.JoiningStorage"}}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> JoiningStorage:
    """The static files, collected and compressed as in production."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=str(folder), STORAGES=IN_PRODUCTION):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin", "htmax*", "hx-*", "htmx-4*"])
        storage = JoiningStorage(location=str(folder))
        storage.load_manifest()
    return storage


def sources(name: str) -> list[str]:
    """What the list `name` imports, in order."""
    return [Path(found["name"]).name for found in IMPORT.finditer((STATIC / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", JOINED)
def test_every_sheet_and_script_is_on_the_list_once(name: str) -> None:
    folder = (STATIC / name).parent
    lying_there = {path.name for path in folder.iterdir()} - {Path(name).name} - ALONE
    assert sorted(sources(name)) == sorted(lying_there)


def test_the_sheets_are_listed_in_the_order_of_their_names() -> None:
    numbered = [name for name in sources("css/portal.css") if name[0].isdigit()]
    assert numbered == sorted(numbered)


@pytest.mark.parametrize("name", JOINED)
def test_collected_a_list_holds_what_it_named(collected: JoiningStorage, name: str) -> None:
    text = Path(collected.path(name)).read_text(encoding="utf-8")
    assert not IMPORT.search(text)
    for source in sources(name):
        assert (STATIC / name).with_name(source).read_text(encoding="utf-8") in text
    assert Path(collected.path(collected.stored_name(name))).read_text(encoding="utf-8") == text


def test_the_sheet_for_print_stays_one_for_print(collected: JoiningStorage) -> None:
    text = Path(collected.path("css/portal.css")).read_text(encoding="utf-8")
    assert text.index("@media print {\n/* Print:") > text.index("@layer utilities")


def test_a_browser_keeps_a_hashed_file_for_ever_and_gets_it_compressed(collected: JoiningStorage) -> None:
    as_served = {"STATIC_ROOT": collected.location, "WHITENOISE_USE_FINDERS": False, "WHITENOISE_AUTOREFRESH": False}
    with override_settings(STORAGES=IN_PRODUCTION, **as_served):
        served = WhiteNoise(lambda request: HttpResponse())
    for name in JOINED:
        file = served.files[f"{settings.STATIC_URL}{collected.stored_name(name)}"]
        answer = file.get_response("HEAD", {"HTTP_ACCEPT_ENCODING": "gzip"})
        headers = dict(answer.headers)
        assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
        assert headers["Content-Encoding"] == "gzip"


def weight(client: GuardedClient, address: str, storage: JoiningStorage) -> tuple[int, list[str]]:
    """The bytes of the page and of all it names, and the names; pages are sent as they are, files compressed where it helps."""
    page = client.get(address).content
    names = list(dict.fromkeys(FILES.findall(page.decode())))
    files = [Path(storage.path(name)) for name in names]
    sent = [packed if (packed := file.with_name(f"{file.name}.gz")).exists() else file for file in files]
    return len(page) + sum(file.stat().st_size for file in sent), names


def test_the_sign_in_page_is_light_and_has_no_htmx(client: GuardedClient, db: None, collected: JoiningStorage) -> None:
    total, names = weight(client, "/", collected)
    assert sorted(names) == ["css/portal.css", "img/favicon.svg", "img/marke.svg", "js/portal.js"]
    assert total < 60 * kB


def test_no_first_page_of_somebody_signed_in_weighs_more_than_80_kb(scene: Scene, collected: JoiningStorage) -> None:
    anna, officer = (sign_in(GuardedClient(), person) for person in (scene.cast.anna, scene.cast.officer))
    for client in (anna, officer):
        client.may_write = frozenset({"messaging_readmark"})
    trosa = ["0488", 2026]
    mine = [
        "/",
        reverse("submissions:upload", args=trosa),
        reverse("submissions:review", args=trosa),
        reverse("messaging:overview"),
    ]
    for address in mine:
        assert weight(anna, address, collected)[0] < 80 * kB, address
    for address in ("/admin/", reverse("admin:submissions_submission_changelist")):
        assert weight(officer, address, collected)[0] < 80 * kB, address


def test_a_page_blocks_on_one_sheet_and_on_no_script(scene: Scene) -> None:
    for client, address in ((GuardedClient(), "/"), (sign_in(GuardedClient(), scene.cast.anna), "/meddelanden/")):
        page = client.get(address).content.decode()
        assert len(re.findall(r'<link rel="stylesheet"', page)) == 1
        scripts = re.findall(r"<script\b[^>]*>", page)
        assert scripts
        assert all(" defer" in tag or 'type="module"' in tag for tag in scripts)
