"""The command line: each command in both languages, its exit codes, and sentences where something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.workbook.defined_name import DefinedName
from typer.testing import CliRunner

import equite
from equite import wording
from equite.cli import _asked_language, application, main, session
from equite.wording import Language

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES: tuple[Language, Language] = ("fr", "en")
NBSP = "\u00a0"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "essai",
    "title": {"fr": "Un essai", "en": "A trial"},
    "language": "fr",
    "envelope": 1000,
    "key": {"column": "code", "width": 2},
    "name": "nom",
    "people": "population",
    "eligible": [{"where": "population > 0", "reason": {"fr": "Personne n'y habite", "en": "Nobody lives there"}}],
    "parts": [{"id": "base", "pool": "remainder", "share": {"in_proportion_to": "population"}}],
    "rounding": {"to": 1},
    "checks": [{"that": "amount >= 100", "title": {"fr": "Au moins 100 $", "en": "At least $100"}}],
}
TABLE = "code,nom,population\n01,Alpha,100\n02,Bêta,200\n03,Gamma,700\n04,Delta,0\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a formula, a variant and a table."""
    monkeypatch.chdir(tmp_path)
    write("formula.yaml")
    write("variant.yaml", id="variante", parts=[{"id": "base", "pool": "remainder", "share": "equally"}])
    Path("over.yaml").write_text("envelope: 2000\n", encoding="utf-8")
    Path("table.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def write(name: str, **changes: Any) -> None:
    Path(name).write_text(yaml.safe_dump({**PAGE, **changes}, allow_unicode=True), encoding="utf-8")


def run(*arguments: str, language: Language = "fr", code: int = 0) -> str:
    """Run a command and give all that it says, plain spaces for others; it must exit as told."""
    done = CliRunner().invoke(application(language), [*arguments])
    said = done.output.replace(NBSP, " ")
    assert done.exit_code == code, said
    assert "Traceback" not in said
    assert "\x1b" not in said
    return said


def files() -> set[str]:
    return {path.name for path in Path.cwd().iterdir()}


# Each command.


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Écrit : equite-demo.xlsx"), ("en", "Written: equite-demo.xlsx")]
)
def test_demo(language: Language, said: str) -> None:
    text = run("demo", "--language", language)
    assert said in text
    assert "010" in text
    assert "equite-demo.xlsx" in files()
    # It may write its own demonstration again.
    run("demo", "-o", "other.csv", "--language", language)
    assert "other.csv" in files()


def test_demo_speaks_the_language_of_the_machine() -> None:
    # The tests' machine speaks English; the example's page, French.
    assert wording.say("cli-demo-note", "en") in run("demo")


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "fr",
            [
                "Un essai",
                "Territoires du tableau : 4",
                "Territoires participants : 3",
                "Enveloppe : 1 000 $",
                "1 territoire (04) : Personne n'y habite",
                "Réussi : Au moins 100 $",
                "Tous les contrôles sont réussis. Rien n’a été écrit.",
            ],
        ),
        (
            "en",
            [
                "A trial",
                "Territories taking part: 3",
                "Envelope: $1,000",
                "1 territory (04): Nobody lives there",
                "Passed: At",
            ],
        ),
    ],
)
def test_check(language: Language, lines: list[str]) -> None:
    before = files()
    text = run("check", "formula.yaml", "table.csv", "--language", language)
    assert [line for line in lines if line not in text] == []
    assert files() == before


@pytest.mark.parametrize(("language", "said"), [("fr", "Un contrôle échoue."), ("en", "One check fails.")])
def test_a_check_that_fails_is_told_by_the_exit_code(language: Language, said: str) -> None:
    write("strict.yaml", checks=[{"that": "amount >= 150"}])
    text = run("check", "strict.yaml", "table.csv", "--language", language, code=1)
    assert said in text
    assert "(01)" in text


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_allocate_writes_by_the_end_of_the_name(name: str, language: Language) -> None:
    text = run("allocate", "formula.yaml", "table.csv", "-o", name, "--language", language)
    assert wording.say("cli-written", language, path=name).replace(NBSP, " ") in text
    assert name in files()


