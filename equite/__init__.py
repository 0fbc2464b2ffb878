"""equite: share money fairly among territories, with numbers that everyone round the table can check.

Names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equite.analysis.comparison import Comparison, compare
    from equite.analysis.diagnostics import Diagnosis
    from equite.analysis.drivers import Drivers, drivers
    from equite.analysis.equity import Equity, equity
    from equite.analysis.governance import GovernanceComparison, compare_governance
    from equite.analysis.profile import Profile
    from equite.analysis.projects import Projects, projects
    from equite.engine.allocate import allocate
    from equite.engine.allocation import Allocation
    from equite.engine.batch import Batch, batch
    from equite.engine.cascade import Cascade, cascade
    from equite.engine.explanation import Explanation
    from equite.engine.methods import aggregator, normaliser, row_function, transform
    from equite.engine.sharing import Sharing, share
    from equite.engine.transition import Transition, transition
    from equite.engine.worksheet import Worksheet
    from equite.errors import (
        EquiteError,
        FormulaError,
        MethodError,
        OutputError,
        Problem,
        SharingError,
        TerritoriesError,
        WorkbookError,
    )
    from equite.formula.formula import Formula
    from equite.formula.plan import Plan
    from equite.inputs import indicators
    from equite.inputs.catalogue import Catalogue, Criterion, read_catalogue
    from equite.inputs.catchments import catchments
    from equite.inputs.code_changes import CodeChanges
    from equite.inputs.crosswalk import Carried, Crosswalk
    from equite.inputs.roll_up import roll_up
    from equite.inputs.territories import Territories, read_territories
    from equite.inputs.tiers import Tiers
    from equite.report.roundtrip.reading import WorkbookReading, read_workbook

    #: The catalogue of criteria that comes with the package.
    catalogue: Catalogue

__version__ = "0.1.0"

_HOMES = {
    "Allocation": "equite.engine.allocation",
    "Batch": "equite.engine.batch",
    "Carried": "equite.inputs.crosswalk",
    "Cascade": "equite.engine.cascade",
    "Catalogue": "equite.inputs.catalogue",
    "CodeChanges": "equite.inputs.code_changes",
    "Comparison": "equite.analysis.comparison",
    "Criterion": "equite.inputs.catalogue",
    "Crosswalk": "equite.inputs.crosswalk",
    "Diagnosis": "equite.analysis.diagnostics",
    "Drivers": "equite.analysis.drivers",
    "EquiteError": "equite.errors",
    "Equity": "equite.analysis.equity",
    "Explanation": "equite.engine.explanation",
    "Formula": "equite.formula.formula",
    "FormulaError": "equite.errors",
    "GovernanceComparison": "equite.analysis.governance",
    "MethodError": "equite.errors",
    "OutputError": "equite.errors",
    "Plan": "equite.formula.plan",
    "Problem": "equite.errors",
    "Profile": "equite.analysis.profile",
    "Projects": "equite.analysis.projects",
    "Sharing": "equite.engine.sharing",
    "SharingError": "equite.errors",
    "Territories": "equite.inputs.territories",
    "TerritoriesError": "equite.errors",
    "Tiers": "equite.inputs.tiers",
    "Transition": "equite.engine.transition",
    "WorkbookError": "equite.errors",
    "WorkbookReading": "equite.report.roundtrip.reading",
    "Worksheet": "equite.engine.worksheet",
    "aggregator": "equite.engine.methods",
    "allocate": "equite.engine.allocate",
    "batch": "equite.engine.batch",
    "cascade": "equite.engine.cascade",
    "catchments": "equite.inputs.catchments",
    "compare": "equite.analysis.comparison",
    "compare_governance": "equite.analysis.governance",
    "equity": "equite.analysis.equity",
    "drivers": "equite.analysis.drivers",
    "normaliser": "equite.engine.methods",
    "projects": "equite.analysis.projects",
    "read_catalogue": "equite.inputs.catalogue",
    "read_territories": "equite.inputs.territories",
    "read_workbook": "equite.report.roundtrip.reading",
    "roll_up": "equite.inputs.roll_up",
    "row_function": "equite.engine.methods",
    "share": "equite.engine.sharing",
    "transform": "equite.engine.methods",
    "transition": "equite.engine.transition",
}

__all__ = [
    "Allocation",
    "Batch",
    "Carried",
    "Cascade",
    "Catalogue",
    "CodeChanges",
    "Comparison",
    "Criterion",
    "Crosswalk",
    "Diagnosis",
    "Drivers",
    "EquiteError",
    "Equity",
    "Explanation",
    "Formula",
    "FormulaError",
    "GovernanceComparison",
    "MethodError",
    "OutputError",
    "Plan",
    "Problem",
    "Profile",
    "Projects",
    "Sharing",
    "SharingError",
    "Territories",
    "TerritoriesError",
    "Tiers",
    "Transition",
    "WorkbookError",
    "WorkbookReading",
    "Worksheet",
    "aggregator",
    "allocate",
    "batch",
    "cascade",
    "catalogue",
    "catchments",
    "compare",
    "compare_governance",
    "drivers",
    "equity",
    "indicators",
    "normaliser",
    "projects",
    "read_catalogue",
    "read_territories",
    "read_workbook",
    "roll_up",
    "row_function",
    "share",
    "transform",
    "transition",
]


def __getattr__(name: str) -> Any:
    if name == "catalogue":
        return importlib.import_module("equite.inputs.catalogue").read_catalogue()
    if name == "indicators":
        return importlib.import_module("equite.inputs.indicators")
    if name not in _HOMES:
        raise AttributeError(f"module 'equite' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
