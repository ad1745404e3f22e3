"""The Responses API: builds its request, and turns its events into ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ... import _words as words
from ...answer.events import Alive, Cursor, Event, Failed, PartEnded, UsageReported
from ...request.echoes import Echo
from ...request.parameters import Server, translated
from ...request.request import Request
from ..base import field_of, parts_of
from .assembly import Assembly, words_of
from .calls import BEYOND, Call, Calls, written
from .chat import usage_of
from .conversation import responses_items
from .echoes import output_echoes
from .failures import error_in, error_in_stream
from .hosted import TOOLS, HostedTools, event_of
from .thinking import without_thinking

__all__ = ["ResponsesDecoder", "responses_body"]

_ENDS: Final = ("completed", "incomplete", "failed", "cancelled")
_PARAGRAPH: Final = "\n\n"
_COMMENTARY: Final = "commentary"
"""The `phase` of a message that does not belong to the answer's text."""


def responses_body(request: Request, model: str, server: Server, echoes: Sequence[Echo] = ()) -> dict[str, Any]:
    """Return the arguments of `responses.create` for `server`; `echoes` are what it sent with earlier calls.

    Only OpenAI's own server accepts `include_obfuscation`. With `conversation=` the server already has the earlier
    items, and refuses an item that is sent twice.
    """
    body: dict[str, Any] = {
        "input": responses_items(request.messages, () if "conversation" in request.params else echoes),
        "model": model,
        "stream": True,
        **translated(request.params, "responses", server),
    }
    if request.instructions is not None:
        body["instructions"] = request.instructions
    given = body.pop("stream_options", {})
    options = {"include_obfuscation": False} if server == "openai" else {}
    if given is not None and (options or given):
        body["stream_options"] = {**options, **given}
    return body


_GROWS: Final = {
    "response.output_text.delta": "text",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.refusal.delta": "refusal",
}
_IS_WHOLE: Final = {
    "response.output_text.done": ("text", "text"),
    "response.reasoning_summary_text.done": ("reasoning", "text"),
    "response.reasoning_text.done": ("reasoning", "text"),
    "response.refusal.done": ("refusal", "refusal"),
}
_APPROVAL: Final = "mcp_approval_request"
"""The output item that asks for approval of a call that the provider runs."""

_CALLED: Final = {"function_call": "arguments", "custom_tool_call": "input", _APPROVAL: "arguments"}
"""The output items that are calls of the user's tools or ask for approval, each with the field that has the arguments.
"""

_OF_CALLS: Final = {
    f"response.{name}.{how}": (kind, field)
    for kind, name in (("function_call", "function_call_arguments"), ("custom_tool_call", "custom_tool_call_input"))
    for how, field in (("delta", "delta"), ("done", _CALLED[kind]))
}
"""Events with a call's arguments: the kind of call, and the field of the event."""

_IMAGE: Final = "image_generation_call"
"""The output item that is an image."""

_UNFINISHED: Final = ("in_progress", "generating", "incomplete")
"""Its states in which it may only have a preview."""

_UNSHOWN: Final = {"audio": words.SPEECH_NOT_SHOWN}
"""Output items that a cell does not show, besides tool calls."""

_WHOLE: Final = 1_000
"""The most items of a response that are kept until its end, to be sent back with its calls."""

_STEPS: Final = frozenset({"message", "reasoning", "compaction", _IMAGE})
"""Output items that come as parts, and one that shows nothing."""


@dataclass(eq=False)
class _Part:
    """A content part of an output item, or several that the server sends as one. `id` is its id in the answer."""

    field: str
    index: object
    pieces: list[str]
    id: str
    lead: str = ""  # the separator between it and the previous part of its kind
    closed: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass
