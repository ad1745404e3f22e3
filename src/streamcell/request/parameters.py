"""The parameters of both APIs: the name of each in either API, and which exist in only one of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Literal, TypedDict

from .shapes import (
    LOGPROBS,
    ElsewhereError,
    Value,
    choice_for_chat,
    choice_for_responses,
    format_for_chat,
    format_for_responses,
    logprobs_for_chat,
    logprobs_for_responses,
    stream_options_for_responses,
    tools_for_chat,
    tools_for_responses,
)

__all__ = [
    "PARAMETERS",
    "Either",
    "Parameter",
    "Parameters",
    "Server",
    "apis_of",
    "check_names",
    "chosen_api",
    "translated",
    "without_twins",
]

Either = Literal["responses", "chat"]
Server = Literal["openai", "azure", "other"]
"""The kind of server: some parameters have another name, or none, on other servers than OpenAI's."""

LABELS: Final[dict[str, str]] = {"responses": "the Responses API", "chat": "Chat Completions"}


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Parameter:
    """One parameter and its name in each API, or None if that API does not have it.

    A dot means a field of an object: `reasoning.effort` is `{"reasoning": {"effort": …}}`. `also` are other accepted
    names. `for_chat` and `for_responses` take a value in either API's shape and return it in the shape of theirs; they
    raise ElsewhereError if their API has no such value. `remark` is for `docs/parameters.md`.
    """

    chat: str | None
    responses: str | None
    also: tuple[str, ...] = ()
    for_chat: Value = _as_it_is
    for_responses: Value = _as_it_is
    remark: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a caller can use; a field of an object is not one."""
        own = (self.chat, *self.also, self.responses)
        return tuple(dict.fromkeys(name for name in own if name is not None and "." not in name))


def _same(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, name) for name in names)


PARAMETERS: Final = (
    Parameter(
        "max_completion_tokens",
        "max_output_tokens",
        also=("max_tokens",),
        remark="In Chat Completions, OpenAI gets `max_completion_tokens`. Other servers get the name that you use, and "
        "`max_tokens` instead of `max_output_tokens` (Azure: `max_completion_tokens`)",
    ),
    Parameter("reasoning_effort", "reasoning.effort"),
    Parameter(
        "response_format",
        "text.format",
        for_chat=format_for_chat,
        for_responses=format_for_responses,
        remark="A type, a JSON schema, or a schema in the form of either API, see [structured answers](structured.md)",
    ),
    Parameter("verbosity", "text.verbosity"),
    Parameter(
        "tools",
        "tools",
        for_chat=tools_for_chat,
        for_responses=tools_for_responses,
        remark="Functions and custom tools can be in the form of either API; only the Responses API has hosted tools",
    ),
    Parameter(
        "tool_choice",
        "tool_choice",
        for_chat=choice_for_chat,
        for_responses=choice_for_responses,
        remark="Can be in the form of either API; only the Responses API has hosted tools",
    ),
    Parameter(
        "logprobs",
        "include",
        for_chat=logprobs_for_chat,
        for_responses=logprobs_for_responses,
        remark=f'`logprobs=True` is the same as `include=["{LOGPROBS}"]`; only the Responses API has other values',
    ),
    *_same("metadata", "moderation", "parallel_tool_calls"),
    *_same("prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier", "service_tier"),
    Parameter(
        "stream_options",
        "stream_options",
        for_responses=stream_options_for_responses,
        remark="`include_usage` is not sent to the Responses API, which always counts tokens",
    ),
    *_same("store", "temperature", "top_logprobs", "top_p", "user"),
    Parameter(None, None, also=("n",), remark="Must be 1, because a cell shows one answer; it is not sent"),
    *(
        Parameter(name, None)
        for name in (
            *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "modalities", "prediction"),
            *("presence_penalty", "seed", "stop", "web_search_options"),
        )
    ),
    Parameter(None, "reasoning", remark="With only `effort` it is the same as `reasoning_effort`"),
    Parameter(None, "text", remark="With only `format` and `verbosity` it is the same as these two"),
    *(
        Parameter(None, name)
        for name in (
            *("access_programs", "background", "background_options", "context_management", "conversation", "image"),
            *("max_tool_calls", "previous_response_id", "truncation"),
        )
    ),
)
"""The parameters that `stream_cell` accepts besides its own arguments."""

OPTIONS: Final = ("extra_body", "extra_headers", "extra_query", "timeout")
"""Options of the SDK's methods: they concern the request, not the model, and both APIs have them."""


