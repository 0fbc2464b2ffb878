"""Functions over many territories as formulas: a column of what counts, then one figure, or one for each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.evaluation import Mask
from equite.formula.nodes import Aggregate, Name, Node, Number
from equite.report.live.classes import MOST_PAIRS, in_classes
from equite.report.live.closed import Unsupported
from equite.report.live.grid import ROW, LiveColumn
from equite.report.live.ranges import average, count, deviation, highest, lowest, median, quantile, rank, total
from equite.report.live.terms import BLANK, MISSING, Term, choose, is_blank, number, stated
from equite.report.live.tolerance import is_typed

if TYPE_CHECKING:
    from equite.engine.sharing import Floats
    from equite.report.live.translating import Ref, Translator
    from equite.report.live.workings import Workings

__all__ = ["aggregate_formula", "group_numbers", "in_order", "spread"]

_OVER_ALL: Mapping[str, Callable[[Term], Term]] = {
    "total": total,
    "count": total,
    "average": average,
    "median": median,
    "lowest": lambda values: choose(count(values).equals(0), MISSING, lowest(values)),
    "highest": lambda values: choose(count(values).equals(0), MISSING, highest(values)),
    "deviation": deviation,
}
_BY_GROUP = {"total": "SUMIFS({0},{1},{2})", "count": "SUMIFS({0},{1},{2})", "average": "AVERAGEIFS({0},{1},{2})"}


def aggregate_formula(translator: Translator, node: Aggregate) -> Ref:
    """Write one aggregate; what is missing does not count where it may not, and shows as an error where it must not."""
    workings, grid = translator.workings, translator.workings.grid
    heading, about = workings.labels.say(f"live-{node.function}"), workings.worded(node)
    rows = translator.scope._among(node.among)
    if node.function == "count" and not node.arguments and node.by is None and node.among is None and workings.eligible:
        return grid.figure(heading, total(workings.eligible.all), about=about)
    counted, weighed = _counted(translator, node, rows)
    results = np.broadcast_to(translator.scope.evaluate(node), (grid.rows,))
    if node.by is not None:
        return _by_group(translator, node, counted, weighed, results)
    if node.function == "rank":
        places = _classed(translator, node.arguments[0], counted)
        return grid.column(heading, rank(places.each, places.all, rising=False).carrying(results), about=about)
    if weighed is not None and node.function == "average":
        term = total(counted.all) / total(weighed.all)
    elif node.function == "quantile":
        share = node.arguments[1]
        assert isinstance(share, Number)
        term = quantile(counted.all, stated(repr(share.value), share.value))
    else:
        term = _OVER_ALL[node.function](counted.all)
    return grid.figure(heading, term.carrying(results[0]), about=about)


def _counted(translator: Translator, node: Aggregate, rows: Mask) -> tuple[LiveColumn, LiveColumn | None]:
    """Write what each territory that counts brings, an empty text for the others; and its weight."""
    workings, grid = translator.workings, translator.workings.grid
    values = translator.scope.rows(node.arguments[0]) if node.arguments else np.ones(grid.rows)
    text = translator.number(node.arguments[0]) if node.arguments else "1"
    missing = np.isnan(values)
    if node.function == "count" and node.arguments:
        text = f"IF({translator.condition(node.arguments[0])},1,0)"
        values = np.where(missing, np.nan, values != 0)
    weights = translator.scope.rows(node.weights) if node.weights is not None else None
    if weights is not None and node.weights is not None:
        text = f"({text})*{translator.number(node.weights, 2)}"
        values, missing = values * weights, missing | np.isnan(weights)
    inside = rows & ~missing
    formula = _among(translator, node, text)
    heading = workings.labels.say("live-counted")
    column = grid.column(heading, _blanked(formula, values, inside), about=workings.worded(node))
    if weights is None or node.weights is None or node.function != "average":
        return column, None
    weighing = f'IF({column.cell}="","",{translator.number(node.weights)})'
    return column, grid.column(workings.labels.say("live-weight"), _blanked(weighing, weights, inside))


def _classed(translator: Translator, node: Node, counted: LiveColumn) -> LiveColumn:
    """Return values that may be ranked: typed figures as they are, what is computed by the class of its equals."""
    if is_typed(translator.scope, node):
        return counted
    return in_classes(translator.workings, counted, translator.size_column(node))


def _among(translator: Translator, node: Aggregate, text: str) -> str:
    """Restrict a formula to those who count; those who take part may miss nothing."""
    eligible = translator.workings.eligible
    lenient = f'IFERROR({text},"")'
    if node.among is None:
        return lenient if eligible is None else f'IF({eligible.cell},{text},"")'
    inner = lenient if eligible is None else f"IF({eligible.cell},{text},{lenient})"
    if isinstance(node.among, Name) and node.among.name == "all":
        return inner
    everybody = translator.workings.everybody(translator)
    among = translator.bound(
        translator.scope.bound(eligible=translator.scope.taking_part.astype(float), all=1.0),
        eligible=everybody,
        all=number(1),
    )
    return f'IF(IFERROR({among.condition(node.among)},FALSE),{inner},"")'


def _blanked(formula: str, values: Floats, inside: Mask) -> Term:
    """Return a formula whose values the engine gives, blank for those that do not count."""
    return stated(formula, np.where(inside, values, np.nan), blank=~inside)


def _by_group(
    translator: Translator, node: Aggregate, counted: LiveColumn, weighed: LiveColumn | None, results: Floats
) -> LiveColumn:
    workings, grid = translator.workings, translator.workings.grid
    assert node.by is not None
    groups = group_numbers(translator, node.by)
    heading, about = workings.labels.say(f"live-{node.function}"), workings.worded(node)
    if node.function == "rank":
        if grid.rows > MOST_PAIRS:
            raise Unsupported("group-order")
        counted = _classed(translator, node.arguments[0], counted)
        above = f'SUMPRODUCT(({groups.range}={groups.cell})*({counted.range}<>"")*({counted.range}>{counted.cell}))'
        formula = f'IF(OR({groups.cell}=0,{counted.cell}=""),NA(),{above}+1)'
        return grid.column(heading, stated(formula, results), about=about)
    if node.function not in _BY_GROUP:
        return spread(workings, groups, _by_order(translator, node, counted, groups), results, heading, about)
    one = _BY_GROUP[node.function].format(counted.range, groups.range, groups.cell)
    if weighed is not None:
        one = (
            f"SUMIFS({counted.range},{groups.range},{groups.cell})/SUMIFS({weighed.range},{groups.range},{groups.cell})"
        )
    return spread(workings, groups, one, results, heading, about)


def _by_order(translator: Translator, node: Aggregate, counted: LiveColumn, groups: LiveColumn) -> str:
    """Write what a group's values in order give for an aggregate."""
    given = translator.scope.rows(node.arguments[0])
    inside = (groups.values > 0) & translator.scope._among(node.among) & ~np.isnan(given)
    values = np.where(inside, given, np.nan)
    if node.function == "deviation":
        return _deviation(translator.workings, counted, groups, values)
    share = node.arguments[-1]
    known = {"lowest": 0.0, "highest": 1.0, "median": 0.5}
    return in_order(
        translator.workings, counted, groups, values, share.value if isinstance(share, Number) else known[node.function]
    )


