"""Which of the portal's letters SKR may word itself, what may be filled in in each, and what a text must keep to.

A text is plain words with places in braces, {enhet}, never a template of Django's: nothing in it can reach further than the
places of its letter. Mails about accounts, codes and sign-in are not among them: their words are part of the protection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template import Context, Engine
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.mail import shipped
from config.lib.text import clean_lines, one_line
from messaging.models import MailText

CHANGE = "messaging.change_mailtext"
SUBJECT_LENGTH, BODY_LENGTH = 120, 5_000
PORTAL = "portalen"
PLACE = re.compile(r"\{([^{}\n]{0,40})\}")
WEB = re.compile(r"://|\bwww\.|\bhref\b", re.IGNORECASE)
DOMAIN = re.compile(
    r"(?<![@\w.-])[\w-]+(?:\.[\w-]+)*\.(?:se|com|nu|org|net|eu|info|io|biz|app|dev|link|xyz|dk|no|fi|de|uk|ru|cn)\b",
    re.IGNORECASE,
)
MAILBOX = re.compile(r"[^\s<>()]+@([\w.-]+)")
SIX_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}[ \u00a0]?[0-9]{3}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Place:
    """What may be filled in: its name in the text, the name in the mail's context, what it is, and an example."""

    name: str
    value: str
    what: str
    example: Any
    empty: str = ""  # what stands there where the mail has nothing


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: the template whose place it takes, its name in addresses, and when it goes."""

    key: str
    slug: str
    title: str
    when: str
    places: tuple[Place, ...]


UNIT = Place("enhet", "unit", "enhetens namn", "Trosa kommun")
YEAR = Place("år", "year", "insamlingens år", 2026)
DUE = Place("sista dag", "due_date", "enhetens sista dag", date(2026, 12, 1))
LETTERS = (
    Letter(
        "accounts/invitation",
        "inbjudan",
        "Inbjudan",
        "När någon bjuds in till portalen.",
        (
            Place("inbjuden av", "inviter", "vem som bjuder in", "Anna Ek", "SKR"),
            Place("gäller", "matter", "roll och enhet", "Uppgiftslämnare i Trosa kommun"),
            Place("går ut", "expires_at", "när inbjudan går ut", timedelta(days=14)),
        ),
    ),
    Letter(
        "deferrals/reminder_coming",
        "paminnelse-fore",
        "Påminnelse före sista dagen",
        "En vecka före enhetens sista dag, om ingen fil har kommit.",
        (UNIT, YEAR, DUE),
    ),
    Letter(
        "deferrals/reminder_passed",
        "paminnelse-efter",
        "Påminnelse efter sista dagen",
        "Vardagen efter enhetens sista dag, om ingen fil har kommit.",
        (UNIT, YEAR, DUE),
    ),
    Letter(
        "deferrals/reminder_still",
        "paminnelse-en-vecka-efter",
        "Påminnelse en vecka efter sista dagen",
        "En vecka efter enhetens sista dag, om ingen fil har kommit.",
        (UNIT, YEAR, DUE),
    ),
    Letter(
        "submissions/handed_in",
        "klarmarkerad",
        "Klarmarkerad",
        "När enheten har klarmarkerat.",
        (UNIT, YEAR, Place("kvittens", "receipt", "kvittensens kod", "7K3M-9QXT-2HVB")),
    ),
    Letter("submissions/returned", "tillbaka", "Skickad tillbaka", "När SKR skickar tillbaka inlämningen.", (UNIT, YEAR)),
    Letter("submissions/approved", "godkand", "Godkänd", "När SKR godkänner inlämningen.", (UNIT, YEAR)),
    Letter("deferrals/answered", "svar-om-uppskov", "Svar om uppskov", "När SKR svarar på en begäran om uppskov.", (UNIT,)),
    Letter(
        "deferrals/decided",
        "beslut",
        "Beslut från SKR",
        "När SKR själv beslutar om uppskov eller om vilka som omfattas.",
        (UNIT,),
    ),
    Letter("messaging/new_message", "nytt-meddelande", "Nytt meddelande", "När SKR skriver till enheten under Meddelanden.", ()),
)
BY_KEY = {letter.key: letter for letter in LETTERS}
BY_SLUG = {letter.slug: letter for letter in LETTERS}


def written(template: str, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The mail's subject and text as SKR has worded it; None where the shipped text counts (settings.MAIL_TEXTS)."""
    letter = BY_KEY.get(template)
    text = current(letter) if letter else None
    if letter is None or text is None or text.is_shipped:
        return None
    return filled(letter, text.subject, text.body, values)


def current(letter: Letter) -> MailText | None:
    """The newest version; None where nobody has worded it."""
    return MailText.objects.filter(key=letter.key).select_related("by").order_by("-version", "-pk").first()


