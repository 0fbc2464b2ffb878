"""A plan: the tiers that money comes down through, the page of each, and who may change what.

``docs/plan.md`` gives the meaning of each key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr

from equite.arguments import takes
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError, nearest
from equite.formula import loading
from equite.formula.choices import LocalChoice, read_choices
from equite.formula.fields import PAGE_LANGUAGE, Expr, Identifier, PageLanguage, Strict, Title, refuse, short_form
from equite.formula.formula import Formula
from equite.formula.loading import Page
from equite.formula.margins import Margins
from equite.formula.nodes import Name
from equite.formula.validating import Report, reporter, validated
from equite.formula.written import WrittenPage, beside
from equite.wording import Codes, as_language

__all__ = ["GIVEN", "REGIMES", "Fund", "Kept", "Plan", "Regime", "Tier"]

#: Who decides on a tier: nobody but the tier's page, each parent within its margins, each parent alone.
Regime = Literal["uniform", "margins", "delegated"]
#: The folders that count in each regime; of two choices by one parent, the later one does.
REGIMES: dict[Regime, tuple[Literal["overrides", "own"], ...]] = {
    "uniform": (),
    "margins": ("overrides",),
    "delegated": ("overrides", "own"),
}

#: The columns that a cascade gives each tier's table: what the parent passes on, the parent's code, and (to funds) what
#: a territory has already.
GIVEN = ("received", "parent", "already")
#: Keys that need a tier above, and keys that need one below.
_BELOW_ONLY = ("parent", "from_parent", "may_change", "measured_among", "overrides", "own")
_ABOVE_ONLY = ("adds", "keeps", "roll_up")


def _page_or_file(value: Any) -> Any:
    if not isinstance(value, str | Mapping) or not value:
        raise refuse("plan-formula-shape")
    return value


#: A page as plans give it: a file beside the plan, or the page itself.
PageOrFile = Annotated[str | dict[str, Any], BeforeValidator(_page_or_file)]


class Kept(Strict):
    """What a territory keeps before passing on, or adds of its own: ``0.05 * amount``, with a title where given."""

    value: Expr
    title: Title | None = None


class Fund(Strict):
    """Money that reaches a tier straight from the top, by a page of its own."""

    id: Identifier
    title: Title | None = None
    formula: PageOrFile


class Tier(Strict):
    """A tier: its territories, the page that shares among them, and what each does with what it gets."""

    id: Identifier
    title: Title | None = None
    formula: PageOrFile
    table: str | None = None
    parent: str | None = None
    from_parent: dict[Identifier, str] = {}
    roll_up: dict[Identifier, Any] = {}
    funds: tuple[Fund, ...] = ()
    adds: Annotated[Kept, BeforeValidator(short_form("value"))] | None = None
    keeps: Annotated[Kept, BeforeValidator(short_form("value"))] | None = None
    measured_among: Literal["tier", "siblings"] = "tier"
    decided_by: Title | None = None
    may_change: Margins = Margins.model_validate("nothing")
    overrides: str | None = None
    own: str | None = None


class PlanModel(Strict):
    """The whole plan."""

    equite_plan: Annotated[Literal["1"], BeforeValidator(str)]
    id: str
    title: Title | None = None
    notes: Title | None = None
    language: PageLanguage = PAGE_LANGUAGE
    totals: dict[str, str] = {}
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]


class Plan(PlanModel, WrittenPage):
    """A plan, checked, with its pages read; frozen.

    Read one with :meth:`read`, :meth:`from_text` or :meth:`from_dict`. Every key is described in ``docs/plan.md``.

    Attributes
    ----------
    equite_plan : "1"
        The version of the language of plans.
    id : str
        The plan's short name.
    title, notes : mapping of language to str, or None
        What it is called, and what its readers should know, in French and in English.
    language : {"fr", "en"}
        The language of outputs.
    totals : dict of str to str
        Columns that add up from tier to tier, and by how much a parent may differ from the sum of its children.
    tiers : tuple of Tier
        The tiers, top one first: the page, the table, the margins and the local choices of each.

    Raises
    ------
    FormulaError
        With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code",
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> content = {
    ...     "equite_plan": 1, "id": "plan", "language": "en",
    ...     "tiers": [
    ...         {"id": "region", "formula": {**page, "envelope": 90_000}},
    ...         {"id": "town", "formula": page, "parent": "region", "title": "Town"},
    ...     ],
    ... }
    >>> plan = equite.Plan.from_dict(content)
    >>> plan.names
    ('region', 'town')
    """

    _page: Page = PrivateAttr()
    _formulas: dict[tuple[str, str], Formula] = PrivateAttr(default_factory=dict)
    _choices: dict[tuple[str, str], tuple[LocalChoice, ...]] = PrivateAttr(default_factory=dict)

    @classmethod
    @takes(FormulaError)
    def read(cls, path: str | Path, *, root: str | Path | None = None) -> Self:
        """Read a plan from a YAML file; its pages and tables are looked up beside it.

        Parameters
        ----------
        path : str or Path
            The file.
        root : str or Path, optional
            The folder that the paths written in the plan and on its pages may not leave; by default that of the file.

        Returns
        -------
        Plan
            The plan, checked.

        Raises
        ------
        FormulaError
            With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

        Examples
        --------
        >>> import json
        >>> from pathlib import Path
        >>> Path("plan.yaml").write_text(json.dumps(content), encoding="utf-8") > 0
        True
        >>> equite.Plan.read("plan.yaml").id
        'plan'
        """
        return cls._of(_plan_page(path, root=root))

    @classmethod
    @takes(FormulaError)
    def from_text(cls, text: str, name: str = "plan") -> Self:
        """Read a plan from YAML text.

        Parameters
        ----------
        text : str
            The plan.
        name : str, default "plan"
            What stands for the file in errors.

        Returns
        -------
        Plan
            The plan, checked.

        Raises
        ------
        FormulaError
            With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

        Examples
        --------
        >>> import json
        >>> equite.Plan.from_text(json.dumps(content)).id
        'plan'
        """
        return cls._of(_plan_page(name, text))

    @classmethod
    @takes(FormulaError)
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Make a plan of a Python mapping laid out as the file is.

        Parameters
        ----------
        content : mapping
            The keys of the plan; a ``formula`` may be a whole page or a path.

        Returns
        -------
        Plan
            The plan, checked.

        Raises
        ------
        FormulaError
            With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

        Examples
        --------
        >>> equite.Plan.from_dict({**content, "id": "another"}).id
        'another'
        """
        return cls._of(loading.page_of(content))

    @classmethod
    def of(cls, thing: object) -> Plan:
        """Take a plan as it is, or read it from a file's path or a mapping.

        Parameters
        ----------
        thing : Plan, path or mapping
            The plan.

        Returns
        -------
        Plan
            The same one, where a plan was given.

        Raises
        ------
        FormulaError
            With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

        Examples
        --------
        >>> equite.Plan.of(plan) is plan
        True
        """
        if isinstance(thing, Plan):
            return thing
        if not isinstance(thing, Mapping | str | Path):
            entry = "plan-is-page" if isinstance(thing, Formula) else "plan-of-nothing"
            raise FormulaError([Problem(entry, {"kind": type(thing).__name__})])
        return cls.from_dict(thing) if isinstance(thing, Mapping) else cls.read(thing)

    @classmethod
    def _of(cls, page: Page) -> Self:
        language = as_language(str(page.content.get("language") or PAGE_LANGUAGE))
        problems = Problems(FormulaError, language)
        report = reporter(page, problems)
        if not page.content:
            report("plan-empty")
        elif "parts" in page.content and "tiers" not in page.content:
            report("plan-is-page")
        problems.refuse()
        plan = validated(cls, page, problems, report)
        plan._page = page
        plan._read(problems, report)
        problems.refuse()
        return plan

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tiers, top one first."""
        return tuple(tier.id for tier in self.tiers)

    def tier(self, name: str) -> Tier:
        """Return a tier of the plan.

        Parameters
        ----------
        name : str
            The tier's id.

        Returns
        -------
        Tier
            Its page, table, parents' column, margins and folders of choices, as the plan writes them.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> plan.tier("town").parent
        'region'
        """
        if name not in self.names:
            values = {"tier": name, "nearest": nearest(str(name), self.names)}
            raise SharingError([Problem("plan-unknown-tier", values)], self.language)
        return self.tiers[self.names.index(name)]

    def title_of(self, tier: str) -> str:
        """Return a tier's title in the language of outputs; where it has none, its id in words.

        Parameters
        ----------
        tier : str
            The tier's id.

        Returns
        -------
        str
            The title.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> plan.title_of("town"), plan.title_of("region")
        ('Town', 'Region')
        """
        title = self.tier(tier).title
        words = tier.replace("_", " ").strip()
        return title[self.language] if title else words[:1].upper() + words[1:]

    def formula_of(self, tier: str, fund: str = "") -> Formula:
        """Return the page of a tier, or of one of its funds.

        Parameters
        ----------
        tier : str
            The tier's id.
        fund : str, default ""
            The fund's id; none for the tier's own page.

        Returns
        -------
        Formula
            The page, in the plan's language.

        Raises
        ------
        SharingError
            The plan has no such tier, or the tier no such fund.

        Examples
        --------
        >>> plan.formula_of("town").id
        'grant'
        """
        known = ("", *(each.id for each in self.tier(tier).funds))
        if fund not in known:
            values = {"tier": tier, "fund": fund, "nearest": nearest(str(fund), known[1:])}
            raise SharingError([Problem("plan-unknown-fund", values)], self.language)
        return self._formulas[tier, fund]

    def choices_of(self, tier: str, key: Literal["overrides", "own"] = "overrides") -> tuple[LocalChoice, ...]:
        """Return what the parents of a tier's territories chose for themselves.

        Parameters
        ----------
        tier : str
            The tier's id.
        key : {"overrides", "own"}, default "overrides"
            The folder: choices within the margins, or what parents would do alone.

        Returns
        -------
        tuple of LocalChoice
            Who decided, when, why, and the page that came of it; empty where nobody chose.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> plan.choices_of("town")
        ()
        """
        return self._choices.get((self.tier(tier).id, str(key)), ())

    def deciding(self, regime: Regime, tier: str) -> Self:
        """Return the plan as it would run if a tier were decided otherwise.

        Parameters
        ----------
        regime : {"uniform", "margins", "delegated"}
            By the tier's page alone; by parents within their margins, as the plan is written; by each parent alone.
        tier : str
            The tier's id.

        Returns
        -------
        Plan
            A new plan; this one is as it was.

        Raises
        ------
        SharingError
            The plan has no such tier, or there is no such regime.

        Examples
        --------
        >>> plan.deciding("uniform", "town").choices_of("town")
        ()
        """
        if regime not in tuple(REGIMES):
            values = {"regime": regime, "known": Codes(tuple(REGIMES))}
            raise SharingError([Problem("plan-unknown-regime", values)], self.language)
        chosen = {choice.parent: choice for key in REGIMES[regime] for choice in self.choices_of(tier, key)}
        found = self.model_copy()
        found._choices = {**self._choices, (tier, "overrides"): tuple(chosen.values())}
        return found

    @takes(FormulaError)
    def replace(self, changes: Mapping[str, Any] | None = None, /, **keys: Any) -> Self:
        """Return a plan that differs by some keys, laid over this one key by key.

        Parameters
        ----------
        changes : mapping, optional
            Keys with what replaces them, however deep; a tier is named by its id. A value of None removes a key.
        **keys
            The same, for keys at the top of the plan.

        Returns
        -------
        Plan
            A new plan; this one is as it was.

        Raises
        ------
        FormulaError
            With every problem of the plan, its pages, its margins and its overrides at once, each with file and line.

        Examples
        --------
        >>> plan.replace(language="fr").language
        'fr'
        >>> plan.replace({"tiers": {"region": {"keeps": "0.1 * amount"}}}).tier("region").keeps is None
        False
        """
        partial = loading.page_of({**(changes or {}), **keys})
        return type(self)._of(loading.overlay(self._page, partial))

    def _repr_html_(self) -> str:
        from equite.report.html.pages import plan_html

        return plan_html(self)

    @takes(FormulaError)
    def path_of(self, written: str, *path: str | int) -> Path:
        """Return the path of a file that the plan names.

        Parameters
        ----------
        written : str
            The path as the plan writes it: beside the plan's own file, or from where Python runs if it has none.
        *path : str or int
            Where the plan writes it, for errors: ``"tiers", 0, "table"``.

        Returns
        -------
        Path
            The file, which may be absent.

        Raises
        ------
        FormulaError
            The path, links followed, leaves the folder that the plan was read within.

        Examples
        --------
        >>> plan.path_of("towns.csv").name
        'towns.csv'
        """
        return beside(self, written, *path)

    def where(self, *path: str | int) -> dict[str, Any]:
        """Return ``file``, ``where`` and ``line`` of a path, for a problem found later.

        Parameters
        ----------
        *path : str or int
            The keys and places from the top of the plan down: ``"tiers", 0, "formula"``.

        Returns
        -------
        dict
            What :class:`equite.Problem` takes by these names; no line for a plan that has none.

        Examples
        --------
        >>> plan.where("tiers", 0, "formula")["where"]
        'tiers.region.formula'
        """
        problems = Problems(FormulaError)
        reporter(self._page, problems)("", path)
        found = problems.found[0]
        return {"file": found.file, "where": found.where, "line": found.line}

    def _read(self, problems: Problems, report: Report) -> None:
        """Read the pages and the overrides, and hold them against each other."""
        self._check_tiers(report)
        for at, tier in enumerate(self.tiers):
            for fund, written, place in _pages(tier, at):
                try:
                    self._formulas[tier.id, fund] = self._formula(written, place, receives=at > 0 and not fund)
                except EquiteError as error:
                    problems.found += error.problems
        problems.refuse()
        self._check_pages(report)
        self._check_names(problems)
        for at, tier in enumerate(self.tiers):
            before = len(problems.found)
            tier.may_change.check_page(self._formulas[tier.id, ""], _below(report, "tiers", at, "may_change"))
            if len(problems.found) > before:
                # Held against margins that are wrong themselves, choices would be told what is not so.
                continue
            for key, folder in (("overrides", tier.overrides), ("own", tier.own)):
                if folder is not None:
                    self._read_choices(tier, at, key, folder, problems)

    def _read_choices(self, tier: Tier, at: int, key: str, folder: str, problems: Problems) -> None:
        base = self._formulas[tier.id, ""]
        margins = tier.may_change if key == "overrides" else Margins.model_validate("everything")
        try:
            choices = read_choices(beside(self, folder, "tiers", at, key), root=self._page.root)
        except EquiteError as error:
            problems.found += error.problems
            return
        for choice in choices:
            try:
                local = choice.formula_on(base)
                problems.found += _given_names(local) + margins.check(base, local)
            except EquiteError as error:
                problems.found += error.problems
        self._choices[tier.id, key] = choices

    def _formula(self, written: str | dict[str, Any], place: tuple[str | int, ...], *, receives: bool) -> Formula:
        """Read a page; below the first tier, one that says nothing of its envelope shares what its parents pass on."""
        if isinstance(written, dict):
            page = replace(loading.page_of(written), folder=self._page.folder, root=self._page.root)
        else:
            page = loading.read_page(beside(self, written, *place), root=self._page.root)
        if receives and page.content.get("envelope") is None:
            page = replace(page, content={**page.content, "envelope": "received"})
        formula = Formula._of(page)
        return formula if formula.language == self.language else formula.replace(language=self.language)

    def _check_tiers(self, report: Report) -> None:
        last = len(self.tiers) - 1
        for at, tier in enumerate(self.tiers):
            place = ("tiers", at)
            if tier.id in self.names[:at]:
                report("plan-tier-twice", place, tier=tier.id)
            if at and tier.parent is None:
                report("plan-no-parent", place, tier=tier.id, above=self.tiers[at - 1].id)
            for key in (*(_BELOW_ONLY if at == 0 else ()), *(_ABOVE_ONLY if at == last else ())):
                if key in tier.model_fields_set:
                    entry = "plan-key-first-tier" if key in _BELOW_ONLY else "plan-key-last-tier"
                    report(entry, (*place, key), key=key, tier=tier.id)
            if tier.overrides is not None and tier.may_change.allow_nothing:
                report("plan-overrides-for-nothing", (*place, "overrides"), tier=tier.id)
            for name in sorted({*tier.from_parent, *tier.roll_up} & set(GIVEN)):
                report("plan-given-name", place, name=name)
            ids = [fund.id for fund in tier.funds]
            for fund in sorted({fund for fund in ids if ids.count(fund) > 1}):
                report("plan-fund-twice", (*place, "funds"), fund=fund)

    def _check_pages(self, report: Report) -> None:
        """Hold pages against their place: one currency and unit, money that comes from where the plan says."""
        first = self._formulas[self.tiers[0].id, ""]
        for at, tier in enumerate(self.tiers):
            for fund, _, path in _pages(tier, at):
                page = self._formulas[tier.id, fund]
                own, other = (each.unit or each.currency for each in (page, first))
                if own != other:
                    report("plan-two-currencies", path, tier=tier.id, own=own, other=other)
                if page.key != self._formulas[tier.id, ""].key:
                    report("plan-two-keys", path, fund=fund, tier=tier.id)
                if (fund or at == 0) and page.envelope is None and not _stated(page):
                    report("plan-page-without-money", path, tier=tier.id)
                if not fund and at and page.envelope is not None and page.envelope.value.tree != Name("received"):
                    report("plan-own-envelope", path, tier=tier.id)
                if not fund and at and page.within is not None:
                    report("plan-page-within", path, tier=tier.id)

    def _check_names(self, problems: Problems) -> None:
        """Hold the names of the pages that the cascade gives columns to against those columns."""
        for at, tier in enumerate(self.tiers):
            for fund, _, _ in _pages(tier, at):
                if at or fund:
                    problems.found += _given_names(self._formulas[tier.id, fund])


def _plan_page(source: str | Path, text: str | None = None, *, root: str | Path | None = None) -> Page:
    """Read a plan's file; what is no plan at all is told as such."""
    said = {"page-is-folder": "plan-is-folder", "page-not-mapping": "plan-not-mapping"}
    try:
        return loading.read_page(source, text=text, root=root)
    except FormulaError as error:
        raise FormulaError(replace(each, id=said.get(each.id, each.id)) for each in error.problems) from None


