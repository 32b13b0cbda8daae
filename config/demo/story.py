"""What happens in the demo, in order: last year's collection, this year's units in every state, and what people write.

Trosa (0488) has last year's approved file and none this year, so that a new one can be uploaded:
`manage.py demo_file --unit 0488 --rows 2100 --seed 7 --defects 0.02` fits last year's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from django.utils import timezone

from accounts.models import User
from config.demo import desk, filing, people, texts
from config.demo.people import Person
from deferrals import exempting
from deferrals import services as deferrals
from deferrals import states as deferral_states
from deferrals.models import Deferral, Exemption
from messaging import services as messaging
from messaging.models import Thread
from profiles import facts
from profiles.models import Unit
from submissions import builtin, checking, states, synthetic
from submissions.models import Collection, Delivery, Submission
from submissions.services import (
    calendar,
    closing,
    collections,
    deliver,
    groups,
    looks,
    reopen,
    review,
    storage,
)
from submissions.spec import KOMMUNALFORBUND, UnitSpec

YEAR = 2026
STORY_DAYS = 30  # how long ago this year's story begins
FIRST_FILE = 12  # and how long ago the first real file comes
TROSA_ROWS, TROSA_SEED = 2100, 7
SLIPS = 0.008  # share of rows with a slip in the files that were put right
FORMS = UUID("6f1f6a52-8c1d-4f5e-9d0a-2a7a4f0c2026")  # names the forms of the story, so that each message is one


NOBODY = UnitSpec("8801", "Kommunalförbundet Sörmlands arkiv", KOMMUNALFORBUND)  # had no employees this year
EXEMPT = UnitSpec("8802", "Kommunalförbundet Sörmlands vatten", KOMMUNALFORBUND)  # another unit hands in for it
DIRECT_DAYS = 3  # of uppskov that are given without a decision


@dataclass
class Story:
    """The people by key, and the clock."""

    now: datetime
    cast: list[Person]
    users: dict[str, User] = field(default_factory=dict)
    forms: int = 0

    def ago(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        """A time of day so many days before today; never later than now."""
        day = timezone.localtime(self.now).date() - timedelta(days=days)
        return min(at_clock(day, hour, minute), self.now)

    def form(self) -> UUID:
        """The next form's own number."""
        self.forms += 1
        return uuid5(FORMS, str(self.forms))

    def person(self, key: str) -> Person:
        """Somebody of the cast."""
        return next(person for person in self.cast if person.key == key)


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A Swedish time of day."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def tell(now: datetime, *, say: Callable[[str], object] = lambda text: None) -> list[Person]:
    """Make the whole demo, in the caller's transaction; everybody with password and secret. `say` hears how far it has come."""
    story = Story(now, people.cast())
    for what, part in (
        ("enheter", _reference_data),
        ("förra året", _last_year),
        ("personer", _people_of_this_year),
        ("årets insamling", _open_this_year),
        ("Region Sörmland", _region),
        ("tre kommuner", _three_kommuner),
        ("lönesamverkan", _lonesamverkan),
        ("Trosa", _trosa),
        ("inloggningar", _signed_in_lately),
    ):
        say(f"{what} …")
        part(story)
    return story.cast


def _signed_in_lately(story: Story) -> None:
    """Everybody with an account has used it within the week: nobody in the demo is about to be closed out as dormant."""
    for number, person in enumerate(story.cast):
        if person.signs_up:
            last_login = story.now - timedelta(days=number % 7, hours=2)
            User.objects.filter(email=person.email).update(last_login=last_login)


# Last year -----------------------------------------------------------------------------------------------------------


def _reference_data(story: Story) -> None:
    collections.import_units(units=(*builtin.units(), NOBODY, EXEMPT), by=None, at=at_clock(date(YEAR - 1, 9, 1), 8))


