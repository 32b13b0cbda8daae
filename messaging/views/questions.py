"""The presses that tick SKR's questions off, one at a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import NotAllowed, UserRequest
from messaging import services
from messaging.access import check_can_write
from messaging.drafting import answer_to_draft, is_draft
from messaging.services.drafts import place_of_question
from messaging.views.common import thread_or_404
from messaging.views.conversation import Refused, empty_form, thread_page


@require_POST
def tick(request: UserRequest, pk: int, number: int) -> HttpResponse:
    """Tick a question off, with what is written as its answer; or keep what is begun."""
    found = thread_or_404(request, pk)
    check_can_write(request.user, found.unit)
    if not found.questions.filter(number=number).exists():
        raise Http404
    answer = request.POST.get("answer", "")
    back = f"{reverse('messaging:thread', args=[pk])}#fraga-{number}"
    if is_draft(request):
        return answer_to_draft(
            request,
            place=place_of_question(found, number),
            fields=("answer",),
            thread=found,
            again=lambda: thread_page(
                request, found, empty_form(request, found), refused=Refused(number, "Svaret är för långt.", answer, 422)
            ),
            back=back,
        )
    try:
        now = services.tick_question(thread=found, number=number, answer=answer, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        found.refresh_from_db()
        return thread_page(
            request, found, empty_form(request, found), refused=Refused(number, refusal.reason, answer, refusal.status)
        )
    left = now.questions.filter(ticked_at=None).count()
    if left:
        messages.success(request, f"Fråga {number} är avbockad. {left} kvar.")
    else:
        messages.success(request, "Alla frågor är avbockade. Nu väntar ärendet på SKR.")
    return redirect(back)


@require_POST
def untick(request: UserRequest, pk: int, number: int) -> HttpResponse:
    """Take a tick back."""
    found = thread_or_404(request, pk)
    services.untick_question(thread=found, number=number, by=request.user, at=timezone.now())
    messages.success(request, f"Fråga {number} är inte längre avbockad. Svaret står kvar i rutan.")
    return redirect(f"{reverse('messaging:thread', args=[pk])}#fraga-{number}")
