"""Pages of Inlämning: URL name, view and template share their name."""

from submissions.views.correcting import comment, correct, corrections, remove_comment, undo
from submissions.views.download import download
from submissions.views.findings import findings, reveal_findings, reveal_row, row
from submissions.views.finishing import hand_in, receipt, withdraw
from submissions.views.overview import overview, submission, upload, version
from submissions.views.review import review

__all__ = [
    "comment",
    "correct",
    "corrections",
    "download",
    "findings",
    "hand_in",
    "overview",
    "receipt",
    "remove_comment",
    "reveal_findings",
    "reveal_row",
    "review",
    "row",
    "submission",
    "undo",
    "upload",
    "version",
    "withdraw",
]