def test_allocate_in_the_language_of_the_formula() -> None:
    run("allocate", "formula.yaml", "table.csv", "-o", "out.csv", language="en")
    assert "Montant" in Path("out.csv").read_text("utf-8-sig")
    run("allocate", "formula.yaml", "table.csv", "-o", "out.csv", "--language", "en")
    assert "Amount" in Path("out.csv").read_text("utf-8-sig")


def test_allocate_shows_the_whole_table_where_nothing_is_written() -> None:
    text = run("allocate", "formula.yaml", "table.csv")
    assert re.search(r"^03 +Gamma +.*700", text, re.MULTILINE)
    assert re.search(r"^ +Total +.*1 000", text, re.MULTILINE)


def test_overrides_are_laid_over_in_order() -> None:
    Path("again.yaml").write_text("envelope: 3000\n", encoding="utf-8")
    text = run("check", "formula.yaml", "table.csv", "--override", "over.yaml", "--override", "again.yaml")
    assert "Enveloppe : 3 000 $" in text


@pytest.mark.parametrize(("language", "said"), [("fr", "= Montant"), ("en", "= Amount")])
def test_explain(language: Language, said: str) -> None:
    text = run("explain", "formula.yaml", "table.csv", "02", "--language", language)
    assert "Bêta (02)" in text
    assert said in text
    assert "400" in run("explain", "formula.yaml", "table.csv", "02", "--override", "over.yaml")


@pytest.mark.parametrize(("language", "said"), [("fr", "La ligne"), ("en", "Line")])
def test_explain_by_the_worksheet(language: Language, said: str) -> None:
    text = run("explain", "formula.yaml", "table.csv", "02", "--worksheet", "--language", language)
    assert "Bêta (02)" in text
    assert f"\n\n{said} " in text
    assert "\n   = " in text
    assert run("explain", "formula.yaml", "table.csv", "04", "--worksheet", "--language", language)


def test_notices_are_written_all_at_once_or_for_some() -> None:
    assert "avis" in run("notices", "formula.yaml", "table.csv", "-o", "avis")
    assert Path("avis", "index.html").is_file()
    assert Path("avis", "02.html").is_file()
    run("notices", "formula.yaml", "table.csv", "-o", "un", "--only", "02")
    assert sorted(path.name for path in Path("un").iterdir()) == ["02.html", "index.html"]
    assert "contient déjà" in run("notices", "formula.yaml", "table.csv", "-o", "avis", code=1)


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Territoires en hausse"), ("en", "Territories with an increase")]
)
def test_compare(language: Language, said: str) -> None:
    text = run("compare", "formula.yaml", "variant.yaml", "table.csv", "--language", language, "-o", "c.csv")
    assert said in text
    assert "variant" in text
    assert "c.csv" in files()


def test_compare_tells_pages_of_one_name_apart(folder: Path) -> None:
    Path("other").mkdir()
    Path("other/formula.yaml").write_bytes(Path("variant.yaml").read_bytes())
    assert "variante" in run("compare", "formula.yaml", "other/formula.yaml", "table.csv")


@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("fr", "Pourquoi les montants ont changé : Un essai", "Votre montant augmente de"),
        ("en", "Why amounts changed: A trial", "Your amount rises by"),
    ],
)
def test_drivers(language: Language, said: str, told: str) -> None:
    Path("later.csv").write_text(TABLE.replace("01,Alpha,100", "01,Alpha,180"), encoding="utf-8")
    given = ("drivers", "formula.yaml", "table.csv", "formula.yaml", "later.csv", "--language", language)
    text = run(*given, "--by", "nom", "-o", "why.xlsx")
    assert said in text
    assert {"fr": "Une attribution est une convention", "en": "An attribution is a convention"}[language] in text
    assert "Bêta" in text
    assert "why.xlsx" in files()
    run(*given, "-o", "why.csv")
    run(*given, "-o", "why.html")
    assert {"why.csv", "why.html"} <= files()
    assert told in run(*given, "--explain", "01", "--open", "data")
    assert said not in run(*given, "--explain", "01")
    run(*given, "-o", "later.csv", code=1)
    run(*given, "-o", "why.doc", code=1)
    run(*given, "--open", "rule", code=1)
    run(*given, "--by", "absente", code=1)


