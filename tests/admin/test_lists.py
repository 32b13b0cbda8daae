"""The lists of the admin: rare filters are folded, what narrows is seen, and an empty list says when something will be there."""

from __future__ import annotations

import re

import pytest

from accounts.templatetags.admin_rows import labelled
from profiles.models import UnitMerger
from submissions.models import Waiver
from tests.admin.conftest import as_role
from tests.scene import Scene

LISTS = "/admin/submissions/submission/"


def folded(page: str) -> tuple[str, list[str]]:
    """What stands on the line of the rare filters, and the filters behind it; open where one of them narrows the list."""
    start = page.index('<details class="admin-more"')
    words = re.search(r"<summary[^>]*>([^<]+)</summary>", page[start:])
    assert words
    behind = page[start : page.index('<div class="admin-count"')]
    is_open = page[start:].startswith('<details class="admin-more" open>')
    return words[1] + (", öppen" if is_open else ""), re.findall(r'admin-filter__title">([^<]+):<', behind)


@pytest.mark.django_db
def test_rare_filters_are_folded_until_one_of_them_narrows_the_list(scene: Scene) -> None:
    client = as_role(scene, "officer")
    words, behind = folded(client.get(LISTS).content.decode())
    assert (words, len(behind)) == ("Fler filter", 7)
    assert "Län" not in behind
    assert "Storlek" in behind
    page = client.get(f"{LISTS}?uppskov=ja&fil=nej&status=locked").content.decode()
    assert folded(page)[0] == "Fler filter (2\u00a0valda), öppen"
    assert "status låst, aktuell fil nej, uppskov har uppskov" in page
    assert page.count("admin-filter__summary is-active") == 4  # the three, and the line of the rare ones
    assert "Rensa filter" in page


@pytest.mark.django_db
def test_a_list_without_rows_says_why(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    UnitMerger.objects.all().delete()
    mergers = client.get("/admin/profiles/unitmerger/").content.decode()
    assert "Inga sammanslagningar än" in mergers
    assert "på sidan för den enhet som går upp i en annan" in mergers
    assert 'type="search"' not in mergers
    searched = client.get("/admin/profiles/unitmerger/?q=xyz").content.decode()
    assert "Ingen rad stämmer med sökningen." in searched
    assert 'type="search"' in searched
    Waiver.objects.all().delete()
    waivers = client.get("/admin/submissions/waiver/").content.decode()
    assert "Ingen dispens är given" in waivers
    assert 'admin-filter__title">Insamling:' in waivers  # of this year: another can be chosen
    narrowed = client.get("/admin/deferrals/mailing/?lage=waiting").content.decode()
    assert "Ingen rad stämmer med filtren." in narrowed


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<td class="field-a">–</td>', '<td data-label="Ort" class="is-none field-a">–</td>'),
        ('<td class="field-a"></td>', '<td data-label="Ort" class="is-none field-a"></td>'),
        ('<td class="field-a">0</td>', '<td data-label="Ort" class="field-a">0</td>'),
        ('<td class="field-a nowrap">2026-12-01</td>', '<td data-label="Ort" class="field-a nowrap">2026-12-01</td>'),
        ('<td class="field-a nowrap">Trosa (0488)</td>', '<td data-label="Ort" class="field-a">Trosa (0488)</td>'),
        ('<th class="field-a"><a href="1/">A</a></th>', '<th scope="row" class="field-a"><a href="1/">A</a></th>'),
    ],
)
def test_a_cell_knows_its_column_and_whether_it_says_anything(cell: str, expected: str) -> None:
    assert [*labelled([cell], [{"text": "ort"}])] == [expected]
