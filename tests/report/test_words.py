"""A formula in words: everything that a page may say is said, in both languages, and no YAML with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_docs import keys_of

from equite import FormulaError, resources
from equite.engine.methods import AGGREGATORS, NORMALISERS
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS, Expression
from equite.formula.formula import Formula
from equite.formula.model import FormulaModel
from equite.report.language.formula_in_words import formula_in_words, formula_sections
from equite.report.language.speech import Speech
from equite.report.language.text import typeset
from equite.report.terminal.grid import TextGrid, shortened, squeezed
from equite.wording import Language

LANGUAGES: tuple[Language, Language] = ("fr", "en")
NBSP = "\u00a0"
EXAMPLES = sorted(resources.folder("examples").glob("*/formula.yaml"))
SMALL: dict[str, Any] = {
    "equite": 1,
    "id": "petite",
    "title": {"fr": "Petite formule", "en": "Small formula"},
    "envelope": 25_000_000,
    "key": "code",
    "columns": {
        "population": {"title": {"fr": "Population", "en": "People"}, "source": "MAMH", "status": "official"},
        "rural": {"kind": "yes_no"},
    },
    "parts": [{"id": "base", "pool": "remainder", "share": "equally"}],
}
#: A page that says everything that a page may say.
WHOLE = """
equite: 1
id: whole
title: {fr: "Formule entière", en: "Whole formula"}
notes: {fr: "Pour l'essai.", en: "A trial."}
envelope: {value: "1.02 * total(previous)", source: "Budget", date: "2026-03-01", status: illustrative}
key: code
name: nom
people: population
previous: paid
decision: {adopted_by: "Table des MRC", date: "2026-02-12", resolution: "2026-14", dissent: "Une abstention."}
columns:
  population: {title: {fr: "Population, 2021", en: "Population, 2021"}, source: "MAMH", unit: {fr: gens, en: people}}
  rural: {title: {fr: Rural, en: Rural}, kind: yes_no}
  paid: {heading: "Montant 2025"}
  low_income: {kind: intensive, status: estimated}
constants:
  coordinator: {value: 85000, unit: $, title: {fr: "Une coordination", en: "One coordinator"}, status: declared}
  elasticity: {value: 0.7, title: {fr: Élasticité, en: Elasticity}}
  standard: {value: 11744.25, unit: {fr: "$/habitant", en: "$/head"}, title: {fr: Norme, en: Standard}}
tables:
  paliers: {up_to: {10188: 0.6, 13584: 0.8}, above: 4}
  seuils: {from: {0: 1, 500: 2}}
  droites: {points: {0: 1, 10: 0.5}}
  poids: {low_income: 2, distance: 1.5}
eligible:
  - {where: "population > 0 and not is_missing(low_income)"}
  - {where: 'type in ("MRC", "TE") and region != "Nord"', reason: {fr: "Territoire conventionné.", en: "Treaty land."}}
variables:
  densité: {value: population / surface, unit: hab/km²}
  barème: step(distance, paliers) + weighted_sum(poids)
  tranches: bracket(population, seuils) * interpolate(distance, droites)
indices:
  besoin:
    title: {fr: Besoin, en: Need}
    normalise: rank
    missing: {skip: {minimum_present: 0.6}}
    families:
      socioeconomic:
        weight: 2
        criteria:
          low_income: 2
          material_deprivation: {weight: 1, missing: {fill: median, by: region}, more_need_when: {toward: 0.5}}
      territorial:
        weight: 1
        aggregate: arithmetic
        criteria:
          densité: {weight: 1, more_need_when: low, transform: log, normalise: min-max}
          distance_to_centre:
            {weight: 3, more_need_when: {by: milieu, rural: high, urbain: low}, transform: {winsorise: [0.05, 0.95]}}
          nul: 0
    criteria: {rurality: {weight: 1, more_need_when: high, transform: {line: [0, 10]}, missing: {fill: 0}}}
  buts:
    criteria: {poverty: points_a, housing: {weight: 1, transform: {step: paliers}, missing: {fill_from: autre}}}
