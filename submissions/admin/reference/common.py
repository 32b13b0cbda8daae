"""What the pages of the year's settings share: the history of a setting, and a refusal at its field."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.access import NotAllowed
from submissions.models import SettingChange
from submissions.services import settings
from submissions.services.settings import Kind, Refused

MOST_CHANGES = 30


def reason_field(help_text: str = "Skälet står i historiken.") -> forms.CharField:
    """Why somebody changes a setting."""
    return forms.CharField(
        label="Varför",
        help_text=help_text,
        max_length=settings.WHY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv varför, så att den som undrar nästa år får svar."},
    )


def date_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A day."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Skriv ett datum.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD."},
    )


def refuse(form: forms.Form, refusal: NotAllowed) -> None:
    """Put the refusal at its field, or over the form where it belongs to none."""
    field = refusal.field if isinstance(refusal, Refused) and refusal.field in form.fields else None
    form.add_error(field, refusal.reason)


def history(kind: Kind, key: str, **of: Any) -> list[SettingChange]:
    """The latest changes of a setting."""
    return list(settings.history(kind, key, **of)[:MOST_CHANGES])
