"""The forms of a mailing: to whom, and what. Whether it may be done is for the services and the planning."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils import timezone

from accounts.access import NotAllowed
from config.lib import uploads
from config.lib.line_breaks import note_line_break
from config.lib.text import amount
from deferrals.forms import PlainText, date_field, limit, text_field
from deferrals.mailing import planning
from deferrals.models import Mailing
from messaging.admin.questions import units_named
from messaging.models import Thread
from messaging.services import SUBJECT_LENGTH, TEXT_LENGTH
from messaging.services.templates import PLACES_IN_WORDS, unknown_places
from profiles.counties import COUNTIES
from profiles.invite_file import Line, decoded, read_lines
from profiles.models import Unit
from submissions.models import Collection, Submission

NOT_TAKEN = dict.fromkeys(("required", "invalid"), "Formuläret kunde inte tas emot. Ladda om sidan och försök igen.")
CHOOSE = dict.fromkeys(("required", "invalid_choice"), "Välj i listan.")
SHOWN_UNKNOWN = 10
LIST_BYTES = 900_000
Kind = Mailing.Kind


class MailingForm(forms.Form):
    """What every kind has: the form's own number, so that it makes one mailing however often it is posted."""

    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=NOT_TAKEN)
    content: tuple[str, ...] = ()  # the fields that the mailing keeps as they are
    audience: tuple[str, ...] = ()
    words = ""  # to whom, as a line


class AudienceForm(MailingForm):
    """To which units of the year. Every choice that is made narrows; `found` are the submissions that are left."""

    state = forms.ChoiceField(
        label="Läge",
        required=False,
        choices=[("", "Välj läge"), *planning.STATES.items()],
        error_messages=CHOOSE,
    )
    kind = forms.ChoiceField(
        label="Slag", required=False, choices=[("", "Alla slag"), *Unit.Kind.choices], error_messages=CHOOSE
    )  # fmt: skip
    county = forms.ChoiceField(
        label="Län", required=False, choices=[("", "Hela landet"), *COUNTIES.items()], error_messages=CHOOSE
    )
    units = forms.CharField(
        label="Eller bara de här enheterna",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="En kod eller ett namn på varje rad. Det går att klistra in från ett kalkylblad.",
    )
    audience = ("state", "kind", "county", "units")

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collection = collection
        self.found: list[Submission] = []

    def clean(self) -> dict[str, Any]:
        """Find the units; nothing chosen at all is no way of choosing everybody."""
        values = super().clean() or {}
        if set(self.audience) & set(self.errors):
            return values
        named = self._named(values["units"])
        choices = {name: values[name] for name in ("kind", "county", "state")}
        if not named and not any(choices.values()) and "units" not in self.errors:
            self.add_error("state", "Välj läge, slag eller län, eller skriv vilka enheter. Alla går att välja som läge.")
        if "units" in self.errors or "state" in self.errors:
            return values
        self.found = planning.chosen(self.collection, units=named, on=timezone.localdate(), **choices)
        self.words = planning.in_words(units=named, **choices)
        if not self.found:
            self.add_error("state", "Ingen enhet i årets insamling stämmer med urvalet.")
        return values

    def _named(self, written: str) -> list[Unit]:
        of_the_year = Unit.objects.filter(submissions__collection=self.collection, is_active=True).order_by("sort_key", "pk")
        found, unknown = units_named(written.splitlines(), list(of_the_year)) if written else ([], [])
        if unknown:
            shown = ", ".join(unknown[:SHOWN_UNKNOWN])
            more = f" och {len(unknown) - SHOWN_UNKNOWN} till" if len(unknown) > SHOWN_UNKNOWN else ""
            self.add_error("units", f"I årets insamling finns ingen enhet som heter: {shown}{more}.")
        return found


class RemindForm(AudienceForm):
    """A reminder; its letter is the portal's own."""


class MessageForm(AudienceForm):
    """A matter to each unit, with its own name in the text."""

    category = forms.ChoiceField(label="Gäller", choices=Thread.Category.choices, error_messages=CHOOSE)
    subject = forms.CharField(
        label="Ämne",
        max_length=SUBJECT_LENGTH,
        validators=[note_line_break],
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {SUBJECT_LENGTH} tecken."},
    )
    text = forms.CharField(
        label="Meddelande",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=f"Det här fylls i för varje enhet: {PLACES_IN_WORDS}. Skriv inga personnummer.",
        error_messages={"required": "Skriv ett meddelande.", "max_length": "Meddelandet är för långt."},
    )
    content = ("category", "subject", "text")

    def clean(self) -> dict[str, Any]:
        """No place that cannot be filled in."""
        values = super().clean()
        for name in ("subject", "text"):
            if unknown := unknown_places(values.get(name, "")):
                named = ", ".join(f"{{{place}}}" for place in unknown)
                self.add_error(name, f"{named} går inte att fylla i. De här går: {PLACES_IN_WORDS}.")
        return values


class ExtendForm(PlainText, AudienceForm):
    """A later last day for each."""

    new_date = date_field("Ny sista dag", "Skriv den nya sista dagen.")
    text = text_field("Varför enheterna får mer tid", rows=3, required="Skriv varför. Enheterna läser det under Uppskov.")
    content = ("new_date", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = max(self.collection.due_date, timezone.localdate())
        if first <= self.collection.latest_deferral_date:
            limit(self.fields["new_date"], (first, self.collection.latest_deferral_date))


class InviteForm(MailingForm):
    """Many people at many units, from a list or a file. `lines` are those that were read, `wrong` those with a problem."""

    list = forms.CharField(
        label="Lista",
        required=False,
        max_length=LIST_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "autocomplete": "off", "spellcheck": "false"}),
        help_text="En person på varje rad: epost;namn;enhet;roll. Enheten skrivs med kod eller namn. Namnet får vara tomt.",
        error_messages={"max_length": "Listan är för lång. Dela upp den."},
    )
    file = forms.FileField(
        label="Eller en fil",
        required=False,
        help_text="CSV med samma fyra kolumner. Filen läses in i listan, där raderna kan rättas.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
        error_messages=dict.fromkeys(("invalid", "missing", "empty"), "Filen är tom eller kom inte fram. Välj den igen."),
    )
    leave_out = forms.BooleanField(label="Utelämna de felaktiga raderna och bjud in de andra", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[Line] = []
        self.wrong: list[Line] = []

    def clean(self) -> dict[str, Any]:
        """Read every line; one that is wrong stops all, unless it is left out by choice."""
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            text = decoded(uploads.content_of(values["file"])) if values.get("file") else values["list"]
            self.data = {**self.data.dict(), "list": text}  # type: ignore[attr-defined] # what a file held is mended in the box
            self.lines = read_lines(text, at=timezone.now())
        except NotAllowed as refusal:
            self.add_error("file" if values.get("file") else "list", refusal.reason)
            return values
        self.wrong = [line for line in self.lines if line.problem]
        self.words = amount(len(self.lines), "rad i listan", "rader i listan")
        if not self.lines:
            self.add_error("list", "Skriv minst en person, eller välj en fil.")
        elif self.wrong and not values["leave_out"]:
            told = amount(len(self.wrong), "rad är fel", "rader är fel")
            self.add_error(
                "list", f"{told} av {len(self.lines)}, och ingen är inbjuden. Rätta dem, eller välj att utelämna dem nedan."
            )
        return values


FORMS: dict[Kind, type[MailingForm]] = {
    Kind.INVITE: InviteForm,
    Kind.REMIND: RemindForm,
    Kind.MESSAGE: MessageForm,
    Kind.EXTEND: ExtendForm,
}