parts:
  - {id: base, pool: {each: coordinator}, share: equally}
  - {id: petite, pool: {amount: 5000000}, share: {in_proportion_to: population}, within: region, at_least: 1000,
     eligible: [{where: population < 5000, reason: "Trop grand"}], at_most: 0.5 * coordinator, if_short: prorate,
     if_over: reserve}
  - {id: nivellement, pool: {fraction: 0.2}, share: {level_up: moyens, counting: population}}
  - {id: socle, pool: {amount: 10}, share: {foundation: moyens + 5, rate_on: moyens, rate_at_least: 0, rate_at_most: 9}}
  - {id: suite, pool: {amount: 3 * total(population)}, share: {level_up: moyens}, previous: avant,
     at_least: 0.9 * previous}
  - {id: droits, share: {as_is: "max(0, standard - moyens)"}}
  - {id: cotisation, share: {as_is: moyens}, levy: true}
  - {id: reprise, pool: {amount: 1000}, share: {in_proportion_to: moyens}, levy: true}
  - {id: équité, pool: remainder, share: {in_proportion_to: "population ** elasticity * (0.5 + besoin + buts)"}}
limits:
  - {id: acquis, at_least: 0.95 * previous, except: "rural == no", then: hold}
  - {id: plafond, at_most: 1.2 * previous, move: {in_proportion_to: population}, if_over: reserve}
  - {id: bornes, at_least: 'where(code == "1", 1.02 * previous, null)', at_most: amount * 1.1, if_short: prorate,
     override: {code: "020", amount: 475506, reason: {fr: "Décidé.", en: "Decided."}}}
  - {id: régions, by: region, at_most: 0.25 * envelope}
  - {id: partielle, part: équité, at_least: 1000}
  - {id: ajout, at_least: coordinator, fund: on_top}
rounding: {to: 1, bounds: nearest, method: huntington-hill, minimum: 1}
checks:
  - {that: amount >= coordinator}
  - {that: base <= 0.5 * total(amount), title: {fr: "Personne n'a la moitié.", en: "Nobody has half."}}
if_short: prorate
if_over: reserve
contest: {what: {fr: Tout, en: All}, to_whom: {fr: Le comité, en: The committee}, by_when: {fr: 30 jours, en: 30 days}}
"""
#: Keys and choices of the page that are no words of French.
YAML_WORDS = re.compile(
    r"\b(at_least|at_most|if_short|if_over|on_top|more_need_when|in_proportion_to|level_up|as_is|remainder|prorate|"
    r"reserve|equally|inward|nearest|eligible|envelope|weight|normalise|aggregate|missing|previous|amount|share|pool|"
    r"limits|checks|families|rounding|where|step|total\(|None|null|True|False|min-max|arithmetic)\b"
)


def whole(**changes: Any) -> Formula:
    return Formula.from_text(WHOLE).replace(changes)


def said(language: Language = "fr", **changes: Any) -> str:
    """Say the small page with some keys changed, on one line and with plain spaces."""
    text = formula_in_words(Formula.from_dict({**SMALL, **changes}), language)
    return re.sub(r"\s+", " ", text.replace(NBSP, " "))


def spoken(expression: str, language: Language = "fr") -> str:
    speech = Speech(Formula.from_text(WHOLE), language)
    return speech.expression(Expression.parse(expression)).replace(NBSP, " ")


def owed(expression: str, language: Language = "fr") -> str:
    return Speech(Formula.from_text(WHOLE), language).quantity(Expression.parse(expression)).replace(NBSP, " ")


# The page as a whole.


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_says_everything_is_said_whole(language: Language) -> None:
    formula = whole()
    text = formula_in_words(formula, language)
    assert all(section.title in text for section in formula_sections(formula, language))
    assert "{" not in text
    assert "None" not in text
    assert max(map(len, text.splitlines())) <= 92


#: Keys that the page above leaves out: said by a test of their own, or in nothing that is said aloud.
ELSEWHERE = {
    *("are_territories", "below", "catalogue", "column", "consent", "currency", "cut", "decimal", "equally"),
    *("evidence", "high", "keep", "language", "leave_out", "levels", "low", "mean", "median", "missing_marks"),
    *("outliers", "range", "refuse", "remainder", "second", "suppressed_marks", "told_in", "when"),
    *("territory", "who", "width", "yes_marks"),
}


def keys_in(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from map(str, content)
    for inner in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from keys_in(inner)


def test_it_says_every_key_that_a_page_may_say() -> None:
    # A key that is added belongs on that page, and in words; or on the list, with a test of its own.
    assert set(keys_of(FormulaModel, set())) - set(keys_in(yaml.safe_load(WHOLE))) == ELSEWHERE


def places_in(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every key of a page."""
    for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
        if isinstance(content, dict):
            yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places_in(inner, (*path, key))


