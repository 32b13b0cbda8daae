"""Inlämning: the year's settings, each unit's submission, its deliveries and what was said about them."""

from submissions.models.collection import CheckSetting, Code, CodeList, Collection, Field, Layout
from submissions.models.delivery import Correction, Delivery
from submissions.models.finding import Comment
from submissions.models.receipt import Receipt
from submissions.models.submission import Submission, SubmissionEvent

__all__ = [
    "CheckSetting",
    "Code",
    "CodeList",
    "Collection",
    "Comment",
    "Correction",
    "Delivery",
    "Field",
    "Layout",
    "Receipt",
    "Submission",
    "SubmissionEvent",
]
