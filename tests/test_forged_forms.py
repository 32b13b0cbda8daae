"""Forged forms: whatever else a form carries, it does what it did without (security.md: BEH-05, BEH-08, ADM-05).

Generated over the URLconf: each address is posted twice, once as its page would send it and once with rights, roles, owners
and keys added, or with the rows of a formset that nobody sent. The two must leave the same rows behind, but for what is
random. An address that nobody filled in below is posted with an empty form, which must then change as little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import invite_user
from messaging.models import Thread
from profiles import confirmation
from profiles.models import Membership
from submissions.models import Correction
from submissions.services import storage
from tests import addresses, people
from tests.addresses import Route
from tests.cast import PASSWORD, sign_in
from tests.client import GuardedClient
from tests.everywhere import taken_back
from tests.people import Person
from tests.scene import Scene
from tests.test_access import ROUTES, expected, user_of

pytestmark = pytest.mark.django_db

OURS = ("accounts", "profiles", "messaging", "submissions", "deferrals", "admin", "auth")
NONCE = "0b9c1d3e-2f4a-4c5b-8d6e-7f8091a2b3c4"
RECEIPT = re.compile(r"Kvittens [0-9A-Z-]{14}")  # its code is drawn by lot
RANDOM = {"nonce", "code", "digest", "mac", "key", "session_key", "session_data", "session_hmac", "email_hmac", "request_id"}
# Said in words, with keys of new rows in them; or the chain over all of it.
NOT_COMPARED = {("AuditEvent", "object"), ("AuditEvent", "result")}
NOT_COMPARED_MODELS = {"Session", "AuditOrigin", "AuditLink", "RateLimit"}

# What the page of an address sends, where an empty form would do nothing.
FORMS: dict[str, dict[str, object]] = {
    "accounts:change_password": {"current": PASSWORD, "password": "Ny7#katt!Moln", "confirmation": "Ny7#katt!Moln"},
    "accounts:change_address": {"email": "anna.ny@trosa.example"},
    "profiles:details": {"name": "Anna Ek-Lund", "phone": "0156-520 00"},
    "profiles:invite": {"email": "ny.kollega@trosa.example", "name": "Ny Kollega", "role": "reader"},
    "profiles:member": {"role": "submitter"},
    "profiles:correct_address": {"email": "ratt.adress@trosa.example"},
    "messaging:new": {"unit": "0488", "category": "file", "subject": "En fråga", "text": "Hur gör vi?", "nonce": NONCE},
    "messaging:thread": {"text": "Tack.", "nonce": NONCE},
    "messaging:tick": {"answer": "Ja."},
    "submissions:ask_group": {"subject": "En fråga", "text": "Hur gör vi?", "nonce": NONCE},
    "submissions:ask_row": {"subject": "En fråga", "text": "Hur gör vi?", "nonce": NONCE},
    "submissions:comment": {"text": "Det stämmer, vi har frågat."},
    "submissions:save_draft": {"text": "Det stämmer, vi har"},
    "submissions:correct": {"version": 1, "revision": 2, "value": "1"},
    "submissions:correct_batch": {"version": 1, "revision": 2, "value": "1", "reason": "Fel i lönesystemet."},
    "submissions:hand_in": {"version": 1, "revision": 2},
    "submissions:nobody_employed": {"version": 1},
    "submissions:ask_to_reopen": {"reason": "Vi har hittat ett fel i filen."},
    "admin:submissions_submission_refuse_to_reopen": {"nej-answer": "Det går inte."},
    "submissions:choose_payroll_system": {"system": "annat", "other": "Lönetjänsten"},
    "submissions:choose_encoding": {"part": "1", "encoding": "cp850"},
    "admin:profiles_unit_invite": {"email": "ny.kontakt@trosa.example", "name": "Ny Kontakt", "role": "contact"},
    "admin:profiles_unitmerger_plan": {"into": "0480", "on": "2027-01-01", "keeps_file": "on"},
    "admin:profiles_unit_rename": {"name": "Trosa stad", "valid_from": "2026-11-16"},
    "admin:profiles_unit_note": {"note": "Ring lönechefen.", "nonce": NONCE},
    "admin:profiles_unit_correct_note": {"note": "Ring lönechefen.", "revision": "1"},
    "admin:accounts_recoverycase_open": {
        "case_number": "SKR 2026-17",
        "identity_check": "Ringde växeln på 0156-520 00, kopplades till personen. Bo Ask intygade.",
    },
    "admin:submissions_submission_export": {"purpose": "Kontroll av löner i insamlingen"},
    "admin:submissions_submission_supplement": {"purpose": "Läsa enhetens förklaring"},
    "admin:submissions_submission_reveal": {"purpose": "Kontroll av en rad med enheten"},
    "admin:accounts_invitation_correct_address": {"email": "ratt.adress@trosa.example"},
    "admin:messaging_thread_start": {"category": "file", "subject": "En fråga", "text": "Hur går det?", "nonce": NONCE},
    "admin:messaging_thread_reply": {"text": "Tack.", "nonce": NONCE},
    "admin:messaging_thread_note": {"note": "Ring på torsdag.", "nonce": NONCE},
    "admin:messaging_thread_snooze": {"until": "2026-11-20"},
    "admin:messaging_replytemplate_new": {"name": "Påminnelse", "text": "Hej {enhet}!"},
    "admin:messaging_replytemplate_save": {"name": "Standardsvar", "text": "Hej {enhet}!", "seen": "2026-11-16T08:00:00+00:00"},
    "admin:submissions_submission_return": {"reason": "Se över rad 3."},
    "admin:submissions_submission_note": {"note": "Ring lönechefen.", "nonce": NONCE},
    "admin:deferrals_deferral_grant": {"ja-granted_date": "2026-12-08"},
    "admin:deferrals_deferral_decline": {"nej-text": "Det går inte."},
    "admin:deferrals_deferral_revoke": {"upphav-text": "Det var fel enhet."},
    "admin:accounts_noticetext_write": {
        "body": "SKR ansvarar.",
        "what_changed": "Kortare.",
        "publishes_on": "2026-11-20",
        "gor": "spara",
    },  # fmt: skip
    "admin:messaging_announcement_new": {
        "text": "Stängt.",
        "tone": "info",
        "audience": "all",
        "starts_at": "2026-11-16T10:00",
        "ends_at": "2026-11-17T10:00",
        "nonce": NONCE,
        "gor": "spara",
    },  # fmt: skip
    "admin:messaging_knownissue_new": {
        "title": "Summan stämmer inte",
        "text": "Rättas på tisdag.",
        "audience": "all",
        "begins_on": "2026-11-16",
        "nonce": NONCE,
        "seen": "0",
    },  # fmt: skip
    "admin:messaging_knownissue_edit": {
        "title": "Summan stämmer igen",
        "text": "Rättat.",
        "audience": "all",
        "begins_on": "2026-11-16",
        "solved_on": "2026-11-16",
        "nonce": NONCE,
        "seen": "1",
    },  # fmt: skip
    "admin:messaging_mailtext_word": {"subject": "Ny", "body": "Hej! {portalen}", "seen": "1", "gor": "spara"},
    "admin:messaging_mailtext_restore": {"seen": "1"},
    "admin:deferrals_mailing_new": {
        "state": "alla",
        "category": "file",
        "subject": "Till {enhet}",
        "text": "Hej {enhet}!",
        "nonce": NONCE,
    },  # fmt: skip
    "admin:deferrals_exemption_decline": {"nej-text": "Ni omfattas."},
    "admin:deferrals_exemption_revoke": {"upphav-text": "Det var fel enhet."},
    "admin:deferrals_exemption_decide": {"reason": "closed", "text": "Bolaget har upphört."},
    "admin:submissions_collection_deferral_rules": {"latest": "2026-12-18", "direct_days": "3"},
    "deferrals:ask": {"units": "0488", "requested_date": "2026-12-09", "reason": "illness", "text": "", "nonce": NONCE},
    "deferrals:ask_to_be_exempt": {"reason": "closed", "text": "Bolaget har upphört."},
}
OWN = {"admin:profiles_unit_correct_note": "officer"}  # what only its writer may change
CHANGES_NOTHING_HERE = {  # the scene's file still has fel, is not approved, and is read without doubt
    "admin:messaging_thread_questions",  # it shows a preview first
    "admin:messaging_thread_reopen",
    "submissions:choose_encoding",
    "submissions:hand_in",
    "submissions:ask_to_reopen",
    "admin:submissions_submission_return",
    "admin:profiles_unitmerger_plan",  # another unit is to go up in this one already
    "admin:deferrals_deferral_revoke",  # nothing is granted, and both requests wait already
    "admin:deferrals_exemption_revoke",
    "admin:deferrals_exemption_decide",
    "deferrals:ask",
    "deferrals:ask_to_be_exempt",
    "admin:submissions_submission_refuse_to_reopen",
}


def forged_rights(scene: Scene) -> dict[str, object]:
    """Rights, roles, owners and keys that no form asks for."""
    other = scene.other
    return {
        **dict.fromkeys(("is_superuser", "is_staff", "is_active", "is_current", "is_from_staff", "is_test"), "on"),
        **dict.fromkeys(("groups", "permissions", "user_permissions"), "1"),
        "staff_role": "system",
        "role": "contact",
        "unit": "0480",
        "unit_id": other.unit.pk,
        "code": "0480",
        "id": other.colleague.pk,
        "pk": other.colleague.pk,
        "user": scene.cast.dan.pk,
        "user_id": scene.cast.dan.pk,
        "by": scene.cast.dan.pk,
        "created_by": scene.cast.dan.pk,
        "author": scene.cast.dan.pk,
        "email": "ond@annan.example",
        "password": "Ond7#katt!Moln",
        "session_epoch": "0",
        "notice_version": "0",
        "status": "approved",
        "due_date": "2027-01-31",
        "at": "2020-01-01 00:00",
        "submission": other.submission.pk,
        "delivery": other.delivery.pk,
        "thread": other.thread.pk,
        "deferral": other.deferral.pk,
        "invitation": other.waiting.invitation_id,
        "approved_by": scene.cast.dan.pk,
        "granted_date": "2027-01-31",
        "next": "https://evil.example/",
    }


def forged_rows(scene: Scene) -> dict[str, object]:
    """The management form and rows of formsets, and the admin's own verbs over many rows."""
    names = ("form", "memberships", "membership_set", "corrections", "messages")
    keys: dict[str, object] = {
        "action": "delete_selected",
        "_selected_action": scene.other.unit.pk,
        "select_across": "1",
        "_save": "1",
        "_saveasnew": "1",
        "_popup": "1",
        "post": "yes",
    }
    for name in names:
        keys |= {f"{name}-TOTAL_FORMS": "3", f"{name}-INITIAL_FORMS": "3", f"{name}-MIN_NUM_FORMS": "0"}
        for number in range(3):
            keys |= {
                f"{name}-{number}-id": scene.other.colleague.pk,
                f"{name}-{number}-role": "contact",
                f"{name}-{number}-user": scene.cast.dan.pk,
                f"{name}-{number}-unit": scene.other.unit.pk,
                f"{name}-{number}-value": "ändrat",
                f"{name}-{number}-DELETE": "on",
            }
    return keys


