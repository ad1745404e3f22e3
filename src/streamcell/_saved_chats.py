"""Conversations that were saved: a file, or a list of messages, as turns whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pydantic

from ._errors import recorded_error
from .answer.document import Version
from .answer.events import Origin
from .answer.parts import KINDS, Part
from .answer.status import TERMINAL, Status
from .answer.turns import After, Answered, Tree
from .notebook.chat import FORMAT, SavedTurn
from .request.messages import Message, messages_of, text_in

__all__ = ["SavedChat", "made_of", "read"]


class _Version(pydantic.BaseModel):
    status: Status
    finish_reason: str | None = None
    model: str = ""
    error: tuple[str, str] | None = None
    parts: list[dict[str, Any]] = []


class _Turn(pydantic.BaseModel):
    after: tuple[int, int] | None = None
    question: list[dict[str, Any]]
    text: str
    files: list[str] = []
    left_out: int = 0
    withheld: bool = False
    shown: int = 0
    versions: list[_Version] = pydantic.Field(min_length=1)


class _Chat(pydantic.BaseModel):
    model: str | None = None
    instructions: str | None = None
    turns: list[_Turn]
    chosen: list[tuple[tuple[int, int] | None, int]] = []


@dataclass(frozen=True)
class SavedChat:
    """A conversation that was saved."""

    turns: Sequence[SavedTurn]
    tree: Tree
    model: str | None = None
    instructions: str | None = None


_LARGEST: Final = 200_000_000
"""Bytes of a saved chat: its files in base64, and room for the answers."""


def read(file: Path) -> SavedChat | list[Any]:
    """Return the conversation in a file, or the list of messages in it. Raises OSError and ValueError."""
    if file.stat().st_size > _LARGEST:
        raise ValueError(f"{str(file)!r} is too large for a saved chat")
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise ValueError(f"{str(file)!r} holds no JSON, so it is no saved chat") from None
    if isinstance(content, list):
        return content
    if not isinstance(content, dict) or any(content.get(name) != value for name, value in FORMAT.items()):
        raise ValueError(f"{str(file)!r} is no chat that this release of streamcell can read")
    try:
        return _restored(_Chat.model_validate(content))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{str(file)!r} is damaged: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        found = error.errors()[0]
        return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
    return str(error)


def _restored(saved: _Chat) -> SavedChat:
    tree = Tree()
    turns: list[SavedTurn] = []
    for number, turn in enumerate(saved.turns):
        question = messages_of(turn.question)
        if question is None:
            raise ValueError(f"turn {number} has no question")
        versions = tuple(map(_version, turn.versions))
        shown = min(max(turn.shown, 0), len(versions) - 1)
        after: After = turn.after
        if after is not None and not (0 <= after[0] < number and 0 <= after[1] < len(saved.turns[after[0]].versions)):
            raise ValueError(f"turn {number} follows a turn that is not there")
        tree = tree.add(after)
        answered = Answered(versions=versions, shown=shown, withheld=turn.withheld)
        turns.append(SavedTurn(question, answered, turn.text, tuple(turn.files), max(0, turn.left_out)))
    for following, number in saved.chosen:
        if 0 <= number < len(turns) and tree.turns[number] == following:
            tree = tree.choose(number)
    return SavedChat(turns, tree, saved.model, saved.instructions)


def _version(saved: _Version) -> Version:
    status = saved.status if saved.status in TERMINAL else Status.STOPPED
    name, detail = saved.error or ("Stopped" if status is Status.STOPPED else "SourceFailed", "")
    parts = tuple(map(_part, saved.parts))
    return Version(
        parts=parts,
        status=status,
        finish_reason=saved.finish_reason,
        origin=Origin(model=saved.model),
        error=None if status is Status.DONE else recorded_error(name, detail, None),
    )


def _part(saved: Mapping[str, Any]) -> Part:
    kind = KINDS.get(str(saved.get("kind")))
    if kind is None:
        raise ValueError(f"it has a part of the kind {saved.get('kind')!r}, which this release does not know")
    fields = {name: value for name, value in saved.items() if name != "kind"}
    return pydantic.TypeAdapter(kind).validate_python({**fields, "open": False})


def made_of(messages: Sequence[Any]) -> SavedChat:
    """Return the conversation of a list of messages: each begins with a message of the user's."""
    given = messages_of(list(messages)) or ()
    tree, turns = Tree(), list[SavedTurn]()
    groups: list[list[Message]] = []
    for message in given:
        if message.get("role") in ("system", "developer"):
            continue
        if message.get("role") == "user" and (not groups or groups[-1][-1].get("role") != "user"):
            groups.append([])
        if not groups:
            raise ValueError("messages= must begin with a question: a message of the user's")
        groups[-1].append(message)
    for number, group in enumerate(groups):
        asked = [message for message in group if message.get("role") == "user"]
        parts = _parts_in([message for message in group if message.get("role") != "user"])
        version = Version(parts=parts, status=Status.DONE)
        turns.append(SavedTurn(tuple(asked), Answered(versions=(version,)), text_in(asked)))
        tree = tree.add((number - 1, 0) if number else None)
    return SavedChat(turns, tree)


def _parts_in(messages: Sequence[Message]) -> tuple[Part, ...]:
    """Return an answer's messages as its parts: texts, and calls with their results."""
    results = {
        str(message.get("call_id", message.get("tool_call_id"))): text_in([message])
        for message in messages
        if message.get("role") == "tool" or str(message.get("type", "")).endswith("_call_output")
    }
    found: list[dict[str, Any]] = []
    for message in messages:
        if message.get("role") == "assistant" and (text := text_in([message])):
            found.append({"kind": "text", "text": f"\n\n{text}" if found else text})
        calls = [message] if message.get("type") in ("function_call", "custom_tool_call") else []
        for one in message.get("tool_calls") or calls:
            function = one.get("function", one)
            id_ = str(one.get("id") if "function" in one else one.get("call_id"))
            found.append(
                {
                    "kind": "tool_call",
                    "name": function.get("name", ""),
                    "call_id": id_,
                    "custom": one.get("type") == "custom_tool_call",
                    "arguments": function.get("arguments", one.get("input", "")),
                    "state": "done" if id_ in results else "called",
                    "result": results.get(id_, ""),
                    "round": 1 + sum(part["kind"] == "text" for part in found),
                }
            )
    return tuple(map(_part, found))
