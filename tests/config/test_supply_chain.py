"""What the portal is built of: locked with hashes, never fresh, looked up for known faults, and listed (DRIFT-02, DRIFT-07)."""

from __future__ import annotations

import json
import re
import tomllib
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from config.local import audit, licences, lockfile, paths, sbom
from config.local.lockfile import NotPinned, Package

PROJECT = tomllib.loads((paths.BASE / "pyproject.toml").read_text(encoding="utf-8"))
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NEVER = {
    *("django-allauth", "django-two-factor-auth", "django-ratelimit", "django-axes", "django-csp", "django-fernet-fields"),
    *("zxcvbn", "semgrep", "pip-audit", "detect-secrets"),
}
"""A second way to sign in, packages nobody keeps up, and scanners, which have an environment of their own."""


@pytest.mark.asvs("15.2.4")
@pytest.mark.parametrize("name", lockfile.FILES)
def test_drift_02_every_package_is_one_version_with_its_hashes(name: str) -> None:
    packages = lockfile.read(name)
    assert len(packages) > 20
    for package in packages:
        assert package.hashes, package.name
        assert all(DIGEST.fullmatch(digest) for digest in package.hashes), package.name
    assert len({package.name for package in packages}) == len(packages)
    assert not NEVER & {package.name for package in packages}


def test_drift_02_the_lists_agree_and_come_from_no_other_place() -> None:
    base, local, dev, bench = ({package.name: package.version for package in lockfile.read(name)} for name in lockfile.FILES)
    assert base.items() <= local.items() <= dev.items()
    assert base.items() <= bench.items()
    assert {name: bench[name] for name in bench.keys() & dev.keys()} == {name: dev[name] for name in bench.keys() & dev.keys()}
    for name in lockfile.FILES:
        text = lockfile.file_of(name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|--(extra-)?index-url|--find-links|--trusted-host|^-e |@ ", text, re.MULTILINE)


@pytest.mark.parametrize(
    "entry",
    ["django>=5.2", "django", "django==5.*", "django @ git+ssh://git.example/django", "django==5.2,!=5.3"],
)
def test_drift_02_what_is_not_one_version_is_told(entry: str) -> None:
    with pytest.raises(NotPinned):
        lockfile.parse(entry)


def test_drift_02_an_entry_is_read_whole() -> None:
    digest = "sha256:" + "0" * 64
    text = f"# kept\nPy_Thing==1.2 ; sys_platform == 'win32' \\\n    --hash={digest} \\\n    --hash={digest}\n"
    assert lockfile.parse(text) == [Package("py-thing", "1.2", (digest, digest), is_here=False)]


@pytest.mark.parametrize("place", ["bin/prepare.sh", "Dockerfile"])
def test_drift_02_packages_are_installed_with_hashes_and_never_built(place: str) -> None:
    text = (paths.BASE / place).read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in text.splitlines() if re.search(r"\bpip install\b", line) and not line.lstrip().startswith("#")]
    assert installs
    for line in installs:
        assert "--require-hashes" in line, line
        assert "--only-binary :all:" in line, line
        assert "--no-deps" in line, line


def test_drift_02_nothing_else_in_bin_installs() -> None:
    others = [path for path in (paths.BASE / "bin").iterdir() if path.name != "prepare.sh"]
    assert others
    for path in others:
        assert not re.search(r"\b(pip3?|uv|npm|curl|wget)\b.*\b(install|sync|add)\b", path.read_text(encoding="utf-8")), path.name


def test_drift_02_every_list_is_written_by_bin_lock() -> None:
    written = set(re.findall(r"-o requirements/(\w+)\.txt", (paths.BASE / "bin" / "lock").read_text(encoding="utf-8")))
    there = {path.stem for path in (paths.BASE / "requirements").glob("*.txt")}
    assert written == there == set(lockfile.FILES)
    wanted = {required.name for group in PROJECT["dependency-groups"].values() for required in map(Requirement, group)}
    locked = {package.name for name in lockfile.FILES for package in lockfile.read(name)}
    assert wanted <= locked


