"""What is likely to be wrong with an installation, and how it is mended: the examinations of `manage.py doctor`.

An examination is one function that gives the faults it finds; none where all is well. It reads only: nothing is sent and
nothing is changed. The safety of the settings has its own list (`config.checks`), which is one examination here.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import audit_chain
from accounts.models import User
from accounts.roles import StaffRole
from config import database_roles, health
from config.lib import scan, sealed
from config.lib.text import amount
from messaging.models import OutgoingMail
from profiles.models import Membership, Unit
from submissions.models import CodeList, Collection, Delivery

OLDEST_POSTGRES = 150_000
CLOCKS_DIFFER = timedelta(seconds=5)  # a code of the app is right for 30 seconds
CHECK_LATE = timedelta(minutes=10)
FREE_SHARE, FREE_BYTES = 0.10, 2_000_000_000
MEMORY_OF_A_CHECK = 600_000_000  # docs/prestanda.md, peak_mb
SAMPLES = 3  # sealed rows that are opened of each column
CONNECT_SECONDS = 5
FAILED_SINCE = timedelta(days=7)
BACKUP_LATE = timedelta(hours=26)
OPENING_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in one line, and how to mend it. A `warning` is something to look at; the portal works."""

    what: str
    cure: str
    is_warning: bool = False


Examination = Callable[[datetime], Iterable[Fault]]
EXAMINATIONS: list[tuple[str, Examination]] = []
"""Each with what it looks at, in order: one that needs the database comes after the one that looks at it."""


class Unreachable(Exception):
    """The database cannot be asked; nothing after it can be either."""


def examination(looks_at: str) -> Callable[[Examination], Examination]:
    """Enter the function in the list."""

    def enter(function: Examination) -> Examination:
        EXAMINATIONS.append((looks_at, function))
        return function

    return enter


@examination("inställningar")
def unsafe_settings(at: datetime) -> Iterator[Fault]:
    """Every check that does not hold, as at the start."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING and not message.is_silenced():
            yield Fault(f"{message.id}: {message.msg}", message.hint or "Se docs/drift.md.")


@examination("utvecklingsläge")
def not_for_real(at: datetime) -> Iterator[Fault]:
    """An installation that is not the real one says so."""
    if not settings.PRODUCTION:
        mark = " med demodata" if settings.DEMO else ""
        yield Fault(
            f"Portalen kör som {settings.PORTAL_ENV}{mark}.", "Ta bort PORTAL_ENV ur miljön i skarp drift.", is_warning=True
        )


@examination("adress")
def own_address(at: datetime) -> Iterator[Fault]:
    """The address in mails is one that the portal answers to."""
    parts = urlsplit(settings.PORTAL_BASE_URL)
    hosts = settings.ALLOWED_HOSTS
    known = any(host in {"*", parts.hostname} or (host.startswith(".") and f".{parts.hostname}".endswith(host)) for host in hosts)
    if not known:
        yield Fault(
            f"Mejlen länkar till {parts.hostname}, som inte finns i ALLOWED_HOSTS.",
            "Sätt PORTAL_BASE_URL och ALLOWED_HOSTS till samma adress.",
        )


@examination("databas")
def database(at: datetime) -> Iterator[Fault]:
    """It answers, is new enough, keeps UTF-8 and has the same time. Raises `Unreachable`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), clock_timestamp(), "
                "current_setting('fsync'), pg_is_in_recovery()"
            )
            version, encoding, clock, fsync, is_standby = cursor.fetchone()
    except DatabaseError as problem:
        reason = " ".join(str(problem).split()).split("Is the server")[0][:200]
        raise Unreachable(f"Databasen svarar inte: {reason}") from problem
    if version < OLDEST_POSTGRES:
        yield Fault(f"PostgreSQL är version {version // 10_000}.", "Uppgradera till 15 eller senare.")
    if encoding != "UTF8":
        yield Fault(f"Databasen lagrar text som {encoding}.", "Skapa den på nytt med ENCODING 'UTF8' och läs in säkerhetskopian.")
    if is_standby:
        yield Fault("Databasen är en reserv som bara går att läsa.", "Peka DATABASE_URL på den som tar emot skrivningar.")
    if fsync != "on" and settings.PRODUCTION:
        yield Fault("fsync är av: ett strömavbrott kan förstöra databasen.", "Sätt fsync = on i postgresql.conf.")
    if abs(clock - at) > CLOCKS_DIFFER:
        seconds = round(abs(clock - at).total_seconds())
        yield Fault(
            f"Klockan här och databasens skiljer {amount(seconds, 'sekund', 'sekunder')}.",
            "Ställ båda efter samma tidsserver (NTP): engångskoder räknas efter klockan.",
        )


