"""Reading a page: YAML 1.2 scalars kept as text, duplicate keys refused, and the line of every key remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import yaml

from equite.errors import FormulaError, Problem, Problems
from equite.inputs.bounds import MOST_DEPTH, MOST_PAGE_BYTES
from equite.inputs.files import bounded_bytes
from equite.inputs.yaml_bounds import is_beyond_bounds

__all__ = ["Change", "Page", "PageValue", "Place", "overlay", "page_of", "read_page", "short_key"]

#: What a page holds: text, mappings and lists. The schema gives types.
PageValue = Any
#: Where a key stands: its path, and the file and line it was read from.
Place = tuple[str, ...]

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Change:
    """One difference that an override makes: where, what stood there, what stands there now (None: absent)."""

    where: str
    before: PageValue
    after: PageValue


@dataclass(frozen=True)
class Page:
    """A page as written: its content as text, and the file and line of each key.

    ``text`` gives what was read, or what a page made in memory would be as YAML: it is seldom asked for.
    """

    content: dict[str, PageValue]
    lines: Mapping[Place, tuple[str, int]] = field(default_factory=dict)
    text: Callable[[], str] = field(default=str, compare=False)
    changes: tuple[Change, ...] = ()
    folder: Path | None = None
    #: The files that it was read from, overrides included.
    files: tuple[Path, ...] = field(default=(), compare=False)
    #: The folder that no path it writes may leave; its own where none was given.
    root: Path | None = field(default=None, compare=False)

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the text."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def place(self, path: Sequence[str | int]) -> tuple[str, int | None]:
        """Return the file and line of a path, or of the nearest key above it that has one."""
        keys = tuple(str(key) for key in path)
        for length in range(len(keys), -1, -1):
            if keys[:length] in self.lines:
                return self.lines[keys[:length]]
        return "", None

    def beside(self, written: str, *path: str | int) -> Path:
        """Return the file that the page writes at a path of its own: beside it, and not outside its root.

        A page may come from a stranger, and reads no file but those that came with it. What has no file of its own was
        made in Python, and means paths from where Python runs.

        Raises
        ------
        FormulaError
            The path, links followed, leaves the root.
        """
        if self.folder is None:
            return Path(written)
        found, root = self.folder / written, (self.root or self.folder).resolve()
        if not found.resolve().is_relative_to(root):
            file, line = self.place(path)
            where = ".".join(map(str, path))
            raise FormulaError([Problem("page-path-outside", {"path": written, "root": root.name}, where, line, file)])
        return found


def read_page(source: str | Path, *, text: str | None = None, root: str | Path | None = None) -> Page:
    """Read a page from a file, or from ``text`` (``source`` then names it in errors).

    ``root`` is the folder that the paths it writes may not leave, by default that of its file.

    Raises
    ------
    FormulaError
        The file is absent, is not UTF-8, is not YAML, repeats a key, or is not a mapping.
    """
    name = Path(source).name
    source_is_file = text is None
    if text is None:
        text = _file_text(Path(source))
    if len(text) > MOST_PAGE_BYTES:
        raise FormulaError([Problem("page-too-large", file=name)])
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FormulaError([Problem(*_unreadable(error, text, line), line=line, file=name)]) from None
    except (yaml.YAMLError, RecursionError):
        raise FormulaError([Problem("page-not-yaml", file=name)]) from None
    if node is not None and is_beyond_bounds(node):
        raise FormulaError([Problem("page-too-large", file=name)])
    reader = _Composer(name)
    content = reader.value(node, ()) if node is not None else {}
    # An empty file has a name all the same.
    reader.lines.setdefault((), (name, 1))
    if not isinstance(content, dict):
        reader.problems.add("page-not-mapping", file=name)
    reader.problems.refuse()
    if not source_is_file:
        return Page(content, reader.lines, partial(str, text))
    path = Path(source)
    kept = path.parent if root is None else Path(root)
    return Page(content, reader.lines, partial(str, text), folder=path.parent, files=(path.absolute(),), root=kept)


def _unreadable(error: yaml.MarkedYAMLError, text: str, line: int | None) -> tuple[str, dict[str, object]]:
    """Say what is most likely wrong with a page that is not YAML."""
    lines = text.splitlines()
    written = lines[line - 1] if line and line <= len(lines) else ""
    if written.lstrip(" ").startswith("\t"):
        return "page-tab", {}
    written = written.strip()
    if "flow mapping" in str(error.context) and "(" in written:
        return "page-flow-comma", {"piece": written[written.index("(") :][:40]}
    return "page-not-yaml", {}


def page_of(content: Mapping[str, PageValue]) -> Page:
    """Make a page of a Python mapping, its numbers and truths written as text as YAML would have them."""
    plain = _as_text(content, MOST_DEPTH)
    return Page(plain, text=partial(dump, plain))


def dump(content: Mapping[str, PageValue]) -> str:
    """Write a page's content as YAML, keys in their order."""
    return yaml.dump(dict(content), allow_unicode=True, sort_keys=False, width=110, default_flow_style=False)


