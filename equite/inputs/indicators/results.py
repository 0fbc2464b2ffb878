"""What a result says of itself: its title, its unit, how it was computed and who published the method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import pandas as pd

from equite.wording import Texts

__all__ = ["described"]

Result = TypeVar("Result", pd.Series, pd.DataFrame)


def described(
    result: Result,
    *,
    title: Texts,
    unit: Texts,
    method: Texts,
    source: str,
    columns: Mapping[str, tuple[Texts, Texts]] | None = None,
    **more: object,
) -> Result:
    """Return a result its attributes.

    Parameters
    ----------
    result : pandas.Series or pandas.DataFrame
        What was computed, indexed by code.
    title, unit, method : mapping
        Each in every language.
    source : str
        Author, year, title.
    columns : mapping, optional
        The title and the unit of each column of a frame.
    **more : object
        What else the reader of the numbers must know.
    """
    result.attrs = {"title": dict(title), "unit": dict(unit), "method": dict(method), "source": source}
    if columns is not None:
        result.attrs["columns"] = {
            name: {"title": dict(heading), "unit": dict(measured)} for name, (heading, measured) in columns.items()
        }
    result.attrs.update(more)
    return result
