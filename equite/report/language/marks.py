"""How a table is read, in words: what marks mean where a figure would stand, and which sign stands before decimals."""

from __future__ import annotations

from collections.abc import Iterator

from equite.formula.model import Marked
from equite.report.language.speech import Section, Speech, SpokenLine

__all__ = ["marks_section"]


def marks_section(speech: Speech) -> Section:
    """Say what the page states of marks and decimals, for the whole table and for columns."""
    formula = speech.formula
    lines = list(_said(speech, formula, ""))
    for name, spec in formula.columns.items():
        lines += _said(speech, spec, speech.titles.of(name))
    return Section(speech.say("words-heading-marks"), tuple(map(SpokenLine, lines)))


def _said(speech: Speech, marked: Marked, column: str) -> Iterator[str]:
    of = speech.say("words-marks-column", column=column) if column else speech.say("words-marks-table")
    for kind, marks in (
        ("missing", marked.marks.missing),
        ("suppressed", marked.marks.suppressed),
        ("yes", marked.marks.yes),
    ):
        if marks:
            count = "one" if len(marks) == 1 else "many"
            yield speech.say(f"words-marks-{kind}-{count}", of=of, marks=", ".join(map(speech.quoted, marks)))
    if marked.decimal is not None:
        yield speech.say("words-marks-decimal", of=of, sign=speech.quoted(marked.decimal))
