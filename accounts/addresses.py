"""E-mail addresses as the portal keeps them: lower-case ASCII, at most 254 characters, a real domain.

Look-alike letters are refused before anything is looked up, so a typed address is either the stored one or nobody's.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from config.lib.line_breaks import note_line_break

LENGTH = 254
REFUSAL = "Skriv en e-postadress, till exempel namn@kommun.se."
_validate = EmailValidator(message=REFUSAL)


def normalise_email(text: str) -> str:
    """The address in the form it is stored in; raises ValidationError with a Swedish sentence. Outer spaces are let off."""
    if len(text) > LENGTH + 20:  # before anything that takes time
        raise ValidationError(REFUSAL)
    note_line_break(text)
    email = text.strip(" \t\u00a0")
    if not email.isascii() or len(email) > LENGTH or email.endswith("]"):
        raise ValidationError(REFUSAL)
    _validate(email)
    return email.lower()
