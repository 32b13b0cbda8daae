"""Fixtures and guards of the whole suite. A guard is a rule that every test keeps without naming it.

| Guard | Why |
|---|---|
| the clock stands at Monday 2026-11-16 09:00 | the collection is open and nothing is late; a test moves it by `clock` |
| no network but this machine | a test that needs another is neither quick nor repeatable |
| a warning is an error (pyproject.toml) | tomorrow's breakage, for free |
| undefined template variable, unordered rows, reads that write, HTML, logs, mails, on-commit | see tests/guards/ |
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests import kept
from tests.cast import Cast, make_cast
from tests.client import GuardedClient
from tests.guards import database, logs, mails, secrets
from tests.kept import NOW
from tests.room import with_room
from tests.scene import Scene, ready_scene
from tests.template import use_template

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, print_blob=False)
hypothesis_settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our own options."""
    parser.addoption("--pictures", action="store_true", help="renew the documentation's pictures (tests/browser)")
    parser.addoption("--mails", action="store_true", help="renew docs/mejl.md (tests/messaging/test_mails.py)")


def pytest_configure(config: pytest.Config) -> None:
    """Name our own markers."""
    config.addinivalue_line("markers", "real_clock: the machine's own time instead of 2026-11-16 09:00")
    config.addinivalue_line("markers", "running_clock: from 2026-11-16 09:00, but time goes on (browser, live server)")
    config.addinivalue_line("markers", "needs_scripts(why): a browser test that is not told without scripts (tests/browser)")
    config.addinivalue_line("markers", "asvs(*numbers): the requirements of ASVS 5.0 that the test shows (bin/asvs)")
    config.addinivalue_line("markers", "logs_personal_data: the test hands personnummer to the log to see them masked")


def pytest_collection_finish() -> None:
    """What has been loaded by now stays to the end: it is not gone through again each time garbage is looked for."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """As pytest does it, with room for deep calls."""
    runner = item.config.pluginmanager.get_plugin("runner")
    assert runner is not None
    return with_room(runner.pytest_runtest_protocol)(item, nextitem)


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Coordinates | None]:
    """The clock of the test: `clock.shift(60)` or `clock.move_to(…)` moves it."""
    if request.node.get_closest_marker("real_clock"):
        yield None
        return
    with time_machine.travel(NOW, tick=request.node.get_closest_marker("running_clock") is not None) as coordinates:
        yield coordinates


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A name of its own for each process, as pytest-django gives it, and the template to copy."""
    with django_db_blocker.unblock():
        use_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The database as pytest-django makes it; what is in it then, each test that really commits leaves behind."""
    with django_db_blocker.unblock():
        kept.remember_migrated()
        connection.close()


@pytest.fixture(autouse=True, scope="session")
def _database_guards() -> Iterator[None]:
    """On-commit callbacks run; rows without an order come in any."""
    with pytest.MonkeyPatch.context() as patch:
        database.run_callbacks_on_commit(patch)
        database.shuffle_unordered_rows(patch)
        database.delete_only_what_there_is(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _real_outbox(django_test_environment: None) -> None:
    """Mail goes to the outbox as in production (read it with tests.mail), not to the list that Django's test runner keeps."""
    django_settings.EMAIL_BACKEND = "messaging.outbox.OutboxBackend"


@pytest.fixture(autouse=True)
def _no_personal_data_in_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test whose code hands a personnummer or a secret to the log."""
    if request.node.get_closest_marker("logs_personal_data"):
        yield
        return
    watch = logs.PersonalDataWatch()
    logging.getLogger().addHandler(watch)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(watch)
    assert not watch.caught, f"personnummer eller hemlighet i loggen: {watch.caught}"


@pytest.fixture(autouse=True, scope="session")
def _secrets_are_remembered() -> Iterator[None]:
    """Codes, passwords, keys: whatever is made or typed in a test is looked for in its logs and mails."""
    with pytest.MonkeyPatch.context() as patch:
        secrets.watch(patch)
        yield


@pytest.fixture(autouse=True)
def _nothing_secret_in_mails() -> Iterator[None]:
    """Fail the test that writes a mail with a personnummer, a secret or a foreign address in it."""
    watch = mails.MailWatch()
    with pytest.MonkeyPatch.context() as patch:
        watch.put_in_place(patch)
        yield
    secrets.known.forget()
    assert watch.faults == []


@pytest.fixture
def client() -> GuardedClient:
    """A visitor's browser (nobody signed in), with every answer checked."""
    return GuardedClient()


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """A collection in full swing (tests.scene), there for the module's tests, each of which leaves it as it was."""
    around_the_tests = transaction.atomic()
    around_the_tests._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), around_the_tests:
        yield ready_scene()
        transaction.set_rollback(True)


@pytest.fixture
def cast(db: None) -> Cast:
    """Anna, Bo, Cia, Dan and SKR's four (tests.cast)."""
    return make_cast()
