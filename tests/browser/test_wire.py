"""Counts, not clocks: what a long answer puts on the websocket, seen by the browser's own DevTools protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook
    from .websocket import Frame

CHARACTERS = 50_000
PROMPT = "Fifty thousand characters in twelve thousand chunks"
MOST_PER_SECOND = 20
# What comes beside the stream's own messages: the comm's opening, status and usage, the run's own replies.
CONSTANT = 40
QUICK = 100  # messages of an answer that streams as fast as it can, in less than five seconds
ENVELOPE = 700  # bytes


def messages_of(frames: list[Frame], comm: str) -> list[Frame]:
    return [frame for frame in frames if frame.content.get("comm_id") == comm]


def snapshots(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.custom is not None and frame.custom.get("type") == "snapshot"]


def test_a_long_answer_costs_what_it_weighs(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    notebook = open_notebook(
        [
            ask("The first cell brings the bundle", "tour?rate=0"),
            # The page is heard of before the first token: until then snapshots go out unasked.
            ask(PROMPT, f"bulk?characters={CHARACTERS}&chunks=12000&rate=0&first_token=3"),
            "display(cell)",
            "print(cell.model_id, cell.comm.comm_id)",
        ]
    )
    notebook.run(0)
    notebook.wait_for_status(0, "done")

    notebook.frames.clear()
    notebook.start(1)
    notebook.wait_for_status(1, "done", "failed", "interrupted", timeout=180_000)
    frames = notebook.frames.received()
    text = asked(PROMPT, ended="finished").text_sent
    assert len(text) == CHARACTERS
    assert notebook.copied(1) == text

    notebook.run(3)
    comm = notebook.printed(3).split()[1]
    own = messages_of(frames, comm)
    assert own, "no message of the cell's comm was recorded"

    # On a machine that is slow the same answer takes longer, and each further message costs its envelope.
    size = len(text.encode())
    assert sum(frame.size for frame in frames) < 3 * size + ENVELOPE * max(0, len(own) - QUICK)

    patches = [frame for frame in own if frame.custom is not None and frame.custom.get("type") == "patch"]
    seconds = patches[-1].at - patches[0].at
    assert len(own) <= MOST_PER_SECOND * seconds + CONSTANT
    assert len(patches) > seconds, "that was no stream"

    # The whole text travels in snapshots only, and while it streams in none that nobody asked for.
    longest = max(len(json.dumps(frame.content)) for frame in own if frame not in snapshots(own))
    assert longest < size / 4
    assert all(len(json.dumps(frame.custom["document"]["parts"])) < 1000 for frame in snapshots(own) if frame.custom)

    notebook.frames.clear()
    notebook.run(2)
    notebook.wait_for_status(2, "done")
    again = messages_of(notebook.frames.received(), comm)
    assert len(snapshots(again)) <= 1
    assert sum(frame.size for frame in again) < 1.5 * size + 5_000
    assert notebook.copied(2) == text


def test_the_bundle_travels_once(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("One", "tour?rate=0"), ask("Two", "tour?rate=0")])
    notebook.frames.clear()
    for index in (0, 1):
        notebook.run(index)
        notebook.wait_for_status(index, "done")
    bundles = [frame for frame in notebook.frames.received() if len(json.dumps(frame.content)) > 50_000]
    assert len(bundles) == 1