def test_drivers_of_two_pages_on_one_table_and_of_many_territories() -> None:
    many = "code,nom,population\n" + "".join(f"{at},T{at},{100 + at}\n" for at in range(10, 40))
    Path("many.csv").write_text(many, encoding="utf-8")
    text = run("drivers", "formula.yaml", "many.csv", "variant.yaml", "many.csv")
    assert "Reste de la règle" in text
    assert "Les 16 territoires dont le montant change le plus, sur 30" in text
    assert "-o FICHIER.xlsx" in text


@pytest.fixture
def plan() -> str:
    """Write a plan of two tiers and its tables; all is made up."""
    parts = [{"id": "base", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    page: dict[str, Any] = {"equite": 1, "id": "page", "key": "code", "parts": parts, "rounding": {"to": 1}}
    tiers = [
        {"id": "region", "table": "regions.csv", "formula": {**page, "envelope": 1000}, "keeps": "0.1 * amount"},
        {"id": "town", "table": "towns.csv", "parent": "region", "formula": page},
    ]
    title = {"fr": "Un plan", "en": "A plan"}
    written = {"equite_plan": 1, "id": "plan", "title": title, "language": "fr", "tiers": tiers}
    Path("plan.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    Path("regions.csv").write_text("code,people\nA,300\nB,700\n", encoding="utf-8")
    Path("towns.csv").write_text("code,region,people\n1,A,100\n2,A,200\n3,B,700\n", encoding="utf-8")
    return "plan.yaml"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["Un plan", "10,00 ¢  Region : gardé", "De 1 000 $ à 2", "  = Transmis"]),
        ("en", ["A plan", "10.00¢  Region: kept", "From $1,000 to 2", "  = Passed on"]),
    ],
)
def test_cascade(plan: str, language: Language, said: list[str]) -> None:
    before = files()
    text = run("cascade", plan, "--explain", "2", "--language", language)
    assert [each for each in said if each not in text] == []
    assert files() == before
    assert run("cascade", plan, "--explain", "A", "--tier", "region", "--language", language).count("  = ") == 2


def test_cascade_speaks_the_language_of_the_plan(plan: str) -> None:
    assert "Un plan" in run("cascade", plan, language="en")


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_cascade_writes_by_the_end_of_the_name(plan: str, name: str, language: Language) -> None:
    assert wording.say("cli-written", language, path=name) in run("cascade", plan, "-o", name, "--language", language)
    assert name in files()


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["formula.yaml"], "ceci est une page de formule, pas un plan", 1),
        (["absent.yaml"], "absent.yaml", 1),
        (["plan.yaml", "--explain", "9"], "il n'y a pas de territoire de code « 9 »", 1),
        (["plan.yaml", "--explain", "A", "--tier", "towns"], "le plan n'a pas de palier « towns »", 1),
        (["plan.yaml", "-o", "out.pdf"], "out.pdf", 1),
        (["plan.yaml", "-o", "towns.csv"], "towns.csv", 1),
        (["plan.yaml", "--tier", "town"], "--tier va avec --explain", 2),
        ([], "PLAN", 2),
    ],
)
def test_a_cascade_that_cannot_be_is_refused(plan: str, arguments: list[str], said: str, code: int) -> None:
    before = {name: Path(name).read_bytes() for name in files()}
    text = run("cascade", *arguments, "--language", "fr", code=code)
    assert said in re.sub(r"[\s│]+", " ", text)
    assert {name: Path(name).read_bytes() for name in files()} == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_live_workbook_and_back(language: Language) -> None:
    run("allocate", "formula.yaml", "table.csv", "-o", "live.xlsx", "--live", "--language", language)
    said = run("read", "live.xlsx", "-o", "again.csv", "--language", language)
    assert wording.say("cli-written", language, path="again.csv") in said
    assert {"fr": "rien n’a changé", "en": "nothing changed"}[language] in said
    before, after = Path("live.xlsx").read_bytes(), run("read", "live.xlsx", language=language)
    assert "Gamma" in after
    assert Path("live.xlsx").read_bytes() == before
    assert "--live" in run("allocate", "formula.yaml", "table.csv", "--live", code=2)
    assert "table.csv" in run("read", "table.csv", code=1)


