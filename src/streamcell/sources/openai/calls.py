"""Calls of tools as Chat Completions streams them: pieces that belong together by index, id, or neither. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ...answer.events import Event, PartChanged, PartEnded, PartGrew
from ...answer.parts.tool_call import ARGUMENTS
from ..base import Surrogates, field_of, parts_of, showable

__all__ = ["MOST", "ChatCalls", "called", "is_object", "written"]

MOST: Final = 100
"""Calls of one answer that are taken; what follows is left out."""

_NAME: Final = 200  # characters of a tool's name, and of a call's id

KIND: Final = "tool_call"


class Growth(Protocol):
    """Says what is new of a delta."""

    def feed(self, delta: str) -> str: ...
    def end(self) -> str: ...


def written(value: Any) -> str:
    """Return arguments as JSON text: some servers send the object itself."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else ""


def called(name: object, call_id: object, fallback: str, *, custom: bool) -> dict[str, Any]:
    """Return the fields of a call's part; a call without an id gets `fallback` for one."""
    fields: dict[str, Any] = {"name": _short(name), "call_id": _short(call_id) or fallback}
    return {**fields, "custom": True} if custom else fields


def _short(value: object) -> str:
    return showable(value.strip()[:_NAME]) if isinstance(value, str) else ""


def is_object(text: str) -> bool:
    """Whether a text is a whole JSON object."""
    if not text.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


@dataclass(eq=False)
class _Call:
    """One call while it comes. `index` and `given_id` are the server's, where it has any."""

    number: int
    index: object
    given_id: str
    name: str
    custom: bool
    growth: Growth
    surrogates: Surrogates = field(default_factory=Surrogates)
    arguments: str = ""

    @property
    def id(self) -> str:
        return f"call-{self.number}"


class ChatCalls:
    """The calls of one answer. A piece without an index or an id belongs to the last call, unless it begins another.

    Servers count every call as 0, name a call in each piece or in the first only, send no id at all, another one with
    each piece, or the same for two calls; they send the arguments in pieces, whole, whole once more at the end, or as
    an object. A name together with an id, or after arguments that are whole, begins another call.
    """

    def __init__(self, growth: Callable[[], Growth]) -> None:
        self._growth = growth
        self._calls: list[_Call] = []
        self.left_out = 0

    def feed(self, delta: object) -> list[Event]:
        """Take the calls in a delta, or in a whole message."""
        events: list[Event] = []
        for piece in parts_of(delta, "tool_calls"):
            events.extend(self._piece(piece))
        older = field_of(delta, "function_call")  # the API before calls had ids
        if older:
            events.extend(self._piece({"index": 0, "function": older}))
        return events

    def _piece(self, piece: object) -> list[Event]:
        custom = field_of(piece, "custom")
        inner = custom or field_of(piece, "function") or piece
        name, id_ = _short(field_of(inner, "name")), _short(field_of(piece, "id"))
        given = field_of(inner, "input" if custom else "arguments")
        index = field_of(piece, "index")
        call = self._of(index, id_, name, written(given))
        if call is not None:
            events = self._known(call, id_, name)
        elif len(self._calls) >= MOST:
            self.left_out += 1
            return []
        else:
            call, events = self._begin(index, id_, name, custom=bool(custom))
        return [*events, *self._grow(call, written(given))]

    def _of(self, index: object, id_: str, name: str, arguments: str) -> _Call | None:
        """Return the call that a piece belongs to; None: it begins one."""
        if not self._calls:
            return None
        counted = isinstance(index, int) and not isinstance(index, bool)
        known = [one for one in self._calls if one.given_id == id_] if id_ else []
        same = [one for one in known if not counted or one.index == index]
        if same:
            return same[-1]
        at = [one for one in self._calls if one.index == index] if counted else self._calls[-1:]
        if not at or known:  # another place, or the id of a call at another place
            return None
        last = at[-1]
        if not name:
            return last
        if id_ and last.given_id:  # a further call where all are counted as 0, or a new id for the same call
            return last if name == last.name and not last.arguments else None
        begins = bool(arguments) and last.arguments != arguments and is_object(last.arguments)
        return None if begins or (last.arguments and name != last.name) else last

    def _begin(self, index: object, id_: str, name: str, *, custom: bool) -> tuple[_Call, list[Event]]:
        number = len(self._calls) + 1
        taken = any(one.given_id == id_ for one in self._calls)
        call = _Call(number, index, id_, name, custom, self._growth())
        self._calls.append(call)
        # Two calls of one id could not be answered apart.
        unique = "" if not id_ else f"{id_}-{number}" if taken else id_
        return call, [PartChanged(KIND, called(name, unique, f"call_{number}", custom=custom), call.id)]

    def _known(self, call: _Call, id_: str, name: str) -> list[Event]:
        """Take what comes late of a call: its id, or the rest of its name."""
        changed: dict[str, Any] = {}
        if id_ and not call.given_id:
            call.given_id = changed["call_id"] = id_
        if name and name != call.name and not call.arguments:
            call.name = name if name.startswith(call.name) else call.name + name
            changed["name"] = call.name
        return [PartChanged(KIND, changed, call.id)] if changed else []

    def _grow(self, call: _Call, delta: str) -> list[Event]:
        if not delta or (delta == call.arguments and is_object(delta)):  # some say all of them once more at the end
            return []
        return self._shown(call, call.growth.feed(delta))

    def _shown(self, call: _Call, new: str) -> list[Event]:
        # One character too many shows that they are not whole.
        new = call.surrogates.feed(new)[: ARGUMENTS + 1 - len(call.arguments)]
        call.arguments += new
        return [PartGrew(KIND, new, call.id)] if new else []

    def end(self) -> list[Event]:
        """Return what was held back, and the calls as ended."""
        events: list[Event] = []
        for call in self._calls:
            rest = call.growth.end()
            events += [*self._shown(call, rest), *self._shown(call, call.surrogates.end())]
            events.append(PartEnded(call.id))
        return events
