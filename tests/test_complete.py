"""Every method that comes with equite is complete: worded in both languages, documented, written in a spreadsheet.

What one lacks is told by its name, and by the file where it is wanting.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from test_docs import FORMULA, FUNCTIONS, ROOT, rows_of, text_of
from yaml_texts import read_yaml

import equite
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest

WORDS = {
    entry
    for file in (ROOT / "equite" / "wording").glob("*.yaml")
    for entry, texts in read_yaml(file).items()
    if set(texts) == {"fr", "en"}
}
#: Words that stand where the name of a method does.
WORDED = {"normaliser": ["levels"], "transform": ["step"]}
METHODS = [
    *(("normaliser", name) for name in (*NORMALISERS, *WORDED["normaliser"])),
    *(("aggregator", name) for name in AGGREGATORS),
    *(("transform", name) for name in (*TRANSFORMS, *WORDED["transform"])),
    *(("function", name) for name in (*ROW_FUNCTIONS, *TABLE_FUNCTIONS)),
    *(("aggregate", name) for name in AGGREGATES),
]
#: What a live workbook holds as values, and why; all else is written as formulas.
AS_VALUES = {"copeland": "aggregator", "ordered-weighted": "aggregator"}
SENTENCES = {
    "normaliser": "scale",
    "aggregator": "mean",
    "transform": "transform",
    "function": "call",
    "aggregate": "over",
}
TABLES = {
    "st": {"up_to": {5: 1, 10: 2}, "above": 3},
    "fr": {"from": {0: 1, 5: 2}},
    "pt": {"points": {0: 1, 10: 0.5}},
    "ws": {"x": 2, "y": 0.5},
}
TABLE = pd.DataFrame(
    {
        "code": list("ABCD"),
        "x": [4, 1, 9, 16],
        "y": [10, 20, 30, 25],
        "z": [3, 2, 6, None],
        "level": ["low", "high", "low", "high"],
        "setting": ["rural", "rural", "urban", "urban"],
        "people": [100, 300, 600, 50],
        "area": ["g1", "g1", "g2", "g2"],
    }
)


def wanted_words(kind: str, name: str) -> list[str]:
    labels = [] if kind in ("function", "aggregate") else [f"method-{name}"]
    return [*labels, f"words-{SENTENCES[kind]}-{name}"]


def documented(kind: str, name: str) -> str | None:
    """Give a method as the documentation writes it, so that a page may use it; None where it does not."""
    text = text_of(FORMULA)
    if kind in ("normaliser", "aggregator"):
        rows = rows_of(text, f"| {kind.capitalize()} | Meaning | Scores |")
        found = [row[0].strip("`") for row in rows if re.split(r"[{}:`]+", row[0])[1] == name]
        prose = [name] if f"`{name}` is for" in text else []
        return next(iter(found or prose), None)
    if kind == "transform":
        stated = re.search(rf"`(?:transform: )?(\{{?{name}\b[^`]*)`", text[text.index("**Transforms.**") :])
        return stated and " ".join(stated[1].split()).replace("strata", "st")
    return next((row[2].strip("`") for row in FUNCTIONS if re.search(rf"\b{name}\(", row[2])), None)


def page_of(kind: str, name: str, written: str) -> dict[str, Any]:
    page: dict[str, Any] = {"equite": 1, "id": "t", "language": "en", "key": "code", "envelope": 1000, "tables": TABLES}
    page["parts"] = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "1 + default(v, 0)"}}]
    if kind in ("function", "aggregate"):
        # Values that may be equal but for dust are compared by their bounds of error, then in fractions.
        dusty = f"0.1 * ({written})"
        page["checks"] = [{"that": f"default({dusty} == {dusty} + 0.1 * people - 0.1 * people, yes)"}]
        return {**page, "variables": {"v": written}}
    method, index = yaml.safe_load(written), {"criteria": {"x": 2, "y": 1}, "normalise": {"min-max": [1, 2]}}
    if name == "levels":
        page["columns"] = {"level": {"kind": "ordinal", "levels": ["low", "high"]}}
        index["criteria"] = {"level": {"weight": 1, "normalise": method}}
    elif kind == "transform":
        index["criteria"] = {"x": {"weight": 1, "transform": method}}
    else:
        index["normalise" if kind == "normaliser" else "aggregate"] = method
    return {**page, "indices": {"need": index}, "variables": {"v": "need"}}


def certificates(kind: str, name: str, written: str, folder: Path) -> list[str]:
    """Give the reasons for which a live workbook of a page that uses a method holds something as values."""
    path = equite.allocate(page_of(kind, name, written), TABLE).to_excel(folder / f"{name}.xlsx", live=True)
    told = Manifest.from_rows(openpyxl.load_workbook(path)[MANIFEST_SHEET].iter_rows(values_only=True))
    assert told is not None
    return [each.reason for each in told.certificates]


def _last(trace: TracebackType) -> str:
    return _last(trace.tb_next) if trace.tb_next else trace.tb_frame.f_code.co_filename


def lacking(kind: str, name: str, folder: Path) -> list[str]:
    """Name what a method lacks, each with where it is wanting."""
    found = [f"{entry}, in fr and en (equite/wording)" for entry in wanted_words(kind, name) if entry not in WORDS]
    written = documented(kind, name)
    if written is None:
        return [*found, f"{name}, with an example (docs/formula.md)"]
    try:
        reasons = certificates(kind, name, written, folder)
    except KeyError as error:
        assert error.__traceback__
        file = Path(_last(error.__traceback__)).relative_to(ROOT).as_posix()
        return [*found, f"{name} in {file}"]
    if reasons != ([AS_VALUES[name]] if name in AS_VALUES else []):
        found.append(f"{name} as formulas, or in AS_VALUES: {', '.join(reasons) or 'it is written as formulas'}")
    return found


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_is_complete(kind: str, name: str, tmp_path: Path) -> None:
    assert lacking(kind, name, tmp_path) == []


@pytest.mark.usefixtures("own_methods")
def test_what_a_method_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, register in (("normaliser", equite.normaliser), ("transform", equite.transform)):
        register(f"bare-{kind}")(lambda values: values)
        assert lacking(kind, f"bare-{kind}", tmp_path) == [
            f"method-bare-{kind}, in fr and en (equite/wording)",
            f"words-{SENTENCES[kind]}-bare-{kind}, in fr and en (equite/wording)",
            f"bare-{kind}, with an example (docs/formula.md)",
        ]
    monkeypatch.setitem(globals(), "documented", lambda kind, name: name)
    assert lacking("normaliser", "bare-normaliser", tmp_path)[2:] == [
        "bare-normaliser as formulas, or in AS_VALUES: normaliser, normaliser"
    ]
    monkeypatch.setitem(AS_VALUES, "rank", "normaliser")
    assert lacking("normaliser", "rank", tmp_path) == ["rank as formulas, or in AS_VALUES: it is written as formulas"]
