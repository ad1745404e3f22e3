"""Writes what `src/streamcell/wire/schema.json` is the source of: the page's types and shapes, and `docs/wire.md`.

The page's types are interfaces; a shape says the same at run time, for `narrow.ts`, and gives each field's default.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "src" / "streamcell" / "wire" / "schema.json"
TYPES = ROOT / "js" / "src" / "wire" / "generated.ts"
PAGE = ROOT / "docs" / "wire.md"

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}


def name_of(schema: Schema) -> str | None:
    """Return the name of the definition that a schema refers to."""
    return str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else None


def choices(schema: Schema) -> list[Schema]:
    """Return a schema as its alternatives: what may be null is two of them."""
    if "anyOf" in schema:
        return list(schema["anyOf"])
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": one} for one in schema["type"]]
    return [schema]


def camel(name: str) -> str:
    """Return a definition's name as that of a constant: `ResumeMode` is RESUME_MODE."""
    return "".join(f"_{letter}" if letter.isupper() and at else letter for at, letter in enumerate(name)).upper()


# -- types -------------------------------------------------------------------------------------------------------------


def type_of(schema: Any) -> str:
    """Return a schema as a type."""
    if schema is True:
        return "unknown"
    if len(choices(schema)) > 1:
        return " | ".join(type_of(one) for one in choices(schema))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    name = name_of(schema)
    if name is not None:
        return "number" if name == "Count" else name
    kind = schema.get("type")
    if kind == "array":
        return f"readonly {type_of(schema['items'])}[]"
    if kind == "object":
        return "Readonly<Record<string, unknown>>"
    return {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}[
        str(kind)
    ]


def comment(schema: Schema, indent: str = "") -> list[str]:
    """Return a description as a comment."""
    return [f"{indent}/** {schema['description']} */"] if "description" in schema else []


def interface(name: str, schema: Schema) -> list[str]:
    """Return an object's definition as an interface."""
    lines = [*comment(schema), f"export interface {name} {{"]
    for field, of in schema["properties"].items():
        optional = field not in schema.get("required", ()) and (of is True or "default" not in of)
        lines += [] if of is True else comment(of, "  ")
        lines.append(f"  readonly {field}{'?' if optional else ''}: {type_of(of)};")
    return [*lines, "}", ""]


def operations(schema: Schema) -> list[str]:
    """Return the operations as a union of tuples; `set` names each field with its type."""
    tuples = []
    for one in schema["oneOf"]:
        items = one["prefixItems"]
        if items[0]["const"] == "set":
            tuples.append('{ [K in keyof Doc]: readonly ["set", K, Doc[K]] }[keyof Doc]')
        else:
            tuples.append(f"readonly [{', '.join(type_of(item) for item in items)}]")
    return [*comment(schema), "export type Op =", *(f"  | {one}" for one in tuples), ";", ""]


# -- shapes ------------------------------------------------------------------------------------------------------------


def shape_of(schema: Any) -> str:
    """Return a schema as a shape."""
    options = choices(schema)
    if NULL in [{"type": one.get("type")} for one in options]:
        (other,) = [one for one in options if one.get("type") != "null"]
        return f'["null", {shape_of(other)}]'
    name = name_of(schema)
    if name is not None:
        return '"count"' if name == "Count" else f"{camel(name)}_SHAPE"
    if "enum" in schema:
        return f'["one", {json.dumps(schema["enum"])}]'
    kind = schema["type"]
    if kind == "array":
        return f'["list", {shape_of(schema["items"])}]'
    if kind == "integer":
        return '"positive"' if schema["minimum"] == 1 else '"count"'
    return json.dumps("record" if kind == "object" else kind)


def shape(name: str, schema: Schema) -> list[str]:
    """Return a definition's shape as a constant."""
    if "enum" in schema:
        return [f"const {camel(name)}_SHAPE = {shape_of(schema)} as const;"]
    fields = [
        f"  {field}: [{', '.join([shape_of(of), *([json.dumps(of['default'])] if 'default' in of else [])])}],"
        for field, of in schema["properties"].items()
    ]
    return [f"export const {camel(name)}_SHAPE = {{", *fields, "} as const;"]


