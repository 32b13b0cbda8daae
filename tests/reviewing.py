"""Trosa's submission where SKR reviews: a file without faults, but with unusual salaries, each group explained, handed in."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from submissions import synthetic
from submissions.models import Delivery, Submission
from submissions.services import comments, deliver, groups, review, storage
from submissions.services.groups import Group
from tests.scene import ROWS, Scene

PAY, MONTHLY = 21, 16  # the fields' places: salary, and how it is paid
EXPLANATION = "Lönen är rätt: avgångsvederlag."


def unusual(rows: Collection[int] = range(3), *, times: int = 2) -> bytes:
    """The right file, but the monthly-paid at those places have so many times their salary."""
    lines = synthetic.delivery("0488", ROWS, 7).decode("cp1252").split("\r\n")[:-1]
    monthly = [index for index, line in enumerate(lines) if line.split(";")[MONTHLY] == "1"]
    for place in rows:
        fields = lines[monthly[place]].split(";")
        fields[PAY] = str(int(fields[PAY]) * times)
        lines[monthly[place]] = ";".join(fields)
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def send(scene: Scene, content: bytes) -> Delivery:
    """Bo hands the file in as a new version, checked."""
    submission = fresh(scene)
    delivery = deliver.receive_delivery(
        submission=submission, content=content, name="nov.txt", by=scene.cast.bo, at=timezone.now()
    )
    return deliver.fresh(deliver.check_delivery(delivery=delivery, at=timezone.now()))


def fresh(scene: Scene) -> Submission:
    """The submission as it stands."""
    return Submission.objects.select_related("unit", "collection").get(pk=scene.trosa.submission.pk)


def found(scene: Scene) -> list[Group]:
    """The groups of the file that counts."""
    delivery = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    return groups.groups_of(fresh(scene), storage.findings_of(delivery))


def explain(scene: Scene, text: str = EXPLANATION) -> None:
    """Bo explains every group that needs it and lacks it."""
    delivery = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    known = groups.live_comments(fresh(scene))
    for group in found(scene):
        if group.needs_comment and group.key not in known:
            comments.comment_group(
                delivery=deliver.fresh(delivery), group_key=group.key, text=text, by=scene.cast.bo, at=timezone.now()
            )


def hand_in(scene: Scene) -> Submission:
    """Bo hands in what counts."""
    delivery = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    review.hand_in(
        submission=fresh(scene), delivery=delivery, expected_revision=delivery.revision, by=scene.cast.bo, at=timezone.now()
    )
    return fresh(scene)


def under_review(scene: Scene) -> Submission:
    """Explained, handed in, and taken up by Hanna."""
    send(scene, unusual())
    explain(scene)
    review.begin_review(submission=hand_in(scene), by=scene.cast.officer, at=timezone.now())
    return fresh(scene)
