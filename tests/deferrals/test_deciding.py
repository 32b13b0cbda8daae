"""SKR's side of Uppskov: another date, no, and what was granted taken back; two at once, and tabs that are old."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from deferrals.models import Deferral
from submissions.models import Collection, Submission
from tests.cast import Cast, make_user, sign_in
from tests.client import GuardedClient
from tests.deferrals.conftest import ask, grant, last_day, more_units, url
from tests.mail import sent_mails


def admin(verb: str = "change") -> str:
    deferral = Deferral.objects.latest("pk")
    return f"/admin/deferrals/deferral/{deferral.pk}/{verb}/"


def send(client: GuardedClient, verb: str, **form: str) -> str:
    return client.post(admin(verb), form, follow=True).content.decode()


def test_the_date_asked_for_needs_no_word_another_does(bo: GuardedClient, sam: GuardedClient):
    ask(bo)
    html = send(sam, "bevilja", **{"ja-granted_date": "2026-12-04", "ja-text": ""})
    assert "Skriv varför enheten får ett annat datum än det begärda." in html
    assert 'value="2026-12-04"' in html
    html = send(sam, "bevilja", **{"ja-granted_date": "2026-12-04", "ja-text": "SCB väntar på filen."})
    assert "Uppskovet är beviljat till 2026-12-04." in html
    unit = bo.get(url("unit", "0488")).content.decode()
    for page in (html, unit):
        assert "ny sista dag fredag 4\xa0december 2026" in page
        assert "Ett annat datum än det begärda." in page
        assert "SCB väntar på filen." in page
        assert "Sam Samordnare, SKR, " in page
        assert "Begärd av Bo Ask" in page
    assert last_day() == "2026-12-04"


def test_the_form_offers_the_days_that_can_be_given(bo: GuardedClient, sam: GuardedClient):
    ask(bo)
    html = sam.get(admin()).content.decode()
    assert 'type="date"' in html
    assert 'min="2026-12-02"' in html
    assert 'max="2026-12-15"' in html
    assert 'value="2026-12-08"' in html


def test_units_asked_for_together_are_named(bo: GuardedClient, sam: GuardedClient, cast: Cast, collection: Collection):
    more_units(cast, collection)
    ask(bo, units=["0488", "3001", "3002"])
    html = sam.get(admin()).content.decode()
    assert "Begärd tillsammans med" in html
    assert html.count("(begärd)") == 2


@pytest.mark.parametrize(
    ("verb", "form", "status", "told"),
    [
        (
            "bevilja",
            {"ja-granted_date": "2026-12-11", "ja-together": "on"},
            "granted",
            "Uppskovet är beviljat till 2026-12-11 för 3 enheter.",
        ),
        ("avsla", {"nej-text": "Det går inte i år.", "nej-together": "on"}, "declined", "Begäran är avslagen för 3 enheter."),
    ],
)
def test_units_asked_for_together_are_answered_together_where_skr_says_so(
    bo: GuardedClient,
    sam: GuardedClient,
    cast: Cast,
    collection: Collection,
    verb: str,
    form: dict[str, str],
    status: str,
    told: str,
):
    more_units(cast, collection)
    ask(bo, units=["0488", "3001", "3002"], requested_date="2026-12-11")
    assert "Ge samma svar till" in sam.get(admin()).content.decode()
    assert told in send(sam, verb, **form)
    assert set(Deferral.objects.values_list("status", flat=True)) == {status}


def test_of_units_asked_for_together_one_alone_is_answered_otherwise(
    bo: GuardedClient, sam: GuardedClient, cast: Cast, collection: Collection
):
    more_units(cast, collection)
    ask(bo, units=["0488", "3001", "3002"], requested_date="2026-12-11")
    send(sam, "bevilja", **{"ja-granted_date": "2026-12-11"})
    assert sorted(Deferral.objects.values_list("status", flat=True)) == ["granted", "requested", "requested"]


def test_where_one_of_them_cannot_have_it_none_is_answered_and_it_is_named(
    bo: GuardedClient, sam: GuardedClient, cast: Cast, collection: Collection
):
    more_units(cast, collection)
    ask(bo, units=["0488", "3001", "3002"], requested_date="2026-12-11")
    Submission.objects.filter(unit__code="3001").update(status="handed_in")
    html = send(sam, "bevilja", **{"ja-granted_date": "2026-12-11", "ja-together": "on"})
    assert "Kommun 3001: " in html
    assert set(Deferral.objects.values_list("status", flat=True)) == {"requested"}


def test_a_personnummer_in_the_answer_is_refused_at_its_field(bo: GuardedClient, sam: GuardedClient):
    ask(bo)
    html = send(sam, "avsla", **{"nej-text": "Gäller 811218-9876"})
    assert "Texten ser ut att innehålla ett personnummer." in html
    assert Deferral.objects.get().status == "requested"


def test_of_two_at_skr_the_second_reads_what_the_first_decided(bo: GuardedClient, sam: GuardedClient, cast: Cast):
    ask(bo)
    other: User = make_user("siv@skr.example", "Siv Samordnare", staff_role="coordinator")
    siv = sign_in(GuardedClient(), other)
    sam.get(admin())
    siv.get(admin())
    send(sam, "bevilja", **{"ja-granted_date": "2026-12-08", "ja-text": ""})
    html = send(siv, "avsla", **{"nej-text": "Nej."})  # type: ignore[arg-type]
    assert "Begäran är redan beviljad." in html
    assert "Avslå begäran" not in html
    assert (Deferral.objects.get().answer, last_day()) == ("", "2026-12-08")


def test_a_request_taken_back_while_skr_reads_it_is_not_granted(bo: GuardedClient, sam: GuardedClient):
    ask(bo)
    sam.get(admin())
    bo.post(url("withdraw", "0488", Deferral.objects.get().pk))
    assert "Begäran är redan återtagen." in send(sam, "bevilja", **{"ja-granted_date": "2026-12-08"})
    assert last_day() == "2026-12-01"


def test_who_has_handed_in_meanwhile_gets_no_new_date_but_may_get_a_word(
    bo: GuardedClient, sam: GuardedClient, trosa: Submission
):
    ask(bo)
    Submission.objects.filter(pk=trosa.pk).update(status="handed_in")
    assert "Sista dagen kan inte ändras." in send(sam, "bevilja", **{"ja-granted_date": "2026-12-08"})
    assert "Begäran är avslagen." in send(sam, "avsla", **{"nej-text": "Ni har redan lämnat. Tack!"})


def test_a_granted_date_is_revoked_with_the_reason(bo: GuardedClient, sam: GuardedClient, cast: Cast):
    ask(bo)
    grant(cast, date(2026, 12, 10))
    sent = len(sent_mails())
    assert "Upphäv beslutet" in sam.get(admin()).content.decode()
    assert "Skriv varför beslutet upphävs." in send(sam, "upphav", **{"upphav-text": " "})
    html = send(sam, "upphav", **{"upphav-text": "Beviljat för fel enhet."})
    assert "Uppskovet är upphävt." in html
    assert last_day() == "2026-12-01"
    unit = bo.get(url("unit", "0488")).content.decode()
    for words in ("SKR har upphävt det", "Beviljat för fel enhet.", "Upphävd", "Begär uppskov"):
        assert words in unit
    assert len(sent_mails()) == sent + 2
    assert "upphävas" in send(sam, "upphav", **{"upphav-text": "Igen."})


def test_skr_does_not_make_anybody_late_by_revoking(bo: GuardedClient, sam: GuardedClient, cast: Cast, clock: Any):
    ask(bo)
    grant(cast, date(2026, 12, 10))
    clock.move_to(datetime.fromisoformat("2026-12-03T09:00:00+01:00"))
    sign_in(sam, cast.coordinator)
    assert "Upphäv beslutet" not in sam.get(admin()).content.decode()
    assert "som har gått" in send(sam, "upphav", **{"upphav-text": "Fel enhet."})
    assert last_day() == "2026-12-10"


@pytest.mark.parametrize("verb", ["bevilja", "avsla", "upphav"])
@pytest.mark.parametrize("who", ["officer", "statistician", "system"])
def test_no_other_role_decides(cast: Cast, bo: GuardedClient, who: str, verb: str):
    ask(bo)
    client = sign_in(GuardedClient(), getattr(cast, who))
    assert client.post(admin(verb), {"ja-granted_date": "2026-12-08", "nej-text": "x", "upphav-text": "x"}).status_code == 403
    assert Deferral.objects.get().status == "requested"


def test_the_menu_counts_what_waits_for_those_who_decide(cast: Cast, bo: GuardedClient, sam: GuardedClient):
    assert 'badge--count"><span aria-hidden="true">1' not in sam.get("/admin/").content.decode()
    ask(bo)
    assert 'badge--count"><span aria-hidden="true">1' in sam.get("/admin/").content.decode()


def test_the_rule_stands_as_the_one_who_decided(bo: GuardedClient, sam: GuardedClient, direct: Collection):
    ask(bo, requested_date="2026-12-03")
    assert "SKR:s regel" in sam.get("/admin/deferrals/deferral/").content.decode()
    assert "Direkt enligt SKR:s regel" in sam.get(admin()).content.decode()


def test_the_list_of_last_days_names_every_unit(bo: GuardedClient, sam: GuardedClient, cast: Cast):
    ask(bo)
    grant(cast, date(2026, 12, 10))
    answer = sam.get("/admin/deferrals/deferral/sista-dagar.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines == [
        '"Kod";"Enhet";"År";"Status";"Sista dag";"Ordinarie sista dag";"Uppskov";"Omfattas"',
        '"0488";"Trosa kommun";"2026";"Ej påbörjad";"2026-12-10";"2026-12-01";"ja";"ja"',
        '"0999";"Vagnhärads kommun";"2026";"Ej påbörjad";"2026-12-01";"2026-12-01";"nej";"ja"',
    ]


def test_last_year_s_history_is_still_there(bo: GuardedClient, cast: Cast, collection: Collection, trosa: Submission):
    ask(bo)
    grant(cast, date(2026, 12, 10))
    Collection.objects.filter(pk=collection.pk).update(closed_at=timezone.now())
    later = Collection.objects.create(
        year=2027,
        opens_on=date(2027, 10, 12),
        measurement_day=date(2027, 11, 1),
        due_date=date(2027, 12, 1),
        latest_deferral_date=date(2027, 12, 15),
        layout=collection.layout,
    )
    Submission.objects.create(unit=cast.trosa, collection=later)
    html = bo.get(url("unit", "0488")).content.decode()
    assert "Tidigare år" in html
    assert "Novemberstatistiken 2026" in html
    assert "Lycka till!" in html
