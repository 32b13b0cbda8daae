"""bin/lint: a migration that the version before it survives, so that the portal is upgraded while it serves (docs/drift.md).

A migration runs before the new code starts: for a while the old code works with the new tables. So nothing may vanish or be
demanded in one step, and no table that is large may be locked while an index is built.

| Rule | Why | Instead |
|---|---|---|
| a new column may be empty or has `db_default` | the old code inserts rows without it | `null=True`, or `db_default=` |
| nothing is renamed | the old code asks for the old name | a new one, copy, remove in the next version |
| a column or table goes in two versions | the old code still reads it | first `SeparateDatabaseAndState(state_operations=…)`, then `database_operations=…` |
| an index on a large table is built beside the writers | uploads and sign-ins would wait | `AddIndexConcurrently` and `atomic = False` |
| a rule on a large table is not checked under the lock | likewise | `AddConstraintNotValid`, then `ValidateConstraint` |
| data and tables change in migrations of their own | the copying would hold the tables' locks | two files |
| what runs can be run backwards | an upgrade that fails is taken back | `reverse_code`, `reverse_sql`, or their noop |

An operation that is safe for a reason that no rule sees carries `# safe: why` on its first line. What the first release
starts with is exempt (FIRST_RELEASE). Bad and good samples stand in tests/config/test_migration_rules.py.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.local import paths
from config.local.rules import APPS

FIRST_RELEASE: dict[str, int] | None = None
"""The number of each app's last migration in the first release. None: nothing is released, and every migration is exempt."""

LARGE = frozenset(
    {
        *("auditevent", "auditlink", "auditorigin", "session", "user", "outgoingmail", "message", "thread", "membership"),
        *("delivery", "submission", "submissionevent", "correction", "comment"),
    }
)
"""Models with so many rows, or such as everything waits for."""

EMPTY = "En ny kolumn ska få vara tom (null=True) eller ha db_default: den gamla koden skriver rader utan den."
RENAMED = "Byt inte namn: den gamla koden frågar efter det förra. Lägg till ett nytt, kopiera, ta bort i nästa version."
REMOVED = "Ta bort i två versioner: först ur koden (SeparateDatabaseAndState med state_operations), i nästa ur databasen."
INDEXED = "Ett index på en stor tabell låser den. Använd AddIndexConcurrently och atomic = False."
CHECKED = "En regel på en stor tabell prövas under lås. Använd AddConstraintNotValid och sedan ValidateConstraint."
ATOMIC = "AddIndexConcurrently kräver atomic = False i migreringen."
MIXED = "Data och tabeller ändras i var sin migrering: kopieringen skulle hålla tabellernas lås."
ONE_WAY = "Det som körs ska gå att köra baklänges: ange reverse_code eller reverse_sql, om så bara noop."

RUNS = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}
RENAMES = frozenset({"RenameField", "RenameModel", "AlterModelTable"})
REMOVES = frozenset({"RemoveField", "DeleteModel"})
FIELDS = frozenset({"AddField", "AlterField"})
RELATIONS = frozenset({"ForeignKey", "OneToOneField"})
STATE_ONLY = frozenset({"AlterModelOptions", "AlterModelManagers"})


def faults(source: str) -> list[tuple[int, str]]:
    """Line and sentence of each fault in a migration."""
    tree = ast.parse(source)
    safe = {number for number, line in enumerate(source.splitlines(), 1) if "# safe: " in line}
    found = _of_operations(list(_operations(tree)), is_atomic=not _says_not_atomic(tree))
    return sorted({(line, sentence) for line, sentence in found if line not in safe})


def _says_not_atomic(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "atomic" for target in node.targets)
        and isinstance(node.value, ast.Constant)
        and node.value.value is False
        for node in ast.walk(tree)
    )


def _operations(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls in the list `operations`. Of one that keeps state and database apart, what is done to the database."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(name, ast.Name) and name.id == "operations" for name in node.targets):
            yield from _calls(node.value)


def _calls(listed: ast.expr) -> Iterator[ast.Call]:
    for item in listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else []:
        if isinstance(item, ast.Call):
            yield item


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _argument(call: ast.Call, name: str, place: int | None = None) -> ast.expr | None:
    """An argument by its name, or by its place."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[place] if place is not None and len(call.args) > place else None


def _text(expression: ast.expr | None) -> str:
    return str(expression.value).lower() if isinstance(expression, ast.Constant) else ""


def _is_true(call: ast.Call, name: str) -> bool:
    value = _argument(call, name)
    return isinstance(value, ast.Constant) and value.value is True


def _of_operations(operations: list[ast.Call], *, is_atomic: bool) -> Iterator[tuple[int, str]]:
    made = {_text(_argument(call, "name", 0)) for call in operations if _name(call) == "CreateModel"}
    kinds = {_name(call) for call in operations}
    for call in operations:
        yield from ((call.lineno, sentence) for sentence in _of_one(call, made, is_atomic=is_atomic))
        if _name(call) == "RunPython" and kinds - {"RunPython", "RunSQL"} - STATE_ONLY:
            yield call.lineno, MIXED


def _of_one(call: ast.Call, made: set[str], *, is_atomic: bool) -> Iterator[str]:
    kind = _name(call)
    if kind == "SeparateDatabaseAndState":
        for inner in _calls(_argument(call, "database_operations", 0) or ast.List([])):
            yield from (sentence for sentence in _of_one(inner, made, is_atomic=is_atomic) if sentence != REMOVED)
    if kind in RENAMES:
        yield RENAMED
    if kind in REMOVES:
        yield REMOVED
    if kind in RUNS and _argument(call, RUNS[kind], 1) is None:
        yield ONE_WAY
    if kind == "AddIndexConcurrently" and is_atomic:
        yield ATOMIC
    model = _text(_argument(call, "model_name", 0))
    if model in made:
        return
    if kind in FIELDS:
        yield from _of_field(call, model, is_new=kind == "AddField")
    if kind in {"AddIndex", "AddConstraint"} and model in LARGE:
        yield from _of_rule(call, kind)


def _of_field(call: ast.Call, model: str, *, is_new: bool) -> Iterable[str]:
    field = _argument(call, "field", 2)
    if not isinstance(field, ast.Call) or _name(field) == "ManyToManyField":
        return
    if is_new and not _is_true(field, "null") and _argument(field, "db_default") is None and _name(field) != "GeneratedField":
        yield EMPTY
    has_index = _is_true(field, "db_index") or _is_true(field, "unique")
    if model in LARGE and (has_index or (is_new and _name(field) in RELATIONS)):
        yield INDEXED


def _of_rule(call: ast.Call, kind: str) -> Iterable[str]:
    rule = _argument(call, "constraint", 1)
    is_check = isinstance(rule, ast.Call) and _name(rule) == "CheckConstraint"
    yield CHECKED if kind == "AddConstraint" and is_check else INDEXED


def migrations(base: Path, released: dict[str, int] | None) -> Iterator[Path]:
    """Those that came after the first release."""
    for app in APPS if released is not None else ():
        for path in sorted((base / app / "migrations").glob("[0-9]*.py")):
            if int(path.name[:4]) > (released or {}).get(app, 0):
                yield path


def main() -> int:
    """1 with a line for each fault."""
    found = [
        f"{path.relative_to(paths.BASE)}:{line}: {sentence}"
        for path in migrations(paths.BASE, FIRST_RELEASE)
        for line, sentence in faults(path.read_text(encoding="utf-8"))
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
