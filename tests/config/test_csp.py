"""The content policy by the rules of Google's CSP Evaluator: nothing of severity 40 or worse (WEB-02)."""

from __future__ import annotations

import re

import pytest

from config.middleware import csp_header
from tests.test_site import HEADERS

KNOWN = frozenset(
    ["default-src", "script-src", "style-src", "img-src", "font-src", "connect-src", "form-action", "frame-ancestors"]
    + ["base-uri", "object-src", "report-uri"]
)
RUNS_SCRIPTS = ("script-src", "script-src-attr", "script-src-elem", "object-src", "base-uri")
FALLS_BACK = frozenset({"script-src", "script-src-attr", "script-src-elem", "object-src"})
KEYWORDS = frozenset({"'none'", "'self'"})
NONCE_OR_HASH = re.compile(r"'(?:nonce-|sha\d+-).*'")


def directives_of(header: str) -> dict[str, list[str]]:
    """The directives with their sources; of a directive written twice the first holds, as in the browser."""
    found: dict[str, list[str]] = {}
    for part in filter(None, map(str.strip, header.split(";"))):
        name, *sources = part.split()
        found.setdefault(name, sources)
    return found


def sources_of(policy: dict[str, list[str]], name: str) -> list[str]:
    """What holds for a directive, its fallback minded."""
    chain = [name, *(["script-src"] if name.startswith("script-src-") else []), *(["default-src"] if name in FALLS_BACK else [])]
    return next((policy[one] for one in chain if one in policy), [])


def faults(header: str) -> list[str]:
    """Each finding of severity 10, 20, 30 or 40 as "directive: what"."""
    policy = directives_of(header)
    found = [f"{name}: okänt direktiv" for name in policy if name not in KNOWN]
    found += [f"{name}: saknas" for name in ("object-src", "script-src") if not sources_of(policy, name)]
    found += [f"{name}: saknas" for name in ("base-uri", "form-action", "frame-ancestors") if name not in policy]
    for name in RUNS_SCRIPTS:
        sources = sources_of(policy, name)
        found += [f"{name}: {source}" for source in sources if source in {"data:", "http:", "https:", "blob:"}]
    for name, sources in policy.items():
        found += [f"{name}: {source}" for source in sources if "*" in source or source.startswith("http://")]
        found += [f"{name}: {source}" for source in sources if source.startswith("'unsafe-")]
        found += [
            f"{name}: okänt nyckelord {source}"
            for source in sources
            if source.startswith("'")
            and source not in KEYWORDS
            and not NONCE_OR_HASH.fullmatch(source)
            and "unsafe" not in source
        ]
        found += [f"{name}: semikolon saknas" for source in sources if source in KNOWN]
    return found


@pytest.mark.asvs("3.4.3", "3.4.6", "3.4.7")
def test_web_02_the_header_has_no_finding_of_40_or_worse() -> None:
    assert csp_header() == HEADERS["Content-Security-Policy"]
    assert faults(csp_header()) == []


@pytest.mark.asvs("3.4.3")
@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'", "script-src: 'unsafe-inline'"),
        ("script-src 'self'", "script-src 'self' 'unsafe-eval'", "script-src: 'unsafe-eval'"),
        ("style-src 'self'", "style-src 'self' 'unsafe-inline'", "style-src: 'unsafe-inline'"),
        ("script-src 'self'", "script-src *", "script-src: *"),
        ("script-src 'self'", "script-src data:", "script-src: data:"),
        ("script-src 'self'", "script-src https:", "script-src: https:"),
        ("script-src 'self'", "script-src-elem https:", "script-src-elem: https:"),
        ("img-src 'self' data:", "img-src http://skr.se", "img-src: http://skr.se"),
        ("connect-src 'self'", "connect-src *.skr.se", "connect-src: *.skr.se"),
        ("script-src 'self'", "script-src 'sefl'", "script-src: okänt nyckelord 'sefl'"),
        ("base-uri 'none'; ", "", "base-uri: saknas"),
        ("form-action 'self'; ", "", "form-action: saknas"),
        ("frame-ancestors 'none'; ", "", "frame-ancestors: saknas"),
        ("img-src 'self' data:;", "img-src 'self' data:", "img-src: semikolon saknas"),
        ("default-src 'none'; script-src 'self'; ", "", "script-src: saknas"),
        ("default-src 'none'; ", "default-src 'none'; skript-src 'self'; ", "skript-src: okänt direktiv"),
    ],
)
def test_web_02_each_rule_sees_a_policy_that_breaks_it(right: str, wrong: str, fault: str) -> None:
    assert right in csp_header()
    assert fault in faults(csp_header().replace(right, wrong))
