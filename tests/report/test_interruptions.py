"""What an interruption leaves: the file that was there, whole, or the new one, whole. For every kind of output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from interrupted import BEFORE, OUTPUTS, funder

from equite import OutputError

pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals, limits and links of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    funder(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_two_writers_killed_or_interrupted_leave_whole_files(tmp_path: Path) -> None:
    """Eight moments at random, each on every kind of output: EQUITE_KILLS=200 tries more."""
    script, rounds = Path(__file__).with_name("interrupted.py"), os.environ.get("EQUITE_KILLS", "8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "2022", rounds], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_disk_that_is_full_leaves_the_file_as_it_was(name: str, folder: Path) -> None:
    import resource

    path = folder / name
    path.write_bytes(BEFORE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The system refuses what is written past so many bytes, as it does on a disk without room.
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(OutputError, match=path.name):
            OUTPUTS[name](900, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == BEFORE
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("name", OUTPUTS)
def test_ctrl_c_leaves_the_file_as_it_was(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    path = folder / name
    path.write_bytes(BEFORE)
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        OUTPUTS[name](900, path)
    assert path.read_bytes() == BEFORE
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("name", OUTPUTS)
def test_links_are_followed_and_a_second_name_keeps_what_it_had(name: str, folder: Path) -> None:
    path, link, second = folder / f"real-{name}", folder / name, folder / f"second-{name}"
    path.write_bytes(BEFORE)
    link.symlink_to(path)
    os.link(path, second)
    OUTPUTS[name](900, link)
    assert link.is_symlink()
    assert path.read_bytes() != BEFORE
    assert second.read_bytes() == BEFORE
    assert len(list(folder.iterdir())) == 3
