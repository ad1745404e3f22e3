"""LiteLLM's proxy in front of two servers, of which one is stopped in mid-run: what the user of a cell sees then.

What these tests find is written down in `docs/faults.md`.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from openai import AsyncOpenAI

from streamcell import RetryPolicy, StreamCell, StreamCellError, Text, stream_cell
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
        kept = [cell.text for cell in cells]
        cut = [cell for cell in cells if cell.status != "done"]
        for cell in cut:
            cell.resume()
        ends_resumed = [end(cell) for cell in cut]
    with capsys.disabled():
        print("\nasked of each server before one was stopped:", asked)
        print(
            "under way then:",
            Counter(zip(ends, came, strict=True)),
        )
        print("asked afterwards:", Counter(ends_later))
        print("kept:", sorted(map(len, kept)), "of", len(whole), "characters; after Continue:", Counter(ends_resumed))
        parts = [part for cell in cut for part in cell.versions[-1].parts if isinstance(part, Text)]
        print("said:", {part.resumed.value for part in parts if part.resumed})
    # Nothing is lost or changed, whatever the proxy makes of it.
    assert all(whole.startswith(text) and text for text in kept)
    # No answer of the server that lives is touched, and none that was cut is passed off as whole.
    assert 0 < came.count("a part") <= asked[0]
    assert [one for one, end_ in zip(came, ends, strict=True) if end_ == "done"] == ["whole"] * ends.count("done")
    # Continue goes on from there, and a new question is answered, both by the server that lives.
    assert ends_resumed == ["done"] * len(cut)
    assert all(cell.text == whole for cell in cut)
    assert ends_later == ["done"] * 4
    assert all(cell.text == whole for cell in later)
