"""Turns steps into what OpenAI's API sends: Chat Completions chunks, Responses API events, complete answers. Pure.

A wire takes one step at a time and returns the events to send. `whole` is the answer to a request without a stream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ._steps import Argument, Broken, Called, Cited, End, Open, Piece, Said, Step, Thought, Torn
from ._thoughts import SEALED, beside, sealed
from ._weights import weighed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._request import Asked, Body

Event: TypeAlias = dict[str, Any]

DONE: Event = {}  # stands for Chat Completions' end mark, which is not JSON

_FAILURE = {"message": "The server had an error while it generated the answer.", "code": "server_error"}
_INCOMPLETE = {"length": "max_output_tokens"}

# The API pads short deltas to this many characters, so that their length tells an eavesdropper nothing.
_PADDED = 16
_NOISE = "qX7LmZ0aRk2TfVw9BnYc4HsJd8GePu1o"


@dataclass(frozen=True)
class Stamp:
    """What makes an answer unique: `token`, the 48 hexadecimal digits of its ids; `created`, in seconds since 1970."""

    token: str
    created: int


class Wire(Protocol):
    """One answer in the form of one API."""

    @property
    def id(self) -> str: ...

    def feed(self, step: Step, due: float, /) -> list[Event]:
        """The events for `step`, `due` seconds after the start."""
        ...

    def encode(self, event: Event) -> bytes:
        """One server-sent event."""
        ...

    def whole(self) -> Event:
        """The answer so far as one object."""
        ...


def wire(asked: Asked, body: Body, stamp: Stamp) -> Wire:
    """The wire for the API of the request."""
    return ChatWire(asked, stamp) if asked.api == "chat" else ResponsesWire(asked, body, stamp)


class _Tally:
    """The text and the tokens so far."""

    def __init__(self, asked: Asked) -> None:
        self.input = asked.input_tokens
        self._top = asked.logprobs
        self.pieces: list[str] = []
        self.thoughts: list[str] = []
        self.calls: list[tuple[str, str, list[str]]] = []  # name, id and arguments
        self.sources: list[Event] = []  # annotations of the text

    def call(self, name: str, token: str) -> str:
        """Begin a call, and return its id."""
        id_ = f"call_{token[:20]}{len(self.calls)}"
        self.calls.append((name, id_, []))
        return id_

    def weigh(self) -> list[Event]:
        """The last piece's tokens with their probabilities, if they were requested."""
        return [] if self._top is None else weighed(self.pieces[-1], len(self.pieces), self._top)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def output(self) -> int:
        return len(self.pieces) + len(self.thoughts) + sum(len(arguments) for _, _, arguments in self.calls)


