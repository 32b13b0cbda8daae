"""What was written when the session ended is kept for a day, sealed, for the eyes of the one who wrote it.

KEPT lists the forms; nothing else is ever kept, and never a password, a code or a file. The draft is shown after the next
sign-in, where the person sends it as it was or throws it away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from accounts import audit, limits
from accounts.models import Draft, User
from config.lib import crypto, personnummer, sealed

PATH_LENGTH = 200
NEVER = re.compile(r"csrfmiddlewaretoken|spara|.*(?:password|confirmation|token|code).*")
_LONG_NUMBER = re.compile(r"[0-9](?:[ +-]?[0-9]){9,}")


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is kept: what it makes, in words, and the fields that are shown. The others follow unseen."""

    what: str
    shown: dict[str, str]
    is_cell: bool = False  # a value of a row: any long number in it is masked, also one with a slip in it


KEPT = {
    "submissions:comment": Form("Förklaring", {"text": "Förklaring"}),
    "submissions:correct": Form("Rättelse på rad {row}, fält {field}", {"value": "Nytt värde"}, is_cell=True),
    "submissions:ask_group": Form("Fråga om en anmärkning", {"subject": "Ämne", "text": "Meddelande"}),
    "submissions:ask_row": Form("Fråga om rad {row}", {"subject": "Ämne", "text": "Meddelande"}),
    "deferrals:ask": Form("Begäran om uppskov", {"requested_date": "Nytt datum", "text": "Beskrivning"}),
    "messaging:new": Form("Nytt ärende till SKR", {"subject": "Ämne", "text": "Meddelande"}),
    "messaging:thread": Form("Svar i ett ärende", {"text": "Svar"}),
    "messaging:tick": Form("Svar på fråga {number}", {"answer": "Svar"}),
    "profiles:details": Form("Dina uppgifter", {"name": "Namn", "phone": "Telefon"}),
    "profiles:invite": Form("Inbjudan av en kollega", {"email": "E-post", "name": "Namn"}),
    "profiles:invite_many": Form("Inbjudan av flera kollegor", {"people": "Personer"}),
    "profiles:ask_access": Form("Begäran om behörighet", {"text": "Skäl"}),
    "profiles:answer_request": Form("Svar på en begäran om behörighet", {"text": "Svar"}),
    "profiles:contact_person": Form(
        "Kontakt i sakfrågor", {"name": "Namn", "title": "Befattning", "phone": "Telefon", "email": "E-post"}
    ),
    "admin:accounts_recoverycase_open": Form(
        "Återställningsärende", {"case_number": "Ärendenummer", "identity_check": "Kontroll av identitet"}
    ),
    "admin:messaging_thread_start": Form("Nytt ärende till en enhet", {"subject": "Ämne", "text": "Meddelande"}),
    "admin:messaging_thread_reply": Form("Svar till en enhet", {"text": "Svar"}),
    "admin:messaging_thread_note": Form("Intern anteckning", {"note": "Anteckning"}),
    "admin:messaging_thread_questions": Form(
        "Frågor till enheter", {"subject": "Ämne", "text": "Meddelande", "questions": "Frågor"}
    ),
    "admin:messaging_replytemplate_new": Form("Ny svarsmall", {"name": "Namn", "subject": "Ämne", "text": "Text"}),
    "admin:messaging_replytemplate_save": Form("Ändrad svarsmall", {"name": "Namn", "subject": "Ämne", "text": "Text"}),
    "admin:profiles_unit_answer_request": Form("Svar på en begäran om behörighet", {"text": "Svar"}),
    "admin:profiles_unit_invite": Form("Inbjudan", {"email": "E-post", "name": "Namn"}),
    "admin:submissions_submission_return": Form("Återlämnad inlämning", {"reason": "Skäl"}),
    "deferrals:ask_to_be_exempt": Form("Begäran om att inte omfattas i år", {"text": "Beskrivning"}),
    "admin:deferrals_deferral_grant": Form("Beviljat uppskov", {"ja-granted_date": "Nytt datum", "ja-text": "Svar till enheten"}),
    "admin:deferrals_deferral_decline": Form("Avslaget uppskov", {"nej-text": "Svar till enheten"}),
    "admin:deferrals_deferral_revoke": Form("Upphävt uppskov", {"upphav-text": "Skäl"}),
    "admin:deferrals_exemption_grant": Form("Beslut att enheten inte omfattas", {"ja-text": "Svar till enheten"}),
    "admin:deferrals_exemption_decline": Form("Avslag: enheten omfattas", {"nej-text": "Svar till enheten"}),
    "admin:deferrals_exemption_revoke": Form("Upphävt beslut", {"upphav-text": "Skäl"}),
    "admin:deferrals_mailing_new": Form("Utskick", {"subject": "Ämne", "text": "Text", "list": "Personer", "units": "Enheter"}),
    "admin:messaging_announcement_new": Form("Driftmeddelande", {"text": "Text"}),
    "admin:messaging_knownissue_new": Form("Känt fel", {"title": "Rubrik", "text": "Text"}),
    "admin:messaging_knownissue_edit": Form("Ändrat känt fel", {"title": "Rubrik", "text": "Text"}),
    "admin:messaging_mailtext_word": Form("Mejltext", {"subject": "Ämne", "body": "Text"}),
    "admin:accounts_noticetext_write": Form("Personuppgiftstext", {"body": "Text", "what_changed": "Vad som är ändrat"}),
    "admin:profiles_unit_note": Form("Intern anteckning om enheten", {"note": "Anteckning"}),
    "admin:profiles_unit_correct_note": Form("Rättad anteckning om enheten", {"note": "Anteckning"}),
    "admin:submissions_submission_note": Form("Intern anteckning", {"note": "Anteckning"}),
    "admin:submissions_submission_point": Form("Punkt att se över", {"text": "Vad enheten ska se över"}),
    "admin:submissions_submission_waive": Form("Dispens", {"reason": "Skäl"}),
    "admin:submissions_collection_calendar": Form("Årets kalender", {"reason": "Skäl"}),
    "admin:submissions_codelist_read_in": Form("Inläst kodlista", {"version": "Version", "reason": "Skäl"}),
    "admin:submissions_codelist_establish": Form("Fastställd kodlista", {"reason": "Skäl"}),
    "admin:submissions_layout_field": Form(
        "Fält {number} i postbeskrivningen", {"name": "Namn", "allowed": "Tillåtna värden", "meaning": "Betydelse"}
    ),
    "admin:submissions_layout_new": Form("Ny postbeskrivning", {"name": "Namn", "reason": "Skäl"}),
    "admin:submissions_checksetting_edit": Form(
        "Ändrad kontroll",
        {
            "title": "Rubrik",
            "message": "Text",
            "advice": "Gör så här",
            "why": "Varför statistiken behöver det",
            "mend": "Så rättas det i lönesystemet",
            "answers": "Färdiga svar",
            "reason": "Skäl",
        },
    ),
    "admin:deferrals_exemption_decide": Form("Beslut att enheten inte omfattas", {"text": "Motivering"}),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as its page shows it."""

    draft: Draft
    what: str
    shown: list[tuple[str, str]]  # label and text, personnummer masked
    fields: list[tuple[str, str]]  # all of them, as they are sent


def _form_of(path: str) -> tuple[Form, ResolverMatch] | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    form = KEPT.get(match.view_name)
    return (form, match) if form else None


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.POST.lists() if not NEVER.fullmatch(name) for value in values]


def keep(request: HttpRequest, *, user: User | Callable[[HttpRequest], User | None], at: datetime) -> bool:
    """Keep a form that was posted without a session, or with a stale token, once it is known to come from our own page.

    Gives whether there was anything to keep. `user` is whose it is, or how to find out. One draft per page, at most twenty in all; the oldest gives way.
    """
    found = _form_of(request.path) if request.method == "POST" and len(request.path) <= PATH_LENGTH else None
    if found is None:
        return False
    fields = _fields(request)
    is_empty = not any(value.strip() for name, value in fields if name in found[0].shown)
    if is_empty or sum(len(name) + len(value) for name, value in fields) > limits.DRAFT_CHARACTERS:
        return False
    owner = user if isinstance(user, User) else user(request)
    if owner is None:
        return False
    kept = sealed.seal_text(Draft(user=owner, path=request.path), "values_sealed", json.dumps(fields))
    Draft.objects.update_or_create(user=owner, path=request.path, defaults={"values_sealed": kept, "created_at": at})
    newest = Draft.objects.filter(user=owner).order_by("-created_at", "-pk")[: limits.DRAFTS_PER_USER]
    Draft.objects.filter(user=owner).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    audit.record("account:draft:kept", by=owner, subject=owner, object=found[1].view_name, at=at)
    return True


def are_waiting(user: User, *, at: datetime) -> bool:
    """Whether the person has something that was not saved."""
    return Draft.objects.filter(user=user, created_at__gt=at - limits.DRAFT_KEPT).exists()


def waiting(user: User, *, at: datetime) -> Iterator[Written]:
    """Her drafts, newest first. One that does not open any more is passed over."""
    for draft in Draft.objects.filter(user=user, created_at__gt=at - limits.DRAFT_KEPT).order_by("-created_at", "-pk"):
        found = _form_of(draft.path)
        try:
            text = sealed.open_text(draft, "values_sealed")
        except crypto.SealBroken:
            continue
        if found is None:
            continue
        form, match = found
        fields = [(str(name), str(value)) for name, value in json.loads(text)]
        shown = [(form.shown[name], _masked(value, form)) for name, value in fields if name in form.shown and value.strip()]
        yield Written(draft, form.what.format(**match.kwargs), shown, fields)


def _masked(text: str, form: Form) -> str:
    if form.is_cell:
        text = _LONG_NUMBER.sub(lambda found: personnummer.mask(found[0]), text)
    return personnummer.mask_all(text)


def discard(*, user: User, pk: int, at: datetime) -> None:
    """Throw one of her drafts away. Repeating it changes nothing."""
    if Draft.objects.filter(user=user, pk=pk).delete()[0]:
        audit.record("account:draft:discarded", by=user, subject=user, at=at)


def sent(request: HttpRequest, response: HttpResponse) -> None:
    """The form was taken, so its draft has done its work; not where a gate or a refusal turned it away."""
    match, gates = request.resolver_match, {reverse(f"accounts:{name}") for name in ("step_up", "notice", "drafts")}
    if match is None or match.view_name not in KEPT or response.headers.get("Location") in gates:
        return
    if not any(message.level >= messages.WARNING for message in messages.get_messages(request)):
        Draft.objects.filter(user=cast(User, request.user), path=request.path).delete()
