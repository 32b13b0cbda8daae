"""Läget before there is any collection."""

from __future__ import annotations

from tests.admin.conftest import as_person
from tests.cast import Cast


def test_before_the_first_collection_the_pages_are_there(cast: Cast) -> None:
    client = as_person(cast.officer)
    assert client.get("/admin/").status_code == 200
    assert "Ingen att ringa" in client.get("/admin/submissions/submission/att-ringa/").content.decode()
    assert client.get("/admin/submissions/submission/").status_code == 200
