"""Boundaries: what is another unit's is not there and the try is noted, and a role taken away is gone at once (security.md:
BEH-02, BEH-06, BEH-09, ADM-01).
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, AuditOrigin, User
from profiles.models import Membership
from tests import addresses
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene
from tests.test_access import ROUTES, expected
from tests.test_forged_forms import FORMS, change, rows_of

pytestmark = pytest.mark.django_db

# Refused, and seen to be ---------------------------------------------------------------------------------------------


def denied() -> list[tuple[int | None, str, str]]:
    """Who was denied what, of which unit, in order."""
    events = AuditEvent.objects.filter(code="access:denied").order_by("pk")
    return [(event.actor_id, event.unit, event.object) for event in events]


@pytest.mark.asvs("8.2.2", "8.4.1", "16.3.2", "16.3.3")
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("submissions:submission", ["0480", 2026]),
        ("submissions:version", ["0480", 2026, 1]),
        ("submissions:receipt", ["0480", 2026]),
        ("deferrals:unit", ["0480"]),
        ("profiles:unit", ["0480"]),
    ],
)
def test_beh_02_each_kind_of_foreign_page_is_404_and_noted(scene: Scene, name: str, args: list[object]) -> None:
    client = sign_in(GuardedClient(), scene.cast.anna)
    assert client.get(reverse(name, args=args)).status_code == 404
    assert denied()[-1] == (scene.cast.anna.pk, "0480", "enhet")


@pytest.mark.asvs("8.2.2", "8.4.1", "16.3.2", "16.3.3")
@pytest.mark.parametrize(
    ("name", "of", "is_post"),
    [
        ("submissions:undo", "correction", True),
        ("submissions:undo_batch", "batch", True),
        ("deferrals:withdraw", "deferral", True),
        ("deferrals:withdraw_exemption", "exemption", True),
        ("profiles:member", "colleague", False),
        ("profiles:member", "colleague", True),
        ("profiles:end_membership", "colleague", True),
        ("profiles:resend_invitation", "waiting", True),
        ("profiles:revoke_invitation", "waiting", True),
        ("messaging:thread", "thread", False),
        ("messaging:thread", "thread", True),
        ("messaging:close", "thread", True),
        ("messaging:news", "thread", False),
        ("messaging:tick", "thread", True),
        ("messaging:untick", "thread", True),
        ("submissions:matter", "thread", False),
    ],
)
def test_beh_02_each_kind_of_foreign_row_is_404_unchanged_and_noted(scene: Scene, name: str, of: str, is_post: bool) -> None:
    """Under the person's own unit, where the address has one."""
    client, row = sign_in(GuardedClient(), scene.cast.anna), getattr(scene.other, of)
    address, before = addresses.address(ROUTES[name], scene.trosa, keys_of=scene.other), rows_of()
    assert (client.post(address, FORMS.get(name, {})) if is_post else client.get(address)).status_code == 404
    assert [line for line in change(before) if not line.startswith("ny AuditEvent")] == []
    assert denied() == [(scene.cast.anna.pk, "0480", f"{row._meta.verbose_name} {row.pk}")]


@pytest.mark.asvs("8.2.2", "8.4.1", "16.3.2", "16.3.3")
def test_beh_02_every_address_of_another_unit_is_noted(scene: Scene) -> None:
    """Over the whole URLconf, also the addresses that come later."""
    visitor, silent, asked = sign_in(GuardedClient(), scene.cast.anna), [], 0
    for route in ROUTES.values():
        if not (route.is_of_a_unit or (route.name.startswith("messaging:") and route.parameters)):
            continue
        for method in ("GET", "POST"):
            if expected(route, method, "anna") == 405:
                continue
            before, asked = len(denied()), asked + 1
            assert visitor.generic(method, addresses.address(route, scene.other)).status_code == 404
            if [unit for _, unit, _ in denied()[before:]] != ["0480"]:
                silent.append(f"{method} {route.name}")
    assert asked > 30
    assert silent == []


