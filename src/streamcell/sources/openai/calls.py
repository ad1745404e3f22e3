"""Assembles tool calls while they stream, however servers split them. Bounded, with unique ids. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ...answer.events import Event, PartChanged, PartEnded, PartGrew, PartRestored
from ...answer.parts.tool_call import ARGUMENTS, CallState
from ...request.echoes import ECHOES, held_of
from ..base import REPLACEMENT, Surrogates, field_of, parts_of, showable

__all__ = ["BEYOND", "MOST", "Call", "Calls", "ChatCalls", "ids_of", "written"]

MOST: Final = 100
"""The most calls of one answer. Further ones are left out."""

BEYOND: Final = f"calls of tools after the first {MOST}"
"""The notice about those that are left out."""

_NAME: Final = 200  # characters of a tool's name, and of a call's id

_CUT: Final = "…"
"""Appended to arguments that are cut because they are too long. No text with it at the end is valid JSON."""

_KIND: Final = "tool_call"

_BESIDE: Final = "extra_content"
"""The field of a call that is sent back unchanged; Gemini puts its signature there."""


class Growth(Protocol):
    """Returns the new text in a delta, and at the end what it held back."""

    def feed(self, delta: str) -> str: ...
    def end(self) -> str: ...


def written(value: Any) -> str:
    """Return arguments as JSON text: some servers send an object instead."""
    if isinstance(value, str) or not isinstance(value, (dict, list)):
        return value if isinstance(value, str) else ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def ids_of(messages: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the ids of the calls in a conversation, in the form of either API."""
    found = [message.get("call_id") for message in messages]
    found += [field_of(call, "id") for message in messages for call in parts_of(message, "tool_calls")]
    return frozenset(one for one in found if isinstance(one, str))


def _name(value: object) -> str:
    """Return a name without bidirectional and control characters, which could change what a user approves."""
    short = value.strip()[:_NAME] if isinstance(value, str) else ""
    return "".join(one if one.isprintable() else REPLACEMENT for one in showable(short))


def _bounded(text: str) -> str:
    return text if len(text) <= ARGUMENTS else text[:ARGUMENTS] + _CUT


class _Object:
    """Detects when streamed JSON is a complete object. It looks at each character once."""

    def __init__(self) -> None:
        self._depth = 0
        self._quoted = self._escaped = self._begun = False

    def feed(self, text: str) -> None:
        for one in text:
            if self._escaped:
                self._escaped = False
            elif self._quoted:
                self._escaped, self._quoted = one == "\\", one != '"'
            elif one == '"':
                self._quoted = True
            elif one in "{[":
                self._depth, self._begun = self._depth + 1, True
            elif one in "}]":
                self._depth -= 1

    @property
    def whole(self) -> bool:
        return self._begun and self._depth == 0 and not self._quoted


@dataclass(eq=False)
class Call:
    """One call while it streams.

    Attributes:
        id: the id of its part.
        name: the tool's name.
        given: the server's id for it; empty if it has none.
        custom: it is a call of a custom tool.
        own: our id for it, which is unique.
        foreseen: the arguments to use if no others come.
        ended: nothing is added to it any more.
        length: characters of arguments so far.
        returned: its result was told, because the server or a library has run it itself.
    """

    id: str
    name: str
    given: str
    custom: bool
    own: str = ""
    foreseen: str = ""
    ended: bool = False
    length: int = 0
    returned: bool = False
    _pieces: list[str] = field(default_factory=list)
    _surrogates: Surrogates = field(default_factory=Surrogates)
    _object: _Object = field(default_factory=_Object)

    @property
    def arguments(self) -> str:
        """The arguments so far."""
        return "".join(self._pieces)

    @property
    def whole(self) -> bool:
        """Whether the arguments are a complete object, so that nothing can follow."""
        return self._object.whole

    @property
    def bare(self) -> bool:
        """Whether the arguments are an empty object so far; some servers send one before the arguments."""
        return not self.custom and self.length < _NAME and self.arguments.strip() == "{}"

    def is_called(self, id_: object) -> bool:
        """Whether this is the server's id for it."""
        return _name(id_) == self.given

    def grow(self, delta: str) -> list[Event]:
        """Append to the arguments."""
        return [] if self.ended else self._take(self._surrogates.feed(delta))

    def hold(self, whole: str) -> list[Event]:
        """Process the complete arguments, which take precedence over what has come so far."""
        whole, known = _bounded(showable(whole)), self.arguments
        if self.ended or not whole or whole == known:
            return []
        self._surrogates = Surrogates()
        return self._take(whole[len(known) :]) if whole.startswith(known) else self._put(whole)

    def held(self) -> list[Event]:
        """Return the events for the text that was held back; nothing follows."""
        return self._take(self._surrogates.end())

    def end(self) -> list[Event]:
        """Process the end of the call."""
        if self.ended:
            return []
        events = [*self.held(), *([] if self.length else self.hold(self.foreseen))]
        self.ended = True
        return [*events, PartEnded(self.id)]

    def _take(self, new: str) -> list[Event]:
        room = ARGUMENTS - self.length
        new = new if len(new) <= room else new[:room] + _CUT
        if not new or room < 0:
            return []
        if self.bare and new.strip():
            return self._put(new)
        self._add(new)
        return [PartGrew(_KIND, new, self.id)]

    def _put(self, whole: str) -> list[Event]:
        self._pieces, self.length, self._object = [], 0, _Object()
        self._add(whole)
        return [PartRestored(_KIND, whole, self.id)]

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self.length += len(text)
        self._object.feed(text)


