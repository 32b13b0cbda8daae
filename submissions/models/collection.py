"""The year's settings as data: calendar, layout, code lists and checks. `Collection.spec()` gives them to the engines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from threading import Lock

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from config.lib import context
from submissions import spec


class Layout(models.Model):
    """A postbeskrivning: which fields a row has, in order."""

    name = models.CharField("namn", max_length=40, unique=True)

    class Meta:
        verbose_name = "postbeskrivning"
        verbose_name_plural = "postbeskrivningar"

    def __str__(self) -> str:
        return self.name

    def spec(self) -> spec.LayoutSpec:
        """The layout as the engines read it."""
        return spec.LayoutSpec(name=self.name, fields=tuple(f.spec() for f in self.fields.order_by("number", "pk")))


class Field(models.Model):
    """One field of a layout."""

    layout = models.ForeignKey(Layout, on_delete=models.CASCADE, related_name="fields", verbose_name="postbeskrivning")
    number = models.PositiveSmallIntegerField("nr")
    name = models.CharField("fält", max_length=80)
    numeric = models.BooleanField("numeriskt")
    max_length = models.PositiveSmallIntegerField("längd")
    required_kommun = models.CharField("krav kommun", max_length=1)
    required_region = models.CharField("krav region", max_length=1)
    format = models.CharField("format", max_length=120, blank=True)
    allowed = models.CharField("tillåtna värden", max_length=300, blank=True)
    meaning = models.CharField("betydelse", max_length=200, blank=True)
    evidence = models.CharField("belägg", max_length=200, blank=True)

    class Meta:
        verbose_name = "fält"
        verbose_name_plural = "fält"
        constraints = [
            models.UniqueConstraint(fields=["layout", "number"], name="field_one_per_layout_and_number"),
            models.CheckConstraint(
                condition=Q(required_kommun__in="OVF-", required_region__in="OVF-"), name="field_required_is_o_v_f_or_dash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @classmethod
    def of(cls, layout: Layout, field: spec.FieldSpec) -> Field:
        """The row of a field of that layout, not saved; `spec` the other way round."""
        return cls(
            layout=layout,
            number=field.number,
            name=field.name,
            numeric=field.numeric,
            max_length=field.max_length,
            required_kommun=field.required_kommun,
            required_region=field.required_region,
            format=field.format,
            allowed=field.allowed,
            meaning=field.meaning,
            evidence=field.evidence,
        )

    def spec(self) -> spec.FieldSpec:
        """The field as the engines read it."""
        return spec.FieldSpec(
            number=self.number,
            name=self.name,
            numeric=self.numeric,
            max_length=self.max_length,
            required_kommun=self.required_kommun,
            required_region=self.required_region,
            format=self.format,
            allowed=self.allowed,
            meaning=self.meaning,
            evidence=self.evidence,
        )


class CodeList(models.Model):
    """A version of a code list. One that SKR has not established warns but never rejects."""

    class Status(models.TextChoices):
        """A draft is read in and used by no year; a planned one is taken into use on its day."""

        DRAFT = "draft", "Utkast"
        PLANNED = "planned", "Planerad"
        USED = "used", "I bruk"

    kind = models.CharField("lista", max_length=30)
    name = models.CharField("namn", max_length=100, blank=True)
    version = models.CharField("version", max_length=60)
    valid_from = models.DateField("gäller från")
    established = models.BooleanField("fastställd av SKR", default=False)
    status = models.CharField("läge", max_length=10, choices=Status.choices, default=Status.USED)
    why = models.CharField("skäl", max_length=300, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="inläst av"
    )
    read_at = models.DateTimeField("inläst", null=True, blank=True)

    class Meta:
        verbose_name = "kodlista"
        verbose_name_plural = "kodlistor"
        constraints = [models.UniqueConstraint(fields=["kind", "valid_from"], name="code_list_one_per_kind_and_date")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"

    def spec(self) -> spec.CodeListSpec:
        """The list as the engines read it."""
        return spec.CodeListSpec(self.kind, self.version, self.established, _codes_of(self.pk, self.version), self.name)


class Code(models.Model):
    """One code of a list."""

    code_list = models.ForeignKey(CodeList, on_delete=models.CASCADE, related_name="codes", verbose_name="kodlista")
    code = models.CharField("kod", max_length=10)
    label = models.CharField("benämning", max_length=160)
    sector = models.CharField("sektor", max_length=10, blank=True)
    group_kommun = models.CharField("personalgrupp kommun", max_length=80, blank=True)
    group_region = models.CharField("personalgrupp region", max_length=80, blank=True)
    evidence = models.CharField("belägg", max_length=80, blank=True)

    class Meta:
        verbose_name = "kod"
        verbose_name_plural = "koder"
        constraints = [models.UniqueConstraint(fields=["code_list", "code"], name="code_one_per_list")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


@lru_cache(maxsize=64)
def _codes_of(pk: int, version: str) -> dict[str, spec.CodeSpec]:
    """The codes of a version of a list, in order. Kept: a version is written once, whole, and never changed."""
    rows = Code.objects.filter(code_list=pk, code_list__version=version).order_by("code", "pk")
    columns = ("code", "label", "sector", "group_kommun", "group_region", "evidence")
    return {row[0]: spec.CodeSpec(*row) for row in rows.values_list(*columns)}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a year judges a file by."""

    layout: spec.LayoutSpec
    lists: dict[str, spec.CodeListSpec]
    checks: dict[str, spec.CheckSpec]


