"""More units for tests of lists and figures: in different counties, sizes, states and systems."""

from __future__ import annotations

from django.utils import timezone

from messaging.models import Thread
from profiles.models import PayrollSystem, Unit
from submissions.models import Collection, Delivery, Submission
from tests.cast import give_role, make_unit, make_user


def more_units(number: int) -> None:
    """Further units of the year, in different counties, sizes and states."""
    collection, states = Collection.objects.get(year=2026), [value for value in Submission.Status.values if value != "locked"]
    by = make_user(f"nils.{Unit.objects.count()}.{number}@exempel.example", "Nils Ny")
    for index in range(number):
        code = f"{[1, 3, 25, 70][index % 4]:02}{Unit.objects.count():02}"
        unit = make_unit(code, f"Ort {code}", [Unit.Kind.KOMMUN, Unit.Kind.BOLAG][index % 2])
        submission = Submission.objects.create(unit=unit, collection=collection, status=states[index % len(states)])
        if index % 3:
            give_role(by, unit, "submitter")
            Thread.objects.create(
                unit=unit,
                year=2026,
                category="other",
                subject="Fråga",
                status="waiting_skr",
                created_at=timezone.now(),
                created_by=by,
                last_message_at=timezone.now(),
                last_message_from_staff=False,
            )
            PayrollSystem.objects.create(unit=unit, year=2026, code="hrm", name="HRM", at=timezone.now(), by=by)
        if submission.status != "not_started":
            Delivery.objects.create(
                submission=submission,
                version=1,
                status="checked",
                is_current=True,
                uploaded_at=timezone.now(),
                checked_at=timezone.now(),
                uploaded_by=by,
                name_sealed=b"x",
                content_sealed=b"x",
                size=1,
                sha256="0" * 64,
                rows=[10, 600, 20_000][index % 3],
            )
    Submission.objects.filter(unit__name__startswith="Ort 70").update(exempt_at=timezone.now())
    Submission.objects.filter(unit__name__startswith="Ort 25").update(granted_due_date="2026-12-08")