class Calls:
    """The calls of one answer. `taken` are the ids of earlier calls: each id may belong to one call only."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.all: list[Call] = []
        self.full = False  # calls were left out, because there were too many
        self._ids = set(taken)

    def begin(
        self, part: str, name: object, id_: object, *, custom: bool, server: object = None
    ) -> tuple[Call | None, list[Event]]:
        """Begin a call, shown as `part`; return None if there are too many. `server` is an MCP server's label."""
        if len(self.all) >= MOST:
            self.full = True
            return None, []
        call = Call(part, _name(name), _name(id_), custom)
        self.all.append(call)
        call.own = self._own(call.given or f"call_{len(self.all)}")
        fields: dict[str, Any] = {"name": call.name, "call_id": call.own}
        fields |= {"custom": True} if custom else {}
        fields |= {} if server is None else {"server": _name(server) or "?"}
        return call, [PartChanged(_KIND, fields, part)]

    def learn(self, call: Call, name: object, id_: object) -> list[Event]:
        """Set the name and the id of a call that did not have them yet."""
        changed = {}
        if not call.name and _name(name):
            changed["name"] = call.name = _name(name)
        if not call.given and _name(id_):
            call.given = _name(id_)
            changed["call_id"] = call.own = self._own(call.given)
        return [PartChanged(_KIND, changed, call.id)] if changed else []

    def _own(self, id_: str) -> str:
        own, number = id_, 1
        while own in self._ids:
            number += 1
            own = f"{id_}-{number}"
        self._ids.add(own)
        return own

    def held(self) -> list[Event]:
        """Return the events for text that was held back, in calls that have not ended."""
        return [event for call in self.all if not call.ended for event in call.held()]

    def end(self) -> list[Event]:
        """Process the end of the answer."""
        return [event for call in self.all for event in call.end()]


