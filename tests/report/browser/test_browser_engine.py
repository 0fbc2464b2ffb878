"""The engine by itself: it knows what Python knows, counts and words as it does, says when it differs, harms nobody."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from engine_runner import Decided, parameters, ran
from pydantic import BaseModel

import equite
from equite import Formula, allocate, wording
from equite.engine.apportionment import DIVISORS
from equite.engine.equality import alike
from equite.engine.functions import DECIDED
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Aggregator, Method, Normaliser
from equite.engine.rounding import largest_remainders, round_half_away
from equite.engine.sharing import Groups, solve
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.formula.indices import Criterion, Family, Index
from equite.formula.model import Check, FormulaModel, Limit, Move, Override, Part, Pool, Rounding, Rule, Share
from equite.inputs.figures import typed
from equite.report.browser.closed import CLOSED
from equite.report.browser.engine_source import SOURCES, engine_source
from equite.report.browser.payload import payload_json, payload_of
from equite.report.browser.problems import OWN_SENTENCES, engine_entries
from equite.wording import LOCALES, has, template

pytestmark = pytest.mark.browser

PACKAGE = Path(equite.__file__).parent
DOCS = PACKAGE.parent / "docs" / "browser.md"
#: The modules that an allocation passes through, once the page is read.
ON_THE_WAY = (
    *("aggregates", "allocate", "apportionment", "bounded", "bounds", "criteria", "eligibility", "equality"),
    *("evaluation", "exact", "exactness", "foundation", "functions", "gathering", "goalposts", "limits", "methods"),
    *("missing", "outliers", "parts", "rounding", "scoring", "sharing", "steps", "suppression", "unbounded"),
)
#: What those modules say that the engine does not, each with its reason.
NOT_IN_THE_ENGINE = {
    "share-over": "equite.share is a function of the library, and no part of a page",
    "share-short": "the same",
    "share-negative": "the same",
    "share-no-number": "the same",
    "share-other-length": "the same",
    "share-not-finite": "the same",
    "share-negative-score": "the same",
    "share-crossed": "the same",
    "table-empty": "of the table, which was read before",
    "code-unknown": "the same",
    "no-floor": "a warning: the page tells those of the decided amounts",
    "no-ceiling": "the same",
    "figures-suppressed": "the same",
    "prorated": "told of each part and limit as `prorated`",
    "aggregator-without-score": "of methods of one's own, which are closed",
    "aggregator-unknown": "known as the payload is written, which carries it",
    "goalposts-unknown": "the same",
    "levels-unknown": "the same",
    "normaliser-unknown": "the same",
    "transform-unknown": "the same",
    "table-unknown": "the same",
}
REGION = PACKAGE.parent / "examples" / "region_13"


@pytest.fixture(scope="module")
def region() -> Decided:
    return Decided.of("region", Formula.read(REGION / "half_salary.yaml"), REGION / "territories.csv")


def known(tab: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tab.evaluate("JSON.stringify(equite.knows)"))
    return found


# One source of truth


def test_the_engine_knows_every_function_of_the_language(tab: Any) -> None:
    found = known(tab)
    decided = set(found["functions"]) | (set(found["decided"]) - {"step"})
    assert decided == set(ROW_FUNCTIONS)
    assert set(found["tables"]) == set(TABLE_FUNCTIONS)
    assert set(found["aggregates"]) == set(AGGREGATES)
    assert set(found["decided"]) == set(DECIDED)
    assert set(found["divisors"]) == set(DIVISORS)


def described(method: Method) -> dict[str, Any]:
    """Tell of a method what the engine tells of its own."""
    parameters = {name: list(each) if isinstance(each, tuple) else each for name, each in method.parameters.items()}
    found: dict[str, Any] = {"parameters": parameters}
    flags = {"rises": method.increasing, "least": dict(method.least)}
    if isinstance(method, Normaliser):
        flags |= {"inUnits": method.in_units, "onlyHigh": method.only_high}
    if isinstance(method, Aggregator):
        flags |= {"positive": method.positive}
    return found | {key: value for key, value in flags.items() if value}


@pytest.mark.parametrize(
    ("kind", "registered"), [("normalisers", NORMALISERS), ("aggregators", AGGREGATORS), ("transforms", TRANSFORMS)]
)
def test_the_engine_knows_every_method_with_its_parameters(tab: Any, kind: str, registered: dict[str, Method]) -> None:
    expected = {name: described(method) for name, method in registered.items() if not method.is_own}
    assert known(tab)[kind] == expected


def said_by(module: str) -> Iterator[str]:
    """Name the errors and warnings whose ids stand in a module of the engine in Python."""
    tree = ast.parse((PACKAGE / "engine" / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not has(node.value, "en"):
            continue
        if isinstance(template(node.value, "en"), dict):
            yield node.value


def test_the_engine_says_every_refusal_that_python_says() -> None:
    said = {entry for module in ON_THE_WAY for entry in said_by(module)}
    assert said - set(engine_entries()) == set(NOT_IN_THE_ENGINE) & said
    assert set(NOT_IN_THE_ENGINE) - said == set()


def test_the_engine_says_nothing_else() -> None:
    errors = {entry for entry in engine_entries() if isinstance(template(entry, "en"), dict)}
    said = {entry for module in ON_THE_WAY for entry in said_by(module)}
    inward = {entry for entry in errors if entry.endswith("-inward")}
    assert errors - said - inward - set(OWN_SENTENCES) == {"envelope-negative", "envelope-not-multiple", "input-more"}


def test_what_is_closed_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("## The closed list") :].split("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(CLOSED)


# Numbers and words


def figures(count: int) -> list[float]:
    """Draw numbers as people type them, and as arithmetic leaves them."""
    random = Random("figures")
    typed_ones = [round(random.uniform(-1e6, 1e6), random.randint(0, 6)) for _ in range(count)]
    dusty = [0.1 * random.randint(1, 99) + 0.2 for _ in range(count)]
    wide = [random.uniform(-1, 1) * 10.0 ** random.randint(-20, 20) for _ in range(count)]
    halves = [random.randint(-999, 999) / 2 * 10.0 ** random.randint(-3, 3) for _ in range(count)]
    return [*typed_ones, *dusty, *wide, *halves, 1.005, 2.675, 0.07 * 100, 1e-5, 1e21, -0.0]


def floats(found: list[float]) -> list[float]:
    """Read what came from a browser: a large whole number comes as the digits that JavaScript writes of it."""
    return [float(each) for each in found]


def test_sums_are_numpys_bit_by_bit(tab: Any) -> None:
    lists = [figures(250)[:length] for length in (1, 7, 8, 9, 127, 128, 129, 130, 255, 300, 1000)]
    found = tab.evaluate("lists => lists.map((each) => equite.sum(Float64Array.from(each)))", lists)
    assert floats(found) == [float(np.array(each).sum()) for each in lists]


def test_figures_are_read_as_they_were_typed(tab: Any) -> None:
    values = figures(500)
    found = tab.evaluate("values => values.map(equite.typedFigure)", values)
    assert floats(found) == typed(np.array(values)).tolist()


@pytest.mark.parametrize("digits", [-2, 0, 1, 2])
def test_halves_go_away_from_zero(tab: Any, digits: int) -> None:
    values = figures(500)
    found = tab.evaluate(
        "([values, digits]) => values.map((each) => equite.roundHalfAway(each, digits))", [values, digits]
    )
    assert floats(found) == round_half_away(np.array(values), digits).tolist()


def kernels(count: int) -> list[list[Any]]:
    """Draw fixed parts, scores, bounds and money; many rows meet a bound, some have no score."""
    random, found = Random("kernels"), list[list[Any]]()
    for _ in range(count):
        size, has_bounds = random.randint(1, 300), random.random() < 0.8
        fixed = [random.choice([0.0, round(random.uniform(-50, 50), 2)]) for _ in range(size)]
        score = [
            random.choice([0.0, random.random(), random.random() * 1e3, random.random() * 1e-3]) for _ in range(size)
        ]
        lower = [
            random.choice([-np.inf, round(random.uniform(0, 40), 1)]) if has_bounds else -np.inf for _ in range(size)
        ]
        upper = [max(low, random.choice([np.inf, round(random.uniform(0, 90), 1)])) for low in lower]
        upper = upper if has_bounds else [np.inf] * size
        found.append([fixed, score, lower, upper, round(random.uniform(-20, 60) * size, 2)])
    return found


def test_the_kernel_is_pythons_bit_by_bit(tab: Any) -> None:
    # Infinite bounds do not pass as JSON.
    cases = kernels(120)
    sent = json.dumps(
        [[f, s, [max(x, -1e308) for x in lo], [min(x, 1e308) for x in hi], m] for f, s, lo, hi, m in cases]
    )
    run = """text => JSON.parse(text).map(([fixed, score, lower, upper, money]) => {
      const open = (values) => Float64Array.from(values, (each) => (Math.abs(each) === 1e308 ? each * 10 : each));
      const of = (values) => Float64Array.from(values), { Groups, solve } = equite.kernel;
      const all = Groups.single(fixed.length);
      const { amounts, level, gap } = solve(of(fixed), of(score), open(lower), open(upper), of([money]), all);
      return [Array.from(amounts), level[0], gap[0]];
    })"""
    for case, (amounts, level, gap) in zip(cases, tab.evaluate(run, sent), strict=True):
        arrays = [np.array(each) for each in case[:4]]
        expected = solve(*arrays, np.array([case[4]]), Groups.single(len(case[0])))
        assert floats(amounts) == expected.amounts.tolist()
        assert floats([level, gap]) == [expected.level[0], expected.gap[0]]


def test_remainders_that_are_equal_but_for_dust_go_in_code_order(tab: Any) -> None:
    random, cases = Random("remainders"), []
    for _ in range(80):
        size, edge = random.randint(2, 12), (random.randint(0, 40) + 0.5) * 4e-9
        remainders = [edge * (1 + random.choice([-1, 0, 1]) * 2.0**-50) for _ in range(size)]
        remainders = (
            remainders
            if random.random() < 0.5
            else [random.choice([0.3, 0.1 + 0.2, 0.3 - 1e-16, 0.8]) for _ in range(size)]
        )
        shares = [7 + each for each in remainders]
        cases.append([shares, 7 * size + random.randint(0, size)])
    run = """cases => cases.map(([shares, total]) => Array.from(equite.kernel.largestRemainders(
      Float64Array.from(shares), Float64Array.of(total), equite.kernel.Groups.single(shares.length))))"""
    for (shares, total), found in zip(cases, tab.evaluate(run, cases), strict=True):
        expected = largest_remainders(np.array(shares), np.array([total]), Groups.single(len(shares)))
        assert found == expected.tolist()


def test_values_inside_their_bounds_are_given_one_float(tab: Any) -> None:
    random, cases = Random("alike"), []
    for _ in range(80):
        values = [random.choice([0.3, 0.1 + 0.2, 0.6, 0.3 * 2, 0.1 * 6, 0.7]) for _ in range(random.randint(1, 20))]
        cases.append([values, [random.choice([0.0, 1e-16, 2e-16]) for _ in values]])
    run = """cases => cases.map(([values, bounds]) => Array.from(
      equite.kernel.alikeOf(Float64Array.from(values), Float64Array.from(bounds))))"""
    found = tab.evaluate(run, cases)
    assert found == [alike(np.array(values), np.array(bounds)).tolist() for values, bounds in cases]


RANKED = """
equite: 1
id: ranked
language: en
key: code
envelope: 100
variables: {joint: a + b}
parts: [{id: p, pool: remainder, share: {in_proportion_to: rank(joint)}}]
rounding: {to: 1}
"""


def test_computed_values_that_are_equal_share_a_rank(tab: Any) -> None:
    # In floats 0.1 + 0.2 is more than 0.3.
    table = {"code": ["A", "B", "C"], "a": [0.1, 0.3, 0.2], "b": [0.2, 0.0, 0.1]}
    decided = Decided.of("ranked", Formula.from_text(RANKED), table)
    assert decided.allocation.units.tolist() == [34, 33, 33]
    assert ran(tab, decided, [])["agrees"] is True


@pytest.mark.parametrize("language", list(LOCALES))
@pytest.mark.parametrize("digits", [None, 0, 2])
def test_numbers_are_written_as_python_writes_them(
    tab: Any, region: Decided, language: str, digits: int | None
) -> None:
    values = [each for each in figures(300) if abs(each) < 1e15]
    locale = payload_of(region.allocation)["locales"][language]
    run = "([values, locale, digits]) => values.map((each) => equite.numeral(each, locale, digits))"
    assert tab.evaluate(run, [values, locale, digits]) == [wording.numeral(each, language, digits) for each in values]
    run = "([values, locale]) => values.map((each) => equite.moneyText(each, locale, 2))"
    money = [wording.money(each, language, region.formula.currency, 2) for each in values]
    assert tab.evaluate(run, [values, locale]) == money


# It cannot lie


def test_units_that_differ_are_told(tab: Any, region: Decided) -> None:
    payload = payload_of(region.allocation)
    run = "payload => { const { agrees, differing } = equite.verify(payload); return { agrees, differing }; }"
    assert tab.evaluate(run, payload) == {"agrees": True, "differing": []}
    payload["decided"]["units"][3] += 1
    assert tab.evaluate(run, payload) == {"agrees": False, "differing": [payload["decided"]["codes"][3]]}
    payload = payload_of(region.allocation)
    payload["decided"]["codes"].pop(), payload["decided"]["units"].pop()
    assert tab.evaluate(run, payload) == {"agrees": False, "differing": [region.allocation.codes[-1]]}


def test_what_is_no_number_or_no_parameter_is_refused(tab: Any, region: Decided) -> None:
    run = """([payload, moves]) => {
      const { refused } = equite.allocate(payload, moves);
      return refused.problems.map((problem) => ["en", "fr"].map((each) => equite.say(payload, problem, each)));
    }"""
    payload = payload_of(region.allocation)
    found = tab.evaluate(run, [payload, {"envelope": "", "constants.nothing": 4}])
    assert [each[0] for each in found] == [
        "'Envelope' has no number: write one, such as 12.5",
        "'constants.nothing' is not one of the numbers of this page: "
        "check that what was given comes from the same formula",
    ]
    assert found[0][1].endswith("écrivez-en un, comme 12,5")


@pytest.mark.usefixtures("own_methods")
def test_a_page_with_methods_of_its_own_is_closed(tab: Any) -> None:
    equite.row_function("twice")(lambda values: 2 * values)
    page: dict[str, Any] = {"equite": 1, "id": "own", "language": "en", "key": "code", "envelope": 10}
    page["parts"] = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "twice(x)"}}]
    payload = payload_of(allocate(page, {"code": ["A", "B"], "x": [1, 2]}))
    assert (payload["closed"], payload["page"], payload["parameters"]) == (["own-method"], None, [])
    assert payload["decided"]["units"] == [333, 667]
    assert tab.evaluate("payload => equite.verify(payload).agrees", payload) is None
    run = "payload => equite.say(payload, equite.allocate(payload).refused.problems[0], 'en')"
    assert tab.evaluate(run, payload).startswith("nothing of this page can be moved here")


def test_everything_that_is_missing_is_told_at_once(tab: Any) -> None:
    page: dict[str, Any] = {"equite": 1, "id": "gaps", "language": "en", "key": "code", "envelope": 100}
    page["constants"] = {"start": 3}
    page["parts"] = [
        {"id": "one", "pool": {"fraction": "0.5"}, "share": {"in_proportion_to": "x / (start - 2)"}},
        {"id": "two", "pool": "remainder", "share": {"in_proportion_to": "total(y / (start - 2))"}},
    ]
    page["limits"] = [{"id": "floor", "at_least": "1", "except": "log(start - 2) > 5"}]
    decided = Decided.of("gaps", Formula.from_dict(page), {"code": ["A", "B"], "x": [1, 2], "y": [3, 4]})
    (told,) = ran(tab, decided, [{"constants.start": 2.0}])["moved"]
    with pytest.raises(equite.EquiteError) as refused:
        allocate(decided.formula.replace({"constants": {"start": 2}}), decided.table)
    expected = [each.text("en") for each in refused.value.problems]
    assert len(expected) > 2
    assert told["refused"]["en"] == expected


# What it is made of, and what it is given


def test_the_engine_runs_no_text_and_calls_nobody() -> None:
    source = engine_source()
    for forbidden in (
        r"\beval\b",
        r"\bFunction\(",
        "import ",
        "fetch",
        "XMLHttp",
        "WebSocket",
        "https?:",
        "document",
        "window",
    ):
        code = re.sub(r"^\s*(//|\*|/\*\*).*$", "", source, flags=re.MULTILINE)
        assert re.findall(forbidden, code) == [], forbidden
    folder = PACKAGE / "report" / "browser" / "engine"
    assert sorted(SOURCES) == sorted(file.stem for file in folder.glob("*.js"))
    assert all(len(file.read_text(encoding="utf-8").splitlines()) <= 400 for file in folder.glob("*.js"))


def test_only_what_amounts_rest_on_is_given() -> None:
    page = """
    equite: 1
    id: few
    language: en
    key: code
    name: place
    people: inhabitants
    envelope: 100
    constants: {used: 2, unused: 3}
    variables: {counted: x * used, idle: secret * unused}
    indices: {told: {criteria: {secret: 1}}}
    parts: [{id: p, pool: remainder, share: {in_proportion_to: counted}}]
    """
    table = {"code": ["A", "B"], "place": ["</script>", "B"], "inhabitants": [5, 6], "x": [1, 2], "secret": [7, 8]}
    allocation = allocate(Formula.from_text(page), table)
    payload = payload_of(allocation)
    assert list(payload["table"]["columns"]) == ["x"]
    assert [each["id"] for each in payload["parameters"]] == ["envelope", "constants.used"]
    assert payload["page"]["indices"] == {}
    assert "<" not in payload_json(allocation)
    assert json.loads(payload_json(allocation)) == json.loads(json.dumps(payload))


def test_a_parameter_says_what_it_is(region: Decided) -> None:
    found = {each["id"]: each for each in parameters(region)}
    envelope = found["envelope"]
    assert (envelope["value"], envelope["kind"], envelope["range"][0]) == (1_200_000, "money", 0)
    assert envelope["title"] == {"fr": "Enveloppe", "en": "Envelope"}
    power = found["parts.equity.share.in_proportion_to#0"]
    assert (power["kind"], power["rule"]) == ("exponent", "population ** [0.5] * (0.5 + need)")
    weight = found["indices.need.families.territorial.criteria.density.weight"]
    assert (weight["kind"], weight["title"]["fr"], weight["range"]) == ("weight", "Densité", [0, None])


#: Keys that change no amount: words, dates, marks of the table that was read, what outputs show.
NO_AMOUNT = frozenset(
    {
        *("are_territories", "catalogue", "columns", "consent", "currency", "decimal", "decision", "equite", "key"),
        *("language", "leave_out", "missing_marks", "name", "notes", "people", "source", "status", "suppressed_marks"),
        *("title", "unit"),
    }
)
MODELS = (FormulaModel, Rule, Pool, Share, Part, Override, Move, Limit, Rounding, Check, Index, Family, Criterion)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_that_changes_an_amount_is_given_to_the_engine(model: type[BaseModel]) -> None:
    folder = PACKAGE / "report" / "browser"
    written = "".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in ("page", "methods"))
    given = {name for name in model.model_fields if re.search(rf"\b{name}\b", written)}
    missing = set(model.model_fields) - given - NO_AMOUNT
    # Bounds of a rate are given as `rates`, the unit of rounding as the page's `unit`.
    assert missing <= {"rate_at_least", "rate_at_most", "to"}
