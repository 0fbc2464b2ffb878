"""The catalogue of criteria: what may count, how it is measured, and what to beware of.

The criteria lie in ``criteria/*.yaml``, one file a family; to add one is to add YAML. A user's own file is laid over
the catalogue key by key. Nothing is read before :func:`read_catalogue` is called.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, FiniteFloat, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from equite import resources, wording
from equite.arguments import takes
from equite.errors import FormulaError, Problem, Problems, nearest
from equite.inputs.bounds import MOST_PAGE_BYTES
from equite.inputs.files import bounded_bytes
from equite.inputs.yaml_bounds import is_beyond_bounds
from equite.wording import LOCALES, Codes, Language, for_all, shape_of_texts

__all__ = ["FAMILIES", "Catalogue", "Criterion", "Family", "NeedMeasure", "Readings", "Text", "read_catalogue"]

#: The six families of differences.
Family = Literal["organisational", "territorial", "cultural", "socioeconomic", "political", "aims"]
FAMILIES: tuple[Family, ...] = get_args(Family)

#: What the need behind an aim is measured by.
_MEASURES = ({"criterion"}, {"column", "title"})
#: The file and line of each key, by its path.
_Places = dict[tuple[str, ...], tuple[str, int]]


def _worded(value: Any) -> Any:
    texts = dict.fromkeys(LOCALES, value) if isinstance(value, str) else value
    known = isinstance(texts, Mapping) and bool(texts) and set(texts) <= set(LOCALES)
    if not known or not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise PydanticCustomError("equite", "not-worded")
    # What a user words in one language only is read in that language by everybody.
    return for_all({language: text.strip() for language, text in texts.items()})


def _held(name: str, info: ValidationInfo) -> str:
    if info.context is not None and name not in info.context:
        raise PydanticCustomError("equite", "unknown")
    return name


#: A text in each language: ``title["fr"]``.
Text = Annotated[Mapping[str, str], BeforeValidator(_worded)]
#: Another criterion of the catalogue being read.
_Other = Annotated[str, AfterValidator(_held)]


class _Entry(BaseModel, frozen=True, extra="forbid", validate_default=True): ...


class Readings(_Entry):
    """Both readings of a criterion that pulls two ways: why a high value, and why a low one, may mean more need."""

    high: Text
    low: Text


class NeedMeasure(_Entry):
    """The need behind an aim: another ``criterion``, or a ``column`` and its ``title`` (more of it is more need)."""

    criterion: _Other | None = None
    column: str | None = None
    title: Text | None = None


class Criterion(_Entry):
    """One difference among territories that may count in a formula. Its texts are mappings from language to text.

    Attributes
    ----------
    id, family, origin, title, question, unit
        Who named it (the thematic ``sheet``, or ``added`` since), and what a table of partners asks.
    kind, range
        ``extensive`` (adds up), ``intensive`` (averages), ``ordinal`` or ``yes_no``; valid values, None where open.
    direction, readings
        Which values mean more need: ``high``, ``low``, or ``must_be_stated``, with the two readings to choose from.
    measures, measure, data, need_measure
        ``need``, own ``capacity`` or ``cost`` of serving; by which columns and method; where the data are found; for an
        aim, the one measure of need.
    declared, levels
        Whether no public measure exists, so that partners declare it; then its five levels in words, from 1 to 5.
    overlaps, caution, everywhere, moved_by, perverse, consent
        What it counts twice; whether more means more need everywhere; who can move it, and how one could be rewarded
        for that; whose agreement is needed before it is scored.

    Examples
    --------
    >>> criterion = equite.catalogue["population_density"]
    >>> criterion.family, criterion.kind, criterion.unit["en"]
    ('territorial', 'intensive', 'inhabitants per km² of land')
    """

    id: str
    family: Family
    origin: Literal["sheet", "added"]
    title: Text
    question: Text
    unit: Text
    kind: Literal["extensive", "intensive", "ordinal", "yes_no"]
    range: tuple[FiniteFloat | None, FiniteFloat | None] = (None, None)
    direction: Literal["high", "low", "must_be_stated"]
    readings: Readings | None = None
    measures: Literal["need", "capacity", "cost"]
    measure: Text
    need_measure: NeedMeasure | None = None
    declared: bool
    levels: tuple[Text, ...] = ()
    data: Text
    overlaps: tuple[_Other, ...] = ()
    everywhere: Text
    caution: Text
    moved_by: Text
    perverse: Text
    consent: Text | None = None

    @field_validator("range", "readings", "need_measure", "levels")
    @classmethod
    def _whole(cls, value: Any, info: ValidationInfo) -> Any:
        field, said = info.field_name, info.data
        if (
            (field == "range" and None not in value and value[0] > value[1])
            or (field == "readings" and value is None and said.get("direction") == "must_be_stated")
            or (field == "need_measure" and value is None and said.get("family") == "aims")
            or (field == "need_measure" and value and set(value.model_dump(exclude_none=True)) not in _MEASURES)
            or (field == "levels" and len(value) != 5 and (value or said.get("declared")))
        ):
            raise PydanticCustomError("equite", "bad-{field}", {"field": field})
        return value

    def _repr_html_(self) -> str:
        from equite.report.html.inputs import criterion_html

        return criterion_html(self)


class _UnknownError(FormulaError, KeyError):
    """A criterion that the catalogue does not hold; a KeyError too, as mappings promise."""


class Catalogue(Mapping[str, Criterion]):
    """Criteria by id, in the order of their families: a mapping that is only read.

    ``equite.catalogue`` is the one that comes with the package.

    Parameters
    ----------
    criteria : iterable of Criterion
        The criteria, in any order.

    Examples
    --------
    >>> catalogue = equite.read_catalogue()
    >>> catalogue["population_density"].title["fr"]
    'Densité de la population'
    >>> "population_density" in catalogue
    True
    """

    def __init__(self, criteria: Iterable[Criterion]) -> None:
        ordered = sorted(criteria, key=lambda criterion: FAMILIES.index(criterion.family))
        self._criteria = {criterion.id: criterion for criterion in ordered}

    def __getitem__(self, name: str) -> Criterion:
        if name not in self._criteria:
            raise _UnknownError([Problem("catalogue-unknown", {"name": name, "nearest": nearest(str(name), self)})])
        return self._criteria[name]

    def __contains__(self, name: object) -> bool:
        return name in self._criteria

    def __iter__(self) -> Iterator[str]:
        return iter(self._criteria)

    def __len__(self) -> int:
        return len(self._criteria)

    def family(self, name: str) -> tuple[Criterion, ...]:
        """Return the criteria of one family.

        Parameters
        ----------
        name : {"organisational", "territorial", "cultural", "socioeconomic", "political", "aims"}
            The family.

        Returns
        -------
        tuple of Criterion
            In the order of the catalogue.

        Raises
        ------
        FormulaError
            There is no such family.

        Examples
        --------
        >>> all(criterion.family == "territorial" for criterion in catalogue.family("territorial"))
        True
        """
        if name not in FAMILIES:
            raise FormulaError([Problem("catalogue-no-family", {"name": name, "known": Codes(FAMILIES)})])
        return tuple(criterion for criterion in self.values() if criterion.family == name)

    @takes(FormulaError)
    def search(self, words: str, language: Language | None = None) -> tuple[Criterion, ...]:
        """Find the criteria whose title or question holds all the words, whatever their accents and capitals.

        Parameters
        ----------
        words : str
            One word or more, or their beginnings.
        language : {"fr", "en"}, optional
            In which they are looked for; by default that of the machine's user.

        Returns
        -------
        tuple of Criterion
            In the order of the catalogue; empty where no criterion has them all.

        Examples
        --------
        >>> [criterion.id for criterion in catalogue.search("densite", "fr")]
        ['population_density']
        """
        spoken, parts = language or wording.preferred_language(), _folded(words).split()
        texts = [(found, _folded(f"{found.title[spoken]} {found.question[spoken]}")) for found in self.values()]
        return tuple(found for found, text in texts if parts and all(part in text for part in parts))

    @takes(FormulaError)
    def overlaid(self, place: str | Path) -> Catalogue:
        """Return this catalogue with a user's own YAML file, or folder of them, laid over it.

        Mappings merge key by key, any other value replaces, and an empty value removes its key. A criterion of the
        user's own says ``origin: added`` and every key that has no default; any other unknown id is taken for a slip.

        Parameters
        ----------
        place : str or Path
            The file, or the folder.

        Returns
        -------
        Catalogue
            A new one; this one is as it was.

        Raises
        ------
        FormulaError
            Every problem of every file, each with its line.

        Examples
        --------
        >>> from pathlib import Path
        >>> Path("own.yaml").write_text("population_density: {title: {en: People per km²}}", encoding="utf-8") > 0
        True
        >>> catalogue.overlaid("own.yaml")["population_density"].title["en"]
        'People per km²'
        """
        return _laid(self, Path(place))

    def _repr_html_(self) -> str:
        from equite.report.html.inputs import catalogue_html

        return catalogue_html(self)


def read_catalogue() -> Catalogue:
    """Read the catalogue that is shipped with equite (once).

    Returns
    -------
    Catalogue
        The same one, however often it is asked for.

    Examples
    --------
    >>> len(equite.read_catalogue().family("aims")) > 0
    True
    """
    return _shipped(tuple(LOCALES))


@cache
def _shipped(languages: tuple[Language, ...]) -> Catalogue:
    """Read the catalogue anew where a language became known since: its texts are in each."""
    return _laid(Catalogue(()), resources.folder("criteria"))


def _laid(base: Catalogue, place: Path) -> Catalogue:
    problems, places = Problems(FormulaError), _Places()
    entries: dict[str, Any] = {criterion.id: criterion.model_dump() for criterion in base.values()}
    files = sorted(file for file in place.iterdir() if file.suffix in (".yaml", ".yml")) if place.is_dir() else [place]
    if not files:
        problems.add("catalogue-no-file", name=str(place))
    for file in files:
        for name, entry in _read(file, problems, places).items():
            at, before = (name, places[(name,)][1]), entries.get(name, {})
            family = before.get("family")
            if not isinstance(entry, dict):
                problems.add("catalogue-entry-not-mapping", *at, file=file.name)
            elif family and (entry.get("family") or family) != family:
                problems.add("catalogue-two-families", *at, file=file.name, first=family, second=entry["family"])
            elif base and not before and entry.get("origin") != "added":
                problems.add("catalogue-unknown-entry", *at, file=file.name, name=name, nearest=nearest(name, base))
            else:
                entries[name] = _merged(before, entry)
    found = [_criterion(name, entries, problems, places) for name in entries]
    problems.refuse()
    return Catalogue(criterion for criterion in found if criterion)


def _read(file: Path, problems: Problems, places: _Places) -> dict[str, Any]:
    try:
        text = bounded_bytes(file, FormulaError, MOST_PAGE_BYTES).decode("utf-8-sig")
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if node is not None and is_beyond_bounds(node):
            problems.add("catalogue-too-large", file=file.name)
            return {}
        content = None if node is None else _plain(node, (), file.name, problems, places)
        if isinstance(content, dict) and content:
            return content
        problems.add("catalogue-not-mapping", file=file.name)
    except FormulaError as error:
        problems.found.extend(error.problems)
    except (OSError, UnicodeDecodeError):
        problems.add("catalogue-unreadable", name=str(file))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problems.add("catalogue-not-yaml", line=mark.line + 1 if mark else None, file=file.name)
    return {}


def _plain(node: yaml.Node, path: tuple[str, ...], file: str, problems: Problems, places: _Places) -> Any:
    """Return a node as texts (``010``, ``no`` and ``12:30`` stay as written), None, lists and mappings."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, str(at)), file, problems, places) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in found:
            problems.add("catalogue-duplicate-key", ".".join(path), line, file=file, key=key)
        else:
            places[(*path, key)] = (file, line)
            found[key] = _plain(value_node, (*path, key), file, problems, places)
    return found


