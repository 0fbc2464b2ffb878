"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import communes, tiers

communes.main()
tiers.main()
