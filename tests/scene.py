"""A collection in full swing: the cast, and for Trosa and Nyköping one of everything that a page can show.

Each `Place` has last year's approved file with its receipt, this year's file under review with a correction and an
explanation, a matter with SKR, a request for a later day and one to be exempt, a colleague and an invitation that waits. Everything is made by
the services. What the people of Nyköping write carries a word of CANARIES, so that a test can look for it where it must
not be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import polars as pl
from django.utils import timezone

from accounts.models import NoticeText, RecoveryCase, User
from deferrals.exempting import request_exemption
from deferrals.mailing.planning import for_message
from deferrals.mailing.services import create_mailing
from deferrals.models import Deferral, Exemption, Mailing
from deferrals.services import request_deferral
from messaging import letters
from messaging.announcements import create_announcement
from messaging.attachments import Chosen
from messaging.known_issues import Said, create_issue
from messaging.models import Thread
from messaging.services import save_template, start_thread
from messaging.services.questions import add_questions
from profiles import facts, names, notes, relations
from profiles.handovers import offer_handover
from profiles.models import AccessRequest, Handover, Membership, OrganisationNumber, Unit, UnitMerger
from profiles.recovery import open_case
from profiles.requests import ask_for_access
from profiles.services import invite_member
from submissions import builtin, synthetic
from submissions.models import (
    Collection,
    Comment,
    Correction,
    CorrectionBatch,
    Delivery,
    Receipt,
    Submission,
    Supplement,
    Trial,
    Waiver,
)
from submissions.services import batches, checks, collections, comments, correct, deliver, groups, review, storage, supplements
from submissions.services.batches import Wanted
from submissions.services.groups import Group
from tests import kept
from tests.cast import Cast, Role, give_role, make_cast, make_user

YEAR, LAST_YEAR = 2026, 2025
FORMS = UUID("3d6c1a70-5f5b-4f0e-8a55-6d4f0e2b2026")
ROWS, SLIPS = 80, 0.15

CANARIES = (
    "kanariefil",
    "Kanarieämne",
    "kanarietext",
    "kanarieskäl",
    "kanarieförklaring",
    "kanariebilaga",
    "kanariebeskrivning",
    "kanarie.kollega",
    "kanarie.inbjuden",
    "Kanariemeddelande",
)


@dataclass(frozen=True)
class Place:
    """One unit with all that belongs to it."""

    unit: Unit
    submission: Submission
    delivery: Delivery
    group: Group
    explained: Group
    comment: Comment
    supplement: Supplement
    correction: Correction
    batch: CorrectionBatch
    receipt: Receipt
    thread: Thread
    deferral: Deferral
    exemption: Exemption
    colleague: Membership
    waiting: Membership
    asked: AccessRequest
    handover: Handover
    number: OrganisationNumber
    case: RecoveryCase
    waiver: Waiver

    @property
    def code(self) -> str:
        """The unit's code."""
        return self.unit.code


@dataclass(frozen=True)
class Scene:
    """Everybody and everything."""

    cast: Cast
    trosa: Place
    other: Place
    unread: User  # Uppgiftslämnare of Trosa who has not accepted the privacy notice


def ready_scene() -> Scene:
    """The scene as `make_scene` makes it when a test begins, in a database with nothing else; made once per process."""
    return kept.again("scene", make_scene)


