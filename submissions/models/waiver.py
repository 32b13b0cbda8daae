"""SKR's decisions that a unit need not correct or explain certain findings of a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib import sealed
from config.lib.sealed import Seal
from profiles.models import Unit
from submissions.models.collection import Collection

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class WaiverQuerySet(models.QuerySet["Waiver"]):
    """Waivers, narrowed by who may see them and whether they hold."""

    def visible_to(self, user: User | AnonymousUser) -> WaiverQuerySet:
        """SKR's people with the right see all; a unit reads its own at the findings."""
        return self if user.is_authenticated and user.has_perm("submissions.view_waiver") else self.none()

    def live(self) -> WaiverQuerySet:
        """Those that nobody has ended."""
        return self.filter(ended_at=None)


class Waiver(models.Model):
    """Dispens: dated, reasoned, for one unit and year, of a check, of one field of it, or of one wrong value there."""

    SEALED: ClassVar = {"value_sealed": Seal("waiver-value", "unit_id", "collection_id")}

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="waivers", verbose_name="enhet")
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="waivers", verbose_name="insamling")
    check_code = models.CharField("kontroll", max_length=10)
    field = models.PositiveSmallIntegerField("fält", null=True, blank=True)  # none: every field of the check
    value_sealed = models.BinaryField(null=True)  # none: every value
    group = models.CharField(max_length=20, blank=True)  # with a value: the group's opaque name
    reason = models.CharField("skäl", max_length=300)
    valid_until = models.DateField("gäller filer till och med")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="beslutad av")
    at = models.DateTimeField("beslutad")
    ended_at = models.DateTimeField("avslutad", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="avslutad av"
    )

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = "dispens"
        verbose_name_plural = "dispenser"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "collection", "check_code", "field", "group"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="waiver_one_live_per_scope",
                violation_error_message="Det finns redan en sådan dispens.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="waiver_ended_in_pairs",
            ),
            models.CheckConstraint(
                condition=Q(value_sealed=None, group="") | Q(value_sealed__isnull=False, field__isnull=False) & ~Q(group=""),
                name="waiver_value_has_field_and_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_code} för {self.unit}"

    @property
    def value(self) -> str | None:
        """The wrong value that it is about; None for every value."""
        return sealed.open_text(self, "value_sealed") if self.value_sealed is not None else None