def _last_year(story: Story) -> None:
    """SKR's people, Trosa's people, three approved files, one of them late; then the year is closed and locked."""
    start = date(YEAR - 1, 10, 13)
    for minute, key in enumerate(("samordnare", "handlaggare", "statistiker", "system")):
        story.users[key] = people.join_staff(story.person(key), at=at_clock(start, 9, minute))
    collections.open_collection(year=YEAR - 1, by=story.users["statistiker"], at=at_clock(start, 11))
    coordinator = story.users["samordnare"]
    story.users["anna"] = people.join_units(story.person("anna"), by=coordinator, at=at_clock(start, 13))
    story.users["bo"] = people.join_units(story.person("bo"), by=story.users["anna"], at=at_clock(start + timedelta(days=1), 8))
    story.users["nils"] = people.join_units(story.person("nils"), by=coordinator, at=at_clock(start + timedelta(days=1), 13))
    for code, key, rows, seed, day in (
        ("0488", "bo", TROSA_ROWS, TROSA_SEED, date(YEAR - 1, 11, 13)),
        ("0480", "nils", 900, 80, date(YEAR - 1, 11, 14)),
        ("0484", "nils", 1200, 84, date(YEAR - 1, 12, 3)),
    ):
        file = synthetic.delivery(code, rows, seed, previous=True, year=YEAR)
        submission = _submission(code, YEAR - 1)
        at = at_clock(day, 9, 20)
        delivery = filing.upload(submission, file, f"nov_{code}.txt", by=story.users[key], at=at)
        _explain_and_confirm(submission, delivery, by=story.users[key], at=at + timedelta(minutes=40))
        _approve(story, submission, at=at + timedelta(days=6))
    closing.close_collection(year=YEAR - 1, by=coordinator, at=at_clock(date(YEAR - 1, 12, 19), 15))


# This year -----------------------------------------------------------------------------------------------------------


def _people_of_this_year(story: Story) -> None:
    coordinator, day = story.users["samordnare"], STORY_DAYS
    story.users["cia"] = people.join_units(story.person("cia"), by=story.users["anna"], at=story.ago(day, 8))
    story.users["rut"] = people.join_units(story.person("rut"), by=coordinator, at=story.ago(day, 8, 30))
    story.users["maria"] = people.join_units(story.person("maria"), by=coordinator, at=story.ago(day, 9))


def _open_this_year(story: Story) -> None:
    """Open the year; where the machine's clock stands before its opening day, the demo's year opens earlier."""
    at = story.ago(STORY_DAYS, 12)
    opened = collections.open_collection(year=YEAR, by=story.users["statistiker"], at=at)
    year = Collection.objects.filter(pk=opened.collection.pk)
    opens_on, delivers_on = timezone.localdate(at), timezone.localdate(story.ago(FIRST_FILE))
    year.filter(opens_on__gt=opens_on).update(opens_on=opens_on)
    year.filter(delivers_on__gt=delivers_on).update(delivers_on=delivers_on)
    latest, coordinator = opened.collection.latest_deferral_date, story.users["samordnare"]
    calendar.set_deferral_rules(collection=opened.collection, latest=latest, direct_days=DIRECT_DAYS, by=coordinator, at=at)


def _region(story: Story) -> None:
    """Region Sörmland: a file with findings under review, a question from each side, and a dispens."""
    hanna, sara = story.users["handlaggare"], story.users["samordnare"]
    rut, submission = story.users["rut"], _submission("0400")
    filing.upload(submission, _file("0400", 1500, 40, 0.03), "novemberstatistik.txt", by=rut, at=story.ago(6, 10, 12))
    messaging.start_thread(
        unit=submission.unit,
        year=YEAR,
        category=Thread.Category.FILE,
        subject="Läkare med delad tjänst",
        text=texts.DELAD_TJANST,
        by=rut,
        at=story.ago(2, 14, 5),
        nonce=story.form(),
    )
    submission.refresh_from_db()
    desk.waive(submission, "LOG03", until=(story.now + timedelta(days=40)).date(), by=hanna, at=story.ago(2, 15))
    desk.ask_about(
        submission,
        "LOG01",
        "Läkare utan specialitet",
        texts.FRAGA_UTAN_SPECIALITET,
        by=hanna,
        at=story.ago(1, 15),
        nonce=story.form(),
    )
    desk.announce(
        starts_at=at_clock(timezone.localdate(story.now) + timedelta(days=8), 8), nonce=story.form(), by=sara, at=story.now
    )
    desk.tell_of_fault(nonce=story.form(), by=sara, at=story.ago(3, 10))


