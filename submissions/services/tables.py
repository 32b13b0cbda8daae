"""The review tables of a delivery beside last year's file or the version before. Computed when looked at; writes nothing.

What is costly (the rows with their concepts, the counted numbers) is kept in the cache of frames, by delivery and revision.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from submissions.models import Delivery
from submissions.services import storage
from submissions.services.evaluate import last_years
from submissions.services.storage import Recent
from submissions.spec import CollectionSpec
from submissions.summaries import compare, concepts, grid, labels
from submissions.summaries.concepts import Terms
from submissions.summaries.grid import Grid, Table
from submissions.summaries.review_tables import TABLES
from submissions.summaries.selection import BEFORE, LAST_YEAR, NOW, Selection

CELL_BYTES, GRID_BYTES = 500, 20_000_000
_grids = Recent[Grid](GRID_BYTES, lambda made: CELL_BYTES * sum(len(line.cells) for line in made.lines))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows behind one number: whose file they are in, the rows with all their fields, and what they are."""

    delivery: Delivery
    frame: pl.DataFrame
    title: str  # "Helt lediga: Läkare"
    table: Table
    counts: str  # what the number counts: "rader" or "personer"
    number: int  # so many of them


@dataclass
class Review:
    """One delivery with what it is compared with: `against` is last year's approved file or the version before."""

    delivery: Delivery
    spec: CollectionSpec
    against: str = LAST_YEAR

    @cached_property
    def before(self) -> Delivery | None:
        """The file to compare with; None where there is none."""
        return last_years(self.delivery.submission) if self.against == LAST_YEAR else version_before(self.delivery)

    @cached_property
    def terms(self) -> Terms:
        """The year's words."""
        return Terms.of(self.spec, self.delivery.submission.unit.kind)

    @property
    def terms_before(self) -> Terms:
        """The words for the file it is compared with."""
        return self.terms.year_before() if self.against == LAST_YEAR else self.terms

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The delivery's rows with their concepts."""
        return _prepared(self.delivery, self.terms)

    @cached_property
    def joined(self) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        """The rows of both, joined person by person; None where there is nothing to compare with."""
        if self.before is None:
            return None
        own = (*_key(self.delivery, self.terms), *_key(self.before, self.terms_before))
        kept = [storage.cache.get(("joined", side, *own)) for side in (NOW, BEFORE)]
        if kept[0] is not None and kept[1] is not None:
            return kept[0], kept[1]
        now, before = compare.join(self.rows, _prepared(self.before, self.terms_before))
        return storage.cache.put(("joined", NOW, *own), now), storage.cache.put(("joined", BEFORE, *own), before)

    def grid(self, table: Table) -> Grid | None:
        """The table with its numbers, its lines in order; None for a comparison with nothing."""
        if table.key not in compare.COMPARISONS:
            return self.beside(table)
        if self.joined is None:
            return None
        now, before = self.joined
        return self._in_order(grid.merge(table, grid.aggregate(table, now), grid.aggregate(table, before, BEFORE)))

    def beside(self, table: Table) -> Grid:
        """A table of this file's numbers, each beside the earlier one where there is anything to compare with."""
        key = (table.key, _key(self.delivery, self.terms), self.before and _key(self.before, self.terms_before))
        found = _grids.get(key)
        if found is None:
            now = _counted(table, self.delivery, self.terms)
            before = _counted(table, self.before, self.terms_before) if self.before else None
            found = _grids.put(key, self._in_order(grid.build(table, now, before)))
        return found

    def _in_order(self, made: Grid) -> Grid:
        lines = sorted(made.lines, key=lambda line: labels.order(self.terms, line.key))
        return Grid(made.table, tuple(lines), made.has_before)

    def chosen(self, selection: Selection) -> Chosen | None:
        """The rows behind a number; None where there is no such number, or nothing to compare with."""
        is_comparison = selection.table in compare.COMPARISONS
        table = compare.COMPARISONS.get(selection.table) or TABLES.get(selection.table)
        delivery = self.before if selection.frame == BEFORE else self.delivery
        if table is None or delivery is None or (is_comparison and self.joined is None):
            return None
        column = table.column(selection.column)
        if column is None or (is_comparison and column.source != selection.frame):
            return None
        found = grid.rows_behind(table, selection, self._rows_for(selection, delivery, is_comparison=is_comparison))
        if found is None:
            return None
        return Chosen(
            delivery=delivery,
            frame=storage.current_frame(delivery).join(found.select("row"), on="row", how="semi", maintain_order="left"),
            title=f"{column.label}: {labels.full_label(self.terms, selection.row)}",
            table=table,
            counts=column.counts,
            number=found["person"].n_unique() if column.counts == "personer" else found.height,
        )

    def _rows_for(self, selection: Selection, delivery: Delivery, *, is_comparison: bool) -> pl.DataFrame:
        if is_comparison and self.joined is not None:
            return self.joined[selection.frame == BEFORE]
        return _prepared(delivery, self.terms_before if selection.frame == BEFORE else self.terms)


def version_before(delivery: Delivery) -> Delivery | None:
    """The newest checked file of the same year before this one, as long as its rows are kept; test files aside."""
    found = (
        Delivery.objects.filter(
            submission=delivery.submission_id,
            version__lt=delivery.version,
            status=Delivery.Status.CHECKED,
            is_test=False,
            frame_sealed__isnull=False,
        )
        .defer("content_sealed", "findings_sealed", "summary_sealed")
        .order_by("-version", "pk")
        .first()
    )
    if found is not None:
        found.submission = delivery.submission
    return found


def _key(delivery: Delivery, terms: Terms) -> tuple[Hashable, ...]:
    return *storage.state_of(delivery), terms.fingerprint


def _prepared(delivery: Delivery, terms: Terms) -> pl.DataFrame:
    key = ("prepared", *_key(delivery, terms))
    found = storage.cache.get(key)
    return found if found is not None else storage.cache.put(key, concepts.prepare(storage.current_frame(delivery), terms))


def _counted(table: Table, delivery: Delivery, terms: Terms) -> pl.DataFrame:
    key = ("counted", table.key, *_key(delivery, terms))
    found = storage.cache.get(key)
    return found if found is not None else storage.cache.put(key, grid.aggregate(table, _prepared(delivery, terms)))
