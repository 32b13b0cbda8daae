"""The largest file that is read. A real delivery is far below: the largest region has about 75 000 rows, 20 MB."""

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 250_000
MAX_FIELDS = 200
MAX_LINE = 64 * 1024
