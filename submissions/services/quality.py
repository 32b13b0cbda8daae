"""Quality cards: made for every locked submission when a year is closed, and shown beside units like it.

The figures come from what the check, the receipt and the files' own lines tell; no rows are opened. A unit that had nobody employed
has no card.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from submissions import spec
from submissions.models import CheckCount, Collection, Delivery, QualityCard, Receipt, Submission
from submissions.services import storage
from submissions.summaries import Summary, quality
from submissions.summaries.quality import Comparison, Facts, Peer

KINDS = {spec.KOMMUN: "kommuner", spec.REGION: "regioner", spec.KOMMUNALFORBUND: "kommunalförbund", spec.BOLAG: "bolag"}
ASKS = (spec.FEL, spec.VARNING)  # the levels of what must be corrected or explained
Counts = dict[int, tuple[int, int]]  # by delivery: findings as the file came, and as it stands


@transaction.atomic
def make_cards(*, collection: Collection, at: datetime) -> int:
    """A card for every locked submission that has none; how many. As many queries whatever the number."""
    submissions = Submission.objects.filter(collection=collection, status=Submission.Status.LOCKED, quality_card=None)
    in_force = Receipt.objects.filter(submission__in=submissions, withdrawn_at=None, delivery__isnull=False)
    large = [f"delivery__{name}" for name in Delivery.SEALED if name != "summary_sealed"]
    people = ("submission__unit", "submission__collection", "delivery")
    receipts = list(in_force.select_related(*people).defer("figures_sealed", *large).order_by("pk"))
    files = _files_of(receipts)
    counts = _counts_of(receipts)
    made = [
        QualityCard(
            submission=receipt.submission,
            made_at=at,
            kind=receipt.submission.unit.kind,
            figures=quality.figures_of(_facts(receipt, receipt.delivery, files[receipt.submission_id], counts)),
        )
        for receipt in receipts
        if receipt.delivery is not None
    ]
    return len(QualityCard.objects.bulk_create(made, ignore_conflicts=True))


def _files_of(receipts: list[Receipt]) -> dict[int, list[Delivery]]:
    """The real files of each submission, the first one first."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    of_these = Delivery.objects.light().filter(submission__in=[one.submission_id for one in receipts], is_test=False)
    for delivery in of_these.order_by("version", "pk"):
        found[delivery.submission_id].append(delivery)
    return found


def _counts_of(receipts: list[Receipt]) -> Counts:
    of_these = CheckCount.objects.filter(delivery__submission__in=[one.submission_id for one in receipts], level__in=ASKS)
    sums = of_these.values("delivery").annotate(came=Sum("first_rows"), stands=Sum("rows")).order_by("delivery")
    return {one["delivery"]: (one["came"], one["stands"]) for one in sums}


def _facts(receipt: Receipt, accepted: Delivery, files: list[Delivery], counts: Counts) -> Facts:
    submission = receipt.submission
    rounds = [file for file in files if file.version <= accepted.version]
    first = next((file for file in rounds if file.status == Delivery.Status.CHECKED and file.rows), accepted)
    accepted.submission = submission
    stored = storage.summary_of(accepted).get("summary")
    lines = {line.key: line.value for line in Summary.from_dict(stored).lines} if stored else {}
    return Facts(
        rows=receipt.rows,
        rounds=len(rounds),
        days_before=(submission.due_date - timezone.localdate(receipt.issued_at)).days,
        first_rows=first.rows or 0,
        first_findings=counts.get(first.pk, (first.fel + first.varning, 0))[0],
        last_findings=counts.get(accepted.pk, (0, accepted.fel + accepted.varning))[1],
        corrections=receipt.corrections,
        women=int(lines.get("women") or 0),
        men=int(lines.get("men") or 0),
        monthly=int(lines.get("monthly") or 0),
        mean_salary=lines.get("mean_salary"),
    )


def card_of(submission: Submission) -> QualityCard | None:
    """The submission's card; none until its year is closed."""
    return QualityCard.objects.filter(submission=submission).first()


def compare(card: QualityCard) -> Comparison:
    """The card beside those of the other units of its year."""
    others = QualityCard.objects.filter(submission__collection=card.submission.collection_id).exclude(pk=card.pk)
    peers = (Peer(kind, figures) for kind, figures in others.order_by("pk").values_list("kind", "figures"))
    return quality.compare(card.figures, card.kind, KINDS.get(card.kind, "enheter"), peers)
