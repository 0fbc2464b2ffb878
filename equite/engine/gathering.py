"""What else is missing: where one value is wanted and is not there, every other that is wanted is told with it.

Nothing here runs while an allocation goes well. Once it is refused for want of a value, everything else that the page
wants a value of is looked at by itself; what rests on a result that is not known yet is left for the next time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equite.engine.evaluation import Mask, MissingInAggregate, Scope
from equite.engine.missing import Purpose, refuse_missing
from equite.engine.suppression import suppressed
from equite.errors import EquiteError, FormulaError, Problem, Problems
from equite.formula.expressions import Expression
from equite.formula.indices import Family, Index
from equite.formula.model import Part, Rule
from equite.formula.names import aggregates_in
from equite.formula.nodes import Aggregate, Binary, Name, Negative, Node, walk
from equite.formula.writing import written
from equite.wording import Codes

__all__ = ["aggregate_problem", "with_all_missing"]

_MISSING = frozenset(
    {
        *("aggregate-missing", "aggregate-suppressed", "group-missing", "missing-aggregate", "missing-cell"),
        *("missing-division", "missing-logarithm", "missing-root", "missing-table", "missing-value"),
        "suppressed-cell",
    }
)
Path = tuple[str | int, ...]


def aggregate_problem(missing: MissingInAggregate, scope: Scope) -> Problem:
    """Say what a function over many territories takes in that is missing, and for whom."""
    withheld = suppressed(missing.node, scope) & missing.rows
    codes = scope.table.codes[withheld if withheld.any() else missing.rows]
    values = {"function": missing.function, "piece": written(missing.node), "codes": Codes(tuple(map(str, codes)))}
    return Problem("aggregate-suppressed" if withheld.any() else "aggregate-missing", values)


def with_all_missing(error: EquiteError | MissingInAggregate, scope: Scope, *, settled: bool = True) -> EquiteError:
    """Return an error with everything else that is missing, if it is one for want of values.

    Parameters
    ----------
    error : EquiteError or MissingInAggregate
        What was refused first.
    scope : Scope
        The page's names, and who takes part.
    settled : bool
        Whether it is known who takes part. If not, those of ``scope`` are sure to, and others may: nothing is said of
        what rests on all of them.
    """
    told = (aggregate_problem(error, scope),) if isinstance(error, MissingInAggregate) else error.problems
    if isinstance(error, EquiteError) and not any(problem.id in _MISSING for problem in told):
        return error
    found = _Gathering(scope, told, settled=settled)
    found.look()
    kind = FormulaError if isinstance(error, MissingInAggregate) else type(error)
    return kind(found.problems, scope.formula.language)


class _Gathering:
    """Looks at all that a page wants a value of."""

    def __init__(self, scope: Scope, told: tuple[Problem, ...], *, settled: bool) -> None:
        self.scope, self.formula, self.settled = scope, scope.formula, settled
        self.problems = list(told)
        self.rows = scope.taking_part if scope.served is None else scope.taking_part & scope.served
        #: Results of steps that may not have been reached.
        self.unknown = frozenset({"amount", *self.formula.names.parts})
        if not settled:
            self.unknown |= frozenset(self.formula.indices)

    def look(self) -> None:
        """Look at the envelope, the indices, the parts and the limits, in the page's order."""
        formula = self.formula
        self._grouped(formula.within, ("within",))
        if formula.envelope is not None:
            self._wanted(formula.envelope.value, "wanted-envelope", ("envelope",))
        for name, index in formula.indices.items():
            self._index(name, index)
        for at, part in enumerate(formula.parts):
            self._part(part, ("parts", at))
        for at, limit in enumerate(formula.limits):
            path: Path = ("limits", at)
            self._grouped(limit.by, (*path, "by"))
            scope = self._with_previous(formula.names.parts.get(limit.part or ""))
            self._aggregates(scope, limit.at_least, limit.at_most)
            self._wanted(limit.exempt, "wanted-condition", (*path, "except"))
            self._wanted(limit.move.in_proportion_to if limit.move else None, "wanted-score", (*path, "move"))
        # Conditions on who takes part were run over everybody; what they sum is held against those who do.
        self._aggregates(
            self.scope, *(rule.where for rule in formula.eligible), *(check.that for check in formula.checks)
        )

    def _part(self, part: Part, path: Path) -> None:
        self._grouped(part.within, (*path, "within"))
        if part.pool is not None:
            for way in (part.pool.each, part.pool.amount, part.pool.fraction):
                self._wanted(way, "wanted-pool", (*path, "pool"))
        members = self._members(part.eligible, path)
        for key in ("in_proportion_to", "level_up", "counting", "foundation", "rate_on", "as_is"):
            self._wanted(getattr(part.share, key), "wanted-score", (*path, "share", key), members)
        self._aggregates(self._with_previous(part), part.at_least, part.at_most)

    def _members(self, rules: tuple[Rule, ...], path: Path) -> Mask:
        """Look at a part's conditions; give those that are sure to be eligible."""
        rows = self.rows.copy()
        for at, rule in enumerate(rules):
            self._wanted(rule.where, "wanted-condition", (*path, "eligible", at, "where"), rows)
            holds = self._values(self.scope, rule.where.tree)
            rows = np.zeros_like(rows) if holds is None else rows & (np.nan_to_num(holds) != 0)
        return rows

    def _with_previous(self, part: Part | None) -> Scope:
        return self.scope.bound(previous=Name(part.previous)) if part and part.previous else self.scope

    def _index(self, name: str, index: Index) -> None:
        if self.settled:
            try:
                self.scope.scoring(name)
            except EquiteError as error:
                self._add(error.problems)
                return
            except MissingInAggregate as missing:
                self._add([aggregate_problem(missing, self.scope)])
            else:
                return
        self._criteria(index, index, ("indices", name))

    def _criteria(self, index: Index, group: Index | Family, path: Path) -> None:
        """Look at the criteria that are sure to count, and may not be missing."""
        for name, criterion in group.criteria.items():
            self._aggregates(self.scope, criterion.weight)
            if criterion.weight.plain and (criterion.missing or index.missing).rule == "refuse":
                rows = self.scope.taking_part
                self._missing(Name(name), rows, "wanted-criterion", (*path, "criteria", name))
        for name, family in group.families.items():
            self._aggregates(self.scope, family.weight)
            if family.weight.plain:
                self._criteria(index, family, (*path, "families", name))

    def _grouped(self, name: str | None, path: Path) -> None:
        """Look for those in no group."""
        if name is None or self._rests_on_unknown(Name(name)):
            return
        try:
            none = (self.scope.grouping(name).of < 0) & self.rows
        except (EquiteError, MissingInAggregate):
            return
        if none.any():
            codes = Codes(tuple(map(str, self.scope.table.codes[none])))
            self._add([Problem("group-missing", {"name": name, "codes": codes}, **self.formula.where(*path))])

    def _wanted(self, expression: Expression | None, what: str, path: Path, rows: Mask | None = None) -> None:
        """Look at an expression that must have a value for some rows."""
        self._aggregates(self.scope, expression)
        if expression is not None:
            self._missing(expression.tree, self.rows if rows is None else rows, what, path)

    def _missing(self, node: Node, rows: Mask, what: str, path: Path) -> None:
        waiting, seen = [node], set[str]()
        while waiting:
            node = waiting.pop()
            values = self._values(self.scope, node)
            if values is not None:
                problems = Problems(FormulaError)
                refuse_missing(problems, self.scope, node, values, rows, Purpose(what, self.formula.where(*path)))
                self._add(problems.found)
            elif isinstance(node, Negative | Binary):
                # Whatever one side comes to, the whole is missing where the other side is.
                waiting.extend(reversed(tuple(node.children())))
            elif isinstance(node, Name) and node.name in self.formula.variables and node.name not in seen:
                seen.add(node.name)
                waiting.append(self.formula.variables[node.name].value.tree)

    def _values(self, scope: Scope, node: Node) -> np.ndarray | None:
        """Run a tree; None where it rests on what is not known."""
        if self._rests_on_unknown(node):
            return None
        try:
            return scope.settled_rows(node)
        except (EquiteError, MissingInAggregate):
            return None

    def _rests_on_unknown(self, node: Node) -> bool:
        if self.formula.names.closure(_names_in(node)) & self.unknown:
            return True
        return not self.settled and any(True for _ in self._aggregates_below(node))

    def _aggregates(self, scope: Scope, *expressions: Expression | None) -> None:
        """Look at what functions over many territories take in."""
        for expression in expressions if self.settled else ():
            for node in self._aggregates_below(expression.tree) if expression else ():
                if self._rests_on_unknown(node):
                    continue
                try:
                    with np.errstate(all="ignore"):
                        scope.counted(node)
                except MissingInAggregate as missing:
                    self._add([aggregate_problem(missing, scope)])
                except EquiteError:
                    continue

    def _aggregates_below(self, node: Node) -> Iterator[Aggregate]:
        names = self.formula.names
        for tree in (node, *names.trees_of(names.closure(_names_in(node)))):
            yield from aggregates_in(tree)

    def _add(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        """Note what is missing; what was told of the same cells already is told once."""
        for problem in problems:
            told = (_codes(each) for each in self.problems if _cause(each) == _cause(problem))
            if problem.id in _MISSING and not any(_codes(problem) <= codes for codes in told):
                self.problems.append(problem)


def _names_in(node: Node) -> set[str]:
    return {each.name for each in walk(node) if isinstance(each, Name)}


def _cause(problem: Problem) -> tuple[object, ...]:
    return problem.id, *(problem.values.get(key) for key in ("name", "piece", "function"))


def _codes(problem: Problem) -> set[str]:
    codes = problem.values.get("codes")
    return set(codes.codes) if isinstance(codes, Codes) else set()