def test_drift_02_no_release_is_locked_before_it_has_rested() -> None:
    """Exceptions are security releases of Django, named one by one with `exclude-newer-package`."""
    uv = PROJECT["tool"]["uv"]
    assert uv["exclude-newer"] == "14 days"
    assert set(uv) <= {"exclude-newer", "exclude-newer-package"}
    assert set(uv.get("exclude-newer-package", {})) <= {"django"}
    lock = (paths.BASE / "bin" / "lock").read_text(encoding="utf-8")
    assert "--generate-hashes" in lock
    assert "exclude-newer" not in lock


@pytest.mark.parametrize(
    ("name", "too_old", "taken", "too_new"),
    [("django", "5.2.18", "5.2.19", "5.3"), ("django-otp", "1.7.4", "1.7.5", "1.8"), ("pyotp", "2.9.0", "2.12.0", "3.0")],
)
def test_drift_02_the_versions_that_security_hangs_on(name: str, too_old: str, taken: str, too_new: str) -> None:
    wanted = {required.name: required for required in map(Requirement, PROJECT["project"]["dependencies"])}[name]
    assert [wanted.specifier.contains(version) for version in (too_old, taken, too_new)] == [False, True, False]
    locked = {package.name: Version(package.version) for package in lockfile.read("base")}
    assert wanted.specifier.contains(locked[name])


def report(*entries: dict[str, object]) -> str:
    """What pip-audit prints."""
    return json.dumps({"dependencies": list(entries), "fixes": []})


SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
FAULTY = {"name": "Pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}
UNSEEN = {"name": "polars", "skip_reason": "Dependency not found on PyPI and could not be audited: polars (2.1.0)"}


@pytest.mark.asvs("15.2.1")
@pytest.mark.parametrize(
    ("entries", "asked", "status", "said"),
    [
        ([SOUND], ["Django"], 0, "0 kända, 0 överhoppade av 1 paket"),
        ([SOUND, FAULTY], ["django", "pillow"], 1, "1 kända, 0 överhoppade av 2 paket\n  känd: pillow 1.0: PYSEC-1, GHSA-2"),
        ([SOUND, UNSEEN], ["django", "polars"], 1, "0 kända, 1 överhoppade av 2 paket\n  överhoppad: polars"),
        ([SOUND], ["django", "polars"], 1, "0 kända, 1 överhoppade av 2 paket\n  överhoppad: polars"),
        ([UNSEEN], ["polars"], 3, "inte körd: inget av 1 paket gick att slå upp."),
        ([], ["polars"], 3, "inte körd: inget av 1 paket gick att slå upp."),
        ([], [], 3, "inte körd: inget av 0 paket gick att slå upp."),
    ],
)
def test_drift_07_clean_is_said_only_when_every_package_was_looked_up(
    entries: list[dict[str, object]], asked: list[str], status: int, said: str
) -> None:
    verdict = audit.judge(report(*entries), asked)
    assert (verdict.status, str(verdict)) == (status, said)


@pytest.mark.parametrize(
    "text", ["", "No known vulnerabilities found", "[]", "{}", '{"dependencies": [7]}', '{"dependencies": [{}]}']
)
def test_drift_07_another_text_is_no_report(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        audit.judge(text, ["django"])


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (None, 3, "inte körd: pip-audit finns inte."),
        ("echo 'Name or service not known' >&2; exit 1", 3, "inte körd: pip-audit gav ingen rapport. Svarar nätet?"),
        (f"echo '{report(SOUND)}'", 0, "0 kända, 0 överhoppade av 1 paket"),
        (f"echo '{report(UNSEEN)}'; echo 'No known vulnerabilities found' >&2", 3, "inte körd: inget av 1 paket"),
    ],
)
def test_drift_07_a_scanner_that_is_missing_or_silent_is_told(tmp_path: Path, script: str | None, status: int, said: str) -> None:
    scanner = tmp_path / "pip-audit"
    if script is not None:
        scanner.write_text(f"#!/bin/sh\n{script}\n")
        scanner.chmod(0o755)
    ended, text = audit.scan(scanner, ["django"] if "Svarar" in said or status == 0 else ["polars"], lockfile.file_of("dev"))
    assert ended == status
    assert text.startswith(said)


