"""A collection that is open, for the cast to work in."""

from __future__ import annotations

import pytest
from django.utils import timezone

from submissions.models import Collection
from submissions.services.collections import open_collection
from tests.cast import Cast


@pytest.fixture
def collection(cast: Cast) -> Collection:
    """The collection of 2026, with a submission for each unit."""
    return open_collection(year=2026, by=None, at=timezone.now()).collection
