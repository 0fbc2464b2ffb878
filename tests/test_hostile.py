"""Pages and files from strangers: none crashes, hangs or gives a wrong number in silence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook.defined_name import DefinedName
from typer.testing import CliRunner

import equite
from equite.cli import application
from equite.formula.choices import read_choices
from equite.report.files import placed
from equite.report.language.formula_in_words import formula_in_words
from equite.report.notices import write_notices

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases" / "30-hostile"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 900,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B", "C"], "people": [100, 200, 300]}
#: Nine aliases to nine aliases, nine deep: 387,420,489 texts in a few lines.
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 9)
)
CIRCLE = "a: &a [*a]\n"


READERS: dict[str, Callable[[Path], object]] = {
    "page": equite.Formula.read,
    "override": lambda file: equite.Formula.from_dict(PAGE).overlaid(file),
    "catalogue": lambda file: equite.read_catalogue().overlaid(file),
    "plan": equite.Plan.read,
    "choice": lambda file: read_choices(file.parent),
}


@pytest.mark.parametrize("text", [BOMB, CIRCLE], ids=["bomb", "circle"])
@pytest.mark.parametrize("kind", READERS)
def test_aliases_that_never_end_are_refused_in_every_file(kind: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "strange.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(equite.FormulaError, match=r"too large.*strange\.yaml"):
        READERS[kind](file)


def test_aliases_that_people_write_are_read(tmp_path: Path) -> None:
    text = "equite: 1\nid: g\nkey: code\nenvelope: 900\nconstants: {one: &rate {value: 0.5}, two: *rate}\n"
    text += "parts: [{id: grant, pool: remainder, share: equally}]\n"
    assert (
        equite.Formula.from_text(text).constants["two"].value == equite.Formula.from_text(text).constants["one"].value
    )


def test_nested_calls_are_said_in_the_time_of_their_length() -> None:
    nested = "people"
    for _ in range(40):
        nested = f"max({nested}, 1)"
    page = equite.Formula.from_dict({**PAGE, "parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": nested}}]})
    for language in ("fr", "en"):
        assert "people" in page.replace(language=language)._repr_html_().lower()


def test_a_chain_of_doublings_is_explained_in_the_time_of_its_length() -> None:
    variables = {"v0": "1 + need"} | {f"v{at}": f"v{at - 1} + v{at - 1}" for at in range(1, 40)}
    page = {
        **PAGE,
        "indices": {"need": {"criteria": {"people": {"weight": 1, "more_need_when": "high"}}}},
        "variables": variables,
        "parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": "v39"}}],
    }
    assert equite.allocate(page, TABLE).explain("A").amount == 900 / 4.5


@pytest.mark.parametrize("name", ["self", "cls", "parent", "bindings", "args"])
def test_a_part_may_be_called_what_the_program_calls_things(name: str) -> None:
    page = {**PAGE, "parts": [{**PAGE["parts"][0], "id": name}], "limits": [{"id": "cap", "at_most": f"2 * {name}"}]}
    assert equite.allocate(page, TABLE).units.tolist() == [150, 300, 450]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"id": "big", "pool": {"amount": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "pool": {"each": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "pool": {"fraction": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "share": {"as_is": "1e19 * people"}}], "more than can be told apart"),
        ([{"id": "big", "pool": "remainder", "share": {"level_up": "1e19 * people"}}], "more than can be told apart"),
        (
            [{"id": "big", "pool": "remainder", "share": {"foundation": "1e19 * people", "rate_on": "people"}}],
            "more than can be told apart",
        ),
    ],
)
def test_figures_beyond_whole_numbers_are_refused(parts: list[Any], words: str) -> None:
    page = {**PAGE, "parts": parts}
    if "as_is" in parts[0]["share"]:
        del page["envelope"]
    with pytest.raises(equite.SharingError, match=words):
        equite.allocate(page, TABLE)


@pytest.mark.parametrize("key", ["keeps", "adds"])
def test_what_a_tier_keeps_or_adds_is_refused_beyond_whole_numbers(key: str) -> None:
    below = {**PAGE, "id": "below", "envelope": "received"}
    tiers = [{"id": "region", "formula": PAGE, key: "1e19"}, {"id": "town", "parent": "region", "formula": below}]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}
    towns = {"code": ["a", "b", "c"], "region": ["A", "B", "C"], "people": [1, 2, 3]}
    with pytest.raises(equite.SharingError, match="1e19 comes to more units than can be told apart for A, B, C"):
        equite.cascade(plan, {"region": TABLE, "town": towns})


def test_ceilings_of_nothing_name_somebody() -> None:
    page = {**PAGE, "parts": [{**PAGE["parts"][0], "at_most": "0 * people"}]}
    with pytest.raises(equite.SharingError, match=r"\(the highest ceilings: A, B, C\)"):
        equite.allocate(page, TABLE)


def test_damaged_parquet_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({**TABLE, "name": ["Anse", "Baie", "Cité"]}).to_parquet(whole)
    raw, random, refused = whole.read_bytes(), Random(1), 0
    for at in range(300):
        damaged = bytearray(raw)
        for _ in range(random.randint(1, 4)):
            damaged[random.randrange(len(raw))] = random.randrange(256)
        file = tmp_path / f"{at}.parquet"
        file.write_bytes(damaged[: random.choice([len(raw), random.randrange(8, len(raw))])])
        try:
            equite.read_territories(file, key="code")
        except equite.EquiteError as error:
            refused += bool(error.text("fr") and error.text("en"))
    assert refused > 150


@pytest.mark.parametrize("cell", ["XFD1048576", "BK1048576", "XFD4000"])
def test_a_cell_far_away_is_refused_before_the_sheet_is_laid_out(cell: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "people"])
    sheet.append(["A", 100])
    sheet[cell] = "stray"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(equite.TerritoriesError, match=rf"as far as {cell}.*far\.xlsx.*delete the rows"):
        equite.read_territories(tmp_path / "far.xlsx", key="code")


@pytest.mark.parametrize("cell", ["XFD3", "A200000", "ZZ40000"])
def test_a_long_or_a_wide_sheet_is_read(cell: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "people"])
    sheet.append(["A", 100])
    book.save(tmp_path / "near.xlsx")
    sheet[cell] = None
    sheet[cell].number_format = "0.00"
    book.save(tmp_path / "far.xlsx")
    found = equite.read_territories(tmp_path / "far.xlsx", key="code")
    assert found.codes == equite.read_territories(tmp_path / "near.xlsx", key="code").codes


@pytest.mark.parametrize("rules", [12, 30])
def test_many_conditions_make_a_workbook_all_the_same(rules: int, tmp_path: Path) -> None:
    conditions = [{"where": f"people > {at} or people < -{at}", "reason": f"Rule {at}"} for at in range(rules)]
    found = equite.allocate({**PAGE, "eligible": conditions}, TABLE)
    path = found.to_excel(tmp_path / "live.xlsx", live=True)
    assert equite.read_workbook(path).changes == ()


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_the_cases_are_refused_or_right(tmp_path: Path) -> None:
    table = CASES / "t.csv"
    assert equite.allocate(CASES / "12_self" / "page.yaml", table).amounts.sum() == 1000
    for page, given in (
        ("07_catalogue_bomb/page.yaml", "t.csv"),
        ("base.yaml", "11_parquet/damaged.parquet"),
        ("base.yaml", "06_stray_cell.xlsx"),
    ):
        with pytest.raises(equite.EquiteError):
            equite.allocate(CASES / page, CASES / given)
    with pytest.raises(equite.TerritoriesError, match="control character"):
        equite.allocate(CASES / "base.yaml", CASES / "15_control_code" / "t.csv")
    for name in ("page", "page_list"):
        found = equite.allocate(CASES / "08_live_eligible" / f"{name}.yaml", table)
        assert equite.read_workbook(found.to_excel(tmp_path / f"{name}.xlsx", live=True)).changes == ()
    start = time.monotonic()
    assert formula_in_words(equite.Formula.read(CASES / "09_nested_calls" / "page.yaml"), "en")
    assert time.monotonic() - start < 30
    large = equite.allocate(CASES / "13_large_money" / "page.yaml", table)
    assert all(large.explain(code).amount == amount for code, amount in zip(large.codes, large.amounts, strict=True))
    invisible = CASES / "01_invisible_label"
    assert equite.allocate(invisible / "page.yaml", invisible / "table.csv").amounts.tolist() == [250, 500, 250]
    with pytest.raises(equite.SharingError, match="more units"):
        equite.cascade(CASES / "14_keeps_overflow" / "plan.yaml")


@pytest.mark.parametrize("place", ["code", "setting"])
def test_a_control_character_in_a_code_or_a_label_is_refused(place: str) -> None:
    table: dict[str, Any] = {**TABLE, "setting": ["x", "x", "y"]}
    table[place] = ["A\x02B", *table[place][1:]]
    page = {**PAGE, "eligible": [{"where": "setting == 'x'", "reason": "x"}]}
    with pytest.raises(equite.TerritoriesError, match="'A B' holds a control character") as caught:
        equite.allocate(page, table)
    assert "caractère de commande" in caught.value.text("fr")


@pytest.mark.parametrize("sign", ["\u200b", "\u200c", "\u200e", "\u200f", "\u00ad", "\ufeff", "\u2060", "\u00a0"])
def test_what_nobody_sees_makes_no_other_label(sign: str, tmp_path: Path) -> None:
    """On the page as in the table, and in the workbook no trace of it is left."""
    amounts = []
    for label, written in ((f"rural{sign}", "rural"), ("rural", f"{sign}rural")):
        share = {"in_proportion_to": f"people * where(setting == '{written}', 3, 1)"}
        page = {**PAGE, "parts": [{**PAGE["parts"][0], "share": share}]}
        found = equite.allocate(page, {**TABLE, "setting": [label, "rural", "urban"]})
        amounts.append(found.amounts.tolist())
        path = found.to_excel(tmp_path / "live.xlsx", live=True)
        assert equite.read_workbook(path).changes == ()
        book = openpyxl.load_workbook(path)
        cells = [cell.value for row in book["Data"].iter_rows() for cell in row if isinstance(cell.value, str)]
        assert cells.count("rural") == 2
    assert amounts == [[225, 450, 225]] * 2


@pytest.mark.parametrize("kind", ["frame", "csv", "xlsx", "parquet"])
def test_what_nobody_sees_is_left_out_with_a_word(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({**TABLE, "setting": ["rural", "ru\u200bral", "urban"]})
    frame["code"] = ["A", "B", "C\u00ad"]
    given: Any = frame
    if kind != "frame":
        given = tmp_path / f"table.{kind}"
        {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}[kind](given, index=False)
    share = {"in_proportion_to": "people * where(setting == 'rural', 3, 1)"}
    found = equite.allocate({**PAGE, "parts": [{**PAGE["parts"][0], "share": share}]}, given)
    assert found.amounts.tolist() == [225, 450, 225]
    assert found.codes[2] == "C"
    told = [each for each in found.warnings if "signs that nobody sees stand in codes or labels (1)" in each]
    assert [next(name for name in ("code", "setting") if re.search(f"@ .*{name}", each)) for each in told] == [
        "code",
        "setting",
    ]


#: What a spreadsheet, a browser or a terminal might obey.
OBEYED = [
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "A\x02B",
    "＠SUM(A1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><script>alert(1)</script>",
    "{{7*7}}",
    "javascript:alert(1)",
]


class Tags(HTMLParser):
    """Gathers what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.run: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within = tag
        said = [
            f"{name}={value}"
            for name, value in attrs
            if name.startswith("on") or (value or "").startswith("javascript:")
        ]
        self.run += [*said, *([tag] if tag in ("img", "iframe", "object") else [])]

    def handle_data(self, data: str) -> None:
        if self.within == "script" and "alert" in data:
            self.run.append(data)


