"""A matter between one unit and SKR: what it is about, who has the ball, and what has happened to it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from config.lib.sealed import Seal
from messaging.models.question import QuestionBatch
from profiles.models import Unit, in_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Threads, narrowed by who may see them and whether she has read them."""

    def visible_to(self, user: User | AnonymousUser) -> ThreadQuerySet:
        """Those of the units one has a role at; SKR staff with the right see all."""
        if user.is_authenticated and user.has_perm("messaging.view_thread"):
            return self
        return self.filter(in_sight(user)) if not getattr(user, "is_staff", False) else self.none()

    def unread_by(self, user: User) -> ThreadQuerySet:
        """Those with a message from the other side, newer than this person's last look.

        At SKR only what is not done counts: everybody there sees every unit's matters, and what a colleague has closed is
        nothing to read for the others.
        """
        from_others = self.filter(last_message_from_staff=not user.is_staff)
        open_ones = from_others.exclude(status=Thread.Status.DONE) if user.is_staff else from_others
        return open_ones.exclude(Exists(_seen_by(user)))

    def read_by(self, user: User) -> ThreadQuerySet:
        """The others of `unread_by`."""
        known = Q(last_message_from_staff=user.is_staff) | Exists(_seen_by(user))
        return self.filter(known | Q(status=Thread.Status.DONE) if user.is_staff else known)

    def awake(self, on: date) -> ThreadQuerySet:
        """Those that SKR has not put off to a later day."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=on))


class Thread(models.Model):
    """One matter between one unit and SKR; everyone with a role at the unit reads and answers.

    `unit` and `year` name the submission (the app that has submissions lies above this one). What else it is about stands
    in `group` or `row_mark`, the opaque names that the submission gives its groups of findings and its persons: keyed by its
    salt, so that they follow to the next file and tell nobody whom the matter is about.
    """

    class Status(models.TextChoices):
        """Who has the ball."""

        WAITING_UNIT = "waiting_unit", "Väntar på er"
        WAITING_SKR = "waiting_skr", "Väntar på SKR"
        DONE = "done", "Klar"

    class Category(models.TextChoices):
        """What it is about."""

        FILE = "file", "Filen och anmärkningarna"
        DEFERRAL = "deferral", "Uppskov"
        ACCESS = "access", "Behörighet och inloggning"
        OTHER = "other", "Annat"

    SEALED: ClassVar = {"matter_sealed": Seal("thread-matter", "unit_id", "year")}

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="threads", verbose_name="enhet")
    year = models.PositiveSmallIntegerField("insamling", null=True, blank=True)
    category = models.CharField("gäller", max_length=20, choices=Category.choices)
    subject = models.CharField("ämne", max_length=100)
    status = models.CharField("status", max_length=20, choices=Status.choices)
    created_at = models.DateTimeField("skapad")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="skapad av")
    last_message_at = models.DateTimeField("senaste meddelande")
    last_message_from_staff = models.BooleanField()

    check_code = models.CharField("kontroll", max_length=10, blank=True)  # of the group of findings
    field = models.PositiveSmallIntegerField("fält", null=True, blank=True)
    group = models.CharField(max_length=20, blank=True)  # the group's opaque name
    row_mark = models.CharField(max_length=20, blank=True)  # the opaque name of whose row it is
    row = models.PositiveIntegerField("rad", null=True, blank=True)  # where it stood in `version`
    version = models.PositiveIntegerField("version", null=True, blank=True)  # the file that was asked about
    matter_sealed = models.BinaryField(null=True)  # what tells whether it is corrected, JSON
    resolved_version = models.PositiveIntegerField("åtgärdad i version", null=True, blank=True)
    resolved_at = models.DateTimeField("åtgärdad", null=True, blank=True)

    batch = models.ForeignKey(QuestionBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="threads")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="handläggare"
    )
    snoozed_until = models.DateField("vilar till", null=True, blank=True)  # SKR's own; an answer wakes it

    objects = ThreadQuerySet.as_manager()

    is_unread: bool  # not kept: told by the list

    class Meta:
        verbose_name = "ärende"
        verbose_name_plural = "meddelanden"
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_version=None, resolved_at=None)
                | Q(resolved_version__isnull=False, resolved_at__isnull=False),
                name="thread_resolved_in_pairs",
            ),
            models.CheckConstraint(
                condition=Q(row_mark="") | Q(row__isnull=False, version__isnull=False), name="thread_row_is_named"
            ),
        ]
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="thread_latest"),
            models.Index(fields=["unit", "-last_message_at", "-id"], name="thread_unit_latest"),
            models.Index(fields=["status", "-last_message_at", "-id"], name="thread_status_latest"),
            models.Index(fields=["assignee", "-last_message_at"], name="thread_assignee_latest"),
            models.Index(fields=["unit", "year"], name="thread_matter", condition=~Q(group="") | ~Q(row_mark="")),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_of_the_file(self) -> bool:
        """Whether it is about a row or a group of findings, which has a page of its own."""
        return bool(self.group or self.row_mark)


class ThreadEvent(models.Model):
    """What happened in a matter besides the messages; a line between them. Some lines are SKR's own."""

    class Kind(models.TextChoices):
        """What happened, as the line says it."""

        CLOSED = "closed", "Markerat som klart"
        REOPENED = "reopened", "Öppnat igen"
        RESOLVED = "resolved", "Åtgärdat i filen"
        RETURNED = "returned", "Inte längre åtgärdat i filen"
        TICKED = "ticked", "Fråga avbockad"
        UNTICKED = "unticked", "Fråga inte längre avbockad"
        ASSIGNED = "assigned", "Handläggare ändrad"
        SNOOZED = "snoozed", "Vilar"

    STAFF_ONLY: ClassVar = frozenset({Kind.ASSIGNED, Kind.SNOOZED})

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=100, blank=True)  # a version, a question's number, a date, a colleague at SKR

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def words(self) -> str:
        """What happened, as a line of the conversation."""
        match self.kind:
            case self.Kind.RESOLVED:
                return f"Åtgärdat i version {self.detail}"
            case self.Kind.RETURNED:
                return f"Finns igen i version {self.detail}"
            case self.Kind.TICKED:
                return f"Fråga {self.detail} avbockad"
            case self.Kind.UNTICKED:
                return f"Fråga {self.detail} är inte längre avbockad"
            case self.Kind.ASSIGNED:
                return f"Handläggare: {self.detail or 'ingen'}"
            case self.Kind.SNOOZED:
                return f"Vilar till {self.detail}" if self.detail else "Vilar inte längre"
        return self.get_kind_display()


def _seen_by(user: User) -> models.QuerySet[ReadMark]:
    return ReadMark.objects.filter(thread=OuterRef("pk"), user=user, read_at__gte=OuterRef("last_message_at"))


class ReadMark(models.Model):
    """How far a person has read a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="read_marks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "user"], name="read_mark_one_per_thread_and_user")]

    def __str__(self) -> str:
        return f"Läst {self.read_at:%Y-%m-%d %H:%M}"
