"""bin/sbom: what production consists of, as a CycloneDX 1.6 list of components with their licences (ASVS 15.1.2).

Made from the lock file, and from what each installed package says of its licence (config.local.licences). The same lock file gives
the same list, byte for byte: no time, no random number.
"""

from __future__ import annotations

import json
import sys
import tomllib
import uuid
from typing import Any

from config.local import licences, lockfile, paths
from config.local.lockfile import Package

PORTAL = uuid.uuid5(uuid.NAMESPACE_URL, "https://personalstatistik.skr.se")


def purl(package: Package) -> str:
    """The package's address in the common form."""
    return f"pkg:pypi/{package.name}@{package.version}"


def component(package: Package, licence: str) -> dict[str, Any]:
    """One package with its licence in SPDX's words. The hashes are of the files that pip may install, of which one is chosen for the machine."""
    files = [{"name": "personalstatistik:file-hash", "value": digest} for digest in package.hashes]
    return {
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
        "licenses": [{"expression": licence}],
        "scope": "required" if package.is_here else "optional",
        "properties": files,
    }


def document(packages: list[Package], *, version: str) -> dict[str, Any]:
    """The whole list."""
    licence = licences.of(packages)
    components = [component(package, licence[package.name]) for package in sorted(packages, key=lambda package: package.name)]
    content = json.dumps([version, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(PORTAL, content)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "personalstatistik", "name": "personalstatistik", "version": version}
        },
        "components": components,
        "dependencies": [
            {"ref": "personalstatistik", "dependsOn": [part["bom-ref"] for part in components]},
        ],
    }


def main(arguments: list[str]) -> int:
    """Print the list, or renew docs/licenser.md."""
    if arguments not in ([], ["--write"]):
        print("Använd: bin/sbom > sbom.json  (--write: skriv docs/licenser.md)", file=sys.stderr)
        return 2
    packages = lockfile.read("base")
    try:
        if arguments:
            licences.write(packages)
        else:
            project = tomllib.loads((paths.BASE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            print(json.dumps(document(packages, version=project["version"]), indent=2))
    except licences.NotAllowed as refusal:
        print(f"Licensen är inte godkänd: {refusal}", file=sys.stderr)
        return 1
    return 0
