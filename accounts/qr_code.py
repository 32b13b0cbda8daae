"""The QR code as an inline SVG: one path, presentation attributes only, no style."""

from __future__ import annotations

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage


def svg(text: str) -> SafeString:
    """The picture of `text`, error correction M. Label it where it is shown."""
    picture = qrcode.make(text, image_factory=SvgPathImage, error_correction=qrcode.ERROR_CORRECT_M)
    return mark_safe(picture.to_string(encoding="unicode"))
