"""The forms of SKR's work with a submission."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from submissions.services import marking, notes


class ReturnForm(forms.Form):
    """What is said of it all when a submission goes back to the unit."""

    reason = forms.CharField(
        label="Till enheten om helheten",
        max_length=350,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Skriv vad enheten ska se över."},
    )

    def __init__(self, *args: Any, has_points: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not has_points  # the points say it


class PointForm(forms.Form):
    """Why the unit is to look at a group of findings again."""

    text = forms.CharField(
        label="Vad enheten ska se över, och varför",
        max_length=marking.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Skriv vad enheten ska se över.",
            "max_length": f"Texten får ha högst {marking.MAX_LENGTH} tecken.",
        },
    )


class AnswerForm(forms.Form):
    """What SKR answers a request to open an approved submission again."""

    answer = forms.CharField(
        label="Svar till enheten",
        max_length=350,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför inlämningen inte öppnas igen."},
    )


class NoteForm(forms.Form):
    """A word among SKR's people."""

    note = forms.CharField(
        label="Anteckning",
        max_length=notes.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Skriv en anteckning.",
            "max_length": f"Anteckningen får ha högst {notes.MAX_LENGTH} tecken.",
        },
    )
    nonce = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": "Ladda om sidan och försök igen.", "invalid": "Ladda om sidan och försök igen."},
    )