# What is left behind -------------------------------------------------------------------------------------------------


MODELS = {
    model.__name__: model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.app_label in OURS and model._meta.managed and model.__name__ not in NOT_COMPARED_MODELS
}


TABLES = {model._meta.db_table: name for name, model in MODELS.items()}
Rows = dict[tuple[str, Any], dict[str, Any]]


def rows_of(names: Iterable[str] = tuple(MODELS)) -> Rows:
    """Every row of those models by model and key."""
    return {
        (name, row[MODELS[name]._meta.pk.attname]): row
        for name in names
        for row in MODELS[name]._default_manager.order_by("pk").values(*compared(MODELS[name]))
    }


def written() -> dict[str, int]:
    """How many rows this transaction has written in each table, counted by PostgreSQL: those of cascades and triggers too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def compared(model: type[models.Model]) -> list[str]:
    """The columns that are the same each time the same thing is done: sealed and random ones are not."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.BinaryField)
        and field.name not in RANDOM
        and (model.__name__, field.name) not in NOT_COMPARED
    ]


def change(before: Rows, names: Collection[str] = tuple(MODELS)) -> list[str]:
    """What is otherwise than before in those models, in words: changed rows, those that are gone, new ones without their keys."""
    after = rows_of(names)
    lines = [
        f"{name} {key}: { ({column: '(ny)' if column == 'password' else value for column, value in row.items() if value != was[column]}) }"
        for (name, key), row in after.items()
        if (was := before.get((name, key))) is not None and was != row
    ]
    lines += [f"{name} {key} är borta" for name, key in before if name in names and (name, key) not in after]
    lines += [f"ny {name}: {told(name, row, before)}" for (name, key), row in after.items() if (name, key) not in before]
    return sorted(RECEIPT.sub("Kvittens", line) for line in lines)


