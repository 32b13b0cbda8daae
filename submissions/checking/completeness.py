"""KOM: what is handed in beside the file. Only the portal knows it, so a file that is checked by itself hears nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from submissions.checking.context import Context
from submissions.checking.messages import advice, render
from submissions.checking.prepare import Prepared
from submissions.checking.registry import NEEDS_PAYROLL_SYSTEMS, file_finding, whole_check
from submissions.spec import CollectionSpec

UNEXPLAINED = "KOM02"


@whole_check("KOM01", reads=())
def no_position_list(p: Prepared) -> Iterable[pl.DataFrame]:
    """KOM01: the region has not handed in its kodförteckning."""
    if p.context.positions is None:
        yield file_finding()


@whole_check("KOM03", reads=(), needs=NEEDS_PAYROLL_SYSTEMS)
def new_payroll_system(p: Prepared) -> Iterable[pl.DataFrame]:
    """KOM03: the file comes from another payroll system than last year's."""
    before, now = p.context.payroll_system_before, p.context.payroll_system
    if before != now:
        yield file_finding(a=before, b=now)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """KOM02 as the signing page says it: fel and varning stand in the way of handing in, info does not."""

    check: str
    level: str
    message: str
    advice: str


def unexplained(count: int, collection: CollectionSpec, *, unit_code: str, unit_kind: str) -> Unexplained | None:
    """KOM02: `count` causes that must be explained are not. None without any, or where the year does not ask for it."""
    context = Context(unit_code=unit_code, unit_kind=unit_kind, collection=collection)
    check = collection.checks.get(UNEXPLAINED)
    if not count or check is None or not context.is_on(UNEXPLAINED) or not context.concerns(check):
        return None
    finding = {"check": UNEXPLAINED, "row": None, "field": None, "value": None, "v": None, "a": None, "b": None, "n": count}
    return Unexplained(UNEXPLAINED, check.level, render(finding, collection), advice(UNEXPLAINED, collection))
