"""Files that an allocation is written to: CSV, Parquet, a workbook. Each appears whole, or not at all.

In a CSV file a text that a spreadsheet would run as a formula (it begins with ``=``, ``+``, ``-``, ``@``, one of these
in full width, a tab or a carriage return) is written with an apostrophe before it. Numbers are never touched.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from equite.errors import OutputError, Problem, nearest
from equite.report.columns import ShownColumn, shown_columns
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.wording import LOCALES, Language

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = [
    "CSV",
    "EXCEL",
    "HTML",
    "PARQUET",
    "columns_to_csv",
    "ending",
    "files_read",
    "harmless",
    "placed",
    "placed_folder",
    "to_csv",
    "to_parquet",
    "write",
]

CSV, EXCEL, PARQUET = (".csv", ".txt"), (".xlsx",), (".parquet", ".pq")
HTML = (".html", ".htm")
#: What makes a spreadsheet run a text of a CSV file.
_RUN = frozenset("=+-@\t\r\n＝＋－＠")
#: Seconds in which a file that was made is surely held.
_OPENING = 1.0
#: Rows of a CSV file written at once.
_BLOCK = 4096


def write(allocation: Allocation, path: str | Path) -> Path:
    """Write an allocation to a file, as the end of its name says: ``.xlsx``, ``.csv``, ``.parquet`` or ``.html``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The end of the name says none of these, or the file cannot be written.
    """
    from equite.report.html.page import to_html
    from equite.report.workbook.allocation import to_excel

    known = ((EXCEL, to_excel), (CSV, to_csv), (PARQUET, to_parquet), (HTML, to_html))
    writers = {ending: writer for endings, writer in known for ending in endings}
    target = ending(path, tuple(writers), allocation.language, files_read(allocation))
    return writers[target.suffix.lower()](allocation, target)


def to_csv(allocation: Allocation, path: str | Path) -> Path:
    """Write an allocation's table to a CSV file that the readers' spreadsheet opens as it is.

    UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English; headings in
    the page's language, with units. Rows and columns add up to the last decimal.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    labels = Labels(allocation.formula)
    target = ending(path, CSV, labels.language, files_read(allocation))
    return columns_to_csv(shown_columns(allocation, labels), target, labels.language)


#: A blank cell that stands alone on its line.
_BLANK = '""'


def columns_to_csv(columns: Sequence[ShownColumn], target: Path, language: Language) -> Path:
    """Write columns as they are shown to a CSV file, as :func:`to_csv` does."""
    locale = LOCALES[language]
    separator = locale.separator
    headings = _quoted([harmless(column.heading) for column in columns], separator)
    rows = zip(*(_texts(column, locale.decimal, separator) for column in columns), strict=True)
    with placed(target, language) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"\ufeff{separator.join(headings)}\r\n")
        while block := list(islice(rows, _BLOCK)):
            # A line of nothing would be no line: a single blank cell is written as such.
            file.write("".join([f"{separator.join(row) or _BLANK}\r\n" for row in block]))
    return target


def _texts(column: ShownColumn, mark: str, separator: str) -> Sequence[str]:
    """Write a column's cells; a missing one is empty. A number holds neither the separator nor a quotation mark."""
    if column.kind == "text":
        return _quoted([harmless(plain(str(cell))) for cell in column.cells], separator)
    numbers = column.numbers * column.scale
    # One format for all cells at once is several times faster than one a cell.
    text = (f"%.{column.digits}f\n" * numbers.size) % tuple(numbers.tolist())
    if np.isnan(numbers).any():
        text = text.replace("nan", "")
    return text.replace(".", mark).split("\n")[:-1]


def harmless(text: str) -> str:
    """Return a text as a spreadsheet shows it, whatever it begins with."""
    return f"'{text}" if text[:1] in _RUN else text


