"""Expressions worked by hand: each is worth what the figures as typed make it, never what binary dust does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite

HEAD: dict[str, Any] = {"equite": 1, "id": "worked", "language": "en", "key": "code", "rounding": {"to": "1"}}


def frame(**columns: list[Any]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"code": list("ABCDEFGHIJ")[:size], **columns})


def values(expression: str, table: pd.DataFrame, **keys: Any) -> list[float | None]:
    """Give what an expression is worth in each row; a missing value as None."""
    page = HEAD | {"variables": {"found": expression}, "parts": [{"id": "grant", "share": {"as_is": "1"}}]} | keys
    found = equite.allocate(page, table).variables["found"]
    return [None if np.isnan(value) else float(value) for value in found]


# One row: a, b and c are 0.1, 0.2 and 0.3.

ROW = frame(a=[0.1], b=[0.2], c=[0.3], n=[100], big=[25_000_000.00], cent=[25_000_000.01])
TABLES: dict[str, Any] = {
    "upper": {"up_to": {"0.3": 1, "110": 2}, "above": 3},
    "shut": {"up_to": {"110": 0.5}},
    "lower": {"from": {"0.3": 1, "110": 2}},
    "weights": {"a": 0.7, "b": 0.1},
}


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        # Whole numbers: 0.07 × 100 = 7; 29 / 100 × 100 = 29; 0.29 × 100 = 29; 1.1 × 100 = 110; 0.7 + 0.1 = 0.8.
        ("ceil(0.07 * n)", 7),
        ("ceil(0.07 * 100)", 7),
        ("ceil(1.1 * n)", 110),
        ("floor(29 / 100 * n)", 29),
        ("floor(0.29 * n)", 29),
        ("floor((0.7 + a) * 10)", 8),
        ("ceil(-0.07 * n)", -7),
        ("floor(-0.29 * n)", -29),
        ("floor(-1.1 * n)", -110),
        # Near misses are none the less misses: 6.9999999999 and 7.0000000001.
        ("floor(0.07 * n - 0.0000000001)", 6),
        ("ceil(0.07 * n + 0.0000000001)", 8),
        ("ceil(big + 0.01)", 25_000_001),
        ("floor(cent - 0.02)", 24_999_999),
        # Comparisons.
        ("29 / 100 * n >= 29", 1),
        ("29 / n * 100 < 29", 0),
        ("0.7 + a >= 0.8", 1),
        ("0.7 + 0.1 >= 0.8", 1),
        ("a + b == c", 1),
        ("a + b != c", 0),
        ("a + b > c", 0),
        ("a + b <= c", 1),
        ("c - a - b == 0", 1),
        ("c - b >= a", 1),
        ("0.3 <= a + b < 0.4", 1),
        ("0.2 < a + b <= 0.3", 1),
        ("a * 3 == c", 1),
        ("c / 3 == a", 1),
        ("n / 3 * 3 == n", 1),
        ("n / 49 * 49 == n", 1),
        ("(a + b) * 10 == 3", 1),
        ("a ** 2 == 0.01", 1),
        ("a ** -1 == 10", 1),
        ("c ** 3 <= 0.027", 1),
        ("abs(c - a - b) == 0", 1),
        ("-(a + b) == -0.3", 1),
        ("min(a + b, 0.3) == max(a + b, 0.3)", 1),
        ("max(a + b, c) == 0.3", 1),
        ("clip(a + b, 0, 0.3) == a + b", 1),
        ("sum_of(a, b) == c", 1),
        ("mean_of(a, b, c) == 0.2", 1),
        ("trimmed_mean(a, b, c, 0.1 + 0.3, a * 5) == c", 1),
        ("median_of(a + b, c, 0.15 + 0.15) == 0.3", 1),
        ("weighted_sum(weights) == 0.09", 1),
        # Lists.
        ("a + b in (0.3, 5)", 1),
        ("a + b not in (0.3, 5)", 0),
        ("0.7 + a in (0.7, 0.8)", 1),
        # Two typed figures that differ are never equal: a cent in 25 millions, the last of 15 digits.
        ("big == cent", 0),
        ("cent > big", 1),
        ("big + 0.01 == cent", 1),
        ("cent - big == 0.01", 1),
        ("big * 1.1 - big * 0.1 == big", 1),
        ("big * 1.1 - big * 0.1 == cent", 0),
        ("25000000.00 == 25000000.01", 0),
        ("123456789012.345 == 123456789012.346", 0),
        ("0.3 == 0.300000000000001", 0),
        ("a + b == 0.300000000000001", 0),
        ("a + b < 0.300000000000001", 1),
        ("0.000000000000001 == 0.000000000000002", 0),
        ("0.000000000000001 > 0", 1),
        # Steps: edges are included. 1.1 × 100 = 110; 110 + 0.0000001 is beyond.
        ("step(a + b, upper)", 1),
        ("step(1.1 * n, upper)", 2),
        ("step(1.1 * n + 0.0000001, upper)", 3),
        ("step(c - b + b, lower)", 1),
        ("step(0.7 - 0.4, lower)", 1),
        ("step(1.1 * n - 0.0000001, lower)", 1),
        ("step(0.7 - 0.4 - 0.0000001, lower)", None),
        ("is_missing(step(1.1 * n, shut))", 0),
        # 110 × 0.5, and nothing beyond the last edge.
        ("bracket(1.1 * n, shut)", 55),
        ("bracket(1.1 * n + 0.0000001, shut)", None),
        # What is zero counts as no, whatever dust it carries; what is not counts as yes, however small.
        ("where(a + b - c, 1, 2)", 2),
        ("where(0.1 + 0.2 - 0.3, 1, 2)", 2),
        ("not (a + b - c)", 1),
        ("not a + b - c", 1),
        ("a + b - c or a < 0", 0),
        ("a + b - c and a > 0", 0),
        ("where(a + b - 0.2999999999, 1, 2)", 1),
        # Divisors that are zero.
        ("1 / (a + b - c)", None),
        ("a / (0.1 + 0.2 - 0.3)", None),
        ("(a + b - c) / (a + b - c)", None),
        ("(a + b - c) ** -1", None),
        ("default(n / (c - a - b), 7)", 7),
        ("(a + b - c) ** 0", 1),
        # Roots and logarithms of nothing, from both sides.
        ("sqrt(c - a - b)", 0),
        ("sqrt(a + b - c)", 0),
        ("sqrt(0.3 - 0.1 - 0.2)", 0),
        ("(c - a - b) ** 0.5", 0),
        ("log(a + b - c)", None),
        ("log(c - a - b)", None),
        ("log(0.1 + 0.2 - 0.3)", None),
        ("sqrt(a - b)", None),
        # Roots, logarithms and powers that are no fractions: inside the bound on their error they are equal.
        ("sqrt(2) ** 2 == 2", 1),
        ("sqrt(2) ** 2 > 2", 0),
        ("sqrt(n * 0.0009) == c", 1),
        ("exp(log(3)) == 3", 1),
        ("exp(log(3)) < 3", 0),
        ("ceil(exp(log(3)))", 3),
        ("floor(exp(log(7)))", 7),
        ("floor(sqrt(2) * sqrt(2))", 2),
        ("ceil(sqrt(2) ** 2)", 2),
        ("floor(log(1000) / log(10))", 3),
        ("ceil(log(n * n) / log(n))", 2),
        ("8 ** (1 / 3) == 2", 1),
        ("floor(64 ** (1 / 3))", 4),
        ("n ** 0.5 * n ** 0.5 == n", 1),
        ("step(exp(log(110)), upper)", 2),
        ("sqrt(a + b - c) == 0", 1),
        # … and outside the bound they are not.
        ("sqrt(2) ** 2 == 2.0000001", 0),
        ("sqrt(2) > 1.41421356", 1),
        ("sqrt(2) < 1.41421357", 1),
        ("exp(log(3)) < 3.0000001", 1),
        # Halves go away from zero, on the exact number: 14.5; 28.5; 61.5; 1.005; 2.675; 0.285; −14.5.
        ("round(0.145 * n)", 15),
        ("round(0.285 * n)", 29),
        ("round(0.615 * n)", 62),
        ("round(-0.145 * n)", -15),
        ("round(1.005, 2)", 1.01),
        ("round(2.675, 2)", 2.68),
        ("round(1.005 * n / 100, 2)", 1.01),
        ("round((a + b) * 5)", 2),
        ("round((c - a - b) + 0.5)", 1),
        ("round((c - b) * 50, -1)", 10),
        # 14.4999999999 and 0.5 − 10⁻¹⁷ are below the half.
        ("round(0.145 * n - 0.0000000001)", 14),
        ("round(0.5 - 0.0000001 * 0.0000000001)", 0),
        ("round(big + 0.49)", 25_000_000),
        ("round(big + 0.5)", 25_000_001),
    ],
)
def test_one_row(expression: str, right: float | None) -> None:
    assert values(expression, ROW, tables=TABLES) == [right]


# Many rows: tenths that sum to a whole, groups whose figures are equal and were computed in three ways.

TENTHS = frame(x=[0.1] * 10, g=["p"] * 3 + ["q"] * 7, n=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
WAYS = frame(a=[0.1, 0.15, 0.7, 0.3, 0.5], b=[0.2, 0.15, -0.4, 0.0, 0.0], k=[1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("total(x) == 1", [1] * 10),
        ("total(x) >= 1", [1] * 10),
        ("average(x) == 0.1", [1] * 10),
        ("x >= average(x)", [1] * 10),
        ("x > average(x)", [0] * 10),
        ("x >= 1.1 * average(x) - 0.01", [1] * 10),
        ("total(x, by=g) == 0.3", [1] * 3 + [0] * 7),
        ("total(x, by=g) in (0.3, 0.7)", [1] * 10),
        ("average(x, weights=n, by=g) == x", [1] * 10),
        # 0.1 × (1 + … + 10) = 5.5.
        ("total(x, weights=n) == 5.5", [1] * 10),
        ("ceil(total(x, weights=n, by=g) * 10)", [6] * 3 + [49] * 7),
        ("floor(total(x) * 3)", [3] * 10),
        ("round(average(x * n) * 10)", [6] * 10),  # 0.55 × 10 = 5.5
        ("count(total(x) - 1)", [0] * 10),
        ("x / total(x) >= 0.1", [1] * 10),
        ("highest(x * 3) == 0.3", [1] * 10),
        ("lowest(x * 3) == 0.3", [1] * 10),
        ("deviation(x * 3) == 0", [1] * 10),
        ("quantile(x * 3, 0.25) == quantile(x * 3, 0.75)", [1] * 10),
        ("median(x * n) == 0.55", [1] * 10),
        ("rank(x * n * 3 / 3)", [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    ],
)
def test_sums_means_and_groups(expression: str, right: list[float]) -> None:
    assert values(expression, TENTHS) == right


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("rank(a + b)", [2, 2, 2, 2, 1]),
        ("rank(-a - b)", [1, 1, 1, 1, 5]),
        ("count(by=sum)", [4, 4, 4, 4, 1]),
        ("total(k, by=sum)", [10, 10, 10, 10, 5]),
        ("average(k, by=sum, among=a + b <= 0.3)", [2.5, 2.5, 2.5, 2.5, None]),
        ("count(a + b == 0.3)", [4] * 5),
        ("count(among=a + b > 0.3)", [1] * 5),
        ("a + b == lowest(a + b)", [1, 1, 1, 1, 0]),
        ("a + b > median(a + b)", [0, 0, 0, 0, 1]),
        ("a + b <= quantile(a + b, 0.5)", [1, 1, 1, 1, 0]),
        ("rank(k, by=sum)", [4, 3, 2, 1, 1]),
    ],
)
def test_ranks_and_groups_of_figures_computed_in_four_ways(expression: str, right: list[float | None]) -> None:
    found = values(expression, WAYS, variables={"sum": "a + b", "found": expression})
    assert found == right


def test_a_cell_of_a_frame_is_its_fifteen_digits() -> None:
    table = frame(x=[0.1 + 0.2, 0.7 - 0.4, sum([0.1] * 10), 1.1 * 1.1], y=[0.3, 0.3, 1.0, 1.21])
    assert values("x == y", table) == [1, 1, 1, 1]
    assert values("where(x - y, 1, 2)", table) == [2, 2, 2, 2]
    assert values("ceil(x * 100)", table) == [30, 30, 100, 121]
    assert values("x <= 0.3", table, columns={"x": {"range": [0.3, 1.21]}}) == [1, 1, 0, 0]
