"""What became of the year's settings: each change with its reason, and each trial of a change before it is switched on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from submissions.models.collection import CodeList, Collection


class SettingChange(models.Model):
    """One change of a year's settings: what, from what to what, who, when and why. Never changed, never taken away."""

    class Kind(models.TextChoices):
        """Which part of the settings."""

        YEAR = "year", "Nytt år"
        CALENDAR = "calendar", "Kalender"
        LAYOUT = "layout", "Postbeskrivning"
        CODE_LIST = "code_list", "Kodlista"
        CHECK = "check", "Kontroll"

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, null=True, related_name="setting_changes", verbose_name="insamling"
    )
    kind = models.CharField("vad", max_length=10, choices=Kind.choices)
    key = models.CharField("vilken", max_length=60, blank=True)  # a check's code, a list's kind, a layout's name
    changes = models.JSONField("ändringar", default=list)  # [{"label", "from", "to"}], in words
    why = models.CharField("skäl", max_length=300, blank=True)
    is_judging = models.BooleanField(default=False)  # whether files are judged in another way
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="av")
    at = models.DateTimeField("när")

    class Meta:
        verbose_name = "ändrad inställning"
        verbose_name_plural = "ändrade inställningar"
        indexes = [
            models.Index(fields=["collection", "kind", "key"], name="setting_change_of"),
            models.Index(fields=["collection", "at"], name="setting_change_judging", condition=Q(is_judging=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}".strip()


class Trial(models.Model):
    """A change tried over what is handed in, before it is switched on. The result is figures only, never a row."""

    class Kind(models.TextChoices):
        """What is changed."""

        CHECK = "check", "Kontroll"
        CODE_LIST = "code_list", "Kodlista"

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Väntar"
        RUNNING = "running", "Pågår"
        DONE = "done", "Klar"
        CANCELLED = "cancelled", "Avbruten"
        ACTIVATED = "activated", "Påslagen"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="trials", verbose_name="insamling")
    kind = models.CharField("vad", max_length=10, choices=Kind.choices)
    key = models.CharField("vilken", max_length=60)
    code_list = models.ForeignKey(CodeList, on_delete=models.CASCADE, null=True, related_name="trials", verbose_name="kodlista")
    values = models.JSONField("ändringen", default=dict)  # a check's new settings
    changes = models.JSONField("skillnaden", default=list)  # as of SettingChange
    why = models.CharField("skäl", max_length=300)
    state = models.CharField("läge", max_length=10, choices=State.choices, default=State.WAITING)
    ended = models.CharField("avbruten för att", max_length=200, blank=True)
    mark = models.PositiveBigIntegerField(default=0)  # the latest change of the year's settings when it began
    tried_year = models.PositiveSmallIntegerField("provad på", null=True)
    total = models.PositiveIntegerField("enheter", default=0)
    done = models.PositiveIntegerField("klara", default=0)
    result = models.JSONField("resultat", default=dict)  # {"units": [figures of each], "codes": {code: rows}}
    touched_at = models.DateTimeField(null=True)  # a lease: another process waits before it takes the trial up again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="av")
    at = models.DateTimeField("begärd")
    finished_at = models.DateTimeField("klar", null=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="påslagen av"
    )
    activated_at = models.DateTimeField("påslagen", null=True)

    class Meta:
        verbose_name = "provkörning"
        verbose_name_plural = "provkörningar"
        indexes = [models.Index(fields=["state"], name="trial_unfinished", condition=Q(state__in=["waiting", "running"]))]
        constraints = [
            models.CheckConstraint(
                condition=Q(activated_at=None, activated_by=None)
                | Q(activated_at__isnull=False, activated_by__isnull=False, state="activated"),
                name="trial_activated_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.collection.year}"

    @property
    def is_going_on(self) -> bool:
        """Whether it waits for its turn or runs."""
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def units(self) -> list[dict[str, Any]]:
        """The figures of each unit, in the order they were tried."""
        found: list[dict[str, Any]] = self.result.get("units", [])
        return found
