"""Translates parameter values between the shapes of both APIs: schemas, tools, choices, what to include. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = [
    "LOGPROBS",
    "ElsewhereError",
    "check_shapes",
    "choice_for_chat",
    "choice_for_responses",
    "format_for_chat",
    "format_for_responses",
    "logprobs_for_chat",
    "logprobs_for_responses",
    "stream_options_for_responses",
    "tools_for_chat",
    "tools_for_responses",
]

Value = Callable[[Any], Any]


class ElsewhereError(Exception):
    """A value has no counterpart in the requested API."""


def format_for_chat(value: Any) -> Any:
    if isinstance(value, Mapping) and value.get("type") == "json_schema" and "json_schema" not in value:
        return {"type": "json_schema", "json_schema": {name: one for name, one in value.items() if name != "type"}}
    return value


def format_for_responses(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("json_schema"), Mapping):
        return {"type": "json_schema", **value["json_schema"]}
    return value


_NESTED: Final = ("function", "custom")
"""Kinds of tools that both APIs have: Chat Completions has their fields in an object with that name."""


def tools_for_chat(value: Any) -> Any:
    return [_tool_for_chat(tool) for tool in value]


def _tool_for_chat(tool: Any) -> Any:
    kind = tool["type"]
    if kind not in _NESTED:
        raise ElsewhereError
    if kind in tool:
        return tool
    fields = {name: value for name, value in tool.items() if name != "type"}
    grammar = fields.get("format")
    if kind == "custom" and isinstance(grammar, Mapping) and grammar.get("type") == "grammar":
        inner = {name: value for name, value in grammar.items() if name != "type"}
        fields["format"] = {"type": "grammar", "grammar": inner}
    return {"type": kind, kind: fields}


def tools_for_responses(value: Any) -> Any:
    return [_tool_for_responses(tool) for tool in value]


def _tool_for_responses(tool: Any) -> Any:
    kind = tool["type"]
    if kind not in _NESTED or not isinstance(tool.get(kind), Mapping):
        return tool
    fields = dict(tool[kind])
    grammar = fields.get("format")
    if isinstance(grammar, Mapping) and isinstance(grammar.get("grammar"), Mapping):
        fields["format"] = {"type": "grammar", **grammar["grammar"]}
    # Functions are strict by default in the Responses API, and not in Chat Completions.
    return {"type": kind, **({"strict": False} if kind == "function" else {}), **fields}


def choice_for_chat(choice: Any) -> Any:
    if not isinstance(choice, Mapping) or (kind := choice.get("type")) in choice:
        return choice
    if kind == "allowed_tools":
        allowed = [choice_for_chat(tool) for tool in choice["tools"]]
        return {"type": kind, kind: {"mode": choice.get("mode", "auto"), "tools": allowed}}
    if kind not in _NESTED:
        raise ElsewhereError
    return {"type": kind, kind: {"name": choice.get("name")}}


def choice_for_responses(choice: Any) -> Any:
    if not isinstance(choice, Mapping) or (kind := choice.get("type")) not in choice:
        return choice
    inner = choice[kind]
    if kind == "allowed_tools" and isinstance(inner, Mapping):
        return {"type": kind, **inner, "tools": [choice_for_responses(tool) for tool in inner["tools"]]}
    return {"type": kind, **inner} if kind in _NESTED and isinstance(inner, Mapping) else choice


LOGPROBS: Final = "message.output_text.logprobs"


def logprobs_for_chat(included: Any) -> Any:
    if isinstance(included, bool):
        return included
    if isinstance(included, (list, tuple)) and set(included) <= {LOGPROBS}:
        return bool(included)
    raise ElsewhereError


def logprobs_for_responses(asked: Any) -> Any:
    return ([LOGPROBS] if asked else []) if isinstance(asked, bool) else asked


def stream_options_for_responses(options: Any) -> Any:
    """Return the options without `include_usage`: the Responses API always reports token counts."""
    return options and {name: value for name, value in options.items() if name != "include_usage"}


# -- which shapes are valid --------------------------------------------------------------------------------------------


def _is_typed(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("type"), str)


def _is_list(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(of, value))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_choice(value: Any) -> bool:
    if not _is_typed(value):
        return isinstance(value, str)
    allowed = value.get("allowed_tools", value)
    return value["type"] != "allowed_tools" or (_is_mapping(allowed) and _is_list(_is_typed)(allowed.get("tools")))


_TYPED: Final = "mappings, each with a 'type'"
_SHAPES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "functions": (_is_list(_is_mapping), "a list of mappings"),
    "include": (_is_list(_is_text), "a list of strings"),
    "logprobs": (lambda value: isinstance(value, bool), "True or False"),
    "metadata": (_is_mapping, "a mapping"),
    "reasoning": (_is_mapping, "a mapping"),
    "response_format": (_is_typed, "a mapping with a 'type'"),
    "stop": (lambda value: _is_text(value) or _is_list(_is_text)(value), "a string or a list of strings"),
    "stream_options": (lambda value: value is None or _is_mapping(value), "a mapping or None"),
    "text": (_is_mapping, "a mapping"),
    "tool_choice": (_is_choice, f"a string, or a mapping with a 'type'; 'allowed_tools' has a list of tools: {_TYPED}"),
    "tools": (_is_list(_is_typed), f"a list of {_TYPED}"),
}


def check_shapes(params: Mapping[str, Any]) -> None:
    """Raise TypeError for a value whose shape no API accepts. The values are plain JSON."""
    for name, (fits, words) in _SHAPES.items():
        if name in params and not fits(params[name]):
            raise TypeError(f"{name}= must be {words}")
