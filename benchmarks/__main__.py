"""Run the benchmarks: ``python -m benchmarks``.

Live workbooks take minutes: ``python -m benchmarks.workbook``. A peer is installed for
``python -m benchmarks.openfisca``. A browser is wanted for ``python -m benchmarks.live_page``.
"""

from __future__ import annotations

from benchmarks import (
    batch,
    communes,
    composite,
    drivers,
    explaining,
    projects,
    reading,
    starting,
    tiers,
    transition,
    writing,
)

communes.main()
composite.main()
batch.main()
explaining.main()
drivers.main()
starting.main()
tiers.main()
reading.main()
writing.main()
projects.main()
transition.main()
