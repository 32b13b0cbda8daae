"""Ask for a job by its name, inside the caller's transaction.

Jobs go through Django's own connection, also from within a worker (whose procrastinate app has another one), so a
change that is rolled back leaves no job behind. Arguments are primary keys only: they stand in clear text in the table
of jobs and in its log.
"""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task


def enqueue(
    task: str, *, queueing_lock: str | None = None, run_at: datetime | None = None, priority: int = 0, **keys: int
) -> int:
    """Queue `task` ("messaging.tasks.send_mail") and give the job's id. Of those that are due the highest priority goes first.

    Raises `procrastinate.exceptions.AlreadyEnqueued` when a job with the same `queueing_lock` still waits.
    """
    manager = JobManager(DjangoConnector())
    configured = configure_task(
        name=task, job_manager=manager, queueing_lock=queueing_lock, schedule_at=run_at, priority=priority
    )
    return configured.defer(**keys)
