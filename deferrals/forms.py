"""The requests of a unit: for a later date, and not to be part of the year."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from accounts.access import NotAllowed
from config.lib import personnummer
from config.templatetags.sv import long_day
from deferrals import states
from deferrals.handling import TEXT_LENGTH
from deferrals.models import Deferral, Exemption
from submissions.models import Submission

NO_PERSONS = "Berätta kort. Skriv inga uppgifter om enskilda personer, till exempel om någons hälsa."


def text_field(label: str = "Beskrivning", *, rows: int = 4, required: str = "", help_text: str = "") -> forms.CharField:
    """A few words; `required` is the sentence where there are none."""
    return forms.CharField(
        label=label,
        required=bool(required),
        max_length=TEXT_LENGTH,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required, "max_length": f"Texten får vara högst {TEXT_LENGTH} tecken."},
    )


def date_field(label: str, required: str) -> forms.DateField:
    """A day, by the browser's own calendar."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": required, "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-12-08."},
    )


def limit(field: forms.Field, dates: tuple[date, date] | None, *, help_text: str = "") -> None:
    """Let the browser's calendar offer only these days, and say them in words too."""
    if dates is None:
        return
    first, last = dates
    field.widget.attrs.update({"min": first.isoformat(), "max": last.isoformat()})
    field.help_text = f"En vardag från och med {long_day(first)} till och med {long_day(last)}. {help_text}".strip()


class PlainText:
    """A form whose `text` may not have a personnummer."""

    cleaned_data: dict[str, Any]

    def clean_text(self) -> str:
        """It is not needed here, and the text is kept in clear."""
        text: str = self.cleaned_data["text"]
        if personnummer.LOOKS_LIKE.search(text):
            raise forms.ValidationError("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
        return text


class DeferralForm(PlainText, forms.Form):
    """Which units, wanted date, reason and a few words. `askable` are the submissions that may be asked for now."""

    units = forms.MultipleChoiceField(
        label="Enheter",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Välj minst en enhet.",
            "invalid_choice": "En av enheterna kan inte begära uppskov. Ladda om sidan och välj igen.",
        },
    )
    requested_date = date_field("Nytt datum", "Välj det datum ni behöver.")
    reason = forms.ChoiceField(
        label="Varför behöver ni mer tid?",
        choices=Deferral.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett skäl.", "invalid_choice": "Välj ett skäl i listan."},
    )
    text = text_field(help_text=f"Behövs om skälet är Annat. {NO_PERSONS}")
    nonce = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), "Formuläret kunde inte tas emot. Ladda om sidan och försök igen."),
    )

    def __init__(self, *args: Any, askable: Sequence[Submission], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_code = {submission.unit.code: submission for submission in askable}
        self.today = today
        self.initial.setdefault("nonce", uuid.uuid4())
        units: Any = self.fields["units"]
        units.choices = [(code, str(one.unit)) for code, one in self.by_code.items()]
        if len(askable) == 1:
            units.widget = forms.MultipleHiddenInput()
            self.initial["units"] = [*self.by_code]
        windows = [dates for one in askable if (dates := states.window(one, today))]
        if windows:
            first, last = min(dates[0] for dates in windows), max(dates[1] for dates in windows)
            limit(self.fields["requested_date"], (first, last))

    def clean_units(self) -> list[Submission]:
        """The chosen submissions, in the page's order."""
        chosen = set(self.cleaned_data["units"])
        return [submission for code, submission in self.by_code.items() if code in chosen]

    def clean(self) -> dict[str, Any]:
        """The date must do for each unit, and "Annat" says nothing by itself."""
        values = super().clean() or {}
        if values.get("reason") == Deferral.Reason.OTHER and not values.get("text") and "text" not in self.errors:
            self.add_error("text", "Beskriv kort varför ni behöver mer tid.")
        day, chosen = values.get("requested_date"), values.get("units") or []
        if day:
            self._check_date(day, chosen)
        return values

    def _check_date(self, day: date, chosen: Sequence[Submission]) -> None:
        """A sentence for each unit that cannot have the day, once where it is the same for all."""
        refused = []
        for submission in chosen:
            try:
                states.check_date(submission, day, self.today)
            except NotAllowed as refusal:
                refused.append((submission, refusal.reason))
        sentences = list(dict.fromkeys(sentence for _, sentence in refused))
        if len(sentences) == 1 and len(refused) == len(chosen):
            self.add_error("requested_date", sentences[0])
        else:
            for submission, sentence in refused:
                self.add_error("requested_date", f"{submission.unit.name}: {sentence}")


class ExemptionForm(PlainText, forms.Form):
    """Why the unit is not part of the year; SKR's own decision is made with the same form."""

    reason = forms.ChoiceField(
        label="Skäl",
        choices=Exemption.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett skäl.", "invalid_choice": "Välj ett skäl i listan."},
    )
    text = text_field(required="Beskriv kort varför.", help_text=NO_PERSONS)
