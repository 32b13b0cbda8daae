"""A year in November, Trosa and another kommun in it, and Bo of Trosa at his desk."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from deferrals import services
from deferrals.models import Deferral
from profiles.models import Membership
from submissions.models import Collection, Layout, Submission
from tests.cast import Cast, give_role, make_unit, sign_in
from tests.client import GuardedClient

ASKED = {"units": "0488", "requested_date": "2026-12-08", "reason": "payroll_run", "text": "Körningen är flyttad en vecka."}


def url(name: str, *args: object) -> str:
    """The address of a page of the room."""
    return reverse(f"deferrals:{name}", args=args)


@pytest.fixture
def collection(db: None) -> Collection:
    """The year 2026; SKR decides every request."""
    return Collection.objects.create(
        year=2026,
        opens_on=date(2026, 10, 12),
        measurement_day=date(2026, 11, 1),
        due_date=date(2026, 12, 1),
        latest_deferral_date=date(2026, 12, 15),
        layout=Layout.objects.create(name="PS-2026.1"),
    )


@pytest.fixture
def trosa(cast: Cast, collection: Collection) -> Submission:
    """Trosa's submission; the other kommun has one too."""
    Submission.objects.create(unit=cast.other, collection=collection)
    return Submission.objects.create(unit=cast.trosa, collection=collection)


@pytest.fixture
def bo(client: GuardedClient, cast: Cast, trosa: Submission) -> GuardedClient:
    """Bo's browser."""
    sign_in(client, cast.bo)
    return client


@pytest.fixture
def sam(cast: Cast, trosa: Submission) -> GuardedClient:
    """SKR's samordnare's browser."""
    return sign_in(GuardedClient(), cast.coordinator)  # type: ignore[return-value]


@pytest.fixture
def direct(collection: Collection) -> Collection:
    """Three days are given without a decision."""
    Collection.objects.filter(pk=collection.pk).update(direct_deferral_days=3)
    return collection


def more_units(cast: Cast, collection: Collection, count: int = 2) -> list[Submission]:
    """Bo hands in for these too: 3001, 3002 and on."""
    made = []
    for number in range(3001, 3001 + count):
        unit = make_unit(str(number), f"Kommun {number}")
        give_role(cast.bo, unit, Membership.Role.SUBMITTER)
        made.append(Submission.objects.create(unit=unit, collection=collection))
    return made


def ask(client: GuardedClient, **changes: Any) -> Any:
    """Send the form, a new one each time unless `nonce` says otherwise."""
    return client.post(url("ask"), {**ASKED, "nonce": str(uuid4()), **changes}, follow=True)


def grant(cast: Cast, day: date = date(2026, 12, 10), answer: str = "Lycka till!") -> Deferral:
    """SKR says yes to the one that waits."""
    deferral = Deferral.objects.get(status="requested")
    services.grant_deferral(deferral=deferral, granted_date=day, answer=answer, by=cast.coordinator, at=timezone.now())
    return deferral


def last_day(code: str = "0488") -> str:
    """The unit's last day as the database has it."""
    return Submission.objects.select_related("collection").get(unit__code=code).due_date.isoformat()
