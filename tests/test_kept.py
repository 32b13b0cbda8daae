"""What is made once per process is there again as it was, and nothing else is."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, NoticeText, User
from config.lib import jobs
from profiles.models import Unit
from tests import kept
from tests.cast import Cast, make_cast, make_unit


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this test keeps is forgotten after it; here stands how often it was made."""
    monkeypatch.setattr(kept, "_kept", dict(kept._kept))
    return []


def rows() -> list[list[object]]:
    """All that the cast consists of."""
    return [list(model.objects.order_by("pk").values_list()) for model in (User, Unit, AuditEvent, NoticeText)]


@pytest.mark.django_db
def test_the_second_time_the_same_rows_are_put_back_without_being_made(made: list[str]) -> None:
    def make() -> Cast:
        made.append("once")
        cast = make_cast()
        audit.record("access:denied", by=cast.anna, unit="0488", object="/x/")
        return cast

    first = kept.again("cast", make)
    before = rows()
    later = make_unit("0001", "En enhet till")
    User.objects.filter(pk=first.anna.pk).update(name="Någon annan")
    second = kept.again("cast", make)
    assert rows() == before
    assert (second, second.anna.name, made) == (first, "Anna Ek", ["once"])
    assert make_unit("0002", "Ännu en").pk > later.pk


@pytest.mark.django_db(transaction=True)
def test_after_a_test_that_commits_only_the_rows_of_the_migrations_are_left() -> None:
    cast = make_cast()
    audit.record("access:denied", by=cast.anna, unit="0488", object="/x/")
    NoticeText.objects.update(body="Ändrad.")
    jobs.enqueue("messaging.tasks.send_mail", mail_id=1)
    kept.as_migrated()
    assert not User.objects.exists()
    assert not AuditEvent.objects.exists()
    assert list(NoticeText.objects.values_list("version", "body")) == [(1, "")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_audit_trail_is_guarded_again_once_the_rows_are_back(made: list[str]) -> None:
    cast = kept.again("cast", make_cast)
    audit.record("access:denied", by=cast.anna, unit="0488", object=str(timezone.now()))
    with pytest.raises(DatabaseError, match="audit"), transaction.atomic():
        AuditEvent.objects.all()._raw_delete("default")