def misspelt(content: Any, path: tuple[Any, ...]) -> Any:
    """Give a page with one key of another spelling."""
    key, *below = path
    if isinstance(content, list):
        return [misspelt(each, tuple(below)) if at == key else each for at, each in enumerate(content)]
    if below:
        return {**content, key: misspelt(content[key], tuple(below))}
    return {f"{each}x" if each == key else each: value for each, value in content.items()}


def test_a_key_that_is_misspelt_is_told_once() -> None:
    page, told = yaml.safe_load(WHOLE), dict[tuple[Any, ...], list[str]]()
    for path in places_in(page):
        try:
            Formula.from_dict(misspelt(page, path))
        except FormulaError as error:
            told[path] = [str(problem) for problem in error.problems]
    assert len(told) > 200
    assert {path: problems for path, problems in told.items() if len(problems) != 1} == {}


def test_no_yaml_and_no_english_in_french() -> None:
    overridden = whole(envelope=30_000_000, limits={"plafond": {"at_most": "1.3 * previous"}}, if_over="refuse")
    assert YAML_WORDS.findall(formula_in_words(overridden, "fr")) == []


def test_the_language_of_the_page_by_default() -> None:
    formula = Formula.from_dict({**SMALL, "language": "en"})
    assert formula_in_words(formula) == formula_in_words(formula, "en") != formula_in_words(formula, "fr")


def test_a_narrower_page() -> None:
    assert max(map(len, formula_in_words(whole(), "fr", width=60).splitlines())) <= 60


