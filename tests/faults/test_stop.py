"""Stop in every state: the server sees the close, and what came stays."""

from __future__ import annotations

import time
from collections.abc import Iterator

import openai
import pytest

from streamcell import Stopped, StreamCell, Timeouts, stream_cell
from streamcell.rehearsal import RehearsalServer

from . import matrix

TIMEOUT = 300.0


@pytest.fixture
def server() -> Iterator[RehearsalServer]:
    with RehearsalServer(rate=200, first_token=0) as running:
        yield running


def ask(server: RehearsalServer, model: str, api: str) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    patience = Timeouts(notify_after=0.05)
    return stream_cell("Explain entropy", client=client, model=model, api=api, display=False, timeouts=patience)


def reached(cell: StreamCell, state: str) -> bool:
    if state == "stalled":
        return cell._stream.document.idle is not None and bool(cell.text)
    return cell.status == state and (state != "streaming" or bool(cell.text))


@pytest.mark.parametrize("api", matrix.APIS)
@pytest.mark.parametrize(
    ("state", "model"),
    [
        ("connecting", "slow_head?seconds=60"),
        ("streaming", "tour"),
        ("stalled", "stall?after=5&seconds=60"),
        ("stalled", "keep_alive?after=5&seconds=60&every=0.2"),
        ("waiting", "rate_limit?retry_after=50"),
    ],
)
def test_stop_closes_the_request_and_keeps_the_text(server: RehearsalServer, api: str, state: str, model: str) -> None:
    cell = ask(server, model, api)
    until = time.monotonic() + TIMEOUT
    while not reached(cell, state):
        assert time.monotonic() < until, cell.status
        time.sleep(0.002)
    if state != "waiting":
        server.wait_for(lambda exchange: exchange.ended == "running")
    cell.stop()
    assert cell.status == "stopped"
    with pytest.raises(Stopped) as stopped:
        cell.result(TIMEOUT)
    assert stopped.value.text == cell.text
    assert bool(cell.text) == (state in ("streaming", "stalled"))
    if state == "waiting":
        assert [one.ended for one in server.exchanges] == ["finished"]
        return
    closed = server.wait_for(lambda exchange: exchange.ended == "closed_by_client")
    assert closed.text_sent.startswith(cell.text)
    assert len(server.exchanges) == 1
