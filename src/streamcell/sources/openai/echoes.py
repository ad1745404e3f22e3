"""Collects what a server sends with tool calls and needs back with them: bounded, and plain JSON. Pure.

Without it some servers refuse the next round (DeepSeek, Kimi, MiniMax, Gemini), and with others the model loses its
reasoning (OpenRouter, OpenAI). Only the fields that are named here are sent back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from ...request.echoes import ECHOES, Echo, held_of
from ...request.jsonable import jsonable
from ..base import field_of, parts_of
from .calls import Call, Growth

__all__ = ["NAMES", "ChatEchoes", "output_echoes"]

_TEXTS: Final = ("reasoning_content", "reasoning")
"""Fields of a message that are streamed in pieces. DeepSeek needs the first one back even if it is empty."""

_LISTS: Final = ("reasoning_details", "thinking_blocks")
"""Fields of a message that are lists of objects: of OpenRouter and MiniMax, and of LiteLLM."""

_FIELDS: Final = frozenset((*_TEXTS, *_LISTS))

NAMES: Final = (*_TEXTS, *_LISTS, "extra_content", "thought", "encrypted", "'rs_", "'fc_", "'msg_")
"""Words in the error message of a server that refuses what it has sent itself: a field's name, or an item's id."""

_MOST: Final = 1_000
"""The most objects in such a list. If there are more, the list is left out."""

_GROWING: Final = ("text", "summary", "thinking")
"""Fields of such an object that are streamed in pieces."""


class ChatEchoes:
    """Collects the fields of a Chat Completions message that are sent back with its calls."""

    def __init__(self, growth: Callable[[], Growth]) -> None:
        self._texts = {name: _Text(growth) for name in _TEXTS}
        self._lists = {name: _Objects(growth) for name in _LISTS}

    def feed(self, delta: object) -> None:
        """Process a delta, or a complete message."""
        if isinstance(delta, Mapping) and _FIELDS.isdisjoint(delta):
            return
        for name, text in self._texts.items():
            given = field_of(delta, name)
            if isinstance(given, str):
                text.add(given)
        for name, objects in self._lists.items():
            objects.add(parts_of(delta, name))

    def end(self, calls: Sequence[Call], beside: Mapping[Call, str]) -> tuple[Echo, ...]:
        """Return the echoes for these calls; `beside` has the fields of each call, as JSON text."""
        if not calls:
            return ()
        fields: dict[str, Any] = {name: text.end() for name, text in self._texts.items()}
        fields.update((name, objects.end()) for name, objects in self._lists.items())
        if not fields["reasoning"]:  # Groq refuses an empty one
            del fields["reasoning"]
        ids = tuple(call.own for call in calls)
        made = [_echo("message", ids, {name: value}) for name, value in fields.items() if value is not None]
        made += [Echo("call", (call.own,), beside[call]) for call in calls if call in beside]
        return tuple(one for one in made if one is not None)


def _echo(place: Literal["message", "output"], ids: tuple[str, ...], value: Any, *, by_id: bool = False) -> Echo | None:
    held = held_of(value)
    return None if held is None else Echo(place, ids, held, by_id)


class _Text:
    """A field that is streamed in pieces. If it gets too long it is left out completely."""

    def __init__(self, growth: Callable[[], Growth]) -> None:
        self._growth = growth()
        self._pieces: list[str] = []
        self._length = 0
        self._came = False

    def add(self, delta: str) -> None:
        self._came = True
        self._put(self._growth.feed(delta))

    def end(self) -> str | None:
        """Return the complete text, or None if none was received or it is too long."""
        self._put(self._growth.end())
        return "".join(self._pieces) if self._came and self._length <= ECHOES else None

    def _put(self, new: str) -> None:
        self._length += len(new)
        if self._length > ECHOES:
            self._pieces.clear()
        else:
            self._pieces.append(new)


class _Objects:
    """A list of objects whose texts are streamed in pieces.

    Pieces with the same type and index belong to one object, until it has a signature.
    """

    def __init__(self, growth: Callable[[], Growth]) -> None:
        self._growth = growth
        self._all: list[tuple[dict[str, Any], dict[str, _Text]]] = []
        self._open: dict[tuple[str, str], int] = {}
        self._length = 0
        self._flawed = False

    def add(self, objects: Iterable[object]) -> None:
        """Process the objects of one delta, each of which belongs to a different object of the list."""
        seen: set[int] = set()
        for one in () if self._flawed else objects:
            held = held_of(one)
            piece = None if held is None else json.loads(held)
            # The list is signed as a whole, so it is useless if one is missing.
            if isinstance(piece, dict):
                seen.add(self._take(piece, len(held or ""), seen))
            if not isinstance(piece, dict) or len(self._all) > _MOST or self._length > ECHOES:
                self._flawed = True
                self._all.clear()
                return

    def _take(self, piece: Mapping[str, Any], length: int, seen: set[int]) -> int:
        """Add a piece to an object of the list, and return its index, which is none of those in `seen`."""
        index = piece.get("index")
        key = (str(piece.get("type")), str(index))
        at = self._open.get(key)
        last = len(self._all) - 1
        if at is None or at in seen or (index is None and at != last) or not self._goes_on(self._all[at][0], piece):
            at = self._open[key] = last + 1
            self._all.append(({}, {}))
        entry, texts = self._all[at]
        # Pieces that only extend a text are bounded in `_Text`: some servers repeat the complete text each time.
        self._length += length if any(entry.get(name) is None is not value for name, value in piece.items()) else 0
        for name, value in piece.items():
            if name in _GROWING and isinstance(value, str):
                texts.setdefault(name, _Text(self._growth)).add(value)
            if entry.get(name) is None:
                entry[name] = value
        return at

    @staticmethod
    def _goes_on(entry: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
        """Whether a piece continues an object: not if that is signed, or if ids or data show that it is another."""
        if "data" in piece or entry.get("signature") not in (None, piece.get("signature")):
            return False
        return None in (entry.get("id"), piece.get("id")) or entry["id"] == piece["id"]

    def end(self) -> list[dict[str, Any]] | None:
        """Return the objects in their order, or None if there are none or the list is incomplete."""
        whole = [{**entry, **{name: text.end() for name, text in texts.items()}} for entry, texts in self._all]
        cut = any(one[name] is None for one, (_, texts) in zip(whole, self._all, strict=True) for name in texts)
        return None if cut or not whole else whole


# -- the Responses API -------------------------------------------------------------------------------------------------

_CALLS: Final = ("function_call", "custom_tool_call")

_NOT_TAKEN: Final = ("status",)
"""Fields of a reasoning item that a server sends and does not accept in a request."""


def output_echoes(outputs: Iterable[Sequence[object]], calls: Sequence[Call]) -> tuple[Echo, ...]:
    """Return the echoes for the calls of a response: the items before each call, and the call's item id.

    `outputs` are the response's items as different events had them, the most reliable first. The API requires a
    reasoning item to be followed by the item that it led to, and a call with an id to be preceded by its reasoning. So
    all items up to the last call are sent back, or none: none if there was no reasoning, or an item that later requests
    do not contain (such as a call of the provider's own tools).
    """
    for items in outputs:
        found = _before_each(items, calls) if calls else None
        if found is not None:
            by_id = not all(_is_sealed(item) for _, before, _ in found for item in before)
            made = [_echo("output", (own,), {"before": before, "id": id_}, by_id=by_id) for own, before, id_ in found]
            return tuple(one for one in made if one is not None) if None not in made else ()
    return ()


def _before_each(
    items: Sequence[object], calls: Sequence[Call]
) -> list[tuple[str, list[dict[str, Any]], str | None]] | None:
    """Return each call's own id, the items before it, and its item id; None if an item is missing or not known."""
    found: list[tuple[str, list[dict[str, Any]], str | None]] = []
    before: list[dict[str, Any]] = []
    left, reasons = list(calls), False
    for item in items:
        kind = field_of(item, "type")
        if kind in _CALLS:
            call = next((one for one in left if one.is_called(field_of(item, "call_id"))), None)
            if call is None:
                return None
            left.remove(call)
            id_ = field_of(item, "id")
            found.append((call.own, before, id_ if isinstance(id_, str) and id_ else None))
            before = []
            if not left:
                return found if reasons else None
        elif kind in ("reasoning", "message"):
            plain = _plain(item)
            if plain is None:
                return None
            reasons = reasons or kind == "reasoning"
            before.append(plain)
        else:
            return None
    return None


def _plain(item: object) -> dict[str, Any] | None:
    """Return an item as the API accepts it in a request, or None if it is not JSON."""
    try:
        held = jsonable(item, "it")
    except (TypeError, ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return None
    known = {name: value for name, value in held.items() if value is not None}
    if known["type"] != "reasoning":
        return known
    said = {name: value for name, value in known.items() if name not in _NOT_TAKEN and (name != "content" or value)}
    return {"summary": [], **said}


def _is_sealed(item: Mapping[str, Any]) -> bool:
    """Whether a server can use the item without having stored it."""
    return item["type"] != "reasoning" or bool(item.get("encrypted_content"))