class ChatWire:
    """Chat Completions: chunks without names, then `[DONE]`. As in the real API, reasoning is counted but not shown."""

    def __init__(self, asked: Asked, stamp: Stamp) -> None:
        self.id = f"chatcmpl-{stamp.token[:29]}"
        self._token = stamp.token
        self._asked = asked
        self._created = stamp.created
        self._tally = _Tally(asked)
        self._opened = False
        self._thought: list[str] = []
        self._signed: set[str] = set()
        self._reason: str | None = None

    def feed(self, step: Step, _due: float, /) -> list[Event]:
        if isinstance(step, Thought):
            self._tally.thoughts.append(step.text)
            if step.shown:
                self._thought.append(step.text)
                return [*self._opening(), self._chunk({"reasoning_content": step.text}, shown=step.text)]
        elif isinstance(step, (Piece, Torn)):
            self._tally.pieces.append(step.text)
            return [*self._opening(), self._chunk({"content": step.text}, shown=step.text, weights=self._tally.weigh())]
        elif isinstance(step, Called):
            id_ = self._tally.call(step.name, self._token)
            function = {"name": step.name, "arguments": ""}
            if step.signed:
                self._signed.add(id_)
            piece = {"id": id_, "type": "function", "function": function, **self._beside(id_)}
            return [*self._opening(), self._called(piece)]
        elif isinstance(step, Argument):
            self._tally.calls[-1][2].append(step.text)
            return [self._called({"function": {"arguments": step.text}})]
        elif isinstance(step, Said):
            return [*self._opening(), self._chunk(dict(step.event))]
        elif isinstance(step, Cited):
            said = _annotation(step, len(self._tally.text))
            nested = {"type": said["type"], said["type"]: {key: said[key] for key in said if key != "type"}}
            self._tally.sources.append(nested)
            return [*self._opening(), self._chunk({"annotations": [nested]})]
        elif isinstance(step, Broken):
            # This API has no event for a cancelled answer.
            return [] if step.kind == "cancelled" else [{"error": _FAILURE}]
        elif isinstance(step, End):
            self._reason = step.reason
            events = [*self._opening(), self._chunk({}, reason=step.reason)]
            if self._asked.include_usage:
                events.append({**self._chunk({}), "choices": [], "usage": self._usage()})
            return [*events, DONE]
        return []

    def encode(self, event: Event) -> bytes:
        return b"data: " + (_json(event) if event else b"[DONE]") + b"\n\n"

    def whole(self) -> Event:
        message: Event = {"role": "assistant", "content": self._tally.text, "refusal": None}
        message["annotations"] = self._tally.sources
        if self._thought:
            message["reasoning_content"] = "".join(self._thought)
        if self._tally.calls:
            message["content"] = self._tally.text or None
            message["tool_calls"] = [
                {
                    "id": id_,
                    "type": "function",
                    "function": {"name": name, "arguments": "".join(arguments)},
                    **self._beside(id_),
                }
                for name, id_, arguments in self._tally.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def _beside(self, id_: str) -> Event:
        return beside(id_) if id_ in self._signed else {}

    def _called(self, piece: Event) -> Event:
        return self._chunk({"tool_calls": [{"index": len(self._tally.calls) - 1, **piece}]})

    def _opening(self) -> list[Event]:
        # This API sends nothing before the first token, not even headers.
        if self._opened:
            return []
        self._opened = True
        return [self._chunk({"role": "assistant", "content": "", "refusal": None})]

    def _chunk(
        self, delta: Event, *, shown: str = "", reason: str | None = None, weights: list[Event] | None = None
    ) -> Event:
        logprobs = {"content": weights, "refusal": None} if weights else None
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if self._asked.include_usage:
            chunk["usage"] = None
        if self._asked.obfuscation:
            chunk["obfuscation"] = _noise(shown, self._tally.output)
        return chunk

    def _head(self, kind: str) -> Event:
        return {
            "id": self.id,
            "object": kind,
            "created": self._created,
            "model": self._asked.model,
            "service_tier": "default",
            "system_fingerprint": "fp_rehearsal",
        }

    def _usage(self) -> Event:
        tally = self._tally
        return {
            "prompt_tokens": tally.input,
            "completion_tokens": tally.output,
            "total_tokens": tally.input + tally.output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": len(tally.thoughts),
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


class ResponsesWire:
    """The Responses API: named and numbered events, and the complete response again at the end."""

    def __init__(self, asked: Asked, body: Body, stamp: Stamp) -> None:
        self.id = f"resp_{stamp.token}"
        self._asked = asked
        self._body = body
        self._stamp = stamp
        self._tally = _Tally(asked)
        self._number = 0
        self._output: list[Event] = []  # completed items
        self._item: Event | None = None  # the item in progress
        self._since = (0, 0, 0)  # pieces, thoughts and sources before it
        self._status = "in_progress"
        self._reason = "stop"
        self._ended_at: int | None = None
        include = body.get("include")
        self._seals = isinstance(include, list) and SEALED in include

    def feed(self, step: Step, due: float, /) -> list[Event]:
        if isinstance(step, Open):
            return [self._about("response.created"), self._about("response.in_progress")]
        if isinstance(step, Thought):
            events = self._begin_reasoning()
            self._tally.thoughts.append(step.text)
            if self._asked.summarizes:
                events.append(self._delta("response.reasoning_summary_text.delta", step.text, summary_index=0))
            return events
        if isinstance(step, (Piece, Torn)):
            events = self._begin_message()
            self._tally.pieces.append(step.text)
            weights = self._tally.weigh()
            events.append(self._delta("response.output_text.delta", step.text, content_index=0, logprobs=weights))
            return events
        if isinstance(step, Called):
            return self._begin_call(step.name)
        if isinstance(step, Argument):
            self._tally.calls[-1][2].append(step.text)
            return [self._delta("response.function_call_arguments.delta", step.text)]
        if isinstance(step, Said):
            return self._said(step.event)
        if isinstance(step, Cited):
            events = self._begin_message()
            place = {"content_index": 0, "annotation_index": len(self._tally.sources) - self._since[2]}
            said = _annotation(step, len(self._said_in_item()))
            self._tally.sources.append(said)
            return [*events, self._event("response.output_text.annotation.added", annotation=said, **place)]
        if isinstance(step, Broken):
            if step.kind == "error":
                return [self._numbered({"type": "error", **_FAILURE, "param": None})]
            self._status = step.kind
            return [self._about(f"response.{step.kind}")]
        if isinstance(step, End):
            whole = step.reason in ("stop", "tool_calls")
            self._reason = step.reason
            # An answer without text is still a message; but if the limit was reached in the reasoning, there is none.
            events = self._begin_message() if step.reason == "stop" else []
            self._status = "completed" if whole else "incomplete"
            events += self._finish_item(self._status)
            self._ended_at = self._stamp.created + int(due)
            return [*events, self._about(f"response.{self._status}")]
        return []

    def encode(self, event: Event) -> bytes:
        return f"event: {event['type']}\n".encode() + b"data: " + _json(event) + b"\n\n"

    def whole(self) -> Event:
        self._finish_item("incomplete")  # if the script ended without an end
        return self._response()

    def _begin(self, item: Event) -> list[Event]:
        """The events for the beginning of an item; a second one of its type has a number in its id."""
        events = self._finish_item("completed")
        before = sum(one["type"] == item["type"] for one in self._output)
        self._item = {**item, "id": f"{item['id']}{before or ''}"}
        self._since = (len(self._tally.pieces), len(self._tally.thoughts), len(self._tally.sources))
        return [*events, self._event("response.output_item.added", item=dict(self._item))]

    def _said_in_item(self) -> str:
        return "".join(self._tally.pieces[self._since[0] :])

    def _begin_reasoning(self) -> list[Event]:
        if self._item and self._item["type"] == "reasoning":
            return []
        events = self._begin({"id": f"rs_{self._stamp.token}", "type": "reasoning", "summary": []})
        if self._asked.summarizes:
            part = {"type": "summary_text", "text": ""}
            events.append(self._event("response.reasoning_summary_part.added", summary_index=0, part=part))
        return events

    def _begin_call(self, name: str) -> list[Event]:
        events = self._finish_item("completed")
        id_ = self._tally.call(name, self._stamp.token)
        self._item = {
            "id": f"fc_{self._stamp.token}{len(self._tally.calls)}",
            "type": "function_call",
            "status": "in_progress",
            "call_id": id_,
            "name": name,
            "arguments": "",
        }
        return [*events, self._event("response.output_item.added", item=dict(self._item))]

    def _said(self, said: Mapping[str, Any]) -> list[Event]:
        kind, fields = said["type"], {name: value for name, value in said.items() if name != "type"}
        if kind not in ("response.output_item.added", "response.output_item.done"):
            return [self._event(kind, **fields)]
        begins = kind == "response.output_item.added"
        events = self._finish_item("completed") if begins else []
        name = f"{fields['item']['type']}_{len(self._output)}_{self._stamp.token[:16]}"
        item = {"id": name, **fields["item"]}
        self._item = item if begins else None
        events.append(self._event(kind, **{**fields, "item": dict(item)}))
        if not begins:
            self._output.append(item)
        return events

    def _begin_message(self) -> list[Event]:
        if self._item and self._item["type"] == "message":
            return []
        message = {"type": "message", "status": "in_progress", "content": [], "role": "assistant"}
        events = self._begin({"id": f"msg_{self._stamp.token}", **message})
        events.append(self._event("response.content_part.added", content_index=0, part=_text_part("")))
        return events

    def _finish_item(self, status: str) -> list[Event]:
        item, events = self._item, list[Event]()
        if item is None:
            return events
        if item["type"] == "message":
            text = self._said_in_item()
            item.update(status=status, content=[_text_part(text, self._tally.sources[self._since[2] :])])
            events.append(self._event("response.output_text.done", content_index=0, text=text, logprobs=[]))
            events.append(self._event("response.content_part.done", content_index=0, part=item["content"][0]))
        elif item["type"] == "function_call":
            text = "".join(self._tally.calls[-1][2])
            item.update(status=status, arguments=text)
            events.append(self._event("response.function_call_arguments.done", arguments=text, name=item["name"]))
        elif item["type"] == "reasoning" and self._asked.summarizes:
            thinking = "".join(self._tally.thoughts[self._since[1] :])
            part = {"type": "summary_text", "text": thinking}
            item["summary"] = [part]
            events.append(self._event("response.reasoning_summary_text.done", summary_index=0, text=thinking))
            events.append(self._event("response.reasoning_summary_part.done", summary_index=0, part=part))
        if item["type"] == "reasoning" and self._seals:
            item["encrypted_content"] = sealed(item["id"])
        events.append(self._event("response.output_item.done", item=item))
        self._output.append(item)
        self._item = None
        return events

    def _delta(self, kind: str, text: str, **fields: Any) -> Event:
        event = self._event(kind, delta=text, **fields)
        if self._asked.obfuscation:
            event["obfuscation"] = _noise(text, self._number)
        return event

    def _event(self, kind: str, **fields: Any) -> Event:
        """An event about the item in progress."""
        event: Event = {"type": kind, "sequence_number": self._number}
        self._number += 1
        if self._item is not None and "item" not in fields:
            event["item_id"] = self._item["id"]
        return {**event, "output_index": len(self._output), **fields}

    def _about(self, kind: str) -> Event:
        return self._numbered({"type": kind, "response": self._response()})

    def _numbered(self, event: Event) -> Event:
        event = {**event, "sequence_number": self._number}
        self._number += 1
        return event

    def _response(self) -> Event:
        body = self._body
        cut = self._status == "incomplete"
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._stamp.created,
            "status": self._status,
            "background": self._asked.background,
            "completed_at": self._ended_at if self._status == "completed" else None,
            "error": _FAILURE if self._status == "failed" else None,
            "incomplete_details": {"reason": _INCOMPLETE.get(self._reason, self._reason)} if cut else None,
            "instructions": body.get("instructions"),
            "max_output_tokens": self._asked.limit,
            "max_tool_calls": body.get("max_tool_calls"),
            "model": self._asked.model,
            "output": list(self._output),
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": self._asked.previous_response_id,
            "prompt_cache_key": body.get("prompt_cache_key"),
            "reasoning": {"effort": None, "summary": None, **body.get("reasoning", {})},
            "safety_identifier": body.get("safety_identifier"),
            "service_tier": "default" if self._ended_at else "auto",
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, "verbosity": "medium", **body.get("text", {})},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools", []),
            "top_logprobs": body.get("top_logprobs", 0),
            "top_p": body.get("top_p", 1.0),
            "truncation": body.get("truncation", "disabled"),
            "usage": self._usage() if self._ended_at else None,
            "user": body.get("user"),
            "metadata": body.get("metadata", {}),
        }

    def _usage(self) -> Event:
        tally = self._tally
        return {
            "input_tokens": tally.input,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": tally.output,
            "output_tokens_details": {"reasoning_tokens": len(tally.thoughts)},
            "total_tokens": tally.input + tally.output,
        }


def _text_part(text: str, sources: Sequence[Event] = ()) -> Event:
    return {"type": "output_text", "annotations": list(sources), "logprobs": [], "text": text}


def _annotation(source: Cited, end: int) -> Event:
    if source.file:
        return {"type": "file_citation", "file_id": source.file, "filename": source.title, "index": end}
    place = {"start_index": max(0, end - 1), "end_index": end}
    return {"type": "url_citation", "url": source.url, "title": source.title, **place}


def _noise(shown: str, turn: int) -> str:
    start = turn % _PADDED
    return _NOISE[start : start + -len(shown) % _PADDED]


def _json(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