def test_drift_07_every_locked_package_is_in_a_list_that_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = tmp_path / "pip-audit"
    scanner.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    scanner.chmod(0o755)
    monkeypatch.setattr(audit, "SCANNER", scanner)
    assert audit.main([]) == audit.NOT_RUN
    asked = (tmp_path / "asked").read_text().split()
    looked_up = {name for name in lockfile.FILES if str(lockfile.file_of(name)) in asked}
    packages = {file: {(one.name, one.version) for one in lockfile.read(file)} for file in lockfile.FILES}
    assert set().union(*packages.values()) == set().union(*(packages[file] for file in looked_up))


@pytest.mark.asvs("15.1.2")
def test_the_list_of_components_names_every_package_of_production(capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main([]) == 0
    first = capsys.readouterr().out
    made = json.loads(first)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert {part["purl"] for part in made["components"]} == {
        f"pkg:pypi/{package.name}@{package.version}" for package in lockfile.read("base")
    }
    assert set(made["dependencies"][0]["dependsOn"]) == {part["bom-ref"] for part in made["components"]}
    sbom.main([])
    assert capsys.readouterr().out == first
    found = {part["name"]: part["licenses"][0]["expression"] for part in made["components"]}
    assert found == licences.of(lockfile.read("base"))
    assert found["django"] == "BSD-3-Clause"


# Licences ------------------------------------------------------------------------------------------------------------


def about(**headers: str) -> Message:
    """What a package says of itself."""
    described = Message()
    for name, value in headers.items():
        described[name.replace("_", "-")] = value
    return described


def test_no_package_of_production_has_a_licence_that_is_not_allowed_and_the_document_says_which() -> None:
    packages = lockfile.read("base")
    assert set(licences.of(packages)) == {package.name for package in packages}
    assert licences.DOCUMENT.read_text(encoding="utf-8") == licences.document(packages), "bin/sbom --write"


def test_what_we_read_ourselves_is_of_packages_that_are_there() -> None:
    assert set(licences.READ_BY_US) <= {package.name for package in lockfile.read("base")}


@pytest.mark.parametrize(
    ("described", "found"),
    [
        (about(License_Expression="MIT"), "MIT"),
        (about(License_Expression="GPL-3.0-only OR MIT", License="BSD"), "GPL-3.0-only OR MIT"),
        (about(License="BSD"), "BSD-3-Clause"),
        (about(License="Copyright (c) 2025 ...", Classifier="License :: OSI Approved :: MIT License"), "MIT"),
    ],
)
def test_a_package_says_its_licence_in_one_of_three_ways(described: Message, found: str) -> None:
    assert licences.of([Package("thing", "1.0", (), is_here=True)], lambda name: described) == {"thing": found}


@pytest.mark.parametrize(
    "described",
    [
        about(License_Expression="GPL-3.0-only"),
        about(License_Expression="AGPL-3.0-or-later"),
        about(License_Expression="MIT AND GPL-2.0-only"),
        about(License_Expression="Apache-2.0 WITH LLVM-exception"),
        about(License="Proprietary"),
        about(Classifier="License :: Other/Proprietary License"),
        about(),
    ],
)
def test_a_licence_that_is_unknown_or_not_allowed_stops_the_list(described: Message) -> None:
    with pytest.raises(licences.NotAllowed, match=r"thing 1\.0: ."):
        licences.of([Package("thing", "1.0", (), is_here=True)], lambda name: described)


def test_a_package_that_is_not_installed_has_no_licence_that_we_know() -> None:
    with pytest.raises(licences.NotAllowed, match="inte installerat"):
        licences.of([Package("no-such-package", "1.0", (), is_here=False)])


def test_wrong_use_of_the_two_commands_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert (audit.main(["x"]), sbom.main(["x"])) == (2, 2)
    assert capsys.readouterr().err == "Använd: bin/audit\nAnvänd: bin/sbom > sbom.json  (--write: skriv docs/licenser.md)\n"
