"""Which version of the portal this is, as pyproject.toml says it; production has no pyproject.toml."""

VERSION = "0.1.0"
