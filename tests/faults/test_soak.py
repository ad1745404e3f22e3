"""Many streams on one real kernel, one of three with a fault: memory stays flat and no connection is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[2]


def in_kernel(call: str) -> dict[str, Any]:
    """What a function of `soak.py` finds in a kernel of its own."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    try:
        printed: list[str] = []

        def hear(message: dict[str, object]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream" and isinstance(content, dict):
                printed.append(content["text"])

        code = f"import json; from tests.faults import soak; print(json.dumps(soak.{call}))"
        reply = client.execute_interactive(code, timeout=600, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
        found: dict[str, Any] = json.loads("".join(printed).splitlines()[-1])
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(json.dumps(found))
    return found


@pytest.mark.parametrize(
    ("streams", "batch"), [(48, 6), pytest.param(2_000, 100, marks=pytest.mark.long)], ids=["48", "2000"]
)
def test_many_streams_leave_nothing_behind(streams: int, batch: int) -> None:
    found = in_kernel(f"soak({streams}, {batch})")
    assert sum(found["ends"].values()) == streams
    assert set(found["ends"]) == {"done", "interrupted", "failed"}
    assert found["ends"]["done"] >= streams * 2 / 3
    assert (found["left"], found["running"]) == ([0, 0], 0)
    # Flat after warm-up: the last quarter needs no more than the second one, but for what an allocator keeps.
    memory, quarter = found["memory"], len(found["memory"]) // 4
    assert max(memory[-quarter:]) <= max(memory[quarter : 2 * quarter]) * 1.05
    assert max(found["sockets"][-quarter:]) <= max(found["sockets"][quarter : 2 * quarter]) + 16


LOGS = 2_000_000


@pytest.mark.long
def test_answers_that_are_kept_take_little_and_those_that_nobody_refers_to_nothing() -> None:
    found = in_kernel(f"kept(1_000, {LOGS})")
    assert found["each"] < 30, "kB a cell, its log in it"
    assert found["logs"] <= LOGS
    assert found["dropped"] > 0
    assert (found["left"], found["running"]) == (0, 0)
