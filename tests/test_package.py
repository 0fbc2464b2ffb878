"""What is installed: the wheel, the folders shipped in it, and the house rules of the test run itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml

import equite
from equite import resources

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("criteria", "examples")
FIND = "import equite, sys; from equite.resources import folder; print(equite.__file__, folder(sys.argv[1]), sep='\\n')"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(project: Path, target: str, into: Path) -> Path:
    run("-m", "hatchling", "build", "--target", target, "--directory", into, cwd=project)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel, cwd=target)
    return target


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("name", SHIPPED)
def test_an_installed_wheel_finds_what_it_ships(installed: Path, tmp_path: Path, name: str) -> None:
    package, found = run("-c", FIND, name, cwd=tmp_path, PYTHONPATH=str(installed)).split("\n")[:2]
    assert Path(package).resolve() == (installed / "equite" / "__init__.py").resolve()
    assert Path(found).resolve() == (installed / "equite" / name).resolve()
    assert list(Path(found).rglob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_checkout_finds_what_it_ships(tmp_path: Path, name: str) -> None:
    package, found = run("-c", FIND, name, cwd=tmp_path, PYTHONPATH=str(ROOT)).split("\n")[:2]
    assert Path(package).resolve() == ROOT / "equite" / "__init__.py"
    assert Path(found).resolve() == ROOT / name == resources.folder(name)
    assert list(Path(found).rglob("*.yaml"))


def test_a_missing_folder_is_said_with_where_it_was_looked_for() -> None:
    with pytest.raises(FileNotFoundError, match=r"'elsewhere' is not at .*install equite again"):
        resources.folder("elsewhere")


def test_a_neighbour_of_an_installed_package_is_not_taken_for_its_own(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    package = tmp_path / "equite"
    package.mkdir()
    shutil.copy(ROOT / "equite" / "resources.py", package)
    script = "from resources import folder\ntry: print(folder('examples'))\nexcept FileNotFoundError: print('refused')"
    assert run("-c", script, cwd=tmp_path, PYTHONPATH=str(package)).strip() == "refused"


def test_the_wheel_holds_the_library_and_nothing_else(wheel: Path) -> None:
    found = names(wheel)
    assert {name.split("/")[0] for name in found} == {"equite", f"equite-{equite.__version__}.dist-info"}
    assert "equite/py.typed" in found
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "equite").rglob("*.py")}
    sentences = {path.relative_to(ROOT).as_posix() for path in (ROOT / "equite" / "wording").glob("*.yaml")}
    assert modules | sentences <= found
    assert not [name for name in found if name.endswith((".pyc", ".DS_Store")) or "-checkpoint." in name]
    assert [name for name in found if name.endswith("licenses/LICENSE")]


def test_a_source_release_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    release = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(release) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (project,) = (tmp_path / "source").iterdir()
    assert names(build(project, "wheel", tmp_path / "wheel")) == names(wheel)


def test_public_names_are_sorted_and_there() -> None:
    public = list(getattr(equite, "__all__", []))
    assert public == sorted(public)
    assert len(public) == len(set(public))
    assert [name for name in public if not hasattr(equite, name)] == []


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == equite.__version__


def distribution(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_every_requirement_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9.-]+==[0-9][0-9a-z.]*", line)] == []
    pinned = {distribution(line) for line in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = {distribution(text) for text in project["dependencies"]}
    extras = project["optional-dependencies"]
    # What only `make fuzz` may use is pinned like the rest, though the tests run without it.
    assert {distribution(text) for text in extras["fuzz"]} <= pinned
    waiting |= {distribution(text) for name, group in extras.items() if name != "fuzz" for text in group}
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        if name != "equite":
            required = [text for text in metadata.requires(name) or [] if "extra ==" not in text]
            here = [text for text in required if ";" not in text]
            waiting |= {distribution(text) for text in here} - needed
    assert needed - {"equite"} <= pinned


def test_the_oldest_versions_are_those_that_are_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["parquet"]]
    lines = (ROOT / "constraints-minimum.txt").read_text(encoding="utf-8").splitlines()
    pins = {distribution(line): line.partition("==")[2] for line in lines if not line.startswith("#")}
    for text in asked:
        least = re.search(r">=([0-9.]+)", text)
        assert least is not None, text
        assert re.fullmatch(rf"{re.escape(least[1])}(\.0)*", pins[distribution(text)]), text


def test_the_bill_of_materials_names_what_is_installed(tmp_path: Path) -> None:
    run(ROOT / "docs" / "bill_of_materials.py", tmp_path / "bill.json", cwd=tmp_path)
    bill = json.loads((tmp_path / "bill.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == equite.__version__
    parts = {part["name"].lower(): part for part in bill["components"]}
    assert parts["numpy"]["version"] == metadata.version("numpy")
    assert parts["numpy"]["purl"] == f"pkg:pypi/numpy@{metadata.version('numpy')}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {distribution(text) for text in project["dependencies"]} <= set(parts)
    # What an extra brings is no part of equite; what a part needs is one too.
    assert "scipy" not in parts and "pydantic-core" in parts
    known = {part["bom-ref"] for part in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert known == {each["ref"] for each in bill["dependencies"]}
    assert {ref for each in bill["dependencies"] for ref in each["dependsOn"]} <= known


SKIPPING = {
    "test_marked.py": """
import pytest

@pytest.mark.golden
def test_golden(): pytest.skip("no table")

@pytest.mark.excel
def test_excel(): pytest.skip("no spreadsheet program")

@pytest.mark.browser
@pytest.mark.skipif(True, reason="no browser")
def test_browser(): pass

@pytest.mark.golden
@pytest.mark.xfail
def test_known_to_fail(): assert False

@pytest.mark.slow
def test_other(): pytest.skip("not today")
""",
    "test_module.py": """
import pytest

pytestmark = pytest.mark.golden
pytest.importorskip("a_module_that_is_not_there")

def test_golden(): pass
""",
}


@pytest.mark.parametrize(
    ("environment", "golden", "failed", "skipped"),
    [
        ({}, True, 0, 5),
        ({"CI": "true"}, False, 0, 5),
        ({"CI": "true"}, True, 2, 3),
        ({"CI": "true", "EQUITE_STRICT_SKIPS": "1"}, False, 2, 3),
        ({"CI": "true", "EQUITE_STRICT_SKIPS": "1"}, True, 4, 1),
    ],
)
def test_a_skip_fails_where_the_test_has_all_it_needs(
    tmp_path: Path, environment: dict[str, str], golden: bool, failed: int, skipped: int
) -> None:
    tests = tmp_path / "project" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "conftest.py", tests)
    shutil.copy(ROOT / "pyproject.toml", tests.parent)
    for name, source in SKIPPING.items():
        (tests / name).write_text(source, encoding="utf-8")
    if golden:
        (tmp_path / "shared" / "data" / "golden").mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "EQUITE_STRICT_SKIPS"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--continue-on-collection-errors"],
        cwd=tests.parent,
        env={**inherited, "PYTHONUTF8": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    counts = {what: int(number) for number, what in re.findall(r"(\d+) (failed|skipped|error)", done.stdout)}
    refused = counts.get("failed", 0) + counts.get("error", 0)
    assert (refused, counts.get("skipped", 0)) == (failed, skipped), done.stdout
    assert done.returncode == (1 if failed else 0), done.stdout
    if failed:
        assert "may not be skipped, for" in done.stdout
        assert "1 xfailed" in done.stdout
