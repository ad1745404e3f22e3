"""Parses a request like OpenAI's API: returns what was asked, or raises the API's error. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from . import _tokens
from ._attached import Attached, attached_of
from ._structured import flaw_of, schema_in
from ._thoughts import lacking_in_chat, lacking_in_responses
from ._tools import Tool, tools_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Body: TypeAlias = dict[str, Any]
Api: TypeAlias = Literal["chat", "responses"]

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")

# The Responses API refuses a smaller limit; Chat Completions accepts 1.
_LEAST_OUTPUT_TOKENS = 16


# Characters that a continuation repeats.
_REPEATED = 24

_GOES_ON = re.compile(r"\b(?:go on|continue)\b", re.IGNORECASE)


class RefusedError(Exception):
    """The request is refused with `status`, and an error object in OpenAI's form."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        page: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.page = page  # HTML instead of the error object
        self.param = param
        self.code = code


@dataclass(frozen=True)
class Turn:
    """One message of the conversation, as plain text, with its attachments."""

    role: str
    text: str
    attached: tuple[Attached, ...] = ()

    @property
    def words(self) -> str:
        """The text without the text files in it."""
        words = self.text
        for one in self.attached:
            words = words.replace(one.text, " ", 1) if one.text else words
        return words


@dataclass(frozen=True)
class Asked:
    """A request, independent of the API that the client used."""

    api: Api
    model: str
    turns: tuple[Turn, ...]
    instructions: str = ""
    stream: bool = False
    limit: int | None = None  # output tokens
    include_usage: bool = False  # Chat Completions: the last chunk has the usage
    logprobs: int | None = None  # probabilities were requested, with so many alternatives
    obfuscation: bool = True  # padding that hides the length of tokens
    thinks: bool = False  # reasoning was requested
    summarizes: bool = False  # and a summary of it
    previous_response_id: str | None = None
    before: int = 0  # number of earlier attempts at this answer
    background: bool = False  # Responses API: the answer continues even if the client leaves
    tools: tuple[Tool, ...] = ()
    schema: Mapping[str, Any] | None = None  # what the answer must fit; empty if any JSON will do
    lacks: str = ""  # the error of a server that needs back the reasoning before the model's calls

    @property
    def prompt(self) -> str:
        """The last message of the user, or the last one of all if there is none from the user."""
        return (self.questions or [turn.text for turn in self.turns])[-1]

    @property
    def questions(self) -> list[str]:
        """The user's messages, oldest first."""
        return [turn.text for turn in self.turns if turn.role == "user"]

    @property
    def results(self) -> list[str]:
        """The results of tools after the last message of the user."""
        roles = [turn.role for turn in self.turns]
        begin = len(roles) - roles[::-1].index("user") if "user" in roles else 0
        return [turn.text for turn in self.turns[begin:] if turn.role in ("tool", "function")]

    @property
    def round(self) -> int:
        """The number of this round of tools after the last message of the user, from 1."""
        roles = [turn.role for turn in self.turns]
        begin = len(roles) - roles[::-1].index("user") if "user" in roles else 0
        return 1 + roles[begin:].count("assistant")

    @property
    def words(self) -> str:
        """The prompt without the text files in it."""
        return ([turn for turn in self.turns if turn.role == "user"] or self.turns)[-1].words

    @property
    def interrupted(self) -> tuple[Asked, str, int] | None:
        """The request before a cut answer that is to be continued, the answer so far, and how much to repeat of it.

        If the conversation ends with the answer's own words, it is continued exactly. If it ends with a message that
        asks for the rest, some characters are repeated, as a model would do. None if no answer is to be continued.
        """
        if len(self.turns) > 1 and self.turns[-1].role == "assistant":
            return replace(self, turns=self.turns[:-1]), self.turns[-1].text, 0
        if [turn.role for turn in self.turns[-2:]] != ["assistant", "user"] or len(self.turns) < 3:
            return None  # a tool's result after the model's words is not the user's wish, whatever it says
        if not _GOES_ON.search(self.turns[-1].text):
            return None
        return replace(self, turns=self.turns[:-2]), self.turns[-2].text, _REPEATED

    @property
    def question(self) -> tuple[str, ...]:
        """What all attempts at one answer have in common: the model, the API, and the messages before the answer."""
        turns = self.interrupted[0].turns if self.interrupted else self.turns
        return (self.model, self.api, *(turn.text + "".join(map(str, turn.attached)) for turn in turns))

    @property
    def input_tokens(self) -> int:
        return _tokens.count(self.instructions) + sum(_tokens.count(turn.text) for turn in self.turns)