class ChatCalls(Calls):
    """The calls of Chat Completions, which come in pieces. Index, id, or neither shows which ones belong together.

    Servers differ: some count every call as 0 or do not count, and some repeat the name in each piece. Some send no id,
    another one with each piece, or the same for two calls. The arguments come in pieces, complete, complete again at
    the end, as an object, or after an empty object.

    A piece with a name begins another call if it has another id, if its chunk has no indices and has begun a call
    already, or if the arguments of the last call are complete. A piece without name and id continues a call.

    `beside` has the fields of each call that are sent back unchanged, as JSON text. One of them is an id that is longer
    than ours can be: LiteLLM and other gateways append Gemini's signature to it.
    """

    def __init__(self, growth: Callable[[], Growth], taken: Iterable[str] = ()) -> None:
        super().__init__(taken)
        self._growth = growth
        self._growths: dict[Call, Growth] = {}
        self._places: dict[Call, int | None] = {}
        self._last: Call | None = None
        self.beside: dict[Call, str] = {}

    def feed(self, delta: object) -> list[Event]:
        """Process the calls in a delta or in a complete message."""
        before = len(self.all)
        pieces = parts_of(delta, "tool_calls")
        older = field_of(delta, "function_call")  # from the API before calls had ids
        if older and not pieces:
            pieces = [{"index": 0, "function": older}]
        return [event for piece in pieces for event in self._piece(piece, before)]

    def returned(self, id_: object, told: object) -> list[Event]:
        """Process the result of a call that does not run here: its text in `content`; `failed`: it is an error."""
        call = next((one for one in self.all if one.is_called(id_)), None)
        result = field_of(told, "content")
        if call is None or call.returned or not isinstance(result, str):
            return []
        call.returned = True
        state = CallState.FAILED if field_of(told, "failed") is True else CallState.DONE
        fields = {"state": state, "result": showable(_bounded(result))}
        return [
            *call.grow(self._growths[call].end()),
            *call.end(),
            PartChanged(_KIND, fields, call.id),
            PartEnded(call.id),
        ]

    def held(self) -> list[Event]:
        """See `Calls.held`."""
        return [event for call in self.all for event in (*call.grow(self._growths[call].end()), *call.held())]

    def end(self) -> list[Event]:
        """See `Calls.end`."""
        return [*self.held(), *super().end()]

    def _piece(self, piece: object, before: int) -> list[Event]:
        custom = field_of(piece, "custom")
        inner = custom or field_of(piece, "function") or piece
        name, id_ = _name(field_of(inner, "name")), _name(field_of(piece, "id"))
        new = written(field_of(inner, "input" if custom else "arguments"))
        index = field_of(piece, "index")
        place = index if isinstance(index, int) and not isinstance(index, bool) else None
        if not (name or id_ or new):
            self._keep_beside(next((one for one in self.all if self._places[one] == place), self._last), piece)
            return []
        call, events = self._of(place, id_, name, new, self.all[before:]), list[Event]()
        if call is None:
            call, events = self.begin(f"call-{len(self.all) + 1}", name, id_, custom=bool(custom))
            if call is not None:
                self._growths[call], self._places[call] = self._growth(), place
        else:
            events = self._further(call, name, id_)
        self._last = call
        self._keep_beside(call, piece)
        if call is None or (len(new) == call.length and call.whole and new == call.arguments):
            return events  # some servers repeat the complete arguments at the end
        return [*events, *call.grow(self._growths[call].feed(new))]

    def _keep_beside(self, call: Call | None, piece: object) -> None:
        if call is None:
            return
        given, id_ = field_of(piece, _BESIDE), field_of(piece, "id")
        new = {_BESIDE: given} if given else {}
        if isinstance(id_, str) and len(id_) > _NAME and call.own == call.given == _name(id_):
            new["id"] = id_
        held = held_of({**json.loads(self.beside.get(call, "{}")), **new}) if new else None
        if held is None:
            return
        if len(held) + sum(len(one) for other, one in self.beside.items() if other is not call) <= ECHOES:
            self.beside[call] = held

    def _of(self, place: int | None, id_: str, name: str, new: str, begun: list[Call]) -> Call | None:
        """Return the call that a piece belongs to; None: it begins one. `begun` are the calls of its chunk."""
        named = [one for one in self.all if id_ and one.given == id_]
        here = [one for one in self.all if place is not None and self._places[one] == place]
        if named and not name:
            return (here or named)[-1]  # its index may change between pieces
        if named:
            there = [one for one in named if place is None or self._places[one] in (place, None)]
            # If two calls have the same id, their indices or their arguments tell them apart.
            return None if not there or self._is_another(there[-1], name, new) else there[-1]
        last = here[-1] if here else self._last
        if last is None or (place is not None and not here and (name or id_)):
            return None
        if not name:
            return last
        if (id_ and last.given) or (place is None and last in begun):
            return None
        return None if self._is_another(last, name, new) else last

    def _is_another(self, last: Call, name: str, new: str) -> bool:
        """Whether a name begins another call, and is not the name of the last one at this index again."""
        if not last.length or not last.name:
            return False
        return name != last.name or (bool(new) and last.whole and not last.bare and new != last.arguments)

    def _further(self, call: Call, name: str, id_: str) -> list[Event]:
        """Process data that comes later for a call: its id, its name, or the rest of its name."""
        events = self.learn(call, name, id_)
        if name and name != call.name and not call.length:
            whole = name if name.startswith(call.name) else (call.name + name)[:_NAME]
            if whole != call.name:
                call.name = whole
                events.append(PartChanged(_KIND, {"name": whole}, call.id))
        return events
