"""LiteLLM's proxy in front of two servers, of which one is stopped in mid-run: what the user of a cell sees then.

What these tests find is written down in `docs/faults.md`.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from openai import AsyncOpenAI

from streamcell import RetryPolicy, StreamCell, StreamCellError, stream_cell
from streamcell.rehearsal import RehearsalServer

from .test_litellm import KEY, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 120.0
TERMINAL = {"done", "stopped", "failed", "interrupted"}


@pytest.fixture
def two() -> Iterator[tuple[RehearsalServer, RehearsalServer]]:
    with (
        RehearsalServer(rate=60, first_token=0, seed=1) as one,
        RehearsalServer(rate=60, first_token=0, seed=1) as other,
    ):
        yield one, other


def ask(url: str, number: int) -> StreamCell:
    client = AsyncOpenAI(base_url=url, api_key=KEY)
    return stream_cell(
        f"Explain entropy ({number})",
        model="pair",
        client=client,
        api="chat",
        display=False,
        retry=RetryPolicy(attempts=4),
    )


def end(cell: StreamCell) -> str:
    try:
        cell.result(LIMIT)
    except StreamCellError as error:
        return f"{cell.status}: {type(error).__name__}"
    return cell.status


def test_one_of_two_servers_is_stopped_in_mid_run(
    two: tuple[RehearsalServer, RehearsalServer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = stream_cell("Explain entropy", model="rehearsal?rate=0&seed=1", display=False).result(LIMIT)
    behind = [{"model": "openai/tour", "api_base": one.base_url, "api_key": "a-key-of-no-value"} for one in two]
    with proxy([{"model_name": "pair", "litellm_params": one} for one in behind], tmp_path) as url:
        cells = [ask(url, number) for number in range(12)]
        until = time.monotonic() + LIMIT
        while not all(len(cell.text) > 200 or cell.status in TERMINAL for cell in cells):
            assert time.monotonic() < until, [(cell.status, len(cell.text)) for cell in cells]
            time.sleep(0.05)
        asked = [len(server.exchanges) for server in two]
        two[0].stop()
        ends = [end(cell) for cell in cells]
        later = [ask(url, number) for number in range(100, 104)]
        ends_later = [end(cell) for cell in later]
    came = ["whole" if cell.text == whole else "a part" for cell in cells]
    with capsys.disabled():
        print("\nasked of each server before one was stopped:", asked)
        print(
            "under way then:",
            Counter(zip(ends, came, strict=True)),
        )
        print("asked afterwards:", Counter(ends_later))
        print("errors:", {cell.error["detail"][:160] for cell in cells if cell.error})
    # Nothing is lost or changed, whatever the proxy makes of it.
    assert all(whole.startswith(cell.text) and cell.text for cell in cells)
    assert all(cell.status in TERMINAL for cell in cells)
    # Those of the server that lives are whole, and a new question is answered by it.
    assert sum(one == "whole" for one in came) >= asked[1]
    assert ends_later == ["done"] * 4
    assert all(cell.text == whole for cell in later)