def _deviation(workings: Workings, counted: LiveColumn, groups: LiveColumn, values: Floats) -> str:
    grid, say = workings.grid, workings.labels.say
    means = np.asarray(pd.Series(values).groupby(groups.values).transform("mean"), dtype=np.float64)
    one = f"AVERAGEIFS({counted.range},{groups.range},{groups.cell})"
    mean = spread(workings, groups, one, means, say("live-average"))
    term = choose(is_blank(counted.each), BLANK, (counted.each - mean.each) ** 2)
    squares = grid.column(say("live-squares"), term)
    size = f'SUMPRODUCT(({groups.range}={groups.cell})*({counted.range}<>""))'
    return f"SQRT(SUMIFS({squares.range},{groups.range},{groups.cell})/({size}-1))"


def in_order(workings: Workings, counted: LiveColumn, groups: LiveColumn, values: Floats, share: float) -> str:
    """Write the value below which a share of a group's values lies: each value's place, then the two around it.

    Parameters
    ----------
    counted, groups : LiveColumn
        The values, an empty text where one does not count; the groups.
    values : ndarray
        The values, missing where one does not count.
    share : float
        0 for the lowest, 1 for the highest, 0.5 for the median.
    """
    if workings.grid.rows > MOST_PAIRS:
        raise Unsupported("group-order")
    same = f"({groups.range}={groups.cell})"
    size = f'SUMPRODUCT({same}*({counted.range}<>""))'
    lower = f"SUMPRODUCT({same}*({counted.range}<{counted.cell}))"
    # Equal values take places one after the other, from the top down.
    own, equal = (
        f"(${column.letter}${column.first}:${column.letter}{ROW}={column.cell})" for column in (groups, counted)
    )
    numbers = groups.values
    places = np.asarray(pd.Series(values).groupby(numbers).rank(method="first"), dtype=np.float64)
    formula = f'IF(OR({groups.cell}=0,{counted.cell}=""),"",{lower}+SUMPRODUCT({own}*{equal}))'
    term = _blanked(formula, places, (numbers > 0) & ~np.isnan(values))
    place = workings.grid.column(workings.labels.say("live-place"), term)

    def at(place_of: str) -> str:
        return f"SUMIFS({counted.range},{groups.range},{groups.cell},{place.range},{place_of})"

    if share in (0.0, 1.0):
        return f"IF({size}=0,NA(),{at(size if share else '1')})"
    wanted = f"({share!r}*({size}-1)+1)"
    below = at(f"INT({wanted})")
    return f"IF({size}=0,NA(),{below}+({wanted}-INT({wanted}))*({at(f'INT({wanted})+1')}-{below}))"


