"""The threads at the place that they are about, and who may start one."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.access import can_write
from messaging.models import Thread
from messaging.views.common import status_badge
from submissions.views.common import Room


@dataclass(frozen=True, slots=True)
class ShownThread:
    """A thread at the place that it is about."""

    thread: Thread
    badge: tuple[str, str]

    @property
    def resolved(self) -> str:
        """The badge of what is corrected."""
        return f"Åtgärdad i version {self.thread.resolved_version}"


def with_badges(room: Room, threads: list[Thread]) -> list[ShownThread]:
    """The threads with the words of who has the ball."""
    return [ShownThread(thread, status_badge(thread, for_staff=room.request.user.is_staff)) for thread in threads]


def may_ask(room: Room) -> bool:
    """Whether the person may start a thread about the file that counts; one looks at old files without asking."""
    return room.asked is None and room.current is not None and can_write(room.request.user, room.submission.unit)
