"""Files of a form, kept in memory: what is uploaded never touches a disk unencrypted.

A file past the cap is not kept; the rest of it is read and thrown away, so that the browser gets our answer instead of a
broken connection. A body so large that even that would take long is refused by closing it. `was_too_large(request)`
tells the view. So with the number of files: from the most that Django takes on, the rest is read and thrown away, and
`were_too_many(request)` tells. A view that takes a small file says so with `@at_most(bytes)`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

ROOM_FOR_FORM = 1_000_000  # the other fields and the separators of the body
View = TypeVar("View", bound=Callable[..., Any])
READ_AWAY = 4  # bodies up to so many times the cap are read to their end


def at_most(size: int) -> Callable[[View], View]:
    """Keep no file larger than that of those sent to the view, where its own cap is smaller than the portal's."""

    def mark(view: View) -> View:
        view.upload_max_bytes = size  # type: ignore[attr-defined]
        return view

    return mark


class CappedMemoryUploadHandler(FileUploadHandler):
    """Keeps each file in memory up to the view's own cap (`at_most`), or `settings.UPLOAD_MAX_BYTES`."""

    chunk_size = 1_000_000
    files = 0

    @property
    def cap(self) -> int:
        """The most bytes that are kept of a file."""
        match, most = self.request.resolver_match if self.request is not None else None, settings.UPLOAD_MAX_BYTES
        return min(getattr(match.func, "upload_max_bytes", most), most) if match else most

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
        """Begin a file; one that the body's length tells is too large is skipped at once, and one too many ends it."""
        super().new_file(*args, **kwargs)
        self.buffer = io.BytesIO()
        self.files += 1
        if self.files >= settings.DATA_UPLOAD_MAX_NUMBER_FILES:
            self._mark("upload_had_too_many_files")
            raise StopUpload(connection_reset=False)
        cap = settings.UPLOAD_MAX_BYTES
        if self.body_length > cap * READ_AWAY:
            self._mark("upload_was_too_large")
            raise StopUpload(connection_reset=True)
        if self.body_length > self.cap + ROOM_FOR_FORM:
            self._mark("upload_was_too_large")
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a chunk, or give the file up."""
        if start + len(raw_data) > self.cap:
            self.buffer = io.BytesIO()
            self._mark("upload_was_too_large")
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

    def _mark(self, what: str) -> None:
        if self.request is not None:
            setattr(self.request, what, True)


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was left out because of its size. Reads the request's body where nobody has yet."""
    _ = request.FILES
    return bool(getattr(request, "upload_was_too_large", False))


def were_too_many(request: HttpRequest) -> bool:
    """Whether files of this request were left out because of their number."""
    _ = request.FILES
    return bool(getattr(request, "upload_had_too_many_files", False))


def content_of(file: UploadedFile) -> bytes:
    """All bytes of a file that the handler kept."""
    kept = file.file
    if isinstance(kept, io.BytesIO):
        return kept.getvalue()
    file.seek(0)
    return file.read()
