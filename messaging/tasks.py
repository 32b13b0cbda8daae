"""Jobs of the outbox. Entry points like views: primary keys in, one service called."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy, builtin_tasks
from procrastinate.contrib.django import app

from messaging import outbox, retention
from messaging.services import notices

log = structlog.get_logger("outbox")


@app.task(
    name="messaging.tasks.send_mail",
    retry=RetryStrategy(
        max_attempts=outbox.ATTEMPTS - 1,
        exponential_wait=4,
        retry_exceptions={outbox.NotSent, OperationalError, InterfaceError},  # the last two: the database is started anew
    ),
)
def send_mail(mail_id: int) -> None:
    """Send one stored mail; a server or a database that does not answer is tried again after 4, 16, 64 … seconds, then it is an alarm."""
    at = timezone.now()
    try:
        if not outbox.send_stored(mail_id, at=at):
            outbox.raise_alarm(outbox.TOO_LATE, at=at)
    except outbox.NotSent as error:
        log.warning("mail_not_sent", mail=mail_id, reason=str(error))
        if outbox.note_failure(mail_id, str(error)):
            log.error("mail_gave_up", mail=mail_id, reason=str(error))
            outbox.raise_alarm(f"mejlservern tar inte emot: {error}", at=at)
        raise


@app.periodic(cron="0 6 * * *")
@app.task(name="messaging.tasks.send_digests", queueing_lock="send-digests", pass_context=False)
def send_digests(timestamp: int) -> None:
    """One mail each morning to those who want no more and have something to read."""
    sent = notices.send_digests(at=timezone.now())
    if sent:
        log.info("digests_queued", count=sent)


@app.periodic(cron="25 4 * * *")
@app.task(name="messaging.tasks.purge_messages", queueing_lock="purge-messages", pass_context=False)
def purge_messages(timestamp: int) -> None:
    """Take away the drafts and matters whose time is over, each night."""
    counts = retention.purge(at=timezone.now())
    if any(counts.values()):
        log.info("messages_purged", total=sum(counts.values()))


@app.periodic(cron="30 3 * * *")
@app.task(name="messaging.tasks.forget_old_jobs", queueing_lock="forget-old-jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended well more than three days ago; failed ones stay for whoever looks into them."""
    await builtin_tasks.remove_old_jobs(context, max_hours=72)


@app.periodic(cron="*/5 * * * *")
@app.task(name="messaging.tasks.retry_stalled", queueing_lock="retry-stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> None:
    """Take up jobs whose worker died, queue mail that nobody sends, and wipe codes whose time is over."""
    at = datetime.fromtimestamp(timestamp, UTC)
    stalled = 0
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
        stalled += 1
    unsent = await sync_to_async(outbox.enqueue_unsent)(at)
    wiped = await sync_to_async(outbox.wipe_expired)(at)
    if stalled or unsent or wiped:
        log.info("outbox_swept", stalled_jobs=stalled, queued_again=unsent, wiped=wiped)
