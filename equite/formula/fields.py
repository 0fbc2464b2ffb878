"""The small shapes that a page is made of: numbers, expressions, titles, weights, tables."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from equite.errors import FormulaError
from equite.formula.expressions import AGGREGATES, ROW_FUNCTIONS, TABLE_FUNCTIONS, Expression
from equite.wording import LOCALES, Language, for_all, shape_of_texts

__all__ = [
    "NUMBER",
    "PAGE_LANGUAGE",
    "RESERVED",
    "Expr",
    "Identifier",
    "PageLanguage",
    "Plain",
    "SchemaOf",
    "Status",
    "Strict",
    "Title",
    "Weight",
    "number_of",
    "refuse",
]

#: The language of a page that states none.
PAGE_LANGUAGE: Language = "fr"

#: How far a figure can be trusted.
Status = Literal["official", "estimated", "declared", "illustrative"]

#: Words that the language keeps for itself.
RESERVED = frozenset({"all", "amount", "eligible", "envelope", "no", "null", "previous", "yes"})
_PERCENT = re.compile(r"\s*([+-]?\d+(?:[.,]\d*)?)\s*(?:%|p\.\s*100|p\.\s*cent)\s*")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


class Strict(BaseModel):
    """A frozen mapping of a page in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


def refuse(entry: str, **values: object) -> PydanticCustomError:
    """Make a refusal whose sentence stands in the catalogue."""
    return PydanticCustomError("equite", "{entry}", {"entry": entry, "values": values})


def _expression(value: Any) -> Any:
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("not-an-expression")
    try:
        return Expression.parse(str(value))
    except FormulaError as error:
        problem = error.problems[0]
        raise refuse(problem.id, **problem.values) from None


def _weight(value: Any) -> Any:
    """Read a weight; what its percent sign says of is the others beside it, so only the sign is too much."""
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if percent:
        raise refuse("weight-percent", text=value.strip(), number=percent[1].replace(",", "."))
    return _expression(value)


def number_of(value: Any) -> Any:
    """Read a plain number exactly; a comma, a unit or a missing digit is refused."""
    if isinstance(value, Decimal):
        return value
    text = "" if isinstance(value, bool) or value is None else str(value).strip()
    if not NUMBER.fullmatch(text):
        raise refuse("not-a-number", value=_shown(value))
    try:
        return Decimal(text)
    except InvalidOperation:
        raise refuse("not-a-number", value=_shown(value)) from None


def _shown(value: Any) -> str:
    text = "…" if isinstance(value, Mapping | list) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _title(value: Any) -> Any:
    if isinstance(value, str) and value.strip():
        return for_all(value.strip())
    if not isinstance(value, Mapping) or not value or not set(value) <= set(LOCALES):
        raise refuse("not-a-title", shape=shape_of_texts())
    if not all(isinstance(text, str) and text.strip() for text in value.values()):
        raise refuse("not-a-title", shape=shape_of_texts())
    # A page written in one language only is read in that language by everybody.
    return for_all({language: text.strip() for language, text in value.items()})


def _language(value: Any) -> Any:
    if not isinstance(value, str) or value not in LOCALES:
        raise refuse("not-one-of", value=str(value), choices=", ".join(map(repr, LOCALES)))
    return value


@dataclass(frozen=True)
class SchemaOf:
    """A JSON schema made as it is asked for, when all languages are known."""

    make: Callable[[], dict[str, Any]]

    def __get_pydantic_json_schema__(self, core: object, handler: object) -> dict[str, Any]:
        return self.make()


def _title_schema() -> dict[str, Any]:
    texts = {language: {"type": "string"} for language in LOCALES}
    worded = {"type": "object", "properties": texts, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [{"type": "string"}, worded]}


def _identifier(value: Any) -> Any:
    text = unicodedata.normalize("NFKC", str(value))
    if not text.isidentifier() or keyword.iskeyword(text):
        raise refuse("name-not-plain", name=str(value))
    if text in RESERVED or text in {*AGGREGATES, *ROW_FUNCTIONS, *TABLE_FUNCTIONS}:
        raise refuse("name-reserved", name=text)
    return text


#: An expression of the page, read into its tree.
Expr = Annotated[
    Expression,
    BeforeValidator(_expression),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "description": "An expression."}),
]
#: An expression that weighs something beside others.
Weight = Annotated[
    Expression,
    BeforeValidator(_weight),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "description": "An expression."}),
]
#: A plain number, kept exactly as written.
Plain = Annotated[
    Decimal,
    BeforeValidator(number_of),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["number", "string"], "description": "A plain number."}),
]
#: A text in each language; a single text serves all.
Title = Annotated[Mapping[str, str], BeforeValidator(_title), SchemaOf(_title_schema)]
#: One of the languages known.
PageLanguage = Annotated[
    Language, BeforeValidator(_language), SchemaOf(lambda: {"type": "string", "enum": list(LOCALES)})
]
#: A name that expressions can use.
Identifier = Annotated[str, BeforeValidator(_identifier)]


def open_ends(value: Any) -> Any:
    """Let ``null`` or nothing stand for an open end of a ``range``."""
    if isinstance(value, Mapping) and isinstance(value.get("range"), list):
        return {**value, "range": [None if end in (None, "null", "~") else end for end in value["range"]]}
    return value


def short_form(key: str) -> Callable[[Any], Any]:
    """Let a bare value stand for a mapping with that one key: ``0.95`` for ``{value: 0.95}``."""

    def expand(value: Any) -> Any:
        return value if isinstance(value, Mapping | BaseModel) else {key: value}

    return expand


def exactly_one(value: Any, keys: tuple[str, ...], entry: str) -> None:
    """Refuse a mapping that does not carry exactly one of some keys."""
    given = [key for key in keys if isinstance(value, Mapping) and value.get(key) is not None]
    if len(given) != 1:
        raise refuse(entry, given=", ".join(given) or "—", choices=", ".join(keys))
