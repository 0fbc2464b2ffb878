"""Many allocations that differ by some of their numbers, worked out side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equite.arguments import takes
from equite.engine.allocate import FormulaLike, read_for
from equite.engine.allocation import Allocation
from equite.engine.sharing import Floats
from equite.engine.steps import Units
from equite.engine.variant_source import Draw, VariantSource
from equite.errors import EquiteError, FormulaError, Problem, SharingError
from equite.formula.formula import Formula
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["Batch", "batch"]

#: Sets of variants that a worker takes at a time.
_SETS = 16
_IMPOSSIBLE = ("refuse", "leave out")
#: What the table shows of each territory's amounts: the least of which so many are no higher.
_QUANTILES = {"lowest": 0.0, "quantile_5": 0.05, "median": 0.5, "quantile_95": 0.95, "highest": 1.0}


@dataclass(frozen=True, eq=False, repr=False)
class Batch:
    """Many variants of one allocation.

    Attributes
    ----------
    formula : Formula
        The page, as given.
    territories : Territories
        The table, as given.
    codes : tuple of str
        Those that take part, in code order.
    units : ndarray of int, shape (variants, territories)
        Each variant's amounts, counted in rounding units: those that the allocation made alone gives.
    refused : mapping of int to EquiteError
        The variants that cannot be shared, by their place in ``units``, and why; their units are zero.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> batch = equite.batch(page, {"code": ["A", "B"], "people": [1, 2]}, {"envelope": [90, 150]})
    >>> batch.codes, batch.units.tolist()
    (('A', 'B'), [[30, 60], [50, 100]])
    """

    formula: Formula
    territories: Territories
    codes: tuple[str, ...]
    units: NDArray[np.int64]
    refused: Mapping[int, EquiteError]
    _source: VariantSource = field(repr=False)

    @property
    def amounts(self) -> Floats:
        """Each variant's amounts, shape (variants, territories)."""
        return self._source.unit.money(self.units)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each territory: code, name where the page has one, and what it gets in the variants.

        Its lowest, median and highest amounts, and those that are not exceeded in 5 % and in 95 % of the variants: each
        an amount that some variant gives. Variants that cannot be shared do not count.
        """
        kept = np.ones(len(self.units), dtype=bool)
        kept[list(self.refused)] = False
        found = pd.DataFrame({"code": self.codes})
        if self.formula.name is not None:
            spec = self.formula.columns.get(self.formula.name)
            names = self.territories.texts((spec.heading if spec else None) or self.formula.name)
            named = dict(zip(self.territories.codes, names, strict=True))
            found["name"] = [named[code] or "" for code in self.codes]
        shares, units = list(_QUANTILES.values()), self.units[kept]
        ranked = np.full((len(shares), len(self.codes)), np.nan)
        if len(units):
            ranked = np.quantile(units, shares, axis=0, method="inverted_cdf")
        return found.assign(**dict(zip(_QUANTILES, self._source.unit.money(ranked), strict=True)))

    @takes(SharingError)
    def allocation(self, variant: int) -> Allocation:
        """Make one variant alone, with all that explains it.

        Parameters
        ----------
        variant : int
            Its line in :attr:`units`, from 0.

        Returns
        -------
        Allocation
            Whose units are those of the variant's line in :attr:`units`.

        Raises
        ------
        SharingError
            There is no such variant, or it cannot be shared.

        Examples
        --------
        >>> batch.allocation(1).table["amount"].tolist()
        [50.0, 100.0]
        """
        count = len(self.units)
        if not 0 <= variant < count:
            problem = Problem("batch-no-variant", {"variant": int(variant), "count": count})
            raise SharingError([problem], self.formula.language)
        return self._source.alone(self._source.numbers[int(variant)])

    def to_csv(self, path: str | Path) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

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
        >>> batch.to_csv("batch.csv").name
        'batch.csv'
        """
        from equite.report.results import batch_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(batch_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write :attr:`table` to a workbook of one sheet, in the page's language.

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
        >>> batch.to_excel("batch.xlsx").name
        'batch.xlsx'
        """
        from equite.report.results import batch_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(batch_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write :attr:`table` as one page to read and to print.

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
        >>> batch.to_html("batch.html").name
        'batch.html'
        """
        from equite.report.results import batch_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(batch_shown(self), path)

    def __repr__(self) -> str:
        return f"Batch({self.formula.id!r}, variants={len(self.units)}, territories={len(self.codes)})"

    def _repr_html_(self) -> str:
        from equite.report.results import batch_html

        return batch_html(self)


@takes(FormulaError)
def batch(
    formula: FormulaLike,
    territories: Any,
    vary: Mapping[str, Any] | Draw,
    *,
    variants: int | range = 0,
    seed: int = 0,
    impossible: str = "refuse",
    workers: int = 1,
) -> Batch:
    """Make many variants of one allocation, which differ by some of their numbers.

    Each variant's units are those that :func:`equite.allocate` gives for it alone: the same steps are taken, for many
    variants at once. What varies is named by its key, from the top of the page down, with points between; what stands
    in a list goes by its id:

    - a number of the page: ``envelope``, ``constants.kept``, ``parts.base.pool.fraction``, ``limits.floor.at_least``,
      ``indices.need.criteria.income.weight``;
    - all weights of an index, ``indices.need``, as a frame or a mapping of criteria and families to weights;
    - a column of the table: ``columns.income``.

    Parameters
    ----------
    formula : Formula, path or mapping
        The page.
    territories : Territories, path, or table
        The table.
    vary : mapping, or callable
        For each key an array of shape (variants,), one number each, or (variants, n), one for each row of the table in
        its order; a frame whose columns are codes may have them in any order. Or a function that is given a
        ``numpy.random.Generator`` and returns one variant: for each key a number, or n of them.
    variants : int or range, optional
        Where variants are drawn, how many, or which: ``range(1_000, 2_000)`` are those that a draw of 2,000 ends with.
    seed : int, default 0
        Where variants are drawn. Each has a generator of its own, from the seed and its number.
    impossible : {"refuse", "leave out"}, default "refuse"
        What to do where a variant cannot be shared: refuse all of them, or note it in :attr:`Batch.refused`.
    workers : int, default 1
        How many processes work (joblib, in the extra ``scale``). Within ``joblib.parallel_config`` its backend does,
        such as a Dask cluster. The units are the same for any number.

    Returns
    -------
    Batch
        An array of whole units, shape (variants, territories that take part).

    Raises
    ------
    FormulaError
        A key is not on the page or cannot vary, or an array does not fit: everything at once.
    TerritoriesError, SharingError
        As :func:`equite.allocate`, for the first variant that is refused.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> people = {"code": ["A", "B"], "people": [1, 2]}
    >>> equite.batch(page, people, {"envelope": [90, 150]}).units.tolist()
    [[30, 60], [50, 100]]
    >>> def one_draw(generator):
    ...     return {"envelope": generator.integers(1, 9) * 30}
    >>> equite.batch(page, people, one_draw, variants=1_000, seed=7).table["highest"].tolist()
    [80.0, 160.0]
    """
    page = Formula.of(formula)
    try:
        if impossible not in _IMPOSSIBLE:
            raise FormulaError([Problem("batch-impossible", {"value": impossible, "known": Codes(_IMPOSSIBLE)})])
        table = read_for(page, territories)
        if not (isinstance(vary, Mapping) or callable(vary)):
            raise FormulaError([Problem("batch-not-varied")])
        if workers == 0:
            raise FormulaError([Problem("batch-no-workers")])
        if isinstance(vary, Mapping):
            source = VariantSource.of_arrays(page, table, vary)
        else:
            numbers = variants if isinstance(variants, range) else range(variants)
            source = VariantSource.of_draws(page, table, vary, numbers, seed)
        units, refused = _worked(source, workers, impossible == "refuse")
    except EquiteError as error:
        error.language = error.language or page.language
        raise
    return Batch(page, table, source.codes, units, refused, source)


def _worked(source: VariantSource, workers: int, refuse: bool) -> tuple[Units, Mapping[int, EquiteError]]:
    """Work out every variant, in sets that do not depend on who works on them."""
    sets = list(source.sets())
    tasks = [sets[at : at + _SETS] for at in range(0, len(sets), _SETS)]
    units = np.empty((len(source.numbers), len(source.codes)), dtype=np.int64)
    refused: dict[int, EquiteError] = {}
    at = 0
    for task in _shared_out(source, tasks, workers, refuse):
        for lines, wrong in task:
            units[at : at + len(lines)] = lines
            refused |= {at + place: error for place, error in wrong.items()}
            at += len(lines)
    return units, refused


def _shared_out(
    source: VariantSource, tasks: list[list[range]], workers: int, refuse: bool
) -> Iterable[list[tuple[Units, Mapping[int, EquiteError]]]]:
    """Return what each task gives, in order; with joblib, where there is more than one worker."""
    if workers == 1 or len(tasks) < 2:
        return ([source.units(numbers, refuse) for numbers in task] for task in tasks)
    try:
        import joblib
    except ImportError as error:
        raise SharingError([Problem("batch-needs-joblib", {"workers": workers})]) from error
    run = joblib.Parallel(n_jobs=workers, return_as="generator")
    found: Iterable[list[tuple[Units, Mapping[int, EquiteError]]]] = run(
        joblib.delayed(_work)(source, task, refuse) for task in tasks
    )
    return found


def _work(source: VariantSource, task: list[range], refuse: bool) -> list[tuple[Units, Mapping[int, EquiteError]]]:
    """Work out one task, in whatever process."""
    return [source.units(numbers, refuse) for numbers in task]
