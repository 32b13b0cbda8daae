"""What is done in Meddelanden: one verb, one transaction, one event of the audit trail."""

from messaging.services.drafts import Kept, forget_draft, kept_draft, save_draft
from messaging.services.matters import Matter, matter_of, note_resolved, note_returned
from messaging.services.questions import Asked, asked_in, send_questions, tick_question, untick_question
from messaging.services.threads import close_thread, mark_read, read_text, reply, start_thread
from messaging.services.words import SUBJECT_LENGTH, TEXT_LENGTH

__all__ = [
    "SUBJECT_LENGTH",
    "TEXT_LENGTH",
    "Asked",
    "Kept",
    "Matter",
    "asked_in",
    "close_thread",
    "forget_draft",
    "kept_draft",
    "mark_read",
    "matter_of",
    "note_resolved",
    "note_returned",
    "read_text",
    "reply",
    "save_draft",
    "send_questions",
    "start_thread",
    "tick_question",
    "untick_question",
]
