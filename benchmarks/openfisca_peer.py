"""The French grant by OpenFisca-France-Dotations-Locales, a program by itself: run by a Python that has it.

``python openfisca_peer.py TABLE.csv OUT.csv RUNS`` writes who is eligible and each commune's amount, and prints as JSON
the processor time of putting the communes together and computing, run by run.
"""

from __future__ import annotations

import csv
import json
import sys
import time
import warnings
from typing import Any

import numpy as np
from openfisca_core.simulation_builder import SimulationBuilder  # type: ignore[import-not-found]
from openfisca_france_dotations_locales import CountryTaxBenefitSystem  # type: ignore[import-not-found]

#: Where the peer's variables of the year are found in the table.
NUMBERS = {
    "population_dgf": ("pop", np.int32),
    "potentiel_financier": ("pf", np.float32),
    "longueur_voirie": ("voirie", np.int32),
    "population_enfants": ("enf", np.int32),
    "effort_fiscal": ("ef", np.float32),
    "superficie": ("sup", np.float32),
}
PARTS = ("potentiel_financier_par_habitant", "longueur_voirie", "enfants", "potentiel_financier_par_hectare")

Columns = dict[str, tuple[str, ...]]


def columns_of(path: str) -> Columns:
    """Read a table as texts, column by column."""
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
        rows = csv.reader(file)
        return dict(zip(next(rows), zip(*rows, strict=True), strict=True))


def numbers(cells: tuple[str, ...]) -> np.ndarray:
    """Give a column of numbers."""
    return np.fromiter(map(float, cells), dtype=float, count=len(cells))


def simulation(system: Any, table: Columns) -> Any:
    """Put the communes of a table into a simulation."""
    size = len(table["code"])
    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("commune", table["code"])
    state = builder.declare_entity("etat", ["france"])
    builder.join_with_persons(state, np.array(["france"] * size), np.array(["commune"] * size))
    found = builder.build(system)
    # The envelope of a year is worked out from that of the year before, up to the first that is known.
    found.max_spiral_loops = 10
    for name, (heading, kind) in NUMBERS.items():
        found.set_input(name, "2024", numbers(table[heading]).astype(kind))
    found.set_input("zone_de_montagne", "2024", np.array([cell == "True" for cell in table["mont"]]))
    found.set_input("outre_mer", "2024", np.array([cell.startswith("97") for cell in table["dep"]]))
    found.set_input("dsr_eligible_derogation_commune_nouvelle", "2024", np.zeros(size, dtype=bool))
    for part in PARTS:
        found.set_input(f"dsr_fraction_perequation_part_{part}", "2023", numbers(table[f"prev_{part}"]))
    # No bound on the sum of the parts, as where there was none the year before.
    found.set_input("dsr_montant_eligible_fraction_perequation", "2023", np.zeros(size))
    return found


def main(source: str, target: str, runs: int) -> None:
    """Compute and write the grant; time the computation as often as is asked."""
    warnings.simplefilter("ignore")
    system, table = CountryTaxBenefitSystem(), columns_of(source)
    built, computed = [], []
    for _ in range(runs):
        begun = time.process_time()
        found = simulation(system, table)
        middle = time.process_time()
        amounts = found.calculate("dsr_fraction_perequation", "2024")
        built.append(middle - begun)
        computed.append(time.process_time() - middle)
    eligible = found.calculate("dsr_eligible_fraction_perequation", "2024")
    with open(target, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        out = csv.writer(file)
        out.writerow(["code", "eligible", "amount"])
        out.writerows(zip(table["code"], eligible.tolist(), amounts.tolist(), strict=True))
    print(json.dumps({"built": built, "computed": computed}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
