"""The chart of a live workbook's sheet for one territory: its lines as steps from nothing to the amount."""

from __future__ import annotations

import math
from typing import Any

from equite.report.workbook.sheet import INK, RULE, Book, Sheet

__all__ = ["draw_steps"]


def draw_steps(book: Book, sheet: Sheet, first: int, count: int) -> None:
    """Draw lines as steps from nothing to the amount, beside them.

    Parameters
    ----------
    book : Book
        The workbook.
    sheet : Sheet
        The sheet; what each step stands on and how far it goes is in its columns I to M.
    first, count : int
        The first of the lines, from 0, and how many there are.
    """
    say, name = book.labels.say, sheet.name
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    last = first + count - 1
    looks = (
        ("", {"none": True}, None),
        (say("live-why-up"), {"color": "#2F6DB5"}, None),
        (
            say("live-why-down"),
            {"color": "#D9822B"},
            {"pattern": "wide_upward_diagonal", "fg_color": "#D9822B", "bg_color": "white"},
        ),
        (book.labels.heading("amount"), {"color": INK}, None),
    )
    for at, (title, fill, pattern) in enumerate(looks):
        series: dict[str, Any] = {
            "name": title or " ",
            "categories": [name, first, 8, last, 8],
            "values": [name, first, 9 + at, last, 9 + at],
            "gap": 40,
        }
        series |= {"pattern": pattern} if pattern else {"fill": fill}
        series |= {"border": {"none": True}} if not pattern else {"border": {"color": "#D9822B"}}
        chart.add_series(series)
    chart.set_title({"name": say("live-why-chart"), "name_font": {"size": 12, "color": INK}, "overlay": False})
    chart.set_legend({"position": "bottom", "delete_series": [0, 3]})
    # In a bar chart the categories stand on the left, the first at the top.
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "label_position": "low", "interval_unit": 1})
    form, lines = book.number_format(0), {"visible": True, "line": {"color": RULE}}
    chart.set_x_axis({"num_format": form, "major_gridlines": lines, "num_font": {"size": 8}})
    high = 120 + 26 * count
    chart.set_size({"width": 545, "height": high})
    sheet.sheet.insert_chart(first - 1, 2, chart, {"x_offset": 12, "y_offset": 2, "description": say("live-why-chart")})
    below = first + math.ceil(high / 18)
    sheet.row = max(sheet.row, below)
