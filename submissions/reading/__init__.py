"""From the delivered bytes to a frame of texts.

`read` takes any bytes and never raises: what cannot be read comes back as a `Refusal` that says what was seen and what
was expected. Knows neither the database, the web nor the checks.
"""

from submissions.reading.corrections import apply_corrections
from submissions.reading.kind import kind_value
from submissions.reading.limits import MAX_BYTES, MAX_FIELDS, MAX_LINE, MAX_PARTS, MAX_ROWS
from submissions.reading.positions import (
    PositionList,
    PositionListError,
    position_cells,
    read_position_cells,
    read_position_list,
    read_positions,
)
from submissions.reading.reader import read, read_parts
from submissions.reading.refusals import by_another_layout
from submissions.reading.rewrite import RewriteRefused, as_text, changed_cells, rewrite

__all__ = [
    "MAX_BYTES",
    "MAX_FIELDS",
    "MAX_LINE",
    "MAX_PARTS",
    "MAX_ROWS",
    "PositionList",
    "PositionListError",
    "RewriteRefused",
    "apply_corrections",
    "by_another_layout",
    "as_text",
    "changed_cells",
    "kind_value",
    "read",
    "read_parts",
    "position_cells",
    "read_position_cells",
    "read_position_list",
    "read_positions",
    "rewrite",
]
