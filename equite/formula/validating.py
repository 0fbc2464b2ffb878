"""Holding a page against its model, and saying in our words what does not fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from equite.errors import Problems, nearest
from equite.formula.loading import Page, PageValue
from equite.inputs.spelling import tidy

__all__ = ["Report", "reporter", "shown", "validated"]

#: Notes one problem: its sentence, its path on the page, its values.
Report = Callable[..., None]
_Model = TypeVar("_Model", bound=BaseModel)


def reporter(page: Page, problems: Problems) -> Report:
    """Return what notes a problem of a page with the file and line where it stands."""

    def report(entry: str, path: Sequence[str | int] = (), **values: Any) -> None:
        file, line = page.place(path)
        problems.add(entry, shown(path, page.content), line, file=file, **values)

    return report


def validated(model: type[_Model], page: Page, problems: Problems, report: Report) -> _Model:
    """Make a model of a page's content; refuse with every problem noted so far and found here."""
    _keys_once(page.content, (), page, report)
    try:
        return model.model_validate(page.content)
    except ValidationError as error:
        details = error.errors(include_url=False)
        meant = {key for detail in details for key in _keys_meant(model, detail)}
        for detail in details:
            # A key that is required and misspelt is one mistake, told where it stands.
            if detail["type"] != "missing" or detail["loc"] not in meant:
                _report_invalid(model, detail, report)
        problems.refuse()
        raise


def _keys_once(content: PageValue, path: tuple[str | int, ...], page: Page, report: Report) -> None:
    """Note the keys of one mapping that are read as one: of two values, the last would win in silence."""
    if isinstance(content, list):
        for at, item in enumerate(content):
            _keys_once(item, (*path, at), page, report)
    elif isinstance(content, dict):
        first: dict[str, str] = {}
        for key, value in content.items():
            other = first.setdefault(unicodedata.normalize("NFKC", tidy(key)), key)
            if other != key:
                report("page-keys-alike", (*path, key), key=key, first=page.place((*path, other))[1] or "—")
            _keys_once(value, (*path, key), page, report)


def shown(path: Sequence[str | int], content: Any) -> str:
    """Write a path with the ids of parts and limits instead of their positions."""
    words: list[str] = []
    for key in path:
        inner = None
        if isinstance(content, list) and isinstance(key, int) and key < len(content):
            inner = content[key]
            named = inner.get("id") if isinstance(inner, dict) else None
            words.append(str(named) if named else str(key + 1))
        else:
            inner = content.get(key) if isinstance(content, dict) else None
            words.append(str(key + 1) if isinstance(key, int) else str(key))
        content = inner
    return ".".join(words)


def _keys_meant(model: type[BaseModel], detail: Any) -> list[tuple[str | int, ...]]:
    """Return the paths that a key which is not known may be a misspelling of."""
    if detail["type"] != "extra_forbidden":
        return []
    *above, name = detail["loc"]
    known = _known_keys(model, [key for key in above if key != "[key]"])
    return [(*above, key) for key in nearest(str(name), known).names]


def _report_invalid(model: type[BaseModel], detail: Any, report: Report) -> None:
    """Put one of pydantic's findings into our words."""
    path = tuple(key for key in detail["loc"] if key != "[key]")
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "equite":
        report(context["entry"], path, **context["values"])
    elif kind == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        name = str(path[-1])
        report("unknown-key", path, key=name, nearest=nearest(name, known), known=", ".join(known))
    elif kind == "missing":
        report("missing-key", path[:-1], key=str(path[-1]))
    elif kind == "literal_error":
        report("not-one-of", path, value=str(detail["input"]), choices=context["expected"].replace(" or ", ", "))
    elif kind.startswith(("int_", "greater_", "less_")):
        report("not-a-whole-number", path, value=str(detail["input"]))
    elif kind.startswith("bool_"):
        report("not-yes-or-no", path, value=str(detail["input"]))
    elif kind == "too_short":
        # An item that is wrong in itself has its own sentence; the list is then too short only for pydantic.
        if not detail["input"]:
            report("list-empty", path)
    elif kind in ("string_type",):
        report("not-a-text", path)
    elif kind in ("tuple_type", "list_type"):
        report("not-a-list", path)
    else:
        report("not-a-mapping", path)


def _known_keys(model: Any, path: Sequence[str | int]) -> list[str]:
    """Return the keys that the mapping at a path may hold."""
    schema = _schema(model)
    node: Any = schema
    for key in path:
        node = _resolved(schema, node)
        inner = node.get("properties", {}).get(key)
        if inner is None:
            inner = node.get("items") if isinstance(key, int) else node.get("additionalProperties")
        node = inner or {}
    return sorted(_resolved(schema, node).get("properties", {}))


@cache
def _schema(model: Any) -> Any:
    return model.model_json_schema(by_alias=True)


def _resolved(schema: Any, node: Any) -> Any:
    """Follow references and optional alternatives to the mapping that they name."""
    while isinstance(node, dict):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in node or "allOf" in node:
            node = next(iter(node.get("anyOf") or node["allOf"]))
        else:
            return node
    return {}
