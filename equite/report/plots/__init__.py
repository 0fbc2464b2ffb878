"""Plots with matplotlib (the extra ``plot``), one module for each family of plots.

``style`` holds the palette, the numbers and the place of titles and notes; ``rows`` and ``points`` keep many
territories readable; ``words`` says what plots say alike. ``amounts``, ``standing``, ``criteria``, ``maps`` and
``flows`` draw; ``accessor`` gives them as ``allocation.plot``. A plot of something else is a module beside these, and a
method of an accessor of that thing's own. matplotlib is loaded when something is drawn.
"""

from equite.report.plots.accessor import AllocationPlots
from equite.report.plots.flows import Level, flow_axes

__all__ = ["AllocationPlots", "Level", "flow_axes"]
