"""Whether an expression is linear in some indices, and its coefficients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equite.engine.evaluation import Scope
from equite.engine.sharing import Floats
from equite.formula.nodes import Binary, Call, Name, Negative, Node, walk

__all__ = ["linear_in"]

#: A constant and, by index, a slope; each of shape () or (n,).
Form = tuple[Floats, Mapping[str, Floats]]
_ZERO = np.asarray(0.0)


def linear_in(node: Node, scope: Scope, indices: set[str]) -> Form | None:
    """Write an expression as constant + Σ slope × index; None where it is not of that form."""
    with np.errstate(all="ignore"):
        return _Forms(scope, frozenset(indices)).of(node)


class _Forms:
    """Writes expressions in that form, each variable once: forty doublings are no 2^40 readings."""

    def __init__(self, scope: Scope, indices: frozenset[str]) -> None:
        self.scope, self.indices = scope, indices
        self._variables: dict[str, Form | None] = {}

    def of(self, node: Node) -> Form | None:
        """Write one expression."""
        names, indices = self.scope.formula.names, self.indices
        if indices.isdisjoint(names.closure({each.name for each in walk(node) if isinstance(each, Name)})):
            return self.scope.evaluate(node), dict.fromkeys(indices, _ZERO)
        match node:
            case Name(name) if name in indices:
                return _ZERO, {index: np.asarray(float(index == name)) for index in indices}
            case Name(name) if name in self.scope.formula.variables:
                if name not in self._variables:
                    tree = self.scope.formula.variables[name].value.tree
                    self._variables[name] = self.scope.descend(name, lambda: self.of(tree), "form", id(self))
                return self._variables[name]
            case Negative(operand):
                return _scaled(self.of(operand), np.asarray(-1.0))
            case Binary(operator, left, right):
                return _binary(operator, self.of(left), self.of(right))
            case Call("where", (condition, yes, no)):
                return _chosen(*map(self.of, (condition, yes, no)))
        return None


def _is_constant(form: Form) -> bool:
    return not any(np.any(slope != 0) for slope in form[1].values())


def _scaled(form: Form | None, factor: Floats) -> Form | None:
    return None if form is None else (form[0] * factor, {index: slope * factor for index, slope in form[1].items()})


def _binary(operator: str, left: Form | None, right: Form | None) -> Form | None:
    if left is None or right is None:
        return None
    if operator in "+-":
        sign = 1.0 if operator == "+" else -1.0
        return left[0] + sign * right[0], {index: left[1][index] + sign * right[1][index] for index in left[1]}
    if operator == "*" and _is_constant(left):
        return _scaled(right, left[0])
    if operator == "*" and _is_constant(right):
        return _scaled(left, right[0])
    if operator == "/" and _is_constant(right):
        return _scaled(left, 1.0 / right[0])
    return None


def _chosen(condition: Form | None, yes: Form | None, no: Form | None) -> Form | None:
    if condition is None or yes is None or no is None or not _is_constant(condition):
        return None
    holds = condition[0] != 0
    return np.where(holds, yes[0], no[0]), {index: np.where(holds, yes[1][index], no[1][index]) for index in yes[1]}
