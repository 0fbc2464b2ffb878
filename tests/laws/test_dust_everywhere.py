"""Dust in a computed figure changes nothing: a page gives the same, word for word, whether the figure is typed or not.

Each fragment of a page below names a figure X. It is run with X typed, with X computed on the page, and with X computed
in the frame. The figures are 0.3 (three times), 0.9 (twice), 0.5 and 3.3 (twice); computed they fall on both sides.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite

TABLE = pd.DataFrame(
    {
        "code": list("ABCDEFGH"),
        # In binary: 0.30000000000000004, 0.3, 0.29999999999999993; 0.8999999999999999, 0.9; 3.3000000000000003, 3.3.
        "one": [0.1, 0.15, 0.7, 0.7, 0.9, 0.5, 1.1, 3.3],
        "two": [0.2, 0.15, -0.4, 0.2, 0.0, 0.0, 2.2, 0.0],
        "plain": [0.3, 0.3, 0.3, 0.9, 0.9, 0.5, 3.3, 3.3],
        "other": [5.0, 1.0, 4.0, 2.0, 3.0, 6.0, 8.0, 7.0],
        "again": [1.0, 2.0, 2.0, 1.0, 3.0, 1.0, 2.0, 3.0],
        "people": [100, 200, 300, 400, 500, 600, 700, 800],
        "setting": ["low", "low", "low", "mid", "mid", "mid", "top", "top"],
    }
)
TABLE["computed"] = TABLE["one"] + TABLE["two"]

NORMALISERS: list[Any] = [
    "min-max", {"min-max": [1, 100]}, {"goalposts": [0.3, 0.9]}, {"goalposts": [0.5, 3.3]}, "z-score", "modified-z",
    "rank", {"rank": {"ties": "lowest"}}, {"rank": {"scale": "places"}}, "percentile-rank", "share-of-total",
    "ratio-to-mean", "fraction-of-highest", "distance-to-best", {"distance-to-target": 0.9}, {"quantile-bands": 2},
    {"quantile-bands": 3}, "quantile-bands",
]  # fmt: skip
RANKING = ["rank", "percentile-rank", {"quantile-bands": 3}, "min-max"]


def index(normalise: Any = "rank", criterion: Any = 1, *, on: str = "X", **keys: Any) -> dict[str, Any]:
    return {"indices": {"need": {"normalise": normalise, "criteria": {on: criterion}, **keys}}}


def criterion(**keys: Any) -> dict[str, Any]:
    return {"weight": 1, **keys}


def limit(**keys: Any) -> dict[str, Any]:
    return {"limits": [{"id": "bound", **keys}]}


def grant(by: str, **keys: Any) -> dict[str, Any]:
    return {"parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": by}, **keys}]}


def base(**keys: Any) -> dict[str, Any]:
    return {"parts": [{"id": "base", **keys}, *grant("people")["parts"]]}


def entitlement(amount: str, **keys: Any) -> dict[str, Any]:
    return {"envelope": None, "parts": [{"id": "grant", "share": {"as_is": amount}}], **keys}


CUT = {"by": "X", "below": "high", "above": "low"}
AIMS = {"weight": 1, "points": 4, "criteria": {"other": "X", "again": "4 - X"}}
NO_F = {"eligible": [{"where": "X != 0.5", "reason": "Is 0.5"}]}
SCORED = {
    **{f"normalised by {json.dumps(method)}": index(method) for method in NORMALISERS},
    **{f"low, {json.dumps(method)}": index(method, criterion(more_need_when="low")) for method in RANKING},
    **{f"the same for all, {json.dumps(method)}": index(method, on="constant") for method in NORMALISERS},
    "the same for all, beside another": index("min-max", criteria={"constant": 3, "other": 1}),
    "the same for all, a fill": index("rank", missing={"fill": 0.3}, on="constant_with_a_blank"),
    "log": index("min-max", criterion(transform="log")),
    "line": index("min-max", criterion(transform={"line": [0.3, 0.9]})),
    "step": index("min-max", criterion(transform={"step": "strata"})),
    "step from": index("min-max", criterion(transform={"step": "classes"})),
    "winsorised quantiles": index("min-max", criterion(transform={"winsorise": [0.25, 0.75]})),
    "winsorised quantiles, ranked": index("percentile-rank", criterion(transform={"winsorise": [0.25, 0.75]})),
    "outlier pulled in": index("rank", outliers="winsorise", on="extreme"),
    "outlier pulled in, banded": index({"quantile-bands": 4}, outliers="winsorise", on="extreme"),
    "toward": index("rank", criterion(more_need_when={"toward": 0.9})),
    "toward a middle": index("rank", criterion(more_need_when={"toward": "0.3 + 0.3"})),
    "context": index("rank", criterion(more_need_when={"by": "setting", "low": "high", "mid": "low", "top": "high"})),
    "context, min-max": index(
        "min-max",
        criterion(normalise="min-max", more_need_when={"by": "setting", "low": "high", "mid": "low", "top": "high"}),
    ),
    **{
        f"cut at {cut}": index("rank", criterion(more_need_when=CUT | {"cut": cut}), on="other")
        for cut in (0.3, 0.5, 0.9, 3.3)
    },
    "in its range": index("rank", criterion(range=[0.3, 3.3])),
    "beyond its range": index("rank", criterion(range=[0.5, 0.9])),
    "filled by the median": index("rank", missing={"fill": "median"}, on="with_a_blank"),
    "filled by groups of X": index("min-max", missing={"fill": "mean", "by": "X"}, on="other_with_a_blank"),
    "geometric on zero": index("min-max", aggregate="geometric"),
    "harmonic on a goalpost": index({"goalposts": [0.3, 4]}, aggregate="harmonic"),
    "share of total of zero": index("share-of-total", on="excess"),
    "log of zero": index("min-max", criterion(transform="log"), on="excess"),
    "copeland": index("rank", aggregate="copeland", criteria={"X": 0.2, "other": 0.1, "again": 0.1}),
    "copeland, draws": index("min-max", aggregate="copeland", criteria={"X": 0.3, "other": 0.1, "again": 0.2}),
    "ordered weights": index(
        "rank", aggregate={"ordered-weighted": [3, 2, 1]}, criteria=dict.fromkeys(["X", "other", "again"], 1)
    ),
    "weights by territory": index("rank", criteria={"other": "X", "again": "4 - X"}),
    "weights and points": {
        "indices": {"need": {"normalise": "rank", "families": {"aims": AIMS}}},
    },
    "a weight that is zero": index("rank", criteria={"other": "lowest(X) - 0.3", "again": 1}),
    "an index of an index": {
        "indices": {
            "inner": {"normalise": "min-max", "criteria": {"X": 0.7, "double": 0.1}},
            "need": {"normalise": "rank", "criteria": {"inner": 1}},
        }
    },
}
CHECKS = ["X <= 0.3", "X in (0.3, 0.9)", "lowest(X) - 0.3", "amount / X >= amount / 0.9"]
SHARED = {
    "eligible from": {"eligible": [{"where": "X >= 0.9", "reason": "Too few"}]},
    "eligible above": {"eligible": [{"where": "X > 0.3", "reason": "Too few"}]},
    "eligible in": {"eligible": [{"where": "X in (0.3, 3.3)", "reason": "Other"}]},
    "eligible by rank": {"eligible": [{"where": "rank(X, among=all) <= 2", "reason": "Lower"}]},
    "eligible by the average": {
        "eligible": [{"where": 'X <= average(X, among=setting == "mid") + 2/15', "reason": "?"}]
    },
    "part's eligible": grant("people", eligible=[{"where": "X != 0.3", "reason": "Is 0.3"}]),
    "share of nothing": grant("X - 0.3"),
    "share of nobody": grant("0 * people + (lowest(X) - 0.3)"),
    "share by the rank": grant("rank(X)"),
    "share by the median": grant("where(X >= median(X), 2, 1)"),
    "share by quantiles": grant("1 + (X > quantile(X, 0.25)) + (X > quantile(X, 0.75))"),
    "share by steps": grant("step(X, strata) + step(X, classes)"),
    "share by groups": grant("count(by=X) * people"),
    "share by group ranks": grant("rank(other, by=X)"),
    "level up": grant("X", share={"level_up": "1000 * X", "counting": 1}),
    "within X": {"within": "X", "envelope": 100},
    "parts within X": base(pool={"amount": 70}, within="X", share="equally"),
    "pool of a group": NO_F
    | base(pool={"amount": "100 * X"}, within="setting_of_x", share={"in_proportion_to": "people"}),
    "pool for all": {
        **base(pool={"amount": "100 * X"}, share="equally"),
        "eligible": [{"where": "X == 0.3", "reason": "?"}],
    },
    "pool of nothing": base(pool={"amount": "lowest(X) - 0.3"}, share="equally"),
    "pool each": base(pool={"each": "10 * lowest(X)"}, share="equally"),
    "envelope": {"envelope": "1000 * lowest(X)"},
    "envelope from one of three": {"envelope": "1000 * X", "eligible": [{"where": "X == 0.3", "reason": "?"}]},
    "envelope on half a unit": {"envelope": "5 * lowest(X) + 100"},
    "levy of nothing": base(levy=True, share={"as_is": "max(0, 3.3 - X) * 10"}),
    "levy of less than nothing": base(levy=True, share={"as_is": "(X - 0.3) * 10"}),
    "a part's floor and ceiling": grant("people", at_least="50 * X", at_most="1000 * X"),
    "a part's ceiling is its floor": grant("people", at_least="90", at_most="where(X < 0.9, 300 * X, 180)"),
    "floors rounded inward": limit(at_least="100 * X"),
    "ceilings rounded inward": limit(at_most="where(X == 0.3, 100 * X, null)"),
    "floor as high as the ceiling": limit(at_least=90, at_most="where(X == 0.3, 300 * X, 200)"),
    "floors of all the money": {"envelope": 980, **limit(at_least="100 * X")},
    "ceilings of all the money": {"envelope": 980, **limit(at_most="100 * X")},
    "except": limit(at_least=130, **{"except": "X > 0.3"}),
    "then hold": {"limits": [{"id": "floor", "at_least": "100 * X", "then": "hold"}, {"id": "cap", "at_most": 350}]},
    "by groups of X": limit(by="X", at_least="0.2 * envelope"),
    "bound of a group": NO_F | limit(by="setting_of_x", at_most="1500 * min(X, 0.9)", if_over="reserve"),
    "override": limit(override={"code": "A", "amount": "100 * X", "reason": "Decided"}),
    "move": limit(at_least=10, move={"in_proportion_to": "X - 0.3"}),
    "on top": limit(at_least="300 * X", fund="on_top"),
    "checked": {"checks": [{"that": text} for text in CHECKS]},
    "column in its range": {"columns": {"X": {"range": [0.3, 3.3]}}, **grant("people * X")},
    "column beyond its range": {"columns": {"X": {"range": [0.5, 0.9]}}, **grant("people * X")},
    "entitled": entitlement("1000 * X"),
    "entitled to halves": entitlement("5 * X"),
    "entitled, negative halves": entitlement("-5 * X"),
    "entitled, whole numbers": entitlement("100 * ceil(10 * X) + floor(10 * X)"),
    "entitled, the second": entitlement("where(is_missing(1 / (X - 0.3)), 7, 8)"),
    "entitled, roots": entitlement("default(100 * sqrt(X - 0.3), 999)"),
    "entitled, logarithms": entitlement("default(log(X - 0.3), 999)"),
    "entitled, brackets": entitlement("1000 * default(bracket(X, shut), 9)"),
    "entitled, clipped": entitlement("100 * people", **limit(at_most="20000 * X")),
}
#: Refused, and rightly: what differs would be whom the sentence names.
REFUSED = {
    "beyond its range", "column beyond its range", "geometric on zero", "harmonic on a goalpost", "log of zero",
    "share of nobody",
}  # fmt: skip
DERIVED = {
    "constant": 'where(code in ("A", "B", "C"), X, 0.3)',
    "constant_with_a_blank": 'where(code == "H", null, where(code in ("A", "B", "C"), X, 0.3))',
    "extreme": 'where(code == "H", 1000, X)',
    "with_a_blank": 'where(code == "F", null, X)',
    "other_with_a_blank": 'where(code == "B", null, other)',
    "excess": "X - 0.3",
    "double": "X * 2",
    "setting_of_x": "(X < 0.4) + 2 * (X > 3)",
    "dusty": "one + two",
}
STRATA = {
    "strata": {"up_to": {"0.3": 1, "0.5": 2, "0.9": 3}, "above": 4},
    "classes": {"from": {"0.3": 1, "0.5": 2, "0.9": 3, "3.3": 4}},
    "shut": {"up_to": {"0.3": 1, "0.9": 2, "3.3": 3}},
}


def page_of(fragment: dict[str, Any], name: str) -> dict[str, Any]:
    """Lay a fragment over a page that names the figure ``name``, with the variables that it uses."""
    page: dict[str, Any] = {"equite": 1, "id": "dust", "language": "en", "key": "code", "envelope": 1000}
    page |= {"tables": STRATA, "rounding": {"to": "1"}} | grant("people")
    page |= {"parts": grant("10 + need")["parts"]} if "indices" in fragment else {}
    page = {key: value for key, value in (page | fragment).items() if value is not None}
    text = json.dumps(page)
    page["variables"] = {key: value for key, value in DERIVED.items() if key in text or key == name}
    renamed: dict[str, Any] = json.loads(json.dumps(page).replace("X", name))
    return renamed


def outcome(fragment: dict[str, Any], name: str) -> list[Any]:
    """Give all that a page decides, or the sentences that refuse it."""
    page = page_of(fragment, name)
    if "columns" in page and name == "dusty":
        pytest.skip("a range of the table's column")
    try:
        found = equite.allocate(page, TABLE)
    except equite.EquiteError as error:
        return [problem.text("en").replace(name, "X") for problem in error.problems]
    checks = [check.failing for check in found.checks]
    scores = found.scores.drop(columns="code").to_numpy(float)
    told = [warning.replace(name, "X") for warning in found.warnings]
    return [dict(zip(found.codes, found.units.tolist(), strict=True)), found.reserve, checks, told, scores]


@pytest.mark.parametrize("name", ["dusty", "computed"])
@pytest.mark.parametrize("fragment", [*SCORED.values(), *SHARED.values()], ids=[*SCORED, *SHARED])
def test_dust_changes_nothing(fragment: dict[str, Any], name: str) -> None:
    typed, computed = outcome(fragment, "plain"), outcome(fragment, name)
    if isinstance(typed[-1], np.ndarray) and isinstance(computed[-1], np.ndarray):
        np.testing.assert_allclose(computed.pop(), typed.pop(), rtol=0, atol=1e-12)
    assert computed == typed


@pytest.mark.parametrize("name", [*SCORED, *SHARED])
def test_the_typed_page_decides_something(name: str) -> None:
    """A fragment that is refused for its form would prove nothing."""
    found = outcome((SCORED | SHARED)[name], "plain")
    assert isinstance(found[0], dict) is (name not in REFUSED), found
