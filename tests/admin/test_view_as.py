"""Visa som uppgiftslämnaren: SKR sees what the unit sees, changes nothing, and the unit sees that she looked and why."""

from __future__ import annotations

import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import viewing
from accounts.models import AuditEvent, User
from accounts.viewed import Viewing
from messaging.models import Message, ReadMark
from profiles import access
from profiles.models import Membership, Unit
from submissions.models import Submission
from tests import addresses
from tests.admin.conftest import as_person, as_role
from tests.admin.test_work import page_of
from tests.everywhere import taken_back
from tests.scene import Scene
from tests.test_access import ROUTES, expected

pytestmark = pytest.mark.django_db

WHY = "Enheten ringde om sin granskning"
BAND = "Du ser portalen som"
TABLES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?([a-z_]+)', re.IGNORECASE)


def begin(scene: Scene, role: str = "submitter", who: str = "officer") -> Client:
    """Her browser, seeing the portal as Trosa does."""
    client = as_role(scene, who)
    answer = client.post(
        reverse("admin:submissions_submission_view_as", args=[scene.trosa.submission.pk]), {"role": role, "purpose": WHY}
    )
    assert answer.headers["Location"] == reverse("submissions:submission", args=["0488", 2026])
    return client


def ask(client: Client, method: str, address: str) -> HttpResponse:
    """The answer, undone; the browser keeps its cookies."""
    cookies = client.cookies.output()
    with taken_back():
        answer = client.generic(method, address)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    return answer


def test_she_sees_the_units_page_with_a_band_and_her_own_pages_rest(scene: Scene) -> None:
    client, unit = begin(scene), as_person(scene.cast.bo)
    seen = client.get(reverse("submissions:submission", args=["0488", 2026])).content.decode()
    assert BAND in seen
    assert "Lämna en ny fil i stället" in seen  # what a submitter sees, and SKR does not
    for name in ("review", "tables", "supplements"):
        address = reverse(f"submissions:{name}", args=["0488", 2026])
        hers, theirs = (main_of(one.get(address)) for one in (client, unit))
        assert hers == theirs, name
    assert client.get(reverse("admin:index")).status_code == 403
    assert client.get(reverse("accounts:security")).status_code == 403
    ended = client.post(reverse("accounts:end_viewing"), follow=True)
    assert "Du ser inte längre portalen som Trosa." in ended.content.decode()
    assert client.get(reverse("admin:index")).status_code == 200


def test_profil_shows_whose_view_it_is_and_nothing_of_her_own(scene: Scene) -> None:
    client = begin(scene)
    page = main_of(client.get("/profil/"))
    assert f"<strong>{scene.trosa.unit.name}, uppgiftslämnare</strong>" in page
    assert all(words not in page for words in (scene.cast.officer.email, scene.cast.officer.name, "Be om behörighet"))


def main_of(answer: HttpResponse) -> str:
    """The page itself, without what is drawn by lot."""
    text = answer.content.decode()
    main = text[text.index("<main") : text.index("</main>")]
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", main)


def test_nothing_that_is_posted_gets_through_and_no_page_writes_but_the_log(scene: Scene) -> None:
    client, wrong = begin(scene, "contact"), []
    for route in ROUTES.values():
        if route.name in viewing.PASSES:
            continue
        address = addresses.address(route, scene.trosa)
        posted = ask(client, "POST", address)
        if posted.status_code != 403:
            wrong.append(f"POST {route.name}: {posted.status_code}")
        written: set[str] = set()
        with connection.execute_wrapper(watch(written)):
            read = ask(client, "GET", address)
        if read.status_code not in {200, 302, 403, 404, 405} or written - viewing.MAY_BE_WRITTEN:
            wrong.append(f"GET {route.name}: {read.status_code}, {written}")
        if read.status_code == 200 and "attachment" in read.headers.get("Content-Disposition", ""):
            wrong.append(f"GET {route.name} gav en fil")
    assert wrong == []


def watch(written: set[str]):
    """Note the tables that are written."""

    def note(execute, sql, params, many, context):
        found = TABLES.match(str(sql))
        if found:
            written.add(found[1].lower())
        return execute(sql, params, many, context)

    return note


