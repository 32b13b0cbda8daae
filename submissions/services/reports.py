"""What a unit takes out about its file, as tables: every finding in words, the rows with what was said of them, and the changes.

Frames of texts and whole numbers, whose columns are named as people read them. Personnummer are masked unless `revealed`.
Nothing is capped. Who may take it out, and that she did, is for `services.export`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from django.utils import timezone

from submissions import checking
from submissions.frames import KEY_FIELD, NAME_FIELD, PERSONAL_NUMBER_FIELD, column, numbers_to, part_and_line
from submissions.models import Correction, CorrectionBatch, Delivery
from submissions.services import storage
from submissions.services.groups import Group, groups_of, live_comments
from submissions.spec import CollectionSpec

GroupName = tuple[str, int | None, str | None]


def findings_table(delivery: Delivery, collection: CollectionSpec, *, revealed: bool) -> pl.DataFrame:
    """One row a finding, worst level first: what is wrong in words before the codes, and the explanation where there is one."""
    findings = storage.findings_of(delivery)
    explained = _explanations(delivery, findings)
    firsts = storage.firsts_of(delivery)
    rows = [_finding(found, collection, explained, firsts, revealed=revealed) for found in findings.iter_rows(named=True)]
    texts = ("Nivå", "Vad det gäller", "Gör så här")
    schema: dict[str, Any] = {
        **dict.fromkeys(texts, pl.String),
        **({"Del": pl.Int64} if len(firsts) > 1 else {}),
        "Rad": pl.Int64,
        "Anställningsnummer": pl.String,
        "Fält": pl.Int64,
        "Fältets namn": pl.String,
        "Värde": pl.String,
        "Förklaring": pl.String,
        "Kontroll": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _finding(
    found: dict[str, Any], collection: CollectionSpec, explained: dict[GroupName, str], firsts: Sequence[int], *, revealed: bool
) -> dict[str, Any]:
    number, row = found["field"], found["row"]
    part, line = part_and_line(row, firsts) if row is not None else (None, None)
    return {
        "Nivå": checking.messages.level_label(found["level"]),
        "Vad det gäller": checking.messages.render(found, collection, reveal=revealed),
        "Gör så här": checking.messages.advice(found["check"], collection),
        "Del": part,
        "Rad": line,
        "Anställningsnummer": checking.messages.shown_key(found, reveal=revealed),
        "Fält": number,
        "Fältets namn": collection.layout[number].name if number else None,
        "Värde": checking.messages.shown_value(found, reveal=revealed),
        "Förklaring": explained.get((found["check"], number, _shared(number, found["value"]))),
        "Kontroll": found["check"],
    }


def groups_table(delivery: Delivery, collection: CollectionSpec, *, revealed: bool) -> pl.DataFrame:
    """One row a group of findings, as the review page lists them."""
    findings = storage.findings_of(delivery)
    explained = _explanations(delivery, findings)
    rows = [
        {
            "Nivå": checking.messages.level_label(group.level),
            "Vad det gäller": checking.messages.title(group.check, collection, group.field),
            "Gör så här": checking.messages.advice(group.check, collection),
            "Antal": group.rows,
            "Fält": group.field,
            "Fältets namn": collection.layout[group.field].name if group.field else None,
            "Värde": group.value if revealed else checking.masking.mask_field(group.field, group.value),
            "Förklaring": explained.get(_name(group)),
            "Kontroll": group.check,
        }
        for group in groups_of(delivery.submission, findings)
    ]
    whole = {"Antal": pl.Int64, "Fält": pl.Int64}
    names = ("Nivå", "Vad det gäller", "Gör så här", "Antal", "Fält", "Fältets namn", "Värde", "Förklaring", "Kontroll")
    return pl.DataFrame(rows, schema={name: whole.get(name, pl.String) for name in names}, orient="row")


def _shared(field: int | None, value: str | None) -> str | None:
    """The value that the findings of a group have in common; none for fields where each row has its own."""
    return value if field in checking.CODE_FIELDS else None


def _name(group: Group) -> GroupName:
    return group.check, group.field, group.value


def _explanations(delivery: Delivery, findings: pl.DataFrame) -> dict[GroupName, str]:
    comments = live_comments(delivery.submission)
    if not comments:
        return {}
    return {_name(group): comments[group.key].text for group in groups_of(delivery.submission, findings) if group.key in comments}


# The rows ------------------------------------------------------------------------------------------------------------


def rows_table(delivery: Delivery, collection: CollectionSpec, *, revealed: bool) -> pl.DataFrame:
    """The rows with corrections as the layout has them, and after them the row and everything that was said of it.

    Field 8 is an empty column, so that every other stands where the layout puts it.
    """
    frame = storage.current_frame(delivery)
    if not revealed:
        frame = checking.masking.mask_frame(frame)
    names = {column(number): f"{number} {collection.layout[number].name}" for number in numbers_to(len(collection.layout))}
    empty = pl.lit(None, pl.String).alias(f"{NAME_FIELD} {collection.layout[NAME_FIELD].name}")
    fields = [empty if number == NAME_FIELD else pl.col(column(number)) for number in range(1, len(collection.layout) + 1)]
    said = _said_of_rows(storage.findings_of(delivery), collection, revealed=revealed)
    table = frame.join(said, on="row", how="left", maintain_order="left")
    return table.select(*fields, *_place_columns(delivery), "Nivå", "Anmärkningar").rename(names)


def _place_columns(delivery: Delivery) -> list[pl.Expr]:
    """Where a row stands: Rad, and Del before it in a delivery of several files."""
    firsts = storage.firsts_of(delivery)
    if len(firsts) < 2:
        return [pl.col("row").cast(pl.Int64).alias("Rad")]
    row = pl.col("row").cast(pl.Int64)
    part = pl.sum_horizontal((row >= first).cast(pl.Int64) for first in firsts)
    first = pl.max_horizontal(pl.when(row >= first).then(first) for first in firsts)
    return [part.alias("Del"), (row - first + 1).alias("Rad")]


def _said_of_rows(findings: pl.DataFrame, collection: CollectionSpec, *, revealed: bool) -> pl.DataFrame:
    """A row's worst level and its sentences, in the order of the findings."""
    on_rows = findings.filter(pl.col("row").is_not_null()) if findings.height else findings
    if on_rows.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32, "Nivå": pl.String, "Anmärkningar": pl.String})
    sentences = [checking.messages.render(found, collection, reveal=revealed) for found in on_rows.iter_rows(named=True)]
    labels = {level: checking.messages.level_label(level) for level in on_rows["level"].unique()}
    return (
        on_rows.select("row", pl.col("level").replace_strict(labels, return_dtype=pl.String).alias("Nivå"))
        .with_columns(pl.Series("Anmärkningar", sentences, dtype=pl.String))
        .group_by("row", maintain_order=True)
        .agg(pl.col("Nivå").first(), pl.col("Anmärkningar").str.join(" "))
    )


