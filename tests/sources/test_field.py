"""What servers really send, over real HTTP with the real SDK: each case ends as a user would wish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamcell.answer.finish import Meaning, finish_of

from . import tables
from .field import CASES, PAIRS, ask, flaws, playing, rows
from .wire_server import event

Rows = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def found() -> Rows:
    return rows()


@pytest.mark.parametrize(("name", "api"), PAIRS, ids=[f"{name}-{api}" for name, api in PAIRS])
def test_what_a_server_sends_ends_as_it_should(name: str, api: str, found: Rows) -> None:
    want = CASES[name]["want"]
    assert want
    row = found[name, api]
    assert not flaws(want, row), {key: value for key, value in row.items() if key != "log"}


@pytest.mark.parametrize(("name", "api"), PAIRS, ids=[f"{name}-{api}" for name, api in PAIRS])
def test_the_log_has_what_the_server_sent(name: str, api: str, found: Rows) -> None:
    replies = [reply for path in CASES[name]["apis"][api].values() for reply in path]
    log = [json.loads(line) for line in found[name, api]["log"].splitlines()]
    chunks = "\n".join(entry["data"] for entry in log if entry["kind"] == "chunk")
    sent = "".join(step.get("send", "") for step in replies[0]["steps"])
    words = CASES[name]["want"].get("error_says", "")
    first = next(line for line in sent.splitlines() if line.strip() and not line.startswith((":", "event:")))
    assert first.removeprefix("data: ").removeprefix("error: ") in chunks
    assert words in chunks or words in " ".join(entry.get("message", "") for entry in log)


WORDS = {Meaning.CANCELLED: "canceled", Meaning.UNKNOWN: "moon", Meaning.LIMIT: "MAX_TOKENS", Meaning.TROUBLE: "abort"}
WORDS |= {Meaning.WHOLE: "end_turn", Meaning.FILTERED: "SAFETY", Meaning.TOOL: "tool_use"}


@pytest.mark.parametrize("meaning", Meaning)
def test_the_documentation_says_what_a_finish_reason_becomes(meaning: Meaning) -> None:
    assert finish_of(WORDS[meaning]).meaning is meaning
    text = event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Rivers"}}]})
    delta = {"tool_calls": [{"function": {"name": "depth"}}]} if meaning is Meaning.TOOL else {}
    end = event({"object": "chat.completion.chunk", "choices": [{"delta": delta, "finish_reason": WORDS[meaning]}]})
    steps = [{"send": one.decode()} for one in (text, end, b"data: [DONE]\n\n")]
    with playing({"chat/completions": [{"steps": steps}]}) as server:
        row = ask(server, "chat")
    shown, offered = tables.SHOWN[meaning]
    assert row["text"] == "Rivers"
    assert row["status"] == {"Interrupted": "interrupted", "Stopped": "stopped"}.get(shown.partition(":")[0], "done")
    assert (row["resumable"] is not None) == ("Continue" in offered)
    assert ("notice" in shown) == bool(row["notice"])
    assert meaning is not Meaning.UNKNOWN or "moon" in row["notice"]


def test_the_documentation_says_what_happens(found: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    table = tables.field(found)
    with capsys.disabled():
        print("\n" + table)
    assert tables.kept("field") == table.splitlines(), "`make tables` writes the tables anew"
