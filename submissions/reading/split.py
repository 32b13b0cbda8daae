"""UTF-8 to rows and fields, with the line numbers of the delivered file.

polars' own reader gives the columns; it fills a short line with nulls and cuts a long one. Which lines those are is
then found out exactly, most often by counting all separators at once, else by counting them line by line. There is no
Python loop over rows.

Quotation marks are data, unless the file puts them around every value, or around every value of two columns or more; a
line that has the right number of fields only when separators between quotation marks are data is read so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import polars as pl

from submissions.frames import Refusal, column, numbers_to
from submissions.reading import refusals
from submissions.reading.kind import NOTHING_BUT_BLANKS
from submissions.reading.limits import MAX_LINE, MAX_ROWS
from submissions.spec import LayoutSpec

SEMICOLON = ";"
SEPARATORS = (SEMICOLON, "\t", ",", "|")
ENDS_TO_CUT = (b"\x1a", b"\n\n", b"\n\r\n")  # old systems close a file with 0x1A; blank last lines
NOTHING = NOTHING_BUT_BLANKS
SPACES = " \u00a0"
HALF_LINE = MAX_LINE // 2
QUOTED = r'^"(?:[^"]|"")*"$'
QUOTED_COLUMNS = 2  # one column may hold names in quotation marks


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of a file: values as they stood, and the lines that had another number of fields."""

    frame: pl.DataFrame
    separator: str
    has_header: bool
    wrong_rows: pl.DataFrame
    lines: int  # of the file, blank ones too, so that the next part's rows are counted on from there

    @property
    def rows(self) -> int:
        """Lines with data, the wrong ones too."""
        return self.frame.height + self.wrong_rows.height


def split(plain: bytes, layout: LayoutSpec) -> Split | Refusal:
    """The rows, or the refusal of a file with none that fits the layout."""
    has_bytes = bool(plain)
    if plain.endswith(ENDS_TO_CUT):
        plain = plain.rstrip(b"\r\n\x1a")
    if not plain.strip(NOTHING.encode()):
        return refusals.empty(had_bytes=has_bytes)
    plain = _with_one_line_end(plain)
    long_line = _long_line(plain)
    if long_line:
        return refusals.other_kind(plain, "FIL02") or long_line
    lines = plain.count(b"\n") + 1
    if lines > MAX_ROWS * 4:
        return refusals.too_many_rows(lines)
    separator = _sniff(plain, len(layout))
    plain = _unquote(plain, separator)
    found = _split_quick(plain, layout, separator) or _split_lines(plain, layout)
    if isinstance(found, Refusal):
        return found
    if found.rows > MAX_ROWS:
        return refusals.too_many_rows(found.rows)
    lines -= plain.endswith(b"\n")
    frame = _without_quotes(found.frame) if b'"' in plain else found.frame
    return replace(found, frame=frame.select("row", *map(column, numbers_to(len(layout)))), lines=lines)


def _with_one_line_end(plain: bytes) -> bytes:
    """CRLF, LF and CR all end a line. A file with one of the first two throughout stays as it is."""
    if plain.count(b"\r") in (0, plain.count(b"\n")):
        return plain
    return plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


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


