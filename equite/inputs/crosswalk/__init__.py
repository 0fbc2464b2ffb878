"""Data carried from one set of boundaries to another, with what is measured and what is merely shared out."""

from __future__ import annotations

from equite.inputs.crosswalk.carried import Carried
from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["Carried", "Crosswalk"]
