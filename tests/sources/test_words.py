"""An error of any shape is found, with the server's words; nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import StreamCellError
from streamcell.answer.events import Failed
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.failures import error_in
from streamcell.sources.openai.responses import ResponsesDecoder
from streamcell.sources.openai.words import plain, told_of

LAMP = "The lamp went out"

SHAPES: dict[str, Any] = {
    "an object": {"error": {"message": LAMP, "type": "server_error"}},
    "a string": {"error": LAMP},
    "a list": {"error": [{"message": LAMP}]},
    "errors": {"errors": [{"message": LAMP}]},
    "a flat object": {"object": "error", "message": LAMP, "code": 500},
    "a message that is an object": {"object": "error", "message": {"detail": LAMP}, "code": 500},
    "FastAPI's string": {"detail": LAMP},
    "FastAPI's list": {"detail": [{"loc": ["body", "n"], "msg": LAMP, "type": "value_error"}]},
    "FastAPI's object": {"detail": {"error": {"message": LAMP}}},
    "error_message": {"error_message": LAMP, "error_type": "internal"},
    "message and error_type": {"message": LAMP, "error_type": "internal"},
    "message and code": {"code": "InternalError", "message": LAMP, "request_id": "r"},
    "msg and success": {"code": 500, "msg": LAMP, "success": False},
    "an error that is only true": {"error": True, "message": LAMP},
    "in a choice": {"choices": [{"index": 0, "delta": {"content": ""}, "error": {"code": 502, "message": LAMP}}]},
    "MiniMax's": {"choices": None, "base_resp": {"status_code": 1000, "status_msg": LAMP}},
    "in a list": [{"error": {"code": 500, "message": LAMP, "status": "INTERNAL"}}],
    "JSON in a string": {"error": {"message": json.dumps({"error": {"message": LAMP}})}},
    "a page in a string": {"error": {"message": f"<html><head><title>{LAMP}</title></head><body>x</body></html>"}},
    "behind a gateway": {"error": {"message": "Provider returned error", "metadata": {"raw": LAMP}}},
    "JSON behind a gateway": {
        "error": {"message": "Provider returned error", "metadata": {"raw": json.dumps({"error": {"message": LAMP}})}}
    },
    "Anthropic's": {"type": "error", "error": {"type": "api_error", "message": LAMP}},
    "of the Responses API": {"type": "error", "code": "server_error", "message": LAMP},
    "of the Responses API, by xAI": {"type": "response.error", "error": {"message": LAMP}},
    "Azure's": {"error": {"message": LAMP, "innererror": {"code": "Anything"}}},
}

ORDINARY: dict[str, Any] = {
    "error is null": {"choices": [{"index": 0, "delta": {"content": "a"}}], "error": None},
    "error is empty": {"choices": [{"index": 0, "delta": {"content": "a"}}], "error": ""},
    "error is an object of nothing": {
        "choices": [{"index": 0, "delta": {"content": "a"}}],
        "error": {"message": "", "type": "", "code": None},
    },
    "error is false": {"choices": [], "error": False},
    "no errors": {"choices": [], "errors": []},
    "MiniMax's success": {"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}},
    "detail in a chunk": {"choices": [{"index": 0, "delta": {"content": "a"}}], "detail": "fine"},
    "detail in an event": {"type": "response.output_text.delta", "delta": "a", "detail": "fine"},
    "an item's error": {"type": "response.output_item.done", "item": {"error": "no such tool"}},
    "a tool's error beside its event": {"type": "response.mcp_call.failed", "error": "no such tool"},
    "the beginning of a response": {"type": "response.created", "response": {"error": None}},
    "a ping": {"type": "ping"},
    "a ping with a message": {"type": "ping", "message": "still here"},
    "a good code": {"code": 200, "message": "ok"},
    "a chunk's code": {"object": "chat.completion.chunk", "choices": [], "message": "x", "code": 5},
    "a number": 5,
    "words": "error",
    "nothing": None,
    "an empty list": [],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_an_error_of_any_shape_is_found_with_its_words(shape: Any) -> None:
    error = error_in(shape)
    assert error is not None
    assert LAMP in error.detail


@pytest.mark.parametrize("chunk", ORDINARY.values(), ids=list(ORDINARY))
def test_no_error_is_found_in_what_is_none(chunk: Any) -> None:
    assert error_in(chunk) is None


NAMES = st.sampled_from(
    [
        *("error", "errors", "message", "code", "detail", "choices", "base_resp", "status_code", "type", "metadata"),
        *("raw", "loc", "msg", "details", "retry_after", "innererror", "object"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_whatever_json_comes_an_error_is_found_or_not_and_nothing_is_raised(value: Any) -> None:
    error = error_in(value)
    assert error is None or isinstance(error, StreamCellError)
    assert len(told_of(value).words) <= 4_000


def test_what_is_nested_for_ever_is_read_to_a_bound() -> None:
    deep: Any = "bottom"
    for _ in range(400):
        deep = {"error": deep}
    assert error_in(deep) is not None
    assert error_in({"error": "[" * 50_000}) is not None
    wide = error_in({"error": [{"message": str(number)} for number in range(100_000)]})
    assert wide is not None
    assert len(wide.detail) < 3_000


PAGE = f"""<!DOCTYPE html><!--[if lt IE 7]><html class="old"><![endif]-->
<html><head><title>host | 524: A timeout occurred</title><style>p{{color:red}}</style></head>
<body><script>var a = "<h1>no</h1>";</script>
<h1>{LAMP} &amp; stayed out</h1><p>{"Much text. " * 1000}</p></body></html>"""


def test_of_a_page_the_title_and_the_heading_are_told() -> None:
    assert plain(PAGE) == f"host | 524: A timeout occurred; {LAMP} & stayed out"
    assert plain("<html><body><p>Sign in to <b>Wi-Fi</b></p></body></html>") == "Sign in to Wi-Fi"
    assert plain("no such model <m>") == "no such model <m>"
    assert len(plain("<html>" + "<title>" * 50_000)) <= 300


def test_the_decoders_find_errors_where_no_body_is_read() -> None:
    for decoder in (ChatDecoder(), ResponsesDecoder()):
        (failed,) = decoder.feed({"detail": LAMP})
        assert isinstance(failed, Failed)
        assert decoder.finished
