"""The main path against aimock, over both APIs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from openai import AsyncOpenAI

from streamcell import Interrupted, RateLimited, Stopped, stream_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell import StreamCell

LIMIT = 60.0


@pytest.fixture
def client(aimock_url: str) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=aimock_url, api_key="a-key-of-no-value")


@pytest.fixture(params=["responses", "chat"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(prompt: str, client: AsyncOpenAI, api: str) -> StreamCell:
    return stream_cell(prompt, model="gpt-x", client=client, api=api, retry=1, display=False)


def test_streams_to_the_end(client: AsyncOpenAI, api: str, answers: dict[str, str]) -> None:
    cell = ask("Explain entropy", client, api)
    assert cell.result(LIMIT) == answers["Explain entropy"]
    assert cell.status == "done"
    assert cell.text == answers["Explain entropy"]


def test_auto_takes_responses_and_says_so(client: AsyncOpenAI, answers: dict[str, str]) -> None:
    cell = ask("Explain entropy", client, "auto")
    assert cell.result(LIMIT) == answers["Explain entropy"]
    assert cell.origin["api"] == "Responses API"
    assert cell.origin["note"]


def test_the_answer_grows(client: AsyncOpenAI, api: str) -> None:
    cell = ask("Explain entropy", client, api)
    seen: list[str] = []
    cell.observe(lambda change: seen.append(change["new"]), names="text")
    whole = cell.result(LIMIT)
    # How often an observer is told depends on the machine: of a text that grows, it hears the newest.
    assert sum(entry.kind == "chunk" for entry in cell.log) > 2
    assert all(whole.startswith(text) for text in list(seen))


def test_reasoning_is_kept_apart(client: AsyncOpenAI, api: str) -> None:
    cell = ask("Think first", client, api)
    assert cell.result(LIMIT) == "So it is."
    assert cell.reasoning == "Let me think about this."


def test_usage_of_chat_is_real(client: AsyncOpenAI) -> None:
    cell = ask("Think first", client, "chat")
    cell.result(LIMIT)
    assert cell.usage is not None
    assert cell.usage["total_tokens"] > 0


def test_a_refused_request_is_a_typed_error(client: AsyncOpenAI, api: str) -> None:
    cell = ask("Refuse me", client, api)
    with pytest.raises(RateLimited):
        cell.result(LIMIT)
    assert cell.status == "failed"
    assert cell.error is not None
    assert cell.error["kind"] == "rate_limit"
    assert "You are too fast." in cell.error["detail"]


def test_a_stream_that_is_cut_is_not_an_answer(client: AsyncOpenAI, api: str, answers: dict[str, str]) -> None:
    cell = ask("Break off", client, api)
    with pytest.raises(Interrupted):
        cell.result(LIMIT)
    assert cell.status == "interrupted"
    assert cell.text != answers["Break off"]
    assert answers["Break off"].startswith(cell.text)


def test_stop_keeps_what_had_come(client: AsyncOpenAI, api: str, answers: dict[str, str]) -> None:
    cell = ask("Talk for ever", client, api)
    wait_until(lambda: len(cell.text) > 0)
    cell.stop()
    with pytest.raises(Stopped):
        cell.result(LIMIT)
    assert cell.status == "stopped"
    assert answers["Talk for ever"].startswith(cell.text)
    assert cell.text != answers["Talk for ever"]


def test_retry_asks_again(client: AsyncOpenAI, api: str, answers: dict[str, str]) -> None:
    cell = ask("Explain entropy", client, api)
    cell.result(LIMIT)
    cell.retry()
    assert cell.result(LIMIT) == answers["Explain entropy"]
    assert [version.text for version in cell.versions] == [answers["Explain entropy"]] * 2


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "that did not come about"
        time.sleep(0.02)
