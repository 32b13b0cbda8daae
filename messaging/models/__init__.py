"""Meddelanden: threads between a unit and SKR with all that hangs on them, and the outbox of outgoing mail."""

from messaging.models.announcement import Announcement
from messaging.models.attachment import Attachment
from messaging.models.draft import Draft
from messaging.models.known_issue import KnownIssue
from messaging.models.letter import MailText
from messaging.models.mail import OutgoingMail, PendingNotice
from messaging.models.message import InternalNote, Message
from messaging.models.question import Question, QuestionBatch
from messaging.models.template import ReplyTemplate
from messaging.models.thread import ReadMark, Thread, ThreadEvent, ThreadQuerySet

__all__ = [
    "Announcement",
    "Attachment",
    "Draft",
    "InternalNote",
    "KnownIssue",
    "MailText",
    "Message",
    "OutgoingMail",
    "PendingNotice",
    "Question",
    "QuestionBatch",
    "ReadMark",
    "ReplyTemplate",
    "Thread",
    "ThreadEvent",
    "ThreadQuerySet",
]
