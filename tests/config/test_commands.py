"""What every `manage.py` command keeps: Swedish help, and a refusal as one line with its exit status."""

from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class

from config.lib.commands import PortalCommand, Progress

OURS = sorted(
    name
    for name, app in get_commands().items()
    if app in {"accounts", "config", "deferrals", "messaging", "profiles", "submissions"}
)
ONLY_READ = {  # and so need no dry run; what they make is a file, or a database of their own
    *("check_file", "compare_database", "demo_file", "doctor", "verify_audit", "verify_backup", "verify_sealed"),
    "generalrepetition",
}
LONG = {"demo", "generalrepetition", "invite", "purge", "recheck", "rotate_keys"}  # they say how far they have come


@pytest.mark.parametrize("name", OURS)
def test_help_is_in_swedish(name: str, capsys: pytest.CaptureFixture[str]):
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, PortalCommand)
    text = command.create_parser("manage.py", name).format_help()
    assert "alternativ:" in text
    for english in ("options:", "positional arguments", "show this help", "--settings"):
        assert english not in text


@pytest.mark.parametrize("name", OURS)
def test_what_writes_has_a_dry_run_and_what_is_long_says_how_far_it_has_come(name: str):
    options = load_command_class(get_commands()[name], name).create_parser("manage.py", name)._option_string_actions
    assert ("--dry-run" in options) == (name not in ONLY_READ), f"{name}: --dry-run"
    assert ("--progress" in options) == (name in LONG), f"{name}: --progress"


def test_progress_is_told_on_standard_error_to_a_terminal_or_who_asks(capsys: pytest.CaptureFixture[str]):
    for asked in (False, True):
        progress = Progress.of({"progress": asked}, every=2)
        for _ in range(4):
            progress.step("filer", 4)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "2 av 4 filer …\n4 av 4 filer …\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fil.txt"], "--unit måste anges."),
        (["--unit", "0488"], "FIL måste anges."),
        (["fil.txt", "--unit", "0488", "--year", "i år"], "--year ska vara ett heltal, inte i år."),
        (["fil.txt", "--unit", "0488", "--format", "xml"], "--format ska vara något av csv, json, text, inte xml."),
        (["fil.txt", "--unit"], "--unit saknar värde."),
        (["fil.txt", "--unit", "0488", "--tyst"], "Okänt argument: --tyst."),
        (["fil.txt", "--unit", "0488", "--show-personnummer=ja"], "--show-personnummer tar inget värde."),
    ],
)
def test_wrong_arguments_are_one_line_in_swedish(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    command = load_command_class("submissions", "check_file")
    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["manage.py", "check_file", *arguments])
    assert end.value.code == 2
    assert capsys.readouterr().err == f"{sentence} Se manage.py check_file --help.\n"


def test_a_refusal_is_one_line_and_its_exit_status(capsys: pytest.CaptureFixture[str]):
    command = load_command_class("submissions", "demo_file")
    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["manage.py", "demo_file", "--unit", "9999", "--rows", "5", "--seed", "1"])
    assert end.value.code == 2
    assert capsys.readouterr().err == "Det finns ingen enhet med koden 9999 i enheter.csv.\n"
