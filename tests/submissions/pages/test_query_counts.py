"""As many questions to the database for 2 findings as for 2 000, and for 1 unit as for 20."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from submissions import synthetic
from submissions.models import Collection, Delivery, Submission
from submissions.services import storage
from tests.cast import Cast, Role, give_role, make_unit, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, links, send


def queries(client: GuardedClient, address: str) -> int:
    """How many questions a page asks in a process that knows the year's rules and has no file at hand."""
    client.get(address)
    storage.cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def spoiled(rows: int) -> bytes:
    """A file where each row has a removed form of employment, and most a verksamhet of their own that does not exist."""
    lines = synthetic.delivery("0488", 2_100, 7).split(b"\r\n")[:-1]
    for number in range(rows):
        fields = lines[number].split(b";")
        fields[15], fields[13] = b"5", b"A%03d" % (number % 900)
        lines[number] = b";".join(fields)
    return b"\r\n".join(lines) + b"\r\n"


def test_the_review_asks_equally_much_for_2_and_2000_findings(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    counts = []
    for rows in (2, 2_000):
        review = send(client, spoiled(rows), follow=True)
        group = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")[0]
        pages = [f"{PAGE}granska/", group, f"{PAGE}rad/1/", f"{PAGE}klarmarkera/", f"{PAGE}rattelser/"]
        pages += [f"{PAGE}{part}" for part in ("rader/?kontroll=KOD06", "rad/1/?kontroll=KOD06", "hamta/", "andringslista/")]
        counts.append([queries(client, page) for page in pages])
        assert Delivery.objects.get(is_current=True).fel == rows
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 30


def test_many_groups_and_rows_are_paged(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    review = send(sign_in(client, cast.bo), spoiled(2_000), follow=True)
    assert review.content.decode().count('class="finding finding--varning') == 40
    assert len(review.content) < 300_000
    second = client.get(f"{PAGE}granska/?varning=2").content.decode()
    assert second.count('class="finding finding--varning') == 40
    group = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")[0]
    assert client.get(group).content.decode().count('id="rad-') == 50
    assert "Rad 1951" in client.get(f"{group}?sida=40").content.decode()
    for odd in ("0", "x", "999999", "-1"):
        assert client.get(f"{group}?sida={odd}").status_code == 200


def hold(delivery: Delivery, times: int) -> int:
    """Let each finding of the delivery be found so many times, each time with another wrong code. Gives how many there are."""
    found = storage.findings_of(delivery)
    again = [found.with_columns(pl.col("value") + pl.lit("" if n == 0 else str(n))) for n in range(times)]
    findings = pl.concat(again)
    counts = {level: findings.filter(pl.col("level") == level).height for level in ("fel", "varning", "info")}
    sealed = storage.seal_frame(delivery, "findings_sealed", findings)
    Delivery.objects.filter(pk=delivery.pk).update(findings_sealed=sealed, uncommented=counts["varning"], **counts)
    return findings.height


def test_pages_of_50_000_findings_ask_as_few_questions_and_stay_small(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    review = send(sign_in(client, cast.bo), spoiled(2_000), follow=True)
    few = Delivery.objects.get(is_current=True)
    group = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")[0]
    parts = ("granska/", "klarmarkera/", "rader/?kontroll=KOD06", "rad/1/", "hamta/", "foljde-med/")
    pages = [group, *(f"{PAGE}{part}" for part in parts)]
    for page in pages:
        client.get(page)  # whoever has looked at a page's rows is noted once
    before = [queries(client, page) for page in pages]
    assert hold(few, 13) >= 50_000
    assert [queries(client, page) for page in pages] == before
    for page in pages:
        assert len(client.get(page).content) < 300_000, page


@pytest.mark.parametrize("units", [2, 20])
def test_the_overview_asks_equally_much_for_few_and_many_units(
    client: GuardedClient, cast: Cast, collection: Collection, units: int
) -> None:
    for number in range(units):
        unit = make_unit(f"2{number:03d}", f"Enhet {number}")
        give_role(cast.bo, unit, Role.SUBMITTER)
        Submission.objects.create(unit=unit, collection=collection, status_changed_at=timezone.now())
    assert queries(sign_in(client, cast.bo), "/inlamning/") <= 12
