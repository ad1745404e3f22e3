"""The request: validated, immutable, and independent of any provider's API."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .attachments import check_sizes
from .echoes import Echo
from .jsonable import is_left_out, jsonable, whole_characters
from .messages import OF_RESPONSES, Message, only_on, text_in
from .parameters import OPTIONS, check_names, chosen_api
from .shapes import check_shapes
from .veiled import Veiled

__all__ = ["API", "REHEARSAL", "Request", "estimated_tokens", "is_rehearsal", "make_request"]

API = Literal["auto", "responses", "chat"]

REHEARSAL: Final = "rehearsal"
_APIS: Final = ("auto", "responses", "chat")
_OURS: Final = {
    "stream": "streamcell always streams; leave it out",
    "messages": "give the messages as the first argument",
    "input": "give the messages as the first argument",
}


@dataclass(frozen=True)
class Request:
    """One request to a model, as `cell.request` returns it. Immutable.

    Attributes:
        messages: copies of all messages of the conversation, the newest last.
        model: the model's name, or None for the default or the server's own choice.
        api: `"auto"`, `"responses"` or `"chat"`.
        instructions: the system message, or None.
        params: copies of the parameters, under the names that the caller used. Values that may be secret
            (`extra_headers`, `extra_query`) are not printed.
        decided: the parameter or message that selected the API, or an empty string.
        remark: a note that the cell shows about the request, or an empty string.
        echoes: what servers sent with the tool calls of earlier answers. Each is sent only to the server that it came
            from.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    api: API = "auto"
    instructions: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    decided: str = ""
    remark: str = ""
    echoes: tuple[Echo, ...] = ()

    @property
    def tokens(self) -> int:
        """An estimate of the tokens that the request may cost: a token for four characters, and its output limit."""
        limit = next((self.params[name] for name in _TOKEN_LIMITS if isinstance(self.params.get(name), int)), 0)
        return estimated_tokens(self.messages, self.instructions) + int(limit)

    @property
    def asked(self) -> str:
        """The text of the newest message; an empty string if it has none."""
        return text_in(self.messages[-1:])


def estimated_tokens(messages: Iterable[Message], instructions: str | None = None) -> int:
    """Return an estimate of the tokens of messages: one for four characters, and some for each image and file.

    Calls of tools and their results count too.
    """
    given = list(messages)
    contents = [message.get(name) for message in given for name in ("content", "output")]
    characters = sum(map(_characters, contents)) + sum(map(_called, given)) + len(instructions or "")
    return characters // 4 + sum(map(_media, contents))


def _called(message: Mapping[str, Any]) -> int:
    """Return the number of characters of the calls of tools in a message, or of the call that it is."""
    calls = message.get("tool_calls")
    found = [message, *(calls if isinstance(calls, (list, tuple)) else ())]
    inner = [one.get(kind) for one in found if isinstance(one, Mapping) for kind in ("function", "custom")]
    named = ("name", "arguments", "input")
    texts = (one.get(name) for one in (*found, *inner) if isinstance(one, Mapping) for name in named)
    return sum(len(text) for text in texts if isinstance(text, str))


def _characters(content: object) -> int:
    """Return the number of characters of the texts in a message's content."""
    if isinstance(content, str):
        return len(content)
    if not isinstance(content, (list, tuple)):
        return 0
    texts = (part.get(name) for part in content if isinstance(part, Mapping) for name in ("text", "refusal"))
    return sum(len(text) for text in texts if isinstance(text, str))


def _media(content: object) -> int:
    """Return an estimate of the tokens that the images, recordings and files in a message's content cost."""
    if not isinstance(content, (list, tuple)):
        return 0
    return sum(_cost(part) for part in content if isinstance(part, Mapping))


def _cost(part: Mapping[str, Any]) -> int:
    kind = str(part.get("type", ""))
    if "image" in kind:
        image = part.get("image_url")
        detail = image.get("detail") if isinstance(image, Mapping) else part.get("detail")
        return _SMALL_IMAGE if detail == "low" else _IMAGE
    return _AUDIO if "audio" in kind else _FILE if "file" in kind or "video" in kind else 0


