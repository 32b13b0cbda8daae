"""What every page of one submission starts from: the submission behind its door, its files, and its situation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from config.lib import personnummer
from config.lib.progress import Progress
from profiles import access
from profiles.models import Unit
from submissions import progress, states
from submissions.checking.waivers import WaiverSpec
from submissions.code_search import LONGEST_QUERY, Entry, search
from submissions.fields import CODE_LISTS, in_words
from submissions.models import Delivery, Receipt, ReopenRequest, ReviewPoint, Submission, Supplement
from submissions.services import deliver, issuing, points, settings, storage
from submissions.services.evaluate import positions_of, waivers_of
from submissions.situation import Situation, situation_of
from submissions.spec import CollectionSpec, sector_of


@dataclass
class Room:
    """One submission as the page sees it, with all its files, newest first."""

    request: UserRequest
    submission: Submission
    deliveries: list[Delivery]
    now: datetime

    @property
    def today(self) -> date:
        """The day in Sweden."""
        return timezone.localdate(self.now)

    @property
    def current(self) -> Delivery | None:
        """The file that counts, as long as it is kept."""
        return next((d for d in self.deliveries if d.is_current and d.purged_at is None), None)

    @property
    def shown(self) -> Delivery | None:
        """The file the page is about: the version that was asked for (?version=3), else the one that counts."""
        return self.asked or self.current

    @cached_property
    def asked(self) -> Delivery | None:
        """The checked version that the address asks for, where that is not the one that counts."""
        number = self.request.GET.get("version", "")
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            return None
        found = (d for d in self.deliveries if d.version == int(number) and not d.is_current and d.purged_at is None)
        return next((d for d in found if d.status == Delivery.Status.CHECKED), None)

    @property
    def query(self) -> str:
        """What keeps an address at the shown version: "?version=3", empty for the one that counts."""
        return f"?{urlencode(self.parameters)}" if self.parameters else ""

    @property
    def parameters(self) -> dict[str, str]:
        """The same for an address that has more to keep."""
        return {"version": str(self.asked.version)} if self.asked else {}

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """The first row of each part of the shown file, for the filter `place`; none of a single file."""
        return storage.firsts_of(self.shown) if self.shown else ()

    def url(self, page: str, *rest: object) -> str:
        """The address of one of the submission's pages, kept at the shown version."""
        return reverse(f"submissions:{page}", args=[*self.address, *rest]) + self.query

    @property
    def newest(self) -> Delivery | None:
        """The real file that was uploaded last, whatever became of it."""
        return next((d for d in self.deliveries if not d.is_test), None)

    @property
    def waiting(self) -> Delivery | None:
        """A file that is stored and not yet checked."""
        return next((d for d in self.deliveries if d.status == Delivery.Status.RECEIVED), None)

    @cached_property
    def going_on(self) -> list[Progress]:
        """The check of that file, for the page that shows it and asks again until it is done."""
        return [progress.of_check(self.waiting, at=self.now)] if self.waiting else []

    @cached_property
    def situation(self) -> Situation:
        """How it stands."""
        return situation_of(
            self.submission,
            self.current,
            today=self.today,
            is_reopened=self.reopened is not None,
            must_explain=not self._explaining_is_optional,
            points=self.open_points,
        )

    @cached_property
    def points(self) -> dict[str, ReviewPoint]:
        """What SKR wants looked at again, by group: those of the last return."""
        return {point.group: point for point in points.latest_round(self.submission)}

    @cached_property
    def waivers(self) -> tuple[WaiverSpec, ...]:
        """What SKR has decided that the shown file need not correct or explain."""
        return waivers_of(self.shown) if self.shown else ()

    @property
    def open_points(self) -> int:
        """How many of them are left to mend or answer."""
        return sum(point.is_open for point in self.points.values())

    @cached_property
    def reopened(self) -> Receipt | None:
        """The receipt that still holds where SKR has opened again what it had approved."""
        return issuing.reopened(self.submission)

    @cached_property
    def reopen_request(self) -> ReopenRequest | None:
        """The last request to open the approved submission again."""
        if self.submission.status != Submission.Status.APPROVED:
            return None
        asked = ReopenRequest.objects.filter(submission=self.submission).select_related("asked_by", "decided_by")
        return asked.exclude(outcome=ReopenRequest.Outcome.TAKEN_BACK).order_by("-asked_at", "-pk").first()

    @cached_property
    def judged_before(self) -> datetime | None:
        """When SKR changed the year's checks after the unit had handed in, which does not concern what it handed in."""
        if self.submission.status in states.WORKING:
            return None
        receipt = issuing.receipt_in_force(self.submission)
        return settings.accepted_before(self.submission, receipt.issued_at if receipt else None)

    @property
    def _explaining_is_optional(self) -> bool:
        is_asked = self.current is not None and self.current.uncommented > 0 and self.submission.status in states.WORKING
        return is_asked and bool(states.explaining_is_optional([self.submission]))

    @property
    def is_not_handed_in(self) -> bool:
        """Whether there is a file that SKR has not got: nobody has handed it in."""
        return self.submission.status in states.WORKING and self.current is not None and self.reopened is None

    @cached_property
    def spec(self) -> CollectionSpec:
        """The year's settings as the engines read them."""
        return self.submission.collection.spec()

    @cached_property
    def why_not_change(self) -> str:
        """Why the person cannot correct and explain what is shown; empty where she can."""
        if self.asked is not None and self.asked.is_test:
            return "Det här är en testfil. Den går att läsa men inte att ändra."
        if self.asked is not None:
            return f"Version {self.asked.version} är inte den fil som gäller. Den går att läsa men inte att ändra."
        return self.why_not_upload

    @property
    def why_not_read_again(self) -> str:
        """Why the person cannot say how the shown file's letters are written; empty where she can."""
        return self.why_not_test if self.asked is not None and self.asked.is_test else self.why_not_change

    @cached_property
    def why_not_upload(self) -> str:
        """Why the person cannot deliver a file now; empty where she can."""
        return states.reason_against(states.check_can_change, self.request.user, self.submission, today=self.today)

    @cached_property
    def why_not_reopen(self) -> str:
        """Why the person cannot ask SKR to open the submission again; empty where she can."""
        return states.reason_against(states.check_can_ask_to_reopen, self.request.user, self.submission)

    @cached_property
    def why_not_state_nobody(self) -> str:
        """Why the person cannot state that nobody was employed; empty where she can."""
        return states.reason_against(states.check_can_state_nobody, self.request.user, self.submission, today=self.today)

    @cached_property
    def why_not_test(self) -> str:
        """Why the person cannot try a test file now; empty where she can."""
        return states.reason_against(states.check_can_test, self.request.user, self.submission, today=self.today)

    @cached_property
    def why_not_hand_in(self) -> str:
        """Why the person cannot hand in now; empty where she can."""
        return states.reason_against(states.check_can_hand_in, self.request.user, self.submission, self.current, today=self.today)

    @property
    def is_region(self) -> bool:
        """Whether the unit is a region: it gives a kodförteckning."""
        return self.submission.unit.kind == Unit.Kind.REGION

    @cached_property
    def lacks_positions(self) -> bool:
        """A region that has given no kodförteckning (KOM01)."""
        listed = Supplement.objects.in_force().filter(submission=self.submission, kind=Supplement.Kind.POSITIONS)
        return self.is_region and not listed.exists()

    @property
    def may_reveal(self) -> bool:
        """Whether the person may see whole personnummer."""
        return access.can_reveal_personnummer(self.request.user, self.submission.unit)

    @property
    def address(self) -> list[object]:
        """The arguments of the submission's addresses."""
        return [self.submission.unit.code, self.submission.collection.year]

    def context(self, **extra: Any) -> dict[str, Any]:
        """What all templates of one submission use."""
        asked = self.asked
        return {
            "asked_until": asked.uploaded_at + limits.TEST_FILES_KEPT if asked and asked.is_test else None,
            "room": self,
            "submission": self.submission,
            "unit": self.submission.unit,
            "year": self.submission.collection.year,
            "unit_year": f"{self.submission.unit.name} {self.submission.collection.year}",
            "situation": self.situation,
            **extra,
        }