class Parameters(TypedDict, total=False):
    """The parameters of both APIs, for editors and type checkers; `docs/parameters.md` says how each is sent."""

    access_programs: Any
    audio: Mapping[str, Any] | None
    background: bool | None
    background_options: Mapping[str, Any]
    context_management: list[Any] | None
    conversation: str | Mapping[str, Any] | None
    extra_body: Mapping[str, Any] | None
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, Any] | None
    frequency_penalty: float | None
    function_call: str | Mapping[str, Any]
    functions: list[Any]
    image: Mapping[str, Any]
    include: list[str] | None
    logit_bias: Mapping[str, int] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_output_tokens: int | None
    max_tokens: int | None
    max_tool_calls: int | None
    metadata: Mapping[str, str] | None
    modalities: list[str] | None
    moderation: Mapping[str, Any] | None
    n: Literal[1]
    parallel_tool_calls: bool | None
    prediction: Mapping[str, Any] | None
    presence_penalty: float | None
    previous_response_id: str | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, Any]
    prompt_cache_retention: str | None
    reasoning: Mapping[str, Any] | None
    reasoning_effort: str | None
    response_format: Any
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    stop: str | list[str] | None
    store: bool | None
    stream_options: Mapping[str, Any] | None
    temperature: float | None
    text: Mapping[str, Any]
    timeout: Any
    tool_choice: str | Mapping[str, Any]
    top_logprobs: int | None
    top_p: float | None
    truncation: str | None
    user: str
    verbosity: str | None
    web_search_options: Mapping[str, Any]


_BY_NAME: Final = {name: row for row in PARAMETERS for name in row.names} | {
    row.responses: row for row in PARAMETERS if row.responses is not None
}
_KNOWN: Final = {name for row in PARAMETERS for name in row.names} | set(OPTIONS)

_MEANT: Final = {
    **dict.fromkeys(("system", "system_prompt", "system_message", "developer"), "instructions=…"),
    **dict.fromkeys(("engine", "deployment", "deployment_id", "model_name"), "model=…"),
    **dict.fromkeys(("api_key", "base_url", "organization", "api_version"), "client=AsyncOpenAI({}=…)"),
    **dict.fromkeys(("max_new_tokens", "num_predict", "max_length"), "max_output_tokens=…"),
    **dict.fromkeys(("stop_sequences", "stop_words"), "stop=…"),
    **dict.fromkeys(("temp",), "temperature=…"),
    **dict.fromkeys(("json_schema", "schema", "output_format"), "response_format=…"),
    **dict.fromkeys(("retries", "max_retries"), "retry=…"),
    **dict.fromkeys(("top_k", "min_p", "repetition_penalty", "chat_template_kwargs", "enable_thinking"), ""),
}
"""Names that other libraries use, and ours; an empty one is a parameter of some servers that neither API has."""


def check_names(params: Mapping[str, Any], ours: tuple[str, ...]) -> None:
    """Raise TypeError for a name that neither API has, with a suggestion; `ours` are the call's own arguments."""
    for name in params:
        if name in _KNOWN:
            continue
        meant = _MEANT.get(name)
        if meant is None:
            near = get_close_matches(name, (*ours, *sorted(_KNOWN)), n=1, cutoff=0.7)
            meant = f"{near[0]}=…" if near else ""
        hint = f"did you mean {meant.format(name)}? " if meant else ""
        raise TypeError(
            f"stream_cell() has no parameter {name!r}: {hint}"
            f"What only your server knows goes into extra_body={{{name!r}: …}}."
        )


