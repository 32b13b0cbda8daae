"""SKR reviews: explanations are accepted, findings to look at again are collected, sent together, and followed up."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from submissions.models import Comment, Delivery, ReviewPoint, Submission
from submissions.services import comments, deliver, review
from tests.admin.conftest import as_person, as_role
from tests.admin.test_work import page_of
from tests.mail import sent_mails
from tests.reviewing import explain, found, fresh, hand_in, send, under_review, unusual
from tests.scene import Scene

pytestmark = pytest.mark.django_db

WHY = "Lönerna är dubbelt så höga. Se över rad 3."


def key_of(scene: Scene, check: str = "RIM06") -> str:
    return next(group.key for group in found(scene) if group.check == check)


def press(scene: Scene, verb: str, *args: object, role: str = "officer", **form: object) -> str:
    """Post to a page of the submission, and the page that follows."""
    address = reverse(f"admin:submissions_submission_{verb}", args=[scene.trosa.submission.pk, *args])
    return plain(as_role(scene, role).post(address, form, follow=True).content)


def plain(content: bytes) -> str:
    """The page with ordinary spaces."""
    return content.decode().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def page(scene: Scene, role: str = "officer") -> str:
    return plain(page_of(as_role(scene, role), "submissions/submission", scene.trosa.submission.pk).encode())


def unit_page(scene: Scene, name: str, *args: object) -> str:
    return plain(as_person(scene.cast.bo).get(reverse(f"submissions:{name}", args=["0488", 2026, *args])).content)


def returned(scene: Scene, check: str = "RIM06") -> str:
    """Under review, one group marked, and sent back: the group's key."""
    under_review(scene)
    key = key_of(scene, check)
    press(scene, "point", key, text=WHY)
    press(scene, "return", reason="")
    return key


# Points --------------------------------------------------------------------------------------------------------------


def test_a_point_is_collected_and_the_unit_sees_nothing_of_it_until_it_is_sent(scene: Scene) -> None:
    under_review(scene)
    told = press(scene, "point", key_of(scene), text=WHY)
    assert "Punkten är sparad." in told
    assert WHY in page(scene, "statistician")
    assert WHY not in unit_page(scene, "submission")
    assert WHY not in unit_page(scene, "findings", "RIM06", key_of(scene))
    press(scene, "point", key_of(scene), text="Se över rad 4.", role="statistician")
    assert [point.text for point in ReviewPoint.objects.all()] == ["Se över rad 4."]
    press(scene, "remove_point", key_of(scene))
    press(scene, "remove_point", key_of(scene))
    assert not ReviewPoint.objects.exists()
    codes = ("submission:point:marked", "submission:point:removed")
    assert [AuditEvent.objects.filter(code=code, unit="0488", result="RIM06").count() for code in codes] == [2, 1]


@pytest.mark.parametrize(
    ("text", "told"), [(" ", "Skriv vad enheten ska se över."), ("Se 19811218-9876", "Skriv inte personnummer här.")]
)
def test_a_point_without_words_or_with_a_personnummer_is_refused_at_the_field(scene: Scene, text: str, told: str) -> None:
    under_review(scene)
    assert told in press(scene, "point", key_of(scene), text=text)
    assert not ReviewPoint.objects.exists()


def test_all_points_go_with_the_return_and_the_mail_says_only_that_it_came_back(scene: Scene) -> None:
    key = returned(scene)
    submission = fresh(scene)
    assert submission.status == Submission.Status.RETURNED
    assert ReviewPoint.objects.get().sent_at is not None
    assert "med 1 punkt" in submission.events.latest("pk").text
    mails = [mail for mail in sent_mails() if "skickat tillbaka" in mail.body]
    assert mails
    assert all(WHY not in mail.body for mail in mails)
    for text in (unit_page(scene, "submission"), unit_page(scene, "review"), unit_page(scene, "findings", "RIM06", key)):
        assert WHY in text


def test_a_point_stands_in_the_way_until_it_is_explained_anew(scene: Scene) -> None:
    key = returned(scene)
    hand_in_url = reverse("submissions:hand_in", args=["0488", 2026])
    delivery = Delivery.objects.get(submission=fresh(scene), is_current=True)
    client = as_person(scene.cast.bo)
    client.post(hand_in_url, {"version": delivery.version, "revision": delivery.revision})
    assert fresh(scene).status == Submission.Status.RETURNED
    assert "1 punkt från SKR måste rättas eller förklaras på nytt" in unit_page(scene, "review")
    assert "Läs vad SKR skriver vid 1 anmärkning" in unit_page(scene, "submission")
    client.post(reverse("submissions:comment", args=["0488", 2026, "RIM06", key]), {"text": "Vi har frågat: lönen är rätt."})
    assert "Alla punkter från SKR är rättade eller besvarade" in unit_page(scene, "review")
    client.post(reverse("submissions:remove_comment", args=["0488", 2026, "RIM06", key]))
    assert ReviewPoint.objects.open().count() == 1
    explain(scene, "Lönen är rätt, intygat av chefen.")
    hand_in(scene)
    assert fresh(scene).status == Submission.Status.HANDED_IN
    assert "Ny förklaring" in page(scene)