class _Item:
    """An output item, identified by its id if its events have one."""

    number: int
    id: str | None = None
    index: int | None = None
    parts: list[_Part] = dataclasses.field(default_factory=list)
    open: list[_Part] = dataclasses.field(default_factory=list)
    closed: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    call: Call | None = None
    comments: bool = False  # its text does not belong to the answer's text

    def begin(self, part: _Part) -> None:
        """Add a part."""
        self.parts.append(part)
        self.open.append(part)

    def close(self, part: _Part) -> None:
        """Record that a part has ended, and with which text."""
        if not part.closed:
            part.closed = True
            self.open.remove(part)
        self.closed.add((part.field, part.text.strip()))


class ResponsesDecoder:
    """Turns Responses API events into ours, see `Decoder`. It looks at their `type`.

    An event belongs to the output item with its `item_id`. Indices are only used if there is no id, because some
    servers count other things in them. A part of an item ends with its `done` event. Each part is a part of the answer,
    and a blank line separates a text from the previous one. If a `done` event has more text than the deltas, the rest
    is added; if it has another text, that replaces theirs. Events that are not shown or not known still count as signs
    of life. `taken` are the ids of earlier calls, see `Calls`.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._answer = Assembly()
        self._calls = Calls(taken)
        self._calling: list[_Item] = []
        self._items: list[_Item] = []
        self._by_id: dict[str, _Item] = {}
        self._by_index: dict[int, _Item] = {}
        self._nameless: dict[int | None, _Item] = {}  # items without an id, by index, the newest last
        self._begun: set[str] = set()
        self._announced: set[tuple[str | None, object]] = set()
        self._restored = False
        self._weighed: set[tuple[str | None, object]] = set()  # items and places whose deltas have probabilities
        self._hosted = HostedTools()
        self._whole: list[object] = []  # the completed items
        self._kept_as: str | None = None
        self._last: tuple[int, object] = (-1, None)
        self._counts = True
        self.finished = False

    @property
    def trailer_wait(self) -> float | None:
        """None: only the terminal event ends the answer, and nothing follows it."""
        return None

    def feed(self, chunk: object) -> list[Event]:
        """Process one event.

        A background response continues even if the connection is lost. So after each of its events comes a cursor, from
        which it can be resumed, and events that are sent twice are ignored.
        """
        number = field_of(chunk, "sequence_number")
        if not isinstance(number, int):
            return self._feed(chunk)
        before, same = self._last
        if self._counts and number == before and chunk != same:
            self._counts = False  # some servers send the same number with every event
        if self._counts and (number == before or (number < before and self._kept_as is not None)):
            return []
        self._last = (number, chunk)
        response = field_of(chunk, "response")
        if field_of(response, "background") is True:
            self._kept_as = field_of(response, "id")
        events = self._feed(chunk)
        if self._kept_as is None or self.finished or not self._counts:
            return events
        return [*events, Cursor(self._kept_as, number)]

    def _feed(self, chunk: object) -> list[Event]:
        if self.finished:
            return []
        kind = field_of(chunk, "type")
        name = kind if isinstance(kind, str) else ""
        if name.startswith("response.") and name.removeprefix("response.") in _ENDS:
            return self._terminal(field_of(chunk, "response"), name.removeprefix("response."))
        error = error_in(chunk)
        if error is not None:
            self.finished = True
            return [*self._held(), Failed(error)]
        if name in _OF_CALLS:
            return self._of_call(*_OF_CALLS[name], chunk, ended=name.endswith(".done"))
        if name in _GROWS:
            events = self._grow(_GROWS[name], self._item(chunk), chunk, words_of(field_of(chunk, "delta")))
            return [*events, *self._weigh(chunk)]
        if name in _IS_WHOLE:
            grown, key = _IS_WHOLE[name]
            events = self._make_up(grown, self._item(chunk), _place(chunk), words_of(field_of(chunk, key)))
            weighed = (_name(chunk, "item_id"), _place(chunk)) in self._weighed
            return events if weighed else [*events, *self._weigh(chunk)]
        hosted = event_of(name)
        if hosted is not None:
            return self._hosted.event(*hosted, chunk)
        if name.startswith(f"response.{_IMAGE}."):
            return self._of_image(name.rpartition(".")[2], chunk)
        alive: list[Event] = [Alive(working=True)] if name.endswith(".delta") else []
        if name == "response.content_part.added":
            self._announced.add((_name(chunk, "item_id"), _place(chunk)))
        elif name == "response.output_item.added":
            item = field_of(chunk, "item")
            if field_of(item, "phase") == _COMMENTARY:
                self._item({"item_id": field_of(item, "id"), **_index(chunk)}).comments = True
            return self._item_of(item, {"item_id": field_of(item, "id"), **_index(chunk)}, whole=False)
        elif name == "response.output_item.done":
            return self._item_done(chunk)
        elif name == "response.output_text.annotation.added":
            self._answer.sources.note(field_of(chunk, "annotation"))
        return alive

    def _weigh(self, chunk: object) -> list[Event]:
        """Return the event for the probabilities in a delta; if no delta has any, they may come with the whole text."""
        events = self._answer.weigh(field_of(chunk, "logprobs"))
        if events:
            self._weighed.add((_name(chunk, "item_id"), _place(chunk)))
        return events

    # -- parts --------------------------------------------------------------------------------------------------------

    def _item(self, chunk: object) -> _Item:
        """Return the output item that an event belongs to."""
        id_, index = _name(chunk, "item_id"), field_of(chunk, "output_index")
        index = index if isinstance(index, int) else None
        found = self._known(id_, index)
        if found is None:
            found = _Item(len(self._items))
            self._items.append(found)
        elif found.id is None:
            del self._nameless[found.index]
        if found.index is None and index is not None:
            found.index = index
            self._by_index[index] = found
        found.id = found.id or id_
        if found.id is None:
            self._nameless[found.index] = found
        else:
            self._by_id[found.id] = found
        return found

    def _known(self, id_: str | None, index: int | None) -> _Item | None:
        last = self._items[-1] if self._items else None
        if id_ is None:
            if index is None:
                return last
            return self._by_index.get(index) or (last if last is not None and last.index is None else None)
        known = self._by_id.get(id_) or (None if index is None else self._nameless.get(index))
        if known is not None:
            return known
        nameless = next(reversed(self._nameless.values()), None)
        return nameless if nameless is not None and None in (index, nameless.index) else None

    def _grow(self, grown: str, item: _Item, chunk: object, delta: str) -> list[Event]:
        if not delta:
            return []
        place = _place(chunk)
        grown = "commentary" if item.comments and grown == "text" else grown
        last = next((one for one in reversed(item.parts) if one.field == grown), None)
        # Some servers count deltas in content_index, so an index that was not announced does not mean another part.
        announced = (_name(chunk, "item_id"), place) in self._announced or field_of(chunk, "summary_index") == place
        if last is None or last.closed or (announced and last.index != place):
            return self._new_part(grown, item, place, delta)
        last.pieces.append(delta)
        return self._answer.grow(grown, delta, last.id)

    def _new_part(self, grown: str, item: _Item, place: object, text: str) -> list[Event]:
        lead = _PARAGRAPH if grown == "text" and grown in self._begun else ""
        self._begun.add(grown)
        name = item.id or f"item-{item.number}"
        part = _Part(grown, place, [text], f"{name}/{len(item.parts)}", lead)
        item.begin(part)
        return self._answer.grow(grown, lead + text, part.id)

    def _make_up(self, grown: str, item: _Item, place: object, whole: str) -> list[Event]:
        """Process the complete text of a part that has ended."""
        if not whole:
            return []
        grown = "commentary" if item.comments and grown == "text" else grown
        part = next((one for one in item.open if one.field == grown), None)
        if part is not None:
            return self._correct(item, part, whole)
        known = (grown, whole.strip()) in item.closed
        return [] if known else self._closed_part(grown, item, place, whole)

    def _closed_part(self, grown: str, item: _Item, place: object, whole: str) -> list[Event]:
        events = self._new_part(grown, item, place, whole)
        return [*events, *self._close(item, item.parts[-1])]

    def _close(self, item: _Item, part: _Part) -> list[Event]:
        item.close(part)
        # The rest of it, half of a character or a tag, may still be held back.
        return [] if self._answer.holds(part.field) else [PartEnded(part.id)]

    def _correct(self, item: _Item, part: _Part, whole: str) -> list[Event]:
        """Set the text of a part that has ended to the provider's, and return the events for the difference."""
        return [*self._corrected(part, whole), *self._close(item, part)]

    def _corrected(self, part: _Part, whole: str) -> list[Event]:
        known = part.text
        if whole.startswith(known):
            part.pieces.append(whole[len(known) :])
            return self._answer.grow(part.field, whole[len(known) :], part.id) if len(whole) > len(known) else []
        if part.field != "text" or known.startswith(whole) or _same(without_thinking(known), whole):
            return []
        part.pieces, self._restored = [whole], True
        # Only the first text can begin with reasoning.
        return self._answer.restore(part.lead + whole if part.lead else without_thinking(whole), part.id)

    # -- whole items --------------------------------------------------------------------------------------------------

    def _item_done(self, chunk: object) -> list[Event]:
        item = field_of(chunk, "item")
        if len(self._whole) < _WHOLE:
            self._whole.append(item if _name(item, "type") in ("message", "reasoning", *_CALLED) else {})
        held = {"item_id": field_of(item, "id"), **_index(chunk)}
        events = [*self._item_of(item, held, whole=True), *self._item_whole(item, held)]
        return [*events, *self._answer.sources.events()] if field_of(item, "type") == "message" else events

    def _item_of(
        self, item: object, place: Mapping[str, object], *, whole: bool, but: list[Call] | None = None
    ) -> list[Event]:
        """Process an output item that is not text: a call, a hosted tool, an image, or one that is not shown.

        `but`: see `_called`.
        """
        hosted = self._hosted.item(item, place["output_index"], whole=whole)
        images = self._images_of(item, place, whole=whole)
        return [*self._called(item, place, whole=whole, but=but), *self._left_out(item), *hosted, *images]

    def _item_whole(self, item: object, place: Mapping[str, object]) -> list[Event]:
        """Process a complete output item, from its own `done` event or from the terminal event."""
        events: list[Event] = []
        if _name(item, "type") in TOOLS:
            return events
        reasons = field_of(item, "type") == "reasoning"
        text_kind = "commentary" if field_of(item, "phase") == _COMMENTARY else "text"
        found: _Item | None = None
        known: dict[str, list[_Part]] = {}
        for index, part in enumerate((*parts_of(item, "summary"), *parts_of(item, "content"))):
            refused = field_of(part, "type") == "refusal"
            text = words_of(field_of(part, "refusal")) if refused else words_of(part)
            for annotation in parts_of(part, "annotations"):
                self._answer.sources.note(annotation)
            grown = "reasoning" if reasons else "refusal" if refused else text_kind
            if not text or (reasons and "reasoning" in self._answer.said):
                continue
            if found is None:
                found = self._item(place)
                for one in found.parts:
                    known.setdefault(one.field, []).append(one)
            events.extend(self._part_whole(known.get(grown, []), grown, found, index, text))
        return events

    def _part_whole(self, known: list[_Part], grown: str, item: _Item, index: int, text: str) -> list[Event]:
        if known and text.strip() in _PARAGRAPH.join(one.text for one in known):
            return []
        if index < len(known):
            return self._correct(item, known[index], text)
        return self._closed_part(grown, item, index, text)

    def _left_out(self, item: object) -> list[Event]:
        """Note an output item that is not shown, and return the events for one that is not known."""
        kind = _name(item, "type")
        if kind is None or kind in _STEPS or kind in _CALLED or kind in TOOLS:
            return []
        if kind in _UNSHOWN:
            self._answer.leave_out(_UNSHOWN[kind])
        else:
            return self._answer.unknown(kind, words_of(item), _name(item, "id") or "")
        return []

    # -- images -------------------------------------------------------------------------------------------------------

    def _of_image(self, verb: str, chunk: object) -> list[Event]:
        """Process an event about an image that is being made."""
        images, id_ = self._answer.images, _named(_name(chunk, "item_id"), field_of(chunk, "output_index"))
        if verb == "partial_image":
            return self._answer.pictured(images.preview(id_, field_of(chunk, "partial_image_b64")))
        return self._answer.pictured(images.begin(id_))

    def _images_of(self, item: object, place: Mapping[str, object], *, whole: bool) -> list[Event]:
        """Process an output item that is an image, or the images that a program has made."""
        kind, images = _name(item, "type"), self._answer.images
        if kind == "code_interpreter_call" and whole:
            made = [one for one in parts_of(item, "outputs") if field_of(one, "type") == "image"]
            return [event for one in made for event in self._answer.pictured(images.given(one))]
        if kind != _IMAGE:
            return []
        id_ = _named(_name(item, "id"), place["output_index"])
        status = field_of(item, "status")
        if not whole or (status in _UNFINISHED and not field_of(item, "result")):
            return self._answer.pictured(images.begin(id_))
        failed = status == "failed"
        name, shows = _name(item, "id") or "", field_of(item, "revised_prompt")
        return self._answer.pictured(images.end(id_, field_of(item, "result"), shows, failed=failed, item=name))

    # -- calls --------------------------------------------------------------------------------------------------------

    def _of_call(self, kind: str, field: str, chunk: object, *, ended: bool) -> list[Event]:
        """Process a piece of a call's arguments, or all of them after they have `ended`."""
        call, events = self._call_at(self._item(chunk), kind, None, None)
        given = written(field_of(chunk, field))
        if call is None:
            return [Alive(working=True)]
        new = [*call.hold(given), *call.end()] if ended else call.grow(given)
        return [*events, *new] or [Alive(working=True)]

    def _call_at(
        self, item: _Item, kind: str, name: object, id_: object, server: object = None
    ) -> tuple[Call | None, list[Event]]:
        """Return the call for an output item, or None if there are too many calls."""
        if item.call is not None:
            return item.call, self._calls.learn(item.call, name, id_)
        part = f"{item.id or f'item-{item.number}'}/{len(item.parts)}"
        custom = kind == "custom_tool_call"
        item.call, events = self._calls.begin(part, name, id_, custom=custom, server=server)
        if item.call is None:
            self._answer.leave_out(BEYOND)
        else:
            self._answer.said.add("tool_call")
            self._calling.append(item)
        return item.call, events

    def _called(
        self, item: object, place: Mapping[str, object], *, whole: bool, but: list[Call] | None = None
    ) -> list[Event]:
        """Process an output item that is a call; `whole`: with its complete arguments.

        `but`: the item comes from the terminal event, which repeats all calls. It is none of the calls in `but`, to
        which it is added. Its id and index may be different there, so it is identified by its `call_id` first.
        """
        kind = _name(item, "type")
        if kind not in _CALLED:
            return []
        id_, found = _name(item, "id" if kind == _APPROVAL else "call_id"), None
        if id_ and (but is not None or not any(isinstance(one, (str, int)) for one in place.values())):
            known = (one for one in self._calling if one.call is not None and one.call.given == id_)
            found = next((one for one in known if one.call not in (but or ())), None)
        server = field_of(item, "server_label") if kind == _APPROVAL else None
        call, events = self._call_at(found or self._item(place), kind, _name(item, "name"), id_, server)
        if call is None:
            return [Alive(working=True)]
        if but is not None:
            but.append(call)
        given = written(field_of(item, _CALLED[kind]))
        if whole:
            return [*events, *call.hold(given), *call.end()]
        call.foreseen = given
        return events

    # -- the end ------------------------------------------------------------------------------------------------------

    def _terminal(self, response: object, kind: str) -> list[Event]:
        """Process the terminal event. The status in its response takes precedence over the event's name."""
        events = [*self._output_of(response), *self._held()]
        usage = field_of(response, "usage")
        counted = usage_of(usage, "input", "output") if usage else None
        if counted is not None:
            events.append(UsageReported(counted))
        self.finished = True
        error = field_of(response, "error")
        status = field_of(response, "status")
        why = field_of(field_of(response, "incomplete_details"), "reason")
        if kind == "failed" or status == "failed" or error:
            return [*events, Failed(error_in_stream(error))]
        events.extend(self._calls.end())
        if kind == "cancelled" or status == "cancelled":
            word = "cancelled"
        elif kind == "incomplete" or status == "incomplete" or isinstance(why, str):
            word = why if isinstance(why, str) and why.strip() else "length"
        else:
            limit = field_of(response, "max_output_tokens")
            made = None if counted is None else counted.output_tokens
            # Some local servers report an answer as completed although their token limit cut it off.
            word = "length" if isinstance(limit, int) and made is not None and made >= limit > 0 else "stop"
        echoes = output_echoes((parts_of(response, "output"), self._whole), self._calls.all)
        return [*events, *self._answer.end(word, words.RESTORED if self._restored else None, echoes=echoes)]

    def _output_of(self, response: object) -> list[Event]:
        """Return the events for the parts of the terminal event's output that are not known yet.

        If the text of an item cannot be assigned to a known item, it is only used if no text came before: some servers
        send neither ids nor indices with their deltas.
        """
        events: list[Event] = []
        spoke = bool(self._answer.said & {"text", "refusal"})
        told = {one.text.strip() for item in self._items for one in item.parts}
        called: list[Call] = []
        for index, item in enumerate(parts_of(response, "output")):
            id_ = _name(item, "id")
            events.extend(self._item_of(item, {"item_id": id_, "output_index": index}, whole=True, but=called))
            matched = index in self._by_index if id_ is None else id_ in self._by_id or index in self._nameless
            texts = [words_of(part) for part in parts_of(item, "content")]
            if spoke and (not matched or all(text.strip() in told for text in texts if text)):
                for part in parts_of(item, "content"):
                    for annotation in parts_of(part, "annotations"):
                        self._answer.sources.note(annotation)
                continue
            events.extend(self._item_whole(item, {"item_id": id_, "output_index": index}))
        return events

    def end(self, *, marked: bool = False) -> list[Event]:  # noqa: ARG002
        """Process the end of the stream. Only a terminal event is an end mark of this API; `[DONE]` is not."""
        return [] if self.finished else self._held()

    def _held(self) -> list[Event]:
        return [*self._answer.held(), *self._calls.held()]

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Process a complete `response`, from a server that ignores `stream`."""
        if not isinstance(body.get("output"), list):
            return None
        status = body.get("status")
        return self._terminal(body, status if status in _ENDS else "completed")


def _name(chunk: object, field: str) -> str | None:
    """Return a field as a string, or None if it is not one or is empty."""
    name = field_of(chunk, field)
    return name if isinstance(name, str) and name else None


def _named(id_: str | None, index: object) -> str:
    """Return an id for an image, made from its index if it has no id."""
    return id_ or f"image-at-{index if isinstance(index, int) else 0}"


def _index(chunk: object) -> dict[str, object]:
    return {"output_index": field_of(chunk, "output_index")}


def _place(chunk: object) -> object:
    """Return the index of an event's part within its item."""
    content, summary = field_of(chunk, "content_index"), field_of(chunk, "summary_index")
    value = summary if content is None else content
    return value if isinstance(value, int) else None


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()
