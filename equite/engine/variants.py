"""A scope over variants of one table that stand end to end, so that expressions run over all of them at once.

What rests on nothing that varies is worked out once, on the table itself, and repeated. What does runs over every row
of every variant, and whatever looks at many rows (a sum, a rank, what counts as equal) looks at those of one variant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np

from equite.engine.aggregates import Grouping
from equite.engine.bounded import Bounded
from equite.engine.equality import Equality, Known
from equite.engine.evaluation import ColumnsTable, Mask, Scope
from equite.engine.exact import Exact
from equite.engine.exactness import Fractions
from equite.engine.nearness import Near
from equite.engine.of_scope import OfScope
from equite.engine.scoring import Scoring
from equite.engine.sharing import Floats
from equite.formula.nodes import Aggregate, Name, Node, Number, walk

__all__ = ["VariantScope"]


class VariantScope(Scope):
    """The values of a page's names for variants that stand end to end.

    Parameters
    ----------
    base : Scope
        The page's names on the table itself, which holds one variant.
    variants : int
        How many variants there are.
    known : mapping of str to Known
        What varies: each name's values, shape ``()`` or ``(variants × n,)``.
    fixed : dict
        Keeps what was worked out on the table itself, for the next variants.
    """

    def __init__(
        self, base: Scope, variants: int, known: Mapping[str, Known], fixed: dict[tuple[str, Node], Floats]
    ) -> None:
        table = ColumnsTable(
            np.tile(base.table.codes, variants),
            {},
            {name: np.tile(cells, variants) for name, cells in base.table.suppressed.items()},
        )
        assert base.eligible is not None
        super().__init__(base.formula, table, np.tile(base.eligible, variants), base.score)
        self.base, self.variants, self.fixed = base, variants, fixed
        self.known.update(known)
        #: Every name that is bound here or in a scope about this one: what rests on none of them does not vary.
        self.varied = frozenset(known)
        self._repeated: dict[str, np.ndarray] = {}
        self._rests: dict[int, tuple[Node, bool]] = {}

    def bound(self, /, **bindings: Known | Node | np.ndarray | float) -> VariantScope:
        """Return a scope in which some names have other values; see :meth:`Scope.bound`."""
        child = VariantScope.__new__(VariantScope)
        Scope.__init__(child, self.formula, self.table, self.eligible, self.score)
        child.base, child.variants, child.fixed = self.base, self.variants, self.fixed
        child._repeated, child._rests = self._repeated, {}
        child.varied = self.varied | bindings.keys()
        child.bind(self, bindings)
        return child

    def varies(self, node: Node) -> bool:
        """Tell whether a tree rests on something that varies."""
        if id(node) not in self._rests:
            names = (each.name for each in walk(node) if isinstance(each, Name))
            self._rests[id(node)] = node, any(map(self.name_varies, names))
        return self._rests[id(node)][1]

    def name_varies(self, name: str) -> bool:
        """Tell whether a name rests on something that varies."""
        return not self.varied.isdisjoint(self.formula.names.rests_on(name))

    def repeated(self, values: np.ndarray) -> np.ndarray:
        """Repeat what does not vary for each variant; one number stands for all."""
        return np.tile(values, self.variants) if np.ndim(values) else values

    def once(self, way: str, node: Node, work_out: Callable[[Node], Floats]) -> Floats:
        """Work a tree that does not vary out on the table itself, once for all variants, and repeat it."""
        if (way, node) not in self.fixed:
            self.fixed[way, node] = work_out(node)
        return self.repeated(self.fixed[way, node])

    def value(self, name: str) -> np.ndarray:
        """Return a name's value: a number (shape ``()``), or one for each row of each variant."""
        if self.name_varies(name):
            return super().value(name)
        if name not in self._repeated:
            self._repeated[name] = self.repeated(self.base.value(name))
        return self._repeated[name]

    def figures(self, name: str) -> Floats | None:
        """Return a name's values as typed figures; None where they are computed."""
        if self.name_varies(name):
            return super().figures(name)
        found = self.base.figures(name)
        return None if found is None else self.repeated(found)

    def sign_is_sure(self, name: str) -> bool:
        """Tell whether no dust can stand for zero among a name's values."""
        return super().sign_is_sure(name) if self.name_varies(name) else self.base.sign_is_sure(name)

    def scoring(self, name: str) -> Scoring:
        """Return the scoring of an index that does not vary; scores that do are bound to their index's name."""
        assert not self.name_varies(name), name
        return self.base.scoring(name)

    def grouping(self, name: str) -> Grouping:
        """Return the groups that a column or a variable makes, of all variants together."""
        if self.name_varies(name):
            return super().grouping(name)
        found = self.base.grouping(name)
        return Grouping(np.tile(found.of, self.variants), found.labels)

    def counted(self, node: Aggregate) -> tuple[Mask, Grouping | None]:
        """Return the rows that an aggregate runs over, and its groups: those of each variant apart."""
        rows, grouping = super().counted(node)
        of = np.repeat(np.arange(self.variants), self.base.table.size)
        if grouping is None:
            return rows, Grouping(of, tuple(range(self.variants)))
        apart = np.where(grouping.of < 0, -1, of * grouping.count + grouping.of)
        return rows, Grouping(apart, tuple(range(self.variants * grouping.count)))

    def alike(self, node: Node) -> Floats:
        """Run a tree and give one float for each row, the same float where values of one variant are equal."""
        return super().alike(node) if self.varies(node) else self.once("alike", node, self.base.alike)

    @cached_property
    def equality(self) -> Equality:
        """What compares trees in this scope."""
        return _VariantEquality(self)

    def _run(self, node: Node) -> Floats:
        if isinstance(node, Number | Name) or self.varies(node):
            return super()._run(node)
        return self.once("evaluated", node, self.base.evaluate)


