"""What servers do on a bad day, over real HTTP with the real SDK: every row ends as the table in this file says."""

from __future__ import annotations

import gzip
from typing import Any

import openai
import pytest

from streamcell._errors import StreamCellError
from streamcell.answer.events import Failed
from streamcell.sources import resolve

from .read import outcome, read, request, text_of, usage_of
from .wire_server import Play, answers, begun, chat, ended, event, head, responses, sends, wire_server

BOTH = ("chat", "responses")


def run(api: str, *plays: Play) -> list[Any]:
    with wire_server(*plays) as server:
        client = openai.AsyncOpenAI(api_key="sk-wire-secret-key", base_url=server.address)
        return read(resolve(request(api=api), client=client))


def error_of(events: list[Any]) -> StreamCellError:
    (failed,) = [one for one in events if isinstance(one, Failed)]
    return failed.error


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ({"chunked": False}, "cut"),
        ({"chunked": True}, "cut"),
        ({"chunked": True, "close": "fin"}, "failed:interrupted"),
        ({"chunked": False, "close": "reset"}, "failed:interrupted"),
    ],
)
def test_an_answer_without_its_end_mark_is_never_done(api: str, cut: dict[str, Any], expected: str) -> None:
    events = run(api, sends(*begun(api, "Half an", " answer"), **cut))
    # A reset may overtake data that was sent before it, so there only the ending is certain.
    assert outcome(events) in ({expected} if cut.get("close") != "reset" else {expected, "failed:closed"})
    if cut.get("close") != "reset":
        assert text_of(events) == "Half an answer"