MOST_KNOWN = 16
MARK = """
    SELECT (SELECT sum(hash_record_extended(l.*, 0)) FROM submissions_layout l WHERE l.id = %(layout)s),
           (SELECT sum(hash_record_extended(f.*, 0)) FROM submissions_field f WHERE f.layout_id = %(layout)s),
           (SELECT sum(hash_record_extended(c.*, 0)) FROM submissions_checksetting c WHERE c.collection_id = %(collection)s),
           (SELECT sum(hash_record_extended(k.*, 0)) FROM submissions_codelist k JOIN submissions_collection_code_lists u
              ON u.codelist_id = k.id WHERE u.collection_id = %(collection)s)
"""
_known_rules: dict[tuple[object, ...], Rules] = {}  # by mark, the oldest first
_knowing = Lock()


class Collection(models.Model):
    """One year's collection. Its rules are fixed when it opens; SKR's staff edit them as data."""

    year = models.PositiveSmallIntegerField("år", unique=True)
    opens_on = models.DateField("öppnar")
    delivers_on = models.DateField("tar emot skarpa filer från", null=True, blank=True)  # empty: from the opening
    measurement_day = models.DateField("mättidpunkt")
    due_date = models.DateField("sista dag")
    latest_deferral_date = models.DateField("senaste uppskov")
    direct_deferral_days = models.PositiveSmallIntegerField("direkt uppskov, högst antal dagar", default=0)  # 0: never
    layout = models.ForeignKey(Layout, on_delete=models.PROTECT, verbose_name="postbeskrivning")
    code_lists = models.ManyToManyField(CodeList, verbose_name="kodlistor")
    closed_at = models.DateTimeField("stängd", null=True, blank=True)

    class Meta:
        verbose_name = "insamling"
        verbose_name_plural = "insamlingar"
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on__lt=F("due_date")) & Q(due_date__lte=F("latest_deferral_date")),
                name="collection_dates_in_order",
                violation_error_message="Datumen ska komma i ordning: öppnar, sista dag, senaste uppskov.",
            ),
            models.CheckConstraint(
                condition=Q(delivers_on=None) | Q(delivers_on__gte=F("opens_on"), delivers_on__lte=F("due_date")),
                name="collection_delivers_while_open",
                violation_error_message="Skarpa filer tas emot tidigast när insamlingen öppnar och senast sista dagen.",
            ),
        ]

    def __str__(self) -> str:
        return f"Novemberstatistiken {self.year}"

    @property
    def direct_deferral_until(self) -> date | None:
        """The last day that a first request gets without SKR's decision; None where SKR decides every request."""
        if not self.direct_deferral_days:
            return None
        return min(self.due_date + timedelta(days=self.direct_deferral_days), self.latest_deferral_date)

    def is_open(self, on: date) -> bool:
        """Whether files are taken on that day: from the opening until SKR closes the year."""
        return self.opens_on <= on and self.closed_at is None

    def spec(self) -> spec.CollectionSpec:
        """The whole year as the engines read it. One query tells whether the process has read these very rules before."""
        rules = context.remember(("rules", self.pk), self._rules) if self.pk else self._read_rules()
        return spec.CollectionSpec(
            year=self.year,
            opens_on=self.opens_on,
            delivers_on=self.delivers_on or self.opens_on,
            measurement_day=self.measurement_day,
            due_date=self.due_date,
            latest_deferral_date=self.latest_deferral_date,
            direct_deferral_days=self.direct_deferral_days,
            layout=rules.layout,
            lists=rules.lists,
            checks=rules.checks,
        )

    def _rules(self) -> Rules:
        mark = self._mark()
        rules = _known_rules.get(mark)
        if rules is None:
            rules = self._read_rules()
            if self._mark() == mark:  # else somebody changed a rule while we read, and the next one reads again
                with _knowing:
                    _known_rules[mark] = rules
                    while len(_known_rules) > MOST_KNOWN:
                        del _known_rules[next(iter(_known_rules))]
        return rules

    def _mark(self) -> tuple[object, ...]:
        """What differs as soon as a row of the layout, the lists or the checks does: their contents decide, not their ages."""
        with connection.cursor() as cursor:
            cursor.execute(MARK, {"collection": self.pk, "layout": self.layout_id})
            return (self.pk, self.layout_id, *cursor.fetchone())

    def _read_rules(self) -> Rules:
        return Rules(
            layout=self.layout.spec(),
            lists={its.kind: its.spec() for its in self.code_lists.order_by("kind", "pk")},
            checks={c.code: c.spec() for c in self.check_settings.order_by("code", "pk")},
        )


