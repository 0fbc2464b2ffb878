"""The report: one HTML file that tells an allocation to those who receive it, on a screen or on paper.

A section is a function of a draft, in a module of its own; ``SECTIONS`` gives their order. Styles are in ``page.css``,
what needs a script in ``page.js``, the page around the sections in ``skeleton``.
"""

from equite.report.html.page.document import MOST_TOLD, SECTIONS, to_html

__all__ = ["MOST_TOLD", "SECTIONS", "to_html"]
