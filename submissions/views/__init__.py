"""Pages of Inlämning: URL name, view and template share their name."""

from submissions.views.asking import ask_group, ask_row, matter
from submissions.views.batching import correct_batch, preview_batch, undo_batch
from submissions.views.changes import change_list
from submissions.views.codes import codes
from submissions.views.correcting import correct, corrections, try_value, undo
from submissions.views.download import (
    change_list_file,
    corrected_file,
    download,
    downloads,
    findings_report,
    marked_rows,
)
from submissions.views.encoding import choose_encoding
from submissions.views.explaining import comment, remove_comment, save_draft
from submissions.views.findings import findings, reveal_findings
from submissions.views.finishing import (
    ask_to_reopen,
    hand_in,
    nobody_employed,
    receipt,
    receipt_file,
    take_back_request,
    withdraw,
)
from submissions.views.following import followed
from submissions.views.overview import overview, submission, upload
from submissions.views.quality import quality
from submissions.views.review import review
from submissions.views.row import reveal_row, row
from submissions.views.rows import person_rows, rows
from submissions.views.supplements import (
    add_supplement,
    choose_payroll_system,
    download_supplement,
    remove_supplement,
    supplements,
)
from submissions.views.tables import compare, table, table_file, tables
from submissions.views.versions import activate, deliver_for_real, version

__all__ = [
    "ask_group",
    "ask_row",
    "matter",
    "activate",
    "add_supplement",
    "change_list",
    "change_list_file",
    "ask_to_reopen",
    "codes",
    "choose_payroll_system",
    "choose_encoding",
    "comment",
    "compare",
    "correct",
    "correct_batch",
    "corrected_file",
    "corrections",
    "deliver_for_real",
    "download",
    "downloads",
    "download_supplement",
    "findings",
    "followed",
    "findings_report",
    "hand_in",
    "marked_rows",
    "nobody_employed",
    "overview",
    "person_rows",
    "preview_batch",
    "quality",
    "receipt",
    "receipt_file",
    "remove_comment",
    "remove_supplement",
    "reveal_findings",
    "reveal_row",
    "review",
    "row",
    "rows",
    "save_draft",
    "submission",
    "table",
    "table_file",
    "tables",
    "take_back_request",
    "try_value",
    "supplements",
    "undo",
    "undo_batch",
    "upload",
    "version",
    "withdraw",
]
