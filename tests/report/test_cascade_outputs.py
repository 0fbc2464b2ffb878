"""What a cascade tells: its summary, the way to one territory, HTML, CSV, and a workbook whose every node is live."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from recalculation import Cells, LibreOffice, corrupt, edit

from equite import OutputError
from equite.engine.cascade import Cascade, cascade
from equite.report.cascade.checks import _search
from equite.report.cascade.files import tier_columns, write
from equite.report.cascade.words import CascadeLabels
from equite.report.cascade.workbook import sheet_names

NBSP = "\u00a0"
# Every table here is made up.
TABLES = {
    "region": {
        "code": ["01", "02", "1", "=9"],
        "name": ["Un", "<b>Deux</b>", "Trois", "=2+3"],
        "population": [600, 300, 100, 50],
        "own": [0, 5000, 0, 0],
    },
    "county": {
        "code": ["010", "011", "020", "030", "040"],
        "region": ["01", "01", "02", "1", "=9"],
        "population": [400, 200, 300, 100, 50],
    },
    "town": {
        "code": [f"t{at}" for at in range(10)],
        "county": ["010", "010", "010", "011", "011", "020", "020", "030", "040", "040"],
        "name": [f"Town {at}" for at in range(10)],
        "population": [100, 200, 100, 150, 50, 200, 100, 100, 50, 0],
    },
}
PARTS = [
    {"id": "base", "title": {"fr": "Base", "en": "Base"}, "pool": {"fraction": 0.2}, "share": "equally"},
    {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population"}},
]


def page(identity: str, /, **keys: Any) -> dict[str, Any]:
    return {
        "equite": 1,
        "id": identity,
        "language": "en",
        "key": "code",
        "people": "population",
        "parts": PARTS,
        "rounding": {"to": 1},
        **keys,
    }


def content(**keys: Any) -> dict[str, Any]:
    """Give a plan with all that an output has to show: funds, own money, what is kept, a reserve, checks, statuses."""
    region = page(
        "r",
        name="name",
        envelope={"value": 100000, "status": "illustrative", "source": "Made up"},
        checks=[{"that": "amount >= 10000", "title": {"fr": "Au moins 10 000", "en": "At least 10,000"}}],
    )
    capped = page("c", if_over="reserve", parts=[{**PARTS[0], "at_most": 4000, "if_over": "reserve"}, PARTS[1]])
    rule = {"where": "population > 0", "reason": {"fr": "Personne n’y vit", "en": "Nobody lives there"}}
    town = page("t", name="name", eligible=[rule])
    fund = page("f", envelope=5000, parts=[PARTS[1]])
    return {
        "equite_plan": 1,
        "id": "p",
        "title": {"fr": "Un plan inventé", "en": "A made-up plan"},
        "language": "en",
        "totals": {"population": 0},
        "tiers": [
            {
                "id": "region",
                "title": {"fr": "Région", "en": "Region"},
                "formula": region,
                "decided_by": {"fr": "le centre", "en": "the centre"},
                "keeps": {"value": "0.05*amount", "title": {"fr": "Table", "en": "Table"}},
                "adds": "own",
            },
            {
                "id": "county",
                "title": {"fr": "Comté", "en": "County"},
                "parent": "region",
                "formula": capped,
                "funds": [{"id": "roads", "title": {"fr": "Routes", "en": "Roads"}, "formula": fund}],
            },
            {"id": "town", "parent": "county", "formula": town},
        ],
        **keys,
    }


def run(language: str = "en", **keys: Any) -> Cascade:
    tables = {tier: pd.DataFrame(rows) for tier, rows in TABLES.items()}
    return cascade(content(language=language, **keys), tables)


@pytest.fixture(scope="module")
def english() -> Cascade:
    return run()


@pytest.fixture(scope="module")
def french() -> Cascade:
    return run("fr")


def spoken(text: str) -> str:
    return text.replace(NBSP, " ")


def amounts_in(lines: list[str]) -> list[Decimal]:
    """Give the amounts that end lines of English text."""
    found = [re.search(r"(−?)\$([\d,]+(?:\.\d+)?)$", line) for line in lines]
    return [Decimal((each[1] and "-") + each[2].replace(",", "")) for each in found if each]


# --- the summary


def test_a_summary_in_english(english: Cascade) -> None:
    text = spoken(english.summary())
    assert text.splitlines() == [
        "A made-up plan",
        "  Simulation – not a decision",
        "  Envelope (illustrative)  $100,000",
        "  Region: own funds          $5,000",
        "  County: fund “Roads”       $5,000",
        "  Of each dollar",
        "     4.55¢  Region: Table (kept)",
        "     3.57¢  County: in reserve, not shared",
        "    91.88¢  Town: reached this tier",
        "  Region: 4 territories · decided by: the centre",
        "    received $100,000, own funds $5,000, kept $5,001, passed on $99,999",
        "  County: 5 territories",
        "    received $96,070, from funds $5,000, passed on $101,070, left in reserve $3,929",
        "  Town: 10 territories",
        "    received $101,070",
        "  Checks passed: 0 of 1",
        "    ✗ Failed: Region · At least 10,000 (1 territory: =9)",
        "  Rests on illustrative figures: Region · Envelope",
        "  Warnings",
        f"    {english.warnings[0]}",
    ]
    assert 10 <= len(text.splitlines()) <= 20
    assert repr(english) == english.summary()


def test_a_summary_in_french(french: Cascade) -> None:
    text = spoken(french.summary())
    for said in (
        "Enveloppe (illustratif)   100 000 $",
        "De chaque dollar",
        "4,55 ¢  Région : Table (gardé)",
        "Comté : fonds « Routes »",
        "Région : 4 territoires · qui décide : le centre",
        "reçu 100 000 $, fonds propres 5 000 $, gardé 5 001 $, transmis 99 999 $",
        "✗ Échoué : Région · Au moins 10 000 (1 territoire : =9)",
    ):
        assert said in text
    assert "received" not in text


def test_the_parts_of_each_dollar_add_up_to_it(english: Cascade) -> None:
    cents = re.findall(r"([\d.]+)¢", english.summary())
    assert len(cents) == len(english.uses)
    assert sum(map(Decimal, cents)) == Decimal("100.00")


@pytest.mark.parametrize(
    ("money", "language", "said"),
    [
        ({"currency": "EUR"}, "fr", ["De chaque euro", " centimes  "]),
        ({"currency": "BRL"}, "fr", ["De chaque unité", " %  "]),
        ({"unit": {"fr": "postes", "en": "posts"}}, "en", ["Of each unit", "%  "]),
        ({"currency": "USD"}, "en", ["Of each dollar", "¢  "]),
    ],
)
def test_each_currency_has_its_word(money: dict[str, Any], language: str, said: list[str]) -> None:
    plan = content(language=language)
    for tier in plan["tiers"]:
        tier["formula"] |= money
        for fund in tier.get("funds", ()):
            fund["formula"] |= money
    text = spoken(cascade(plan, {tier: pd.DataFrame(rows) for tier, rows in TABLES.items()}).summary())
    assert [each for each in said if each not in text] == []


def test_a_tiny_part_of_a_dollar_is_not_zero(english: Cascade) -> None:
    labels = CascadeLabels(english)
    assert [labels.of_each(share) for share in (0.063, 0.0004, 0.00000372, 0.0)] == [
        "6.30¢",
        "0.04¢",
        "0.00037¢",
        "0.00¢",
    ]


def test_many_warnings_are_counted() -> None:
    found = run()
    said = tuple(f"warning {at}" for at in range(7))
    told = type("Told", (Cascade,), {"warnings": said})(found.plan, found.tiers, found.minor_units, found.levels)
    assert spoken(told.summary()).splitlines()[-4:] == [*(f"    warning {at}" for at in range(3)), "    and 4 others"]


# --- the way to one territory


def test_the_way_adds_up_at_every_step(english: Cascade) -> None:
    for code in english.level().codes[:-1]:
        text = str(english.explain(code))
        title, *steps = text.split("\n\n")
        assert title == f"From $100,000 to Town {code[1:]} ({code})\nSimulation – not a decision"
        assert len(steps) == 3
        went: list[Decimal] = []
        for step in steps:
            lines = step.splitlines()
            sums = [at for at, line in enumerate(lines) if line.startswith("  = ")]
            before = amounts_in(lines[: sums[0]])
            assert len(before) >= 2
            assert [sum(before)] == amounts_in(lines[sums[0] : sums[0] + 1])
            for first, last in pairwise(sums):
                assert [sum(amounts_in(lines[first:last]))] == amounts_in(lines[last : last + 1])
            went += amounts_in(lines[sums[-1] : sums[-1] + 1])
        assert went == [Decimal(f"{step.passed_on:.2f}") for step in english.explain(code).steps]
        assert max(map(len, text.splitlines())) <= 80


def test_the_way_tells_each_dollar_in_both_languages(english: Cascade, french: Cascade) -> None:
    steps = english.explain("t5").steps
    of_envelope = f"{steps[1].of_envelope * 100:.2f}"
    text = " ".join(str(english.explain("t5")).split())
    assert (
        f"Of each dollar shared by <b>Deux</b>, 92.71¢ would come here; of each dollar of the envelope, {of_envelope}¢."
        in text
    )
    assert "Table (kept)" in text
    assert "Own funds $5,000" in text
    assert "Fund “Roads”" in text
    text = " ".join(spoken(str(french.explain("t5"))).split())
    said = of_envelope.replace(".", ",")
    shared = "Il arriverait ici 92,71 ¢ de chaque dollar partagé par <b>Deux</b>"
    assert f"{shared}, et {said} ¢ de chaque dollar de l’enveloppe." in text
    assert "Fonds « Routes »" in text


def test_somebody_left_out_is_told_why(english: Cascade, french: Cascade) -> None:
    assert "Left out by the page of this tier: Nobody lives there." in str(english.explain("t9"))
    assert "Exclu par la page de ce palier : Personne n’y vit." in spoken(str(french.explain("t9")))


def test_a_parent_without_money_is_told() -> None:
    plan = content()
    plan["tiers"][0]["keeps"] = "where(population < 60, amount, 0)"
    found = cascade(plan, {tier: pd.DataFrame(rows) for tier, rows in TABLES.items()})
    assert "=2+3 had nothing to share." in str(found.explain("040", "county"))


def test_a_way_may_end_above(english: Cascade) -> None:
    text = str(english.explain("010", "county"))
    assert text.splitlines()[-1].startswith("  = Passed on")
    assert text.count("  = Received") == 2


def test_what_a_parent_chose_stands_on_the_way(tmp_path: Path) -> None:
    choice = {
        "for": "01",
        "body": "Board of region 01",
        "date": "2026-03-12",
        "reason": {"fr": "Inventé", "en": "Made up"},
        "changes": {"parts": {"base": {"pool": {"fraction": 0.3}}}},
    }
    (tmp_path / "01.yaml").write_text(yaml.safe_dump(choice), encoding="utf-8")
    plan = content()
    plan["tiers"][1] |= {"may_change": {"parts.base.pool.fraction": [0.1, 0.4]}, "overrides": str(tmp_path)}
    found = cascade(plan, {tier: pd.DataFrame(rows) for tier, rows in TABLES.items()})
    assert "1 of 4 parents applies a page of its own" in found.summary()
    assert "Board of region 01, 2026-03-12" in " ".join(str(found.explain("t0")).split())
    assert "Board of region 01" not in str(found.explain("t5"))
    notes = Cells.read(found.to_excel(tmp_path / "a.xlsx")).sheets["Read me"]
    assert any(
        "Board of region 01, 2026-03-12" in str(cell) and "Made up" in str(cell) for row in notes for cell in row
    )


# --- notebooks


def test_html_shows_all_and_runs_nothing(english: Cascade) -> None:
    for shown in (english._repr_html_(), english.explain("t5")._repr_html_()):
        assert re.match(r'<div class="equite [^"]*" lang="en"', shown)
        assert "<b>" not in shown
        assert shown.count("<table") == shown.count("</table>") > 1
    assert "92.71¢" in english.explain("t5")._repr_html_()
    assert "&lt;b&gt;Deux&lt;/b&gt;" in english.explain("t5")._repr_html_()
    assert "$105,000" not in english._repr_html_()
    assert "4.55¢" in english._repr_html_()


# --- CSV


@pytest.mark.parametrize(("language", "separator", "mark"), [("fr", ";", ","), ("en", ",", ".")])
def test_accounts_as_csv(language: str, separator: str, mark: str, tmp_path: Path) -> None:
    found = run(language)
    raw = found.to_csv(tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    headings, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=separator)
    accounts = found.accounts
    assert len(rows) == len(accounts) == 19
    assert len(set(headings)) == len(headings)
    assert headings[:4] == (
        ["Palier", "Code", "Territoire", "Parent (code)"]
        if language == "fr"
        else ["Tier", "Code", "Territory", "Parent (code)"]
    )
    received = 4
    assert [float(row[received].replace(mark, ".")) for row in rows] == accounts["received"].tolist()
    # A spreadsheet runs no code and no name.
    assert [row[1] for row in rows][:4] == ["01", "02", "1", "'=9"]
    assert rows[3][2] == "'=2+3"
    assert rows[-1][headings.index(next(each for each in headings if each.startswith(("Gardé", "Kept"))))] == ""
    shares = [row[-1] for row in rows if row[3] == "01"]
    assert sum(Decimal(share.replace(mark, ".")) for share in shares) == Decimal("100.00")


def test_the_accounts_are_left_as_they_were(english: Cascade, tmp_path: Path) -> None:
    english.to_csv(tmp_path / "a.csv")
    assert english.accounts["tier"].unique().tolist() == ["region", "county", "town"]


def test_a_file_is_written_as_its_name_ends(english: Cascade, tmp_path: Path) -> None:
    assert write(english, tmp_path / "a.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    assert write(english, tmp_path / "a.xlsx").read_bytes()[:2] == b"PK"
    with pytest.raises(OutputError, match=r"a\.pdf"):
        write(english, tmp_path / "a.pdf")
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "a.xlsx"}


# --- the workbook


def test_sheets_bear_the_language_of_the_plan(english: Cascade, french: Cascade, tmp_path: Path) -> None:
    sheets = [list(Cells.read(found.to_excel(tmp_path / "a.xlsx")).sheets) for found in (english, french)]
    assert sheets == [
        ["Read me", "Region", "County", "Town", "Checks"],
        ["Lisez-moi", "Région", "Comté", "Town", "Contrôles"],
    ]


def test_two_workbooks_of_one_cascade_are_the_same(english: Cascade, tmp_path: Path) -> None:
    first, second = (found.to_excel(tmp_path / f"{at}.xlsx") for at, found in enumerate((english, run())))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_tier_s_sheet_holds_its_accounts(language: str, tmp_path: Path) -> None:
    found = run(language)
    cells = Cells.read(found.to_excel(tmp_path / "a.xlsx"))
    labels = CascadeLabels(found)
    for tier, name in sheet_names(labels).items():
        headings, *rows = cells.sheets[name]
        columns = tier_columns(found, tier, labels)
        assert headings == [column.heading for column in columns]
        table = found.table(tier)
        for at, column in enumerate(columns):
            shown = [row[at] for row in rows[: len(table)]]
            if column.id in ("received", "funds", "added", "kept", "passed_on", "shared_out", "reserve"):
                assert shown == table[column.id].tolist()
                assert rows[len(table)][at] == table[column.id].sum()
            elif column.id in ("code", "parent"):
                assert shown == table[column.id].tolist()
    assert "parent_name" in [column.id for column in tier_columns(found, "county", labels)]


def test_the_first_sheet_says_who_decides_and_what_it_rests_on(english: Cascade, tmp_path: Path) -> None:
    cells = Cells.read(english.to_excel(tmp_path / "a.xlsx"))
    text = "\n".join(str(cell) for row in cells.sheets["Read me"] for cell in row)
    for said in (
        "Decided by: the centre",
        "Nothing: one formula for all.",
        "Made up",
        "illustrative",
        "County: fund “Roads”",
    ):
        assert said in text
    assert english.plan.sha256 in text
    assert all(english.plan.formula_of(tier).sha256 in text for tier in english.names)


def test_every_formula_carries_what_it_gives(french: Cascade, tmp_path: Path, libreoffice: LibreOffice) -> None:
    path = french.to_excel(tmp_path / "a.xlsx")
    stated = Cells.read(path)
    corrupt(path)
    (made,) = libreoffice.recalculate([path])
    found = Cells.read(made)
    assert found.never_recalculated() == []
    for name, rows in stated.sheets.items():
        for line, row in enumerate(rows):
            got = found.sheets[name][line] if line < len(found.sheets[name]) else []
            assert got + [""] * (len(row) - len(got)) == row, (name, line)
    verdicts = [cell for row in found.sheets["Contrôles"] for cell in row if str(cell)[:1] in "✓✗?" and cell]
    # Sums: nodes, the whole, a row for each of two tiers and one for what funds bring; a check; the top and 9 parents.
    assert verdicts.count("✗ Échoué") == 1
    assert verdicts.count("✓ Réussi") == 1 + 1 + 2 + 10


def test_money_that_rules_add_is_in_the_accounts(tmp_path: Path, libreoffice: LibreOffice) -> None:
    plan = content()
    for at in (0, 1):
        plan["tiers"][at]["formula"]["limits"] = [{"id": "floor", "at_least": 15000, "fund": "on_top"}]
    found = cascade(plan, {tier: pd.DataFrame(rows) for tier, rows in TABLES.items()})
    assert "Region: added by the rules of the page" in found.summary()
    assert "of which added by its rules" in found.summary()
    path = found.to_excel(tmp_path / "a.xlsx")
    corrupt(path)
    (made,) = libreoffice.recalculate([path])
    rows = Cells.read(made).sheets["Checks"]
    nodes = [row for row in rows if str(row[8])[:1] in "✓✗" and row[8]]
    assert len(nodes) == 1 + 4 + 5
    assert {row[8] for row in nodes} == {"✓ Passed"}
    assert nodes[0][4] == found.sources.loc[found.sources["source"] == "on_top", "money"].iloc[0] > 0
    assert sum(row[4] for row in nodes[1:5]) == found.table("region")["on_top"].sum() > 0


def test_money_made_at_one_node_shows_there_and_above_all(
    english: Cascade, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    path = english.to_excel(tmp_path / "a.xlsx")
    labels = CascadeLabels(english)
    at = [column.id for column in tier_columns(english, "town", labels)].index("received")
    cell = f"{'ABCDEFGH'[at]}2"
    edit(path, {("Town", cell): float(english.table("town")["received"][0]) + 1})
    (made,) = libreoffice.recalculate([path])
    rows = Cells.read(made).sheets["Checks"]
    nodes = [row for row in rows if row[0] in ("Region", "County")]
    assert [row[1] for row in nodes if row[8] == "✗ Failed"] == ["010"]
    assert {row[7] for row in nodes if row[1] == "010"} == {1}
    overall = {row[0]: row[5] for row in rows if str(row[5])[:1] in "✓✗?" and row[0] and row not in nodes}
    assert overall["Nodes where money is lost or made"] == "✗ Failed"
    assert overall["All that comes in equals what is kept, in reserve, or reached the last tier"] == "✗ Failed"
    assert overall["Region · At least 10,000"] == "? To be redone"


def test_no_text_is_run_by_the_workbook(english: Cascade, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(english.to_excel(tmp_path / "a.xlsx"))
    for cell in (cell for name in ("Region", "County", "Town") for row in book[name] for cell in row):
        assert cell.data_type != "f" or str(cell.value).startswith("=SUM(")
    assert book["Region"]["B5"].value == "=2+3"
    assert book["Region"]["B5"].data_type == "s"
    assert book["Town"].freeze_panes == "C2"
    assert book["Town"].auto_filter.ref


def test_codes_that_a_search_takes_for_others_are_compared_as_written() -> None:
    assert _search(("010", "020", "A1")).startswith("=SUMIFS")
    for codes in (("01", "1"), ("a", "A"), ("1*",), ("<5",), ("1" * 16,), ("TRUE",), ("=9",), ("1e3", "1000")):
        assert _search(codes).startswith("=SUMPRODUCT(EXACT")


@given(st.lists(st.text(min_size=1, max_size=45), min_size=1, max_size=6))
def test_any_title_gives_a_sheet_s_name(titles: list[str]) -> None:
    names = names_of(titles)
    assert len({name.casefold() for name in names}) == len(titles)
    for name in names:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'") and not name.endswith("'")
        assert name.casefold() not in ("read me", "checks", "history")


def names_of(titles: list[str]) -> list[str]:
    class Titled:
        plan = type("Plan", (), {"names": [f"tier{at}" for at in range(len(titles))]})

        def say(self, entry: str) -> str:
            return {"book-notes": "Read me", "book-checks": "Checks"}[entry]

        def tier(self, name: str) -> str:
            return titles[int(name[4:])]

    return list(sheet_names(Titled()).values())  # type: ignore[arg-type]


def test_a_tier_that_no_sheet_can_hold_is_refused(
    english: Cascade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equite.report.workbook.file.MOST_ROWS", 1009)
    with pytest.raises(OutputError, match="10"):
        english.to_excel(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