def told(name: str, row: dict[str, Any], before: Rows) -> dict[str, Any]:
    """A new row without its own key, the keys of other new rows, and a password that nobody can use."""
    targets = {field.attname: field.related_model.__name__ for field in MODELS[name]._meta.concrete_fields if field.is_relation}
    targets |= dict.fromkeys(("actor_id", "subject_id"), "User")
    return {
        column: value
        for column, value in row.items()
        if column != MODELS[name]._meta.pk.attname
        and not (column in targets and value is not None and (targets[column], value) not in before)
        and not (column == "password" and value.startswith("!"))
    }


class Poster:
    """Somebody with a browser who posts a form, sees what became of it, and has it undone."""

    def __init__(self, user: User) -> None:
        self.client = sign_in(GuardedClient(raise_request_exception=False), user)
        self.cookies = self.client.cookies.output()
        self.before = rows_of()

    def post(self, address: str, form: dict[str, object]) -> tuple[HttpResponse, list[str]]:
        """The answer and the change."""
        self.client.cookies = SimpleCookie(self.cookies.replace("Set-Cookie: ", ""))
        with taken_back():
            counted = written()
            answer = self.client.post(address, form)
            touched = {TABLES[table] for table, count in written().items() if count != counted.get(table) and table in TABLES}
            found = change(self.before, touched)
        storage.cache.clear()
        return answer, found


