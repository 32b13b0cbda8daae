"""Rights at a unit: the table of `profiles.access`, role by role."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from profiles import access
from profiles.models import Membership
from tests.cast import Cast

RIGHTS = ("view", "submit", "manage_people", "reveal_personnummer", "export")


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("anna", {"view", "submit", "manage_people", "reveal_personnummer", "export"}),
        ("bo", {"view", "submit", "reveal_personnummer", "export"}),
        ("cia", {"view"}),
        ("dan", set()),
        ("officer", {"view"}),
        ("coordinator", {"view"}),
        ("statistician", {"view"}),
        ("system", {"view"}),
    ],
)
def test_what_each_role_may_do_at_trosa(cast: Cast, who: str, may: set[str]):
    user = getattr(cast, who)
    assert {right for right in RIGHTS if getattr(access, f"can_{right}")(user, cast.trosa)} == may
    for right in RIGHTS:
        check = getattr(access, f"check_can_{right}")
        if right in may:
            check(user, cast.trosa)
        else:
            with pytest.raises(NotAllowed) as refusal:
                check(user, cast.trosa)
            assert refusal.value.reason.endswith(".")


@pytest.mark.asvs("8.1.1", "8.2.2", "8.4.1", "16.3.2")
def test_beh_02_another_s_unit_is_not_found_and_the_try_is_logged(cast: Cast):
    with pytest.raises(Http404):
        access.unit_or_404(cast.dan, "0488")
    event = AuditEvent.objects.get(code="access:denied")
    assert (event.actor_id, event.unit) == (cast.dan.pk, "0488")


@pytest.mark.asvs("8.2.2")
def test_beh_02_a_unit_that_is_not_there_is_not_found_and_not_logged(cast: Cast):
    with pytest.raises(Http404):
        access.unit_or_404(cast.anna, "1234")
    assert not AuditEvent.objects.exists()


@pytest.mark.asvs("8.3.2")
def test_beh_06_a_role_that_has_ended_gives_nothing(cast: Cast):
    Membership.objects.filter(user=cast.bo).update(ended_at=timezone.now())
    assert access.role_at(cast.bo, cast.trosa) is None
    assert access.roles_of(cast.bo) == {}
    assert not access.can_view(cast.bo, cast.trosa)


@pytest.mark.asvs("8.3.2")
def test_beh_06_a_suspended_person_has_no_role(cast: Cast):
    cast.anna.is_active = False
    assert access.role_at(cast.anna, cast.trosa) is None
    assert list(access.people_with(cast.trosa, [Membership.Role.CONTACT])) == [cast.anna]
    cast.anna.save()
    assert list(access.people_with(cast.trosa, [Membership.Role.CONTACT])) == []
