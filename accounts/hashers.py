"""Argon2id that leaves room for everybody else: one hash at once in a process, on one core, and few who wait for their turn.

A hash takes a third of a second of a whole core. With Django's eight lanes and four at once, strangers' guesses took seven
eighths of the machine from those who were already at work (`bench/beside.py --what sign_ins`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

from config.lib import tally

AT_ONCE = 1  # of each process: memory stays bounded, and a core is left to the pages
STRANGERS = 3  # of each process: so many whose password is compared or waits for it
KNOWN = 2  # the same for browsers that the portal knows; together fewer than the threads (WEB_THREADS), so that pages have some
_slots = threading.BoundedSemaphore(AT_ONCE)
_places = {False: threading.BoundedSemaphore(STRANGERS), True: threading.BoundedSemaphore(KNOWN)}
_own = threading.local()


class BusyError(Exception):
    """All places are taken: the portal is asked to compare more passwords than it can."""


@contextmanager
def place(*, is_known: bool) -> Iterator[None]:
    """One of the places, for as long as the block; within a block the same one. Raises BusyError, at once.

    Whoever waits for a hash holds a thread. Without an end to the waiting they would hold all of them, and no page would come.
    Those who come with a browser that the portal knows have places of their own, which strangers' guesses cannot take.
    """
    if getattr(_own, "has_place", False):
        yield
        return
    places = _places[is_known]
    if not places.acquire(blocking=False):
        tally.board.refuse_hash()
        raise BusyError
    _own.has_place = True
    try:
        yield
    finally:
        _own.has_place = False
        places.release()


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's Argon2id (100 MiB, t=2) with one lane, behind a semaphore."""

    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with tally.board.hashing(), _slots:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with tally.board.hashing(), _slots:
            return super().verify(password, encoded)