def _without_quotes(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the quotation marks of columns in which every value has them, where there are several such columns."""
    names = [name for name in frame.columns if name != "row"]
    has_marks = frame.select(
        (pl.col(name).is_not_null().any() & pl.col(name).str.contains(QUOTED).all()).fill_null(False) for name in names
    ).row(0)
    quoted = [name for name, found in zip(names, has_marks, strict=True) if found]
    if len(quoted) < QUOTED_COLUMNS:
        return frame
    inner = [pl.col(name).str.slice(1, pl.col(name).str.len_chars() - 2).str.replace_all('""', '"') for name in quoted]
    return frame.with_columns(pl.when(text != "").then(text) for text in inner)


def is_quoted(plain: bytes, separator: str) -> bool:
    """Whether the file puts quotation marks around every single value."""
    if b'"' not in plain:
        return False
    mark = separator.encode()
    separators = plain.count(mark)
    return bool(separators) and plain.count(b'"' + mark + b'"') == separators


def _unquote(plain: bytes, separator: str) -> bytes:
    """Without the quotation marks of a file that puts them around every single value; else as it was."""
    return plain.replace(b'"', b"") if is_quoted(plain, separator) else plain


def _read(plain: bytes, separator: str, width: int, quote: str | None = None) -> pl.DataFrame:
    """`row` and the columns f1 to f{width}: short lines are filled with nulls, long ones cut, blank ones all null."""
    return pl.read_csv(
        plain,
        has_header=False,
        separator=separator,
        quote_char=quote,
        infer_schema=False,
        schema={column(number): pl.String for number in range(1, width + 1)},
        truncate_ragged_lines=True,
        missing_columns="insert",
        extra_columns="ignore",
        row_index_name="row",
        row_index_offset=1,
    )


def _lines(plain: bytes) -> pl.Series | None:
    """Every line of the file, blank ones as null. A sign that does not occur makes polars' reader split lines alone."""
    unused = next((chr(sign) for sign in range(1, 9) if bytes([sign]) not in plain), None)
    return None if unused is None else _read(plain, unused, 1)[column(1)]


def _split_quick(plain: bytes, layout: LayoutSpec, separator: str) -> Split | None:
    """The usual file, with no or a few odd lines; None where nothing can be proved quickly.

    Odd are lines whose last field is empty or that have something in a field too many. Every other line has at least
    the right number of separators. So if what the odd lines have and what the others should have make up all the
    separators of the file, every other line is right.
    """
    width = len(layout)
    frame = _read(plain, separator, width + 1)
    is_odd = pl.col(column(width)).is_null() | pl.col(column(width + 1)).is_not_null()
    odd = frame.select("row").filter(frame.select(is_odd).to_series())
    separators = plain.count(separator.encode())
    counted = _widths(plain, frame, odd, separator) if odd.height else odd.with_columns(pl.lit(0, pl.UInt32).alias("n"))
    if counted is None or counted.height > frame.height // 2:
        return None
    if separators != (width - 1) * (frame.height - odd.height) + (counted["n"].sum() - counted.height):
        return None
    first_line = _first_line(plain)
    has_header = is_header(first_line.split(separator), layout)
    wrong = counted.filter(pl.col("n") != width)
    is_data = ~pl.col("row").is_in(wrong["row"].implode()) & (pl.col("row") > int(has_header))
    data = frame.filter(is_data) if wrong.height or has_header else frame
    wrong = wrong.filter((pl.col("n") > 0) & (pl.col("row") > int(has_header)))
    if not data.height or not _fits(separator, right=data.height, rows=data.height + wrong.height):
        return None
    if wrong.height and b'"' in plain:
        return None  # they may be right when quotation marks are heeded
    return Split(data, separator, has_header, wrong, 0)


def _fits(separator: str, *, right: int, rows: int) -> bool:
    """Whether a file is taken as so separated: any right row is enough for semicolon, another needs more than half."""
    return right > 0 if separator == SEMICOLON else right * 2 > rows


def _widths(plain: bytes, frame: pl.DataFrame, odd: pl.DataFrame, separator: str) -> pl.DataFrame | None:
    """The odd lines with `n`, their number of fields. None where one is blank, holds but separators or is several."""
    lines = _lines(plain)
    if lines is None or lines.len() != frame.height:
        return None
    texts = odd.with_columns(lines.gather(odd["row"] - 1).alias("line"))
    line = pl.col("line")
    is_blank = (line.str.strip_chars(NOTHING) == "") | line.is_null()
    if texts.select((is_blank | line.str.contains("\r", literal=True)).any()).item():
        return None
    return texts.select("row", (pl.col("line").str.count_matches(separator, literal=True) + 1).alias("n"))


def _split_lines(plain: bytes, layout: LayoutSpec) -> Split | Refusal:
    """Any file: blank lines, a header, lines of other widths, another separator, an empty field at the end of all."""
    if b"\r" in plain:
        plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = pl.DataFrame({"line": plain.decode("utf-8").split("\n")}).with_row_index("row", offset=1)
    lines = lines.filter(pl.col("line").str.strip_chars(NOTHING) != "")
    if lines.is_empty():
        return refusals.empty(had_bytes=True)
    first_row, first_line = lines.row(0)
    candidates = []
    for separator in SEPARATORS:
        has_header = is_header(first_line.split(separator), layout)
        data = _counted(lines.filter(pl.col("row") != first_row) if has_header else lines, layout, separator)
        if has_header and data.is_empty():
            return refusals.empty(had_bytes=True, has_header=True)
        right = int((data["n"] == len(layout)).sum())
        if _fits(separator, right=right, rows=data.height):
            return _rows_of(data, layout, separator, has_header)
        candidates.append((separator, data))
    return _refuse(plain, layout, candidates)


def _counted(lines: pl.DataFrame, layout: LayoutSpec, separator: str) -> pl.DataFrame:
    """The lines with `n`, their number of fields, not counting an empty field that stands at the end of every one.

    `is_quoted` are those that have the right number only where quotation marks are heeded.
    """
    wanted = len(layout)
    lines = lines.with_columns((pl.col("line").str.count_matches(separator, literal=True) + 1).alias("n"))
    ends, exact, one_more = lines.select(
        pl.col("line").str.strip_chars_end(SPACES).str.ends_with(separator).all().alias("ends"),
        (pl.col("n") == wanted).sum().alias("exact"),
        (pl.col("n") == wanted + 1).sum().alias("more"),
    ).row(0)
    if ends and one_more > exact:
        lines = lines.with_columns(pl.col("n") - 1)
    bare = pl.col("line").str.replace_all('"[^"]*"', "").str.count_matches(separator, literal=True) + 1
    is_quoted = (pl.col("n") > wanted) & pl.col("line").str.contains('"', literal=True) & (bare == wanted)
    return lines.with_columns(pl.when(is_quoted).then(wanted).otherwise("n").alias("n"), is_quoted.alias("is_quoted"))


def _rows_of(data: pl.DataFrame, layout: LayoutSpec, separator: str, has_header: bool) -> Split:
    """The right rows as columns; a field beyond the layout's is the empty one that stands at the end of every line."""
    is_right = pl.col("n") == len(layout)
    frames = []
    for is_quoted in (False, True):
        right = data.filter(is_right & (pl.col("is_quoted") == is_quoted))
        if right.height:
            text = "\n".join(right["line"].to_list()).encode("utf-8")
            frame = _read(text, separator, len(layout), quote='"' if is_quoted else None)
            if frame.height != right.height:  # polars found a quotation mark that is never closed
                frame = _read(text, separator, len(layout))
            frames.append(frame.with_columns(right["row"]))
    wrong = data.filter(~is_right).select("row", "n")
    return Split(pl.concat(frames).sort("row") if len(frames) > 1 else frames[0], separator, has_header, wrong, 0)


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
