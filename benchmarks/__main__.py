"""Run the benchmarks: ``python -m benchmarks``. Live workbooks take minutes: ``python -m benchmarks.workbook``."""

from __future__ import annotations

from benchmarks import communes, composite, reading, tiers, writing

communes.main()
composite.main()
tiers.main()
reading.main()
writing.main()
