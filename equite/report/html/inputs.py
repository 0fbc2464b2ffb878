"""What comes in as HTML, for notebooks: a table of territories, tiers, the catalogue of criteria, one criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite import wording
from equite.report.html import tables
from equite.report.html.markup import Child, Markup, element
from equite.report.language.text import plain, typeset
from equite.report.terminal.screen import criterion_told
from equite.wording import Language, preferred_language, say

if TYPE_CHECKING:
    from equite.inputs.catalogue import Catalogue, Criterion
    from equite.inputs.territories import Territories
    from equite.inputs.tiers import Tiers

__all__ = ["catalogue_html", "criterion_html", "territories_html", "tiers_html"]

#: Rows and columns of a table that are shown; of more columns, as many of the first and of the last.
_ROWS, _COLUMNS = 5, 10
_MORE = "…"
#: Decimals of a number, at most.
_DIGITS = 6


def catalogue_html(catalogue: Catalogue) -> str:
    """Show the criteria, a table for each family.

    Parameters
    ----------
    catalogue : Catalogue
        The criteria.

    Returns
    -------
    str
        HTML in the language of the person at this machine, every text escaped, no colour but the theme's.
    """
    from equite.inputs.catalogue import FAMILIES

    language = preferred_language()
    families = ((name, catalogue.family(name)) for name in FAMILIES)
    return tables.framed([_family(name, found, language) for name, found in families if found], language)


def _family(name: str, criteria: Sequence[Criterion], language: Language) -> Markup:
    def said(entry: str) -> str:
        return say(f"catalogue-word-{entry}", language)

    headings = (said("title"), say("cli-criterion-id", language), *map(said, ("question", "direction", "status")))
    rows = []
    for found in criteria:
        status = said("declared" if found.declared else "measured")
        question = tables.cell(typeset(found.question[language], language))
        cells = [_word(found.id), question, _word(said(found.direction)), _word(status)]
        rows.append(tables.row([tables.side(found.title[language]), *cells]))
    return tables.table(said(name), tables.row(map(tables.heading, headings)), rows)


def _word(text: str) -> Markup:
    return element("td", text, style=tables.CELL)


def criterion_html(criterion: Criterion) -> str:
    """Show a criterion of the catalogue in full.

    Parameters
    ----------
    criterion : Criterion
        The criterion.

    Returns
    -------
    str
        HTML in the language of the person at this machine, every text escaped, no colour but the theme's.
    """
    language = preferred_language()
    family = say(f"catalogue-word-{criterion.family}", language)
    rows = [_told(say("cli-criterion-id", language), [criterion.id])]
    rows += [
        _told(say(f"cli-criterion-{entry}", language), [typeset(text, language) for text in texts])
        for entry, texts in criterion_told(criterion, language)
    ]
    return tables.framed([tables.table(f"{criterion.title[language]} · {family}", None, rows)], language)


def _told(title: str, texts: Sequence[str]) -> Markup:
    lines = [[text] if not at else [element("br"), text] for at, text in enumerate(texts)]
    return tables.row([tables.side(title), element("td", lines, style=f"{tables.CELL};max-width:46em")])


def territories_html(territories: Territories, summary: str) -> str:
    """Show a table's first rows and columns, numbers written as its readers do.

    Parameters
    ----------
    territories : Territories
        The table.
    summary : str
        What it holds, in a line.

    Returns
    -------
    str
        HTML in the language of the person at this machine, every text escaped, no colour but the theme's.
    """
    language, data = preferred_language(), territories.data
    headings = [str(heading) for heading in data.columns]
    if len(headings) > _COLUMNS:
        headings = [*headings[: _COLUMNS // 2], _MORE, *headings[-(_COLUMNS // 2) :]]
    columns = {name: _written(data[name].head(_ROWS), language) for name in headings if name in data.columns}
    count = min(_ROWS, len(data))
    right = {name: pd.api.types.is_numeric_dtype(data[name].dtype) for name in columns}
    head = tables.row(tables.heading(_breakable(name), right=right.get(name, True)) for name in headings)
    rows = []
    for at in range(count):
        cells = {name: columns[name][at] if name in columns else _MORE for name in headings}
        sides = (
            tables.side(text) if name == territories.key else tables.cell(text, right=right.get(name, True))
            for name, text in cells.items()
        )
        rows.append(tables.row(sides))
    if count < len(data):
        rows.append(tables.gap(len(headings)))
    return tables.framed([tables.table(plain(summary), head, rows)], language)


def _breakable(heading: str) -> list[Child]:
    """Let a long heading be cut after an underscore."""
    first, *others = plain(heading).split("_")
    return [first, *(["_", element("wbr"), piece] for piece in others)]


def _written(column: pd.Series, language: Language) -> list[str]:
    """Write a column's cells: numbers in the readers' way, texts as they are, a dash where one is missing."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan).tolist()
        texts = _numbers(values, language)
    else:
        texts = [plain(str(value)) for value in column.tolist()]
    return ["—" if absent else text for absent, text in zip(missing, texts, strict=True)]


def _numbers(values: Sequence[float], language: Language) -> list[str]:
    """Write numbers with as many decimals as one of them needs.

    Whole numbers of four figures have no separator, for they may be years or codes.
    """
    digits = max((_decimals(value) for value in values), default=0)
    if not digits and all(abs(value) < 10_000 for value in values if not math.isnan(value)):
        return [f"{value:.0f}" for value in values]
    return [wording.numeral(value, language, digits) for value in values]


def _decimals(value: float) -> int:
    return 0 if not math.isfinite(value) else len(f"{value:.{_DIGITS}f}".rstrip("0").partition(".")[2])


def tiers_html(tiers: Tiers, shape: pd.DataFrame, summary: str) -> str:
    """Show the tiers: how many territories each has, and how many lie in one.

    Parameters
    ----------
    tiers : Tiers
        The tiers.
    shape : pandas.DataFrame
        One row for each tier, cells already worded.
    summary : str
        The tiers in a line.

    Returns
    -------
    str
        HTML in the language of the person at this machine, every text escaped, no colour but the theme's.
    """
    language = preferred_language()
    head = tables.row(
        [
            tables.heading(say("cascade-tier", language)),
            *(tables.heading(str(name), right=True) for name in shape.columns),
        ]
    )
    rows = [
        tables.row([tables.side(plain(tier)), *(tables.cell(str(text), right=True) for text in shape.loc[tier])])
        for tier in tiers.names
    ]
    return tables.framed([tables.table(plain(summary), head, rows)], language)
