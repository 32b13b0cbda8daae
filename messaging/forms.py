"""A new matter, and an answer. Each form carries a nonce of its own, so that posting it twice makes one message."""

from __future__ import annotations

import uuid

from django import forms

from config.lib import personnummer
from config.lib.line_breaks import note_line_break
from config.lib.text import one_line
from messaging.file_forms import FilesForm
from messaging.models import Thread
from messaging.services.words import NUMBER_IN_SUBJECT, SUBJECT_LENGTH, TEXT_LENGTH
from profiles.models import Unit, UnitQuerySet

HELP = "Här får du skriva om enskilda personer. Bara er enhet och SKR läser det, och texten lagras krypterad."


class ReplyForm(FilesForm):
    """An answer in a thread, with files or without."""

    text = forms.CharField(
        label="Meddelande",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": "Skriv ett meddelande.",
            "max_length": "Meddelandet är för långt. Dela upp det i flera.",
        },
    )
    nonce = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), "Formuläret kunde inte tas emot. Ladda om sidan och försök igen."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.initial.setdefault("nonce", uuid.uuid4())


class ThreadForm(ReplyForm):
    """A new matter: which unit, what it is about, a subject and the first message."""

    unit = forms.ModelChoiceField(
        label="Enhet",
        queryset=Unit.objects.none(),
        to_field_name="code",
        empty_label="Välj enhet",
        error_messages={"required": "Välj en enhet.", "invalid_choice": "Välj en enhet i listan."},
    )
    category = forms.ChoiceField(
        label="Vad gäller det?",
        choices=Thread.Category.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vad det gäller.", "invalid_choice": "Välj vad det gäller i listan."},
    )
    subject = forms.CharField(
        label="Ämne",
        max_length=SUBJECT_LENGTH,
        validators=[note_line_break],
        help_text="Några ord. Skriv inga personnummer här.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {SUBJECT_LENGTH} tecken."},
    )
    field_order = ["unit", "category", "subject", "text", "attached", "nonce"]

    def __init__(self, *args: object, units: UnitQuerySet, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        field.queryset = units.in_order()  # type: ignore[attr-defined]
        self.fields["text"].help_text = HELP

    def clean_subject(self) -> str:
        """One line without a personnummer: the subject stands in lists."""
        subject = one_line(self.cleaned_data["subject"])
        if not subject:
            raise forms.ValidationError("Skriv ett ämne.")
        if personnummer.LOOKS_LIKE.search(subject):
            raise forms.ValidationError(NUMBER_IN_SUBJECT)
        return subject
