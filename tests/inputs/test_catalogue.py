"""The catalogue of criteria: complete in both languages, true to its own rules, and open to a user's own files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from equite import resources, wording
from equite.errors import EquiteError, FormulaError
from equite.inputs.catalogue import FAMILIES, Catalogue, Criterion, read_catalogue

SHEET = {
    "organisational": """concertation_maturity coordination internal_conflict multiparty_capacity development_staff
        staff_turnover service_centralisation""",
    "territorial": """land_area population_density population_dispersion distance_to_centre boundary_overlap
        boundary_coherence rurality first_peoples_alliances""",
    "cultural": "cultural_milieu ethnocultural_diversity linguistic_diversity newcomer_communities",
    "socioeconomic": """material_deprivation social_deprivation low_income economic_vitality economic_diversity
        development_funding""",
    "political": "civil_society_participation networking_orientation transformation_orientation rural_policy_loss",
    "aims": """ecological_transition poverty living_conditions collective_transport land_use_planning
        waste_and_compost""",
}
ADDED = {
    "organisational": "",
    "territorial": "remoteness",
    "cultural": "",
    "socioeconomic": """economic_dependency residential_instability situational_vulnerability fiscal_capacity""",
    "political": "",
    "aims": "housing food_security",
}
BOTH_WAYS = {
    "concertation_maturity",
    "distance_to_centre",
    "ethnocultural_diversity",
    "first_peoples_alliances",
    "internal_conflict",
    "linguistic_diversity",
    "networking_orientation",
    "rurality",
    "staff_turnover",
    "transformation_orientation",
}
DECLARED_SCALES = {
    "civil_society_participation",
    "concertation_maturity",
    "coordination",
    "first_peoples_alliances",
    "internal_conflict",
    "multiparty_capacity",
    "networking_orientation",
    "transformation_orientation",
}
#: Counted by those who pay, published by nobody.
DECLARED_COUNTS = {"development_staff", "staff_turnover"}
IDS = [name for family in FAMILIES for name in (SHEET[family] + " " + ADDED[family]).split()]

OWN = """
snow_load:
  family: territorial
  origin: added
  title: {fr: "Enneigement", en: "Snowfall"}
  question: {fr: "Combien de neige faut-il déblayer ?", en: "How much snow must be cleared?"}
  unit: cm
  kind: intensive
  range: [0, null]
  direction: high
  measures: cost
  measure: {fr: "Colonne « snow_cm »."}
  declared: no
  data: {en: "Environment Canada."}
  overlaps: [remoteness]
  everywhere: Oui.
  caution: Une année rare fausse tout.
  moved_by: Personne.
  perverse: Aucun gain.
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue()


@pytest.fixture
def laid(tmp_path: Path, catalogue: Catalogue) -> Callable[[str], Catalogue]:
    def lay(text: str) -> Catalogue:
        file = tmp_path / "ours.yaml"
        file.write_text(text, encoding="utf-8")
        return catalogue.overlaid(file)

    return lay


