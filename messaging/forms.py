"""A new matter, and an answer. Each form carries a nonce of its own, so that posting it twice makes one message."""

from __future__ import annotations

import uuid

from django import forms

from accounts.models import User
from config.lib import personnummer
from config.lib.line_breaks import note_line_break
from config.lib.text import one_line
from messaging.file_forms import FilesForm
from messaging.models import Thread
from messaging.search import QUERY_LENGTH
from messaging.services.words import NUMBER_IN_SUBJECT, SUBJECT_LENGTH, TEXT_LENGTH
from profiles.models import Unit, UnitQuerySet

HELP = "Här får du skriva om enskilda personer. Bara er enhet och SKR läser det, och texten lagras krypterad."


SAVED_BY_ITSELF = {
    "hx-post": "",  # the page's own address
    "hx-trigger": "input changed delay:2s",
    "hx-vals": '{"spara": "utkast"}',
    "hx-target": "#utkast",
    "hx-params": "not attached",  # files go with the message itself
    "hx-sync": "closest form:abort",  # sending the form ends a saving that is under way
}


class ReplyForm(FilesForm):
    """An answer in a thread, with files or without. What is typed is saved as a draft when the typing pauses."""

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
        self.fields["text"].widget.attrs |= SAVED_BY_ITSELF


UNREAD = "olasta"


class ListForm(forms.Form):
    """What the list shows. A choice that is not one of those offered shows everything."""

    q = forms.CharField(label="Sök", required=False, max_length=QUERY_LENGTH, widget=forms.TextInput(attrs={"type": "search"}))
    lage = forms.ChoiceField(label="Läge", required=False)
    enhet = forms.ChoiceField(label="Enhet", required=False)
    ar = forms.ChoiceField(label="Insamling", required=False)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        own = "Väntar på enheten" if user.is_staff else "Väntar på er"
        states = [(Thread.Status.WAITING_UNIT, own), (Thread.Status.WAITING_SKR, "Väntar på SKR"), (Thread.Status.DONE, "Klara")]
        self._choices("lage", [("", "Alla"), (UNREAD, "Olästa"), *states])
        self._choices("enhet", [("", "Alla enheter"), *_units_of(user)])
        self._choices("ar", [("", "Alla år"), *((str(year), str(year)) for year in _years_of(user))])
        self.fields["q"].widget.attrs |= {"maxlength": str(QUERY_LENGTH)}
        for name in ("enhet", "ar"):
            if len(self.fields[name].choices) <= 2:  # type: ignore[attr-defined]
                self.fields[name].widget = forms.HiddenInput()

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, str]:
        """What is asked for, with "" where nothing is."""
        self.is_valid()
        self.errors.clear()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


def _units_of(user: User) -> list[tuple[str, str]]:
    if user.is_staff:  # SKR searches by name; the administration has the whole list
        return []
    return list(Unit.objects.visible_to(user).in_order().values_list("code", "name"))


def _years_of(user: User) -> list[int]:
    if user.is_staff:
        latest = Thread.objects.filter(year__isnull=False).order_by("-year").values_list("year", flat=True).first()
        return [latest - back for back in range(3)] if latest else []
    years = Thread.objects.visible_to(user).filter(year__isnull=False).values_list("year", flat=True).distinct()
    return sorted((year for year in years.order_by("year") if year), reverse=True)


class MatterForm(ReplyForm):
    """A new matter about something that its page knows: a subject and the first message."""

    subject = forms.CharField(
        label="Ämne",
        max_length=SUBJECT_LENGTH,
        validators=[note_line_break],
        help_text="Några ord. Skriv inga personnummer här.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {SUBJECT_LENGTH} tecken."},
    )
    field_order = ["subject", "text", "attached", "nonce"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = HELP

    def clean_subject(self) -> str:
        """One line without a personnummer: the subject stands in lists."""
        subject = one_line(self.cleaned_data["subject"])
        if not subject:
            raise forms.ValidationError("Skriv ett ämne.")
        if personnummer.LOOKS_LIKE.search(subject):
            raise forms.ValidationError(NUMBER_IN_SUBJECT)
        return subject


class ThreadForm(MatterForm):
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
    field_order = ["unit", "category", "subject", "text", "attached", "nonce"]

    def __init__(self, *args: object, units: UnitQuerySet, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        field.queryset = units.in_order()  # type: ignore[attr-defined]
