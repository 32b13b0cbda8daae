"""What SKR fills in: an invitation, an address put right, a recovery case."""

from __future__ import annotations

from django import forms

from profiles.forms import AddressForm
from profiles.models import Membership


class InviteForm(AddressForm):
    """Whom to invite to a unit, and as what."""

    name = forms.CharField(
        label="Namn",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv personens namn."},
    )
    role = forms.ChoiceField(label="Roll", choices=Membership.Role.choices, initial=Membership.Role.CONTACT)


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
