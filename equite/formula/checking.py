"""What a page must hold to before any table is read: each rule adds its sentence, all are given at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

from equite.errors import nearest
from equite.formula.bounding import is_within_bounds
from equite.formula.expressions import TABLE_FUNCTIONS
from equite.formula.names import Names, Path, aggregates_in, criteria_of
from equite.formula.nodes import Call, Name, Node, walk
from equite.inputs.spelling import fold, tidy

__all__ = ["check_names"]

#: Note one problem: its sentence, its path, its values.
Report = Callable[..., None]
#: Columns that every allocation's table has: no part and no limit may be called so.
TABLE_COLUMNS = frozenset(
    {"amount", "change", "change_share", "code", "name", "per_head", "previous", "rounding", "share"}
)
_TABLE_KINDS = {
    "step": ("up_to", "from"),
    "bracket": ("up_to", "from"),
    "interpolate": ("points",),
    "weighted_sum": ("weights",),
}


def check_names(names: Names, report: Report) -> None:
    """Run every rule; ``report(entry, path, **values)`` notes what is wrong.

    A page beyond the bounds is told so, and not looked at further.
    """
    if not is_within_bounds(names, report):
        return
    for rule in (
        _one_name_space,
        _no_circle,
        _tables_in_their_place,
        _words_in_their_place,
        _labels_and_numbers,
        _criteria_once,
        _keys_name_columns,
        _eligibility_first,
        _parts_in_order,
        _pools,
        _limits,
        _envelope_is_a_multiple,
        _apportionment,
        _rows_once,
    ):
        rule(names, report)


def _one_name_space(names: Names, report: Report) -> None:
    model = names.model
    places: list[tuple[str, Path]] = []
    for section in ("columns", "constants", "tables", "variables", "indices"):
        places += [(name, (section, name)) for name in getattr(model, section)]
    places += [(part.id, ("parts", at, "id")) for at, part in enumerate(model.parts)]
    seen: dict[str, Path] = {}
    for name, path in places:
        if name in seen:
            report("name-twice", path, name=name, first=".".join(str(key) for key in seen[name]))
        seen.setdefault(name, path)
    taken = TABLE_COLUMNS | {part.id for part in model.parts}
    ids = [(part.id, ("parts", at, "id"), TABLE_COLUMNS) for at, part in enumerate(model.parts)]
    ids += [(limit.id, ("limits", at, "id"), taken) for at, limit in enumerate(model.limits)]
    for name, path, others in ids:
        if name in others:
            report("column-name-taken", path, name=name)
    for limit, count in Counter(limit.id for limit in model.limits).items():
        if count > 1:
            report("limit-twice", ("limits",), limit=limit)


def _no_circle(names: Names, report: Report) -> None:
    circle = names.circle
    if len(set(circle)) == 1:
        report("name-of-its-own", (_section(names, circle[0]), circle[0]), name=circle[0])
    elif circle:
        report("names-circle", (_section(names, circle[0]), circle[0]), circle=" → ".join(circle))


def _section(names: Names, name: str) -> str:
    sections = ("constants", "tables", "variables", "indices")
    return next((section for section in sections if name in getattr(names.model, section)), "parts")


def _tables_in_their_place(names: Names, report: Report) -> None:
    tables = names.model.tables
    for path, expression in names.expressions:
        for node in expression.nodes:
            if isinstance(node, Call) and node.function in TABLE_FUNCTIONS:
                given = node.arguments[-1]
                assert isinstance(given, Name)
                if given.name not in tables:
                    report("table-unknown", path, name=given.name, nearest=nearest(given.name, tables))
                elif tables[given.name].kind not in _TABLE_KINDS[node.function]:
                    wanted = ", ".join(_TABLE_KINDS[node.function])
                    report("table-kind", path, name=given.name, function=node.function, wanted=wanted)
        for name in _plain_names(expression.tree) & set(tables) if tables else ():
            report("table-as-number", path, name=name)


def _plain_names(node: Node) -> set[str]:
    """Return the names of a tree that do not stand as a table's argument."""
    if isinstance(node, Name):
        return {node.name}
    children = list(node.children())
    if isinstance(node, Call) and node.function in TABLE_FUNCTIONS:
        children = children[:-1]
    return set().union(*(_plain_names(child) for child in children)) if children else set()


