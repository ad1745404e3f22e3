"""Chat Completions' chunks as events: as mappings and as SDK objects, and what servers do wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamcell._words import NO_REASON
from streamcell.answer.events import (
    Finished,
    PartChanged,
    PartGrew,
    Usage,
    UsageReported,
)
from streamcell.request.request import Request
from streamcell.sources.openai.chat import ChatDecoder, chat_body
from tests.sources.chunks import (
    COUNTED,
    STOP,
    USAGE,
    both,
    chat,
    cited,
    run,
    says,
    shown,
)

GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

CHAT: dict[str, tuple[list[Any], list[object]]] = {
    "a whole answer": (
        [chat({"role": "assistant", "content": ""}), says("Hel"), says("lo"), chat(finish="stop"), USAGE],
        [PartGrew("text", "Hel"), PartGrew("text", "lo"), COUNTED, STOP],
    ),
    "no usage": ([says("Hi"), chat(finish="stop")], [PartGrew("text", "Hi"), STOP]),
    "usage with the finish_reason": (
        [says("Hi"), chat(finish="stop", usage=USAGE["usage"])],
        [PartGrew("text", "Hi"), COUNTED, STOP],
    ),
    "usage in every chunk": (
        [
            chat({"content": "Hi"}, usage={"prompt_tokens": 5}),
            chat(finish="stop"),
            USAGE,
        ],
        [PartGrew("text", "Hi"), UsageReported(Usage(5)), COUNTED, STOP],
    ),
    "usage between the halves of a pair": (
        [chat({"content": "\ud83d"}, usage={"prompt_tokens": 5}), says("\ude00"), chat(finish="stop")],
        [UsageReported(Usage(5)), PartGrew("text", "😀"), STOP],
    ),
    "text with the finish_reason": ([chat({"content": "Hi"}, "length")], [PartGrew("text", "Hi"), Finished("length")]),
    "cut by the filter": (
        [says("Hi"), chat(finish="content_filter")],
        [PartGrew("text", "Hi"), Finished("content_filter")],
    ),
    "choices null": ([{"choices": None}, says("Hi"), chat(finish="stop")], [PartGrew("text", "Hi"), STOP]),
    "choices missing": ([{"object": "x"}, {}, says("Hi"), chat(finish="stop")], [PartGrew("text", "Hi"), STOP]),
    "a choice without delta": (
        [
            {"choices": [{"index": 0}]},
            {"choices": [{"delta": None}]},
            {"choices": [None]},
            says("Hi"),
            chat(finish="stop"),
        ],
        [PartGrew("text", "Hi"), STOP],
    ),
    "content null or no string": (
        [says(None), says(7), says([]), says("Hi"), chat(finish="stop")],
        [PartGrew("text", "Hi"), STOP],
    ),
    "no index": (
        [{"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}],
        [PartGrew("text", "Hi"), STOP],
    ),
    "another choice": (
        [
            chat({"role": "assistant", "content": ""}),
            {"choices": [{"index": 1, "delta": {"role": "assistant", "content": ""}}]},
            says("H"),
            {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]},
            says("i"),
            chat(finish="stop"),
        ],
        [PartGrew("text", "H"), PartGrew("text", "i"), STOP],
    ),
    "indices that count tokens": (
        [{"choices": [{"index": at, "delta": {"content": word}}]} for at, word in enumerate(["H", "i", "!"], 7)]
        + [chat(finish="eos_token")],
        [PartGrew("text", "H"), PartGrew("text", "i"), PartGrew("text", "!"), STOP],
    ),
    "text after the finish_reason": (
        [chat({"content": "a"}, "stop"), chat({"content": "b"}), chat({"content": "c"}, "length")],
        [PartGrew("text", "a"), PartGrew("text", "b"), PartGrew("text", "c"), Finished("length")],
    ),
    "each delta repeats all text": (
        [says("Rivers "), says("Rivers carve "), says("Rivers carve "), says("Rivers carve it"), chat(finish="stop")],
        [PartGrew("text", "Rivers "), PartGrew("text", "carve "), PartGrew("text", "it"), STOP],
    ),
    "two deltas of which the second repeats": (
        [says("Rivers "), says("Rivers carve"), chat(finish="stop")],
        [PartGrew("text", "Rivers "), PartGrew("text", "carve"), STOP],
    ),
    "a repetition that the writer meant": (
        [says("never, "), says("never, never"), says("!"), chat(finish="stop")],
        [PartGrew("text", "never, "), PartGrew("text", "never, never!"), STOP],
    ),
    "a list of parts": (
        [
            says([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]),
            says([{"type": "text", "text": "H"}, {"type": "reference", "reference_ids": [1]}, "i"]),
            chat(finish="stop"),
        ],
        [PartGrew("reasoning", "Hm"), PartGrew("text", "Hi"), STOP],
    ),
    "reasoning_details": (
        [
            chat({"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}),
            chat({"reasoning_details": [{"type": "reasoning.summary", "summary": "."}]}),
            says("Hi"),
            chat(finish="stop"),
        ],
        [PartGrew("reasoning", "Hm"), PartGrew("reasoning", "."), PartGrew("text", "Hi"), STOP],
    ),
    "a tool call": (
        [
            chat({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "depth", "arguments": ""}}]}),
            chat({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
            chat(finish="tool_calls"),
        ],
        [
            PartChanged("tool_call", {"name": "depth", "call_id": "c"}, "call-1"),
            PartGrew("tool_call", "{}"),
            Finished("tool_calls"),
        ],
    ),
    "text and an image": (
        [says("Look"), chat({"images": [{"image_url": {"url": f"data:image/gif;base64,{GIF}"}}]}), chat(finish="stop")],
        [
            PartGrew("text", "Look"),
            PartChanged(
                "image",
                {"data": GIF, "mime": "image/gif", "width": 1, "height": 1, "state": "done", "item": ""},
                "image-1",
            ),
            Finished("stop", None),
        ],
    ),
    "no text": ([chat(finish="stop")], [Finished("stop", "The model sent no text.")]),
    "reasoning up to the limit": (
        [chat({"reasoning": "Hm"}), chat(finish="length")],
        [
            PartGrew("reasoning", "Hm"),
            Finished("length", "The model sent no text: its reasoning used up the limit of tokens."),
        ],
    ),
    "sources": (
        [
            {**says("Hi[1]"), "citations": ["https://a.example/"]},
            {**chat(finish="stop"), "search_results": [{"title": "A", "url": "https://a.example/"}]},
        ],
        [PartGrew("text", "Hi[1]"), cited(1, "https://a.example/", "A"), STOP],
    ),
    "zeros in place of a count": (
        [
            chat({"content": "Hi"}, usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            chat(finish="stop", usage=USAGE["usage"]),
            {**USAGE, "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}},
        ],
        [PartGrew("text", "Hi"), COUNTED, STOP],
    ),
    "an unknown reason": (
        [says("Hi"), chat(finish="moon-phase")],
        [
            PartGrew("text", "Hi"),
            Finished(
                "moon-phase",
                "The provider ended the answer for a reason that streamcell does not know: moon-phase.",
            ),
        ],
    ),
    "broken off": ([says("Hi"), chat(finish="abort")], [PartGrew("text", "Hi"), "Failed"]),
    "an error beside the finish_reason": (
        [says("Hi"), {**chat({"content": "!"}, "error"), "error": {"message": "boom"}}],
        [PartGrew("text", "Hi"), PartGrew("text", "!"), "Failed"],
    ),
    "a finish_reason of no words": ([says("Hi"), chat(finish=""), chat(finish=0)], [PartGrew("text", "Hi")]),
    "a ping": ([{"type": "ping"}, says("Hi"), chat(finish="stop")], [PartGrew("text", "Hi"), STOP]),
    "reasoning_content": (
        [
            chat({"reasoning_content": "Hm. ", "content": None}),
            chat({"reasoning_content": "So"}),
            says("Hi"),
            chat(finish="stop"),
        ],
        [PartGrew("reasoning", "Hm. "), PartGrew("reasoning", "So"), PartGrew("text", "Hi"), STOP],
    ),
    "reasoning": (
        [chat({"reasoning": "Hm"}), says("Hi"), chat(finish="stop")],
        [PartGrew("reasoning", "Hm"), PartGrew("text", "Hi"), STOP],
    ),
    "reasoning under both names": (
        [chat({"reasoning_content": "Hm", "reasoning": "Hm"}), chat(finish="stop")],
        [PartGrew("reasoning", "Hm"), Finished("stop", "The model sent no text, only reasoning.")],
    ),
    "a refusal": (
        [chat({"refusal": "I can"}), chat({"refusal": "not"}), chat(finish="stop")],
        [PartGrew("refusal", "I can"), PartGrew("refusal", "not"), STOP],
    ),
    "cut": ([says("Hel")], [PartGrew("text", "Hel")]),
    "nothing": ([], []),
    "a pair cut across deltas": (
        [says("a\ud83d"), says("\ude00b"), chat(finish="stop")],
        [PartGrew("text", "a"), PartGrew("text", "😀b"), STOP],
    ),
    "a lone surrogate": (
        [says("a\ud83d"), says("b"), chat(finish="stop")],
        [PartGrew("text", "a"), PartGrew("text", "\ufffdb"), STOP],
    ),
    "a lone surrogate at the end": ([says("\ud83d"), chat(finish="stop")], [PartGrew("text", "\ufffd"), STOP]),
    "a lone surrogate before a cut": ([says("\ud83d")], [PartGrew("text", "\ufffd")]),
    "a lone surrogate before an error": (
        [says("\ud83d"), {"error": {"message": "boom"}}],
        [PartGrew("text", "\ufffd"), "Failed"],
    ),
    "pairs cut in reasoning and refusal": (
        [
            chat({"reasoning": "\ud83d"}),
            chat({"refusal": "\ud83d"}),
            chat({"reasoning": "\ude00"}),
            chat({"refusal": "\ude00"}),
            chat(finish="stop"),
        ],
        [PartGrew("reasoning", "😀"), PartGrew("refusal", "😀"), STOP],
    ),
}


@both
@pytest.mark.parametrize(("chunks", "expected"), CHAT.values(), ids=list(CHAT))
def test_a_stream(chunks: list[Any], expected: list[object], shape: Callable[[Any], Any]) -> None:
    assert shown(run(ChatDecoder(), [shape(chunk) for chunk in chunks])) == expected


@both
def test_a_null_finish_reason_with_the_done_line_is_possibly_incomplete(shape: Callable[[Any], Any]) -> None:
    events = run(ChatDecoder(), [shape(says("Hi"))], marked=True)
    assert events == [PartGrew("text", "Hi"), Finished(None, NO_REASON)]


def test_the_done_line_after_a_finish_reason_needs_no_notice() -> None:
    assert run(ChatDecoder(), [says("Hi"), chat(finish="stop")], marked=True) == [PartGrew("text", "Hi"), STOP]


def test_the_done_line_alone_is_no_answer() -> None:
    assert run(ChatDecoder(), [], marked=True) == []


def test_an_answer_ends_by_silence_only_after_a_finish_reason() -> None:
    decoder = ChatDecoder()
    waits = []
    for chunk in (says("Hi"), chat(finish="stop"), USAGE):
        decoder.feed(chunk)
        waits.append(decoder.trailer_wait)
    assert waits[0] is None
    assert waits[1] is not None
    assert waits[2] is not None
    assert waits[2] < waits[1]
    assert not decoder.finished
    assert decoder.end(marked=True) == [STOP]
    assert decoder.finished
    assert decoder.feed(says("late")) == []
    assert decoder.end(marked=True) == []


def test_a_finish_reason_beside_text_is_waited_for_longer() -> None:
    plain, doubtful = ChatDecoder(), ChatDecoder()
    plain.feed(chat(finish="stop"))
    doubtful.feed(chat({"content": "Hi"}, "stop"))
    assert plain.trailer_wait is not None
    assert doubtful.trailer_wait is not None
    assert doubtful.trailer_wait > plain.trailer_wait


# -- the request -------------------------------------------------------------------------------------------------------


def body_of(*, openai: bool = False, **given: Any) -> dict[str, Any]:
    return chat_body(
        Request(**{"messages": ({"role": "user", "content": "Why?"},), **given}), "m", "openai" if openai else "other"
    )


def test_a_request_asks_for_a_stream_with_its_usage() -> None:
    assert body_of() == {
        "messages": [{"role": "user", "content": "Why?"}],
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_only_openai_itself_is_told_to_leave_the_obfuscation_out() -> None:
    assert body_of(openai=True)["stream_options"] == {"include_usage": True, "include_obfuscation": False}


def test_instructions_come_first() -> None:
    messages = body_of(instructions="Be brief.")["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"include_usage": False}, {"include_usage": False}), ({"x": 1}, {"include_usage": True, "x": 1})],
)
def test_the_users_stream_options_win(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert body_of(params={"stream_options": given})["stream_options"] == expected


def test_no_stream_options_are_sent_where_the_user_says_none() -> None:
    assert "stream_options" not in body_of(params={"stream_options": None, "temperature": 0})


def test_parts_in_the_words_of_the_other_api_are_translated() -> None:
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "data:x", "detail": "low"},
        {"type": "input_image", "image_url": "data:y"},
        {"type": "text", "text": "?"},
    ]
    (message,) = body_of(messages=({"role": "user", "content": parts},))["messages"]
    assert message["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:y"}},
        {"type": "text", "text": "?"},
    ]
