"""The base of every `manage.py` command: Swedish help, exit statuses, and a refusal as one line on standard error."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

REFUSED, WRONG_USE = 1, 2
DEVELOPER_OPTIONS = {
    *("--version", "--verbosity", "--settings", "--pythonpath"),
    *("--traceback", "--no-color", "--force-color", "--skip-checks"),
}


USAGE_ERRORS = (
    (r"the following arguments are required: (.+)", r"\1 måste anges."),
    (r"unrecognized arguments: (.+)", r"Okänt argument: \1."),
    (r"argument (\S+): invalid int value: '(.*)'", r"\1 ska vara ett heltal, inte \2."),
    (r"argument (\S+): invalid choice: '(.*)' \(choose from (.+)\)", r"\1 ska vara något av \3, inte \2."),
    (r"argument (\S+): expected .*argument.*", r"\1 saknar värde."),
    (r"argument (\S+): ignored explicit argument .*", r"\1 tar inget värde."),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 kan inte användas tillsammans med \2."),
)
"""What argparse says, and what we say."""


class PortalParser(CommandParser):
    """Wrong arguments are answered with one Swedish line on standard error and exit status 2, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the command, or raise CommandError where it is called from Python."""
        if not self.called_from_command_line:
            super().error(message)
        for pattern, sentence in USAGE_ERRORS:
            if found := re.fullmatch(pattern, message, re.DOTALL):
                message = found.expand(sentence).replace("'", "")
                break
        self.exit(WRONG_USE, f"{message} Se {self.prog} --help.\n")


class PortalCommand(BaseCommand):
    """Exit status 0 done, 1 refused or findings, 2 wrong use. Called from Python it raises CommandError instead."""

    suppressed_base_arguments = DEVELOPER_OPTIONS

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser with Swedish headings, and without its own developer options in the help."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        headings = {"positional arguments": "argument", "options": "alternativ"}
        parser.__class__ = PortalParser  # Django makes its own class and cannot be told of another
        for group in parser._action_groups:  # argparse has no public way to name its own groups
            group.title = headings.get(group.title or "", group.title)
        for action in parser._actions:
            if "--help" in action.option_strings:
                action.help = "visa den här texten och avsluta"
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run; from the command line a refusal is one Swedish line without Django's English label."""
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if not getattr(self, "_called_from_command_line", False) or options.get("traceback"):
                raise
            print(refusal, file=sys.stderr)
            sys.exit(refusal.returncode)


def add_dry_run(parser: ArgumentParser) -> None:
    """The option that every writing command has."""
    parser.add_argument("--dry-run", action="store_true", help="visa vad som skulle ändras utan att spara")


def add_progress(parser: ArgumentParser) -> None:
    """The option of every command that may take long."""
    parser.add_argument("--progress", action="store_true", help="visa hur långt det har kommit också när ingen terminal läser")


@dataclass
class Progress:
    """How far a long work has come, on standard error: only for somebody who looks, or who asked for it by `--progress`.

    What is written on standard output stays the result alone, and can be piped or kept.
    """

    shown: bool
    every: int = 25
    done: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any], *, every: int = 25) -> Progress:
        """As the command was called."""
        return cls(bool(options.get("progress")) or sys.stderr.isatty(), every)

    def step(self, what: str, total: int | None = None) -> None:
        """One more is done; "25 av 312 filer …" now and then."""
        self.done += 1
        if self.done % self.every == 0:
            self.say(f"{self.done} av {total} {what} …" if total else f"{self.done} {what} …")

    def say(self, text: str) -> None:
        """A line about what goes on."""
        if self.shown:
            print(text, file=sys.stderr, flush=True)


def refused(sentence: str) -> CommandError:
    """Ends the command with status 1 and one line on standard error."""
    return CommandError(sentence, returncode=REFUSED)


def wrong_use(sentence: str) -> CommandError:
    """Ends the command with status 2 and one line on standard error."""
    return CommandError(sentence, returncode=WRONG_USE)