def _words_in_their_place(names: Names, report: Report) -> None:
    model = names.model
    for path, expression in names.expressions:
        used = names.closure(expression.names) if not names.circle else expression.names
        if "amount" in used and path[0] not in ("limits", "checks", "variables"):
            report("amount-too-early", path)
        if "previous" in used and not model.previous and not _own_previous(names, path):
            report("previous-unknown", path)
        if "envelope" in expression.names and not model.envelope:
            report("envelope-unknown", path)
        for word in _misplaced(expression.tree) if expression.names & {"all", "eligible"} else ():
            report("word-only-among", path, word=word)


def _own_previous(names: Names, path: Path) -> bool:
    """Tell whether ``previous`` has a meaning of its own here: in the bounds of a part that says which column it is."""
    if path[-1] not in ("at_least", "at_most"):
        return False
    if path[0] == "parts":
        return names.model.parts[int(path[1])].previous is not None
    part = names.model.limits[int(path[1])].part
    return part in names.parts and names.parts[str(part)].previous is not None


def _misplaced(node: Node, *, among: bool = False) -> Iterator[str]:
    """Return ``all`` and ``eligible`` where they do not stand in an ``among``."""
    if isinstance(node, Name) and node.name in ("all", "eligible") and not among:
        yield node.name
    inner = getattr(node, "among", None)
    for child in node.children():
        yield from _misplaced(child, among=among or child is inner)


def _labels_and_numbers(names: Names, report: Report) -> None:
    for name in names.conflicting():
        path = next((path for path, expression in names.expressions if name in expression.names), ())
        report("name-text-and-number", path, name=name)


def _keys_name_columns(names: Names, report: Report) -> None:
    """Refuse a key (within, by, previous, a criterion) that names something without a value for each territory."""
    model = names.model
    places: list[tuple[Path, str | None]] = [((key,), getattr(model, key)) for key in ("previous", "people", "within")]
    for at, part in enumerate(model.parts):
        places += [(("parts", at, "within"), part.within), (("parts", at, "previous"), part.previous)]
    places += [(("limits", at, "by"), limit.by) for at, limit in enumerate(model.limits)]
    for name, index in model.indices.items():
        for path, criterion, given in criteria_of(index, ("indices", name)):
            rule = given.missing or index.missing
            places += [(path, criterion), (path, given.more_need_when.by), (path, rule.by), (path, rule.column)]
    wrong = {*model.tables, *names.parts, "all", "amount", "eligible", "envelope", "previous", ""}
    for path, used in places:
        if used is None:
            continue
        is_group = path[-1] in ("within", "by")
        if used in wrong or (is_group and (used in model.constants or "amount" in names.rests_on(used))):
            report("name-not-column", path, name=used)


def _criteria_once(names: Names, report: Report) -> None:
    for name, index in names.model.indices.items():
        seen: set[str] = set()
        for path, criterion, _ in criteria_of(index, ("indices", name)):
            if tidy(criterion) in seen:
                report("criterion-twice", path, criterion=criterion, index=name)
            seen.add(tidy(criterion))


def _eligibility_first(names: Names, report: Report) -> None:
    if names.circle:
        return
    for at, rule in enumerate(names.model.eligible):
        path = ("eligible", at, "where")
        used = names.closure(rule.where.names)
        indices = sorted(used & set(names.model.indices))
        for tree in (rule.where.tree, *names.trees_of(used)):
            for aggregate in aggregates_in(tree):
                mentions = (
                    {node.name for node in walk(aggregate.among) if isinstance(node, Name)} if aggregate.among else {}
                )
                if aggregate.among is None or "eligible" in mentions:
                    report("eligible-circular", path, function=aggregate.function)
        if indices:
            report("eligible-on-index", path, name=indices[0])
        if used & (set(names.parts) | {"amount"}):
            report("eligible-on-amount", path)


def _parts_in_order(names: Names, report: Report) -> None:
    if names.circle:
        return
    model = names.model
    for at in range(len(model.parts)):
        later = {other.id for other in model.parts[at:]}
        for path, expression in names.below("parts", at):
            for name in sorted(names.closure(expression.names) & later):
                report("part-not-yet", path, name=name)
    for path, expression in names.expressions:
        if path[0] in ("envelope", "indices") and names.closure(expression.names) & set(names.parts):
            report("part-not-yet", path, name=min(names.closure(expression.names) & set(names.parts)))