@examination("migreringar")
def migrations(at: datetime) -> Iterator[Fault]:
    """The tables are those of this version. Raises `Unreachable` where they are not: nothing else can be asked."""
    if missing := health.missing_migrations():
        raise Unreachable(
            f"{amount(len(missing), 'migrering', 'migreringar')} saknas, bland annat {missing[0]}. "
            "Kör manage.py migrate och manage.py grant_roles som portal_migrate."
        )
    yield from ()


@examination("databasroller")
def roles(at: datetime) -> Iterator[Fault]:
    """Web and worker do not own the tables, and the roles have their rights."""
    if not settings.PRODUCTION:
        return
    if missing := database_roles.missing_roles():
        yield Fault(f"Databasrollen {missing[0]} saknas.", "Kör manage.py grant_roles som portal_migrate.")
    elif database_roles.changes():
        yield Fault("Databasrollernas rättigheter är inte de som ska gälla.", "Kör manage.py grant_roles som portal_migrate.")
    if not database_roles.foreign_tables():
        yield Fault(
            "Databasanvändaren äger tabellerna och kan ändra händelseloggen.",
            "Låt webb och arbetare logga in som portal_app; bara migreringar körs som portal_migrate.",
        )


@examination("nycklar")
def keys(at: datetime) -> Iterator[Fault]:
    """Some of what each sealed column holds opens with the keys that are here."""
    for model in apps.get_models():
        for column in getattr(model, "SEALED", {}):
            rows: Any = model._default_manager.exclude(**{column: None}).order_by("-pk")[:SAMPLES]
            if any(not sealed.opens(row, column) for row in rows):
                yield Fault(
                    f"Nyaste raderna i {model._meta.verbose_name_plural} ({column}) går inte att öppna.",
                    "FIELD_KEYS saknar en nyckel som har använts. Lägg tillbaka den; byt nycklar med manage.py rotate_keys.",
                )


@examination("arbetare")
def worker(at: datetime) -> Iterator[Fault]:
    """Somebody works, and what was to be done has been done."""
    warnings = health.operation_warnings(at)
    if "worker" in warnings:
        yield Fault(f"Arbetaren: {warnings['worker']}.", "Starta manage.py procrastinate worker: utan den går inga mejl.")
    failed = ProcrastinateJob.objects.filter(status="failed", procrastinateevent__at__gte=at - FAILED_SINCE).order_by("task_name")
    by_task = dict(failed.values_list("task_name").annotate(n=Count("pk", distinct=True)))
    for name, count in by_task.items():
        yield Fault(
            f"{amount(count, 'jobb', 'jobb')} {name} har misslyckats den senaste veckan.",
            "Läs arbetarens logg, rätta orsaken och kör manage.py procrastinate shell för att köra om.",
            is_warning=True,
        )


@examination("e-post")
def mail(at: datetime) -> Iterator[Fault]:
    """There is a server, it answers, and nothing waits or fails."""
    if not settings.SMTP_URL:
        if not settings.DEMO:
            yield Fault(
                "SMTP_URL är tom: inga mejl skickas, inte heller verifieringskoder.", "Ange e-postservern. Se .env.example."
            )
    elif problem := _unreachable(settings.SMTP_URL, {"smtp": 587, "smtps": 465}):
        yield Fault(f"E-postservern svarar inte: {problem}.", "Kontrollera SMTP_URL och brandväggen.")
    late = health.operation_warnings(at).get("mail")
    if late:
        yield Fault(f"Mejl blir liggande: {late}.", "Se felet under Utgående mejl i administrationen.")
    broken = OutgoingMail.objects.filter(deliver=True, sent_at=None, attempts__gt=0).exclude(last_error="")
    if count := broken.count():
        error = broken.order_by("-pk").values_list("last_error", flat=True)[0]
        yield Fault(
            f"{amount(count, 'mejl', 'mejl')} har inte gått fram. Senaste felet: {error}.",
            "Rätta hos e-postservern; nya försök görs av sig själva.",
            is_warning=True,
        )


