"""The forms of SKR's work with a submission."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms

from submissions.services import marking, notes, waivers


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


class WaiverForm(forms.Form):
    """How far a dispens reaches, why, and until when."""

    WORDS: ClassVar = {waivers.CHECK: "Hela kontrollen", waivers.FIELD: "Bara fältet", waivers.VALUE: "Bara värdet"}

    scope = forms.ChoiceField(label="Gäller", widget=forms.RadioSelect, error_messages={"required": "Välj vad dispensen gäller."})
    reason = forms.CharField(
        label="Skäl",
        max_length=waivers.REASON_LENGTH,
        help_text="Enheten läser skälet vid anmärkningen. Skriv inte personnummer.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Skriv skälet till dispensen.",
            "max_length": f"Skälet får ha högst {waivers.REASON_LENGTH} tecken.",
        },
    )
    valid_until = forms.DateField(
        label="Gäller filer som lämnas till och med",
        help_text="ÅÅÅÅ-MM-DD, högst ett år fram.",
        error_messages={"required": "Skriv en dag, till exempel 2026-12-31.", "invalid": "Skriv dagen som 2026-12-31."},
    )

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["scope"]
        field.choices = [(scope, self.WORDS[scope]) for scope in scopes]
        field.initial = scopes[0]


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
