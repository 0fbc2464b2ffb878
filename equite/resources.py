"""Where the files that come with equite lie: the catalogue of criteria and the examples."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder"]

_PACKAGE = Path(__file__).resolve().parent
_PROJECT = _PACKAGE.parent


def folder(name: str) -> Path:
    """Find a folder that is shipped with equite.

    An installed wheel holds it beside the package's modules; a checkout of the project holds it at the root.

    Parameters
    ----------
    name : str
        ``criteria`` or ``examples``.

    Returns
    -------
    Path
        The folder, which exists.

    Raises
    ------
    FileNotFoundError
        Where neither holds it: the installation is incomplete.
    """
    places = [_PACKAGE / name]
    # Above an installed package lies site-packages, where a folder of that name is somebody else's.
    if (_PROJECT / "pyproject.toml").is_file():
        places.append(_PROJECT / name)
    for place in places:
        if place.is_dir():
            return place
    looked = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"equite's folder '{name}' is not at {looked}: install equite again")
