"""What was read of each column: the table in which a misreading is seen at a glance, before any money moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equite import wording
from equite.engine.sharing import Floats
from equite.formula.nodes import Call, Name, walk
from equite.formula.writing import written
from equite.inputs.cells import tidy
from equite.inputs.figures import typed
from equite.wording import Codes, Language, Numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.criteria import CriterionScore
    from equite.formula.nodes import Node

__all__ = ["ColumnRead", "ColumnsRead", "Outcome", "columns_read"]

#: Functions that say what a missing cell becomes, or ask whether it is missing.
_ANSWERS = {"default": "default", "is_missing": "asked"}


@dataclass(frozen=True)
class Outcome:
    """What became of some of a column's blank cells.

    Attributes
    ----------
    entry : str
        Which outcome: ``left-out``, ``filled-median``, ``filled-mean``, ``filled-value``, ``filled-column``,
        ``skipped``, ``default``, ``asked``, ``no-floor``, ``no-ceiling``, ``code``, ``nothing``.
    codes : tuple of str
        Whose cells.
    criterion : tuple of (str, str), optional
        The index and the criterion that a rule of the page is about.
    values : tuple of (str, object)
        What the sentence needs beside.
    """

    entry: str
    codes: tuple[str, ...]
    criterion: tuple[str, str] | None = None
    values: tuple[tuple[str, object], ...] = ()

    def in_language(self, language: Language, **titles: str) -> str:
        """Word it, the criterion and the limit called by their names unless titles are given."""
        named = self.criterion[1] if self.criterion else ""
        said = {"criterion": named, "codes": Codes(self.codes), **dict(self.values), **titles}
        return wording.say(f"became-{self.entry}", language, **said)


@dataclass(frozen=True)
class ColumnRead:
    """One column as it was read, over every row of the table.

    Attributes
    ----------
    name, heading : str
        The page's name for it, and its heading in the table.
    kind : str
        ``code``, ``name``, ``number``, ``extensive``, ``intensive``, ``ordinal``, ``yes_no`` or ``text``.
    unit : str
        Its unit in the page's language; empty where the page does not say.
    known : int
        How many cells have a value.
    lowest, median, highest : float
        Of those; missing for a text.
    labels : tuple of (str, int)
        The texts, the most frequent first, levels, the lowest first, or yes and no; and how many cells have each.
        Empty for others.
    missing : tuple of str
        The codes of those without a value.
    marks : tuple of (str, int)
        What stands in those cells, and in how many; an empty text for an empty cell.
    became : tuple of Outcome
        What the page makes of them.
    """

    name: str
    heading: str
    kind: str
    unit: str
    known: int
    lowest: float
    median: float
    highest: float
    labels: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]
    marks: tuple[tuple[str, int], ...]
    became: tuple[Outcome, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ColumnsRead:
    """Every column that a page reads from a table, as it was read; frozen.

    Attributes
    ----------
    allocation : Allocation
        What rests on them.
    """

    allocation: Allocation

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.allocation.language

    @cached_property
    def columns(self) -> tuple[ColumnRead, ...]:
        """The columns in the table's order."""
        return tuple(_Reader(self.allocation).columns())

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each column, in the table's order.

        Columns: name (on the page), heading (in the table), kind, unit, known (cells with a value), lowest, median and
        highest (missing for texts), labels (different texts, levels, or yes and no; missing for others), missing
        (cells without a value), marks (what stands in them) and became (what the page makes of them, in words).
        """
        return pd.DataFrame([self._row(column) for column in self.columns])

    def _row(self, column: ColumnRead) -> dict[str, Any]:
        return {
            "name": column.name,
            "heading": column.heading,
            "kind": column.kind,
            "unit": column.unit,
            "known": column.known,
            "lowest": column.lowest,
            "median": column.median,
            "highest": column.highest,
            "labels": float(len(column.labels)) if column.labels else np.nan,
            "missing": len(column.missing),
            "marks": marks_in_words(column, self.language),
            "became": "; ".join(outcome.in_language(self.language) for outcome in column.became),
        }

    def __str__(self) -> str:
        from equite.report.analyses.columns_read import columns_read_text

        return columns_read_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.analyses.columns_read import columns_read_html

        return columns_read_html(self)


def columns_read(allocation: Allocation) -> ColumnsRead:
    """Tell how each column was read: kind, unit, lowest, median, highest, missing values and what they became.

    Parameters
    ----------
    allocation : Allocation
        The allocation that rests on them.
    """
    return ColumnsRead(allocation)


def marks_in_words(column: ColumnRead, language: Language) -> str:
    """Say what stands in a column's blank cells, and in how many."""
    return ", ".join(
        wording.say("mark-told" if mark else "mark-empty", language, mark=mark, count=Numeral(count))
        for mark, count in column.marks
    )


