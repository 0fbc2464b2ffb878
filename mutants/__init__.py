"""Mutants of ``equite/engine/``: one small change at a time, and whether the tests see it (docs/testing.md).

For development alone: nothing here is installed with equite. It imports nothing of equite either, so that each mutant
is the first thing of it that its process loads.
"""
