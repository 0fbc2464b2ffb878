"""Labels of a page and labels of a table: refused where they look alike and differ, told where they are nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from equite import Formula, allocate
from equite.errors import EquiteError
from equite.inputs.roll_up import roll_up

ROWS: dict[str, list[Any]] = {
    "code": ["01", "02", "03", "04"],
    "setting": ["Rural", "urban", "urban", "Rural"],
    "region": ["Nord", "Nord", "Sud", "Sud"],
    "n": [1, 2, 3, 4],
}


def page(share: str = "n", **keys: Any) -> Formula:
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": share}}]
    base = {"equite": "1", "id": "t", "language": "en", "key": "code", "envelope": "1200", "parts": parts}
    return Formula.from_dict({**base, **keys})


def refused(formula: Formula, **columns: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    with pytest.raises(EquiteError) as error:
        allocate(formula, {**ROWS, **columns})
    assert error.value.text("fr") != error.value.text("en")
    return [(problem.id, dict(problem.values)) for problem in error.value.problems]


def warned(formula: Formula, **columns: list[Any]) -> list[str]:
    return [problem.id for problem in allocate(formula, {**ROWS, **columns}).warnings_found]


@pytest.mark.parametrize("label", ["rural", "RURAL", "Rurâl", "Ru\u00adral "])
@pytest.mark.parametrize("test", ['setting == "{}"', 'setting != "{}"', 'setting in ("{}", "urban")'])
def test_a_label_that_no_row_has_beside_one_that_looks_like_it(label: str, test: str) -> None:
    formula = page(f"where({test.format(label)}, 2, 1)")
    if label.startswith("Ru\u00ad"):
        assert warned(formula) == []
        return
    [(entry, values)] = refused(formula)
    assert (entry, values["near"], values["row"]) == ("label-spelled-elsewhere", "Rural", 0)


def test_a_label_written_twice_in_one_place_is_one_mistake() -> None:
    formula = page('where(setting == "rural", 2, where(n > 1 and setting == "rural", 3, 1))')
    assert [entry for entry, _ in refused(formula)] == ["label-spelled-elsewhere"]


def test_a_label_that_nothing_looks_like_is_told() -> None:
    assert warned(page('where(setting == "remote", 2, 1)')) == ["label-nowhere"]
    assert warned(page('where(setting == "Rurral", 2, 1)')) == ["label-nowhere"]
    assert warned(page('where(setting in ("remote", "urban"), 2, 1)')) == ["label-nowhere"]


def test_both_spellings_on_the_page_are_both_meant() -> None:
    assert warned(page('where(setting in ("rural", "Rural"), 2, 1)')) == []
    both = ["Rural", "urban", "urban", "rural"]
    assert warned(page('where(setting in ("rural", "Rural"), 2, 1)'), setting=both) == []


def test_one_of_two_spellings_is_refused() -> None:
    [(entry, values)] = refused(page('where(setting == "Rural", 2, 1)'), setting=["Rural", "urban", "urban", "rural"])
    assert entry == "label-two-spellings"
    assert (values["one"], values["other"], values["first"], values["second"]) == ("Rural", "rural", 0, 3)


@pytest.mark.parametrize(("prefix", "entry"), [("ru", "label-begins-elsewhere"), ("RÙ", "label-begins-elsewhere")])
def test_a_beginning_in_another_spelling(prefix: str, entry: str) -> None:
    assert [found for found, _ in refused(page(f'where(starts_with(setting, "{prefix}"), 2, 1)'))] == [entry]


def test_a_beginning_that_is_nowhere_is_told_and_one_that_is_there_is_not() -> None:
    assert warned(page('where(starts_with(setting, "97"), 2, 1)')) == ["label-begins-nowhere"]
    assert warned(page('where(starts_with(setting, "Ru"), 2, 1)')) == []
    assert warned(page('where(starts_with(name, "St "), 2, 1)'), name=["St Jean", "St-Luc", "Stoneham", "x"]) == []


@pytest.mark.parametrize(
    ("one", "other"), [("L'Est", "L’Est"), ("Nord", "nord"), ("Bas-Nord", "Bas\u2011Nord"), ("Évain", "Evain")]
)
@pytest.mark.parametrize(
    "keys",
    [
        {"parts": [{"id": "g", "pool": {"amount": "600"}, "within": "region", "share": "equally"}]},
        {"within": "region", "envelope": "100"},
        {"limits": [{"id": "cap", "by": "region", "at_most": "1200"}]},
        {"variables": {"v": "total(n, by=region)"}, "checks": [{"that": "v > 0"}]},
        {
            "indices": {
                "need": {
                    "criteria": {"n": {"weight": 1, "more_need_when": {"by": "region", "L'Est": "high", "x": "low"}}}
                }
            }
        },
        {"indices": {"need": {"missing": {"fill": "median", "by": "region"}, "criteria": {"n": 1}}}},
    ],
    ids=["within-part", "within", "limit", "aggregate", "direction", "missing"],
)
def test_two_spellings_in_a_column_that_groups(one: str, other: str, keys: dict[str, Any]) -> None:
    found = dict(refused(page(**keys), region=[one, other, "Sud", "Sud"]))
    values = found["label-two-spellings"]
    assert (values["one"], values["other"], values["first"], values["second"]) == (one, other, 0, 1)


def test_what_nobody_sees_makes_no_second_group() -> None:
    formula = page(parts=[{"id": "g", "pool": {"amount": "600"}, "within": "region", "share": "equally"}])
    found = allocate(formula, {**ROWS, "region": ["Nord\u200b", "Nord", "Sud\u00a0", "\u200eSud"]})
    assert found.amounts.tolist() == [300.0] * 4


def test_the_direction_of_a_group_in_another_spelling_is_refused_with_the_near_one() -> None:
    direction = {"by": "setting", "rural": "high", "urban": "low"}
    found = refused(page(indices={"need": {"criteria": {"n": {"weight": 1, "more_need_when": direction}}}}))
    assert [(entry, values["near"]) for entry, values in found] == [("label-spelled-elsewhere", "Rural")]


def test_codes_that_look_alike() -> None:
    invisible = ["01001", "01001\u200b", "02", "03"]
    assert [entry for entry, _ in refused(page(), code=invisible)] == ["input-code-twice"]
    assert [entry for entry, _ in refused(page(), code=["A-1", "A\u20111", "B", "C"])] == ["input-code-alike"]
    assert [entry for entry, _ in refused(page(), code=["L'Est", "L’Est", "B", "C"])] == ["input-code-alike"]
    assert warned(page(), code=["a1", "A1", "B", "C"]) == ["codes-alike"]


def test_headings_that_look_alike() -> None:
    assert [entry for entry, _ in refused(page(), N=[1, 1, 1, 1])] == ["input-heading-alike"]
    # Of columns that the page does not read, nothing depends on it.
    assert warned(page(), Other=[1, 1, 1, 1], other=[1, 1, 1, 1]) == []


def test_codes_are_asked_for_as_they_are_read() -> None:
    limit = {"id": "d", "override": {"code": "01\u200b ", "amount": "500", "reason": "Decided"}}
    found = allocate(page(limits=[limit], rounding={"to": "1"}), ROWS)
    assert found.amounts[found.row("\u200e01 ")] == 500
    assert allocate(page(), ROWS, serving=["01 ", "02"]).codes == ("01", "02")


def test_a_roll_up_refuses_two_spellings_of_where_it_leads() -> None:
    with pytest.raises(EquiteError) as error:
        roll_up({**ROWS, "region": ["Nord", "nord", "Sud", "Sud"]}, "region", {"n": "extensive"}, key="code")
    assert [problem.id for problem in error.value.problems] == ["label-two-spellings"]
