"""What is done in Meddelanden: one verb, one transaction, one event of the audit trail."""

from messaging.services.drafts import Kept, forget_draft, kept_draft, kept_drafts, save_draft
from messaging.services.handling import add_note, assign, handlers, notes_in, reopen_thread, snooze
from messaging.services.matters import Matter, matter_of, note_resolved, note_returned
from messaging.services.questions import Asked, asked_in, send_questions, tick_question, untick_question
from messaging.services.templates import active_templates, filler, retire_template, save_template
from messaging.services.threads import WrittenMeanwhile, close_thread, mark_read, read_text, reply, shown_text, start_thread
from messaging.services.words import SUBJECT_LENGTH, TEXT_LENGTH, UNREADABLE

__all__ = [
    "SUBJECT_LENGTH",
    "TEXT_LENGTH",
    "UNREADABLE",
    "Asked",
    "Kept",
    "Matter",
    "WrittenMeanwhile",
    "active_templates",
    "add_note",
    "asked_in",
    "assign",
    "close_thread",
    "filler",
    "forget_draft",
    "handlers",
    "kept_draft",
    "kept_drafts",
    "mark_read",
    "matter_of",
    "note_resolved",
    "note_returned",
    "notes_in",
    "read_text",
    "reopen_thread",
    "reply",
    "retire_template",
    "save_draft",
    "save_template",
    "send_questions",
    "shown_text",
    "snooze",
    "start_thread",
    "tick_question",
    "untick_question",
]
