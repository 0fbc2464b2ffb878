"""No number format of any workbook loses the sign of what is below zero."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path

import pytest

from equite import Allocation
from equite.engine.cascade import cascade
from equite.report.workbook.template import write_template

ROOT = Path(__file__).parents[2]
_PIECES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
_HOLDS = {
    "<": lambda value, edge: value < edge,
    "<=": lambda value, edge: value <= edge,
    ">": lambda value, edge: value > edge,
    ">=": lambda value, edge: value >= edge,
    "=": lambda value, edge: value == edge,
    "<>": lambda value, edge: value != edge,
}
#: Below zero by little and by much.
NEGATIVE = (-0.9111, -12.0, -999.5, -1234567.0)


def sections(code: str) -> list[list[str]]:
    """Split a format at its semicolons, quoted texts and brackets whole."""
    found: list[list[str]] = [[]]
    for piece in _PIECES.findall(code):
        if piece == ";":
            found.append([])
        else:
            found[-1].append(piece)
    return found


def signs(code: str, value: float) -> list[str]:
    """Give the signs that a spreadsheet shows for a value below zero, or why what it shows is no number.

    Without conditions, the second of several sections is for what is below zero, and shows no sign but its own. With
    one, the section whose condition holds is taken; the last is for all others. The sign stands by itself only in a
    lone section, or in the first where its condition also lets in what is above zero; elsewhere programs differ, so
    such a section may not be reached by a value below zero.
    """
    if code == "@":
        return ["-"]
    found = sections(code)
    conditions = [_CONDITION.fullmatch(piece) for section in found for piece in section[:1]]
    if not any(conditions):
        at, by_itself = (1, False) if len(found) > 1 else (0, True)
    else:
        holds = [bool(one and _HOLDS[one[1]](value, float(one[2]))) for one in conditions]
        at = holds.index(True) if any(holds) else len(found) - 1
        edge = conditions[0]
        by_itself = at == 0 and edge is not None and float(edge[2]) > 0 and edge[1] in ("<", "<=")
        if at > 0:
            return []
    shown = [piece for piece in found[at] if not _CONDITION.fullmatch(piece)]
    plain = [piece.strip('"').removeprefix("\\") for piece in shown if not piece.startswith(("_", "*", "["))]
    own = [piece for piece in plain if piece in ("-", "\u2212", "(")]
    locales = [place for place, piece in enumerate(shown) if piece.startswith("[$")]
    if any(place > 0 for place in locales):
        # What stands before a locale makes programs write the locale out.
        return ["?"]
    return own + (["-"] if by_itself else [])


def formats_of(path: Path) -> set[str]:
    """Give every number format of a workbook, those of its charts too."""
    found: set[str] = set()
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name == "xl/styles.xml" or name.startswith("xl/charts/"):
                text = package.read(name).decode("utf-8")
                found |= set(re.findall(r'formatCode="([^"]*)"', text))
                found |= set(re.findall(r"<c:formatCode>([^<]*)<", text))
    return {unescape(code) for code in found}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("#,##0.00", ["-"]),
        ("General", ["-"]),
        ('[$-C0C]#,##0"\u00a0$"', ["-"]),
        ("0;-0;—", ["-"]),
        ("0;(0)", ["("]),
        ("0;0", []),
        ('0;"-"0', ["-"]),
        ("[>=1000]#,##0;General", []),
        ("[<1000]General;#,##0", ["-"]),
        ("[$-C0C]0;-[$-C0C]0;—", ["?"]),
        ("[$-C0C]0;[$-C0C]-0;—", ["-"]),
        ("0;--0", ["-", "-"]),
    ],
)
def test_the_rule_of_sections(code: str, shown: list[str]) -> None:
    assert signs(code, -12.0) == shown


def test_a_value_below_zero_has_one_sign_in_every_workbook(
    french: Allocation, english: Allocation, tmp_path: Path
) -> None:
    files = []
    for name, allocation in {"f": french, "e": english}.items():
        files.append(allocation.to_excel(tmp_path / f"{name}.xlsx"))
        files.append(allocation.to_excel(tmp_path / f"{name}-live.xlsx", live=True))
        files.append(write_template(allocation.formula, tmp_path / f"{name}-empty.xlsx"))
    tiers = ROOT / "examples" / "quebec_tiers"
    files.append(cascade(tiers / "plan.yaml").to_excel(tmp_path / "tiers.xlsx"))
    formats = {code for file in files for code in formats_of(file)}
    # Those of plain figures, of figures to change, and of changes are there.
    assert {"[<1000][$-C0C]General;[$-C0C]#,##0", "[$-C0C]#,##0;[$-C0C]-#,##0;—"} <= formats
    assert len(formats) > 15
    wrong = {
        code: shown for code in formats for value in NEGATIVE if len(shown := signs(code, value)) != 1 or shown == ["?"]
    }
    assert wrong == {}