def decode(payload: bytes) -> Body:
    """Parse a request's body as a JSON object."""
    try:
        body = json.loads(payload.decode("utf-8"))
        # An escaped lone surrogate is valid JSON, but cannot be sent back as UTF-8.
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise RefusedError(
            "We could not parse the JSON body of your request. The API expects a JSON payload, encoded as UTF-8."
        ) from None
    if not isinstance(body, dict):
        raise RefusedError("The body of a request must be a JSON object.")
    return {key: value for key, value in body.items() if value is not None}


def read_chat(body: Body) -> Asked:
    """Parse a Chat Completions request."""
    model, stream = _string(body, "model"), _flag(body, "stream")
    turns = [_turn(message, f"messages[{i}]", need_role=True) for i, message in enumerate(_list(body, "messages"))]
    if body.get("n", 1) != 1:
        raise RefusedError("The rehearsal server gives one choice: leave 'n' out.", param="n", code="unsupported_value")
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise RefusedError(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            code="invalid_parameter_combination",
        )
    _check_sampling(body)
    options = _object(body, "stream_options")
    if options and not stream:
        raise RefusedError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    return Asked(
        api="chat",
        model=model,
        turns=tuple(turn for turn in turns if not _is_instruction(turn)),
        instructions=_instructions(turns),
        stream=stream,
        limit=_limit(body, "max_completion_tokens", 1) or _limit(body, "max_tokens", 1),
        include_usage=_flag(options, "include_usage", "stream_options."),
        obfuscation=_flag(options, "include_obfuscation", "stream_options.", default=True),
        logprobs=_alternatives(body, asked=_flag(body, "logprobs")),
        thinks=body.get("reasoning_effort") not in {None, "none"},
        tools=tools_of(body),
        schema=_schema(body.get("response_format"), "response_format"),
        lacks=lacking_in_chat(_list(body, "messages")),
    )


def read_responses(body: Body) -> Asked:
    """Parse a Responses API request."""
    model, stream = _string(body, "model"), _flag(body, "stream")
    given = body.get("input")
    if isinstance(given, str):
        turns = [Turn("user", given)]
    else:
        # Rehearsal answers ignore items that are neither messages nor a tool's output, such as earlier reasoning.
        turns = [
            _turn(item, f"input[{i}]", need_role=False)
            for i, item in enumerate(map(_returned, _list(body, "input")))
            if not isinstance(item, dict) or item.get("type", "message") == "message"
        ]
    _check_sampling(body)
    options, reasoning = _object(body, "stream_options"), _object(body, "reasoning")
    summarizes = reasoning.get("summary") is not None
    return Asked(
        api="responses",
        model=model,
        turns=tuple(turn for turn in turns if not _is_instruction(turn)),
        instructions=_instructions([Turn("system", _string(body, "instructions", default="")), *turns]),
        stream=stream,
        limit=_limit(body, "max_output_tokens", _LEAST_OUTPUT_TOKENS),
        obfuscation=_flag(options, "include_obfuscation", "stream_options.", default=True),
        logprobs=_alternatives(body, asked=_LOGPROBS in (body.get("include") or ())),
        thinks=summarizes or reasoning.get("effort") not in {None, "none"},
        summarizes=summarizes,
        previous_response_id=_string(body, "previous_response_id", default="") or None,
        background=_flag(body, "background"),
        tools=tools_of(body),
        schema=_schema(_object(body, "text").get("format"), "text.format.schema"),
        lacks="" if isinstance(given, str) else lacking_in_responses(_list(body, "input"), body.get("include")),
    )


def _check_sampling(body: Body) -> None:
    """Refuse the settings of the choice of tokens that OpenAI refuses."""
    for name, most in (("temperature", 2), ("top_p", 1)):
        value = body.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            _wrong_type(name, "a decimal", value)
        if not 0 <= value <= most:
            side, bound = ("below minimum", ">= 0") if value < 0 else ("above maximum", f"<= {most}")
            raise RefusedError(
                f"Invalid '{name}': decimal {side} value. Expected a value {bound}, but got {value} instead.",
                param=name,
                code="decimal_below_min_value" if value < 0 else "decimal_above_max_value",
            )


