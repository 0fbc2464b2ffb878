"""Reads a page of HTML as a browser would, and refuses what a browser would have to mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = {"br", "input", "meta"}


@dataclass(eq=False)
class Element:
    """An element, what is in it, and the element that it is in."""

    tag: str
    attributes: dict[str, str | None]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its texts, non-breaking spaces as plain ones."""
        return "".join(each if isinstance(each, str) else each.text for each in self.inside).replace("\u00a0", " ")

    @property
    def said(self) -> str:
        """What is read aloud, pieces apart; fingerprints, styles, scripts and unrounded worksheets left out."""
        kept = (each for each in self.inside if isinstance(each, str) or not each._is_apart)
        return " ".join(each if isinstance(each, str) else each.said for each in kept).replace("\u00a0", " ")

    @property
    def _is_apart(self) -> bool:
        return self.tag in ("code", "style", "script") or self.attributes.get("class") == "worksheet"

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Give the elements inside it that have one of the tags, and the attributes, in order."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}.items()
        return [each for each in self.below if (not tags or each.tag in tags) and wanted <= each.attributes.items()]

    @cached_property
    def below(self) -> list[Element]:
        """All elements inside it, in order."""
        return [each for child in self.inside if isinstance(child, Element) for each in (child, *child.below)]

    def one(self, *tags: str, **attributes: str) -> Element:
        """Give the only one."""
        (found,) = self.all(*tags, **attributes)
        return found

    def rows(self) -> list[list[str]]:
        """Give the texts of the cells of a table's body."""
        return [[cell.text for cell in row.all("th", "td")] for row in self.one("tbody").all("tr")]


class Reader(HTMLParser):
    """Builds the tree; a tag that is closed out of turn, or never, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(text: str) -> Element:
    """Read a page."""
    return Reader(text).root
