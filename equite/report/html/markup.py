"""HTML put together from elements: whatever is not an element already is text, and is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

from equite.report.language.text import plain

__all__ = ["Child", "Markup", "element", "fragment", "verbatim"]

#: Elements that hold nothing, and have no end.
_VOID = frozenset(("br", "input", "link", "meta", "wbr"))


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


#: What an element may hold: a text, an element, nothing, or several of these.
Child = str | None | Iterable["Child"]


def element(tag: str, /, *children: Child, **attributes: str | bool | None) -> Markup:
    """Return an element.

    Parameters
    ----------
    tag : str
        Its name.
    *children : str, Markup, None or iterable of these
        What it holds, in order; a plain text is escaped.
    **attributes : str, bool or None
        ``class_`` stands for ``class``, ``aria_label`` for ``aria-label``; True gives an attribute without a value,
        False and None give none.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    if tag in ("rect", "path"):
        return Markup(f"<{tag}{told}/>")
    return Markup(f"<{tag}{told}>" if tag in _VOID else f"<{tag}{told}>{fragment(*children)}</{tag}>")


def fragment(*children: Child) -> Markup:
    """Return elements and texts one after the other, texts escaped."""
    return Markup("".join(map(_written, children)))


def verbatim(text: str) -> Markup:
    """Return a text escaped, its lines and its blanks as they are written."""
    return Markup(html.escape(text, quote=False))


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(plain(str(value)))}"'


def _written(child: Child) -> str:
    if isinstance(child, Markup):
        return child
    if child is None:
        return ""
    if isinstance(child, str):
        return html.escape(plain(child), quote=False)
    return "".join(map(_written, child))
