"""Keep what is begun: every form of Meddelanden is posted to its own address with `spara`, by its button or by itself.

htmx gets a line beside the box; without it the page comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.access import NotAllowed, UserRequest
from messaging import services
from messaging.models import Message, Thread


def is_draft(request: UserRequest) -> bool:
    """Whether the form is to be kept and not sent."""
    return "spara" in request.POST


def answer_to_draft(
    request: UserRequest,
    *,
    place: str,
    fields: Iterable[str],
    again: Callable[[], HttpResponse],
    thread: Thread | None = None,
    default: dict[str, str] | None = None,
    back: str = "",
) -> HttpResponse:
    """Keep the form's fields and say so. `again` is the page with the form as it was posted, for a text that is not kept.

    Fields that still stand as the page proposed them (`default`) are nothing that somebody has begun. `back` is the page after, else the form's own address.
    """
    now, proposed = timezone.now(), default or {}
    values = {name: request.POST.get(name, "") for name in fields}
    if all(not text.strip() or text == proposed.get(name) for name, text in values.items()):
        values = {}
    told, is_kept = "", True
    if not _is_sent(request):
        try:
            draft = services.save_draft(place=place, values=values, by=request.user, at=now, thread=thread)
            told = f"Utkast sparat kl. {timezone.localtime(now).strftime('%H.%M')}" if draft else ""
        except NotAllowed as refusal:
            told, is_kept = refusal.reason, False
    if request.htmx:
        return render(request, "messaging/_draft_status.html", {"told": told, "is_kept": is_kept})
    if not is_kept:
        messages.error(request, told)
        return again()
    if request.FILES:
        messages.warning(request, "Bilagor sparas inte i ett utkast. Välj dem igen innan du skickar.")
    messages.success(request, f"{told}. Det är inte skickat än." if told else "Utkastet är tomt och sparas inte.")
    return redirect(back or request.get_full_path())


def _is_sent(request: UserRequest) -> bool:
    """Whether the form was sent while the saving was on its way: then there is nothing left to keep."""
    try:
        nonce = UUID(request.POST.get("nonce", ""))
    except ValueError:
        return False
    return Message.objects.filter(nonce=nonce, author=request.user).exists()