def _quoted(texts: list[str], separator: str) -> list[str]:
    """Put in quotation marks the texts that hold what parts cells or rows, as :mod:`csv` does."""
    parting = re.compile(f'[{re.escape(separator)}"\r\n]')
    return [f'"{text.replace(chr(34), chr(34) * 2)}"' if parting.search(text) else text for text in texts]


def to_parquet(allocation: Allocation, path: str | Path) -> Path:
    """Write an allocation's table to a Parquet file, for programs: full precision, the page's own names.

    The file's metadata hold the record (``equite``, JSON), amounts apart.

    Raises
    ------
    OutputError
        pyarrow is not installed, or the file cannot be written. One that was there is left as it was.
    """
    language = allocation.language
    target = ending(path, PARQUET, language, files_read(allocation))
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise OutputError([Problem("output-needs-pyarrow", {"name": target.name})], language) from None
    record = {key: value for key, value in allocation.record.items() if key != "amounts"}
    table = pa.Table.from_pandas(allocation.table, preserve_index=False)
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), b"equite": json.dumps(record, ensure_ascii=False, default=str).encode()}
    )
    with placed(target, language) as temporary:
        pq.write_table(table, temporary)
    return target


def files_read(allocation: Allocation) -> tuple[Path, ...]:
    """Return the files that an allocation rests on."""
    table = allocation.territories.source.file
    return (*allocation.formula.files, *([table] if table else []))


def ending(path: str | Path, endings: Sequence[str], language: Language, inputs: Iterable[Path] = ()) -> Path:
    """Return the path of a file to write, whose name must end as its format asks, and which is none of what was read.

    Raises
    ------
    OutputError
        The name ends otherwise, is that of a folder, or leads, through whatever links, to one of the files read.
    """
    if not isinstance(path, str | os.PathLike):
        raise OutputError([Problem("output-no-path", {"kind": type(path).__name__})], language)
    target = Path(path).expanduser()
    with suppress(OSError):
        if target.is_dir():
            _refuse("output-is-folder", target, language)
    if target.suffix.lower() not in endings:
        example = target.name.rstrip(".") + endings[0]
        values = {"name": target.name, "endings": ", ".join(endings), "example": example}
        raise OutputError([Problem("output-ending", values)], language)
    if any(_is_same(target, each) for each in inputs):
        _refuse("output-is-input", target, language)
    return target


def _is_same(target: Path, other: Path) -> bool:
    try:
        return target.samefile(other)
    except OSError:
        return False


@contextmanager
def placed(target: Path, language: Language) -> Iterator[Path]:
    """Return a new file beside the target to write to; once it is whole, it takes the target's place.

    Raises
    ------
    OutputError
        The folder is absent or closed, the target is a folder, read-only or in use, or the disk refuses. The target is
        then as it was, and nothing is left beside it.
    """
    # Through a link, the file that it leads to is replaced, and not the link.
    real = Path(os.path.realpath(target))
    stem, temporary = _beside(real)
    closed, held = "output-folder-closed", -1
    try:
        _check(target, real, language)
        _clear(real.parent, stem)
        # Opened by hand for the usual permissions; those of tempfile would shut others out of the result.
        held = _held(temporary, os.O_CREAT | os.O_EXCL)
        closed = "output-in-use"
        if real.exists():
            shutil.copymode(real, temporary)
        yield temporary
        if os.name == "nt":
            # There a file that is open can be neither moved nor deleted.
            os.close(held)
            held = -1
        temporary.replace(real)
    except OSError as error:
        raise _worded(error, closed, target, language) from error
    finally:
        with suppress(OSError):
            if held >= 0:
                os.close(held)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def placed_folder(target: Path, language: Language) -> Iterator[Path]:
    """Return a new folder beside the target to write in; once all is there, it takes the target's place.

    Raises
    ------
    OutputError
        The target holds something by then, the folder above it is absent or closed, or the disk refuses. Nothing is
        left beside it.
    """
    real = Path(os.path.realpath(target))
    stem, temporary = _beside(real)
    held = -1
    try:
        if not real.parent.is_dir():
            _refuse_folder(target, real, language)
        _clear(real.parent, stem)
        temporary.mkdir()
        if fcntl is not None:
            held = _held(temporary, os.O_DIRECTORY)
        yield temporary
        if real.is_dir():
            real.rmdir()
        temporary.rename(real)
    except OSError as error:
        raise _worded(error, "output-folder-closed", target, language) from error
    finally:
        with suppress(OSError):
            if held >= 0:
                os.close(held)
        shutil.rmtree(temporary, ignore_errors=True)


