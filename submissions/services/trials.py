"""Try a change over what is handed in, before it is switched on: a check with other settings, or another version of a list.

A trial is asked for on a page and carried out by a job, unit by unit. It can be cut short anywhere and is taken up where
it was; a unit is tried once. Where the year's settings change meanwhile it is cancelled, since it would answer another
question. What it keeps are figures of each unit, never a row or a value of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import jobs
from submissions import checking
from submissions.models import CheckSetting, CodeList, Collection, Delivery, SettingChange, Trial
from submissions.services import checks, code_lists, settings, storage
from submissions.services.checks import Values
from submissions.services.evaluate import context_of, time_for_a_check
from submissions.services.settings import ACCEPTED, Refused
from submissions.spec import CollectionSpec

log = structlog.get_logger("submissions")

State = Trial.State
LEASE = timedelta(minutes=3)  # a trial that runs is left alone so long before another process takes it up
BATCH = 10  # units between what is kept
LEVELS = ("fel", "varning", "info")
SETTINGS_CHANGED = "Årets inställningar ändrades under tiden. Gör en ny provkörning."


# Ask for one ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def try_check(*, setting: CheckSetting, values: Values, why: str, by: User, at: datetime) -> Trial:
    """Ask what the check with other settings would find. Raises `Refused` and `NotAllowed`."""
    settings.check_may_change(by)
    collection = settings.locked(setting.collection)
    if setting.code in checks.NOT_TRIED:
        raise Refused("Den här kontrollen görs inte på raderna och kan inte provas. Spara den i stället.")
    checks.check_values(setting, values)
    old = checks.values_of(setting)
    if not checks.is_judging(old, values):
        raise Refused("Ändra nivå, tröskel, datum eller på och av för att se vad som händer. Texter kan sparas direkt.")
    made = Trial(
        collection=collection,
        kind=Trial.Kind.CHECK,
        key=setting.code,
        values=values,
        changes=checks.differences(setting.code, old, values),
    )
    return _asked(made, why, by, at)


@transaction.atomic
def try_code_list(*, code_list: CodeList, by: User, at: datetime) -> Trial:
    """Ask what the draft or planned version of a list would find, in the first year that it concerns. Raises `NotAllowed`."""
    settings.check_may_change(by)
    if code_list.status == CodeList.Status.USED:
        raise NotAllowed("Versionen är redan i bruk.")
    year = code_lists.concerned(code_list).first()
    if year is None:
        raise NotAllowed("Inget öppet år berörs av versionen, så det finns inget att prova på.")
    old = code_lists.replaced(code_list)
    changes = [settings.changed("Version", old.version if old else "–", code_list.version)]
    made = Trial(
        collection=settings.locked(year), kind=Trial.Kind.CODE_LIST, key=code_list.kind, code_list=code_list, changes=changes
    )
    return _asked(made, code_list.why, by, at)


def _asked(trial: Trial, why: str, by: User, at: datetime) -> Trial:
    """Keep it and queue its job; the same question that is going on already is not asked twice."""
    going = Trial.objects.filter(collection=trial.collection, kind=trial.kind, key=trial.key, by=by)
    same = going.filter(state__in=[State.WAITING, State.RUNNING], values=trial.values, code_list=trial.code_list).first()
    if same is not None:
        return same
    trial.why = settings.clean_why(why)
    trial.mark = settings.mark_of(trial.collection)
    trial.by, trial.at = by, at
    trial.save(force_insert=True)
    audit.record("operation:trial", by=by, object=f"{trial.key} {trial.collection.year}", purpose=trial.why, at=at)
    jobs.enqueue("submissions.tasks.run_trial", trial_id=trial.pk)
    return trial


@transaction.atomic
def cancel(*, trial: Trial, by: User, at: datetime) -> None:
    """Stop it. Raises `NotAllowed` where it has ended."""
    settings.check_may_change(by)
    if not _end(trial, State.CANCELLED, at, f"Avbruten av {by}.", from_=(State.WAITING, State.RUNNING)):
        raise NotAllowed("Provkörningen är redan avslutad.")
    audit.record("operation:trial", by=by, object=f"{trial.key} {trial.collection.year}", result="ended", at=at)


def _end(trial: Trial, to: str, at: datetime, why: str = "", *, from_: Iterable[str] = (State.RUNNING,)) -> bool:
    found = Trial.objects.filter(pk=trial.pk, state__in=list(from_))
    return bool(found.update(state=to, ended=why[:200], finished_at=at, touched_at=None))


# Carry it out --------------------------------------------------------------------------------------------------------


def take_up(*, at: datetime) -> int:
    """Carry out what waits, and what a process that died has left; how many."""
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, touched_at__lt=at - LEASE)
    waiting = list(Trial.objects.filter(free).order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        run(trial_id=pk)
    return len(waiting)


def run(*, trial_id: int, clock: Callable[[], datetime] = timezone.now) -> None:
    """Try the change on each unit that has not been tried yet. Does nothing where another process is at it or it has ended."""
    at = clock()
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, touched_at__lt=at - LEASE)
    if not Trial.objects.filter(free, pk=trial_id).update(state=State.RUNNING, touched_at=at):
        return
    trial = Trial.objects.select_related("collection__layout", "code_list").get(pk=trial_id)
    deliveries, year = _tried_on(trial.collection)
    Trial.objects.filter(pk=trial.pk).update(total=len(deliveries), tried_year=year)
    units, codes = list(trial.units), dict(trial.result.get("codes", {}))
    tried = {unit["unit"] for unit in units}
    question = _question(trial)
    for number, delivery in enumerate(deliveries, 1):
        if delivery.submission.unit.code in tried:
            continue
        if settings.mark_of(trial.collection) != trial.mark:
            _end(trial, State.CANCELLED, clock(), SETTINGS_CHANGED)
            return
        figures, used = _tried(delivery, question)
        units.append(figures)
        for code, rows in used.items():
            codes[code] = codes.get(code, 0) + rows
        if (number % BATCH == 0) and not _keep(trial, units, codes, clock()):
            return  # somebody has cancelled it
    if _keep(trial, units, codes, clock()):
        _end(trial, State.DONE, clock())


def _keep(trial: Trial, units: list[dict[str, Any]], codes: dict[str, int], at: datetime) -> bool:
    running = Trial.objects.filter(pk=trial.pk, state=State.RUNNING)
    return bool(running.update(result={"units": units, "codes": codes}, done=len(units), touched_at=at))


def _tried_on(collection: Collection) -> tuple[list[Delivery], int]:
    """The year's current files, or last year's where none has come yet; and which year's."""
    found: list[Delivery] = []
    for year in (collection.year, collection.year - 1):
        current = Delivery.objects.light().kept().filter(is_current=True, submission__collection__year=year)
        found = list(
            current.select_related("submission__unit", "submission__collection").order_by("submission__unit__code", "pk")
        )
        if found:
            return found, year
    return found, collection.year