def _merged(before: Any, after: Any) -> Any:
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return after
    merged = {**before, **{key: _merged(before.get(key), value) for key, value in after.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def _criterion(name: str, entries: dict[str, Any], problems: Problems, places: _Places) -> Criterion | None:
    try:
        return Criterion.model_validate({**entries[name], "id": name}, context=entries)
    except ValidationError as error:
        details = error.errors()
        meant = {(*each["loc"][:-1], key) for each in details for key in _keys_meant(each)}
        for detail in details:
            if detail["type"] == "missing" and detail["loc"] in meant:
                continue
            path = (name, *map(str, detail["loc"]))
            file, line = next(places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in places)
            refusal, values = _refusal(detail, entries)
            problems.found.append(Problem(f"catalogue-{refusal}", values, ".".join(path), line, file))
    return None


def _refusal(detail: ErrorDetails, entries: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    first, key, given = str(detail["loc"][0]), str(detail["loc"][-1]), str(detail["input"])[:60]
    if detail["type"] == "equite":
        return detail["msg"], {"name": given, "nearest": nearest(given, entries), "shape": shape_of_texts()}
    if detail["type"] == "missing":
        return "missing-key", {"key": key}
    if detail["type"] == "literal_error":
        known = tuple(map(str, get_args(Criterion.model_fields[first].annotation)))
        return "not-one-of", {"value": given, "nearest": nearest(given, known), "known": Codes(known)}
    if detail["type"] == "extra_forbidden":
        known = _keys_of(first)
        return "unknown-key", {"key": key, "nearest": nearest(key, known), "known": Codes(known, len(known))}
    return "bad-value", {"value": given}


def _keys_meant(detail: ErrorDetails) -> tuple[str, ...]:
    """Return the keys that one which is not known may be a misspelling of."""
    if detail["type"] != "extra_forbidden":
        return ()
    return nearest(str(detail["loc"][-1]), _keys_of(str(detail["loc"][0]))).names


def _keys_of(first: str) -> tuple[str, ...]:
    """Return the keys that may stand in a criterion, or below one of them."""
    inner: dict[str, type[BaseModel]] = {"readings": Readings, "need_measure": NeedMeasure}
    return tuple(inner.get(first, Criterion).model_fields)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