def _three_kommuner(story: Story) -> None:
    """Gnesta asks for uppskov, Flen has handed in, Katrineholm gets its file back."""
    maria, hanna = story.users["maria"], story.users["handlaggare"]
    _request_deferral(
        story,
        "0461",
        Deferral.Reason.PAYROLL_SYSTEM,
        "Vi byter lönesystem i november och får filen först efter bytet.",
        by=maria,
        days=3,
    )
    _hand_in(story, "0482", 700, 82, by=maria, at=story.ago(4, 15, 30))
    katrineholm = _hand_in(story, "0483", 800, 83, by=maria, at=story.ago(9, 11))
    review.begin_review(submission=katrineholm, by=hanna, at=story.ago(7, 9))
    katrineholm.refresh_from_db()
    desk.mark_first(katrineholm, texts.PUNKT, by=hanna, at=story.ago(7, 10))
    review.return_to_unit(
        submission=katrineholm,
        reason="Timavlönade i hemtjänsten saknas i filen. Lägg till dem och klarmarkera igen.",
        by=hanna,
        at=story.ago(6, 13),
    )
    messaging.start_thread(
        unit=katrineholm.unit,
        year=YEAR,
        category=Thread.Category.FILE,
        subject="Timavlönade i hemtjänsten",
        text=texts.TIMAVLONADE,
        by=hanna,
        at=story.ago(6, 13, 10),
        nonce=story.form(),
    )


def _lonesamverkan(story: Story) -> None:
    """Five kommuner and a kommunalförbund of one office: reviewed by SKR, approved and asked to be opened again, uppskov
    granted and declined, a refused file, nobody employed. Another kommunalförbund is exempt.
    """
    nils, hanna, sara = story.users["nils"], story.users["handlaggare"], story.users["samordnare"]
    nykoping = _hand_in(story, "0480", 900, 80, by=nils, at=story.ago(8, 10))
    review.begin_review(submission=nykoping, by=hanna, at=story.ago(1, 10))
    nykoping.refresh_from_db()
    desk.accept_first(nykoping, by=hanna, at=story.ago(1, 10, 15))
    desk.note(nykoping, texts.ANTECKNING, nonce=story.form(), by=hanna, at=story.ago(1, 11))
    _look(nykoping, by=story.users["nils"], at=story.ago(8, 10, 4))
    _look(nykoping, by=hanna, at=story.ago(1, 10, 20), purpose=texts.ANDAMAL)
    eskilstuna = _hand_in(story, "0484", 1200, 84, by=nils, at=story.ago(FIRST_FILE, 10))
    _approve(story, eskilstuna, at=story.ago(10, 10))
    reopen.ask_to_reopen(submission=_submission("0484"), reason=texts.OPPNA_IGEN, by=nils, at=story.ago(2, 13, 20))
    archive = _submission(NOBODY.code)
    if states.can_state_nobody(nils, archive, today=timezone.localdate(story.ago(6))):
        review.hand_in_nobody(
            submission=archive, expected_version=0, late=filing.why_late(archive, story.ago(6, 9)), by=nils, at=story.ago(6, 9)
        )
    granted = _request_deferral(story, "0481", Deferral.Reason.ILLNESS, "Vår löneadministratör är sjukskriven.", by=nils, days=11)
    if granted is not None:
        deferrals.grant_deferral(
            deferral=granted,
            granted_date=granted.requested_date,
            answer="Beviljas. Hör av er om något ändras.",
            by=sara,
            at=story.ago(10, 8, 45),
        )
    declined = _request_deferral(story, "0486", Deferral.Reason.OTHER, "Vi har mycket att göra just nu.", by=nils, days=11)
    if declined is not None:
        deferrals.decline_deferral(
            deferral=declined,
            answer="Vi kan inte ge uppskov av det skälet. Skicka gärna en testfil redan nu.",
            by=sara,
            at=story.ago(10, 9),
        )
    exempting.decide_exemption(
        submission=_submission(EXEMPT.code),
        reason=Exemption.Reason.ELSEWHERE,
        text="Personalen är anställd av Nyköpings kommun, som lämnar uppgifterna.",
        by=sara,
        at=story.ago(9, 14),
    )
    filing.upload(_submission("0428"), b"%PDF-1.7\n% lonelista\n", "lonelista.pdf", by=nils, at=story.ago(5, 16))