def spread(
    workings: Workings, groups: LiveColumn, one: str, results: Floats, heading: str, about: str = ""
) -> LiveColumn:
    """Compute a figure once for each group, in its first row, and give it to all its rows."""
    grid, numbers = workings.grid, groups.values
    first = numbers == np.arange(1, grid.rows + 1)
    formula = f'IF({groups.cell}={workings.position.cell},{one},"")'
    once = grid.column(workings.labels.say("live-once"), _blanked(formula, results, first))
    formula = f"IF({groups.cell}=0,NA(),INDEX({once.range},{groups.cell}))"
    return grid.column(heading, stated(formula, np.where(numbers > 0, results, np.nan)), about=about)


def group_numbers(translator: Translator, by: Node) -> LiveColumn:
    """Write each territory's group as the place of the group's first row, 0 for none."""
    assert isinstance(by, Name)
    workings, grid = translator.workings, translator.workings.grid
    if by.name in workings.groups:
        return workings.groups[by.name]
    found = translator.ref(by.name)
    if isinstance(found, Term):
        raise Unsupported("group-labels")
    grouping = translator.scope.grouping(by.name)
    labels = [label for label in grouping.labels if isinstance(label, str)]
    # Spreadsheets take capital and small letters for the same, and cannot search for long texts.
    if len({label.casefold() for label in labels}) < len(labels) or any(len(label) > 200 for label in labels):
        raise Unsupported("group-labels")
    if labels or not len(grouping.labels):
        # A star, a question mark and a tilde stand for other texts in a search.
        sought = f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({found.cell},"~","~~"),"*","~*"),"?","~?")'
        formula = f'IF({found.cell}="",0,IFERROR(MATCH({sought},{found.range},0),0))'
    else:
        there = f"ISNUMBER({found.cell})"
        formula = f"IF({there},IFERROR(MATCH({found.cell},{found.range},0),0),0)"
    first = np.full(grouping.count + 1, 0)
    first[grouping.of[::-1]] = np.arange(grid.rows, 0, -1)
    numbers = np.where(grouping.of >= 0, first[grouping.of], 0)
    column = grid.column(
        workings.labels.say("live-group", name=workings.labels.title(by.name)), stated(formula, numbers)
    )
    workings.groups[by.name] = column
    return column