def _counted(texts: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count equal texts, the most frequent first."""
    return tuple(sorted(Counter(texts).items(), key=lambda each: (-each[1], each[0])))


def _median(known: Floats) -> float:
    """Return the median without the binary dust of the mean of two figures."""
    return float(typed(np.array([np.median(known)]))[0])


def _mark(cell: object) -> str:
    """Return what stands in a cell without a value; nothing for an empty one."""
    return "" if cell is None or cell != cell or cell is pd.NA or cell is pd.NaT else str(cell).strip()


class _Reader:
    """Looks at each column of an allocation's table."""

    def __init__(self, allocation: Allocation) -> None:
        self.allocation, self.formula, self.scope = allocation, allocation.formula, allocation.scope
        self.codes = [str(code) for code in allocation.scope.table.codes]
        place = {code: at for at, code in enumerate(allocation.territories.codes)}
        # The table's cells stand in the order of the file, what was read of them in that of the codes.
        self.places = [place[code] for code in self.codes]

    def columns(self) -> Iterator[ColumnRead]:
        """Return each column that the page reads."""
        table, page = self.scope.table, self.formula
        found = {name: needed.heading for name, needed in page.names.columns.items()}
        if page.name is not None and page.name in table.columns:
            spec = page.columns.get(page.name)
            found.setdefault(page.name, (spec.heading if spec else None) or page.name)
        order = {heading: at for at, heading in enumerate(self.allocation.territories.data.columns)}
        headings = {name: tidy(heading) for name, heading in found.items()}
        key = tidy(page.key.column)
        if key not in headings.values():
            yield self._column(page.key.column, key, table.codes, "code")
        for name in sorted(headings, key=lambda name: order.get(headings[name], len(order))):
            values = table.columns.get(name)
            if values is not None:
                yield self._column(name, headings[name], values, self._kind(name, headings[name], values))

    def _kind(self, name: str, heading: str, values: np.ndarray) -> str:
        if heading == tidy(self.formula.key.column):
            return "code"
        if name == self.formula.name:
            return "name"
        spec = self.formula.columns.get(name)
        return "text" if values.dtype == object else (spec.kind if spec and spec.kind else "number")

    def _column(self, name: str, heading: str, values: np.ndarray, kind: str) -> ColumnRead:
        spec = self.formula.columns.get(name)
        is_text = values.dtype == object
        missing = np.array([value is None for value in values]) if is_text else np.isnan(values)
        known = values[~missing]
        ends = (np.nan,) * 3
        if not is_text and known.size:
            ends = (float(known.min()), _median(known), float(known.max()))
        rows = np.flatnonzero(missing)
        return ColumnRead(
            name,
            heading,
            kind,
            (spec.unit or {}).get(self.allocation.language, "") if spec else "",
            int(known.size),
            *ends,
            self._labels(name, kind, known),
            tuple(self.codes[row] for row in rows),
            self._marks(heading, rows),
            tuple(self._became(name, kind, missing)) if rows.size else (),
        )

    def _labels(self, name: str, kind: str, known: np.ndarray) -> tuple[tuple[str, int], ...]:
        """Count each text, each level, or yes and no."""
        language = self.allocation.language
        if kind == "text":
            return _counted(str(value) for value in known)
        if kind == "yes_no":
            return _counted(wording.say("template-yes" if value else "template-no", language) for value in known)
        if kind == "ordinal":
            levels = self.formula.columns[name].levels
            count = np.bincount(known.astype(int), minlength=len(levels) + 1)
            return tuple((level[language], int(count[at])) for at, level in enumerate(levels, start=1))
        return ()

    def _marks(self, heading: str, rows: np.ndarray) -> tuple[tuple[str, int], ...]:
        """Count what stands in cells that have no value."""
        cells = self.allocation.territories.data[heading].to_numpy(dtype=object)
        return _counted(_mark(cells[self.places[row]]) for row in rows)

    def _became(self, name: str, kind: str, missing: np.ndarray) -> Iterator[Outcome]:
        """Tell what the page makes of missing cells, those of territories that take no part first."""
        part = self.scope.taking_part
        out = missing & ~part
        if out.any():
            yield Outcome("left-out", self._named(out))
        left = missing & part
        if not left.any():
            return
        codes = self._named(left)
        told = [*self._of_criteria(name, left), *self._of_expressions(name, codes), *self._of_bounds(name)]
        if not told:
            told = [Outcome("code" if kind == "name" else "nothing", codes)]
        yield from told

    def _of_criteria(self, name: str, left: np.ndarray) -> Iterator[Outcome]:
        for index in self.formula.indices:
            scoring = self.scope.scoring(index)
            for criterion in scoring.criteria:
                if name not in self.formula.names.rests_on(criterion.name):
                    continue
                # A criterion is measured among those that take part.
                rows = left.copy()
                rows[self.scope.taking_part] &= np.isnan(criterion.raw)
                if rows.any():
                    yield self._by_rule(criterion, rows)

    def _by_rule(self, criterion: CriterionScore, rows: np.ndarray) -> Outcome:
        """Tell what a criterion's rule made of missing cells."""
        rule, about = criterion.missing, (criterion.index, criterion.name)
        if rule.rule in ("skip", "refuse"):
            return Outcome("skipped", self._named(rows), about)
        values: dict[str, object] = {}
        entry = f"filled-{rule.rule}"
        if rule.rule == "value":
            values["value"] = Numeral(float(rule.value or 0))
        elif rule.rule == "column":
            values["column"] = rule.column
        elif rule.by:
            entry, values["by"] = f"{entry}-by", rule.by
        else:
            known = criterion.raw[~np.isnan(criterion.raw)]
            values["value"] = Numeral(_median(known) if rule.rule == "median" else float(known.mean()))
        return Outcome(entry, self._named(rows), about, tuple(values.items()))

    def _of_expressions(self, name: str, codes: tuple[str, ...]) -> Iterator[Outcome]:
        """Tell where the page says itself what a missing value is, or asks whether there is one."""
        told: set[str] = set()
        for _, expression in self.formula.names.expressions:
            for node in expression.nodes:
                if isinstance(node, Call) and node.function in _ANSWERS and self._rests_on(node.arguments[0], name):
                    piece = written(node)
                    if piece not in told:
                        told.add(piece)
                        yield Outcome(_ANSWERS[node.function], codes, values=(("piece", piece),))

    def _rests_on(self, node: Node, name: str) -> bool:
        return name in self.formula.names.closure(each.name for each in walk(node) if isinstance(each, Name))

    def _of_bounds(self, name: str) -> Iterator[Outcome]:
        """Tell whom a floor or a ceiling does not bind because the cell is blank."""
        for bound in self.allocation.context.unbounded:
            if bound.cause.entry == "missing-cell" and dict(bound.cause.values).get("name") == name:
                entry = "no-floor" if bound.key == "at_least" else "no-ceiling"
                yield Outcome(entry, bound.codes, values=(("limit", bound.name),))

    def _named(self, rows: np.ndarray) -> tuple[str, ...]:
        return tuple(self.codes[row] for row in np.flatnonzero(rows))