@examination("viruskontroll")
def scanner(at: datetime) -> Iterator[Fault]:
    """Where one is set up it answers: without it no file is taken in."""
    if not settings.CLAMD_URL:
        yield Fault("Filer kontrolleras inte mot virus.", "Ange CLAMD_URL, eller låt det vara ett beslut.", is_warning=True)
        return
    try:
        scan.scan(b"")
    except scan.Infected:
        yield Fault("clamd säger att en tom fil är skadlig.", "Läs clamd:s logg.")
    except scan.ScanFailed as failure:
        yield Fault(f"clamd svarar inte: {failure}.", "Starta clamd eller rätta CLAMD_URL: tills dess tas inga filer emot.")


@examination("övervakning")
def watched(at: datetime) -> Iterator[Fault]:
    """Somebody can follow the figures."""
    if not settings.METRICS_TOKEN:
        yield Fault(
            "Ingen kan läsa mätvärdena på /metrics.", "Ange METRICS_TOKEN, eller låt det vara ett beslut.", is_warning=True
        )


@examination("säkerhetskopia")
def copied(at: datetime) -> Iterator[Fault]:
    """One was made last night."""
    made = health.last_backup()
    if settings.PRODUCTION and (made is None or made < at - BACKUP_LATE):
        yield Fault(
            f"Den senaste säkerhetskopian är från {timezone.localtime(made):%Y-%m-%d %H.%M}."
            if made
            else "Ingen säkerhetskopia är gjord med manage.py backup.",
            "Kör manage.py backup varje natt (docs/drift.md), eller låt det vara ett beslut att ta kopian på annat sätt.",
            is_warning=True,
        )


@examination("statiska filer")
def static_files(at: datetime) -> Iterator[Fault]:
    """The pages' looks are collected."""
    try:
        staticfiles_storage.url("css/portal.css")
        found = (settings.STATIC_ROOT and os.path.isdir(settings.STATIC_ROOT)) or not settings.PRODUCTION
    except ValueError:
        found = False
    if not found:
        yield Fault("Sidornas utseende är inte insamlat.", "Kör manage.py collectstatic --noinput med den här versionen.")


@examination("disk och minne")
def resources(at: datetime) -> Iterator[Fault]:
    """Room for what comes, and memory for a check."""
    disk = shutil.disk_usage(settings.BASE_DIR)
    if disk.free < min(disk.total * FREE_SHARE, FREE_BYTES):
        yield Fault(f"Bara {disk.free // 1_000_000} MB är ledigt på disken.", "Frigör plats: loggar, gamla kopior.")
    available = _available_memory()
    if available is not None and available < 2 * MEMORY_OF_A_CHECK:
        yield Fault(
            f"Bara {available // 1_000_000} MB minne är ledigt; en stor fil behöver {MEMORY_OF_A_CHECK // 1_000_000} MB.",
            "Ge datorn mer minne eller kör färre processer.",
            is_warning=True,
        )
    threads = os.environ.get("POLARS_MAX_THREADS", "")
    if settings.PRODUCTION and not threads:
        yield Fault(
            "POLARS_MAX_THREADS är inte satt: uppladdningar tränger undan varandra.",
            "Sätt den till antalet kärnor delat med antalet webbprocesser. Se docs/prestanda.md.",
            is_warning=True,
        )


