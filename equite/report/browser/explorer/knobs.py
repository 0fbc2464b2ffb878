"""What may be moved, in the groups in which a reader looks for it; a number is told by its place in the payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.names import criteria_of
from equite.report.language.labels import Labels
from equite.report.language.text import plain

__all__ = ["knobs_of", "weights_of"]

Path = tuple[str | int, ...]
Knobs = dict[str, Any]
#: Sections of a page that make one group each, in the order of the page that recomputes.
_WHOLE = ("constants", "variables", "eligible", "checks")


def knobs_of(labels: Labels, parameters: Sequence[Mapping[str, Any]]) -> list[Knobs]:
    """Return the groups of parameters: money, numbers of the page, parts, weights by family, limits, tables.

    Parameters
    ----------
    labels : Labels
        The words.
    parameters : sequence of mappings
        Those of the payload.

    Returns
    -------
    list of dict
        ``title``; ``note``, a text or None; ``weight``, the place of the group's own weight or None; ``items``, each
        with its ``place`` and whether it ``counts``, the weight of a criterion; ``groups``, those inside it.
    """
    formula, places = labels.formula, [tuple(each["place"]) for each in parameters]
    found = [_under(labels.say("explore-group-envelope"), places, ("envelope",))]
    found.append(_under(labels.say("explore-group-constants"), places, ("constants",)))
    for at, part in enumerate(formula.parts):
        title = labels.say("explore-group-part", title=labels.title(part.id))
        found.append(_under(title, places, ("parts", at)))
    found += [_of_index(labels, name, places) for name in formula.indices]
    for at, limit in enumerate(formula.limits):
        title = labels.say("explore-group-limit", title=labels.limit(limit))
        found.append(_under(title, places, ("limits", at)))
    for name in formula.tables:
        title = labels.say("explore-group-table", title=plain(name.replace("_", " ")))
        found.append(_under(title, places, ("tables", name)))
    found.append(_under(labels.say("explore-group-variables"), places, ("variables",)))
    found.append(_under(labels.say("explore-group-eligible"), places, ("eligible",)))
    found.append(_under(labels.say("explore-group-checks"), places, ("checks",)))
    return [group for group in found if _holds(group)]


def _holds(group: Knobs) -> bool:
    return bool(group["items"] or group["groups"] or group["weight"] is not None)


def _group(title: str, items: list[Knobs], groups: Sequence[Knobs] = (), weight: int | None = None) -> Knobs:
    kept = [group for group in groups if _holds(group)]
    return {"title": title, "note": None, "items": items, "groups": kept, "weight": weight}


def _under(title: str, places: Sequence[Path], start: Path) -> Knobs:
    return _group(title, [_item(at) for at, place in enumerate(places) if place[: len(start)] == start])


def _item(place: int, *, counts: bool = False) -> Knobs:
    return {"place": place, "counts": counts}


def _of_index(labels: Labels, name: str, places: Sequence[Path]) -> Knobs:
    index, path = labels.formula.indices[name], ("indices", name)
    title = labels.say("explore-group-index", title=labels.title(name))
    group = _of_family(labels, title, index, path, places)
    # What the index says for all of its criteria: its scale, what is missing, outliers.
    own = [at for at, place in enumerate(places) if place[:2] == path and place[2] not in ("criteria", "families")]
    group["items"] += [_item(at) for at in own]
    return group | {"note": labels.say("explore-note-index") if group["items"] or group["groups"] else None}


def _of_family(labels: Labels, title: str, group: Index | Family, path: Path, places: Sequence[Path]) -> Knobs:
    """Return a family's own weight, its criteria with what belongs to each, and the families inside it."""
    weight = _place(places, (*path, "weight"))
    items: list[Knobs] = []
    for key in group.criteria:
        below = (*path, "criteria", key)
        own = [at for at, place in enumerate(places) if place[: len(below)] == below]
        items += [_item(at, counts=places[at] == (*below, "weight")) for at in own]
    inner = [
        _of_family(labels, labels.titles.of_family(key, family), family, (*path, "families", key), places)
        for key, family in group.families.items()
    ]
    return _group(title, items, inner, weight)


def _place(places: Sequence[Path], wanted: Path) -> int | None:
    return places.index(wanted) if wanted in places else None


def weights_of(formula: Formula, parameters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each index, its weights and the criteria that each covers: their shares add up to the weight's own.

    A criterion that stands twice in an index has one share, of which no weight tells its part: such weights have none.
    """
    places = [tuple(each["place"]) for each in parameters]
    found = []
    for name, index in formula.indices.items():
        paths = [(path, key) for path, key, _ in criteria_of(index, ("indices", name))]
        keys = [key for _, key in paths]
        weights = []
        for at, place in enumerate(places):
            if place[:2] != ("indices", name) or place[-1] != "weight" or parameters[at]["kind"] != "weight":
                continue
            covered = [key for path, key in paths if path[: len(place) - 1] == place[:-1]]
            if covered and all(keys.count(key) == 1 for key in covered):
                weights.append({"place": at, "criteria": covered})
        found.append({"id": name, "weights": weights})
    return found
