"""The pieces of the page that recomputes: what stands in the file, its codes, its reader of override files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from explorer_page import EXAMPLES, example

from equite import Formula, allocate
from equite.report.browser.explorer import data as explorer_module
from equite.report.browser.explorer.data import explorer_data
from equite.report.browser.explorer.source import SCRIPTS, explorer_entries, explorer_script, worker_script
from equite.report.browser.payload import payload_of
from equite.wording import LOCALES, has

#: Pages with families inside families, limits of every kind, tables, conditions.
PAGES = ("region_13/half_salary", "region_13/per_head", "quebec_mrc/formula", "six_families/formula")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the file's text."""
    return example(PAGES[0], "en").to_html(tmp_path_factory.mktemp("page") / "page.html", live=True).read_text("utf-8")


def places(groups: list[dict[str, Any]]) -> list[int]:
    """Give every number in some groups."""
    own = [each["place"] for group in groups for each in group["items"]]
    weights = [group["weight"] for group in groups if group["weight"] is not None]
    return [*own, *weights, *(place for group in groups for place in places(group["groups"]))]


@pytest.mark.parametrize("name", PAGES)
def test_every_number_that_may_be_moved_has_one_place(name: str) -> None:
    decided = example(name, "fr")
    payload = payload_of(decided)
    data = explorer_data(decided, payload)
    assert sorted(places(data["knobs"])) == list(range(len(payload["parameters"])))
    # Weights of an index cover criteria that the page has.
    assert [each["id"] for each in data["weights"]] == list(decided.formula.indices)


def test_a_number_in_any_place_has_a_group() -> None:
    page = """
equite: 1
id: everything
language: en
key: code
envelope: 1000 + 5 * count()
constants: {base: 10}
tables: {steps: {up_to: {10: 1, 20: 2}, above: 3}}
variables: {larger: people + 7}
eligible: [{where: people > 2, reason: {fr: "peu", en: "few"}}]
indices:
  need:
    normalise: {goalposts: {low: 1, high: 40}}
    aggregate: arithmetic
    criteria: {people: {weight: 2, more_need_when: high}}
parts:
  - {id: first, pool: {each: base}, share: equally}
  - {id: rest, pool: remainder, share: {in_proportion_to: "step(people, steps) * larger ** 0.5 * (1 + need)"}}
limits: [{id: floor, at_least: 0.5 * base}]
checks: [{that: amount >= 2}]
rounding: {to: 1}
"""
    decided = allocate(Formula.from_text(page), {"code": ["A", "B", "C"], "people": [5, 15, 35]})
    payload = payload_of(decided)
    found = places(explorer_data(decided, payload)["knobs"])
    assert sorted(found) == list(range(len(payload["parameters"])))
    assert len(found) > 12