def enter(request: UserRequest, code: str, year: int) -> Room:
    """The submission of that unit and year, or 404. A check that was cut short is taken up on the way in."""
    submission = _submission(request, code, year)
    now = timezone.now()
    room = Room(request, submission, _deliveries(submission), now)
    may_check = request.method == "GET" and request.user.viewing is None
    if may_check and room.waiting is not None and deliver.take_up_unchecked(at=now, submission=submission):
        submission = _submission(request, code, year)
        room = Room(request, submission, _deliveries(submission), now)
    return room


def _submission(request: UserRequest, code: str, year: int) -> Submission:
    found = (
        Submission.objects.visible_to(request.user)
        .filter(unit__code=code, collection__year=year)
        .select_related("unit", "collection", "handler")
        .first()
    )
    if found is None:
        access.unit_or_404(request.user, code)  # logs the try, where the unit is another's
        raise Http404
    return found


def _deliveries(submission: Submission) -> list[Delivery]:
    deliveries = list(
        Delivery.objects.light().filter(submission=submission).select_related("uploaded_by").order_by("-version", "pk")
    )
    for delivery in deliveries:
        delivery.submission = submission
    return deliveries


def enter_to_change(request: UserRequest, code: str, year: int) -> Room:
    """`enter` for a press that changes the current file. Raises `NotAllowed` where the person may not now."""
    room = enter(request, code, year)
    if room.why_not_change:
        raise NotAllowed(room.why_not_change)
    return room


