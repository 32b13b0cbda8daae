"""What SKR takes out of a collection for production: frozen versions of the approved data set, and the files made of each."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal
from submissions.models.collection import Collection


class ExportSeries(models.Model):
    """The key of the pseudonyms: while the series is the same, a person has the same pseudonym in every year and unit."""

    SEALED: ClassVar = {"key_sealed": Seal("export-series", "name")}

    name = models.CharField("serie", max_length=20, unique=True)
    started_at = models.DateTimeField("påbörjad")
    key_sealed = models.BinaryField()  # 32 random bytes

    class Meta:
        verbose_name = "pseudonymserie"
        verbose_name_plural = "pseudonymserier"

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """Version n of a collection's approved data set. Never changed: the same data set is the same version, whenever it is made."""

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="exports", verbose_name="insamling")
    version = models.PositiveIntegerField("version")
    at = models.DateTimeField("gjord")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="gjord av"
    )
    identity = models.CharField("uppgifternas SHA-256", max_length=64)  # of which receipts, layout and lists it is made
    contents = models.JSONField()  # the units that are in it and those that are not, as they then stood; nobody's values
    series = models.ForeignKey(ExportSeries, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField("rader")
    units = models.PositiveIntegerField("enheter")

    class Meta:
        verbose_name = "produktionsuttag"
        verbose_name_plural = "produktionsuttag"
        constraints = [
            models.UniqueConstraint(fields=["collection", "version"], name="export_one_per_version"),
            models.UniqueConstraint(fields=["collection", "identity"], name="export_one_per_data_set"),
        ]

    def __str__(self) -> str:
        return f"{self.collection.year} version {self.version}"

    @property
    def heading(self) -> str:
        """What it is called among the collection's others."""
        return f"Version {self.version}"


class ExportFile(models.Model):
    """One making of a version: in which format, with personnummer or pseudonyms, by whom, and what came of it."""

    class Format(models.TextChoices):
        """How the rows are written."""

        CSV = "csv", "CSV"
        PARQUET = "parquet", "Parquet"

    class Status(models.TextChoices):
        """How far it has come."""

        MAKING = "making", "Görs"
        READY = "ready", "Klart"
        FAILED = "failed", "Gick inte att göra"

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="files", verbose_name="produktionsuttag")
    format = models.CharField("format", max_length=10, choices=Format.choices)
    is_pseudonymised = models.BooleanField("pseudonymiserat", default=True)
    status = models.CharField("status", max_length=10, choices=Status.choices, default=Status.MAKING)
    asked_at = models.DateTimeField("begärt")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    units_done = models.PositiveIntegerField("enheter klara", default=0)
    made_at = models.DateTimeField("klart", null=True)
    trouble = models.CharField("hinder", max_length=400, blank=True)
    manifest_sha256 = models.CharField("manifestets SHA-256", max_length=64, blank=True)
    public_key = models.CharField("öppen nyckel", max_length=64, blank=True)  # in hex: of the key that signed it
    size = models.PositiveBigIntegerField("storlek", default=0)  # of the zip; 0 where it is not kept here

    class Meta:
        verbose_name = "uttagets filer"
        verbose_name_plural = "uttagets filer"
        constraints = [
            models.UniqueConstraint(
                fields=["export", "format", "is_pseudonymised"],
                condition=Q(status="making"),
                name="export_file_made_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | (Q(made_at__isnull=False) & ~Q(manifest_sha256="") & ~Q(public_key="")),
                name="export_file_ready_is_signed",
            ),
        ]

    def __str__(self) -> str:
        kind = "pseudonymiserat" if self.is_pseudonymised else "med personnummer"
        return f"{self.export}, {self.get_format_display()}, {kind}"


class ExportPart(models.Model):
    """A piece of the zip that is fetched from the admin, sealed. It goes after a while: the same can be made again."""

    SEALED: ClassVar = {"content_sealed": Seal("export-part", "file_id", "number")}

    file = models.ForeignKey(ExportFile, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content_sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="export_part_one_per_number")]

    def __str__(self) -> str:
        return f"{self.file}, del {self.number}"
