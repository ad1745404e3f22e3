"""Turns a prompt into messages: a text, texts with files, messages of either API, or the SDK's objects. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .attachments import OFFICE, Attachment, folded, part_of
from .jsonable import jsonable

__all__ = ["OF_RESPONSES", "Message", "answered_in", "calls_in", "messages_of", "only_on", "text_in"]

Message = Mapping[str, Any]

_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")

_TRANSLATED: Final = ("message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output")
"""Items of the Responses API that can be translated to Chat Completions."""

OF_RESPONSES: Final = ("image_generation_call", "mcp_approval_request", "mcp_approval_response")
"""Items of a former answer that Chat Completions has no message for."""

_ONLY_IN_CHAT: Final = ("name", "function_call", "audio")
"""Message fields that the Responses API does not have."""

_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "custom_tool_call": ("call_id", "name", "input"),
    "custom_tool_call_output": ("call_id", "output"),
}

_IN_PLACE_OF_CONTENT: Final = ("tool_calls", "function_call", "refusal", "audio")
"""An assistant's message with one of these fields needs no content."""

_PARSED: Final = ("parsed", "parsed_arguments")
_ONLY_IN_ANSWERS: Final = ("annotations", *_PARSED)
"""Fields of the SDK's objects that no API accepts in a request; the parsed ones occur in parts and calls too."""


def messages_of(prompt: object) -> tuple[Message, ...] | None:
    """Return the messages in `prompt`, or None if it is neither a text nor messages.

    A message is a mapping with `role` and `content`, an item of the Responses API (a mapping with a `type`), or the
    SDK's object for one of these. A list of texts and attachments, with at least one of each, is one message of the
    user; a message's content list may contain both, besides parts.

    Raises ValueError for an empty prompt, and TypeError or ValueError for an invalid message; the error names the
    message by its index, from 0, and says what is wrong with it.
    """
    if isinstance(prompt, str):
        if not prompt.strip():
            raise ValueError("the prompt is empty: give stream_cell a question")
        return (jsonable({"role": "user", "content": prompt}, "the prompt"),)
    if isinstance(prompt, (bytes, bytearray)):
        raise TypeError(f"the prompt must be a string or messages, not {type(prompt).__name__}: decode it")
    if _is_message(prompt):
        return (_message(prompt, "the message"),)
    if isinstance(prompt, Mapping):
        raise TypeError("the prompt is a dict that is no message: a message has a 'role' and 'content'")
    if not isinstance(prompt, Sequence):
        return None
    if not prompt:
        raise ValueError("the prompt is an empty list: give at least one message")
    if all(isinstance(item, str) or _is_chunk(item) for item in prompt):
        return None  # an iterable of strings or chunks is an answer to show, not a prompt
    if any(isinstance(item, Attachment) for item in prompt):
        return (_question(prompt),)
    return tuple(_message(item, f"message {place}") for place, item in enumerate(prompt))


