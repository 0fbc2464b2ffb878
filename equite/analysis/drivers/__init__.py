"""Why amounts changed: the difference of two allocations, split among causes that add up to it exactly."""

from equite.analysis.drivers.result import Drivers, drivers

__all__ = ["Drivers", "drivers"]
