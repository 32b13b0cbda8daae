"""Retention and unused accounts (DRIFT-11): what goes when, what stays, and that a purge may be stopped and run again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import audit_chain, limits, retention
from accounts.models import AddressChange, AuditEvent, AuditOrigin, DeviceSwap, Draft, Invitation, RecoveryBatch, Session, User
from config.lib.retention import Rule, carry_out
from config.lib.sealed import open_column, seal
from profiles import dormancy, suspension
from profiles import tasks as people_tasks
from profiles.services import invite_member
from submissions import tasks as file_tasks
from submissions.models import (
    Collection,
    Comment,
    CommentDraft,
    Correction,
    CorrectionBatch,
    Delivery,
    Receipt,
    ReopenRequest,
    Submission,
    Supplement,
)
from submissions.services import evaluate
from submissions.services import retention as of_files
from tests.cast import Cast, Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.scene import Scene, ready_scene

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("purge", *arguments, stdout=out)
    return out.getvalue()


def counts_in(text: str) -> dict[str, int]:
    """What the command printed, by rule."""
    return {what: int(count) for what, count in re.findall(r"^(.+): (\d+) (?:borttagna|skulle tas bort)$", text, re.MULTILINE)}


def sealed(delivery: Delivery) -> set[str]:
    """The columns of the delivery that hold something."""
    delivery.refresh_from_db()
    return {column for column in Delivery.SEALED if getattr(delivery, column) is not None}


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(db: None) -> Scene:
    """Last year's submission of Trosa, locked now, with a replaced, a refused and a test file beside the accepted one."""
    scene = ready_scene()
    submission = Submission.objects.get(unit=scene.trosa.unit, collection__year=2025)
    Submission.objects.filter(pk=submission.pk).update(status=Submission.Status.LOCKED, status_changed_at=timezone.now())
    Delivery.objects.filter(submission=submission).update(uploaded_at=timezone.now())
    Comment.objects.create(
        submission=submission,
        check_code="RIM05",
        group="g",
        rows=1,
        version=1,
        text_sealed=b"x",
        by=scene.cast.bo,
        at=timezone.now(),
    )
    Collection.objects.filter(year=2025).update(closed_at=timezone.now())
    return scene


def of_trosa(scene: Scene) -> Submission:
    return Submission.objects.get(unit=scene.trosa.unit, collection__year=2025)


def another_file(submission: Submission, version: int, **values: Any) -> Delivery:
    """A copy of the accepted file as another version, sealed for itself."""
    accepted = Delivery.objects.get(submission=submission, is_current=True)
    copy = Delivery.objects.get(pk=accepted.pk)
    copy.pk, copy.version, copy.is_current = None, version, False
    for column in sealed(accepted):
        setattr(copy, column, seal(copy, column, open_column(accepted, column)))
    for name, value in values.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)
    return copy


@pytest.mark.asvs("14.2.7")
def test_drift_11_files_go_a_year_after_the_lock_and_the_accepted_rows_after_two(locked: Scene, clock: Any) -> None:
    submission, lock = of_trosa(locked), timezone.now()
    accepted = Delivery.objects.get(submission=submission, is_current=True)
    replaced = another_file(submission, 2)
    this_year = locked.trosa.delivery

    clock.move_to(lock + limits.FILES_KEPT - DAY)
    assert counts_in(run())["filer i avslutade inlämningar"] == 0
    clock.move_to(lock + limits.FILES_KEPT)
    counts = counts_in(run())
    assert counts["filer i avslutade inlämningar"] == 3  # Nyköping's accepted file too
    assert counts["förklaringar i avslutade inlämningar"] == 1
    assert sealed(accepted) == {"frame_sealed"}
    assert sealed(replaced) == set()
    assert len(sealed(this_year)) == 5  # not locked
    assert not Comment.objects.filter(submission=submission).exists()
    assert evaluate.previous_frame(locked.trosa.submission) is not None

    clock.move_to(lock + limits.ROWS_KEPT)
    assert counts_in(run())["rader för jämförelse med nästa år"] == 2
    assert sealed(accepted) == set()
    assert not Correction.objects.filter(delivery__submission=submission).exists()
    assert evaluate.previous_frame(locked.trosa.submission) is None
    assert len(sealed(this_year)) == 5
    assert Receipt.objects.filter(delivery=accepted).count() == 1
    events = AuditEvent.objects.filter(code="data:deleted").values_list("object", "result")
    assert ("filer i avslutade inlämningar", "3") in events
    assert ("rader för jämförelse med nästa år", "2") in events


