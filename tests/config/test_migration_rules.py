"""A migration after the first release is one that the version before it survives: bad samples are found, good ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.local import lint, migration_rules, paths
from config.local.migration_rules import ATOMIC, CHECKED, EMPTY, INDEXED, MIXED, ONE_WAY, REMOVED, RENAMED


def migration(operations: str, *, head: str = "") -> str:
    """A migration with those operations."""
    return f"class Migration(migrations.Migration):\n    {head or 'dependencies = []'}\n    operations = [\n{operations}\n    ]\n"


BAD = [
    (EMPTY, "migrations.AddField('unit', 'x', models.CharField(max_length=9))"),
    (EMPTY, "migrations.AddField(model_name='unit', name='x', field=models.CharField(max_length=9, default=''))"),
    (EMPTY, "migrations.AddField(model_name='unit', name='x', field=models.IntegerField(null=False))"),
    (EMPTY, "migrations.AddField(model_name='unit', name='x', field=models.ForeignKey(to='a.B', on_delete=models.PROTECT))"),
    (RENAMED, "migrations.RenameField('unit', 'a', 'b')"),
    (RENAMED, "migrations.RenameModel('Unit', 'Enhet')"),
    (RENAMED, "migrations.AlterModelTable('unit', 'enhet')"),
    (REMOVED, "migrations.RemoveField('unit', 'x')"),
    (REMOVED, "migrations.DeleteModel('Unit')"),
    (ONE_WAY, "migrations.RunPython(copy)"),
    (ONE_WAY, "migrations.RunPython(copy, elidable=True)"),
    (ONE_WAY, "migrations.RunSQL('UPDATE x SET y = 1')"),
    (INDEXED, "migrations.AddIndex('Delivery', models.Index(fields=['size'], name='x'))"),
    (INDEXED, "migrations.AddIndex(model_name='delivery', index=models.Index(fields=['size'], name='x'))"),
    (INDEXED, "migrations.AddField('delivery', 'x', models.ForeignKey('a.B', models.SET_NULL, null=True))"),
    (INDEXED, "migrations.AddField('delivery', 'x', models.IntegerField(null=True, db_index=True))"),
    (INDEXED, "migrations.AlterField('delivery', 'sha256', models.CharField(max_length=64, unique=True))"),
    (INDEXED, "migrations.AddConstraint('delivery', models.UniqueConstraint(fields=['x'], name='y'))"),
    (CHECKED, "migrations.AddConstraint('delivery', models.CheckConstraint(condition=Q(x=1), name='y'))"),
    (ATOMIC, "AddIndexConcurrently('delivery', models.Index(fields=['size'], name='x'))"),
    (RENAMED, "migrations.SeparateDatabaseAndState(database_operations=[migrations.RenameField('unit', 'a', 'b')])"),
]
GOOD = [
    "migrations.AddField('unit', 'x', models.CharField(max_length=9, null=True))",
    "migrations.AddField('unit', 'x', models.CharField(max_length=9, db_default=''))",
    "migrations.AddField('unit', 'x', models.ManyToManyField(to='a.B'))",
    "migrations.AddField('unit', 'x', models.CharField(max_length=9))  # safe: no code inserts units by itself",
    "migrations.CreateModel('Delivery', [('id', models.AutoField())]),\n"
    "migrations.AddField('delivery', 'x', models.IntegerField(db_index=True)),\n"
    "migrations.AddIndex('delivery', models.Index(fields=['x'], name='x'))",
    "migrations.AlterField('unit', 'x', models.CharField('namn', max_length=20))",
    "migrations.AddIndex('unit', models.Index(fields=['x'], name='x'))",
    "migrations.AddConstraint('unit', models.CheckConstraint(condition=Q(x=1), name='y'))",
    "AddConstraintNotValid('delivery', models.CheckConstraint(condition=Q(x=1), name='y'))",
    "ValidateConstraint('delivery', 'y')",
    "migrations.RunPython(copy, migrations.RunPython.noop)",
    "migrations.RunPython(copy, reverse_code=back)",
    "migrations.RunSQL('x', reverse_sql=migrations.RunSQL.noop)",
    "migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField('unit', 'x')])",
    "migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField('unit', 'x')])",
    "migrations.AlterModelOptions('unit', {'verbose_name': 'enhet'})",
]


@pytest.mark.parametrize(("sentence", "operations"), BAD)
def test_a_bad_migration_is_found(sentence: str, operations: str) -> None:
    assert migration_rules.faults(migration(operations)) == [(4, sentence)]


@pytest.mark.parametrize("operations", GOOD)
def test_a_good_migration_is_not(operations: str) -> None:
    assert migration_rules.faults(migration(operations)) == []


def test_an_index_that_is_built_beside_the_writers_is_outside_a_transaction() -> None:
    operations = "AddIndexConcurrently('delivery', models.Index(fields=['size'], name='x'))"
    assert migration_rules.faults(migration(operations, head="atomic = False")) == []


def test_data_is_not_copied_while_tables_are_changed() -> None:
    copy = "migrations.RunPython(copy, back)"
    change = "migrations.AddField('unit', 'x', models.IntegerField(null=True))"
    assert [said for _, said in migration_rules.faults(migration(f"{change},\n{copy}"))] == [MIXED]
    assert migration_rules.faults(migration(f"migrations.AlterModelOptions('unit', {{}}),\n{copy}")) == []


def test_only_what_came_after_the_first_release_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "profiles" / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "0001_initial.py", "0002_a.py", "0003_b.py"):
        (tmp_path / "profiles" / "migrations" / name).write_text("")
    assert list(migration_rules.migrations(tmp_path, None)) == []
    assert [path.name for path in migration_rules.migrations(tmp_path, {"profiles": 2})] == ["0003_b.py"]
    assert len(list(migration_rules.migrations(tmp_path, {}))) == 3


def test_every_migration_there_is_can_be_read_and_the_lint_asks_for_the_rules() -> None:
    assert "migreringars regler" in lint.steps(fix=False)
    assert migration_rules.main() == 0
    for path in migration_rules.migrations(paths.BASE, {}):
        migration_rules.faults(path.read_text(encoding="utf-8"))
