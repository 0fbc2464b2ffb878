"""Where variants come from, and how some of them become whole units: the same for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from equite.engine.allocate import allocate, prepared
from equite.engine.allocation import Allocation
from equite.engine.evaluation import MissingInAggregate
from equite.engine.rounding import Unit
from equite.engine.rows import needed_rules
from equite.engine.sharing import Floats
from equite.engine.side_by_side import SideBySide, can_stand_side_by_side
from equite.engine.steps import Units
from equite.engine.varying import Varying, read_varying, spread_weights
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError
from equite.formula.formula import Formula
from equite.inputs.columns import ColumnPlace, ColumnRule, column_as
from equite.inputs.spelling import near_label
from equite.inputs.territories import Territories
from equite.wording import Codes, Numeral

__all__ = ["Draw", "VariantSource"]

#: Variants that stand side by side hold about so many rows: arrays of that size stay near the processor.
_ROWS = 1 << 17
#: What draws one variant: by key, a number, or one for each territory.
Draw = Callable[[np.random.Generator], Mapping[str, Any]]
Refused = dict[int, EquiteError]


@dataclass(frozen=True, eq=False)
class VariantSource:
    """A page, a table, and what varies.

    Attributes
    ----------
    territories : Territories
        The table, as the page reads it.
    varying : Varying
        What varies.
    numbers : range
        The variants.
    given : mapping of str to ndarray, shape (variants,) or (variants, n)
        What varies, by key; nothing where it is drawn.
    drawing : tuple of callable and int, or None
        What draws a variant, and the seed.
    """

    territories: Territories
    varying: Varying
    numbers: range
    given: Mapping[str, Floats]
    drawing: tuple[Draw, int] | None = None

    @classmethod
    def of_arrays(cls, formula: Formula, territories: Territories, vary: Mapping[str, Any]) -> VariantSource:
        """Take a line of numbers for each variant.

        Raises
        ------
        FormulaError
            A key is not on the page, or an array does not fit; everything at once.
        """
        spread = spread_weights(formula, vary)
        varying = read_varying(formula, list(spread), list(territories.data.columns))
        problems = Problems(FormulaError, formula.language)
        given = {key: _array(key, each, territories, problems) for key, each in spread.items()}
        counts = {key: len(each) for key, each in given.items()}
        if len(set(counts.values())) != 1 or not given:
            said = ", ".join(f"{key} ({count})" for key, count in counts.items())
            problems.add("batch-other-count" if given else "batch-nothing-varies", counts=said)
        problems.refuse()
        return cls(territories, varying, range(next(iter(counts.values()))), given)

    @classmethod
    def of_draws(
        cls, formula: Formula, territories: Territories, draw: Draw, numbers: range, seed: int
    ) -> VariantSource:
        """Draw each variant from a generator of its own, so that none depends on how many there are.

        Raises
        ------
        FormulaError
            A key that is drawn is not on the page, or a value does not fit.
        """
        problems = Problems(FormulaError, formula.language)
        if not numbers or min(numbers) < 0 or seed < 0:
            problems.add("batch-no-draws", variants=Numeral(len(numbers)), seed=seed)
            problems.refuse()
        first = _drawn(formula, draw, seed, numbers[0])
        varying = read_varying(formula, list(first), list(territories.data.columns))
        return cls(territories, varying, numbers, {}, (draw, seed))

    @property
    def formula(self) -> Formula:
        """The page, as given."""
        return self.varying.formula

    @property
    def unit(self) -> Unit:
        """The unit of amounts."""
        return Unit(Decimal(self.formula.rounding_to))

    def figures(self, numbers: range) -> dict[str, Floats]:
        """Return what varies in some variants, by the names that stand for it."""
        names = {key.called: key.name for key in self.varying.keys}
        if self.drawing is None:
            return {names[key]: each[numbers.start : numbers.stop] for key, each in self.given.items()}
        draw, seed = self.drawing
        problems = Problems(FormulaError, self.formula.language)
        drawn = [_drawn(self.formula, draw, seed, number) for number in numbers]
        if any(each.keys() != names.keys() for each in drawn):
            problems.add("batch-other-keys", keys=Codes(tuple(names)))
            problems.refuse()
        found = {
            name: _array(key, [each[key] for each in drawn], self.territories, problems) for key, name in names.items()
        }
        problems.refuse()
        return found

    def alone(self, number: int) -> Allocation:
        """Make one variant by itself."""
        figures = {name: each[0] for name, each in self.figures(range(number, number + 1)).items()}
        page, columns = self.varying.alone(figures)
        return allocate(page, self.territories.with_figures(columns))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Those that take part, in code order: the same in every variant, or the variants make no table."""
        if self._side_by_side is not None:
            return tuple(map(str, self._side_by_side.context.codes))
        page, columns = self.varying.alone({name: each[0] for name, each in self.figures(self.numbers[:1]).items()})
        return tuple(map(str, prepared(page, self.territories.with_figures(columns))[1].codes))

    @cached_property
    def _side_by_side(self) -> SideBySide | None:
        """What all variants have in common; None where they must be made one by one."""
        if not can_stand_side_by_side(self.varying):
            return None
        figures = self.figures(self.numbers[:1])
        try:
            return SideBySide.of(self.varying, self.territories, {name: each[0] for name, each in figures.items()})
        except (EquiteError, MissingInAggregate):
            # What is wrong with one is told by each made alone.
            return None

    @cached_property
    def _rules(self) -> dict[str, ColumnRule]:
        rules = {rule.name: rule for rule in needed_rules(self.formula)}
        return {name: rules[name] for name in self.varying.columns}

    def sets(self) -> Iterator[range]:
        """Part the variants into those that stand side by side: of one size, whoever works on them."""
        count = max(1, _ROWS // max(1, len(self.territories)))
        return (self.numbers[at : at + count] for at in range(0, len(self.numbers), count))

    def units(self, numbers: range, refuse: bool) -> tuple[Units, Refused]:
        """Return the whole units of some variants, and by their place those that cannot be shared; or refuse these."""
        side_by_side = self._side_by_side
        if side_by_side is not None:
            figures = self.figures(numbers)
            try:
                if self._in_range(figures):
                    return side_by_side.units(figures, len(numbers)), {}
            except (EquiteError, MissingInAggregate):
                pass
        return self._one_by_one(numbers, refuse)

    def _one_by_one(self, numbers: range, refuse: bool) -> tuple[Units, Refused]:
        """Make each of some variants alone."""
        refused: Refused = {}
        lines = []
        for at, number in enumerate(numbers):
            try:
                found = self.alone(number)
            except EquiteError as error:
                if refuse:
                    first = Problem("batch-variant-refused", {"variant": number})
                    raise type(error)([first, *error.problems], error.language) from None
                refused[at] = error
                lines.append(np.zeros(len(self.codes), dtype=np.int64))
                continue
            codes = tuple(map(str, found.context.codes))
            if codes != self.codes:
                differing = Codes(tuple(sorted(set(codes) ^ set(self.codes))))
                problem = Problem("batch-others-take-part", {"variant": number, "codes": differing})
                raise SharingError([problem], self.formula.language)
            lines.append(found.units)
        return np.stack(lines), refused

    def _in_range(self, figures: Mapping[str, Floats]) -> bool:
        """Tell whether the table's own columns hold what the page allows them to hold, in each variant."""
        for name, rule in self._rules.items():
            data = pd.DataFrame({rule.heading: figures[name].reshape(-1)})
            if column_as(rule, ColumnPlace(data, rule.heading, (), self.territories.source)).mistakes:
                return False
        return True


def _drawn(formula: Formula, draw: Draw, seed: int, number: int) -> dict[str, Any]:
    """Draw one variant, by its number and the seed alone."""
    found = draw(np.random.default_rng([seed, number]))
    if not isinstance(found, Mapping):
        raise FormulaError([Problem("batch-draw-no-mapping", {"kind": type(found).__name__})], formula.language)
    return spread_weights(formula, found)


def _array(key: str, given: Any, territories: Territories, problems: Problems) -> Floats:
    """Return a line of numbers for each variant: one number, or one for each territory in the order of the table."""
    count = len(territories)
    if isinstance(given, pd.DataFrame):
        labels, codes = list(map(str, given.columns)), territories.codes
        if sorted(labels) != sorted(codes):
            other = sorted(set(labels) ^ set(codes)) or labels
            near = near_label(other[0], list(codes))
            problems.add("batch-other-codes", key=key, codes=Codes(tuple(other)), nearest=near)
            return np.empty(0)
        places = {label: at for at, label in enumerate(labels)}
        given = given.to_numpy()[:, [places[code] for code in codes]]
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0).reshape(0, 0, 0)
    if found.ndim not in (1, 2) or (found.ndim == 2 and found.shape[1] != count):
        problems.add("batch-other-shape", key=key, shape=" × ".join(map(str, found.shape)), count=count)
    elif found.ndim == 1 and not np.isfinite(found).all():
        problems.add("batch-not-finite", key=key, count=int((~np.isfinite(found)).sum()))
    elif np.isinf(found).any():
        problems.add("batch-not-finite", key=key, count=int(np.isinf(found).sum()))
    return found
