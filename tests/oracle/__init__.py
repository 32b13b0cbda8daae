"""The rules of reading and checking once more, in plain Python: slow, short and written from the rules alone.

It shares no code with `submissions.reading` and `submissions.checking`, so that the two can be held against each other:
one row is a dict, one rule is an `if`. Nothing here may import polars or the engine. The year's settings (layout, lists,
thresholds) are given as `submissions.spec` values, as the engine gets them.
"""

from __future__ import annotations

from tests.oracle.file import Ask, Finding, findings

__all__ = ["Ask", "Finding", "findings"]
