"""What SKR fills in: an invitation, an address put right, a relation, a note, a recovery case."""

from __future__ import annotations

import uuid

from django import forms

from profiles.forms import AddressForm, LastDayField
from profiles.models import Membership, Unit, UnitRelation
from profiles.notes import MAX_LENGTH


class InviteForm(AddressForm):
    """Whom to invite to a unit, and as what."""

    name = forms.CharField(
        label="Namn",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv personens namn."},
    )
    role = forms.ChoiceField(label="Roll", choices=Membership.Role.choices, initial=Membership.Role.CONTACT)
    ends_on = LastDayField()


class RelationForm(forms.Form):
    """How a unit belongs with another, and since when."""

    kind = forms.ChoiceField(
        label="Enheten",
        choices=UnitRelation.Kind.choices,
        error_messages={"required": "Välj hur enheterna hör ihop.", "invalid_choice": "Välj i listan."},
    )
    parent = forms.CharField(
        label="Den andra enhetens kod",
        max_length=10,
        help_text="Till exempel 0488. Om den här enheten äger, är medlem i eller har ersatts av den andra, "
        "skriv relationen på den andra enheten i stället.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv den andra enhetens kod.", "max_length": "Skriv den andra enhetens kod."},
    )
    valid_from = forms.DateField(
        label="Från",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Välj från vilken dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-01-01."},
    )

    def clean_parent(self) -> Unit:
        """A unit that there is."""
        found = Unit.objects.filter(code=self.cleaned_data["parent"].strip()).first()
        if found is None:
            raise forms.ValidationError("Det finns ingen enhet med den koden.")
        return found


class RenameForm(forms.Form):
    """What a unit is called from a day on."""

    name = forms.CharField(
        label="Nytt namn",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv enhetens namn.", "max_length": "Namnet får ha högst 100 tecken."},
    )
    valid_from = forms.DateField(
        label="Från",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Välj från vilken dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-01-01."},
    )


class LastDayForm(forms.Form):
    """Until when."""

    valid_to = forms.DateField(
        label="Till och med",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Välj sista dagen.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-12-31."},
    )


class CaseForm(forms.Form):
    """The case's number and how the person's identity was checked. The rules of both are the service's."""

    case_number = forms.CharField(
        label="Ärendenummer",
        max_length=40,
        help_text="Numret i SKR:s ärendesystem.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv ärendets nummer.", "max_length": "Högst 40 tecken."},
    )
    identity_check = forms.CharField(
        label="Kontroll av identitet",
        max_length=1000,
        help_text="Ring tillbaka via kommunens växel. Ta numret på kommunens publika webbplats, inte ur mejlet eller samtalet. "
        "Skriv numret, vem i växeln som kopplade och vilken kontaktperson i enheten som intygade att det är rätt person. "
        "Skriv inget personnummer.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Skriv hur du kontrollerade vem personen är.", "max_length": "Högst 1 000 tecken."},
    )


class NoteForm(forms.Form):
    """A word about the unit among SKR's people."""

    note = forms.CharField(
        label="Anteckning",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Skriv en anteckning.",
            "max_length": f"Anteckningen får ha högst {MAX_LENGTH} tecken.",
        },
    )
    is_pinned = forms.BooleanField(label="Fäst överst", required=False)
    nonce = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": "Ladda om sidan och försök igen.", "invalid": "Ladda om sidan och försök igen."},
    )


class CorrectNoteForm(forms.Form):
    """One's own note with other words, as it stood on the page (`revision`)."""

    note = forms.CharField(
        label="Anteckning",
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Skriv en anteckning, eller ta bort den.",
            "max_length": f"Anteckningen får ha högst {MAX_LENGTH} tecken.",
        },
    )
    revision = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=1_000_000,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Ladda om sidan och försök igen."),
    )
