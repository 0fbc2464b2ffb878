"""The public API explains itself: each name's own docstring says all, its examples run, and the reference is theirs."""

from __future__ import annotations

import dataclasses
import doctest
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import equite

ROOT = Path(__file__).resolve().parents[1]


def _reference() -> Any:
    """Load the script that writes the reference: what is public is said there, once."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


reference = _reference()
NAMES = tuple(reference.names())
EVERYTHING = tuple(each for name in NAMES for each in (name, *reference.members(name)))


def named(section: str) -> set[str]:
    """Give the names that a section explains: what stands at the left of its lines, before a colon."""
    entries = re.findall(r"^([*\w][^:\n]*)(?: :|$)", section, flags=re.MULTILINE)
    return {name.strip().lstrip("*") for entry in entries for name in entry.split(",")}


def fields(thing: type) -> Iterator[str]:
    """Give what a class holds as data."""
    if dataclasses.is_dataclass(thing):
        yield from (field.name for field in dataclasses.fields(thing) if not field.name.startswith("_"))
    elif issubclass(thing, BaseModel):
        yield from thing.model_fields


def missing(member: Any) -> Iterator[str]:
    """Say what a docstring lacks."""
    if not member.sections[""]:
        yield "a summary"
    if member.kind == "class":
        wanted = set(fields(member.thing))
        if not wanted and "__init__" in vars(member.thing):
            wanted = set(inspect.signature(member.thing).parameters)
        yield from sorted(wanted - named(member.sections.get("Attributes", member.sections.get("Parameters", ""))))
    if member.kind in ("class", "function", "method") and ">>>" not in member.sections.get("Examples", ""):
        yield "Examples"
    if member.kind in ("function", "method"):
        signature = inspect.signature(member.thing)
        parameters = {name for name in signature.parameters if name not in ("self", "cls")}
        yield from sorted(parameters - named(member.sections.get("Parameters", "")))
        if signature.return_annotation not in (None, "None") and "Returns" not in member.sections:
            yield "Returns"


@pytest.mark.parametrize("member", EVERYTHING, ids=lambda member: member.path)
def test_a_public_name_says_all_that_it_takes_and_gives(member: Any) -> None:
    assert list(missing(member)) == []


def test_the_walk_meets_what_is_public() -> None:
    paths = {member.path for member in EVERYTHING}
    assert {"equite.share", "equite.indicators.rate", "equite.Allocation.to_excel", "equite.Formula.read"} <= paths
    assert {"equite.Allocation.amounts", "equite.EquiteError.text", "equite.Catalogue.search"} <= paths
    assert {path.split(".")[1] for path in paths} == set(equite.__all__) - {"catalogue"}
    assert not [path for path in paths if "._" in path or path.endswith(("model_dump", "keys"))]


@pytest.mark.usefixtures("own_methods")
@pytest.mark.parametrize("owner", NAMES, ids=lambda member: member.path)
def test_the_examples_are_true(owner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    runner, told = doctest.DocTestRunner(optionflags=options), list[str]()
    known: dict[str, Any] = {"equite": equite}
    for at, member in enumerate((owner, *reference.members(owner))):
        test = doctest.DocTestParser().get_doctest(member.text, dict(known), member.path, None, None)
        runner.run(test, out=told.append, clear_globs=False)
        # The examples of a class's methods go on from its own.
        known = test.globs if at == 0 else known
    assert not told, "".join(told)


def test_the_reference_is_what_the_docstrings_say() -> None:
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == reference.reference(), "run `make reference`"


def test_every_public_name_has_its_chapter() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    titles = re.findall(r"^##+ (.*)$", text, flags=re.MULTILINE)
    told = {title.removeprefix("equite.") for title in titles}
    assert len(titles) == len(set(titles))
    assert {each.path.removeprefix("equite.") for each in EVERYTHING if each.kind != "property"} == told
    anchors = {re.sub(r"[^\w -]", "", title).lower() for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
