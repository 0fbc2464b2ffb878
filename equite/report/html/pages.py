"""A formula and a plan as HTML, for notebooks: the page in words, its YAML folded below."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from equite.report.html.allocation import _cell, _heading, _row, _side, _table, framed
from equite.report.language.formula_in_words import Line, Section, formula_sections
from equite.report.language.labels import plain
from equite.report.language.speech import typeset
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
    notes = _paragraph(typeset(formula.notes[language], language)) if formula.notes else ""
    yaml = _folded(say("notebook-yaml", language), f"<pre>{html.escape(formula.to_yaml())}</pre>")
    return framed([_titled(typeset(formula.heading[language], language)), notes, _words(formula), yaml], language)


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
    head = _row(
        _heading(say(entry, language))
        for entry in ("cascade-tier", "notebook-page", "notebook-who", "notebook-margins")
    )
    rows = "".join(_tier(plan, tier) for tier in plan.tiers)
    notes = _paragraph(typeset(plan.notes[language], language)) if plan.notes else ""
    pages = [
        _folded(f"{plan.title_of(tier.id)} · {typeset(page.heading[language], language)}", _words(page))
        for tier in plan.tiers
        for page in (plan.formula_of(tier.id), *(plan.formula_of(tier.id, fund.id) for fund in tier.funds))
    ]
    return framed([_table(typeset(plan.heading[language], language), head, rows), notes, *pages], language)


def _tier(plan: Plan, tier: Tier) -> str:
    language, page = plan.language, plan.formula_of(tier.id)
    told = tier.may_change.told(page, language) if tier.parent else ()
    margins = "; ".join(text.rstrip(".") for text in told)
    body = tier.decided_by[language] if tier.decided_by else ""
    texts = (typeset(plain(text), language) for text in (page.heading[language], body, margins))
    return _row([_side(plain(plan.title_of(tier.id))), *map(_cell, texts)])


def _words(formula: Formula) -> str:
    return "".join(map(_section, formula_sections(formula)))


def _section(section: Section) -> str:
    tag = "ol" if section.numbered else "ul"
    after = _listed(section.after, "ul") if section.after else ""
    return _titled(section.title) + _listed(section.lines, tag) + after


def _listed(lines: Sequence[Line], tag: str) -> str:
    """Give lines as a list, those that belong below another one in a list inside it."""
    found, at = [], 0
    while at < len(lines):
        below = at + 1
        while below < len(lines) and lines[below].depth > lines[at].depth:
            below += 1
        inner = _listed(lines[at + 1 : below], "ul") if below > at + 1 else ""
        found.append(f"<li>{html.escape(lines[at].text)}{inner}</li>")
        at = below
    return f'<{tag} style="margin:.1em 0 .5em 0">{"".join(found)}</{tag}>'


def _titled(text: str) -> str:
    return f'<p style="margin:.4em 0 0 0"><strong>{html.escape(text)}</strong></p>'


def _paragraph(text: str) -> str:
    return f'<p style="margin:.2em 0">{html.escape(text)}</p>'


def _folded(title: str, *content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{''.join(content)}</details>"
