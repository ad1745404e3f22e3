"""The log: all that happened, in order, bounded, without secrets, and told to `logging` and OpenTelemetry."""

from __future__ import annotations

import gc
import json
import logging
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from streamcell import Interrupted, ProviderFailed, RateLimited, RetryPolicy, StreamCell, configure, stream_cell
from streamcell.answer.inputs import Select
from streamcell.engine.log import Entry, Log, Shelf
from streamcell.engine.telemetry import provider_of
from streamcell.rehearsal import RehearsalServer

from .sources.wire_server import answers, ended, event, sends, wire_server

TIMEOUT = 300.0
SECRET = "sk-this-is-a-secret-key-1234567890"


@pytest.fixture(scope="module")
def server() -> Iterator[RehearsalServer]:
    with RehearsalServer(rate=0, first_token=0, seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def ask(server: RehearsalServer, model: str, **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key=SECRET, base_url=server.base_url)
    retry = RetryPolicy(attempts=2, wait_initial=0.0)
    return stream_cell("Explain entropy", client=client, model=model, display=False, retry=retry, **options)


def test_every_attempt_head_and_chunk_is_there_with_its_time(server: RehearsalServer) -> None:
    cell = ask(server, "rate_limit?retry_after=0,tour", api="chat")
    text = cell.result(TIMEOUT)
    entries = list(cell.log)
    assert [one.kind for one in entries if one.kind != "chunk"] == [
        "status", "request", "response", "status", "status", "request", "response", "status", "status"
    ]  # fmt: skip
    assert [one.at for one in entries] == sorted(one.at for one in entries)
    statuses = [one.data for one in entries if one.kind == "status"]
    assert [one["status"] for one in statuses] == ["connecting", "waiting", "connecting", "streaming", "done"]
    assert (statuses[1]["error"], statuses[1]["retry_in"], statuses[1]["attempt"]) == ("RateLimited", 0.0, 2)
    assert statuses[-1]["finish_reason"] == "stop"
    refused, answered = (one.data for one in entries if one.kind == "response")
    assert (refused["status"], answered["status"]) == (429, 200)
    assert answered["request_id"] == server.exchanges[-1].request_id
    assert "x-ratelimit-remaining-tokens" in answered["headers"]
    refusal, *answer = (one.data["data"] for one in entries if one.kind == "chunk")
    assert json.loads(refusal)["error"]["code"] == "rate_limit_exceeded"
    chunks = [json.loads(data) for data in answer if data != "[DONE]"]
    parts = [choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]]
    assert "".join(parts) == text


def test_it_is_json_lines_on_request(server: RehearsalServer) -> None:
    cell = ask(server, "cut?after=3", api="responses")
    with pytest.raises(Interrupted):
        cell.result(TIMEOUT)
    lines = [json.loads(line) for line in cell.log.to_jsonl().splitlines()]
    assert len(lines) == len(cell.log)
    assert lines[-1] | {"at": 0} == {
        "at": 0, "run": 1, "kind": "status", "status": "interrupted", "attempt": 1, "error": "Interrupted",
        "message": "The stream ended without the provider's end mark.",
    }  # fmt: skip


def test_an_iterators_text_is_there_too() -> None:
    cell = stream_cell(lambda: ["a", "b"], display=False)
    cell.result(TIMEOUT)
    assert [one.data["text"] for one in cell.log if one.kind == "text"] == ["a", "b"]


def test_no_secret_is_in_it(server: RehearsalServer) -> None:
    cell = ask(server, "echo")
    cell.result(TIMEOUT)
    assert "request" in cell.log.to_jsonl()
    assert SECRET not in cell.log.to_jsonl()
    told = stream_cell(lambda: [f"The key is {SECRET}."], display=False)
    told.result(TIMEOUT)
    assert SECRET in told.text  # the answer is the user's, the log may be sent to others
    assert SECRET not in told.log.to_jsonl()


@pytest.mark.parametrize("fields", [{"error": {"message": "no such key: plain-key-42", "type": "x"}}])
def test_a_key_of_any_look_that_a_server_says_back_is_not_in_it(fields: dict[str, Any]) -> None:
    with wire_server(sends(event(fields))) as wire:
        client = openai.AsyncOpenAI(api_key="plain-key-42", base_url=wire.address)
        cell = stream_cell("Why?", client=client, model="m", api="chat", display=False, retry=1)
        with pytest.raises(ProviderFailed) as failed:
            cell.result(TIMEOUT)
    assert any(one.kind == "chunk" for one in cell.log)
    for told in (cell.log.to_jsonl(), str(failed.value), repr(failed.value), str(cell.error)):
        assert "no such key" in told
        assert "plain-key-42" not in told


