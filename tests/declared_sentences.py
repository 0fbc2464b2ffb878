"""What the ids of sentences are made of where the code cannot be followed to it: closed lists, each with its source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from itertools import product
from typing import Any, get_args

from equite.analysis.drivers.causes import CAUSES
from equite.analysis.equity import AGAINST_NEED, MEASURES, SPLITS
from equite.analysis.projects.proposals import Reason
from equite.cli.commands import COMMANDS
from equite.engine.apportionment import DIVISORS
from equite.engine.explanation import Kind as LineKind
from equite.engine.registry import AGGREGATORS, NORMALISERS
from equite.engine.sheet import GivenKind
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.formula.fields import Status
from equite.formula.indices import Missing
from equite.formula.model import Rounding
from equite.formula.plan import REGIMES
from equite.formula.projects_page import COLUMNS, ProjectsModel
from equite.formula.schedule_fields import COUNTED
from equite.formula.tables import Table
from equite.inputs.catalogue import FAMILIES, Criterion
from equite.inputs.columns import Kind
from equite.report.analyses.projects import TABLES
from equite.report.cascade.words import FLOWS
from equite.report.transition.words import TABLES as PATHS

__all__ = ["CARRIED", "DECLARED", "NOT_FOLLOWED"]


def choices(model: Any, field: str) -> tuple[str, ...]:
    """Return the words that a key of a page may have."""
    return get_args(model.model_fields[field].annotation)


def options() -> set[str]:
    """Name the arguments and the options of every command."""
    commands = (command for group in COMMANDS.values() for command in group.values())
    return {name for command in commands for name in inspect.signature(command).parameters} - {"context"}


KINDS = ("code", "name", *get_args(Kind))
COINS = ("dollar", "euro", "unit")
PULLS = ("high", "low")
RULES = choices(Missing, "rule")
MISSING = "missing-cell suppressed-cell missing-division missing-logarithm missing-root missing-table missing-aggregate"
MISSING += " missing-value"
TOLD = "question unit direction measures measure levels data everywhere caution moved-by perverse consent overlaps"
TERMS = """envelope part level floor ceiling limit decided reserve levy level-up index criterion weight mean aims
per-head previous median rounding check official estimated declared illustrative fingerprint"""

#: What amounts are set beside on the first screen (report/html/page/first.py).
BESIDE = "previous equal per_head"

#: What the lines of a worksheet are.
TITLES = """name over over-sum over-number family criterion criterion-value criterion-lowest criterion-highest
criterion-mean criterion-deviation criterion-median criterion-spread criterion-sum members pool taken taken-in-all
factor held fixed shares level share own needs borne-in-all borne-held wealth rate need own-wealth borne
floor-natural floor-stated cap-stated floor-whole cap-whole floor cap
unbounded part levied before-limits exempt decided stage-money stage-free shared-again bounded-by stage units cut
remainder last-served served priority-units priority-least priority-most priority-own priority-next priority-last
priority-whole amount takes-part"""

#: The one piece of each id that varies.
PIECES: dict[str, Iterable[str] | str] = {
    "became-{self.entry}": """left-out filled-median filled-mean filled-median-by filled-mean-by filled-value
        filled-column skipped default asked no-floor no-ceiling code nothing""",
    "book-rounding-{page.rounding.bounds}": choices(Rounding, "bounds"),
    "carried-col-{name}": "weight sources share_in_part measured",
    "sheet-column-{name}": "letter title given words rule figures result source",
    "sheet-given-{line.given}": set(get_args(GivenKind)) - {""},
    "sheet-title-{line.title}": TITLES,
    "sheet-word-{word}": """abs and ceil exp floor if is_missing log max median min missing not or round sqrt""",
    "cascade-each-{labels.coin}": COINS,
    "cascade-of-each-{labels.coin}": COINS,
    "cascade-{labels.coin}-part": COINS,
    "cascade-{self.coin}-part": COINS,
    "cascade-flow-{word}": FLOWS,
    "cascade-heading-{word}": FLOWS,
    "cascade-heading-{name}": {*FLOWS, "amount", "per_head", "shared_out"},
    "cascade-{kind}": "reserve amount",
    "catalogue-{refusal}": """unknown not-worded missing-key not-one-of unknown-key bad-value bad-range bad-readings
        bad-need_measure bad-levels""",
    "catalogue-word-{criterion.family}": FAMILIES,
    "catalogue-word-{name}": FAMILIES,
    "catalogue-word-{criterion.direction}": choices(Criterion, "direction"),
    "catalogue-word-{entry}": (
        *FAMILIES,
        *choices(Criterion, "direction"),
        *("title", "question", "direction", "status", "declared", "measured"),
    ),
    "cli-criterion-{entry}": TOLD,
    "cli-measures-{criterion.measures}": choices(Criterion, "measures"),
    "cli-param-{parameter.name}": {*options(), "version", "load", "root"},
    "cli-metavar-{parameter.name}": (options() | {"load", "root"})
    - {"language", "live", "governance", "worksheet", "frontier", "rule"},
    "columns-read-kind-{column.kind}": KINDS,
    "diagnosis-col-{name}": """among correlation filled of relative score_peers weight criterion criterion_a
        criterion_b criteria family group nominal effective importance variance_share
        reading territories pearson spearman alpha reason apart variation treatment skewness
        kurtosis skewness_after kurtosis_after left_out whose mean_places most_places value
        median median_among score rank gap peer distance""",
    "diagnosis-reading-{value}": "double opposed",
    "diagnosis-reason-{value}": "dropped few-apart little-spread",
    "direction-{direction.pull}": PULLS,
    "direction-{group.pull}": PULLS,
    "direction-{pull}": PULLS,
    "governance-refused-{regime}": REGIMES,
    "governance-{name}": REGIMES,
    "heading-{column.kind}": "code name",
    "heading-{name}": "code name",
    "heading-{word}": "code name rounding amount per_head share previous change change_share notes",
    "drivers-cause-{cause}": {*CAUSES, "rounding"},
    "drivers-to-{cause}": {*CAUSES, "rounding"},
    "drivers-col-{name}": "cause gaining losing gained lost net",
    "drivers-sheet-{name}": "territories causes shares",
    "expected-{word}": "text path whole number mapping list language",
    "if-missing-{(criterion.missing or index.missing).rule}": RULES,
    "kind-{column.kind}": KINDS,
    "live-closed-{certificate.reason}": """aggregator apportionment cascade combination foundation group-labels
        group-limit group-order groups-of-money large long missing-in-mean normaliser normaliser-in-groups own-method
        outliers overrides""",
    "live-head-{key}": PULLS,
    "live-head-{rule.rule}": "median mean",
    "live-head-{word}": "lowest highest mean deviation total median",
    "live-heading-{name}": """figure value unit rule source status criterion weight family-share share rank direction
        column edge start change""",
    "live-key-{key}": """at_least at_most each amount fraction in_proportion_to level_up counting as_is except
        foundation rate_on move override number""",
    "live-key-{path[0]}": "eligible checks",
    "live-name-{path[-1]}": "low high cut value power mean deviation from to bands target",
    "live-step-{keys[-1]}": "transform normalise more_need_when missing aggregate",
    "live-{node.function}": "total count average median quantile lowest highest deviation rank",
    "method-{name}": {*NORMALISERS, *AGGREGATORS, "log", "winsorise", "line", "step", "levels"},
    "own-{kind}": "normaliser aggregator transform function",
    "cascade-{key}": "added kept",
    "cascade-{key}-titled": "added kept",
    "page-beside-{each.id}": BESIDE,
    "page-means-{name}": TERMS,
    "page-result-{beside.id}": BESIDE,
    "page-term-{name}": TERMS,
    "place-{key}": """aggregate at_least at_most criteria families more_need_when normalise pool.amount
        pool.each pool.fraction range transform value weight""",
    "plot-key-{look}": "less limit more part",
    "plot-{line.kind}": set(get_args(LineKind)) - {"part", "criterion", "limit", "rounding"},
    "plot-{sides[int(value > 0)]}": "west east south north",
    "projects-col-{column}": {column for columns in TABLES.values() for column in columns},
    "projects-fill-{column}": COLUMNS,
    "projects-method-{method}": choices(ProjectsModel, "method"),
    "projects-no-{name}": "rank points",
    "projects-outcome-{each}": "whole part none",
    "projects-sheet-{name}": TABLES,
    "projects-why-{outcome.reason}": get_args(Reason),
    "reading-amounts-{self._state()}": "current stale lost refused",
    "reading-key-{key}": """each amount fraction in_proportion_to level_up counting as_is at_least at_most where except
        foundation rate_on override move low high mean deviation target bands power from to toward cut missing""",
    "reading-place-{head}": "eligible checks",
    "reading-table-{path[2]}": "edges values above",
    "rows-sum-{self.way}": "others run anywhere codes",
    "schedule-name-{name}": """target previous_amount start people_growth year year_number years_left indexation towards
        way no-loss limits minimum distance cut kept gains""",
    "schedule-own-{key}": "envelope previous within",
    "shown-{name}": "row amount at_lower at_upper",
    "status-{status}": get_args(Status),
    "table-{table.kind}": choices(Table, "kind"),
    "transition-col-{name}": {column for columns in PATHS.values() for column in columns},
    "transition-no-loss-{rule.no_loss}": COUNTED,
    "transition-rule-{rule.way}": "page at_once linear schedule share_of_gap pace_of_change",
    "transition-sheet-{name}": {"notes", *PATHS},
    "unbounded-{found.cause.entry}": MISSING,
    "unbounded-{self.entry}": MISSING,
    "value-need-{value}": PULLS,
    "weighting-{method}": "chosen equal entropy critic deviation first-component",
    "word-{name}": "previous amount envelope",
    "words-call-{node.function}": {*ROW_FUNCTIONS, *TABLE_FUNCTIONS},
    "words-choice-{text}": """adams dean dhondt huntington-hill largest-remainders
        sainte-lague declared equally estimated false high hold illustrative inside inward low nearest
        official on_top prorate refuse remainder reserve true""",
    "words-key-{key}": """adopted_by aggregate amount are_territories as_is at_least at_most bounds by by_when checks
        column columns constants contest counting criteria currency date decimal decision dissent
        each eligible envelope except families foundation fraction fund heading id if_over if_short
        in_proportion_to indices key language leave_out level_up levy limits method minimum missing
        missing_marks more_need_when move name normalise notes override part parts people
        pool previous rate_at_least rate_at_most rate_on resolution rounding share source status suppressed_marks
        tables territory then title to to_whom transform unit value variables weight what within yes_marks""",
    "words-choice-{method}": DIVISORS,
    "words-method-{rounding.method}": DIVISORS,
    "words-missing-{rule.rule}": RULES,
    "words-missing-{rule.rule}-by": "median mean",
    "words-more-when-context-{pull}": PULLS,
    "words-more-when-{direction.pull}": PULLS,
    "words-noun-{name}": "previous amount envelope all eligible",
    "words-of-{name}": "previous amount envelope",
    "words-over-{node.function}": set(AGGREGATES) - {"count"},
    "words-place-{key}": "columns constants criteria families indices limits parts tables variables",
    "words-status-{figure.status}": get_args(Status),
    "words-the-{name}": "previous amount envelope",
    "words-{label}-cut": "below above",
    "workbook-{kind or cell.kind}": "blank formula error text date unseen",
}
ROWS = ("rows-total", "rows-note", "rows-alone", "rows-sums", "row-looks-like-total")
OWNERS = ("constant", "criterion", "family", "index", "limit", "part", "variable")
PER = ("furthest", "opened", "opened-told", "spread", "spread-told")


def whole(template: str, words: Iterable[str] | str) -> set[str]:
    """Put each word in the place of what varies."""
    given = words.split() if isinstance(words, str) else words
    return {re.sub(r"\{.*\}", word, template) for word in given}


#: Every id that each of these expressions can give.
DECLARED: dict[str, set[str]] = {f"f'{template}'": whole(template, words) for template, words in PIECES.items()} | {
    "f'cli-help-{group}-{name}'": {
        f"cli-help-{group}-{name}" for group, of in COMMANDS.items() if group for name in of
    },
    "f'cli-help-{name}'": {f"cli-help-{name}" for name in COMMANDS[""]},
    "f'cli-help-{group}'": {f"cli-help-{group}" for group in COMMANDS if group},
    "f\"diagnosis-treated-{name or 'not'}\"": whole("diagnosis-treated-{}", "not winsorised logged"),
    "f\"status-{status or 'absent'}\"": whole("status-{}", (*get_args(Status), "absent")),
    "f'words-{kind}-{method.name}'": whole("words-scale-{}", NORMALISERS)
    | whole("words-mean-{}", AGGREGATORS)
    | whole("words-transform-{}", "line log"),
    "f'{words[0]}-{kind}'": {f"{word}-{kind}" for word, kind in product(("of", "the"), OWNERS)},
    "f'{words[1]}-{kind}'": {f"{word}-{kind}" for word, kind in product(("of-each", "each"), OWNERS)},
    "f\"{entry}-{('head' if self.peopled else 'territory')}\"": {
        f"governance-{entry}-{of}" for entry, of in product(PER, ("head", "territory"))
    },
    "f\"{kind}-{('one' if len(rows) == 1 else 'many')}\"": {
        f"{kind}-{of}" for kind, of in product(ROWS, ("one", "many"))
    },
    "f'transition-limit-{key}-{limits.counted_in}'": {
        f"transition-limit-{key}-{of}" for key, of in product(("lose_at_most", "gain_at_most"), COUNTED)
    },
    "f'{entry}-fits'": whole("{}-fits", "stage-negative-level stage-short"),
    "f'{entry}-inward'": whole("{}-inward", "stage-negative-level stage-over stage-short"),
    "f'{kind}-nameless'": whole("{}-nameless", ROWS),
    "f'{prefix}-{name}'": whole("checks-heading-{}", "check expected found result")
    | whole("cascade-checks-heading-{}", "tier code name passed_on on_top below reserve difference result"),
    "entry.replace('input-', 'input-percent-')": {"input-percent-above", "input-percent-below"},
    "f'equity-{name}'": whole("equity-{}", {*MEASURES, *AGAINST_NEED} - {"atkinson"}),
    "f'equity-says-{name}'": whole("equity-says-{}", {*MEASURES, *AGAINST_NEED}),
    "f'equity-per-{per}'": whole("equity-per-{}", "head need"),
    "f'equity-split-{name}'": whole("equity-split-{}", SPLITS),
    # The same facts as in a comparison, and two of its own.
    "f'compare-{key}'": whole(
        "compare-{}", "winning losing unchanged gained lost people_winning people_losing largest_gain largest_loss"
    ),
    "f'governance-{key}'": whole("governance-{}", "reserve on_top"),
}

#: Expressions that cannot be followed: an id is carried by a cell, an error or a function of functions.
NOT_FOLLOWED = (
    "knob.entry",
    "entry",
    "_unreadable(_without_labels(text))",
    "_unreadable(error, text, line)",
    "cell.entry",
    "area.sheet",
    "mark.entry",
    "self.read",
    "problem.id",
    "purpose.what",
    "broken.entry",
    "self.package.refusal(area.sheet, row, area.left)",
    "self.id",
    "context['entry']",
)
#: The ids that are so carried; each stands in the code as it is.
CARRIED = whole(
    "{}",
    """browser-closed browser-closed-own-method browser-no-number browser-unknown-parameter
    catchment-blank catchment-people-missing change-blank crosswalk-no-codes crosswalk-weight-missing
    expression-dressed-number expression-percent expression-semicolon expression-single-equals filling-formula
    filling-locked filling-merged input-above input-ambiguous input-below input-cell-error input-code-long
    input-code-missing input-code-twice input-formula-uncomputed input-infinite input-mark-not-number
    input-mark-not-yes-no input-negative input-no-level input-not-number input-not-yes-no input-other-decimal
    input-percent-mixed input-percent-two-ways input-tick margin-beside-rule margin-excludes-choice
    margin-excludes-value margin-locked margin-not-a-value margin-twice margin-unknown-place margin-wants-bounds
    margin-wants-choices margin-weights-nothing missing-aggregate missing-cell missing-division missing-logarithm
    missing-root missing-table missing-value page-tab plan-is-folder plan-not-mapping
    schedule-fits-lose_at_most schedule-fits-minimum schedule-fits-no_loss schedule-fits-share suppressed-cell
    workbook-macros
    wanted-condition wanted-criterion wanted-envelope wanted-fill wanted-pool wanted-score""",
)
