"""Files of a form, kept in memory: what is uploaded never touches a disk unencrypted.

A file past the cap is not kept; the rest of it is read and thrown away, so that the browser gets our answer instead of a
broken connection. A body so large that even that would take long is refused by closing it. `was_too_large(request)`
tells the view.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

ROOM_FOR_FORM = 1_000_000  # the other fields and the separators of the body
READ_AWAY = 4  # bodies up to so many times the cap are read to their end


class CappedMemoryUploadHandler(FileUploadHandler):
    """Keeps each file in memory up to `settings.UPLOAD_MAX_BYTES`."""

    chunk_size = 1_000_000

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: Mapping[str, Any],
        content_length: int,
        boundary: bytes | str,
        encoding: str | None = None,
    ) -> None:
        """Remember how large the whole body says it is."""
        self.body_length = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file; one that the body's length tells is too large is skipped at once."""
        super().new_file(*args, **kwargs)
        self.buffer = io.BytesIO()
        cap = settings.UPLOAD_MAX_BYTES
        if self.body_length > cap * READ_AWAY:
            self._mark()
            raise StopUpload(connection_reset=True)
        if self.body_length > cap + ROOM_FOR_FORM:
            self._mark()
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a chunk, or give the file up."""
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.buffer = io.BytesIO()
            self._mark()
            raise SkipFile
        self.buffer.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The whole file."""
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def _mark(self) -> None:
        if self.request is not None:
            self.request.upload_was_too_large = True  # type: ignore[attr-defined]


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was left out because of its size. Reads the request's body where nobody has yet."""
    _ = request.FILES
    return bool(getattr(request, "upload_was_too_large", False))


def content_of(file: UploadedFile) -> bytes:
    """All bytes of a file that the handler kept."""
    kept = file.file
    if isinstance(kept, io.BytesIO):
        return kept.getvalue()
    file.seek(0)
    return file.read()
