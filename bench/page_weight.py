"""How many bytes does a first visit fetch? Page, sheets, scripts and pictures, as the portal of bin/run sends them (gzip).

    bin/run                                   in another terminal
    python bench/page_weight.py [http://127.0.0.1:8000]

Nothing is in a cache: every page is somebody's first. Asks as a browser does, follows what the page names and prints name=value:
bytes in all, of them the page itself, and how many files. Needs the demo's people (var/demo.json).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.local.demo_session import OFFICER, REVIEW, SUBMITTER, Browser  # noqa: E402

FILES = re.compile(r'<(?:link|script|img)\b[^>]*?(?:href|src)="(/static/[^"]+)"')
PAGES = {
    "": {"logga_in": "/", "handbok": "/handbok/"},
    SUBMITTER: {"start": "/", "granska": REVIEW, "meddelanden": "/meddelanden/"},
    OFFICER: {"laget": "/admin/"},
}


def main() -> None:
    """Print every page's figures."""
    base = (sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000").rstrip("/")
    for person, pages in PAGES.items():
        browser = Browser(base)
        if person:
            browser.sign_in(person)
        for name, path in pages.items():
            content, landed = browser.get(path)
            assert landed == path, f"{path} ledde till {landed}"
            plain = content.decode()
            page = len(browser.get(path, **{"Accept-Encoding": "gzip"})[0])
            files = dict.fromkeys(FILES.findall(plain))
            weights = {file: len(browser.get(file, **{"Accept-Encoding": "gzip"})[0]) for file in files}
            print(f"{name}_bytes={page + sum(weights.values())}\n{name}_page_bytes={page}\n{name}_files={len(files)}", flush=True)


if __name__ == "__main__":
    main()
