"""Projects: cases by hand, laws, what is refused, and the ways out."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import equite
from equite.analysis.projects.best_total import best_total
from equite.analysis.projects.equal_shares import equal_shares
from equite.analysis.projects.proposals import Ballot, Call, Outcome, Proposal, Quota, split
from equite.analysis.projects.running import changes
from equite.analysis.projects.walking import granted, ordered
from equite.cli import application
from equite.formula.projects_page import ProjectsPage
from equite.inputs.ballots import read_ballots
from equite.report.workbook.projects_template import write_projects_template

CASES = sorted((Path(__file__).parent / "projects_cases").glob("*.yaml"))
BASE = {"equite_projects": 1, "id": "essai", "language": "fr"}
TABLE = {"project": ["a", "b"], "territory": ["N", "S"], "rank": [1, 1], "request": [60, 50]}
PAGE = {**BASE, "method": "rank", "envelopes": {"N": 100, "S": 40}}


def read(text: str | None) -> pd.DataFrame | None:
    return None if text is None else pd.read_csv(io.StringIO(text), dtype=str)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_by_hand(path: Path) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    page = {**BASE, **case["page"]}
    tables = {"table": read(case["projects"]), "ballots": read(case.get("ballots"))}
    found = equite.projects(page, **tables)
    assert dict(zip(found.table["project"], found.table["amount"], strict=True)) == case["amounts"]
    told = {row.project: plain(row.why) for row in found.table.itertuples()}
    assert {code: told[code] for code in case.get("why", {})} == case.get("why", {})
    assert {**found.left, **case.get("left", {})} == found.left
    if "gap" in case:
        assert found.gap == case["gap"]
    codes = [(each.territory, each.more, each.gained, each.lost) for each in found.changes]
    for territory, wanted in case.get("next", {}).items():
        assert (territory, wanted["more"], tuple(wanted["gained"]), tuple(wanted["lost"])) in codes
    for other in case.get("instead", ()):
        amounts = equite.projects({**page, **other["changes"]}, **tables).table
        assert dict(zip(amounts["project"], amounts["amount"], strict=True)) == other["amounts"]


# --- laws


SHARES = st.sampled_from(
    [
        {"A": Fraction(1)},
        {"B": Fraction(1)},
        {"A": Fraction(1, 3), "B": Fraction(2, 3)},
        {"A": Fraction(1, 2), "B": Fraction(1, 2)},
    ]
)


@st.composite
def calls(draw: st.DrawFn, *, most: int = 7, quotas: bool = True, partial: bool = True) -> Call:
    found = []
    for at in range(draw(st.integers(1, most))):
        request = draw(st.integers(1, 40))
        minimum = draw(st.integers(1, request)) if partial and draw(st.booleans()) else request
        aims = frozenset(draw(st.lists(st.sampled_from("xy"), max_size=2)))
        payers = tuple(sorted(draw(SHARES).items()))
        rank, points = draw(st.integers(1, 3)), draw(st.integers(0, 9))
        found.append(Proposal(f"p{at}", "", request, minimum, payers, aims, Fraction(rank), Fraction(points)))
    envelopes = {code: draw(st.integers(0, 90)) for code in "AB"}
    limits = (Quota("x", "A", 0, draw(st.integers(0, 50))), Quota("y", "B", draw(st.integers(0, 20)), None))
    return Call(tuple(found), envelopes, limits if quotas else ())


def spent(call: Call, outcomes: Mapping[str, Outcome], territory: str, aim: str | None = None) -> int:
    return sum(
        each.paid(outcomes[each.code].amount).get(territory, 0)
        for each in call.proposals
        if aim is None or aim in each.aims
    )


def hold(call: Call, outcomes: Mapping[str, Outcome]) -> None:
    """Envelopes and ceilings hold; each project has nothing, or from its minimum to its request; reasons are true."""
    assert set(outcomes) == {each.code for each in call.proposals}
    for territory, envelope in call.envelopes.items():
        assert spent(call, outcomes, territory) <= envelope
    for quota in call.quotas:
        assert quota.at_most is None or spent(call, outcomes, quota.territory, quota.aim) <= quota.at_most
    for each in call.proposals:
        outcome = outcomes[each.code]
        assert outcome.amount == 0 or each.minimum <= outcome.amount <= each.request
        assert (outcome.amount == each.request) == (outcome.reason in ("whole", "best", "paid"))
        if outcome.reason in ("short", "ceiling"):
            assert outcome.lacking > 0
            assert set(outcome.short) <= set(each.territories)


@given(calls(), st.sampled_from(["rank", "votes", "points_per_dollar"]))
def test_what_walks_down_an_order_keeps_within_its_bounds(call: Call, method: str) -> None:
    hold(call, granted(call, ordered(call, method), by_points=method != "rank"))


@given(calls(quotas=False))
def test_the_next_money_goes_where_it_is_said_to(call: Call) -> None:
    page = ProjectsPage.of({**PAGE, "envelopes": {"A": 1}})
    # Where a project is joint, what another of its payers lacks may stand in the way.
    alone = (replace(each, payers=((each.territories[0], Fraction(1)),)) for each in call.proposals)
    call = replace(call, proposals=tuple(alone))
    outcomes = granted(call, ordered(call, "rank"))
    for change in changes(page, [call], outcomes):
        assert change.project in change.gained
        assert change.more == outcomes[change.project].lacking


@given(st.integers(0, 10**6), st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_a_split_sums_to_what_is_split(amount: int, weights: list[int]) -> None:
    shares = {str(at): Fraction(weight, sum(weights)) for at, weight in enumerate(weights)}
    found = split(amount, shares)
    assert sum(found.values()) == amount
    assert all(abs(found[name] - amount * share) < 1 for name, share in shares.items())


def subsets(proposals: tuple[Proposal, ...]) -> Iterator[tuple[Proposal, ...]]:
    for size in range(len(proposals) + 1):
        yield from itertools.combinations(proposals, size)


@settings(max_examples=40, deadline=None)
@given(calls(most=6, partial=False))
def test_the_best_total_is_that_of_all_choices_tried(call: Call) -> None:
    call = replace(call, quotas=call.quotas[:1])
    best = best_total(call)
    hold(call, best.outcomes)

    def fits(chosen: tuple[Proposal, ...]) -> bool:
        outcomes = {each.code: Outcome(each.request if each in chosen else 0, "whole") for each in call.proposals}
        within = all(spent(call, outcomes, code) <= envelope for code, envelope in call.envelopes.items())
        return within and all(spent(call, outcomes, each.territory, each.aim) <= each.at_most for each in call.quotas)

    brute = max(sum(each.points for each in chosen) for chosen in subsets(call.proposals) if fits(chosen))
    assert best.total == brute
    assert best.bound == float(brute)


@settings(max_examples=40, deadline=None)
@given(calls(most=6))
def test_a_best_total_in_part_is_no_less_than_any_order_gives(call: Call) -> None:
    call = replace(call, quotas=call.quotas[:1])
    best = best_total(call)
    hold(call, best.outcomes)
    for method in ("votes", "points_per_dollar"):
        outcomes = granted(call, ordered(call, method), by_points=True)
        total = sum(each.points * outcomes[each.code].amount / each.request for each in call.proposals)
        assert float(total) <= best.bound + 1e-9


@st.composite
def elections(draw: st.DrawFn) -> Call:
    codes = [f"p{at}" for at in range(draw(st.integers(1, 5)))]
    proposals = tuple(
        Proposal(code, "", cost, cost, (("", Fraction(1)),)) for code in codes for cost in [draw(st.integers(1, 12))]
    )
    ballots = tuple(
        Ballot(str(at), "", dict.fromkeys(draw(st.sets(st.sampled_from(codes))), Fraction(1)))
        for at in range(draw(st.integers(1, 5)))
    )
    return Call(proposals, {"": draw(st.integers(1, 30))}, ballots=ballots)


@settings(deadline=None)
@given(elections())
def test_equal_shares_leave_no_group_short_of_what_it_deserves(call: Call) -> None:
    """Extended justified representation (Peters, Pierczyński and Skowron, 2021), by brute force.

    Where a group of voters agrees on projects that its part of the envelope pays for, one of them supports at least as
    many funded ones. That is what "up to one project" comes to where each approval counts one.
    """
    outcomes = equal_shares(call, "cardinality", ())
    funded = {code for code, outcome in outcomes.items() if outcome.amount}
    assert sum(each.request for each in call.proposals if each.code in funded) <= call.envelopes[""]
    voters, envelope = len(call.ballots), call.envelopes[""]
    for size in range(1, voters + 1):
        for group in itertools.combinations(call.ballots, size):
            for agreed in subsets(call.proposals):
                codes = {each.code for each in agreed}
                cost = sum(each.request for each in agreed)
                if not codes or cost * voters > size * envelope or not all(codes <= set(b.points) for b in group):
                    continue
                assert any(len(funded & set(ballot.points)) >= len(codes) for ballot in group)


@given(elections(), st.randoms(use_true_random=False))
def test_equal_shares_are_the_same_whatever_the_order_of_ballots(call: Call, random: Any) -> None:
    shuffled = list(call.ballots)
    random.shuffle(shuffled)
    again = equal_shares(replace(call, ballots=tuple(shuffled)), "cost", ("add_one", "votes"))
    assert again == equal_shares(call, "cost", ("add_one", "votes"))


# --- envelopes, what is left, what remains


def test_envelopes_come_of_an_allocation_and_of_a_cascade() -> None:
    formula = {"equite": 1, "id": "p", "key": "code", "envelope": 140, "language": "en", "rounding": {"to": 1}}
    formula["parts"] = [{"id": "whole", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    towns = {"code": ["N", "S"], "people": [100, 40]}
    page = {**BASE, "method": "rank"}
    found = equite.projects(page, TABLE, envelopes=equite.allocate(formula, towns))
    assert found.table["amount"].tolist() == equite.projects(PAGE, TABLE).table["amount"].tolist() == [60, 0]
    plan = {"equite_plan": 1, "id": "plan", "language": "en"}
    top = {"id": "top", "formula": formula, "keeps": "0.5 * amount"}
    town = {"id": "town", "parent": "up", "formula": {key: each for key, each in formula.items() if key != "envelope"}}
    tables = {"top": {"code": ["T"], "people": [1]}, "town": {**towns, "up": ["T", "T"]}}
    cascade = equite.cascade({**plan, "tiers": [top, town]}, tables)
    assert equite.projects(page, TABLE, envelopes=cascade).accounts["envelope"].tolist() == [50, 20]


def test_what_is_left_is_carried_over() -> None:
    first = equite.projects(PAGE, TABLE)
    assert first.left == {"N": 40, "S": 40}
    second = equite.projects(PAGE, TABLE, carried_over=first.left)
    assert second.accounts["carried_over"].tolist() == [40, 40]
    assert second.table["amount"].tolist() == [60, 50]


MEMBERS = {
    "territory": ["N", "N", "S", "R", "Q"],
    "body": ["R", "Q", "R", "Nat", "Nat"],
    "share": ["1/3", "2/3", "", "", "100 %"],
}


def test_what_remains_adds_up_from_local_to_national() -> None:
    table = {**TABLE, "request": [201, 50]}
    found = equite.projects(PAGE, table, memberships=MEMBERS)
    demand = found.demand.set_index("body")["demand"].to_dict()
    assert demand == {"N": 201, "S": 50, "R": 117, "Q": 134, "Nat": 251}
    assert demand["Nat"] == found.accounts["unfunded"].sum()


# --- what is refused


def refused(page: Mapping[str, Any] = PAGE, table: Any = TABLE, **more: Any) -> list[str]:
    with pytest.raises(equite.EquiteError) as caught:
        equite.projects(page, table, **more)
    assert not [line for line in caught.value.text("fr").splitlines() if "{" in line]
    return [problem.id for problem in caught.value.problems]


ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "minimum above the request": ({"minimum": [70, None]}, ["projects-minimum-above"]),
    "minimum below zero": ({"minimum": [-1, None]}, ["projects-minimum-below"]),
    "costs of zero": ({"request": [0, -5]}, ["projects-request-nothing"] * 2),
    "no cost": ({"request": [None, 5]}, ["projects-no-request"]),
    "cents": ({"request": [60.5, 50]}, ["projects-finer"] * 2),
    "no rank": ({"rank": [None, 1]}, ["projects-no-rank"]),
    "no code": ({"project": [None, "b"]}, ["projects-no-code"]),
    "a code twice": ({"project": ["a", "a"]}, ["projects-twice"]),
    "no territory": ({"territory": [None, "S"]}, ["projects-no-territory"]),
    "territory without envelope": ({"territory": ["M", "S"]}, ["projects-no-envelope"]),
    "shares short of one": ({"payers": ["N 60 %; S 30 %", None]}, ["projects-payers-sum"]),
    "shares unread": ({"payers": ["N; S", None]}, ["projects-payers-unread"]),
    "points below zero": ({"points": [-1, 2]}, ["projects-points-below"]),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_row_that_is_wrong_is_refused(case: str) -> None:
    columns, wanted = ROWS[case]
    assert refused(table={**TABLE, **columns}) == wanted


KEYS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "two envelopes": ({"envelope": 5}, ["projects-two-envelopes"]),
    "no envelope": ({"envelopes": None}, ["projects-no-envelopes"]),
    "a key of another method": ({"utility": "cost"}, ["projects-key-equal-shares"]),
    "an unknown aim": ({"quotas": [{"aim": "x", "at_least": 5}]}, ["projects-aim-unknown"]),
    "an empty quota": ({"quotas": [{"aim": "x"}]}, ["projects-quota-empty"]),
    "a bound of nothing": ({"quotas": [{"aim": "x", "at_least": "120 %"}]}, ["projects-bound"]),
    "below zero": ({"envelopes": {"N": -1, "S": 4}}, ["projects-negative"]),
    "finer than the unit": ({"envelopes": {"N": 1.5, "S": 4}}, ["projects-envelope-finer"]),
    "carried over to nobody": ({"carried_over": {"M": 1}}, ["projects-carried-unknown"]),
    "a unit of nothing": ({"unit": 0}, ["projects-unit"]),
    "no ballots": ({"method": "equal_shares"}, ["projects-no-ballots"]),
    "no points": ({"method": "votes"}, ["input-column-unknown"]),
    "an unknown method": ({"method": "lottery"}, ["not-one-of"]),
}


@pytest.mark.parametrize("case", KEYS)
def test_a_page_that_is_wrong_is_refused(case: str) -> None:
    changes, wanted = KEYS[case]
    page = {key: value for key, value in {**PAGE, **changes}.items() if value is not None}
    found = refused(page)
    assert found == wanted or (case == "no points" and len(found) == 1)


BALLOTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a voter twice": ({"voter": ["1", "1"]}, ["ballots-voter-twice"]),
    "nobody": ({"voter": [None, "2"]}, ["ballots-no-voter"]),
    "an unknown project": ({"vote": ["c", "b"]}, ["ballots-project"]),
    "a project twice": ({"vote": ["a, a", "b"]}, ["ballots-project-twice"]),
    "a project of another territory": ({"vote": ["b", "b"]}, ["ballots-elsewhere"]),
    "an unknown territory": ({"territory": ["M", "S"]}, ["ballots-territory"]),
    "points that are too few": ({"points": ["1", "1, 2"]}, ["ballots-points"]),
    "points below zero": ({"points": ["-1", "2"]}, ["ballots-points"]),
}


@pytest.mark.parametrize("case", BALLOTS)
def test_a_ballot_that_is_wrong_is_refused(case: str) -> None:
    columns, wanted = BALLOTS[case]
    ballots = {"voter": ["1", "2"], "territory": ["N", "S"], "vote": ["a", "b"], **columns}
    assert refused({**PAGE, "method": "votes"}, ballots=ballots) == wanted


MEMBERSHIPS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "shares short of one": ({"share": ["1/3", "1/3", "", "", ""]}, ["memberships-sum"]),
    "twice": ({"body": ["R", "R", "R", "Nat", "Nat"]}, ["memberships-twice", "memberships-sum", "memberships-unknown"]),
    "unread": ({"share": ["some", "", "", "", ""]}, ["memberships-unread"]),
    "unknown": ({"territory": ["N", "N", "M", "R", "Q"]}, ["memberships-unknown"]),
    "a circle": ({"body": ["R", "Q", "R", "Q", "R"]}, ["memberships-circle"]),
}


@pytest.mark.parametrize("case", MEMBERSHIPS)
def test_memberships_that_are_wrong_are_refused(case: str) -> None:
    columns, wanted = MEMBERSHIPS[case]
    assert refused(memberships={**MEMBERS, **columns}) == wanted


# --- files


PB = """META
key;value
budget;100
vote_type;ordinal
PROJECTS
project_id;cost;votes;name;category
1;60;2;Park;green
2;50;1;School;youth
VOTES
voter_id;age;vote
7;20;1,2
8;30;2
"""


def test_a_file_of_pabulib_is_read(tmp_path: Path) -> None:
    path = tmp_path / "town.pb"
    path.write_text(PB, encoding="utf-8")
    found = equite.projects({**BASE, "method": "votes", "envelope": 100}, path, ballots=path)
    assert found.table["title"].tolist() == ["Park", "School"]
    # The first of two has two points, the second one; a ballot of one gives it as many as the longest.
    assert found.table["points"].tolist() == [2, 3]
    assert found.table["amount"].tolist() == [0, 50]
    path.write_text(PB.replace("VOTES", "VOTE"), encoding="utf-8")
    assert refused({**BASE, "method": "votes", "envelope": 100}, path, ballots=path) == ["ballots-pb-sections"]


def test_the_sheet_to_fill_in_is_read_as_it_is_filled_in(tmp_path: Path) -> None:
    page = {**PAGE, "columns": {"request": "Demande"}}
    path = write_projects_template(ProjectsPage.of(page), tmp_path / "fill.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    assert heads == ["project", "title", "territory", "Demande", "minimum", "rank", "aims", "payers"]
    sheet.append(["a", "Jardin", "N", 60, None, 1, "vert", None])
    book.save(path)
    assert equite.projects(page, path).table["amount"].tolist() == [60]


def test_a_workbook_tells_everything(tmp_path: Path) -> None:
    found = equite.projects(PAGE, TABLE, memberships=MEMBERS)
    book = openpyxl.load_workbook(found.to_excel(tmp_path / "out.xlsx", "en"))
    assert book.sheetnames == ["Projects", "Envelopes", "The next money", "Unfunded demand"]
    assert found.to_excel(tmp_path / "again.xlsx", "en").read_bytes() == (tmp_path / "out.xlsx").read_bytes()
    assert "10 $ de plus financeraient b" in plain(found.summary())
    assert found.record["projects"]["amount"] == [60, 0]


# --- what is documented, and the examples


EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_example_of_the_documentation_gives_what_it_says() -> None:
    text = (Path(__file__).parents[2] / "docs" / "projects.md").read_text("utf-8")
    page, table, outcome = re.findall(r"```(?:yaml|csv|text)\n(.*?)```", text, flags=re.DOTALL)[:3]
    found = equite.projects(yaml.safe_load(page), read(table))
    assert dict(zip(found.table["project"], found.table["amount"], strict=True)) == yaml.safe_load(outcome)
    keys = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*) \|", text, flags=re.MULTILINE))))
    assert set(ProjectsPage.model_fields) <= keys


def test_the_examples_run_in_both_languages() -> None:
    found = equite.projects(EXAMPLES / "projects" / "rang_local.yaml")
    assert found.demand["demand"].iloc[-1] == found.accounts["unfunded"].sum()
    assert all(found.summary(language) for language in ("fr", "en"))
    votes = equite.projects(EXAMPLES / "projects" / "parts_egales.yaml")
    assert votes.table.loc[votes.table["amount"] > 0, "project"].tolist() == ["a", "b", "d"]


def test_people_of_two_populations_are_counted_once() -> None:
    folder = EXAMPLES / "concertation_table"
    pieces = pd.read_csv(folder / "personnes.csv")
    halves = pieces["part"].map(Fraction)
    once = (pieces["personnes"] * halves).groupby(pieces["population"]).sum()
    told = pd.read_csv(folder / "populations.csv").set_index("population")
    assert once.to_dict() == told["comptées_une_fois"].to_dict()
    assert pieces.groupby("population")["personnes"].sum().to_dict() == told["effectif"].to_dict()
    assert once.sum() == pieces.drop_duplicates("groupe")["personnes"].sum() == 1700


def test_the_command_line_funds_projects_and_writes_the_sheet_to_fill_in(tmp_path: Path) -> None:
    page = str(EXAMPLES / "projects" / "rang_local.yaml")
    runner, command = CliRunner(), application("en")
    for name in ("out.xlsx", "out.csv", "out.html"):
        done = runner.invoke(command, ["projects", page, "--language", "en", "-o", str(tmp_path / name)])
        assert done.exit_code == 0
        assert (tmp_path / name).is_file()
        assert "Projects funded whole: 5; in part: 1; not funded: 3." in done.output
    assert runner.invoke(command, ["template", page, "-o", str(tmp_path / "fill.xlsx")]).exit_code == 0
    assert runner.invoke(command, ["projects", page, "-o", page]).exit_code == 1
    assert Path(page).read_text("utf-8").startswith("#")


@pytest.mark.parametrize(
    ("vote", "points", "told"),
    [
        ("a;b", "1,5;2", (Fraction(3, 2), 2)),
        ("a,b", "1,5", (1, 5)),
        ("a,b", "1.5,5", (Fraction(3, 2), 5)),
        ("a,b", "1;5", (1, 5)),
        ("a;b", "1,5", None),
        ("a", "1,5", None),
        ("a;b", "1,500;2", None),
    ],
)
def test_a_comma_of_a_ballot_is_a_separator_or_a_decimal_sign(vote: str, points: str, told: Any) -> None:
    table = {"voter": ["x"], "vote": [vote], "points": [points]}
    if told is None:
        with pytest.raises(equite.TerritoriesError, match="does not give each of its projects its points"):
            read_ballots(table)
    else:
        ((ballot,), _) = read_ballots(table)
        assert tuple(ballot.points.values()) == told
