"""Results of few words, as their files show them: an explanation, carried data, a table, a workbook read, a sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from equite.report.columns import ShownColumn
from equite.report.files import files_read
from equite.report.html import tables
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.shown import Shown, columns_html, columns_of
from equite.report.terminal.text import explained
from equite.wording import Numeral, preferred_language, say

if TYPE_CHECKING:
    from equite.engine.batch import Batch
    from equite.engine.explanation import Explanation
    from equite.engine.sharing import Sharing
    from equite.inputs.crosswalk import Carried
    from equite.inputs.territories import Territories
    from equite.report.roundtrip.reading import WorkbookReading

__all__ = [
    "batch_html",
    "batch_shown",
    "carried_shown",
    "explanation_shown",
    "reading_shown",
    "sharing_html",
    "sharing_shown",
    "territories_shown",
]

#: Rows that notebooks show of a sharing, of carried data, and of a table; and columns of a table.
_FIRST, _CARRIED, _ROWS, _COLUMNS = 10, 10, 5, 10
_SIDES = ("before", "after")
_AMOUNTS = ("lowest", "quantile_5", "median", "quantile_95", "highest")
_COVERAGE = ("weight", "sources", "share_in_part", "measured")


def explanation_shown(explanation: Explanation) -> Shown:
    """Return an explanation as its files show it: lines that add up to the amount."""
    labels = Labels(explanation.allocation.formula)
    lines = [line.marked for line in explained(explanation)]
    amounts = explanation.table["amount"].to_numpy()
    columns = (
        ShownColumn("line", "key", "text", labels.say("explain-line"), lines),
        ShownColumn("amount", "amount", "money", labels.heading("amount"), amounts, labels.digits, explanation.amount),
    )
    name, code = plain(explanation.name), plain(explanation.code)
    title = f"{labels.worded(explanation.allocation.formula.heading)} · {name if name == code else f'{name} ({code})'}"
    return Shown(title, columns, labels.language, explanation._repr_html_(), True, files_read(explanation.allocation))


def carried_shown(carried: Carried) -> Shown:
    """Return carried data as their files show them: the table, and what each row rests on."""
    language, walk = preferred_language(), carried.crosswalk
    # A space before, for the table's own columns may go by these names.
    rests_on = carried.coverage[list(_COVERAGE)].add_prefix(" ")
    frame = pd.concat([carried.table, rests_on], axis="columns")
    frame.insert(0, "", carried.table.index)
    headings = {"": walk.target, **{str(name): str(name) for name in carried.table}, " weight": walk.weight}
    headings |= {f" {name}": say(f"carried-col-{name}", language) for name in _COVERAGE[1:]}
    columns = columns_of(frame, headings, language, shares=(" share_in_part", " measured"))
    title = f"{walk.source} → {walk.target}"
    return Shown(title, columns, language, carried._repr_html_(), is_enough=len(frame) <= _CARRIED)


def territories_shown(territories: Territories) -> Shown:
    """Return a table as its files show it: its cells, under their headings."""
    language, frame = preferred_language(), territories.table
    columns = columns_of(frame, {str(name): str(name) for name in frame}, language)
    title = territories.source.name or say("diagnosis-col-territories", language)
    every = len(frame) <= _ROWS and frame.shape[1] <= _COLUMNS
    file = territories.source.file
    return Shown(title, columns, language, territories._repr_html_(), every, (file,) if file else ())


def reading_shown(reading: WorkbookReading) -> Shown:
    """Return a workbook that was read back as its files show it: what was changed in it."""
    labels = Labels(reading.formula)
    words = ("sheet-of", "cell", "code", "before", "after", "told")
    headings = dict(zip(map(str, reading.table), (labels.say(f"shown-{word}") for word in words), strict=True))
    sides: dict[str, Any] = {
        side: [_written(each, labels) for each in reading.table[side].astype(object)] for side in _SIDES
    }
    columns = columns_of(reading.table.assign(**sides), headings, labels.language)
    file = reading.territories.source.file
    return Shown(reading.name, columns, labels.language, reading._repr_html_(), True, (file,) if file else ())


def _written(figure: object, labels: Labels) -> str | None:
    """Write a number as the readers do, a text as it is; nothing for a blank cell."""
    if figure is None or figure != figure:
        return None
    return labels.number(figure) if isinstance(figure, int | float) else str(figure)


def batch_shown(batch: Batch) -> Shown:
    """Return the variants of an allocation as their files show them: what each territory gets in them."""
    labels, frame = Labels(batch.formula), batch.table
    columns = [
        ShownColumn(name, "key", "text", labels.heading(name), list(frame[name]))
        for name in ("code", "name")
        if name in frame
    ]
    for name in _AMOUNTS:
        heading = labels.dressed(labels.say(f"batch-{name}"), labels.symbol, labels.mark(labels.amount_names))
        columns.append(ShownColumn(name, "amount", "money", heading, frame[name].to_numpy(), labels.digits))
    count, refused = Numeral(len(batch.units)), Numeral(len(batch.refused))
    variants = labels.say("batch-variants", count=count)
    if batch.refused:
        variants = labels.say("batch-variants-refused", count=count, refused=refused)
    return Shown(f"{labels.worded(batch.formula.heading)} · {variants}", tuple(columns), labels.language)


def batch_html(batch: Batch) -> str:
    """Show the first territories, and what each gets in the variants."""
    return _first_rows(batch_shown(batch), len(batch.codes))


def sharing_shown(sharing: Sharing) -> Shown:
    """Return a sharing as its files show it: what each row gets, and whom a bound holds."""
    language = preferred_language()
    frame = sharing.table.reset_index(names="row").assign(row=lambda table: table["row"] + 1)
    columns = columns_of(frame, {str(name): say(f"shown-{name}", language) for name in frame}, language)
    return Shown(say("shown-sharing", language), columns, language)


def sharing_html(sharing: Sharing) -> str:
    """Show the first rows of a sharing."""
    return _first_rows(sharing_shown(sharing), len(sharing.amounts))


def _first_rows(shown: Shown, count: int) -> str:
    caption = shown.title
    if count > _FIRST:
        caption += ": " + say("shown-rows", shown.language, first=_FIRST, all=Numeral(count))
    columns = [
        ShownColumn(each.id, each.step, each.kind, each.heading, each.cells[:_FIRST], each.digits)
        for each in shown.columns
    ]
    return tables.framed([columns_html(columns, shown.language, caption)], shown.language)
