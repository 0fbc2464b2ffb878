"""What remains unfunded, carried upward: from each territory to the bodies that it belongs to, in stated shares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from equite.analysis.projects.proposals import split
from equite.errors import Problems, TerritoriesError, nearest
from equite.inputs.territories import Territories
from equite.wording import Codes, Language, Numeral

__all__ = ["Demand", "carried_up", "read_memberships"]

_SHARE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:(%)|/\s*([1-9]\d*))?")


@dataclass(frozen=True)
class Demand:
    """What one territory or body asks for beyond what it could fund, in units.

    Attributes
    ----------
    code : str
        The territory or the body.
    own : int
        What remains of its own projects.
    carried : int
        What its members carried to it.
    shares : dict of str to int
        What it carries to each body that it belongs to; empty at the top.
    """

    code: str
    own: int
    carried: int
    shares: dict[str, int]

    @property
    def total(self) -> int:
        """The whole of it."""
        return self.own + self.carried


def read_memberships(
    table: object, territories: Mapping[str, object], language: Language
) -> dict[str, dict[str, Fraction]]:
    """Read which body each territory belongs to, and for what share: one row for each of both.

    Parameters
    ----------
    table : path or table
        Columns ``territory``, ``body`` and ``share``; no share means the whole. A body may stand as a territory on
        other
        rows: it belongs to larger ones.
    territories : mapping
        The territories that have an envelope, by code.
    language : {"fr", "en"}
        Of errors.

    Returns
    -------
    dict of str to dict of str to Fraction
        By member and body; the shares of a member sum to 1.

    Raises
    ------
    TerritoriesError
        A share that is no number, shares that do not sum to 1, a territory that is nowhere, bodies in a circle.
    """
    read = Territories.of(table, text=("territory", "body", "share"))
    problems = Problems(TerritoriesError, language)
    has_shares = "share" in read.data.columns
    shares = read.texts("share") if has_shares else [None] * len(read)
    found: dict[str, dict[str, Fraction]] = {}
    rows: dict[str, int] = {}
    name = read.source.name
    for at, (member, body, share) in enumerate(zip(read.texts("territory"), read.texts("body"), shares, strict=True)):
        row = read.row(at)
        said = _SHARE.fullmatch(share.strip()) if share else None
        if not member or not body or (share and said is None):
            problems.add("memberships-unread", line=row, file=name, row_is_line=False)
            continue
        if body in found.setdefault(member, {}):
            problems.add("memberships-twice", "body", row, file=name, row_is_line=False, member=member, body=body)
            continue
        rows.setdefault(member, row)
        value = Fraction(said[1].replace(",", ".")) if said else Fraction(1)
        found[member][body] = value / (100 if said and said[2] else int(said[3] or 1) if said else 1)
    bodies = {body for each in found.values() for body in each}
    for member, each in found.items():
        place: dict[str, Any] = {"file": name, "row_is_line": False}
        total = sum(each.values())
        if total != 1 or not all(each.values()):
            values: dict[str, Any] = {"member": member, "total": Numeral(float(total) * 100)}
            problems.add("memberships-sum", "share", rows[member], **place, **values)
        if member not in bodies and member not in territories:
            near = nearest(member, territories)
            problems.add("memberships-unknown", "territory", rows[member], **place, member=member, nearest=near)
    problems.refuse()
    if circle := set(found) - set(_upward(found)):
        problems.add("memberships-circle", file=name, bodies=Codes(tuple(sorted(circle))))
        problems.refuse()
    return found


def _upward(memberships: Mapping[str, Mapping[str, Fraction]]) -> list[str]:
    """Return members and bodies, each after all its own members; those in a circle are left out."""
    below: dict[str, set[str]] = {}
    for member, bodies in memberships.items():
        below.setdefault(member, set())
        for body in bodies:
            below.setdefault(body, set()).add(member)
    found: list[str] = []
    while ready := sorted(code for code, members in below.items() if members <= set(found) and code not in found):
        found += ready
    return found


def carried_up(unfunded: Mapping[str, int], memberships: Mapping[str, Mapping[str, Fraction]]) -> tuple[Demand, ...]:
    """Add up what remains unfunded, from territories to the bodies above them, to the unit.

    Returns
    -------
    tuple of Demand
        Each after all its members. What stands at those that belong to no body sums to what is unfunded in all.
    """
    order = [*_upward(memberships)]
    order = [*(code for code in sorted(unfunded) if code not in order), *order]
    carried = dict.fromkeys(order, 0)
    found = []
    for code in order:
        own = unfunded.get(code, 0)
        shares = split(own + carried[code], memberships[code]) if memberships.get(code) else {}
        for body, units in shares.items():
            carried[body] += units
        found.append(Demand(code, own, carried[code], shares))
    return tuple(found)
