"""What is written as values, and the test that tells when an input that it rests on has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equite.report.live.grid import absolute, quoted
from equite.report.live.ranges import total
from equite.report.live.terms import Term, number, stated
from equite.report.live.translating import written_number
from equite.report.roundtrip.manifest import Certificate, Input

if TYPE_CHECKING:
    from equite.formula.formula import Formula
    from equite.report.live.workings import Workings

__all__ = ["certificate_columns", "everything", "rests_on"]


def everything(page: Formula) -> tuple[str, ...]:
    """Return all that amounts rest on: every name and every rule of the page."""
    names = {*page.names.defined, *page.names.columns, "envelope", "previous", "eligible"}
    return (*sorted(names), *(limit.id for limit in page.limits))


def rests_on(workings: Workings, certificate: Certificate, each: Input) -> bool:
    """Tell whether what a certificate holds rests on an input."""
    names, path = set(certificate.rests_on), each.path
    page = workings.formula
    if each.is_column:
        known = {needed.heading: name for name, needed in page.names.columns.items()}
        used = {name for rule in page.eligible for name in page.names.closure(rule.where.names)}
        return known.get(str(path[1]), "") in names | used
    if path[0] in ("constants", "variables", "indices", "tables"):
        return path[1] in names
    if path[0] in ("parts", "limits"):
        return getattr(page, str(path[0]))[path[1]].id in names
    return path[0] == "eligible" or (path[0] == "envelope" and "envelope" in names)


def certificate_columns(workings: Workings, certificate: Certificate, inputs: list[Input]) -> Term:
    """Write one test for each input that a step rests on; return the number of those that have changed.

    A figure is compared with what it was; a column of numbers by its sum weighed by the rows' places, so that one
    changed cell shows, and two that change places; a column of texts by its letters.
    """
    tests = []
    for each in inputs:
        if not rests_on(workings, certificate, each):
            continue
        place = quoted(each.sheet) + absolute(each.cells)
        if each.is_column:
            tests.append(stated(_column_test(workings, place, each), 0.0))
        else:
            test = f"IF({place}={written_number(float(each.value))},0,1)"
            tests.append(stated(test, 0.0))
    if not tests:
        return number(0)
    column = workings.grid.ladder(workings.labels.say("live-changed"), tests, about=certificate.step)
    return total(column.on(workings.grid.name).all)


def _column_test(workings: Workings, place: str, each: Input) -> str:
    position = workings.position.range
    values = each.values
    texts = any(isinstance(value, str) for value in values)
    if not texts:
        numbers = [(at, value) for at, value in enumerate(values, start=1) if isinstance(value, int | float)]
        total = float(sum(at * value for at, value in numbers))
        least = 1e-9 * max(1.0, sum(abs(at * value) for at, value in numbers) * 1e-4)
        gap = f"ABS(SUMPRODUCT({place},{position})-{written_number(total)})"
        return f"IF(AND({gap}<={written_number(least)},COUNT({place})={len(numbers)}),0,1)"
    weight = sum(
        at * (len(str(value)) + 7 * ord(str(value)[0]) + 3 * ord(str(value)[-1]))
        for at, value in enumerate(values, start=1)
        if value
    )
    blank = 32 * 10
    weight += sum(at * blank for at, value in enumerate(values, start=1) if not value)
    ends = f'7*_xlfn.UNICODE(LEFT({place}&" ",1))+3*_xlfn.UNICODE(RIGHT(" "&{place},1))'
    return f"IF(SUMPRODUCT((LEN({place})+{ends})*{position})={weight},0,1)"
