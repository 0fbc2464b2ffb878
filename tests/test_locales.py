"""A language that equite does not know is added whole: one record, and a folder of sentences."""

from __future__ import annotations

import ast
import html
import os
import re
import string
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import yaml
from yaml_texts import read_yaml

import equite
from equite import wording
from equite.errors import FormulaError, Problem
from equite.formula.plan import Plan
from equite.inputs.catalogue import read_catalogue
from equite.report.analyses.comparison import comparison_to_csv
from equite.report.language.formula_in_words import formula_in_words
from equite.report.language.labels import Labels
from equite.report.terminal.screen import allocation_grid
from equite.report.workbook.template import write_template
from equite.wording import LOCALES, Amount, Codes, Locale, Nearest, Noun, as_language, for_all, money, percent
from equite.wording.nouns import english

SENTENCES = Path(equite.__file__).parent / "wording"
EXAMPLE = Path(__file__).parents[1] / "examples" / "region_13"
#: What marks a text of the language, which has no letter of English in it.
MARK = "es·"
NBSP = "\u00a0"
STRANGE = {ord(letter): chr(ord(letter) + 0xFEE0) for letter in (*string.ascii_letters, "%")}


def spanish(sentences: Path) -> Locale:
    """Return the record, written from what the language is alone."""
    return Locale(
        code="es",
        sentences=sentences,
        begins=("es", "spanish"),
        is_singular=lambda number: number == 1,
        decimal=",",
        grouping=".",
        percent=f"{{number}}{NBSP}%",
        currency=f"{{number}}{NBSP}{{symbol}}",
        currency_in_letters=f"{{number}}{NBSP}{{symbol}}",
        quotes=("«", "»"),
        colon=": ",
        either=" o ",
        separator=";",
        excel="[$-C0A]",
        row=Noun("territory".translate(STRANGE), "territories".translate(STRANGE)),
        agree=english,
    )


def marked(text: str) -> str:
    """Mark a text and change its letters, but those of its values and of what stands on a page as it is."""
    pieces = re.split(r"(\{\{|\}\}|\{[^}]*\}|`[^`]*`)", text)
    # Of two moods, each is words.
    kept = [at % 2 and not piece.startswith("{?") for at, piece in enumerate(pieces)]
    return MARK + "".join(piece if own else piece.translate(STRANGE) for piece, own in zip(pieces, kept, strict=True))