def _pools(names: Names, report: Report) -> None:
    model = names.model
    remainders = [part.id for part in model.parts if part.pool and part.pool.remainder]
    if len(remainders) > 1:
        report("remainder-twice", ("parts",), parts=", ".join(remainders))
    for at, part in enumerate(model.parts):
        rests_on = names.closure(names.pool_needs(part))
        if remainders and remainders[0] in rests_on and part.id != remainders[0]:
            report("remainder-circular", ("parts", at), part=part.id, remainder=remainders[0])
        if model.envelope is None and part.pool and (part.pool.remainder or part.pool.fraction is not None):
            report("pool-needs-envelope", ("parts", at, "pool"), part=part.id)
        if part.levy and part.if_over != "refuse":
            report("levy-if-over", ("parts", at, "if_over"), part=part.id)
        if part.share.as_is is not None and (part.if_short, part.if_over) != ("refuse", "refuse"):
            report("as-is-if", ("parts", at), part=part.id)
        if part.levy and part.pool and part.pool.remainder:
            report("levy-remainder", ("parts", at, "pool"), part=part.id)
    if model.envelope is None and (model.if_short != "refuse" or model.if_over != "refuse"):
        report("page-if-needs-envelope", ("if_short" if model.if_short != "refuse" else "if_over",))
    if model.within and model.within in {part.within for part in model.parts}:
        report("within-twice", ("within",), within=model.within)


def _limits(names: Names, report: Report) -> None:
    model = names.model
    bounded = {limit.part for limit in model.limits}
    for at, part in enumerate(model.parts):
        if part.previous and part.at_least is None and part.at_most is None and part.id not in bounded:
            report("previous-without-bounds", ("parts", at, "previous"), part=part.id)
    groups = {limit.by for limit in model.limits if limit.by}
    within = {part.within for part in model.parts if part.within}
    if len(groups) > 1:
        report("limits-by-two-groups", ("limits",), groups=", ".join(sorted(groups)))
    for at, limit in enumerate(model.limits):
        path: Path = ("limits", at)
        if limit.part and limit.part not in names.parts:
            report("limit-unknown-part", (*path, "part"), name=limit.part, nearest=nearest(limit.part, names.parts))
        elif limit.part and names.parts[limit.part].share.as_is is not None:
            report("limit-part-as-is", (*path, "part"), name=limit.part)
        elif limit.part and names.parts[limit.part].levy:
            report("limit-part-levy", (*path, "part"), name=limit.part)
        if limit.by and within and model.parts and all(part.within for part in model.parts) and len(within) == 1:
            report("limit-by-within", (*path, "by"), within=next(iter(within)))
    only_stated = all(part.pool is not None and part.pool.amount is not None for part in model.parts)
    for at, limit in enumerate(model.limits):
        if limit.move and model.envelope is None and not only_stated:
            report("move-needs-envelope", ("limits", at, "move"))
        if model.envelope is None and not only_stated and (limit.if_short, limit.if_over) != ("refuse", "refuse"):
            report("limit-if-needs-envelope", ("limits", at))
        if limit.fund == "on_top" and limit.if_over != "refuse":
            report("on-top-short", ("limits", at, "if_over"))
        if limit.fund == "on_top" and limit.if_short != "refuse":
            report("on-top-short", ("limits", at, "if_short"))


def _rows_once(names: Names, report: Report) -> None:
    """Refuse a row that is left out and said to be a territory, and an entry that names nothing."""
    model = names.model
    out = {fold(entry) for entry in model.leave_out}
    for key in ("leave_out", "are_territories"):
        for at, entry in enumerate(getattr(model, key)):
            if not entry.strip():
                report("row-entry-blank", (key, at), key=key)
            elif key == "are_territories" and fold(entry) in out:
                report("row-in-both", (key, at), value=entry)


def _apportionment(names: Names, report: Report) -> None:
    """Refuse a divisor method where nothing is shared together, and a minimum between two units."""
    model = names.model
    rounding, stated = model.rounding, all(part.pool and part.pool.amount is not None for part in model.parts)
    if rounding.by_divisors and model.envelope is None and not stated:
        report("method-needs-envelope", ("rounding", "method"), method=rounding.method)
    if rounding.minimum is not None and rounding.minimum % model.rounding_to:
        values = {"value": str(rounding.minimum), "unit": str(model.rounding_to)}
        report("minimum-not-multiple", ("rounding", "minimum"), **values)


def _envelope_is_a_multiple(names: Names, report: Report) -> None:
    model = names.model
    stated = model.envelope.value.plain if model.envelope else None
    if model.envelope is None or stated is None:
        return
    if stated < 0:
        report("envelope-negative", ("envelope",), value=model.envelope.value.text)
    elif (Fraction(stated) / Fraction(model.rounding_to)).denominator > 1:
        report("envelope-not-multiple", ("envelope",), value=model.envelope.value.text, unit=str(model.rounding_to))