def test_she_reads_what_the_unit_may_read_and_nothing_else(scene: Scene) -> None:
    client, wrong = begin(scene), []
    for route in ROUTES.values():
        namespace = route.name.partition(":")[0]
        if namespace not in viewing.UNIT_PAGES or route.name in viewing.PERSONAL or expected(route, "GET", "bo") != 200:
            continue
        answer = ask(client, "GET", addresses.address(route, scene.trosa))
        is_file = route.name.endswith(("_file", "attachment", "calendar"))
        if answer.status_code != (403 if is_file else 200):
            wrong.append(f"{route.name}: {answer.status_code}")
        if ask(client, "GET", addresses.address(route, scene.other)).status_code == 200 and route.is_of_a_unit:
            wrong.append(f"{route.name} hos en annan enhet")
    assert wrong == []


def test_what_is_opened_is_not_marked_as_read_and_nothing_can_be_written(scene: Scene) -> None:
    client = begin(scene)
    ReadMark.objects.all().delete()
    assert client.get(reverse("messaging:thread", args=[scene.trosa.thread.pk])).status_code == 200
    assert not ReadMark.objects.exists()
    before = Message.objects.count()
    answer = client.post(reverse("messaging:thread", args=[scene.trosa.thread.pk]), {"text": "Hej"})
    assert answer.status_code == 403
    assert "kan bara läsa" in answer.content.decode()
    assert Message.objects.count() == before


def test_the_unit_sees_who_looked_and_why_and_a_look_at_rows_bears_the_purpose(scene: Scene) -> None:
    client = begin(scene)
    client.get(reverse("submissions:findings", args=["0488", 2026, scene.trosa.group.check, scene.trosa.group.key]))
    assert AuditEvent.objects.get(code="access:viewing:started", unit="0488").purpose == WHY
    assert AuditEvent.objects.filter(code="data:read", actor_id=scene.cast.officer.pk, purpose=WHY).exists()
    text = as_person(scene.cast.anna).get(reverse("profiles:insight", args=["0488"])).content.decode()
    assert WHY in text
    assert "portalen som Uppgiftslämnare" in text


def test_it_ends_by_the_button_at_sign_out_and_after_30_minutes(scene: Scene) -> None:
    for way in (
        lambda client: client.post(reverse("accounts:end_viewing")),
        lambda client: client.post(reverse("accounts:sign_out")),
    ):
        way(begin(scene))
    assert list(AuditEvent.objects.filter(code="access:viewing:ended").order_by("pk").values_list("result", flat=True)) == [
        "by_owner",
        "sign_out",
    ]
    client = begin(scene)
    late = timezone.now() + timedelta(minutes=14)
    for _ in range(2):  # she reads meanwhile: the session is not idle
        with time_machine.travel(late, tick=False):
            client.get(reverse("submissions:submission", args=["0488", 2026]))
        late += timedelta(minutes=14)
    with time_machine.travel(late, tick=False):
        posted = client.post(reverse("messaging:thread", args=[scene.trosa.thread.pk]), {"text": "Hej"})
        assert posted.status_code == 403
        text = client.get(reverse("submissions:submission", args=["0488", 2026])).content.decode()
    assert BAND not in text
    assert AuditEvent.objects.filter(code="access:viewing:ended", result="time").exists()


def test_a_purpose_is_asked_for_and_only_those_who_review_may(scene: Scene) -> None:
    address = reverse("admin:submissions_submission_view_as", args=[scene.trosa.submission.pk])
    client = as_role(scene, "officer")
    for purpose, told in (
        ("", "Skriv vad du behöver"),
        ("Se 19811218-9876 i filen", "personnummer"),
        ("kort", "minst 10 tecken"),
    ):
        assert told in client.post(address, {"role": "submitter", "purpose": purpose}).content.decode()
    assert client.post(address, {"role": "reader", "purpose": WHY}).status_code == 200
    assert not AuditEvent.objects.filter(code="access:viewing:started").exists()
    assert as_role(scene, "system").get(address).status_code == 403
    assert "Visa som uppgiftslämnaren" in page_of(client, "profiles/unit", scene.trosa.unit.pk)


def test_her_rights_rest_and_no_other_unit_is_hers(scene: Scene) -> None:
    user = User.objects.get(pk=scene.cast.officer.pk)
    user.viewing = Viewing(
        scene.trosa.unit.pk, "0488", "Trosa", Membership.Role.SUBMITTER, "Uppgiftslämnare", WHY, timezone.now(), "/admin/"
    )
    assert not user.has_perm("submissions.view_submission")
    assert not user.is_staff
    assert access.role_at(user, scene.trosa.unit) == Membership.Role.SUBMITTER
    assert access.role_at(user, scene.other.unit) is None
    assert list(Unit.objects.visible_to(user).order_by("pk")) == [scene.trosa.unit]
    assert {one.unit_id for one in Submission.objects.visible_to(user)} == {scene.trosa.unit.pk}
