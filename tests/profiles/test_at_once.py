"""A unit's people changed from several sides at once, on real connections: it never ends up with nobody who can let others in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Invitation, RecoveryCase, User
from profiles import bounces, confirmation, facts, handovers, inviting, recovery, requests, services, suspension
from profiles.models import ContactPerson, Membership, PeopleConfirmation
from tests.accounts.test_parallel import at_once
from tests.cast import Cast, Role, give_role, make_cast, make_user
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Everybody, where other connections see them."""
    return make_cast()


@pytest.fixture
def contacts(cast: Cast) -> list[User]:
    """Anna and three more Kontaktpersoner of Trosa."""
    others = [make_user(f"kontakt{number}@trosa.example", f"Kontakt {number}") for number in range(3)]
    for user in others:
        give_role(user, cast.trosa, Role.CONTACT)
    return [cast.anna, *others]


def outcome_of(verb: Callable[[], object]) -> Callable[[], str]:
    """Whether the verb was carried out or refused."""

    def tried() -> str:
        try:
            verb()
        except services.NotAllowed:
            return "refused"
        return "done"

    return tried


def member(user: User) -> Membership:
    return Membership.objects.select_related("unit").get(user=user, unit__code="0488", ended_at=None)


def test_beh_04_when_all_leave_at_once_one_stays(cast: Cast, contacts: list[User]) -> None:
    now = timezone.now()
    pairs = [(user, member(user)) for user in contacts]
    verbs = [outcome_of(lambda one=one: services.leave_unit(membership=one[1], by=one[0], at=now)) for one in pairs]
    answers = at_once(verbs)
    assert sorted(answers) == ["done", "done", "done", "refused"]
    assert Membership.objects.able_contacts().filter(unit=cast.trosa).count() == 1


def test_skr_is_told_once_when_all_are_lost_at_once(cast: Cast, contacts: list[User]) -> None:
    now = timezone.now()
    verbs: list[Callable[[], object]] = [
        *(lambda user=user: suspension.suspend_user(user=user, by=cast.system, at=now) for user in contacts[:2]),
        *(lambda user=user: bounces.note_bounce(email=user.email, at=now) for user in contacts[2:]),
    ]
    at_once(verbs)
    subjects = [letter.subject for letter in sent_mails(cast.coordinator.email)]
    assert subjects.count("En enhet har ingen kontaktperson") == 1


def test_of_two_reviews_at_once_that_end_each_other_one_holds(cast: Cast, contacts: list[User]) -> None:
    now = timezone.now()

    def review(by: User) -> Callable[[], str]:
        others = [one for one in confirmation.people_of(cast.trosa) if one.user_id != by.pk]
        stays = {one.pk: one.role != Role.CONTACT for one in others}
        return outcome_of(lambda: confirmation.confirm_people(unit=cast.trosa, stays=stays, by=by, at=now))

    assert sorted(at_once([review(user) for user in contacts[:2]])) == ["done", "refused"]
    assert Membership.objects.able_contacts().filter(unit=cast.trosa).count() == 1
    assert PeopleConfirmation.objects.count() == 1


def test_inb_08_the_same_person_invited_from_many_sides_is_invited_once(cast: Cast) -> None:
    now = timezone.now()

    def invite() -> object:
        return services.invite_member(
            unit=cast.trosa, email="eva@trosa.example", name="Eva", role=Role.READER, by=None, at=now, in_bulk=True
        )

    assert sorted(at_once([outcome_of(invite)] * 6)) == ["done", *["refused"] * 5]
    assert Invitation.objects.count() == 1
    assert len(sent_mails("eva@trosa.example")) == 1


def test_ater_08_a_case_approved_and_cancelled_at_once_has_one_end(cast: Cast) -> None:
    now = timezone.now()
    case = recovery.open_case(
        user=cast.bo,
        kind=RecoveryCase.Kind.BOTH,
        case_number="SKR 2026/117",
        identity_check="Ringde växeln, som kopplade till Bo Ask.",
        by=cast.coordinator,
        at=now,
    )
    at_once(
        [
            outcome_of(lambda: recovery.approve_case(case=case, by=cast.system, at=now)),
            outcome_of(lambda: recovery.cancel_case(case=case, by=cast.coordinator, at=now)),
        ]
    )
    case.refresh_from_db()
    assert case.cancelled_at == now
    assert not RecoveryCase.objects.undecided(now).exists()


def test_beh_04_a_request_that_is_granted_and_declined_at_once_has_one_answer(cast: Cast, contacts: list[User]) -> None:
    asked, _ = requests.ask_for_access(unit=cast.trosa, role=Role.READER, text="Ny i laget.", by=cast.dan, at=timezone.now())
    now = timezone.now()
    answers = at_once(
        [
            outcome_of(
                lambda: requests.grant_request(request=asked, role="reader", ends_on=None, text="", by=contacts[0], at=now)
            ),
            outcome_of(
                lambda: requests.grant_request(request=asked, role="contact", ends_on=None, text="", by=contacts[1], at=now)
            ),
            outcome_of(lambda: requests.decline_request(request=asked, text="Nej.", by=contacts[2], at=now)),
            outcome_of(lambda: requests.withdraw_request(request=asked, by=cast.dan, at=now)),
        ]
    )
    assert sorted(answers) == ["done", "refused", "refused", "refused"]
    asked.refresh_from_db()
    held = Membership.objects.in_force().filter(user=cast.dan, unit=cast.trosa).count()
    assert held == (1 if asked.outcome == "granted" else 0)


def test_an_offer_accepted_and_taken_back_at_once_ends_in_one_way(cast: Cast) -> None:
    now = timezone.now()
    offer = handovers.offer_handover(unit=cast.trosa, to=member(cast.bo).pk, rest="", by=cast.anna, at=now)
    answers = at_once(
        [
            outcome_of(lambda: handovers.accept_handover(handover=offer, by=cast.bo, at=now)),
            outcome_of(lambda: handovers.withdraw_handover(handover=offer, by=cast.anna, at=now)),
            outcome_of(lambda: handovers.decline_handover(handover=offer, by=cast.bo, at=now)),
        ]
    )
    assert sorted(answers) == ["done", "refused", "refused"]
    assert Membership.objects.able_contacts().filter(unit=cast.trosa).count() == 1


def test_the_same_list_sent_twice_at_once_invites_each_once(cast: Cast) -> None:
    lines, now = inviting.read_lines("a@trosa.example\nb@trosa.example\nc@trosa.example"), timezone.now()

    def send() -> str:
        made = inviting.invite_many(unit=cast.trosa, lines=lines, role="reader", ends_on=None, by=cast.anna, at=now)
        return "".join(sorted(one.kind[0] for one in made))

    kinds = "".join(at_once([send, send]))
    assert sorted(kinds) == list("iiittt")
    assert Invitation.objects.count() == 3
    assert [len(sent_mails(f"{name}@trosa.example")) for name in "abc"] == [1, 1, 1]


def test_two_contacts_named_at_once_leave_one_in_force(cast: Cast, contacts: list[User]) -> None:
    def name(person: User) -> Callable[[], str]:
        values = {"name": person.name, "title": "", "email": "", "phone": "0156-520 00"}
        return lambda: str(facts.change_contact_person(unit=cast.trosa, by=person, at=timezone.now(), **values))

    assert at_once([name(person) for person in contacts]) == ["True"] * 4
    assert ContactPerson.objects.filter(ended_at=None).count() == 1
    assert ContactPerson.objects.count() == 4
