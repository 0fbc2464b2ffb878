"""Strange files, by hypothesis: each is read, or refused with a sentence, and nothing else is ever raised.

The few that each run tries are the same each time; ``make fuzz`` tries others for as long as it is let. What failed
once is kept in ``corpus/<target>/`` and tried first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from targets import TARGETS, damaged, run, seeds

pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
CORPUS = Path(__file__).with_name("corpus")
KEPT = sorted(path for path in CORPUS.rglob("*") if path.is_file())
#: What takes long to read is tried less often.
FEW = {"workbook": 12, "plan": 30, "catalogue": 15}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[bytes]]:
    return seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_failed_once_is_read_or_refused(path: Path, folder: Path) -> None:
    run(TARGETS[path.parent.name], path.read_bytes(), folder)


def test_the_files_that_strange_ones_are_made_from_are_read(known: Mapping[str, list[bytes]], folder: Path) -> None:
    assert set(known) == set(TARGETS)
    refused = {name for name, files in known.items() for file in files if not run(TARGETS[name], file, folder)}
    # The pages of the examples name columns that the table here has not.
    assert refused == {"page"}


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_read_or_refused(name: str, known: Mapping[str, list[bytes]], folder: Path) -> None:
    @settings(
        max_examples=FEW.get(name, 60),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(known[name]), st.integers(0, 2**32))
    def hold(raw: bytes, seed: int) -> None:
        run(TARGETS[name], damaged(raw, Random(seed)), folder)

    hold()