SHAPED = ["Usage", "NextStep", "Category", "Card", "Origin", "Timings", "Idle", "Wait", "TextFields", "JsonFields"]
SHAPED += ["CitationFields", "ReasoningFields", "HostedLink", "HostedToolFields", "ImageFields", "ToolCallFields"]
SHAPED += ["UnknownFields", "Replay", "Part", "Segment", "Figures", "Doc"]


def types(schema: Schema) -> str:
    """Return the page's module."""
    known: dict[str, Schema] = schema["$defs"]
    lines = [
        "/** Written by `scripts/wire.py` from `src/streamcell/wire/schema.json`: the wire's types and shapes. */",
        "",
    ]
    lines += [f"export const WIRE = {schema['version']};", ""]
    for name, one in known.items():
        if "enum" in one:
            lines += [*comment(one), f"export type {name} = {type_of(one)};", ""]
        elif "oneOf" in one:
            lines += operations(one)
        elif "properties" in one:
            lines += interface(name, one)
    for side in ("kernel", "page"):
        names = [name for name, one in known.items() if one.get("x-from") == side]
        lines += [f"export type From{side.title()} = {' | '.join(names)};", ""]
    for name, one in known.items():
        if "enum" in one or name in SHAPED:
            lines += [*shape(name, one), ""]
    return "\n".join(lines)


# -- the page about it -------------------------------------------------------------------------------------------------


def word_of(schema: Any) -> str:
    """Return a schema in words."""
    if schema is True:
        return "any JSON value"
    if len(choices(schema)) > 1:
        return " or ".join(word_of(one) for one in choices(schema))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    name = name_of(schema)
    if name is not None:
        return "count" if name == "Count" else f"[{name}](#{name.lower()})"
    return f"list of {word_of(schema['items'])}" if schema["type"] == "array" else str(schema["type"])


def table(schema: Schema) -> list[str]:
    """Return an object's fields as a table."""
    lines = ["| Field | Value | Where it is left out | |", "|---|---|---|---|"]
    for field, of in schema["properties"].items():
        one = {} if of is True else of
        default = f"`{json.dumps(one['default'])}`" if "default" in one else ""
        default = default or ("" if field in schema.get("required", ()) else "nothing")
        lines.append(f"| `{field}` | {word_of(of)} | {default} | {one.get('description', '')} |")
    return [*lines, ""]


def page(schema: Schema) -> str:
    """Return the page of documentation."""
    known: dict[str, Schema] = schema["$defs"]
    lines = [f"# {schema['title']}, version {schema['version']}", ""]
    lines += ["Written by `scripts/wire.py` from `src/streamcell/wire/schema.json`.", "", schema["description"], ""]

    def section(name: str, level: str) -> None:
        one = known[name]
        lines.extend([f"{level} {name}", ""])
        lines.extend([one["description"], ""] if "description" in one else [])
        if "enum" in one:
            lines.extend([word_of(one), ""])
        elif "oneOf" in one:
            for op in one["oneOf"]:
                items = ", ".join(word_of(item) for item in op["prefixItems"])
                lines.append(f"- {op['description']} ({items})")
            lines.append("")
        elif "properties" in one:
            lines.extend(table(one))

    for title, side in (("From the kernel", "kernel"), ("From the page", "page"), ("What is in them", None)):
        lines += [f"## {title}", ""]
        for name, one in known.items():
            if one.get("x-from") == side and name != "Count":
                section(name, "###")
    return "\n".join(lines).rstrip() + "\n"


def written() -> dict[Path, str]:
    """Return every file that the schema is the source of, with what it should hold."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {TYPES: types(schema), PAGE: page(schema)}


def main() -> int:
    """Write the files."""
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
