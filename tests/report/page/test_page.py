"""The report: what a reader, a screen reader and a suspicious browser find in it."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_reader import Element, read
from typer.testing import CliRunner
from yaml_texts import read_yaml

from equite import Allocation, Formula, OutputError, SharingError, allocate, resources, wording
from equite.cli import application
from equite.report.columns import shown_columns
from equite.report.html import page as report
from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page import document
from equite.report.language.text import plain

Told = Callable[..., Element]
Shared = Callable[..., Allocation]
WORKED = sorted((Path(__file__).resolve().parents[2] / "worked").glob("*.yaml"))


@pytest.fixture(params=["french", "english"])
def trial(request: pytest.FixtureRequest) -> Allocation:
    """Give the allocation with everything that an output has to show, its names those that a browser would obey."""
    allocation: Allocation = request.getfixturevalue(request.param)
    return allocation


@pytest.fixture(params=WORKED, ids=lambda path: path.stem)
def worked(request: pytest.FixtureRequest) -> Allocation:
    """Give each worked case: every kind of part, share and limit."""
    case = read_yaml(request.param)
    return allocate(Formula.from_text(case["formula"]).replace(language="en"), case["table"])


def check_structure(found: Element, language: str) -> None:
    """Hold a page to what makes it readable by all."""
    page = found.one("html")
    assert page.attributes["lang"] == language
    assert [len(page.all(tag)) for tag in ("title", "h1", "header", "nav", "main", "footer")] == [1] * 6
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    links = [link.attributes["href"] or "" for link in page.all("a")]
    assert all(link[0] == "#" and link[1:] in ids for link in links)
    for each in page.all():
        labelled = (each.attributes.get("aria-labelledby"), each.attributes.get("for"))
        assert all(name is None or name in ids for name in labelled)
    for table in page.all("table"):
        assert table.one("caption").text
        assert all(head.attributes["scope"] in ("col", "row") and head.text for head in table.all("th"))
        (heads,) = (len(row.all("th")) for row in table.one("thead").all("tr"))
        assert all(len(row.all("th", "td")) == heads for row in table.one("tbody").all("tr"))


def check_nothing_outside(found: Element) -> None:
    """Hold a page to what lets it be opened anywhere without harm."""
    allowed = {"style", "script"}
    assert {each.tag for each in found.all("style", "script", "link", "img", "iframe", "object", "form")} <= allowed
    for each in found.all():
        assert not any(name.startswith("on") or name in ("style", "src", "srcset") for name in each.attributes)
    (policy,) = found.all("meta", http_equiv="Content-Security-Policy")
    text = policy.attributes["content"] or ""
    assert text.startswith("default-src 'none'; ")
    for tag in allowed:
        # The reader turns non-breaking spaces into plain ones; neither file has any.
        digest = base64.b64encode(hashlib.sha256(found.one(tag).text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in text
    assert "unsafe" not in text
    assert not re.search(r"url\(|@import|https?:", found.one("style").text + found.one("script").text)


def check_words(found: Element) -> None:
    """Hold a page to numbers and words, and nothing that only a program would say."""
    wrong = r"\b(?:nan|None(?!\.)|inf|null|undefined)\b|\d[eE][+-]?\d\d|\d[.,]\d{9,}|\{\w+\}"
    assert re.findall(wrong, found.one("body").said) == []


def test_a_page_can_be_read_by_all_and_harms_nobody(shown: Allocation, whole: Element) -> None:
    check_structure(whole, shown.language)
    check_nothing_outside(whole)
    check_words(whole)


def test_so_can_a_page_with_everything_in_it(trial: Allocation, told: Told) -> None:
    found = told(trial)
    check_structure(found, trial.language)
    check_nothing_outside(found)
    texts = found.one(id="territories").text
    assert "<script>alert(1)</script>" in texts
    assert "\x1b" not in found.text
    assert "Conseil" in found.one("header").text
    assert "Une voix" in found.one(id="summary").text


def test_every_kind_of_part_and_limit_is_told(worked: Allocation, told: Told) -> None:
    found = told(worked)
    check_structure(found, "en")
    check_words(found)
    for code, amount in zip(worked.codes, worked.amounts, strict=True):
        section = found.one("section", id=f"t-{code}")
        assert sum(amounts_of(section)) == pytest.approx(amount, abs=0.005)
        assert sum(reasons_of(section)) == pytest.approx(amount, abs=0.005)


def number(text: str) -> float:
    """Read the first number of an English text, with its sign."""
    sign, digits = re.match(r"(\+|−)?\D{0,4}?([\d,]+(?:\.\d+)?)", text).groups()  # type: ignore[union-attr]
    return float(digits.replace(",", "")) * (-1 if sign == "−" else 1)


def amounts_of(section: Element) -> list[float]:
    """Give the amounts of the lines of a territory's table."""
    (table,) = [each for each in section.all("table") if "waterfall" in (each.attributes["class"] or "")]
    return [number(row[1]) for row in table.rows()]


