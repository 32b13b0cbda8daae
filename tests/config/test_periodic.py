"""docs/drift.md lists every periodic job of the portal with its times, and no other."""

from __future__ import annotations

import re

from django.conf import settings
from procrastinate.contrib.django import app

LINE = re.compile(r"^\| `([a-z_]+\.tasks\.[a-z_]+)` \| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def listed() -> list[tuple[str, ...]]:
    """The lines of the table."""
    return LINE.findall((settings.BASE_DIR / "docs" / "drift.md").read_text(encoding="utf-8"))


def test_every_periodic_job_stands_in_the_table_with_its_times_and_the_other_way_round():
    ours = {(one.task.name, one.cron) for one in app.periodic_registry.periodic_tasks.values()}
    assert {(line[0], line[1]) for line in listed()} == ours


def test_the_table_is_in_order_and_says_what_happens_where_a_job_is_missed():
    names = [line[0] for line in listed()]
    assert names == sorted(set(names))
    assert all(cell.strip() for line in listed() for cell in line)
