"""Reading pages: text stays text, every mistake has its line, overrides lay over key by key."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

import equite
from equite import Formula, FormulaError
from equite.resources import folder

PAGE = """\
equite: 1
id: page
title: {fr: "Une page", en: "A page"}
envelope: 1000
key: {column: code, width: 3}
constants: {each: 10}
variables: {density: population / area}
parts:
  - {id: base, pool: {each: each}, share: equally}
  - {id: equity, pool: remainder, share: {in_proportion_to: population}}
limits:
  - {id: decided, override: {code: 010, amount: 40, reason: "as agreed"}}
  - {id: floor, at_least: 5, except: 'code in ("ON", "NO", "12:30", "010")'}
rounding: {to: 1}
"""


def problems(text: str) -> str:
    with pytest.raises(FormulaError) as caught:
        Formula.from_text(text, "page.yaml")
    return caught.value.text("en")


def test_scalars_stay_text_as_yaml_1_2_has_them() -> None:
    formula = Formula.from_text(PAGE)
    assert formula.limits[0].override[0].code == "010"
    found = equite.allocate(
        formula,
        {"code": ["010", "ON", "NO", "12:30"], "population": [1, 1, 1, 1], "area": [1, 1, 1, 1]},
    )
    assert found.table.set_index("code")["amount"]["010"] == 40


def test_a_duplicate_key_is_refused_with_both_lines() -> None:
    assert "the key 'id' stands twice (first on line 2) @ page.yaml, line 3" in problems("equite: 1\nid: a\nid: b\n")


def test_all_mistakes_come_at_once_each_with_its_line() -> None:
    text = (
        PAGE.replace("rounding:", "roundin:")
        .replace("share: equally", "share: equaly")
        .replace("envelope: 1000", "envelope: 1 000")
    )
    found = problems(text).splitlines()
    assert len(found) == 3
    assert any(
        "unknown key 'roundin'" in line and "(line 14)" in line and "did you mean 'rounding'" in line for line in found
    )
    assert any("parts.base.share (line 9)" in line for line in found)
    assert any("envelope" in line and "(line 4)" in line for line in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("{each: each}", "{each: min(each, 3)}"), "comma inside {…}"),
        (("id: page", "id: page\n\tx: 1"), "tab"),
        (("in_proportion_to: population", "in_proportion_to: equity + 1"), "the name of what uses it"),
        (("pool: {each: each}", "pool: {each: equity}"), "'equity' is not known yet"),
        (("population / area", "density + 1"), "the name of what uses it"),
        (("{each: 10}", "{base: 10}"), "already taken"),
        (("{each: 10}", "{total: 10}"), "word of the language"),
        (("{each: 10}", "{each: ten}"), "not a plain number"),
        (("{density: population / area}", "{a: b + 1, b: a}"), "in a circle: "),
        (("envelope: 1000", "envelope: -1"), "negative"),
        (("envelope: 1000", "envelope: 1000.5"), "multiple"),
        (("pool: remainder", "pool: {each: 1, amount: 2}"), "exactly one way"),
        (("at_least: 5", "at_least: amount2 + previous"), "does not say what it is"),
        (("pool: {each: each}", "pool: {each: amount}"), "not known yet"),
        (("at_least: 5", "at_least: all"), "outside among="),
    ],
)
def test_names_and_shapes_are_checked_before_any_table(change: tuple[str, str], words: str) -> None:
    assert words in problems(PAGE.replace(*change))


def test_an_override_lays_over_and_lists_its_changes(tmp_path: Path) -> None:
    base, over = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(PAGE, encoding="utf-8")
    over.write_text("constants: {each: 20}\nparts: {base: {title: Base}}\nlimits: {decided: null}\n", encoding="utf-8")
    formula = Formula.read(base).overlaid(over)
    assert formula.constants["each"].value == 20
    assert [limit.id for limit in formula.limits] == ["floor"]
    assert [change.where for change in formula.changes] == ["constants.each", "parts.base.title", "limits.decided"]
    assert Formula.read(base).constants["each"].value == 10


def test_a_mistake_in_an_override_names_the_override(tmp_path: Path) -> None:
    base, over = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(PAGE, encoding="utf-8")
    over.write_text("parts:\n  base:\n    shar: equally\n", encoding="utf-8")
    with pytest.raises(FormulaError) as caught:
        Formula.read(base).overlaid(over)
    assert "over.yaml, parts.base.shar (line 3)" in caught.value.text("en")


def test_replace_takes_python_values_and_leaves_the_formula_as_it_was() -> None:
    formula = Formula.from_text(PAGE)
    other = formula.replace(envelope=2000, language="en")
    assert (other.envelope.value.text, formula.envelope.value.text) == ("2000", "1000")  # type: ignore[union-attr]
    assert other.language == "en"


def test_aliases_cannot_blow_a_page_up() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(98 + at)}: &{chr(98 + at)} [" + ", ".join([f"*{chr(97 + at)}"] * 10) + "]" for at in range(9)]
    assert "too large" in problems("\n".join(lines))


def test_the_schema_knows_every_key_of_the_page() -> None:
    schema = Formula.schema_for_editors()
    assert {"envelope", "parts", "limits", "rounding", "checks"} <= set(schema["properties"])
    assert "except" in schema["$defs"]["Limit"]["properties"]


def test_the_schema_takes_the_examples_and_refuses_typos() -> None:
    validator = jsonschema.Draft202012Validator(Formula.schema_for_editors())
    pages = [page for page in folder("examples").rglob("*.yaml") if page.name != "full_salary.yaml"]
    assert len(pages) >= 7
    for page in pages:
        content = yaml.safe_load(page.read_text(encoding="utf-8"))
        if "equite" in content:
            assert [error.message for error in validator.iter_errors(content)] == []
    content = yaml.safe_load(PAGE.replace("rounding:", "roundin:"))
    assert not validator.is_valid(content)
    assert not validator.is_valid(yaml.safe_load(PAGE.replace("remainder", "remander")))


def test_a_page_read_from_a_mapping_is_the_page_read_from_text() -> None:
    text = Formula.from_text(PAGE)
    assert Formula.from_dict(text.content).content == text.content


@pytest.mark.parametrize(
    ("language", "said"), [("en", "write Formula.content instead"), ("fr", "plutôt Formula.content")]
)
def test_the_former_name_of_the_content_is_there_and_warns(
    language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", language)
    formula = Formula.from_text(PAGE)
    with pytest.warns(DeprecationWarning, match=said) as caught:
        assert formula.page == formula.content
    assert [warning.filename for warning in caught] == [__file__]


def test_formulas_are_frozen() -> None:
    formula = Formula.from_text(PAGE)
    with pytest.raises(Exception, match="frozen"):
        formula.id = "other"  # type: ignore[misc]
