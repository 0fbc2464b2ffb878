"""The worksheet of a territory inside its section: folded on a screen, printed with the section."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from equite.report.html.markup import Markup, element
from equite.report.html.page.context import ReportContext
from equite.report.language.text import plain
from equite.report.worksheet import SheetWords, WordedLine, closing

if TYPE_CHECKING:
    from equite.engine.worksheet import Worksheet

__all__ = ["MOST_WORKED", "Worksheets"]

#: Up to so many sections, each has its worksheet: it weighs three times what the rest of a section does.
MOST_WORKED = 200


class Worksheets:
    """Words the worksheets of a page's sections; what they have in common is worded once.

    Parameters
    ----------
    report : ReportContext
        What the page tells.
    """

    def __init__(self, report: ReportContext) -> None:
        self.report = report
        self._words: SheetWords | None = None
        self._head = self._headings()

    def _headings(self) -> Markup:
        names = ("letter", "title", "rule", "result")
        heads = [
            element(
                "th", self.report.say(f"sheet-column-{name}"), scope="col", class_="n" if name == "result" else None
            )
            for name in names
        ]
        return element("thead", element("tr", heads))

    def block(self, sheet: Worksheet) -> Markup:
        """Return a territory's worksheet, folded."""
        self._words = SheetWords(sheet) if self._words is None else self._words.of(sheet)
        labels = self.report.labels
        table = element(
            "table",
            element("caption", labels.say("page-sheet-caption")),
            self._head,
            element("tbody", Markup("\n".join(map(_row, self._words.lines())))),
            class_="small sheet",
        )
        return element(
            "details",
            element("summary", labels.say("page-sheet")),
            element("p", labels.say("sheet-how")),
            table,
            element("p", element("strong", closing(sheet, labels))),
            class_="worksheet",
        )


def _row(line: WordedLine) -> str:
    """Write a line; without ``element``, which would take as long as the sums themselves."""
    told = " · ".join(text for text in (line.given, line.words, line.source) if text)
    rules = "".join(f"<div>= {_text(step)}</div>" for step in line.steps[:-1])
    said = f"<small>{_text(told)}</small>" if told else ""
    return (
        f'<tr><th scope="row">{line.letter}</th><td>{_text(line.title)}</td><td>{said}{rules}</td>'
        f'<td class="n">{_text(line.result)}</td></tr>'
    )


def _text(text: str) -> str:
    return html.escape(plain(text), quote=False)
