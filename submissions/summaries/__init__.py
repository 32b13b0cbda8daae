"""From a frame to the review tables: the figures a submitter recognises, beside last year's or the version before.

`tables` is the small summary that the check makes. Everything else is counted when it is looked at: `concepts` says what
is counted, `review_tables` and `compare` which tables there are, `grid` how their numbers are made and which rows stand
behind them, `selection` how such a number is named in an address, `differences` when a change is worth a look, `labels`
what lines are called and `charts` where shapes stand. Knows neither the database, the web, the checks nor how the file
was read.
"""

from submissions.summaries.control import control_sums
from submissions.summaries.tables import FIELDS, Line, Summary, build

__all__ = ["FIELDS", "Line", "Summary", "build", "control_sums"]
