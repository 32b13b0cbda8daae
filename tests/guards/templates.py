"""An undefined variable in one of our own templates fails the test: a blank on the page is a bug nobody sees."""

from __future__ import annotations

import sys
from pathlib import Path

from django.template import Node

OWN = Path(__file__).resolve().parent.parent.parent


class UndefinedVariableError(Exception):
    """A template of ours used a name that its view never gave."""


class UndefinedVariable(str):
    """What Django puts where a variable is missing (`string_if_invalid`); templates of installed packages may do so."""

    __slots__ = ()

    def __mod__(self, name: object) -> str:
        origin = _template()
        if origin is None or not _is_ours(origin):
            return ""
        raise UndefinedVariableError(f"{{{{ {name} }}}} saknas i {origin}")


def _template() -> str | None:
    """The file whose node is being rendered: the nearest one on the stack."""
    frame = sys._getframe(2)
    while frame is not None:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None) is not None:
            return str(node.origin.name)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _is_ours(origin: str) -> bool:
    path = Path(origin)
    return path.is_relative_to(OWN) and ".venv" not in path.parts
