"""The request for a later date."""

from __future__ import annotations

from datetime import date

from django import forms

from accounts.access import NotAllowed
from config.lib import personnummer
from deferrals import states
from deferrals.models import Deferral
from deferrals.services import TEXT_LENGTH
from submissions.models import Submission


class DeferralForm(forms.Form):
    """Wanted date, reason and a few words. The dates that may be chosen come from the submission."""

    requested_date = forms.DateField(
        label="Nytt datum",
        error_messages={
            "required": "Välj det datum ni behöver.",
            "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-12-08.",
        },
    )
    reason = forms.ChoiceField(
        label="Skäl",
        choices=Deferral.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett skäl.", "invalid_choice": "Välj ett skäl i listan."},
    )
    text = forms.CharField(
        label="Beskrivning",
        required=False,
        max_length=TEXT_LENGTH,
        help_text="Berätta kort. Skriv inga uppgifter om enskilda personer, till exempel om någons hälsa.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"max_length": f"Texten får vara högst {TEXT_LENGTH} tecken."},
    )

    def __init__(self, *args: object, submission: Submission, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.submission = submission
        self.today = today
        if dates := states.window(submission, today):
            first, last = (day.isoformat() for day in dates)
            field = self.fields["requested_date"]
            field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": first, "max": last})
            field.help_text = f"En vardag från och med {first} till och med {last}."

    def clean_requested_date(self) -> date:
        """A workday that SKR can give."""
        day: date = self.cleaned_data["requested_date"]
        try:
            states.check_date(self.submission, day, self.today)
        except NotAllowed as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
        return day

    def clean_text(self) -> str:
        """No personnummer: it is not needed here."""
        text: str = self.cleaned_data["text"]
        if personnummer.LOOKS_LIKE.search(text):
            raise forms.ValidationError("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
        return text

    def clean(self) -> dict[str, object]:
        """ "Annat" says nothing by itself."""
        values = super().clean() or {}
        if values.get("reason") == Deferral.Reason.OTHER and not values.get("text") and "text" not in self.errors:
            self.add_error("text", "Beskriv kort varför ni behöver mer tid.")
        return values
