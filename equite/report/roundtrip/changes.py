"""What was changed in a workbook since it was written, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from equite.formula.formula import Formula
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.roundtrip.restating import Path
from equite.wording import LOCALES, Language

__all__ = ["InputChange", "told_place"]

#: The keys of a page that say nothing that a title or another word does not.
_SILENT = frozenset({"#", "eligible", "pool", "share", "value"})


@dataclass(frozen=True)
class InputChange:
    """One figure or cell that is no longer what it was.

    Attributes
    ----------
    path : tuple of str or int
        Its place on the page, ``("indices", "need", "criteria", "age", "weight")``; or ``("data", heading)``.
    code : str or None
        The territory, for a cell of the table.
    before, after : float, str or None
        What it was and what it is; None where the cell is blank.
    sheet, cell : str
        Where it stands in the workbook.
    formula : Formula
        The page that the change belongs to.
    """

    path: Path
    code: str | None
    before: float | str | None
    after: float | str | None
    sheet: str
    cell: str
    formula: Formula

    def text(self, language: Language | None = None) -> str:
        """Tell the change in one sentence; by default in the page's language."""
        labels = Labels(self.formula, language)
        values = {side: _shown(value, labels) for side, value in (("before", self.before), ("after", self.after))}
        return labels.say("reading-change", place=told_place(self.path, labels, self.code), **values)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<InputChange {self}>"


def _shown(value: float | str | None, labels: Labels) -> str:
    if value is None:
        return labels.say("reading-blank")
    return labels.number(value) if isinstance(value, float | int) else LOCALES[labels.language].quoted(value)


def told_place(path: Path, labels: Labels, code: str | None = None) -> str:
    """Name a figure of the page, or a cell of its table, as its readers would."""
    page, head = labels.formula, path[0]
    if head == "data":
        title = _column_title(str(path[1]), labels)
        return title if code is None else labels.say("reading-place-cell", column=title, code=code)
    if head in ("eligible", "checks"):
        return labels.say(f"reading-place-{head}", number=int(path[1]) + 1)
    if head == "tables":
        number = int(path[3]) + 1 if len(path) > 3 else ""
        return labels.say(f"reading-table-{path[2]}", title=labels.title(str(path[1])), number=number)
    if head == "indices":
        return _told_criterion(path, labels)
    words = [str(key) for key in path[2:] if isinstance(key, str) and key not in _SILENT]
    if head in ("parts", "limits"):
        at = int(path[1])
        title = labels.title(page.parts[at].id) if head == "parts" else labels.limit(page.limits[at])
        return ", ".join([title, *(_key(word, labels) for word in words)])
    return labels.title(str(head) if head == "envelope" else str(path[1]))


def _key(key: str, labels: Labels) -> str:
    """Word a key of the page; that of a method which was added later keeps its name."""
    try:
        return labels.say(f"reading-key-{key}")
    except KeyError:
        return plain(key)


def _told_criterion(path: Path, labels: Labels) -> str:
    """Name a weight, or a figure of a method, of an index, a family or a criterion."""
    index = str(path[1])
    owner = labels.title(index)
    for at in range(2, len(path) - 1):
        if path[at] == "criteria":
            owner = labels.criterion(index, str(path[at + 1]))
        elif path[at] == "families":
            owner = _family_title(path[: at + 2], labels)
    last = next((str(key) for key in reversed(path) if isinstance(key, str) and key not in _SILENT), "")
    if last == "weight":
        return labels.say("reading-place-weight", title=owner)
    return f"{owner}, {_key(last, labels)}"


def _family_title(path: Path, labels: Labels) -> str:
    group = labels.formula.indices[str(path[1])].families[str(path[3])]
    for key in path[5::2]:
        group = group.families[str(key)]
    return labels.titles.of_family(str(path[-1]), group)


def _column_title(heading: str, labels: Labels) -> str:
    """Return the title of the column that the table heads so."""
    for name, needed in labels.formula.names.columns.items():
        if needed.heading == heading:
            return labels.title(name)
    return plain(heading)