def answered_in(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of the tool calls whose results are among these messages."""
    names = ("call_id", "tool_call_id", "approval_request_id")
    ids = (message.get(name) for message in messages if _is_result(message) for name in names)
    return frozenset(one for one in ids if isinstance(one, str))


def calls_in(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of the calls of tools among these messages, by which their results name them."""
    items = [message.get(name) for message in messages for kind, name in _CALLS.items() if message.get("type") == kind]
    lists = [calls for message in messages if isinstance(calls := message.get("tool_calls"), (list, tuple))]
    items += [one.get("id") for calls in lists for one in calls if isinstance(one, Mapping)]
    return frozenset(one for one in items if isinstance(one, str))


_CALLS: Final = {"function_call": "call_id", "custom_tool_call": "call_id", "mcp_approval_request": "id"}
"""The items that ask for a result, and the field with the id by which it names them."""


def text_in(messages: Sequence[Message]) -> str:
    """Return all text in these messages, with blank lines between the pieces; of files only what is text."""
    return "\n\n".join(piece for message in messages for piece in _texts(message.get("content", message.get("output"))))


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in _parts(content):
        text = part.get("text")
        if isinstance(text, str):
            yield text


def _is_result(message: Message) -> bool:
    kind = str(message.get("type", ""))
    return message.get("role") == "tool" or kind.endswith("_output") or kind == "mcp_approval_response"


def only_on(messages: Sequence[Message]) -> dict[str, str]:
    """Return, for each API, a name of the first message that only this API accepts; an API without one is left out."""
    found: dict[str, str] = {}
    for place, message in enumerate(messages):
        for api, what in _only_on(message):
            found.setdefault(api, f"message {place} ({what})")
    return found


def _only_on(message: Message) -> Iterator[tuple[str, str]]:
    kind = message.get("type", "message")
    if kind not in _TRANSLATED:
        yield "responses", kind
    if "role" in message:
        yield from (("chat", field) for field in _ONLY_IN_CHAT if field in message)  # role "function" has a name
    for part in _parts(message.get("content", message.get("output"))):
        if (part.get("type") == "input_image" and "file_id" in part) or "file_url" in part:
            yield "responses", f"{part['type']} by its {'file_url' if 'file_url' in part else 'file_id'}"
        elif part.get("type") == "input_audio":
            yield "chat", "input_audio"
        elif part.get("type") == "input_file" and str(part.get("file_data")).startswith(OFFICE):
            yield "responses", f"the document {part.get('filename')!r}"


def _parts(content: object) -> list[dict[str, Any]]:
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _is_message(item: object) -> bool:
    """Whether `item` is one message, or one item of the Responses API."""
    if _is_chunk(item):
        return False
    if isinstance(item, Mapping):
        return "role" in item or isinstance(item.get("type"), str)
    return _is_model(item) and (hasattr(item, "role") or isinstance(getattr(item, "type", None), str))


def _is_model(item: object) -> bool:
    return callable(getattr(item, "model_dump", None)) and not isinstance(item, type)


def _is_chunk(item: object) -> bool:
    """Whether `item` is from a recorded stream: a chunk of Chat Completions, or an event of the Responses API."""
    if isinstance(item, Mapping):
        return "role" not in item and ("choices" in item or str(item.get("type", "")).startswith("response."))
    return hasattr(item, "choices") or str(getattr(item, "type", "")).startswith("response.")


def _question(prompt: Sequence[Any]) -> Message:
    """Return the user's message for a prompt that is a list of texts and attachments."""
    for place, item in enumerate(prompt):
        if not isinstance(item, (str, Attachment)):
            hint = "put the files into its content" if _is_message(item) else "give texts, paths, images or bytes"
            raise TypeError(f"item {place} of the prompt is a {type(item).__name__} in a list with files: {hint}")
    if not any(isinstance(item, str) and item.strip() for item in prompt):
        raise ValueError('the prompt has files and no text: add one, such as ["What is this?", Path("chart.png")]')
    return _message({"role": "user", "content": list(prompt)}, "the prompt")


def _with_parts(item: Any, where: str) -> Any:
    """Return a message with the texts and attachments in its content as parts; blank texts are left out."""
    content = item.get("content") if isinstance(item, Mapping) else None
    if not isinstance(content, (list, tuple)) or not any(isinstance(one, (str, Attachment)) for one in content):
        return item
    parts: list[Any] = []
    for place, one in enumerate(content):
        name = f"item {place} of {where}"
        if isinstance(one, Attachment):
            part = part_of(one, name)
            if part["type"] != "text" and item.get("role") != "user":
                raise ValueError(f"{one.name or name}: images, sound and documents go into a message of the user's")
            parts.append(part)
        elif not isinstance(one, str):
            parts.append(one)
        elif one.strip():
            parts.append({"type": "text", "text": one})
    if not parts:
        raise ValueError(f"{where} is empty")
    return {**item, "content": parts}


def _message(item: object, where: str) -> Message:
    if not isinstance(item, Mapping) and not _is_model(item):
        hint = ' ({"role": "user", "content": …})' if isinstance(item, str) else ""
        raise TypeError(f"{where} must be a mapping with 'role' and 'content'{hint}, not {type(item).__name__}")
    held = jsonable(_with_parts(item, where), where)
    message = {
        name: value
        for name, value in held.items()
        if name == "content" or not (value is None or name in _ONLY_IN_ANSWERS or (name == "tool_calls" and not value))
    }
    calls = [call.get("function") for call in _parts(message.get("tool_calls"))]
    for inner in (*_parts(message.get("content")), *_parts(calls)):
        for name in _PARSED:
            inner.pop(name, None)
    for name in ("content", "output"):
        if isinstance(message.get(name), list):
            message[name] = [folded(part) if isinstance(part, dict) else part for part in message[name]]
    kind = message.get("type")
    if "role" not in message and isinstance(kind, str) and kind not in ("", "message"):
        return _item(message, where)
    _check_message(message, where)
    return message


def _item(item: dict[str, Any], where: str) -> Message:
    missing = [name for name in _NEEDS.get(item["type"], ()) if name not in item]
    if missing:
        raise ValueError(f"{where} ({item['type']}) has no {' and no '.join(map(repr, missing))}")
    if item.get("content", "") is None:
        del item["content"]
    return item


def _check_message(message: Mapping[str, Any], where: str) -> None:
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        raise ValueError(f"{where} has role {role!r}; it must be one of {', '.join(_ROLES)}")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise ValueError(f"{where} is a tool's and has no 'tool_call_id': it says which call it answers")
    if role == "function" and not isinstance(message.get("name"), str):
        raise ValueError(f"{where} is a function's and has no 'name': it says which function answers")
    calls = message.get("tool_calls", [])
    if not isinstance(calls, list) or not all(isinstance(call, Mapping) and "id" in call for call in calls):
        raise TypeError(f"{where}: tool_calls must be a list of calls, each a mapping with an 'id'")
    if isinstance(content, str):
        if not content.strip() and role == "user":
            raise ValueError(f"{where} is empty")
    elif isinstance(content, list):
        if not content or not all(isinstance(part, Mapping) and isinstance(part.get("type"), str) for part in content):
            raise TypeError(f"{where}: content must be a string or a list of parts, each a mapping with a 'type'")
    elif not (content is None and role == "assistant" and any(message.get(name) for name in _IN_PLACE_OF_CONTENT)):
        raise TypeError(f"{where}: content must be a string or a list of parts, not {type(content).__name__}")
