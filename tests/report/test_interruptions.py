"""What an interruption leaves: the file that was there, whole, or the new one, whole. For every kind of output."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from interrupted import BEFORE, OUTPUTS, funder, shared

import equite
from equite import OutputError
from equite.report.notices import write_notices

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


# A folder of notices.

NOTICES = ["A.html", "B.html", "C.html", "index.html"]


def begun(allocation: equite.Allocation, folder: Path) -> int:
    """Begin a process that writes notices, silently."""
    child = os.fork()
    if not child:
        os.close(2)
        try:
            write_notices(allocation, folder)
        finally:
            os._exit(0)
    return child


def test_notices_that_are_killed_are_all_there_or_none_and_the_next_run_clears(tmp_path: Path) -> None:
    folder, found, random = tmp_path / "out", shared(900), Random(2022)
    start = time.monotonic()
    write_notices(found, tmp_path / "first")
    longest = time.monotonic() - start
    for _ in range(8):
        children = [begun(found, folder), begun(found, folder)]
        time.sleep(random.uniform(0, longest))
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if folder.exists():
            assert sorted(file.name for file in folder.iterdir()) == NOTICES
            shutil.rmtree(folder)
    for left in tmp_path.glob(".equite-*"):
        os.utime(left, (time.time() - 60,) * 2)
    write_notices(found, folder)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["first", "out"]


def test_of_two_that_write_notices_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, found = tmp_path / "out", shared(900)
    rename = Path.rename

    def overtaken(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        write_notices(found, folder)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    with pytest.raises(OutputError, match="out"):
        write_notices(found, folder)
    assert sorted(file.name for file in folder.iterdir()) == NOTICES
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("kind", ["full", "ctrl-c"])
def test_notices_that_cannot_be_finished_leave_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    found = shared(900)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if kind == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    else:
        monkeypatch.setattr(Path, "rename", interrupted)
    try:
        with pytest.raises(OutputError if kind == "full" else KeyboardInterrupt):
            write_notices(found, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_an_empty_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_notices(shared(900), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert sorted(file.name for file in (tmp_path / "real").iterdir()) == NOTICES
