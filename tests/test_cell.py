"""The cell without a page: the call, the driver, commands and results, over real HTTP with the real SDK."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import openai
import pytest

import streamcell
from streamcell import StreamCell, configure, stream_cell
from streamcell.rehearsal import RehearsalServer

from .sources.wire_server import Play, answers, ended, held, sends, wire_server

if TYPE_CHECKING:
    from typing_extensions import Self
from streamcell.wire.messages import MOMENTARY

TIMEOUT = 300.0


@pytest.fixture(scope="module")
def client(server: RehearsalServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="sk-cell-secret", base_url=server.base_url)


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[StreamCell, list[dict[str, Any]]]:
    """Every custom message, by the cell that sends it."""
    messages: dict[StreamCell, list[dict[str, Any]]] = defaultdict(list)
    monkeypatch.setattr(StreamCell, "send", lambda cell, content, buffers=None: messages[cell].append(content))
    return messages


def until(cell: StreamCell, *statuses: str, text: int = 0) -> None:
    """Wait until the cell has one of these statuses and so many characters."""
    reached = threading.Event()

    def look(_change: object) -> None:
        if cell.status in statuses and len(cell.text) >= text:
            reached.set()

    cell.observe(look, ["status", "text"])
    look(None)
    assert reached.wait(TIMEOUT), (cell.status, cell.error, len(cell.text))
    cell.unobserve(look, ["status", "text"])


@pytest.mark.parametrize("api", ["auto", "responses", "chat"])
def test_the_answer_streams_and_is_whole(api: str, client: openai.AsyncOpenAI) -> None:
    prompt = "Grüße, 👩\u200d🚀 und שלום"
    cell = stream_cell(prompt, model="echo", client=client, api=api)
    assert cell.result(TIMEOUT) == prompt
    assert (cell.text, cell.status, cell.finish_reason) == (prompt, "done", "stop")
    assert cell.usage is not None
    assert cell.usage["output_tokens"] > 0
    assert cell.origin["api"] in ("Responses API", "Chat Completions")


class Held:
    """A server that holds its first answers until the test has looked."""

    def __init__(self, *plays: Play) -> None:
        self.gate = threading.Event()
        first, *others = plays
        self._serving = wire_server(held(self.gate, first), *others)

    def __enter__(self) -> Self:
        self.wire = self._serving.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self.gate.set()
        self._serving.__exit__(*raised)

    def ask(self, **options: Any) -> StreamCell:
        client = openai.AsyncOpenAI(api_key="-", base_url=self.wire.address)
        return stream_cell("x", model="m", client=client, api="chat", display=False, **options)


def test_the_call_returns_before_the_answer_and_await_gives_it() -> None:
    async def main(server: Held) -> str:
        cell = server.ask()
        assert cell.status in ("queued", "connecting")
        server.gate.set()
        return await cell

    with Held(sends(*ended("chat", ["hel", "lo"]))) as server:
        assert asyncio.run(main(server)) == "hello"


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_stop_in_mid_silence_closes_the_response_and_keeps_the_text(
    api: str, client: openai.AsyncOpenAI, server: RehearsalServer
) -> None:
    cell = stream_cell(f"silent {api}", model="stall?after=5&seconds=3600", client=client, api=api)
    until(cell, "streaming", text=10)
    cell.stop()
    assert cell.status == "stopped"
    server.wait_for(lambda one: f"silent {api}" in str(one.body) and one.ended == "closed_by_client", timeout=TIMEOUT)
    with pytest.raises(streamcell.Stopped) as stopped:
        cell.result(TIMEOUT)
    assert stopped.value.text == cell.text != ""
    assert stopped.value.request_id is not None
    assert cell.error is None
    before = cell.get_state()
    cell.stop()
    assert cell.get_state() == before


def test_stop_before_the_head_closes_the_request(client: openai.AsyncOpenAI, server: RehearsalServer) -> None:
    cell = stream_cell("before the head", model="echo?first_token=3600", client=client)
    server.wait_for(lambda one: "before the head" in str(one.body), timeout=TIMEOUT)
    cell.stop()
    server.wait_for(lambda one: "before the head" in str(one.body) and one.ended == "closed_by_client", timeout=TIMEOUT)
    assert cell.status == "stopped"


def test_retry_asks_again_and_keeps_the_former_version(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("x", model="stall?after=5&seconds=3600", client=client)
    until(cell, "streaming", text=10)
    with pytest.raises(RuntimeError, match=r"stop\(\) first"):
        cell.retry()
    cell.stop()
    partial = cell.text
    cell.retry()
    until(cell, "streaming", text=10)
    cell.stop()
    assert [version.text for version in cell.versions] == [partial, cell.text]
    assert (cell.version, cell.version_count) == (1, 2)
    cell.select(0)
    assert (cell.text, cell.version) == (partial, 0)
    cell.select(-1)
    assert cell.version == 1
    with pytest.raises(IndexError, match="2 versions"):
        cell.select(2)


def test_an_answer_without_an_end_mark_is_interrupted(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("x", model="cut?after=5", client=client)
    with pytest.raises(streamcell.Interrupted) as cut:
        cell.result(TIMEOUT)
    assert cell.status == "interrupted"
    assert cut.value.text == cell.text != ""
    assert cell.error is not None
    assert cell.error["kept"] == len(cell.text)


@pytest.mark.usefixtures("no_key")
def test_without_a_key_the_card_names_three_ways_out() -> None:
    cell = stream_cell("hello")
    with pytest.raises(streamcell.NoKey):
        cell.result(TIMEOUT)
    assert cell.status == "failed"
    assert cell.error is not None
    assert cell.error["kind"] == "no_key"
    assert [bool(step["code"]) for step in cell.error["next"]] == [True, True, True]


@pytest.mark.usefixtures("no_key")
def test_a_key_that_is_given_later_is_found_by_retry(monkeypatch: pytest.MonkeyPatch, server: RehearsalServer) -> None:
    cell = stream_cell("hello", model="echo")
    with pytest.raises(streamcell.NoKey):
        cell.result(TIMEOUT)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-now-there-is-one")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    cell.retry()
    assert cell.result(TIMEOUT) == "hello"
    assert len(cell.versions) == 1  # the failed attempt said nothing: no version of it


@pytest.mark.usefixtures("no_key")
def test_the_rehearsal_server_is_used_by_name_only_and_says_so() -> None:
    cell = stream_cell("hello", model="rehearsal/echo?rate=0&first_token=0")
    assert cell.result(TIMEOUT) == "hello"
    assert cell.origin["rehearsal"] is True


def test_the_key_is_nowhere(client: openai.AsyncOpenAI, sent: dict[StreamCell, list[dict[str, Any]]]) -> None:
    cell = stream_cell("hello", model="no-such-model", client=client)
    with pytest.raises(streamcell.ModelNotFound) as failed:
        cell.result(TIMEOUT)
    everything = f"{cell.get_state()} {sent[cell]} {failed.value} {cell.versions} {cell!r} {cell.request}"
    assert "sk-cell-secret" not in everything


def test_a_conversation_goes_on_with_previous(client: openai.AsyncOpenAI, server: RehearsalServer) -> None:
    first = stream_cell("one", model="echo", client=client, instructions="Be brief.")
    stalled = stream_cell("x", model="stall?after=1&seconds=3600", client=client)
    with pytest.raises(ValueError, match="still streaming"):
        stream_cell("two", previous=stalled, client=client)
    stalled.stop()
    first.result(TIMEOUT)
    second = stream_cell("two", model="echo", client=client, api="chat", previous=first, temperature=0.5)
    assert second.result(TIMEOUT) == "two"
    body = server.wait_for(lambda one: one.path.endswith("/chat/completions") and "two" in str(one.body)).body
    assert body is not None
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "two"},
    ]
    assert body["temperature"] == 0.5


def test_previous_brings_model_client_api_and_instructions(
    client: openai.AsyncOpenAI, server: RehearsalServer, no_key: None
) -> None:
    first = stream_cell("brought one", model="echo", client=client, api="chat", instructions="Be brief.")
    first.result(TIMEOUT)
    assert stream_cell("brought two", previous=first).result(TIMEOUT) == "brought two"
    anew = stream_cell("brought three", previous=first, model="tour", api="responses", instructions="Be long.")
    anew.result(TIMEOUT)
    bodies = [one.body for one in server.exchanges if "brought one" in str(one.body)]
    assert [body["model"] for body in bodies] == ["echo", "echo", "tour"]
    assert [body["messages"][0] for body in bodies[:2]] == [{"role": "system", "content": "Be brief."}] * 2
    assert bodies[2]["instructions"] == "Be long."


def test_previous_goes_on_from_the_version_that_is_shown(client: openai.AsyncOpenAI, server: RehearsalServer) -> None:
    first = stream_cell("shown one", model="echo,tour", client=client)
    first.result(TIMEOUT)
    first.retry()
    assert first.result(TIMEOUT) != "shown one"
    first.select(0)
    stream_cell("shown two", previous=first).result(TIMEOUT)
    (body,) = [one.body for one in server.exchanges if "shown two" in str(one.body)]
    assert body["input"][1] == {"role": "assistant", "content": "shown one"}


def test_previous_takes_what_a_stopped_answer_has_and_the_cell_says_so(
    client: openai.AsyncOpenAI, server: RehearsalServer
) -> None:
    cut = stream_cell("stopped one", model="stall?after=3&seconds=3600", client=client)
    until(cut, "streaming", text=1)
    cut.stop()
    until(cut, "stopped")
    cell = stream_cell("stopped two", previous=cut, model="echo")
    cell.result(TIMEOUT)
    assert "continues an answer that was stopped" in cell.origin["note"]
    (body,) = [one.body for one in server.exchanges if "stopped two" in str(one.body)]
    assert body["input"][1] == {"role": "assistant", "content": cut.text}


def test_previous_of_the_rehearsal_server_needs_no_key_and_another_client_no_rehearsal(
    client: openai.AsyncOpenAI, no_key: None
) -> None:
    first = stream_cell("one", model="rehearsal/echo?rate=0")
    first.result(TIMEOUT)
    assert stream_cell("two", previous=first).result(TIMEOUT) == "two"
    elsewhere = stream_cell("three", previous=first, client=client, model="echo")
    assert elsewhere.result(TIMEOUT) == "three"
    assert not elsewhere.origin["rehearsal"]
    back = stream_cell("four", previous=elsewhere, model="rehearsal/echo?rate=0")
    assert back.result(TIMEOUT) == "four"
    assert back.origin["rehearsal"]


def test_configure_sets_what_a_call_does_not_say(client: openai.AsyncOpenAI) -> None:
    configure(client=client, model="echo", retry=1)
    try:
        assert stream_cell("configured").result(TIMEOUT) == "configured"
    finally:
        configure(client=None, model=None, retry=None)


def test_retry_shows_the_new_version_at_once() -> None:
    gate = threading.Event()
    gate.set()

    def pieces() -> Iterator[str]:
        assert gate.wait(TIMEOUT)
        yield "a"

    cell = stream_cell(pieces, display=False)
    assert cell.result(TIMEOUT) == "a"
    gate.clear()
    cell.retry()
    assert (cell.text, cell.version, cell.version_count) == ("", 1, 2)
    gate.set()
    assert cell.result(TIMEOUT) == "a"


BUSY = answers({"error": {"message": "busy"}}, status="503 Busy", retry_after="0")


def test_a_passing_failure_is_tried_again_by_itself() -> None:
    seen: list[str] = []
    all_seen = threading.Event()

    def see(change: Any) -> None:
        seen.append(change["new"])
        if change["new"] == "done":
            all_seen.set()

    with Held(BUSY, BUSY, sends(*ended("chat", ["at last"]))) as server:
        cell = server.ask()
        cell.observe(see, "status")
        server.gate.set()
        assert cell.result(TIMEOUT) == "at last"
        assert len(server.wire.requests) == 3
    assert cell.attempt == 3
    assert all_seen.wait(TIMEOUT)
    assert seen.count("waiting") == 2
    assert len(cell.versions) == 1


def test_what_failed_is_not_tried_again_with_retry_1() -> None:
    with wire_server(BUSY, BUSY) as wire:
        client = openai.AsyncOpenAI(api_key="-", base_url=wire.address)
        with pytest.raises(streamcell.ProviderFailed):
            stream_cell("x", model="m", client=client, api="chat", retry=1).result(TIMEOUT)
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"prompt": ""}, ValueError, "empty"),
        ({"prompt": " \n"}, ValueError, "empty"),
        ({"prompt": []}, ValueError, "empty"),
        ({"prompt": None}, TypeError, "NoneType"),
        ({"prompt": 7}, TypeError, "int"),
        ({"prompt": b"x"}, TypeError, "bytes"),
        ({"prompt": {"content": "x"}}, TypeError, "that is no message"),
        ({"prompt": "x", "extra_headers": [("a", "b")]}, TypeError, "extra_headers must be a mapping, not list"),
        ({"prompt": "x", "extra_body": "top_k"}, TypeError, "extra_body must be a mapping, not str"),
        ({"prompt": [{"role": "user"}]}, TypeError, "content"),
        ({"prompt": [{"content": "x"}]}, ValueError, "role"),
        ({"prompt": ["x", {"role": "user", "content": "x"}]}, TypeError, "message 0"),
        ({"prompt": "x", "api": "soap"}, ValueError, "soap"),
        ({"prompt": "x", "model": ""}, TypeError, "model"),
        ({"prompt": "x", "client": object()}, TypeError, "client"),
        ({"prompt": "x", "retry": "often"}, TypeError, "retry"),
        ({"prompt": "x", "retry": 0}, ValueError, "attempts"),
        ({"prompt": "x", "retry": True}, TypeError, "retry"),
        ({"prompt": "x", "retry": SimpleNamespace(wait=len, attempts=0)}, ValueError, "attempts"),
        ({"prompt": "x", "retry": SimpleNamespace(wait=len, attempts=math.inf)}, ValueError, "attempts"),
        ({"prompt": "x", "stream": False}, ValueError, "stream"),
        ({"prompt": "x", "n": 2}, ValueError, "n="),
        ({"prompt": "x", "messages": []}, ValueError, "messages"),
        ({"prompt": "x", "previous": "y"}, TypeError, "previous"),
        ({"prompt": iter(["a"]), "retry": 3}, ValueError, "only once"),
        ({"prompt": ["a"], "model": "m"}, ValueError, "model"),
        ({"prompt": ["a"], "temperature": 1}, ValueError, "temperature"),
        ({"prompt": ["a"], "api": "chat"}, ValueError, "api"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    arguments: dict[str, Any], error: type[Exception], words: str, server: RehearsalServer
) -> None:
    before = len(server.exchanges)
    with pytest.raises(error, match=words):
        stream_cell(arguments.pop("prompt"), **arguments)
    assert len(server.exchanges) == before


def test_a_client_and_the_rehearsal_server_contradict_each_other(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(ValueError, match="client"):
        stream_cell("x", model="rehearsal", client=client)


def test_a_bare_iterator_cannot_be_retried_and_says_so() -> None:
    cell = stream_cell(iter(["a", "b"]))
    assert cell.result(TIMEOUT) == "ab"
    assert "callable" in (cell.retry_disabled_reason or "")
    with pytest.raises(ValueError, match="only once"):
        cell.retry()


def test_waiting_for_an_iterator_of_this_very_loop_is_refused_at_once() -> None:
    async def pieces() -> AsyncIterator[str]:
        await asyncio.sleep(0)
        yield "a"

    async def main() -> str:
        cell = stream_cell(pieces())
        with pytest.raises(RuntimeError, match="await cell"):
            cell.result(TIMEOUT)
        return await cell

    assert asyncio.run(main()) == "a"


def test_a_client_that_is_used_on_another_loop_is_copied(server: RehearsalServer) -> None:
    async def main() -> tuple[str, int]:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        await client.models.list()  # a connection of this loop is kept open now
        cell = stream_cell("copied", model="echo", client=client)
        text = cell.result(TIMEOUT)  # this loop is blocked: the copy needs nothing of it
        models = len((await client.models.list()).data)
        await client.close()
        return text, models

    text, models = asyncio.run(main())
    assert text == "copied"
    assert models > 0


def test_a_client_with_an_http_client_of_the_users_stays_on_its_loop(server: RehearsalServer) -> None:
    async def main() -> str:
        client = openai.AsyncOpenAI(
            api_key="-", base_url=server.base_url, http_client=openai.DefaultAsyncHttpxClient(trust_env=False)
        )
        await client.models.list()
        cell = stream_cell("at home", model="echo", client=client)
        with pytest.raises(RuntimeError, match="await cell"):
            cell.result(TIMEOUT)
        text = await cell
        await client.close()
        return text

    assert asyncio.run(main()) == "at home"


def test_a_timeout_of_result_leaves_the_stream_running(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("x", model="stall?after=3&seconds=3600", client=client)
    with pytest.raises(TimeoutError, match="continues to stream"):
        cell.result(0)
    until(cell, "streaming", text=1)
    cell.stop()


# The interrupt is asked for when the main thread waits in result(), and obeyed whoever has started this process.
INTERRUPTED = """
import signal, sys, threading
from streamcell import stream_cell

