"""Random edits of a random page and its table: what may change from one year to the next."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pandas as pd
from random_pages import Case, pages

from equite import Allocation, EquiteError, Formula, allocate

Content = dict[str, Any]
Edit = Callable[[Content, pd.DataFrame, Random], pd.DataFrame]


def pairs(seed: str, count: int, most_tries: int = 40) -> Iterator[tuple[Allocation, Allocation]]:
    """Draw a page, and ``count`` times allocations that differ from its own by one to four edits."""
    case = next(pages(seed, 1, most_tries))
    for at in range(count):
        yield case.allocation, next(_edited(case, f"{seed}-{at}", most_tries))


def _edited(case: Case, seed: str, most_tries: int) -> Iterator[Allocation]:
    random = Random(f"edits-{seed}")
    for _ in range(most_tries):
        page, table = copy.deepcopy(case.formula.content), case.rows.copy()
        for name in random.sample(sorted(EDITS), random.randint(1, 4)):
            table = EDITS[name](page, table, random)
        try:
            yield allocate(Formula.from_dict(page), table)
        except EquiteError:
            continue


def _figures(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    name = random.choice(["population", "poverty", "distance", "resources", "area"])
    return rows.assign(**{name: [round(value * random.uniform(0.7, 1.4) + 1, 1) for value in rows[name]]})


def _last_year(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    return rows.assign(before=[round(value * random.uniform(0.8, 1.1)) for value in rows["before"]])


def _labels(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    changed = list(rows["setting"])
    changed[random.randrange(len(changed))] = random.choice(["rural", "urban"])
    return rows.assign(setting=changed)


def _rows(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    if random.random() < 0.5:
        return rows.drop(index=random.randrange(len(rows))).reset_index(drop=True)
    added = rows.iloc[[random.randrange(len(rows))]].assign(code=f"N{random.randint(10, 99)}", place="Neuf")
    return pd.concat([rows, added], ignore_index=True)


def _conditions(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    page["eligible"] = [{"where": random.choice(["population > 2000", 'setting == "rural"', "remote or area > 40"])}]
    return rows


def _weights(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    def reweigh(group: Content) -> None:
        criteria = group.get("criteria", {})
        for name in list(criteria):
            if random.random() < 0.6:
                weight = str(random.randint(1, 30))
                own = criteria[name]
                criteria[name] = {**own, "weight": weight} if isinstance(own, dict) else weight
        if len(criteria) > 1 and random.random() < 0.3:
            del criteria[random.choice(list(criteria))]
        if criteria and not criteria.keys() & {"distance"} and random.random() < 0.3:
            criteria["distance"] = str(random.randint(1, 9))
        for family in group.get("families", {}).values():
            family["weight"] = str(random.randint(1, 30))
            reweigh(family)

    for index in page.get("indices", {}).values():
        reweigh(index)
    return rows


def _score(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    for part in page["parts"]:
        if "in_proportion_to" in str(part["share"]):
            part["share"] = {"in_proportion_to": random.choice(["population", "0.5 * population + area", "1"])}
    return rows


def _constant(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    page["constants"]["base_amount"]["value"] = str(random.randint(1, 12) * 100)
    page["constants"]["share"]["value"] = random.choice(["0.25", "0.4", "0.6"])
    return rows


def _variable(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    name = random.choice(list(page["variables"]))
    page["variables"][name] = random.choice(["population / (area + 10)", "1 + poverty / 20"])
    return rows


def _envelope(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    if "envelope" in page:
        page["envelope"] = str(random.randint(len(rows) * 20, len(rows) * 600) * 100)
    return rows


def _limits(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    page["limits"] = random.choice(
        [
            [{"id": "floor", "at_least": f"{random.choice(['0.3', '0.6', '0.95'])} * previous", "if_over": "reserve"}],
            [{"id": "band", "at_most": "1.5 * average(amount)", "if_over": "reserve"}],
            [{"id": "top", "at_least": "0.8 * previous", "fund": "on_top"}],
            [],
        ]
    )
    if not page["limits"]:
        del page["limits"]
    return rows


def _rounding(page: Content, rows: pd.DataFrame, random: Random) -> pd.DataFrame:
    page["rounding"] = {"to": random.choice(["1", "100", "0.01"]), "bounds": random.choice(["inward", "nearest"])}
    return rows


#: What may change, by its name.
EDITS: dict[str, Edit] = {
    "conditions": _conditions,
    "constant": _constant,
    "envelope": _envelope,
    "figures": _figures,
    "labels": _labels,
    "last_year": _last_year,
    "limits": _limits,
    "rounding": _rounding,
    "rows": _rows,
    "score": _score,
    "variable": _variable,
    "weights": _weights,
}
