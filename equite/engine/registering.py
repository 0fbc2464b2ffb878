"""The decorators under which a function becomes a method of the page; what cannot be one is refused in a sentence.

equite's own methods are registered by them as are those of a user's own script, which may not take a name of equite's.
"""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from equite.engine.registry import (
    AGGREGATORS,
    NORMALISERS,
    OWN_FUNCTIONS,
    TRANSFORMS,
    Aggregator,
    Method,
    Normaliser,
    RowFunction,
    Transform,
    method_called,
)
from equite.errors import MethodError, Problem
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS
from equite.formula.fields import RESERVED
from equite.wording import LOCALES

__all__ = ["aggregator", "normaliser", "row_function", "transform"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Method = TypeVar("_Method", bound=Method)
Title = Mapping[str, str]

#: Words of a page that stand where the name of a method does.
_WORDS = frozenset({"levels", "step"})


def normaliser(
    name: str,
    *,
    title: Title | None = None,
    parameters: Mapping[str, Any] | None = None,
    increasing: bool = False,
    least: Mapping[str, float] | None = None,
    unit_free: bool = True,
    in_units: bool = False,
    only_high: bool = False,
) -> Callable[[_Function], _Function]:
    """Register a normaliser, a way to bring criteria to one scale, under its name on the page.

    The function is called as ``function(values, *parameters)``. ``values``, of shape (n,), are those of the
    territories that have one: none is missing, not all are equal, and higher ones mean more need. It returns their
    scores, n finite numbers.

    Parameters
    ----------
    name : str
        Letters, digits and hyphens.
    title : mapping, optional
        What outputs call it: ``{"fr": "…", "en": "…"}``. Without a title they use its name, and a warning says so.
    parameters : mapping, optional
        Its parameters in order, each with its default: a number, None for one that the page must give, or a tuple of
        words of which the first is the default. Left out, they are those of the function, after the arrays.
    increasing : bool
        Whether the parameters must rise.
    least : mapping, optional
        The least value of a parameter, where it has one.
    unit_free : bool
        Whether scores stay the same when the values' unit changes.
    in_units : bool
        Whether the parameters are values of the criterion, in its own unit and as the table has it.
    only_high : bool
        Whether it needs values of zero or more of which high ones mean more need.

    Returns
    -------
    callable
        The decorator; it gives the function back as it was.

    Raises
    ------
    MethodError
        The name is taken or cannot be one, the title is not in both languages, or the function cannot be called so.

    Examples
    --------
    >>> import numpy as np
    >>> @equite.normaliser("root-share", title={"fr": "racine de la part", "en": "root of the share"}, only_high=True)
    ... def root_share(values):
    ...     return np.sqrt(values / values.sum())
    >>> root_share(np.array([1.0, 3.0])).round(3).tolist()
    [0.5, 0.866]
    """

    def register(function: _Function) -> _Function:
        known = _parameters(name, function, ("values",), parameters, least)
        about = (increasing, least or {}, title, unit_free, in_units, only_high)
        _add(NORMALISERS, Normaliser(name, function, known, *about))
        return function

    return register


def aggregator(
    name: str,
    *,
    title: Title | None = None,
    parameters: Mapping[str, Any] | None = None,
    increasing: bool = False,
    least: Mapping[str, float] | None = None,
    positive: bool = False,
) -> Callable[[_Function], _Function]:
    """Register an aggregator, a way to combine the scores of one territory, under its name on the page.

    The function is called as ``function(scores, weights, *parameters)``. Both arrays have the shape (n, k), a row for
    each territory and a column for each criterion or family; weights are zero or more, and a score that the page
    skips is NaN. It returns n finite numbers, those of rows without any score or weight excepted.

    Parameters
    ----------
    name, title, parameters, increasing, least
        As for :func:`normaliser`.
    positive : bool
        Whether every score must be above zero.

    Returns
    -------
    callable
        The decorator; it gives the function back as it was.

    Raises
    ------
    MethodError
        As for :func:`normaliser`.

    Examples
    --------
    >>> import numpy as np
    >>> @equite.aggregator("worst", title={"fr": "le pire", "en": "the worst"})
    ... def worst(scores, weights):
    ...     return np.nanmax(np.where(weights > 0, scores, np.nan), axis=1)
    >>> worst(np.array([[0.2, 0.9]]), np.array([[1.0, 1.0]])).tolist()
    [0.9]
    """

    def register(function: _Function) -> _Function:
        known = _parameters(name, function, ("scores", "weights"), parameters, least)
        _add(AGGREGATORS, Aggregator(name, function, known, increasing, least or {}, title, positive))
        return function

    return register


def transform(
    name: str,
    *,
    title: Title | None = None,
    parameters: Mapping[str, Any] | None = None,
    increasing: bool = False,
    least: Mapping[str, float] | None = None,
) -> Callable[[_Function], _Function]:
    """Register a transform, a change of a criterion's values before they are normalised, under its name on the page.

    The function is called as ``function(values, *parameters)``. ``values``, of shape (n,), are those of the
    territories that take part, as the table has them; NaN is missing. It returns n numbers, finite wherever there was
    a value.

    Parameters
    ----------
    name, title, parameters, increasing, least
        As for :func:`normaliser`.

    Returns
    -------
    callable
        The decorator; it gives the function back as it was.

    Raises
    ------
    MethodError
        As for :func:`normaliser`.

    Examples
    --------
    >>> import numpy as np
    >>> @equite.transform("root", title={"fr": "racine", "en": "root"})
    ... def root(values):
    ...     return np.sqrt(values)
    >>> root(np.array([9.0])).tolist()
    [3.0]
    """

    def register(function: _Function) -> _Function:
        known = _parameters(name, function, ("values",), parameters, least)
        _add(TRANSFORMS, Transform(name, function, known, increasing, least or {}, title))
        return function

    return register


def row_function(name: str, *, title: Title | None = None) -> Callable[[_Function], _Function]:
    """Register a function of one territory, for the expressions of a page.

    The function is called with one array for each argument on the page, all of shape (n,), a place for each territory
    of which no argument is missing, and returns n numbers. One that is not finite is missing, as x / 0 is; so is
    the result where an argument is missing. Each row is seen by itself: what it gives may not depend on the others.

    It is to the page what a column computed in Python is: its arguments are the figures that comparisons see, and
    what it gives is a figure of 15 significant digits.

    Parameters
    ----------
    name : str
        Letters, digits and underscores, as a name of the page.
    title : mapping, optional
        What outputs call it, before ``of (…)``: ``{"fr": "racine cubique", "en": "cube root"}``. Without a title they
        use its name, and a warning says so.

    Returns
    -------
    callable
        The decorator; it gives the function back as it was.

    Raises
    ------
    MethodError
        As for :func:`normaliser`.

    Examples
    --------
    >>> import numpy as np
    >>> @equite.row_function("cube_root", title={"fr": "racine cubique", "en": "cube root"})
    ... def cube_root(x):
    ...     return np.cbrt(x)
    >>> cube_root(np.array([8.0])).tolist()
    [2.0]
    """

    def register(function: _Function) -> _Function:
        placed, most = _placed(name, function, ("x",))
        fewest = max(1, sum(each.default is each.empty for each in placed))
        _add(OWN_FUNCTIONS, RowFunction(name, function, title=title))
        ROW_FUNCTIONS[name] = (fewest, most)
        return function

    return register


def _add(registry: dict[str, _Method], method: _Method) -> None:
    """Add a method to its registry; one of the user's own may come again, as from a cell of a notebook."""
    name, title, own = method.name, method.title, isinstance(method, RowFunction)
    word = name if own else name.replace("-", "_")
    if not word.isidentifier() or not word.isascii() or (own and keyword.iskeyword(word)):
        _refuse("method-name", name=name)
    words = RESERVED | {*ROW_FUNCTIONS, *TABLE_FUNCTIONS, *AGGREGATES} if own else _WORDS
    known = registry.get(name) if own else method_called(name)
    again = isinstance(known, type(method)) and known.origin == method.origin
    if not again and (known is not None or name in words):
        _refuse("method-taken", name=name)
    if title is not None and not _is_title(title):
        shape = "{" + ", ".join(f'"{language}": "…"' for language in LOCALES) + "}"
        _refuse("method-title", name=name, shape=shape)
    registry[name] = method


def _is_title(title: Any) -> bool:
    worded = isinstance(title, Mapping) and set(title) == set(LOCALES)
    return worded and all(isinstance(text, str) and text.strip() for text in title.values())


def _placed(name: str, function: Any, arrays: tuple[str, ...]) -> tuple[list[inspect.Parameter], float]:
    """Return the arguments that a function takes by their places, and how many it takes at most."""
    try:
        takes = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        takes = []
    placed = [each for each in takes if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    wanting = any(each.kind is each.KEYWORD_ONLY and each.default is each.empty for each in takes)
    most = math.inf if any(each.kind is each.VAR_POSITIONAL for each in takes) else len(placed)
    if wanting or most < len(arrays):
        _refuse("method-signature", name=name, arguments=", ".join(arrays))
    return placed, most


def _parameters(
    name: str,
    function: Any,
    arrays: tuple[str, ...],
    given: Mapping[str, Any] | None,
    least: Mapping[str, float] | None,
) -> dict[str, Any]:
    """Return the parameters of a method: those that are stated, or those of its function after the arrays."""
    placed, most = _placed(name, function, arrays)
    wanted = [each for each in placed if each.default is each.empty]
    if given is None:
        given = {each.name: None if each.default is each.empty else each.default for each in placed[len(arrays) :]}
    if not len(wanted) <= len(arrays) + len(given) <= most or not set(least or ()) <= set(given):
        _refuse("method-signature", name=name, arguments=", ".join((*arrays, *given)))
    for parameter, default in given.items():
        if not _is_default(default):
            _refuse("method-default", name=name, parameter=parameter)
    return {key: float(value) if isinstance(value, int) else value for key, value in given.items()}


def _is_default(value: Any) -> bool:
    """Tell whether a value may be a parameter's default: a number, a tuple of words, or None."""
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(word, str) for word in value)
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _refuse(entry: str, **values: object) -> NoReturn:
    raise MethodError([Problem(entry, values)])