def reasons_of(section: Element) -> list[float]:
    """Give the amounts with which the sentences begin."""
    (listed,) = section.all("ul", class_="reasons")
    said = [item.text for item in listed.inside if isinstance(item, Element)]
    told = [text for text in said if not text.startswith("Nothing ")]
    return [number(text) * (-1 if " less by the levy " in text else 1) for text in told]


def test_the_table_is_the_allocation(shown: Allocation, whole: Element) -> None:
    table = whole.one("table", id="amounts-table")
    by_id = {(column.step, column.id): column for column in shown_columns(shown)}
    # Who, how much and how that compares stand before what it is made of.
    after = ("per_head", "change", "change_share", "previous", "share")
    order = [("key", "code"), ("key", "name"), ("amount", "amount"), *(("after", name) for name in after)]
    columns = [by_id[key] for key in order if key in by_id]
    columns += [column for key, column in by_id.items() if key not in order]
    assert [head.text for head in table.one("thead").all("th")] == [column.heading for column in columns]
    rows = table.rows()
    assert [row[0] for row in rows] == list(shown.codes)
    assert [row[1] for row in rows] == list(shown.names)
    mark = "," if shown.language == "fr" else "."
    for at, column in enumerate(columns):
        if column.kind != "text":
            scale = 100 if column.kind == "share" else 1
            cells = [re.sub(r"[ ,]" if mark == "." else " ", "", row[at]).replace(mark, ".") for row in rows]
            read_back = [float(cell.replace("−", "-") or (0 if column.hides_zero else math.nan)) for cell in cells]
            assert read_back == pytest.approx((column.numbers * scale).tolist(), abs=1e-9)
    total = table.one("tfoot").all("th", "td")
    assert str(len(rows)) in total[0].text
    amount = next(at for at, column in enumerate(columns) if column.step == "amount")
    shown_total = wording.numeral(shown.total, shown.language, 0)
    assert total[amount - 1].text == shown_total.replace("\u00a0", " ")


def test_each_territory_is_reached_from_the_table(shown: Allocation, whole: Element) -> None:
    links = [link.attributes["href"] for link in whole.one("table", id="amounts-table").all("a")]
    assert links == [f"#t-{code}" for code in shown.codes]
    for code, name in zip(shown.codes, shown.names, strict=True):
        section = whole.one("section", id=f"t-{code}")
        assert section.one("h3").text == f"{name} ({code})"


def test_a_territory_is_told_what_it_gets_and_why(told: Told) -> None:
    page = resources.folder("examples") / "region_13"
    allocation = allocate(Formula.read(page / "half_salary.yaml"), page / "territories.csv")
    said = told(allocation).one("section", id="t-480").text
    lines = {line.id: line.amount for line in allocation.explain("480").lines}
    row = allocation.row("480")
    assert f"Votre MRC recevrait {french(allocation.amounts[row])}, dont :" in said
    why = "parce que ce volet est partagé en parts égales, une par MRC."
    assert f"{french(lines['base'])} du volet « Base universelle », {why}" in said
    above = sum(amount for name, amount in lines.items() if name.startswith("need.") and amount > 0)
    assert f"Là où votre besoin dépasse la moyenne, il ajoute {french(above)} : Vulnérabilité situationnelle" in said
    assert "Ce montant est plus élevé de 30 541 $ que le précédent." in said
    assert "13 sur 13 (1 : le plus élevé)" in said


def french(amount: float) -> str:
    digits = 0 if amount == int(amount) else 2
    return wording.money(amount, "fr", "CAD", digits).replace("\u00a0", " ")


LIMITS = {
    "floor": (
        {"limits": [{"id": "floor", "at_least": "40"}]},
        {"010": "your floor of 40.00", "030": "is found among those"},
    ),
    "cap": (
        {"limits": [{"id": "cap", "at_most": "50"}]},
        {"030": "your ceiling of 50.00", "010": "is shared again among those"},
    ),
    "none": ({"limits": [{"id": "floor", "at_least": "1"}]}, {"010": "it does not move your amount"}),
    "decided": (
        {"limits": [{"id": "board", "override": [{"code": "010", "amount": "20", "reason": "An island"}]}]},
        {"010": "your amount was decided by name: An island."},
    ),
    "both": (
        {"limits": [{"id": "one", "at_least": "45", "at_most": "50"}]},
        {"010": "your floor of 45.00", "030": "your ceiling of 50.00"},
    ),
}


