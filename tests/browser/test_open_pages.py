"""The pages that anybody may open, as Chromium shows them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.needs_scripts("the page is looked at, nothing is done")
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/konto/", "/integritet/", "/tillganglighet/", "/kontroller/", "/kontroller/AGG03/"),
        *("/handbok/", "/handbok/uppgiftslamnare/", "/handbok/skapa-konto/", "/handbok/sok/?q=lön", "/handbok/sok/?q=semla"),
        *("/handbok/falt/", "/handbok/falt/22/", "/handbok/kodlistor/aid/", "/handbok/nytt-i-ar/", "/handbok/kanda-fel/"),
        *("/handbok/check-file/", "/handbok/fyra-ogon/", "/handbok/ordlista/"),
    ],
)
def test_an_open_page_is_accessible_to_everyone(visit: Callable[[str], Page], axe: Callable[[Page], None], path: str) -> None:
    page = visit(path)
    expect(page.locator("h1")).to_have_count(1)
    axe(page)


def test_the_first_page_leads_in(visit: Callable[[str], Page]) -> None:
    page = visit("/")
    expect(page.get_by_role("button", name="Logga in")).to_be_visible()
