"""How far SKR's jobs and a file's check have come, in words for the page that shows it (config.lib.progress).

Everything is read from what the job itself has written. One that stands still says so, and what happens then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from accounts import limits
from config.lib.progress import Progress, usual
from config.lib.text import amount
from submissions.models import Collection, Delivery, Export, ExportFile, Trial
from submissions.services import production_files, settings, trials

EARLIER = 5  # of the same kind, to learn the pace from
LATE = timedelta(minutes=3)  # a job that waits longer has no worker: it is taken up each minute
FIRST_ANSWER = timedelta(minutes=10)  # a file that was answered later has been checked again since
WORKERS = "Den börjar av sig själv. Händer inget på tio minuter arbetar inget i bakgrunden: hör av dig till driften."


def of_trial(trial: Trial, *, at: datetime) -> Progress | None:
    """A trial that waits or runs; None where it has ended."""
    if not trial.is_going_on:
        return None
    text, trouble = "Den börjar inom någon minut.", ""
    if trial.state == Trial.State.RUNNING and trial.total:
        text = f"{trial.done} av {amount(trial.total, 'enhet är provad', 'enheter är provade')}."
    if trial.state == Trial.State.WAITING and trial.at < at - LATE:
        trouble = WORKERS
    if trial.state == Trial.State.RUNNING and trial.touched_at is not None and trial.touched_at < at - trials.LEASE:
        trouble = "Den tas upp av sig själv inom någon minut, där den var. Händer inget på tio minuter: hör av dig till driften."
    earlier = Trial.objects.filter(kind=trial.kind, finished_at__isnull=False, total__gt=0).exclude(state=Trial.State.CANCELLED)
    times = [
        (one.finished_at - one.at, one.total) for one in earlier.order_by("-finished_at", "-pk")[:EARLIER] if one.finished_at
    ]
    return Progress(
        id=f"provkorning-{trial.pk}",
        title="Provkörningen pågår",
        text=text,
        done=trial.done,
        total=trial.total,
        usual=usual("En provkörning av så många enheter", times, trial.total),
        trouble=trouble,
    )


def of_export(file: ExportFile, *, units: int, earlier: Sequence[ExportFile], at: datetime) -> Progress | None:
    """A production file that is being made, of so many units; `earlier` are those made last. None for every other."""
    if file.status != ExportFile.Status.MAKING:
        return None
    trouble = ""
    if file.asked_at <= at - production_files.GIVEN_UP:
        trouble = "Det har tagit mer än två timmar. Gör uttaget igen."
    elif not file.units_done and file.asked_at < at - LATE:
        trouble = WORKERS
    times = [(one.made_at - one.asked_at, one.export.units) for one in earlier if one.made_at and one.format == file.format]
    return Progress(
        id=f"uttag-{file.pk}",
        title="Uttaget görs",
        text=f"{file.get_format_display()}: {file.units_done} av {amount(units, 'enhet är klar', 'enheter är klara')}.",
        done=file.units_done,
        total=units,
        usual=usual("Ett uttag av så många enheter", times, units),
        trouble=trouble,
    )


def of_exports(versions: Sequence[Export], *, at: datetime) -> dict[int, Progress]:
    """Those that are being made, by the key of their file."""
    making = [(file, version) for version in versions for file in version.files.all() if file.status == ExportFile.Status.MAKING]
    if not making:
        return {}
    ready = ExportFile.objects.filter(status=ExportFile.Status.READY, asked_by__isnull=False).select_related("export")
    earlier = list(ready.order_by("-made_at", "-pk")[: 2 * EARLIER])
    shown = ((file.pk, of_export(file, units=version.units, earlier=earlier, at=at)) for file, version in making)
    return {key: one for key, one in shown if one is not None}


def of_recheck(collection: Collection, *, at: datetime) -> Progress | None:
    """The files that are judged anew after changed settings; None where none waits."""
    waiting = settings.awaiting_recheck(collection).count()
    since = settings.last_judging(collection)
    if not waiting or since is None:
        return None
    concerned = settings.working_files(collection)
    total = max(waiting, concerned.count())
    latest = concerned.aggregate(at=Max("recheck_tried_at"))["at"]
    moved = max(since, latest) if latest else since
    left = amount(waiting, "fil", "filer")
    return Progress(
        id=f"omkontroll-{collection.pk}",
        title="Filer kontrolleras igen",
        text=f"{total - waiting} av {total} är klara med de nya inställningarna, {left} återstår. "
        "Det som är klarmarkerat eller godkänt rörs inte.",
        done=total - waiting,
        total=total,
        trouble=WORKERS if moved < at - LATE else "",
    )


def of_check(delivery: Delivery, *, at: datetime) -> Progress:
    """A file that is stored and not yet checked: nobody knows how far, only how long such ones have taken."""
    trouble = ""
    if delivery.check_trouble:
        why = "blev inte klar"
        if delivery.check_trouble == Delivery.Trouble.TOO_LONG:
            why = f"tog längre tid än {int(limits.CHECK_TIME.total_seconds())} sekunder och avbröts"
        tries = amount(limits.CHECK_ATTEMPTS, "försök", "försök")
        trouble = f"Kontrollen {why}. Den görs om av sig själv. Efter {tries} får ni besked om vad ni ska göra."
    elif delivery.uploaded_at < at - LATE:
        trouble = "Filen är sparad, och kontrollen görs om av sig själv. Dröjer det mer än tio minuter: skriv till SKR."
    earlier = Delivery.objects.light().filter(revision=0, recheck_tried_at=None, checked_at__isnull=False, rows__gt=0)
    of_unit = earlier.filter(submission__unit=delivery.submission.unit_id).order_by("-uploaded_at", "-pk")[:EARLIER]
    times = [(one.checked_at - one.uploaded_at, 1) for one in of_unit if one.checked_at]
    first = [(took, size) for took, size in times if took <= FIRST_ANSWER]
    kind = "Testfilen" if delivery.is_test else "Filen"
    return Progress(
        id=f"kontroll-{delivery.pk}",
        title=f"{kind} kontrolleras",
        text=f"Version {delivery.version} är mottagen och sparad. Nu läses varje rad och kontrollerna körs.",
        usual=usual("Kontrollen av er fil", first, 1),
        trouble=trouble,
    )