@pytest.mark.parametrize("case", LIMITS)
def test_a_limit_is_told_by_what_it_does_to_each(case: str, shared: Shared, told: Told) -> None:
    keys, wanted = LIMITS[case]
    found = told(shared(language="en", envelope="140", unit={"fr": "points", "en": "points"}, **keys))
    for code, words in wanted.items():
        assert words.replace(".00", "") in found.one("section", id=f"t-{code}").text


def test_a_bound_that_stops_a_change_is_told_so(shared: Shared, told: Told) -> None:
    rows = {"code": ["010", "020", "030"], "people": [1, 2, 4], "least": [50, 35, 0], "most": [500, 500, 500]}
    limits = [{"id": "floor", "at_least": "least"}]
    said = told(shared(rows, language="en", envelope="140", limits=limits)).one("section", id="t-020").text
    assert "your floor of $35.00 stops the fall" in said
    rows = {"code": ["010", "020", "030"], "people": [1, 2, 4], "most": [500, 45, 45]}
    limits = [{"id": "cap", "at_most": "most"}]
    said = told(shared(rows, language="en", envelope="140", limits=limits)).one("section", id="t-020").text
    assert "your ceiling of $45.00 stops the rise" in said


def test_whoever_is_outside_a_part_is_told_why(trial: Allocation, told: Told, shared: Shared) -> None:
    part = {"id": "part", "pool": "remainder", "share": {"in_proportion_to": "people"}}
    rule = {"where": "people > 1", "reason": {"fr": "Trop peu de gens.", "en": "Too few people."}}
    grant = {"id": "grant", "pool": {"amount": "60"}, "share": "equally", "eligible": [rule]}
    found = told(shared(language="en", envelope="140", parts=[part, grant]))
    assert "Nothing from the part “Grant”, because: Too few people." in found.one("section", id="t-010").text
    assert "Left out of Grant: Too few people (1 territory): 010" in found.one(id="summary").text
    left = told(trial).one(id="summary").text
    assert ("Moins de 500 habitants" if trial.language == "fr" else "Fewer than 500 inhabitants") in left


def test_aims_and_declarations_are_told(told: Told) -> None:
    page = """
    equite: 1
    id: declared
    language: en
    key: code
    envelope: 100
    columns:
      concertation_maturity: {told_in: {who: by, when: "on day", evidence: why, second: other}}
    indices:
      need:
        families:
          state: {weight: 1, criteria: {concertation_maturity: {weight: 1, more_need_when: low}}}
          aims: {weight: 1, title: Aims, points: 10, criteria: {housing: for_housing, roads: for_roads}}
    parts: [{id: grant, pool: remainder, share: {in_proportion_to: 1 + need}}]
    """
    told_by = {"by": "table", "on day": "2026-05-01", "why": "minutes", "other": None}
    rows = [
        {
            "code": "a",
            "concertation_maturity": 1,
            "housing": 3,
            "roads": 1,
            "for_housing": 2,
            "for_roads": 8,
            **told_by,
        },
        {
            "code": "b",
            "concertation_maturity": 5,
            "housing": 1,
            "roads": 2,
            "for_housing": 5,
            "for_roads": 5,
            **told_by,
        },
    ]
    section = told(allocate(Formula.from_text(page), rows)).one("section", id="t-a")
    assert "Aims: Roads, 8 points; Housing, 2 points" in section.text
    (declared,) = (each.rows() for each in section.all("table") if each.one("caption").text.startswith("Who declared"))
    assert [row[1:] for row in declared] == [["table", "2026-05-01", "minutes", "—"]]


def test_doubtful_figures_stand_first(shown: Allocation, whole: Element) -> None:
    (notice,) = whole.one(id="summary").all("div", class_="notice")
    assert whole.one(id="summary").text.index(notice.text) < 600
    assert ("illustratif" if shown.language == "fr" else "illustrative") in notice.text
    figures = whole.one(id="sources").all("table")[0].rows()
    assert len(figures) == 1 + len(shown.formula.constants) + len(shown.formula.names.columns)


