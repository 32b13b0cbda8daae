"""The form of a check's settings: the level, its threshold as typed fields, its dates and its texts."""

from __future__ import annotations

from typing import Any

from django import forms

from submissions import thresholds
from submissions.admin.reference.common import date_field, reason_field
from submissions.models import CheckSetting
from submissions.services import checks
from submissions.services.checks import Values

THRESHOLD = "threshold_"


class CheckForm(forms.Form):
    """All that can be changed of a check. The figures of its threshold are fields of their own."""

    level = forms.ChoiceField(
        label="Nivå",
        choices=CheckSetting.Level.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj en nivå.", "invalid_choice": "Välj en nivå i listan."},
    )
    enabled = forms.BooleanField(label="Kontrollen är på", required=False)
    threshold_text = forms.CharField(
        label="Tröskeln i ord",
        help_text="Så som sidan om kontrollen säger den. Ett streck där ingen finns.",
        max_length=160,
        error_messages={"required": "Skriv tröskeln i ord, eller ett streck där ingen finns."},
    )
    valid_from = date_field("Gäller från och med", required=False, help_text="Mätdagen avgör. Tomt: alltid.")
    valid_until = date_field("Gäller till och med", required=False)
    title = forms.CharField(label="Rubrik", required=False, max_length=120, help_text="Tomt: den levererade texten.")
    message = forms.CharField(
        label="Text",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv texten som enheterna läser."},
    )
    advice = forms.CharField(label="Gör så här", required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    why = forms.CharField(
        label="Varför statistiken behöver det", required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    mend = forms.CharField(
        label="Så rättas det i lönesystemet", required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    answers = forms.CharField(
        label="Färdiga svar",
        required=False,
        help_text="Ett på varje rad. Det vanligaste först.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reason = reason_field("Skälet står i kontrollens historik.")
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, setting: CheckSetting, **kwargs: Any) -> None:
        self.setting = setting
        super().__init__(*args, **{"initial": initial_of(setting), **kwargs})
        self.figures = thresholds.figures(setting.code, setting.threshold)
        for figure in self.figures:
            self.fields[f"{THRESHOLD}{figure.name}"] = _figure_field(figure)
        places = sorted(checks.places_of(setting.code))
        known = ", ".join(f"{{{name}}}" for name in places)
        self.fields["message"].help_text = f"Det här fylls i för varje rad: {known}" if places else "Texten är densamma för alla."

    @property
    def threshold_fields(self) -> list[forms.BoundField]:
        """The figures of the threshold, in order."""
        return [self[f"{THRESHOLD}{figure.name}"] for figure in self.figures]

    def values(self) -> Values:
        """What was filled in, as the service takes it."""
        data = self.cleaned_data
        lines = [" ".join(line.split()) for line in data["answers"].splitlines()]
        return {
            "level": data["level"],
            "enabled": data["enabled"],
            "threshold": {figure.name: _plain(data[f"{THRESHOLD}{figure.name}"]) for figure in self.figures},
            "threshold_text": data["threshold_text"],
            "valid_from": data["valid_from"].isoformat() if data["valid_from"] else None,
            "valid_until": data["valid_until"].isoformat() if data["valid_until"] else None,
            **{name: " ".join(data[name].split()) for name in checks.TEXTS},
            "answers": [line for line in lines if line],
        }


def initial_of(setting: CheckSetting) -> dict[str, Any]:
    """The form as the check stands."""
    values = checks.values_of(setting)
    return {
        **values,
        "answers": "\n".join(values["answers"]),
        **{f"{THRESHOLD}{name}": value for name, value in values["threshold"].items()},
        "seen": checks.latest_change(setting),
    }


def _figure_field(figure: thresholds.Figure) -> forms.Field:
    limits = f"Skriv ett tal från {thresholds.words(figure.least)} till {thresholds.words(figure.most)}."
    said = {"required": limits, "invalid": limits, "min_value": limits, "max_value": limits}
    label = f"{figure.label} ({figure.unit})" if figure.unit else figure.label
    if figure.is_whole:
        return forms.IntegerField(label=label, min_value=int(figure.least), max_value=int(figure.most), error_messages=said)
    return forms.FloatField(
        label=label,
        min_value=figure.least,
        max_value=figure.most,
        error_messages=said,
        localize=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value
