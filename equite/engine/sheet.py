"""A worksheet in the making: lettered lines, each worked out from those above it, and held to the allocation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from equite.engine.evaluation import Scope
from equite.engine.sharing import Floats
from equite.engine.sheet_arithmetic import Figure, Ref, figure_of, worked
from equite.formula.nodes import Binary, Call, Node, Number

__all__ = ["GivenKind", "Known", "Sheet", "SheetLine", "added", "clipped", "letters"]

#: Why a line is given and not worked out. The list is closed: docs/worksheet.md tells what each means.
GivenKind = Literal[
    "",
    "cell",
    "missing",
    "constant",
    "total",
    "count",
    "statistic",
    "label",
    "score",
    "filled",
    "stated",
    "settled",
    "order",
    "group",
    "prorated",
    "left-out",
    "method",
    "exact",
]


@dataclass(frozen=True)
class SheetLine:
    """A line of a worksheet.

    Attributes
    ----------
    letter : str
        What later lines call it: A, B, … Z, AA, …
    title : str
        What the line is, as the catalogue of sentences words it: ``name``, ``pool``, ``level``, …
    about : tuple of str
        The names of the page that the title tells of: a column, a part, an index and its criterion.
    given : str
        Why it is given and not worked out; empty for a line that is worked out.
    tree : Node or None
        The rule, over earlier lines (:class:`Ref`); None for a line that is given.
    value : Decimal or None
        The figure, with at most fifteen significant digits; None where it is missing.
    is_money : bool
        Whether the figure is an amount.
    rule : Node or None
        What the page says, where the line is an expression of the page.
    count : int or None
        Over how many territories the line runs.
    reason : mapping or None
        A reason in both languages: why a territory is left out, or an amount was decided.
    group : str
        The group of the page's ``within`` whose envelope it is; empty where there is one for all.
    """

    letter: str
    title: str
    about: tuple[str, ...]
    given: GivenKind
    tree: Node | None
    value: Decimal | None
    is_money: bool = False
    rule: Node | None = None
    count: int | None = None
    reason: Mapping[str, str] | None = None
    group: str = ""


def letters(at: int) -> str:
    """Return the letters of a line by its place: A to Z, then AA, AB and so on."""
    found = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def added(trees: Sequence[Node]) -> Node:
    """Return a sum; nothing to add is zero."""
    found: Node = trees[0] if trees else Number(0.0)
    for tree in trees[1:]:
        found = Binary("+", found, tree)
    return found


def clipped(tree: Node, low: Node | None, high: Node | None) -> Node:
    """Return a value no lower than one bound and no higher than the other, where there are any."""
    tree = tree if low is None else Call("max", (tree, low))
    return tree if high is None else Call("min", (tree, high))


class Known:
    """What the worksheets of one allocation have in common, worked out once."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[Any, tuple[object, ...]]] = {}

    def once(self, key: Hashable, compute: Callable[[], Any], *kept: object) -> Any:
        """Return what a key stands for; ``kept`` are the objects whose identities are in the key."""
        if key not in self._found:
            self._found[key] = compute(), kept
        return self._found[key][0]

    def rows(self, scope: Scope, node: Node) -> Floats:
        """Run a tree over the whole table, once."""
        found: Floats = self.once((id(scope), id(node)), lambda: scope.rows(node), scope, node)
        return found


class Sheet:
    """The lines so far. Each figure is that of the allocation, but for the dust of binary numbers, or says why not."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.lines: list[SheetLine] = []
        self.figures: list[Figure] = []

    def value(self, ref: Ref) -> Decimal | None:
        """Return the figure of a line."""
        return self.figures[ref.line].value

    def given(self, kind: GivenKind, title: str, *about: str, value: float, **more: Any) -> Ref:
        """Write a line that is given."""
        number = float(value)
        computed = kind not in ("cell", "constant", "stated")
        figure = figure_of(number if np.isfinite(number) else np.nan, computed=computed)
        # A figure that was computed stands as it is printed: what follows from it is worked out from that.
        return self._write(title, about, "missing" if figure.value is None else kind, None, figure, more)

    def add(self, title: str, *about: str, tree: Node, wanted: float | None = None, **more: Any) -> Ref:
        """Write a line that is worked out; given instead where the printed figures do not lead to the allocation's.

        That may be where exact arithmetic decided (docs/architecture.md, "What equal means") and a printed figure of
        fifteen digits does not tell.
        """
        if isinstance(tree, Number):
            return self.given("stated", title, *about, value=tree.value, **more)
        figure = worked(tree, self.figures)
        if wanted is not None and not figure.is_near(float(wanted)):
            return self.given("exact", title, *about, value=wanted, **more)
        return self._write(title, about, "", tree, figure, more)

    def first(self, title: str, *about: str, trees: Sequence[Node], wanted: float, **more: Any) -> Ref:
        """Write a line by the first of several rules that leads to the allocation's figure."""
        fitting = [tree for tree in trees if worked(tree, self.figures).is_near(float(wanted))]
        return self.add(title, *about, tree=(fitting or trees)[0], wanted=wanted, **more)

    def _write(
        self,
        title: str,
        about: tuple[str, ...],
        given: GivenKind,
        tree: Node | None,
        figure: Figure,
        more: dict[str, Any],
    ) -> Ref:
        at = len(self.lines)
        self.lines.append(SheetLine(letters(at), title, about, given, tree, figure.value, **more))
        self.figures.append(figure)
        return Ref(at)