def test_a_funders_workbook_is_filled(folder: Path) -> None:
    own = Workbook()
    own.active["A1"] = "Chez nous"
    own.defined_names["equite_amount"] = DefinedName("equite_amount", attr_text=f"{own.active.title}!$B$2:$B$9")
    own.save("own.xlsx")
    run("allocate", "formula.yaml", "table.csv", "-o", "filled.xlsx", "--template", "own.xlsx")
    sheet = load_workbook("filled.xlsx").active
    assert [sheet["A1"].value, *(sheet.cell(row, 2).value for row in (2, 3, 4))] == ["Chez nous", 100, 200, 700]
    assert "own.xlsx" in run(
        "allocate", "formula.yaml", "table.csv", "-o", "own.xlsx", "--template", "own.xlsx", code=1
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_recomputes(language: Language) -> None:
    run("allocate", "formula.yaml", "table.csv", "-o", "page.html", "--live", "--language", language)
    assert f'lang="{language}"' in (text := Path("page.html").read_text(encoding="utf-8"))
    assert 'id="explorer-data"' in text
    run("allocate", "formula.yaml", "table.csv", "-o", "report.html")
    assert 'id="explorer' not in Path("report.html").read_text(encoding="utf-8")
    said = run("allocate", "formula.yaml", "table.csv", "-o", "page.csv", "--live", code=1)
    assert ".xlsx, .html" in said.replace(".htm,", "").replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_decides_can_be_compared(language: Language) -> None:
    plan = str(ROOT / "examples" / "quebec_tiers" / "plan.yaml")
    said = run("cascade", plan, "--governance", "--language", language)
    assert {"fr": "Dans les marges", "en": "Within margins"}[language] in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_template(language: Language) -> None:
    text = run("template", "formula.yaml", "--language", language)
    name = "essai-gabarit.xlsx" if language == "fr" else "essai-template.xlsx"
    assert name in text
    assert name in files()
    # What somebody has filled in is not written over.
    run("template", "formula.yaml", "--language", language, code=1)
    run("template", "formula.yaml", "-o", "autre.xlsx")
    assert "autre.xlsx" in files()


@pytest.mark.parametrize(("language", "said"), [("fr", "Ce qui est partagé"), ("en", "What is shared")])
def test_formula_show(language: Language, said: str) -> None:
    assert said in run("formula", "show", "formula.yaml", "--language", language)
    assert "2 000 $" in run("formula", "show", "formula.yaml", "--override", "over.yaml")


def test_formula_schema() -> None:
    assert json.loads(run("formula", "schema"))["title"] == "equite formula page"
    run("formula", "schema", "-o", "schema.json")
    assert "parts" in json.loads(Path("schema.json").read_text(encoding="utf-8"))["properties"]


@pytest.mark.parametrize(("language", "said"), [("fr", "Faible revenu"), ("en", "Low income")])
def test_criteria(language: Language, said: str) -> None:
    assert said in run("criteria", "list", "--language", language)
    assert said in run("criteria", "show", "low_income", "--language", language)
    word = "REVENU" if language == "fr" else "INCOME"
    assert "low_income" in run("criteria", "search", word, "--language", language)


def test_every_criterion_can_be_shown_in_both_languages() -> None:
    for name in equite.read_catalogue():
        for language in LANGUAGES:
            run("criteria", "show", name, language=language)


def test_the_version() -> None:
    assert run("--version").strip() == f"equite {equite.__version__}"


# Help.

COMMANDS = [
    *(
        [name]
        for name in (
            "demo",
            "check",
            "allocate",
            "read",
            "explain",
            "notices",
            "compare",
            "cascade",
            "template",
            "formula",
            "criteria",
        )
    ),
    *(["formula", name] for name in ("show", "schema")),
    *(["criteria", name] for name in ("list", "show", "search")),
]


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_in_both_languages(command: list[str], language: Language) -> None:
    text = re.sub(r"[\s│]+", " ", run(*command, "--help", language=language))
    entry = "-".join(["cli-help", *(command or ["equite"])])
    assert wording.say(entry, language).replace(NBSP, " ").split(".")[0] in text
    assert wording.say("cli-param-help", language) in text
    assert "Show this message" not in text


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["check", "--language", "fr"], "fr"),
        (["--language=en", "check"], "en"),
        (["check", "--language", "de"], None),
        (["check", "--language"], None),
        (["check"], None),
    ],
)
def test_the_language_is_known_before_anything_is_parsed(arguments: list[str], language: str | None) -> None:
    assert _asked_language(arguments) == language


