"""What is told of a transition, in one language: its title, its rule in words, sentences, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.transition_figures import worst_loss
from equite.report.columns import ShownColumn
from equite.report.language.labels import Labels, distinct
from equite.report.language.text import plain
from equite.wording import Language, Numeral, Percent, as_spoken_by

if TYPE_CHECKING:
    from equite.engine.transition import Transition

__all__ = ["TABLES", "Told"]

#: The tables, by name, and their columns in the order in which they are read; paths have a column for each year too.
TABLES: Mapping[str, tuple[str, ...]] = {
    "costs": (
        "year",
        "envelope",
        "above_territories",
        "above_people",
        "above_money",
        "below_territories",
        "below_people",
        "below_money",
        "at_target",
        "by_limits",
    ),
    "paths": ("code", "name", "start", "target", "gap", "years"),
    "figures": (
        "code",
        "name",
        "year",
        "target",
        "previous",
        "amount",
        "gap",
        "change",
        "change_share",
        "change_real",
        "amount_real",
        "per_head",
        "change_per_head",
    ),
    "frontier": ("protection", "pays", "years_to_target", "at_target", "closed", "money_moved", "worst_loss"),
}
_MONEY = frozenset(
    (
        *("envelope", "above_money", "below_money", "by_limits", "start", "target", "gap", "previous", "amount"),
        *("change", "amount_real", "per_head", "change_per_head", "money_moved"),
    )
)
_SHARES = frozenset(("change_share", "change_real", "closed", "worst_loss", "protection"))
_HEADS = frozenset(("per_head", "change_per_head"))
_COUNTS = frozenset(("above_territories", "below_territories", "at_target", "above_people", "below_people"))


class Told:
    """What is told of a transition.

    Parameters
    ----------
    transition : Transition
        The result.
    language : str, optional
        The readers'; by default the schedule's.
    """

    def __init__(self, transition: Transition, language: Language | None = None) -> None:
        self.transition = transition
        self.labels = Labels(transition.rule, as_spoken_by(transition.language, language or transition.language))
        self.language = self.labels.language

    def say(self, entry: str, **values: object) -> str:
        """Return a worded output."""
        return self.labels.say(entry, **values)

    @cached_property
    def mark(self) -> str:
        """What amounts rest on, where it is illustrative or declared."""
        return self.labels.mark(self.labels.amount_names)

    @cached_property
    def title(self) -> str:
        """The schedule's title and its years."""
        schedule = self.transition.schedule
        values = {"first": schedule.years[0], "last": schedule.years[-1]}
        return self.say("transition-title", title=plain(schedule.heading[self.language]), **values)

    # --- sentences

    @property
    def rule(self) -> list[str]:
        """The rule of passage in sentences, limits that are laid over it last."""
        schedule = self.transition.schedule
        rule, found = schedule.rule, []
        if rule.limits is None:
            entry = f"transition-rule-{rule.way}" if rule.no_loss is None else f"transition-no-loss-{rule.no_loss}"
            years = Numeral(rule.linear or len(schedule.years))
            share = rule.share_of_gap.share.each if rule.share_of_gap is not None else None
            entry = "transition-rule-share_of_gap-by-year" if rule.share_of_gap and share is None else entry
            minimum = float(rule.pace_of_change.minimum) if rule.pace_of_change is not None else 0.0
            values = {"years": years, "share": Percent(float(share or 0)), "minimum": Percent(minimum)}
            found.append(self.say(entry, **values))
        limits = rule.limits or schedule.limits
        if limits is not None:
            for key in ("lose_at_most", "gain_at_most"):
                bound = getattr(limits, key)
                if bound is not None:
                    found.append(self.say(f"transition-limit-{key}-{limits.counted_in}", share=Percent(float(bound))))
        return found

    @property
    def sentences(self) -> list[str]:
        """The rule, how far all have come, and the worst year of anybody."""
        transition = self.transition
        last = transition.years[-1]
        notes = transition.schedule.notes
        told = [plain(notes[self.language])] if notes else []
        told += [*self.rule, *([self.say("transition-rests-on", mark=self.mark)] if self.mark else [])]
        values: dict[str, object] = {"count": Numeral(transition.at_target), "all": Numeral(len(last.codes))}
        told.append(
            self.say("transition-reached", year=last.year, closed=Percent(round(transition.closed, 3)), **values)
        )
        worst = max(transition.years, key=worst_loss)
        if worst_loss(worst) > 0:
            share = np.where(worst.previous > 0, worst.amounts / np.where(worst.previous > 0, worst.previous, 1), 1.0)
            code = worst.codes[int(np.argmin(share))]
            values = {"name": plain(self._named(code)), "year": worst.year}
            told.append(self.say("transition-worst", loss=Percent(round(worst_loss(worst), 3)), **values))
        else:
            told.append(self.say("transition-no-losses"))
        return told

    def _named(self, code: str) -> str:
        if "name" not in self.transition.years_to_target:
            return code
        rows = self.transition.table
        return str(rows.loc[rows["code"] == code, "name"].iloc[0])

    # --- tables

    @cached_property
    def paths(self) -> pd.DataFrame:
        """One row for each territory of the last year: its first amount, each year's, the last target, what is left."""
        transition = self.transition
        last = transition.years[-1]
        frame = transition.years_to_target
        columns = {
            "code": list(last.codes),
            **({"name": frame["name"]} if "name" in frame else {}),
            "start": last.start,
        }
        for result in transition.years:
            known = dict(zip(result.codes, result.amounts.tolist(), strict=True))
            columns[str(result.year)] = np.array([known.get(code, np.nan) for code in last.codes])
        return pd.DataFrame({**columns, "target": last.targets, "gap": frame["gap"], "years": frame["years"]})

    def columns(
        self, name: str, frame: pd.DataFrame | None = None, *, is_marked: bool = True
    ) -> tuple[ShownColumn, ...]:
        """Return the columns of a table that say something, worded; marked with what amounts rest on."""
        transition = self.transition
        frames = {"costs": lambda: transition.cost_of_protection, "figures": lambda: transition.table}
        found = frame if frame is not None else self.paths if name == "paths" else frames[name]()
        order = [column for column in TABLES[name] if column in found and not self._is_blank(found[column])]
        if name == "paths":
            at = order.index("start") + 1
            order[at:at] = [str(column) for column in found if str(column).isdigit()]
        mark = self.mark if is_marked else ""
        shown = [self._column(str(column), found[column], name, mark) for column in order]
        entries = [(column.id, True, column.heading) for column in shown]
        headings = distinct(entries)
        return tuple(
            ShownColumn(each.id, each.step, each.kind, heading, each.cells, each.digits, each.total)
            for each, heading in zip(shown, headings, strict=True)
        )

    @staticmethod
    def _is_blank(cells: pd.Series) -> bool:
        """Tell whether a column says nothing: people that no page counts, years that nobody reached."""
        return cells.name in ("above_people", "below_people", "years") and bool(cells.isna().all())

    def _column(self, name: str, cells: pd.Series, table: str, mark: str) -> ShownColumn:
        is_year = name.isdigit()
        heading = name if is_year else self.say(f"transition-col-{name}")
        if name in ("code", "name"):
            return ShownColumn(name, "key", "text", heading, [plain(str(cell)) for cell in cells])
        if name == "year" and table in ("costs", "figures"):
            return ShownColumn(name, "key", "text", heading, [str(cell) for cell in cells])
        if name == "pays":
            words = [self.say("transition-pays" if each else "transition-pays-not") for each in cells]
            return ShownColumn(name, "after", "text", heading, words)
        if name == "protection":
            words = [
                self.say("transition-unprotected")
                if np.isnan(each)
                else Percent(float(each)).in_language(self.language)
                for each in cells
            ]
            return ShownColumn(name, "key", "text", heading, words)
        numbers = cells.to_numpy(dtype=np.float64)
        if name in _SHARES:
            return ShownColumn(name, "after", "share", self.labels.dressed(heading, "%"), numbers, 1)
        if is_year or name in _MONEY:
            digits = max(2, self.labels.digits) if name in _HEADS else self.labels.digits
            total = float(np.nansum(numbers)) if is_year or (name in ("start", "target") and table == "paths") else None
            return ShownColumn(
                name,
                "amount" if name == "amount" else "after",
                "money",
                self.labels.dressed(heading, self.labels.symbol, mark),
                numbers,
                digits,
                total,
            )
        return ShownColumn(name, "after", "money", heading, numbers, 0)

    def heading(self, name: str) -> str:
        """Return the heading of a table."""
        return self.say(f"transition-sheet-{name}")

    def money(self, value: float) -> str:
        """Write an amount."""
        return self.labels.money(value)

    def rows(self, columns: Sequence[ShownColumn]) -> tuple[tuple[str, ...], ...]:
        """Return the cells of some columns, worded, row by row."""
        cells = [
            list(map(str, each.cells))
            if each.kind == "text"
            else [each.written(value, self.language) for value in each.numbers.tolist()]
            for each in columns
        ]
        return tuple(zip(*cells, strict=True))
