"""Several questions sent at once, which the unit ticks off one by one."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal


class QuestionBatch(models.Model):
    """Questions that SKR sent together, to one unit or many: each unit has a thread of its own with a copy of them."""

    subject = models.CharField("ämne", max_length=100)
    created_at = models.DateTimeField("skickad")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skickad av"
    )
    nonce = models.UUIDField(default=uuid.uuid4, unique=True)  # the form's own; posted twice it is one batch

    class Meta:
        verbose_name = "frågeomgång"
        verbose_name_plural = "frågeomgångar"

    def __str__(self) -> str:
        return self.subject


class Question(models.Model):
    """One question to one unit. Ticked off with or without an answer of its own; all ticked, SKR has the ball."""

    SEALED: ClassVar = {
        "text_sealed": Seal("question", "thread_id", "number"),
        "answer_sealed": Seal("question-answer", "thread_id", "number"),
    }

    thread = models.ForeignKey("messaging.Thread", on_delete=models.PROTECT, related_name="questions")
    number = models.PositiveSmallIntegerField()  # 1, 2, 3 within the thread
    check_code = models.CharField("kontroll", max_length=10, blank=True)  # of the group of findings that it is about
    group = models.CharField(max_length=20, blank=True)  # the group's opaque name, in the thread's year
    text_sealed = models.BinaryField()
    answer_sealed = models.BinaryField(null=True)
    ticked_at = models.DateTimeField(null=True)
    ticked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "fråga"
        verbose_name_plural = "frågor"
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="question_one_per_number"),
            models.CheckConstraint(
                condition=Q(group="", check_code="") | ~Q(group="") & ~Q(check_code=""), name="question_group_has_check"
            ),
            models.CheckConstraint(
                condition=Q(ticked_at=None, ticked_by=None) | Q(ticked_at__isnull=False, ticked_by__isnull=False),
                name="question_ticked_in_pairs",
            ),
        ]

    def __str__(self) -> str:
        return f"Fråga {self.number}"