def asked_of(name: str) -> list[Route]:
    """The addresses that take a form from that person."""
    admin = {"officer", "coordinator", "system"}
    return [
        route
        for route in ROUTES.values()
        if expected(route, "POST", name) not in {403, 404, 405} and route.name.startswith("admin:") == (name in admin)
    ]


def differences(scene: Scene, name: str, forged: dict[str, object]) -> list[str]:
    """The addresses where the forged form did something else than the plain one."""
    poster, found = Poster(user_of(scene, name)), []
    for route in asked_of(name):
        address, plain = addresses.address(route, scene.trosa), FORMS.get(route.name, {})
        answer, meant = poster.post(address, plain)
        forged_answer, done = poster.post(address, {**forged, **plain})
        assert answer.status_code < 500, route.name
        assert forged_answer.status_code < 500, route.name
        if forged_answer.headers.get("Location", "").startswith(("http", "//")) or done != meant:
            found.append(f"{route.name}: {[line for line in done if line not in meant]}, inte {meant}")
    return found


@pytest.mark.parametrize("name", ["anna", "officer", "coordinator", "system"])
def test_the_forms_below_do_something(scene: Scene, name: str) -> None:
    """Else a forged one that does nothing would prove nothing."""
    poster = Poster(user_of(scene, name))
    for route in asked_of(name):
        is_own = OWN.get(route.name, name) == name
        if route.name in FORMS and route.name not in CHANGES_NOTHING_HERE and is_own:
            _, found = poster.post(addresses.address(route, scene.trosa), FORMS[route.name])
            assert [line for line in found if "access:denied" not in line], route.name


@pytest.mark.asvs("2.1.2", "2.2.2", "2.2.3", "8.2.3", "15.3.3")
def test_beh_05_rights_roles_and_owners_added_to_any_form_are_ignored(scene: Scene) -> None:
    assert differences(scene, "anna", forged_rights(scene)) == []


@pytest.mark.asvs("8.2.3", "15.3.3")
@pytest.mark.parametrize("name", ["officer", "coordinator", "system"])
def test_adm_05_rights_added_to_any_form_of_the_admin_are_ignored(scene: Scene, name: str) -> None:
    assert differences(scene, name, forged_rights(scene)) == []


@pytest.mark.asvs("2.2.3", "15.3.3")
@pytest.mark.parametrize("name", ["anna", "officer", "coordinator", "system"])
def test_beh_08_rows_of_a_formset_added_to_any_form_are_ignored(scene: Scene, name: str) -> None:
    assert differences(scene, name, forged_rows(scene)) == []


@pytest.mark.asvs("15.3.3")
def test_adm_05_no_page_of_the_admin_saves_a_form(scene: Scene) -> None:
    """Lists and objects are read only: a POST is answered 405, whatever it carries, and changes nothing."""
    for name in ("coordinator", "system"):
        poster = Poster(user_of(scene, name))
        read_only = [
            route for route in ROUTES.values() if route.name.endswith(("_change", "_changelist")) and "admin:" in route.name
        ]
        assert len(read_only) > 20
        for route in read_only:
            form = forged_rights(scene) | forged_rows(scene)
            answer, found = poster.post(addresses.address(route, scene.trosa), form)
            assert answer.status_code in {403, 405}, route.name
            assert [line for line in found if not line.startswith("ny AuditEvent")] == [], route.name


