"""The name space of a page: who depends on whom, which columns it needs, and what is wrong with its names.

Names resolve by dependency, not by section. Everything here is known before any table is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from pydantic import BaseModel

from equite.formula.expressions import TABLE_FUNCTIONS, Expression
from equite.formula.indices import Criterion, Family, Index
from equite.formula.model import FormulaModel, Limit, Part
from equite.formula.nodes import Aggregate, Call, Comparison, Membership, Name, Node, Text, walk

__all__ = ["Names", "NeededColumn", "aggregates_in", "criteria_of", "expressions_of"]

Path = tuple[str | int, ...]
Use = Literal["number", "text", "group"]
_ALIASES = {"exempt": "except"}
#: What an expression can stand below.
_MAY_HOLD = (Expression, BaseModel, dict, tuple)
#: Words of the language that stand for no column.
_WORDS = frozenset({"all", "amount", "eligible", "envelope", "previous"})
#: What an index or a part adds to a chain by itself: as many steps as it takes from a name to what it gives.
_STEPS = 3
#: A chain of names of more operations than that is broken after so many.
_LANDING = 60


@dataclass(frozen=True)
class NeededColumn:
    """A column that the page reads: the name it goes by, its heading in the table, and how its cells are used."""

    name: str
    heading: str
    use: Use


def expressions_of(thing: object, path: Path = ()) -> list[tuple[Path, Expression]]:
    """Return every expression below a model with its path."""
    found: list[tuple[Path, Expression]] = []
    _gather(thing, path, found)
    return found


def _gather(thing: object, path: Path, found: list[tuple[Path, Expression]]) -> None:
    if isinstance(thing, Expression):
        found.append((path, thing))
        return
    for key, value in _entries(thing):
        if isinstance(value, _MAY_HOLD):
            _gather(value, (*path, key), found)


def _entries(thing: object) -> Iterable[tuple[str | int, object]]:
    """Return what stands right below a model, a mapping or a list, each with its key."""
    if isinstance(thing, BaseModel):
        return [(_ALIASES.get(field, field), getattr(thing, field)) for field in type(thing).model_fields]
    if isinstance(thing, dict):
        return thing.items()
    return enumerate(thing) if isinstance(thing, tuple) else ()


class Names:
    """What the names of a page mean and need."""

    def __init__(self, model: FormulaModel) -> None:
        self.model = model
        self.parts = {part.id: part for part in model.parts}
        self._closures: dict[str, frozenset[str]] = {}
        self._read_in: dict[int, tuple[object, frozenset[str]]] = {}

    @cached_property
    def defined(self) -> frozenset[str]:
        """Every name that the page itself defines, columns' own names apart."""
        model = self.model
        return frozenset({*model.constants, *model.tables, *model.variables, *model.indices, *self.parts})

    @cached_property
    def expressions(self) -> tuple[tuple[Path, Expression], ...]:
        """Every expression of the page with its path."""
        return tuple(expressions_of(self.model))

    @cached_property
    def used(self) -> frozenset[str]:
        """Every name that an expression of the page reads."""
        return frozenset().union(*(expression.names for _, expression in self.expressions))

    def below(self, *path: str | int) -> Iterator[tuple[Path, Expression]]:
        """Return the expressions of one piece of the page with their paths."""
        return (each for each in self.expressions if each[0][: len(path)] == path)

    @cached_property
    def needs(self) -> dict[str, frozenset[str]]:
        """For each defined name (and ``envelope``, ``previous``), the names that it reads directly."""
        model = self.model
        found: dict[str, frozenset[str]] = {name: frozenset() for name in model.constants}
        for name, table in model.tables.items():
            found[name] = frozenset(table.columns)
        for name, variable in model.variables.items():
            found[name] = variable.value.names
        for name, index in model.indices.items():
            criteria = (used for used, _ in _index_uses(index))
            found[name] = frozenset(criteria).union(*(each.names for _, each in self.below("indices", name)))
        for part in model.parts:
            found[part.id] = self.part_needs(part)
        if model.envelope:
            found["envelope"] = model.envelope.value.names
        if model.previous:
            found["previous"] = frozenset({model.previous})
        return found

    def part_needs(self, part: Part) -> frozenset[str]:
        """Return the names that a part reads directly."""
        names = self.read_in(part)
        if part.previous:
            names = (names - {"previous"}) | {part.previous}
        return names | {part.within} if part.within else names

    def read_in(self, piece: Part | Limit | Index) -> frozenset[str]:
        """Return the names in the expressions of one of the page's parts, limits or indices."""
        # The piece is kept too: one that was gone might leave its id to another.
        if id(piece) not in self._read_in:
            names = (expression.names for _, expression in expressions_of(piece))
            self._read_in[id(piece)] = piece, frozenset().union(*names)
        return self._read_in[id(piece)][1]

    def pool_needs(self, part: Part) -> frozenset[str]:
        """Return the names that must be known to say what a part holds, whoever gets it."""
        held = [part.pool.each, part.pool.amount, part.pool.fraction] if part.pool else [part.share.as_is]
        named = [expression for expression in (*held, *(rule.where for rule in part.eligible)) if expression]
        return frozenset({part.within} if part.within else ()).union(*(expression.names for expression in named))

    def rests_on(self, name: str) -> frozenset[str]:
        """Return a name and all that it rests on."""
        if name not in self._closures:
            self._closures[name] = self.closure((name,))
        return self._closures[name]

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """Return the names and all that they rest on."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.needs.get(name, ()))
        return frozenset(found)

    @cached_property
    def circle(self) -> tuple[str, ...]:
        """A circle of names that rest on each other, or nothing."""
        try:
            TopologicalSorter(self.needs).prepare()
        except CycleError as error:
            return tuple(reversed(error.args[1]))
        return ()

    @cached_property
    def steps(self) -> dict[str, int]:
        """The operations that stand one within the other in what each name stands for itself."""
        trees = {name: variable.value.tree for name, variable in self.model.variables.items()}
        if self.model.envelope:
            trees["envelope"] = self.model.envelope.value.tree
        return dict.fromkeys(self.defined, _STEPS) | {name: _depth(tree) for name, tree in trees.items()}

    @cached_property
    def heights(self) -> dict[str, int]:
        """The same once every name is replaced by what it stands for: how long the chain of names below each is.

        In the order in which names rest on each other; there is none if they go in a circle.
        """
        found: dict[str, int] = {}
        for name in TopologicalSorter(self.needs).static_order():
            below = max((found[each] for each in self.needs.get(name, ())), default=0)
            found[name] = self.steps.get(name, 0) + below
        return found

    def landings(self, name: str) -> tuple[str, ...]:
        """Return the names that a long chain of names below one is best broken at, lowest first; none if it is short.

        Who writes names out, each after those that it rests on, begins with these, and never has far to go.
        """
        if self.heights.get(name, 0) <= _LANDING:
            return ()
        below = self.rests_on(name) - {name}
        return tuple(each for each in self._landings if each in below)

    @cached_property
    def _landings(self) -> tuple[str, ...]:
        """The variables and the indices so placed that no way down is long from one to the next, lowest first."""
        since: dict[str, int] = {}
        found = []
        for name in self.heights:
            below = max((since[each] for each in self.needs.get(name, ())), default=0)
            since[name] = self.steps.get(name, 0) + below
            if since[name] > _LANDING and (name in self.model.variables or name in self.model.indices):
                since[name] = 0
                found.append(name)
        return tuple(found)

    def trees_of(self, names: Iterable[str]) -> Iterator[Node]:
        """Return the trees of the variables among some names, and of the envelope."""
        for name in names:
            if name in self.model.variables:
                yield self.model.variables[name].value.tree
            elif name == "envelope" and self.model.envelope:
                yield self.model.envelope.value.tree

    @cached_property
    def columns(self) -> dict[str, NeededColumn]:
        """The columns that the page needs, by the name it gives them, sorted."""
        uses = self._uses()
        found = {}
        for name in sorted(set(uses) - self.defined - _WORDS):
            spec = self.model.columns.get(name)
            use: Use = "text" if spec and spec.kind == "text" else _use(uses[name])
            if spec and spec.kind not in (None, "text"):
                use = "number"
            found[name] = NeededColumn(name, (spec.heading if spec else None) or name, use)
        told = [self.model.columns[name].told_in for name in found if name in self.model.columns]
        for heading in (heading for telling in told if telling for heading in telling.headings().values()):
            found.setdefault(heading, NeededColumn(heading, heading, "text"))
        return found

    def conflicting(self) -> tuple[str, ...]:
        """Return the names that are compared with labels here and used as numbers there."""
        uses = self._uses()
        stated = {name for name, spec in self.model.columns.items() if spec.kind == "text"}
        labels = [name for name, kinds in uses.items() if "text" in kinds or name in stated]
        return tuple(sorted(name for name in labels if "number" in uses[name] or name in self.defined))

    @cached_property
    def grouping(self) -> tuple[str, ...]:
        """The names whose values make groups: ``by``, ``within``, directions by context, rules for missing cells."""
        return tuple(sorted(name for name, kinds in self._uses().items() if "group" in kinds))

    def _uses(self) -> dict[str, set[Use]]:
        """For each name, the ways in which it is used anywhere on the page."""
        uses: dict[str, set[Use]] = {}
        for _, expression in self.expressions:
            for name, use in _name_uses(expression.tree):
                uses.setdefault(name, set()).add(use)
        for name, use in self._named_uses():
            uses.setdefault(name, set()).add(use)
        return uses

    def _named_uses(self) -> Iterator[tuple[str, Use]]:
        """Return the names that stand in keys and not in expressions."""
        model = self.model
        yield from ((column, "number") for table in model.tables.values() for column in table.columns)
        for index in model.indices.values():
            yield from _index_uses(index)
        yield from ((within, "group") for within in (model.within, *(part.within for part in model.parts)) if within)
        yield from ((part.previous, "number") for part in model.parts if part.previous)
        yield from ((limit.by, "group") for limit in model.limits if limit.by)
        yield from ((name, "number") for name in (model.previous, model.people) if name)


def _use(uses: set[Use]) -> Use:
    return "text" if "text" in uses else "number" if "number" in uses else "group"


def _name_uses(node: Node) -> Iterator[tuple[str, Use]]:
    """Return each name of a tree with the way it is used there."""
    match node:
        case Name(name):
            yield name, "number"
            return
        case Comparison(_, operands) if any(isinstance(operand, Text) for operand in operands):
            yield from ((operand.name, "text") for operand in operands if isinstance(operand, Name))
            return
        case Membership(Name(name), choices) if isinstance(choices[0], Text):
            yield name, "text"
            return
        case Call("starts_with", (Name(name), *_)):
            yield name, "text"
            return
        case Aggregate(by=Name(name)):
            yield name, "group"
            yield from (use for child in node.children() if child is not node.by for use in _name_uses(child))
            return
        case Call(function, arguments) if function in TABLE_FUNCTIONS:
            yield from (use for child in arguments[:-1] for use in _name_uses(child))
            return
    yield from (use for child in node.children() for use in _name_uses(child))


def _index_uses(index: Index) -> Iterator[tuple[str, Use]]:
    for _, name, criterion in criteria_of(index):
        yield name, "number"
        if criterion.transform and criterion.transform.name == "step":
            yield str(criterion.transform.parameters.get("")), "number"
        if criterion.more_need_when.by:
            yield criterion.more_need_when.by, "group" if criterion.more_need_when.cut is None else "number"
        rule = criterion.missing or index.missing
        if rule.by:
            yield rule.by, "group"
        if rule.column:
            yield rule.column, "number"


def criteria_of(group: Index | Family, path: Path = ()) -> Iterator[tuple[Path, str, Criterion]]:
    """Return every criterion below an index or a family: its path, its name, itself."""
    for name, criterion in group.criteria.items():
        yield (*path, "criteria", name), name, criterion
    for name, family in group.families.items():
        yield from criteria_of(family, (*path, "families", name))


def aggregates_in(node: Node) -> Iterator[Aggregate]:
    """Return the aggregates of a tree."""
    yield from (found for found in walk(node) if isinstance(found, Aggregate))


def _depth(tree: Node) -> int:
    return 1 + max(map(_depth, tree.children()), default=0)