def make_scene() -> Scene:
    """The whole scene, at the present moment of the test's clock."""
    now = timezone.now()
    last_year = now - timedelta(days=365)
    units = {unit.code: unit for unit in builtin.units() if unit.code in {"0488", "0480"}}
    collections.import_units(units=tuple(units.values()), by=None, at=last_year)
    trosa, other = Unit.objects.get(code="0488"), Unit.objects.get(code="0480")
    cast = make_cast(trosa, other)
    unread = make_user("ulla.berg@trosa.example", "Ulla Berg")
    give_role(unread, trosa, Role.SUBMITTER)
    User.objects.filter(pk=unread.pk).update(notice_version=0, notice_accepted_at=None)
    collections.open_collection(year=LAST_YEAR, by=None, at=last_year)
    receipts = [_last_year(cast, unit, by, last_year) for unit, by in ((trosa, cast.bo), (other, cast.dan))]
    Collection.objects.filter(year=LAST_YEAR).update(closed_at=last_year)
    collections.open_collection(year=YEAR, by=None, at=now)
    for unit in (trosa, other):
        owner = Unit.objects.create(code=f"F{unit.code}", name="Förbundet", kind=Unit.Kind.KOMMUNALFORBUND, is_active=False)
        UnitMerger.objects.create(unit=owner, into=unit, on=date(2028, 1, 1), at=now, by=cast.coordinator)
        relations.relate_units(child=unit, kind="member", parent=owner, valid_from=date(2020, 1, 1), by=cast.coordinator, at=now)
    save_template(
        template=None, name="Standardsvar", category="", subject="Om {enhet}", text="Hej {enhet}!", by=cast.officer, at=now
    )
    places = [
        _place(cast, trosa, cast.anna, receipts[0], at=now, mark=""),
        _place(cast, other, cast.dan, receipts[1], at=now, mark="kanarie"),
    ]
    _tried(cast, now)
    _mailing(cast, [trosa, other], at=now)
    NoticeText.objects.get_or_create(  # as the migrations make it; a flushed database has lost it
        version=1, defaults={"state": "published", "publishes_on": now.date(), "publishes_at": now, "changed_at": now}
    )
    create_announcement(
        text="Portalen är stängd på kvällen.",
        tone="info",
        audience="all",
        starts_at=now + timedelta(days=400),
        ends_at=now + timedelta(days=401),
        nonce=uuid5(FORMS, "drift"),
        by=cast.system,
        at=now,
    )
    create_issue(
        said=Said("Summan visas fel", "Den är rätt i kvittensen.", "all", now.date(), None, "RIM02", 22),
        nonce=uuid5(FORMS, "känt fel"),
        by=cast.system,
        at=now,
    )
    letter = letters.BY_SLUG["paminnelse-en-vecka-efter"]
    words = {"subject": "Filen saknas", "body": "Hej {enhet}!\n\n{portalen}"}
    letters.save_text(letter=letter, seen=0, by=cast.coordinator, at=now, **words)
    return Scene(cast, *places, unread=User.objects.get(pk=unread.pk))


def _tried(cast: Cast, at: datetime) -> None:
    """A change of a check that has been tried over no files."""
    trial = Trial(collection=Collection.objects.get(year=YEAR), kind=Trial.Kind.CHECK, key="RIM02", why="Snäv gräns.")
    trial.values = {**checks.values_of(trial.collection.check_settings.get(code="RIM02")), "level": "info"}
    trial.state, trial.by, trial.at, trial.finished_at = Trial.State.DONE, cast.statistician, at, at
    trial.save()


def _mailing(cast: Cast, units: list[Unit], *, at: datetime) -> None:
    """A draft of SKR's to the units; nothing is sent."""
    submissions = [_submission(unit, YEAR) for unit in units]
    text = {"subject": "Till {enhet}", "text": "Hej {enhet}!"}
    create_mailing(
        kind=Mailing.Kind.MESSAGE,
        collection=submissions[0].collection,
        audience={"state": "alla", "kind": "", "county": "", "units": ""},
        words="Alla i årets insamling",
        planned=for_message(submissions, by=cast.coordinator, at=at, **text),
        nonce=uuid5(FORMS, "utskick"),
        category=Thread.Category.FILE,
        by=cast.coordinator,
        at=at,
        **text,
    )


