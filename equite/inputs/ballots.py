"""Ballots: who supports which projects, and by how many points.

A table has one row for each voter: ``voter``, ``vote`` (the codes of projects, between commas or semicolons),
``points`` where ballots give points (as many, in the same order), and ``territory`` where envelopes are by territory.
A file that ends in ``.pb`` is read as Pabulib lays it out (Faliszewski and others, 2023, *Participatory Budgeting:
Data, Tools, and Analysis*, IJCAI): sections META, PROJECTS and VOTES, cells between semicolons.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import readings
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["BallotKind", "Origin", "VoterBallot", "read_ballots", "read_pabulib"]

#: What ballots hold: projects approved; points for each; projects in order, the best first.
BallotKind = Literal["approval", "points", "ordinal"]
_SECTIONS = ("META", "PROJECTS", "VOTES")
#: What Pabulib calls each kind.
_KINDS: Mapping[str, BallotKind] = {
    "approval": "approval",
    "choose-1": "approval",
    "cumulative": "points",
    "scoring": "points",
    "ordinal": "ordinal",
}


@dataclass(frozen=True)
class VoterBallot:
    """A ballot as it was filled in.

    Attributes
    ----------
    voter, territory : str
        Who filled it in, and where; no territory where there is one envelope.
    points : dict of str to Fraction
        By project, in the order of the ballot.
    row : int
        Its row in the file.
    """

    voter: str
    territory: str
    points: dict[str, Fraction]
    row: int


class Origin(NamedTuple):
    """Where ballots come from: the name of the file, none for what was in memory, and the SHA-256 of what was read."""

    name: str
    sha256: str


def read_ballots(table: object, kind: BallotKind | None = None) -> tuple[tuple[VoterBallot, ...], Origin]:
    """Read ballots from a file or a table in memory.

    Parameters
    ----------
    table : path or table
        One row for each voter, or a file ``.pb``.
    kind : {"approval", "points", "ordinal"}, optional
        What ballots hold; by default what a ``.pb`` file says, else ``points`` where there is such a column, else
        ``approval``. An ordinal ballot gives its last project one point, and each the more the higher it stands: as
        many as the longest ballot is long for the first (Borda).

    Returns
    -------
    tuple of VoterBallot
        In the order of the rows.
    Origin
        The file's name, and the SHA-256 of what was read.

    Raises
    ------
    TerritoriesError
        With every ballot that cannot be read: a voter twice, a project twice on a ballot, points that are no numbers,
        negative, or not as many as projects.
    """
    read, origin, first, said = _opened(table)
    kind = kind or said
    has_points = "points" in read.data.columns
    kind = kind or ("points" if has_points else "approval")
    name = origin.name
    problems = Problems(TerritoriesError)
    columns = {each: read.texts(each) for each in ("voter", "vote")}
    # Without points, `points` has a sentence of its own from the table.
    given = read.texts("points") if kind == "points" else [None] * len(read)
    places = read.texts("territory") if "territory" in read.data.columns else [None] * len(read)
    rows = [first + int(at) for at in read.data.index]
    seen: dict[str, int] = {}
    found: list[VoterBallot] = []
    for voter, vote, points, place, row in zip(*columns.values(), given, places, rows, strict=True):
        if not voter:
            problems.add("ballots-no-voter", "voter", row, file=name, row_is_line=False)
            continue
        if voter in seen:
            values = {"voter": voter, "first": seen[voter]}
            problems.add("ballots-voter-twice", "voter", row, file=name, row_is_line=False, **values)
            continue
        seen[voter] = row
        projects = _pieces(vote, vote)
        if len(set(projects)) < len(projects):
            twice = next(each for each in projects if projects.count(each) > 1)
            problems.add("ballots-project-twice", "vote", row, file=name, row_is_line=False, project=twice, voter=voter)
            continue
        figures = _figures(points, vote, len(projects)) if kind == "points" else [Fraction(1)] * len(projects)
        if figures is None:
            problems.add("ballots-points", "points", row, file=name, row_is_line=False, voter=voter)
            continue
        found.append(VoterBallot(voter, place or "", dict(zip(projects, figures, strict=True)), row))
    problems.refuse()
    return tuple(_ordinal(found) if kind == "ordinal" else found), origin


def _opened(table: object) -> tuple[Territories, Origin, int, BallotKind | None]:
    """Return the table of votes, where it comes from, the row of its first vote, and the kind that it says."""
    if not (isinstance(table, str | Path) and Path(table).suffix.lower() == ".pb"):
        read = Territories.of(table, text=("voter", "vote", "points", "territory"))
        return read, Origin(read.source.name, read.source.sha256), read.source.first_row, None
    _, frame, meta = read_pabulib(table)
    name, said = Path(table).name, meta.get("vote_type", "approval")
    if said not in _KINDS:
        values = {"kind": said, "known": Codes(tuple(_KINDS))}
        raise TerritoriesError([Problem("ballots-kind-unknown", values, file=name)])
    return Territories.of(frame), Origin(name, meta["sha256"]), int(meta["first vote"]), _KINDS[said]


def _pieces(text: str | None, *ballot: str | None) -> list[str]:
    """Cut a text of a ballot: where a semicolon stands on the ballot, a comma is no separator, but a decimal sign."""
    separator = ";" if any(";" in (each or "") for each in ballot) else ","
    return [piece for piece in (each.strip() for each in (text or "").split(separator)) if piece]


def _figures(text: str | None, vote: str | None, count: int) -> list[Fraction] | None:
    """Read as many points as there are projects, none below 0, each a number in one way only."""
    pieces = _pieces(text, text, vote)
    values = [{each for each in readings(piece) if each is not None} for piece in pieces]
    if len(pieces) != count or any(len(each) != 1 or min(each) < 0 for each in values):
        return None
    return [Fraction(f"{value:.15g}") for (value,) in values]


def _ordinal(ballots: list[VoterBallot]) -> Iterator[VoterBallot]:
    longest = max((len(each.points) for each in ballots), default=0)
    for each in ballots:
        points = {code: Fraction(longest - place) for place, code in enumerate(each.points)}
        yield VoterBallot(each.voter, each.territory, points, each.row)


def read_pabulib(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Read a file as Pabulib lays it out.

    Parameters
    ----------
    path : path
        A file ``.pb``.

    Returns
    -------
    DataFrame
        Its projects: ``project``, ``title``, ``request``, ``aims``, ``points`` (as text).
    DataFrame
        Its votes: ``voter``, ``vote`` and ``points`` (as text).
    dict
        What it says of itself; ``first vote``, the row of the first one; ``sha256``, of the file.

    Raises
    ------
    TerritoriesError
        The file cannot be read, or lacks a section or a column.
    """
    file = Path(path).expanduser()
    try:
        raw = file.read_bytes()
        rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TerritoriesError([Problem("ballots-pb-unreadable", {"name": file.name, "reason": reason})]) from None
    starts = {row[0].strip(): at for at, row in enumerate(rows) if len(row) == 1 and row[0].strip() in _SECTIONS}
    if set(starts) != set(_SECTIONS):
        missing = Codes(tuple(name for name in _SECTIONS if name not in starts))
        raise TerritoriesError([Problem("ballots-pb-sections", {"missing": missing}, file=file.name)])
    projects, votes = (_section(rows, starts, name, file.name) for name in _SECTIONS[1:])
    meta = {row[0].strip(): row[1].strip() for row in rows[starts["META"] + 2 : starts["PROJECTS"]] if len(row) > 1}
    named = {"project_id": "project", "name": "title", "cost": "request", "category": "aims", "votes": "points"}
    told = projects.rename(columns=named)[[named[each] for each in named if each in projects.columns]]
    votes = votes.rename(columns={"voter_id": "voter"})
    kept = votes[[each for each in ("voter", "vote", "points") if each in votes.columns]]
    return told, kept, {**meta, "first vote": str(starts["VOTES"] + 3), "sha256": hashlib.sha256(raw).hexdigest()}


def _section(rows: list[list[str]], starts: Mapping[str, int], name: str, file: str) -> pd.DataFrame:
    """Return one section as a table of texts."""
    first = starts[name] + 1
    last = min((at for at in starts.values() if at > first), default=len(rows))
    heads = [cell.strip() for cell in rows[first]] if first < last else []
    wanted = {"PROJECTS": ("project_id", "cost"), "VOTES": ("voter_id", "vote")}[name]
    if not set(wanted) <= set(heads):
        missing = Codes(tuple(each for each in wanted if each not in heads))
        raise TerritoriesError([Problem("ballots-pb-columns", {"section": name, "missing": missing}, file=file)])
    body = [[*row, *[""] * len(heads)][: len(heads)] for row in rows[first + 1 : last] if any(row)]
    return pd.DataFrame(body, columns=heads, dtype=object)
