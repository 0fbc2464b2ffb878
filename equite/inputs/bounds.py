"""How much equite takes from a file or a page: every bound, in one place.

Inputs come from strangers. What is beyond a bound is refused in a sentence, before it is read into memory; no table or
page that people write comes near one. ``docs/bounds.md`` tells them to readers, and a test holds it to this module.
"""

from __future__ import annotations

from decimal import Decimal

__all__ = [
    "LARGEST_UNIT",
    "MOST_CELLS",
    "MOST_CHAIN",
    "MOST_COLUMNS",
    "MOST_CRITERIA",
    "MOST_DEPTH",
    "MOST_FIELD",
    "MOST_FILE_BYTES",
    "MOST_NAMED_CELLS",
    "MOST_NAMES",
    "MOST_NODES",
    "MOST_OF_A_KIND",
    "MOST_PAGE_BYTES",
    "MOST_RATIO",
    "MOST_READER_BYTES",
    "MOST_READER_SECONDS",
    "MOST_UNPACKED_BYTES",
    "MOST_YEARS",
    "RATIO_FROM_BYTES",
    "SMALLEST_UNIT",
]

#: The bytes of a table or of a workbook.
MOST_FILE_BYTES = 1_000_000_000
#: The bytes that a compressed file may hold once it is unpacked, all its parts together.
MOST_UNPACKED_BYTES = 4_000_000_000
#: How many times its size a compressed file may hold, if that is more than the bytes of the second line.
MOST_RATIO = 250
RATIO_FROM_BYTES = 100_000_000

#: The cells that a sheet may span, blank ones included: 1,048,576 rows of 61 columns.
MOST_CELLS = 64_000_000
#: The columns of a table: those of a sheet.
MOST_COLUMNS = 16_384
#: The characters of a cell of delimited text, where its first rows are looked at.
MOST_FIELD = 131_072
#: The cells that a name of a workbook may stand for: as many as a column has.
MOST_NAMED_CELLS = 1_048_576

#: The memory and the time of the process that reads workbooks of other formats than .xlsx.
MOST_READER_BYTES = 3_000_000_000
MOST_READER_SECONDS = 120

#: The bytes of a file of YAML; its values, what aliases repeat counted each time; how deep they lie.
MOST_PAGE_BYTES = 5_000_000
MOST_NODES = 50_000
MOST_DEPTH = 60

#: The parts, the limits, the checks or the conditions of a page: fewer than a function of Excel takes arguments.
MOST_OF_A_KIND = 250
#: The criteria of all indices of a page, and the names that it defines.
MOST_CRITERIA = 1_000
MOST_NAMES = 2_000
#: The operations that stand one within the other, once every name is replaced by what it stands for.
MOST_CHAIN = 2_000
#: The years of a schedule: each is two allocations.
MOST_YEARS = 100
#: The unit that amounts are multiples of.
SMALLEST_UNIT = Decimal("1e-9")
LARGEST_UNIT = Decimal("1e15")