def _as_text(value: PageValue, depth: int) -> PageValue:
    if depth == 0:
        raise FormulaError([Problem("page-too-large")])
    if isinstance(value, Mapping):
        return {str(key): _as_text(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(item, depth - 1) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)


def _file_text(path: Path) -> str:
    if path.is_dir():
        raise FormulaError([Problem("page-is-folder", {"name": path.name})])
    try:
        text = bounded_bytes(path, FormulaError, MOST_PAGE_BYTES).decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise FormulaError([Problem("page-absent", {"name": str(path)})]) from None
    except UnicodeDecodeError:
        raise FormulaError([Problem("page-not-utf8", file=path.name)]) from None
    except OSError as error:
        raise FormulaError([Problem("page-unreadable", {"name": path.name, "reason": error.strerror or ""})]) from None


class _Composer:
    """Turns YAML's nodes into text, mappings and lists, remembering lines and collecting repeated keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, tuple[str, int]] = {}
        self.problems = Problems(FormulaError)

    def value(self, node: yaml.Node, path: Place) -> PageValue:
        self.lines.setdefault(path, (self.name, node.start_mark.line + 1))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, str(at))) for at, item in enumerate(node.value)]
        # An empty value and a text are different things: `title:` says nothing, `title: ""` says an empty text.
        assert isinstance(node, yaml.ScalarNode)
        return None if node.value == "" and not node.style else node.value

    def _mapping(self, node: yaml.MappingNode, path: Place) -> dict[str, PageValue]:
        found: dict[str, PageValue] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.add("page-key-not-text", ".".join(path), line, file=self.name)
                continue
            key = key_node.value
            if node.flow_style and value_node.value == "" and not value_node.style:
                self.problems.add("page-flow-comma", ".".join(path), line, file=self.name, piece=key)
                continue
            if key in found:
                first = self.lines[(*path, key)][1]
                self.problems.add("page-duplicate-key", ".".join(path), line, file=self.name, key=key, first=first)
                continue
            self.lines[(*path, key)] = (self.name, line)
            found[key] = self.value(value_node, (*path, key))
        return found


def overlay(base: Page, laid: Page) -> Page:
    """Lay a partial page over a base, key by key, and list each change.

    Mappings merge; lists whose items carry an ``id`` merge by id, new ids last; any other value replaces. A key whose
    value is ``null`` (or left empty) is removed.
    """
    changes: list[Change] = []
    lines = dict(base.lines)
    content = _merge(base.content, laid.content, (), changes)
    for path, place in laid.lines.items():
        lines[_renumbered(path, content)] = place
    return replace(
        base,
        content=content,
        lines=lines,
        text=partial(dump, content),
        changes=(*base.changes, *changes),
        files=(*base.files, *laid.files),
    )


def _renumbered(path: Place, content: PageValue) -> Place:
    """Return the path that an override's key has in the merged page: ids of lists become positions."""
    found: list[str] = []
    for key in path:
        if isinstance(content, list):
            at = next((n for n, item in enumerate(content) if _id(item) == key), None)
            key = str(at) if at is not None else key
            content = content[int(key)] if key.isdigit() and int(key) < len(content) else None
        else:
            content = content.get(key) if isinstance(content, dict) else None
        found.append(key)
    return tuple(found)


def _id(item: PageValue) -> str | None:
    return item.get("id") if isinstance(item, dict) else None


def _absent(value: PageValue) -> bool:
    return value is None or value in ("null", "~")


def _merge(base: PageValue, partial: PageValue, path: Place, changes: list[Change]) -> PageValue:
    where = ".".join(path)
    if isinstance(base, dict) and isinstance(partial, str) and short_key(path) in base:
        # A bare value laid over a long form changes the value, and keeps its source and status.
        partial = {short_key(path): partial}
    if isinstance(base, dict) and isinstance(partial, dict):
        return _merge_mappings(base, partial, path, changes)
    if isinstance(base, list) and base and all(_id(item) for item in base):
        by_id = {str(_id(item)): item for item in base}
        if isinstance(partial, list) and all(_id(item) for item in partial):
            partial = {str(_id(item)): item for item in partial}
        if isinstance(partial, dict):
            named = {key: {"id": key, **item} if isinstance(item, dict) else item for key, item in partial.items()}
            return list(_merge_mappings(by_id, named, path, changes).values())
    if base != partial:
        changes.append(Change(where, base, partial))
    return partial


def short_key(path: Place) -> str:
    """Return the key that a bare value stands for at a path; nothing where there is no short form."""
    if path in (("envelope",), ("key",)):
        return "value" if path[0] == "envelope" else "column"
    section = path[-2] if len(path) > 1 else ""
    return {"constants": "value", "variables": "value", "columns": "heading", "criteria": "weight"}.get(section, "")


def _merge_mappings(
    base: dict[str, PageValue], partial: dict[str, PageValue], path: Place, changes: list[Change]
) -> dict[str, PageValue]:
    merged = dict(base)
    for key, value in partial.items():
        below = (*path, key)
        if _absent(value):
            if key in merged:
                changes.append(Change(".".join(below), merged.pop(key), None))
        elif key in merged:
            merged[key] = _merge(merged[key], value, below, changes)
        else:
            changes.append(Change(".".join(below), None, value))
            merged[key] = value
    return merged