def test_the_policy_lets_in_the_scripts_of_the_file_and_no_others(text: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    told = policy[1].replace("&#x27;", "'")
    scripts = re.findall(r"<script(?: id=\"engine\")?>(.*?)</script>", text, flags=re.DOTALL)
    assert len(scripts) == 3
    for script in scripts:
        fingerprint = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{fingerprint}'" in told
    assert "default-src 'none'" in told
    assert "worker-src blob:" in told
    assert told.count("sha256-") == len(scripts) + 1
    assert "unsafe" not in told


def test_no_script_reaches_out_or_runs_a_text() -> None:
    for script in (explorer_script(), worker_script()):
        assert not re.search(
            r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacent|document\.write|fetch\(|XMLHttp|WebSocket|https?://(?!www\.w3\.org/2000/svg)",
            script,
        )
        assert "</script" not in script
        assert "<!--" not in script


def test_what_a_stranger_wrote_stays_text(tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script>\u2028<!--"
    page = {
        "equite": 1,
        "id": "nasty",
        "title": nasty,
        "language": "en",
        "key": "code",
        "name": "name",
        "envelope": 10,
        "parts": [{"id": "part", "title": nasty, "pool": "remainder", "share": "equally"}],
        "rounding": {"to": 1},
    }
    decided = allocate(page, {"code": ["A", "B"], "name": [nasty, "B"]})
    text = decided.to_html(tmp_path / "nasty.html", live=True).read_text("utf-8")
    assert "<script>alert" not in text
    assert text.count("<script") == text.count("</script>") == 6
    block = re.search(r'<script type="application/json" id="explorer-data">(.*?)</script>', text, flags=re.DOTALL)
    assert block is not None
    assert "alert(1)" in json.loads(block[1])["names"][0]


def test_two_files_of_one_allocation_are_the_same(text: str, tmp_path: Path) -> None:
    assert example(PAGES[0], "en").to_html(tmp_path / "again.html", live=True).read_text("utf-8") == text


def test_every_sentence_that_the_script_says_is_there() -> None:
    own = [entry for entry in explorer_entries() if entry.startswith("explore-")]
    assert len(own) > 80
    assert [entry for entry in own for language in LOCALES if not has(entry, language)] == []
    kept = {path.name for path in (files("equite.report.browser.explorer") / "scripts").iterdir()}
    assert kept == {f"{name}.js" for name in (*SCRIPTS, "worker")}


def test_beyond_a_usable_size_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_module, "MOST_ROWS", 10)
    decided = example(PAGES[0], "fr")
    text = decided.to_html(tmp_path / "large.html", live=True).read_text("utf-8")
    block = re.search(r'id="explorer-data">(.*?)</script>', text, flags=re.DOTALL)
    assert block is not None
    (told,) = json.loads(block[1])["closed"]
    assert "13 MRC" in told


# In a browser: the reader of override files, and codes.


@pytest.fixture(scope="module")
def pieces(chromium: Any) -> Any:
    """Give a page that holds the reader and the codes, alone."""
    page = chromium.new_page()
    scripts = files("equite.report.browser.explorer") / "scripts"
    parameters = json.dumps([{"id": f"parameters{at}"} for at in range(40)])
    stubs = f"const payload = {{ fingerprint: 'abcdef0123456789', parameters: {parameters} }}, say = id => id;"
    page.add_script_tag(
        content=stubs + (scripts / "yaml.js").read_text("utf-8") + (scripts / "code.js").read_text("utf-8")
    )
    yield page
    page.close()


READ = """text => {
  try {
    return JSON.stringify(readYaml(text));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return error.line;
  }
}"""


def plain_yaml(text: str) -> Any:
    """Read YAML as equite does, all as text; what is empty is nothing."""
    return _emptied(yaml.load(text, Loader=yaml.BaseLoader))


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _emptied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_emptied(each) for each in value]
    return None if value in ("", "~", "null", "Null", "NULL") else value


@pytest.mark.browser
def test_pages_are_read_as_python_reads_them(pieces: Any) -> None:
    found = sorted(EXAMPLES.rglob("*.yaml"))
    unread = []
    for path in found:
        text = path.read_text(encoding="utf-8")
        told = pieces.evaluate(READ, text)
        if isinstance(told, int):
            unread.append((path.name, told, text.splitlines()[told - 1]))
        else:
            assert json.loads(told) == plain_yaml(text), path.name
    # What is not read is refused with its line, and is rare: texts over several lines.
    assert len(unread) <= len(found) // 4, unread


@pytest.mark.browser
@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb:\n  c: 'it''s'\n  d: \"x: y\"",
        "- 1\n- a: 2\n  b: 3\n-\n  c: 4",
        "a: {b: 1, c: [1, 2, {d: 'e, f'}],\n  g: h}\ni: j # k",
        "a: [1, 2]\nb: {}\nc: []\n",
        "parts:\n- id: one\n  pool: {each: 3}\n- id: two\n",
        "a: b#c\nd: 'e # f' # g",
        "title: {fr: \"L'un : l'autre\", en: It}",
        "a:\nb: ~\n",
    ],
)
def test_an_override_is_read_as_python_reads_it(pieces: Any, text: str) -> None:
    assert json.loads(pieces.evaluate(READ, text)) == plain_yaml(text)


@pytest.mark.browser
@pytest.mark.parametrize(
    "text",
    [
        "a: &b 1",
        "a: |\n  text",
        "a: 1\na: 2",
        "a\n",
        "\tb: 1",
        "a: {b: 1",
        "a: 1\n   b: 2",
        "a: [1}",
        "a: 'b",
        "a: !x 1",
        "{a: 1} b",
        "%YAML 1.2\na: 1",
    ],
)
def test_what_is_beyond_it_is_refused_with_its_line(pieces: Any, text: str) -> None:
    assert pieces.evaluate(READ, text) in range(1, text.count("\n") + 2)


CODES = """cases => cases.map(moves => {
  const code = codeOf(moves), back = movesOfCode(code).moves;
  const isSame = JSON.stringify(back) === JSON.stringify(moves);
  const wrong = code.slice(0, 6) + (code[6] === "1" ? "2" : "1") + code.slice(7);
  return [code, isSame, "refused" in movesOfCode(wrong), "refused" in movesOfCode(code.slice(0, -1))];
})"""


@pytest.mark.browser
def test_a_code_holds_each_number_to_the_last_bit(pieces: Any) -> None:
    random = Random("codes")
    edges = [0.0, 1.0, -1.0, 0.1 + 0.2, 1e300, 5e-324, -1.7976931348623157e308, 2.0**53 + 2, 25_000_000.0, 0.05, 1e21]
    drawn = [
        random.choice(
            (random.random(), random.randrange(10**8), random.gauss(0, 1) * 10 ** random.randrange(-300, 300))
        )
        for _ in range(400)
    ]
    cases = [{"parameters7": value} for value in edges]
    for size in (1, 2, 5, 40) * 10:
        rows = sorted(random.sample(range(40), size))
        cases.append({f"parameters{at}": random.choice(drawn) for at in rows})
    for case, (code, is_same, is_told, is_short_told) in zip(cases, pieces.evaluate(CODES, cases), strict=True):
        assert is_same, (case, code)
        assert is_told, code
        assert is_short_told, code
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{1,4}(-[0-9A-HJKMNP-TV-Z]{1,4})*", code)
