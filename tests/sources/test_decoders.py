"""What holds for the decoders of both APIs: errors inside a stream, answers in one piece, anything at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell._errors import (
    AuthenticationFailed,
    BadRequest,
    ContentFiltered,
    ContextTooLong,
    ModelNotFound,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    StreamCellError,
)
from streamcell._words import NO_REASON
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    PartGrew,
)
from streamcell.sources.base import Decoder
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.responses import ResponsesDecoder
from tests.answers import without_ids
from tests.sources.chunks import (
    COUNTED,
    RESPONSE_USAGE,
    STOP,
    USAGE,
    Chunk,
    both,
    chat,
    cited,
    ends,
    error_of,
    message,
    run,
    says,
    says_text,
    text_of,
)

# -- errors inside a stream --------------------------------------------------------------------------------------------

IN_STREAM: dict[str, tuple[object, type[StreamCellError], str]] = {
    "code and message": ({"code": "server_error", "message": "boom"}, ProviderFailed, "boom (server_error)"),
    "a message alone": ({"message": "boom"}, ProviderFailed, "boom"),
    "nothing": ({"type": None}, ProviderFailed, "The provider gave no message."),
    "words alone": ("boom", ProviderFailed, "boom"),
    "FastAPI's words": ({"detail": "boom"}, ProviderFailed, "boom"),
    "a rate limit": ({"code": "rate_limit_exceeded", "message": "slow"}, RateLimited, "slow (rate_limit_exceeded)"),
    "a rate limit by number": ({"code": 429, "message": "slow"}, RateLimited, "slow (429)"),
    "a server's fault by number": ({"code": 502, "message": "bad gateway"}, ProviderFailed, "bad gateway (502)"),
    "a bad request by number": ({"code": 400, "message": "no"}, BadRequest, "no (400)"),
    "a bad request by type": (
        {"type": "invalid_request_error", "message": "no", "code": None},
        BadRequest,
        "no (invalid_request_error)",
    ),
    "a quota": ({"code": "insufficient_quota", "message": "pay"}, QuotaExhausted, "pay (insufficient_quota)"),
    "a key": ({"code": "invalid_api_key", "message": "no"}, AuthenticationFailed, "no (invalid_api_key)"),
    "a model": ({"code": "model_not_found", "message": "no"}, ModelNotFound, "no (model_not_found)"),
    "a context by code": (
        {"code": "context_length_exceeded", "message": "no"},
        ContextTooLong,
        "no (context_length_exceeded)",
    ),
    "a context by words": ({"message": "maximum context length is 8"}, ContextTooLong, "maximum context length is 8"),
    "a filter": ({"code": "content_filter", "message": "no"}, ContentFiltered, "no (content_filter)"),
}


@both
@pytest.mark.parametrize(("error", "kind", "detail"), IN_STREAM.values(), ids=list(IN_STREAM))
def test_an_error_object_in_a_stream(
    error: object, kind: type[StreamCellError], detail: str, shape: Callable[[Any], Any]
) -> None:
    streams: list[tuple[Decoder, list[Any]]] = [
        (ChatDecoder(), [says("Hi"), {"error": error}]),
        (ResponsesDecoder(), [says_text("Hi"), {"error": error}]),
        (ResponsesDecoder(), [says_text("Hi"), {"type": "error", "error": error}]),
        (ResponsesDecoder(), [says_text("Hi"), ends("failed", error=error)]),
    ]
    for decoder, chunks in streams:
        events = run(decoder, [shape(chunk) for chunk in chunks])
        assert events[0] == PartGrew("text", "Hi")
        found = error_of(events)
        assert (type(found), found.detail) == (kind, detail)
        assert decoder.finished
        assert decoder.end(marked=True) == []


@both
def test_a_flat_error_event(shape: Callable[[Any], Any]) -> None:
    flat = {"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": None, "sequence_number": 3}
    found = error_of(run(ResponsesDecoder(), [shape(flat)]))
    assert (type(found), found.detail) == (RateLimited, "slow (rate_limit_exceeded)")


def test_a_flat_error_event_without_a_code_does_not_say_error_twice() -> None:
    assert error_of(run(ResponsesDecoder(), [{"type": "error", "message": "boom", "code": None}])).detail == "boom"


@both
def test_a_failed_response_without_a_word_is_the_providers_fault(shape: Callable[[Any], Any]) -> None:
    chunks = [says_text("Hi"), ends("failed", error=None, usage=RESPONSE_USAGE)]
    events = run(ResponsesDecoder(), [shape(chunk) for chunk in chunks])
    assert events[:2] == [PartGrew("text", "Hi"), COUNTED]
    assert isinstance(error_of(events), ProviderFailed)


def test_no_key_that_a_server_repeats_is_told() -> None:
    events = run(ChatDecoder(), [{"error": {"message": "bad key sk-proj-abcdefgh1234"}}])
    assert "abcdefgh" not in str(error_of(events))


# -- answers in one piece ----------------------------------------------------------------------------------------------


def test_a_chat_completion_in_one_piece() -> None:
    body = {
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"},
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE["usage"],
    }
    assert ChatDecoder().whole(body) == [PartGrew("reasoning", "Hm"), PartGrew("text", "Hi"), COUNTED, STOP]


def test_a_chat_completion_in_one_piece_without_a_reason() -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": None}]}
    assert ChatDecoder().whole(body) == [PartGrew("text", "Hi"), Finished(None, NO_REASON)]


def test_a_response_in_one_piece() -> None:
    body = {"object": "response", "status": "completed", "output": [message("a", "b")], "usage": RESPONSE_USAGE}
    events = without_ids(ResponsesDecoder().whole(body) or [])
    assert events == [
        PartGrew("text", "a"),
        PartGrew("text", "\n\nb"),
        COUNTED,
        STOP,
    ]


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, Finished("length")),
        ({"status": "cancelled"}, Finished("cancelled")),
        ({"status": "moon"}, STOP),
        ({}, STOP),
    ],
    ids=str,
)
def test_a_response_in_one_piece_ends_as_it_says(body: Chunk, end: Event) -> None:
    events = without_ids(ResponsesDecoder().whole({"output": [message("a")], **body}) or [])
    assert events == [
        PartGrew("text", "a"),
        end,
    ]


def test_a_failed_response_in_one_piece() -> None:
    events = ResponsesDecoder().whole({"status": "failed", "output": [], "error": {"message": "boom"}})
    assert events is not None
    assert error_of(events).detail == "boom"


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": None}, {"output": None}, {"message": "Hi"}], ids=str)
@pytest.mark.parametrize("kind", [ChatDecoder, ResponsesDecoder])
def test_what_is_no_answer_of_this_api_is_not_taken_for_one(kind: Callable[[], Decoder], body: Chunk) -> None:
    assert kind().whole(body) is None


# -- anything at all ---------------------------------------------------------------------------------------------------

TEXTS = st.lists(st.text(min_size=1, max_size=6) | st.text("\ud83d\ude00a", min_size=1, max_size=3), max_size=10)


@given(TEXTS)
def test_both_apis_give_the_same_encodable_text(texts: list[str]) -> None:
    from_chat = run(ChatDecoder(), [*map(says, texts), chat(finish="stop")])
    from_responses = run(ResponsesDecoder(), [*map(says_text, texts), ends()])
    assert from_chat == from_responses
    whole = "".join(texts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert text_of(from_chat) == whole
    whole.encode()


KEYS = [
    "type",
    "choices",
    "delta",
    "content",
    "error",
    "usage",
    "output",
    "response",
    "finish_reason",
    "text",
    "message",
    "output_index",
    "item_id",
    "item",
    "id",
    "index",
    "name",
    "tool_calls",
    "citations",
]
WORDS = ["response.output_text.delta", "response.output_text.done", "response.completed", "response.failed", "error"]
WORDS += ["response.content_part.added", "response.output_item.added", "response.output_item.done", "function_call"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(JUNK, max_size=6), st.booleans())
def test_junk_never_raises_and_ends_at_most_once(chunks: list[object], marked: bool) -> None:
    for decoder in (ChatDecoder(), ResponsesDecoder()):
        events = run(decoder, chunks, marked=marked)
        ended = [event for event in events if isinstance(event, (Finished, Failed))]
        assert len(ended) <= 1
        assert ended == [] or events[-1] is ended[0]
        assert decoder.finished == bool(ended)
        for event in events:
            if isinstance(event, PartGrew):
                assert event.text.encode()


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "response.content_part.added", "item_id": ["m"], "content_index": 0},
        {"type": "response.output_text.delta", "item_id": {}, "delta": "Hi"},
        {"type": "response.output_item.added", "item": {"type": ["function_call"]}},
        {"type": "response.output_item.done", "item": {"id": [1], "type": {}, **message("Hi")}},
        ends(output=[{"id": {}, **message("Hi")}]),
    ],
    ids=str,
)
def test_names_that_are_none_do_not_raise(chunk: Chunk) -> None:
    decoder = ResponsesDecoder()
    events = [*decoder.feed(says_text("Hi")), *decoder.feed(chunk)]
    assert text_of(events).startswith("Hi")


class Counted(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


@pytest.mark.parametrize("kind", ["response.output_text.delta", "response.output_text.done"])
def test_each_event_is_placed_at_the_cost_of_one_however_many_items_there_are(kind: str) -> None:
    decoder, before = ResponsesDecoder(), Counted.compared
    key = "delta" if kind.endswith("delta") else "text"
    for at in range(2_000):
        decoder.feed({"type": kind, "item_id": Counted(f"m{at}"), "output_index": 0, key: "x"})
    assert Counted.compared - before < 20_000


def test_what_is_left_out_is_counted_only_as_far_as_it_is_told() -> None:
    decoder = ChatDecoder()
    for at in range(2_000):
        decoder.feed(chat({"tool_calls": [{"index": at, "function": {"name": f"tool {at}"}}]}))
        decoder._answer.leave_out(f"thing {at}")
        decoder.feed({**says(""), "citations": [f"https://a.example/{at}"]})
    assert (len(decoder._answer._unshown), len(decoder._answer.sources._found)) == (6, 100)
    *sources, finished = run(decoder, [chat(finish="stop")])
    assert sources[0] == cited(1, "https://a.example/0")
    assert len(sources) == 100
    assert isinstance(finished, Finished)
    assert finished.notice is not None
    assert "thing 4, …" in finished.notice
    assert len(decoder._calls.all) == 100
