"""Data flows one way: who imports whom, held by import-linter, and what the exceptions may look like."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
IGNORED: list[str] = [line for contract in CONTRACTS for line in contract.get("ignore_imports", [])]


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_every_import_points_left() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("inputs", "formula"),
        ("formula", "engine"),
        ("engine", "analysis"),
        ("analysis", "report"),
        ("errors", "inputs"),
        ("errors", "resources"),
        ("wording", "errors"),
        ("resources", "wording"),
    ],
)
def test_an_import_that_points_right_is_refused(tmp_path: Path, module: str, imported: str) -> None:
    shutil.copytree(ROOT / "equite", tmp_path / "equite", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "equite" / module
    path = path / "intruder.py" if path.is_dir() else path.with_suffix(".py")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\nimport equite.{imported}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"equite.{imported}" in done.stdout


def imports(tree: ast.AST, target: str) -> Iterator[ast.stmt]:
    """Give the statements of a module that import another one, or a name of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name == target for alias in node.names):
            yield node
        elif isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            if node.module == target or target in named:
                yield node


def typed_only(tree: ast.AST) -> set[ast.stmt]:
    """Give the imports that only a type checker sees."""
    return {
        statement
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
    }


@pytest.mark.parametrize("exception", IGNORED or [pytest.param("", marks=pytest.mark.skip("no exception is named"))])
def test_an_exception_is_a_delegation_of_one_line(exception: str) -> None:
    source, target = (name.strip() for name in exception.split("->"))
    path = ROOT.joinpath(*source.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set(imports(tree, target)) - typed_only(tree)
    delegations = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and found & set(node.body)]
    assert found == {statement for node in delegations for statement in node.body} & found, "imported as it loads"
    for function in delegations:
        body = function.body[1:] if ast.get_docstring(function) else function.body
        rest = [statement for statement in body if not isinstance(statement, ast.Import | ast.ImportFrom)]
        assert len(rest) == 1, f"{source}.{function.name} does more than delegate"
        assert isinstance(rest[0], ast.Return | ast.Expr), f"{source}.{function.name} does more than delegate"


def test_no_private_name_is_imported() -> None:
    """What another module needs is public there: it has a name, a docstring, and a place in ``__all__``."""
    found = []
    for file in sorted((ROOT / "equite").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found += [
                    f"{file.relative_to(ROOT).as_posix()}:{node.lineno} {name.name}"
                    for name in node.names
                    if name.name.startswith("_") and not name.name.startswith("__")
                ]
    assert found == []
