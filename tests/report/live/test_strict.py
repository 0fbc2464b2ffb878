"""Formulas that lean on no spreadsheet's kindness: evaluated bit by bit, they give Python's whole units.

The pages are built on what dust decides in a spreadsheet (``tests/tied_pages.py``).
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from evaluator import Strict, addresses, parsed
from recalculation import sheet_parts
from test_recalculated import manifest_of
from tied_pages import tied

from equite import Allocation, EquiteError, Formula, allocate
from equite.wording import say


def accepted(count: int) -> list[tuple[str, Allocation]]:
    """Draw as many pages that Python accepts."""
    found: list[tuple[str, Allocation]] = []
    for at in range(3 * count):
        page, rows = tied(f"strict-{at}")
        with suppress(EquiteError):
            found.append((f"strict-{at}", allocate(Formula.from_dict(page), rows)))
    assert len(found) >= count
    return found[:count]


def with_a_deep_stack(run: Callable[[], None]) -> None:
    """Run what follows a chain of formulas to its beginning."""
    failed: list[BaseException] = []

    def kept() -> None:
        try:
            run()
        except BaseException as error:
            failed.append(error)

    # Other tests rely on Python's own limits: a chain that has no end is refused there.
    stack, depth = threading.stack_size(512 * 1024 * 1024), sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        thread = threading.Thread(target=kept)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(depth)
        threading.stack_size(stack)
    if failed:
        raise failed[0]


def shown(strict: Strict, path: Path) -> dict[str, object]:
    """Give the amounts that a workbook shows, by code."""
    places = manifest_of(path).places
    codes, amounts = (strict.range(places[word].sheet, places[word].cells) for word in ("codes", "amounts"))
    return {str(code): amount for code, amount in zip(codes, amounts, strict=True) if amount != ""}


@dataclass(frozen=True)
class Evaluated:
    """A page, what Python makes of it, and its workbook under the strict evaluator."""

    name: str
    allocation: Allocation
    path: Path
    strict: Strict


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> list[Evaluated]:
    """Give the workbooks of random pages."""
    folder = tmp_path_factory.mktemp("strict")
    made = [(name, found, found.to_excel(folder / f"{name}.xlsx", live=True)) for name, found in accepted(24)]
    return [Evaluated(name, found, path, Strict.read(path)) for name, found, path in made]


def unlike(each: Evaluated) -> list[str]:
    """List the amounts that are not Python's, and the first line where it does not say that all holds."""
    expected = dict(zip(each.allocation.codes, each.allocation.amounts.tolist(), strict=True))
    told = [f"{code}: {amount} for {expected.get(code)}" for code, amount in shown(each.strict, each.path).items()
            if not isinstance(amount, float) or abs(amount - expected.get(code, -1)) > 0.004]  # fmt: skip
    verdict = str(each.strict[next(iter(sheet_parts(each.path))), "A1"])
    return told if told or verdict.startswith("✓") else [verdict]


def test_ties_thresholds_and_bounds_are_pythons_bit_by_bit(evaluated: list[Evaluated]) -> None:
    wrong: dict[str, list[str]] = {}

    def run() -> None:
        for each in evaluated:
            if told := unlike(each):
                page = each.allocation.formula.content
                wrong[each.name] = [*told[:2], str(page["parts"][1]), str(page["variables"]), str(page.get("eligible"))]

    with_a_deep_stack(run)
    assert not wrong, "\n".join(f"{name}: {told}" for name, told in wrong.items())


#: Where dust changes no amount: what is wanted is continuous in what is compared, or only told.
CONTINUOUS = ("live-tried", "live-total-at", "live-at-floors", "live-at-caps", "live-fixed-of-free",
              "live-score-of-free", "live-reach", "live-level", "live-mean-score",
              "live-conditions")  # fmt: skip
COMPARES = ("=", "<>", "<", ">", "<=", ">=")
#: A number so small stands in a formula for the dust that it allows.
MOST_DUST = 1e-5


def refers(node: Any, whole: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """Give each node of a formula, but for what stands in functions that give whole numbers whatever they are given."""
    yield node
    for inner in (() if node[1] in whole else node[2]) if node[0] == "call" else node[1:]:
        if isinstance(inner, tuple):
            yield from refers(inner, whole)


def allows_dust(node: Any, strict: Strict, sheet: str) -> bool:
    """Tell whether a small number stands in a formula, or in a cell to which it refers."""
    for inner in refers(node):
        value = inner[1] if inner[0] == "value" else None
        if inner[0] == "ref" and ":" not in inner[2]:
            value = strict[inner[1] or sheet, inner[2]]
        if isinstance(value, float) and 0 < abs(value) <= MOST_DUST:
            return True
    return False


def is_sure(node: Any, strict: Strict, sheet: str) -> bool:
    """Tell whether no dust can stand in what is compared: typed figures, texts, whole numbers, yes and no."""
    whole, typed = True, True
    for inner in refers(node, frozenset({"COUNT", "RANK", "RANK.AVG"})):
        if inner[0] == "value" and isinstance(inner[1], float):
            whole &= inner[1].is_integer()
        if inner[0] == "operator" and inner[1] in "+-*/^":
            typed = False
        for cell in chain.from_iterable(addresses(inner[2])) if inner[0] == "ref" else ():
            place = (inner[1] or sheet, cell)
            value = strict[place]
            is_whole = not isinstance(value, float) or value.is_integer()
            whole &= is_whole
            typed &= is_whole or place not in strict.formulas or is_copy(strict.formulas[place])
    return whole or typed


def is_copy(formula: str) -> bool:
    """Tell whether a formula does no more than take a typed figure, as it is or turned."""
    return not any(inner[0] == "operator" and inner[1] in "+-*/^" for inner in refers(parsed(formula)))


def test_no_formula_compares_what_is_computed_but_for_dust(evaluated: list[Evaluated]) -> None:
    """No bare comparison, INT, RANK or MATCH on cells that dust may reach."""
    bare: dict[str, str] = {}

    def run() -> None:
        for each in evaluated[:12]:
            say_ = each.allocation.formula.language
            sheet = say("live-calculation", say_)
            continuous = {say(entry, say_) for entry in CONTINUOUS}
            for place, formula in each.strict.formulas.items():
                heading = each.strict[place[0], re.sub(r"\d+", "5", place[1])]
                if place[0] != sheet or heading in continuous:
                    continue
                for node in refers(parsed(formula)):
                    looks = [node[2], node[3]] if node[0] == "operator" and node[1] in COMPARES else []
                    looks = node[2] if node[0] == "call" and node[1] in ("INT", "RANK", "RANK.AVG", "MATCH") else looks
                    if ("value", "") in looks:
                        continue
                    sure = all(is_sure(look, each.strict, sheet) for look in looks)
                    if not sure and not any(allows_dust(look, each.strict, sheet) for look in looks):
                        bare[str(heading)] = f"{each.name} {place[1]}: {formula[:160]}"

    with_a_deep_stack(run)
    assert not bare, "\n".join(f"{heading}: {told}" for heading, told in bare.items())
