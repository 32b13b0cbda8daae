"""bin/lint: three rules of our own that no linter has, read from the syntax tree (DRIFT-06; ASVS 1.2.4, 8.3.1).

| Rule | Why |
|---|---|
| a one-time code is compared through `django_otp.verify_token` alone | it holds the row lock; else one code signs twelve in |
| no address is made from the request (`build_absolute_uri`, `get_host`) | the Host header would choose where a mail's link leads |
| what a visitor sent never becomes keyword arguments (`**request.GET`) | he would choose the fields of a query: `password__startswith` |

Bad and good samples stand in tests/config/test_rules.py.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from config.local import paths

APPS = ("accounts", "config", "deferrals", "messaging", "profiles", "submissions")
DEVICE = "accounts/models/second_factor.py"  # the method that django_otp.verify_token calls
CODE = "Engångskoder prövas bara genom django_otp.verify_token, som håller låset på raden."
HOST = "Adresser byggs av PORTAL_BASE_URL eller är relativa, aldrig av anropets Host."
FIELDS = "Det som en besökare skickar får aldrig bli namngivna argument. Läs fälten ett för ett."
SENT_BY_VISITOR = frozenset({"GET", "POST", "FILES", "COOKIES", "META", "headers", "body", "data"})
FROM_HOST = frozenset({"build_absolute_uri", "get_host", "_get_raw_host", "HTTP_HOST", "HTTP_X_FORWARDED_HOST"})


def faults(source: str, path: str) -> list[tuple[int, str]]:
    """Line and sentence of each fault in a module; `path` is relative to the repository."""
    tree = ast.parse(source)
    found = {*_codes(tree, path), *_hosts(tree), *_fields(tree)}
    return sorted(found)


def _codes(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """`verify_token` of anything but django_otp, and `match_token`, which tries every device."""
    allowed = {"django_otp", "totp"} if path == DEVICE else {"django_otp"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"verify_token", "match_token"}:
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr == "match_token" or owner not in allowed:
                yield node.lineno, CODE
        elif isinstance(node, ast.ImportFrom) and any(name.name in {"verify_token", "match_token"} for name in node.names):
            yield node.lineno, CODE  # called by the bare name it could be any
        elif isinstance(node, ast.Constant) and node.value in {"verify_token", "match_token"}:
            yield node.lineno, CODE  # getattr


def _hosts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Whatever asks the request which host it came to."""
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else ""
        if isinstance(node, (ast.Attribute, ast.Constant)) and name in FROM_HOST:
            yield node.lineno, HOST


def _fields(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """`**` before something read from a request or a form's raw data, directly or by a name given to it."""
    for function in [tree, *(node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))]:
        tainted = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value and _is_from_visitor(node.value, set())
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                for argument in node.keywords:
                    if argument.arg is None and _is_from_visitor(argument.value, tainted):
                        yield argument.value.lineno, FIELDS


def _is_from_visitor(expression: ast.expr, tainted: set[str]) -> bool:
    """Whether the expression is a mapping that the visitor filled: request.GET, its dict(), a form's .data, or such a name."""
    if isinstance(expression, ast.Attribute):
        return expression.attr in SENT_BY_VISITOR
    if isinstance(expression, ast.Name):
        return expression.id in tainted
    if isinstance(expression, ast.Dict):
        return any(
            key is None and _is_from_visitor(value, tainted)
            for key, value in zip(expression.keys, expression.values, strict=True)
        )
    if isinstance(expression, ast.DictComp):
        return any(_is_from_visitor(part.iter, tainted) for part in expression.generators)
    if isinstance(expression, ast.BinOp):
        return _is_from_visitor(expression.left, tainted) or _is_from_visitor(expression.right, tainted)
    if isinstance(expression, ast.Call):
        called = expression.func
        if isinstance(called, ast.Attribute) and called.attr in {"dict", "copy", "items", "lists"}:
            return _is_from_visitor(called.value, tainted)
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        return name in {"dict", "loads"} and any(_is_from_visitor(part, tainted) for part in expression.args)
    return False


def modules(base: Path) -> Iterator[Path]:
    """Our own code but for migrations."""
    for app in APPS:
        yield from (path for path in sorted((base / app).rglob("*.py")) if "migrations" not in path.parts)


def main() -> int:
    """1 with a line for each fault."""
    found = [
        f"{path.relative_to(paths.BASE)}:{line}: {sentence}"
        for path in modules(paths.BASE)
        if path != Path(__file__).resolve()
        for line, sentence in faults(path.read_text(encoding="utf-8"), path.relative_to(paths.BASE).as_posix())
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