class _OfVariants(OfScope):
    @property
    def scope(self) -> VariantScope:
        found = super().scope
        assert isinstance(found, VariantScope)
        return found


class _VariantEquality(_OfVariants, Equality):
    """Compares trees of variants: those that do not vary were compared on the table itself."""

    @cached_property
    def bounded(self) -> Bounded:
        return _VariantBounded(self.scope)

    @cached_property
    def exact(self) -> Exact:
        return _VariantExact(self.scope)

    @property
    def _base(self) -> Equality:
        return self.scope.base.equality

    def signs(self, left: Node, right: Node) -> Floats:
        if self.scope.varies(left) or self.scope.varies(right):
            return super().signs(left, right)
        return self.scope.repeated(self._base.signs(left, right))

    def figures(self, node: Node) -> Floats | None:
        if self.scope.varies(node):
            return super().figures(node)
        found = self._base.figures(node)
        return None if found is None else self.scope.repeated(found)

    def settled(self, node: Node) -> Floats:
        if self.scope.varies(node):
            return super().settled(node)
        return self.scope.once("settled", node, self.scope.base.settled)

    def whole(self, function: str, node: Node, digits: int = 0) -> Floats:
        if self.scope.varies(node):
            return super().whole(function, node, digits)
        return self.scope.repeated(self._base.whole(function, node, digits))

    def place(self, node: Node, edges: Floats, *, included: bool) -> np.ndarray:
        if self.scope.varies(node):
            return super().place(node, edges, included=included)
        return self.scope.repeated(self._base.place(node, edges, included=included))

    def sign_is_sure(self, node: Node) -> bool:
        return super().sign_is_sure(node) if self.scope.varies(node) else self._base.sign_is_sure(node)

    def _apart(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        ends = np.arange(1, self.scope.variants) * self.scope.base.table.size
        return iter(np.split(rows, np.searchsorted(rows, ends)))


class _VariantBounded(_OfVariants, Bounded):
    def read(self, node: Node) -> Near:
        if self.scope.varies(node):
            return super().read(node)
        return self._repeated(self.scope.base.equality.bounded.read(node))

    def name(self, name: str) -> Near:
        if self.scope.name_varies(name):
            return super().name(name)
        return self._repeated(self.scope.base.equality.bounded.name(name))

    def _repeated(self, near: Near) -> Near:
        return Near(self.scope.repeated(near.value), self.scope.repeated(near.error))


class _VariantExact(_OfVariants, Exact):
    def read(self, node: Node, rows: np.ndarray) -> Fractions:
        if self.scope.varies(node):
            return super().read(node, rows)
        return self.scope.base.equality.exact.read(node, rows % self.scope.base.table.size)

    def name(self, name: str, rows: np.ndarray) -> Fractions:
        if self.scope.name_varies(name):
            return super().name(name, rows)
        return self.scope.base.equality.exact.name(name, rows % self.scope.base.table.size)