def test_the_language_may_stand_before_the_command() -> None:
    assert "Territories taking part: 3" in run("--language", "en", "check", "formula.yaml", "table.csv")


# What is wrong.


def bad_page() -> None:
    Path("bad.yaml").write_text(
        "equite: 1\nid: bad\nkey: code\nenvelop: 5\nparts: [{id: a, pool: remainder, share: equaly}]\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("arguments", "french"),
    [
        (["check", "absent.yaml", "table.csv"], "il n'y a pas de fichier"),
        (["check", ".", "table.csv"], "est un dossier"),
        (["check", "formula.yaml", "tabl.csv"], "table.csv"),
        (["check", "formula.yaml", "formula.yaml"], "Erreur"),
        (["check", "bad.yaml", "table.csv"], "erreurs :"),
        (["check", "formula.yaml", "table.csv", "--override", "absent.yaml"], "il n'y a pas de fichier"),
        (["explain", "formula.yaml", "table.csv", "9"], "Erreur"),
        (["explain", "formula.yaml", "table.csv", "04"], "Personne n'y habite"),
        (["allocate", "formula.yaml", "table.csv", "-o", "out.pdf"], "ne se termine pas par"),
        (["allocate", "formula.yaml", "table.csv", "-o", "absent/out.csv"], "il n’y a pas de dossier"),
        (["allocate", "formula.yaml", "table.csv", "-o", "table.csv"], "serait perdu"),
        (["compare", "formula.yaml", "variant.yaml", "table.csv", "-o", "variant.yaml"], "serait perdu"),
        (["compare", "formula.yaml", "euro.yaml", "table.csv"], "ne se comparent pas"),
        (["criteria", "show", "low_incom"], "low_income"),
        (["criteria", "search", "zzz"], "aucun critère"),
        (["formula", "schema", "-o", "schema.txt"], "ne se termine pas par"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_input_gives_a_sentence_and_leaves_nothing(arguments: list[str], french: str, language: Language) -> None:
    bad_page()
    write("euro.yaml", currency="EUR")
    before = {path: path.read_bytes() for path in Path.cwd().iterdir()}
    text = run(*arguments, "--language", language, language=language, code=1)
    assert {path: path.read_bytes() for path in Path.cwd().iterdir()} == before
    assert text.startswith("Erreur" if language == "fr" else "Error") or re.match(r"\d+ err(eu|o)rs", text)
    if language == "fr":
        assert french in text


def test_errors_speak_the_language_of_the_formula() -> None:
    write("english.yaml", language="en", key="absent")
    assert "Erreur" not in run("check", "english.yaml", "table.csv", language="fr", code=1)
    write("french.yaml", language="fr", key="absent")
    assert "Erreur" in run("check", "french.yaml", "table.csv", language="en", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "formula.yaml", "table.csv"],
        ["check", "formula.yaml"],
        ["nothing"],
        ["check", "formula.yaml", "table.csv", "--nothing"],
        ["check", "formula.yaml", "table.csv", "--language", "de"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_has_its_own_exit_code(arguments: list[str]) -> None:
    run(*arguments, code=2)


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrompu."),
        (MemoryError(), 1, "la mémoire ne suffit pas"),
        (PermissionError(13, "Permission denied", "secret.csv"), 1, "« secret.csv » n’a pu être lu"),
        (OSError(28, "No space left on device"), 1, "ce qui est montré n’a pu être écrit"),
        (ZeroDivisionError("a bug"), 1, "ZeroDivisionError: a bug"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_traceback_whatever_happens(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EQUITE_DEBUG", raising=False)
    monkeypatch.setattr(session.Session, "allocate", failing(error))
    assert said in run("check", "formula.yaml", "table.csv", code=code)


def test_a_bug_can_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_DEBUG", "1")
    monkeypatch.setattr(session.Session, "allocate", failing(ZeroDivisionError("a bug")))
    done = CliRunner().invoke(application("fr"), ["check", "formula.yaml", "table.csv"])
    assert isinstance(done.exception, ZeroDivisionError)


# In a process of its own.


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "equite", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "EQUITE_LANGUAGE": "fr", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def test_an_old_console_shows_what_it_can() -> None:
    done = process("compare", "formula.yaml", "variant.yaml", "table.csv", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode("cp1252")
    assert "Écart" in text
    assert re.search(r"-\d+\W\$", text)
    assert "?" not in text
    plain = process("formula", "show", "formula.yaml", PYTHONIOENCODING="ascii").stdout.decode("ascii")
    assert "Ce qui est partage" in plain
    assert "?" not in plain


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_who_has_read_enough_sees_no_error() -> None:
    command = f"'{sys.executable}' -m equite criteria list | head -n 1"
    done = subprocess.run(
        command,
        shell=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "EQUITE_LANGUAGE": "fr"},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.stdout.decode().strip() == "Famille organisationnelle"


@pytest.mark.parametrize("module", ["equite", "equite.cli"])
def test_both_modules_run(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.stdout.decode().strip() == f"equite {equite.__version__}"


def test_the_library_does_not_load_the_command_line() -> None:
    script = "import equite, sys; equite.allocate; equite.compare; print({'typer', 'rich', 'click'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == "set()"


def test_main_speaks_the_language_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["equite", "check", "--help", "--language", "fr"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0
    assert "Montrer cette aide" in capsys.readouterr().out


def test_a_spinner_shows_only_to_a_person_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    class Status:
        def start(self) -> None:
            started.append("started")

        def stop(self) -> None:
            started.append("stopped")

    context = typer.Context(typer.main.get_command(application("fr")))
    place = session.Session(context, None)
    with place.patience():
        pass
    assert started == []
    monkeypatch.setattr(type(place._err), "is_terminal", property(lambda _: True))
    monkeypatch.setattr(place._err, "status", lambda _: Status())
    monkeypatch.setattr(session, "_PATIENCE", 60.0)
    with place.patience():
        pass
    assert started == ["stopped"]
    monkeypatch.setattr(session, "_PATIENCE", 0.0)
    with place.patience():
        time.sleep(0.2)
    assert started == ["stopped", "started", "stopped"]


# Which sign stands before decimals.


def test_the_decimal_sign_is_stated_beside_the_table(tmp_path: Path) -> None:
    page, table = tmp_path / "page.yaml", tmp_path / "table.csv"
    page.write_text(
        "equite: 1\nid: points\nlanguage: en\nkey: code\nenvelope: 10000\nrounding: {to: 1}\n"
        "parts:\n  - {id: grant, pool: remainder, share: {in_proportion_to: people}}\n",
        encoding="utf-8",
    )
    table.write_text("code,people\nA,12.345\nB,8.901\nC,950\n", encoding="utf-8")
    assert "--decimal" in run("allocate", "--help", language="en")
    assert 'decimal: "."' in run("allocate", str(page), str(table), language="en", code=1)
    assert "5,562" in run("allocate", str(page), str(table), "--decimal", ",", language="en")
    assert "9,781" in run("allocate", str(page), str(table), "--decimal", ".", language="en")
    assert "9,781" in run("explain", str(page), str(table), "C", "--decimal", ".", language="en")