# The changes ---------------------------------------------------------------------------------------------------------


def changes(delivery: Delivery) -> pl.DataFrame:
    """The values that differ from the delivered file, with who changed each last: one row a value, by employment.

    Columns key (field 40) and number (field 7) as the file now has them, row, field, old, new, by, at, reason.
    """
    cells = storage.changes_of(delivery)
    current = storage.current_frame(delivery)
    who = current.select("row", pl.col(column(KEY_FIELD)).alias("key"), pl.col(column(PERSONAL_NUMBER_FIELD)).alias("number"))
    made = cells.join(who, on="row", how="left").join(_last_changes(delivery), on=["row", "field"], how="left")
    return made.sort("key", "row", "field", nulls_last=True)


def _last_changes(delivery: Delivery) -> pl.DataFrame:
    """Who changed each value last, when and why; single corrections and batches in the order they were made."""
    found: list[tuple[int, pl.DataFrame]] = []
    for correction in Correction.objects.filter(delivery=delivery, undone_at=None).select_related("by").order_by("pk"):
        cell = pl.DataFrame({"row": [correction.row], "field": [correction.field]})
        found.append((correction.revision, _signed(cell, correction, "")))
    for batch in CorrectionBatch.objects.filter(delivery=delivery, undone_at=None).select_related("by").order_by("pk"):
        cells = storage.cells_of(delivery, batch).select("row", pl.lit(batch.field).alias("field"))
        found.append((batch.revision, _signed(cells, batch, storage.reason_of(delivery, batch))))
    found.sort(key=lambda change: change[0])
    schema = pl.Schema({"row": pl.UInt32, "field": pl.UInt8, "by": pl.String, "at": pl.String, "reason": pl.String})
    made = [frame.cast(schema) for _, frame in found] or [pl.DataFrame(schema=schema)]
    return pl.concat(made).unique(["row", "field"], keep="last")


def _signed(cells: pl.DataFrame, change: Correction | CorrectionBatch, reason: str) -> pl.DataFrame:
    at = timezone.localtime(change.at).strftime("%Y-%m-%d %H.%M")
    signature = pl.lit(str(change.by)).alias("by"), pl.lit(at).alias("at"), pl.lit(reason).alias("reason")
    return cells.select("row", "field", *signature)


def changes_table(delivery: Delivery, collection: CollectionSpec, *, revealed: bool) -> pl.DataFrame:
    """`changes` for the one who mends the payroll system."""
    made = changes(delivery)
    if not revealed:
        made = masked_changes(made)
    names = {number: collection.layout[number].name for number in numbers_to(len(collection.layout))}
    return made.select(
        pl.col("key").alias("Anställningsnummer"),
        pl.col("number").alias("Personnummer"),
        pl.col("field").cast(pl.Int64).alias("Fält"),
        pl.col("field").cast(pl.Int64).replace_strict(names, return_dtype=pl.String).alias("Fältets namn"),
        pl.col("old").alias("Från"),
        pl.col("new").alias("Till"),
        pl.col("reason").alias("Skäl"),
        pl.col("by").alias("Rättat av"),
        pl.col("at").alias("När"),
        *_place_columns(delivery),
    )


def masked_changes(made: pl.DataFrame) -> pl.DataFrame:
    """The changes as they may be shown."""
    mask, fields = checking.masking.mask_field, made["field"].to_list()
    return made.with_columns(
        pl.Series("key", [mask(KEY_FIELD, value) for value in made["key"]], dtype=pl.String),
        pl.Series("number", [mask(PERSONAL_NUMBER_FIELD, value) for value in made["number"]], dtype=pl.String),
        *(
            pl.Series(name, [mask(field, value) for field, value in zip(fields, made[name], strict=True)], dtype=pl.String)
            for name in ("old", "new")
        ),
    )
