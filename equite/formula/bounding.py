"""Whether a page is one that can be worked out: not too many rules, criteria or names, no chain of names too long."""

from __future__ import annotations

from collections.abc import Callable

from equite.formula.names import Names, criteria_of
from equite.inputs.bounds import MOST_CHAIN, MOST_CRITERIA, MOST_NAMES, MOST_OF_A_KIND
from equite.wording import Numeral

__all__ = ["is_within_bounds"]


def is_within_bounds(names: Names, report: Callable[..., None]) -> bool:
    """Tell whether a page is within the bounds; ``report(entry, path, **values)`` notes what is not."""
    model, found = names.model, True
    for section in ("parts", "limits", "checks", "eligible"):
        count = len(getattr(model, section))
        if count > MOST_OF_A_KIND:
            found = False
            report("page-many-of-a-kind", (section,), count=Numeral(count), most=Numeral(MOST_OF_A_KIND))
    for entry, section, count, most in (
        (
            "page-many-criteria",
            "indices",
            sum(len([*criteria_of(each)]) for each in model.indices.values()),
            MOST_CRITERIA,
        ),
        ("page-many-names", "variables", len(names.defined), MOST_NAMES),
    ):
        if count > most:
            found = False
            report(entry, (section,), count=Numeral(count), most=Numeral(most))
    return found and (bool(names.circle) or _has_short_chains(names, report))


def _has_short_chains(names: Names, report: Callable[..., None]) -> bool:
    """Tell whether no name rests on too many operations, one within the other."""
    for name, height in names.heights.items():
        if height > MOST_CHAIN:
            section = (
                "variables" if name in names.model.variables else "indices" if name in names.model.indices else "parts"
            )
            report("names-chain", (section, name), name=name, count=height, most=MOST_CHAIN)
            return False
    return True
