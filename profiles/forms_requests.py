"""Ask for a role, answer somebody who asks, and hand over one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.access import NotAllowed
from config.lib.radios import RadioWithHelp
from profiles import requests
from profiles.forms import RoleForm
from profiles.models import Handover, Membership
from profiles.roles import HELPS


class ShortTextField(forms.CharField):
    """A few words, without a personnummer."""

    def __init__(self, *, required_words: str = "", **kwargs: Any) -> None:
        super().__init__(
            required=bool(required_words),
            max_length=requests.TEXT_LENGTH,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": required_words, "max_length": f"Texten får vara högst {requests.TEXT_LENGTH} tecken."},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        """As the service keeps it."""
        try:
            text = requests.clean_text(super().clean(value))
        except NotAllowed as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
        if self.required and not text:
            raise forms.ValidationError(self.error_messages["required"])
        return text


class AskForm(forms.Form):
    """Which role one asks for, and why."""

    role = forms.ChoiceField(
        label="Roll",
        widget=RadioWithHelp(helps=HELPS),
        error_messages={"required": "Välj en roll.", "invalid_choice": "Välj en roll i listan."},
    )
    text = ShortTextField(
        label="Varför behöver du behörigheten?",
        required_words="Skriv varför du behöver behörigheten.",
        help_text="Till exempel vad du arbetar med och vem du har pratat med. Kontaktpersonerna läser det.",
    )

    def __init__(self, *args: Any, roles: Iterable[Membership.Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]


class AnswerForm(RoleForm):
    """The answer to a request: the role with its last day, and a few words."""

    text = ShortTextField(label="Svar till personen", help_text="Behövs om du säger nej.")
    field_order = ["role", "ends_on", "text"]


class HandoverForm(forms.Form):
    """To whom, and what one keeps."""

    to = forms.TypedChoiceField(
        label="Vem tar över?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Välj vem som tar över.",
            "invalid_choice": "Personen kan inte ta över just nu. Välj någon i listan.",
        },
    )
    rest = forms.ChoiceField(
        label="Vad har du kvar sedan?",
        choices=(("none", Handover.Rest.NOTHING.label), (Handover.Rest.READER.value, Handover.Rest.READER.label)),
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vad du ska ha kvar.", "invalid_choice": "Välj ett av de två svaren."},
    )

    def __init__(self, *args: Any, people: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.user}, {Membership.Role(one.role).label}") for one in people
        ]

    def clean_rest(self) -> str:
        """As it is kept: empty for nothing."""
        return "" if self.cleaned_data["rest"] == "none" else str(self.cleaned_data["rest"])
