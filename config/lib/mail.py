"""A mail of the portal: a template, a recipient, and nothing about single records.

`PortalMail(...).send()` goes through Django's mail API to the outbox (settings.EMAIL_BACKEND), in the caller's
transaction. The template `mail/<app>/<name>.txt` starts with the subject's line, a blank line, then the text; links are
made from PORTAL_BASE_URL only, never from the request. Where SKR has written a text of its own (MAIL_TEXTS) that is sent.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from config.lib import context as origin
from config.lib.line_breaks import has_line_break
from config.lib.text import one_line

log = structlog.get_logger("portal.mail")

LINE = 72
NUMBERED = re.compile(r"\d\. ")


class PortalMail(EmailMessage):
    """One mail. With `deliver=False` it is stored and queued like any other but never sent (unknown addresses).

    `in_bulk` marks one of many at once: the outbox spreads them, and lets every other mail pass.
    """

    def __init__(
        self,
        template: str,
        *,
        to: str,
        context: Mapping[str, Any] | None = None,
        deliver: bool = True,
        expires_at: datetime | None = None,
        in_bulk: bool = False,
    ) -> None:
        values = {"base_url": settings.PORTAL_BASE_URL, "client": origin.current().client}
        values |= {name: _on_one_line(template, value) for name, value in (context or {}).items()}
        if has_line_break(to):
            log.warning("mail_refused", template=template, reason="line break in the address")
            raise BadHeaderError("A recipient's address is one line.")
        subject, body = _written(template, values) or shipped(template, values)
        super().__init__(subject=" ".join(subject.split()), body=body.strip() + "\n", to=[to])
        self.template = template
        self.deliver = deliver
        self.expires_at = expires_at
        self.in_bulk = in_bulk


def shipped(template: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text of the portal's own template."""
    subject, _, body = (
        render_to_string(f"mail/{template}.txt", {"base_url": settings.PORTAL_BASE_URL, **values}).strip().partition("\n")
    )
    return subject, body


def _written(template: str, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Subject and text as SKR has written them; None where it has not. They lie in an app, so who knows is named in the settings."""
    answer: Callable[[str, Mapping[str, Any]], tuple[str, str] | None] = import_string(settings.MAIL_TEXTS)
    return answer(template, values)


def _on_one_line(template: str, value: Any) -> Any:
    """A text that would add lines to the mail, or headers, does not: it is put on one line, and that is logged."""
    if not isinstance(value, str) or not has_line_break(value):
        return value
    log.warning("line_break_in_mail", template=template)
    return one_line(value)


def wrapped(text: str) -> str:
    """The mail's text with lines of at most LINE signs, as mail programs without HTML want it; an address stays whole."""
    return "\n".join(
        textwrap.fill(
            line, LINE, subsequent_indent="   " if NUMBERED.match(line) else "", break_long_words=False, break_on_hyphens=False
        )
        for line in text.split("\n")
    )


def html_of(text: str) -> str:
    """The mail's text as plain HTML, for readers that show nothing else: paragraphs, and a link to the portal only."""
    head = '<head><meta charset="utf-8"><title>Personalstatistik</title></head>'
    return f'<!doctype html>\n<html lang="sv">{head}<body>\n{paragraphs_of(text)}\n</body></html>\n'


def paragraphs_of(text: str) -> SafeString:
    """The text's paragraphs as HTML: every sign of it is only text, and nothing is a link but the portal's address."""
    address = escape(settings.PORTAL_BASE_URL)
    link = f'<a href="{address}/">{address}/</a>'
    parts = (escape(part.strip()).replace("\n", "<br>\n") for part in text.split("\n\n") if part.strip())
    return SafeString("\n".join(f"<p>{part}</p>" for part in parts).replace(f"{address}/", link))
