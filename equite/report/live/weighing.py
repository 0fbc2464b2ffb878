"""The weights of a family's children in the sheet: who counts, for how much, and what no page may state.

A child counts where it weighs something and tells some territory from another; what does not count weighs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.scoring import Branch
from equite.engine.sharing import Floats
from equite.formula.indices import Family, Index
from equite.report.live.grid import Head, LiveColumn, quoted
from equite.report.live.ranges import average, highest, how_many, lowest, tells_apart
from equite.report.live.terms import Term, absolute_value, choose, either, number, stated

if TYPE_CHECKING:
    from equite.report.live.translating import Translator
    from equite.report.live.workings import Workings

__all__ = ["Child", "Weighing", "Weight", "refuse_weights", "weights_of", "write_weighing"]

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Weight:
    """A child's weight as the page states it: the cell of one figure for all, or a column of each row's own."""

    figure: Term | None = None
    column: LiveColumn | None = None

    @property
    def each(self) -> Term:
        """The weight of a row."""
        return self.figure if self.column is None else self.column.each  # type: ignore[return-value]

    @property
    def most(self) -> Term:
        """The highest weight that anybody gives."""
        return self.figure if self.column is None else highest(self.column.all)  # type: ignore[return-value]


@dataclass(frozen=True)
class Child:
    """A column of a block: heading, scores, place on the page; of a family, whether anything in it counts."""

    heading: str
    scores: Term
    path: Path
    counts: Term = field(default_factory=lambda: number(1))


@dataclass(frozen=True)
class Weighing:
    """The children of a family as they stand side by side.

    Attributes
    ----------
    scores : list of LiveColumn
        Their scores.
    weights, across : str
        The cells of their weights, what does not count at 0, and of a row's scores.
    each : list of Term
        The cell of each one's weight, a row's own where rows weigh for themselves.
    shares : list of Term
        Each one's part of the whole weight, one figure for all: the mean, where each row has weights of its own; as
        other sheets name it.
    counts : Term
        1 where any of them counts, else 0.
    """

    scores: list[LiveColumn]
    weights: str
    across: str
    each: list[Term]
    shares: list[Term]
    counts: Term


def weights_of(workings: Workings, translator: Translator, group: Index | Family, index: str) -> dict[str, Weight]:
    """Write the weights of a family's children; in columns where any of them is each row's own."""
    trees = {key: spec.weight.tree for key, spec in group.criteria.items()}
    trees |= {key: family.weight.tree for key, family in group.families.items()}
    terms = {key: translator.term(tree) for key, tree in trees.items()}
    if all(map(translator.is_scalar, trees.values())):
        return {key: Weight(figure=term) for key, term in terms.items()}
    labels, about = workings.labels, workings.labels.say("live-stated-weight")
    titles = {key: labels.criterion(index, key) for key in group.criteria}
    titles |= {key: labels.titles.of_family(key, family) for key, family in group.families.items()}
    return {
        key: Weight(column=workings.grid.column(titles[key], workings.of_those(term), about=about))
        for key, term in terms.items()
    }


def write_weighing(
    workings: Workings, children: list[Child], weights: Mapping[str, Weight], branch: Branch | None
) -> Weighing:
    """Write the scores side by side, above them who counts and for how much."""
    say = workings.labels.say
    by_row = any(weight.column is not None for weight in weights.values())

    def heads(child: Child) -> list[Head]:
        weight = weights[str(child.path[-1])]

        def counts(column: LiveColumn) -> Term:
            apart = choose(tells_apart(column.all), 1, 0) if child.path[-2] == "criteria" else child.counts
            return choose(weight.most > 0, apart, 0)

        own: list[Head] = [(say("live-head-counts"), counts)]
        return own if by_row else [*own, (say("live-weight"), lambda column: column.figures[0] * weight.each)]

    about = say("live-score")
    scores = [workings.grid.column(child.heading, child.scores, about=about, heads=heads(child)) for child in children]
    across = f"{scores[0].cell}:{scores[-1].cell}"
    counts = f"{scores[0].head()}:{scores[-1].head()}"
    any_counts = Term(f"MAX({counts})", np.max([column.figures[0].value for column in scores]))
    if not by_row:
        cells = [column.figures[1] for column in scores]
        whole = sum(cell.figure for cell in cells)
        text, sheet = f"{cells[0]}:{cells[-1]}", quoted(workings.grid.name)
        shares = [
            stated(
                f"IF(SUM({sheet}{text})=0,0,{sheet}{cell}/SUM({sheet}{text}))", cell.figure / whole if whole else 0.0
            )
            for cell in cells
        ]
        return Weighing(scores, text, across, cells, shares, any_counts)
    about = say("live-weight")
    columns = []
    for child, column in zip(children, scores, strict=True):
        term = column.figures[0] * weights[str(child.path[-1])].each
        columns.append(workings.grid.column(child.heading, workings.of_those(term), about=about))
    text = f"{columns[0].cell}:{columns[-1].cell}"
    shares = [
        _mean_share(workings, column, text, child, branch) for child, column in zip(children, columns, strict=True)
    ]
    return Weighing(scores, text, across, [column.each for column in columns], shares, any_counts)


def _mean_share(workings: Workings, column: LiveColumn, weights: str, child: Child, branch: Branch | None) -> Term:
    """Write the mean part of the weight that rows give a child."""
    values: Floats = np.asarray(0.0)
    if branch is not None and str(child.path[-1]) in branch.names:
        own = branch.weights[:, branch.names.index(str(child.path[-1]))] / branch.weights.sum(axis=1)
        values = workings.full(own, np.nan)
    term = workings.of_those(stated(f"IF(SUM({weights})=0,0,{column.cell}/SUM({weights}))", values))
    heads: list[Head] = [(workings.labels.say("live-head-mean"), lambda each: average(each.all))]
    about = workings.labels.say("live-weight-share")
    return workings.named(workings.grid.column(child.heading, term, about=about, heads=heads).figures[0])


def refuse_weights(
    workings: Workings, title: str, group: Index | Family, weights: Mapping[str, Weight], weighing: Weighing
) -> None:
    """Note what the engine refuses: a weight below zero, points that do not add up, totals that differ."""
    below = [how_many(each.column.all < 0) for each in weights.values() if each.column is not None]
    for failing in below:
        workings.expect(workings.labels.say("live-check-weights", index=title), failing)
    points = getattr(group, "points", None)
    if points is not None:
        stated_total = _total(workings, title, [weight.each for weight in weights.values()], by_row=bool(below))
        wrong = absolute_value(stated_total - float(points)) > 1e-12 * float(points)
        failing = how_many(wrong) if wrong.spans else choose(wrong, 1, 0)
        failing = choose(weighing.counts.equals(0), 0, failing)
        said = workings.labels.say("live-check-points", index=title, points=workings.labels.number(float(points)))
        workings.expect(said, failing)
    elif below:
        found = _total(workings, title, weighing.each, by_row=True)
        differ = either(tells_apart(found), lowest(found) <= 0)
        failing = choose(weighing.counts.equals(0), 0, choose(differ, 1, 0))
        workings.expect(workings.labels.say("live-check-totals", index=title), failing)


def _total(workings: Workings, title: str, weights: list[Term], *, by_row: bool) -> Term:
    """Return the total of weights: of a row, as a range of all, or the one for all."""
    whole = weights[0]
    for weight in weights[1:]:
        whole = whole + weight
    if not by_row:
        return whole
    about = workings.labels.say("live-stated-weight")
    return workings.grid.column(title, workings.of_those(whole), about=about).all
