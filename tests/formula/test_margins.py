"""Margins on a tier's page: what a parent may change, place by place, and by how much too far it went."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite import Formula, FormulaError
from equite.errors import Problem
from equite.formula.margins import LOCKED, Margins
from equite.wording import Language

PAGE = """\
equite: 1
id: tier
language: en
key: code
previous: last
envelope: 1000000
within: region
constants:
  coordinator: {value: 85000, title: {fr: "Salaire", en: "Salary"}}
tables:
  scale: {up_to: {0.5: 10, 2: 20}, above: 30}
indices:
  need:
    families:
      territorial:
        weight: 25
        criteria:
          remote: 2
          dense: {weight: 1, more_need_when: low}
      social: {weight: 60, title: {fr: "Social", en: "Social life"}, criteria: {poor: 1, alone: 1}}
      health: {weight: 15, criteria: {sick: 1}}
  aims: {criteria: {water: 1, housing: 1}}
parts:
  - {id: base, pool: {fraction: 0.2}, share: equally}
  - {id: equity, pool: remainder, share: {in_proportion_to: population * (0.5 + need + aims)}}
limits:
  - {id: floor, at_least: 0.9 * previous}
"""
MARGINS: dict[str, Any] = {
    "indices.need.families.territorial.weight": ["15", "35"],
    "indices.need.families.*.criteria.*.weight": ["0", "3"],
    "parts.base.pool.fraction": ["0.10", "0.30"],
    "constants.coordinator": ["70000", "95000"],
    "indices.need.families.territorial.criteria.dense.more_need_when": ["high", "low"],
    "limits.floor.at_least": ["0.9*previous", "0.95 * previous"],
    "indices.aims": "any",
}
BASE = Formula.from_text(PAGE, "tier.yaml")
SOCIAL = "indices.need.families.social"


def margins(value: Any) -> Margins:
    return Margins.model_validate(value)


def laid(tmp_path: Path, text: str) -> Formula:
    (tmp_path / "01.yaml").write_text(text, encoding="utf-8")
    return BASE.overlaid(tmp_path / "01.yaml")


def nested(place: str, value: Any) -> dict[str, Any]:
    for key in reversed(place.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


def check(allowed: Any, *changes: dict[str, Any]) -> list[Problem]:
    local = BASE
    for change in changes:
        local = local.replace(change)
    return margins(allowed).check(BASE, local)


def said(problems: list[Problem], language: Language = "en") -> str:
    return "\n".join(problem.text(language) for problem in problems)


def against_page(allowed: Any, base: Formula = BASE, language: Language = "en") -> str:
    found: list[Problem] = []
    margins(allowed).check_page(base, lambda entry, path, **values: found.append(Problem(entry, values, path[0])))
    return said(found, language)


# What a parent may do.


def test_the_page_itself_is_inside_every_margin() -> None:
    for allowed in ("nothing", "everything", MARGINS):
        assert check(allowed) == []
        assert against_page(allowed) == ""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("indices.need.families.territorial.criteria.remote.weight", 3),
        ("indices.need.families.territorial.criteria.remote", 3),
        ("parts.base.pool.fraction", "0.30"),
        ("constants.coordinator", 70000),
        ("constants.coordinator.value", 95000),
        ("indices.need.families.territorial.criteria.dense.more_need_when", "high"),
        ("limits.floor.at_least", "0.95*previous"),
        ("indices.aims.criteria", {"water": 4, "housing": None, "roads": {"weight": 2, "more_need_when": "low"}}),
        ("indices.aims.aggregate", "geometric"),
    ],
)
def test_a_change_inside_a_margin_is_accepted(place: str, value: Any) -> None:
    change = nested(place, value)
    assert check(MARGINS, change) == []
    assert check("everything", change) == []
    assert check("nothing", change) != []


def test_a_value_outside_says_by_how_much_with_the_line_of_the_override(tmp_path: Path) -> None:
    local = laid(
        tmp_path,
        "constants:\n  coordinator: 99000\nparts:\n  base:\n    pool:\n      fraction: 0.05\n",
    )
    english = said(margins(MARGINS).check(BASE, local))
    assert english.splitlines() == [
        "the value of the constant “Salary” is 99,000, outside its margin of 70,000 to 95,000, by 4,000"
        " @ 01.yaml, constants.coordinator.value (line 2): write a value inside the margin",
        "the fraction of the envelope of the part “base” is 0.05, outside its margin of 0.1 to 0.3, by 0.05"
        " @ 01.yaml, parts.base.pool.fraction (line 6): write a value inside the margin",
    ]
    french = said(margins(MARGINS).check(BASE, local), "fr")
    assert "la valeur de la constante « Salaire » vaut 99\u00a0000, hors de sa marge de 70\u00a0000 à" in french


def test_a_value_without_a_margin_may_not_be_changed(tmp_path: Path) -> None:
    local = laid(tmp_path, "limits:\n  floor: null\nindices:\n  need:\n    aggregate: geometric\n")
    found = margins({"constants.coordinator": [1, 99999]}).check(BASE, local)
    assert said(found).splitlines() == [
        "the way of combining the elements of the index “need” may not be changed @ 01.yaml, indices.need.aggregate"
        " (line 5): take the change away (allowed: constants.coordinator)",
        "the step “floor” may not be removed @ 01.yaml, limits.floor (line 2): leave it; a weight of zero may be"
        " within its margin (allowed: constants.coordinator)",
    ]
    assert "aucun changement permis, ce palier a une seule formule pour tous" in said(
        margins("nothing").check(BASE, local), "fr"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"envelope": 5},
        {"key": "other"},
        {"language": "fr"},
        {"currency": "EUR"},
        {"rounding": {"to": 10}},
        {"id": "own"},
        {"within": None},
        {
            "envelope": None,
            "unit": "posts",
            "parts": {"base": {"pool": {"fraction": None, "amount": 5}}, "equity": None},
        },
    ],
)
def test_what_all_share_may_not_be_changed_even_where_everything_may(change: dict[str, Any]) -> None:
    found = check("everything", change)
    assert found
    assert {problem.id for problem in found} == {"choice-locked"}
    assert "common to all: currency, envelope" in said(found)
    assert "commun à tous" in said(found, "fr")


def test_choices_take_texts_and_rules_and_nothing_else() -> None:
    at = "indices.need.families.territorial.criteria.dense.more_need_when"
    found = check(MARGINS, nested(at, {"toward": 5}), nested("limits.floor.at_least", "0.5 * previous"))
    assert said(found).splitlines() == [
        f"the direction of the criterion “dense” is several values, which is not one of the choices @ tier.yaml, {at}"
        " (line 19): write one of: greater need when the value is high, greater need when the value is low",
        "the floor of the step “floor” is 0.5 * previous, which is not one of the choices @ tier.yaml,"
        " limits.floor.at_least (line 27): write one of: 0.9*previous, 0.95 * previous",
    ]
    assert "écrivez l'un de ceux-ci : plus grand besoin si la valeur est élevée" in said(found, "fr")


def test_a_number_may_not_become_a_rule() -> None:
    found = check(MARGINS, nested("parts.base.pool.fraction", "0.2 + 0.1 * region"))
    assert said(found).startswith(
        "the fraction of the envelope of the part “base” is 0.2 + 0.1 * region, and its margin goes from 0.1 to 0.3"
    )


def test_of_two_margins_the_nearest_holds() -> None:
    allowed = {"indices.need.families": "any", "indices.need.families.territorial.weight": [15, 35]}
    assert check(allowed, nested(f"{SOCIAL}.criteria.poor", 9), nested(f"{SOCIAL}.criteria.young", 9)) == []
    assert [problem.id for problem in check(allowed, nested(f"{SOCIAL}.weight", 5))] == ["choice-outside-on-scale"]
    fewer_stars = {"indices.need.families.*.criteria.*.weight": [0, 3], f"{SOCIAL}.criteria.*.weight": [0, 2]}
    assert check(fewer_stars, nested(f"{SOCIAL}.criteria", {"poor": 3, "alone": 3})) == []
    assert len(check(fewer_stars, nested(f"{SOCIAL}.criteria", {"poor": "1.8", "alone": "0.0"}))) == 0
    assert len(check(fewer_stars, nested(f"{SOCIAL}.criteria", {"poor": "1.8", "alone": "-0.7"}))) == 2


def test_what_is_free_may_not_take_away_what_has_bounds() -> None:
    allowed = {"indices.need.families": "any", "indices.need.families.territorial.weight": [15, 35]}
    found = check(allowed, nested("indices.need.families.territorial", None))
    assert [problem.id for problem in found] == ["choice-removes-bounded"]
    assert "indices.need.families.territorial.weight" in said(found)
    assert "enlève des endroits qui ont des marges" in said(found, "fr")


def test_a_criterion_is_added_or_removed_only_where_all_is_free() -> None:
    added = check(MARGINS, nested(f"{SOCIAL}.criteria.young", 1))
    assert "the criterion “young” may not be added" in said(added)
    assert "le critère « young » : aucun ajout permis" in said(added, "fr")
    removed = check(MARGINS, nested(f"{SOCIAL}.criteria.alone", None))
    assert "the criterion “alone” may not be removed" in said(removed)
    assert "le critère « alone » : aucun retrait permis" in said(removed, "fr")
    assert check({f"{SOCIAL}.criteria": "any"}, nested(f"{SOCIAL}.criteria", {"young": 1, "alone": None})) == []


def test_what_the_catalogue_says_of_a_column_comes_with_the_criterion() -> None:
    change = nested("indices.aims.criteria", {"low_income": 1, "water": None})
    local = BASE.replace(change)
    assert "low_income" in local.columns
    assert check({"indices.aims": "any"}, change) == []
    assert margins({"indices.aims": "any"}).check(local, BASE) == []
    own = {"columns": {"low_income": {"kind": "intensive"}}}
    assert [each.where for each in check({"indices.aims": "any"}, change, own)] == ["columns.low_income"]


def test_two_ways_of_writing_the_same_page_are_no_change() -> None:
    same = {
        "indices": {
            "need": {"normalise": "min-max", "families": {"social": {"criteria": {"poor": {"weight": "1.0"}}}}}
        },
        "limits": {"floor": {"at_least": "(0.9*previous)", "then": None}},
        "title": None,
    }
    assert check("nothing", same) == []


def test_an_edge_of_a_table_is_a_place() -> None:
    allowed = {"tables.scale.up_to.0.5": [5, 15], "tables.scale.above": [25, 35]}
    assert against_page(allowed) == ""
    assert check(allowed, nested("tables.scale.above", 35), {"tables": {"scale": {"up_to": {"0.5": "5.0"}}}}) == []
    assert [each.id for each in check(allowed, {"tables": {"scale": {"up_to": {"2": 21}}}})] == ["choice-not-allowed"]


# Weights are relative.


def families(territorial: Any, social: Any, health: Any) -> dict[str, Any]:
    return nested(
        "indices.need.families",
        {
            name: {"weight": str(weight)}
            for name, weight in zip(("territorial", "social", "health"), (territorial, social, health), strict=True)
        },
    )


def test_a_weight_cannot_leave_its_margin_through_the_others(tmp_path: Path) -> None:
    allowed = {"indices.need.families.*.weight": [10, 70]}
    local = laid(tmp_path, "indices:\n  need:\n    families:\n      social:\n        weight: 240\n")
    found = margins(allowed).check(BASE, local)
    # 240 of 280 is 85.71 of 100; 25 and 15 fall to 8.93 and 5.36.
    assert said(found).splitlines() == [
        "the weight of the family “territorial” counts for 8.93 on the scale of the tier's page (written: 25),"
        " outside its margin of 10 to 70, by 1.07 @ 01.yaml, indices.need.families.territorial.weight (line 3):"
        " weights are relative: change this one or those beside it",
        "the weight of the family “Social life” counts for 85.71 on the scale of the tier's page (written: 240),"
        " outside its margin of 10 to 70, by 15.71 @ 01.yaml, indices.need.families.social.weight (line 5):"
        " weights are relative: change this one or those beside it",
        "the weight of the family “health” counts for 5.36 on the scale of the tier's page (written: 15),"
        " outside its margin of 10 to 70, by 4.64 @ 01.yaml, indices.need.families.health.weight (line 3):"
        " weights are relative: change this one or those beside it",
    ]
    assert "compte pour 85,71 à l'échelle de la page du palier (écrit : 240)" in said(found, "fr")


def test_weights_without_a_margin_keep_their_proportions() -> None:
    only = {"indices.need.families.territorial.weight": [15, 35]}
    assert check(only, families(30, 60, 15)) == []
    assert check(only, families(25, 48, 12)) == []
    assert [each.id for each in check(only, families(25, 50, 15))] == ["choice-proportion"]
    assert "hors de proportion" in said(check(only, families(25, 50, 15)), "fr")
    assert [each.id for each in check("nothing", families(25, 60, 16))] == ["choice-proportion"]


def test_weights_must_sum_to_something() -> None:
    found = check({"indices.need.families.*.weight": [0, 70]}, families(0, 0, 0))
    assert [problem.id for problem in found] == ["choice-weights-nothing"]
    assert "indices.need" in said(found)
    assert "indices.need" in said(found, "fr")


def test_a_computed_weight_beside_one_with_a_margin_is_refused() -> None:
    allowed = {"indices.need.families.territorial.weight": [15, 35], "indices.need.families.social": "any"}
    found = check(allowed, nested(f"{SOCIAL}.weight", "2 * population"))
    assert [problem.id for problem in found] == ["choice-beside-rule"]
    assert "un poids voisin est maintenant calculé" in said(found, "fr")


def test_a_new_criterion_takes_weight_from_those_beside_it() -> None:
    at = "indices.need.families.territorial.criteria"
    allowed = {at: "any", f"{at}.remote.weight": ["1.5", "2.5"]}
    assert check(allowed, nested(f"{at}.young", 0), nested(f"{at}.dense.title", "Dense")) == []
    (problem,) = check(allowed, nested(f"{at}.young", 3))
    # 2 of 6 is 1 of 3.
    assert "counts for 1.00 on the scale of the tier's page (written: 2)" in problem.text("en")
    assert "by 0.50" in problem.text("en")


def test_a_weight_of_zero_without_a_margin_stays_zero() -> None:
    base = BASE.replace(families(25, 75, 0))
    allowed = margins({"indices.need.families.territorial.weight": [15, 35]})
    assert allowed.check(base, base.replace(families(30, 75, 0))) == []
    assert [each.where for each in allowed.check(base, base.replace(families(25, 75, 5)))] == [
        "indices.need.families.health.weight"
    ]


def test_weights_in_thirds_reach_a_bound() -> None:
    allowed = {"indices.need.families.*.weight": [10, "33.33333333"], f"{SOCIAL}.weight": [0, 100]}
    assert check(allowed, families(1, 1, 1)) == []
    assert len(check(allowed, families("1.0001", 1, 1))) == 1


def test_names_may_be_those_of_sections() -> None:
    base = BASE.replace(
        constants={"parts": 3},
        indices={"need": {"families": {"criteria": {"weight": 10, "criteria": {"weight": 2, "other": 1}}}}},
    )
    allowed = margins({"constants.parts": [1, 5], "indices.need.families.criteria.criteria.weight": [1, 3]})
    assert against_page(allowed.root, base) == ""
    assert allowed.told(base, "en") == (
        "the value of the constant “parts”, between 1 and 5 (page: 3)",
        "the weight of the criterion “weight”, between 1 and 3 (page: 2)",
    )
    gone = nested("indices.need.families.criteria.criteria.weight", None)
    assert [each.id for each in allowed.check(base, base.replace(gone))] == ["choice-not-removed"]


WEIGHTS = st.integers(1, 400).map(lambda tenths: Decimal(tenths) / 10)


@given(weights=st.tuples(WEIGHTS, WEIGHTS, WEIGHTS), factor=st.sampled_from(["0.1", "0.5", "2", "7", "100"]))
def test_multiplying_all_weights_by_a_number_changes_nothing(weights: tuple[Decimal, ...], factor: str) -> None:
    allowed = {"indices.need.families.territorial.weight": [15, 35], "indices.need.families.social.weight": [50, 70]}
    once = check(allowed, families(*weights))
    again = check(allowed, families(*(weight * Decimal(factor) for weight in weights)))

    def told(problems: list[Problem]) -> list[Any]:
        return [(problem.where, problem.values["gap"].value) for problem in problems]  # type: ignore[attr-defined]

    assert told(once) == told(again)


@given(weights=st.tuples(WEIGHTS, WEIGHTS, WEIGHTS))
def test_a_weight_passes_exactly_if_its_share_lies_inside_and_the_excess_is_right(weights: tuple[Decimal, ...]) -> None:
    allowed = {"indices.need.families.*.weight": [15, 60]}
    names = ("territorial", "social", "health")
    shares = {
        name: Fraction(weight) * 100 / Fraction(sum(weights)) for name, weight in zip(names, weights, strict=True)
    }
    beyond = {
        f"indices.need.families.{name}.weight": max(15 - share, share - 60)
        for name, share in shares.items()
        if max(15 - share, share - 60) > Fraction(6, 10**8)
    }
    found = {each.where: each.values["gap"].value for each in check(allowed, families(*weights))}  # type: ignore[attr-defined]
    assert found.keys() == beyond.keys()
    for place, gap in found.items():
        assert gap == pytest.approx(float(beyond[place]), rel=1e-12)


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "parts.base.pool.fraction": st.integers(0, 40).map(lambda hundredths: Decimal(hundredths) / 100),
            "constants.coordinator": st.integers(60_000, 100_000).map(Decimal),
            "tables.scale.above": st.integers(20, 40).map(Decimal),
        },
    )
)
def test_changes_pass_exactly_if_each_is_inside_its_margin(values: dict[str, Decimal]) -> None:
    bounds = {
        "parts.base.pool.fraction": ("0.10", "0.30"),
        "constants.coordinator": ("70000", "95000"),
        "tables.scale.above": ("25", "35"),
    }
    outside = {
        place: max(Decimal(bounds[place][0]) - value, value - Decimal(bounds[place][1]))
        for place, value in values.items()
        if not Decimal(bounds[place][0]) <= value <= Decimal(bounds[place][1])
    }
    found = check({place: list(pair) for place, pair in bounds.items()}, *(nested(*item) for item in values.items()))
    gaps = {each.where.removesuffix(".value"): each.values["gap"].value for each in found}  # type: ignore[attr-defined]
    assert gaps == {place: pytest.approx(float(gap)) for place, gap in outside.items()}


# Margins held against the page.


@pytest.mark.parametrize(
    ("allowed", "english", "french"),
    [
        (
            {"parts.base.pool.fractoin": [0, 1]},
            "there is no 'parts.base.pool.fractoin' on this tier's page @ parts.base.pool.fractoin: did you mean"
            " 'parts.base.pool.fraction'",
            "vouliez-vous dire « parts.base.pool.fraction »",
        ),
        (
            {"parts.base.pool.fraction": ["0.25", "0.30"]},
            "the margin from 0.25 to 0.3 excludes what the page itself says: the fraction of the envelope of the part"
            " “base” is 0.2 @",
            "exclut ce que dit la page elle-même",
        ),
        (
            {"indices.need.families.*.weight": [20, 60]},
            "the margin from 20 to 60 excludes what the page itself says: the weight of the family “health” is 15 @",
            "le poids de la famille « health » vaut 15",
        ),
        ({"limits.floor.at_least": ["1 * previous", "previous"]}, "leave out what the page itself says", "laissent"),
        ({"limits.floor.at_least": [0, 5]}, "the floor of the step “floor” is no plain number", "simple nombre"),
        ({"constants.coordinator": ["few", "many"]}, "is a number on the page (85,000), and choices are", "des choix"),
        ({"indices.need.families.territorial.criteria": [0, 3]}, "no single value stands at", "aucune valeur seule"),
        ({"previous.of.old": [0, 3]}, "there is no 'previous.of.old'", "il n'y a pas"),
        ({"people": ["a", "b"]}, "no single value stands at people", "aucune valeur seule"),
        ({"envelope": [0, 2000000]}, "'envelope' is common to all parents", "commun à tous les parents"),
        ({"rounding.to": "any"}, "'rounding.to' is common to all parents", "commun à tous les parents"),
        (
            {"constants.coordinator": [0, 90000], "constants.coordinator.value": [0, 90000]},
            "'constants.coordinator.value' and 'constants.coordinator' are the same place",
            "sont le même endroit",
        ),
    ],
)
def test_margins_that_do_not_fit_the_page(allowed: Any, english: str, french: str) -> None:
    assert english in against_page(allowed)
    assert french in against_page(allowed, language="fr")


def test_only_the_margin_that_holds_must_include_the_page() -> None:
    allowed = {"indices.need.families.*.weight": [20, 60], "indices.need.families.health.weight": [10, 20]}
    assert against_page(allowed) == ""


@pytest.mark.parametrize(
    ("weight", "english", "french"),
    [("population", "a weight beside it is computed", "est calculé"), ("-40", "sum to nothing", "est nulle")],
)
def test_a_margin_on_a_weight_needs_a_scale(weight: str, english: str, french: str) -> None:
    base = BASE.replace(families(25, weight, 15))
    allowed = {"indices.need.families.territorial.weight": [15, 35]}
    assert english in against_page(allowed, base)
    assert french in against_page(allowed, base, "fr")


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ("some", "margins-shape"),
        (["a"], "margins-shape"),
        ({}, "margins-shape"),
        (None, "margins-shape"),
        ({"": "any"}, "margins-shape"),
        ({"previous": "all"}, "margin-shape"),
        ({"previous": []}, "margin-shape"),
        ({"previous": {"low": 3}}, "margin-shape"),
        ({"previous": [["a"], "b"]}, "margin-shape"),
        ({"previous": [None, "b"]}, "margin-shape"),
        ({"constants.coordinator": [9, 3]}, "margin-reversed"),
    ],
)
def test_margins_of_another_shape(value: Any, entry: str) -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as caught:
        margins(value)
    (detail,) = caught.value.errors()
    assert detail["ctx"]["entry"] == entry
    assert detail["loc"] == (() if entry == "margins-shape" else tuple(value))
    for language in ("fr", "en"):
        assert Problem(entry, detail["ctx"]["values"]).text(language)


def test_margins_do_not_change_once_made() -> None:
    from pydantic import ValidationError

    made = margins(MARGINS)
    with pytest.raises(ValidationError):
        made.root = {}


# In words.


def test_margins_are_told_in_both_languages() -> None:
    assert margins(MARGINS).told(BASE, "en") == (
        "the weight of the family “territorial”, between 15 and 35 (page: 25)",
        "the weight of each criterion of each family of the index “need”, between 0 and 3",
        "the fraction of the envelope of the part “base”, between 0.1 and 0.3 (page: 0.2)",
        "the value of the constant “Salary”, between 70,000 and 95,000 (page: 85,000)",
        "the direction of the criterion “dense”, one of: greater need when the value is high, "
        "greater need when the value is low (page: greater need when the value is low)",
        "the floor of the step “floor”, one of: 0.9*previous, 0.95 * previous (page: 0.9 * previous)",
        "the index “aims”, as each parent decides",
    )
    assert margins(MARGINS).told(BASE, "fr") == (
        "le poids de la famille « territorial », entre 15 et 35 (page : 25)",
        "le poids de chaque critère de chaque famille de l’indice « need », entre 0 et 3",
        "la fraction de l’enveloppe du volet « base », entre 0,1 et 0,3 (page : 0,2)",
        "la valeur de la constante « Salaire », entre 70\u00a0000 et 95\u00a0000 (page : 85\u00a0000)",
        "le sens du critère « dense », au choix : plus grand besoin si la valeur est élevée, "
        "plus grand besoin si la valeur est basse"
        " (page : plus grand besoin si la valeur est basse)",
        "le plancher de l’étape « floor », au choix : 0.9*previous, 0.95 * previous (page : 0.9 * previous)",
        "l’indice « aims », comme chaque parent en décide",
    )
    assert margins("nothing").told(BASE, "fr") == ("Rien : une seule formule pour tous.",)
    assert margins("everything").told(BASE, "en") == (f"Everything, except what all share: {', '.join(LOCKED)}.",)


TOP = {"limits": [{"id": "top", "at_least": "2 * population", "fund": "on_top"}]}


@pytest.mark.parametrize("allowed", ["everything", {"limits": "any"}, {"limits.*": "any", "limits.floor.fund": "any"}])
def test_no_parent_brings_money_on_top(allowed: Any) -> None:
    found = Margins.model_validate(allowed)
    for changes in (TOP, {"limits": {"floor": {"fund": "on_top"}}}):
        ids = [problem.id for problem in found.check(BASE, BASE.replace(changes))]
        assert "choice-on-top" in ids


def test_what_the_tiers_page_pays_on_top_may_stay_and_move_within_bounds() -> None:
    base = BASE.replace({"constants": {"least": 2}, "limits": [{"id": "top", "at_least": 40, "fund": "on_top"}]})
    free, bounded = Margins.model_validate("everything"), Margins.model_validate({"limits.top.at_least": [30, 50]})
    more = base.replace({"limits": {"top": {"at_least": 45}}})
    assert free.check(base, base.replace({"parts": {"base": {"pool": {"fraction": 0.1}}}})) == []
    assert free.check(base, base.replace({"limits": {"top": None}})) == []
    assert [problem.id for problem in free.check(base, more)] == ["choice-on-top"]
    assert bounded.check(base, more) == []


def test_a_page_that_cannot_be_laid_is_refused_before_its_margins(tmp_path: Path) -> None:
    with pytest.raises(FormulaError, match=r"01\.yaml, parts\.base\.pool\.fraction \(line 4\)"):
        laid(tmp_path, "parts:\n  base:\n    pool:\n      fraction: a fifth\n")
