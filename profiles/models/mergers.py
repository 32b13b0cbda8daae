"""That a unit goes up in another one from a day: planned, then carried out, or undone before its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from profiles.models.people import Membership, Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class UnitMergerQuerySet(models.QuerySet["UnitMerger"]):
    """Mergers, narrowed by who may see them and whether they hold."""

    def visible_to(self, user: User | AnonymousUser) -> UnitMergerQuerySet:
        """SKR's people with the right; nobody else."""
        return self if user.is_authenticated and user.has_perm("profiles.view_unitmerger") else self.none()

    def holding(self) -> UnitMergerQuerySet:
        """Planned or carried out."""
        return self.filter(undone_at=None)

    def planned(self) -> UnitMergerQuerySet:
        """Those that wait for their day."""
        return self.filter(undone_at=None, carried_out_at=None)


class UnitMerger(models.Model):
    """`unit` goes up in `into`: from `on` it is not asked any more, and its history stays under its own code."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="mergers_out", verbose_name="enhet")
    into = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="mergers_in", verbose_name="går upp i")
    on = models.DateField("från och med")
    people = models.ManyToManyField(Membership, related_name="+", blank=True)  # who get their role at the other unit too
    at = models.DateTimeField("bestämd")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="bestämd av")
    carried_out_at = models.DateTimeField("genomförd", null=True, blank=True)
    undone_at = models.DateTimeField("ångrad", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ångrad av"
    )

    objects = UnitMergerQuerySet.as_manager()

    class Meta:
        verbose_name = "sammanslagning"
        verbose_name_plural = "sammanslagningar"
        constraints = [
            models.CheckConstraint(condition=~Q(unit=F("into")), name="unit_merger_of_two_units"),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(carried_out_at=None), name="unit_merger_not_undone_once_carried_out"
            ),
            models.UniqueConstraint(fields=["unit"], condition=Q(undone_at=None), name="unit_merger_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit.name} går upp i {self.into.name}"
