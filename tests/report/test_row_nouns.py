"""Every output of a page that names its rows says that name, and never a territory in its place."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import equite
from equite.report.language.formula_in_words import formula_in_words
from equite.report.notices import write_notices
from equite.report.workbook.template import write_template

EXAMPLES = Path(__file__).parents[2] / "examples"
NOUNS = {
    "fr": {"one": "municipalité", "many": "municipalités", "gender": "f"},
    "en": {"one": "borough", "many": "boroughs"},
}
#: What a page without a noun would call its rows. Of the six families of criteria one is "territorial".
OTHER = re.compile(r"\bterritoires?\b|\bterritor(?:y|ies)\b", re.IGNORECASE)
#: Masculine words that French says of territories.
MASCULINE = re.compile(
    r"\bmunicipalités?\W+(?:\w+\W+)?(?:exclus?|retenus?|écartés?|affichés?|participants?|inchangés?)\b"
)
#: The catalogue's levels are quoted as they stand: they are of any place, not of a page's rows.
CATALOGUE = [
    " ".join(text.split()).rstrip(".")
    for found in equite.catalogue.values()
    for level in found.levels
    for text in level.values()
]
OWN = {"fr": "municipalité", "en": "borough"}


@cache
def formula(language: str) -> equite.Formula:
    """Give the example that has most of what a page may have, its own words of territories apart."""
    text = (EXAMPLES / "six_families" / "formula.yaml").read_text(encoding="utf-8")
    page = equite.Formula.from_text(re.sub(r"(?i)territoires?|territor(y|ies)", "X", text).replace("Xle", "locale"))
    more = {
        "eligible": [{"where": "population > 13000", "reason": {"fr": "Trop petite", "en": "Too small"}}],
        "limits": {"bounds": {"override": {"code": "02", "amount": 300_000, "reason": {"fr": "Dit", "en": "Said"}}}},
        "previous": "previous_year",
        "variables": {
            "neighbours": "total(population, among=all) / count(population > 0) + average(population, among=need > 0.5)"
        },
    }
    return page.replace(language=language, territory=NOUNS, **more)


@cache
def allocation(language: str) -> equite.Allocation:
    text = (EXAMPLES / "six_families" / "territories.csv").read_text(encoding="utf-8")
    head, *rows = text.replace("Territoire ", "").splitlines()
    cells = [row.split(",") for row in rows]
    table = {name: [row[at] for row in cells] for at, name in enumerate(head.split(","))}
    table["previous_year"] = ["", *(str(200_000 + 4_000 * at) for at in range(1, len(rows)))]
    return equite.allocate(formula(language), table)


def written(path: Path) -> str:
    """Return all that a file says, the parts of a workbook included."""
    if path.suffix != ".xlsx":
        text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8-sig"), flags=re.DOTALL)
        # What nobody reads: where links lead.
        return html.unescape(re.sub(r'\b(?:id|href|for|class|aria-labelledby)="[^"]*"', "", text))
    with zipfile.ZipFile(path) as parts:
        texts = [parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith((".xml", ".rels"))]
    # What is kept to be read back is the page and the table as they are written.
    return html.unescape(" ".join(re.sub(r"<definedName .*?</definedName>", "", text) for text in texts))


def _own(text: str) -> str:
    """Leave out what is quoted of the catalogue, and the page's own key where a workbook keeps the page."""
    text = " ".join(text.split())
    for quoted in CATALOGUE:
        text = text.replace(quoted, "")
    return text.replace("territory: fr:", "")


def outputs(language: str, folder: Path) -> Iterator[tuple[str, str]]:
    found = allocation(language)
    richer = equite.allocate(found.formula.replace(envelope=7_000_000), found.territories)
    against = equite.compare(found, richer)
    texts = {
        "summary": found.summary(),
        "explanation": str(found.explain("02")),
        "worksheet": found.worksheet("02").text(),
        "formula": formula_in_words(found.formula),
        "other language": formula_in_words(found.formula, "en" if language == "fr" else "fr"),
        "columns": str(found.columns_read()),
        "diagnosis": str(found.diagnose()),
        "profile": str(found.profile("02")),
        "comparison": str(against),
        "warnings": " ".join(found.warnings),
    }
    yield from texts.items()
    shown = (found, found.explain("02"), found.worksheet("02"), found.diagnose(), found.profile("02"), against)
    for each in shown:
        yield f"notebook {type(each).__name__}", html.unescape(each._repr_html_())
        for way in ("csv", "excel", "html"):
            end = {"excel": ".xlsx"}.get(way, f".{way}")
            path = getattr(each, f"to_{way}")(folder / f"{type(each).__name__}{end}")
            yield f"{way} {type(each).__name__}", written(path)
    yield "live", written(found.to_excel(folder / "live.xlsx", live=True))
    yield "template", written(write_template(found.formula, folder / "template.xlsx"))
    for path in sorted(write_notices(found, folder / "notices", ["02", "04"]).glob("*.html")):
        yield "notice", written(path)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_output_names_the_rows_as_the_page_does(language: str, tmp_path: Path) -> None:
    strays: dict[str, list[str]] = {}
    silent = []
    for name, whole in outputs(language, tmp_path):
        text = _own(whole)
        if OTHER.search(text):
            strays[name] = [text[max(0, each.start() - 60) : each.end() + 40] for each in OTHER.finditer(text)]
        if MASCULINE.search(text):
            strays[name] = MASCULINE.findall(text)
        if name in ("summary", "formula", "html Allocation", "excel Allocation", "live") and OWN[language] not in text:
            silent.append(name)
    assert strays == {}
    assert silent == []
