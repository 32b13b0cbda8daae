"""Files beside the delivery: a region's kodförteckning and other things SKR has asked for (Komplettera)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from config.lib.sealed import Seal
from submissions.models.submission import Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class SupplementQuerySet(models.QuerySet["Supplement"]):
    """Supplements, narrowed by who may see them and whether they hold now."""

    def visible_to(self, user: User | AnonymousUser) -> SupplementQuerySet:
        """Those of the submissions one sees."""
        return self.filter(submission__in=Submission.objects.visible_to(user))

    def in_force(self) -> SupplementQuerySet:
        """Those that no newer one has replaced."""
        return self.filter(replaced_at=None)


class Supplement(models.Model):
    """A file beside the delivery, immutable; a newer one replaces it and it stays as history until purged."""

    class Kind(models.TextChoices):
        """What it is; a kodförteckning is read, the others are kept as they came."""

        POSITIONS = "positions", "Kodförteckning för befattningar"
        OTHER = "other", "Annat"

    SEALED: ClassVar = {
        column: Seal(purpose, "submission_id", "number")
        for column, purpose in {"name_sealed": "supplement-name", "content_sealed": "supplement-content"}.items()
    }

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="supplements", verbose_name="inlämning")
    number = models.PositiveIntegerField("nummer")  # 1, 2, 3 within the submission
    kind = models.CharField("slag", max_length=20, choices=Kind.choices)
    note = models.CharField("vad filen är", max_length=200, blank=True)
    name_sealed = models.BinaryField()
    content_sealed = models.BinaryField()
    size = models.PositiveIntegerField("storlek")
    sha256 = models.CharField("SHA-256", max_length=64)
    entries = models.PositiveIntegerField("koder", null=True)  # of a kodförteckning
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="uppladdad av"
    )
    uploaded_at = models.DateTimeField("mottagen")
    replaced_at = models.DateTimeField("ersatt", null=True)  # or taken away
    replaced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = SupplementQuerySet.as_manager()

    class Meta:
        verbose_name = "komplettering"
        verbose_name_plural = "kompletteringar"
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="supplement_one_per_number"),
            models.UniqueConstraint(
                fields=["submission"],
                condition=models.Q(kind="positions", replaced_at=None),
                name="supplement_one_position_list_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
