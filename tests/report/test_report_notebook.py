"""HTML: well formed, escaped, read aloud row by row, at home in any theme."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest

from equite import Allocation

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]


class Reader(HTMLParser):
    """Reads tags, their attributes and the texts; refuses a tag that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.replace("\u00a0", " "))


@pytest.fixture(params=["french", "english"])
def shown(request: pytest.FixtureRequest) -> tuple[Allocation, str]:
    allocation: Allocation = request.getfixturevalue(request.param)
    return allocation, allocation._repr_html_()


def test_an_allocation_is_accessible(shown: tuple[Allocation, str]) -> None:
    allocation, text = shown
    read = Reader(text)
    tag, attributes = read.found[0]
    assert (tag, attributes["lang"], attributes["style"]) == ("div", allocation.language, "overflow-x:auto")
    # What stands between two dollar signs is no mathematics.
    assert attributes["class"] == "equite tex2jax_ignore mathjax_ignore"
    tags = [tag for tag, _ in read.found]
    assert tags.count("caption") == tags.count("table") == 2
    heads = [attributes for tag, attributes in read.found if tag == "th"]
    assert {attributes["scope"] for attributes in heads} == {"col", "row"}
    assert "tfoot" in tags


def test_an_allocation_holds_the_first_and_last_rows(shown: tuple[Allocation, str]) -> None:
    allocation, text = shown
    texts = Reader(text).texts
    codes = re.findall(r'<th scope="row"[^>]*>(\d{3})</th>', text)
    assert codes == [*allocation.codes[:10], *allocation.codes[-5:]]
    assert "…" in texts


def test_an_allocation_tells_money_checks_and_reliance(french: Allocation) -> None:
    said = " ".join(Reader(french._repr_html_()).texts)
    for piece in ("2 000 000 $", "19 territoires : les 10 premiers et les 5 derniers", "Contrôles réussis : 2 sur 3"):
        assert piece in said
    for piece in ("✗ Échoué : Personne ne perd", "Repose sur des chiffres illustratifs"):
        assert piece in said


def test_every_text_is_escaped(french: Allocation) -> None:
    text = french._repr_html_()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Équité &amp; régions" in text
    code = next(code for code, name in zip(french.codes, french.names, strict=True) if "script" in name)
    assert "<script>" not in french.explain(code)._repr_html_()


def test_no_colour_but_the_theme_s(french: Allocation) -> None:
    text = french._repr_html_() + french.explain("010")._repr_html_()
    assert not re.search(r"(?<![-\w])color:|background|#[0-9a-fA-F]{3,6}\b|\b(black|white)\b(?!-)", text)


def test_few_rows_are_all_shown(shared: Shared) -> None:
    texts = Reader(shared(envelope=7)._repr_html_()).texts
    assert [piece for piece in texts if re.fullmatch(r"0\d0", piece)] == ["010", "020", "030"]
    assert "…" not in texts
    assert "3 territoires" in texts


def test_many_rows_stay_compact(shared: Shared) -> None:
    rows = {"code": [f"{at:05d}" for at in range(5000)], "people": np.arange(1, 5001)}
    text = shared(rows, envelope=10**6)._repr_html_()
    assert text.count("<tr>") < 30
    assert len(text) < 30_000


def test_no_holes_nor_dust(shared: Shared) -> None:
    rows = {"code": ["1", "2"], "people": [1, 0], "before": [0.1 + 0.2, None]}
    said = " ".join(Reader(shared(rows, envelope="0.90", people="people", previous="before")._repr_html_()).texts)
    assert not re.search(r"nan|None|e-\d|0,30000|[−-]0,00", said)


def test_an_explanation_is_accessible_and_adds_up(english: Allocation) -> None:
    explanation = english.explain("060")
    read = Reader(explanation._repr_html_())
    assert 'A; "B", C (060)' in read.texts
    assert [attributes["scope"] for tag, attributes in read.found if tag == "th"][:2] == ["col", "col"]
    amounts = [piece for piece in read.texts if re.fullmatch(r"−?\$[\d,]+", piece)]
    dollars = [int(re.sub(r"[$,]", "", piece).replace("−", "-")) for piece in amounts]
    assert sum(dollars[:-1]) == dollars[-1] == explanation.amount
    assert any(piece.endswith("[illustrative]") for piece in read.texts)
