"""The Responses API's events as ours: as mappings and as SDK objects, and what servers do wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamcell.answer.events import (
    Finished,
    PartChanged,
    PartGrew,
)
from streamcell.request.request import Request
from streamcell.sources.openai.responses import ResponsesDecoder, responses_body
from tests.sources.chunks import (
    COUNTED,
    RESPONSE_USAGE,
    STOP,
    both,
    cited,
    ends,
    message,
    run,
    says_text,
    shown,
    text_done,
    thinks,
)

RESPONSES: dict[str, tuple[list[Any], list[object]]] = {
    "a whole answer": (
        [
            {"type": "response.created", "response": {"status": "in_progress"}},
            {"type": "response.in_progress", "response": {"status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
            {"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}},
            says_text("Hel"),
            says_text("lo"),
            text_done("Hello"),
            {"type": "response.content_part.done", "part": {"type": "output_text", "text": "Hello"}},
            {"type": "response.output_item.done", "output_index": 0, "item": message("Hello")},
            ends(output=[message("Hello")], usage=RESPONSE_USAGE),
        ],
        [PartGrew("text", "Hel"), PartGrew("text", "lo"), COUNTED, STOP],
    ),
    "no indices": (
        [
            {"type": "response.output_text.delta", "delta": "Hi"},
            {"type": "response.output_text.done", "text": "Hi"},
            ends(),
        ],
        [PartGrew("text", "Hi"), STOP],
    ),
    "unknown types and none": (
        [
            {"type": "response.new.thing", "delta": "no"},
            {"type": "ping"},
            {"type": None},
            {},
            {"type": 7},
            says_text("Hi"),
            ends(),
        ],
        [PartGrew("text", "Hi"), STOP],
    ),
    "indices of no sense": (
        [says_text("a", [0]), says_text("b", {}), ends()],
        [PartGrew("text", "a"), PartGrew("text", "b"), STOP],
    ),
    "deltas of no words": (
        [says_text(None), says_text(""), says_text(7), says_text("Hi"), ends()],
        [PartGrew("text", "Hi"), STOP],
    ),
    "two output items": (
        [says_text("a", 0), text_done("a", 0), says_text("b", 2), says_text("c", 2), text_done("bc", 2), ends()],
        [PartGrew("text", "a"), PartGrew("text", "\n\nb"), PartGrew("text", "c"), STOP],
    ),
    "two parts of one item that were announced": (
        [
            {"type": "response.content_part.added", "output_index": 0, "content_index": 0},
            says_text("a", 0, 0),
            {"type": "response.content_part.added", "output_index": 0, "content_index": 1},
            says_text("b", 0, 1),
            ends(),
        ],
        [PartGrew("text", "a"), PartGrew("text", "\n\nb"), STOP],
    ),
    "an item that only its done event has": (
        [{"type": "response.output_item.done", "output_index": 0, "item": {"id": "m", **message("Hi")}}, ends()],
        [PartGrew("text", "Hi"), STOP],
    ),
    "ids that come late": (
        [
            says_text("Hi"),
            {"type": "response.output_item.done", "output_index": 0, "item": {"id": "m", **message("Hi")}},
            ends(output=[{"id": "m", **message("Hi")}]),
        ],
        [PartGrew("text", "Hi"), STOP],
    ),
    "reasoning in an item of its own after the text": (
        [
            says_text("Hi"),
            {
                "type": "response.output_item.done",
                "output_index": 1,
                "item": {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm"}]},
            },
            ends(),
        ],
        [PartGrew("text", "Hi"), PartGrew("reasoning", "Hm"), STOP],
    ),
    "completed, but with an error": (
        [says_text("Hi"), ends(error={"message": "boom"})],
        [PartGrew("text", "Hi"), "Failed"],
    ),
    "completed, but failed": ([says_text("Hi"), ends(status="failed")], [PartGrew("text", "Hi"), "Failed"]),
    "completed, but cut at the limit that was asked for": (
        [says_text("Hi"), ends(max_output_tokens=7, usage=RESPONSE_USAGE)],
        [PartGrew("text", "Hi"), COUNTED, Finished("length")],
    ),
    "completed, but incomplete": (
        [says_text("Hi"), ends(status="incomplete", incomplete_details={"reason": "max_output_tokens"})],
        [PartGrew("text", "Hi"), Finished("length")],
    ),
    "a tool's arguments": (
        [
            {"type": "response.output_item.added", "item": {"type": "function_call", "name": "depth"}},
            {"type": "response.function_call_arguments.delta", "delta": "{}"},
            ends(),
        ],
        [
            PartChanged("tool_call", {"name": "depth", "call_id": "call_1"}, "item-0/0"),
            PartGrew("tool_call", "{}"),
            Finished("tool_calls"),
        ],
    ),
    "a source": (
        [
            says_text("Hi"),
            {
                "type": "response.output_text.annotation.added",
                "annotation": {"type": "url_citation", "url": "https://a.example/", "title": "A"},
            },
            ends(),
        ],
        [PartGrew("text", "Hi"), cited(1, "https://a.example/", "A"), STOP],
    ),
    "two parts of one item": (
        [says_text("a", 0, 0), text_done("a", 0, 0), says_text("b", 0, 1), ends()],
        [PartGrew("text", "a"), PartGrew("text", "\n\nb"), STOP],
    ),
    "no deltas, but done": ([text_done("Hello"), ends()], [PartGrew("text", "Hello"), STOP]),
    "two done without deltas": (
        [text_done("a", 0), text_done("b", 1), ends()],
        [PartGrew("text", "a"), PartGrew("text", "\n\nb"), STOP],
    ),
    "missing deltas": (
        [says_text("Hel"), text_done("Hello"), ends()],
        [PartGrew("text", "Hel"), PartGrew("text", "lo"), STOP],
    ),
    "done that knows less": (
        [says_text("Hello"), text_done("Hel"), text_done(None), ends()],
        [PartGrew("text", "Hello"), STOP],
    ),
    "nothing but the end": (
        [ends(output=[{"type": "reasoning"}, message("a", "b"), message("c")])],
        [PartGrew("text", "a"), PartGrew("text", "\n\nb"), PartGrew("text", "\n\nc"), STOP],
    ),
    "a refusal": (
        [
            {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "I can"},
            {"type": "response.refusal.done", "output_index": 0, "content_index": 0, "refusal": "I cannot"},
            ends(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "I cannot"}]}]),
        ],
        [PartGrew("refusal", "I can"), PartGrew("refusal", "not"), STOP],
    ),
    "a refusal only in the end": (
        [ends(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "No"}]}])],
        [PartGrew("refusal", "No"), STOP],
    ),
    "reasoning summaries": (
        [thinks("Hm", 0), thinks(".", 0), thinks("So", 1), says_text("Hi"), ends()],
        [
            PartGrew("reasoning", "Hm"),
            PartGrew("reasoning", "."),
            PartGrew("reasoning", "So"),
            PartGrew("text", "Hi"),
            STOP,
        ],
    ),
    "open reasoning": (
        [
            {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "Hm"},
            says_text("Hi", 1),
            ends(),
        ],
        [PartGrew("reasoning", "Hm"), PartGrew("text", "Hi"), STOP],
    ),
    "incomplete, by its length": (
        [says_text("Hi"), ends("incomplete", incomplete_details={"reason": "max_output_tokens"})],
        [PartGrew("text", "Hi"), Finished("length")],
    ),
    "incomplete, by the filter": (
        [says_text("Hi"), ends("incomplete", incomplete_details={"reason": "content_filter"})],
        [PartGrew("text", "Hi"), Finished("content_filter")],
    ),
    "incomplete, for a new reason": (
        [says_text("Hi"), ends("incomplete", incomplete_details={"reason": "moon"})],
        [
            PartGrew("text", "Hi"),
            Finished("moon", "The provider ended the answer for a reason that streamcell does not know: moon."),
        ],
    ),
    "incomplete, for no reason": (
        [says_text("Hi"), ends("incomplete", incomplete_details=None)],
        [PartGrew("text", "Hi"), Finished("length")],
    ),
    "cancelled": ([says_text("Hi"), ends("cancelled")], [PartGrew("text", "Hi"), Finished("cancelled")]),
    "an end without a response": ([says_text("Hi"), {"type": "response.completed"}], [PartGrew("text", "Hi"), STOP]),
    "cut": ([says_text("Hel")], [PartGrew("text", "Hel")]),
    "nothing": ([], []),
    "a pair cut across deltas": (
        [says_text("a\ud83d"), says_text("\ude00b"), ends()],
        [PartGrew("text", "a"), PartGrew("text", "😀b"), STOP],
    ),
    "a lone surrogate": ([says_text("\ud83d"), says_text("b"), ends()], [PartGrew("text", "\ufffdb"), STOP]),
    "a lone surrogate at the end": ([says_text("\ud83d"), ends()], [PartGrew("text", "\ufffd"), STOP]),
    "a lone surrogate before a cut": ([says_text("\ud83d")], [PartGrew("text", "\ufffd")]),
    "a lone surrogate before an error": (
        [says_text("\ud83d"), {"type": "error", "message": "boom"}],
        [PartGrew("text", "\ufffd"), "Failed"],
    ),
    "a pair cut in a refusal": (
        [
            {"type": "response.refusal.delta", "delta": "\ud83d"},
            {"type": "response.refusal.delta", "delta": "\ude00"},
            ends(),
        ],
        [PartGrew("refusal", "😀"), STOP],
    ),
}


@both
@pytest.mark.parametrize(("chunks", "expected"), RESPONSES.values(), ids=list(RESPONSES))
def test_a_stream(chunks: list[Any], expected: list[object], shape: Callable[[Any], Any]) -> None:
    assert shown(run(ResponsesDecoder(), [shape(chunk) for chunk in chunks])) == expected


def test_the_done_line_is_no_end_mark() -> None:
    assert run(ResponsesDecoder(), [says_text("Hi")], marked=True) == [PartGrew("text", "Hi")]


def test_nothing_follows_the_terminal_event() -> None:
    decoder = ResponsesDecoder()
    decoder.feed(says_text("Hi"))
    assert (decoder.trailer_wait, decoder.finished) == (None, False)
    decoder.feed(ends())
    assert decoder.finished
    assert decoder.feed(says_text("late")) == decoder.feed({"error": "late"}) == decoder.end() == []


# -- the request -------------------------------------------------------------------------------------------------------


def body_of(*, openai: bool = False, **given: Any) -> dict[str, Any]:
    return responses_body(
        Request(**{"messages": ({"role": "user", "content": "Why?"},), **given}), "m", "openai" if openai else "other"
    )


def test_a_request_asks_for_a_stream() -> None:
    assert body_of() == {"input": [{"role": "user", "content": "Why?"}], "model": "m", "stream": True}


def test_only_openai_itself_is_told_to_leave_the_obfuscation_out() -> None:
    assert body_of(openai=True)["stream_options"] == {"include_obfuscation": False}
    assert "stream_options" not in body_of(openai=True, params={"stream_options": None})


def test_instructions_and_params_go_to_the_api_untouched() -> None:
    body = body_of(instructions="Be brief.", params={"reasoning": {"summary": "auto"}, "stream_options": {"x": 1}})
    assert (body["instructions"], body["reasoning"], body["stream_options"]) == (
        "Be brief.",
        {"summary": "auto"},
        {"x": 1},
    )


def test_parts_in_the_words_of_the_other_api_are_translated() -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
        {"type": "image_url", "image_url": "data:y"},
        {"type": "input_text", "text": "?"},
    ]
    said = [{"type": "text", "text": "A cat."}]
    messages = ({"role": "user", "content": parts}, {"role": "assistant", "content": said})
    first, second = body_of(messages=messages)["input"]
    assert first["content"] == [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "data:x", "detail": "low"},
        {"type": "input_image", "image_url": "data:y", "detail": "auto"},
        {"type": "input_text", "text": "?"},
    ]
    assert second["content"] == [{"type": "output_text", "text": "A cat."}]
