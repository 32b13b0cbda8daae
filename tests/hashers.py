"""Argon2 as in production, with parameters that a test run can afford; never another algorithm."""

from accounts.hashers import BoundedArgon2PasswordHasher


class CheapArgon2PasswordHasher(BoundedArgon2PasswordHasher):
    """Argon2id with 64 KiB and one pass."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1