class _Question:
    """The year before and after the change, which checks are made, and the codes that the new list lacks."""

    def __init__(self, before: CollectionSpec, after: CollectionSpec, codes: frozenset[str] | None) -> None:
        self.before, self.after, self.codes = before, after, codes
        self.fields: tuple[int, ...] = ()
        self.gone: tuple[str, ...] = ()


def _question(trial: Trial) -> _Question:
    before = trial.collection.spec()
    if trial.code_list is None:
        changed = checks.with_values(before.checks[trial.key], trial.values)
        after = replace(before, checks={**before.checks, trial.key: changed})
        return _Question(before, after, checking.concerned(trial.key))
    # A code that becomes known or unknown makes other checks speak or fall silent: all are made.
    asked = _Question(before, replace(before, lists={**before.lists, trial.key: trial.code_list.spec()}), None)
    asked.fields = code_lists.fields_of(trial.key)
    asked.gone = code_lists.difference(trial.code_list).missing
    return asked


def _tried(delivery: Delivery, question: _Question) -> tuple[dict[str, Any], dict[str, int]]:
    """`_try_on`; a unit where it breaks or takes too long is told as such, and does not stop the others."""
    try:
        return _try_on(delivery, question)
    except Exception as error:
        log.error("trial_broke_on_unit", delivery=delivery.pk, error=type(error).__name__)
        nothing = dict.fromkeys(LEVELS, 0)
        counts = {"before": nothing, "after": nothing, "new": 0, "gone": 0, "moved": 0, "rows_before": 0, "rows_after": 0}
        return {**_about(delivery), **counts, "is_broken": True}, {}


