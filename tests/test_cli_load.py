"""Methods of one's own on the command line: files that the caller names are run, and nothing that a page says is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import TABLE, run, write

from equite.wording import Language

pytestmark = pytest.mark.usefixtures("own_methods", "loaded")
METHODS = """
import numpy as np
import equite

@equite.row_function("cube_root", title={"fr": "racine cubique", "en": "cube root"})
def cube_root(x):
    return np.cbrt(x)
"""
PARTS = [{"id": "base", "pool": "remainder", "share": {"in_proportion_to": "cube_root(population)"}}]


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in a folder with methods, a page that uses them, and a table; forget what was loaded."""
    monkeypatch.chdir(tmp_path)
    Path("own_methods_here.py").write_text(METHODS, encoding="utf-8")
    write("formula.yaml", parts=PARTS, checks=[])
    Path("table.csv").write_text(TABLE.replace("100", "1").replace("200", "8").replace("700", "27"), encoding="utf-8")
    yield
    for name in ("own_methods_here", "own"):
        sys.modules.pop(name, None)


def test_a_page_uses_the_methods_of_a_file_that_is_named() -> None:
    load = ("--load", "own_methods_here.py")
    # 1, 2 and 3 sixths of 1,000.
    assert "Gamma" in run(*load, "allocate", "formula.yaml", "table.csv", "-o", "out.csv")
    rows = Path("out.csv").read_text(encoding="utf-8-sig")
    assert all(amount in rows for amount in (";167", ";333", ";500"))
    assert "racine cubique" in " ".join(run(*load, "formula", "show", "formula.yaml").split())
    assert "cube_root" in run(*load, "check", "formula.yaml", "table.csv")


def test_without_the_file_the_decorator_that_is_wanting_is_named() -> None:
    assert "@equite.row_function" in run("check", "formula.yaml", "table.csv", code=1)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("own.py", "", {"fr": "« own.py » n’enregistre aucune méthode", "en": "'own.py' registers no method"}),
        ("own.txt", METHODS, {"fr": "un fichier qui finit par .py", "en": "a file that ends in .py"}),
        ("two words.py", METHODS, {"fr": "de lettres, de chiffres", "en": "letters, digits"}),
        ("numpy.py", METHODS, {"fr": "porte le nom d’un module déjà chargé", "en": "a module that is loaded already"}),
        ("own.py", "\n1 / 0", {"fr": "(ZeroDivisionError: division by zero)", "en": "@ line 2:"}),
        ("own.py", "\n\ndef (", {"fr": "(SyntaxError", "en": "@ line 3:"}),
        ("own.py", "raise SystemExit(0)", {"fr": "(SystemExit: 0)", "en": "@ line 1:"}),
        ("own.py", METHODS.replace('"cube_root"', '"sqrt"'), {"fr": "s'appelle déjà « sqrt »", "en": "'sqrt' already"}),
        ("own.py", None, {"fr": "« own.py » n’a pu être lu", "en": "'own.py' could not be read"}),
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_cannot_be_loaded_is_refused(
    name: str, text: str | None, told: dict[str, str], language: Language
) -> None:
    if text is not None:
        Path(name).write_text(text, encoding="utf-8")
    command = ("--load", name, "--language", language, "check", "formula.yaml", "table.csv")
    assert told[language] in " ".join(run(*command, language=language, code=1).split())
    # What failed leaves nothing behind.
    assert "own" not in sys.modules or text == ""


def test_a_file_that_is_loaded_is_not_written_over() -> None:
    load, into = ("--load", "own_methods_here.py"), ("-o", "own_methods_here.py")
    said = run(*load, "allocate", "formula.yaml", "table.csv", *into, code=1)
    assert "would be lost" in said
    assert Path("own_methods_here.py").read_text(encoding="utf-8") == METHODS


@pytest.mark.parametrize("key", ["load", "methods", "import"])
def test_no_page_makes_anything_run(key: str, tmp_path: Path) -> None:
    trace = tmp_path / "was_run"
    Path("evil.py").write_text(f"open({str(trace)!r}, 'w').close()\n", encoding="utf-8")
    write("formula.yaml", **{key: "evil.py"})
    assert key in run("check", "formula.yaml", "table.csv", code=1)
    Path("over.yaml").write_text(f"{key}: [evil.py]\n", encoding="utf-8")
    write("formula.yaml")
    run("check", "formula.yaml", "table.csv", "--override", "over.yaml", code=1)
    assert not trace.exists()