def test_checks_and_warnings_are_told(told: Told) -> None:
    page = resources.folder("examples") / "region_13"
    allocation = allocate(Formula.read(page / "half_salary.yaml"), page / "territories.csv")
    summary = told(allocation).one(id="summary")
    assert [each.text for each in summary.all("span", class_="passed")] == ["✓ Réussi"]
    assert [each.text for each in summary.all("span", class_="failed")] == ["✗ Échoué"]
    failing = next(check.failing for check in allocation.checks if not check.passed)
    assert all(f"({code})" in summary.text for code in failing)
    assert all(plain(warning).replace("\u00a0", " ") in summary.text for warning in allocation.warnings)


def test_the_formula_is_told_in_words(shown: Allocation, whole: Element) -> None:
    from equite.report.language.formula_in_words import formula_sections

    said = whole.one(id="method").text
    sections = {section.title.replace("\u00a0", " "): section for section in formula_sections(shown.formula)}
    here = [section for title, section in sections.items() if title in said]
    # The sources have a section of their own.
    assert len(here) == len(sections) - 1
    lines = [line.text.replace("\u00a0", " ") for section in here for line in (*section.lines, *section.after)]
    assert [line for line in lines if line not in said] == []


def test_the_glossary_has_the_words_that_are_used(
    shared: Shared, told: Told, shown: Allocation, whole: Element
) -> None:
    truncate_problems = [each.text for each in told(shared(envelope="140")).one(id="glossary").all("dt")]
    assert "Enveloppe" in truncate_problems
    assert "Plafond" not in truncate_problems
    many = [each.text for each in whole.one(id="glossary").all("dt")]
    assert many == sorted(many, key=lambda text: text.lower().replace("é", "e"))
    assert ("Critère" if shown.language == "fr" else "Criterion") in many


def test_two_pages_of_one_allocation_are_the_same(shown: Allocation, tmp_path: Path) -> None:
    first = shown.to_html(tmp_path / "first.html").read_bytes()
    again = allocate(shown.formula, shown.territories)
    assert again.to_html(tmp_path / "second.htm").read_bytes() == first


def test_territories_asked_for(shown: Allocation, told: Told) -> None:
    asked = [shown.codes[3], shown.codes[1], shown.codes[3]]
    found = told(shown, only=asked)
    sections = [each.attributes["id"] for each in found.one(id="territories").all("section")]
    assert sections == [f"t-{shown.codes[1]}", f"t-{shown.codes[3]}"]
    assert len(found.one("table", id="amounts-table").rows()) == len(shown.codes)
    assert re.search(r"\b2 (territ|MRC)", found.one(id="territories").text)
    check_structure(found, shown.language)


