"""The demo's outbox page: newest first, in the shape that scripts read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from config import views
from config.lib.mail import PortalMail
from messaging import tasks
from messaging.models import OutgoingMail

pytestmark = pytest.mark.django_db


def page(rf: RequestFactory) -> str:
    request = rf.get("/utkorg/")
    request.user = AnonymousUser()
    return views.outbox(request).content.decode()


def test_it_does_not_exist_outside_the_demo():
    with pytest.raises(NoReverseMatch):
        reverse("outbox")


def test_mails_are_shown_newest_first_also_when_sent(rf: RequestFactory, settings: Any, clock: Any):
    settings.DEMO = True
    PortalMail("messaging/new_message", to="anna.ek@trosa.example").send()
    tasks.send_mail(OutgoingMail.objects.get().pk)
    clock.shift(timedelta(minutes=1))
    PortalMail("messaging/new_message", to="bo.ask@trosa.example").send()
    PortalMail("messaging/new_message", to="okand@trosa.example", deliver=False).send()
    html = page(rf)
    first, second = html.index('data-to="bo.ask@trosa.example"'), html.index('data-to="anna.ek@trosa.example"')
    assert first < second
    assert "<h2>Du har ett nytt meddelande i Personalstatistik</h2>" in html
    assert "<pre>Hej!" in html
    assert "okand@trosa.example" not in html


def test_an_empty_outbox_says_so(rf: RequestFactory, settings: Any):
    settings.DEMO = True
    assert "Inga mejl än" in page(rf)
