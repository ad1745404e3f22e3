"""Converts a conversation into the form of each API. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ... import _words as words
from ...request.echoes import Echo
from ...request.messages import Message
from .assembly import words_of

__all__ = ["chat_messages", "in_form_of", "responses_items"]

_OF_ITEMS: Final = ("type", "id", "status", "phase")
"""Fields of messages in the Responses API that Chat Completions does not have."""


def in_form_of(api: str, messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return the messages as the API with this label takes them; with any other label as the Responses API does."""
    return chat_messages(messages) if api == words.APIS["chat"] else responses_items(messages)


def chat_messages(messages: Iterable[Message], echoes: Sequence[Echo] = ()) -> list[dict[str, Any]]:
    """Return the messages for Chat Completions, where a message and its tool calls are one message.

    `echoes` are added to the calls that they belong to, and to the messages with these calls.
    """
    beside, around = _by_call(echoes, "call"), _by_call(echoes, "message")
    found: list[dict[str, Any]] = []
    for message in messages:
        kind = message.get("type", "message")
        if kind in ("function_call", "custom_tool_call"):
            before = found[-1] if found and found[-1]["role"] == "assistant" else None
            if before is None:
                before = {"role": "assistant", "content": None}
                found.append(before)
            id_ = message.get("call_id")
            before.update(around.get(id_, {}))
            before["tool_calls"] = [*before.get("tool_calls", []), {**_call_for_chat(message), **beside.get(id_, {})}]
        elif kind in ("function_call_output", "custom_tool_call_output"):
            output = _content(message.get("output"), _part_for_chat)
            id_ = message.get("call_id")
            found.append({"role": "tool", "tool_call_id": beside.get(id_, {}).get("id", id_), "content": output})
        else:
            plain = {name: value for name, value in message.items() if name not in _OF_ITEMS}
            found.append({**plain, "content": _content(message.get("content"), _part_for_chat)})
    return found


def _by_call(echoes: Iterable[Echo], place: str) -> dict[Any, dict[str, Any]]:
    """Return the data of the echoes with this `place`, for each call."""
    found: dict[Any, dict[str, Any]] = {}
    for one in echoes:
        for call in one.calls if one.place == place else ():
            found.setdefault(call, {}).update(json.loads(one.held))
    return found


def _call_for_chat(item: Message) -> dict[str, Any]:
    if item["type"] == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments")}
        return {"id": item.get("call_id"), "type": "function", "function": function}
    custom = {"name": item.get("name"), "input": item.get("input")}
    return {"id": item.get("call_id"), "type": "custom", "custom": custom}


def responses_items(messages: Iterable[Message], echoes: Sequence[Echo] = ()) -> list[dict[str, Any]]:
    """Return the messages as items of the Responses API, where tool calls and their results are separate items.

    `echoes` are put before the calls that they belong to. A message among them replaces ours, which has no id.
    """
    outputs = _by_call(echoes, "output")
    found: list[dict[str, Any]] = []
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role is None and message.get("type") in ("function_call", "custom_tool_call"):
            output = outputs.get(message.get("call_id"), {})
            found = [*_behind(found, output.get("before", [])), {**message, **_id_of(output)}]
        elif role is None:
            found.append(dict(message))
        elif role == "tool":
            output = _content(content, lambda part: _part_for_responses(part, "input_text"))
            found.append({"type": "function_call_output", "call_id": message.get("tool_call_id"), "output": output})
        else:
            calls: Sequence[Message] = message.get("tool_calls", ())
            plain = {name: value for name, value in message.items() if name not in ("tool_calls", "refusal")}
            text = "output_text" if role == "assistant" else "input_text"
            words = message.get("refusal") if content is None else content
            if words or not calls:
                found.append(
                    {**plain, "content": _content(words, lambda part, text=text: _part_for_responses(part, text))}
                )
            found += [_call_for_responses(call) for call in calls]
    return found


def _id_of(output: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": output["id"]} if output.get("id") else {}


def _behind(found: list[dict[str, Any]], items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `found`, followed by the items before a call; a text that is in both is not repeated."""
    said = [item for item in items if item["type"] == "message" and item.get("phase") != "commentary"]
    if not said:
        return [*found, *items]
    text = " ".join(words_of(item.get("content")) for item in said).split()
    last = found[-1] if found else {}
    ours = last.get("content") if last.get("role") == "assistant" else None
    if text and isinstance(ours, str) and ours.split() == text:
        return [*found[:-1], *items]
    return [*found, *(item for item in items if item not in said)]


def _call_for_responses(call: Message) -> dict[str, Any]:
    kind = "custom" if call.get("type") == "custom" else "function"
    inner = call.get(kind)
    fields = dict(inner) if isinstance(inner, Mapping) else {}
    item = "custom_tool_call" if kind == "custom" else "function_call"
    return {"type": item, "call_id": call.get("id"), **fields}


def _content(content: Any, part: Any) -> Any:
    return [part(one) if isinstance(one, Mapping) else one for one in content] if isinstance(content, list) else content


def _part_for_chat(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = part.get("type")
    if kind in ("input_text", "output_text"):
        return {"type": "text", "text": part.get("text", "")}
    if kind == "input_image" and "file_id" not in part:
        image = {"url": part.get("image_url"), **({"detail": part["detail"]} if part.get("detail") else {})}
        return {"type": "image_url", "image_url": image}
    if kind == "input_file":
        return {"type": "file", "file": {name: value for name, value in part.items() if name != "type"}}
    return dict(part)


def _part_for_responses(part: Mapping[str, Any], text: str) -> dict[str, Any]:
    kind = part.get("type")
    if kind == "text":
        return {"type": text, "text": part.get("text", "")}
    if kind == "image_url":
        image = part.get("image_url")
        url, detail = (image.get("url"), image.get("detail")) if isinstance(image, Mapping) else (image, None)
        return {"type": "input_image", "image_url": url, "detail": detail or "auto"}
    if kind == "file" and isinstance(part.get("file"), Mapping):
        return {"type": "input_file", **part["file"]}
    return dict(part)
