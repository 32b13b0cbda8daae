"""Argon2id with at most four hashes at once per process: memory stays bounded on the last evening."""

from __future__ import annotations

import threading

from django.contrib.auth.hashers import Argon2PasswordHasher

from config.lib import tally

AT_ONCE = 4
_slots = threading.BoundedSemaphore(AT_ONCE)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's Argon2id (100 MiB, t=2, p=8) behind a semaphore."""

    def encode(self, password: str, salt: str) -> str:
        with tally.board.hashing(), _slots:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with tally.board.hashing(), _slots:
            return super().verify(password, encoded)
