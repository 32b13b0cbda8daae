"""bin/audit: are there known faults in the packages we lock? It says clean only when every package was looked up (DRIFT-07).

pip-audit runs in an environment of its own, var/skanner, since a scanner must not change what it looks at. It ends with 0
and "No known vulnerabilities found" even where it found no package in its service: its report is therefore read here, and
each package that is missing from it or was skipped counts. Not run, for want of scanner or network, is said as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from config.local import lockfile, paths

SCANNER = paths.VAR / "skanner" / "bin" / "pip-audit"
INSTALL = "python3 -m venv var/skanner && var/skanner/bin/pip install pip-audit"
CLEAN, FOUND, NOT_RUN = 0, 1, 3
WITHIN = 600  # seconds
WHOLE = ("dev", "bench")  # the lock files that hold all the others


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says of the packages asked for: "name version: id, id" of each known fault, and the names skipped."""

    asked: int
    known: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status. Nothing looked up at all is not run."""
        if self.asked == 0 or len(self.skipped) == self.asked:
            return NOT_RUN
        return FOUND if self.known or self.skipped else CLEAN

    def __str__(self) -> str:
        if self.status == NOT_RUN:
            return f"inte körd: inget av {self.asked} paket gick att slå upp."
        lines = [f"{len(self.known)} kända, {len(self.skipped)} överhoppade av {self.asked} paket"]
        lines += [f"  känd: {fault}" for fault in self.known]
        lines += [f"  överhoppad: {name}" for name in self.skipped]
        return "\n".join(lines)


def judge(report: str, asked: Iterable[str]) -> Verdict:
    """The verdict on pip-audit's JSON report; `asked` are the names that it was given. Raises ValueError for another text."""
    looked_up: dict[str, list[str]] = {}
    versions: dict[str, str] = {}
    try:
        for entry in json.loads(report)["dependencies"]:
            name = canonicalize_name(entry["name"])
            if "skip_reason" not in entry:
                looked_up.setdefault(name, []).extend(fault["id"] for fault in entry["vulns"])
                versions[name] = entry["version"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a report of pip-audit") from error
    names = sorted({canonicalize_name(name) for name in asked})
    return Verdict(
        asked=len(names),
        known=tuple(f"{name} {versions[name]}: {', '.join(ids)}" for name, ids in sorted(looked_up.items()) if ids),
        skipped=tuple(name for name in names if name not in looked_up),
    )


def scan(scanner: Path, names: Iterable[str], *requirements: Path) -> tuple[int, str]:
    """Run the scanner on the lock files: exit status and what to print."""
    command = [str(scanner), "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    try:
        command += [word for path in requirements for word in ("-r", str(path))]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN, cwd=paths.BASE)
        verdict = judge(ended.stdout, names)
    except FileNotFoundError:
        return NOT_RUN, f"inte körd: pip-audit finns inte. Så installeras den:  {INSTALL}"
    except subprocess.TimeoutExpired:
        return NOT_RUN, f"inte körd: pip-audit blev inte klar på {WITHIN // 60} minuter."
    except ValueError:
        return NOT_RUN, "inte körd: pip-audit gav ingen rapport. Svarar nätet?"
    return verdict.status, str(verdict)


def main(arguments: list[str]) -> int:
    """Audit everything that is locked: production, bin/run, the tests and the bench."""
    if arguments:
        print("Använd: bin/audit", file=sys.stderr)
        return 2
    names = [package.name for file in WHOLE for package in lockfile.read(file) if package.is_here]
    status, said = scan(SCANNER, names, *map(lockfile.file_of, WHOLE))
    print(said)
    return status
