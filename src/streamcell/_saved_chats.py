"""Conversations that were saved: a file, or a list of messages, as turns whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
from .request.messages import Message, answered_in, messages_of, text_in

__all__ = ["SavedChat", "made_of", "read"]


_MOST_TURNS: Final = 1_000
"""Each turn has a cell of its own: more of them would block the kernel for minutes."""
_MOST_VERSIONS: Final = 100
_LONGEST_NAME: Final = 1_000  # characters


class _Version(pydantic.BaseModel):
    status: Status
    finish_reason: str | None = None
    model: str = ""
    error: tuple[str, str] | None = None
    parts: list[dict[str, Any]] = []


class _Turn(pydantic.BaseModel):
    after: tuple[int, int] | None = None
    question: list[dict[str, Any]]
    text: str = ""
    files: list[str] = []
    left_out: int = 0
    withheld: bool = False
    shown: int = 0
    versions: list[_Version] = pydantic.Field(min_length=1, max_length=_MOST_VERSIONS)


class _Chat(pydantic.BaseModel):
    model: str | None = pydantic.Field(default=None, max_length=_LONGEST_NAME)
    instructions: str | None = None
    turns: list[_Turn] = pydantic.Field(max_length=_MOST_TURNS)
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
    except (ValueError, RecursionError):
        raise ValueError(f"{str(file)!r} holds no JSON, so it is no saved chat") from None
    if isinstance(content, list):
        return content
    known = isinstance(content, dict) and all(content.get(name) == value for name, value in FORMAT.items())
    if not known or content["version"] is True:
        raise ValueError(f"{str(file)!r} is no chat that this release of streamcell can read")
    try:
        return _restored(_Chat.model_validate(content))
    except (ValueError, TypeError, RecursionError) as error:
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
        text = _shown_of(turn, text_in(question))
        turns.append(SavedTurn(question, answered, text, tuple(turn.files), max(0, turn.left_out)))
    for following, number in saved.chosen:
        if 0 <= number < len(turns) and tree.turns[number] == following:
            tree = tree.choose(number)
    return SavedChat(turns, tree, saved.model, saved.instructions)


def _shown_of(turn: _Turn, sent: str) -> str:
    """Return what is shown of a question: all that is sent, or what is not a file's, as the file says."""
    own = turn.text.strip() != "" and all(piece in sent for piece in turn.text.split("\n\n"))
    return turn.text if turn.files and own else sent


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
    kind = str(saved.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"it has a part of the kind {saved.get('kind')!r}, which this release does not know")
    fields = {name: value for name, value in saved.items() if name != "kind"}
    return _adapter(kind).validate_python({**fields, "open": False})


@cache
def _adapter(kind: str) -> pydantic.TypeAdapter[Part]:
    return pydantic.TypeAdapter(KINDS[kind])


def made_of(messages: Sequence[Any]) -> SavedChat:
    """Return the conversation of a list of messages: each turn begins with a message of the user's.

    The instructions are the system messages at the beginning; a later one belongs to the question after it. Raises
    ValueError and TypeError.
    """
    try:
        return _made_of(messages)
    except pydantic.ValidationError as error:
        raise ValueError(f"messages= has a call of a tool that is none: {_first_line(error)}") from None
    except RecursionError:
        raise ValueError("messages= is nested too deeply") from None


def _made_of(messages: Sequence[Any]) -> SavedChat:
    given = messages_of(list(messages)) if messages else ()
    if given is None or isinstance(messages, str):
        raise TypeError("messages= must be a list of messages, each a mapping with 'role' and 'content'")
    tree, turns = Tree(), list[SavedTurn]()
    begun = next((at for at, one in enumerate(given) if one.get("role") not in _INSTRUCTING), len(given))
    groups: list[list[Message]] = []
    for message in given[begun:]:
        if message.get("role") in _ASKING and (not groups or groups[-1][-1].get("role") not in _ASKING):
            groups.append([])
        if not groups:
            raise ValueError("messages= must begin with a question: a message of the user's")
        groups[-1].append(message)
    if len(groups) > _MOST_TURNS:
        raise ValueError(f"messages= has {len(groups):,} turns: a chat shows up to {_MOST_TURNS:,}")
    for number, group in enumerate(groups):
        asked = [message for message in group if message.get("role") in _ASKING]
        parts = _parts_in([message for message in group if message.get("role") not in _ASKING])
        version = Version(parts=parts, status=Status.DONE)
        turns.append(SavedTurn(tuple(asked), Answered(versions=(version,)), text_in(asked)))
        tree = tree.add((number - 1, 0) if number else None)
    return SavedChat(turns, tree, instructions=text_in(given[:begun]) or None)


_INSTRUCTING: Final = ("system", "developer")
_ASKING: Final = ("user", *_INSTRUCTING)


def _parts_in(messages: Sequence[Message]) -> tuple[Part, ...]:
    """Return an answer's messages as its parts: texts, and calls with their results."""
    results = {id_: text_in([message]) for message in messages for id_ in answered_in([message])}
    found: list[dict[str, Any]] = []
    for message in messages:
        if message.get("role") == "assistant" and (text := text_in([message])):
            found.append({"kind": "text", "text": f"\n\n{text}" if found else text})
        calls = [message] if message.get("type") in ("function_call", "custom_tool_call") else []
        for one in message.get("tool_calls") or calls:
            function = one.get("function", one)
            if not isinstance(function, Mapping):
                raise ValueError("messages= has a call of a tool that names no function")  # noqa: TRY004
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
