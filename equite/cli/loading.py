"""Methods of the user's own on the command line: the Python files that the caller names, and no others.

To load a file is to run it. So only who types the command may ask for it: a page, a plan, an override or a workbook
names methods and never files, and whoever opens one from a stranger runs nothing of theirs.
"""

from __future__ import annotations

import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from equite.errors import EquiteError, MethodError, Problem
from equite.wording import Language

__all__ = ["load_methods"]


def load_methods(path: Path, language: Language) -> None:
    """Run a Python file that registers methods.

    Parameters
    ----------
    path : Path
        The file, which ends in ``.py``. It bears the name of a module, and stands alone.
    language : str
        The language of the command.

    Raises
    ------
    MethodError
        The file is no Python file, has the name of a module that is loaded already, fails, or registers nothing; or one
        of its methods is refused.
    OSError
        The file cannot be read.
    """
    place = path.resolve()
    if place.suffix != ".py" or not place.stem.isidentifier():
        raise MethodError([Problem("cli-load-name", {"name": path.name})], language)
    known = sys.modules.get(place.stem)
    if known is not None and getattr(known, "__file__", None) != str(place):
        raise MethodError([Problem("cli-load-taken", {"name": path.name})], language)
    spec = spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # What is defined in the file looks for its module there.
    sys.modules[place.stem] = module
    try:
        spec.loader.exec_module(module)
    except (EquiteError, OSError):
        del sys.modules[place.stem]
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[place.stem]
        values = {"name": path.name, "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
        raise MethodError([Problem("cli-load-failed", values, line=_line_of(error, place))], language) from error
    if not _registers(module):
        raise MethodError([Problem("cli-load-nothing", {"name": path.name})], language)


def _line_of(error: BaseException, place: Path) -> int | None:
    """Return the line of a file at which it failed."""
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(place)), None)


def _registers(module: ModuleType) -> bool:
    from equite.engine.registry import AGGREGATORS, NORMALISERS, OWN_FUNCTIONS, TRANSFORMS

    registries = (AGGREGATORS, NORMALISERS, OWN_FUNCTIONS, TRANSFORMS)
    functions = [method.function for registry in registries for method in registry.values()]
    return any(getattr(function, "__module__", "") == module.__name__ for function in functions)
