"""The licences of what production consists of: as each installed package says, in SPDX's words, and none but those allowed.

docs/licenser.md is made of it (`bin/sbom --write`), and bin/sbom writes the licence of each package in its list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from importlib import metadata
from pathlib import Path

from config.local import paths
from config.local.lockfile import Package

DOCUMENT = paths.BASE / "docs" / "licenser.md"
ALLOWED = {
    "0BSD": "fri användning, inga villkor",
    "Apache-2.0": "licensens text följer med; patent ingår",
    "BSD-2-Clause": "licensens text följer med",
    "BSD-3-Clause": "licensens text följer med",
    "LGPL-3.0-only": "paketet används oförändrat och går att byta; portalens egen kod berörs inte",
    "MIT": "licensens text följer med",
    "MIT-0": "fri användning, inga villkor",
    "PSF-2.0": "licensens text följer med",
    "Unlicense": "fri användning, inga villkor",
}
"""What a licence asks of SKR, in few words. Another one is a question for a lawyer, and then a line here."""

NAMED = {
    "MIT": "MIT",
    "BSD-3-Clause": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}
"""What older packages write in place of an SPDX expression."""

READ_BY_US = {
    "colorama": "BSD-3-Clause",
    "python-dateutil": "BSD-3-Clause",  # all of it; the newer parts under Apache-2.0 too
    "qrcode": "BSD-3-Clause AND MIT",
    "sqlparse": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
"""Packages whose own words say too little (a family, "Dual License"), or that are installed on other systems only: from their licence file."""


class NotAllowed(Exception):
    """A package whose licence is unknown or not on the list; the message is the package and what it says."""


def said_by(package: Package, described: Callable[[str], Message]) -> str:
    """The package's licence as an SPDX expression. Raises NotAllowed where it says none that we know."""
    if package.name in READ_BY_US:
        return READ_BY_US[package.name]
    try:
        about = described(package.name)
    except metadata.PackageNotFoundError:
        raise NotAllowed(f"{package.name} {package.version}: inte installerat") from None
    if expression := about.get("License-Expression"):
        return str(expression)
    words = [str(about.get("License") or "").strip(), *map(str, about.get_all("Classifier") or [])]
    for word in words:
        if word in NAMED:
            return NAMED[word]
    raise NotAllowed(f"{package.name} {package.version}: {words[0][:60] or 'ingen licens angiven'}")


def is_allowed(expression: str) -> bool:
    """True when each part that is joined with AND has a choice on the list. An expression with brackets or WITH is not read."""
    if re.search(r"[()]|\bWITH\b", expression):
        return False
    return all(any(choice.strip() in ALLOWED for choice in part.split(" OR ")) for part in expression.split(" AND "))


def of(packages: list[Package], described: Callable[[str], Message] = metadata.metadata) -> dict[str, str]:  # type: ignore[assignment]
    """Name: licence, for each. Raises NotAllowed with the first that must not be there."""
    found = {package.name: said_by(package, described) for package in packages}
    for package in packages:
        if not is_allowed(found[package.name]):
            raise NotAllowed(f"{package.name} {package.version}: {found[package.name]}")
    return found


def document(packages: list[Package]) -> str:
    """docs/licenser.md."""
    found = of(packages)
    used = {name for expression in found.values() for name in re.split(r" AND | OR ", expression)}
    rows = [
        f"| {package.name} | {package.version} | {found[package.name]} |"
        for package in sorted(packages, key=lambda one: one.name)
    ]
    return "\n".join(
        [
            "# Licenser",
            "",
            "Vad produktionen består av och på vilka villkor. Skrivs av `bin/sbom --write` ur låsfilen och det som varje paket säger om",
            "sig självt; `bin/test` blir rött om listan inte stämmer eller om ett paket har en licens som inte är godkänd.",
            "",
            "## Godkända licenser",
            "",
            "| Licens | Vad den kräver |",
            "|---|---|",
            *(f"| {name} | {ALLOWED[name]} |" for name in sorted(ALLOWED) if name in used | {"0BSD"}),  # htmx
            "",
            "Där ett paket ger flera att välja mellan (`OR`) räcker en av dem. Ingen licens kräver att portalens egen kod lämnas ut.",
            "",
            "## Paketen i produktionen",
            "",
            "| Paket | Version | Licens |",
            "|---|---|---|",
            *rows,
            "",
            "## Det som paketen bär med sig",
            "",
            "Listan är paketens egna ord, inte granskad del för del. `django-htmx` innehåller htmx (0BSD). `psycopg-binary` innehåller",
            "färdiga bibliotek: PostgreSQL:s klient, OpenSSL, Kerberos, OpenLDAP, SASL, PCRE och några av Linux egna, av vilka libcrypt och",
            "keyutils är LGPL; den som hellre använder datorns bibliotek byter till `psycopg` utan `binary`. `polars` och `fastexcel` är byggda",
            "av delar skrivna i Rust, vars licenser paketen inte räknar upp. Bilder, stilmallar och skript i `static` och ordlistorna i",
            "`accounts/data` är portalens egna.",
            "",
        ]
    )


def write(packages: list[Package], path: Path = DOCUMENT) -> None:
    """Renew the document."""
    path.write_text(document(packages), encoding="utf-8")