@pytest.mark.asvs("2.2.3", "15.3.3")
def test_beh_08_a_key_of_another_units_row_in_a_form_is_not_found(scene: Scene) -> None:
    """The one form whose values name a row elsewhere: the place that a correction leads back to."""
    poster = Poster(scene.cast.anna)
    form = {
        "version": 1,
        "revision": 2,
        "value": "1",
        "check": scene.other.group.check,
        "group": scene.other.group.key,
        "page": 1,
    }
    address = addresses.address(ROUTES["submissions:correct"], scene.trosa)
    answer, found = poster.post(address, form)
    assert answer.status_code in {302, 422}
    assert scene.other.code not in answer.headers.get("Location", "")
    assert not [line for line in found if f"'delivery_id': {scene.other.delivery.pk}" in line]
    assert Correction.objects.filter(delivery=scene.other.delivery).count() == 1


@pytest.mark.asvs("2.2.3", "8.4.1", "15.3.3")
def test_beh_08_a_row_of_another_unit_in_the_yearly_review_is_ignored(scene: Scene) -> None:
    """The portal's one form of many rows: a field for each colleague."""
    poster, address = Poster(scene.cast.anna), reverse("profiles:confirm_people", args=["0488"])
    people = confirmation.people_of(scene.trosa.unit)
    form: dict[str, object] = {f"person_{row.pk}": "kvar" for row in people if row.user_id != scene.cast.anna.pk}
    own = {f"person_{row.pk}": "inte" for row in people if row.user_id == scene.cast.anna.pk}
    forged = {f"person_{row.pk}": "inte" for row in confirmation.people_of(scene.other.unit)}
    answer, meant = poster.post(address, form)
    assert answer.status_code == 302
    assert own
    assert forged
    assert poster.post(address, form | forged | own)[1] == meant
    assert [line for line in meant if line.startswith("ny PeopleConfirmation")]


@pytest.mark.asvs("2.2.3", "15.2.2")
def test_beh_08_a_form_of_more_than_five_hundred_values_is_400(scene: Scene) -> None:
    form = {**FORMS["profiles:details"], **{f"form-{number}-id": "1" for number in range(500)}}
    answer, found = Poster(scene.cast.anna).post(reverse("profiles:details"), form)
    assert answer.status_code == 400
    assert found == []


@pytest.mark.asvs("15.3.3", "15.3.7")
def test_beh_05_a_value_sent_twice_counts_once_and_the_address_is_never_mixed_in(scene: Scene) -> None:
    """Of two values the last counts, and must be a right one; what the query string says is no form."""
    poster = Poster(scene.cast.anna)
    address = reverse("profiles:member", args=["0488", scene.trosa.colleague.pk])
    answer, found = poster.post(address, {"role": ["submitter", "system"]})
    assert answer.status_code == 200
    assert found == []
    answer, found = poster.post(f"{address}?role=contact&unit=0480", {"role": "submitter"})
    assert answer.status_code == 302
    assert [line for line in found if "'role': 'submitter'" in line]
    answer, found = poster.post(f"{address}?role=contact", {})
    assert answer.status_code == 200
    assert found == []


# The sign-up and the sign-in, before anybody is known --------------------------------------------------------------------


class Forger(GuardedClient):
    """A browser that adds rights to every form it posts."""

    forged: dict[str, object] = {}

    def post(self, path: str, data: Any = None, *args: Any, **extra: Any) -> HttpResponse:
        """The form, with what nobody asked for."""
        return super().post(path, {**self.forged, **(data or {})}, *args, **extra)


@pytest.mark.asvs("8.2.3", "15.3.3")
def test_beh_05_a_sign_up_with_rights_in_every_form_gives_the_invited_role_alone(scene: Scene) -> None:
    client, eva = Forger(), Person("eva.strom@trosa.example")
    client.forged = {key: value for key, value in forged_rights(scene).items() if key not in {"code", "next"}}
    user, invitation = invite_user(email=eva.email, by=scene.cast.anna, at=timezone.now())
    Membership.objects.create(
        user=user, unit=scene.trosa.unit, role=Membership.Role.READER, invitation=invitation, created_at=timezone.now()
    )
    threads = Thread.objects.count()
    dan = User.objects.values().get(pk=scene.cast.dan.pk)
    people.sign_up(client, eva)
    client.post(reverse("accounts:sign_out"))
    people.sign_in(client, eva, ahead=1)
    user.refresh_from_db()
    assert (user.email, user.staff_role, user.is_superuser, user.is_active) == (eva.email, "", False, True)
    assert user.check_password(eva.password)
    assert [(row.unit.code, row.role) for row in Membership.objects.filter(user=user).order_by("pk")] == [("0488", "reader")]
    assert User.objects.values().get(pk=scene.cast.dan.pk) == dan
    assert Thread.objects.count() == threads
    assert client.get("/inlamning/", follow=True).status_code == 200
