"""Guards of the database: callbacks run on commit as in production, unordered rows come in any order, reading never writes.

And one licence: the tables may be emptied between tests that really commit, the audit trail too.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.query import EmptyQuerySet
from django.test import TransactionTestCase

from tests import kept

WRITE = re.compile(r"""^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([a-z_0-9]+)"?""", re.IGNORECASE)
SESSION_AND_READ_LOG = frozenset({"accounts_session", "accounts_auditevent", "accounts_auditorigin", "messaging_readmark"})


class WroteWhileReadingError(AssertionError):
    """A GET or HEAD request changed the database."""


@contextmanager
def reads_only(method: str, path: str, allowed: frozenset[str]) -> Iterator[None]:
    """Refuse every write but the session's idle stamp, the log of reads and the tables named: links may be prefetched."""

    def refuse(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        written = WRITE.match(str(sql))
        if written and written[1].lower() not in SESSION_AND_READ_LOG | allowed:
            raise WroteWhileReadingError(f"{method} {path} skrev i databasen: {sql}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def run_callbacks_on_commit(patch: pytest.MonkeyPatch) -> None:
    """Let transaction.on_commit behave as in production inside a test that is itself one big transaction.

    The outermost block of the code under test counts as the commit; without one, a callback runs at once.
    """
    leave, register = transaction.Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def only_the_test_is_open(wrapper: BaseDatabaseWrapper) -> bool:
        blocks = wrapper.atomic_blocks
        return bool(blocks) and all(block._from_testcase for block in blocks)

    def __exit__(self: transaction.Atomic, *error: Any) -> None:
        leave(self, *error)
        wrapper = transaction.get_connection(self.using)
        if only_the_test_is_open(wrapper) and not wrapper.needs_rollback:
            callbacks, wrapper.run_on_commit = wrapper.run_on_commit, []
            for _, callback, _ in callbacks:
                callback()

    def on_commit(self: BaseDatabaseWrapper, func: Callable[[], object], robust: bool = False) -> None:
        if only_the_test_is_open(self):
            func()
        else:
            register(self, func, robust)

    patch.setattr(transaction.Atomic, "__exit__", __exit__)
    patch.setattr(BaseDatabaseWrapper, "on_commit", on_commit)


def shuffle_unordered_rows(patch: pytest.MonkeyPatch) -> None:
    """Give the rows of a queryset without order_by in another order each time: PostgreSQL promises none."""
    fetch, dice = QuerySet._fetch_all, random.Random(2026)

    def _fetch_all(self: QuerySet[Any, Any]) -> None:
        is_new = self._result_cache is None
        fetch(self)
        if is_new and not self.ordered and not self.query.combinator and not isinstance(self, EmptyQuerySet):
            dice.shuffle(self._result_cache)

    patch.setattr(QuerySet, "_fetch_all", _fetch_all)


def delete_only_what_there_is(patch: pytest.MonkeyPatch) -> None:
    """After a test that really commits: delete the rows there are, the audit trail's and the queue's too, and no more.

    Django's own way truncates a hundred tables and makes the permissions again, which takes longer than most tests do.
    """
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: kept.as_migrated())