def _beside(real: Path) -> tuple[str, Path]:
    """Name what is written beside a target until it is whole: how all of its names begin, and a new one."""
    stem = f".equite-{hashlib.sha256(real.name.encode(errors='replace')).hexdigest()[:12]}"
    return stem, real.parent / f"{stem}-{secrets.token_hex(8)}.tmp"


def _held(temporary: Path, how: int = 0) -> int:
    """Open a file or a folder and hold it for as long as this process writes; refuse one that another holds."""
    found = os.open(temporary, (os.O_RDONLY if temporary.is_dir() else os.O_WRONLY) | how, 0o666)
    try:
        if fcntl is not None:
            # Whoever clears holds a file for an instant: its writer waits for that.
            fcntl.flock(found, fcntl.LOCK_EX | (0 if how else fcntl.LOCK_NB))
    except OSError:
        if not how:
            os.close(found)
            raise
        # A file system without locks, where nothing is ever cleared.
    return found


def _clear(folder: Path, stem: str) -> None:
    """Delete what a killed run left of the same output: what nobody holds any more."""
    for left in folder.glob(f"{stem}-*.tmp"):
        with suppress(OSError):
            held = _held(left)
            try:
                if fcntl is not None and time.time() - left.stat().st_mtime > _OPENING:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            finally:
                os.close(held)
            if os.name == "nt":
                left.unlink()


def _check(target: Path, real: Path, language: Language) -> None:
    """Refuse what is known to fail, or to harm, before anything is computed or written."""
    if real.is_dir():
        _refuse("output-is-folder", target, language)
    if not real.parent.is_dir():
        _refuse_folder(target, real, language)
    if not real.exists():
        return
    mode = real.stat().st_mode
    if not stat.S_ISREG(mode):
        _refuse("output-not-a-file", target, language)
    # A moved file would take the place even of one that nobody may write to.
    if not mode & 0o222 or not os.access(real, os.W_OK):
        _refuse("output-read-only", target, language)


def _refuse(entry: str, target: Path, language: Language) -> NoReturn:
    raise OutputError([Problem(entry, {"name": target.name or str(target)})], language)


def _refuse_folder(target: Path, real: Path, language: Language) -> NoReturn:
    """Say which folder is absent: the first of the path, with those beside it that resemble it."""
    missing = real.parent
    while missing.parent != missing and not missing.parent.is_dir():
        missing = missing.parent
    if missing.exists():
        raise OutputError([Problem("output-folder-is-file", {"folder": missing.name, "name": target.name})], language)
    beside = []
    with suppress(OSError):
        beside = [entry.name for entry in missing.parent.iterdir() if entry.is_dir()]
    values = {"folder": missing.name, "name": target.name, "nearest": nearest(missing.name, beside)}
    raise OutputError([Problem("output-folder-absent", values)], language)


def _worded(error: OSError, closed: str, target: Path, language: Language) -> OutputError:
    """Word what the system refused; ``closed`` words a refused right to write, as far as the writing had come."""
    values = {"name": target.name, "folder": target.parent.name or str(target.parent), "reason": error.strerror or ""}
    entry = "output-refused"
    if isinstance(error, PermissionError):
        entry = closed
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        entry = "output-disk-full"
    elif error.errno == errno.ENAMETOOLONG:
        entry = "output-name-long"
    elif error.errno == errno.EROFS:
        entry = "output-folder-closed"
    return OutputError([Problem(entry, values)], language)
