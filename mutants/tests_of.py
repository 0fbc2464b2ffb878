"""Which tests each module is held by: its own, and those that see through it; the nearest first, all of them quick."""

from __future__ import annotations

__all__ = ["COMMON", "TESTS"]

#: Whole pages, worked by hand: they run through nearly every module in two or three seconds.
COMMON = ("tests/engine/test_refusals.py", "tests/engine/test_branches.py", "tests/worked/test_worked.py")

_SCORES = (
    "tests/engine/test_criteria.py",
    "tests/engine/test_scoring.py",
    "tests/engine/test_worked_errors.py",
    "tests/engine/test_regressions.py",
)
_SHARES = (
    "tests/engine/test_worked_errors.py",
    "tests/engine/test_allocation.py",
    "tests/engine/test_regressions.py",
    "tests/engine/test_envelopes.py",
)
_TIERS = ("tests/engine/test_cascade_record.py", "tests/engine/test_plan_tables.py", "tests/engine/test_cascade.py")
_COMPARISONS = (
    "tests/laws/test_bounds_of_error.py",
    "tests/laws/test_worked_comparisons.py",
    "tests/laws/test_worked_expressions.py",
    "tests/laws/test_exact_arithmetic.py",
    "tests/laws/test_law_of_comparisons.py",
)

_SHEETS = ("tests/report/test_worksheet.py",)
_TRANSITION = ("tests/engine/test_transition.py",)
_ERRORS = ("tests/engine/test_worked_errors.py",)

#: The files of tests by module of ``equite/engine/``; what is common comes after them.
TESTS: dict[str, tuple[str, ...]] = {
    "accounts": _TIERS,
    "affordable": (*_TRANSITION, "tests/engine/test_worked_errors.py"),
    "aggregates": (*_COMPARISONS[1:4], *_ERRORS, *_SCORES[:2]),
    "allocate": (*_SHARES, "tests/engine/test_rounding.py", "tests/engine/test_declarations.py"),
    "allocation": (*_SHARES, "tests/report/test_report_text.py"),
    "apportionment": ("tests/engine/test_apportionment.py",),
    "batch": ("tests/engine/test_batch.py",),
    "bounded": ("tests/engine/test_equality.py", *_COMPARISONS),
    "bounds": _SHARES,
    "cascade": _TIERS,
    "cautions": (*_SHARES, "tests/engine/test_declarations.py", "tests/engine/test_scoring.py"),
    "checks": (*_SHARES, *_COMPARISONS[1:2]),
    "criteria": _SCORES,
    "cascade_run": _TIERS,
    "eligibility": _SHARES,
    "descent": ("tests/engine/test_descent.py",),
    "equality": ("tests/engine/test_equality.py", *_COMPARISONS),
    "evaluation": (*_COMPARISONS, *_ERRORS),
    "exact": ("tests/engine/test_equality.py", *_COMPARISONS),
    "exactness": ("tests/engine/test_equality.py", *_COMPARISONS),
    "explanation": (
        "tests/engine/test_allocation.py",
        "tests/engine/test_regressions.py",
        "tests/engine/test_laws.py",
        "tests/engine/test_shown.py",
    ),
    "figures": _TIERS,
    "foundation": ("tests/engine/test_foundation.py",),
    "functions": (*_COMPARISONS, *_ERRORS),
    "gathering": ("tests/engine/test_told_at_once.py",),
    "goalposts": (*_SCORES[:2], *_ERRORS),
    "imposed": ("tests/analysis/test_drivers.py",),
    "line": ("tests/engine/test_line.py", *_SCORES),
    "limits": (*_SHARES, "tests/engine/test_laws.py"),
    "linear": ("tests/engine/test_allocation.py", "tests/engine/test_regressions.py", "tests/engine/test_laws.py"),
    "memory": ("tests/engine/test_batch.py",),
    "methods": ("tests/engine/test_methods.py", *_SCORES),
    "missing": (*_ERRORS, "tests/engine/test_scoring.py", "tests/engine/test_allocation.py"),
    "nearness": ("tests/engine/test_equality.py", *_COMPARISONS),
    "of_scope": ("tests/engine/test_equality.py", *_COMPARISONS),
    "outliers": ("tests/engine/test_methods.py", "tests/engine/test_outliers.py", "tests/engine/test_scoring.py"),
    "own_methods": ("tests/engine/test_own_methods.py",),
    "parts": (*_SHARES, "tests/engine/test_rounding.py"),
    "plan_tables": ("tests/engine/test_plan_tables.py", "tests/engine/test_cascade_record.py"),
    "ratios": ("tests/engine/test_ratios.py", "tests/engine/test_equality.py"),
    "record": (
        "tests/engine/test_record.py",
        "tests/engine/test_allocation.py",
        "tests/engine/test_declarations.py",
        "tests/engine/test_scoring.py",
    ),
    "registering": ("tests/engine/test_own_methods.py",),
    "registry": ("tests/engine/test_methods.py", "tests/engine/test_scoring.py", *_ERRORS),
    "rounding": ("tests/engine/test_rounding.py", *_SHARES),
    "rows": ("tests/engine/test_rows.py",),
    "scoring": _SCORES,
    "sheet": _SHEETS,
    "sheet_arithmetic": _SHEETS,
    "sheet_apportioned": _SHEETS,
    "sheet_levels": _SHEETS,
    "sheet_names": _SHEETS,
    "sheet_parts": _SHEETS,
    "sheet_scores": _SHEETS,
    "sheet_stages": _SHEETS,
    "shown": ("tests/engine/test_shown.py", "tests/report/test_report_columns.py"),
    "sharing": ("tests/engine/test_sharing.py", "tests/engine/test_regressions.py"),
    "side_by_side": ("tests/engine/test_batch.py",),
    "spelling": ("tests/engine/test_labels.py",),
    "steps": (*_SHARES, "tests/engine/test_rounding.py", "tests/engine/test_regressions.py"),
    "suppression": ("tests/engine/test_suppressed.py",),
    "protection": _TRANSITION,
    "transition": _TRANSITION,
    "transition_figures": _TRANSITION,
    "transition_run": _TRANSITION,
    "audit_trail": _TIERS,
    "unbounded": ("tests/engine/test_unbounded.py",),
    "variant_source": ("tests/engine/test_batch.py",),
    "variants": ("tests/engine/test_batch.py",),
    "varying": ("tests/engine/test_batch.py",),
    "worksheet": _SHEETS,
}
