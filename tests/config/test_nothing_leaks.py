"""DRIFT-09: what lies on the server beside the portal is not served: no repository, no settings, no folder's list."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from tests.cast import Cast, sign_in
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db
HIDDEN = [
    *("/.git/", "/.git/config", "/.git/HEAD", "/.gitignore", "/.env", "/.env.example", "/.htaccess", "/.DS_Store"),
    *(
        "/manage.py",
        "/pyproject.toml",
        "/Dockerfile",
        "/config/settings.py",
        "/requirements/base.txt",
        "/var/demo.json",
        "/docs/drift.md",
    ),
    *("/static/", "/static/css/", "/static/js", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/..%2fmanage.py"),
    *(
        "/static/....//manage.py",
        "/static/css/../../manage.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/..\\manage.py",
    ),
    *(
        "/admin/doc/",
        "/admin/doc/models/",
        "/admin/jsi18n/x/",
        "/server-status",
        "/phpinfo.php",
        "/media/",
        "/debug/",
        "/__debug__/",
    ),
    *("/utkorg/", "/komponenter/", "/sitemap.xml", "/api/", "/swagger.json", "/static/admin/", "/robots.txt.bak"),
]
IN_ADMIN = ["/admin/doc/", "/admin/doc/models/", "/admin/jsi18n/x/"]
TELLING = ("[core]", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "Index of", "root:", "[project]", "Directory listing")


def answer(client: Client, address: str) -> tuple[int, str]:
    """The status and the page."""
    response = client.get(address)
    body = response.getvalue() if response.streaming else response.content
    return response.status_code, body.decode(errors="replace")


@pytest.mark.asvs("3.5.4", "13.4.1", "13.4.3", "13.4.5")
@pytest.mark.parametrize("address", [*HIDDEN, *IN_ADMIN])
def test_drift_09_nothing_beside_the_portal_is_served(client: GuardedClient, address: str) -> None:
    status, page = answer(client, address)
    assert status == (302 if address in IN_ADMIN else 404)  # the admin says nothing of its addresses to a stranger
    assert not any(word in page for word in TELLING)


@pytest.mark.asvs("13.4.1")
def test_drift_09_nor_to_skr_people_who_are_signed_in(cast: Cast) -> None:
    browser = sign_in(GuardedClient(), cast.system)
    statuses = {address: answer(browser, address)[0] for address in (*HIDDEN, *IN_ADMIN)}
    assert {address for address, status in statuses.items() if status != 404} == set()


def test_drift_09_the_files_that_are_served_are_those_of_static(client: GuardedClient) -> None:
    """The guard of this test: what is there is found, so that 404 above means hidden and not broken."""
    assert answer(client, staticfiles_storage.url("css/portal.css"))[0] == 200
    assert [str(folder) for folder in settings.STATICFILES_DIRS] == [str(settings.BASE_DIR / "static")]
    assert not hasattr(settings, "MEDIA_ROOT") or settings.MEDIA_ROOT == ""