def _about(delivery: Delivery) -> dict[str, Any]:
    submission = delivery.submission
    return {
        "unit": submission.unit.code,
        "name": submission.unit.name,
        "submission": submission.pk,
        "is_accepted": submission.status in ACCEPTED,
    }


def _try_on(delivery: Delivery, question: _Question) -> tuple[dict[str, Any], dict[str, int]]:
    """The figures of one unit, and how many of its rows have a code that the new list lacks."""
    submission, deadline = delivery.submission, time_for_a_check()
    its = submission.collection
    before, after = (
        replace(spec, year=its.year, measurement_day=its.measurement_day) for spec in (question.before, question.after)
    )
    frame = storage.current_frame(delivery)
    context = context_of(delivery, before)
    judged = checking.judge_twice(frame, context, replace(context, collection=after), question.codes, deadline)
    found = checking.compared(*judged)
    used = checking.rows_with(frame, question.fields, question.gone) if question.gone else {}
    figures = {
        **_about(delivery),
        "before": found.before,
        "after": found.after,
        "new": found.new,
        "gone": found.gone,
        "moved": found.moved,
        "rows_before": found.rows_before,
        "rows_after": found.rows_after,
    }
    return figures, used


# What it says --------------------------------------------------------------------------------------------------------


def worst_first(trial: Trial) -> list[dict[str, Any]]:
    """The units that the change makes a difference to, those with most new to mend first."""
    touched = [unit for unit in trial.units if unit["new"] or unit["gone"] or unit["moved"]]
    return sorted(touched, key=lambda unit: (-_more(unit, "fel"), -unit["new"], -unit["moved"], -unit["gone"], unit["unit"]))


def _more(unit: dict[str, Any], level: str) -> int:
    return int(unit["after"][level]) - int(unit["before"][level])


def totals(trial: Trial) -> dict[str, int]:
    """The figures over all units."""
    units = trial.units
    return {
        "touched": len(worst_first(trial)),
        "new": sum(unit["new"] for unit in units),
        "units_before": sum(1 for unit in units if sum(unit["before"].values())),
        "units_after": sum(1 for unit in units if sum(unit["after"].values())),
        "rows_before": sum(unit["rows_before"] for unit in units),
        "rows_after": sum(unit["rows_after"] for unit in units),
        "found_before": sum(sum(unit["before"].values()) for unit in units),
        "found_after": sum(sum(unit["after"].values()) for unit in units),
        "blocked": sum(1 for unit in units if _more(unit, "fel") > 0 and not unit["is_accepted"]),
        "accepted": sum(1 for unit in units if unit["is_accepted"] and (unit["new"] or unit["gone"] or unit["moved"])),
    }


# Switch on -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def activate(*, trial: Trial, by: User, at: datetime) -> None:
    """Make the change that was tried. Raises `NotAllowed`, and where the settings have changed since."""
    settings.check_may_change(by)
    settings.locked(trial.collection)
    if settings.mark_of(trial.collection) != trial.mark:
        raise NotAllowed("Årets inställningar har ändrats sedan provkörningen. Gör en ny innan du slår på.")
    done = Trial.objects.filter(pk=trial.pk, state=State.DONE)
    if not done.update(state=State.ACTIVATED, activated_by=by, activated_at=at):
        raise NotAllowed("Bara en provkörning som är klar, och inte redan påslagen, kan slås på.")
    if trial.code_list is not None:
        code_lists.confirm(code_list=trial.code_list, by=by, at=at)
        return
    setting = CheckSetting.objects.select_related("collection").get(collection=trial.collection, code=trial.key)
    seen = checks.latest_change(setting)
    checks.change_check(setting=setting, values=trial.values, why=trial.why, seen=seen, by=by, at=at)


def changed_since(trial: Trial) -> SettingChange | None:
    """The first change of the year's settings after the trial began; None where it still answers the question."""
    later = settings.judged_by(trial.collection).filter(pk__gt=trial.mark)
    return later.order_by("pk").first() if trial.state != State.ACTIVATED else None