class CheckSetting(models.Model):
    """When one check of the catalogue bites in one year: level, threshold, text, on or off."""

    class Level(models.TextChoices):
        """The three levels in the page's words."""

        FEL = "fel", "Måste rättas"
        VARNING = "varning", "Måste förklaras"
        INFO = "info", "Bra att veta"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="check_settings", verbose_name="insamling")
    code = models.CharField("kod", max_length=10)
    level = models.CharField("nivå", max_length=10, choices=Level.choices)
    fields = models.CharField("fält", max_length=40)
    applies_to = models.CharField("gäller", max_length=20)
    title = models.CharField("rubrik", max_length=120, blank=True)  # empty: the shipped text
    message = models.CharField("text", max_length=300)
    advice = models.CharField("gör så här", max_length=600, blank=True)  # empty: the shipped text
    why = models.CharField("varför", max_length=600, blank=True)  # empty: the shipped text
    mend = models.CharField("i lönesystemet", max_length=600, blank=True)  # empty: the shipped text
    answers = models.JSONField("färdiga svar", default=list, blank=True)  # sentences; empty: the shipped ones
    condition = models.CharField("villkor", max_length=300)
    threshold_text = models.CharField("tröskel", max_length=160)
    threshold = models.JSONField("tröskelvärden", default=dict)
    enabled = models.BooleanField("på", default=True)
    valid_from = models.DateField("gäller från och med", null=True, blank=True)
    valid_until = models.DateField("gäller till och med", null=True, blank=True)
    evidence = models.CharField("belägg", max_length=200, blank=True)

    class Meta:
        verbose_name = "kontroll"
        verbose_name_plural = "kontroller"
        constraints = [models.UniqueConstraint(fields=["collection", "code"], name="check_one_per_collection")]

    def __str__(self) -> str:
        return self.code

    def spec(self) -> spec.CheckSpec:
        """The check's settings as the engines read them."""
        return spec.CheckSpec(
            code=self.code,
            level=self.level,
            fields=self.fields,
            applies_to=self.applies_to,
            message=self.message,
            condition=self.condition,
            threshold_text=self.threshold_text,
            threshold=self.threshold,
            enabled=self.enabled,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            evidence=self.evidence,
            title=self.title,
            advice=self.advice,
            why=self.why,
            mend=self.mend,
            answers=tuple(self.answers),
        )
