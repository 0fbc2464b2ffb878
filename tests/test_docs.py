"""The documentation: its pages are run, its refusals are provoked, its lists are held complete."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from typer.main import get_command

import equite
from equite.cli import application
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.formula.fields import RESERVED
from equite.formula.indices import Direction, Method, Missing, Outliers
from equite.formula.model import FormulaModel
from equite.formula.tables import Table

ROOT = Path(__file__).resolve().parents[1]
FORMULA = ROOT / "docs" / "formula.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
READMES = (ROOT / "README.md", ROOT / "README.fr.md", *sorted(ROOT.glob("examples/*/README.md")))
PAGES = (*sorted(ROOT.glob("docs/*.md")), *READMES)

#: Shapes that a page never writes by these keys: it writes a word or `{name: …}`, and the model holds what was meant.
WORDED = {
    Direction: ("high", "low", "toward", "by", "cut", "below", "above"),
    Method: (),
    Outliers: ("keep", "winsorise"),
    Missing: ("refuse", "skip", "minimum_present", "fill", "fill_from", "median", "mean", "by"),
    Table: ("up_to", "above", "from", "points"),
}


class Case(NamedTuple):
    """A page of the documentation, with the Python before it and the table and the outcome under it, if any."""

    source: str
    page: str
    table: str | None
    outcome: str | None
    python: str = ""

    def formula(self) -> equite.Formula:
        exec(compile(self.python, self.source, "exec"), {"__name__": "methods"})
        return equite.Formula.from_text(self.page)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Give each fenced block: its language, its content, and the prose that stands before it."""
    parts = re.split(r"^```(\w*)[^\n]*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [(parts[at + 1], parts[at + 2], parts[at]) for at in range(0, len(parts) - 2, 3)]


def cases(path: Path) -> Iterator[Case]:
    found = blocks(text_of(path))
    for at, (language, page, _) in enumerate(found):
        if language != "yaml" or not page.startswith("equite: 1"):
            continue
        table = outcome = None
        # What belongs to a page follows it with nothing but blank lines between.
        if at + 1 < len(found) and found[at + 1][0] == "csv" and not found[at + 1][2].strip():
            table = found[at + 1][1]
            if at + 2 < len(found) and found[at + 2][0] == "text" and not found[at + 2][2].strip():
                outcome = found[at + 2][1]
        identity = re.search(r"^id: (.*)$", page, flags=re.MULTILINE)
        assert identity
        # Methods of one's own stand right above the page that uses them.
        python = found[at - 1][1] if at and found[at - 1][0] == "python" else ""
        yield Case(f"{path.name}:{identity[1]}", page, table, outcome, python)


def all_cases() -> list[Case]:
    return [case for path in PAGES for case in cases(path)]


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str)