@pytest.fixture(scope="module")
def obeyed() -> equite.Allocation:
    """Give an allocation each text of which a stranger wrote."""
    codes = [f"{text}{at}".replace("\x02", "") for at, text in enumerate(OBEYED)]
    parts = [{**PAGE["parts"][0], "title": OBEYED[9]}]
    columns = {"people": {"title": OBEYED[10], "unit": OBEYED[0], "source": OBEYED[13]}}
    page = {**PAGE, "title": OBEYED[11], "name": "name", "parts": parts, "columns": columns, "notes": OBEYED[9]}
    return equite.allocate(page, {"code": codes, "name": OBEYED, "people": [*range(1, len(OBEYED) + 1)]})


@pytest.mark.parametrize("live", [False, True])
def test_no_text_is_run_by_a_spreadsheet(obeyed: equite.Allocation, tmp_path: Path, live: bool) -> None:
    path = obeyed.to_excel(tmp_path / "out.xlsx", live=live)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
            assert b"externalLink" not in archive.read(name) and b"ddeLink" not in archive.read(name)
            assert b"cmd|" not in b"".join(re.findall(rb"<f>(.*?)</f>", archive.read(name)))
    if live:
        assert equite.read_workbook(path).changes == ()


def compared(obeyed: equite.Allocation) -> equite.Comparison:
    other = equite.allocate(obeyed.formula.replace(envelope=1000), obeyed.territories)
    return equite.compare(obeyed, other, labels=["=1", "＝2"])


