"""What was asked: validated, frozen, in no provider's dialect."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

__all__ = ["API", "REHEARSAL", "Message", "Request", "is_rehearsal", "make_request", "messages_of"]

API = Literal["auto", "responses", "chat"]
Message = Mapping[str, Any]

REHEARSAL: Final = "rehearsal"
_APIS: Final = ("auto", "responses", "chat")
_ROLES: Final = ("system", "developer", "user", "assistant", "tool")
_OURS: Final = {
    "stream": "streamcell always streams; leave it out",
    "messages": "give the messages as the first argument",
    "input": "give the messages as the first argument",
}


@dataclass(frozen=True)
class Request:
    """One question to a model.

    `messages` hold the whole conversation, the newest last; `params` go to the API untouched. Both are
    copies: a retry asks what was asked. `model` is None where the
    server's own choice, or the default, is meant.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    api: API = "auto"
    instructions: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """What the answer may cost of a budget of tokens, roughly: four characters to a token, and its own limit."""
        limit = next((self.params[name] for name in _TOKEN_LIMITS if isinstance(self.params.get(name), int)), 0)
        texts = sum(_characters(message.get("content")) for message in self.messages) + len(self.instructions or "")
        return texts // 4 + sum(_media(message.get("content")) for message in self.messages) + int(limit)


def _characters(content: object) -> int:
    """How long the texts in a message's content are, in characters."""
    if isinstance(content, str):
        return len(content)
    if not isinstance(content, (list, tuple)):
        return 0
    texts = (part.get(name) for part in content if isinstance(part, Mapping) for name in ("text", "refusal"))
    return sum(len(text) for text in texts if isinstance(text, str))


def _media(content: object) -> int:
    """What the images, recordings and files in a message's content cost, in tokens."""
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


# How many bytes these have says nothing of what they cost, and their addresses say nothing at all.
_SMALL_IMAGE: Final = 85
_IMAGE: Final = 765
"""Tokens: what OpenAI's guide to images reckons for 1024 × 1024 pixels (GPT-4o), and for `detail: "low"`."""
_AUDIO: Final = 600
"""Tokens: a minute of speech at ten tokens a second, as OpenAI counts the audio that a user sends."""
_FILE: Final = 3_000
"""Tokens: three pages, each read as its text (some 250) and as an image, as OpenAI does with a PDF."""

_TOKEN_LIMITS: Final = ("max_output_tokens", "max_completion_tokens", "max_tokens")


def is_rehearsal(model: str | None) -> bool:
    """Whether `model` names the embedded rehearsal server; it is chosen only by name, never silently."""
    return model is not None and (model == REHEARSAL or model.startswith((f"{REHEARSAL}/", f"{REHEARSAL}?")))


def messages_of(prompt: object) -> tuple[Message, ...] | None:
    """Return the messages that `prompt` holds, or None where it is neither a string nor a list of messages.

    Raises ValueError for an empty prompt and TypeError for messages of a wrong shape.
    """
    if isinstance(prompt, str):
        if not prompt.strip():
            raise ValueError("the prompt is empty: give stream_cell a question")
        return ({"role": "user", "content": prompt},)
    if isinstance(prompt, (bytes, bytearray, Mapping)):
        hint = "put it into a list" if isinstance(prompt, Mapping) else "decode it"
        raise TypeError(f"the prompt must be a string or a list of messages, not {type(prompt).__name__}: {hint}")
    if not isinstance(prompt, Sequence):
        return None
    if not prompt:
        raise ValueError("the prompt is an empty list: give at least one message")
    if all(isinstance(item, str) or _is_chunk(item) for item in prompt):
        return None  # an iterable of strings or chunks: an answer to show, not a question
    return tuple(_message(item, place) for place, item in enumerate(prompt))


def make_request(
    prompt: tuple[Message, ...],
    *,
    model: object,
    api: str,
    instructions: object,
    previous: tuple[Message, ...],
    params: Mapping[str, Any],
) -> Request:
    """Return a validated request; raise TypeError or ValueError, in the caller's words, before anything is sent."""
    if api not in _APIS:
        raise ValueError(f"api must be one of {', '.join(map(repr, _APIS))}, not {api!r}")
    if model is not None and (not isinstance(model, str) or not model.strip()):
        raise TypeError(f"model must be a name such as 'gpt-5.4-mini' or 'rehearsal', not {model!r}")
    if instructions is not None and not isinstance(instructions, str):
        raise TypeError(f"instructions must be a string, not {type(instructions).__name__}")
    for name, reason in _OURS.items():
        if name in params:
            raise ValueError(f"{name}= cannot be given: {reason}")
    if params.get("n", 1) != 1:
        raise ValueError("n= must be 1: a cell shows one answer; call stream_cell once for each")
    if "previous_response_id" in params and previous:
        raise ValueError("give previous= or previous_response_id=, not both")
    if api == "chat" and "previous_response_id" in params:
        raise ValueError("previous_response_id= belongs to the Responses API; use api='responses', or previous=")
    return Request(
        messages=(*previous, *prompt),
        model=model,
        api=api,  # type: ignore[arg-type]  # narrowed by the test above
        instructions=instructions,
        params=copy.deepcopy(dict(params)),
    )


def _is_chunk(item: object) -> bool:
    """Whether `item` is of a recorded stream: a chunk of Chat Completions, or an event of the Responses API."""
    if isinstance(item, Mapping):
        return "role" not in item and ("choices" in item or str(item.get("type", "")).startswith("response."))
    return hasattr(item, "choices") or str(getattr(item, "type", "")).startswith("response.")


def _message(item: object, place: int) -> Message:
    where = f"message {place}"
    if not isinstance(item, Mapping):
        raise TypeError(f"{where} must be a mapping with 'role' and 'content', not {type(item).__name__}")
    role, content = item.get("role"), item.get("content")
    if role not in _ROLES:
        raise ValueError(f"{where} has role {role!r}; it must be one of {', '.join(_ROLES)}")
    if isinstance(content, str):
        if not content.strip() and role == "user":
            raise ValueError(f"{where} is empty")
    elif isinstance(content, Sequence) and not isinstance(content, (bytes, bytearray)):
        if not content or not all(isinstance(part, Mapping) and isinstance(part.get("type"), str) for part in content):
            raise TypeError(f"{where}: content must be a string or a list of parts, each a mapping with a 'type'")
    elif not (content is None and role == "assistant" and item.get("tool_calls")):
        raise TypeError(f"{where}: content must be a string or a list of parts, not {type(content).__name__}")
    return copy.deepcopy(dict(item))