def lines_of(allocation: equite.Allocation) -> dict[str, float | str]:
    """Give the outcome in the words that the documentation uses."""
    lines: dict[str, float | str] = dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
    lines |= {name: getattr(allocation, name) for name in ("on_top", "reserve") if getattr(allocation, name)}
    if allocation.excluded_by:
        lines["excluded"] = ", ".join(sorted(found.code for found in allocation.excluded_by))
    failed = [check for check in allocation.checks if not check.passed]
    if failed:
        lines["failed"] = "; ".join(f"{check.that} ({', '.join(check.failing)})" for check in failed)
    return lines


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Give the rows of every Markdown table with a heading, cells without their blanks."""
    found, inside = [], False
    for line in text.splitlines():
        if line == heading:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not set(line) <= set("|- "):
            found.append([cell.strip() for cell in re.split(r" \|(?= )", line.strip("|"))])
    return found


# --- pages


@pytest.mark.usefixtures("own_methods")
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.source)
def test_every_page_loads(case: Case) -> None:
    assert case.formula().id


@pytest.mark.usefixtures("own_methods")
@pytest.mark.parametrize("case", [case for case in all_cases() if case.outcome], ids=lambda case: case.source)
def test_every_outcome_is_what_the_page_gives(case: Case) -> None:
    assert case.table is not None
    assert case.outcome is not None
    allocation = equite.allocate(case.formula(), table_of(case.table))
    wanted: dict[str, float | str] = {}
    for line in case.outcome.splitlines():
        name, _, value = line.partition(": ")
        wanted[name] = value if name in ("excluded", "failed") else float(value)
    assert lines_of(allocation) == wanted


def test_there_are_pages_to_run() -> None:
    assert sum(case.outcome is not None for case in all_cases()) >= 25
    assert [case.source for case in all_cases() if "@equite." in case.python] == ["formula.md:methods-of-ones-own"]


def first() -> Case:
    return next(cases(FORMULA))


@pytest.mark.parametrize(
    ("written", "because"),
    [(row[0].strip("`"), row[1]) for row in rows_of(text_of(FORMULA), "| Written | Refused because |")],
)
def test_what_the_page_refuses(written: str, because: str, tmp_path: Path) -> None:
    case = first()
    assert case.table is not None
    base, change = tmp_path / "base.yaml", tmp_path / "change.yaml"
    base.write_text(case.page, encoding="utf-8")
    change.write_text(written + "\n", encoding="utf-8")
    with pytest.raises(equite.EquiteError) as refused:
        equite.allocate(equite.Formula.read(base).overlaid(change), table_of(case.table))
    assert because in refused.value.text("en").replace("\u00a0", " ")


# --- the language

FUNCTIONS = [row for row in rows_of(text_of(FORMULA), "| Function | Meaning | Example | Result |") if len(row) == 4]


def value_of(expression: str) -> list[float]:
    """Run an expression on the table, and with the tables, of the section on functions."""
    text = text_of(FORMULA)
    table = next(content for language, content, before in blocks(text) if "tables named are" in before)
    prose = text[text.index("The tables named are") :].split("\n\n")[0]
    named = dict(re.findall(r"`(\w+): (\{.*?\}(?:, above: \d+\})?)`", prose))
    assert set(named) == {"st", "fr", "pt", "ws"}
    head = "equite: 1\nid: t\nkey: code\ntables:\n" + "".join(f"  {name}: {shape}\n" for name, shape in named.items())
    page = head + f"variables:\n  found: >-\n    {expression}\nparts:\n  - {{id: p, share: {{as_is: 1}}}}\n"
    allocation = equite.allocate(equite.Formula.from_text(page), table_of(table))
    return [float(value) for value in allocation.variables["found"]]


@pytest.mark.parametrize(("expression", "result"), [(row[2].strip("`"), row[3]) for row in FUNCTIONS])
def test_every_example_of_a_function(expression: str, result: str) -> None:
    for value, shown in zip(value_of(expression), result.split(" · "), strict=True):
        if shown == "—":
            assert np.isnan(value)
        else:
            digits = len(shown.partition(".")[2])
            assert round(value, digits) == float(shown)


def test_every_function_is_explained_with_its_arguments() -> None:
    signatures = " ".join(row[0] for row in FUNCTIONS)
    missing = [name for name in (*ROW_FUNCTIONS, *TABLE_FUNCTIONS, *AGGREGATES) if f"`{name}(" not in signatures]
    assert not missing
    assert all(f"`{keyword}=" in signatures for keyword in ("by", "weights", "among"))


METHODS = {kind: rows_of(text_of(FORMULA), f"| {kind} | Meaning | Scores |") for kind in ("Normaliser", "Aggregator")}


def scores_of(written: str, kind: str) -> list[float]:
    """Run a method, written as a page would, on the values that the documentation states above its table."""
    index = (
        "    criteria: {x: 1}\n    normalise: "
        if kind == "Normaliser"
        else "    criteria: {x: 2, y: 1}\n    aggregate: "
    )
    # Raw values of 0 to 1 scored from 0 to 1 by these goalposts are their own scores.
    same = "" if kind == "Normaliser" else "    normalise: {goalposts: [0, 1]}\n"
    values = "x\n10\n20\n15\n40\n" if kind == "Normaliser" else "x,y\n0.2,0.8\n0.4,0.4\n"
    rows = "".join(f"{at},{row}\n" if at else f"code,{row}\n" for at, row in enumerate(values.split()))
    page = f"equite: 1\nid: t\nkey: code\nindices:\n  need:\n{same}{index}{written}\n"
    page += "parts:\n  - {id: p, share: {as_is: 1}}\n"
    return equite.allocate(equite.Formula.from_text(page), table_of(rows)).scores["need"].tolist()


@pytest.mark.parametrize(
    ("kind", "written", "result"), [(kind, row[0].strip("`"), row[2]) for kind, rows in METHODS.items() for row in rows]
)
def test_every_example_of_a_method(kind: str, written: str, result: str) -> None:
    for value, shown in zip(scores_of(written, kind), result.split(" · "), strict=True):
        assert round(value, len(shown.partition(".")[2])) == float(shown)


def test_every_method_is_explained_with_its_parameters() -> None:
    text = text_of(FORMULA)
    section = text[text.index("## 9.") : text.index("## 10.")]
    for kind, registry in (("Normaliser", NORMALISERS), ("Aggregator", AGGREGATORS)):
        named = [re.split(r"[{}:`]+", row[0])[1] for row in METHODS[kind]]
        assert set(named) == set(registry)
        for method in registry.values():
            given = " ".join(
                " ".join(row) for row, name in zip(METHODS[kind], named, strict=True) if name == method.name
            )
            required = {name for name, default in method.parameters.items() if default is None}
            assert not [
                name for name in set(method.parameters) - required if f"`{name}`" not in given and name not in given
            ]
    for name in (*TRANSFORMS, "step"):
        assert re.search(rf"`(transform: )?\{{?{name}\b", section)


def test_every_word_of_the_language_is_named() -> None:
    text = text_of(FORMULA)
    assert all(f"`{word}`" in text for word in RESERVED)


# --- the keys


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def keys_of(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """Give every key that a page may write below a model, by the name it has there."""
    if model in seen:
        return
    seen.add(model)
    if model in WORDED:
        yield from WORDED[model]
        return
    for name, field in model.model_fields.items():
        yield field.alias or name
        for below in models_in(field.annotation):
            yield from keys_of(below, seen)


def test_every_key_is_explained() -> None:
    seen: set[type[BaseModel]] = set()
    keys = sorted(set(keys_of(FormulaModel, seen)))
    assert {"equite", "except", "each", "heading", "minimum_present", "adopted_by"} <= set(keys)
    assert set(WORDED) <= seen
    prose = re.sub(r"^```.*?^```$", "", text_of(FORMULA), flags=re.MULTILINE | re.DOTALL)
    spans = " ".join(re.findall(r"`([^`]+)`", prose))
    assert not [key for key in keys if not re.search(rf"(?<![\w.]){re.escape(key)}(?![\w(])", spans)]


# --- the worked cases of the explanation


def worked() -> list[tuple[Case, str]]:
    """Give each page of the architecture with the lines by territory that stand under it."""
    found = blocks(text_of(ARCHITECTURE))
    lines = [content for language, content, _ in found if language == "text" and content.startswith("code")]
    return list(zip(cases(ARCHITECTURE), lines, strict=True))


@pytest.mark.parametrize(("case", "lines"), worked(), ids=lambda value: getattr(value, "source", ""))
def test_the_explanations_worked_by_hand(case: Case, lines: str) -> None:
    assert case.table is not None
    allocation = equite.allocate(equite.Formula.from_text(case.page), table_of(case.table))
    wanted = pd.read_csv(io.StringIO(lines), sep=r"\s+", dtype={"code": str}).set_index("code")
    assert list(wanted.index) == list(allocation.codes)
    for code, row in wanted.iterrows():
        explanation = allocation.explain(str(code))
        found = {line.id: line.amount for line in explanation.lines}
        assert {**found, "amount": explanation.amount} == pytest.approx(row.to_dict(), abs=1e-9)
        assert sum(line.amount for line in explanation.lines) == pytest.approx(explanation.amount, abs=1e-9)


# --- the READMEs


def commands_of(path: Path) -> list[list[str]]:
    """Give the words of every `equite …` command in a shell block or a span of code."""
    text = text_of(path)
    shell = [
        line
        for language, content, _ in blocks(text)
        if language in ("sh", "bash", "console")
        for line in content.splitlines()
    ]
    spans = re.findall(r"`(equite [^`]+)`", text)
    return [line.split() for line in (*shell, *spans) if line.startswith("equite ")]


def test_the_readmes_give_the_same_commands() -> None:
    english, french = (commands_of(ROOT / name) for name in ("README.md", "README.fr.md"))
    assert [words[:2] for words in english] == [words[:2] for words in french]
    assert len(english) >= 8


def test_the_commands_of_the_readmes_exist() -> None:
    root = get_command(application("en"))
    for path in (*READMES, FORMULA, ROOT / "docs" / "index.md"):
        for words in commands_of(path):
            assert not [word for word in words if word.startswith("examples/") and not (ROOT / word).exists()]
            command: Any = root
            # What stands before a command is of the whole: an option and its value.
            before = re.match(r"equite(?: --\S+ \S+)*", " ".join(words))
            assert before is not None
            for word in words[len(before[0].split()) :]:
                if not hasattr(command, "commands"):
                    break
                assert word in command.commands, (path.name, words)
                command = command.commands[word]
            options = {option for parameter in (*root.params, *command.params) for option in parameter.opts}
            assert {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= options, (
                path.name,
                words,
            )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text_of(path)):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_python_in_the_readmes_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = {}
    for name in ("README.md", "README.fr.md"):
        code = [content for language, content, _ in blocks(text_of(ROOT / name)) if language == "python"]
        assert code
        # What is written goes to a folder of the test's own.
        found[name] = re.sub(r'"(amounts|report|what_if)\.', rf'"{tmp_path.as_posix()}/\1.', "\n".join(code))
        exec(compile(found[name], name, "exec"), {})
    strip = re.compile(r"#.*$", flags=re.MULTILINE)
    assert len({strip.sub("", code) for code in found.values()}) == 1


# --- the examples


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in ROOT.glob("examples/*/README.md")), ids=lambda path: path.name
)
def test_an_example_says_in_both_languages_what_it_shows(folder: Path) -> None:
    text = text_of(folder / "README.md")
    assert "## English" in text
    assert "## Français" in text
    for page in folder.glob("*.yaml"):
        assert page.name in text
    formula = folder / "formula.yaml"
    if formula.exists() and not (folder / "territories.csv").exists():
        headings = [needed.heading for needed in equite.Formula.read(formula).names.columns.values()]
        assert not [heading for heading in headings if f"`{heading}`" not in text]