@pytest.mark.parametrize("api", BOTH)
def test_a_cut_inside_an_event_is_a_cut_and_not_bad_data(api: str) -> None:
    first, second = begun(api, "Half an", " answer")
    events = run(api, sends(first, second[: len(second) // 2]))
    assert (outcome(events), text_of(events)) == ("cut", "Half an")


@pytest.mark.parametrize("api", BOTH)
def test_a_whole_answer_is_done_with_its_usage(api: str) -> None:
    events = run(api, sends(*ended(api, ["Grüße ", "🎉 ", "שלום"]), chunked=True))
    usage = usage_of(events)
    assert (outcome(events), text_of(events)) == ("done:stop", "Grüße 🎉 שלום")
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (3, 5, 8)


@pytest.mark.parametrize("api", BOTH)
def test_a_truncated_answer_says_length(api: str) -> None:
    assert outcome(run(api, sends(*ended(api, ["x"], "length")))) == "done:length"


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize("linger", ["clean", "fin", "reset"])
def test_how_the_connection_ends_after_the_end_mark_does_not_matter(api: str, linger: str) -> None:
    events = run(api, sends(b"".join(ended(api, ["whole"])), chunked=True, close=linger))
    assert (outcome(events), text_of(events)) == ("done:stop", "whole")


def test_the_finish_reason_alone_ends_a_chat_though_the_usage_never_comes() -> None:
    events = run("chat", sends(chat("whole"), chat(reason="stop"), chunked=True, close="fin"))
    assert (outcome(events), text_of(events)) == ("done:stop", "whole")


def test_done_without_a_finish_reason_is_possibly_incomplete() -> None:
    events = run("chat", sends(chat("whole?"), b"data: [DONE]\n\n"))
    assert outcome(events) == "done:None"
    assert "Possibly incomplete" in (events[-1].notice or "")


def test_done_alone_is_no_end_mark_of_the_responses_api() -> None:
    assert outcome(run("responses", sends(*begun("responses", "x"), b"data: [DONE]\n\n"))) == "cut"


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize(
    "noise",
    [
        b": keep-alive\n\n",
        b"event: keepalive\n\n",
        b"id: 7\n\n",
        b"event: ping\ndata: {}\n\n",
        event({"choices": None}),
        event({"choices": [{"index": 0}]}),
        event({"type": "response.invented_yesterday", "delta": 7}),
        b"data:\n\n",
        b"retry: 10\r\n\r\n",
    ],
)
def test_what_is_not_known_is_passed_over(api: str, noise: bytes) -> None:
    first, *rest = ended(api, ["a", "b"])
    events = run(api, sends(noise, first, noise, *rest))
    assert (outcome(events), text_of(events)) == ("done:stop", "ab")


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_and_every_cut_is_the_same(api: str, line_end: bytes) -> None:
    body = b"".join(ended(api, ["Zoë ", "👩\u200d🚀".encode().decode(), " ok"])).replace(b"\n", line_end)
    events = run(api, sends(*(body[i : i + 1] for i in range(len(body))), chunked=True))
    assert (outcome(events), text_of(events)) == ("done:stop", "Zoë 👩\u200d🚀 ok")


@pytest.mark.parametrize("api", BOTH)
def test_the_last_blank_line_may_be_missing(api: str) -> None:
    body = b"".join(ended(api, ["x"])[: -1 if api == "chat" else None]).rstrip(b"\n")
    events = run(api, sends(body))
    assert outcome(events) == "done:stop"
    assert usage_of(events) is not None


@pytest.mark.parametrize("api", BOTH)
def test_a_compressed_stream_is_read(api: str) -> None:
    data = gzip.compress(b"".join(ended(api, ["zipped"])))

    def play(connection: Any) -> None:
        connection.sendall(head(content_encoding="gzip") + data)

    assert text_of(run(api, play)) == "zipped"


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize("bad", [b"data: {malformed\n\n", b"data: \xff\xfe\n\n", b"data: [1, 2]\n\n"])
def test_bad_data_fails_and_keeps_what_came(api: str, bad: bytes) -> None:
    events = run(api, sends(*begun(api, "kept"), bad, *begun(api, "never")))
    assert (outcome(events), text_of(events)) == ("failed:bad_data", "kept")


@pytest.mark.parametrize("api", BOTH)
def test_a_lone_surrogate_is_replaced_and_a_cut_pair_is_joined(api: str) -> None:
    events = run(api, sends(*ended(api, ["a\ud83d", "b", "\ud83d", "\ude00!"])))
    assert text_of(events) == "a\N{REPLACEMENT CHARACTER}b😀!"
    assert text_of(events).encode()


@pytest.mark.parametrize("api", BOTH)
def test_an_error_inside_the_stream_fails_with_its_own_words(api: str) -> None:
    told = {"message": "The engine is on fire", "code": "server_error"}
    sent = event({"error": told}) if api == "chat" else event({"type": "error", **told}, "error")
    events = run(api, sends(*begun(api, "kept"), sent))
    assert (outcome(events), text_of(events)) == ("failed:provider", "kept")
    assert "The engine is on fire" in error_of(events).detail


@pytest.mark.parametrize(
    ("kind", "response", "expected"),
    [
        ("failed", {"error": {"code": "server_error", "message": "boom"}}, "failed:provider"),
        ("failed", {"error": {"code": "rate_limit_exceeded", "message": "slow down"}}, "failed:rate_limit"),
        ("incomplete", {"incomplete_details": {"reason": "content_filter"}}, "done:content_filter"),
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "done:length"),
        ("cancelled", {}, "done:cancelled"),
    ],
)
def test_the_terminal_events_of_the_responses_api(kind: str, response: dict[str, Any], expected: str) -> None:
    assert outcome(run("responses", sends(*begun("responses", "x"), responses(kind, response=response)))) == expected


WHOLE = {
    "chat": {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"content": "all"}, "finish_reason": "stop"}],
    },
    "responses": {
        "object": "response",
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "all"}]}],
    },
}


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_a_json_answer_of_a_server_that_ignores_stream_is_used(api: str, kind: str) -> None:
    events = run(api, answers(WHOLE[api], kind))
    assert (outcome(events), text_of(events)) == ("done:stop", "all")


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (answers("<html><body>Sign in to Wi-Fi</body></html>", "text/html"), "failed:not_a_stream"),
        (answers("<html><body>Sign in to Wi-Fi</body></html>", "text/event-stream"), "failed:not_a_stream"),
        (answers({"error": {"message": "no such deployment"}}), "failed:provider"),
        (answers({"hello": "world"}), "failed:not_a_stream"),
        (answers("", "text/event-stream"), "failed:closed"),
    ],
)
def test_what_is_no_stream_is_told(api: str, play: Play, expected: str) -> None:
    assert outcome(run(api, play)) == expected