@pytest.mark.parametrize(
    "path", sorted(resources.folder("examples").glob("*/formula.yaml")), ids=lambda p: p.parent.name
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_can_be_said(path: Path, language: Language) -> None:
    formula = Formula.read(path)
    text = formula_in_words(formula, language)
    assert text.startswith(typeset(formula.heading[language], language))


def test_it_is_markdown_too() -> None:
    lines = formula_in_words(whole(), "fr").splitlines()
    headings = [at for at, line in enumerate(lines) if at and re.fullmatch(r"=+|-+", line)]
    assert all(len(lines[at]) == len(lines[at - 1]) for at in headings)
    assert len(headings) == 1 + len(formula_sections(whole(), "fr"))
    # What follows a numbered list is set apart from it.
    (first_after,) = [at for at, line in enumerate(lines) if line.startswith("- À chaque étape")]
    assert lines[first_after - 1] == ""


def test_control_characters_do_not_reach_the_terminal() -> None:
    title = {"fr": "Popu\x1b[31mlation", "en": "x"}
    text = said(columns={"population": {"title": title}}, variables={"d": "population * 2"})
    assert "\x1b" not in text


# Its sections.


def test_who_decided() -> None:
    decision = {"adopted_by": "Le conseil", "date": "2026-02-12", "resolution": "14", "dissent": "Une abstention."}
    text = said(decision=decision)
    assert "- Adoptée par : Le conseil. - Date : 2026-02-12. - Résolution : 14. - Dissidence : Une abstention." in text
    assert "Décision" not in said()


def test_what_is_shared() -> None:
    assert "- L’enveloppe : 25 000 000 $." in said()
    assert "- The envelope: $25,000,000." in said("en")
    assert "25 000 000 $, illustratif." in said(envelope={"value": 25_000_000, "status": "illustrative"})
    assert "est calculée : 2 × (total de population)." in said(envelope="2 * total(population)")
    assert "25 000 000 heures" in said(unit={"fr": "heures", "en": "hours"})
    rights = {key: value for key, value in SMALL.items() if key != "envelope"}
    free = Formula.from_dict({**rights, "parts": [{"id": "a", "share": {"as_is": "population"}}]})
    assert "Il n’y a pas d’enveloppe fixée" in formula_in_words(free, "fr")
    assert "Chaque montant est arrondi pour" in formula_in_words(free, "fr")
    pools = Formula.from_dict({**rights, "parts": [{"id": "a", "pool": {"amount": 9}, "share": "equally"}]})
    assert "L’enveloppe est la somme" in formula_in_words(pools, "fr")


def test_who_takes_part() -> None:
    assert "Tous les territoires du tableau participent." in said()
    rule = {"where": "population > 1000 or rural == yes", "reason": {"fr": "Trop petit.", "en": "Too small."}}
    told = "si : population > 1 000 ou rural = oui. Sinon, il est exclu pour cette raison : « Trop petit »."
    assert told in said(eligible=[rule])
    assert "if: people > 1,000 or rural = yes. Otherwise" in said("en", eligible=[rule])


def test_weights_are_shares_of_their_parent_and_of_the_whole() -> None:
    criteria = {"low_income": 2, "distance": {"weight": 1, "more_need_when": "low"}}
    index = {"families": {"a": {"weight": 3, "criteria": criteria}, "b": {"weight": 1, "criteria": {"poverty": 5}}}}
    text = said(indices={"besoin": index})
    assert "- A : 75 % du score." in text
    assert (
        "Faible revenu : 66,7 % de la famille, 50 % du score. Une valeur élevée veut dire un plus grand besoin" in text
    )
    assert "Distance : 33,3 % de la famille, 25 % du score. Une valeur basse veut dire un plus grand besoin" in text
    assert "Lutte contre la pauvreté : seul élément de la famille, donc 25 % du score." in text
    assert "A low value means greater need." in said("en", indices={"besoin": index})


def test_a_weight_that_depends_on_the_territory_is_no_share() -> None:
    index = {"criteria": {"poverty": "points", "housing": {"weight": 3}, "distance": 0}}
    text = said(indices={"buts": index})
    assert "poids donné par points, territoire par territoire" in text
    assert "Logement : poids de 3, comparé à ceux des autres" in text


def scaled(**index: Any) -> str:
    return said(indices={"besoin": {"criteria": {"distance": 1, "surface": 1}, **index}})


@pytest.mark.parametrize("method", sorted({**NORMALISERS, **AGGREGATORS}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_method_has_a_sentence_of_its_own(method: str, language: Language) -> None:
    for key, registry in (("normalise", NORMALISERS), ("aggregate", AGGREGATORS)):
        if method in registry:
            needed = [name for name, default in registry[method].parameters.items() if default is None]
            given = {method: {name: at for at, name in enumerate(needed, start=1)}} if needed else method
            text = said(language, indices={"besoin": {"criteria": {"distance": 1}, key: given}})
            assert "méthode «" not in text
            assert "the method" not in text


def test_methods_tell_their_parameters() -> None:
    assert "sur une échelle de 0 (le besoin" in scaled()
    assert "entre deux repères fixés d’avance, 10 et 20." in scaled(normalise={"goalposts": {"low": 10, "high": 20}})
    assert "entre les repères d’un calcul antérieur." in scaled(normalise={"goalposts": {"from": "2025.json"}})
    assert "par tranches : 4 groupes" in scaled(normalise={"quantile-bands": 4})
    assert "et comptent pour 2, 1, avec les poids" in scaled(aggregate={"ordered-weighted": [2, 1]})
    assert "la méthode « inconnue »" in scaled(normalise="inconnue")
    assert "la méthode « inconnue »" in scaled(aggregate="inconnue")
    assert "pas plus de 5" in scaled(outliers="winsorise")


def test_a_direction_that_changes_at_a_cut() -> None:
    direction = {"by": "population", "cut": 5000, "below": "high", "above": "low"}
    text = scaled(criteria={"distance": {"weight": 1, "more_need_when": direction}})
    assert "Le sens dépend de « Population ». Pour moins de 5 000 : une valeur élevée" in text
    assert "Pour 5 000 ou plus : une valeur basse" in text


def test_points_and_agreements_are_told() -> None:
    family = {"weight": 1, "points": 100, "criteria": {"poverty": "p", "housing": {"weight": "h"}}}
    assert "répartit lui-même 100 points entre ceux-ci." in said(indices={"besoin": {"families": {"buts": family}}})
    criterion = {"weight": 1, "consent": "Conseil de la nation, 2026.", "more_need_when": "high"}
    text = scaled(criteria={"first_peoples_alliances": criterion})
    assert "Accord : Conseil de la nation, 2026." in text


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"pool": {"each": 85000}, "share": "equally"}, "Base : chaque territoire reçoit 85 000 $."),
        (
            {"pool": "remainder", "share": "equally"},
            "tout le montant de l’enveloppe est partagé en parts égales, une par territoire.",
        ),
        (
            {"pool": {"amount": 5_000_000}, "share": {"in_proportion_to": "population"}},
            "un total de 5 000 000 $ est partagé en proportion de « Population ».",
        ),
        (
            {"pool": {"fraction": "0.2"}, "share": {"in_proportion_to": "population ** 0.7 * (0.5 + 1)"}},
            "un montant de 20 % de l’enveloppe est partagé en proportion de ce calcul : population puissance 0,7 ×",
        ),
        ({"share": {"as_is": "population"}, "levy": "true"}, "chaque territoire verse « Population »."),
    ],
)
def test_a_part(part: dict[str, Any], sentence: str) -> None:
    assert sentence in said(parts=[{"id": "base", **part}])