def shipped() -> dict[str, dict[str, Any]]:
    files = sorted(resources.folder("criteria").glob("*.yaml"))
    assert [file.stem for file in files] == sorted(FAMILIES)
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def texts(value: Any, path: str = "") -> list[tuple[str, dict[str, str]]]:
    """Give every bilingual text of an entry, with its path."""
    if isinstance(value, dict) and {"fr", "en"} & set(value):
        return [(path, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in texts(item, f"{path}.{key}")]


ENTRIES = {name: entry for family in shipped().values() for name, entry in family.items()}


def test_every_criterion_is_there_once_in_its_family(catalogue: Catalogue) -> None:
    by_family = shipped()
    for family in FAMILIES:
        assert set(by_family[family]) == set((SHEET[family] + " " + ADDED[family]).split())
        assert {entry["family"] for entry in by_family[family].values()} == {family}
    assert sum(map(len, by_family.values())) == len(IDS) == len(set(IDS)) == len(catalogue)
    assert {name for name in IDS if catalogue[name].origin == "sheet"} == set(" ".join(SHEET.values()).split())
    # yaml keeps the last of two equal keys in silence; the catalogue's own reading refuses them.
    for file in resources.folder("criteria").glob("*.yaml"):
        keys = re.findall(r"^(\w+):", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", IDS)
def test_an_entry_is_complete(catalogue: Catalogue, name: str) -> None:
    sometimes = {"readings", "need_measure", "levels", "consent"}
    assert set(Criterion.model_fields) - sometimes - {"id"} <= set(ENTRIES[name]) <= set(Criterion.model_fields)
    criterion = catalogue[name]
    assert criterion.id == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    low, high = criterion.range
    assert low is None or high is None or low < high


@pytest.mark.parametrize("name", IDS)
def test_every_text_is_a_sentence_in_every_language(name: str) -> None:
    found = texts(ENTRIES[name])
    assert len(found) >= 9
    for path, text in found:
        assert set(text) == set(wording.LOCALES), path
        assert text["fr"] != text["en"] or path == ".unit", path
        for language, words in text.items():
            assert words == words.strip()
            assert "  " not in words
            assert "\n" not in words
            if path in (".title", ".unit"):
                assert not words.endswith("."), (path, language)
            else:
                assert words.endswith("?" if path == ".question" else "."), (path, language, words)


@pytest.mark.parametrize("name", IDS)
def test_french_marks_have_their_spaces(name: str) -> None:
    for path, text in texts(ENTRIES[name]):
        french = re.sub(r"more_need_when: \{.*?\}", "", text["fr"])  # a piece of a formula, written as formulas are
        assert not re.search(r" [?!;:»%]|« ", french), path
        assert not re.search(r"\w[:»%]|«\w|\s[?!;]", french), path
        assert not re.search(r"[«»\u00a0\u202f]", text["en"]), path


def test_those_that_pull_both_ways_must_be_stated(catalogue: Catalogue) -> None:
    assert {name for name in IDS if catalogue[name].direction == "must_be_stated"} == BOTH_WAYS
    for name in IDS:
        readings = catalogue[name].readings
        assert (readings is not None) == (name in BOTH_WAYS)
        if readings is not None:
            assert readings.high["fr"] != readings.low["fr"]
            assert readings.high["en"] != readings.low["en"]


def test_declared_scales_have_five_levels(catalogue: Catalogue) -> None:
    assert {name for name in IDS if catalogue[name].kind == "ordinal"} == DECLARED_SCALES
    assert {name for name in IDS if catalogue[name].declared} == DECLARED_SCALES | DECLARED_COUNTS
    for name in IDS:
        criterion = catalogue[name]
        assert len(criterion.levels) == (5 if criterion.declared else 0)
        assert len({level["fr"] for level in criterion.levels}) == len(criterion.levels)
        if criterion.kind == "ordinal":
            assert criterion.range == (1, 5)


def test_overlaps_are_mutual_and_never_with_itself(catalogue: Catalogue) -> None:
    for name in IDS:
        overlaps = catalogue[name].overlaps
        assert overlaps
        assert len(set(overlaps)) == len(overlaps)
        assert name not in overlaps
        assert all(name in catalogue[other].overlaps for other in overlaps), name


def test_an_aim_has_one_measure_of_need(catalogue: Catalogue) -> None:
    for criterion in catalogue.family("aims"):
        need = criterion.need_measure
        assert need is not None
        assert bool(need.criterion) != bool(need.column)
        assert criterion.range == (0, 100)
        if need.criterion:
            assert catalogue[need.criterion].family != "aims"
            assert catalogue[need.criterion].direction == "high"
            assert need.criterion in criterion.overlaps
    assert all(catalogue[name].need_measure is None for name in IDS if catalogue[name].family != "aims")


def test_only_alliances_with_first_peoples_need_consent(catalogue: Catalogue) -> None:
    asked = [criterion for criterion in catalogue.values() if criterion.consent]
    assert [criterion.id for criterion in asked] == ["first_peoples_alliances"]
    assert asked[0].declared
    consent = asked[0].consent
    assert consent is not None
    assert "ne se déduit jamais" in consent["fr"]
    assert "never inferred" in consent["en"]


def test_it_is_a_mapping_in_the_order_of_families(catalogue: Catalogue) -> None:
    assert [name for family in FAMILIES for name in (c.id for c in catalogue.family(family))] == list(catalogue)
    assert "low_income" in catalogue
    assert "low_incme" not in catalogue
    assert catalogue.get("low_incme") is None
    assert read_catalogue() is catalogue


def test_an_unknown_criterion_is_said_with_its_neighbours(catalogue: Catalogue) -> None:
    with pytest.raises(FormulaError) as caught:
        catalogue["populaton_density"]
    assert isinstance(caught.value, KeyError)
    assert "did you mean 'population_density'" in caught.value.text("en")
    assert "vouliez-vous dire « population_density »" in caught.value.text("fr")


def test_an_unknown_family_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(FormulaError, match=r"there is no family 'economic'.*socioeconomic"):
        catalogue.family("economic")


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        ("DEFAVORISATION", "fr", ["material_deprivation", "social_deprivation"]),
        ("deprivation social", "en", ["social_deprivation"]),
        ("éloignement", "fr", ["remoteness"]),
        ("d’un centre urbain", "fr", ["distance_to_centre"]),
        ("homeless spaceships", "en", []),
        ("  ", "en", []),
    ],
)
def test_search(catalogue: Catalogue, words: str, language: wording.Language, expected: list[str]) -> None:
    assert [criterion.id for criterion in catalogue.search(words, language)] == expected


