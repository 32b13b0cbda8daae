"""Own details, invitations, a colleague's role, the yearly review of the unit's people, and the facts about the unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from accounts.models import MailNotices
from config.lib.line_breaks import note_line_break
from config.lib.radios import RadioWithHelp
from profiles import facts, inviting
from profiles.models import Membership
from profiles.roles import HELPS
from profiles.services import NAME_LENGTH, check_last_day, clean_name

PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{4,28}", re.ASCII)


class NameMixin(forms.Form):
    """A person's name."""

    name = forms.CharField(
        label="Namn",
        max_length=NAME_LENGTH,
        validators=[note_line_break],
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        error_messages={"required": "Skriv namnet.", "max_length": f"Namnet får vara högst {NAME_LENGTH} tecken."},
    )

    def clean_name(self) -> str:
        """One line that is a name."""
        try:
            name = clean_name(self.cleaned_data["name"])
        except NotAllowed as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
        if not name:
            raise forms.ValidationError("Skriv namnet.")
        return name


class PhoneMixin(forms.Form):
    """A telephone number."""

    phone = forms.CharField(
        label="Telefon",
        required=False,
        max_length=30,
        help_text="Så att SKR kan ringa om något är bråttom, till exempel 08-123 45 67.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": "Numret får vara högst 30 tecken."},
    )

    def clean_phone(self) -> str:
        """Digits with spaces, hyphens, slash, brackets and a plus in front."""
        phone = " ".join(self.cleaned_data["phone"].split())
        if phone and not PHONE.fullmatch(phone):
            raise forms.ValidationError("Skriv numret med siffror, till exempel 08-123 45 67 eller +46 70 123 45 67.")
        return phone


class DetailsForm(NameMixin, PhoneMixin):
    """One's own name and telephone. The e-mail address is the sign-in and is not changed here."""

    field_order = ["name", "phone"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["name"].widget.attrs["autocomplete"] = "name"


class MailNoticesForm(forms.Form):
    """How one wants mail about new messages. Whether "Inte alls" may be chosen is the service's rule."""

    choice = forms.ChoiceField(
        label="Mejl om nya meddelanden",
        choices=MailNotices.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur du vill få mejl.", "invalid_choice": "Välj hur du vill få mejl."},
    )


class AddressForm(forms.Form):
    """A person's e-mail address."""

    email = forms.EmailField(
        label="E-post",
        max_length=254,
        validators=[note_line_break],
        help_text="Personens egen adress på jobbet. Dela inte en adress: kontot är personligt.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Skriv personens e-postadress.",
            "invalid": "Skriv en e-postadress, till exempel namn@kommun.se.",
            "max_length": "Adressen är för lång.",
        },
    )

    def clean_email(self) -> str:
        """Lower case and ASCII, as accounts are kept."""
        email: str = self.cleaned_data["email"].strip().lower()
        if not email.isascii():
            raise forms.ValidationError("Adressen får inte innehålla å, ä, ö eller andra specialtecken.")
        return email


class LastDayField(forms.DateField):
    """The last day of a role, today or later; empty: until further notice."""

    def __init__(self) -> None:
        super().__init__(
            label="Till och med",
            required=False,
            help_text="För en vikarie eller konsult: rollen upphör av sig själv efter den dagen. "
            "Lämna tomt om den gäller tills vidare.",
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2027-01-31."},
        )

    def clean(self, value: Any) -> Any:
        """A day that the service takes."""
        day = super().clean(value)
        try:
            check_last_day(day, at=timezone.now())
        except NotAllowed as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
        return day


class RoleForm(forms.Form):
    """A role at the unit, and perhaps its last day."""

    role = forms.ChoiceField(
        label="Roll",
        choices=Membership.Role.choices,
        widget=RadioWithHelp(helps=HELPS),
        error_messages={"required": "Välj en roll.", "invalid_choice": "Välj en roll i listan."},
    )
    ends_on = LastDayField()


class InvitationForm(NameMixin, AddressForm, RoleForm):
    """Whom to invite, and to what."""

    field_order = ["email", "name", "role", "ends_on"]