def test_limits_stand_in_their_order() -> None:
    text = formula_in_words(whole(), "fr").replace(NBSP, " ")
    numbered = re.findall(r"^(\d)\. (\w+) :", text, re.MULTILINE)
    assert numbered == [
        ("1", "Acquis"),
        ("2", "Plafond"),
        ("3", "Bornes"),
        ("4", "Régions"),
        ("5", "Partielle"),
        ("6", "Ajout"),
    ]


def test_who_pays_for_a_limit() -> None:
    floor = {"id": "plancher", "at_least": 1000}
    assert "pour relever les uns est pris aux autres" in said(limits=[floor])
    assert "s’ajoute à l’enveloppe, et le coût en est affiché" in said(limits=[{**floor, "fund": "on_top"}])
    assert "les planchers sont réduits" in said(limits=[{**floor, "if_short": "prorate"}])
    assert "Ce qui est retenu aux uns va aux autres." in said(limits=[{"id": "plafond", "at_most": 1000}])


def test_overrides_are_told_place_by_place() -> None:
    formula = whole(
        constants={"coordinator": {"value": 90_000}},
        indices={"besoin": {"families": {"socioeconomic": {"criteria": {"low_income": 5}}}}},
        limits={"plafond": {"at_most": "1.3 * previous"}, "ajout": None, "neuf": {"at_least": 5}},
        rounding={"bounds": "inward"},
        language="en",
    )
    text = formula_in_words(formula, "fr").replace(NBSP, " ")
    told = re.sub(r"\s+", " ", text[text.index("Ce qui change") :])
    assert "Constante « Une coordination ». Avant : 85 000. Maintenant : 90 000." in told
    assert "critère « Faible revenu », poids. Avant : 2. Maintenant : 5." in told
    assert "Étape « Plafond », plafond. Avant : 1,2 × « montant précédent ». Maintenant : 1,3 ×" in told
    assert "Étape « Ajout ». Retrait." in told
    assert "Étape « Neuf ». Ajout." in told
    assert (
        "Arrondi, planchers et plafonds. Avant : peuvent être dépassés de moins d’une unité. Maintenant : tiennent"
        in told
    )
    # The language of outputs changes nothing in what is shared.
    assert "angue" not in told