def test_the_proof_adds_up_the_receipts_and_names_what_stays_too_long(locked: Scene, clock: Any) -> None:
    lock = timezone.now()
    clock.move_to(lock + limits.FILES_KEPT - DAY)
    run()
    clock.move_to(lock + limits.FILES_KEPT + DAY)
    audit_chain.seal(timezone.now())  # as the worker does every minute
    assert "filer i avslutade inlämningar: 0 borttagna, senast aldrig; 0 kvar för länge" in run("--proof")  # one night was missed
    clock.move_to(lock + limits.FILES_KEPT + 3 * DAY)
    with pytest.raises(CommandError, match="kvar längre än det får") as told:
        run("--proof")
    assert told.value.returncode == 1
    run()
    said = run("--proof")
    assert re.search(r"^filer i avslutade inlämningar: 2 borttagna, senast 2027-\d\d-\d\d; 0 kvar för länge$", said, re.MULTILINE)
    assert re.search(r"Sammanlagt \d+ rader borttagna på ett år, 0 kvar för länge\.", said)
    assert AuditEvent.objects.filter(code="data:deleted").exists()


def test_the_proof_proves_nothing_where_the_trail_was_changed(locked: Scene, clock: Any) -> None:
    clock.move_to(timezone.now() + limits.FILES_KEPT + DAY)
    run()
    audit_chain.seal(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE accounts_auditevent SET result = '1' WHERE object = 'filer i avslutade inlämningar'")
        cursor.execute("ALTER TABLE accounts_auditevent ENABLE TRIGGER USER")
    with pytest.raises(CommandError, match="bevisar inget"):
        run("--proof")


@pytest.mark.parametrize("other", [["--dry-run"], ["--older-than", "3"]])
def test_the_proof_only_shows(db: None, other: list[str]) -> None:
    with pytest.raises(CommandError, match="visar bara") as told:
        run("--proof", *other)
    assert told.value.returncode == 2


@pytest.mark.asvs("14.2.7")
def test_drift_11_a_submission_that_was_never_locked_counts_from_the_closing(locked: Scene, clock: Any) -> None:
    submission, closed = of_trosa(locked), timezone.now()
    Submission.objects.filter(pk=submission.pk).update(status=Submission.Status.APPROVED)
    submission.collection.closed_at = closed
    submission.collection.save()
    clock.move_to(closed + limits.FILES_KEPT - DAY)
    assert counts_in(run())["filer i avslutade inlämningar"] == 0
    clock.move_to(closed + limits.FILES_KEPT)
    assert counts_in(run())["filer i avslutade inlämningar"] == 2  # Nyköping's too


@pytest.mark.asvs("14.2.7")
def test_drift_11_the_rows_that_were_signed_stay_where_a_newer_file_never_was(locked: Scene, clock: Any) -> None:
    submission, lock = of_trosa(locked), timezone.now()
    signed = Delivery.objects.get(submission=submission, is_current=True)
    opened_again = another_file(submission, 2)  # and never handed in
    Delivery.objects.filter(pk=signed.pk).update(is_current=False)
    Delivery.objects.filter(pk=opened_again.pk).update(is_current=True)
    clock.move_to(lock + limits.FILES_KEPT)
    run()
    assert sealed(signed) == {"frame_sealed"}
    assert evaluate.previous_frame(locked.trosa.submission) is not None
    clock.move_to(lock + limits.ROWS_KEPT)
    run()
    assert sealed(signed) == sealed(opened_again) == set()


@pytest.mark.asvs("14.2.7")
def test_drift_11_test_files_and_refused_files_go_after_thirty_days(locked: Scene, clock: Any) -> None:
    submission, now = of_trosa(locked), timezone.now()
    test_file = another_file(submission, 2, is_test=True)
    refused = another_file(
        submission, 3, status=Delivery.Status.REJECTED, refusal="Det här är en annan enhets fil.", frame_sealed=None
    )
    clock.move_to(now + 30 * DAY - timedelta(seconds=1))
    assert sum(of_files.purge(at=timezone.now()).values()) == 0
    clock.move_to(now + 30 * DAY)
    counts = of_files.purge(at=timezone.now())
    assert (counts["testfiler"], counts["avvisade filer"]) == (1, 1)
    assert not Delivery.objects.filter(pk=test_file.pk).exists()
    assert sealed(refused) == set()
    assert refused.purged_at == timezone.now()
    accepted = Delivery.objects.get(submission=submission, is_current=True)
    assert len(sealed(accepted)) == 5


@pytest.mark.asvs("14.2.7")
def test_drift_11_rows_corrected_together_go_with_their_file_and_requests_stay(locked: Scene, clock: Any) -> None:
    submission, lock, bo = of_trosa(locked), timezone.now(), locked.cast.bo
    accepted, replaced = Delivery.objects.get(submission=submission, is_current=True), another_file(submission, 2)
    values = {"check_code": "KOD06", "field": 16, "cells": 1, "cells_sealed": b"x", "reason_sealed": b"x", "by": bo, "at": lock}
    first = CorrectionBatch.objects.create(delivery=replaced, revision=1, **values)
    CorrectionBatch.objects.create(delivery=accepted, revision=1, carried_from=first, **values)
    ReopenRequest.objects.create(submission=submission, reason="Fel löner", asked_by=bo, asked_at=lock)
    clock.move_to(lock + limits.FILES_KEPT)
    run()
    assert [batch.delivery for batch in CorrectionBatch.objects.filter(delivery__submission=submission)] == [accepted]
    clock.move_to(lock + limits.ROWS_KEPT)
    run()
    assert not CorrectionBatch.objects.filter(delivery__submission=submission).exists()
    assert ReopenRequest.objects.filter(submission=submission).count() == 1


@pytest.mark.asvs("14.2.7")
def test_drift_11_what_somebody_began_to_explain_goes_after_thirty_days_and_with_the_lock(locked: Scene, clock: Any) -> None:
    CommentDraft.objects.all().delete()
    now, values = timezone.now(), {"text_sealed": b"x", "by": locked.cast.bo, "at": timezone.now()}
    CommentDraft.objects.create(submission=of_trosa(locked), group="a", **values)
    CommentDraft.objects.create(submission=locked.trosa.submission, group="b", **values)
    run()
    assert [draft.group for draft in CommentDraft.objects.all()] == ["b"]
    clock.move_to(now + limits.COMMENT_DRAFTS_KEPT)
    run()
    assert not CommentDraft.objects.exists()


@pytest.mark.asvs("14.2.7")
def test_drift_11_supplements_go_with_the_files_also_those_that_were_replaced(locked: Scene, clock: Any) -> None:
    submission, lock = of_trosa(locked), timezone.now()
    values = {"kind": "other", "name_sealed": b"x", "content_sealed": b"x", "size": 1, "sha256": "x", "uploaded_at": lock}
    by = locked.cast.bo
    Supplement.objects.create(submission=submission, number=1, uploaded_by=by, **values)
    Supplement.objects.create(submission=submission, number=2, uploaded_by=by, replaced_at=lock, replaced_by=by, **values)
    clock.move_to(lock + limits.FILES_KEPT - DAY)
    assert counts_in(run())["kompletteringar i avslutade inlämningar"] == 0
    clock.move_to(lock + limits.FILES_KEPT)
    assert counts_in(run())["kompletteringar i avslutade inlämningar"] == 2
    assert not Supplement.objects.filter(submission=submission).exists()
    assert Supplement.objects.filter(submission=locked.trosa.submission).exists()  # not locked


@pytest.mark.asvs("14.2.7")
def test_drift_11_the_pages_of_a_purged_submission_say_so(locked: Scene, clock: Any) -> None:
    refused = another_file(
        of_trosa(locked), 2, status=Delivery.Status.REJECTED, refusal="Det här är en annan enhets fil.", frame_sealed=None
    )
    clock.move_to(timezone.now() + limits.FILES_KEPT)
    day = timezone.localdate().isoformat()
    file_tasks.purge_files(timestamp=int(timezone.now().timestamp()))
    client = sign_in(GuardedClient(), locked.cast.anna)
    room = "/inlamning/0488/2025"
    overview = client.get(f"{room}/").content.decode()
    assert f"Borttagen {day}" in overview
    assert "Filer sparas i ett år" in client.get(f"{room}/version/1/").content.decode()
    page = client.get(f"{room}/version/{refused.version}/").content.decode()
    assert "Avvisade filer sparas i 30 dagar" in page
    assert "annan enhets fil" in page
    assert client.get(f"{room}/kvittens/").status_code == 200
    assert client.get(f"{room}/granska/").status_code in {302, 404}
    code = Receipt.objects.get(delivery__submission=of_trosa(locked)).code
    assert GuardedClient().get(f"/kvittens/{code}/").status_code == 200
    assert client.post(f"{room}/version/1/hamta/").status_code in {403, 404}
    staff = sign_in(GuardedClient(), locked.cast.officer)
    assert "Borttagen" in staff.get(f"/admin/submissions/submission/{of_trosa(locked).pk}/change/").content.decode()


# The command ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("14.2.7")
def test_drift_11_a_dry_run_tells_the_same_and_changes_nothing(locked: Scene, clock: Any) -> None:
    another_file(of_trosa(locked), 2, is_test=True)
    clock.move_to(timezone.now() + limits.FILES_KEPT)
    before = list(Delivery.objects.order_by("pk").values())
    told = run("--dry-run")
    assert "Provkörning, inget är ändrat." in told
    assert list(Delivery.objects.order_by("pk").values()) == before
    assert not AuditEvent.objects.filter(code="data:deleted").exists()
    assert counts_in(told) == counts_in(run())
    assert sum(counts_in(run()).values()) == 0


def test_drift_11_older_than_leaves_what_is_younger(locked: Scene, clock: Any) -> None:
    another_file(of_trosa(locked), 2, is_test=True)
    clock.move_to(timezone.now() + 40 * DAY)
    assert counts_in(run("--older-than", "60"))["testfiler"] == 0
    assert counts_in(run("--older-than", "1"))["testfiler"] == 1
    with pytest.raises(CommandError, match="antal dagar"):
        run("--older-than", "-1")


def test_drift_11_a_purge_that_is_cut_short_has_a_receipt_for_what_went(locked: Scene, clock: Any, monkeypatch: Any) -> None:
    for version in range(2, 6):
        another_file(of_trosa(locked), version, is_test=True)
    clock.move_to(timezone.now() + 40 * DAY)
    monkeypatch.setattr("config.lib.retention.BATCH", 2)
    rule, batches = of_files.rules(timezone.now())[0], []

    def cut_short(what: str, count: int) -> None:
        if batches:
            raise KeyboardInterrupt
        batches.append(count)
        retention.note(what, count)

    with pytest.raises(KeyboardInterrupt):
        carry_out(rule, at=timezone.now(), receipt=cut_short)
    assert Delivery.objects.filter(is_test=True).count() == 2
    assert AuditEvent.objects.get(code="data:deleted").result == "2"
    assert carry_out(rule, at=timezone.now(), receipt=retention.note) == 2


# Means of the accounts -----------------------------------------------------------------------------------------------


def _session(user: User, at: datetime) -> object:
    return Session.objects.create(
        session_key="s", session_data="", user=user, created_at=at, last_seen_at=at, expire_date=at + timedelta(hours=8)
    )


MEANS: list[tuple[type[Any], Callable[[User, datetime], object], timedelta]] = [
    (Draft, lambda user, at: Draft.objects.create(user=user, path="/x/", values_sealed=b"x", created_at=at), limits.DRAFT_KEPT),
    (
        AddressChange,
        lambda user, at: AddressChange.objects.create(user=user, session_hmac="s", new_email_sealed=b"x", digest="d", sent_at=at),
        limits.JOURNEY_KEPT,
    ),
    (
        DeviceSwap,
        lambda user, at: DeviceSwap.objects.create(user=user, session_hmac="s", secret_sealed=b"x", created_at=at),
        limits.DEVICE_SWAP,
    ),
    (
        RecoveryBatch,
        lambda user, at: RecoveryBatch.objects.create(user=user, session_hmac="s", codes_sealed=b"x", created_at=at),
        limits.RECOVERY_BATCH,
    ),
    (AuditOrigin, lambda user, at: AuditOrigin.objects.create(event_id=0, at=at, address="192.0.2.1"), limits.ORIGIN_KEPT),
    (Session, _session, timedelta(hours=8)),
]


@pytest.mark.asvs("14.2.7")
@pytest.mark.parametrize(("model", "make", "age"), MEANS, ids=[model.__name__ for model, _, _ in MEANS])
def test_drift_11_what_the_accounts_keep_for_a_while_goes_in_time(
    cast: Cast, clock: Any, model: type[Any], make: Callable[[User, datetime], object], age: timedelta
) -> None:
    at = timezone.now()
    make(cast.anna, at)
    retention.tidy(at=at + age - timedelta(seconds=1))
    assert model.objects.count() == 1
    retention.tidy(at=at + age)
    assert model.objects.count() == 0


def test_every_rule_has_a_name_and_a_word_of_its_own() -> None:
    rules: list[Rule] = [*retention.RULES, *of_files.rules(timezone.now())]
    assert len({rule.name for rule in rules}) == len({rule.what for rule in rules}) == len(rules)


# Unused accounts -----------------------------------------------------------------------------------------------------


def last_in(user: User, days: int) -> None:
    """She signed in for the last time so many days ago."""
    User.objects.filter(pk=user.pk).update(last_login=timezone.now() - days * DAY)


def nightly() -> None:
    people_tasks.close_dormant(timestamp=int(timezone.now().timestamp()))


@pytest.mark.asvs("14.2.7")
def test_drift_11_an_unused_account_is_warned_of_once_and_closed_after_400_days(cast: Cast, clock: Any) -> None:
    last_in(cast.bo, 369)
    assert "0 stängda, 0 varnade" in run()
    clock.shift(DAY)
    assert "0 skulle stängas, 1 varnade" in run("--dry-run")
    assert "0 stängda, 1 varnade" in run()
    clock.shift(DAY)
    assert "0 stängda, 0 varnade" in run()
    (warning,) = sent_mails(cast.bo.email)
    assert (User.objects.get(pk=cast.bo.pk).last_login + limits.DORMANT).date().isoformat() in warning.body
    clock.shift(28 * DAY)
    assert User.objects.get(pk=cast.bo.pk).is_active
    clock.shift(DAY)
    assert "1 stängda, 0 varnade" in run()
    assert not User.objects.get(pk=cast.bo.pk).is_active
    event = AuditEvent.objects.get(code="account:user:suspended")
    assert (event.subject_id, event.actor_id, event.result) == (cast.bo.pk, None, "dormant")
    assert "stängt" in sent_mails(cast.bo.email)[-1].subject
    assert AuditEvent.objects.filter(code="account:user:warned").count() == 1
    assert "0 stängda" in run()


@pytest.mark.asvs("14.2.7")
def test_drift_11_a_sign_in_keeps_the_account(cast: Cast, clock: Any) -> None:
    last_in(cast.bo, 399)
    dormancy.warn_dormant(at=timezone.now())
    last_in(cast.bo, 0)
    clock.shift(2 * DAY)
    assert dormancy.suspend_dormant(at=timezone.now()) == 0
    assert User.objects.get(pk=cast.bo.pk).is_active


def test_drift_11_invited_people_are_left_to_their_invitations(cast: Cast, clock: Any) -> None:
    eva = invite_member(
        unit=cast.trosa, email="eva@trosa.example", name="Eva", role=Role.READER, by=cast.anna, at=timezone.now()
    ).user
    for user in User.objects.exclude(pk=eva.pk):
        User.objects.filter(pk=user.pk).update(last_login=timezone.now() + 500 * DAY)
    clock.shift(500 * DAY)
    assert (dormancy.warn_dormant(at=timezone.now()), dormancy.suspend_dormant(at=timezone.now())) == (0, 0)
    assert not Invitation.objects.open(timezone.now()).exists()


def test_drift_11_an_account_opened_again_waits_for_its_owner(cast: Cast, clock: Any) -> None:
    last_in(cast.bo, 400)
    assert dormancy.suspend_dormant(at=timezone.now()) == 1
    suspension.restore_user(user=cast.bo, by=cast.system, at=timezone.now())
    clock.shift(29 * DAY)
    assert dormancy.suspend_dormant(at=timezone.now()) == 0
    clock.shift(DAY)
    assert dormancy.suspend_dormant(at=timezone.now()) == 1


@pytest.mark.asvs("14.2.7")
def test_drift_11_the_last_kontaktperson_who_never_signs_in_is_told_of_to_skr(cast: Cast) -> None:
    invite_member(unit=cast.other, email="eva@v.example", name="", role=Role.READER, by=cast.dan, at=timezone.now())
    give_role(make_user("kim@vagnharad.example", "Kim"), cast.other, Role.READER)
    last_in(cast.dan, 401)
    nightly()
    assert not User.objects.get(pk=cast.dan.pk).is_active
    subjects = {letter.subject for letter in sent_mails(cast.coordinator.email)}
    assert subjects == {"En enhet har ingen kontaktperson", "Inbjudningar har återkallats i Personalstatistik"}
    assert not Invitation.objects.open(timezone.now()).exists()
    assert AuditEvent.objects.get(code="access:changed", result="no_contact").unit == "0999"
