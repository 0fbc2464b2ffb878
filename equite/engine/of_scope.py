"""What works for a scope without keeping it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from equite.engine.evaluation import Scope

__all__ = ["OfScope"]


class OfScope:
    """Works for a scope, which holds it: the two in a circle would hold a table's worth of arrays until collected."""

    def __init__(self, scope: Scope) -> None:
        self._scope = ref(scope)

    @property
    def scope(self) -> Scope:
        """The scope."""
        found = self._scope()
        assert found is not None
        return found