def translated(source: Path, target: Path) -> None:
    """Word in the language what a file of sentences says in English."""
    entries = read_yaml(source)
    worded = {}
    for entry, texts in entries.items():
        text = texts["en"]
        told = marked(text) if isinstance(text, str) else {part: marked(piece) for part, piece in text.items()}
        worded[entry] = {"es": told}
    target.write_text(yaml.safe_dump(worded, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("es")
    for file in SENTENCES.glob("*.yaml"):
        translated(file, folder / file.name)
    return folder


@pytest.fixture(scope="module", autouse=True)
def known(sentences: Path) -> Iterator[None]:
    """Make the language known, and unknown again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LOCALES, "es", spanish(sentences))
        yield


@pytest.fixture(scope="module")
def allocation(known: None) -> equite.Allocation:
    formula = equite.Formula.read(EXAMPLE / "half_salary.yaml").replace(language="es")
    return equite.allocate(formula, EXAMPLE / "territories.csv")


#: Words of the page and of its table, which nobody translates, and names that no language changes.
OWN = {*re.findall(r"[A-Za-z]+", (EXAMPLE / "half_salary.yaml").read_text(encoding="utf-8"))}
OWN |= {*re.findall(r"[A-Za-z]+", (EXAMPLE / "territories.csv").read_text(encoding="utf-8"))}
OWN |= {"territories", "csv", "equite", "Python", "numpy", "pandas", "pydantic", "sha", "high"}


PARTS = [{"id": "a", "pool": "remainder", "share": "equally"}]
PAGE = {"equite": 1, "id": "p", "key": "code", "envelope": 1, "parts": PARTS}


def check(text: str) -> None:
    """Hold that a text is in the language: its sentences, its numbers, its amounts, its percentages."""
    assert MARK in text
    said = re.sub(r"\b[0-9a-f]{64}\b", "", text.replace(MARK, ""))
    # A terminal cuts a title that is too long.
    assert [word for word in re.findall(r"[A-Za-z]{3,}", said) if not any(own.startswith(word) for own in OWN)] == []
    assert re.findall(r"[$€£]\d|\d%|\d,\d{3},|\d,\d{3}\.\d", said) == []


def visible(page: str) -> str:
    """Return what a reader of a page sees or hears."""
    said = re.findall(r'(?:aria-label|title|alt|placeholder|data-[a-z-]+)="([^"]*)"', page)
    shown = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", shown), *said]))


def written(book: Path) -> str:
    """Return every text of a workbook's cells that readers see."""
    sheets = openpyxl.load_workbook(book).worksheets
    seen = (sheet for sheet in sheets if sheet.sheet_state == "visible")
    cells = (cell.value for sheet in seen for row in sheet.iter_rows() for cell in row)
    return "\n".join(value for value in cells if isinstance(value, str) and not value.startswith("="))


def formats(book: Path) -> set[str]:
    """Return the number formats of a workbook."""
    styles = zipfile.ZipFile(book).read("xl/styles.xml").decode("utf-8")
    return {html.unescape(code) for code in re.findall(r'formatCode="([^"]*)"', styles)}


def test_the_terminal_speaks_it(allocation: equite.Allocation) -> None:
    grid = allocation_grid(allocation, 120, None)
    assert ("480", "Acton", "70.541", "4,29") in grid.rows
    for text in (allocation.summary(), "\n".join(grid.headings), str(allocation.columns_read())):
        check(text)


def test_an_explanation_speaks_it(allocation: equite.Allocation) -> None:
    text = str(allocation.explain("480"))
    check(text)
    assert f"42.500{NBSP}$" in text and f"70.541{NBSP}$" in text


def test_the_page_is_said_in_it(allocation: equite.Allocation) -> None:
    text = formula_in_words(allocation.formula)
    check(text)
    assert f"1.200.000{NBSP}$" in text


def test_an_analysis_speaks_it(allocation: equite.Allocation) -> None:
    check(str(allocation.diagnose()))
    check(str(allocation.profile("480")))


def test_a_file_of_values_is_written_as_its_spreadsheets_read(allocation: equite.Allocation, tmp_path: Path) -> None:
    head, first, *_ = allocation.to_csv(tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    check(head)
    assert first == "480;Acton;42500;28041;0;70541;4,29;6,19;40000;30541;76,4"
    equal = equite.Formula.read(EXAMPLE / "equal.yaml").replace(language="es")
    against = equite.compare(allocation, equite.allocate(equal, EXAMPLE / "territories.csv"))
    lines = comparison_to_csv(against, tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[1] == "480;Acton;70541;92308;21767;0,308572"


@pytest.mark.parametrize("live", [False, True])
def test_a_workbook_speaks_it(allocation: equite.Allocation, tmp_path: Path, live: bool) -> None:
    book = allocation.to_excel(tmp_path / "a.xlsx", live=live)
    check(written(book))
    assert {f'[$-C0A]#,##0"{NBSP}$"', f'[$-C0A]0.0"{NBSP}"%'} <= formats(book)
    assert not [code for code in formats(book) if "1009" in code or "C0C" in code or '"$"' in code]


def test_a_template_speaks_it(allocation: equite.Allocation, tmp_path: Path) -> None:
    check(written(write_template(allocation.formula, tmp_path / "t.xlsx")).replace("mrc_code", ""))


def test_a_page_for_browsers_speaks_it(allocation: equite.Allocation, tmp_path: Path) -> None:
    page = allocation.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    check(visible(page))
    assert '<html lang="es">' in page
    assert f"70.541{NBSP}$" in page
    # The script that sorts the table reads its numbers by the marks of the language.
    assert 'const read = plain.replaceAll(".", "").replace(",", ".");' in page


def test_notebooks_show_it(allocation: equite.Allocation) -> None:
    for shown in (allocation, allocation.explain("480"), allocation.diagnose()):
        check(visible(shown._repr_html_()))


def test_a_refusal_is_worded_in_it(allocation: equite.Allocation) -> None:
    with pytest.raises(FormulaError) as refused:
        allocation.formula.replace({"parts": {"base": {"pol": 3}}})
    text = str(refused.value)
    assert text.startswith(MARK) and marked("line") in text and f"{marked('did you mean ')}«pool»" in text
    assert text == refused.value.text("es") != refused.value.text("en")


def test_a_refusal_lists_every_language(allocation: equite.Allocation) -> None:
    page = allocation.formula.content
    plan = {"equite_plan": 1, "id": "p", "tiers": [{"id": "a", "table": "t.csv", "formula": page}], "language": "de"}
    for wrong in (lambda: allocation.formula.replace(language="de"), lambda: Plan.from_dict(plan)):
        with pytest.raises(FormulaError, match="'fr', 'en', 'es'"):
            wrong()
    with pytest.raises(FormulaError, match=r'\{fr: "…", en: "…", es: "…"\}'):
        allocation.formula.replace(title={"de": "Titel"})


def test_one_and_many_are_told_by_its_rule(allocation: equite.Allocation) -> None:
    spanish_labels, french = Labels(allocation.formula), Labels(allocation.formula, "fr")
    many, one = (word.translate(STRANGE) for word in ("territories", "territory"))
    told = [spanish_labels.territories(number) for number in (0, 1, 2)]
    assert told == [f"{MARK}0 {many}", f"{MARK}1 {one}", f"{MARK}2 {many}"]
    assert [french.territories(number) for number in (0, 1, 2)] == ["0 MRC", "1 MRC", "2 MRC"]


def test_values_of_sentences_are_written_by_its_record() -> None:
    assert money(-1234567.5, "es", "CAD") == f"−1.234.567,50{NBSP}$"
    assert money(12, "es", "CHF", 0) == f"12{NBSP}CHF"
    posts = {"fr": "postes", "en": "positions", "es": "puestos"}
    assert Amount(1234, posts, 0).in_language("es") == f"1.234{NBSP}puestos"
    assert percent(0.125, "es") == f"12,5{NBSP}%"
    more = f"{MARK}a, b {'and'.translate(STRANGE)} 1 {'more'.translate(STRANGE)}"
    assert Codes(("a", "b", "c"), most=2).in_language("es") == more
    assert Nearest(("a", "b")).in_language("es").endswith("«a» o «b»?")
    what, mend = Problem("pool-ways", {"given": "a", "choices": "b"}).text("es").split(f": {MARK}")
    assert what.endswith("a)")
    assert mend.endswith("b")


def test_texts_of_a_page_are_taken_in_it_or_in_the_first_given() -> None:
    assert for_all({"fr": "Un", "es": "Uno"}) == {"fr": "Un", "en": "Un", "es": "Uno"}
    named = equite.Formula.from_dict({**PAGE, "title": {"en": "Need", "es": "Necesidad"}})
    assert named.heading == {"fr": "Need", "en": "Need", "es": "Necesidad"}
    assert equite.Formula.from_dict({**PAGE, "title": "Need"}).heading["es"] == "Need"
    assert all(set(found.title) == set(LOCALES) for found in read_catalogue().values())
    schema = equite.Formula.schema_for_editors()
    assert schema["properties"]["language"]["enum"] == ["fr", "en", "es"]
    assert "es" in str(schema["properties"]["title"])


@pytest.mark.parametrize(("name", "language"), [("es_MX.UTF-8", "es"), ("Spanish_Spain", "es"), ("pt_BR", "en")])
def test_a_machine_that_speaks_it(name: str, language: str) -> None:
    assert as_language(name) == language


def test_a_sentence_that_it_lacks_is_never_said_in_another(sentences: Path, tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text("territories-one: {es: uno}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LOCALES, "es", spanish(tmp_path))
        assert wording.say("territories-one", "es", count=1) == "uno"
        with pytest.raises(KeyError):
            wording.say("territories-many", "es", count=2)


def test_no_module_asks_which_language_it_is() -> None:
    """Hold that what depends on a language stands in its record: nothing is compared with a code, or keyed by codes."""
    asking = []
    for path in SENTENCES.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            sides += [key for key in node.keys if key is not None] if isinstance(node, ast.Dict) else []
            if any(isinstance(side, ast.Constant) and side.value in ("fr", "en") for side in sides):
                asking.append(f"{path.name}:{getattr(node, 'lineno', 0)}")
    assert asking == []


RUN = """
import sys
from pathlib import Path
from equite.wording import LOCALES
from test_locales import spanish
LOCALES["es"] = spanish(Path(sys.argv.pop(1)))
from equite.cli import main
main()
"""


@pytest.mark.parametrize(("language", "code"), [("es", 0), ("de", 2)])
def test_the_command_line_takes_it(sentences: Path, language: str, code: int) -> None:
    page, table = EXAMPLE / "half_salary.yaml", EXAMPLE / "territories.csv"
    arguments = ["explain", str(page), str(table), "480", "--language", language]
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(sentences), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "110"},
        check=False,
    )
    assert done.returncode == code, done.stderr
    if code:
        assert "'fr', 'en', 'es'" in done.stderr
    else:
        check(done.stdout)
