"""Tools that the provider runs, reasoning and commentary: over HTTP from the rehearsal server, and as servers err."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import stream_cell
from streamcell.answer.document import Version, reduce
from streamcell.answer.events import Alive, Event
from streamcell.answer.parts import Commentary, HostedTool, Part, Reasoning, ToolCall
from streamcell.notebook.output import markdown_of
from streamcell.rehearsal import RehearsalServer
from streamcell.sources.openai.hosted import TOOLS
from streamcell.sources.openai.responses import ResponsesDecoder
from tests.sources.chunks import ends
from tests.sources.wire_server import WireServer, wire_server

TIMEOUT = 60
THOUGHT = "**Looking it up**\n\nThe question is about rivers. I search first, and then I count."


def asked(model: str, api: str = "responses", **options: Any) -> Any:
    if api == "responses":
        options["reasoning"] = {"summary": "auto"}
    return stream_cell("Which river is the longest?", model=f"rehearsal/{model}", api=api, display=False, **options)


def parts_of(*chunks: object) -> list[Part]:
    """Return the parts that events of the Responses API make."""
    decoder, version = ResponsesDecoder(), Version()
    for chunk in chunks:
        for event in decoder.feed(chunk):
            version = reduce(version, event)
    return list(version.parts)


def tools(parts: Any) -> list[HostedTool]:
    return [part for part in parts if isinstance(part, HostedTool)]


def done(item: object, index: int = 0) -> dict[str, object]:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def added(item: object, index: int = 0) -> dict[str, object]:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_what_a_responses_answer_did_is_shown_in_its_order_and_its_text_is_the_answer_only() -> None:
    cell = asked("hosted?rate=0")
    assert cell.result(TIMEOUT).startswith("The **Nile**")
    kinds = ["reasoning", "commentary", *["hosted_tool"] * 4, "text", "tool_call"]
    assert [part.kind for part in cell.parts] == kinds
    assert cell.parts[0].text == THOUGHT
    assert "look up" in cell.parts[1].text
    assert "look up" not in cell.text
    assert [(one.title, one.state) for one in tools(cell.parts)] == [
        ("Web search", "completed"),
        ("File search", "completed"),
        ("Code interpreter", "completed"),
        ("MCP tool: atlas · coordinates", "completed"),
    ]
    search, files, code, mcp = tools(cell.parts)
    assert (search.asked, [one["url"] for one in search.links]) == (
        "longest rivers of the world",
        ["https://example.org/rivers", "https://example.com/lengths?unit=km"],
    )
    assert (files.asked, files.came) == ("length of the Nile", "1. atlas.pdf (0.82)\nThe Nile is 6,650 km long.")
    assert code.asked.startswith("rivers = {")
    assert (code.code, code.came) == (True, "Nile: 6,650 km\nAmazon: 6,400 km")
    assert (mcp.asked, mcp.came) == ('{"place":"Cairo"}', "30.04 N, 31.24 E")
    assert cell.notice is None


def test_chat_completions_show_what_their_servers_say_of_it() -> None:
    cell = asked("hosted?rate=0", "chat")
    assert cell.result(TIMEOUT).startswith("The **Nile**")
    assert [part.kind for part in cell.parts] == ["reasoning", "hosted_tool", "text"]
    assert cell.reasoning == THOUGHT
    (search,) = tools(cell.parts)
    assert (search.title, search.state, search.links[0]) == (
        "Tool: search",
        "completed",
        {"url": "https://example.org/rivers", "title": "Rivers"},
    )


def test_a_tool_that_fails_says_so_and_why() -> None:
    cell = asked("hosted?rate=0&fail=1")
    cell.result(TIMEOUT)
    assert [one.state for one in tools(cell.parts)] == ["failed", "completed", "failed", "failed"]
    assert tools(cell.parts)[3].error == "The server did not answer."


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_hostile_values_stay_text_and_saved_markdown_has_no_markup_of_theirs(api: str) -> None:
    cell = asked("hosted?rate=0&hostile=1", api)
    cell.result(TIMEOUT)
    assert all(isinstance(link["url"], str) for one in tools(cell.parts) for link in one.links)
    saved = markdown_of(cell._stream.view)
    outside = "\n".join(saved.split("``````")[::2])  # a fence longer than any run of back-ticks in what it holds
    assert "<script" not in outside
    assert "<img" not in outside


@pytest.fixture
def server() -> Iterator[RehearsalServer]:
    with RehearsalServer() as started:
        yield started


def test_an_answer_that_is_cut_in_a_tools_midst_keeps_what_has_come(server: RehearsalServer) -> None:
    body = b'{"model": "rehearsal/hosted?rate=0", "input": "Rivers", "stream": true}'
    head = {"content-type": "application/json", "authorization": "Bearer -"}
    request = urllib.request.Request(f"{server.base_url}/responses", body, head)  # ours
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        stream = response.read()
    cut = stream[: stream.index(b"event: response.code_interpreter_call_code.done")]

    def play(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + cut)

    with wire_server(play) as wire:
        client = _client(wire)
        cell = stream_cell("Rivers", model="m", client=client, api="responses", retry=1, display=False)
        with pytest.raises(Exception, match="end mark"):
            cell.result(TIMEOUT)
    assert cell.status == "interrupted"
    last = tools(cell.parts)[-1]
    assert (last.title, last.state, last.open) == ("Code interpreter", "in_progress", False)
    assert last.asked.startswith("rivers = {")


def _client(wire: WireServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="-", base_url=wire.address)


# -- states and pieces -------------------------------------------------------------------------------------------------


def test_states_come_live_and_code_grows_by_deltas() -> None:
    decoder, version, seen = ResponsesDecoder(), Version(), []
    item = {"type": "code_interpreter_call", "id": "c", "status": "in_progress", "code": ""}
    for chunk in (
        added(item),
        {"type": "response.code_interpreter_call_code.delta", "item_id": "c", "delta": "pri"},
        {"type": "response.code_interpreter_call_code.delta", "item_id": "c", "delta": "nt(1)"},
        {"type": "response.code_interpreter_call.interpreting", "item_id": "c"},
        done({**item, "status": "completed", "code": "print(1)", "outputs": [{"type": "logs", "logs": "1\n"}]}),
    ):
        for event in decoder.feed(chunk):
            version = reduce(version, event)
        (tool,) = tools(version.parts)
        seen.append((tool.asked, tool.state, tool.came, tool.open))
    assert seen == [
        ("", "in_progress", "", True),
        ("pri", "in_progress", "", True),
        ("print(1)", "in_progress", "", True),
        ("print(1)", "interpreting", "", True),
        ("print(1)", "completed", "1", False),
    ]


def test_a_result_that_is_an_item_of_its_own_belongs_to_its_call() -> None:
    call = {
        "type": "shell_call",
        "id": "s",
        "call_id": "k",
        "status": "completed",
        "action": {"commands": ["ls", "pwd"]},
    }
    output = {"outcome": {"type": "exit", "exit_code": 2}, "stdout": "a\n", "stderr": "no\n"}
    answer = {"type": "shell_call_output", "id": "o", "call_id": "k", "status": "completed", "output": [output]}
    (tool,) = parts_of(done(call), done(answer, 1), ends(output=[call, answer]))
    assert isinstance(tool, HostedTool)
    assert (tool.title, tool.asked, tool.came, tool.state) == ("Shell", "ls\npwd", "a\nno\n(exit code 2)", "completed")


def test_what_is_left_to_the_client_says_that_it_was_not_run() -> None:
    (tool,) = tools(parts_of(done({"type": "computer_call", "id": "c", "call_id": "k", "action": {"type": "wait"}})))
    assert (tool.asked, tool.state) == ("wait", "requested")
    assert "does not run it" in tool.note


def test_a_request_for_approval_is_a_call_however_it_comes() -> None:
    item = {"type": "mcp_approval_request", "id": "a", "name": "delete", "server_label": "s\u202e", "arguments": "{}"}
    end = ends(id="resp_1", output=[item])
    for chunks in ([added(item), done(item), end], [done(item), end], [end]):
        (call,) = parts_of(*chunks)
        assert isinstance(call, ToolCall)
        assert (call.label, call.call_id, call.arguments) == ("s\ufffd · delete", "a", "{}")


def test_what_comes_twice_is_shown_once() -> None:
    item = {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search", "query": "q"}}
    state = {"type": "response.web_search_call.completed", "item_id": "w"}
    assert len(parts_of(added(item), state, done(item), state, done(item), ends(output=[item]))) == 1


def test_a_message_that_is_commentary_is_told_apart_however_it_comes() -> None:
    content = [{"type": "output_text", "text": "I look."}]
    item = {"type": "message", "id": "m", "phase": "commentary", "content": content}
    final = {
        "type": "message",
        "id": "f",
        "phase": "final_answer",
        "content": [{"type": "output_text", "text": "It is."}],
    }
    delta = {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0}
    streamed = [added({**item, "content": []}), {**delta, "delta": "I "}, {**delta, "delta": "look."}]
    for chunks in ([*streamed, done(item), done(final, 1)], [done(item), done(final, 1)], [ends(output=[item, final])]):
        parts = parts_of(*chunks)
        assert [(part.kind, part.body) for part in parts] == [("commentary", "I look."), ("text", "It is.")]
    assert Commentary(text="One.\n\nTwo.").markdown() == "> One.\n>\n> Two."


# -- what servers may say ----------------------------------------------------------------------------------------------

_KEYS = st.sampled_from(
    [
        "action",
        "query",
        "queries",
        "url",
        "sources",
        "results",
        "outputs",
        "logs",
        "code",
        "type",
        "operation",
        "error",
        "message",
        "tools",
        "name",
        "status",
        "output",
        "stdout",
        "outcome",
        "exit_code",
        "actions",
        "commands",
        "environment",
        "server_label",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud83d"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
EVENT = st.one_of(
    st.builds(
        lambda kind, item, moment: {"type": f"response.output_item.{moment}", "item": {**item, "type": kind}},
        st.sampled_from(sorted(TOOLS)),
        st.dictionaries(_KEYS | st.sampled_from(["id", "call_id", "phase"]), JSON, max_size=6),
        st.sampled_from(["added", "done"]),
    ),
    st.builds(
        lambda name, fields: {**fields, "type": f"response.{name}"},
        st.sampled_from(
            [
                *("web_search_call.searching", "mcp_call.failed", "code_interpreter_call_code.delta"),
                *("mcp_call_arguments.delta", "mcp_call_arguments.done", "shell_call_command.delta"),
                *("shell_call_command.done", "shell_call_output_content.delta", "shell_call_output_content.done"),
            ]
        ),
        st.dictionaries(
            st.sampled_from(["item_id", "output_index", "delta", "arguments", "command", "command_index", "output"]),
            JSON,
            max_size=5,
        ),
    ),
)


@given(st.lists(EVENT, max_size=12))
def test_values_of_any_type_make_text_that_can_be_sent(chunks: list[dict[str, object]]) -> None:
    for part in tools(parts_of(*chunks)):
        for text in (part.title, part.asked, part.came, part.error, part.note, *(link["url"] for link in part.links)):
            text.encode()
        assert part.title


def test_everything_is_bounded() -> None:
    many = [{"type": "url", "url": f"https://example.org/{number}"} for number in range(1000)]
    item = {
        "type": "web_search_call",
        "id": "w",
        "action": {"query": "q" * 10**6, "sources": [*many, {"url": "u" * 10**6}]},
        "error": "e" * 10**6,
    }
    code = {"type": "response.code_interpreter_call_code.delta", "item_id": "c", "delta": "x" * 15_000}
    call = {"type": "mcp_call", "id": "m", "name": "n" * 10_000}
    parts = tools(parts_of(done(item), *[code] * 9, done(call, 2)))
    assert max(len(one.asked) for one in parts) <= 20_001
    assert len(parts[0].links) <= 50
    assert max(len(one.title) for one in parts) <= 600
    assert len(parts[0].error) <= 501
    lots = parts_of(*(done({"type": "mcp_list_tools", "id": f"l{number}"}, number) for number in range(400)))
    assert len(lots) == 200


def test_what_a_command_writes_is_not_sent_again_with_each_piece() -> None:
    decoder = ResponsesDecoder()
    piece = {"type": "response.shell_call_output_content.delta", "item_id": "o", "delta": {"stdout": "0123456789"}}
    events: list[Event] = [event for _ in range(1000) for event in decoder.feed(piece)]
    assert sum(not isinstance(event, Alive) for event in events) < 15


def test_a_thought_says_how_long_it_took() -> None:
    cell = asked("hosted?rate=0")
    cell.result(TIMEOUT)
    (thought,) = [part for part in cell.parts if isinstance(part, Reasoning)]
    assert thought.seconds is not None


MCP = {"type": "mcp", "server_label": "atlas", "server_url": "https://example.org/mcp", "require_approval": "always"}


@pytest.mark.parametrize(
    ("approve", "state", "said"),
    [
        (True, "done", "The map is deleted."),
        (False, "denied", "Then the map stays."),
        (None, "denied", "Then the map stays."),  # nobody can be asked
        (lambda name, _: name == "atlas · delete_map", "done", "The map is deleted."),
    ],
)
def test_a_request_for_approval_is_decided_and_the_answer_goes_on(approve: Any, state: str, said: str) -> None:
    cell = asked("hosted?rate=0", tools=[MCP], approve=approve)
    assert cell.result(TIMEOUT).endswith(said)
    (call,) = [part for part in cell.parts if isinstance(part, ToolCall)]
    assert (call.label, call.state) == ("atlas · delete_map", state)
    assert [one.title for one in tools(cell.parts)[4:]] == (["MCP tool: atlas · delete_map"] if state == "done" else [])
    assert "approv" in call.markdown() if state == "done" else "denied" in call.markdown()
