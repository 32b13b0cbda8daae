"""The largest file that is read. A real delivery is far below: the largest region has about 75 000 rows, 20 MB.

Of workbooks: see security.md, section 4 and A-5 (docs/sakerhet.md, Filer).
"""

from config.lib import packed

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 250_000
MAX_FIELDS = 200
MAX_LINE = 64 * 1024
MAX_PARTS = 50  # files of one delivery

BOOK_UNPACKED = packed.UNPACKED
BOOK_MEMORY = 1024**3
BOOK_CPU_SECONDS = 60
BOOK_SECONDS = 55  # of the clock: less than a whole check may take
