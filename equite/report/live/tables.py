"""The page's tables as ranges, and what their functions are as formulas."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from equite.formula.tables import Table
from equite.report.live.terms import Term, number

__all__ = ["TablePlace", "hinges"]


@dataclass(frozen=True)
class TablePlace:
    """Where a table stands.

    Attributes
    ----------
    kind : str
        As :class:`equite.formula.tables.Table` has it.
    values : tuple of str
        The cell of each value.
    edges, steps : str
        The edges; the values with what stands beyond the table (#N/A where nothing does).
    starts, changes : str
        For ``bracket``: where each bracket begins, and by how much the rate changes there. For ``interpolate``: the
        same of the points and of the slopes.
    first : str
        The first value.
    last_edge : str
        The last edge, where nothing stands beyond it.
    """

    kind: str
    values: tuple[str, ...]
    edges: str = ""
    steps: str = ""
    starts: str = ""
    changes: str = ""
    first: str = ""
    last_edge: str = ""

    def formula(self, function: str, x: str, dust: str = "") -> str:
        """Write what a table's function gives for the number in a cell, where ``dust`` is no difference to an edge.

        A bracket's sum and a straight line between points are both sums of hinges, (x - start) times the change of
        slope at each start that x has passed.
        """
        if function == "step":
            sign = "<" if self.kind == "up_to" else "<="
            if not dust:
                return f"INDEX({self.steps},1+SUMPRODUCT(--({self.edges}{sign}{x})))"
            beyond = "-" if self.kind == "up_to" else ""
            return f"INDEX({self.steps},1+SUMPRODUCT(--({self.edges}-{x}{sign}{beyond}{dust})))"
        total = f"SUMPRODUCT(({self.starts}<{x})*({x}-{self.starts})*{self.changes})"
        if function == "interpolate":
            return f"({self.first}+{total})"
        return f"IF({x}-{self.last_edge}>{dust or 0},NA(),{total})" if self.last_edge else total


def hinges(table: Table, edges: list[Term], values: list[Term], above: Term | None) -> tuple[list[Term], list[Term]]:
    """Return where a table's slope changes, and by how much.

    Parameters
    ----------
    table : Table
        Steps or points.
    edges, values : list of Term
        The cells of its edges and values.
    above : Term or None
        The cell of the value beyond.
    """
    if table.kind == "points":
        slopes = [
            (b - a) / (end - start) for (start, end), (a, b) in zip(pairwise(edges), pairwise(values), strict=True)
        ]
        starts, slopes = edges, [*slopes, number(0)]
    elif table.kind == "up_to":
        slopes = [*values, *([] if above is None else [above])]
        starts = [number(0), *edges][: len(slopes)]
    else:
        starts, slopes = edges, values
    return starts, [slopes[0], *(b - a for a, b in pairwise(slopes))]