def test_a_point_is_mended_by_a_file_without_the_group_and_open_again_when_it_returns(scene: Scene) -> None:
    returned(scene)
    send(scene, unusual([]))
    point = ReviewPoint.objects.get()
    assert point.outcome == ("Åtgärdad i version 3", "success")
    assert "Åtgärdad i version 3" in unit_page(scene, "submission")
    send(scene, unusual([0, 1, 2, 3]))
    assert ReviewPoint.objects.open().exists()
    send(scene, unusual([]))
    explain(scene)  # the same file as before
    hand_in(scene)
    assert "Åtgärdad i version 5" in page(scene)


def test_a_finding_that_only_is_good_to_know_can_be_answered_too(scene: Scene) -> None:
    key = returned(scene, "FIL06")
    assert "Spara förklaringen" in unit_page(scene, "findings", "FIL06", key)
    url = reverse("submissions:comment", args=["0488", 2026, "FIL06", key])
    as_person(scene.cast.bo).post(url, {"text": "Den nya filen är den rätta."})
    assert not ReviewPoint.objects.open().exists()
    hand_in(scene)
    assert fresh(scene).status == Submission.Status.HANDED_IN


def test_nothing_is_sent_when_the_return_is_refused(scene: Scene) -> None:
    under_review(scene)
    press(scene, "point", key_of(scene), text=WHY)
    press(scene, "return", reason="Se 19811218-9876")
    assert ReviewPoint.objects.get().sent_at is None
    assert fresh(scene).status == Submission.Status.SKR_REVIEW


# Accepted explanations -----------------------------------------------------------------------------------------------


def test_an_explanation_is_accepted_counted_and_shown_to_the_unit(scene: Scene) -> None:
    under_review(scene)
    comment = Comment.objects.get(submission=fresh(scene), check_code="RIM06", replaced_at=None)
    assert "0 av 1 förklaring" in page(scene)
    for _ in range(2):
        assert "1 av 1 förklaring" in press(scene, "accept", comment.group, forklaring=comment.pk)
    comment.refresh_from_db()
    assert comment.accepted_by == scene.cast.officer
    assert AuditEvent.objects.filter(code="submission:explanation:accepted").count() == 1
    assert "Godtagen av SKR" in unit_page(scene, "review")
    assert "0 av 1 förklaring" in press(scene, "unaccept", comment.group, forklaring=comment.pk)
    assert "Godtagen av SKR" not in unit_page(scene, "review")
    assert AuditEvent.objects.filter(code="submission:explanation:taken_back", unit="0488").count() == 1


def test_an_accepted_explanation_follows_to_the_same_findings_and_not_to_more(scene: Scene) -> None:
    submission = under_review(scene)
    comment = Comment.objects.get(submission=submission, check_code="RIM06", replaced_at=None)
    press(scene, "accept", comment.group, forklaring=comment.pk)
    review.return_to_unit(submission=fresh(scene), reason="Se över.", by=scene.cast.officer, at=timezone.now())
    send(scene, unusual([0, 1]))
    assert "Godtagen av SKR" in unit_page(scene, "review")
    send(scene, unusual([0, 1, 5]))
    text = unit_page(scene, "review")
    assert "Godtagen av SKR" not in text
    assert "för det som fanns då" in text
    delivery = deliver.fresh(Delivery.objects.get(submission=submission, is_current=True))
    comments.extend_comment(delivery=delivery, group_key=comment.group, by=scene.cast.bo, at=timezone.now())
    assert Comment.objects.get(submission=submission, group=comment.group, replaced_at=None).accepted_at is None


def test_all_that_is_left_of_a_check_is_accepted_but_what_is_to_be_looked_at(scene: Scene) -> None:
    submission = under_review(scene)
    press(scene, "point", key_of(scene), text=WHY)
    press(scene, "accept_check", "RIM06")
    assert not Comment.objects.filter(submission=submission, accepted_at__isnull=False).exists()
    press(scene, "remove_point", key_of(scene))
    press(scene, "accept_check", "RIM06")
    assert Comment.objects.filter(submission=submission, replaced_at=None, accepted_at__isnull=False).count() == 1


def test_what_is_accepted_is_not_marked_and_what_is_marked_is_not_accepted(scene: Scene) -> None:
    submission = under_review(scene)
    comment = Comment.objects.get(submission=submission, check_code="RIM06", replaced_at=None)
    press(scene, "point", comment.group, text=WHY)
    assert "ska ses över av enheten" in press(scene, "accept", comment.group, forklaring=comment.pk)
    press(scene, "remove_point", comment.group)
    press(scene, "accept", comment.group, forklaring=comment.pk)
    assert "Förklaringen är godtagen." in press(scene, "point", comment.group, text=WHY)
    assert not ReviewPoint.objects.exists()


def test_an_explanation_that_was_replaced_meanwhile_is_not_accepted(scene: Scene) -> None:
    under_review(scene)
    assert "Läs den som står där nu." in press(scene, "accept", key_of(scene), forklaring=scene.other.comment.pk)
    scene.other.comment.refresh_from_db()
    assert scene.other.comment.accepted_at is None


def test_nobody_judges_before_the_review_has_begun(scene: Scene) -> None:
    send(scene, unusual())
    explain(scene)
    hand_in(scene)
    comment = Comment.objects.get(submission=fresh(scene), check_code="RIM06", replaced_at=None)
    assert "medan SKR granskar" in press(scene, "accept", comment.group, forklaring=comment.pk)
    assert "granskas av SKR kan skickas tillbaka" in press(scene, "point", comment.group, text=WHY)
    comment.refresh_from_db()
    assert comment.accepted_at is None
    assert not ReviewPoint.objects.exists()
