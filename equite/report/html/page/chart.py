"""The picture of amounts: what is left of each part, stacked and sorted, and per head beside it. It needs no script."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equite.engine.sharing import Floats
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.context import ReportContext, apart

__all__ = ["chart"]

#: Up to so many territories each has a bar with its name; beyond, bars stand side by side, the ends named.
_NAMED = 30
#: Bars of a picture at most: no screen shows more apart.
_BARS = 400
#: Parts that have a colour of their own.
_COLOURS = 6
_WIDE, _HIGH = 1000.0, 300.0


def chart(report: ReportContext) -> Markup | None:
    """Return the picture; None where there is nothing to compare."""
    allocation = report.allocation
    if len(allocation.codes) < 2 or not allocation.total:
        return None
    # Equal amounts stand in code order.
    order = np.argsort(-allocation.amounts, kind="stable")
    body = _bars(report, order) if order.size <= _NAMED else _panels(report, order)
    return element("figure", _legend(report), body, class_="chart")


def _parts(report: ReportContext) -> list[tuple[str, Floats]]:
    """Return what is left of each part after limits and rounding; those past the colours as one."""
    labels = report.labels
    found = [(labels.title(name), amounts) for name, amounts in report.allocation.final_parts.items()]
    if len(found) > _COLOURS:
        rest = np.sum([amounts for _, amounts in found[_COLOURS - 1 :]], axis=0)
        found = [*found[: _COLOURS - 1], (report.say("page-chart-others"), rest)]
    return found


def _legend(report: ReportContext) -> Markup:
    """Say what each colour is, in the order in which the pieces stand."""
    items = [
        element(
            "li",
            _swatch(at),
            " ",
            f"{title} ({report.labels.money(round(float(amounts.sum()), report.labels.digits))})",
        )
        for at, (title, amounts) in enumerate(_parts(report))
    ]
    return element(
        "figcaption",
        element("strong", report.say("page-chart")),
        " ",
        report.say("page-chart-about"),
        element("ul", items, class_="legend"),
    )


def _swatch(at: int) -> Markup:
    box = element("rect", x="0", y="0", width="10", height="10", class_=f"p{at}")
    return element("svg", box, viewBox="0 0 10 10", class_="swatch", aria_hidden="true", focusable="false")


def _bars(report: ReportContext, order: np.ndarray) -> Markup:
    """Return a table with a bar in each row: each has its name, its amount and its amount per head."""
    allocation, labels = report.allocation, report.labels
    per_head = report.column("per_head")
    parts = _parts(report)
    low, high = _extent([amounts for _, amounts in parts])
    rows = []
    for row in order.tolist():
        code = allocation.codes[row]
        bar = _stacked([float(amounts[row]) for _, amounts in parts], low, high)
        cells: list[Child] = [
            element("th", report.linked(code, report.names[row]), scope="row"),
            element("td", labels.money(float(allocation.amounts[row])), bar, class_="n"),
        ]
        if per_head is not None:
            most = max(float(np.nanmax(per_head.numbers)), 0.0) if np.isfinite(per_head.numbers).any() else 0.0
            value = float(per_head.numbers[row])
            single = _stacked([value if np.isfinite(value) else 0.0], 0.0, most or 1.0, "ph")
            shown = labels.money(value, per_head.digits) if np.isfinite(value) else ""
            cells.append(element("td", shown, single, class_="n"))
        rows.append(element("tr", cells))
    headings = [report.labels.heading("name"), report.labels.heading("amount")]
    headings += [report.labels.heading("per_head")] if per_head is not None else []
    head = [element("th", text, scope="col", class_="n" if at else None) for at, text in enumerate(headings)]
    caption = element("caption", report.say("page-chart-caption"))
    return element("table", caption, element("thead", element("tr", head)), element("tbody", rows), class_="small bars")


def _extent(pieces: Sequence[Floats]) -> tuple[float, float]:
    """Return how far stacked pieces reach below nothing and above it."""
    stacked = np.stack(pieces)
    low, high = np.minimum(stacked, 0.0).sum(axis=0).min(), np.maximum(stacked, 0.0).sum(axis=0).max()
    return float(low), float(high) if high > low else float(low) + 1.0


def _stacked(pieces: Sequence[float], low: float, high: float, look: str = "") -> Markup:
    """Return pieces one after the other from nothing, those that take away on the other side."""
    scale = _WIDE / (high - low)
    up = down = -low * scale
    found = []
    for at, piece in enumerate(pieces):
        width = abs(piece) * scale
        if piece < 0:
            down -= width
        start = up if piece >= 0 else down
        up += width if piece >= 0 else 0.0
        if width:
            box = {"x": f"{start:.1f}", "y": "0", "width": f"{width:.1f}", "height": "10"}
            found.append(element("rect", **box, class_=look or f"p{at}"))
    return element(
        "svg", found, viewBox="0 0 1000 10", preserveAspectRatio="none", aria_hidden="true", focusable="false"
    )


def _panels(report: ReportContext, order: np.ndarray) -> Markup:
    """Return two pictures side by side, in one order: amounts by part, and amounts per head."""
    labels = report.labels
    shown = order
    if order.size > _BARS:
        shown = order[np.linspace(0, order.size - 1, _BARS).round().astype(int)]
    parts = [amounts[shown] for _, amounts in _parts(report)]
    low, high = _extent(parts)
    pieces = [_layer(piece, parts[:at], low, high, f"p{at}") for at, piece in enumerate(parts)]
    panels = [
        _panel(
            report,
            order,
            labels.heading("amount"),
            pieces,
            (labels.money(low) if low else "", labels.money(float(report.allocation.amounts.max()))),
        )
    ]
    per_head = report.column("per_head")
    if per_head is not None and np.isfinite(per_head.numbers).any():
        values = np.nan_to_num(per_head.numbers[shown])
        most = float(max(np.nanmax(per_head.numbers), 0.0)) or 1.0
        top = labels.money(float(np.nanmax(per_head.numbers)), per_head.digits)
        layer = _layer(values, [], 0.0, most, "ph")
        panels.append(_panel(report, order, labels.heading("per_head"), [layer], ("", top)))
    note = report.say("page-chart-some", shown=labels.number(shown.size), all=labels.number(order.size))
    return fragment(
        element("div", panels, class_="panels"),
        element("p", element("small", note)) if shown.size < order.size else None,
    )


def _layer(values: Floats, below: Sequence[Floats], low: float, high: float, look: str) -> Markup:
    """Return one part of all bars as one outline: each bar stands on those of the parts before it."""
    zeros = np.zeros(values.size)
    floor = np.where(
        values >= 0,
        sum((np.maximum(each, 0.0) for each in below), zeros),
        sum((np.minimum(each, 0.0) for each in below), zeros),
    )
    scale, step = _HIGH / (high - low), _WIDE / values.size
    ends = _HIGH - (np.stack([floor, floor + values]) - low) * scale
    pieces = [
        f"M{at * step:.1f} {start:.1f}V{end:.1f}h{step:.2f}V{start:.1f}z"
        for at, (start, end) in enumerate(ends.T.tolist())
        if abs(end - start) >= 0.05
    ]
    return element("path", d="".join(pieces), class_=look)


def _panel(
    report: ReportContext, order: np.ndarray, title: str, layers: Sequence[Markup], ends: tuple[str, str]
) -> Markup:
    """Return a picture with its title, its highest value, and the names of the first and the last."""
    first, last = (report.names[int(order[at])] for at in (0, -1))
    said = report.say("page-chart-said", what=title, first=first, last=last, highest=ends[1])
    picture = element(
        "svg", layers, viewBox=f"0 0 {_WIDE:.0f} {_HIGH:.0f}", preserveAspectRatio="none", role="img", aria_label=said
    )
    return element(
        "div",
        element("p", element("strong", title), " ", report.say("page-chart-highest", value=ends[1])),
        picture,
        element("p", element("span", apart(first)), element("span", apart(last)), class_="ends"),
        class_="panel",
    )
