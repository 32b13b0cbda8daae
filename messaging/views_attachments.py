"""A message's file on its way out, to either side."""

from __future__ import annotations

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from config.lib import downloads
from messaging import attachments
from messaging.models import Attachment
from messaging.views.common import thread_or_404


@require_GET
def attachment(request: UserRequest, pk: int, attachment: int) -> HttpResponseBase:
    """The file, saved and never shown; for whoever may read the matter, and in the audit trail."""
    thread = thread_or_404(request, pk)
    files = Attachment.objects.visible_to(request.user).select_related("message__thread__unit")
    found = files.filter(message__thread=thread, pk=attachment).first()
    if found is None:
        raise Http404
    out = attachments.open_attachment(attachment=found, by=request.user, at=timezone.now())
    return downloads.attachment(out.content, name=out.name, content_type=out.content_type)
