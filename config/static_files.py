"""Static files as a browser gets them: hashed, compressed, and the many small sheets and scripts joined into one of each.

`css/portal.css` and `js/portal.js` are lists of imports. A browser may follow them as they stand, as in development;
when files are collected the imports are replaced by what they name, so that a first visit asks for one of each.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

JOINED = ("css/portal.css", "js/portal.js")
IMPORT = re.compile(r'^(?:@import|import) "(?P<name>[^"]+)"(?: (?P<media>print))?;$', re.MULTILINE)

Places = dict[str, tuple[Storage, str]]


def joined(name: str, places: Places) -> str:
    """The text of the file `name` with each import replaced by the file it names, a sheet for print in its @media."""

    def text_of(name: str) -> str:
        storage, path = places[name]
        with storage.open(path) as file:
            return str(file.read().decode())

    def named(found: re.Match[str]) -> str:
        text = text_of(str(PurePosixPath(name).parent / found["name"]))
        return f"@media {found['media']} {{\n{text}}}" if found["media"] else text

    return IMPORT.sub(named, text_of(name))


class JoiningStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, with the lists of JOINED joined before their names get a hash."""

    def post_process(self, paths: Places, dry_run: bool = False, **options: Any) -> Any:
        """As Django's: name, hashed name and whether it was processed, for each file."""
        places = dict(paths)
        for name in JOINED:
            if name in paths and not dry_run:
                Path(self.path(name)).write_text(joined(name, paths), encoding="utf-8")
                places[name] = (self, name)
        yield from super().post_process(places, dry_run=dry_run, **options)
