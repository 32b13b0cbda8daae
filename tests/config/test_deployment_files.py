"""Containers, units and proxy name what there is: variables, secrets, commands; and keep what docs/drift.md promises of them."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from config.lib import keys

BASE = Path(settings.BASE_DIR)
COMPOSE = (BASE / "compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (BASE / "Dockerfile").read_text(encoding="utf-8")
NGINX = (BASE / "docs" / "nginx" / "personalstatistik.conf").read_text(encoding="utf-8")
UNITS = sorted((BASE / "docs" / "systemd").glob("*.service"))
TIMERS = sorted((BASE / "docs" / "systemd").glob("*.timer"))
PORTAL_ENV = (BASE / "docs" / "systemd" / "portal.env").read_text(encoding="utf-8")
DESCRIBED = set(re.findall(r"^#? ?([A-Z_]+?)(?:_FILE)?=", (BASE / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
OF_OTHERS = {"POLARS_MAX_THREADS", "PYTHONDONTWRITEBYTECODE", "LC_ALL", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}
SECRETS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "FIELD_KEYS",
    "HMAC_KEY",
    "RECEIPT_KEY",
    "METRICS_TOKEN",
    "SMTP_URL",
    "DATABASE_URL",
)


def unit(path: Path) -> configparser.RawConfigParser:
    """A unit's sections."""
    read = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(path.read_text(encoding="utf-8"))
    return read


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [COMPOSE, PORTAL_ENV], ids=["compose.yaml", "portal.env"])
def test_every_variable_that_is_set_is_described_and_every_secret_is_a_file(text: str) -> None:
    named = set(re.findall(r"^ *([A-Z][A-Z_]+)(?:: |=)", text, re.MULTILINE))
    assert {name.removesuffix("_FILE") for name in named} - DESCRIBED - OF_OTHERS == set()
    assert {f"{name}_FILE" for name in SECRETS} <= named
    assert named & set(SECRETS) == set()


def test_every_command_that_is_run_exists() -> None:
    units = "\n".join(path.read_text(encoding="utf-8") for path in UNITS)
    run = re.findall(r"manage\.py,? ([a-z_]+)", f"{COMPOSE}\n{DOCKERFILE}\n{units}")
    assert {"migrate", "grant_roles", "procrastinate", "backup", "doctor", "collectstatic"} <= set(run) <= set(get_commands())


def test_every_secret_that_a_container_reads_is_one_that_bin_secrets_makes(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    declared = dict(re.findall(r"^  (\w+): \{file: \./secrets/([\w/.]+)\}$", COMPOSE, re.MULTILINE))
    assert len(declared) == 14
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(declared.values())
    read = set(re.findall(r"/run/secrets/(\w+)", COMPOSE)) | {"db_ca", "db_roles"}
    assert read == set(declared)


def test_the_image_holds_every_app_and_no_local_command() -> None:
    copied = set(re.findall(r"^COPY (\w+) /srv/portal/\1$", DOCKERFILE, re.MULTILINE))
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).parent == BASE}
    assert copied == ours | {"templates", "static", "docs"}
    assert "rm -rf config/local" in DOCKERFILE


