"""The question that is asked where the file's letters can be read in more than one way."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import UserRequest
from submissions.deadline import TookTooLong
from submissions.forms import EncodingForm
from submissions.services import reread
from submissions.views.common import enter


@require_POST
def choose_encoding(request: UserRequest, code: str, year: int, number: int) -> HttpResponse:
    """The person's answer: the same file is read again in that way, with its corrections."""
    room = enter(request, code, year)
    delivery = next((d for d in room.deliveries if d.version == number and d.purged_at is None), None)
    if delivery is None:
        raise Http404
    form = EncodingForm(request.POST)
    form.is_valid()
    part, encoding = form.cleaned_data.get("part", 0), form.cleaned_data.get("encoding", "")
    try:
        read_again = reread.choose_encoding(delivery=delivery, part=part, encoding=encoding, by=request.user, at=room.now)
    except reread.EncodingRefused as refusal:
        messages.error(request, refusal.reason)
    except TookTooLong:
        messages.warning(request, "Filen hann inte läsas om. Svara på frågan en gång till om en stund.")
    else:
        what = f"Del {part}" if read_again.part_sizes else "Filen"
        more = " Svara också på frågan om nästa del." if read_again.is_encoding_unsure else ""
        messages.success(request, f"{what} är läst igen som {form.label_of(encoding)} och kontrollerad på nytt.{more}")
    address = reverse("submissions:review", args=room.address)
    return redirect(address if delivery.is_current else f"{address}?version={number}")