def after_undo(request: UserRequest) -> str:
    """The page an undone correction leads to: "Det som följde med" where it was undone there, else all corrections."""
    return "submissions:followed" if request.POST.get("tillbaka") == "foljde-med" else "submissions:corrections"


def shown_or_404(room: Room) -> Delivery:
    """The file the page is about; 404 where there is none. Its large columns are fetched where something asks for them."""
    if room.shown is None:
        raise Http404
    return room.shown


def field_name(spec: CollectionSpec, number: int | None) -> str:
    """ "Fält 9 Etikett enligt AID"; empty for the whole file."""
    if number is None or not 1 <= number <= len(spec.layout):
        return ""
    return f"Fält {number} {spec.layout[number].name}"


CODES_SHOWN = 12
CODES_PROPOSED = 400
POSITION_FIELD = 14


def codes_of(room: Room, number: int | None) -> list[Entry]:
    """The codes of the field's list that are for such a unit, or of its own kodförteckning; none where there is no list."""
    if number == POSITION_FIELD:
        return [Entry(code, label) for code, label in (positions_of(room.submission) or {}).items()]
    listed = room.spec.lists.get(CODE_LISTS.get(number or 0, ""))
    if listed is None:
        return []
    is_region = room.is_region
    mine = (code for code in listed.codes.values() if code.sector in ("", sector_of(room.submission.unit.kind)))
    return [Entry(code.code, code.label, code.group_region if is_region else code.group_kommun) for code in mine]


def codes_beside(room: Room, number: int | None) -> list[Entry]:
    """The codes that a box proposes by itself; none where they are too many for a page."""
    entries = codes_of(room, number)
    return entries if len(entries) <= CODES_PROPOSED else []


@dataclass(frozen=True, slots=True)
class CodeChoice:
    """A search among the codes of a field, and the box that a chosen one goes to."""

    field: int
    name: str  # of the list
    box: str  # the id of the text box
    query: str
    matches: list[Entry]
    total: int
    chosen: str  # the code that the address carries, without JavaScript
    is_short: bool  # all are shown, and there is nothing to search for
    is_person: bool  # what was asked for looks like a personnummer: nothing is searched and it is not sent back


def code_choice(room: Room, number: int | None, *, box: str) -> CodeChoice | None:
    """The search that the address asks for (?q=, ?varde=); None where the field has no list. A short list shows itself."""
    entries = codes_of(room, number)
    if number is None or not entries:
        return None
    asked, chosen = room.request.GET.get("q", ""), room.request.GET.get("varde", "")
    is_person = personnummer.LOOKS_LIKE.search(asked) is not None
    query = "" if is_person else asked[:LONGEST_QUERY]
    is_short = len(entries) <= CODES_SHOWN
    return CodeChoice(
        field=number,
        name=room.spec.lists[CODE_LISTS[number]].name if number in CODE_LISTS else "Er kodförteckning",
        box=box,
        query=query,
        matches=search(entries, query, limit=CODES_SHOWN) if query.strip() or is_short else [],
        total=len(entries),
        chosen=chosen if any(entry.code == chosen for entry in entries) else "",
        is_short=is_short,
        is_person=is_person,
    )


def label_of(spec: CollectionSpec, number: int, value: str | None) -> str:
    """What a code means; empty where it is not in the field's list."""
    listed = spec.lists.get(CODE_LISTS.get(number, ""))
    code = listed.codes.get(value or "") if listed else None
    return code.label if code else ""


def words_of(spec: CollectionSpec, number: int, value: str | None) -> str:
    """What a value means: the code's name, the amount or the date as it is said; empty where it says so itself."""
    return label_of(spec, number, value) or in_words(number, value)


def file_name(delivery: Delivery) -> str:
    """The file's own name, for showing; when it went, once it is gone."""
    if delivery.purged_at is not None:
        return f"Borttagen {timezone.localdate(delivery.purged_at).isoformat()}"
    return ", ".join(storage.names_of(delivery))