def test_sources_and_statuses_are_told() -> None:
    text = said(constants={"poste": {"value": 85000, "unit": "$", "source": "Grille", "status": "declared"}})
    assert "Poste : 85 000 $. Source : Grille; chiffre déclaré." in text
    assert "Population. Source : MAMH; chiffre officiel." not in text, "the page does not read it"
    assert "Population. Source : MAMH; chiffre officiel." in said(variables={"double": "2 * population"})


# Expressions and amounts.


@pytest.mark.parametrize(
    ("expression", "french", "english"),
    [
        ("population / surface", "« Population, 2021 » ÷ surface", "“Population, 2021” ÷ surface"),
        ("-(surface - 1) ** 2", "−(surface − 1) puissance 2", "−(surface − 1) to the power 2"),
        ("surface ** 0.5", "racine carrée de surface", "square root of surface"),
        ("1234.5 * surface", "1 234,5 × surface", "1,234.5 × surface"),
        ('type not in ("A", "B")', "type autre que (« A »; « B »)", "type other than (“A”, “B”)"),
        ('type in ("A")', "type = « A »", "type = “A”"),
        ("rural == no", "rural = non", "rural = no"),
        ("max(0, surface)", "surface, jamais sous zéro", "surface, never below zero"),
        (
            "total(surface, by=region, among=all)",
            "total de surface, par region, sur tous les territoires du tableau",
            "total of surface, by region, over every territory of the table",
        ),
        ("quantile(surface, 0.9)", "centile 90 de surface", "percentile 90 of surface"),
        ("besoin * previous", "besoin × « montant précédent »", "need × “last period’s amount”"),
    ],
)
def test_an_expression(expression: str, french: str, english: str) -> None:
    assert spoken(expression) == french
    assert spoken(expression, "en") == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_function_of_the_language_is_said(language: Language) -> None:
    tables = {"step": "paliers", "bracket": "seuils", "interpolate": "droites"}
    for function, (fewest, _) in {**ROW_FUNCTIONS, **AGGREGATES}.items():
        arguments = ["surface", *["2"] * (fewest - 1)] if fewest else []
        if function == "starts_with":
            arguments = ["type", '"97"']
        if function == "quantile":
            arguments = ["surface", "0.5"]
        text = spoken(f"{function}({', '.join(arguments)})", language)
        assert "{" not in text
        assert f"{function}(" not in text
    assert set(TABLE_FUNCTIONS) == {*tables, "weighted_sum"}
    for function, table in tables.items():
        assert table.capitalize() in spoken(f"{function}(surface, {table})", language)