def _schema(format_: object, where: str) -> Mapping[str, Any] | None:
    flaw = flaw_of(format_)
    if flaw:
        raise RefusedError(flaw, param=where, code="invalid_json_schema")
    return schema_in(format_)


def _alternatives(body: Body, *, asked: bool) -> int | None:
    """How many alternatives each token is to have; None if no probabilities are asked for."""
    top = body.get("top_logprobs", 0)
    if not isinstance(top, int) or isinstance(top, bool) or not 0 <= top <= _MOST_ALTERNATIVES:
        raise RefusedError(
            f"Invalid 'top_logprobs': integer from 0 to {_MOST_ALTERNATIVES} expected.", param="top_logprobs"
        )
    if top and not asked and "messages" in body:
        raise RefusedError(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", param="top_logprobs"
        )
    return top if asked else None


_LOGPROBS = "message.output_text.logprobs"
_MOST_ALTERNATIVES = 20


def _returned(item: object) -> object:
    """A tool's output or an approval, in the form of Chat Completions: a message of the tool."""
    if isinstance(item, dict) and item.get("type") in ("function_call_output", "custom_tool_call_output"):
        return {"role": "tool", "content": item.get("output")}
    if isinstance(item, dict) and item.get("type") == "mcp_approval_response":
        return {"role": "tool", "content": "approved" if item.get("approve") is True else "denied"}
    return item


def _turn(message: object, where: str, *, need_role: bool) -> Turn:
    if not isinstance(message, dict):
        _wrong_type(where, "an object", message)
    role = message.get("role", None if need_role else "user")
    if role is None:
        _missing(f"{where}.role")
    if role not in _ROLES:
        supported = ", ".join(f"'{name}'" for name in _ROLES)
        raise RefusedError(
            f"Invalid value: '{role}'. Supported values are: {supported}.", param=f"{where}.role", code="invalid_value"
        )
    content = message.get("content")
    if content is None:
        if role in {"assistant", "function", "tool"}:  # it is missing in a message that only calls a tool
            return Turn(role, "")
        _missing(f"{where}.content")
    parts = content if isinstance(content, list) else []
    attached = (attached_of(part) for part in parts if isinstance(part, dict))
    return Turn(role, _text(content, f"{where}.content"), tuple(one for one in attached if one is not None))


def _text(content: object, where: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        _wrong_type(where, "one of a string or an array of objects", content)
    texts = []
    for i, part in enumerate(content):
        if not isinstance(part, dict):
            _wrong_type(f"{where}[{i}]", "an object", part)
        # Images, sound and files have no text. A rehearsal answer names them without reading them.
        text = part.get("text", "")
        if not isinstance(text, str):
            _wrong_type(f"{where}[{i}].text", "a string", text)
        texts.append(text)
    return "".join(texts)


def _is_instruction(turn: Turn) -> bool:
    return turn.role in {"system", "developer"}


def _instructions(turns: Iterable[Turn]) -> str:
    return "\n".join(turn.text for turn in turns if _is_instruction(turn) and turn.text)


def _string(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if value is None or (value == "" and default is None):
        _missing(name)
    if not isinstance(value, str):
        _wrong_type(name, "a string", value)
    return value


def _flag(body: Mapping[str, Any], name: str, prefix: str = "", *, default: bool = False) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        _wrong_type(prefix + name, "a boolean", value)
    return value


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        _wrong_type(name, "an object", value)
    return value


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        _missing(name)
    if not isinstance(value, list):
        _wrong_type(name, "an array of objects", value)
    if not value:
        raise RefusedError(
            f"Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param=name,
            code="empty_array",
        )
    return value


def _limit(body: Mapping[str, Any], name: str, least: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        _wrong_type(name, "an integer", value)
    if value < least:
        raise RefusedError(
            f"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead.",
            param=name,
            code="integer_below_min_value",
        )
    return value


def _missing(name: str) -> NoReturn:
    raise RefusedError(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


_KINDS = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
}


def _wrong_type(name: str, expected: str, value: object) -> NoReturn:
    got = _KINDS.get(type(value), "null")
    raise RefusedError(
        f"Invalid type for '{name}': expected {expected}, but got {got} instead.", param=name, code="invalid_type"
    )
