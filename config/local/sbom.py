"""bin/sbom: what production consists of, as a CycloneDX 1.6 list of components (ASVS 15.1.2). Made from the lock file alone.

The same lock file gives the same list, byte for byte: no time, no random number.
"""

from __future__ import annotations

import json
import sys
import tomllib
import uuid
from typing import Any

from config.local import lockfile, paths
from config.local.lockfile import Package

PORTAL = uuid.uuid5(uuid.NAMESPACE_URL, "https://personalstatistik.skr.se")


def purl(package: Package) -> str:
    """The package's address in the common form."""
    return f"pkg:pypi/{package.name}@{package.version}"


def component(package: Package) -> dict[str, Any]:
    """One package. The hashes are of the files that pip may install, of which one is chosen for the machine."""
    files = [{"name": "personalstatistik:file-hash", "value": digest} for digest in package.hashes]
    return {
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
        "scope": "required" if package.is_here else "optional",
        "properties": files,
    }


def document(packages: list[Package], *, version: str) -> dict[str, Any]:
    """The whole list."""
    components = [component(package) for package in sorted(packages, key=lambda package: package.name)]
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
    """Print the list."""
    if arguments:
        print("Använd: bin/sbom > sbom.json", file=sys.stderr)
        return 2
    project = tomllib.loads((paths.BASE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print(json.dumps(document(lockfile.read("base"), version=project["version"]), indent=2))
    return 0