def services() -> dict[str, str]:
    """Each service of compose.yaml: its lines."""
    text = COMPOSE.partition("\nservices:\n")[2].partition("\nnetworks:\n")[0]
    parts = re.split(r"^  (\w+):\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_a_service_waits_for_what_can_come_about() -> None:
    """`service_healthy` needs a health check, and `service_completed_successfully` one that ends and is not started again."""
    image_says = "HEALTHCHECK" in DOCKERFILE
    waits = [
        (other, condition)
        for text in services().values()
        for other, condition in re.findall(r"^      (\w+): \{condition: (\w+)\}$", text, re.MULTILINE)
    ]
    assert len(waits) == 5
    for other, condition in waits:
        text = services()[other]
        if condition == "service_healthy":
            assert "disable: true" not in text
            assert "test: [" in text or ("<<: *portal" in text and image_says), other
        else:
            assert condition == "service_completed_successfully"
            assert 'restart: "no"' in text, other


def test_every_network_and_volume_that_a_service_has_is_declared() -> None:
    declared = set(re.findall(r"^  (\w+): \{", COMPOSE.partition("\nnetworks:\n")[2].partition("\nsecrets:")[0], re.MULTILINE))
    joined = {name for names in re.findall(r"networks: \[([\w, ]+)\]", COMPOSE) for name in names.split(", ")}
    assert joined | {"data"} == declared
    for place in re.findall(r"^      - \./(docs/[\w./-]+):", COMPOSE, re.MULTILINE):
        assert (BASE / place).is_file(), place
    for name, text in services().items():
        assert "networks: [" in text, name


def test_the_packed_code_leaves_out_what_the_image_leaves_out() -> None:
    drift = (BASE / "docs" / "drift.md").read_text(encoding="utf-8")
    packed = re.search(r"^git archive .* HEAD -- \. (.*)$", drift, re.MULTILINE)
    assert packed is not None
    left_out = set(re.findall(r"':!([\w/]+)'", packed[1]))
    ignored = set((BASE / ".dockerignore").read_text(encoding="utf-8").split())
    assert left_out - ignored == {"config/local"}  # which the image removes when it is built
    assert all((BASE / path).is_dir() for path in left_out)


# What is promised ----------------------------------------------------------------------------------------------------


def test_nobody_is_root_and_nothing_is_written() -> None:
    users = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert users[0] == users[-1] == "10001"
    services = re.split(r"^  (?=\w+:$)", COMPOSE.partition("\nservices:\n")[2].partition("\nnetworks:\n")[0], flags=re.MULTILINE)[
        1:
    ]
    assert len(services) == 6
    for service in services:
        assert "<<: *portal" in service or "<<: *hardened" in service, service
    for promise in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert promise in COMPOSE.partition("x-portal")[0]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_portal_with_nothing_but_what_it_needs(path: Path) -> None:
    service = unit(path)["Service"]
    expected = {
        **{"User": "portal", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes"},
        **{"CapabilityBoundingSet": "", "SystemCallFilter": "@system-service", "EnvironmentFile": "/etc/portal/portal.env"},
    }
    assert {name: service[name] for name in expected} == expected
    assert ("ReadWritePaths" in service) == (path.name == "portal-backup.service")


def test_every_timer_has_its_service_and_every_other_service_starts_by_itself() -> None:
    timed = {path.stem for path in TIMERS}
    assert timed == {"portal-backup", "portal-doctor"}
    assert {path.stem for path in UNITS if "Install" not in unit(path)} == timed


def test_the_proxy_takes_what_the_portal_takes_and_writes_over_what_a_visitor_says_of_himself() -> None:
    taken = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert taken is not None
    assert int(taken[1]) * 1_048_576 > settings.UPLOAD_MAX_BYTES
    for line in (
        "proxy_request_buffering on;",
        "proxy_max_temp_file_size 0;",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto https;",
        'proxy_set_header X-Forwarded-Host "";',
    ):
        assert line in NGINX, line
    for place in ("/admin", "= /metrics"):
        assert re.search(rf"location {place} \{{\s+allow [^}}]+deny all;", NGINX), place


# bin/secrets ---------------------------------------------------------------------------------------------------------


def make_secrets(directory: Path, *more: str) -> str:
    """Run it; what it said."""
    command = [str(BASE / "bin" / "secrets"), str(directory), *more]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.asvs("13.3.1")
def test_kry_03_the_secrets_are_closed_files_of_the_right_kind_and_are_never_made_anew(tmp_path: Path) -> None:
    assert make_secrets(tmp_path, "databas.example").startswith("14 filer gjorda")
    files = {path.name: path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o400}
    portal = tmp_path / "portal"
    assert len(keys.read_secret_file("SECRET_KEY", str(portal / "secret_key"))) >= 50
    assert list(keys.decode_field_keys("FIELD_KEYS", keys.read_secret_file("FIELD_KEYS", str(portal / "field_keys")))) == [1]
    keys.decode_key("HMAC_KEY", keys.read_secret_file("HMAC_KEY", str(portal / "hmac_key")))
    keys.decode_seed("RECEIPT_KEY", keys.read_secret_file("RECEIPT_KEY", str(portal / "receipt_key")))
    url = urlsplit((portal / "database_url").read_text().strip())
    assert (url.username, url.hostname, url.path) == ("portal_app", "databas.example", "/personalstatistik")
    assert url.query == f"sslmode=verify-full&sslrootcert={portal / 'db_ca.crt'}"
    password = url.password or ""
    assert len(password) == 32
    assert f"CREATE ROLE portal_app LOGIN PASSWORD '{password}';" in files["roles.sql"].read_text()
    before = {path: path.read_bytes() for path in files.values()}
    assert make_secrets(tmp_path, "annan.example").startswith("0 filer gjorda")
    assert {path: path.read_bytes() for path in files.values()} == before


def test_the_certificate_is_the_database_s_and_its_authority_s_key_is_gone(tmp_path: Path) -> None:
    make_secrets(tmp_path, "databas.example")
    checked = ["openssl", "verify", "-verify_hostname", "databas.example", "-CAfile", str(tmp_path / "portal" / "db_ca.crt")]
    assert subprocess.run([*checked, str(tmp_path / "db" / "server.crt")], capture_output=True).returncode == 0
    assert [path.name for path in tmp_path.rglob("*.key")] == ["server.key"]
