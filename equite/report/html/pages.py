"""A formula and a plan as HTML, for notebooks: the page in words, its YAML folded below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equite.report.html import tables
from equite.report.html.markup import Markup, element, fragment, verbatim
from equite.report.language.formula_in_words import Section, SpokenLine, formula_sections
from equite.report.language.text import plain, typeset
from equite.wording import say

if TYPE_CHECKING:
    from equite.formula.formula import Formula
    from equite.formula.plan import Plan, Tier

__all__ = ["formula_html", "plan_html"]


def formula_html(formula: Formula) -> str:
    """Show a formula as a board reads it, and fold its YAML below.

    Parameters
    ----------
    formula : Formula
        The page.

    Returns
    -------
    str
        HTML in the page's language, every text escaped, no colour but the theme's.
    """
    language = formula.language
    notes = _paragraph(typeset(formula.notes[language], language)) if formula.notes else None
    yaml = _folded(say("notebook-yaml", language), element("pre", verbatim(formula.to_yaml())))
    return tables.framed(
        [_titled(typeset(formula.heading[language], language)), notes, _words(formula), yaml], language
    )


def plan_html(plan: Plan) -> str:
    """Show a plan: each tier, who decides its page, what parents may change; its pages folded below.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        HTML in the plan's language, every text escaped, no colour but the theme's.
    """
    language = plan.language
    head = tables.row(
        tables.heading(say(entry, language))
        for entry in ("cascade-tier", "notebook-page", "notebook-who", "notebook-margins")
    )
    rows = [_tier(plan, tier) for tier in plan.tiers]
    notes = _paragraph(typeset(plan.notes[language], language)) if plan.notes else None
    pages = [
        _folded(f"{plan.title_of(tier.id)} · {typeset(page.heading[language], language)}", _words(page))
        for tier in plan.tiers
        for page in (plan.formula_of(tier.id), *(plan.formula_of(tier.id, fund.id) for fund in tier.funds))
    ]
    return tables.framed([tables.table(typeset(plan.heading[language], language), head, rows), notes, *pages], language)


def _tier(plan: Plan, tier: Tier) -> Markup:
    language, page = plan.language, plan.formula_of(tier.id)
    told = tier.may_change.told(page, language) if tier.parent else ()
    margins = "; ".join(text.rstrip(".") for text in told)
    body = tier.decided_by[language] if tier.decided_by else ""
    texts = (typeset(plain(text), language) for text in (page.heading[language], body, margins))
    return tables.row([tables.side(plain(plan.title_of(tier.id))), *map(tables.cell, texts)])


def _words(formula: Formula) -> Markup:
    return fragment(map(_section, formula_sections(formula)))


def _section(section: Section) -> Markup:
    tag = "ol" if section.numbered else "ul"
    after = _nested(section.after, "ul") if section.after else None
    return fragment(_titled(section.title), _nested(section.lines, tag), after)


def _nested(lines: Sequence[SpokenLine], tag: str) -> Markup:
    """Return lines as a list, those that belong below another one in a list inside it."""
    found, at = [], 0
    while at < len(lines):
        below = at + 1
        while below < len(lines) and lines[below].depth > lines[at].depth:
            below += 1
        inner = _nested(lines[at + 1 : below], "ul") if below > at + 1 else None
        found.append(element("li", lines[at].text, inner))
        at = below
    return element(tag, found, style="margin:.1em 0 .5em 0")


def _titled(text: str) -> Markup:
    return element("p", element("strong", text), style="margin:.4em 0 0 0")


def _paragraph(text: str) -> Markup:
    return element("p", text, style="margin:.2em 0")


def _folded(title: str, content: Markup) -> Markup:
    return element("details", element("summary", title), content)
