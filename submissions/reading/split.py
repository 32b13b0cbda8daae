"""UTF-8 to rows and fields, with the line numbers of the delivered file.

The usual file, where every line has the right number of fields, goes straight through polars' own reader. Anything
else (blank lines, a wrong line, another separator) takes the careful way, line by line but still without Python loops
over rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from submissions.frames import FIELD_NUMBERS, NAME_FIELD, Refusal, column, no_wrong_rows
from submissions.reading import refusals
from submissions.reading.kind import BLANKS
from submissions.reading.limits import MAX_LINE, MAX_ROWS
from submissions.spec import LayoutSpec

SEMICOLON = ";"
SEPARATORS = (SEMICOLON, "\t", ",", "|")
END_OF_FILE = b"\x1a"  # old systems close a file with it
NOTHING = BLANKS + "".join(SEPARATORS) + "\x1a\n"
HALF_LINE = MAX_LINE // 2


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of a file: values as they stood, and the lines that had another number of fields."""

    frame: pl.DataFrame
    separator: str
    has_header: bool
    wrong_rows: pl.DataFrame

    @property
    def rows(self) -> int:
        """Lines with data, the wrong ones too."""
        return self.frame.height + self.wrong_rows.height


def split(plain: bytes, layout: LayoutSpec) -> Split | Refusal:
    """The rows, or the refusal of a file with none that fits the layout."""
    if plain.endswith(END_OF_FILE):
        plain = plain.rstrip(END_OF_FILE)
    if not plain.strip(NOTHING.encode()):
        return refusals.empty(had_bytes=bool(plain))
    if b"\n" not in plain:
        plain = plain.replace(b"\r", b"\n")
    long_line = _long_line(plain)
    if long_line:
        return refusals.other_kind(plain, "FIL02") or long_line
    lines = plain.count(b"\n") + 1
    if lines > MAX_ROWS * 4:
        return refusals.too_many_rows(lines)
    separator = _sniff(plain, len(layout))
    plain = _unquote(plain, separator)
    result = _split_even(plain, layout, separator) or _split_lines(plain, layout)
    if isinstance(result, Split) and result.rows > MAX_ROWS:
        return refusals.too_many_rows(result.rows)
    return result


def _long_line(plain: bytes) -> Refusal | None:
    """The refusal of a file with a line above the limit. Such a line covers at least one whole half-line window."""
    for start in range(0, len(plain) - HALF_LINE + 1, HALF_LINE):
        if plain.find(b"\n", start, start + HALF_LINE) >= 0:
            continue
        first = plain.rfind(b"\n", 0, start) + 1
        last = plain.find(b"\n", start)
        length = (last if last >= 0 else len(plain)) - first
        if length > MAX_LINE:
            return refusals.too_long_line(plain.count(b"\n", 0, first) + 1, length)
    return None


def _first_line(plain: bytes) -> str:
    end = plain.find(b"\n")
    return plain[: end if end >= 0 else len(plain)].decode("utf-8", "replace").rstrip("\r")


def _sniff(plain: bytes, width: int) -> str:
    """The separator that gives the first line the right width (or one more); semicolon where none does."""
    line = _first_line(plain)
    fitting = (mark for mark in SEPARATORS if line.count(mark) + 1 in (width, width + 1))
    return next(fitting, SEMICOLON)


def _unquote(plain: bytes, separator: str) -> bytes:
    """Without the quotation marks of a file that puts them around every single value; else as it was."""
    if b'"' not in plain:
        return plain
    mark = separator.encode()
    separators = plain.count(mark)
    return plain.replace(b'"', b"") if separators and plain.count(b'"' + mark + b'"') == separators else plain


def _split_even(plain: bytes, layout: LayoutSpec, separator: str) -> Split | None:
    """The usual file; None where some line is not of the right width, or might not be.

    polars fills a short line with nulls and raises for a long one. So if no last field is null every line is right, and
    if some are, the number of separators tells: no line has more than it should, so the sum is right only if all are.
    """
    first_line = _first_line(plain)
    extra = 1 if first_line.count(separator) == len(layout) and first_line.endswith(separator) else 0
    width = len(layout) + extra
    try:
        frame = pl.read_csv(
            plain,
            has_header=False,
            separator=separator,
            quote_char=None,
            infer_schema=False,
            schema={column(number): pl.String for number in range(1, width + 1)},
        )
    except pl.exceptions.PolarsError:
        return None
    last = frame[column(width)]
    if extra and last.null_count() < frame.height:
        return None
    if last.null_count() and plain.count(separator.encode()) != (width - 1) * frame.height:
        return None
    frame = frame.with_row_index("row", offset=1)
    has_header = is_header(first_line.split(separator), layout)
    frame = _without_name(frame.slice(1) if has_header else frame)
    if last.null_count():
        frame = frame.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))
    return Split(frame, separator, has_header, no_wrong_rows()) if frame.height else None