def _last_year(cast: Cast, unit: Unit, by: User, at: datetime) -> Receipt:
    """A right file, handed in and approved."""
    submission = _submission(unit, LAST_YEAR)
    file = synthetic.delivery(unit.code, ROWS, 7, previous=True, year=YEAR)
    delivery = deliver.receive_delivery(submission=submission, content=file, name="nov.txt", by=by, at=at)
    delivery = deliver.check_delivery(delivery=delivery, at=at)
    for group in groups.groups_of(submission, storage.findings_of(delivery)):
        if group.needs_comment:
            comments.comment_group(delivery=delivery, group_key=group.key, text="Det stämmer.", by=by, at=at)
    submission, delivery = _submission(unit, LAST_YEAR), deliver.fresh(delivery)
    receipt = review.hand_in(submission=submission, delivery=delivery, expected_revision=delivery.revision, by=by, at=at)
    review.begin_review(submission=_submission(unit, LAST_YEAR), by=cast.officer, at=at)
    review.approve(submission=_submission(unit, LAST_YEAR), by=cast.officer, at=at)
    return receipt


def _place(cast: Cast, unit: Unit, by: User, receipt: Receipt, *, at: datetime, mark: str) -> Place:
    submission = _submission(unit, YEAR)
    deferral = request_deferral(
        submission=submission,
        requested_date=date(2026, 12, 8),
        reason=Deferral.Reason.PAYROLL_SYSTEM,
        text=f"{mark}skäl: vi byter lönesystem.",
        by=by,
        at=at,
    )
    exemption = request_exemption(
        submission=submission, reason=Exemption.Reason.ELSEWHERE, text=f"{mark}skäl: en annan enhet lämnar.", by=by, at=at
    )
    file = synthetic.delivery(unit.code, ROWS, 7, SLIPS)
    delivery = deliver.receive_delivery(submission=submission, content=file, name=f"{mark}fil.txt", by=by, at=at)
    delivery = deliver.check_delivery(delivery=delivery, at=at)
    assert delivery.is_current, delivery.refusal
    correction = _correct_one(delivery, by=by, at=at)
    delivery = deliver.fresh(delivery)
    found = groups.groups_of(submission, storage.findings_of(delivery))
    explained = next(group for group in found if group.needs_comment)
    wrong = next(group for group in found if group.level == "fel")
    batch = _correct_together(delivery, [group for group in found if group not in (wrong, explained)], by=by, at=at)
    delivery = deliver.fresh(delivery)
    comment = comments.comment_group(
        delivery=delivery, group_key=explained.key, text=f"{mark}förklaring: det stämmer.", by=by, at=at
    )
    supplement = supplements.add_supplement(
        submission=submission,
        kind=Supplement.Kind.OTHER,
        content=b"%PDF-1.7\n",
        name=f"{mark}bilaga.pdf",
        note=f"{mark}beskrivning av bilagan",
        by=by,
        at=at,
    )
    thread = start_thread(
        unit=unit,
        year=YEAR,
        category=Thread.Category.FILE,
        subject=f"{mark}ämne om filen".capitalize(),
        text=f"{mark}text: går det bra?".capitalize() + f" {mark}meddelande".title(),
        by=cast.officer,
        at=at,
        nonce=uuid5(FORMS, unit.code),
        attached=[Chosen(f"{mark}bilaga till frågan.pdf", b"%PDF-1.7\n")],
    )
    add_questions(thread, [f"{mark}fråga ett: stämmer antalet?"])
    domain = by.email.split("@")[1]
    colleague = give_role(make_user(f"{mark}.kollega@{domain}".lstrip("."), f"{mark} Kollega".strip().title()), unit, Role.READER)
    waiting = invite_member(
        unit=unit, email=f"{mark}.inbjuden@{domain}".lstrip("."), name="", role=Role.READER, by=cast.coordinator, at=at
    )
    asked, _ = ask_for_access(unit=unit, role=Role.SUBMITTER, text=f"{mark}skäl: jag tar över filen.", by=colleague.user, at=at)
    facts.add_number(
        unit=unit, number=synthetic.known_units()[unit.code].organisation_number, valid_from=date(1990, 1, 1), by=by, at=at
    )
    facts.change_contact_person(
        unit=unit, name=f"{mark} Kontakt".strip().title(), title="", email="", phone="0156-520 00", by=by, at=at
    )
    notes.add_note(
        unit=unit,
        text=f"{mark}anteckning: ring före lunch.",
        is_pinned=True,
        nonce=uuid5(FORMS, f"note {unit.code}"),
        by=cast.officer,
        at=at,
    )
    names.rename_unit(unit=unit, name=f"{unit.name} stad", valid_from=date(2027, 1, 1), by=cast.coordinator, at=at)
    handover = offer_handover(unit=unit, to=colleague.pk, rest="", by=by, at=at)
    case = open_case(
        user=colleague.user,
        kind=RecoveryCase.Kind.BOTH,
        case_number=f"SKR-{unit.code}",
        identity_check="Ringde växeln, som kopplade till personen.",
        by=cast.coordinator,
        at=at,
    )
    return Place(
        unit=unit,
        submission=_submission(unit, YEAR),
        delivery=deliver.fresh(delivery),
        group=wrong,
        explained=explained,
        comment=comment,
        supplement=supplement,
        correction=correction,
        batch=batch,
        receipt=receipt,
        thread=thread,
        deferral=deferral,
        exemption=exemption,
        colleague=colleague,
        waiting=waiting,
        asked=asked,
        handover=handover,
        number=unit.organisation_numbers.get(),
        case=case,
        waiver=_waiver(cast, unit, mark, at=at),
    )


