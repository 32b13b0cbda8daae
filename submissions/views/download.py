"""A file back to those who delivered it, byte for byte. It is an export of individuals: step-up, a number an hour, an event."""

from __future__ import annotations

from django.http import Http404
from django.http.response import HttpResponseBase

from accounts import exports
from accounts.access import UserRequest
from config.lib import downloads
from profiles import access
from submissions.services import export
from submissions.views.common import enter


@exports.export_view(back="submissions:version")
def download(request: UserRequest, code: str, year: int, number: int) -> HttpResponseBase:
    """Ladda ner den inlämnade filen, whatever became of it; Uppgiftslämnare and Kontaktperson of the unit."""
    room = enter(request, code, year)
    access.check_can_export(request.user, room.submission.unit)
    delivery = next((one for one in room.deliveries if one.version == number), None)
    if delivery is None:
        raise Http404
    made = export.file_of(delivery=delivery, by=request.user, at=room.now)
    return downloads.attachment(made.content, name=made.name)
