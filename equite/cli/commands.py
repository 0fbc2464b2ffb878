"""Each command: what it reads, what it shows, what it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equite import resources
from equite.cli.session import Session
from equite.errors import EquiteError, OutputError, Problem
from equite.wording import LOCALES

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["COMMANDS", "Tongue"]

_FIRST_ROWS = 10
_DEMO = "equite-demo.xlsx"


class _Tongue(StrEnum):
    """One of the languages known when the command line is loaded."""

    _ignore_ = ["code", "members"]
    members = vars()
    for code in LOCALES:
        members[code] = code


class _Sections(StrEnum):
    auto = "auto"
    all = "all"
    none = "none"


class _Sign(StrEnum):
    point = "."
    comma = ","


FormulaPath = Annotated[Path, typer.Argument()]
TablePath = Annotated[Path, typer.Argument()]
Overrides = Annotated[list[Path] | None, typer.Option("--override")]
Only = Annotated[list[str] | None, typer.Option("--only")]
Decimal = Annotated[_Sign | None, typer.Option("--decimal")]
Sheet = Annotated[str | None, typer.Option("--sheet")]
Output = Annotated[Path | None, typer.Option("--output", "-o")]
Tongue = Annotated[_Tongue | None, typer.Option("--language")]


def demo(context: typer.Context, output: Output = None, language: Tongue = None) -> None:
    with Session(context, language) as session:
        from equite.report.files import write

        with session.patience():
            example = resources.folder("examples") / "quebec_mrc"
            # The example is for whoever asks, in the language of the machine.
            session.asked = session.language
            allocation = session.allocate(session.formula(example / "formula.yaml"), example / "territories.csv")
            target = output or Path(_DEMO)
            live = target.suffix.lower() == ".xlsx"
            written = allocation.to_excel(target, live=True) if live else write(allocation, target)
        session.show_table(allocation, _FIRST_ROWS)
        session.show(f"\n{allocation.summary()}\n\n{session.say('cli-demo-note')}")
        session.show(session.say("cli-written", path=written))


def check(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    override: Overrides = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.report.terminal.screen import understood

        with session.patience():
            allocation = session.allocate(session.formula(formula, override, decimal), table, sheet)
        session.show(understood(allocation, session.width))
        failing = sum(not result.passed for result in allocation.checks)
        if not failing:
            session.show(session.say("cli-bounds-missing" if allocation.context.unbounded else "cli-all-well"))
            return
        entry = "cli-check-failing-one" if failing == 1 else "cli-check-failing-many"
        session.show(session.say(entry, count=failing))
        raise typer.Exit(1)


def allocate(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    output: Output = None,
    live: Annotated[bool, typer.Option("--live")] = False,
    template: Annotated[Path | None, typer.Option("--template")] = None,
    only: Only = None,
    sections: Annotated[_Sections, typer.Option("--sections")] = _Sections.auto,
    override: Overrides = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.report.files import HTML

        if (live or template) and output is None:
            raise typer.BadParameter(session.say("cli-output-wanted"), ctx=context)
        chosen = bool(only) or sections is not _Sections.auto
        if chosen and (output is None or output.suffix.lower() not in HTML):
            raise typer.BadParameter(session.say("cli-sections-of-pages"), ctx=context)
        session.spare(output, formula, table, *(override or ()), *([template] if template else ()))
        with session.patience():
            allocation = session.allocate(session.formula(formula, override, decimal), table, sheet)
            written = None
            if output is not None:
                sections_of = {"only": only or None, "sections": sections.value} if chosen else {}
                written = _written(allocation, output, template, live=live, **sections_of)
        session.show_table(allocation, None if written is None else _FIRST_ROWS)
        session.show(f"\n{allocation.summary()}")
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def _written(allocation: Allocation, output: Path, template: Path | None, *, live: bool, **sections_of: Any) -> Path:
    """Write an allocation as the end of the name says; live, as a page or as a workbook; a page with its sections."""
    from equite.report.files import EXCEL, HTML, ending, write

    if live and template is None and ending(output, (*EXCEL, *HTML), allocation.language).suffix.lower() in HTML:
        return allocation.to_html(output, live=True, **sections_of)
    if live or template is not None:
        return allocation.to_excel(output, live=live, template=template)
    return allocation.to_html(output, **sections_of) if sections_of else write(allocation, output)


def read(
    context: typer.Context,
    workbook: Annotated[Path, typer.Argument()],
    output: Output = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.engine.allocate import allocate as allocated
        from equite.report.files import write
        from equite.report.roundtrip.reading import read_workbook

        session.spare(output, workbook)
        with session.patience():
            reading = read_workbook(workbook)
            allocation = reading.allocate()
            if session.asked not in (None, allocation.language):
                allocation = allocated(reading.formula.replace(language=session.asked), reading.territories)
            session.language = allocation.language
            written = write(allocation, output) if output is not None else None
        session.show(reading.summary(session.language) + "\n")
        session.show_table(allocation, _FIRST_ROWS)
        session.show(f"\n{allocation.summary()}")
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def explain(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    code: Annotated[str, typer.Argument()],
    worksheet: Annotated[bool, typer.Option("--worksheet")] = False,
    override: Overrides = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.report.terminal.text import explanation_text

        with session.patience():
            allocation = session.allocate(session.formula(formula, override, decimal), table, sheet)
            told = allocation.worksheet(code).text() if worksheet else explanation_text(allocation.explain(code))
        if worksheet:
            # A rule that is cut over two lines could not be followed.
            typer.echo(told)
        else:
            session.show(told)


def notices(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    output: Annotated[Path, typer.Option("--output", "-o")],
    only: Only = None,
    override: Overrides = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.report.notices import write_notices

        with session.patience():
            allocation = session.allocate(session.formula(formula, override, decimal), table, sheet)
            written = write_notices(allocation, output, only or ())
        session.show(session.say("cli-written", path=written))


def compare(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument()],
    output: Output = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.analysis.comparison import compare as compared
        from equite.report.analyses.comparison import comparison_grids, comparison_notes, comparison_to_csv

        *formulas, table = paths
        if len(formulas) < 2:
            raise typer.BadParameter(session.say("cli-compare-arguments"), ctx=context)
        session.spare(output, *paths)
        with session.patience():
            allocations = [session.allocate(session.formula(each, None, decimal), table, sheet) for each in formulas]
            session.language = allocations[0].language
            stems = [formula.stem for formula in formulas]
            comparison = compared(*allocations, labels=stems if len(set(stems)) == len(stems) else None)
            written = comparison_to_csv(comparison, output) if output is not None else None
        outcome, rows = comparison_grids(comparison, width=session.width)
        session.show_grid(outcome)
        for note in ("", *comparison_notes(comparison), ""):
            session.show(note)
        session.show_grid(rows)
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))
        elif len(rows.rows) < len(comparison.codes):
            session.show("\n" + session.say("cli-compare-csv"))


def drivers(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    formula_after: FormulaPath,
    table_after: TablePath,
    output: Output = None,
    code: Annotated[str | None, typer.Option("--explain")] = None,
    by: Annotated[str | None, typer.Option("--by")] = None,
    opened: Annotated[list[str] | None, typer.Option("--open")] = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.analysis.drivers import drivers as driven
        from equite.report.analyses.drivers import drivers_text, groups_grid, is_cut, write_drivers

        session.spare(output, formula, table, formula_after, table_after)
        with session.patience():
            before = session.allocate(session.formula(formula, None, decimal), table, sheet)
            after = session.allocate(session.formula(formula_after, None, decimal), table_after, sheet)
            session.language = after.language
            found = driven(before, after, opened=opened or ())
            told = None if code is None else found.explain(code)
            groups = None if by is None else groups_grid(found, by)
            written = write_drivers(found, output) if output is not None else None
        session.show(drivers_text(found, width=session.width) if told is None else told)
        if groups is not None:
            session.show("")
            session.show_grid(groups)
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))
        elif told is None and is_cut(found):
            session.show("\n" + session.say("cli-drivers-file"))


def equity(
    context: typer.Context,
    formula: FormulaPath,
    table: TablePath,
    need: Annotated[str | None, typer.Option("--need")] = None,
    by: Annotated[str | None, typer.Option("--by")] = None,
    output: Output = None,
    override: Overrides = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.analysis.equity import equity as measured
        from equite.report.analyses.equity import equity_shown, equity_text
        from equite.report.shown import write_shown

        session.spare(output, formula, table, *(override or ()))
        with session.patience():
            allocation = session.allocate(session.formula(formula, override, decimal), table, sheet)
            found = measured(allocation, need, by=by)
            written = write_shown(equity_shown(found), output) if output is not None else None
        session.show(equity_text(found, width=session.width))
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def cascade(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument()],
    output: Output = None,
    code: Annotated[str | None, typer.Option("--explain")] = None,
    tier: Annotated[str | None, typer.Option("--tier")] = None,
    governance: Annotated[bool, typer.Option("--governance")] = False,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.analysis.governance import compare_governance
        from equite.engine.cascade import cascade as cascaded
        from equite.report.cascade.files import write

        if tier is not None and code is None:
            raise typer.BadParameter(session.say("cli-cascade-tier"), ctx=context)
        with session.patience():
            read = session.plan(plan)
            tiers = enumerate(read.tiers)
            tables = [read.path_of(each.table, "tiers", at, "table") for at, each in tiers if each.table is not None]
            session.spare(output, plan, *tables)
            found = cascaded(read)
            trail = None if code is None else found.explain(code, tier)
            compared = compare_governance(read) if governance else None
            written = write(found, output) if output is not None else None
        session.show(found.summary())
        if trail is not None:
            session.show(f"\n{trail}")
        if compared is not None:
            session.show(f"\n{compared.summary()}")
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def projects(
    context: typer.Context,
    projects: Annotated[Path, typer.Argument()],
    output: Output = None,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.analysis.projects import projects as funded
        from equite.formula.written import beside
        from equite.report.analyses.projects import projects_text, write_projects

        with session.patience():
            page = session.projects_page(projects)
            named = (page.projects, page.ballots and page.ballots.file, page.memberships)
            session.spare(output, projects, *(beside(page, name) for name in named if name))
            found = funded(page)
            written = write_projects(found, output) if output is not None else None
        session.show(projects_text(found, width=session.width))
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def transition(
    context: typer.Context,
    schedule: Annotated[Path, typer.Argument()],
    output: Output = None,
    code: Annotated[str | None, typer.Option("--explain")] = None,
    year: Annotated[int | None, typer.Option("--year")] = None,
    frontier: Annotated[bool, typer.Option("--frontier")] = False,
    rule: Annotated[bool, typer.Option("--rule")] = False,
    language: Tongue = None,
) -> None:
    with Session(context, language) as session:
        from equite.engine.transition import transition as passed
        from equite.report.terminal.text import explanation_text
        from equite.report.transition.files import write_transition
        from equite.report.transition.views import frontier_text, transition_text

        if year is not None and code is None:
            raise typer.BadParameter(session.say("cli-transition-year"), ctx=context)
        with session.patience():
            page = session.schedule(schedule)
            session.spare(output, schedule, *page.files)
            found = passed(page)
            if rule:
                typer.echo(found.rule.to_yaml(), nl=False)
                return
            explained = None if code is None else explanation_text(found.explain(code, year))
            degrees = frontier_text(found, found.frontier()) if frontier else None
            written = write_transition(found, output) if output is not None else None
        session.show(transition_text(found, width=session.width))
        for text in (degrees, explained):
            if text is not None:
                session.show(f"\n{text}")
        if written is not None:
            session.show("\n" + session.say("cli-written", path=written))


def template(context: typer.Context, formula: FormulaPath, output: Output = None, language: Tongue = None) -> None:
    with Session(context, language) as session:
        from equite.formula.projects_page import ProjectsPage, is_projects_page
        from equite.report.workbook.projects_template import write_projects_template
        from equite.report.workbook.template import write_template

        with session.patience():
            page = session.projects_page(formula) if is_projects_page(formula) else session.formula(formula)
            name = session.say("cli-template-name", page=page.id)
            target = output or Path(re.sub(r"[^\w.-]+", "-", f"{name}.xlsx"))
            # Somebody may have spent an afternoon filling it in.
            if target.exists():
                raise OutputError([Problem("cli-output-exists", {"name": target.name})], session.language)
            if isinstance(page, ProjectsPage):
                write_projects_template(page, target)
            else:
                write_template(page, target)
        session.show(session.say("cli-written", path=target))


def formula_show(
    context: typer.Context, formula: FormulaPath, override: Overrides = None, language: Tongue = None
) -> None:
    with Session(context, language) as session:
        from equite.report.language.formula_in_words import formula_in_words

        session.show(formula_in_words(session.formula(formula, override), width=min(session.width, 92)))


def formula_schema(context: typer.Context, output: Output = None, language: Tongue = None) -> None:
    with Session(context, language) as session:
        from equite.formula.formula import Formula
        from equite.report.files import ending, placed

        text = json.dumps(Formula.schema_for_editors(), ensure_ascii=False, indent=2)
        if output is None:
            typer.echo(text)
            return
        target = ending(output, (".json",), session.language)
        with placed(target, session.language) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
        session.show(session.say("cli-written", path=target))


def criteria_list(context: typer.Context, language: Tongue = None) -> None:
    with Session(context, language) as session:
        from equite.inputs.catalogue import read_catalogue

        _show_criteria(session, tuple(read_catalogue().values()))


def criteria_show(context: typer.Context, name: Annotated[str, typer.Argument()], language: Tongue = None) -> None:
    with Session(context, language) as session:
        from equite.inputs.catalogue import read_catalogue
        from equite.report.terminal.screen import criterion_in_words

        session.show(criterion_in_words(read_catalogue()[name], session.language, session.width))


def criteria_search(
    context: typer.Context, words: Annotated[list[str], typer.Argument()], language: Tongue = None
) -> None:
    with Session(context, language) as session:
        from equite.inputs.catalogue import read_catalogue

        sought = " ".join(words)
        found = read_catalogue().search(sought, session.language)
        if not found:
            raise EquiteError([Problem("cli-nothing-found", {"words": sought})], session.language)
        _show_criteria(session, found)


def _show_criteria(session: Session, criteria: Sequence[Any]) -> None:
    from equite.report.terminal.screen import criteria_grids

    for at, (family, grid) in enumerate(criteria_grids(criteria, session.language, session.width)):
        session.show(("\n" if at else "") + family)
        session.show_grid(grid)


#: The commands by group, those of no group first.
COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = MappingProxyType(
    {
        "": {
            "demo": demo,
            "check": check,
            "allocate": allocate,
            "read": read,
            "explain": explain,
            "notices": notices,
            "compare": compare,
            "drivers": drivers,
            "equity": equity,
            "cascade": cascade,
            "projects": projects,
            "transition": transition,
            "template": template,
        },
        "formula": {"show": formula_show, "schema": formula_schema},
        "criteria": {"list": criteria_list, "show": criteria_show, "search": criteria_search},
    }
)
