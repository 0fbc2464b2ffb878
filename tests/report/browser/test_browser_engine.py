"""The engine by itself: it knows what Python knows, counts and words as it does, says when it differs, harms nobody."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Decided, parameters, ran
from pydantic import BaseModel

import equite
from equite import Formula, allocate
from equite.engine.apportionment import DIVISORS
from equite.engine.functions import DECIDED
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Aggregator, Method, Normaliser
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.formula.indices import Criterion, Family, Index
from equite.formula.model import Check, FormulaModel, Limit, Move, Override, Part, Pool, Rounding, Rule, Share
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
    # Their ids are ended by either engine itself.
    ended = {entry for entry in errors if entry.endswith(("-inward", "-fits"))}
    assert errors - said - ended - set(OWN_SENTENCES) == {"envelope-negative", "envelope-not-multiple", "input-more"}


def test_what_is_closed_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("## The closed list") :].split("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(CLOSED)


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
    assert len(refused.value.problems) > 2
    assert told["refused"] == {language: refused.value.text(language).splitlines() for language in LOCALES}


# Another table


OTHER = """
equite: 1
id: other
language: en
key: code
envelope: 1000
parts: [{id: p, pool: remainder, share: {in_proportion_to: "x * where(kind == 'b', 2, 1) / rank(x, by=kind)"}}]
rounding: {to: 1}
"""


def test_another_table_takes_the_place_of_the_first(tab: Any) -> None:
    formula = Formula.from_text(OTHER)
    payload = payload_of(allocate(formula, {"code": ["A", "B"], "x": [1, 2], "kind": ["a", "b"]}))
    # The last two stand the other way round in the order of UTF-16.
    table: dict[str, list[Any]] = {"code": ["b", "a", "\U0001f600", "\uffee"], "x": [5, 7.5, 7.5, 7.5]}
    table["kind"] = ["b", "\U0001f600", "\uffee", "b"]
    expected = allocate(formula, table)
    run = """([payload, codes, columns]) => {
      const { table } = equite.tableOf(payload, codes, columns);
      const { codes: found, units } = equite.allocate(payload, {}, table);
      return [found, Array.from(units)];
    }"""
    columns = {"x": table["x"], "kind": table["kind"]}
    assert tab.evaluate(run, [payload, table["code"], columns]) == [list(expected.codes), expected.units.tolist()]
    run = "([payload, codes, columns]) => equite.tableOf(payload, codes, columns).refused"
    refused = {"wanting": ["kind"], "twice": ["a"]}
    assert tab.evaluate(run, [payload, ["a", "b", "a"], {"x": [1, 2, 3]}]) == refused


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
        *(
            "are_territories",
            "catalogue",
            "columns",
            "consent",
            "contest",
            "currency",
            "decimal",
            "decision",
            "equite",
            "key",
        ),
        *("language", "leave_out", "missing_marks", "name", "notes", "people", "source", "status", "suppressed_marks"),
        *("territory", "title", "unit"),
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