@pytest.mark.asvs("16.3.2")
def test_beh_02_a_row_that_is_nowhere_or_no_longer_there_is_no_attempt(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.anna)
    assert client.post(reverse("deferrals:withdraw", args=["0488", 10**9])).status_code == 404
    Membership.objects.filter(pk=scene.trosa.colleague.pk).update(ended_at=timezone.now())
    member = client.get(reverse("profiles:member", args=["0488", scene.trosa.colleague.pk]), follow=True)
    assert "har ingen roll i enheten just nu" in member.content.decode()
    assert denied() == []


@pytest.mark.asvs("8.2.1", "16.3.2", "16.3.3")
def test_beh_09_what_a_role_may_not_do_is_noted(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.cia)
    address = reverse("submissions:withdraw", args=["0488", 2026])
    assert client.post(address).status_code == 403
    assert denied() == [(scene.cast.cia.pk, "0488", address)]


@pytest.mark.asvs("8.4.2", "16.3.2")
def test_adm_01_a_submitter_at_the_admins_door_is_noted(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.anna)
    assert client.get("/admin/").status_code == 404
    staff = sign_in(GuardedClient(), scene.cast.officer)
    assert staff.get("/admin/accounts/user/").status_code == 403
    assert denied() == [
        (scene.cast.anna.pk, "", "administrationen"),
        (scene.cast.officer.pk, "", "/admin/accounts/user/"),
    ]


# A role that is taken away -------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.3.2")
def test_beh_06_a_role_taken_away_is_gone_at_the_next_request_though_the_session_lives(scene: Scene) -> None:
    """The role is read at each request: also where the session is not ended, the unit is not there any more."""
    client = sign_in(GuardedClient(), scene.cast.bo)
    pages = [
        reverse("submissions:review", args=["0488", 2026]),
        reverse("deferrals:unit", args=["0488"]),
        reverse("profiles:unit", args=["0488"]),
        reverse("messaging:thread", args=[scene.trosa.thread.pk]),
    ]
    with client.allowed_to_write("messaging_readmark"):
        assert {client.get(page).status_code for page in pages} == {200}
        Membership.objects.filter(user=scene.cast.bo).update(ended_at=timezone.now())
        assert {client.get(page).status_code for page in pages} == {404}
    assert client.post(reverse("submissions:comment", args=["0488", 2026, "RIM05", "x"]), {"text": "Nej."}).status_code == 404


@pytest.mark.asvs("8.3.2")
def test_beh_06_a_lesser_role_may_do_less_at_the_next_request(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.bo)
    address = reverse("submissions:withdraw", args=["0488", 2026])
    assert client.post(address).status_code == 302
    Membership.objects.filter(user=scene.cast.bo).update(role=Membership.Role.READER)
    assert client.post(address).status_code == 403


@pytest.mark.asvs("8.3.2")
def test_beh_06_staff_who_lose_their_role_or_are_suspended_lose_the_admin_at_the_next_request(scene: Scene) -> None:
    for values in ({"staff_role": ""}, {"is_active": False}):
        client = sign_in(GuardedClient(), scene.cast.officer)
        assert client.get("/admin/submissions/submission/").status_code == 200
        User.objects.filter(pk=scene.cast.officer.pk).update(**values)
        assert client.get("/admin/submissions/submission/").status_code in {302, 404}
        User.objects.filter(pk=scene.cast.officer.pk).update(staff_role="officer", is_active=True)


def test_the_audit_trail_tells_from_where(scene: Scene) -> None:
    """A refusal has its origin beside it, in the table that is emptied after 90 days."""
    client = sign_in(GuardedClient(), scene.cast.anna)
    client.get(reverse("submissions:submission", args=["0480", 2026]))
    event = AuditEvent.objects.filter(code="access:denied").latest("pk")
    assert AuditOrigin.objects.get(event_id=event.pk).address == "127.0.0.1"
