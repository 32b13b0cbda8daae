"""Before the files: SKR's people, the units, last year's files, invitations and sign-ups."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from accounts.roles import StaffRole
from config.demo import filing, people
from config.demo.people import Person
from config.rehearsal.plan import Part, Path
from config.rehearsal.season import YEAR, Season, clock, submission_of
from profiles import services as profiles
from profiles.models import Membership, Unit
from submissions import synthetic
from submissions.services import calendar, collections, review
from submissions.services.closing import close_collection

OPENS, LAST_YEAR_OPENS = date(YEAR, 10, 12), date(YEAR - 1, 10, 13)
LAST_YEARS_FILES, LAST_YEAR_CLOSES = date(YEAR - 1, 11, 14), date(YEAR - 1, 12, 19)
DIRECT_DAYS = 3
Role = Membership.Role


def set_up(season: Season) -> None:
    """SKR's four, the units, and last year with the files that this year's are compared with."""
    with season.phase("Förberedelser") as counts:
        for role in StaffRole:
            person = Person(role.value, f"{role.label} Repetition", f"{role.value}@skr.example", staff_role=role.value)
            season.staff[role.value] = people.join_staff(person, at=season.at)
            counts["SKR-konton"] += 1
        by = season.staff[StaffRole.COORDINATOR]
        added = collections.import_units(units=[part.unit for part in season.parts], by=by, at=season.at)
        counts["enheter"] = len(added.added)
        collections.open_collection(year=YEAR - 1, by=by, at=season.at)
    with_file = [part for part in season.parts if part.course.last_year]
    if with_file:
        with season.phase("Förra året") as counts:
            _play_last_year(season, with_file, counts)
    close_collection(year=YEAR - 1, by=by, at=clock(LAST_YEAR_CLOSES, 15))
    season.at = clock(OPENS, 8)


def _play_last_year(season: Season, parts: list[Part], counts: Counter[str]) -> None:
    for part in parts:
        with season.step(part, "förra årets fil"):
            _join(season, part, counts)
            _approved_last_year(season, part)
            counts["filer"] += 1
            counts["rader"] += part.rows


def _approved_last_year(season: Season, part: Part) -> None:
    officer, by, at = season.staff[StaffRole.OFFICER], season.people[part.code], clock(LAST_YEARS_FILES, 9)
    submission = submission_of(part, YEAR - 1)
    content = synthetic.delivery(part.code, part.rows, part.seed, previous=True, year=YEAR)
    delivery = filing.upload(submission, content, "forra_aret.txt", by=by, at=at)
    filing.explain(submission, delivery, by=by, at=at + timedelta(minutes=40))
    filing.confirm(submission, delivery, by=by, at=at + timedelta(hours=3))
    season.expect_mail("submissions/handed_in", submission.unit)
    review.begin_review(submission=submission, by=officer, at=at + timedelta(days=2))
    submission.refresh_from_db()
    review.approve(submission=submission, by=officer, at=at + timedelta(days=3))
    season.expect_mail("submissions/approved", submission.unit)


def invite(season: Season) -> None:
    """This year opens; SKR invites a Kontaktperson of each unit that lacks one, and most of them sign up."""
    with season.phase("Inbjudningar och registrering") as counts:
        by = season.staff[StaffRole.COORDINATOR]
        opened = collections.open_collection(year=YEAR, by=by, at=season.at)
        latest = opened.collection.latest_deferral_date
        calendar.set_deferral_rules(collection=opened.collection, latest=latest, direct_days=DIRECT_DAYS, by=by, at=season.at)
        for part in season.parts:
            with season.step(part, "inbjudan"):
                if part.code not in season.people:
                    _join(season, part, counts)
                if part.course.colleague and part.code in season.people:
                    _invite_colleague(season, part, counts)


def _join(season: Season, part: Part, counts: Counter[str]) -> None:
    """A Kontaktperson: invited, and signed up but for some of those that are never heard of."""
    person = Person("kontakt", f"Kontakt {part.code}", f"kontakt.{part.code}@enhet.example", phone="08-555 00 00")
    unit = Unit.objects.get(code=part.code)
    by = season.staff[StaffRole.COORDINATOR]
    membership = profiles.invite_member(
        unit=unit, email=person.email, name=person.name, role=Role.CONTACT, by=by, at=season.at, in_bulk=True
    )
    counts["inbjudna"] += 1
    if part.path is Path.SILENT and part.seed % 2:
        profiles.resend_invitation(membership=membership, by=by, at=season.at + timedelta(days=2))
        counts["inbjudna en gång till"] += 1
        return
    season.people[part.code] = people.sign_up(person, at=season.at + timedelta(days=1))
    counts["registrerade"] += 1


def _invite_colleague(season: Season, part: Part, counts: Counter[str]) -> None:
    person = Person("kollega", f"Kollega {part.code}", f"kollega.{part.code}@enhet.example")
    unit, by = Unit.objects.get(code=part.code), season.people[part.code]
    at = season.at + timedelta(days=1, hours=2)
    profiles.invite_member(unit=unit, email=person.email, name=person.name, role=Role.SUBMITTER, by=by, at=at)
    season.people[part.code] = people.sign_up(person, at=at + timedelta(hours=1))
    counts["inbjudna"] += 1
    counts["registrerade"] += 1
