"""What a transition shows: the screen, the page, the workbook, the pictures, the command line; in both languages."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import yaml
from typer.testing import CliRunner

import equite
from equite.cli import application

TITLE = {"fr": "Vers l'équité", "en": "Towards equity"}
TABLE = {"code": ["A", "B", "C"], "place": ["Amont", "Baie", "Cap"], "need": [1, 1, 2], "before": [400, 400, 200]}


def page(language: str) -> dict[str, Any]:
    return {
        "equite": 1,
        "id": "target",
        "language": language,
        "key": "code",
        "name": "place",
        "people": "need",
        "envelope": {"value": 1000, "status": "illustrative"},
        "rounding": {"to": 1},
        "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
    }


def schedule(language: str = "fr", **keys: Any) -> dict[str, Any]:
    said = {"equite_schedule": 1, "id": "passage", "language": language, "title": TITLE, "target": page(language)}
    return {**said, "start": "before", "years": [2026, 2027], "rule": {"linear": 2}, "indexation": 0.02, **keys}


@pytest.fixture(scope="module")
def found() -> equite.Transition:
    return equite.transition(schedule(), TABLE)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")


def test_the_screen_tells_each_year_and_each_path(found: equite.Transition) -> None:
    french, english = plain(found.summary()), plain(found.summary("en"))
    assert french.splitlines()[0] == "Vers l'équité : de 2026 à 2027"
    assert english.splitlines()[0] == "Towards equity: 2026 to 2027"
    assert "statut est : illustratif" in french
    assert "La plus forte baisse d'une année est de 23,1 % : Amont, en 2027." in french
    assert "Territories within one unit of their target in 2027: 3 of 3." in english
    assert "closed: 100%." in " ".join(english.split())
    row = next(line for line in french.splitlines() if line.startswith("A "))
    assert row.split() == ["A", "Amont", "400", "325", "250", "250", "2"]
    assert repr(found) == found.summary()


RULES = [
    ("at_once", "All go to the target at once.", "Tous passent à la cible d'un coup."),
    ({"schedule": {2026: 0.5, 2027: 1}}, "stated part of the way", "part du chemin fixée"),
    ({"share_of_gap": 0.23}, "lose 23% of their gap", "perdent 23 % de leur écart"),
    ({"share_of_gap": {2026: 0.2, 2027: 0.3}}, "stated for each year", "fixée pour chaque année"),
    ({"limits": {"lose_at_most": 0.9}}, "more than 90% a year.", "plus de 90 % par an."),
    (
        {"no_loss": "money"},
        "Nobody gets less than the year before;",
        "Personne ne reçoit moins que l'année précédente;",
    ),
    ({"no_loss": "real"}, "at its prices", "en tenant compte des prix"),
    ({"no_loss": "per_head"}, "less per head", "moins par habitant"),
    ({"pace_of_change": {"points": {"-0.5": 0.9, "0": 0}, "minimum": -0.25}}, "all grow by -25%", "d'au moins -25 %"),
    ({"equite": 1, "id": "r", "parts": page("fr")["parts"]}, "a page of its own", "une page à part"),
]


@pytest.mark.parametrize(("rule", "english", "french"), RULES, ids=[str(at) for at in range(len(RULES))])
def test_every_rule_is_said_in_words(rule: Any, english: str, french: str) -> None:
    keys = {"envelope": {2026: 1020, 2027: 1050}} if rule == {"no_loss": "real"} else {}
    said = equite.transition(schedule(rule=rule, **keys), TABLE)
    assert english in " ".join(plain(said.summary("en")).split())
    assert french in " ".join(plain(said.summary("fr")).split())


def test_limits_that_are_laid_over_are_said_last() -> None:
    limits = {"lose_at_most": 0.2, "gain_at_most": 0.355, "counted_in": "real"}
    said = " ".join(plain(equite.transition(schedule(limits=limits), TABLE).summary("en")).split())
    assert "Nobody loses more than 20% a year at the prices of the year before." in said
    assert "No amount rises by more than 35.5% a year at the prices of the year before." in said


def test_the_csv_file_holds_every_figure(found: equite.Transition, tmp_path: Path) -> None:
    text = found.to_csv(tmp_path / "out.csv").read_text("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(plain(text)), delimiter=";")
    assert head[:5] == ["Code", "Territoire", "Année", "Cible ($, illustratif)", "Année précédente ($, illustratif)"]
    assert len(rows) == 6
    assert rows[1][:7] == ["A", "Amont", "2027", "250", "325", "250", "0"]


def test_the_workbook_has_paths_and_a_sheet_for_each_year(found: equite.Transition, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(found.to_excel(tmp_path / "out.xlsx"))
    assert book.sheetnames == ["Notes", "Trajectoires", "Chaque année", "Tous les chiffres", "2026", "2027"]
    rows = list(book["Trajectoires"].iter_rows(values_only=True))
    assert rows[1] == ("A", "Amont", 400, 325, 250, 250, 0, 2)
    head, first, *_ = book["2027"].iter_rows(values_only=True)
    year = dict(zip(head, first, strict=True))
    assert [year[name] for name in ("Code", "Montant ($, illustratif)", "Cible ($, illustratif)")] == ["A", 250, 250]
    assert book["Chaque année"]["B2"].value == 1000
    assert (tmp_path / "out.xlsx").read_bytes() == found.to_excel(tmp_path / "again.xlsx").read_bytes()


def test_the_page_holds_every_row(found: equite.Transition, tmp_path: Path) -> None:
    text = plain(found.to_html(tmp_path / "out.html", "en").read_text("utf-8"))
    assert "<h1>Towards equity: 2026 to 2027</h1>" in text
    assert all(name in text for name in ("Amont", "Baie", "Cap", "Paths", "Each year"))
    assert "Trajectoires" in found._repr_html_()


def test_long_paths_are_cut_in_a_notebook_and_whole_on_a_page(tmp_path: Path) -> None:
    count = 45
    table = {"code": [f"{at:02d}" for at in range(count)], "need": [1] * count, "before": [10] * count}
    target = {key: value for key, value in page("en").items() if key != "name"}
    found = equite.transition(schedule("en", target=target, years={"from": 2026, "to": 2035}), table)
    assert "Paths (the first 40 of 45)" in found._repr_html_()
    assert ">44<" in found.to_html(tmp_path / "out.html").read_text("utf-8")
    # A screen has room for five years, the first and the last among them.
    lines = [[word for word in line.split() if word.startswith("20")] for line in found.summary().splitlines()]
    assert ["2026", "2028", "2030", "2033", "2035"] in lines


def test_the_pictures(found: equite.Transition) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    ax = found.plot.paths()
    assert ax.get_title(loc="left") == "Les montants en route vers leur cible"
    solid = next(line for line in ax.lines if line.get_label() == "Amont")
    assert solid.get_xdata().tolist() == [2025, 2026, 2027]
    assert solid.get_ydata().tolist() == [400, 325, 250]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2025", "2026", "2027"]
    ax = found.plot.gap()
    assert len(ax.patches) == 6
    above = [bar.get_height() for bar in ax.patches[:3]]
    assert np.allclose(above, [300, 150, 0])
    ax = found.plot.frontier([0.2, None])
    assert {text.get_text() for text in ax.texts} >= {"sans plancher"}
    line = ax.lines[0]
    assert np.allclose(line.get_xdata(), [0.2, 0.230769], atol=1e-4)


def test_pictures_that_cannot_be_drawn(found: equite.Transition) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    with pytest.raises(equite.OutputError, match="aucune année n'a Z"):
        found.plot.paths(["Z"])
    with pytest.raises(equite.OutputError, match="de une à 8 trajectoires"):
        found.plot.paths([])
    short = equite.transition(schedule(rule="at_once", envelope=900), TABLE)
    with pytest.raises(equite.OutputError, match="ajoutez None à la grille"):
        short.plot.frontier([0])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "page.yaml").write_text(yaml.safe_dump(page("fr")), encoding="utf-8")
    rows = zip(*TABLE.values(), strict=True)
    lines = [",".join(TABLE), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    path = tmp_path / "schedule.yaml"
    path.write_text(yaml.safe_dump(schedule(target="page.yaml", table="table.csv")), encoding="utf-8")
    return path


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(application("fr"), [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return plain(done.output)


def test_the_command_line(written: Path) -> None:
    out = written.parent / "out.xlsx"
    said = run("transition", written, "-o", out, "--explain", "A", "--year", 2027, "--frontier")
    assert "Vers l'équité : de 2026 à 2027" in said
    assert "Protection et vitesse" in said
    assert "= Montant" in said
    assert "Écrit : " in said
    assert out.is_file()
    assert "Towards equity: 2026 to 2027" in run("transition", written, "--language", "en")
    rule = yaml.safe_load(run("transition", written, "--rule"))
    assert rule["variables"]["way"]["value"] == "min(1, year_number / 2)"
    assert rule["envelope"]["value"] == "1000"


def test_the_command_line_refuses_in_sentences(written: Path) -> None:
    assert "est l’un des fichiers lus" in " ".join(
        run("transition", written, "-o", written.parent / "table.csv", code=1).split()
    )
    assert "--year va avec --explain" in run("transition", written, "--year", 2027, "--language", "fr", code=2)
    assert "n'est pas une des années" in run("transition", written, "--explain", "A", "--year", 2031, code=1)