def _refusal(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize(
    ("status", "body", "expected", "retryable"),
    [
        ("400 Bad Request", _refusal("too long", "context_length_exceeded"), "context_length", False),
        ("400 Bad Request", _refusal("temperature must be below 2"), "bad_request", False),
        ("401 Unauthorized", _refusal("Incorrect API key provided: sk-wire-secret-key"), "authentication", False),
        ("403 Forbidden", _refusal("not in your country"), "permission", False),
        ("404 Not Found", _refusal("The model `m` does not exist", "model_not_found"), "model_not_found", False),
        ("408 Request Timeout", _refusal("slow"), "timeout", True),
        ("429 Too Many Requests", _refusal("slow down", "rate_limit_exceeded"), "rate_limit", True),
        ("429 Too Many Requests", _refusal("pay", "insufficient_quota"), "quota", False),
        ("500 Internal Server Error", {"detail": "FastAPI fell over"}, "provider", True),
        ("502 Bad Gateway", "<html><h1>Bad Gateway</h1></html>", "provider", True),
        ("503 Service Unavailable", _refusal("overloaded"), "provider", True),
    ],
)
def test_each_status_is_its_own_error(
    api: str, status: str, body: dict[str, Any] | str, expected: str, retryable: bool
) -> None:
    kind = "text/html" if isinstance(body, str) else "application/json"
    events = run(api, answers(body, kind, status, retry_after="7"))
    error = error_of(events)
    assert (outcome(events), error.retryable) == (f"failed:{expected}", retryable)
    assert (error.status_code, error.request_id, error.retry_after) == (int(status[:3]), "req_wire", 7.0)
    assert "sk-wire" not in str(error)
    assert "<h1>" not in str(error)


@pytest.mark.parametrize("api", BOTH)
def test_a_connection_closed_before_the_head_can_be_retried(api: str) -> None:
    events = run(api, lambda connection: None)
    assert outcome(events) == "failed:closed"
    assert error_of(events).error_title == "The server closed the connection before it answered"
    assert error_of(events).retryable


@pytest.mark.parametrize("api", BOTH)
def test_a_refused_connection_names_the_address(api: str) -> None:
    with wire_server() as server:
        address = server.address
    client = openai.AsyncOpenAI(api_key="-", base_url=address)
    events = read(resolve(request(api=api), client=client))
    assert outcome(events) == "failed:refused"
    assert address in error_of(events).detail


@pytest.mark.parametrize("attempts", [1])
def test_the_sdk_does_not_retry_unseen(attempts: int) -> None:
    with wire_server(answers(_refusal("no"), status="500 Oops"), answers(_refusal("no"), status="500 Oops")) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address, max_retries=5)
        read(resolve(request(api="chat"), client=client))
        assert len(server.requests) == attempts


def test_auto_takes_responses_where_the_server_has_it_and_chat_where_not() -> None:
    missing = answers({"detail": "Not Found"}, status="404 Not Found")
    with wire_server(missing, sends(*ended("chat", ["one"])), sends(*ended("chat", ["two"]))) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address)
        first = read(resolve(request(), client=client))
        second = read(resolve(request(), client=client))
        paths = [request_head.split()[1] for request_head, _ in server.requests]
    assert (text_of(first), text_of(second)) == ("one", "two")
    assert paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]
    assert "no Responses API" in first[0].origin.note
    assert "no Responses API" in second[0].origin.note


def test_auto_does_not_take_a_missing_model_for_a_missing_api() -> None:
    body = _refusal("The model `m` does not exist", "model_not_found")
    with wire_server(answers(body, status="404 Not Found")) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address)
        events = read(resolve(request(), client=client))
        assert (outcome(events), len(server.requests)) == ("failed:model_not_found", 1)


def test_without_a_model_the_servers_first_is_asked() -> None:
    listing = answers({"object": "list", "data": [{"id": "first", "object": "model"}, {"id": "second"}]})
    with wire_server(listing, sends(*ended("chat", ["x"]))) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address)
        events = read(resolve(request(api="chat", model=None), client=client))
        assert server.requests[1][1]["model"] == "first"
    assert "first model" in events[0].origin.note


@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-ключ"])
def test_a_key_that_cannot_be_a_header_is_told_before_anything_is_sent(key: str) -> None:
    with wire_server() as server:
        events = read(resolve(request(), client=openai.AsyncOpenAI(api_key=key, base_url=server.address)))
        assert (outcome(events), server.requests) == ("failed:authentication", [])
    assert key not in str(error_of(events))