def _given_names(page: Formula) -> list[Problem]:
    """Note where a page gives a meaning of its own to a name that the cascade gives one."""
    sections = ("constants", "tables", "variables", "indices")
    found: list[tuple[str, tuple[str | int, ...]]] = [(part.id, ("parts", at)) for at, part in enumerate(page.parts)]
    found += [(name, (section, name)) for section in sections for name in getattr(page, section)]
    found += [(name, ("columns", name)) for name, each in page.columns.items() if each.heading not in (None, name)]
    return [Problem("plan-given-name", {"name": name}, **page.where(*path)) for name, path in found if name in GIVEN]


def _below(report: Report, *place: str | int) -> Report:
    """Return what notes problems of something that stands below a place of the plan."""

    def inner(entry: str, path: Sequence[str | int] = (), **values: Any) -> None:
        report(entry, (*place, *path), **values)

    return inner


def _stated(page: Formula) -> bool:
    return all(part.pool is not None and part.pool.amount is not None for part in page.parts)


def _pages(tier: Tier, at: int) -> Iterator[tuple[str, str | dict[str, Any], tuple[str | int, ...]]]:
    """Return each page of a tier: the fund it is for (none for the tier's own), what the plan writes, and where."""
    yield "", tier.formula, ("tiers", at, "formula")
    for which, fund in enumerate(tier.funds):
        yield fund.id, fund.formula, ("tiers", at, "funds", which, "formula")
