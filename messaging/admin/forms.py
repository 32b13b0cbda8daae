"""The forms of SKR's side. What may be done is for the services; here only whether it is well formed."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from accounts.models import User
from config.lib.line_breaks import note_line_break
from messaging import services
from messaging.forms import ReplyForm
from messaging.models import ReplyTemplate, Thread
from messaging.services.templates import NAME_LENGTH, PLACES_IN_WORDS
from profiles.counties import COUNTIES
from profiles.models import Unit

NOT_TAKEN = dict.fromkeys(("required", "invalid"), "Formuläret kunde inte tas emot. Ladda om sidan och försök igen.")
CATEGORY_ERRORS = dict.fromkeys(("required", "invalid_choice"), "Välj vad det gäller i listan.")


def template_field() -> forms.ModelChoiceField[ReplyTemplate]:
    """Which ready text to put in."""
    return forms.ModelChoiceField(
        label="Svarsmall",
        queryset=ReplyTemplate.objects.filter(is_active=True).order_by("name", "pk"),
        required=False,
        empty_label="Välj mall",
        error_messages={"invalid_choice": "Mallen finns inte längre. Välj en annan."},
    )


class AnswerForm(ReplyForm):
    """An answer to a unit, maybe from a ready text."""

    template = template_field()

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["hx-post"] = address  # the page's own address changes nothing
        self.fields["text"].label = "Svar"
        self.fields["text"].help_text = "Enheten får ett mejl om att det finns ett svar, utan innehållet."


class StartForm(ReplyForm):
    """A new thread to a unit."""

    template = template_field()
    category = forms.ChoiceField(label="Gäller", choices=Thread.Category.choices, error_messages=CATEGORY_ERRORS)
    subject = forms.CharField(
        label="Ämne",
        max_length=services.SUBJECT_LENGTH,
        validators=[note_line_break],
        help_text="Några ord. Skriv inga personnummer här.",
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {services.SUBJECT_LENGTH} tecken."},
    )
    field_order = ["template", "category", "subject", "text", "attached", "nonce"]

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["hx-post"] = address


class NoteForm(forms.Form):
    """A word among SKR's people."""

    note = forms.CharField(
        label="Anteckning",
        max_length=services.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv en anteckning.", "max_length": "Anteckningen är för lång."},
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=NOT_TAKEN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "note_%s"  # it stands beside the form of the answer


class AssignForm(forms.Form):
    """Who has the thread; `before` is who had it when the page was drawn."""

    to = forms.ModelChoiceField(
        label="Handläggare",
        queryset=User.objects.none(),
        required=False,
        empty_label="Ingen",
        error_messages={"invalid_choice": "Välj någon i listan."},
    )
    before = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(pk__in=[person.pk for person in services.handlers()]).order_by("name", "pk")
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


class SnoozeForm(forms.Form):
    """Until when the thread is put off."""

    until = forms.DateField(
        label="Vila till",
        widget=forms.DateInput(attrs={"placeholder": "ÅÅÅÅ-MM-DD", "autocomplete": "off"}),
        error_messages={"required": "Skriv en dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD."},
    )


class QuestionsForm(forms.Form):
    """Several questions to one unit or many."""

    units = forms.CharField(
        label="Enheter",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="En kod eller ett namn på varje rad. Det går att klistra in från ett kalkylblad.",
    )
    kind = forms.ChoiceField(
        label="Eller alla av ett slag",
        required=False,
        choices=[("", "Välj slag"), *Unit.Kind.choices],
        error_messages=CATEGORY_ERRORS,
    )
    county = forms.ChoiceField(
        label="I ett län", required=False, choices=[("", "Hela landet"), *COUNTIES.items()], error_messages=CATEGORY_ERRORS
    )
    template = template_field()
    category = forms.ChoiceField(label="Gäller", choices=Thread.Category.choices, error_messages=CATEGORY_ERRORS)
    subject = forms.CharField(
        label="Ämne",
        max_length=services.SUBJECT_LENGTH,
        validators=[note_line_break],
        help_text="Några ord. Skriv inga personnummer här.",
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {services.SUBJECT_LENGTH} tecken."},
    )
    text = forms.CharField(
        label="Meddelande",
        max_length=services.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=f"Står före frågorna. Det här fylls i för varje enhet: {PLACES_IN_WORDS}.",
        error_messages={"required": "Skriv ett meddelande.", "max_length": "Meddelandet är för långt."},
    )
    questions = forms.CharField(
        label="Frågor",
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Skilj frågorna åt med en tom rad. Enheten bockar av dem en i taget.",
        error_messages={"required": "Skriv minst en fråga."},
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=NOT_TAKEN)


class TemplateForm(forms.Form):
    """A ready text."""

    name = forms.CharField(
        label="Namn",
        max_length=NAME_LENGTH,
        help_text="Visas bara för SKR.",
        error_messages={"required": "Skriv ett namn.", "max_length": f"Namnet får vara högst {NAME_LENGTH} tecken."},
    )
    category = forms.ChoiceField(
        label="Gäller",
        required=False,
        choices=[("", "Vad som helst"), *Thread.Category.choices],
        error_messages=CATEGORY_ERRORS,
    )
    subject = forms.CharField(
        label="Ämne",
        required=False,
        max_length=services.SUBJECT_LENGTH,
        validators=[note_line_break],
        help_text="När mallen används till ett nytt ärende.",
        error_messages={"max_length": f"Ämnet får vara högst {services.SUBJECT_LENGTH} tecken."},
    )
    text = forms.CharField(
        label="Text",
        max_length=services.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=f"Det här fylls i för varje enhet: {PLACES_IN_WORDS}.",
        error_messages={"required": "Skriv mallens text.", "max_length": "Texten är för lång."},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)  # when it was last changed
