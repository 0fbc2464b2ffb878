"""Many variants at once: each one's units are those of the allocation made alone."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_pages import Case, pages

import equite
from equite.engine.side_by_side import can_stand_side_by_side
from equite.formula.names import criteria_of

PAGES, VARIANTS = 200, 4
Content = dict[str, Any]


def variations(case: Case, random: Random) -> dict[str, Any]:
    """Draw what varies on a page: some of its weights, its envelope, a constant, columns, a bound."""
    formula, count, size = case.formula, VARIANTS, len(case.rows)

    def about(figure: float, digits: int) -> list[float]:
        return [round(figure * random.uniform(0.8, 1.25), digits) for _ in range(count)]

    found: dict[str, Any] = {}
    if formula.envelope is not None and formula.envelope.value.plain is not None:
        unit = float(formula.rounding_to)
        money = float(formula.envelope.value.plain)
        found["envelope"] = [round(each / unit) * unit for each in about(money, 0)]
    found |= {f"constants.{name}": about(float(each.value), 3) for name, each in formula.constants.items()}
    for index in formula.indices:
        names = {str(name) for _, name, _ in criteria_of(formula.indices[index])}
        weights = {name: [random.choice([0.5, 1.0, 1.5, 2.25]) for _ in range(count)] for name in sorted(names)}
        if len(names) > 1 and random.random() < 0.3:
            weights[min(names)][-1] = 0.0
        found[f"indices.{index}"] = pd.DataFrame(weights)
    for name in ("poverty", "population", "before"):
        if name in formula.names.columns:
            column = case.rows[name].to_numpy(dtype=float)
            found[f"columns.{name}"] = np.array(
                [[round(each * random.uniform(0.9, 1.1), 1) for each in column] for _ in range(count)]
            )
    for limit in formula.limits:
        if limit.at_least is not None and limit.by is None:
            figures = [[float(random.randint(0, 400)) for _ in range(size)] for _ in range(count)]
            found[f"limits.{limit.id}.at_least"] = pd.DataFrame(figures, columns=case.rows["code"])
    kept = random.sample(sorted(found), min(len(found), random.randint(1, 2)))
    return {key: found[key] for key in kept}


def made_alone(case: Case, vary: dict[str, Any], variant: int) -> list[int] | None:
    """Write one variant into the page and the table by hand, and allocate; None where that is refused."""
    page, rows = case.formula, case.rows.copy()
    for key, given in vary.items():
        if key == "envelope":
            page = page.replace(envelope=given[variant])
        elif key.startswith("constants."):
            page = page.replace({"constants": {key.partition(".")[2]: given[variant]}})
        elif key.startswith("columns."):
            rows[key.partition(".")[2]] = given[variant]
        elif key.startswith("indices."):
            page = page.replace(
                {"indices": {key.partition(".")[2]: _weights(page, key.partition(".")[2], given, variant)}}
            )
        else:
            rows["floor of its own"] = rows["code"].map(given.iloc[variant])
            page = page.replace({"columns": {"own_floor": {"heading": "floor of its own"}}})
            page = page.replace({"limits": {key.split(".")[1]: {"at_least": "own_floor"}}})
    try:
        return equite.allocate(page, rows).units.tolist()
    except equite.EquiteError:
        return None


def _weights(page: equite.Formula, index: str, given: pd.DataFrame, variant: int) -> Content:
    found: Content = {}
    for path, name, _ in criteria_of(page.indices[index]):
        below = found
        for piece in path:
            below = below.setdefault(str(piece), {})
        below["weight"] = float(given[str(name)].iloc[variant])
    return found


def drawn() -> Iterator[tuple[Case, dict[str, Any]]]:
    for at, case in enumerate(pages(seed=1207, count=PAGES)):
        yield case, variations(case, Random(at))


def test_a_batch_agrees_with_each_made_alone_on_random_pages() -> None:
    side_by_side = differing = shared = 0
    for case, vary in drawn():
        found = equite.batch(case.formula, case.rows, vary, impossible="leave out")
        for variant in range(VARIANTS):
            alone = made_alone(case, vary, variant)
            assert (variant in found.refused) == (alone is None), (case.name, variant, list(vary))
            if alone is not None:
                assert found.units[variant].tolist() == alone, (case.name, variant, list(vary))
                shared += 1
                differing += alone != case.allocation.units.tolist()
        side_by_side += can_stand_side_by_side(found._source.varying)
    # Pages that are made one by one prove nothing of the others; nor do variants that come to the same.
    assert side_by_side > PAGES / 2
    assert differing > shared / 2 > PAGES


PAGE: Content = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "name": "place",
    "envelope": 900,
    "previous": "before",
    "constants": {"kept": 0.5},
    "indices": {
        "need": {
            "criteria": {"income": {"weight": 2, "more_need_when": "low"}},
            "families": {"land": {"weight": 1, "criteria": {"area": {"weight": 1, "more_need_when": "high"}}}},
        }
    },
    "parts": [
        {"id": "base", "pool": {"fraction": 0.2}, "share": "equally"},
        {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}},
    ],
    "limits": [{"id": "floor", "at_least": "kept * previous"}],
    "rounding": {"to": 1},
}
TABLE = {
    "code": ["C", "A", "B"],
    "place": ["Cité", "Anse", "Baie"],
    "people": [300, 100, 200],
    "income": [20, 40, 10],
    "area": [5, 1, 9],
    "before": [400, 300, 200],
}


def draw(generator: np.random.Generator) -> Content:
    """Draw weights and the envelope of one variant."""
    weights = dict(zip(("income", "land"), generator.dirichlet((1, 1)), strict=True))
    return {"indices.need": weights, "envelope": float(generator.integers(800, 1_000))}


def test_amounts_stand_in_code_order_and_what_varies_in_that_of_the_table() -> None:
    found = equite.batch(PAGE, TABLE, {"columns.people": [[300, 100, 200], [100, 300, 200]]})
    assert found.codes == ("A", "B", "C")
    assert found.units[0].tolist() == equite.allocate(PAGE, TABLE).units.tolist()
    by_code = pd.DataFrame([[100, 200, 300], [300, 200, 100]], columns=["A", "B", "C"])
    assert (equite.batch(PAGE, TABLE, {"columns.people": by_code}).units == found.units).all()
    assert found.units.dtype == np.int64
    assert found.amounts.tolist() == found.units.tolist()


def test_weights_of_an_index_go_by_the_names_of_criteria_and_families() -> None:
    together = equite.batch(PAGE, TABLE, {"indices.need": {"income": [1, 2], "land": [3, 1]}})
    apart = {
        "indices.need.criteria.income.weight": [1, 2],
        "indices.need.families.land.weight": [3, 1],
    }
    assert (together.units == equite.batch(PAGE, TABLE, apart).units).all()
    assert together.units[1].tolist() == equite.allocate(PAGE, TABLE).units.tolist()


def test_a_variant_made_alone_is_an_allocation_like_any_other() -> None:
    found = equite.batch(PAGE, TABLE, {"constants.kept": [0.5, 0.9], "limits.floor.at_least": [[0, 0, 0], [0, 320, 0]]})
    alone = found.allocation(1)
    assert alone.units.tolist() == found.units[1].tolist()
    assert alone.table.set_index("code").loc["A", "amount"] == 320
    assert alone.record["table"] != equite.allocate(PAGE, TABLE).record["table"]


def test_each_variant_is_drawn_by_its_number_and_by_nothing_else() -> None:
    every = equite.batch(PAGE, TABLE, draw, variants=40, seed=3)
    some = equite.batch(PAGE, TABLE, draw, variants=range(25, 40), seed=3)
    assert (every.units[25:] == some.units).all()
    assert some.allocation(2).units.tolist() == every.units[27].tolist()
    assert (every.units != equite.batch(PAGE, TABLE, draw, variants=40, seed=4).units).any()
    assert (every.units.sum(axis=1) == [draw(np.random.default_rng([3, at]))["envelope"] for at in range(40)]).all()


def test_the_table_tells_what_each_gets_in_the_variants() -> None:
    found = equite.batch(PAGE, TABLE, {"envelope": [800, 900, 1_000, 1_100, 1_200]}).table
    assert found.columns.tolist() == ["code", "name", "lowest", "quantile_5", "median", "quantile_95", "highest"]
    assert found["name"].tolist() == ["Anse", "Baie", "Cité"]
    assert found["median"].tolist() == equite.allocate({**PAGE, "envelope": 1_000}, TABLE).table["amount"].tolist()
    assert (found["lowest"] <= found["median"]).all()
    assert (found["median"] <= found["highest"]).all()
    assert found["lowest"].sum() < found["highest"].sum()


def test_what_cannot_be_shared_is_refused_or_left_out() -> None:
    # Floors of 90 % come to 810, which 800 cannot pay.
    vary = {"envelope": [900, 800, 1_000], "constants.kept": [0.9, 0.9, 0.9]}
    with pytest.raises(equite.SharingError, match="variant 1 cannot be shared") as caught:
        equite.batch(PAGE, TABLE, vary)
    assert "la variante 1 ne peut être partagée" in caught.value.text("fr")
    assert "810" in caught.value.text("en")
    found = equite.batch(PAGE, TABLE, vary, impossible="leave out")
    assert list(found.refused) == [1]
    assert found.units[1].tolist() == [0, 0, 0]
    assert found.units.sum(axis=1).tolist() == [900, 0, 1_000]
    assert found.table["lowest"].sum() <= 900
    assert "810" in str(found.refused[1])


def test_a_first_variant_that_cannot_be_shared_is_left_out_like_any_other() -> None:
    page = {**PAGE, "parts": [{"id": "owed", "share": {"as_is": "people"}}], "limits": PAGE["limits"]}
    page = {key: value for key, value in page.items() if key != "indices"} | {
        "if_short": "prorate",
        "if_over": "reserve",
    }
    found = equite.batch(page, TABLE, {"constants.kept": [2.0, 0.1]}, impossible="leave out")
    assert list(found.refused) == [0]
    assert found.units[1].tolist() == equite.allocate({**page, "constants": {"kept": 0.1}}, TABLE).units.tolist()


def test_what_a_column_may_not_hold_is_refused_in_whichever_variant() -> None:
    page = {**PAGE, "columns": {"people": {"kind": "extensive"}}}
    with pytest.raises(equite.TerritoriesError, match="variant 1"):
        equite.batch(page, TABLE, {"columns.people": [[1, 2, 3], [1, -2, 3]]})


def test_who_takes_part_may_vary_only_if_all_variants_agree() -> None:
    page = {**PAGE, "eligible": [{"where": "people > 100", "reason": "Small"}]}
    found = equite.batch(page, TABLE, {"columns.people": [[300, 100, 200], [200, 50, 400]]})
    assert found.codes == ("B", "C")
    assert found.units[1].tolist() == equite.allocate(page, {**TABLE, "people": [200, 50, 400]}).units.tolist()
    with pytest.raises(equite.SharingError, match="in variant 1, others take part than in the first: C"):
        equite.batch(page, TABLE, {"columns.people": [[300, 100, 200], [10, 50, 400]]})


@pytest.mark.parametrize(
    ("vary", "english", "french"),
    [
        ({}, "nothing varies", "rien ne varie"),
        ({"columns.peple": [1]}, "did you mean 'people'", "vouliez-vous dire « people »"),
        ({"constants.keep": [1]}, "did you mean 'kept'", "vouliez-vous dire « kept »"),
        ({"rounding.to": [1]}, "holds nothing that can", "ne contient rien qui le puisse"),
        ({"parts.base.share": [1]}, "holds nothing that can", "ne contient rien qui le puisse"),
        ({"limits.flor.at_least": [1]}, "did you mean .floor.", "vouliez-vous dire « floor »"),
        ({"indices.need.criteria.incme.weight": [1]}, "did you mean .income.", "income"),
        ({"indices.need": [1, 2]}, "its weights have no names", "ses poids n'ont pas de noms"),
        ({"indices.need": {"incme": [1]}}, "did you mean 'income'", "vouliez-vous dire « income »"),
        ({"envelope": [1, 2], "constants.kept": [1]}, r"envelope \(2\), constants.kept \(1\)", "envelope"),
        ({"envelope": [[1, 2]]}, "has the shape 1 × 2", "a pour dimensions 1 × 2"),
        ({"envelope": ["much"]}, "has the shape 0 × 0 × 0", "a pour dimensions"),
        ({"envelope": [np.nan]}, "1 numbers that are missing", "1 nombres manquants"),
        ({"columns.people": pd.DataFrame([[1, 2, 3]], columns=["A", "B", "D"])}, "C, D", "C, D"),
    ],
)
def test_what_cannot_vary_is_refused_with_a_sentence(vary: Content, english: str, french: str) -> None:
    with pytest.raises(equite.FormulaError, match=english) as caught:
        equite.batch(PAGE, TABLE, vary)
    assert french in caught.value.text("fr")


def test_a_column_of_text_cannot_vary() -> None:
    page = {**PAGE, "eligible": [{"where": 'place != "Lac"', "reason": "Water"}]}
    with pytest.raises(equite.FormulaError, match="is a column of text"):
        equite.batch(page, TABLE, {"columns.place": [[1, 2, 3]]})


def test_arguments_of_another_kind_are_refused_with_a_sentence() -> None:
    with pytest.raises(equite.FormulaError, match="neither a mapping nor a function"):
        equite.batch(PAGE, TABLE, [1, 2])  # type: ignore[arg-type]
    with pytest.raises(equite.FormulaError, match="'impossible' is 'skip'"):
        equite.batch(PAGE, TABLE, {"envelope": [1]}, impossible="skip")

    def draw_by_number(generator: np.random.Generator) -> Content:
        number = generator.bit_generator.seed_seq.entropy[1]  # type: ignore[attr-defined]
        return {"constants.kept": 0.5} if number else {"envelope": 900}

    with pytest.raises(equite.FormulaError, match="other keys than the first"):
        equite.batch(PAGE, TABLE, draw_by_number, variants=2)
    for variants, seed in ((0, 0), (range(-1, 2), 0), (3, -1)):
        with pytest.raises(equite.FormulaError, match="zero or more"):
            equite.batch(PAGE, TABLE, draw, variants=variants, seed=seed)
    with pytest.raises(equite.FormulaError, match="gives a list"):
        equite.batch(PAGE, TABLE, lambda generator: [1], variants=2)  # type: ignore[arg-type, return-value]
    with pytest.raises(equite.FormulaError, match=r"columns\.people. has the shape"):
        equite.batch(PAGE, TABLE, lambda generator: {"columns.people": [1] * generator.integers(1, 3)}, variants=9)
    with pytest.raises(equite.FormulaError, match="workers is 0"):
        equite.batch(PAGE, TABLE, {"envelope": [900]}, workers=0)
    with pytest.raises(equite.SharingError, match="there is no variant 1: there are 1, from 0"):
        equite.batch(PAGE, TABLE, {"envelope": [900]}).allocation(1)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_files_say_what_each_gets_in_the_readers_language(language: str, tmp_path: Path) -> None:
    found = equite.batch({**PAGE, "language": language}, TABLE, draw, variants=20)
    words = {"fr": ("Montant médian", "20 variantes"), "en": ("Median amount", "20 variants")}[language]
    for text in (found._repr_html_(), found.to_html(tmp_path / "batch.html").read_text("utf-8")):
        assert all(word in text for word in words)
    assert words[0] in found.to_csv(tmp_path / "batch.csv").read_text("utf-8-sig")
    sheet = pd.read_excel(found.to_excel(tmp_path / "batch.xlsx"), engine="calamine")
    assert f"{words[0]} ($)" in sheet.columns
    assert "Anse" in sheet.to_string()


def test_the_units_are_the_same_for_any_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equite.engine.variant_source._ROWS", 6)
    monkeypatch.setattr("equite.engine.batch._SETS", 5)
    alone = equite.batch(PAGE, TABLE, draw, variants=40, seed=1)
    for workers in (2, 3):
        found = equite.batch(PAGE, TABLE, draw, variants=40, seed=1, workers=workers)
        assert found.units.tobytes() == alone.units.tobytes()


def test_the_units_are_the_same_on_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    joblib, distributed = pytest.importorskip("joblib"), pytest.importorskip("distributed")
    monkeypatch.setattr("equite.engine.variant_source._ROWS", 6)
    monkeypatch.setattr("equite.engine.batch._SETS", 5)
    alone = equite.batch(PAGE, TABLE, draw, variants=40, seed=1)
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        found = equite.batch(PAGE, TABLE, draw, variants=40, seed=1, workers=-1)
    assert found.units.tobytes() == alone.units.tobytes()


def test_memory_is_that_of_the_units_and_of_one_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equite.engine.variant_source._ROWS", 300)

    def above_the_units(count: int) -> int:
        tracemalloc.start()
        found = equite.batch(PAGE, TABLE, draw, variants=count)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most - found.units.nbytes

    above_the_units(100)
    assert above_the_units(2_000) < 1.5 * above_the_units(200)
