"""Old encodings are read right or refused, never wrongly."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from equite.errors import TerritoriesError
from equite.inputs.encodings import decoded
from equite.inputs.reading import read_table

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TABLE = "code;nom\n1;Côte-de-Gaspé\n2;Îles-de-la-Madeleine\n3;Rivière-du-Nord\n4;Les Forêts\n5;Saint-François\n"


def names() -> list[str]:
    """Give the names of Québec's municipalities that have an accent."""
    found: set[str] = set()
    for path in EXAMPLES.glob("quebec*/*.csv"):
        frame = pd.read_csv(path, dtype=str)
        found |= {cell for column in frame for cell in frame[column].dropna() if not cell.isascii()}
    return sorted(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman", "cp850"])
@pytest.mark.parametrize("capitals", [False, True])
def test_a_table_of_names_is_read_in_any_encoding(encoding: str, capitals: bool, tmp_path: Path) -> None:
    text = TABLE.upper() if capitals else TABLE
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    frame, source, _ = read_table(path)
    assert frame.iloc[:, 1].tolist() == [row.split(";")[1] for row in text.splitlines()[1:]]
    assert source.encoding == encoding


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
def test_what_may_be_either_is_refused_with_the_ways_out(encoding: str) -> None:
    with pytest.raises(TerritoriesError) as error:
        decoded("code,nom\n1,España\n2,Córdoba\n3,São Paulo\n".encode(encoding), "t.csv")
    assert [problem.id for problem in error.value.problems] == ["input-encoding-unsure"]
    assert "UTF-8" in error.value.text("fr")
    assert "CP850" in error.value.text("en")


def test_windows_is_never_taken_for_another() -> None:
    known, draw = names(), random.Random(4)
    for count in (1, 2, 5, 20):
        for _ in range(50):
            text = "code,nom\n" + "\n".join(f"1,{name}" for name in draw.sample(known, count))
            for written in (text, text.upper()):
                assert decoded(written.encode("cp1252"), "")[0].decode() == written


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
def test_several_names_are_read_right_or_refused(encoding: str) -> None:
    known, draw = names(), random.Random(5)
    read = 0
    for _ in range(200):
        text = "code,nom\n" + "\n".join(f"1,{name}" for name in draw.sample(known, 10))
        try:
            raw = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        try:
            assert decoded(raw, "")[0].decode() == text
            read += 1
        except TerritoriesError:
            pass
    assert read > 100


@pytest.mark.parametrize(
    "text",
    [
        "n\n45° – 12 €\n",
        "n\n« Forêt » 5 m²\n",
        "n\nMünchen\nÖsterreich\n",
        "n\nSÃO JOÃO\nRIBEIRÕES\n",
        "n\nNoël, Maïs\n",
    ],
)
def test_other_texts_of_windows(text: str) -> None:
    assert decoded(text.encode("cp1252"), "") == (text.encode(), "cp1252")
