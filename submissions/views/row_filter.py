"""Which rows of the shown file an address asks for, and where one row stands among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import polars as pl

from submissions import checking
from submissions.forms import RowsForm
from submissions.frames import KEY_FIELD, PERSONAL_NUMBER_FIELD, column
from submissions.models import Delivery
from submissions.services import storage, tables
from submissions.services.groups import Group, groups_of
from submissions.spec import CollectionSpec
from submissions.summaries.selection import Selection
from submissions.views.common import Room

ROWS_PER_PAGE = 50
ETIKETT = 9


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows are asked for; everything empty is all of them. `selection` is a number of a review table."""

    line: int | None = None
    etikett: str = ""
    check: str = ""
    level: str = ""
    corrected: str = ""  # ja, nej
    group: str = ""
    selection: Selection | None = None

    @classmethod
    def of(cls, form: RowsForm) -> RowFilter:
        """What the form asks for; a field that is wrong asks for nothing."""
        form.is_valid()
        given = form.cleaned_data
        return cls(
            given.get("radnr"),
            given.get("etikett", ""),
            given.get("kontroll", ""),
            given.get("niva", ""),
            given.get("rattad", ""),
            given.get("grupp", ""),
            Selection.parse(form.data),
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The filter as the address has it."""
        given = {
            "radnr": str(self.line or ""),
            "etikett": self.etikett,
            "kontroll": self.check,
            "niva": self.level,
            "rattad": self.corrected,
            "grupp": self.group,
        }
        chosen = self.selection.parameters if self.selection else {}
        return {**{name: value for name, value in given.items() if value}, **chosen}


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows that fit, and whose file they are in: the shown one, or the one a number is compared with."""

    delivery: Delivery
    frame: pl.DataFrame
    title: str = ""  # what a number or group that is not in the form means
    lead: str = ""

    @property
    def is_other(self) -> bool:
        """Whether they are not rows of the shown file."""
        return bool(self.lead)


def checks_of(room: Room, delivery: Delivery) -> list[tuple[str, str]]:
    """The checks that found something on a row, with their titles."""
    findings = storage.findings_of(delivery)
    if findings.is_empty():
        return []
    codes = findings.filter(pl.col("row").is_not_null())["check"].unique(maintain_order=True)
    return [(code, f"{checking.messages.title(code, room.spec)} ({code})") for code in codes]


def rows_that_fit(room: Room, delivery: Delivery, wanted: RowFilter) -> Listed:
    """The rows, with corrections, that fit all that is asked for."""
    listed = _chosen(room, delivery, wanted)
    frame, delivery = listed.frame, listed.delivery
    if wanted.line is not None:
        frame = frame.filter(pl.col("row") == wanted.line)
    if wanted.etikett:
        codes = codes_in_words(room.spec, wanted.etikett)
        starts = pl.col(column(ETIKETT)).str.starts_with(wanted.etikett)
        frame = frame.filter(starts.fill_null(False) if wanted.etikett.isdigit() else pl.col(column(ETIKETT)).is_in(codes))
    if wanted.check or wanted.level or wanted.group:
        frame = frame.filter(pl.col("row").is_in(_rows_with_findings(room, delivery, wanted).implode()))
    if wanted.corrected:
        corrected = storage.changes_of(delivery)["row"].unique()
        is_corrected = pl.col("row").is_in(corrected.implode())
        frame = frame.filter(is_corrected if wanted.corrected == "ja" else ~is_corrected)
    return replace(listed, frame=frame)


def _chosen(room: Room, delivery: Delivery, wanted: RowFilter) -> Listed:
    """All rows, or those behind the number of a review table."""
    frame = storage.current_frame(delivery)
    if wanted.group:
        group = _group(room, delivery, wanted.group)
        title = checking.messages.title(group.check, room.spec, group.field) if group else "En grupp som inte finns kvar"
        return Listed(delivery, frame, title)
    if wanted.selection is None:
        return Listed(delivery, frame)
    found = tables.Review(delivery, room.spec, wanted.selection.against).chosen(wanted.selection)
    if found is None:
        return Listed(delivery, frame.head(0), "Ett tal som inte finns i tabellerna")
    if found.delivery.pk == delivery.pk:
        return Listed(delivery, found.frame, found.title)
    of = f"version {found.delivery.version}" if found.delivery.submission_id == delivery.submission_id else "förra årets fil"
    return Listed(found.delivery, found.frame, found.title, f"Raderna är ur {of}.")


def _group(room: Room, delivery: Delivery, key: str) -> Group | None:
    return next((one for one in groups_of(room.submission, storage.findings_of(delivery)) if one.key == key), None)


def _rows_with_findings(room: Room, delivery: Delivery, wanted: RowFilter) -> pl.Series:
    findings = storage.findings_of(delivery)
    if findings.is_empty():
        return pl.Series([], dtype=pl.UInt32)
    if wanted.check:
        findings = findings.filter(pl.col("check") == wanted.check)
    if wanted.level:
        findings = findings.filter(pl.col("level") == wanted.level)
    if wanted.group:
        group = _group(room, delivery, wanted.group)
        findings = checking.group_rows(findings, group.check, group.field, group.value) if group else findings.head(0)
    return findings["row"].drop_nulls().unique()


def codes_in_words(collection: CollectionSpec, words: str) -> list[str]:
    """The etiketter whose names have all the words, whatever their case."""
    listed, asked = collection.lists.get("aid"), words.casefold().split()
    return [c.code for c in listed.codes.values() if all(word in c.label.casefold() for word in asked)] if listed else []


def rows_of_person(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """The rows with that personnummer, in ten or twelve digits, or that anställningsnummer, whatever its case."""
    digits = "".join(sign for sign in text if sign.isdigit())
    number = digits[-10:] if len(digits) in (10, 12) and not text.strip("0123456789-+ ") else ""
    same_key = pl.col(column(KEY_FIELD)).str.to_lowercase() == text.strip().lower()
    own = pl.col(column(PERSONAL_NUMBER_FIELD)).str.replace_all("[-+ ]", "").str.tail(10)
    same_person = (own == number) if number else pl.lit(False)
    return frame.filter((same_key | same_person).fill_null(False))


# The rows before and after -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a row stands in the list that the person came from."""

    place: int
    of: int
    before: int | None
    after: int | None
    list_query: str
    row_query: str


def neighbours_of(room: Room, delivery: Delivery, row: int) -> Neighbours | None:
    """The rows before and after in the list that the address names, all rows where it names none; None outside it."""
    wanted = replace(RowFilter.of(RowsForm(room.request.GET, checks=checks_of(room, delivery))), line=None)
    listed = rows_that_fit(room, delivery, wanted)
    if listed.is_other:
        return None
    numbers = listed.frame["row"]
    place = numbers.index_of(row)
    if place is None:
        return None
    parameters = wanted.parameters | room.parameters
    page = place // ROWS_PER_PAGE + 1
    to_list = parameters | ({"sida": str(page)} if page > 1 else {})
    return Neighbours(
        place=place + 1,
        of=numbers.len(),
        before=numbers[place - 1] if place else None,
        after=numbers[place + 1] if place + 1 < numbers.len() else None,
        list_query=f"?{urlencode(to_list)}" if to_list else "",
        row_query=f"?{urlencode(parameters)}" if parameters else "",
    )
