"""An allocation with everything an output has to show: parts, limits, a decision, checks, doubtful figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from recalculation import LibreOffice

from equite import Allocation, Formula, allocate

PAGE = """
equite: 1
id: regional-equity
title: {fr: "Équité & régions", en: "Equity & regions"}
notes: {fr: "Page d’essai.", en: "A trial page."}
language: fr
envelope: {value: 2000000, source: "Résolution 2025-14", status: illustrative}
key: {column: code_mrc, width: 3}
name: nom
people: population
previous: amount_2025
columns:
  population: {title: {fr: "Population", en: "Population"}, kind: extensive,
    unit: {fr: "habitants", en: "inhabitants"}, source: "Décret 2025", date: "2025", status: official}
  area: {heading: "Superficie, km²", title: {fr: "Superficie", en: "Area"}, unit: "km²", range: [1, null]}
  poverty: {title: {fr: "Pauvreté", en: "Poverty"}, range: [0, 100], status: estimated}
  maturity: {heading: maturite, title: {fr: "Concertation", en: "Joint work"}, status: declared,
    kind: ordinal, levels: [{fr: "absente", en: "absent"}, {fr: "jeune, fragile", en: "young, fragile"},
    {fr: "établie", en: "established"}]}
  invented: {title: {fr: "Indice inventé", en: "Invented index"}, status: illustrative}
  north: {heading: nord, title: {fr: "Territoire nordique", en: "Northern territory"}, kind: yes_no}
  setting: {heading: milieu, title: {fr: "Milieu", en: "Setting"}}
  amount_2025: {heading: montant_2025, title: {fr: "Montant 2025", en: "Amount, 2025"}, unit: $, status: official}
constants:
  coordinator: {value: 45000, title: {fr: "Une coordination", en: "A coordinator"}, unit: $,
    source: "Grille 2025", status: estimated}
eligible:
  - {where: population > 500, reason: {fr: "Moins de 500 habitants", en: "Fewer than 500 inhabitants"}}
variables:
  density: {value: population / area, title: {fr: "Densité", en: "Density"}, unit: "/km²"}
indices:
  need:
    title: {fr: "Indice de besoin", en: "Need index"}
    families:
      social:
        weight: 60
        title: {fr: "Social", en: "Social"}
        criteria: {poverty: 2, invented: 1}
      place:
        weight: 40
        title: {fr: "Territoire", en: "Place"}
        criteria:
          density: {weight: 1, more_need_when: low, transform: log}
          maturity: {weight: 1, more_need_when: {by: setting, rural: low, urbain: high}}
parts:
  - {id: base, title: {fr: "Base (coordination)", en: "Base (coordinator)"}, pool: {each: coordinator}, share: equally}
  - {id: north_part, title: {fr: "Volet nordique", en: "Northern part"},
     pool: {fraction: 0.05}, share: {in_proportion_to: north}}
  - {id: equity, title: {fr: "Équité", en: "Equity"},
     pool: remainder, share: {in_proportion_to: population ** 0.7 * (0.5 + need)}, at_most: 95000}
limits:
  - {id: acquired, title: {fr: "Acquis", en: "Hold harmless"}, at_least: 0.90 * previous}
  - {id: ceiling, at_most: 1.60 * previous,
     override: {code: "010", amount: 90000, reason: {fr: "Insularité", en: "Insularity"}}}
rounding: {to: 1}
checks:
  - {that: amount >= coordinator, title: {fr: "Chacun paie une coordination", en: "Everyone pays a coordinator"}}
  - {that: amount >= previous, title: {fr: "Personne ne perd", en: "Nobody loses"}}
  - {that: base >= coordinator}
decision: {adopted_by: "Conseil", date: "2025-12-10", resolution: "2025-14", dissent: "Une voix"}
"""

#: Names that a spreadsheet, a browser or a terminal would obey.
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NASTY = ("=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "<script>alert(1)</script>", 'A; "B", C', "Îles\x1b[2J")


def table(count: int = 20) -> pd.DataFrame:
    """Give a table of territories that differ in every column."""
    chance = np.random.default_rng(7)
    population = np.round(np.exp(chance.normal(9.5, 0.8, count)))
    population[-1] = 400
    names = [*NASTY, *(f"Territoire {at}" for at in range(count - len(NASTY)))]
    shares = 45_000 + (2_000_000 - 45_000 * count) * population**0.7 / (population**0.7).sum()
    return pd.DataFrame(
        {
            "code_mrc": [f"{10 * at + 10:03d}" for at in range(count)],
            "nom": names,
            "population": population,
            "Superficie, km²": np.round(chance.uniform(100, 9000, count), 2),
            "poverty": np.round(chance.uniform(5, 30, count), 1),
            "maturite": np.array(["absente", "jeune, fragile", "établie"])[chance.integers(0, 3, count)],
            "invented": np.round(chance.uniform(0, 1, count), 3),
            "nord": np.where(np.arange(count) % 5 == 0, "oui", "non"),
            "milieu": np.where(np.arange(count) % 2 == 0, "rural", "urbain"),
            "montant_2025": np.round(shares * chance.uniform(0.75, 1.3, count)),
        }
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Open the machine's own Chromium, once for all tests; nothing is downloaded."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(CHROMIUM)} is installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program)
        yield started
        started.close()


@pytest.fixture(scope="session")
def page() -> Formula:
    """Give the page, in French."""
    return Formula.from_text(PAGE)


@pytest.fixture(scope="session")
def french(page: Formula) -> Allocation:
    """Give the allocation told in French."""
    return allocate(page, table())


@pytest.fixture(scope="session")
def english(page: Formula) -> Allocation:
    """Give the allocation told in English."""
    return allocate(page.replace(language="en"), table())


@pytest.fixture
def rows() -> pd.DataFrame:
    """Give the table of territories."""
    return table()


@pytest.fixture
def shared() -> Callable[..., Allocation]:
    """Give a function that shares money by a page of few words."""

    def share(rows: dict[str, Any] | None = None, **keys: Any) -> Allocation:
        page: dict[str, Any] = {"equite": "1", "id": "t", "language": "fr", "key": "code"}
        page |= {"parts": [{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "people"}}]}
        rows = rows or {"code": ["010", "020", "030"], "people": [1, 2, 4]}
        return allocate(Formula.from_dict({**page, **keys}), pd.DataFrame(rows))

    return share


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> LibreOffice:
    """Give what recalculates workbooks, or skip the test where LibreOffice is not installed."""
    if LibreOffice.program() is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    return LibreOffice(tmp_path_factory.mktemp("libreoffice"))
