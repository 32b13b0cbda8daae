"""Inlämning: the year's settings, each unit's submission, its deliveries and what was said about them."""

from submissions.models.collection import CheckSetting, Code, CodeList, Collection, Field, Layout
from submissions.models.counts import CheckCount
from submissions.models.delivery import Correction, CorrectionBatch, Delivery
from submissions.models.finding import Comment, CommentDraft
from submissions.models.production import Export, ExportFile, ExportPart, ExportSeries
from submissions.models.quality import QualityCard
from submissions.models.receipt import Receipt, ReopenRequest
from submissions.models.reviewing import ReviewPoint, SubmissionNote
from submissions.models.settings import SettingChange, Trial
from submissions.models.submission import Submission, SubmissionEvent
from submissions.models.supplement import Supplement
from submissions.models.waiver import Waiver

__all__ = [
    "CheckCount",
    "CheckSetting",
    "Code",
    "CodeList",
    "Collection",
    "Comment",
    "CommentDraft",
    "Correction",
    "CorrectionBatch",
    "Delivery",
    "Export",
    "ExportFile",
    "ExportPart",
    "ExportSeries",
    "Field",
    "Layout",
    "QualityCard",
    "Receipt",
    "ReopenRequest",
    "ReviewPoint",
    "SettingChange",
    "Submission",
    "SubmissionEvent",
    "SubmissionNote",
    "Supplement",
    "Trial",
    "Waiver",
]
