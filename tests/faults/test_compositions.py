"""Faults in any order, over any cuts of the bytes: nothing is lost, nothing doubled, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamcell import RetryPolicy, StreamCell, StreamCellError, stream_cell
from streamcell.answer.parts import text_of
from streamcell.ratelimit.limiter import AT_ONCE
from streamcell.rehearsal import RehearsalServer

from . import matrix
from .counting import collect_what_others_left, settled, sockets

PROMPTS = ("Explain entropy", "Say hello in twelve languages, with emoji", "Explain entropy in one sentence")
TERMINAL = {"done", "stopped", "failed", "interrupted"}

# What ends an attempt in some way or other, and what only makes it harder to read. A lone surrogate changes the text by
# rule; a page that is no stream and a wait of seconds are for the matrix.
BROKEN = ("cut", "drop", "drop_reset", "torn", "torn_character", "bad_json", "bad_utf8", "error", "failed", "length")
BEFORE = ("rate_limit?retry_after=0", "server_error", "overloaded", "closed", "reset", "timeout")
HARMLESS = ("tour", "noise", "crlf", "lump", "duplicated", "missing", "unterminated")


def _attempt(name: str, after: int, split: int, crlf: bool) -> str:
    path, _, query = name.partition("?")
    given = [query] if query else []
    given += [f"after={after}"] if name in (*BROKEN, "noise") else []
    given += [f"split={split}"] if split and path not in ("lump", "duplicated") else []
    given += ["crlf=1"] if crlf else []
    return path + ("?" if given else "") + "&".join(given)


attempts = st.builds(
    _attempt,
    st.sampled_from((*BROKEN, *BEFORE, *HARMLESS)),
    st.integers(0, 60),
    st.sampled_from((0, 0, 90, 700)),
    st.booleans(),
)


@pytest.fixture(scope="module")
def server() -> Iterator[RehearsalServer]:
    with matrix.server() as running:
        yield running


@pytest.fixture(scope="module")
def wholes(server: RehearsalServer) -> dict[str, str]:
    return {prompt: ask(prompt, "tour", "chat").result(matrix.WAIT) for prompt in PROMPTS}


def ask(prompt: str, model: str, api: Any, **options: Any) -> StreamCell:
    policy = RetryPolicy(attempts=3, wait_initial=0.0)
    return stream_cell(prompt, model=f"rehearsal/{model}", api=api, display=False, retry=policy, **options)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(PROMPTS),
    st.sampled_from(matrix.APIS),
    st.lists(attempts, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from((None, True)),
)
def test_nothing_is_lost_or_doubled_whatever_happens(
    server: RehearsalServer,
    wholes: dict[str, str],
    prompt: str,
    api: str,
    faults: list[str],
    background: bool,
    auto_resume: bool | None,
) -> None:
    whole = wholes[prompt]
    server._stage.attempts.clear()  # each example begins with its own first attempt
    params = {"background": True} if background and api == "responses" else {}
    cell = ask(prompt, ",".join([*faults, "tour"]), api, auto_resume=auto_resume, **params)
    seen: list[str] = []
    cell.observe(lambda change: seen.append(change["new"]), "text")
    error = cell._stream.settled.exception(matrix.WAIT)
    assert error is None or (isinstance(error, StreamCellError) and error.text == cell.text)
    assert cell.status in TERMINAL
    restored = any(name.startswith("missing") for name in faults)
    if cell.status == "done" and cell.finish_reason == "stop":
        assert cell.text == whole
    else:
        assert whole.startswith(cell.text) or restored
    assert all(whole.startswith(text) or restored for text in seen)
    assert text_of(cell.parts) == cell.text


def test_nothing_is_left_behind(server: RehearsalServer, wholes: dict[str, str]) -> None:
    """The same faults, many at once, and then a count."""
    every = [_attempt(name, 9, 0, False) for name in (*BROKEN, *BEFORE, *HARMLESS)]

    def run(number: int) -> None:
        cells = [
            ask(PROMPTS[0], f"{fault},tour?seed={number}", api, auto_resume=True)
            for fault in every
            for api in matrix.APIS
        ]
        for place, cell in enumerate(cells):
            if place % 7 == 0:
                cell.stop()
        for cell in cells:
            try:
                assert cell.result(matrix.WAIT)
            except StreamCellError:
                assert cell.status in TERMINAL

    collect_what_others_left()
    run(1)
    before = settled((0, 0, 1_000))
    opened = sockets()
    run(2)
    after = settled(before)
    assert after[:2] == (0, 0)
    assert after[2] <= before[2]
    # Kept connections are the pool's: as many as answers are streaming at once, on both of their ends.
    assert sockets() <= opened + 2 * AT_ONCE < opened + len(every) * len(matrix.APIS)
