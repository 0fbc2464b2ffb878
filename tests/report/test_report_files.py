"""Files: what a spreadsheet reads back, what is refused, and what a failure leaves behind."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite import Allocation, OutputError, Territories
from equite.report import files
from equite.report.columns import shown_columns
from equite.report.files import placed, write
from equite.report.workbook.sheet import MOST_ROWS

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]


def rows_of(path: Path, separator: str) -> list[list[str]]:
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_a_french_csv(french: Allocation, tmp_path: Path) -> None:
    path = french.to_csv(tmp_path / "a.csv")
    headings, *rows = rows_of(path, ";")
    assert headings == [column.heading for column in shown_columns(french)]
    assert [row[0] for row in rows] == list(french.codes)
    assert rows[0][2] == "45000"
    place = headings.index("Montant ($, illustratif)")
    assert [float(row[place]) for row in rows] == french.amounts.tolist()
    steps = slice(2, headings.index("Arrondi ($)") + 1)
    for row in rows:
        assert sum(map(int, row[steps])) == int(row[place])


def test_an_english_csv(english: Allocation, tmp_path: Path) -> None:
    headings, *rows = rows_of(english.to_csv(tmp_path / "a.csv"), ",")
    assert headings[1:3] == ["Territory", "Base (coordinator) (before floors and ceilings, $)"]
    assert rows[0][2] == "45000"


def test_no_text_of_a_csv_is_run(french: Allocation, tmp_path: Path) -> None:
    _, *rows = rows_of(french.to_csv(tmp_path / "a.csv"), ";")
    names = [row[1] for row in rows]
    assert names[:6] == [
        *("'=1+1", "'+cmd|' /C calc'!A0", "'-2", "'@SUM(A1)"),
        *("<script>alert(1)</script>", 'A; "B", C'),
    ]


def test_codes_and_headings_are_kept_from_running_too(shared: Shared, tmp_path: Path) -> None:
    parts = [{"id": "p", "title": "=HYPERLINK(0)", "pool": "remainder", "share": "equally"}]
    allocation = shared({"code": ["=A1", "-1"], "people": [1, 1]}, envelope=-0 + 2, parts=parts)
    headings, *rows = rows_of(allocation.to_csv(tmp_path / "a.csv"), ";")
    assert headings[1] == "'=HYPERLINK(0) ($)"
    assert [row[0] for row in rows] == ["'-1", "'=A1"]


def test_cells_without_a_value_are_empty_and_without_dust(shared: Shared, tmp_path: Path) -> None:
    rows = {"code": ["1", "2", "3"], "people": [1, 2, 0], "before": [0.1 + 0.2, None, 0]}
    allocation = shared(rows, envelope="0.90", previous="before", people="people")
    _, *read = rows_of(allocation.to_csv(tmp_path / "a.csv"), ";")
    assert read[0] == ["1", "0,30", "0,00", "0,30", "0,30", "33,33", "0,30", "0,00", "0,0"]
    assert read[1][-3:] == ["", "", ""]
    assert read[2][4] == ""


def test_a_csv_is_read_back_by_equite(french: Allocation, tmp_path: Path) -> None:
    path = french.to_csv(tmp_path / "a.csv")
    again = Territories.of(path, key="Code")
    assert again.codes == french.codes
    assert again.numbers("Montant ($, illustratif)").tolist() == french.amounts.tolist()


def test_a_parquet_file_keeps_all_digits_and_the_record(french: Allocation, tmp_path: Path) -> None:
    path = french.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(path), french.table)
    pq = pytest.importorskip("pyarrow.parquet")
    record = json.loads(pq.read_schema(path).metadata[b"equite"])
    assert record["formula"]["sha256"] == french.formula.sha256


def test_without_pyarrow(french: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError, match=r"demande pyarrow.*pip install 'equite\[parquet\]'"):
        french.to_parquet(tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.txt", "a.parquet", "a.xlsx"])
def test_the_end_of_a_name_tells_the_format(english: Allocation, tmp_path: Path, name: str) -> None:
    path = write(english, str(tmp_path / name))
    assert path == tmp_path / name
    begins = {".csv": b"\xef\xbb\xbf", ".txt": b"\xef\xbb\xbf", ".parquet": b"PAR1", ".xlsx": b"PK"}
    assert path.read_bytes().startswith(begins[path.suffix.lower()])
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("writer", ["write", "to_csv", "to_excel", "to_parquet"])
def test_an_unknown_end_is_refused(english: Allocation, tmp_path: Path, writer: str) -> None:
    ask = (lambda path: write(english, path)) if writer == "write" else getattr(english, writer)
    with pytest.raises(OutputError, match=r"'a.doc' does not end in .*: call it 'a.doc\.\w+', for instance"):
        ask(tmp_path / "a.doc")


def test_a_folder_is_refused(french: Allocation, tmp_path: Path) -> None:
    (tmp_path / "dossier.csv").mkdir()
    with pytest.raises(OutputError, match=r"« dossier\.csv » est un dossier"):
        french.to_csv(tmp_path / "dossier.csv")


def test_an_absent_folder_is_named_with_its_neighbours(french: Allocation, tmp_path: Path) -> None:
    (tmp_path / "resultats").mkdir()
    with pytest.raises(OutputError, match=r"pas de dossier « resultat ».*vouliez-vous dire « resultats »"):
        french.to_csv(tmp_path / "resultat" / "2026" / "a.csv")
    (tmp_path / "fichier").touch()
    with pytest.raises(OutputError, match="« fichier », qui est un fichier"):
        french.to_csv(tmp_path / "fichier" / "a.csv")


def test_a_read_only_file_is_left_alone(french: Allocation, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="existe déjà, en lecture seule"):
        french.to_csv(path)
    assert path.read_text() == "before"


def failing(number: int) -> object:
    def replace(self: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    return replace


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "'a.csv' is locked, most likely open in another program"),
        (errno.ENOSPC, "no room left to write 'a.csv'"),
        (errno.EIO, "the system refuses to write 'a.csv'"),
    ],
)
@pytest.mark.parametrize("writer", ["to_csv", "to_excel", "to_parquet"])
def test_a_failure_leaves_the_file_as_it_was(
    english: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str, writer: str
) -> None:
    ends = {"to_csv": ".csv", "to_excel": ".xlsx", "to_parquet": ".parquet"}
    path = tmp_path / f"a{ends[writer]}"
    path.write_text("before")
    monkeypatch.setattr(Path, "replace", failing(number))
    with pytest.raises(OutputError, match=said.replace(".csv", ends[writer])):
        getattr(english, writer)(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_crash_in_the_middle_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")

    def crash() -> None:
        with placed(path, "en") as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_closed_folder(english: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(OutputError, match=f"the folder '{tmp_path.name}' is closed to you"):
        english.to_csv(tmp_path / "a.csv")


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
def test_permissions_and_links_are_kept(english: Allocation, tmp_path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    path = english.to_csv(tmp_path / "new.csv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    path.write_text("before")
    english.to_csv(link)
    assert link.is_symlink()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="no ordinary file"):
        english.to_csv(pipe)
    with pytest.raises(OutputError, match="too long"):
        english.to_csv(tmp_path / f"{'x' * 300}.csv")


def test_more_than_a_sheet_holds(english: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equite.report.workbook.file.MOST_ROWS", 20)
    with pytest.raises(OutputError, match="19 territories do not fit on a sheet, which holds 18: write a CSV"):
        english.to_excel(tmp_path / "a.xlsx")
    monkeypatch.setattr("equite.report.workbook.file.MOST_ROWS", MOST_ROWS)
    monkeypatch.setattr("equite.report.workbook.file.MOST_COLUMNS", 10)
    with pytest.raises(OutputError, match="columns do not fit"):
        english.to_excel(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.lists(st.text(alphabet=";,\"\r\n'a =é"), min_size=2, max_size=2), max_size=9), st.sampled_from(";,"))
def test_texts_are_put_in_quotation_marks_as_the_csv_module_does(rows: list[list[str]], separator: str) -> None:
    theirs = io.StringIO(newline="")
    csv.writer(theirs, delimiter=separator).writerows(rows)
    assert "".join(f"{separator.join(files._quoted(row, separator))}\r\n" for row in rows) == theirs.getvalue()
