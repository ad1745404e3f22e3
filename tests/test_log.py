"""The log: all that happened, in order, bounded, without secrets, and told to `logging` and OpenTelemetry."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from streamcell import Interrupted, ProviderFailed, RateLimited, RetryPolicy, StreamCell, stream_cell
from streamcell._log import Entry, Log
from streamcell.rehearsal import RehearsalServer

from .sources.wire_server import event, sends, wire_server

TIMEOUT = 30.0
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
    retry = RetryPolicy(attempts=2, base=0.0)
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


def test_a_handler_that_raises_harms_no_answer(server: RehearsalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    logger = logging.getLogger("streamcell")
    monkeypatch.setattr(logger, "handle", fail)
    monkeypatch.setattr(logger, "level", logging.INFO)
    assert ask(server, "tour").result(TIMEOUT)
