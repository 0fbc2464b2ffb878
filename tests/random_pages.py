"""Random pages and tables, from a seed: whatever the language allows, as long as Python accepts it.

Each page is drawn by a :class:`Draw`; :func:`pages` keeps those that can be allocated. The tables are made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pandas as pd

from equite import Allocation, EquiteError, Formula, allocate

Content = dict[str, Any]

#: Columns of numbers that are never missing, each with what an amount of it is divided by to come near 1.
NUMBERS = {"population": 20_000, "area": 500, "poverty": 20, "distance": 300, "before": 20_000, "resources": 50_000}
#: Columns of numbers that are never missing nor zero.
POSITIVE = ("population", "area")
TABLES: Content = {
    "strata": {"up_to": {"500": "0.6", "5000": "0.85", "40000": "1"}, "above": "1.2"},
    "lower": {"from": {"0": "1", "800": "2", "10000": "3.5"}},
    "line": {"points": {"0": "1", "20": "0.75", "60": "0.5"}},
    "mix": {"poverty": "1", "distance": "0.05", "area": "0.01"},
}
HIGH_ONLY = ("share-of-total", "ratio-to-mean", "fraction-of-highest")


@dataclass(frozen=True)
class Case:
    """A page, its table, and what Python makes of them."""

    name: str
    formula: Formula
    rows: pd.DataFrame
    allocation: Allocation


def pages(seed: int | str, count: int, most_tries: int = 50) -> Iterator[Case]:
    """Draw ``count`` pages that Python accepts; the same seed gives the same pages."""
    for at in range(count):
        yield next(_accepted(f"{seed}-{at}", most_tries))


def page_named(seed: str) -> Case:
    """Draw one page again by its name, that of a workbook that was once wrong."""
    page, rows = drawn(seed)
    formula = Formula.from_dict(page)
    return Case(f"random-{seed}", formula, rows, allocate(formula, rows))


def _accepted(name: str, most_tries: int) -> Iterator[Case]:
    for attempt in range(most_tries):
        page, rows = drawn(f"{name}-{attempt}")
        try:
            formula = Formula.from_dict(page)
            found = allocate(formula, rows)
            # An index that nothing uses is scored only as it is told.
            for index in formula.indices:
                found.scope.scoring(index)
            yield Case(f"random-{name}-{attempt}", formula, rows, found)
        except EquiteError:
            continue
    raise AssertionError(f"none of {most_tries} pages drawn from {name} was accepted")


def drawn(seed: str) -> tuple[Content, pd.DataFrame]:
    """Draw one page and its table, which Python may yet refuse."""
    draw = Draw(Random(seed))
    rows = draw.table()
    return draw.page(rows), rows


class Draw:
    """What one page is drawn with."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pick, self.chance = random.choice, lambda share: random.random() < share
        self.known: list[str] = []
        self.indices: list[str] = []

    # The table.

    def table(self) -> pd.DataFrame:
        """Draw territories, with ties, zeros and blanks."""
        pick, random = self.pick, self.random
        size = random.randint(5, 40)
        coarse = self.chance(0.3)

        def column(least: float, most: float, digits: int = 0) -> list[float]:
            if coarse:
                return [pick([least, round((least + most) / 2), most]) for _ in range(size)]
            return [
                round(random.uniform(least, most), digits) if digits else random.randint(least, most)
                for _ in range(size)
            ]  # type: ignore[arg-type]

        codes = [pick([f"{at:03d}", f"{at * 10:04d}"]) for at in range(1, size + 1)]
        blanks = self.chance(0.5)
        columns = {
            "code": [code if self.chance(0.9) else f"K{code}" for code in codes],
            "place": [
                pick(["=1+1", "-Île", "@Nord", "+Sud", "Saint-Éloi", "Baie d’Or & Cie"]) + f" {at}"
                for at in range(size)
            ],
            "population": column(40, 60_000),
            "area": column(2, 2_000, 1),
            "poverty": column(0, 60, 1),
            "distance": column(0, 900),
            "before": [value if self.chance(0.9) else 0 for value in column(500, 60_000)],
            "resources": column(0, 150_000),
            "aid": [None if blanks and self.chance(0.2) else value for value in column(0, 500)],
            "remote": [pick(["yes", "no"]) for _ in range(size)],
            "level": [pick(["low", "middle", "high"]) for _ in range(size)],
            "setting": [pick(["rural", "urban"]) for _ in range(size)],
            "state": [pick(["A", "B", "C"]) for _ in range(size)],
        }
        rows = pd.DataFrame(columns)
        return rows.sample(frac=1, random_state=random.randint(0, 9999)).reset_index(drop=True)

    # The page.

    def page(self, rows: pd.DataFrame) -> Content:
        """Draw a page that suits the table."""
        pick, random = self.pick, self.random
        to = pick(["0.01", "0.01", "1", "1", "100"])
        page: Content = {"equite": "1", "id": f"random-{random.randint(0, 999_999)}", "language": pick(["fr", "en"])}
        page |= {"key": "code", "previous": "before"} | ({"name": "place"} if self.chance(0.7) else {})
        page["columns"] = {
            "remote": {"kind": "yes_no"},
            "level": {"kind": "ordinal", "levels": ["low", "middle", "high"]},
        }
        if self.chance(0.15):
            page["unit"], to = {"fr": "postes", "en": "positions"}, "1"
        envelope = random.randint(len(rows) * 20, len(rows) * 600) * 100
        page["constants"] = {
            "base_amount": {"value": str(random.randint(1, 12) * 100)},
            "share": {"value": pick(["0.25", "0.5", "0.7"])},
        }
        page["tables"] = TABLES
        if self.chance(0.3):
            page["eligible"] = self.eligible()
        page["variables"] = {"density": "population / area"}
        self.known = [*NUMBERS, "density"]
        for at in range(random.randint(0, 3)):
            page["variables"][f"v{at}"] = self.number(2)
            self.known.append(f"v{at}")
        page["indices"] = {}
        for at in range(random.randint(0, 2)):
            page["indices"][f"need{at}"] = self.index(nested=at == 1)
            self.indices.append(f"need{at}")
        entitlement = self.chance(0.08)
        page["parts"] = (
            [{"id": "grant", "share": {"as_is": f"2 * ({self.amount()})"}}] if entitlement else self.parts(envelope)
        )
        if not entitlement:
            page["envelope"] = self.envelope(envelope)
        page["limits"] = self.limits(page, envelope / len(rows), rows, entitlement)
        page["rounding"] = {"to": to, "bounds": pick(["inward", "nearest"])}
        page["checks"] = [{"that": "amount >= 0"}, {"that": "amount >= 0.5 * previous", "title": "Half of last year"}]
        if not entitlement:
            page["if_over"] = "reserve"
        return {key: value for key, value in page.items() if value not in ([], {})}

    def envelope(self, amount: int) -> Any:
        """Draw what is stated, or a rule that comes to about as much."""
        if self.chance(0.12):
            return f"{amount} + round(0.001 * total(population, among=all), -2)"
        return pick_sourced(self.random, amount)

    def eligible(self) -> list[Content]:
        """Draw conditions that leave most in."""
        rule = self.pick(
            [
                "population > 200",
                'setting == "rural" or population > 1000',
                'not (state == "C" and poverty < 10)',
                "resources <= 2 * average(resources, among=all)",
                'state in ("A", "B") or remote',
                'starts_with(code, "0")',
                "default(aid, 100) > 10",
            ]
        )
        return [{"where": rule, "reason": "Made-up reason"}]

    # Expressions.

    def literal(self) -> str:
        """Draw a number above zero."""
        return self.pick(["0.25", "0.5", "1", "1.5", "2", "3", "0.1", "10", "0.75"])

    def condition(self) -> str:
        """Draw a condition that is never missing."""
        name = self.pick([*NUMBERS])
        middle = NUMBERS[name]
        return self.pick(
            [
                f"{name} > {middle}",
                f"{middle / 4:g} <= {name} < {middle * 2}",
                'setting == "rural"',
                'setting != "rural"',
                'state in ("A", "C")',
                'state not in ("A", "C")',
                'starts_with(code, "00")',
                "remote",
                "is_missing(aid)",
                "level >= 2",
                "level in (1, 3)",
                f"not ({name} <= {middle}) and population > 100",
                f'remote or {name} == {middle} or state == "B"',
            ]
        )

    def number(self, depth: int) -> str:
        """Draw an expression that is zero or more, of the size of 1 to 100."""
        if depth <= 0 or self.chance(0.2):
            name = self.pick(self.known)
            return f"{name} / {NUMBERS[name]}" if name in NUMBERS else name
        a, b = self.number(depth - 1), self.number(depth - 2)
        name = self.pick([*NUMBERS])
        size = NUMBERS[name]
        if self.chance(0.3):
            return self.aggregate(name, size)
        return self.pick(
            [
                f"({a}) + {self.literal()} * ({b})",
                f"({a}) * ({b})",
                f"max(0, ({a}) - ({b}))",
                f"({a}) / ({b} + 0.5)",
                f"({a}) ** 0.7",
                f"sqrt({a})",
                f"log(1 + {a})",
                f"exp(-{name} / {size})",
                f"abs({a} - {b})",
                f"min({a}, {b}, {self.literal()})",
                f"max({a}, {b})",
                f"clip({a}, 0.2, {self.pick(['1', '2.5'])})",
                f"round({a}, {self.pick(['0', '1', '2'])})",
                f"floor({a})",
                f"ceil(1.5 * ({a}))",
                f"where({self.condition()}, {a}, {b})",
                f"default(aid, 50) / {self.pick(['50', '100'])}",
                f"where(is_missing(aid), {a}, default(aid, 0) / 90)",
                f"sum_of({a}, {b}, {self.literal()})",
                f"mean_of({a}, {b})",
                f"median_of({a}, {b}, {self.literal()})",
                f"trimmed_mean({a}, {b}, {self.literal()}, 1)",
                "step(population, strata)",
                "step(population, lower)",
                "bracket(population, strata) / 9000",
                "bracket(resources, lower) / 90000",
                "interpolate(poverty, line)",
                "weighted_sum(mix) / 40",
                f"share * ({a})",
                f"({self.condition()}) + {self.literal()}",
            ]
        )

    def aggregate(self, name: str, size: float) -> str:
        """Draw a figure over many territories."""
        by = self.pick(["", "", ", by=state", ", by=setting"])
        among = self.pick(
            ["", "", "", ", among=all", ', among=setting == "rural"', ", among=eligible and population > 100"]
        )
        if by and among:
            among = ""
        return self.pick(
            [
                f"{name} / (1 + average({name}{by}{among}))",
                f"{name} / (1 + total({name}{by}{among})) * 10",
                f"{name} / (1 + average({name}, weights=population{by}))",
                f"{name} / (1 + median({name}{by}{among}))",
                f"{name} / (1 + quantile({name}, 0.75{by}{among}))",
                f"({name} - lowest({name}{by})) / (1 + highest({name}{by}) - lowest({name}{by}))",
                f"{name} / (1 + deviation({name}))",
                f"count() / (1 + rank({name}))",
                f"count({self.condition()}{by}) / 5",
                f"{size} / (1 + highest({name}{by}))",
            ]
        )

    def amount(self) -> str:
        """Draw an expression of the size of an amount."""
        return self.pick(
            ["population * 0.4 + 10 * poverty", "0.5 * before + 500", f"base_amount * ({self.number(1)})", "1200"]
        )

    def score(self) -> str:
        """Draw what a part is shared in proportion to."""
        need = f"max(0, 0.5 + {self.pick(self.indices)})" if self.indices else "(0.5 + poverty / 50)"
        return self.pick(
            [
                f"population * {need}",
                f"population ** 0.7 * {need}",
                need,
                f"({self.number(3)}) + 0.01",
                f"{need} * (1 + {self.number(2)})",
                "population * where(poverty > 20, 1.5, 1)",
                f"where({self.condition()}, population, 0.3 * population)",
                "poverty",
                "area",
            ]
        )

    # Indices.

    def index(self, *, nested: bool) -> Content:
        """Draw an index of one to six criteria, in families or not."""
        pick, random = self.pick, self.random
        names = random.sample(
            ["population", "area", "poverty", "distance", "resources", "density", "level", "aid", "remote"],
            random.randint(1, 6),
        )
        names += [name for name in self.known if name.startswith("v") and self.chance(0.2)]
        if nested and self.chance(0.4):
            names.append("need0")
        aggregate = pick(["arithmetic"] * 6 + ["geometric", "harmonic", {"power-mean": "2"}, "ordered", "copeland"])
        positive = aggregate not in ("arithmetic", "ordered", "copeland")
        if aggregate == "ordered":
            aggregate = {"ordered-weighted": [str(random.randint(1, 5)) for _ in names]}
        criteria = {name: self.criterion(name, positive) for name in names}
        index: Content = {"aggregate": aggregate, "missing": self.missing("aid" in names)}
        index["normalise"] = pick([{"min-max": ["1", "100"]}, "rank"]) if positive else self.normaliser()
        if len(names) > 2 and not isinstance(aggregate, dict) and self.chance(0.6):
            index["families"] = self.families(criteria)
        else:
            index["criteria"] = criteria
        return index

    def families(self, criteria: Content) -> Content:
        """Spread criteria over two families, one of which may hold another."""
        pick = self.pick
        names = list(criteria)
        cut = self.random.randint(1, len(names) - 1)
        first, second = ({name: criteria[name] for name in half} for half in (names[:cut], names[cut:]))
        families: Content = {"one": {"weight": str(self.random.randint(1, 60)), "criteria": first}}
        families["two"] = {"weight": pick(["40", "25", "0.5", "10"]), "criteria": second}
        if len(second) > 1 and self.chance(0.3):
            last, rule = second.popitem()
            families["two"]["families"] = {"inner": {"weight": pick(["1", "2"]), "criteria": {last: rule}}}
        return families

    def normaliser(self) -> Any:
        """Draw a method that suits any values."""
        pick = self.pick
        return pick(
            [
                "min-max",
                "min-max",
                "min-max",
                {"min-max": ["1", "10"]},
                "z-score",
                {"z-score": {"mean": "100", "deviation": "10"}},
                "modified-z",
                "rank",
                {"rank": {"ties": "lowest", "scale": "places"}},
                "percentile-rank",
                "distance-to-best",
                "quantile-bands",
                {"quantile-bands": "3"},
            ]
        )

    def criterion(self, name: str, positive: bool) -> Any:
        """Draw a weight, a direction and perhaps methods of its own."""
        pick, random = self.pick, self.random
        weight = (
            pick(["1", "2", "3", "0.5", str(random.randint(1, 40)), "0"]) if self.chance(0.95) else "1 + 0 * population"
        )
        if self.chance(0.4):
            return weight
        rule: Content = {"weight": weight}
        direction = pick(["high", "low", "low", "toward", "context", "cut"])
        if direction == "toward" and name in NUMBERS:
            rule["more_need_when"] = {"toward": pick([str(NUMBERS[name]), f"average({name})"])}
        elif direction == "context":
            rule["more_need_when"] = {"by": "setting", "rural": "high", "urban": pick(["low", "high"])}
        elif direction == "cut":
            rule["more_need_when"] = {"by": "density", "cut": "60", "below": "high", "above": "low"}
        elif direction in ("high", "low"):
            rule["more_need_when"] = direction
        if name in POSITIVE and self.chance(0.3):
            rule["transform"] = pick(
                ["log", {"winsorise": ["0.05", "0.95"]}, {"line": [str(NUMBERS[name] / 10), str(NUMBERS[name])]}]
            )
        if name == "population" and self.chance(0.1):
            rule["transform"] = {"step": "strata"}
        if not positive and direction in ("high", "low") and name in NUMBERS and self.chance(0.3):
            size = NUMBERS[name]
            own: list[Any] = [{"goalposts": ["0", str(size * 2)]}, {"distance-to-target": str(size * 4)}]
            rule["normalise"] = pick(own + (list(HIGH_ONLY) if direction == "high" else []))
        if name == "level" and not positive and "more_need_when" not in rule:
            rule["normalise"] = "levels"
        if self.chance(0.05):
            rule["outliers"] = "winsorise"
        return rule

    def missing(self, has_blanks: bool) -> Any:
        """Draw a rule that leaves no blank where some column has them."""
        if not has_blanks:
            return "refuse"
        return self.pick(
            [
                {"fill": "median"},
                {"fill": "mean"},
                {"fill": "0"},
                {"fill": "median", "by": "setting"},
                "skip",
                {"fill_from": "distance"},
            ]
        )

    # Parts.

    def parts(self, envelope: int) -> list[Content]:
        """Draw parts that leave something to share, the remainder mostly last."""
        pick, random = self.pick, self.random
        parts: list[Content] = []
        if self.chance(0.6):
            pool = pick(["base_amount", str(random.randint(1, 9) * 100), "0.01 * envelope / count()"])
            parts.append({"id": "base", "pool": {"each": pool}, "share": "equally"})
        if self.chance(0.5):
            amount = pick([str(envelope // 1000 * 100), "0.1 * envelope", "round(0.07 * envelope)"])
            parts.append({"id": "stated", "pool": {"amount": amount}, "share": self.share()})
        if self.chance(0.5):
            parts.append(
                {"id": "fraction", "pool": {"fraction": pick(["0.05", "1 / 9", "0.2 * share"])}, "share": self.share()}
            )
        if self.chance(0.12):
            parts.append({"id": "own", "share": {"as_is": "round(0.01 * population, 1)"}})
        if self.chance(0.08):
            parts.append({"id": "levy", "levy": True, "share": {"as_is": "0.001 * resources"}})
        if self.chance(0.12):
            pool = "0.1 * envelope * total(population, by=state) / total(population)"
            parts.append({"id": "regions", "pool": {"amount": pool}, "within": "state", "share": self.share()})
        for part in parts:
            self.bounds_of(part)
        last: Content = {"id": "rest", "pool": "remainder", "share": self.share()}
        if self.chance(0.1):
            last["share"] = {"level_up": "resources", "counting": "population"}
        parts.insert(random.randint(0, len(parts)) if self.chance(0.2) else len(parts), last)
        return parts

    def share(self) -> Any:
        """Draw a way to share a pool."""
        if self.chance(0.2):
            return "equally"
        if self.chance(0.08):
            return {"level_up": "poverty * 100", "counting": self.pick(["1", "area"])}
        return {"in_proportion_to": self.score()}

    def bounds_of(self, part: Content) -> None:
        """Perhaps bound a part, or keep some out of it."""
        if self.chance(0.2) and "as_is" not in part["share"]:
            part |= {"at_most": f"envelope / count() * {self.pick(['0.2', '0.4'])}", "if_over": "reserve"}
            if part.get("within") or part["pool"].get("each"):
                part.pop("at_most"), part.pop("if_over")
            elif self.chance(0.5):
                part |= {"at_least": "0.01 * previous", "if_short": "prorate"}
        if self.chance(0.15) and part["id"] != "regions":
            part["eligible"] = [
                {"where": self.pick(["population > 300", "not remote or poverty > 5"]), "reason": "Too small"}
            ]

    # Limits.

    def limits(self, page: Content, mean: float, rows: pd.DataFrame, entitlement: bool) -> list[Content]:
        """Draw up to three stages."""
        kinds = [
            "floor",
            "cap",
            "both",
            "hold",
            "override",
            "except",
            "prorate",
            "on_top",
            "part",
            "by",
            "move",
            "average",
        ]
        stages = []
        for at in range(self.pick([0, 1, 1, 2, 2, 3])):
            kind = self.pick([*kinds[:6], "on_top", "average"] if entitlement else kinds)
            stage = self.stage(kind, mean, rows, page)
            stages.append({"id": f"stage_{at}", **stage})
        return stages

    def stage(self, kind: str, mean: float, rows: pd.DataFrame, page: Content) -> Content:
        """Draw one stage of a kind."""
        pick = self.pick
        floor = pick(["0.3 * previous", "0.55 * previous", f"{mean * 0.3:.0f}", "where(remote, 0.4 * previous, null)"])
        cap = pick(
            [f"{mean * 2.5:.0f}", f"previous + {mean * 2:.0f}", f"where(previous > 0, 3 * previous + {mean:.0f}, null)"]
        )
        over: Content = {"if_over": "reserve"} if "envelope" in page else {}
        short: Content = {"if_short": "prorate"} if "envelope" in page else {}
        share = pick(["rest", "base", "stated", "fraction"])
        stages: dict[str, Content] = {
            "floor": {"at_least": floor, **short},
            "cap": {"at_most": cap, **over},
            "both": {
                "at_least": f"{mean * 0.25:.2f}",
                "at_most": f"{mean * 2.2:.0f} + 0.001 * previous",
                **over,
                **short,
            },
            "hold": {"at_least": floor, "then": "hold", **short},
            "override": {
                "override": [{"code": rows["code"][0], "amount": f"{round(mean / 100) * 100}", "reason": "Made up"}]
            },
            "except": {"at_most": cap, "except": self.condition(), **over},
            "prorate": {"at_least": f"{mean * 0.9:.0f} + 0.2 * previous", "if_short": "prorate"},
            "on_top": {"at_least": pick(["previous", "0.8 * previous"]), "fund": "on_top"},
            "part": {"part": share, "at_least": f"{mean * 0.05:.2f}", **short},
            "by": {
                "by": "state",
                "at_least": pick(["0.1 * envelope", "0.5 * total(previous, by=state)"]),
                "at_most": "0.7 * envelope",
            },
            "move": {"at_least": f"{mean * 0.3:.0f}", "move": {"in_proportion_to": pick(["1", "population"])}, **short},
            "average": {"at_most": "2.5 * average(amount)", **over},
        }
        stage = stages[kind]
        if kind in ("floor", "cap", "both") and self.chance(0.2):
            stage["then"] = "hold"
        return stage


def pick_sourced(random: Random, amount: int) -> Any:
    """Give an envelope plainly, or with where it comes from."""
    return (
        str(amount) if random.random() < 0.5 else {"value": str(amount), "source": "Made up", "status": "illustrative"}
    )