def ready(main):
    while not cell.text or sys._current_frames()[main].f_code.co_name != "wait":
        pass
    print("ready", flush=True)

signal.signal(signal.SIGINT, signal.default_int_handler)
cell = stream_cell("x", model="rehearsal/stall?after=5&rate=0&first_token=0&seconds=3600")
threading.Thread(target=ready, args=[threading.get_ident()], daemon=True).start()
try:
    cell.result()
except KeyboardInterrupt:
    print("stopped:", cell.status, len(cell.text) > 0, flush=True)
"""


def test_ctrl_c_in_result_stops_the_stream() -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=TIMEOUT)[0] == "stopped: stopped True\n"
        finally:
            process.kill()


def test_growing_text_is_sent_as_patches_and_never_whole(
    client: openai.AsyncOpenAI, sent: dict[StreamCell, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[set[str]] = []
    original = StreamCell.send_state

    def spy(self: StreamCell, key: Any = None) -> None:
        updates.append(set(key) if isinstance(key, (list, set)) else {key})
        original(self, key)

    monkeypatch.setattr(StreamCell, "send_state", spy)
    cell = stream_cell("x", model="bulk?characters=20000&chunks=4000&rate=8000", client=client)
    cell._on_page_message(cell, {"type": "hello", "wire": 2}, [])
    text = cell.result(TIMEOUT)
    patches = [message for message in sent[cell] if message["type"] == "patch"]
    ops = [op for message in patches for op in message["ops"]]
    pieces = [op[2] if op[0] == "grow" else op[2]["body"] for op in ops if op[0] in ("part", "grow")]
    assert "".join(pieces) == text
    assert max(map(len, pieces)) < len(text) / 2
    assert [message["seq"] for message in patches] == list(range(1, len(patches) + 1))
    assert len(json.dumps(sent[cell])) < 3 * len(text)
    assert not {name for names in updates for name in names} & {
        "_answer",
        "_epoch",
        "_seq",
        "text",
        "status",
        "usage",
    }


def test_a_page_that_says_hello_gets_one_snapshot_and_one_in_step_hears_that_somebody_is_there(
    client: openai.AsyncOpenAI, sent: dict[StreamCell, list[dict[str, Any]]]
) -> None:
    cell = stream_cell("hello", model="echo", client=client)
    cell.result(TIMEOUT)
    del sent[cell][:]
    state = cell.get_state()
    cell._on_page_message(cell, {"type": "hello", "wire": 2, "epoch": state["_epoch"], "seq": state["_seq"]}, [])
    cell._on_page_message(cell, {"type": "hello", "wire": 2}, [])
    cell._on_page_message(cell, {"type": "nonsense"}, [])
    cell.retry()  # taken after the two hellos: all are on one loop
    assert sent[cell][0] == {"type": "here", "epoch": state["_epoch"], "seq": state["_seq"]}
    assert sent[cell][1]["document"]["parts"] == [{"kind": "text", "text": True, "body": "hello"}]
    kinds = [(message["type"], message["epoch"]) for message in sent[cell][:3]]
    assert kinds == [("here", 1), ("snapshot", 1), ("snapshot", 2)]


def test_questions_that_come_together_are_answered_by_one_snapshot(
    client: openai.AsyncOpenAI, sent: dict[StreamCell, list[dict[str, Any]]]
) -> None:
    cell = stream_cell("hello", model="echo", client=client)
    cell.result(TIMEOUT)
    del sent[cell][:]
    place = {"epoch": cell.get_state()["_epoch"], "seq": cell.get_state()["_seq"]}
    for _ in range(3):  # a page that was cut off has asked from where it was, again and again
        cell._on_page_message(cell, {"type": "hello", "wire": 2, "epoch": 1, "seq": 0}, [])
    cell._on_page_message(cell, {"type": "hello", "wire": 2}, [])  # the snapshot did not come either
    cell.stop()
    assert [message["type"] for message in sent[cell]] == ["snapshot", "here", "here", "snapshot"]
    assert [{"epoch": message["epoch"], "seq": message["seq"]} for message in sent[cell]] == [place] * 4


def test_a_reloaded_page_reads_one_moment_from_the_traits(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("hello", model="echo", client=client)
    cell.result(TIMEOUT)
    state = cell.get_state()
    assert (state["text"], state["status"]) == ("hello", "done")
    document = state["_answer"]
    assert document["parts"] == [{"kind": "text", "text": True, "body": "hello"}]
    assert (document["status"], document["versions"]) == ("done", 1)
    assert not MOMENTARY & set(document)
    # ipywidgets asks for one trait, or for those without their defaults, where it saves a page's state.
    assert cell.get_state("_answer") == cell.get_state({"_answer"}) == {"_answer": document}
    assert cell.get_state(drop_defaults=True)["_answer"] == document


def test_a_page_of_another_wire_is_sent_the_text_alone_and_again_at_the_end(
    client: openai.AsyncOpenAI, sent: dict[StreamCell, list[dict[str, Any]]]
) -> None:
    cell = stream_cell("one two three", model="echo?rate=20", client=client)
    next(iter(cell))
    cell._on_page_message(cell, {"type": "hello", "wire": 1}, [])
    text = cell.result(TIMEOUT)
    plain = [message["document"]["text"] for message in sent[cell] if "text" in message.get("document", {})]
    assert plain[-1] == text
    assert text.startswith(plain[0])
    assert len(plain) == 2


def test_fifty_cells_stream_side_by_side(client: openai.AsyncOpenAI) -> None:
    cells = [stream_cell(f"cell {number}", model="echo", client=client, display=False) for number in range(50)]
    assert [cell.result(TIMEOUT) for cell in cells] == [f"cell {number}" for number in range(50)]


def test_closing_a_cell_stops_its_stream(client: openai.AsyncOpenAI, server: RehearsalServer) -> None:
    cell = stream_cell("to be closed", model="stall?after=5&seconds=3600", client=client)
    until(cell, "streaming", text=1)
    cell.close()
    server.wait_for(lambda one: "to be closed" in str(one.body) and one.ended == "closed_by_client", timeout=TIMEOUT)


def test_where_threads_cannot_start_the_running_loop_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamcell.engine import driver

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def pieces() -> AsyncIterator[str]:
        yield "no "
        yield "threads"

    async def main() -> str:
        cell = stream_cell(pieces)
        return await cell

    monkeypatch.setattr(driver, "_driver", None)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert asyncio.run(main()) == "no threads"
    monkeypatch.undo()
    configure()
