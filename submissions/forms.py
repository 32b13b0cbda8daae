"""What a person may send in. Well-formedness only; whether it may be done now is for `states` and the services."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from config.lib import personnummer
from config.lib.file_fields import FilesField
from config.lib.text import one_line
from submissions import reading
from submissions.frames import ENCODING_LABELS
from submissions.models import Receipt, Supplement
from submissions.receipts import Verification, verify_text
from submissions.services.batches import Wanted
from submissions.services.comments import CommentRefused, clean_comment
from submissions.services.issuing import Late

MEGABYTES = 100
RECEIPT_BYTES = 20_000
LONGEST_ROW = 8  # digits
TOO_LARGE = (
    f"Filen är större än {MEGABYTES} MB och togs inte emot; flera filer räknas ihop. Den största regionens fil är omkring 20 MB: "
    "kontrollera att du valde filen till SKR och inte en säkerhetskopia eller ett arkiv."
)


TOO_MANY = (
    f"Du valde fler än de {reading.MAX_PARTS} filer som vi tar emot på en gång, och inget är lämnat. "
    "Välj bara filerna till SKR. Är de fler, slå ihop dem i lönesystemet."
)


class UploadForm(forms.Form):
    """One file, or several that make one delivery, for real or as a test. Their content decides, not their names."""

    REAL, TEST = "riktig", "test"

    kind = forms.ChoiceField(
        label="Hur ska filen räknas?",
        choices=[
            (REAL, "Riktig fil: den gäller och ersätter en tidigare"),
            (TEST, "Testfil: den kontrolleras men räknas inte"),
        ],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Välj om filen är riktig eller en testfil."},
    )
    file = FilesField(
        label="Välj årets fil",
        error_messages={
            "required": "Välj en fil först.",
            "empty": "Filen är tom (0 byte). Ta ut den igen ur lönesystemet.",
            "invalid": "Webbläsaren skickade ingen fil. Välj filen igen.",
            "missing": "Webbläsaren skickade ingen fil. Välj filen igen.",
        },
    )

    def __init__(
        self, *args: Any, too_large: bool = False, too_many: bool = False, tests_only: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = self.TEST if tests_only else self.REAL
        if tests_only:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["file"].label = "Välj en testfil"
        self.too_large, self.too_many = too_large, too_many
        if too_large:
            self.fields["file"].error_messages["required"] = TOO_LARGE
        if too_many:
            self.fields["file"].error_messages["required"] = TOO_MANY

    @property
    def is_test(self) -> bool:
        """Whether the file is only tried. Nothing chosen is a real file."""
        return self.cleaned_data["kind"] == self.TEST

    def clean_file(self) -> list[UploadedFile]:
        """The files, if they are few and small enough together, and no one was left out."""
        files: list[UploadedFile] = self.cleaned_data["file"]
        if self.too_many:
            raise forms.ValidationError(TOO_MANY)
        if self.too_large or sum(file.size or 0 for file in files) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return files


class EncodingForm(forms.Form):
    """Which way to read the letters of a part is right; of a single file the first."""

    part = forms.IntegerField(min_value=1, max_value=reading.MAX_PARTS)
    encoding = forms.ChoiceField(choices=list(ENCODING_LABELS.items()))

    @staticmethod
    def label_of(encoding: str) -> str:
        """The encoding as people write it."""
        return ENCODING_LABELS.get(encoding, encoding)


class SupplementForm(forms.Form):
    """A file beside the delivery: what it is, and for other things than a kodförteckning a few words about it."""

    kind = forms.ChoiceField(
        label="Vad är det?",
        choices=[
            (Supplement.Kind.POSITIONS, "Kodförteckning: befattningskoder (fält 14) med klartext, som textfil eller kalkylblad"),
            (Supplement.Kind.OTHER, "Annat som SKR har bett om"),
        ],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Välj vad det är för fil."),
    )
    note = forms.CharField(
        label="Beskriv filen",
        required=False,
        max_length=200,
        help_text="Behövs för annat än kodförteckningen. Skriv inga personnummer.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Beskrivningen får ha högst 200 tecken."},
    )
    file = forms.FileField(
        label="Välj en fil",
        error_messages={
            "required": "Välj en fil först.",
            "empty": "Filen är tom (0 byte).",
            "invalid": "Webbläsaren skickade ingen fil. Välj filen igen.",
            "missing": "Webbläsaren skickade ingen fil. Välj filen igen.",
        },
    )


class PayrollSystemForm(forms.Form):
    """Which payroll system the year's file comes from."""

    system = forms.ChoiceField(
        label="Lönesystem",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Välj ett lönesystem i listan."),
    )
    other = forms.CharField(
        label="Annat lönesystem",
        required=False,
        max_length=60,
        help_text="Om det inte finns i listan.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Namnet får ha högst 60 tecken."},
    )

    def __init__(self, *args: Any, systems: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", "Välj lönesystem"), *systems.items()]  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """The explanation of a group."""

    text = forms.CharField(
        label="Förklaring",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv en förklaring med några ord."},
    )

    def clean_text(self) -> str:
        """The text, trimmed; refused where it is too short, too long or holds a personnummer."""
        try:
            return clean_comment(self.cleaned_data["text"])
        except CommentRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class RevisionForm(forms.Form):
    """Which version and revision the person saw."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1)


def _without_personnummer(text: str) -> str:
    """The text; refused where it has a personnummer, since it is kept in clear."""
    if personnummer.LOOKS_LIKE.search(text):
        raise forms.ValidationError("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
    return text


class LateForm(forms.Form):
    """Why a hand-in comes after the last day."""

    late_reason = forms.ChoiceField(
        label="Varför inlämningen kommer efter sista dagen",
        choices=Receipt.LateReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett skäl.", "invalid_choice": "Välj ett skäl i listan."},
    )
    late_text = forms.CharField(
        label="Beskrivning",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Berätta kort. Skriv inga uppgifter om enskilda personer.",
        error_messages={"max_length": "Texten får vara högst 300 tecken."},
    )

    def clean_late_text(self) -> str:
        """One line without personnummer."""
        return _without_personnummer(one_line(self.cleaned_data["late_text"]))

    def clean(self) -> dict[str, Any]:
        """ "Annat" says nothing by itself."""
        values = super().clean() or {}
        if (
            values.get("late_reason") == Receipt.LateReason.OTHER
            and not values.get("late_text")
            and "late_text" not in self.errors
        ):
            self.add_error("late_text", "Beskriv kort varför inlämningen kommer sent.")
        return values

    def late(self) -> Late:
        """What was said, for the service."""
        return Late(Receipt.LateReason(self.cleaned_data["late_reason"]), self.cleaned_data["late_text"])


class NobodyForm(forms.Form):
    """Which version the person saw as the one that counts; 0 for none."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class ReopenForm(forms.Form):
    """Why an approved submission should be opened again."""

    reason = forms.CharField(
        label="Vad behöver ändras, och varför?",
        max_length=350,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="SKR läser texten och svarar. Skriv inga uppgifter om enskilda personer.",
        error_messages={
            "required": "Skriv vad som behöver ändras och varför.",
            "max_length": "Texten får vara högst 350 tecken.",
        },
    )

    def clean_reason(self) -> str:
        """Without personnummer."""
        return _without_personnummer(one_line(self.cleaned_data["reason"]))


class ReceiptCodeForm(forms.Form):
    """The code of a receipt, in the address as any search."""

    kod = forms.CharField(
        label="Kvittenskod",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Tolv bokstäver och siffror i grupper om fyra. Svaret säger vilken enhet, hur många rader och om den gäller.",
    )


class ReceiptTextForm(forms.Form):
    """The signed text of a receipt, as the saved file or pasted. Whatever became of its line breaks is what it was."""

    file = forms.FileField(
        label="Den sparade filen",
        required=False,
        help_text="Textfilen som du hämtade med kvittensen, högst 20 kB.",
        error_messages={
            "empty": "Filen är tom (0 byte). Välj kvittensens textfil.",
            "invalid": "Webbläsaren skickade ingen fil. Välj filen igen.",
        },
    )
    text = forms.CharField(
        label="Eller kvittensens text",
        required=False,
        strip=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Öppna textfilen, markera allt och klistra in, från rubriken till och med raden Signatur.",
        error_messages={"max_length": "Texten är för lång för att vara en kvittens."},
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        """One of the two, and a file no larger than a receipt."""
        given = super().clean() or self.cleaned_data
        file = given.get("file")
        if self.too_large or (file is not None and (file.size or 0) > RECEIPT_BYTES):
            self.add_error("file", "Filen är större än 20 kB, för stor för att vara en kvittens. Välj kvittensens textfil.")
        elif not self.errors and file is None and not given.get("text", "").strip():
            self.add_error("file", "Välj den sparade filen, eller klistra in hela texten nedanför.")
        return given

    def answer(self) -> ReceiptAnswer:
        """Whose receipt the file or the text is, or that it is none or was changed. A file goes before a text."""
        file = self.cleaned_data["file"]
        content = file.read() if file else self.cleaned_data["text"].encode()
        lines = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").strip(b"\n")
        return ReceiptAnswer(verify_text(lines + b"\n"))


@dataclass(frozen=True, slots=True)
class ReceiptAnswer:
    """What the verification of a text gave: the receipt, or none."""

    receipt: Verification | None


class AnyTextField(forms.CharField):
    """Whatever was written, as it was written: the service says what is wrong with it, at the value."""

    def run_validators(self, value: Any) -> None:
        """None: not even of NUL, which CharField refuses by itself."""


class BatchForm(forms.Form):
    """One change of many rows: a value or a named repair, the chosen rows (none: all), why, and what the person saw."""

    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    revision = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    value = AnyTextField(required=False, strip=False)
    repair = forms.SlugField(required=False, max_length=20)
    reason = AnyTextField(required=False)

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows that were chosen, in order."""
        given = self.data.getlist("rows") if isinstance(self.data, MultiValueDict) else []
        return tuple(sorted({int(row) for row in given if row.isascii() and row.isdigit() and len(row) < LONGEST_ROW}))

    @property
    def wanted(self) -> Wanted:
        """What is asked for, as the service takes it."""
        answers = self.cleaned_data
        return Wanted(value=answers.get("value", ""), repair=answers.get("repair", ""), rows=self.rows)


class CorrectionForm(RevisionForm):
    """A new value, and where the person came from: the group and page of the list, or the row's own page."""

    value = AnyTextField(required=False, strip=False)
    check = forms.SlugField(required=False, max_length=10)
    group = forms.SlugField(required=False, max_length=20)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)


class ReportForm(forms.Form):
    """In which form a table is wanted, and whether with whole personnummer."""

    kind = forms.ChoiceField(choices=[("xlsx", "Excel"), ("csv", "CSV")])
    revealed = forms.BooleanField(required=False)


class RowsForm(forms.Form):
    """What is asked for in the list of rows, as the address has it. Nothing here may be a person's number."""

    radnr = forms.IntegerField(label="Rad", required=False, min_value=1, max_value=9_999_999)
    etikett = forms.CharField(
        label="Etikett", required=False, max_length=60, help_text="Kod eller ord, till exempel 2060 eller sjuksköterska."
    )
    kontroll = forms.ChoiceField(label="Kontroll", required=False)
    niva = forms.ChoiceField(
        label="Nivå",
        required=False,
        choices=[("", "Alla"), ("fel", "Måste rättas"), ("varning", "Måste förklaras"), ("info", "Bra att veta")],
    )
    rattad = forms.ChoiceField(
        label="Rättade här", required=False, choices=[("", "Alla"), ("ja", "Rättade"), ("nej", "Inte rättade")]
    )
    grupp = forms.SlugField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, checks: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kontroll"].choices = [("", "Alla"), *checks]  # type: ignore[attr-defined]

    def clean_etikett(self) -> str:
        """One line; a number as long as a personnummer is no etikett, and is not kept in the address of the next page."""
        text = one_line(self.cleaned_data["etikett"])
        if personnummer.LOOKS_LIKE.search(text):
            raise forms.ValidationError("Det ser ut som ett personnummer. Sök efter personer i rutan för det.")
        return text


class PersonForm(forms.Form):
    """Whose rows are looked for. Posted, never in an address."""

    person = forms.CharField(
        label="Anställningsnummer eller personnummer",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Skriv ett anställningsnummer eller ett personnummer.",
            "max_length": "Det är längre än ett anställningsnummer.",
        },
    )
