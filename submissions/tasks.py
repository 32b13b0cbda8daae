"""What runs later, again: checks that were cut short, trials of changed settings, files to judge anew, files to take away."""

from __future__ import annotations

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from submissions.services import code_lists, deliver, production_files, rechecks, retention, trials

log = structlog.get_logger("submissions")


@app.periodic(cron="* * * * *")
@app.task(name="submissions.tasks.take_up_unchecked", queueing_lock="take_up_unchecked", pass_context=False)
def take_up_unchecked(timestamp: int) -> None:
    """Check what was received and not checked. Once a minute; nothing to do is the rule."""
    deliver.take_up_unchecked(at=timezone.now())


@app.periodic(cron="20 4 * * *")
@app.task(name="submissions.tasks.purge_files", queueing_lock="purge-files", pass_context=False)
def purge_files(timestamp: int) -> None:
    """Take away the files whose time is over, each night."""
    counts = retention.purge(at=timezone.now())
    if any(counts.values()):
        log.info("files_purged", total=sum(counts.values()))


@app.periodic(cron="* * * * *")
@app.task(name="submissions.tasks.recheck_changed", queueing_lock="recheck-changed", pass_context=False)
def recheck_changed(timestamp: int) -> None:
    """Check again what units work with, after changed settings. Once a minute; nothing to do is the rule."""
    checked = rechecks.recheck_changed(at=timezone.now())
    if checked:
        log.info("rechecked", total=checked)


@app.task(name="submissions.tasks.run_trial")
def run_trial(trial_id: int) -> None:
    """Carry out one trial of changed settings, as soon as somebody has asked for it."""
    trials.run(trial_id=trial_id)


@app.periodic(cron="* * * * *")
@app.task(name="submissions.tasks.take_up_trials", queueing_lock="take-up-trials", pass_context=False)
def take_up_trials(timestamp: int) -> None:
    """Carry on with trials that were cut short."""
    trials.take_up(at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="submissions.tasks.take_lists_into_use", queueing_lock="take-lists-into-use", pass_context=False)
def take_lists_into_use(timestamp: int) -> None:
    """Take the planned code lists whose day has come into use."""
    for taken in code_lists.take_planned_into_use(at=timezone.now()):
        log.info("code_list_taken_into_use", code_list=taken.pk)


@app.task(name="submissions.tasks.make_export", pass_context=False)
def make_export(file: int) -> None:
    """Make the files of a production data set that somebody at SKR has asked for."""
    production_files.make_file(file=file)
