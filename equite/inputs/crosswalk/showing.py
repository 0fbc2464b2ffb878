"""A crosswalk and what it carried, in words and in small tables, in French and in English."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.wording import Codes, Language, numeral, percent, say

if TYPE_CHECKING:
    from equite.inputs.crosswalk.carried import Carried
    from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["carried_html", "carried_notes", "carried_text", "crosswalk_line"]

#: Rows shown, and codes named in a note.
_ROWS, _NAMED = 10, 12
_SIDE = 'scope="row"'
_RULE = "1px solid rgba(128,128,128,.45)"


def crosswalk_line(crosswalk: Crosswalk, language: Language) -> str:
    """Say what leads to what, by what weight, and how much of it does not lie whole in one target."""
    cut, total = crosswalk.cut, float(crosswalk.weights.sum())
    return say(
        "crosswalk-line",
        language,
        source=crosswalk.source,
        sources=numeral(len(crosswalk.sources), language),
        target=crosswalk.target,
        targets=numeral(len(crosswalk.targets), language),
        weight=crosswalk.weight,
        total=_quantity(total, language),
        split=numeral(cut["source"].nunique(), language),
        unplaced=_quantity(float(crosswalk.unplaced.sum()), language),
    )


def carried_notes(carried: Carried, language: Language) -> tuple[str, ...]:
    """Say what a reader of the table must know; see :meth:`Carried.notes`."""
    found = (*_of_pieces(carried, language), *_of_silence(carried, language), *_of_totals(carried, language))
    return tuple(found)


def _of_pieces(carried: Carried, language: Language) -> Iterator[str]:
    """Note what is shared out and not measured, and what no source speaks of."""
    walk = carried.crosswalk
    coverage, total = carried.coverage, float(walk.weights.sum())
    part = float(coverage["in_part"].sum())
    if part > 0:
        cut = walk.cut
        touched = tuple(coverage.index[coverage["in_part"] > 0])
        yield say(
            "carried-in-part",
            language,
            weight=walk.weight,
            part=_quantity(part, language),
            share=percent(part / total, language),
            source=walk.source,
            sources=Codes(tuple(dict.fromkeys(cut["source"])), _NAMED),
            target=walk.target,
            count=numeral(len(touched), language),
            targets=Codes(touched, _NAMED),
        )
    nobody = float(walk.weights[walk.links.source < 0].sum())
    if nobody > 0:
        yield say("carried-no-source", language, weight=walk.weight, part=_quantity(nobody, language))


def _of_silence(carried: Carried, language: Language) -> Iterator[str]:
    """Note the sources of which a column says nothing, and the amounts that this touches."""
    for name, silent in carried.silent.items():
        codes = tuple(carried.silent.index[silent])
        if codes:
            count = numeral(len(codes), language)
            yield say("carried-silent", language, column=name, count=count, codes=Codes(codes, _NAMED))
        if name not in carried.totals.index:
            continue
        lacking = tuple(carried.table.index[carried.measured[name] < 1])
        if lacking:
            entry = "carried-partial" if carried.partial else "carried-withheld"
            yield say(entry, language, column=name, count=numeral(len(lacking), language), codes=Codes(lacking, _NAMED))


def _of_totals(carried: Carried, language: Language) -> Iterator[str]:
    """Note what belongs to no target."""
    outside = float(carried.crosswalk.unplaced.sum())
    if outside > 0:
        total, weight = float(carried.crosswalk.weights.sum()), carried.crosswalk.weight
        yield _unplaced(weight, outside, total, carried.crosswalk, language)
    for name, row in carried.totals.iterrows():
        if row["unplaced"]:
            yield _unplaced(str(name), row["unplaced"], row["total"], carried.crosswalk, language)


def _unplaced(column: str, amount: float, total: float, walk: Crosswalk, language: Language) -> str:
    said = {"amount": _quantity(amount, language), "total": _quantity(total, language)}
    return say("carried-unplaced", language, column=column, target=walk.target, **said)


def carried_text(carried: Carried, language: Language) -> str:
    """Show the first rows, what they rest on, and the notes, as text."""
    shown = _shown(carried, language)
    lines = [shown.to_string(), *_more(carried, language), "", *(f"- {note}" for note in carried.notes(language))]
    return "\n".join([crosswalk_line(carried.crosswalk, language), "", *lines]).rstrip()


def carried_html(carried: Carried, language: Language) -> str:
    """Show the same as HTML: every text escaped, no colour but the theme's."""
    shown = _shown(carried, language)
    head = "".join(_cell(str(name), "th", 'scope="col"', rule=True) for name in (shown.index.name, *shown.columns))
    rows = "".join(
        f"<tr>{_cell(str(code), 'th', _SIDE)}{''.join(_cell(cell, 'td') for cell in cells)}</tr>"
        for code, cells in zip(shown.index, shown.to_numpy(), strict=True)
    )
    caption = html.escape(crosswalk_line(carried.crosswalk, language))
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in carried.notes(language))
    more = "".join(f"<p>{html.escape(text)}</p>" for text in _more(carried, language))
    table = (
        f'<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f'<caption style="text-align:left;font-weight:bold">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
    listed = f"<ul>{notes}</ul>" if notes else ""
    return f'<div class="equite" lang="{language}" style="overflow-x:auto">{table}{more}{listed}</div>'


def _shown(carried: Carried, language: Language) -> pd.DataFrame:
    """Write the first rows: the columns carried, then what they rest on."""
    coverage = carried.coverage
    columns = {str(name): _written(column, language) for name, column in carried.table.items()}
    columns[carried.crosswalk.weight if carried.crosswalk.weight not in columns else _heading("weight", language)] = (
        _written(coverage["weight"], language)
    )
    columns[_heading("sources", language)] = _written(coverage["sources"], language)
    for name in ("share_in_part", "measured"):
        columns[_heading(name, language)] = [percent(share, language) for share in coverage[name].head(_ROWS)]
    return pd.DataFrame(columns, index=carried.table.index[:_ROWS])


def _heading(name: str, language: Language) -> str:
    return say(f"carried-col-{name}", language)


def _more(carried: Carried, language: Language) -> list[str]:
    left = len(carried.table) - _ROWS
    return [say("carried-more", language, count=numeral(left, language))] if left > 0 else []


def _written(column: pd.Series, language: Language) -> list[str]:
    """Write a column's first numbers with the same decimals: none for whole numbers, fewer for large ones."""
    values = column.to_numpy(dtype=np.float64)
    known = values[~np.isnan(values)]
    largest = float(np.abs(known).max(initial=0.0))
    digits = 0 if (known == np.floor(known)).all() else 4 if largest < 10 else 1 if largest < 100_000 else 0
    return [numeral(value, language, digits) for value in values[:_ROWS].tolist()]


def _quantity(value: float, language: Language) -> str:
    """Write an amount: whole when it is, else with a decimal or as many as a small one needs."""
    near = abs(value - round(value)) <= 1e-9 * max(1.0, abs(value))
    digits = 0 if near or abs(value) >= 1000 else 1 if abs(value) >= 10 else None
    return numeral(value, language, digits)


def _cell(text: str, tag: str, attributes: str = "", *, rule: bool = False) -> str:
    side = "left" if attributes == _SIDE else "right"
    under = f";border-bottom:{_RULE}" if rule else ""
    # Headings may take several lines; a number is never cut over two.
    look = "font-weight:bold;vertical-align:bottom" if rule else "font-weight:normal;white-space:nowrap"
    style = f"text-align:{side};{look};padding:.15em .6em{under}"
    return f'<{tag} {attributes} style="{style}">{html.escape(text)}</{tag}>'
