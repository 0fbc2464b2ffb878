"""Notices: one printable page a territory, with its worksheet, all at once, and a list that leads to them."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from equite.errors import OutputError, Problem
from equite.inputs.spelling import tidy
from equite.report.files import placed_folder
from equite.report.html import tables
from equite.report.html.markup import element
from equite.report.html.worksheet import worksheet_page
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.wording import Numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["MOST", "write_notices"]

#: The most notices that are written at once.
MOST = 2_000
_INDEX = "index.html"
#: Names of devices, which Windows takes for no file.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(\..*)?")
_LONGEST = 80


def write_notices(allocation: Allocation, folder: str | Path, only: Collection[str] = ()) -> Path:
    """Write the notice of each territory that takes part, or of ``only`` some, and a list of them.

    The folder appears whole, or not at all.

    Returns
    -------
    Path
        The folder that was written.

    Raises
    ------
    OutputError
        The folder holds something already or cannot be written, or there are too many notices for one go.
    SharingError
        A code of ``only`` is nobody's.
    """
    language = allocation.language
    codes = [str(tidy(code)) for code in dict.fromkeys(only)] or list(allocation.codes)
    if len(codes) > MOST:
        problem = Problem("notices-too-many", {"count": Numeral(len(codes)), "most": Numeral(MOST)})
        raise OutputError([problem], language)
    target = Path(folder).expanduser()
    _refuse_taken(allocation, target)
    with placed_folder(target, language) as temporary:
        _write(allocation, temporary, codes)
    return target


def _refuse_taken(allocation: Allocation, target: Path) -> None:
    """Refuse a folder that holds something: what was sent out is not mixed with what is new."""
    with suppress(OSError):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OutputError([Problem("notices-folder-taken", {"folder": target.name})], allocation.language)


def _write(allocation: Allocation, folder: Path, codes: list[str]) -> None:
    labels = Labels(allocation.formula)
    rows, taken = [], {_INDEX}
    for code in codes:
        sheet = allocation.worksheet(code)
        name = _file_name(code, taken)
        back = element("p", element("a", labels.say("notices-back"), href=_INDEX))
        (folder / name).write_bytes(worksheet_page(sheet, back).encode("utf-8"))
        link = element("a", plain(sheet.name), href=name)
        amount = labels.money(sheet.amount)
        rows.append(tables.row([tables.side(plain(code)), tables.cell(link), tables.cell(amount, right=True)]))
    head = [tables.heading(labels.heading(column)) for column in ("code", "name")]
    head.append(tables.heading(labels.heading("amount"), right=True))
    title = labels.say("notices-title", page=labels.worded(allocation.formula.heading))
    page = tables.page(title, [tables.table("", tables.row(head), rows)], labels.language)
    (folder / _INDEX).write_bytes(page.encode("utf-8"))


def _file_name(code: str, taken: set[str]) -> str:
    """Return a name that every system takes for a file of its own, whatever the code."""
    stem = re.sub(r"[^0-9A-Za-z_-]+", "-", code).strip("-")[:_LONGEST] or "notice"
    if _DEVICES.fullmatch(stem):
        stem = f"{stem}-"
    name, number = f"{stem}.html", 2
    while name.casefold() in taken:
        name, number = f"{stem}-{number}.html", number + 1
    taken.add(name.casefold())
    return name
