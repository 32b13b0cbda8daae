"""The privacy notice: which version is in force, and how SKR makes a new one.

The portal ships with version 1. A new version is written by one person and published by another from a day on; each person
is then asked once, at the next page that she opens. What is published is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import NoticeText, User
from accounts.notice_text import parts_of
from config.lib import personnummer
from config.lib.text import one_line

NOTICE_VERSION = 1  # of the text that ships with the portal
CHANGE, APPROVE = "accounts.change_noticetext", "accounts.approve_noticetext"
BODY_LENGTH, CHANGED_LENGTH = 20_000, 500
SHIPPED = Path(__file__).parent / "data" / "integritet_1.txt"
State = NoticeText.State
LATEST = "SELECT max(version) FROM accounts_noticetext WHERE state = %(state)s AND publishes_at <= %(at)s"


@dataclass(frozen=True, slots=True)
class Notice:
    """A version as the pages show it."""

    version: int
    body: str
    what_changed: str = ""


@cache
def shipped_body() -> str:
    """The text that ships with the portal."""
    return SHIPPED.read_text(encoding="utf-8").strip()


def current_version(at: datetime) -> int:
    """The version in force; one small question, as SQL because every page asks it. `NoticeText.objects.in_force` says the same."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, {"state": State.PUBLISHED, "at": at})
        (latest,) = cursor.fetchone()
    return latest or NOTICE_VERSION


def current(at: datetime) -> Notice:
    """The text in force."""
    return text_of(current_version(at))


def text_of(version: int) -> Notice:
    """A published version; the shipped one where there is no other by that number."""
    found = NoticeText.objects.filter(version=version).first()
    if found is None or not found.body:
        return Notice(NOTICE_VERSION, shipped_body())
    return Notice(version, found.body, found.what_changed)


def under_way() -> NoticeText | None:
    """The draft, or the one that waits for approval."""
    return NoticeText.objects.filter(state__in=[State.DRAFT, State.WAITING]).order_by("pk").first()


def save_draft(
    *, draft: NoticeText | None, body: str, what_changed: str, publishes_on: date, seen: datetime | None, by: User, at: datetime
) -> NoticeText:
    """A new draft, or another wording of one as it was `seen`. Raises NotAllowed."""
    if not by.has_perm(CHANGE):
        raise NotAllowed("Bara SKR:s samordnare skriver integritetstexten.")
    body, what_changed = _clean(body, what_changed)
    if publishes_on < timezone.localdate(at):
        raise NotAllowed("Dagen har redan varit. Välj i dag eller senare.")
    values = {"body": body, "what_changed": what_changed, "publishes_on": publishes_on, "changed_at": at, "created_by": by}
    try:
        with transaction.atomic():
            if draft is None:
                if under_way() is not None:
                    raise IntegrityError
                saved = NoticeText.objects.create(**values)
            elif seen and NoticeText.objects.filter(pk=draft.pk, state=State.DRAFT, changed_at=seen).update(**values):
                saved = NoticeText.objects.get(pk=draft.pk)
            else:
                raise NotAllowed("Någon annan har ändrat utkastet sedan du öppnade det. Kopiera din text och ladda om sidan.")
            _record(saved, "utkast sparat", by=by, at=at)
    except IntegrityError:
        raise NotAllowed("Det finns redan en text som är på väg. Ändra den, eller kasta den först.") from None
    return saved


def _clean(body: str, what_changed: str) -> tuple[str, str]:
    body, what_changed = "\n\n".join(parts_of(body)), one_line(what_changed)
    if not body or len(body) > BODY_LENGTH:
        raise NotAllowed(f"Skriv en text på högst {BODY_LENGTH} tecken.")
    if not what_changed or len(what_changed) > CHANGED_LENGTH:
        raise NotAllowed(f"Skriv vad som är ändrat, på högst {CHANGED_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(f"{body}\n{what_changed}"):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Alla kan läsa den: ta bort det.")
    return body, what_changed


@transaction.atomic
def submit(*, draft: NoticeText, seen: datetime | None, by: User, at: datetime) -> None:
    """Leave the draft, as it was `seen`, to another person for approval. Raises NotAllowed."""
    if not by.has_perm(CHANGE):
        raise NotAllowed("Bara SKR:s samordnare skriver integritetstexten.")
    waiting = NoticeText.objects.filter(pk=draft.pk, state=State.DRAFT, changed_at=seen) if seen else NoticeText.objects.none()
    if not waiting.update(state=State.WAITING):
        raise NotAllowed("Utkastet har ändrats eller lämnats sedan du öppnade sidan. Läs igenom det igen.")
    _record(draft, "lämnad för godkännande", by=by, at=at)


def check_can_approve(by: User, text: NoticeText) -> None:
    """Another person than whoever wrote it, while it waits. Raises NotAllowed."""
    if not by.has_perm(APPROVE):
        raise NotAllowed("Integritetstexten godkänns av en samordnare eller en systemadministratör.")
    if text.state != State.WAITING:
        raise NotAllowed(f"Texten är {text.get_state_display().lower()}.")
    if text.created_by_id == by.pk:
        raise NotAllowed("Du skrev texten. En annan person godkänner den.")


@transaction.atomic
def approve(*, text: NoticeText, by: User, at: datetime) -> NoticeText:
    """Publish it from its day on, at once where the day has come; it gets the next number. Raises NotAllowed."""
    locked = NoticeText.objects.select_for_update().get(pk=text.pk)
    check_can_approve(by, locked)
    latest: int | None = NoticeText.objects.aggregate(latest=Max("version"))["latest"]
    midnight = timezone.make_aware(datetime.combine(locked.publishes_on, time.min))
    values = {"version": (latest or NOTICE_VERSION) + 1, "publishes_at": max(at, midnight), "approved_by": by}
    NoticeText.objects.filter(pk=locked.pk).update(state=State.PUBLISHED, **values)
    locked.refresh_from_db()
    _record(locked, f"version {locked.version} gäller från {timezone.localdate(locked.publishes_at)}", by=by, at=at)
    return locked


@transaction.atomic
def discard(*, text: NoticeText, by: User, at: datetime) -> None:
    """Throw away what has not been published. Raises NotAllowed."""
    if not by.has_perm(CHANGE) and not by.has_perm(APPROVE):
        raise NotAllowed("Din roll hos SKR ger inte rätt att kasta texten.")
    waiting = NoticeText.objects.filter(pk=text.pk, state__in=[State.DRAFT, State.WAITING])
    if not waiting.update(state=State.DISCARDED):
        raise NotAllowed("Texten är redan publicerad eller kastad.")
    _record(text, "kastad", by=by, at=at)


def _record(text: NoticeText, result: str, *, by: User, at: datetime) -> None:
    audit.record("operation:configuration", by=by, object=f"integritetstext {text.pk}", result=result, at=at)