def test_it_is_bounded_and_says_what_has_gone() -> None:
    log = Log(limit=3_000)
    for number in range(100):
        log.add(Entry(number, 1, "chunk", {"data": "x" * 400}))
    assert (len(log), log.dropped, log[-1].at) == (3, 97, 99)
    log.add(Entry(100, 1, "chunk", {"data": "x" * 9_000}))
    assert len(log) == 1
    assert "100 dropped" in repr(log)


def test_what_is_packed_reads_as_it_was_written() -> None:
    entries = [Entry(0.25, 1, "response", {"status": 200, "headers": {"a": "b"}, "request_id": None})]
    entries += [Entry(number, 1, "chunk", {"data": f"{number} \ud800 ü " * 300}) for number in range(600)]
    log = Log()
    for entry in entries:
        log.add(entry)
    loose = list(log)
    log.pack()
    kept = entries[log.dropped :]
    assert log.dropped > 0
    assert list(log) == loose == kept
    assert [log[0], log[-1], log[len(kept) // 2]] == [kept[0], kept[-1], kept[len(kept) // 2]]
    for index in (len(kept), -len(kept) - 1):
        with pytest.raises(IndexError):
            log[index]


def test_all_logs_together_are_bounded_and_the_oldest_entries_go() -> None:
    shelf = Shelf(limit=3_000)
    logs = [Log(shelf=shelf) for _ in range(20)]
    for number, log in enumerate(logs):
        for at in range(50):
            log.add(Entry(at, 1, "chunk", {"data": f"{number} {at} {hash((number, at))}"}))
        log.pack()
    assert sum(log.packed for log in logs) <= shelf.limit
    assert (len(logs[0]), logs[0].dropped) == (0, 50)
    assert (len(logs[-1]), logs[-1].dropped) == (50, 0)


@pytest.mark.parametrize("limit", [-1, 1.5, True, "1"])
def test_a_limit_of_all_logs_is_a_number_of_bytes(limit: Any) -> None:
    with pytest.raises(ValueError, match="log_limit"):
        configure(log_limit=limit)


def test_an_answer_of_two_kilobytes_keeps_little_beside_its_text(server: RehearsalServer) -> None:
    client = openai.AsyncOpenAI(api_key=SECRET, base_url=server.base_url)

    def answered() -> StreamCell:
        # One after the other: the connections of answers that come side by side would be counted with them.
        cell = stream_cell("Explain entropy", client=client, model="bulk?characters=2000", display=False)
        assert len(cell.result(TIMEOUT)) == 2_000
        return cell

    answered()
    tracemalloc.start()
    try:
        cells = [answered() for _ in range(12)]
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] / len(cells)
    finally:
        tracemalloc.stop()
    assert all(len(cell.log) > 400 for cell in cells)
    # In it is what the server keeps in this process, some 20 kB. Without packing it is over 400 kB.
    assert kept < 120_000


def test_a_complaint_in_the_standard_log_says_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """Each of ours with a traceback: an exception that is not ours may say one."""
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("streamcell").exception("a source raised for %s", SECRET)
    assert "a source raised for " in caplog.text
    assert "ValueError: invalid literal" in caplog.text
    assert SECRET not in caplog.text
    assert [one.exc_info for one in caplog.records] == [None]


def test_it_goes_to_the_standard_logger(server: RehearsalServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="streamcell"):
        cell = ask(server, "cut?after=3")
        with pytest.raises(Interrupted):
            cell.result(TIMEOUT)
    records = [one for one in caplog.records if one.name == "streamcell"]
    assert len(records) == len(cell.log)
    assert {one.levelname for one in records if one.getMessage().startswith("chunk")} == {"DEBUG"}
    last = vars(records[-1])
    assert last["gen_ai.request.model"] == "cut?after=3"
    assert last["error.type"] == "Interrupted"
    assert last["server.address"] == "127.0.0.1"
    assert SECRET not in caplog.text


def test_each_attempt_is_a_span(server: RehearsalServer, spans: InMemorySpanExporter) -> None:
    spans.clear()
    with pytest.raises(RateLimited):
        ask(server, "rate_limit").result(TIMEOUT)
    ask(server, "tour").result(TIMEOUT)
    first, second, whole = spans.get_finished_spans()
    assert [one.name for one in (first, whole)] == ["chat rate_limit", "chat tour"]
    assert {one.status.is_ok for one in (first, second)} == {False}
    assert (first.attributes or {})["http.response.status_code"] == 429
    attributes = dict(whole.attributes or {})
    assert whole.status.is_ok
    assert attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert isinstance(attributes["gen_ai.usage.output_tokens"], int)


WORDS = ["Entropy", "token: thermodynamics", "password: swordfish", "api_key=YOUR_API_KEY", "sk-toggleable__control"]


@pytest.mark.parametrize("word", WORDS)
def test_the_words_of_an_answer_stay_in_it(word: str, caplog: pytest.LogCaptureFixture) -> None:
    logprobs = {"content": [{"token": word, "logprob": -0.25, "top_logprobs": [{"token": word, "logprob": -0.25}]}]}
    choice = {"index": 0, "delta": {"content": word}, "logprobs": logprobs, "finish_reason": None}
    chunk = {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}
    with wire_server(sends(event(chunk), *ended("chat"))) as wire, caplog.at_level(logging.DEBUG, logger="streamcell"):
        client = openai.AsyncOpenAI(api_key="test", base_url=wire.address)
        cell = stream_cell("Why?", client=client, model="m", api="chat", display=False, retry=1)
        assert cell.result(TIMEOUT) == word
    assert next(json.loads(one.data["data"]) for one in cell.log if one.kind == "chunk") == chunk
    assert any(record.getMessage().count(word) == 3 for record in caplog.records)


@pytest.mark.parametrize("key", ["test", "ollama", "word"])
def test_a_key_that_is_a_word_takes_no_letters_out_of_others(key: str) -> None:
    text = f"a {key}ing word, and {key}s"
    with wire_server(sends(*ended("chat", [text]))) as wire:
        client = openai.AsyncOpenAI(api_key=key, base_url=wire.address)
        cell = stream_cell("Why?", client=client, model="m", api="chat", display=False, retry=1)
        cell.result(TIMEOUT)
    assert f"{key}ing" in cell.log.to_jsonl()


class Counting(SpanProcessor):
    """Which spans were begun, and how often each was ended."""

    def __init__(self) -> None:
        self.begun: list[Any] = []
        self.ended: list[Any] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.begun.append(span)

    def on_end(self, span: Any) -> None:
        self.ended.append(span)


@pytest.fixture
def counting(spans: InMemorySpanExporter) -> Counting:  # which has set the provider
    processor = Counting()
    provider: Any = trace.get_tracer_provider()
    provider.add_span_processor(processor)
    return processor


def when(cell: StreamCell, holds: Callable[[], bool]) -> StreamCell:
    for _ in range(6_000):
        if holds():
            return cell
        time.sleep(0.005)
    raise AssertionError(cell.status)


def at(cell: StreamCell, *statuses: str) -> StreamCell:
    return when(cell, lambda: cell.status in statuses)


def in_the_line(cell: StreamCell) -> StreamCell:
    return when(cell, lambda: cell._stream.document.queue_position is not None)


NO_ROUTE = answers({"error": {"message": "Not Found"}}, status="404 Not Found")
WHOLE = sends(*ended("chat", ["yes"]))


def of_wire(*plays: Any, **options: Any) -> StreamCell:
    with wire_server(*plays) as wire:
        client = openai.AsyncOpenAI(api_key="-", base_url=wire.address)
        cell = stream_cell("Why?", **{"client": client, "model": "m", "display": False, "retry": 1, **options})
        return at(cell, "done", "stopped", "failed", "interrupted")


def stopped(server: RehearsalServer, model: str, *statuses: str) -> StreamCell:
    cell = at(ask(server, model, api="chat"), *statuses)
    cell.stop()
    return at(cell, "stopped")


def stopped_in_the_line(server: RehearsalServer) -> StreamCell:
    configure(max_concurrency=1)
    try:
        first = at(ask(server, "stall?after=1&seconds=60", api="chat"), "streaming")
        second = in_the_line(ask(server, "stall?after=1&seconds=60", api="chat"))
        second.stop()
        first.stop()
        at(first, "stopped")
        return at(second, "stopped")
    finally:
        configure(max_concurrency=None)


def hurried_out_of_the_line(_: RehearsalServer) -> StreamCell:
    slow_down = answers({"error": {"message": "Slow down."}}, status="429 Too Many Requests", retry_after="50")
    with wire_server(slow_down, WHOLE) as wire:
        client = openai.AsyncOpenAI(api_key="-", base_url=wire.address)
        options: Any = {"client": client, "model": "m", "api": "chat", "display": False, "retry": 1}
        at(stream_cell("One", **options), "failed")
        cell = in_the_line(stream_cell("Two", **options))
        cell.retry()
        return at(cell, "done")


def retried(server: RehearsalServer) -> StreamCell:
    cell = at(ask(server, "cut?after=3,tour", api="chat"), "interrupted")
    cell.retry()
    return at(cell, "done")


def resumed(server: RehearsalServer) -> StreamCell:
    cell = at(ask(server, "cut?after=3", api="chat"), "interrupted")
    cell.resume()
    return at(cell, "done")


ENDINGS: dict[str, tuple[Callable[[RehearsalServer], StreamCell], list[str | None]]] = {
    "done": (lambda server: at(ask(server, "tour"), "done"), [None]),
    "cut": (lambda server: at(ask(server, "cut?after=3"), "interrupted"), ["Interrupted"]),
    "refused twice": (lambda server: at(ask(server, "rate_limit"), "failed"), ["RateLimited", "RateLimited"]),
    "retried": (retried, ["Interrupted", None]),
    "resumed": (resumed, ["Interrupted", None]),
    "stopped in the midst": (lambda server: stopped(server, "stall?after=1&seconds=60", "streaming"), [None]),
    "stopped before": (lambda server: stopped(server, "slow_head?seconds=60", "connecting"), [None]),
    "stopped in a wait": (lambda server: stopped(server, "rate_limit?retry_after=50", "waiting"), ["RateLimited"]),
    "stopped in the line": (stopped_in_the_line, [None, None]),
    "hurried out of the line": (hurried_out_of_the_line, ["RateLimited", None, None]),
    "no such API": (lambda _: of_wire(NO_ROUTE, WHOLE), ["404", None]),
    "no API at all": (lambda _: of_wire(NO_ROUTE, NO_ROUTE), ["404", "NotAStream"]),
    "no connection": (
        lambda _: of_wire(client=openai.AsyncOpenAI(api_key="-", base_url="http://127.0.0.1:9/v1")),
        ["ConnectionFailed"],
    ),
    "an iterator": (lambda _: at(stream_cell(lambda: ["x"], display=False), "done"), []),
}


@pytest.mark.parametrize(("play", "errors"), ENDINGS.values(), ids=ENDINGS.keys())
def test_every_span_is_ended_once_and_only_errors_are_errors(
    play: Callable[[RehearsalServer], StreamCell], errors: list[str | None], server: RehearsalServer, counting: Counting
) -> None:
    cell = play(server)
    cell._stream.take(Select(9))  # whatever the driver had to do before it has done
    assert len(counting.begun) == len(counting.ended) == len(errors)
    assert sorted(str(dict(one.attributes or {}).get("error.type")) for one in counting.ended) == sorted(
        map(str, errors)
    )
    for span in counting.ended:
        failed = "error.type" in (span.attributes or {})
        assert (span.status.status_code is StatusCode.ERROR) == failed


def test_a_span_is_ended_though_a_handler_raises(
    server: RehearsalServer, counting: Counting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(logging.getLogger("streamcell"), "handle", fail)
    with caplog.at_level(logging.INFO, logger="streamcell"):
        assert ask(server, "tour").result(TIMEOUT)
    assert (len(counting.begun), len(counting.ended)) == (1, 1)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://ours.openai.azure.com/openai", "azure.ai.openai"),
        ("https://ours.cognitiveservices.azure.com/openai/v1", "azure.ai.openai"),
        ("https://ours.services.ai.azure.com/models", "azure.ai.inference"),
        ("https://api.mistral.ai/v1", "mistral_ai"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.x.ai/v1", "x_ai"),
        ("https://api.perplexity.ai", "perplexity"),
        ("https://api.anthropic.com/v1", "anthropic"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gcp.gemini"),
        ("https://europe-west1-aiplatform.googleapis.com/v1", "gcp.vertex_ai"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1", "aws.bedrock"),
        ("https://bedrock-mantle.us-east-1.api.aws/v1", "aws.bedrock"),
        ("https://openrouter.ai/api/v1", "openrouter.ai"),
        ("https://api.openai.com.example.org/v1", "api.openai.com.example.org"),
        ("https://myapi.x.ai.example/v1", "myapi.x.ai.example"),
        ("http://127.0.0.1:8000/v1", "127.0.0.1"),
        ("", "unknown"),
    ],
)
def test_the_provider_has_the_conventions_name_or_its_hosts_own(endpoint: str, name: str) -> None:
    assert provider_of(endpoint) == name


def test_a_handler_that_raises_harms_no_answer(
    server: RehearsalServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(logging.getLogger("streamcell"), "handle", fail)
    with caplog.at_level(logging.INFO, logger="streamcell"):
        assert ask(server, "tour").result(TIMEOUT)
