"""A form's field for one file or several."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile


class FilesInput(forms.FileInput):
    """A file field in which several files may be chosen."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several; the value is their list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each of the files, in the order they were sent."""
        chosen = data if isinstance(data, list | tuple) and data else [data or None]
        files = [super(FilesField, self).clean(file, initial) for file in chosen]
        return [file for file in files if file]  # none where none has to be chosen