def _without_name(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("row", *(column(number) for number in FIELD_NUMBERS))


def _split_lines(plain: bytes, layout: LayoutSpec) -> Split | Refusal:
    """Any file: blank lines, a header, lines of other widths, another separator, an empty field at the end of all."""
    if b"\r" in plain:
        plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    everything = pl.DataFrame({"line": _lines(plain)}).with_row_index("row", offset=1)
    lines = everything.filter(pl.col("line").str.strip_chars(NOTHING) != "")
    if lines.is_empty():
        return refusals.empty(had_bytes=True)
    first_row, first_line = lines.row(0)
    candidates = []
    for separator in SEPARATORS:
        has_header = is_header(first_line.split(separator), layout)
        data = _widths(lines.filter(pl.col("row") != first_row) if has_header else lines, layout, separator)
        if has_header and data.is_empty():
            return refusals.empty(had_bytes=True, has_header=True)
        right = int((data["n"] == len(layout)).sum())
        if right == data.height or (right and separator == SEMICOLON):
            return _rows_of(data, layout, separator, has_header)
        candidates.append((separator, data))
    return _refuse(plain, layout, candidates)


def _lines(plain: bytes) -> pl.Series:
    """Every line of the file, blank ones as null or "". A sign that does not occur makes polars' reader split lines."""
    unused = next((chr(sign) for sign in range(1, 9) if bytes([sign]) not in plain), None)
    if unused is None:
        return pl.Series(plain.decode("utf-8").split("\n"), dtype=pl.String)
    return pl.read_csv(
        plain, has_header=False, separator=unused, quote_char=None, infer_schema=False, schema={"line": pl.String}
    )["line"]


def _widths(lines: pl.DataFrame, layout: LayoutSpec, separator: str) -> pl.DataFrame:
    """The lines with `n`, their number of fields, not counting an empty field that stands at the end of every one."""
    wanted = len(layout)
    lines = lines.with_columns((pl.col("line").str.count_matches(separator, literal=True) + 1).alias("n"))
    ends, exact, one_more = lines.select(
        pl.col("line").str.ends_with(separator).all().alias("ends"),
        (pl.col("n") == wanted).sum().alias("exact"),
        (pl.col("n") == wanted + 1).sum().alias("more"),
    ).row(0)
    return lines.with_columns(pl.col("n") - 1) if ends and one_more > exact else lines


def _rows_of(data: pl.DataFrame, layout: LayoutSpec, separator: str, has_header: bool) -> Split:
    """The right rows as columns; a field beyond the layout's is the empty one that stands at the end of every line."""
    is_right = pl.col("n") == len(layout)
    right = data.filter(is_right)
    frame = pl.read_csv(
        right["line"].str.join("\n").item().encode("utf-8"),
        has_header=False,
        separator=separator,
        quote_char=None,
        infer_schema=False,
        schema={column(field.number): pl.String for field in layout.fields},
        truncate_ragged_lines=True,
        missing_columns="insert",
        extra_columns="ignore",
    ).insert_column(0, right["row"])
    wrong = data.filter(~is_right).select("row", "n")
    return Split(_without_name(frame), separator, has_header, wrong)


def _refuse(plain: bytes, layout: LayoutSpec, candidates: list[tuple[str, pl.DataFrame]]) -> Refusal:
    """The refusal of a file without one right row, told by semicolons, or by another mark where there are none."""
    separator, data = candidates[0]
    if data["n"].max() == 1:
        separator, data = max(candidates, key=lambda candidate: candidate[1]["n"].median() or 0)
    narrowest, widest = data.select(pl.col("n").min().alias("low"), pl.col("n").max().alias("high")).row(0)
    return refusals.no_right_row(
        plain,
        layout,
        separator,
        row=int(data["row"][0]),
        width=int(data["n"][0]),
        narrowest=narrowest,
        widest=widest,
        rows=data.height,
    )


def is_header(cells: list[str], layout: LayoutSpec) -> bool:
    """True where the line repeats the field names, or bears numbers or words where a row must have digits.

    Three names are enough; a line without one digit in fields 3, 7, 9 and 18 needs one name that it begins alike.
    """
    if len(cells) < len(layout):
        return False
    given = [_plain(cell) for cell in cells]
    names = [_plain(field.name) for field in layout.fields]
    same = sum(1 for cell, name in zip(given, names, strict=False) if cell and cell == name)
    numbered = sum(
        1 for number, cell in enumerate(given[: len(layout)], 1) if cell in {str(number), f"f{number}", f"falt{number}"}
    )
    if same >= 3 or numbered > len(layout) // 2:
        return True
    in_digit_fields = [given[number - 1] for number in (3, 7, 9, 18)]
    if not all(cell and cell.isalpha() for cell in in_digit_fields):
        return False
    return any(cell[:6] == name[:6] for cell, name in zip(given, names, strict=False) if len(cell) > 3)


def _plain(cell: str) -> str:
    folded = cell.casefold().translate(str.maketrans("åäö", "aao"))
    return re.sub(r"[^a-z0-9]", "", folded)
