"""`python -m config.local run|test|lint|asvs|audit|sbom|lighthouse`: what the commands of bin/ do once the environment stands."""

from __future__ import annotations

import sys

from config.local import asvs, audit, lighthouse, lint, run, sbom, suite
from config.local.paths import Unable

COMMANDS = {
    "run": run.main,
    "test": suite.main,
    "lint": lint.main,
    "asvs": asvs.main,
    "audit": audit.main,
    "sbom": sbom.main,
    "lighthouse": lighthouse.main,
}


def main(arguments: list[str]) -> int:
    """The exit status: 0 done, stopped or green; 1 error or red; 2 wrong use; 3 the machine lacks something."""
    if not arguments or arguments[0] not in COMMANDS:
        print(f"Använd: python -m config.local {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Unable as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
