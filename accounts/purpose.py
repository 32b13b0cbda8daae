"""Why somebody at SKR looks at or takes out uppgifter about persons: asked for, kept in the audit trail, read by the unit."""

from __future__ import annotations

from django import forms

from config.lib import personnummer
from config.lib.text import one_line

SHORTEST, LONGEST = 10, 200


class PurposeForm(forms.Form):
    """The purpose in the person's own words: a sentence, since "test" tells the unit nothing (security note, ADM-08)."""

    purpose = forms.CharField(
        label="Ändamål",
        max_length=LONGEST,
        help_text="Vad du behöver uppgifterna till. Enheten ser texten på sin sida.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Skriv vad du behöver uppgifterna till.",
            "max_length": f"Ändamålet får vara högst {LONGEST} tecken.",
        },
    )

    def clean_purpose(self) -> str:
        """One line of at least ten signs, without personnummer: the trail is kept in clear."""
        purpose = one_line(self.cleaned_data["purpose"])
        if len(purpose) < SHORTEST:
            raise forms.ValidationError(f"Skriv ändamålet med minst {SHORTEST} tecken, så att enheten förstår.")
        if personnummer.LOOKS_LIKE.search(purpose):
            raise forms.ValidationError("Ändamålet ser ut att innehålla ett personnummer. Skriv det utan.")
        return purpose