def test_codes_of_nobody_are_refused_together(shown: Allocation, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("before")
    with pytest.raises(SharingError) as refused:
        shown.to_html(target, only=["nobody", shown.codes[0], "nothing"])
    assert [problem.values["code"] for problem in refused.value.problems] == ["nobody", "nothing"]
    assert target.read_text() == "before"


def test_beyond_a_number_of_territories_none_has_a_section(
    shown: Allocation, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "MOST_TOLD", len(shown.codes) - 1)
    found = told(shown)
    assert found.one(id="territories").all("section") == []
    assert ("par leur code" if shown.language == "fr" else "by their codes") in found.one(id="territories").text
    assert len(found.one("table", id="amounts-table").rows()) == len(shown.codes)
    check_structure(found, shown.language)
    monkeypatch.setattr(document, "MOST_TOLD", len(shown.codes))
    assert len(told(shown).one(id="territories").all("section")) == len(shown.codes)


def test_the_end_of_a_name_asks_for_a_page(shown: Allocation, tmp_path: Path) -> None:
    from equite.report.files import write

    assert write(shown, tmp_path / "page.HTML").read_bytes() == shown.to_html(tmp_path / "p.html").read_bytes()
    with pytest.raises(OutputError, match="html"):
        shown.to_html(tmp_path / "page.pdf")


def test_the_command_line_writes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = resources.folder("examples") / "region_13"
    asked = ["allocate", str(page / "half_salary.yaml"), str(page / "territories.csv"), "-o", "report.html"]
    done = CliRunner().invoke(application("fr"), asked)
    assert done.exit_code == 0, done.output
    assert "report.html" in done.output
    check_structure(read(Path("report.html").read_text(encoding="utf-8")), "fr")


TEXTS = st.text(st.characters(codec=None, exclude_categories=("Cs",)), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(names=st.lists(TEXTS, min_size=3, max_size=3), title=TEXTS)
def test_whatever_a_name_says_is_text(names: list[str], title: str, tmp_path: Path, shared: Shared) -> None:
    rows = {"code": ["a b", "a20b", "<b>&amp;\"'"], "people": [1, 2, 4], "name": names}
    # One of them may be called a total, which a page leaves out unless it says otherwise.
    keys = {"name": "name", "title": {"fr": f"T{title}", "en": "x"}, "are_territories": rows["code"]}
    allocation = shared(rows, envelope="140", **keys)
    found = read(allocation.to_html(tmp_path / "p.html").read_text(encoding="utf-8"))
    check_structure(found, "fr")
    check_nothing_outside(found)
    heads = [row[1] for row in found.one("table", id="amounts-table").rows()]
    named = zip(allocation.codes, allocation.names, strict=True)
    assert heads == [(plain(name).strip() or code).replace("\u00a0", " ") for code, name in named]


def test_elements() -> None:
    assert element("p", "a < b & c", None, [Markup("<b>x</b>"), "y"]) == "<p>a &lt; b &amp; c<b>x</b>y</p>"
    assert (
        element("td", class_="n", hidden=True, title='"', lang=None, id=False)
        == '<td class="n" hidden title="&quot;"></td>'
    )
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert fragment() == ""


def test_a_large_table_stays_light(tmp_path: Path) -> None:
    count = 3000
    rows = pd.DataFrame({"code": [f"{at:05d}" for at in range(count)], "people": np.arange(count) % 997 + 1})
    page = {"equite": "1", "id": "t", "key": "code", "envelope": "1000000", "people": "people"}
    page["parts"] = [{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "people"}}]  # type: ignore[assignment]
    written = allocate(Formula.from_dict(page), rows).to_html(tmp_path / "p.html")
    assert written.stat().st_size < 250 * count
    assert report.MOST_TOLD == 500


def test_sections_are_chosen(shown: Allocation, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MOST_TOLD", 2)
    some = shown.codes[:3]
    assert len(told(shown, only=some).one(id="territories").all("section")) == 3
    assert told(shown).one(id="territories").all("section") == []
    assert told(shown, sections="none").one(id="territories").all("section") == []
    monkeypatch.setattr(document, "MOST_ASKED", len(shown.codes) - 1)
    with pytest.raises(OutputError, match=str(len(shown.codes))):
        told(shown, sections="all")
    with pytest.raises(OutputError, match=r"auto.*all"):
        told(shown, sections="al")


def test_sections_all_has_them_all(told: Told, shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MOST_TOLD", 2)
    assert len(told(shared(envelope="140"), sections="all").one(id="territories").all("section")) == 3
    allocation = shared(envelope="140")
    with pytest.warns(DeprecationWarning, match="only") as warned:
        written = allocation.to_html(tmp_path / "p.html", territories=["010"])
    assert warned[0].filename == __file__
    assert len(read(written.read_text(encoding="utf-8")).one(id="territories").all("section")) == 1


def test_the_command_line_chooses_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = resources.folder("examples") / "region_13"
    asked = ["allocate", str(page / "half_salary.yaml"), str(page / "territories.csv"), "--only", "480"]
    done = CliRunner().invoke(application("en"), [*asked, "-o", "report.html"])
    assert done.exit_code == 0, done.output
    found = read(Path("report.html").read_text(encoding="utf-8"))
    assert [each.attributes["id"] for each in found.one(id="territories").all("section")] == ["t-480"]
    refused = CliRunner().invoke(application("en"), [*asked, "-o", "report.xlsx"])
    assert refused.exit_code == 2
    assert "FILE.html" in refused.output


NAMES = {
    "long": "Saint-" + "Ékoménè-" * 24,
    "right-to-left": "ירושלים \u202eabc\u202c القدس",
    "combining": "Z̸̢̛͇͓͎a͆͊l͓͛g̨o̶ e\u0301",
    "emoji": "👩‍👩‍👧‍👦🇨🇦",
}


def test_names_of_every_kind_hold(shared: Shared, told: Told) -> None:
    rows = {"code": ["010", "020", "030", "040"], "people": [1, 2, 4, 8], "name": list(NAMES.values())}
    allocation = shared(rows, envelope="140", name="name", people="people")
    found = told(allocation)
    check_structure(found, "fr")
    heads = [row[1] for row in found.one("table", id="amounts-table").rows()]
    assert heads == [plain(name) for name in allocation.names]
    # What is written from right to left is kept apart from the words around it.
    assert {each.text for each in found.all("bdi")} == {heads[1]}
    for code, name in zip(rows["code"], heads, strict=True):
        assert found.one("section", id=f"t-{code}").one("h3").text == f"{name} ({code})"
