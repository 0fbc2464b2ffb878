"""Whether a sheet's cells lie so far apart that laying them out would take more memory than there is.

A cell at XFD1048576 makes a sheet of 1.8 kB one of 17 thousand million cells for a reader that lays it out whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from equite.inputs.bounds import MOST_CELLS
from equite.inputs.openxml_parts import OpenXml
from equite.inputs.openxml_sheet import place_of

__all__ = ["far_cell"]

_PIECE, _LONGEST = 1 << 20, 64
#: Addresses beyond column ZZ or row 99,999 as nearly all files write them, and signs that some are written otherwise.
_FAR = (re.compile(rb'r="[A-Za-z]{3}\d'), re.compile(rb'r="[A-Za-z]{1,2}\d{6}'), re.compile(rb'r=[^"]'))
_OTHERWISE = (b"r =", b"r\t", b"r\n", b"r\r")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3}\d{1,7})["']""", re.IGNORECASE)


def far_cell(book: OpenXml) -> str | None:
    """Return the address of the cell at the far corner of a sheet that spans too many; None where it does not.

    Raises
    ------
    UnseenError
        The sheet is not where the format has it.
    """
    with book.opened(book.path) as file:
        if not any(map(_may_be_far, _pieces(file))):
            return None
    rows, columns = {0: ""}, {0: ""}
    with book.opened(book.path) as file:
        for piece in _pieces(file):
            for found in _ADDRESS.finditer(piece):
                address = found[1].decode()
                place = place_of(address)
                if place is not None:
                    rows.setdefault(place[0] + 1, address)
                    columns.setdefault(place[1] + 1, address)
    last, widest = max(rows), max(columns)
    return None if last * widest <= MOST_CELLS else max((columns[widest], rows[last]), key=len)


def _may_be_far(piece: bytes) -> bool:
    return any(far.search(piece) for far in _FAR) or any(sign in piece for sign in _OTHERWISE)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Return the file in pieces, each beginning with the end of the one before, so that no address is cut."""
    kept = b""
    while piece := file.read(_PIECE):
        yield kept + piece
        kept = piece[-_LONGEST:]
