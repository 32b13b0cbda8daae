"""Ready texts of SKR's, with places that are filled in for each unit before anything is sent.

A place is a word in braces: {enhet}. What it became stands in the box or the preview, so that nobody sends a brace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.text import one_line
from messaging.models import ReplyTemplate, Thread
from messaging.services.handling import check_can_handle
from messaging.services.words import NUMBER_IN_SUBJECT, SUBJECT_LENGTH, clean_text
from messaging.years import running_year
from profiles.models import Unit

NAME_LENGTH = 80
PLACE = re.compile(r"\{([^{}\n]{0,40})\}")
PLACES: dict[str, str] = {
    "enhet": "enhetens namn",
    "kod": "enhetens kod",
    "år": "insamlingens år",
    "i dag": "dagens datum",
    "avsändare": "ditt namn",
}
PLACES_IN_WORDS = ", ".join(f"{{{name}}} ({what})" for name, what in PLACES.items())


def filler(*, by: User, at: datetime) -> Callable[[Unit, str], str]:
    """A function that fills a text's places in for a unit; a brace around anything else stays as it is."""
    year = running_year(at)

    def fill(unit: Unit, text: str) -> str:
        values = {
            "enhet": unit.name,
            "kod": unit.code,
            "år": str(year or timezone.localdate(at).year),
            "i dag": timezone.localdate(at).isoformat(),
            "avsändare": str(by),
        }
        return PLACE.sub(lambda found: values.get(found[1].strip().lower(), found[0]), text)

    return fill


def unknown_places(*texts: str) -> list[str]:
    """The words in braces that name no place, each once."""
    found = [name for text in texts for name in PLACE.findall(text) if name.strip().lower() not in PLACES]
    return list(dict.fromkeys(found))


def active_templates() -> list[ReplyTemplate]:
    """Those that may be chosen, by name."""
    return list(ReplyTemplate.objects.filter(is_active=True).order_by("name", "pk"))


def save_template(
    *,
    template: ReplyTemplate | None,
    name: str,
    category: str,
    subject: str,
    text: str,
    by: User,
    at: datetime,
    seen: datetime | None = None,
) -> ReplyTemplate:
    """Make a template, or change one. `seen` is when the one on the page was last changed. Raises NotAllowed."""
    check_can_handle(by)
    name, subject, text = one_line(name), one_line(subject), clean_text(text, empty="Skriv mallens text.")
    if not name or len(name) > NAME_LENGTH:
        raise NotAllowed(f"Skriv ett namn på högst {NAME_LENGTH} tecken.")
    if len(subject) > SUBJECT_LENGTH:
        raise NotAllowed(f"Ämnet får vara högst {SUBJECT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(subject):
        raise NotAllowed(NUMBER_IN_SUBJECT)
    if any(personnummer.LOOKS_LIKE.search(part) for part in (name, text)):
        raise NotAllowed("Mallen ser ut att innehålla ett personnummer. En mall skickas till många: ta bort det.")
    if category and category not in Thread.Category.values:
        raise NotAllowed("Välj vad mallen gäller i listan.")
    if unknown := unknown_places(subject, text):
        named = ", ".join(f"{{{place}}}" for place in unknown)
        raise NotAllowed(f"{named} går inte att fylla i. De här går: {PLACES_IN_WORDS}.")
    values = {"name": name, "category": category, "subject": subject, "text": text, "changed_at": at, "changed_by": by}
    try:
        with transaction.atomic():
            saved = _changed(template, values, seen) if template else ReplyTemplate.objects.create(**values)
            audit.record("thread:template:saved", by=by, object=f"svarsmall {saved.pk}", at=at)
    except IntegrityError:
        raise NotAllowed("Det finns redan en mall med det namnet. Välj ett annat.") from None
    return saved


def _changed(template: ReplyTemplate, values: dict[str, object], seen: datetime | None) -> ReplyTemplate:
    locked = ReplyTemplate.objects.select_for_update(of=("self",)).select_related("changed_by").get(pk=template.pk)
    if seen is not None and locked.changed_at != seen:
        raise NotAllowed(
            f"{locked.changed_by} ändrade mallen medan du skrev. Kopiera din text, ladda om sidan och gör om ändringen."
        )
    ReplyTemplate.objects.filter(pk=locked.pk).update(**values)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def retire_template(*, template: ReplyTemplate, is_active: bool, by: User, at: datetime) -> bool:
    """Stop offering a template, or offer it again; False where it is so already."""
    check_can_handle(by)
    found = ReplyTemplate.objects.filter(pk=template.pk, is_active=not is_active)
    if not found.update(is_active=is_active, changed_at=at, changed_by=by):
        return False
    code = "thread:template:restored" if is_active else "thread:template:retired"
    audit.record(code, by=by, object=f"svarsmall {template.pk}", at=at)
    return True
