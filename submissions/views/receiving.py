"""What the pages that take a file share: the form for it, and what a person is told once it is received."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import UserRequest
from submissions.forms import UploadForm
from submissions.models import Delivery
from submissions.services import deliver
from submissions.views.common import Room


def upload_form(room: Room, *posted: Any, too_large: bool = False, too_many: bool = False) -> UploadForm:
    """The form for a file; where no real one can be handed in now, for a test file alone."""
    return UploadForm(*posted, too_large=too_large, too_many=too_many, tests_only=bool(room.why_not_upload))


def answer_for(request: UserRequest, room: Room, delivery: Delivery) -> HttpResponse:
    """To the review of a file that was just received, or to the page that says why it was refused or is not checked yet."""
    if delivery.status == Delivery.Status.REJECTED:
        return redirect("submissions:version", *room.address, delivery.version)
    if delivery.status == Delivery.Status.RECEIVED:
        why = "blev inte klar"
        if delivery.check_trouble == Delivery.Trouble.TOO_LONG:
            why = f"tog längre tid än {deliver.SECONDS} sekunder och avbröts"
        messages.warning(request, f"Filen är mottagen och sparad, men kontrollen {why}. Den görs om av sig själv.")
        return redirect("submissions:submission", *room.address)
    if delivery.is_test:
        messages.success(request, f"Testfilen är kontrollerad. Den är version {delivery.version} och räknas inte.")
        return redirect(f"{reverse('submissions:review', args=room.address)}?version={delivery.version}")
    messages.success(request, f"Filen är mottagen och kontrollerad. Den är version {delivery.version}.")
    return redirect("submissions:review", *room.address)
