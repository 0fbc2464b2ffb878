"""The page around its sections: head, contents, footer, and what it lets a browser do, which is next to nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from equite.report.html.markup import Markup, element
from equite.report.html.page.context import PageSection, ReportContext
from equite.wording.locales import LOCALES, Locale

__all__ = ["PageExtra", "whole_page"]


@dataclass(frozen=True)
class PageExtra:
    """What a section brings along that the page lets in.

    Attributes
    ----------
    style : str
        More styles.
    scripts : tuple of str
        The scripts in ``markup``, which the policy lets in by their fingerprints.
    markup : Markup
        The elements that hold them, and the data that they read.
    policy : str
        What else the policy allows, each with a semicolon and a blank after it.
    """

    style: str
    scripts: tuple[str, ...]
    markup: Markup
    policy: str


def whole_page(report: ReportContext, sections: Sequence[PageSection], extra: PageExtra | None = None) -> str:
    """Return the file's text: one page that needs nothing else, and asks nothing of any network.

    Parameters
    ----------
    draft : ReportContext
        What is told.
    sections : sequence of PageSection
        In the order of reading.
    extra : PageExtra, optional
        What a section brings along.
    """
    labels = report.labels
    title = labels.worded(report.allocation.formula.heading)
    style, script = _style(report, extra), _script(LOCALES[labels.language])
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script, extra)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"equite {report.allocation.record['equite']}"),
        element("title", title),
        element("style", Markup(style)),
    )
    contents = [element("li", element("a", each.title, href=f"#{each.id}")) for each in sections]
    body = element(
        "body",
        element("a", report.say("page-skip"), href="#main", class_="skip"),
        element("header", element("h1", title), _under(report)),
        element("nav", element("ul", contents), aria_label=report.say("page-contents")),
        element("main", [_section(each) for each in sections], id="main", tabindex="-1"),
        element("footer", element("p", report.say("page-footer"))),
        element("script", Markup(script)),
        extra.markup if extra else None,
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=labels.language)}\n"


def _under(report: ReportContext) -> Markup:
    """Say under the title who decided, or that nobody has."""
    decision, said = report.allocation.formula.decision, report.labels.simulation
    if decision is None or said:
        return element("p", element("strong", said), class_="simulation")
    told = [
        report.say("page-labelled", label=report.say(f"book-decision-{key}"), value=value)
        for key in ("adopted_by", "date", "resolution")
        if (value := getattr(decision, key))
    ]
    return element("p", " · ".join(told))


def _section(section: PageSection) -> Markup:
    heading = element("h2", section.title, id=f"{section.id}-h")
    return element("section", heading, section.body, id=section.id, aria_labelledby=f"{section.id}-h")


def _style(report: ReportContext, extra: PageExtra | None) -> str:
    """Return the sheet of styles, with the paper of the page's currency."""
    here = report.allocation.formula.currency in ("CAD", "USD")
    said = json.dumps(report.labels.simulation, ensure_ascii=False) if report.labels.simulation else "none"
    sheet = _kept("page.css") + (extra.style if extra else "")
    return sheet.replace("PAPER", "letter" if here else "A4").replace("SIMULATION", said)


def _script(locale: Locale) -> str:
    """Return the script, which reads numbers by the marks of the page's language."""
    script = _kept("page.js")
    return script.replace("GROUPING", json.dumps(locale.grouping)).replace("DECIMAL", json.dumps(locale.decimal))


def _kept(name: str) -> str:
    """Read a file beside this module; its lines end alike on every system, as the fingerprint wants."""
    return (files(__package__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _policy(style: str, script: str, extra: PageExtra | None) -> str:
    """Allow the page's own scripts and style, known by their fingerprints, and nothing else from anywhere."""
    scripts = " ".join(f"'{_fingerprint(each)}'" for each in (script, *(extra.scripts if extra else ())))
    return (
        f"default-src 'none'; style-src '{_fingerprint(style)}'; script-src {scripts}; "
        f"{extra.policy if extra else ''}base-uri 'none'; form-action 'none'"
    )


def _fingerprint(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
