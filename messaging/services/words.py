"""What may be written: a subject, a text, an answer. Pure; every refusal is a Swedish sentence."""

from __future__ import annotations

from accounts.access import NotAllowed
from config.lib import personnummer
from config.lib.text import one_line

SUBJECT_LENGTH = 100
TEXT_LENGTH = 10_000
UNREADABLE = "Den här texten går inte att läsa. Skriv till SKR, så reder vi ut vad som har hänt."
NUMBER_IN_SUBJECT = "Ämnet ser ut att innehålla ett personnummer. Skriv det i meddelandet i stället, där det skyddas."


def clean_subject(subject: str) -> str:
    """One line without a personnummer: the subject stands in lists. Raises NotAllowed."""
    subject = one_line(subject)
    if not subject or len(subject) > SUBJECT_LENGTH:
        raise NotAllowed(f"Skriv ett ämne på högst {SUBJECT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(subject):
        raise NotAllowed(NUMBER_IN_SUBJECT)
    return subject


def clean_text(text: str, *, empty: str = "Skriv ett meddelande.") -> str:
    """The text with plain line breaks; a personnummer is welcome here. Raises NotAllowed with `empty` for none."""
    text = tidy(text)
    if not text:
        raise NotAllowed(empty)
    return text


def tidy(text: str) -> str:
    """The text with plain line breaks, maybe none of it. Raises NotAllowed for one that is too long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > TEXT_LENGTH:
        raise NotAllowed("Meddelandet är för långt. Dela upp det i flera.")
    return text
