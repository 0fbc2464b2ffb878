"""Tables with a name: steps, brackets, points and column weights."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from equite.formula.fields import Strict, number_of, refuse

__all__ = ["NamedTable", "Table"]


class Table(Strict):
    """A table as the page gives it, its edges sorted.

    Attributes
    ----------
    kind : {"up_to", "from", "points", "weights"}
        Steps whose upper edge is included, steps whose lower edge is, points to interpolate between, or the weights
        of columns.
    edges, values : tuple of float
        One value for each edge (for ``weights``: one for each of ``columns``).
    above : float or None
        The value beyond the last edge of ``up_to``.
    columns : tuple of str
        The columns of ``weights``.
    """

    kind: Literal["up_to", "from", "points", "weights"]
    edges: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    above: float | None = None
    columns: tuple[str, ...] = ()


def _plain(value: Any) -> Decimal:
    number = number_of(value)
    assert isinstance(number, Decimal)
    return number


def _table(value: Any) -> Any:
    if isinstance(value, Table):
        return value
    if not isinstance(value, Mapping) or not value:
        raise refuse("table-shape")
    for kind in ("up_to", "from", "points"):
        if kind in value and isinstance(value[kind], Mapping):
            return _edged(kind, value)
    weights = {str(column): float(_plain(weight)) for column, weight in value.items()}
    return Table(kind="weights", columns=tuple(weights), values=tuple(weights.values()))


def _edged(kind: Any, value: Mapping[str, Any]) -> Table:
    allowed = {kind, "above"} if kind == "up_to" else {kind}
    if set(value) - allowed or not value[kind]:
        raise refuse("table-shape")
    pairs = [(float(_plain(edge)), float(_plain(given))) for edge, given in value[kind].items()]
    edges = tuple(edge for edge, _ in pairs)
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise refuse("table-edges-order")
    above = float(_plain(value["above"])) if value.get("above") is not None else None
    return Table(kind=kind, edges=edges, values=tuple(given for _, given in pairs), above=above)


def _shown(table: Table) -> dict[str, Any]:
    if table.kind == "weights":
        return dict(zip(table.columns, table.values, strict=True))
    shown: dict[str, Any] = {table.kind: dict(zip(table.edges, table.values, strict=True))}
    return shown if table.above is None else {**shown, "above": table.above}


#: A table of the page, read and checked.
NamedTable = Annotated[
    Table,
    BeforeValidator(_table),
    PlainSerializer(_shown),
    WithJsonSchema({"type": "object", "description": "Steps, brackets, points, or weights of columns."}),
]