@pytest.mark.parametrize(
    ("expression", "french", "english"),
    [
        ("85000", "85 000 $", "$85,000"),
        ("-12.5", "−12,50 $", "−$12.50"),
        ("coordinator", "85 000 $ (Une coordination, déclaré)", "$85,000 (One coordinator, declared)"),
        ("0.95 * previous", "95 % du montant précédent", "95% of last period’s amount"),
        ("envelope * 0.04", "4 % de l’enveloppe", "4% of the envelope"),
        ("0.5 * coordinator", "50 % de « Une coordination »", "50% of “One coordinator”"),
        ("previous", "le montant précédent", "last period’s amount"),
        ("standard * population", "norme × « Population, 2021 »", "standard × “Population, 2021”"),
        ("surface + 1", "ce que donne ce calcul (surface + 1)", "what this calculation gives (surface + 1)"),
        (
            "where(surface > 1, 1000, null)",
            "1 000 $ (seulement là où surface > 1)",
            "$1,000 (only where surface > 1)",
        ),
    ],
)
def test_an_amount(expression: str, french: str, english: str) -> None:
    assert owed(expression) == french
    assert owed(expression, "en") == english


def test_parentheses_that_are_needed_stay() -> None:
    assert spoken("(surface + 1) * (surface - 1)") == "(surface + 1) × (surface − 1)"
    assert spoken("clip(surface, 0, 1) + 1") == "(surface, ramené entre 0 et 1) + 1"
    assert spoken("total(surface) / 2") == "(total de surface) ÷ 2"
    assert spoken("sqrt(surface) * 2 > 1") == "(racine carrée de surface) × 2 > 1"


def test_figures_of_one_source_are_told_together() -> None:
    figure = {"value": 2, "source": "Grille", "status": "declared"}
    text = said(constants={"un": figure, "deux": figure, "trois": {"value": 3}})
    assert "- Un : 2; Deux : 2. Source : Grille; chiffre déclaré. - Trois : 3. Source non indiquée." in text


# Tables of words.


def test_a_grid_sets_numbers_flush_right() -> None:
    grid = TextGrid(("Nom", "Long montant"), (("a", "1"), ("bé", "1 000")), (False, True), ("", "1 001"))
    assert grid.text().splitlines() == [
        "        Long",
        "Nom  montant",
        "───  ───────",
        "a          1",
        "bé     1 000",
        "───  ───────",
        "       1 001",
    ]
    assert grid.narrowed(0, 5, 2).rows[1] == ("bé", "1 000")
    assert "<th" in grid.html("x & y")
    assert "x &amp; y" in grid.html("x & y")


def test_texts_are_cut_where_they_say_least() -> None:
    assert shortened("Communauté maritime", 11) == "Communauté…"
    assert squeezed("equite-regionale-2026 (2)", 14) == "equite-…26 (2)"
    assert shortened("ab", 5) == squeezed("ab", 5) == "ab"


def test_yaml_words_are_those_of_the_model() -> None:
    # Should a key be renamed, the test above must look for the new name.
    page = yaml.safe_dump(Formula.from_text(WHOLE).content)
    assert {"at_least", "if_over", "more_need_when", "in_proportion_to"} <= set(YAML_WORDS.findall(page))


def test_marks_and_the_decimal_sign_are_said() -> None:
    page = {
        "equite": "1",
        "id": "t",
        "key": "code",
        "envelope": "10",
        "missing_marks": ["ND2", "-99"],
        "suppressed_marks": "x",
        "decimal": ",",
        "columns": {"coast": {"yes_marks": "x", "title": {"fr": "Côte", "en": "Coast"}}},
        "indices": {"need": {"missing": {"fill": "median", "suppressed": "true"}, "criteria": {"coast": "1"}}},
        "parts": [{"id": "a", "pool": "remainder", "share": {"in_proportion_to": "1 + need + is_suppressed(coast)"}}],
    }
    english = " ".join(formula_in_words(Formula.from_dict(page), "en").split())
    assert "stand for a figure that is missing" in english
    assert "stands for a confidential figure, which is neither zero nor missing" in english
    assert "means yes" in english
    assert "decimals stand after" in english
    assert "So is a confidential figure." in english
    french = " ".join(formula_in_words(Formula.from_dict(page), "fr").split())
    assert "tient lieu d’une donnée confidentielle" in french
    assert "veut dire oui" in french
