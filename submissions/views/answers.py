"""What stands under a group that needs an explanation: the box with what was begun, ready-made answers, last year's words."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from submissions import checking
from submissions.forms import CommentForm
from submissions.models import Comment, CommentDraft
from submissions.services import comments
from submissions.services.groups import Group
from submissions.views.common import Room

SAVED_BY_ITSELF = "input changed delay:2s"


@dataclass(frozen=True, slots=True)
class Box:
    """The explanation's form and what can be pressed beside it."""

    form: CommentForm
    label: str
    answers: tuple[str, ...]
    last_year: Comment | None
    draft: CommentDraft | None


def box_of(room: Room, group: Group, given: Comment | None, form: CommentForm | None) -> Box | None:
    """The box of a group that must be explained, for a person who may; None for others. `form` is one that was refused."""
    point = room.points.get(group.key)
    is_asked = group.needs_comment or (point is not None and point.is_open)
    if not is_asked or room.why_not_change:
        return None
    draft = comments.draft_of(submission=room.submission, group_key=group.key, by=room.request.user)
    begun = draft.text if draft else given.text if given else ""
    shown = form or CommentForm(initial={"text": begun})
    shown.fields["text"].widget.attrs |= {
        "hx-post": reverse("submissions:save_draft", args=[*room.address, group.check, group.key]),
        "hx-trigger": SAVED_BY_ITSELF,
        "hx-target": "#utkast",
    }
    return Box(
        form=shown,
        label="Ny förklaring" if given else "Förklaring",
        answers=checking.messages.answers(group.check, room.spec),
        last_year=comments.last_years_comment(submission=room.submission, group=group),
        draft=draft,
    )
