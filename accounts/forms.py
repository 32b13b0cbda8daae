"""The forms of sign-up and sign-in. They check form, never truth: what is right is decided in `journey` and `sign_in`."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from accounts import passwords
from accounts.addresses import LENGTH, REFUSAL, normalise_email
from accounts.models import User


class EmailAddressField(forms.CharField):
    """An address in the form it is stored in."""

    widget = forms.EmailInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"required": "Skriv din e-postadress."})
        super().__init__(label="E-post", strip=False, **options)

    def to_python(self, value: Any) -> str:
        """Normalise; raises ValidationError."""
        text = super().to_python(value) or ""
        return normalise_email(text) if text.strip() else ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "username", "spellcheck": "false", "autocapitalize": "none"}


class RefusableForm(forms.Form):
    """A form that can be shown again with the reason why the last one was refused, after a redirect."""

    @classmethod
    def refused(cls, reason: str, **options: Any) -> Self:
        """An empty form whose first field says `reason`."""
        form = cls({}, **options)
        first = next(iter(form.fields.values()))
        first.error_messages = {**first.error_messages, "required": reason}
        return form


class EmailForm(RefusableForm):
    """START: where to send the code."""

    email = EmailAddressField(help_text="Adressen som inbjudan kom till, eller den som du brukar logga in med.")


class CodeForm(RefusableForm):
    """CODE: the code from the mail. Any text passes here: a malformed code counts as a wrong one."""

    code = forms.CharField(
        label="Verifieringskod",
        help_text="Sex siffror, som gäller i 10 minuter.",
        error_messages={"required": "Skriv koden från mejlet."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class TokenForm(RefusableForm):
    """The one-time code of the authenticator app. Any text passes here, as above."""

    token = forms.CharField(
        label="Engångskod",
        help_text="Sex siffror från appen Microsoft Authenticator. En ny kod visas var trettionde sekund.",
        error_messages={"required": "Skriv engångskoden från appen."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )


class StepUpForm(TokenForm):
    """Both factors anew, of somebody who is signed in."""

    password = forms.CharField(
        label="Lösenord",
        strip=False,
        error_messages={"required": "Skriv ditt lösenord."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "token")


class RecoveryCodeForm(RefusableForm):
    """One of the codes on paper, in the app's place. Any text passes here, as above."""

    recovery_code = forms.CharField(
        label="Återställningskod",
        help_text="Sexton tecken, till exempel ABCD-EFGH-IJKL-MNOP. Varje kod fungerar en gång.",
        error_messages={"required": "Skriv en av dina återställningskoder."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class CurrentPasswordForm(RefusableForm):
    """CURRENT_PASSWORD: the password that the person has, before she registers a new phone."""

    password = forms.CharField(
        label="Nuvarande lösenord",
        strip=False,
        error_messages={"required": "Skriv ditt nuvarande lösenord."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(forms.Form):
    """NEW_PASSWORD: the password twice, exactly as typed."""

    password = forms.CharField(
        label="Nytt lösenord",
        strip=False,
        error_messages={"required": "Skriv ett lösenord."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    confirmation = forms.CharField(
        label="Bekräfta lösenord",
        strip=False,
        error_messages={"required": "Skriv lösenordet en gång till."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        self.missing: frozenset[str] | None = None

    @property
    def rules(self) -> dict[str, str]:
        """How the password that was sent stood to each rule ("length", "upper" …): "met" or "missing"; "" before that."""
        missing = self.missing
        return {rule: "" if missing is None else "missing" if rule in missing else "met" for rule in passwords.RULES}

    def clean_password(self) -> str:
        """The rule of `accounts.passwords`."""
        password: str = self.cleaned_data["password"]
        self.missing = passwords.missing_rules(password)
        if faults := passwords.faults(password, passwords.own_words(self.user.email, self.user.name)):
            raise ValidationError(faults)
        return password

    def clean_confirmation(self) -> str:
        """The same again; said only where the first one may be used."""
        confirmation: str = self.cleaned_data["confirmation"]
        password = self.cleaned_data.get("password")
        if password is not None and confirmation != password:
            raise ValidationError("Lösenorden är inte lika. Skriv samma lösenord två gånger.")
        return confirmation


class ChangePasswordForm(NewPasswordForm):
    """The current password, and the new one twice."""

    current = forms.CharField(
        label="Nuvarande lösenord",
        strip=False,
        error_messages={"required": "Skriv ditt nuvarande lösenord."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("current", "password", "confirmation")


class NewAddressForm(RefusableForm):
    """The address to change to."""

    email = EmailAddressField(
        help_text="Din egen adress på jobbet. Vi skickar en kod dit.",
        error_messages={"required": "Skriv den nya adressen."},
    )

    def __init__(self, *args: Any, present: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = present
        self.fields["email"].label = "Ny e-post"
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def clean_email(self) -> str:
        """Another than the present one."""
        email: str = self.cleaned_data["email"]
        if email == self.present:
            raise ValidationError("Det är adressen du redan har.")
        return email


class TypedBackForm(RefusableForm):
    """One of the new recovery codes, typed back from paper."""

    typed = forms.CharField(
        label="En av koderna",
        help_text="Skriv av en av koderna, vilken som helst. Stora och små bokstäver spelar ingen roll.",
        error_messages={"required": "Skriv av en av koderna."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class SignInForm(forms.Form):
    """The start page: address and password. No rule is checked, so nothing is told about passwords."""

    email = EmailAddressField(max_length=LENGTH + 20)
    password = forms.CharField(
        label="Lösenord",
        strip=False,
        error_messages={"required": "Skriv ditt lösenord."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


__all__ = [
    "REFUSAL",
    "ChangePasswordForm",
    "CodeForm",
    "CurrentPasswordForm",
    "EmailForm",
    "NewAddressForm",
    "NewPasswordForm",
    "RecoveryCodeForm",
    "SignInForm",
    "StepUpForm",
    "TokenForm",
    "TypedBackForm",
]
