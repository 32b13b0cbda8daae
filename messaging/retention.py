"""What Meddelanden keeps only for a while (security note, A-11): drafts a month, a matter two years from its last message.

A matter goes whole: messages, attached files, internal notes, questions with their answers, who read it, and what it was about.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts import limits
from accounts.retention import ITSELF, note
from config.lib.retention import Rule, carry_out
from messaging.models import Attachment, Draft, InternalNote, Message, Question, QuestionBatch, Thread


def _delete_whole(rows: QuerySet[Any]) -> int:
    """The threads with all that hangs on them; read marks, events and drafts go by themselves."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    Attachment.objects.filter(message__thread__in=keys).delete()
    for part in (Message, InternalNote, Question):
        part._default_manager.filter(thread__in=keys).delete()
    return Thread.objects.filter(pk__in=keys).delete()[1].get("messaging.Thread", 0)


RULES = (
    Rule("message_drafts", "påbörjade meddelanden", limits.MESSAGE_DRAFTS_KEPT, lambda upto: Draft.objects.filter(at__lte=upto)),
    Rule("threads", "ärenden", limits.THREADS_KEPT, lambda upto: Thread.objects.filter(last_message_at__lte=upto), _delete_whole),
    Rule(
        "question_batches",
        "frågeomgångar utan ärenden",
        ITSELF,
        lambda upto: QuestionBatch.objects.filter(threads=None, created_at__lte=upto),
    ),
)


def purge(*, at: datetime, older_than: timedelta | None = None, dry_run: bool = False) -> dict[str, int]:
    """Carry out every rule, with a receipt in the audit trail for each batch; what went, by the rules' words."""
    return {rule.what: carry_out(rule, at=at, older_than=older_than, dry_run=dry_run, receipt=note) for rule in RULES}
