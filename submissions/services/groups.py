"""The opaque names of groups of findings, and which of them are explained.

A group is (check, field, wrong value) within one submission; its name is a digest of the three, so that an address never
carries a value and the same group of the next file gets the same name. The key is the submission's own salt, made with its
first file: a change of HMAC_KEY or of FIELD_KEYS leaves names and explanations where they are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import polars as pl

from config.lib import crypto, sealed
from submissions import checking, spec
from submissions.models import Comment, Submission
from submissions.services.marks import Cover, Marks, Rows, cover_of, kept_marks, marks_of

KEY_LENGTH = 16
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Group:
    """Findings with the same check, field and wrong value (None where the value is not code-like)."""

    key: str
    check: str
    level: str
    field: int | None
    value: str | None
    rows: int
    first: int = 0  # where its first finding stands among all

    @property
    def needs_comment(self) -> bool:
        """Whether it must be explained before hand-in, if not corrected."""
        return self.level == spec.VARNING


def make_salt(locked: Submission) -> None:
    """Give the locked submission its salt, once: with its first file."""
    if locked.salt_sealed is None:
        locked.salt_sealed = sealed.seal(locked, "salt_sealed", secrets.token_bytes(SALT_BYTES))
        Submission.objects.filter(pk=locked.pk).update(salt_sealed=locked.salt_sealed)


def salt_of(submission: Submission) -> bytes:
    """The key of the submission's groups and fingerprints; there is one wherever there is a file."""
    if submission.salt_sealed is None:
        submission.refresh_from_db(fields=["salt_sealed"])  # loaded before its first file came
    return sealed.open_column(submission, "salt_sealed")


def group_key(salt: bytes, check: str, field: int | None, value: str | None) -> str:
    """The group's name in addresses and at its explanations."""
    return crypto.digest("group", check, "" if field is None else field, "" if value is None else f"={value}", key=salt)[
        :KEY_LENGTH
    ]


def groups_of(submission: Submission, findings: pl.DataFrame) -> list[Group]:
    """All groups, worst level first, then most rows."""
    if findings.is_empty():
        return []
    salt = salt_of(submission)
    return [
        Group(
            key=group_key(salt, row["check"], row["field"], row["value"]),
            check=row["check"],
            level=row["level"],
            field=row["field"],
            value=row["value"],
            rows=row["rows"],
            first=row["first"],
        )
        for row in checking.groups(findings).iter_rows(named=True)
    ]


def live_comments(submission: Submission) -> dict[str, Comment]:
    """The explanations in force by group."""
    comments = Comment.objects.filter(submission=submission, replaced_at=None).select_related("by", "accepted_by").order_by("pk")
    return {comment.group: comment for comment in comments}


def cover(submission: Submission, group: Group, comment: Comment, findings: pl.DataFrame, rows: Rows) -> Cover:
    """How far the group's explanation reaches among its findings now."""
    return cover_of(kept_marks(comment), group_marks(submission, group, findings, rows))


def group_marks(submission: Submission, group: Group, findings: pl.DataFrame, rows: Rows) -> Marks:
    """The marks of a group's findings."""
    return marks_of(salt_of(submission), checking.group_rows(findings, group.check, group.field, group.value), rows)


def count_uncommented(submission: Submission, findings: pl.DataFrame, rows: Rows) -> int:
    """How many groups must still be corrected or explained, in whole or for what has come to since."""
    needing = [group for group in groups_of(submission, findings) if group.needs_comment]
    if not needing:
        return 0
    comments = live_comments(submission)
    explained = (
        group
        for group in needing
        if group.key in comments and cover(submission, group, comments[group.key], findings, rows).is_whole
    )
    return len(needing) - sum(1 for _ in explained)