def filled(letter: Letter, subject: str, body: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """The text with its places filled in. A paragraph with a place that is empty this time is left out."""
    found = {place.name: _in_words(values.get(place.value, "")) or place.empty for place in letter.places}
    found[PORTAL] = f"{settings.PORTAL_BASE_URL}/"

    def fill(text: str) -> str:
        return PLACE.sub(lambda place: found.get(_name(place[1]), place[0]), text)

    paragraphs = [part for part in body.split("\n\n") if all(found.get(_name(name), " ") for name in PLACE.findall(part))]
    return fill(subject), fill("\n\n".join(paragraphs))


def _name(written_so: str) -> str:
    return written_so.strip().lower()


def _in_words(value: Any) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _moment(value: datetime) -> str:
    """As the pages write a point in time; their filters lie above this app."""
    return Engine.get_default().from_string("{{ value|moment }}").render(Context({"value": value}))


def shipped_text(letter: Letter) -> tuple[str, str]:
    """The portal's own text with its places in braces, to begin from."""
    stamp = timezone.now()
    times = {"due_date": stamp.date(), "expires_at": stamp}  # what the template writes as a date
    values = {place.value: times.get(place.value, f"{{{place.name}}}") for place in letter.places}
    subject, body = shipped(letter.key, values)
    shown = {times["due_date"].isoformat(): "due_date", _moment(stamp): "expires_at", f"{settings.PORTAL_BASE_URL}/": PORTAL}
    names = {place.value: place.name for place in letter.places} | {PORTAL: PORTAL}
    for text, value in shown.items():
        if value in names:
            subject, body = (part.replace(text, f"{{{names[value]}}}") for part in (subject, body))
    return subject.strip(), body.strip()


def example_values(letter: Letter, at: datetime) -> dict[str, Any]:
    """Something in each place, for a preview; what is counted from today is."""
    return {place.value: at + place.example if isinstance(place.example, timedelta) else place.example for place in letter.places}


def clean(letter: Letter, subject: str, body: str) -> tuple[str, str]:
    """The words as they are kept. Raises NotAllowed with a sentence that says what to mend."""
    subject, body = one_line(subject), clean_lines(body.replace("\r\n", "\n").replace("\r", "\n"))
    body = re.sub(r"\n{3,}", "\n\n", body)
    if not subject or len(subject) > SUBJECT_LENGTH:
        raise NotAllowed(f"Skriv ett ämne på högst {SUBJECT_LENGTH} tecken.")
    if not body or len(body) > BODY_LENGTH:
        raise NotAllowed(f"Skriv en text på högst {BODY_LENGTH} tecken.")
    _check_places(letter, subject, body)
    _check_links(f"{subject}\n{body}")
    if personnummer.LOOKS_LIKE.search(f"{subject}\n{body}"):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Den går till många: ta bort det.")
    if SIX_DIGITS.search(f"{subject}\n{body}"):
        raise NotAllowed(
            "Sex siffror i rad ser ut som en engångskod, och koder skickas bara i portalens egna mejl. Dela upp dem."
        )
    return subject, body


def _check_places(letter: Letter, subject: str, body: str) -> None:
    allowed = {place.name for place in letter.places} | {PORTAL}
    unknown = [name for name in PLACE.findall(f"{subject}\n{body}") if _name(name) not in allowed]
    if unknown:
        named = ", ".join(f"{{{name}}}" for name in dict.fromkeys(unknown))
        raise NotAllowed(f"{named} går inte att fylla i. De här går: {places_in_words(letter)}.")
    if re.search(r"[{}]", PLACE.sub("", f"{subject}\n{body}")):
        raise NotAllowed("En klammer står för sig själv. Skriv ett namn mellan { och }, eller ta bort den.")
    if f"{{{PORTAL}}}" not in body:
        raise NotAllowed(f"Skriv {{{PORTAL}}} där länken till portalen ska stå.")
    if PORTAL in map(_name, PLACE.findall(subject)):
        raise NotAllowed("Länken till portalen hör hemma i texten, inte i ämnet.")


def _check_links(text: str) -> None:
    if WEB.search(text) or DOMAIN.search(text):
        raise NotAllowed(
            f"Ett mejl får bara länka till portalen. Skriv {{{PORTAL}}} där länken ska stå, och ta bort andra webbadresser."
        )
    own = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()
    if any(domain.lower().rstrip(".") != own for domain in MAILBOX.findall(text)):
        raise NotAllowed(f"Bara e-postadresser hos {own} får stå i texten.")


def places_in_words(letter: Letter) -> str:
    """What may be filled in, as a sentence's end."""
    return ", ".join([f"{{{PORTAL}}} (länken till portalen)", *(f"{{{place.name}}} ({place.what})" for place in letter.places)])


def save_text(*, letter: Letter, subject: str, body: str, seen: int, by: User, at: datetime) -> MailText:
    """A new version of a letter's text. `seen` is the version on the page (0: none). Raises NotAllowed."""
    subject, body = clean(letter, subject, body)
    return _add(letter, subject, body, seen=seen, by=by, at=at)


def restore_shipped(*, letter: Letter, seen: int, by: User, at: datetime) -> MailText:
    """The portal's own text counts again. Raises NotAllowed where it does, or somebody has changed it meanwhile."""
    text = current(letter)
    if text is None or text.is_shipped:
        raise NotAllowed("Den medföljande texten gäller redan.")
    return _add(letter, "", "", seen=seen, by=by, at=at)


def _add(letter: Letter, subject: str, body: str, *, seen: int, by: User, at: datetime) -> MailText:
    if not by.has_perm(CHANGE):
        raise NotAllowed("Bara SKR:s samordnare ändrar mejlens texter.")
    now = current(letter)
    if now is not None and now.version == seen + 1 and (now.subject, now.body, now.by_id) == (subject, body, by.pk):
        return now  # the same form again
    try:
        with transaction.atomic():
            if (now.version if now else 0) != seen:
                raise IntegrityError
            made = MailText.objects.create(key=letter.key, version=seen + 1, subject=subject, body=body, at=at, by=by)
            result = "medföljande text" if made.is_shipped else f"version {made.version}"
            audit.record("operation:configuration", by=by, object=f"mejltext {letter.title}", result=result, at=at)
    except IntegrityError:
        other = current(letter)
        who = other.by if other else "Någon"
        raise NotAllowed(f"{who} ändrade texten medan du skrev. Kopiera din text, ladda om sidan och gör om ändringen.") from None
    return made
