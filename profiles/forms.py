"""Own details, an invitation, and a colleague's role."""

from __future__ import annotations

import re

from django import forms

from config.lib import personnummer
from config.lib.text import one_line
from profiles.models import Membership
from profiles.services import NAME_LENGTH

PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{4,28}", re.ASCII)


class NameMixin(forms.Form):
    """A person's name."""

    name = forms.CharField(
        label="Namn",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        error_messages={"required": "Skriv namnet.", "max_length": f"Namnet får vara högst {NAME_LENGTH} tecken."},
    )

    def clean_name(self) -> str:
        """One line, and no personnummer in it."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Skriv namnet.")
        if personnummer.LOOKS_LIKE.search(name):
            raise forms.ValidationError("Namnet ser ut att innehålla ett personnummer. Skriv bara namnet.")
        return name


class DetailsForm(NameMixin):
    """One's own name and telephone. The e-mail address is the sign-in and is not changed here."""

    phone = forms.CharField(
        label="Telefon",
        required=False,
        max_length=30,
        help_text="Så att SKR kan ringa om något är bråttom, till exempel 08-123 45 67.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": "Numret får vara högst 30 tecken."},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean_phone(self) -> str:
        """Digits with spaces, hyphens, slash, brackets and a plus in front."""
        phone = " ".join(self.cleaned_data["phone"].split())
        if phone and not PHONE.fullmatch(phone):
            raise forms.ValidationError("Skriv numret med siffror, till exempel 08-123 45 67 eller +46 70 123 45 67.")
        return phone


class InvitationForm(NameMixin):
    """Whom to invite, and to what."""

    email = forms.EmailField(
        label="E-post",
        max_length=254,
        help_text="Personens egen adress på jobbet. Dela inte en adress: kontot är personligt.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Skriv personens e-postadress.",
            "invalid": "Skriv en e-postadress, till exempel namn@kommun.se.",
            "max_length": "Adressen är för lång.",
        },
    )
    role = forms.ChoiceField(
        label="Roll",
        choices=Membership.Role.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj en roll.", "invalid_choice": "Välj en roll i listan."},
    )
    field_order = ["email", "name", "role"]

    def clean_email(self) -> str:
        """Lower case and ASCII, as accounts are kept."""
        email: str = self.cleaned_data["email"].strip().lower()
        if not email.isascii():
            raise forms.ValidationError("Adressen får inte innehålla å, ä, ö eller andra specialtecken.")
        return email


class RoleForm(forms.Form):
    """A colleague's role."""

    role = forms.ChoiceField(
        label="Roll",
        choices=Membership.Role.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj en roll.", "invalid_choice": "Välj en roll i listan."},
    )
