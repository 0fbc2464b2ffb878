"""The French rural solidarity grant in bare numpy: what a careful analyst would write, and nothing slower."""

from __future__ import annotations

import numpy as np
import pandas as pd

ENVELOPE = 862_051_033
EDGES = np.array([500, 1000, 2000, 3500, 5000, 7500, 10000, 15000, 20000, 35000, 50000, 75000, 100000, 200000])
PREVIOUS = (
    "prev_potentiel_financier_par_habitant",
    "prev_longueur_voirie",
    "prev_enfants",
    "prev_potentiel_financier_par_hectare",
)
FRACTIONS = (0.30, 0.30, 0.30, 0.10)
Floats = np.ndarray


def bounded(amount: float, score: Floats, low: Floats, high: Floats) -> Floats:
    """Share an amount in proportion to a score within bounds, the excess shared again, until nothing is left over."""
    found = np.empty_like(score)
    rows = np.arange(score.size)
    while rows.size:
        free = score * (amount / score.sum())
        above = np.maximum(free - high, 0).sum()
        below = np.maximum(low - free, 0).sum()
        if above == below:
            found[rows] = np.clip(free, low, high)
            break
        held = free >= high if above > below else free <= low
        at = high if above > below else low
        found[rows[held]] = at[held]
        amount -= at[held].sum()
        rows, score, low, high = rows[~held], score[~held], low[~held], high[~held]
    return found


def amounts(table: pd.DataFrame) -> tuple[Floats, Floats, list[Floats]]:
    """Give the codes (sorted), the amounts in cents as whole numbers, and the four parts."""
    table = table.sort_values("code", kind="stable")
    code = table["code"].to_numpy()
    pop, pf, sup = (table[name].to_numpy(dtype=float) for name in ("pop", "pf", "sup"))
    mainland = ~table["dep"].str.startswith("97").to_numpy()
    stratum = np.searchsorted(EDGES, pop, side="right")
    means = np.bincount(stratum[mainland], pf[mainland], 15) / np.bincount(stratum[mainland], pop[mainland], 15)
    small = mainland & (pop < 10_000)
    small_mean = pf[small].sum() / sup[small].sum()
    rows = table["el"].to_numpy(dtype=bool)
    pop, pf, sup, stratum = pop[rows], pf[rows], sup[rows], stratum[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        by_head = np.maximum(0, 2 - pf / pop / means[stratum])
    effort = np.minimum(1.2, table["ef"].to_numpy(dtype=float)[rows])
    scores = (
        np.where(pop > 0, pop * by_head * effort, 0),
        table["voirie"].to_numpy(dtype=float)[rows] * np.where(table["mont"].to_numpy(dtype=bool)[rows], 2, 1),
        table["enf"].to_numpy(dtype=float)[rows],
        pop * np.maximum(0, 2 - pf / sup / small_mean),
    )
    parts = []
    for fraction, score, name in zip(FRACTIONS, scores, PREVIOUS, strict=True):
        before = table[name].to_numpy(dtype=float)[rows]
        low = np.where(before > 0, 0.9 * before, -np.inf)
        high = np.where(before > 0, 1.2 * before, np.inf)
        # Who has no score gets what its bounds say, whatever the level.
        share = np.clip(0.0, low, high) + np.zeros(score.size)
        some = score > 0
        left = round(fraction * ENVELOPE * 100) / 100 - share[~some].sum()
        share[some] = bounded(left, score[some], low[some], high[some])
        parts.append(share)
    return code[rows], cents(np.sum(parts, axis=0), ENVELOPE), parts


def cents(exact: Floats, envelope: int) -> Floats:
    """Round to cents that sum to the envelope, largest remainders first."""
    units = exact * 100
    tolerance = max(1e-9, 2.0**-46 * envelope * 100)
    cut = np.floor(units + tolerance)
    left = envelope * 100 - int(cut.sum())
    steps = np.floor((units - cut) / (4 * tolerance) + 0.5)
    whole = cut.astype(np.int64)
    whole[np.argsort(-steps, kind="stable")[:left]] += 1
    return whole