def _waiver(cast: Cast, unit: Unit, mark: str, *, at: datetime) -> Waiver:
    """Last year's, which is offered this year."""
    return Waiver.objects.create(
        unit=unit,
        collection=Collection.objects.get(year=LAST_YEAR),
        check_code="RIM06",
        reason=f"{mark}skäl: lönerna är omförhandlade.",
        valid_until=date(LAST_YEAR, 12, 31),
        by=cast.officer,
        at=at - timedelta(days=365),
    )


def _correct_one(delivery: Delivery, *, by: User, at: datetime) -> Correction:
    """One wrong value put right, as the first finding that can be."""
    clean = synthetic.delivery(delivery.submission.unit.code, ROWS, 7).decode("cp1252").splitlines()
    findings = storage.findings_of(delivery).filter(
        pl.col("row").is_not_null(), pl.col("field").is_not_null(), pl.col("level") == "fel"
    )
    for finding in findings.iter_rows(named=True):
        row, number = finding["row"], finding["field"]
        value = clean[row - 1].split(";")[number - 1]
        if value != (finding["value"] or ""):
            correct.correct(
                delivery=delivery, row=row, field=number, value=value, expected_revision=delivery.revision, by=by, at=at
            )
            return Correction.objects.get(delivery=delivery)
    raise AssertionError("ingen anmärkning att rätta")


def _correct_together(delivery: Delivery, found: list[Group], *, by: User, at: datetime) -> CorrectionBatch:
    """The rows of one group, all given the value that its first row should have had."""
    clean = synthetic.delivery(delivery.submission.unit.code, ROWS, 7).decode("cp1252").splitlines()
    for group in found:
        if batches.can_correct_together(group) and group.field not in batches.ONE_EACH:
            row = batches.values_of(delivery, group).item(0, "row")
            return batches.correct_batch(
                delivery=delivery,
                group=group,
                wanted=Wanted(clean[row - 1].split(";")[(group.field or 1) - 1]),
                reason="Värdet var fel i lönesystemet.",
                expected_revision=delivery.revision,
                by=by,
                at=at,
            )
    raise AssertionError("ingen grupp att rätta tillsammans")


def _submission(unit: Unit, year: int) -> Submission:
    return Submission.objects.select_related("unit", "collection").get(unit=unit, collection__year=year)
