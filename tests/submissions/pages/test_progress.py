"""A file that is stored and whose check is not done: what the unit's pages tell meanwhile, on whichever computer."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from submissions import synthetic
from submissions.models import Collection, Delivery, Submission
from submissions.services import deliver
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE

pytestmark = pytest.mark.django_db
WATCHED = 'http-equiv="refresh"'


@pytest.fixture
def waiting(collection: Collection, cast: Cast) -> Delivery:
    """Received, and another process has just begun to check it."""
    file, now = synthetic.delivery("0488", 60, 1), timezone.now()
    trosa = Submission.objects.select_related("unit", "collection").get(unit__code="0488", collection=collection)
    received = deliver.receive_delivery(submission=trosa, content=file, name="trosa.txt", by=cast.bo, at=now)
    Delivery.objects.filter(pk=received.pk).update(check_started_at=now, check_attempts=1)
    return received


def page(client: GuardedClient, rest: str = "") -> str:
    """A page of the submission."""
    return str(client.get(f"{PAGE}{rest}").content.decode())


def test_a_file_whose_check_goes_on_is_told_on_its_page_which_follows_it(
    client: GuardedClient, cast: Cast, waiting: Delivery
) -> None:
    for person in (cast.bo, cast.anna):
        sign_in(client, person)
        overview, version = page(client), page(client, "version/1/")
        for text in (overview, version):
            assert "Filen kontrolleras" in text
            assert "Version 1 är mottagen och sparad." in text
            assert f'id="forlopp-kontroll-{waiting.pk}"' in text
            assert "Det har stannat." not in text
        assert WATCHED in version
        assert WATCHED not in overview  # a file may be chosen there
    Delivery.objects.filter(pk=waiting.pk).update(check_started_at=None)
    deliver.check_delivery(delivery=waiting, at=timezone.now())
    overview, version = page(client), page(client, "version/1/")
    for text in (overview, version):
        assert f'id="utfall-kontroll-{waiting.pk}"' in text
        assert "<progress max" not in text.replace('<progress class="file-drop__bar" max', "")
    assert WATCHED not in version


def test_how_long_the_check_takes_is_learned_from_the_units_own_files(
    client: GuardedClient, cast: Cast, waiting: Delivery
) -> None:
    sign_in(client, cast.bo)
    assert "brukar ta" not in page(client, "version/1/")
    Delivery.objects.filter(pk=waiting.pk).update(check_started_at=None)
    deliver.check_delivery(
        delivery=waiting,
        at=waiting.uploaded_at + timedelta(seconds=100),
        clock=lambda: waiting.uploaded_at + timedelta(seconds=100),
    )
    again = deliver.receive_delivery(
        submission=waiting.submission, content=synthetic.delivery("0488", 61, 1), name="ny.txt", by=cast.bo, at=timezone.now()
    )
    Delivery.objects.filter(pk=again.pk).update(check_started_at=timezone.now(), check_attempts=1)
    assert "Kontrollen av er fil brukar ta ungefär 2 minuter." in page(client, "version/2/")
    assert "Filen kontrolleras" in page(client, "granska/")


def test_a_file_that_was_checked_again_much_later_teaches_nothing(
    client: GuardedClient, cast: Cast, waiting: Delivery, clock: time_machine.Coordinates
) -> None:
    sign_in(client, cast.bo)
    Delivery.objects.filter(pk=waiting.pk).update(check_started_at=None)
    deliver.check_delivery(delivery=waiting, at=timezone.now())
    Delivery.objects.filter(pk=waiting.pk).update(checked_at=timezone.now() + timedelta(days=365))
    content = synthetic.delivery("0488", 61, 1)
    again = deliver.receive_delivery(submission=waiting.submission, content=content, name="ny.txt", by=cast.bo, at=timezone.now())
    Delivery.objects.filter(pk=again.pk).update(check_started_at=timezone.now(), check_attempts=1)
    text = page(client, "version/2/")
    assert "Filen kontrolleras" in text
    assert "brukar ta" not in text


def test_a_check_that_was_cut_short_says_so_and_what_happens(
    client: GuardedClient, cast: Cast, waiting: Delivery, clock: time_machine.Coordinates
) -> None:
    sign_in(client, cast.bo)
    Delivery.objects.filter(pk=waiting.pk).update(check_trouble="broken")
    assert "Kontrollen blev inte klar. Den görs om av sig själv." in page(client)
    Delivery.objects.filter(pk=waiting.pk).update(check_trouble="", check_started_at=timezone.now() + timedelta(minutes=4))
    clock.shift(timedelta(minutes=4))
    assert "Dröjer det mer än tio minuter: skriv till SKR." in page(client)
