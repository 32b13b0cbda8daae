"""What every export has in common: a fresh step-up, a number an hour, and an event that says who took what and why.

A view that hands out uppgifter about single persons is marked with `@export_view` or `@export_page`. It calls `reserve`
before anything is opened and `record` before the first byte leaves. Source: security note, sections 4 and 11 (EXP-02, EXP-03, ADM-08, SES-11); ASVS 7.5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, limits, throttling
from accounts.access import NotAllowed
from accounts.models import User
from accounts.step_up import needs_step_up
from config.lib.text import amount

View = Callable[..., HttpResponseBase]
OWN_COPY = "egen kopia"  # the purpose of somebody who takes out what she or a colleague handed in


class TooManyExports(NotAllowed):
    """The person has taken out as much as an hour allows."""

    status = 429


def export_view(*, back: str) -> Callable[[View], View]:
    """Mark a view as an export: POST only, and with both factors given within ten minutes.

    After a step-up the person lands on the page named by the route `back`, and presses the button again.
    """
    return lambda view: _marked(require_POST(needs_step_up(back=back)(view)))


def export_page(view: View) -> View:
    """The same for a view with a form of its own: opening the page asks for both factors, so that nothing typed is lost."""
    return _marked(require_http_methods(["GET", "HEAD", "POST"])(needs_step_up(view)))


def _marked(view: View) -> View:
    view.is_export = True  # type: ignore[attr-defined]
    return view


def reserve(*, by: User, unit: str, at: datetime) -> None:
    """Count one export of the person before anything is opened; committed when this returns. Raises `TooManyExports`."""
    limit, window = limits.EXPORTS_PER_USER
    if throttling.take("export", by.pk, limit, window, at=at):
        return
    if throttling.take("export/alarm", by.pk, 1, window, at=at):
        audit.record("operation:alarm", by=by, unit=unit, object="exporter", result=f"fler än {limit} på en timme", at=at)
    raise TooManyExports(
        f"Du har hämtat uppgifter {limit} gånger den senaste timmen, och fler går inte. Vänta en stund och försök igen."
    )


def record(*, by: User, unit: str, object: str, rows: int, purpose: str, note: str = "", at: datetime) -> None:
    """Write who takes what, how many rows and why, before the first byte leaves. `note` stands after the number of rows."""
    result = ", ".join(filter(None, (amount(rows, "rad", "rader"), note)))
    audit.record("data:exported", by=by, unit=unit, object=object, result=result, purpose=purpose, at=at)
