"""Two allocations or more, side by side: who wins, who loses, by how much."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.sharing import Floats
from equite.errors import EquiteError, Problem
from equite.wording import Codes, Language

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Allocations side by side, the first being the reference; frozen.

    A territory that takes no part in an allocation gets nothing from it: its amount is shown missing, and counts as
    zero in differences, so that these add up to the difference of the totals.

    Attributes
    ----------
    allocations : tuple of Allocation
        The reference, then those compared with it.
    labels : tuple of str
        What each is called.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000]}
    >>> equally = {**page, "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}]}
    >>> first, second = equite.allocate(page, table), equite.allocate(equally, table)
    >>> comparison = equite.compare(first, second, labels=["by people", "equally"])
    >>> comparison.table["difference_equally"].tolist()
    [15000.0, -15000.0]
    """

    allocations: tuple[Allocation, ...]
    labels: tuple[str, ...]

    @property
    def reference(self) -> Allocation:
        """The allocation that the others are compared with."""
        return self.allocations[0]

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.reference.language

    @property
    def digits(self) -> int:
        """The decimals that every amount and every difference can be written with."""
        return max(allocation.context.unit.digits for allocation in self.allocations)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of those that take part in any of the allocations, in order."""
        return tuple(sorted(set().union(*(allocation.codes for allocation in self.allocations))))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The territories' names, each as the first allocation that has it says."""
        known: dict[str, str] = {}
        for allocation in reversed(self.allocations):
            known |= zip(allocation.codes, allocation.names, strict=True)
        return tuple(known[code] for code in self.codes)

    @cached_property
    def people(self) -> Floats | None:
        """The people of each territory, shape (territories,), where a page says; None elsewhere."""
        found: Floats | None = None
        for allocation in self.allocations:
            if allocation.people is not None:
                people = self._placed(allocation, allocation.people)
                found = people if found is None else np.where(np.isnan(found), people, found)
        return found

    @cached_property
    def amounts(self) -> Floats:
        """Final amounts, shape (territories, allocations); missing where a territory takes no part."""
        return np.stack([self._placed(allocation, allocation.amounts) for allocation in self.allocations], axis=1)

    @cached_property
    def differences(self) -> Floats:
        """Amounts less the reference's, shape (territories, allocations); what is missing counts as zero."""
        paid = np.nan_to_num(self.amounts)
        # Subtraction leaves binary dust; amounts have none beyond their unit.
        return np.round(paid - paid[:, :1], self.digits) + 0.0

    @cached_property
    def relative(self) -> Floats:
        """Differences as shares of the reference's amounts; missing where these are zero or missing."""
        before = self.amounts[:, :1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(before != 0, self.differences / before, np.nan)

    def _placed(self, allocation: Allocation, values: Floats) -> Floats:
        series = pd.Series(values, index=pd.Index(allocation.codes, dtype=object))
        return np.asarray(series.reindex(list(self.codes)), dtype=np.float64)

    @cached_property
    def partial(self) -> tuple[str, ...]:
        """The codes of those that take part in some of the allocations and not in others."""
        missing = np.flatnonzero(np.isnan(self.amounts).any(axis=1))
        return tuple(self.codes[row] for row in missing)

    @cached_property
    def near(self) -> tuple[tuple[str, str], ...]:
        """Codes of two tables that are one but for zeros, capitals or marks, and are compared as two territories."""
        found = [pair for other in self.allocations[1:] for pair in _near(self.reference, other)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each territory, in code order.

        Columns: code, name (where a page gives names), ``amount_…`` of each allocation, then ``difference_…`` and
        ``relative_…`` of each but the reference, which they are counted from.
        """
        columns: dict[str, Any] = {"code": list(self.codes)}
        if any(allocation.formula.name is not None for allocation in self.allocations):
            columns["name"] = list(self.names)
        columns |= {f"amount_{label}": self.amounts[:, at] for at, label in enumerate(self.labels)}
        for at, label in enumerate(self.labels[1:], start=1):
            columns[f"difference_{label}"] = self.differences[:, at]
            columns[f"relative_{label}"] = self.relative[:, at]
        return pd.DataFrame(columns)

    @cached_property
    def winners(self) -> pd.DataFrame:
        """One row for each allocation but the reference: who wins and who loses when passing to it.

        Columns: label, envelope, total, difference (of the totals); winning, losing, unchanged (territories);
        people_winning, people_losing (missing where no page counts people); gained, lost (money); largest_gain and
        largest_loss, each with its code and its name, missing where nobody gains or loses.
        """
        return pd.DataFrame([self._outcome(at) for at in range(1, len(self.allocations))])

    def _outcome(self, at: int) -> dict[str, Any]:
        allocation, change = self.allocations[at], self.differences[:, at]
        winning, losing = change > 0, change < 0
        found: dict[str, Any] = {
            "label": self.labels[at],
            "envelope": np.nan if allocation.envelope is None else allocation.envelope,
            "total": allocation.total,
            "difference": round(allocation.total - self.reference.total, self.digits),
            "winning": int(winning.sum()),
            "losing": int(losing.sum()),
            "unchanged": int((change == 0).sum()),
            "people_winning": self._people_in(winning),
            "people_losing": self._people_in(losing),
            "gained": round(float(change[winning].sum()), self.digits),
            "lost": round(float(-change[losing].sum()), self.digits),
        }
        for name, rows, row in (("gain", winning, int(change.argmax())), ("loss", losing, int(change.argmin()))):
            there = bool(rows.any())
            found[f"largest_{name}"] = float(change[row]) if there else np.nan
            found[f"largest_{name}_code"] = self.codes[row] if there else None
            found[f"largest_{name}_name"] = self.names[row] if there else None
        return found

    def _people_in(self, rows: np.ndarray) -> float:
        return np.nan if self.people is None else float(np.nansum(self.people[rows]))

    def to_csv(self, path: str | Path) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English.
        Relative differences are shares of one. A text that a spreadsheet would run as a formula has an apostrophe
        before it.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> comparison.to_csv("comparison.csv").name
        'comparison.csv'
        """
        from equite.report.analyses.comparison import comparison_to_csv

        return comparison_to_csv(self, path)

    def to_excel(self, path: str | Path) -> Path:
        """Write :attr:`table` to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> comparison.to_excel("comparison.xlsx").name
        'comparison.xlsx'
        """
        from equite.report.analyses.comparison import comparison_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(comparison_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: who gains and who loses, then every territory.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> comparison.to_html("comparison.html").name
        'comparison.html'
        """
        from equite.report.analyses.comparison import comparison_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(comparison_shown(self), path)

    def __str__(self) -> str:
        from equite.report.analyses.comparison import comparison_text

        return comparison_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.analyses.comparison import comparison_html

        return comparison_html(self)


def compare(*allocations: Allocation, labels: Sequence[str] | None = None) -> Comparison:
    """Set allocations side by side; the first is the reference.

    Parameters
    ----------
    *allocations : Allocation
        Two or more, in the same currency or unit. Their envelopes and who takes part in them may differ.
    labels : sequence of str, optional
        What each is called, all different; by default the ids of their pages.

    Returns
    -------
    Comparison
        With ``table`` (each territory) and ``winners`` (each allocation), and a text for ``print``.

    Raises
    ------
    EquiteError
        Something else than allocations was given, there is one only, they do not share the same money, they have no
        territory in common, or labels are missing or repeated.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000]}
    >>> equally = {**page, "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}]}
    >>> first, second = equite.allocate(page, table), equite.allocate(equally, table)
    >>> equite.compare(first, second).winners[["label", "winning", "losing", "gained"]].to_dict("records")
    [{'label': 'grant (2)', 'winning': 1, 'losing': 1, 'gained': 15000.0}]
    """
    strange = [(at, each) for at, each in enumerate(allocations, start=1) if not isinstance(each, Allocation)]
    if strange:
        told = [Problem("compare-of-nothing", {"at": at, "kind": type(each).__name__}) for at, each in strange]
        raise EquiteError(told)
    if len(allocations) < 2:
        raise EquiteError([Problem("compare-too-few", {"count": len(allocations)})])
    language = allocations[0].language
    if labels is not None and (isinstance(labels, str) or not isinstance(labels, Iterable)):
        raise EquiteError([Problem("compare-labels-no-list", {"kind": type(labels).__name__})], language)
    units = [allocation.formula.unit or allocation.formula.currency for allocation in allocations]
    other = next((unit for unit in units[1:] if unit != units[0]), None)
    if other is not None:
        raise EquiteError([Problem("compare-units", {"first": units[0], "other": other})], language)
    found = tuple(str(label) for label in labels) if labels is not None else _ids(allocations)
    if len(found) != len(allocations) or len(set(found)) < len(found):
        values = {"count": len(allocations), "labels": Codes(found)}
        raise EquiteError([Problem("compare-labels", values)], language)
    _some_in_common(allocations, found)
    return Comparison(tuple(allocations), found)


def _some_in_common(allocations: Sequence[Allocation], labels: Sequence[str]) -> None:
    """Refuse allocations that have no code in common with the reference: nothing can be compared."""
    reference, problems = allocations[0], []
    first = _all_codes(reference)
    for allocation, label in zip(allocations[1:], labels[1:], strict=True):
        second = _all_codes(allocation)
        if set(first) & set(second):
            continue
        values: dict[str, object] = {"reference": labels[0], "other": label}
        near = _near(reference, allocation)
        if near:
            pairs = {"first": near[0][0], "second": near[0][1], "count": len(near)}
            zeros = all(one.lstrip("0") == two.lstrip("0") for one, two in near)
            width = max(len(code) for pair in near for code in pair)
            entry = "compare-lost-zeros" if zeros else "compare-near-codes"
            problems.append(Problem(entry, {**values, **pairs, "width": width}))
        else:
            codes = {"codes": Codes(first), "others": Codes(second)}
            problems.append(Problem("compare-nothing-in-common", {**values, **codes}))
    if problems:
        raise EquiteError(problems, reference.language)


def _all_codes(allocation: Allocation) -> tuple[str, ...]:
    """Return the codes of a table, of those that take no part too."""
    return tuple(map(str, allocation.scope.table.codes))


def _near(first: Allocation, second: Allocation) -> list[tuple[str, str]]:
    """Pair the codes that only one table has with those of the other that differ in how they are written alone."""
    ours, theirs = _all_codes(first), _all_codes(second)
    known, there = set(ours), set(theirs)
    bare = {_bare(code): code for code in theirs if code not in known}
    return [(code, bare[_bare(code)]) for code in ours if code not in there and _bare(code) in bare]


def _bare(code: str) -> str:
    """Return what is left of a code without capitals, marks, leading zeros, and the decimals that a number gives it."""
    whole = re.sub(r"[.,]0+$", "", code.strip()).casefold()
    return re.sub(r"[\W_]+", "", whole).lstrip("0")


def _ids(allocations: Sequence[Allocation]) -> tuple[str, ...]:
    """Return the ids of the pages; the second of the same id is called ``id (2)``, and so on."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for allocation in allocations:
        name = allocation.formula.id
        seen[name] += 1
        while (label := name if seen[name] == 1 else f"{name} ({seen[name]})") in found:
            seen[name] += 1
        found.append(label)
    return tuple(found)
