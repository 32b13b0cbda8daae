"""The admin as a house: who gets in, what is there, what is nowhere (ADM-01 to ADM-06, ADM-09), and each role's pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.admin_site import portal_admin
from accounts.audit_words import AREAS, WORDS
from accounts.models import AuditEvent, Invitation, NoticeText, Session, User
from deferrals.models import Mailing
from messaging.admin.mail import subject_of
from messaging.models import Announcement, KnownIssue, MailText, OutgoingMail, ReplyTemplate
from submissions.models import CodeList, Layout, Trial
from tests.admin.conftest import STAFF, as_person, as_role
from tests.client import GuardedClient
from tests.scene import Scene
from tests.swedish import english_on

pytestmark = pytest.mark.django_db

LISTS = {
    "submissions/submission": {"officer", "coordinator", "statistician"},
    "deferrals/deferral": {"officer", "coordinator", "statistician"},
    "deferrals/exemption": {"officer", "coordinator", "statistician"},
    "messaging/thread": {"officer", "coordinator", "statistician"},
    "messaging/replytemplate": {"officer", "coordinator", "statistician"},
    "accounts/noticetext": {"coordinator", "system"},
    "messaging/announcement": {"coordinator", "system"},
    "messaging/knownissue": {"coordinator", "statistician", "system"},
    "messaging/mailtext": {"coordinator"},
    "deferrals/mailing": {"coordinator"},
    "profiles/unitmerger": {"officer", "coordinator", "statistician"},
    "profiles/unit": {"officer", "coordinator", "statistician", "system"},
    "profiles/membership": {"officer", "coordinator", "statistician", "system"},
    "accounts/user": {"coordinator", "system"},
    "accounts/invitation": {"coordinator", "system"},
    "accounts/recoverycase": {"coordinator", "system"},
    "submissions/waiver": {"officer", "coordinator", "statistician"},
    "submissions/collection": {"officer", "coordinator", "statistician", "system"},
    "submissions/layout": {"officer", "coordinator", "statistician"},
    "submissions/codelist": {"officer", "coordinator", "statistician"},
    "submissions/checksetting": {"officer", "coordinator", "statistician"},
    "submissions/trial": {"officer", "coordinator", "statistician"},
    "accounts/auditevent": {"system"},
    "messaging/outgoingmail": {"system"},
}
BUTTONS = [
    ("/admin/submissions/submission/{submission}/granska/", {"officer", "coordinator", "statistician"}),
    ("/admin/submissions/submission/{submission}/godkann/", {"officer", "coordinator", "statistician"}),
    ("/admin/submissions/submission/{submission}/aterlamna/", {"officer", "coordinator", "statistician"}),
    ("/admin/deferrals/deferral/{deferral}/bevilja/", {"coordinator"}),
    ("/admin/deferrals/deferral/{deferral}/avsla/", {"coordinator"}),
    ("/admin/messaging/thread/{thread}/svara/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/{thread}/avsluta/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/{thread}/oppna/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/{thread}/handlaggare/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/{thread}/vila/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/{thread}/anteckning/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/fragor/", {"officer", "coordinator", "statistician"}),
    ("/admin/messaging/thread/skriv/0488/", {"officer", "coordinator", "statistician"}),
    ("/admin/profiles/unit/{unit}/bjud-in/", {"coordinator"}),
    ("/admin/accounts/invitation/{invitation}/skicka-igen/", {"coordinator"}),
    ("/admin/accounts/invitation/{invitation}/aterkalla/", {"coordinator"}),
    ("/admin/accounts/user/{user}/stang-av/", {"system"}),
    ("/admin/accounts/user/{user}/oppna/", {"system"}),
    ("/admin/accounts/user/{user}/logga-ut/", {"system"}),
    ("/admin/accounts/user/{user}/logga-ut-overallt/", {"system"}),
    ("/admin/accounts/user/{user}/ta-emot-koder/", {"coordinator"}),
    ("/admin/accounts/invitation/{invitation}/adress/", {"coordinator"}),
    ("/admin/accounts/recoverycase/oppna/{user}/telefonen/", {"coordinator"}),
    ("/admin/accounts/recoverycase/{case}/godkann/", {"system"}),
    ("/admin/accounts/recoverycase/{case}/avbryt/", {"coordinator", "system"}),
]
SEARCHES: list[tuple[str, set[str]]] = [
    ("", {"Trosa", "Nyköping"}),
    ("?q=0488", {"Trosa"}),
    ("?q=nyköp", {"Nyköping"}),
    ("?insamling=2025", {"Trosa", "Nyköping"}),
    ("?insamling=2025&status=not_started", set()),
    ("?status=lamnat", {"Trosa", "Nyköping"}),
    ("?status=klara", set()),
    ("?insamling=2025&status=klara", {"Trosa", "Nyköping"}),
    ("?status=under_review", {"Trosa", "Nyköping"}),
    ("?forsenad=ja", set()),
    ("?insamling=strunt&forsenad=strunt", {"Trosa", "Nyköping"}),
]


def objects(scene: Scene) -> dict[str, object]:
    """The object whose page is looked at, by list."""
    place = scene.trosa
    return {
        "submissions/submission": place.submission,
        "deferrals/deferral": place.deferral,
        "deferrals/exemption": place.exemption,
        "messaging/thread": place.thread,
        "accounts/noticetext": NoticeText.objects.earliest("pk"),
        "messaging/announcement": Announcement.objects.get(),
        "messaging/knownissue": KnownIssue.objects.get(),
        "messaging/mailtext": MailText.objects.get(),
        "deferrals/mailing": Mailing.objects.get(),
        "profiles/unit": place.unit,
        "profiles/unitmerger": place.unit.mergers_in.get(),
        "profiles/membership": place.colleague,
        "accounts/user": scene.cast.anna,
        "accounts/invitation": place.waiting.invitation,
        "accounts/recoverycase": place.case,
        "submissions/collection": place.submission.collection,
        "submissions/layout": Layout.objects.get(),
        "submissions/codelist": CodeList.objects.get(kind="aid"),
        "submissions/checksetting": place.submission.collection.check_settings.get(code="KOD01"),
        "submissions/trial": Trial.objects.get(),
        "submissions/waiver": place.waiver,
        "accounts/auditevent": AuditEvent.objects.order_by("pk").first(),
        "messaging/replytemplate": ReplyTemplate.objects.get(),
        "messaging/outgoingmail": OutgoingMail.objects.order_by("pk").first(),
    }


# Who gets in ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.3.4", "8.4.2")
def test_adm_01_without_the_second_factor_the_admin_leads_to_the_portals_sign_in(scene: Scene) -> None:
    visitor = GuardedClient()
    half = GuardedClient()
    half.force_login(scene.cast.system, backend=settings.AUTHENTICATION_BACKENDS[0])
    for client in (visitor, half):
        for address in ("/admin/", "/admin/submissions/submission/", "/admin/finns/inte/"):
            answer = client.get(address)
            assert answer.status_code == 302
            assert answer["Location"].partition("?")[0] == "/"


@pytest.mark.asvs("6.1.3", "6.3.3", "6.3.4")
def test_adm_02_the_admins_own_sign_in_makes_no_session(scene: Scene) -> None:
    sessions = Session.objects.count()
    for client in (GuardedClient(), as_person(scene.cast.officer)):
        before = Session.objects.count()
        answer = client.post("/admin/login/", {"username": "hanna@skr.example", "password": "Xk7#qpLm2v"})
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert client.get("/admin/login/")["Location"] == "/"
        assert Session.objects.count() == before
    assert sessions == 0


def test_for_a_submitter_the_admin_does_not_exist(scene: Scene) -> None:
    client = as_person(scene.cast.anna)
    for address in ("/admin/", "/admin/submissions/submission/", f"/admin/profiles/unit/{scene.trosa.unit.pk}/change/"):
        assert client.get(address).status_code == 404


def test_a_suspended_person_at_skr_gets_no_further(scene: Scene) -> None:
    client = as_role(scene, "officer")
    User.objects.filter(pk=scene.cast.officer.pk).update(is_active=False)
    assert client.get("/admin/").status_code in {302, 404}


def test_signing_out_is_the_portals_own(scene: Scene) -> None:
    client = as_role(scene, "officer")
    answer = client.post("/admin/logout/")
    assert (answer.status_code, answer["Location"]) == (307, reverse("accounts:sign_out"))
    assert client.get("/admin/logout/")["Location"] == "/admin/"


# What is nowhere -----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("15.3.1")
def test_adm_03_no_device_code_session_or_journey_is_registered(scene: Scene) -> None:
    names = {model.__name__ for model in portal_admin._registry}
    assert not names & {
        "TotpDevice",
        "EmailCode",
        "Session",
        "SignUpJourney",
        "RateLimit",
        "AuditOrigin",
        "Message",
        "Delivery",
        "Correction",
    }


@pytest.mark.asvs("15.3.1")
@pytest.mark.parametrize("role", STAFF)
def test_adm_03_a_crawl_of_the_admin_meets_no_secret(scene: Scene, role: str) -> None:
    """Every link is followed from the front page: each answers, in Swedish, and shows no sealed column or hash."""
    client, seen, queue = as_role(scene, role), set(), ["/admin/"]
    while queue and len(seen) < 250:
        address = queue.pop(0)
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert "argon2" not in page
        assert "_sealed" not in page
        assert english_on(page) == [], address
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"#]+)', page)]
        absolute = [address.split("?")[0] + link if link.startswith("?") else link for link in links]
        queue += sorted({link for link in absolute if link.startswith("/admin/") and "o=" not in link} - seen - set(queue))
    assert len(seen) > 20


@pytest.mark.asvs("6.4.6")
def test_adm_04_no_password_page_and_no_form_that_adds_or_deletes(scene: Scene) -> None:
    client, user = as_role(scene, "system"), scene.cast.anna
    for tail in ("password/", "password_change/", "add/", "delete/", "history/"):
        for address in (f"/admin/accounts/user/{user.pk}/{tail}", f"/admin/accounts/user/{tail}", f"/admin/{tail}"):
            assert client.get(address).status_code == 404
            assert client.post(address).status_code == 404
    page = client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert 'type="password"' not in page


@pytest.mark.asvs("8.2.3", "15.3.3")
def test_adm_05_forged_privileges_are_ignored(scene: Scene) -> None:
    client, user = as_role(scene, "system"), scene.cast.anna
    forged = {"is_superuser": "on", "is_staff": "on", "staff_role": "system", "groups": "1", "password": "x", "email": "a@b.se"}
    before = User.objects.values().get(pk=user.pk)
    client.post(f"/admin/accounts/user/{user.pk}/change/", forged)
    client.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": user.pk, **forged})
    assert User.objects.values().get(pk=user.pk) == before


def test_adm_06_djangos_log_of_the_admin_stays_empty(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    client.post(f"/admin/deferrals/deferral/{scene.trosa.deferral.pk}/avsla/", {"nej-text": "Det går inte."})
    assert not LogEntry.objects.exists()


# Each role's pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF)
def test_each_role_sees_its_own_lists_and_pages_and_no_others(scene: Scene, role: str) -> None:
    client, shown = as_role(scene, role), objects(scene)
    menu = client.get("/admin/").content.decode()
    for name, roles in LISTS.items():
        expected = 200 if role in roles else 403
        assert client.get(f"/admin/{name}/").status_code == expected, name
        assert client.get(f"/admin/{name}/{shown[name].pk}/change/").status_code == expected, name  # type: ignore[attr-defined]
        assert (f'href="/admin/{name}/"' in menu) == (role in roles), name


def test_every_registered_list_is_in_the_matrix() -> None:
    assert {f"{model._meta.app_label}/{model._meta.model_name}" for model in portal_admin._registry} == set(LISTS)


@pytest.mark.asvs("1.4.2")
def test_an_object_that_is_not_there_is_404(scene: Scene) -> None:
    for name, roles in LISTS.items():
        client = as_role(scene, min(roles))
        for key in ("999999", "finns-inte", "1/2", "_5F", "99999999999999999999999"):
            assert client.get(f"/admin/{name}/{key}/change/").status_code == 404


@pytest.mark.parametrize("role", STAFF)
def test_each_button_answers_its_roles_only(scene: Scene, role: str) -> None:
    invitation = scene.trosa.waiting.invitation
    assert isinstance(invitation, Invitation)
    keys = {
        "submission": scene.trosa.submission.pk,
        "deferral": scene.trosa.deferral.pk,
        "thread": scene.trosa.thread.pk,
        "unit": scene.trosa.unit.pk,
        "invitation": invitation.pk,
        "case": scene.trosa.case.pk,
        "user": scene.cast.anna.pk,
    }
    client = as_role(scene, role)
    for address, roles in BUTTONS:
        status = client.post(address.format(**keys), {}).status_code
        assert (status in {200, 302}) if role in roles else (status == 403), address


def test_buttons_answer_post_only(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    for address in (
        f"/admin/submissions/submission/{scene.trosa.submission.pk}/godkann/",
        f"/admin/deferrals/deferral/{scene.trosa.deferral.pk}/bevilja/",
        f"/admin/messaging/thread/{scene.trosa.thread.pk}/avsluta/",
    ):
        assert client.get(address).status_code == 405


# Lists ---------------------------------------------------------------------------------------------------------------


def test_the_front_page_counts_the_running_collection_and_links_to_the_rows(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    page = client.get("/admin/").content.decode()
    assert "Novemberstatistiken 2026, sista dag 2026-12-01" in page
    figures = {
        label: (int(value), href.replace("&amp;", "&"))
        for href, value, label in re.findall(
            r'__link" href="([^"]+)">\s*<span class="[^"]+__value">(\d+)</span>\s*(?:<span class="key-figure__label">)?([^<]+)<',
            page,
        )
    }
    expected = {
        "enheter ska lämna": 2,
        "har lämnat fil": 2,
        "inlämningar att granska": 0,
        "försenade": 0,
        "begäranden om uppskov": 2,
    }
    for label, count in expected.items():
        assert figures[label][0] == count, label
        rows = client.get(figures[label][1]).content.decode()
        assert f"{count} {'rad' if count == 1 else 'rader'}" in rows, label


def test_submissions_are_found_by_unit_year_status_and_lateness(scene: Scene) -> None:
    client = as_role(scene, "officer")
    for query, units in SEARCHES:
        page = client.get(f"/admin/submissions/submission/{query}").content.decode()
        assert {name for name in ("Trosa", "Nyköping") if f">{name}</a>" in page} == units, query


@pytest.mark.asvs("1.2.4")
def test_filters_that_are_not_ours_lead_back_to_the_list(scene: Scene) -> None:
    answer = as_role(scene, "officer").get("/admin/submissions/submission/?unit__memberships__user__password__startswith=a")
    assert answer.status_code in {302, 400}


def test_the_lists_take_as_many_queries_for_two_rows_as_for_twenty(scene: Scene, django_assert_max_num_queries: object) -> None:
    client = as_role(scene, "coordinator")
    for name in (
        "submissions/submission",
        "deferrals/deferral",
        "profiles/membership",
        "profiles/unit",
        "accounts/user",
        "accounts/invitation",
    ):
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            client.get(f"/admin/{name}/")


def test_a_code_list_says_when_skr_has_not_established_it(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    assert "Ej fastställd" in client.get("/admin/submissions/codelist/").content.decode()
    aid = CodeList.objects.get(kind="aid")
    assert "Listan är ej fastställd" in client.get(f"/admin/submissions/codelist/{aid.pk}/change/").content.decode()


def test_outgoing_mail_shows_template_and_recipient_but_never_the_text(scene: Scene) -> None:
    client = as_role(scene, "system")
    mail = OutgoingMail.objects.filter(template="accounts/invitation").order_by("pk")[0]
    for address in ("/admin/messaging/outgoingmail/", f"/admin/messaging/outgoingmail/{mail.pk}/change/"):
        page = client.get(address).content.decode()
        assert mail.recipient in page
        assert "Inbjudan till Personalstatistik" in page
        assert ">accounts/invitation<" not in page
        assert "Du är inbjuden" not in page


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("accounts/invitation", "Inbjudan till Personalstatistik"),
        ("submissions/handed_in", "Kvittens: personalstatistiken … är inlämnad"),
        ("profiles/people_invited", "Nya personer i Personalstatistik"),
        ("old/gone", "old/gone"),
    ],
)
def test_a_mail_is_called_by_the_subject_it_is_shipped_with(template: str, subject: str) -> None:
    assert subject_of(template) == subject


def test_the_audit_trail_is_told_in_words_and_can_be_narrowed(scene: Scene) -> None:
    client = as_role(scene, "system")
    page = client.get("/admin/accounts/auditevent/?omrade=file").content.decode()
    assert "Fil uppladdad" in page
    assert "Inbjudan skapad" not in page


def test_every_event_that_the_code_records_has_words() -> None:
    root = Path(settings.BASE_DIR)
    source = "".join(
        path.read_text(encoding="utf-8")
        for app in ("accounts", "profiles", "messaging", "submissions", "deferrals", "config")
        for path in sorted((root / app).rglob("*.py"))
    )
    codes = set(re.findall(r'"((?:{})(?::[a-z_]+){{1,2}})"'.format("|".join(AREAS)), source))
    assert len(codes) > 30
    assert codes <= set(WORDS)


def test_visitors_are_never_told_which_pages_there_are(scene: Scene) -> None:
    client = Client()
    for address in (
        "/admin/accounts/totpdevice/",
        "/admin/accounts/session/",
        "/admin/auth/group/",
        "/admin/r/1/1/",
        "/admin/autocomplete/",
    ):
        assert as_role(scene, "system").get(address).status_code == 404
        assert client.get(address, secure=True).status_code == 302
