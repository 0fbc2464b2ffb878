"""The tables of two allocations, column by column, laid on the rows of either."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equite.engine.allocation import Allocation
from equite.engine.evaluation import ColumnsTable, Mask
from equite.engine.imposed import Ground
from equite.engine.rows import needed_rules
from equite.errors import FormulaError, Problem, TerritoriesError
from equite.inputs.spelling import tidy
from equite.inputs.territories import columns_of

__all__ = ["Figures"]

Column = np.ndarray
#: Which allocation something is taken from: 0 for the one before, 1 for the one after.
Side = int


class Figures:
    """The columns that two pages read, from the tables of both.

    A territory that is in one table only keeps that table's figures throughout, and a column that is in one table only
    keeps its own.

    Parameters
    ----------
    before, after : Allocation
        The two allocations.
    """

    def __init__(self, before: Allocation, after: Allocation) -> None:
        self.allocations = before, after
        self.codes = tuple(each.scope.table.codes for each in self.allocations)
        needed = {name: None for each in self.allocations for name in each.formula.names.columns}
        self.names = tuple(sorted(needed))
        #: Columns that one table has under the other page's heading, and that cannot be read as that page does.
        self.unreadable: list[str] = []
        self._read = tuple({name: self._column(side, name) for name in self.names} for side in (0, 1))
        self._laid: dict[tuple[str, Side, Side], tuple[Column, Mask | None]] = {}

    @cached_property
    def others_take_part(self) -> bool:
        """Whether other territories take part, or get money, in one allocation than in the other."""
        first, second = (self._who(each) for each in self.allocations)
        return first != second

    @staticmethod
    def _who(allocation: Allocation) -> tuple[frozenset[str], frozenset[str]]:
        scope = allocation.scope
        return frozenset(scope.table.codes[scope.taking_part]), frozenset(allocation.codes)

    @cached_property
    def others_have_rows(self) -> bool:
        """Whether the tables hold other territories."""
        return set(self.codes[0]) != set(self.codes[1])

    def differs(self, name: str) -> bool:
        """Tell whether a column differs between the tables, for a territory that is in both."""
        first, second = (self._read[side][name] for side in (0, 1))
        if first is None or second is None:
            return False
        if self._levels(0, name) != self._levels(1, name) or first[0].dtype != second[0].dtype:
            return True
        there = self._at[1][0] >= 0
        one, other = first[0][there], second[0][self._at[1][0][there]]
        withheld = [
            np.zeros(there.sum(), dtype=bool) if cells is None else cells[rows]
            for (_, cells), rows in ((first, there), (second, self._at[1][0][there]))
        ]
        if one.dtype == object:
            return bool((one != other).any()) or bool((withheld[0] != withheld[1]).any())
        alike = (one == other) | (np.isnan(one) & np.isnan(other))
        return not alike.all() or bool((withheld[0] != withheld[1]).any())

    def has_other_levels(self, name: str) -> bool:
        """Tell whether the pages declare other levels of a column: then the page goes with its figures."""
        return self._levels(0, name) != self._levels(1, name)

    def _levels(self, side: Side, name: str) -> tuple[object, ...]:
        spec = self.allocations[side].formula.columns.get(name)
        return tuple(spec.levels) if spec else ()

    def ground(self, who: Side, side_of: Callable[[str], Side]) -> Ground:
        """Return the rows of one table, and those that take part there, with columns of either.

        Parameters
        ----------
        who : {0, 1}
            Whose rows, and whose participants.
        side_of : callable
            Gives for each column the table that its figures are taken from.

        Raises
        ------
        FormulaError
            A column is text in one table and numbers in the other.
        """
        columns, suppressed = dict[str, Column](), dict[str, Mask]()
        for name in self.names:
            values, withheld = self._on(name, who, side_of(name))
            columns[name] = values
            if withheld is not None and withheld.any():
                suppressed[name] = withheld
        scope = self.allocations[who].scope
        return Ground(ColumnsTable(self.codes[who], columns, suppressed), scope.taking_part, scope.served)

    def _on(self, name: str, who: Side, side: Side) -> tuple[Column, Mask | None]:
        key = name, who, side
        if key not in self._laid:
            self._laid[key] = self._lay(name, who, side)
        return self._laid[key]

    def _lay(self, name: str, who: Side, side: Side) -> tuple[Column, Mask | None]:
        """Lay a column of one table on the rows of another; a row that is not there keeps its own table's figure."""
        found, other = self._read[side][name], self._read[1 - side][name]
        if found is None or other is None:
            side, found = (side, found) if found is not None else (1 - side, other)
            assert found is not None
            return self._placed(found, self._at[side][who])
        if side == who:
            return found
        if found[0].dtype != other[0].dtype:
            raise FormulaError([Problem("drivers-kinds-differ", {"name": name})])
        values, withheld = self._placed(found, self._at[side][who])
        absent = self._at[side][who] < 0
        if absent.any():
            values[absent] = other[0][absent]
            if other[1] is not None:
                withheld = np.zeros(values.size, dtype=bool) if withheld is None else withheld
                withheld[absent] = other[1][absent]
        return values, withheld

    @staticmethod
    def _placed(found: tuple[Column, Mask | None], at: NDArray[np.intp]) -> tuple[Column, Mask | None]:
        values, withheld = found
        there = at >= 0
        laid: Column = np.full(at.size, None if values.dtype == object else np.nan, dtype=values.dtype)
        laid[there] = values[at[there]]
        if withheld is None:
            return laid, None
        kept = np.zeros(at.size, dtype=bool)
        kept[there] = withheld[at[there]]
        return laid, kept

    @cached_property
    def _at(self) -> tuple[tuple[NDArray[np.intp], ...], ...]:
        """For the rows of each table, where they stand in each (−1 where they do not): ``[of][rows]``."""
        places = [{code: at for at, code in enumerate(codes)} for codes in self.codes]
        return tuple(
            tuple(np.fromiter((known.get(code, -1) for code in codes), np.intp, len(codes)) for codes in self.codes)
            for known in places
        )

    def _column(self, side: Side, name: str) -> tuple[Column, Mask | None] | None:
        """Return a column of one table, read as its page does, or else as the other page does; None if it has none."""
        allocation, other = self.allocations[side], self.allocations[1 - side]
        table = allocation.scope.table
        if name in table.columns:
            return table.columns[name], table.suppressed.get(name)
        rules = [rule for rule in needed_rules(other.formula) if rule.name == name]
        territories = allocation.territories
        if not rules or territories.source.layout.heading(tidy(rules[0].heading)) not in territories.data.columns:
            return None
        try:
            values = columns_of(territories, rules)[name].values
        except TerritoriesError:
            self.unreadable.append(name)
            return None
        order = np.argsort(np.array(territories.codes, dtype=object), kind="stable")
        withheld = territories.suppressed_for(rules).get(name)
        return values[order], None if withheld is None else withheld[order]