def _trosa(story: Story) -> None:
    """Trosa: nothing uploaded yet, a closed thread, a new message from SKR, and Elin who has not signed up."""
    anna, bo, hanna = story.users["anna"], story.users["bo"], story.users["handlaggare"]
    unit = Unit.objects.get(code="0488")
    thread = messaging.start_thread(
        unit=unit,
        year=YEAR,
        category=Thread.Category.FILE,
        subject="Vad ska fälten innehålla?",
        text=texts.FALTEN,
        by=bo,
        at=story.ago(20, 9, 30),
        nonce=story.form(),
    )
    messaging.mark_read(thread=thread, by=hanna)
    messaging.reply(thread=thread, text=texts.FALTEN_SVAR, by=hanna, at=story.ago(20, 13), nonce=story.form())
    messaging.mark_read(thread=thread, by=bo)
    messaging.close_thread(thread=thread, by=bo, at=story.ago(19, 8))
    messaging.start_thread(
        unit=unit,
        year=YEAR,
        category=Thread.Category.FILE,
        subject="Dags för årets fil",
        text=texts.ARETS_FIL,
        by=hanna,
        at=story.ago(1, 9, 5),
        nonce=story.form(),
    )
    people.join_units(story.person("elin"), by=anna, at=story.now)
    facts.change_contact_person(
        unit=unit,
        name="Karin Kvist",
        title="Lönechef",
        email="karin.kvist@trosa.example",
        phone="0156-555 10",
        by=anna,
        at=story.ago(25),
    )
    desk.pin_on_unit(unit, texts.ANTECKNING_ENHET, nonce=story.form(), by=hanna, at=story.ago(18))
    number = synthetic.known_units()["0488"].organisation_number
    facts.add_number(unit=unit, number=number, valid_from=date(YEAR - 6, 1, 1), by=anna, at=story.ago(25, 9, 5))


# Steps ---------------------------------------------------------------------------------------------------------------


def _submission(code: str, year: int = YEAR) -> Submission:
    return Submission.objects.select_related("unit", "collection").get(unit__code=code, collection__year=year)


def _file(code: str, rows: int, seed: int, slips: float = 0.0) -> bytes:
    return synthetic.delivery(code, rows, seed, slips, year=YEAR)


def _hand_in(story: Story, code: str, rows: int, seed: int, *, by: User, at: datetime) -> Submission:
    """This year's file with a few slips: correct what must be corrected, explain the rest, Klarmarkera."""
    submission, clean = _submission(code), _file(code, rows, seed)
    delivery = filing.upload(submission, _file(code, rows, seed, SLIPS), f"nov_{code}.txt", by=by, at=at)
    delivery = filing.mend(delivery, clean, by=by, at=at + timedelta(minutes=5))
    if delivery.fel:
        delivery = filing.upload(submission, clean, f"nov_{code}_ny.txt", by=by, at=at + timedelta(minutes=30))
    _explain_and_confirm(submission, delivery, by=by, at=at + timedelta(minutes=40))
    return submission


def _explain_and_confirm(submission: Submission, delivery: Delivery, *, by: User, at: datetime) -> None:
    filing.explain(submission, delivery, by=by, at=at)
    filing.confirm(submission, delivery, by=by, at=at + timedelta(hours=2))


def _approve(story: Story, submission: Submission, *, at: datetime) -> None:
    hanna = story.users["handlaggare"]
    review.begin_review(submission=submission, by=hanna, at=at)
    submission.refresh_from_db()
    review.approve(submission=submission, by=hanna, at=at + timedelta(hours=2))


def _look(submission: Submission, *, by: User, at: datetime, purpose: str = "") -> None:
    """Open the rows of the first group, and with a purpose their personnummer."""
    delivery = deliver.fresh(Delivery.objects.light().get(submission=submission, is_current=True))
    findings = storage.findings_of(delivery)
    group = groups.groups_of(submission, findings)[0]
    rows = checking.group_rows(findings, group.check, group.field, group.value)["row"].to_list()
    looks.at_findings(delivery=delivery, group=group, rows=rows, by=by, revealed=bool(purpose), purpose=purpose, at=at)


def _request_deferral(story: Story, code: str, reason: str, text: str, *, by: User, days: int) -> Deferral | None:
    """A request for the last day that may be asked for; None once no later date is left this year."""
    at = story.ago(days, 9, 40)
    submission = _submission(code)
    window = deferral_states.window(submission, timezone.localdate(at))
    if window is None:
        return None
    return deferrals.request_deferral(submission=submission, requested_date=window[1], reason=reason, text=text, by=by, at=at)