def cascaded(obeyed: equite.Allocation) -> equite.Cascade:
    """Bring money down to two towns of each territory, which bear its texts too."""
    below = {**PAGE, "id": "below", "name": "name", "envelope": "received", "title": OBEYED[11]}
    codes = obeyed.territories.codes
    towns = {
        "code": [f"{code}{at}" for code in codes for at in "ab"],
        "name": [text for text in OBEYED for _ in "ab"],
        "region": [code for code in codes for _ in "ab"],
        "people": [1, 2] * len(codes),
    }
    tiers = [
        {"id": "region", "formula": obeyed.formula.content, "title": OBEYED[9]},
        {"id": "town", "parent": "region", "formula": below, "title": OBEYED[0]},
    ]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "title": OBEYED[10], "tiers": tiers}
    return equite.cascade(plan, {"region": obeyed.territories, "town": towns})


def funded(_: equite.Allocation) -> equite.Projects:
    page = {"equite_projects": 1, "id": "p", "language": "en", "title": OBEYED[9], "envelope": 40, "method": "votes"}
    codes = [f"{text}{at}".replace("\x02", "") for at, text in enumerate(OBEYED)]
    count = len(codes)
    return equite.projects(page, {"project": codes, "title": OBEYED, "request": [9] * count, "points": [1] * count})


