"""Nothing on a unit's pages or in its files depends on what another unit has: byte for byte the same whatever it does (BEH-10).

The portal shows a unit no figure across units, so there is no small cell to suppress; this is what holds instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from submissions import synthetic
from submissions.models import Delivery
from submissions.services import comments, deliver, groups, storage
from tests import addresses
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, SLIPS, Place, Scene
from tests.test_access import OPEN_TO_ALL, expected

pytestmark = pytest.mark.django_db

RANDOM = re.compile(rb'name="(?:csrfmiddlewaretoken|nonce)" value="[^"]+"')
FILES = ("submissions:download", "submissions:corrected_file", "submissions:download_supplement", "profiles:export_insight")


def everything_of(scene: Scene, name: str, client: Client) -> Iterator[tuple[str, bytes]]:
    """Each page and file that the person gets at Trosa, without what is drawn by lot for each form."""
    for route in addresses.routes():
        if route.name not in OPEN_TO_ALL and expected(route, "GET", name) == 200:
            answer = client.get(addresses.address(route, scene.trosa))
            assert answer.status_code == 200, route.name
            yield route.name, RANDOM.sub(b"", answer.content)
        if route.name in FILES and expected(route, "POST", name) == 200:
            answer = client.post(addresses.address(route, scene.trosa))
            yield f"POST {route.name}", answer.content


def change(place: Place, scene: Scene) -> Delivery:
    """The other unit delivers quite another file, which is looked at, explained and corrected."""
    now = timezone.now()
    content = synthetic.delivery(place.code, ROWS * 3, 99, SLIPS * 2)
    delivery = deliver.receive_delivery(submission=place.submission, content=content, name="ny.txt", by=scene.cast.dan, at=now)
    delivery = deliver.check_delivery(delivery=delivery, at=now)
    for group in groups.groups_of(place.submission, storage.findings_of(delivery)):
        if group.needs_comment:
            comments.comment_group(delivery=delivery, group_key=group.key, text="Det stämmer så.", by=scene.cast.dan, at=now)
    for person in (scene.cast.dan, scene.cast.officer):
        sign_in(GuardedClient(), person).get(f"/inlamning/{place.code}/2026/rad/1/")
    return delivery


@pytest.mark.asvs("8.2.2")
@pytest.mark.parametrize("name", ["cia", "bo", "anna"])
def test_beh_10_a_units_pages_stay_the_same_whatever_another_unit_delivers(scene: Scene, name: str) -> None:
    client = GuardedClient()
    client.may_write = frozenset({"messaging_readmark"})
    sign_in(client, getattr(scene.cast, name))
    for _ in range(2):  # what the first reading itself leaves (looks, the file taken out) is there in the second
        before = dict(everything_of(scene, name, client))
    assert len(before) > 15
    delivery = change(scene.other, scene)
    assert delivery.is_current
    storage.forget()
    after = dict(everything_of(scene, name, client))
    changes = [page for page in before if before[page] != after[page] and "insight" not in page]
    assert changes == []
    assert b"0480" not in after["profiles:insight"]
