"""The notebooks: they run as they are, say in each language what they say in the other, and show nothing broken."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
PAIRS = list(zip(*(sorted((ROOT / "notebooks" / language).glob("*.ipynb")) for language in ("fr", "en")), strict=True))
#: What a notebook may import: nothing that is not installed with equite and its extra ``plot``.
IMPORTS = {"equite", "io", "openpyxl", "os", "pandas", "warnings"}
#: The place of a file on somebody's disk.
PLACE = re.compile(r"(?<![\w<])/(?:home|tmp|root|Users|var|work)/|\b[A-Z]:\\\\")
#: What nobody should read: missing numbers, exponents, dust, objects that cannot show themselves.
BROKEN = re.compile(r"\bnan\b|> *None *<|\d[eE]\+?-?\d{2}\b|[.,]\d*0{6}\d|<Axes|<Figure|object at 0x", re.IGNORECASE)

named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
paired = pytest.mark.parametrize(("french", "english"), PAIRS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_of(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def words_of(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


# What is written.


def test_there_are_seven_in_each_language() -> None:
    assert len(PAIRS) == 7
    assert len(NOTEBOOKS) == 14


@named
def test_a_notebook_is_valid_and_holds_no_output(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@named
def test_a_notebook_says_what_one_learns_and_what_to_try(path: Path) -> None:
    first, *_, last = words_of(read(path))
    learns, tries = {"fr": ("Ce que vous apprendrez", "## À essayer"), "en": ("What you will learn", "## Try this")}[
        path.parent.name
    ]
    assert first.startswith("# ")
    assert learns in first
    assert last.startswith(tries)


@named
def test_links_lead_to_notebooks_and_dollars_are_not_mathematics(path: Path) -> None:
    words = "\n".join(words_of(read(path)))
    for target in re.findall(r"\]\(([^)]+)\)", words):
        assert (path.parent / target).is_file()
    assert not re.search(r"(?<!\\)\$", re.sub(r"`[^`]*`", "", words))


@named
def test_a_notebook_needs_nothing_but_equite(path: Path) -> None:
    for source in code_of(read(path)):
        for node in ast.walk(ast.parse(source.rstrip().rstrip(";"))):
            if isinstance(node, ast.Import):
                assert {alias.name.partition(".")[0] for alias in node.names} <= IMPORTS
            elif isinstance(node, ast.ImportFrom):
                assert str(node.module).partition(".")[0] in IMPORTS
        assert not PLACE.search(source)


@paired
def test_both_languages_run_the_same_code(french: Path, english: Path) -> None:
    first, second = read(french), read(english)
    assert [(cell.id, cell.cell_type) for cell in first.cells] == [(cell.id, cell.cell_type) for cell in second.cells]
    ours, theirs = code_of(first), code_of(second)
    assert ours[0].count('= "fr"') == theirs[0].count('= "en"') == 1
    assert [source.replace('= "fr"', '= "en"') for source in ours] == theirs


# What is shown.


#: Runs notebooks by a kernel of this very Python, whatever kernels are installed, and writes each with its outputs, or
#: what went wrong. One kernel runs them all, for most of what a notebook takes is imports: before each, whatever was
#: named is forgotten, and the surroundings are as they were. The libraries of notebooks leave sockets open, which would
#: be taken for faults of later tests: they get a process of their own.
RUN = """
import json
import sys
from pathlib import Path
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

KEEP = "import os, warnings; os._kept = dict(os.environ), warnings.filters[:]"
AS_IT_WAS = '''%reset -f
import os, warnings
os.environ.clear()
os.environ.update(os._kept[0])
warnings.filters[:] = os._kept[1]
os.chdir({folder!r})
%reset -f'''

def run(notebook):
    NotebookClient(notebook, km=kernel, timeout=240).execute()

def cells(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])

kernel = KernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
try:
    run(cells(KEEP))
    for source, folder, target in json.loads(sys.argv[1]):
        notebook = nbformat.read(source, as_version=4)
        run(cells(AS_IT_WAS.format(folder=folder)))
        try:
            run(notebook)
        except CellExecutionError as error:
            Path(target).with_suffix(".error").write_text(str(error), encoding="utf-8")
        else:
            nbformat.write(notebook, target)
finally:
    kernel.shutdown_kernel(now=True)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Run every notebook, each in an empty folder; give where each stands with its outputs."""
    home = tmp_path_factory.mktemp("notebooks")
    targets = {path: home / f"{path.parent.name}-{path.name}" for path in NOTEBOOKS}
    jobs = [(str(path), str(home / target.stem), str(target)) for path, target in targets.items()]
    for _, folder, _ in jobs:
        Path(folder).mkdir()
    # The debugger warns of Python's frozen modules, and nobody debugs here.
    own = {"JUPYTER_RUNTIME_DIR": str(home), "IPYTHONDIR": str(home), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(jobs)],
        cwd=home,
        env={**os.environ, **own, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return targets


def outputs_of(target: Path) -> list[tuple[str, str]]:
    """Give what a notebook showed as it ran."""
    wrong = target.with_suffix(".error")
    assert not wrong.is_file(), wrong.read_text(encoding="utf-8")
    return list(shown(read(target)))


def shown(notebook: Any) -> Iterator[tuple[str, str]]:
    """Give what the cells show, each with its kind."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield output.name, output.text
            else:
                data = output.get("data", {})
                # A notebook shows the richest form that there is.
                yield from ((kind, text) for kind, text in data.items() if kind != "text/plain" or len(data) == 1)


@pytest.mark.slow
@named
def test_a_notebook_runs(path: Path, ran: dict[Path, Path]) -> None:
    outputs = outputs_of(ran[path])
    assert "stderr" not in {kind for kind, _ in outputs}
    assert any(kind == "image/png" for kind, _ in outputs)
    texts = [text for kind, text in outputs if kind in ("text/html", "text/plain", "stdout")]
    assert texts
    for text in texts:
        # Styles are for browsers.
        seen = re.sub(r'style="[^"]*"', "", text)
        assert not BROKEN.search(seen), seen
        assert not PLACE.search(seen), seen
    spoken = {found for text in texts for found in re.findall(r'<div class="equite[^>]*lang="(\w+)"', text)}
    assert spoken == {path.parent.name}
