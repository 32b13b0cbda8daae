"""A collection that is open, the cast, and the files they deliver."""

from __future__ import annotations

import pytest
from django.utils import timezone

from submissions.models import Collection
from submissions.services.collections import open_collection
from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Trosa's three, another kommun's one and SKR's four."""
    return make_cast()


@pytest.fixture
def collection(cast: Cast) -> Collection:
    """The collection of 2026, with a submission for each unit."""
    return open_collection(year=2026, by=None, at=timezone.now()).collection