def test_search_takes_the_language_of_the_machine(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalogue.search("palier") == ()
    monkeypatch.setenv("EQUITE_LANGUAGE", "fr")
    assert [criterion.id for criterion in catalogue.search("ruralite")] == ["rurality"]


def test_criteria_are_frozen(catalogue: Catalogue) -> None:
    with pytest.raises(ValidationError):
        catalogue["low_income"].direction = "low"  # type: ignore[misc]


def test_an_overlay_changes_what_it_says_and_nothing_else(
    catalogue: Catalogue, laid: Callable[[str], Catalogue]
) -> None:
    ours = laid("rurality:\n  direction: high\n  caution:\n    fr: Gare aux seuils.\n  range: [0, ~]\n")
    assert ours["rurality"].direction == "high"
    assert ours["rurality"].caution == {"fr": "Gare aux seuils.", "en": catalogue["rurality"].caution["en"]}
    assert ours["rurality"].range == (0, None)
    assert ours["rurality"].readings == catalogue["rurality"].readings
    assert catalogue["rurality"].direction == "must_be_stated"
    assert list(ours) == list(catalogue)
    assert [name for name in ours if ours[name] != catalogue[name]] == ["rurality"]


def test_an_empty_value_removes_its_key(laid: Callable[[str], Catalogue]) -> None:
    ours = laid(
        "rurality: {direction: low, readings: null}\npoverty: {need_measure: {criterion: material_deprivation}}"
    )
    assert ours["rurality"].readings is None
    need = ours["poverty"].need_measure
    assert need is not None
    assert need.criterion == "material_deprivation"


def test_an_aim_may_take_a_column_for_its_need(laid: Callable[[str], Catalogue]) -> None:
    ours = laid("poverty: {need_measure: {criterion: null, column: food_baskets, title: Paniers remis.}}")
    need = ours["poverty"].need_measure
    assert need is not None
    assert (need.criterion, need.column, need.title) == (
        None,
        "food_baskets",
        {"fr": "Paniers remis.", "en": "Paniers remis."},
    )


def test_a_criterion_of_ones_own_joins_its_family(catalogue: Catalogue, laid: Callable[[str], Catalogue]) -> None:
    ours = laid(OWN)
    assert [criterion.id for criterion in ours.family("territorial")][-1] == "snow_load"
    snow = ours["snow_load"]
    assert snow.declared is False
    assert snow.range == (0, None)
    assert snow.unit == {"fr": "cm", "en": "cm"}
    assert snow.data == {"fr": "Environment Canada.", "en": "Environment Canada."}
    assert "snow_load" not in catalogue
    assert [criterion.id for criterion in ours.search("enneigement", "fr")] == ["snow_load"]


def test_scalars_are_texts(laid: Callable[[str], Catalogue]) -> None:
    ours = laid("low_income: {title: {fr: 010, en: NO}, unit: 12:30}")
    assert ours["low_income"].title == {"fr": "010", "en": "NO"}
    assert ours["low_income"].unit["fr"] == "12:30"


def test_a_folder_is_laid_file_by_file(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("low_income: {direction: low, unit: taux}", encoding="utf-8")
    (tmp_path / "b.yml").write_text("low_income: {unit: pourcentage}\nremoteness: {unit: indice}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not: [yaml", encoding="utf-8")
    ours = catalogue.overlaid(str(tmp_path))
    assert (ours["low_income"].direction, ours["low_income"].unit["fr"]) == ("low", "pourcentage")
    assert ours["remoteness"].unit["fr"] == "indice"
    assert ours.overlaid(tmp_path)["remoteness"] == ours["remoteness"]


BAD = """low_incme: {direction: low}
poverty:
  need_measure: {column: baskets}
remoteness:
  direction: hihg
  directoin: low
  range: [2, 1]
  caution: {fr: "", en: x}
  data: {de: x}
housing:
  levels: [a, b]
  declared: perhaps
  overlaps: [low_incom, poverty]
rurality:
  readings: {high: a, hig: b, low: null}
  kind: null
coordination:
  levels: null
internal_conflict:
  readings: null
land_area:
  family: cultural
  range: wide
remoteness: {direction: low}
development_funding: oui
glaciers: {origin: added, family: territorial, direction: must_be_stated, declared: true}
"""


def test_a_bad_overlay_gives_all_its_problems_at_once(laid: Callable[[str], Catalogue]) -> None:
    with pytest.raises(FormulaError) as caught:
        laid(BAD)
    found = {(problem.id, problem.where, problem.line) for problem in caught.value.problems}
    assert found >= {
        ("catalogue-unknown-entry", "low_incme", 1),
        ("catalogue-bad-need_measure", "poverty.need_measure", 3),
        ("catalogue-not-one-of", "remoteness.direction", 5),
        ("catalogue-unknown-key", "remoteness.directoin", 6),
        ("catalogue-bad-range", "remoteness.range", 7),
        ("catalogue-not-worded", "remoteness.caution", 8),
        ("catalogue-not-worded", "remoteness.data", 9),
        ("catalogue-bad-value", "housing.declared", 12),
        ("catalogue-bad-levels", "housing.levels", 11),
        ("catalogue-unknown", "housing.overlaps.0", 13),
        ("catalogue-unknown-key", "rurality.readings.hig", 15),
        ("catalogue-missing-key", "rurality.readings.low", 15),
        ("catalogue-missing-key", "rurality.kind", 16),
        ("catalogue-bad-levels", "coordination.levels", 18),
        ("catalogue-bad-readings", "internal_conflict.readings", 20),
        ("catalogue-two-families", "land_area", 21),
        ("catalogue-duplicate-key", "", 24),
        ("catalogue-entry-not-mapping", "development_funding", 25),
        ("catalogue-missing-key", "glaciers.title", 26),
        ("catalogue-bad-readings", "glaciers.readings", 26),
        ("catalogue-bad-levels", "glaciers.levels", 26),
    }
    assert {problem.file for problem in caught.value.problems} == {"ours.yaml"}
    english, french = caught.value.text("en"), caught.value.text("fr")
    assert "did you mean 'low_income'?" in english
    assert "did you mean 'direction'?" in english
    assert "did you mean 'high'?" in english
    assert "'territorial' and 'cultural'" in english
    assert "vouliez-vous dire « low_income »" in french
    assert "{" not in french.replace('{fr: "…", en: "…"}', "")
    assert len(english.splitlines()) == len(french.splitlines()) >= len({line for *_, line in found})


def test_a_new_criterion_stands_in_one_family(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(OWN.replace("territorial", "cultural"), encoding="utf-8")
    with pytest.raises(FormulaError, match=r"two families, 'territorial' and 'cultural' @ b\.yaml, snow_load"):
        catalogue.overlaid(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"low_income: [1, 2", r"cannot be read as YAML @ ours\.yaml, line [12]"),
        (b"low_income:\n\tunit: x\n", r"cannot be read as YAML @ ours\.yaml, line 2"),
        (b"a: &a\n  b: *a\n", r"too large to be a catalogue"),
        (b"low_income: \x00", r"cannot be read as YAML"),
        (b"# nothing yet\n", r"not made of criteria"),
        (b"- low_income\n", r"not made of criteria"),
        (b"low_income: {unit: \xe9}", r"cannot be read: check .* UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(
    catalogue: Catalogue, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_bytes(content)
    with pytest.raises(FormulaError, match=sentence):
        catalogue.overlaid(file)


def test_an_absent_file_and_an_empty_folder_are_said(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(FormulaError, match=r"absent\.yaml cannot be read"):
        catalogue.overlaid(tmp_path / "absent.yaml")
    with pytest.raises(FormulaError, match="holds no YAML file"):
        catalogue.overlaid(tmp_path)


def test_its_table_is_escaped_and_speaks_the_readers_language(
    laid: Callable[[str], Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = laid("low_income: {title: '<script>&'}")
    table = ours._repr_html_()
    assert "<script>" not in table
    assert "&lt;script&gt;&amp;" in table
    assert table.count("<table") == len(FAMILIES)
    assert table.count("<tr>") == len(ours) + len(FAMILIES)
    assert "Socioeconomic family" in table
    assert "must be stated" in table
    monkeypatch.setenv("EQUITE_LANGUAGE", "fr")
    table = ours._repr_html_()
    assert "Famille socioéconomique" in table
    assert "à préciser" in table
    assert "déclaré" in table


def test_its_errors_are_equites_own(laid: Callable[[str], Catalogue]) -> None:
    with pytest.raises(EquiteError):
        laid("low_income: {direction: up}")
