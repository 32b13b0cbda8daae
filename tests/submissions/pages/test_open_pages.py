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


def test_a_page_tells_why_how_and_by_an_example(client: GuardedClient, collection: Collection) -> None:
    page = client.get("/kontroller/RIM02/").content.decode()
    spec = builtin.collection_spec(2026).checks["RIM02"]
    for text in (spec.why, spec.mend, *spec.answers, "58000", "130000", "/handbok/falt/22/"):
        assert text in page
    assert "/kontroller/RIM02/" in client.get("/handbok/falt/22/").content.decode()
    CheckSetting.objects.filter(code="RIM02").update(
        why="Eget skäl.", mend="Egen bot.", answers=["Eget svar."], valid_from="2026-11-01", threshold_text="> 99 000 kr"
    )
    page = client.get("/kontroller/RIM02/").content.decode().replace("\xa0", " ")
    for text in ("Eget skäl.", "Egen bot.", "Eget svar.", "1 november 2026", "&gt; 99 000 kr"):
        assert text in page
    assert spec.answers[0] not in page


@pytest.mark.parametrize(
    ("search", "found", "missing"),
    [
        ("sjuk", "AGG12", "FIL01"),
        ("LÖNESYSTEM nytt", "KOM03", "FMT06"),
        ("rim05", "RIM05", "RIM06"),
        ("finnsingenstans", "0 kontroller", "FIL01"),
        ('"><script>', "&quot;&gt;&lt;script&gt;", "<script>"),
    ],
)
def test_the_checks_are_found_by_plain_words(
    client: GuardedClient, collection: Collection, search: str, found: str, missing: str
) -> None:
    page = client.get("/kontroller/", {"sok": search}).content.decode().replace("\xa0", " ")
    page = page.split("<main")[1].split("</main")[0]
    assert found in page
    assert missing not in page


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
