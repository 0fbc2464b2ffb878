"""What strangers' files go through, each as a function of bytes: what is raised and is no ``EquiteError`` is a fault.

The tests of this folder drive them with hypothesis; ``at_length.py`` for as long as one likes, with atheris or without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import yaml

import equite
from equite.formula.choices import read_choices

PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 900,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B", "C"], "people": [100, 200, 300], "rate": [0.1, 0.25, None]}
PLAN: dict[str, Any] = {
    "equite_plan": 1,
    "id": "plan",
    "language": "en",
    "tiers": [
        {"id": "region", "formula": PAGE},
        {"id": "town", "parent": "region", "formula": {**PAGE, "id": "below", "envelope": "received"}},
    ],
}
CHOICE = b"for: A\nbody: Council\ndate: 2026-01-01\nreason: {en: Fewer schools}\nchanges: {envelope: 5}\n"
CRITERION = """
snow_load:
  family: territorial
  origin: added
  title: {fr: "Enneigement", en: "Snowfall"}
  question: {fr: "Combien de neige faut-il déblayer ?", en: "How much snow must be cleared?"}
  unit: cm
  kind: intensive
  range: [0, null]
  direction: high
  measures: cost
  measure: {fr: "Colonne « snow_cm »."}
  declared: no
  data: {en: "Environment Canada."}
  overlaps: [remoteness]
  everywhere: Oui.
  caution: Une année rare fausse tout.
  moved_by: Personne.
  perverse: Aucun gain.
""".encode()
Target = Callable[[bytes, Path], object]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _file(raw: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def table(raw: bytes, folder: Path) -> object:
    """Read a table, whatever its format, and share money by it."""
    return equite.allocate(PAGE, _file(raw, folder, "strange"))


def page(raw: bytes, folder: Path) -> object:
    """Read a page, say it in words, and share money by it."""
    formula = equite.Formula.read(_file(raw, folder, "strange.yaml"))
    assert formula._repr_html_()
    return equite.allocate(formula, TABLE)


def override(raw: bytes, folder: Path) -> object:
    """Lay an override over a page."""
    return equite.Formula.from_dict(PAGE).overlaid(_file(raw, folder, "strange.yaml"))


def catalogue(raw: bytes, folder: Path) -> object:
    """Lay a catalogue over that of equite."""
    return equite.read_catalogue().overlaid(_file(raw, folder, "strange.yaml"))


def plan(raw: bytes, folder: Path) -> object:
    """Read a plan."""
    return equite.Plan.read(_file(raw, folder, "strange.yaml"))


def choice(raw: bytes, folder: Path) -> object:
    """Read a folder of local choices, in which there is one."""
    inside = folder / "choices"
    inside.mkdir(exist_ok=True)
    return read_choices(_file(raw, inside, "strange.yaml").parent)


def expression(raw: bytes, folder: Path) -> object:
    """Share money in proportion to an expression."""
    text = raw.decode("utf-8", "replace")
    written = {**PAGE, "parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": text}}]}
    return equite.allocate(equite.Formula.from_dict(written), TABLE)


def workbook(raw: bytes, folder: Path) -> object:
    """Read a live workbook back, and share money by it."""
    return equite.read_workbook(_file(raw, folder, "strange.xlsx")).allocate()


TARGETS: dict[str, Target] = {
    target.__name__: target for target in (table, page, override, catalogue, plan, choice, expression, workbook)
}


def run(target: Target, raw: bytes, folder: Path) -> bool:
    """Run a target; tell whether it took the bytes, or refused them with a sentence in each language."""
    try:
        target(raw, folder)
    except equite.EquiteError as error:
        assert error.text("fr").strip() and error.text("en").strip()
        return False
    return True


def seeds(folder: Path) -> Mapping[str, list[bytes]]:
    """Give files that each target takes, from which strange ones are made."""
    found = equite.allocate(PAGE, TABLE)
    frame = pd.DataFrame(TABLE)
    frame.to_parquet(folder / "t.parquet")
    found.to_excel(folder / "live.xlsx", live=True)
    book = openpyxl.Workbook()
    for line in (("code", "people"), ("A", 100), ("B", "1 234"), ("C", 300)):
        book.active.append(line)  # type: ignore[union-attr]
    book.save(folder / "t.xlsx")
    pages = [found.formula.to_yaml().encode(), (EXAMPLES / "region_13" / "half_salary.yaml").read_bytes()]
    laid = [b"equite: 1\nenvelope: 1000\n", (EXAMPLES / "region_13" / "full_salary.yaml").read_bytes()]
    said = [
        b"people",
        b"min(people, 150) ** 0.5 + 2",
        b"where(default(rate, 0) > 0.1, people, 0)",
        b"people / total(people)",
    ]
    tables = [frame.to_csv(index=False).encode(), b"code;people\r\nA;1\xa0234,5\r\nB;2\r\nC;3\r\n"]
    return {
        "table": [*tables, (folder / "t.parquet").read_bytes(), (folder / "t.xlsx").read_bytes()],
        "page": pages,
        "override": laid,
        "catalogue": [CRITERION],
        "plan": [yaml.safe_dump(PLAN).encode()],
        "choice": [CHOICE],
        "expression": said,
        "workbook": [(folder / "live.xlsx").read_bytes()],
    }


#: What breaks files: the ends of numbers, marks of YAML, of CSV and of the language, and signs that nobody sees.
WORDS = (
    b"1e999",
    b"-0",
    b"nan",
    b"\x00",
    b"\xff\xfe",
    b"\r",
    b"\t",
    b",",
    b";",
    b'"',
    b"'",
    b": ",
    b"&a ",
    b"*a",
    b"!!",
)
WORDS += (
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"**",
    b"\n- ",
    b"\xe2\x80\x8b",
    b"\xc2\xad",
    b"=",
    b"9" * 40,
    b"<",
    b"%",
    b"",
)


def damaged(raw: bytes, chance: Random) -> bytes:
    """Give a file with a few of its bytes changed, cut, repeated or replaced by what breaks files."""
    found = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(found) + 1)
        end = min(len(found), start + chance.choice((0, 1, 1, 2, 8, 64)))
        how = chance.randrange(4)
        if how == 0 and found:
            found[start % len(found)] = chance.randrange(256)
        elif how == 1:
            found[start:end] = chance.choice(WORDS)
        elif how == 2:
            found[start:start] = found[start:end] * chance.choice((1, 2, 50))
        else:
            del found[start:end]
    return bytes(found)
