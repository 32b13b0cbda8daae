"""From a frame of texts to findings.

One small function per check of the catalogue, grouped in modules by its prefix; all run in one pass over the prepared
rows. Knows neither the database, the web nor how the file was read.
"""

from submissions.checking import masking, messages
from submissions.checking.again import basis, rerun
from submissions.checking.completeness import Unexplained, unexplained
from submissions.checking.context import Context, effective_level
from submissions.checking.findings import CODE_FIELDS, Findings, NotRun, group_rows, groups, sort_findings
from submissions.checking.runner import catalogue_place, check_rows, is_row_check, run
from submissions.checking.trial import Compared, compared, concerned, judge_twice, rows_with

__all__ = [
    "CODE_FIELDS",
    "Compared",
    "Context",
    "Findings",
    "NotRun",
    "Unexplained",
    "basis",
    "catalogue_place",
    "check_rows",
    "compared",
    "concerned",
    "effective_level",
    "group_rows",
    "groups",
    "is_row_check",
    "judge_twice",
    "masking",
    "messages",
    "rerun",
    "rows_with",
    "run",
    "sort_findings",
    "unexplained",
]
