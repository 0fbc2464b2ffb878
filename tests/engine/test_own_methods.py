"""Methods of the user's own: how they are registered, what is refused, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite
from equite.engine.methods import NORMALISERS, TRANSFORMS
from equite.engine.registry import Method

pytestmark = pytest.mark.usefixtures("own_methods")
TITLE = {"fr": "racine de la part", "en": "root of the share"}
TABLE = pd.DataFrame({"code": list("ABC"), "x": [1, 4, 9], "y": [3, 2, 1], "z": [0.1, 0.2, None]})


def page(**keys: Any) -> dict[str, Any]:
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}]
    index = {"criteria": {"x": 1, "y": 1}, **keys.pop("index", {})}
    head = {"equite": 1, "id": "own", "language": "en", "key": "code", "envelope": 1000}
    return {**head, "indices": {"need": index}, "parts": parts, **keys}


def variable(expression: str) -> list[float]:
    found: list[float] = equite.allocate(page(variables={"v": expression}), TABLE).variables["v"].tolist()
    return found


def refused(call: Callable[[], object], kind: type[equite.EquiteError] = equite.MethodError) -> dict[str, str]:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return {language: caught.value.text(language).replace("\u00a0", " ") for language in ("fr", "en")}  # type: ignore[arg-type]


def two(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x + y


def one(x: np.ndarray) -> np.ndarray:
    return x


# Registering.

REGISTERS: dict[str, Callable[..., Any]] = {
    "normaliser": equite.normaliser,
    "aggregator": equite.aggregator,
    "transform": equite.transform,
    "function": equite.row_function,
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("normaliser", "rank"),
        ("normaliser", "levels"),
        ("normaliser", "geometric"),
        ("aggregator", "arithmetic"),
        ("aggregator", "min-max"),
        ("transform", "log"),
        ("transform", "step"),
        ("function", "sqrt"),
        ("function", "step"),
        ("function", "total"),
        ("function", "amount"),
    ],
)
def test_a_name_that_is_taken_is_refused(kind: str, name: str) -> None:
    told = refused(lambda: REGISTERS[kind](name)(two))
    assert f"there is a method or a word of the page called '{name}' already" in told["en"]
    assert f"s'appelle déjà « {name} »" in told["fr"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("normaliser", ""), ("transform", "2-roots"), ("aggregator", "a b"), ("normaliser", "é"), ("function", "my-root")],
)
def test_what_is_no_name_is_refused(kind: str, name: str) -> None:
    assert f"'{name}' cannot be the name of a method" in refused(lambda: REGISTERS[kind](name)(two))["en"]


def test_a_word_of_python_names_no_function() -> None:
    assert "cannot be the name" in refused(lambda: equite.row_function("lambda")(one))["en"]


def test_a_cell_that_runs_again_replaces_its_method_and_no_other() -> None:
    def made(factor: float) -> Any:
        def scaled(values: np.ndarray) -> np.ndarray:
            return values * factor

        return scaled

    equite.normaliser("scaled")(made(1.0))
    equite.normaliser("scaled")(made(2.0))
    assert NORMALISERS["scaled"].run(np.array([1.0, 3.0])).tolist() == [2.0, 6.0]
    assert "'scaled' already" in refused(lambda: equite.normaliser("scaled")(one))["en"]
    assert "'scaled' already" in refused(lambda: equite.transform("scaled")(made(3.0)))["en"]
    assert "scaled" not in TRANSFORMS


@pytest.mark.parametrize("title", [{"fr": "racine"}, {"fr": "racine", "en": " "}, "root", {**TITLE, "es": "raíz"}])
def test_a_title_is_in_every_language(title: Any) -> None:
    for register in REGISTERS.values():
        told = refused(lambda register=register: register("rooted", title=title)(two))
        assert "the title of 'rooted' is not worded in every language" in told["en"]


def keywords(values: np.ndarray, *, power: float) -> np.ndarray:
    return values**power


@pytest.mark.parametrize(
    ("kind", "function", "arguments"),
    [
        ("normaliser", lambda: 1, "values"),
        ("normaliser", keywords, "values"),
        ("normaliser", "no function", "values"),
        ("aggregator", one, "scores, weights"),
        ("function", lambda: 1, "x"),
    ],
)
def test_a_function_that_cannot_be_called_so_is_refused(kind: str, function: Any, arguments: str) -> None:
    told = refused(lambda: REGISTERS[kind]("odd")(function))
    assert f"the function of 'odd' cannot be called with ({arguments}), each by its place" in told["en"]


@pytest.mark.parametrize("about", [{"parameters": {}}, {"parameters": {"a": 1, "b": 2}}, {"least": {"c": 0}}])
def test_stated_parameters_are_those_of_the_function(about: dict[str, Any]) -> None:
    assert "cannot be called" in refused(lambda: equite.normaliser("odd", **about)(two))["en"]


@pytest.mark.parametrize("default", ["average", True, (), (1, 2), [1]])
def test_a_default_is_something_that_a_page_can_write(default: Any) -> None:
    def scored(values: np.ndarray, way: Any = default) -> np.ndarray:
        return values

    told = refused(lambda: equite.normaliser("odd")(scored))
    assert "the parameter 'way' of 'odd' has a default that no page could write" in told["en"]


def test_parameters_are_those_of_the_function() -> None:
    @equite.normaliser("bent", title=TITLE, least={"power": 0})
    def bent(values: np.ndarray, power: float = 2, ties: Any = ("high", "low"), *, unseen: int = 1) -> np.ndarray:
        return (values / values.max()) ** power if ties == "high" else np.zeros_like(values)

    known: Method = NORMALISERS["bent"]
    assert known.parameters == {"power": 2.0, "ties": ("high", "low")}
    found = [
        equite.allocate(page(index={"normalise": written, "criteria": {"x": 1}}), TABLE).scores["need"].tolist()
        for written in ("bent", {"bent": 1}, {"bent": {"power": 0.5}})
    ]
    assert found == [
        pytest.approx([1 / 81, 16 / 81, 1]),
        pytest.approx([1 / 9, 4 / 9, 1]),
        pytest.approx([1 / 3, 2 / 3, 1]),
    ]
    told = refused(lambda: equite.allocate(page(index={"normalise": {"bent": -1}}), TABLE), equite.FormulaError)
    assert "the method 'bent' does not have the parameters it needs (power, ties)" in told["en"]


# Running.


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (lambda values, *_: values.mean(), "1"),
        (lambda values, *_: np.zeros(2), "2"),
        (lambda values, *_: np.zeros((3, 2)), "3 × 2"),
        (lambda values, *_: ["a"] * 3, "list"),
        (lambda values, *_: None, "NoneType"),
        (lambda values, *_: [[1], [1, 2], 3], "list"),
    ],
)
@pytest.mark.parametrize("kind", REGISTERS)
def test_what_is_not_one_number_for_each_row_is_refused(kind: str, given: Any, found: str) -> None:
    REGISTERS[kind]("odd")(given)
    pages = {
        "normaliser": page(index={"normalise": "odd"}),
        "aggregator": page(index={"aggregate": "odd"}),
        "transform": page(index={"criteria": {"x": {"weight": 1, "transform": "odd"}}}),
        "function": page(
            variables={"v": "odd(x)"}, parts=[{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "v"}}]
        ),
    }
    told = refused(lambda: equite.allocate(pages[kind], TABLE))
    assert told["en"].startswith(f"the function of 'odd' gives {found} where numbers are expected, 3 of them")
    assert f"la fonction de « odd » donne {found} là où des nombres sont attendus" in told["fr"]


def test_a_family_without_a_score_is_refused_and_not_skipped() -> None:
    @equite.aggregator("odd")
    def odd(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.where(scores.sum(axis=1) > 0.5, np.nan, 0.5)

    families = {
        "one": {"weight": 1, "aggregate": "odd", "criteria": {"x": 1}},
        "other": {"weight": 1, "criteria": {"y": 1}},
    }
    told = refused(lambda: equite.allocate(page(index={"criteria": {}, "families": families}), TABLE))
    assert told["en"].startswith("the aggregator 'odd' gives no finite score to 1 territories of 3")


def test_a_transform_that_gives_no_finite_value_is_named_with_the_territories() -> None:
    equite.transform("odd")(lambda values: np.where(values > 3, np.inf, values))
    criteria = {"x": {"weight": 1, "transform": "odd"}}
    told = refused(lambda: equite.allocate(page(index={"criteria": criteria}), TABLE), equite.FormulaError)
    assert "the transform 'odd' gives no value of 'x' for B, C @ indices.need.criteria.x.transform" in told["en"]


def test_a_method_may_do_as_it_likes_with_its_arguments() -> None:
    @equite.aggregator("spoiling")
    def spoiling(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        weights *= 0
        scores *= 0
        return np.arange(float(len(scores)))

    allocation = equite.allocate(page(index={"aggregate": "spoiling"}), TABLE)
    assert allocation.scores["need"].tolist() == [0, 1, 2]
    assert allocation.scope.scoring("need").weights.tolist() == [[0.5, 0.5]] * 3
    assert allocation.scope.scoring("need").matrix.tolist() == [[0, 1], [0.375, 0.5], [1, 0]]


# Functions of one territory.


def test_a_function_of_ones_own_is_one_of_the_language() -> None:
    @equite.row_function("hypotenuse")
    def hypotenuse(x: np.ndarray, y: np.ndarray = 0.0) -> np.ndarray:  # type: ignore[assignment]
        return np.hypot(x, y)

    assert variable("hypotenuse(3 * x, 4 * x) + 1") == [6, 21, 46]
    assert variable("hypotenuse(-x)") == [1, 4, 9]
    assert variable("where(hypotenuse(x) > 3, hypotenuse(4, 3), 0)") == [0, 5, 5]
    told = refused(lambda: variable("hypotenuse(x, y, 1)"), equite.FormulaError)
    assert "hypotenuse() is given 3 values" in told["en"]
    told = refused(lambda: equite.Formula.from_dict(page(constants={"hypotenuse": 1})), equite.FormulaError)
    assert "the name 'hypotenuse' is a word of the language" in told["en"]


def test_what_is_missing_is_not_asked_of_it_and_what_is_not_finite_is_missing() -> None:
    asked = []

    @equite.row_function("inverse")
    def inverse(x: np.ndarray) -> np.ndarray:
        asked.append(x.tolist())
        return 1 / x

    assert variable("default(inverse(z), 7)") == [10, 5, 7]
    assert [0.1, 0.2] in asked
    assert all(len(values) < 3 for values in asked)
    assert variable("default(inverse(x - 4), 7)") == [-1 / 3, 7, 1 / 5]
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "inverse(x - 4)"}}]
    told = refused(lambda: equite.allocate(page(parts=parts), TABLE), equite.FormulaError)
    assert "inverse(x - 4) cannot be computed for B" in told["en"]


def test_it_sees_the_figures_that_comparisons_see_and_gives_one() -> None:
    @equite.row_function("less_three_tenths")
    def less_three_tenths(x: np.ndarray) -> np.ndarray:
        return x - 0.3

    table = pd.DataFrame({"code": ["A"], "a": [0.1], "b": [0.2], "c": [0.3], "x": [1], "y": [1]})
    shown = {
        "zero": "less_three_tenths(a + b)",
        "equal": "less_three_tenths(a + b) == less_three_tenths(c)",
        # 0.4 - 0.3 is 0.10000000000000003 in floats, and 0.1 as a figure.
        "figure": "less_three_tenths(0.4) == a",
        "placed": "ceil(10 * less_three_tenths(0.4))",
    }
    found = equite.allocate(page(variables=shown), table).variables
    assert {name: found[name].tolist() for name in shown} == {"zero": [0], "equal": [1], "figure": [1], "placed": [1]}


def test_one_that_looks_at_other_rows_is_refused() -> None:
    equite.row_function("centred")(lambda x: x - x.mean())
    told = refused(lambda: variable("centred(x)"))
    assert "the function of 'centred' gives a row another value by itself than among the others" in told["en"]


# What is told.


def test_a_page_that_rests_on_them_says_so_and_keeps_their_source() -> None:
    @equite.normaliser("root-share", title=TITLE)
    def root_share(values: np.ndarray) -> np.ndarray:
        return np.sqrt(values / values.sum())

    equite.row_function("untold")(one)
    criteria = {"x": 1, "y": {"weight": "untold(1)", "normalise": "root-share"}}
    allocation = equite.allocate(page(index={"criteria": criteria}), TABLE)
    here = f"{__name__}.test_a_page_that_rests_on_them_says_so_and_keeps_their_source.<locals>.root_share"
    assert [(each.id, each.values["name"]) for each in allocation.warnings_found] == [
        ("own-normaliser", "root-share"),
        ("own-function", "untold"),
        ("method-untitled", "untold"),
    ]
    assert allocation.warnings[0].startswith(f"the normaliser 'root-share' does not come with equite: it is {here}: ")
    methods = allocation.record["own_methods"]
    assert [(each["kind"], each["name"]) for each in methods] == [("normaliser", "root-share"), ("function", "untold")]
    assert methods[0]["origin"] == here
    assert "return np.sqrt(values / values.sum())" in methods[0]["source"]
    assert "own_methods" not in equite.allocate(page(), TABLE).record


@pytest.mark.parametrize(
    ("keys", "told", "mend"),
    [
        ({"index": {"normalise": "own"}}, "there is no normaliser 'own'", '`@equite.normaliser("own")`'),
        ({"index": {"aggregate": "own"}}, "there is no aggregator 'own'", '`@equite.aggregator("own")`'),
        (
            {"index": {"criteria": {"x": {"weight": 1, "transform": "own"}}}},
            "there is no transform 'own'",
            '`@equite.transform("own")`',
        ),
        ({"variables": {"v": "own(x)"}}, "there is no function 'own'", '`@equite.row_function("own")`'),
    ],
)
def test_a_record_read_elsewhere_names_what_is_wanting(keys: dict[str, Any], told: str, mend: str) -> None:
    found = refused(lambda: equite.allocate(page(**keys), TABLE), equite.FormulaError)
    assert told in found["en"]
    assert f"one of your own is registered in Python, with {mend}, before the page is" in found["en"]
    assert mend in found["fr"]
