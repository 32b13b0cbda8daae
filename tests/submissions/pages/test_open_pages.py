"""The pages that need no session: the checks, and whether a receipt is ours."""

from __future__ import annotations

import pytest

from submissions import builtin, synthetic
from submissions.models import CheckSetting, Collection, Receipt
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, send


@pytest.mark.django_db
def test_the_catalogue_is_there_before_any_collection(client: GuardedClient) -> None:
    page = client.get("/kontroller/").content.decode()
    assert all(code in page for code in builtin.collection_spec(2026).checks)


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(builtin.collection_spec(2026).checks))
def test_every_check_has_a_page(client: GuardedClient, code: str) -> None:
    page = client.get(f"/kontroller/{code}/")
    assert page.status_code == 200
    assert "{" not in page.content.decode().split("<main")[1].split("</main")[0]


def test_the_pages_follow_the_years_settings(client: GuardedClient, collection: Collection) -> None:
    CheckSetting.objects.filter(code="KOD06").update(title="Egen rubrik från SKR", enabled=False)
    page = client.get("/kontroller/kod06/").content.decode()
    assert "Egen rubrik från SKR" in page
    assert "avstängd" in page
    assert client.get("/kontroller/XYZ99/").status_code == 404


def test_a_receipt_is_verified_without_a_session_or_a_name(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    send(client, synthetic.delivery("0488", 80, 7))
    client.post(f"{PAGE}klarmarkera/", {"version": 1, "revision": 0})
    code = Receipt.objects.get().code
    visitor = GuardedClient()
    for written in (code, code.lower(), code.replace("-", "")):
        page = visitor.get(f"/kvittens/{written}/").content.decode()
        assert "Kvittensen är äkta" in page
        assert "Bo Ask" not in page
    assert visitor.get("/kvittens/AAAA-BBBB-CCCC/").status_code == 404
    client.post(f"{PAGE}ta-tillbaka/")
    assert "gäller inte längre" in visitor.get(f"/kvittens/{code}/").content.decode()