# Estimates that are the same for every file: neither its size nor its address says how many tokens it costs.
_SMALL_IMAGE: Final = 85
_IMAGE: Final = 765
"""Tokens for 1024 × 1024 pixels and for `detail: "low"` (GPT-4o), from OpenAI's guide to images."""
_AUDIO: Final = 600
"""Tokens for a minute of speech: OpenAI counts ten tokens per second of a user's audio."""
_FILE: Final = 3_000
"""Tokens for three pages: OpenAI reads each page of a PDF as text (about 250 tokens) and as an image."""

_TOKEN_LIMITS: Final = ("max_output_tokens", "max_completion_tokens", "max_tokens")


def is_rehearsal(model: object) -> bool:
    """Whether `model` names the embedded rehearsal server. It is used only if it is named."""
    return isinstance(model, str) and (model == REHEARSAL or model.startswith((f"{REHEARSAL}/", f"{REHEARSAL}?")))


def make_request(
    prompt: tuple[Message, ...],
    *,
    model: object,
    api: str,
    instructions: object,
    previous: tuple[Message, ...],
    params: Mapping[str, Any],
    ours: tuple[str, ...] = (),
) -> Request:
    """Return a validated request. Raises TypeError or ValueError, which name the arguments as the caller does.

    `ours` are the names of the call's own arguments, to suggest for a name that is not known.
    """
    if api not in _APIS:
        raise ValueError(f"api must be one of {', '.join(map(repr, _APIS))}, not {api!r}")
    if model is not None and (not isinstance(model, str) or not model.strip()):
        raise TypeError(f"model must be a name such as 'gpt-5.4-mini' or 'rehearsal', not {model!r}")
    if instructions is not None and not isinstance(instructions, str):
        raise TypeError(f"instructions must be a string, not {type(instructions).__name__}")
    for name, reason in _OURS.items():
        if name in params:
            raise ValueError(f"{name}= cannot be given: {reason}")
    check_names(params, ours)
    if params.get("n", 1) not in (1, None) or params.get("n") is True:
        raise ValueError("n= must be 1: a cell shows one answer; call stream_cell once for each")
    if "previous_response_id" in params and previous:
        raise ValueError("give previous= or previous_response_id=, not both")
    given = _given(params)
    check_shapes(given)
    if api == "chat":
        previous = tuple(one for one in previous if one.get("type") not in OF_RESPONSES)
    messages = (*previous, *prompt)
    check_sizes(messages)
    api, decided = chosen_api(given, api, only_on(messages))
    return Request(
        messages=messages,
        model=None if model is None else whole_characters(model),
        api=api,  # type: ignore[arg-type]  # narrowed by the test above
        instructions=None if instructions is None else whole_characters(instructions),
        params=given,
        decided=decided,
    )


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return copies of the parameters that are set: None means the server's default and is left out.

    `stream_options=None` is kept, because it says not to add our own.
    """
    found = {}
    for name, value in params.items():
        if is_left_out(value) or (value is None and name != "stream_options"):
            continue
        if name in OPTIONS:
            flaw = _flaw(name, value)
            if flaw:
                del value  # it may hold a key, and a traceback may show it
                raise TypeError(f"{name} {flaw}")
        if name in _VEILED:
            found[name] = Veiled(value)
        else:
            found[name] = value if name == "timeout" else jsonable(value, f"{name}=")
    return found


_VEILED: Final = ("extra_headers", "extra_query")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110, section 5.6.2)."""
_FIELD: Final = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?|")
"""A header's value (RFC 9110, section 5.5), in the characters that httpx sends."""


def _flaw(name: str, value: Any) -> str:
    """Return what is wrong with an option of the SDK's methods, without its values; empty if nothing is."""
    if name == "timeout":
        seconds = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0
        timeout = type(value).__name__ == "Timeout" and hasattr(value, "connect")
        return "" if seconds or timeout else "must be a number of seconds above 0, or an httpx.Timeout"
    if not isinstance(value, Mapping):
        return f"must be a mapping, not {type(value).__name__}"
    if name == "extra_headers":
        for field, one in value.items():
            if not isinstance(field, str) or not _TOKEN.fullmatch(field):
                return f"has the name {field!r}, which no header can have"
            if not is_left_out(one) and not (isinstance(one, str) and _FIELD.fullmatch(one)):
                return f"[{field!r}] must be a string of printable ASCII characters, with no space around it"
    if name == "extra_query":
        try:
            jsonable(value, "")
        except (TypeError, ValueError) as error:
            return str(error).lstrip(" .")
    return ""
