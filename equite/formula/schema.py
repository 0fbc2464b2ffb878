"""The JSON schema of a page, short forms included, for editors that complete and check YAML as one types."""

from __future__ import annotations

from typing import Any

from equite.formula.model import FormulaModel

__all__ = ["page_schema"]

Schema = dict[str, Any]
_BARE: list[Schema] = [{"type": "string"}, {"type": "number"}]
_TEXT: list[Schema] = [{"type": "string"}]
_PULL: Schema = {"enum": ["high", "low"]}


def page_schema() -> Schema:
    """Return the schema: pydantic's own for the long forms, and beside each the short forms that the page may use."""
    schema = FormulaModel.model_json_schema(by_alias=True)
    definitions, page = schema["$defs"], schema["properties"]
    page["equite"] = {"enum": [1, "1"]}
    for name in ("envelope", "key"):
        page[name] = _either(page[name], _BARE if name == "envelope" else _TEXT)
    for name, short in (("columns", _TEXT), ("constants", _BARE), ("variables", _BARE)):
        page[name]["additionalProperties"] = _either(page[name]["additionalProperties"], short)
    for group in ("Family", "Index"):
        criteria = definitions[group]["properties"]["criteria"]
        criteria["additionalProperties"] = _either(criteria["additionalProperties"], _BARE)
    del definitions["Pool"]["properties"]["remainder"]
    del definitions["Share"]["properties"]["equally"]
    _replace(definitions, "Pool", [{"const": "remainder"}])
    _replace(definitions, "Share", [{"const": "equally"}])
    _replace(definitions, "Outliers", [{"enum": ["keep", "winsorise"]}])
    definitions["Direction"] = _direction(definitions["Direction"])
    definitions["Missing"] = _missing(definitions["Missing"])
    named = {"type": "object", "minProperties": 1, "maxProperties": 1}
    definitions["Method"] = {"description": definitions["Method"]["description"], "anyOf": [*_TEXT, named]}
    override = definitions["Limit"]["properties"]["override"]
    definitions["Limit"]["properties"]["override"] = _either(override, [override["items"]])
    for limit in (definitions["Column"], definitions["Criterion"]):
        limit["properties"]["range"] = {"type": "array", "minItems": 2, "maxItems": 2}
    page["tables"]["additionalProperties"] = {"type": "object"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "equite formula page"}


def _either(long: Schema, short: list[Schema]) -> Schema:
    return {"anyOf": [*short, long]}


def _replace(definitions: Schema, name: str, short: list[Schema]) -> None:
    definitions[name] = _either(definitions[name], short)


def _direction(long: Schema) -> Schema:
    toward: Schema = {"type": "object", "properties": {"toward": {}}, "required": ["toward"], "maxProperties": 1}
    by: Schema = {
        "type": "object",
        "properties": {"by": {"type": "string"}, "cut": {"type": ["number", "string"]}},
        "required": ["by"],
        "additionalProperties": _PULL,
    }
    return {"description": long["description"], "anyOf": [_PULL, toward, by]}


def _missing(long: Schema) -> Schema:
    keys = {"skip": {"type": "object"}, "fill": {}, "by": {"type": "string"}, "fill_from": {"type": "string"}}
    ways: Schema = {"type": "object", "properties": keys, "additionalProperties": False}
    return {"description": long["description"], "anyOf": [{"enum": ["refuse", "skip"]}, ways]}
