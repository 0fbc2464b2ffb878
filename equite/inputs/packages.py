"""How much a compressed file holds, looked at before it is read: a few kilobytes may unpack to terabytes."""

from __future__ import annotations

import io
import zipfile
import zlib

from equite.errors import EquiteError, Problem
from equite.inputs.bounds import MOST_RATIO, MOST_UNPACKED_BYTES, RATIO_FROM_BYTES
from equite.wording import Numeral

__all__ = ["refuse_bomb", "unpacked_gzip"]

_PIECE = 1 << 20
#: What deflating makes of a byte at the very most: a part smaller than this cannot hide much behind a size that lies.
_DEFLATED = 1032


def refuse_bomb(raw: bytes, name: str, kind: type[EquiteError]) -> None:
    """Refuse a zip whose parts hold too much, whatever they say that they hold; one that is damaged is let through."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return
    most = _most(len(raw))
    if sum(part.file_size for part in parts) > most:
        raise _refusal(name, kind)
    for part in parts:
        if part.compress_type == zipfile.ZIP_DEFLATED and part.compress_size * _DEFLATED > most:
            # Where its local header says that the bytes begin.
            start = part.header_offset + 30
            start += sum(int.from_bytes(raw[at : at + 2], "little") for at in (start - 4, start - 2))
            if _inflated(raw[start : start + part.compress_size], most) > most:
                raise _refusal(name, kind)


def unpacked_gzip(raw: bytes, name: str, kind: type[EquiteError]) -> bytes:
    """Unpack a gzipped file piece by piece, and refuse it as soon as it holds too much.

    Raises
    ------
    EquiteError
        It holds too much.
    OSError, EOFError, zlib.error
        It is damaged.
    """
    import gzip

    most = _most(len(raw))
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        unpacked = file.read(most + 1)
    if len(unpacked) > most:
        raise _refusal(name, kind)
    return unpacked


def _most(size: int) -> int:
    """Return how many bytes a compressed file of a size may hold."""
    return min(MOST_UNPACKED_BYTES, max(RATIO_FROM_BYTES, MOST_RATIO * size))


def _inflated(deflated: bytes, most: int) -> int:
    """Count the bytes that a part inflates to, up to a little more than the most."""
    inflater, count = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while deflated and count <= most:
            count += len(inflater.decompress(deflated, _PIECE))
            deflated = inflater.unconsumed_tail
    except zlib.error:
        pass
    return count


def _refusal(name: str, kind: type[EquiteError]) -> EquiteError:
    megabytes = {"most": MOST_UNPACKED_BYTES, "from_": RATIO_FROM_BYTES}
    values = {word: Numeral(size // 1_000_000) for word, size in megabytes.items()}
    return kind([Problem("file-unpacks-too-large", {"ratio": MOST_RATIO, **values}, file=name)])