def diagnosed(obeyed: equite.Allocation) -> equite.Diagnosis:
    criteria = {
        name: {"weight": 1, "more_need_when": "high", "title": OBEYED[at]} for at, name in ((9, "people"), (0, "age"))
    }
    table = {"code": list(obeyed.codes), "name": OBEYED, "people": range(14), "age": range(14, 0, -1)}
    indices = {"need": {"title": OBEYED[10], "criteria": criteria}}
    return equite.allocate(obeyed.formula.replace(indices=indices), table).diagnose()


def passed(obeyed: equite.Allocation) -> equite.Transition:
    page = {"equite_schedule": 1, "id": "s", "language": "en", "title": OBEYED[9], "target": obeyed.formula.content}
    return equite.transition(
        {**page, "start": {"formula": obeyed.formula.content}, "years": [2026], "rule": "at_once"}, obeyed.territories
    )


#: Each result that has files of its own, of texts that a stranger wrote.
RESULTS: dict[str, Callable[[equite.Allocation], Any]] = {
    "allocation": lambda obeyed: obeyed,
    "comparison": compared,
    "explanation": lambda obeyed: obeyed.explain(str(obeyed.codes[0])),
    "worksheet": lambda obeyed: obeyed.worksheet(str(obeyed.codes[0])),
    "territories": lambda obeyed: obeyed.territories,
    "diagnosis": diagnosed,
    "batch": lambda obeyed: equite.batch(obeyed.formula, obeyed.territories, {"envelope": [900, 1000]}),
    "cascade": cascaded,
    "projects": funded,
    "transition": passed,
}


@pytest.mark.parametrize("kind", RESULTS)
def test_no_text_is_run_from_a_csv_file(obeyed: equite.Allocation, tmp_path: Path, kind: str) -> None:
    RESULTS[kind](obeyed).to_csv(tmp_path / "out.csv")
    for written in tmp_path.rglob("*.csv"):
        cells = re.split(r"[;,\r\n]", written.read_text(encoding="utf-8-sig").replace('"', ""))
        assert not [cell for cell in cells if cell[:1] in tuple("=+@\t＝＋－＠") or cell.startswith("-1+1")]


