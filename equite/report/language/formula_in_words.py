"""A formula in plain French or English: what a board reads, and no YAML."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from equite.formula.formula import Formula
from equite.report.language.figures import (
    changes_section,
    checks_section,
    decision_section,
    figures_section,
    first_section,
    money_section,
    who_section,
)
from equite.report.language.indices import index_section
from equite.report.language.marks import marks_section
from equite.report.language.parts import limits_section, parts_section, rounding_section
from equite.report.language.speech import Section, Speech, SpokenLine
from equite.report.language.text import typeset
from equite.wording import Language, as_spoken_by

__all__ = ["Section", "SpokenLine", "formula_in_words", "formula_sections"]

#: As wide as a page of text stays easy to read.
_WIDTH = 92


def formula_in_words(formula: Formula, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Say a formula page in plain sentences.

    Parameters
    ----------
    formula : Formula
        The page, overrides laid in.
    language : str, optional
        By default the page's own.
    width : int
        Characters to a line.

    Returns
    -------
    str
        A plain text that is valid Markdown too: headings, lists, sentences.
    """
    spoken = as_spoken_by(formula.language, language or formula.language)
    heading = typeset(formula.heading[spoken], spoken)
    blocks = [f"{heading}\n{'=' * len(heading)}"]
    if formula.notes:
        blocks.append(textwrap.fill(typeset(formula.notes[spoken], spoken), width))
    blocks += [_laid_out(section, width) for section in formula_sections(formula, spoken)]
    return "\n\n".join(blocks)


def formula_sections(formula: Formula, language: Language | None = None) -> tuple[Section, ...]:
    """Say a formula page section by section, those with nothing to say left out."""
    speech = Speech(formula, as_spoken_by(formula.language, language or formula.language))
    sections = [
        decision_section(speech),
        money_section(speech),
        who_section(speech),
        marks_section(speech),
        *first_section(speech),
        *(index_section(speech, name, index) for name, index in formula.indices.items()),
        parts_section(speech),
    ]
    if formula.limits:
        sections.append(limits_section(speech))
    sections += [rounding_section(speech), checks_section(speech), figures_section(speech), changes_section(speech)]
    return tuple(section for section in sections if section.lines)


def _laid_out(section: Section, width: int) -> str:
    rows = [section.title, "-" * len(section.title), *_rows(section.lines, section.numbered, width)]
    if section.after:
        # The blank line keeps Markdown from taking these for the next items of a numbered list.
        rows += [*([""] if section.numbered else []), *_rows(section.after, False, width)]
    return "\n".join(rows)


def _rows(lines: Sequence[SpokenLine], numbered: bool, width: int) -> list[str]:
    rows: list[str] = []
    place = 0
    for line in lines:
        place += line.depth == 0
        mark = f"{place}. " if numbered and line.depth == 0 else "- "
        indent = " " * ((3 if numbered else 2) * min(line.depth, 1) + 2 * max(line.depth - 1, 0))
        rows += textwrap.wrap(
            line.text,
            width,
            initial_indent=indent + mark,
            subsequent_indent=indent + " " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return rows
