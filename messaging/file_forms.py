"""The field of a form for the files of a message."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.http import HttpRequest

from accounts.access import NotAllowed
from config.lib import uploads
from config.lib.file_fields import FilesField, FilesInput
from messaging import attachments
from messaging.attachments import AttachmentsRefused, Chosen


class FilesForm(forms.Form):
    """A form whose text may come with files; the service says which of them are taken."""

    attached = FilesField(
        label="Bilagor",
        required=False,
        allow_empty_file=True,  # the service says so, with the file's name
        help_text=attachments.HELP,
        widget=FilesInput(attrs={"accept": ",".join(attachments.TAKEN)}),
        error_messages=dict.fromkeys(("invalid", "missing"), "Webbläsaren skickade ingen fil. Välj filen igen."),
    )

    def clean_attached(self) -> list[Chosen]:
        """The files as the service takes them."""
        return [Chosen(file.name or "", uploads.content_of(file)) for file in self.cleaned_data["attached"]]

    def full_clean(self) -> None:
        """As ever; and where the form comes back for another reason, that its files have to be chosen again."""
        super().full_clean()
        self._tell_of_lost_files()

    @classmethod
    def of(cls, request: HttpRequest, **options: Any) -> Self:
        """The form as it was posted, or an empty one to fill in; a file too large to be received is told of at the field."""
        if request.method != "POST":
            return cls(**options)
        form = cls(request.POST, request.FILES, **options)
        if uploads.was_too_large(request):
            form.add_error("attached", attachments.TOO_LARGE)
        return form

    def refuse(self, refusal: NotAllowed, *, at: str | None = None) -> None:
        """Put a refusal where it belongs: each file's own at the files, all others at the field `at`, or over the form."""
        if isinstance(refusal, AttachmentsRefused):
            for reason in refusal.reasons:
                self.add_error("attached", reason)
        else:
            self.add_error(at, refusal.reason)
            self._tell_of_lost_files()

    def _tell_of_lost_files(self) -> None:
        """No browser keeps the files of a form that comes back: it would be sent without them."""
        if self.errors and self.files and "attached" not in self.errors:
            self.add_error("attached", attachments.LOST)