def without_twins(params: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `params` without those that `changes` has under another name, such as `max_tokens`."""
    twins = {twin for name in changes if name in _BY_NAME for twin in _BY_NAME[name].names}
    return {name: value for name, value in params.items() if name in changes or name not in twins}


def apis_of(name: str, value: Any) -> tuple[Either, ...]:
    """Return the APIs that have the parameter with this value."""
    apis: tuple[Either, ...] = ("responses", "chat")
    return tuple(api for api in apis if _can_be_said(name, value, api))


def _can_be_said(name: str, value: Any, api: Either) -> bool:
    try:
        list(_placed(name, value, api, "openai"))
    except ElsewhereError:
        return False
    return True


_NONE: Final[Mapping[str, str]] = {}


def chosen_api(params: Mapping[str, Any], api: str, messages: Mapping[str, str] = _NONE) -> tuple[str, str]:
    """Return the API to use, and the name of what decided it, or an empty string.

    `messages` names, for each API, a message that only this API accepts. Raises ValueError if the API that the caller
    chose lacks something, if no API has everything that is needed, and if two parameters mean the same thing.
    """
    decided = dict(messages)
    for name, value in params.items():
        apis = apis_of(name, value)
        if len(apis) == 1:
            decided.setdefault(apis[0], f"{name}=")
    for one, what in decided.items():
        if api not in ("auto", one):
            hint = "" if what in messages.values() else ", or give what your server has for it in extra_body="
            raise ValueError(f"{what} belongs to {LABELS[one]}: use api={one!r}{hint}")
    if len(decided) == 2:
        raise ValueError(
            f"{decided['chat']} is only in Chat Completions, and {decided['responses']} only in the Responses API: "
            "they cannot be asked together"
        )
    one = next(iter(decided), api)
    for each in ("responses", "chat") if one == "auto" else (one,):
        translated(params, each)
    return one, decided.get(one, "") if api == "auto" else ""


def translated(params: Mapping[str, Any], api: Either, server: Server = "openai") -> dict[str, Any]:
    """Return the parameters under the names that `api` has for them on `server`.

    Raises ValueError if two of them mean the same thing.
    """
    body: dict[str, Any] = {}
    said: dict[str, str] = {}
    for name, value in params.items():
        for path, placed in _placed(name, value, api, server):
            if path == "include" and path in said:
                placed = [*body[path], *(one for one in placed if one not in body[path])]  # noqa: PLW2901
            elif path in said:
                raise ValueError(f"{said[path]}= and {name}= say the same thing: give one of them")
            said[path] = name
            _put(body, path, placed)
    return body


def _placed(name: str, value: Any, api: Either, server: Server) -> Iterator[tuple[str, Any]]:
    """Yield each path of a parameter in a request to `api`, and its value; raise ElsewhereError if `api` has none."""
    if name in ("reasoning", "text") and isinstance(value, Mapping):
        for field, inner in value.items():
            yield from _placed(f"{name}.{field}", inner, api, server)
        return
    row = _BY_NAME.get(name)
    if name == "n":
        return  # make_request has checked that it is 1
    if name in OPTIONS:
        yield name, value
    elif row is None:  # a field of `reasoning` or `text` that Chat Completions lacks, or one that is new in the SDK
        if api == "chat" and "." in name:
            raise ElsewhereError
        yield name, value
    elif api == "chat":
        if row.chat is None:
            raise ElsewhereError
        yield _chat_name(name, row.chat, server), row.for_chat(value)
    else:
        if row.responses is None:
            raise ElsewhereError
        yield row.responses, row.for_responses(value)


def _chat_name(name: str, chat: str, server: Server) -> str:
    # OpenAI's reasoning models refuse max_tokens, and its other models accept the newer name. Many servers know only
    # the older one. Azure has models of both kinds under names that users choose, so there max_tokens stays as it is.
    if chat != "max_completion_tokens" or name == chat or server == "openai":
        return chat
    return chat if server == "azure" and name == "max_output_tokens" else "max_tokens"


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *into, last = path.split(".")
    for name in into:
        body = body.setdefault(name, {})
    body[last] = value