def _available_memory() -> int | None:
    """Bytes that may be had without swapping, as Linux tells; None elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


@examination("händelselogg")
def audit_trail(at: datetime) -> Iterator[Fault]:
    """The chain is made each minute."""
    waiting = audit_chain.late(at)
    if waiting:
        yield Fault(
            f"{amount(waiting, 'händelse', 'händelser')} i loggen är äldre än en timme och inte förseglade.",
            "Starta arbetaren och kör sedan manage.py verify_audit.",
        )


@examination("årets insamling")
def collection(at: datetime) -> Iterator[Fault]:
    """There are units and a year to hand in to."""
    if not Unit.objects.filter(is_active=True).exists():
        yield Fault("Det finns inga enheter.", "Kör manage.py import_units.")
    latest = Collection.objects.order_by("-year").first()
    if latest is None:
        yield Fault("Det finns ingen insamling.", "Kör manage.py open_collection ÅR.")
        return
    lists = CodeList.objects.filter(collection=latest, established=False).order_by("kind").values_list("kind", flat=True)
    if lists:
        yield Fault(
            f"Kodlistor som SKR inte har fastställt: {', '.join(lists)}. Okända koder där varnar bara.",
            "Läs in dem med manage.py import_codes … --established.",
            is_warning=True,
        )
    if latest.closed_at is None and latest.opens_on - at.date() < OPENING_SOON:
        lacking = _units_without(latest)
        if lacking:
            yield Fault(
                f"{amount(lacking, 'enhet', 'enheter')} saknar Kontaktperson.",
                "Bjud in någon: manage.py invite FIL.",
                is_warning=True,
            )


def _units_without(latest: Collection) -> int:
    contacts = Membership.objects.in_force().filter(role=Membership.Role.CONTACT, user__is_active=True)
    return Unit.objects.filter(submissions__collection=latest).exclude(pk__in=contacts.values("unit")).count()


@examination("filer som väntar")
def unchecked(at: datetime) -> Iterator[Fault]:
    """Every received file has been checked."""
    if count := Delivery.objects.filter(status=Delivery.Status.RECEIVED, uploaded_at__lt=at - CHECK_LATE).count():
        yield Fault(
            f"{amount(count, 'fil', 'filer')} har väntat på sin kontroll i mer än tio minuter.",
            "Starta arbetaren: den tar upp dem varje minut.",
        )


@examination("SKR:s konton")
def staff(at: datetime) -> Iterator[Fault]:
    """Somebody can approve, and two can recover an account."""
    by_role = dict(
        User.objects.filter(is_active=True).exclude(staff_role="").values_list("staff_role").annotate(n=Count("pk")).order_by()
    )
    if by_role.get(StaffRole.COORDINATOR, 0) < 2:
        yield Fault(
            f"SKR har {amount(by_role.get(StaffRole.COORDINATOR, 0), 'samordnare', 'samordnare')}. Två behövs för att återställa konton.",
            "Bjud in: manage.py invite_staff EPOST --role samordnare.",
            is_warning=True,
        )


def _unreachable(url: str, ports: dict[str, int]) -> str:
    """Why nothing can be said to the server at the address; "" where it answers."""
    parts = urlsplit(url)
    try:
        with socket.create_connection(
            (parts.hostname or "", parts.port or ports.get(parts.scheme, 25)), timeout=CONNECT_SECONDS
        ) as bare:
            if parts.scheme == "smtps":
                with ssl.create_default_context().wrap_socket(bare, server_hostname=parts.hostname):
                    return ""
            return "" if bare.recv(3) == b"220" else "den hälsar inte som en e-postserver"
    except ssl.SSLError as problem:
        return f"TLS går inte, {problem.reason or problem}"
    except OSError as problem:
        return problem.strerror or str(problem) or "ingen förbindelse"


@dataclass(frozen=True, slots=True)
class Examined:
    """One examination's answer."""

    looks_at: str
    faults: list[Fault]


def examine(at: datetime) -> Iterator[Examined]:
    """Every examination in order. Where the database cannot be asked that is the last one."""
    for looks_at, function in EXAMINATIONS:
        try:
            yield Examined(looks_at, list(function(at)))
        except Unreachable as reason:
            yield Examined(looks_at, [Fault(str(reason), "Kontrollera DATABASE_URL och att servern är igång.")])
            return
        except DatabaseError as problem:
            reason_given = " ".join(str(problem).split())[:200]
            yield Examined(
                looks_at, [Fault(f"Gick inte att undersöka: {reason_given}", "Kör som portal_app, efter grant_roles.")]
            )