class ManyForm(RoleForm):
    """Several colleagues to invite to the same role, one on each line."""

    people = forms.CharField(
        label="Personer",
        max_length=inviting.TEXT_LENGTH,
        help_text="En person på varje rad: adressen, gärna med namnet före. Det går att klistra in från ett kalkylblad.",
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Skriv minst en e-postadress.", "max_length": "Listan är för lång. Dela upp den i flera."},
    )
    field_order = ["people", "role", "ends_on"]

    def clean_people(self) -> list[inviting.Line]:
        """The lines; each that cannot be read is named with its number."""
        lines = inviting.read_lines(self.cleaned_data["people"])
        if not lines:
            raise forms.ValidationError("Skriv minst en e-postadress.")
        if len(lines) > inviting.MOST:
            raise forms.ValidationError(f"Listan har {len(lines)} rader. Bjud in högst {inviting.MOST} åt gången.")
        wrong = [f"Rad {line.number}, ”{line.text[:60]}”: {line.problem}" for line in lines if line.problem]
        if wrong:
            raise forms.ValidationError(wrong)
        return lines


class ConfirmationForm(forms.Form):
    """Everybody at the unit but oneself: stays, or does not. Nothing is chosen beforehand."""

    STAYS, GOES = "kvar", "inte"
    CHOICES = ((STAYS, "Ska vara kvar"), (GOES, "Ska inte vara kvar"))

    def __init__(self, *args: object, people: Iterable[Membership], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for membership in people:
            self.fields[f"person_{membership.pk}"] = forms.ChoiceField(
                label=str(membership.user),
                choices=self.CHOICES,
                widget=forms.RadioSelect,
                help_text=_who(membership),
                error_messages={
                    "required": "Välj om personen ska vara kvar.",
                    "invalid_choice": "Välj ett av de två svaren.",
                },
            )

    @property
    def stays(self) -> dict[int, bool]:
        """The answer, by the membership's key."""
        return {int(name.removeprefix("person_")): value == self.STAYS for name, value in self.cleaned_data.items()}


def _who(membership: Membership) -> str:
    """Role, address and last sign-in: what one needs to know to answer."""
    user, role = membership.user, Membership.Role(membership.role).label
    if membership.ends_on:
        role += f" till och med {membership.ends_on.isoformat()}"
    address = f", {user.email}" if user.name else ""
    if membership.invitation and membership.invitation.accepted_at is None:
        return f"{role}{address}. Inbjuden {_day(membership.created_at)}, har inte svarat."
    if not user.is_active:
        return f"{role}{address}. Kontot är avstängt."
    return f"{role}{address}. {f'Senast inloggad {_day(user.last_login)}' if user.last_login else 'Har inte loggat in'}."


def _day(moment: datetime) -> str:
    return timezone.localdate(moment).isoformat()


class ContactPersonForm(NameMixin, PhoneMixin):
    """Whom SKR rings about the figures."""

    title = forms.CharField(
        label="Befattning",
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": f"Befattningen får vara högst {NAME_LENGTH} tecken."},
    )
    email = forms.CharField(
        label="E-post",
        required=False,
        max_length=254,
        validators=[note_line_break],
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": "Adressen är för lång."},
    )
    field_order = ["name", "title", "phone", "email"]

    def clean_title(self) -> str:
        """One line."""
        try:
            return clean_name(self.cleaned_data["title"])
        except NotAllowed as refusal:
            raise forms.ValidationError(
                refusal.reason.replace("Namnet", "Befattningen").replace("namnet", "befattningen")
            ) from refusal

    def clean_email(self) -> str:
        """As addresses are kept, or nothing."""
        text: str = self.cleaned_data["email"].strip()
        return normalise_email(text) if text else ""


class NumberForm(forms.Form):
    """An organisation number and since when."""

    number = forms.CharField(
        label="Organisationsnummer",
        max_length=20,
        help_text="Tio siffror, till exempel 212000-0142.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": "Skriv organisationsnumret.", "max_length": "Skriv organisationsnumret med tio siffror."},
    )
    valid_from = forms.DateField(
        label="Gäller från",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Välj från vilken dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-01-01."},
    )

    def clean_number(self) -> str:
        """Ten digits with the right check digit."""
        try:
            return facts.clean_number(self.cleaned_data["number"])
        except NotAllowed as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
