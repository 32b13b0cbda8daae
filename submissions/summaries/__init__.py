"""From a frame to the first review table: the figures a submitter recognises, beside last year's.

Knows neither the database, the web, the checks nor how the file was read.
"""

from submissions.summaries.tables import Line, Summary, build

__all__ = ["Line", "Summary", "build"]
