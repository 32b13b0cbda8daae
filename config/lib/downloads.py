"""A file on its way out: always saved, never shown, under a name that we made (security note FIL-09; ASVS 3.2.1, 5.4.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from config.lib.text import one_line

BYTES = "application/octet-stream"
NOT_IN_A_NAME = re.compile(r'[\\/:*?"<>|]')
LONGEST_NAME = 150


def attachment(content: bytes | Iterable[bytes], *, name: str, content_type: str = BYTES) -> HttpResponseBase:
    """The answer that a browser saves as `name`; bytes whole, anything else in pieces.

    The content is somebody else's: no browser may guess what it is, and where one opens it all the same nothing in it runs.
    """
    answer: HttpResponseBase
    if isinstance(content, bytes):
        answer = HttpResponse(content, content_type=content_type)
        answer.headers["Content-Length"] = str(len(content))
    else:
        answer = StreamingHttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = disposition(name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def disposition(name: str) -> str:
    """The header of RFC 6266: the name in ASCII for old programs, and with å ä ö for all others."""
    clean = NOT_IN_A_NAME.sub(" ", one_line(name)).encode("utf-8", "ignore").decode()
    clean = " ".join(clean.split()).strip(" .")[:LONGEST_NAME] or "fil"
    return f"attachment; filename=\"{ascii_name(clean)}\"; filename*=UTF-8''{quote(clean, safe='')}"


def ascii_name(name: str) -> str:
    """The name in small ASCII letters, digits, points and hyphens: "Trosa å.csv" is "trosa-a.csv"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.") or "fil"