@pytest.mark.parametrize("kind", RESULTS)
def test_no_text_is_run_from_a_workbook_of_values(obeyed: equite.Allocation, tmp_path: Path, kind: str) -> None:
    RESULTS[kind](obeyed).to_excel(tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
            # The name of a sheet, between apostrophes, is no call.
            formulas = re.sub(rb"'(?:[^']|'')*'!", b"", b"".join(re.findall(rb"<f>(.*?)</f>", archive.read(name))))
            assert b"cmd|" not in formulas


@pytest.mark.parametrize("kind", RESULTS)
def test_no_text_is_run_from_a_page_of_a_result(obeyed: equite.Allocation, tmp_path: Path, kind: str) -> None:
    result = RESULTS[kind](obeyed)
    result.to_html(tmp_path / "out.html")
    for text in [(tmp_path / "out.html").read_text(encoding="utf-8"), result._repr_html_()]:
        tags = Tags()
        tags.feed(text)
        assert tags.run == []


def test_no_text_is_run_from_a_notice(obeyed: equite.Allocation, tmp_path: Path) -> None:
    write_notices(obeyed, tmp_path / "notices")
    pages = sorted((tmp_path / "notices").iterdir())
    assert len(pages) == len(OBEYED) + 1
    for page in pages:
        tags = Tags()
        tags.feed(page.read_text(encoding="utf-8"))
        assert tags.run == []


def test_no_text_is_run_from_a_workbook_that_is_filled(obeyed: equite.Allocation, tmp_path: Path) -> None:
    last = len(OBEYED) + 1
    book = openpyxl.Workbook()
    for name, column in (("equite_code", "A"), ("equite_name", "B"), ("equite_amount", "C")):
        book.defined_names[name] = DefinedName(name, attr_text=f"Sheet!${column}$2:${column}${last}")
    book.save(tmp_path / "funder.xlsx")
    obeyed.to_excel(tmp_path / "out.xlsx", template=tmp_path / "funder.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Sheet"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=2) for cell in row} == {"s"}


# The font of the pictures does not hold every sign.
@pytest.mark.filterwarnings("ignore:Glyph")
def test_no_text_is_run_by_a_picture(obeyed: equite.Allocation, tmp_path: Path) -> None:
    """Nor read as the mathematics that what draws them would make of dollars and braces."""
    pytest.importorskip("matplotlib", reason="the plot extra is not installed").use("agg")
    names = [*OBEYED[:-2], r"$\frac{", r"$x$ \bad_{"]
    table = {"code": [str(at) for at in range(14)], "name": names, "people": [*range(1, 15)]}
    plot = equite.allocate(obeyed.formula.replace(title=r"$\notacommand{"), table).plot
    for axes in (plot.parts(), plot.waterfall("13")):
        axes.figure.savefig(tmp_path / "out.svg")
        drawn = ElementTree.parse(tmp_path / "out.svg")
        assert not [node for node in drawn.iter() if node.tag.endswith("script")]


def external(path: Path) -> Path:
    """Add to a workbook links to a file, to a program and to a template elsewhere, and a cell that rests on one."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheets = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = '<Relationship Id="rId{}" Type="{}/{}" Target="{}"{}/>'
    outside, kind = ' TargetMode="External"', "application/vnd.openxmlformats-officedocument.spreadsheetml"
    links = relation.format(90, office, "externalLink", "externalLinks/externalLink1.xml", "")
    links += relation.format(91, office, "externalLink", "externalLinks/externalLink2.xml", "")
    links += relation.format(92, office, "attachedTemplate", "file:///etc/passwd", outside)
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>", f"{links}</Relationships>".encode()
    )
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"</sheets>",
        f'</sheets><externalReferences xmlns:r="{office}"><externalReference r:id="rId90"/>'
        '<externalReference r:id="rId91"/></externalReferences>'.encode(),
    )
    entry = '<Override PartName="/xl/externalLinks/externalLink{}.xml" ContentType="{}.externalLink+xml"/>'
    entries = "".join(entry.format(at, kind) for at in (1, 2))
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", f"{entries}</Types>".encode())
    head = f'<externalLink xmlns="{sheets}" xmlns:r="{office}">'
    book = '<externalBook r:id="rId1"><sheetNames><sheetName val="S"/></sheetNames></externalBook></externalLink>'
    parts["xl/externalLinks/externalLink1.xml"] = (head + book).encode()
    program = '<ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    parts["xl/externalLinks/externalLink2.xml"] = (head + program).encode()
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + relation.format(1, office, "externalLinkPath", "file:///etc/passwd", outside)
        + "</Relationships>"
    ).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, raw in parts.items():
            new.writestr(name, raw)
    return path


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Give the list of files that are opened outside the folder of the test from here on."""
    found: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and (event.startswith("socket.") or (event == "open" and "passwd" in str(arguments[0]))):
            found.append(f"{event} {arguments}")

    # What listens for the system's events stays; it hears nothing of other tests.
    watching = [True]
    sys.addaudithook(watch)
    yield found
    watching.clear()


