"""The figures of a column's own, above the calculations: words, then the figure with its sign."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path

import equite

PAGE = """
equite: 1
id: t
language: en
key: code
envelope: 100
indices: {need: {criteria: {cold: 1}}}
parts: [{id: p, pool: remainder, share: {in_proportion_to: 1 + need}}]
rounding: {to: 1}
"""


def test_a_minus_stands_by_its_figure_and_not_before_the_words(tmp_path: Path) -> None:
    rows = [{"code": code, "cold": cold} for code, cold in (("A", -0.9111), ("B", -41.5), ("C", 3.0))]
    path = equite.allocate(equite.Formula.from_text(PAGE), rows).to_excel(tmp_path / "a.xlsx", live=True)
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
    worded = [unescape(form) for form in re.findall(r'formatCode="(&quot;\w[^"]*)"', styles)]
    assert worded
    for form in worded:
        above, below = form.split(";")
        words, figure = re.fullmatch(r'("[^"]+")(.+)', above).groups()  # type: ignore[union-attr]
        assert below == f"{words}-{figure}"
