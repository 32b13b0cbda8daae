"""SKR's lists ask the database as often for twenty units as for two."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.admin_site import PortalAdmin, portal_admin
from accounts.roles import PERMISSIONS
from tests.admin.conftest import as_role
from tests.admin.units import more_units
from tests.scene import Scene

pytestmark = pytest.mark.django_db

OTHERS = {
    "/admin/": "officer",
    "/admin/submissions/submission/att-ringa/": "officer",
    "/admin/submissions/checksetting/halsa/": "officer",
    "/admin/submissions/submission/?insamling=alla": "officer",
    "/admin/submissions/submission/?storlek=500-1999&lan=01&lonesystem=hrm&fil=ja&uppskov=nej&forsenad=nej": "officer",
}


def pages() -> dict[str, str]:
    """The address of every list, with a role that may see it."""
    found = dict(OTHERS)
    for model, its in portal_admin._registry.items():
        right = f"{model._meta.app_label}.view_{model._meta.model_name}"
        role = next((role for role in ("officer", "coordinator", "system", "statistician") if right in PERMISSIONS[role]), "")
        if role and isinstance(its, PortalAdmin):
            found[its.list_url()] = role
    return found


def asked(scene: Scene) -> dict[str, int]:
    """How many questions each page takes once it has been seen."""
    clients = {role: as_role(scene, role) for role in set(pages().values())}
    found = {}
    for address, role in pages().items():
        clients[role].get(address)
        with CaptureQueriesContext(connection) as captured:
            assert clients[role].get(address).status_code == 200, address
        found[address] = len(captured)
    return found


def test_every_list_takes_as_many_questions_for_twenty_units_as_for_two(scene: Scene) -> None:
    few = asked(scene)
    more_units(18)
    assert asked(scene) == few