def test_links_out_of_a_workbook_are_not_followed(opened: list[str], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    for row in (("code", "people"), ("A", 100), ("B", "=[1]S!A1")):
        sheet.append(row)
    sheet["A2"].hyperlink = "file:///etc/passwd"
    book.save(tmp_path / "t.xlsx")
    found = equite.read_territories(external(tmp_path / "t.xlsx"), key="code")
    assert list(found.codes) == ["A", "B"]
    with pytest.raises(equite.TerritoriesError, match="no stored value"):
        equite.allocate(PAGE, tmp_path / "t.xlsx")
    assert opened == []


def test_links_out_of_a_funders_workbook_stay_as_they_are(opened: list[str], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, column in (("equite_code", "A"), ("equite_amount", "B")):
        book.defined_names[name] = DefinedName(name, attr_text=f"Sheet!${column}$2:${column}$4")
    book.save(tmp_path / "funder.xlsx")
    source = external(tmp_path / "funder.xlsx")
    equite.allocate(PAGE, TABLE).to_excel(tmp_path / "out.xlsx", template=source)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(tmp_path / "out.xlsx") as after:
        links = [name for name in before.namelist() if "externalLink" in name]
        assert len(links) == 3 and all(before.read(name) == after.read(name) for name in links)
    assert opened == []


def test_links_out_that_were_added_to_a_live_workbook_are_not_followed(opened: list[str], tmp_path: Path) -> None:
    path = equite.allocate(PAGE, TABLE).to_excel(tmp_path / "live.xlsx", live=True)
    assert equite.read_workbook(external(path)).allocate().units.tolist() == [150, 300, 450]
    assert opened == []


def test_no_text_is_run_by_a_browser(obeyed: equite.Allocation, tmp_path: Path) -> None:
    texts = [obeyed.to_html(tmp_path / "out.html").read_text(encoding="utf-8")]
    shown = (obeyed, obeyed.formula, obeyed.territories, obeyed.explain(str(obeyed.codes[9])))
    for text in [*texts, *(result._repr_html_() for result in shown)]:
        tags = Tags()
        tags.feed(text)
        assert tags.run == []


@pytest.mark.parametrize("entity", ["internal", "external"])
def test_entities_in_a_workbook_are_not_followed(entity: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden", encoding="utf-8")
    kind = '"boom"' if entity == "internal" else f'SYSTEM "{secret.as_uri()}"'
    book = openpyxl.Workbook()
    book.active.append(["code", "people"])  # type: ignore[union-attr]
    book.active.append(["marker", 100])  # type: ignore[union-attr]
    book.save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "t.xlsx", "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name.endswith("sharedStrings.xml"):
                raw = raw.replace(b"marker", b"&e;")
                raw = f"<!DOCTYPE x [<!ENTITY e {kind}>]>".encode() + raw
            new.writestr(name, raw)
    try:
        found = equite.read_territories(tmp_path / "t.xlsx", key="code").codes
    except equite.EquiteError:
        return
    assert "hidden" not in found[0] and "boom" not in found[0]


def test_a_tag_of_yaml_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for tag in ("!!python/object/apply:os.system", "!!python/object/new:os.system", "!!python/name:os.system"):
        file = tmp_path / "page.yaml"
        file.write_text(f"equite: 1\nid: {tag} ['touch {mark}']\n", encoding="utf-8")
        for reader in READERS.values():
            with pytest.raises(equite.EquiteError):
                reader(file)
    assert not mark.exists()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Give a page, a table under any name, and links to it."""
    page = tmp_path / "page.csv"
    page.write_text(equite.Formula.from_dict(PAGE)._page.text(), encoding="utf-8")
    table = tmp_path / "table.csv"
    table.write_text("code,people\nA,100\nB,200\nC,300\n", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(table)
    os.link(table, tmp_path / "hard.csv")
    (tmp_path / "in").mkdir()
    spellings = {"table": table, "page": page, "link": tmp_path / "link.csv", "hard": tmp_path / "hard.csv"}
    return {**spellings, "spelled": tmp_path / "in" / ".." / "table.csv"}


@pytest.mark.parametrize("spelled", ["table", "page", "link", "hard", "spelled"])
def test_what_was_read_is_not_written_over(spelled: str, files: dict[str, Path]) -> None:
    found = equite.allocate(files["page"], files["table"])
    target, before = files[spelled], files[spelled].read_bytes()
    comparison = equite.compare(found, equite.allocate({**PAGE, "envelope": 600}, files["table"]))
    for result in (
        found,
        found.explain("A"),
        found.worksheet("A"),
        comparison,
        *([found.territories] if spelled != "page" else []),
    ):
        with pytest.raises(equite.OutputError, match=f"'{target.name}' is one of the files that were read"):
            result.to_csv(target)
    assert target.read_bytes() == before


def test_the_tables_of_projects_are_not_written_over(tmp_path: Path) -> None:
    page = {"equite_projects": 1, "id": "p", "language": "en", "envelope": 100, "method": "votes"}
    table = tmp_path / "projects.csv"
    table.write_text("project,request,points\na,50,1\n", encoding="utf-8")
    (tmp_path / "page.yaml").write_text(json.dumps({**page, "projects": "projects.csv"}), encoding="utf-8")
    for found in (equite.projects(page, table), equite.projects(tmp_path / "page.yaml")):
        with pytest.raises(equite.OutputError, match=r"'projects.csv' is one of the files that were read"):
            found.to_csv(table)


def test_a_live_workbook_is_not_lost_under_a_plain_one(tmp_path: Path) -> None:
    path = equite.allocate(PAGE, TABLE).to_excel(tmp_path / "live.xlsx", live=True)
    reading = equite.read_workbook(path)
    for write in (reading.allocate().to_excel, reading.to_excel):
        with pytest.raises(equite.OutputError, match=r"'live.xlsx' is one of the files that were read"):
            write(path)


KILLED = """
import os, sys
from pathlib import Path
from equite.report.files import placed
from equite.report.notices import write_notices
with placed(Path(sys.argv[1]), "en") as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_left_is_cleared_and_a_writer_is_let_be(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"

    def begin(path: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", KILLED, str(path)]
        found = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert found.stdout is not None and found.stdout.readline() == "writing\n"
        return found

    killed, other, writing = begin(target), begin(tmp_path / "other.csv"), begin(target)
    for each in (killed, other):
        each.kill()
        each.communicate()
    assert len(list(tmp_path.glob(".equite-*"))) == 3
    for left in tmp_path.glob(".equite-*"):
        os.utime(left, (time.time() - 60,) * 2)
    with placed(target, "en") as temporary:
        temporary.write_text("whole", encoding="utf-8")
        assert len(list(tmp_path.glob(".equite-*"))) == 3, "the one of another output, the writer's, our own"
    writing.communicate("")
    assert writing.returncode == 0 and target.read_text(encoding="utf-8") == "half"
    assert len(list(tmp_path.glob(".equite-*"))) == 1


NEED: dict[str, Any] = {"criteria": {"people": {"weight": 1, "more_need_when": "high"}}}
#: What a page writes that leads to another file.
OUTSIDE: dict[str, dict[str, Any]] = {
    "catalogue": {"catalogue": "{up}/own.yaml", "indices": {"need": NEED}},
    "goalposts": {"indices": {"need": {**NEED, "normalise": {"goalposts": {"from": "{up}/record.json"}}}}},
}


@pytest.mark.parametrize("up", ["..", "{outside}", "link"])
@pytest.mark.parametrize("key", OUTSIDE)
def test_a_path_that_leaves_the_folder_of_its_page_is_refused(key: str, up: str, tmp_path: Path) -> None:
    """Relative, absolute or by a link; a higher folder may be allowed."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    (tmp_path / "own.yaml").write_text("", encoding="utf-8")
    (tmp_path / "record.json").write_text('{"goalposts": {"need": {"people": [0, 400]}}}', encoding="utf-8")
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}]
    text = json.dumps({**PAGE, "parts": parts, **OUTSIDE[key]}).replace(
        "{up}", up.replace("{outside}", tmp_path.as_posix())
    )
    (inside / "page.yaml").write_text(text, encoding="utf-8")

    def run(root: Path | None) -> object:
        return equite.allocate(equite.Formula.read(inside / "page.yaml", root=root), TABLE)

    with pytest.raises(equite.FormulaError, match=r"leads out of the folder inside.*page\.yaml.*\(line 1\)"):
        run(None)
    if key == "catalogue":
        # It is read: there is nothing in it.
        with pytest.raises(equite.EquiteError, match=r"not made of criteria.*own\.yaml"):
            run(tmp_path)
    else:
        assert run(tmp_path)


@pytest.mark.parametrize("key", ["formula", "table", "overrides"])
def test_a_path_that_leaves_the_folder_of_its_plan_is_refused(key: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (tmp_path / "choices").mkdir()
    inside.mkdir()
    (tmp_path / "page.yaml").write_text(json.dumps(PAGE), encoding="utf-8")
    (tmp_path / "towns.csv").write_text("code,people,region\na,1,A\nb,2,B\n", encoding="utf-8")
    (tmp_path / "choices" / "a.yaml").write_text(
        "for: A\nbody: Table\ndate: 2026-01-02\nreason: why\nchanges: {title: Own}\n", encoding="utf-8"
    )
    below = {**PAGE, "id": "below", "envelope": "received"}
    top: dict[str, Any] = {"id": "region", "formula": PAGE}
    town: dict[str, Any] = {"id": "town", "parent": "region", "formula": below, "may_change": "everything"}
    if key == "formula":
        top["formula"] = "../page.yaml"
    else:
        town[key] = {"table": "../towns.csv", "overrides": "../choices"}[key]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": [top, town]}
    (inside / "plan.yaml").write_text(json.dumps(plan), encoding="utf-8")
    tables: dict[str, Any] = {"region": {"code": ["A", "B"], "people": [1, 2]}}
    if key != "table":
        tables["town"] = {"code": ["a", "b"], "people": [1, 2], "region": ["A", "B"]}

    def run(root: Path | None) -> equite.Cascade:
        return equite.cascade(equite.Plan.read(inside / "plan.yaml", root=root), tables)

    with pytest.raises(equite.FormulaError, match=r"leads out of the folder inside.*plan\.yaml.*\(line 1\)"):
        run(None)
    assert run(tmp_path).summary()


def test_the_command_line_allows_a_higher_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "record.json").write_text('{"goalposts": {"need": {"people": [0, 400]}}}', encoding="utf-8")
    (inside / "page.yaml").write_text(
        json.dumps({**PAGE, **OUTSIDE["goalposts"]}).replace("{up}", ".."), encoding="utf-8"
    )
    (inside / "table.csv").write_text("code,people\nA,100\nB,200\n", encoding="utf-8")
    command = ["--language", "fr", "allocate", str(inside / "page.yaml"), str(inside / "table.csv")]
    refused = CliRunner().invoke(application("fr"), command)
    assert refused.exit_code == 1
    assert "mène hors du dossier inside" in refused.output
    assert CliRunner().invoke(application("fr"), ["--root", str(tmp_path), *command]).exit_code == 0


@pytest.mark.parametrize("key", ["projects", "ballots", "memberships"])
def test_a_path_that_leaves_the_folder_of_a_page_of_projects_is_refused(key: str, tmp_path: Path) -> None:
    page = {"equite_projects": 1, "id": "p", "language": "en", "envelope": 100, "method": "votes", key: "../other.csv"}
    tables = {"table": {"project": ["a"], "request": [50], "points": [1]}} if key != "projects" else {}
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "page.yaml").write_text(json.dumps(page), encoding="utf-8")
    with pytest.raises(equite.FormulaError, match=r"leads out of the folder inside.*page\.yaml.*\(line 1\)"):
        equite.projects(inside / "page.yaml", **tables)


@pytest.mark.parametrize("keys", [{"target": "../other.yaml"}, {"table": "../other.csv"}, {"rule": "../other.yaml"}])
def test_a_path_that_leaves_the_folder_of_a_schedule_is_refused(keys: dict[str, str], tmp_path: Path) -> None:
    page = {"equite_schedule": 1, "id": "s", "language": "en", "start": "people", "years": [2026], "rule": "at_once"}
    inside = tmp_path / "inside"
    inside.mkdir()
    written = {**page, "target": PAGE, "table": "table.csv", **keys}
    (inside / "page.yaml").write_text(json.dumps(written), encoding="utf-8")
    (inside / "table.csv").write_text("code,people\nA,100\nB,200\n", encoding="utf-8")
    with pytest.raises(equite.FormulaError, match=r"leads out of the folder inside.*page\.yaml"):
        equite.transition(inside / "page.yaml")
