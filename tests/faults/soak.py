"""Many streams in one process, one of three with a fault; prints what it measured as JSON. Run in a kernel."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from pathlib import Path

from streamcell import RetryPolicy, StreamCell, StreamCellError, stream_cell
from streamcell._driver import driver
from streamcell.rehearsal import RehearsalServer, _server

from .counting import counts, settled, sockets

FAULTS = ("cut", "drop", "rate_limit?retry_after=0", "bad_json", "closed", "error", "torn", "server_error")


def resident() -> int:
    """Resident memory of this process in kB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def soak(streams: int, batch: int = 100) -> dict[str, object]:
    """Run `streams` of them, `batch` at a time, and measure after each batch."""
    with RehearsalServer(rate=0, first_token=0, seed=1) as server:
        _server._shared = server
        ends: dict[str, int] = {}
        memory: list[int] = []
        opened: list[int] = []
        for begin in range(0, streams, batch):
            cells = [_ask(number) for number in range(begin, begin + batch)]
            for cell in cells:
                with contextlib.suppress(StreamCellError):
                    cell.result(300)
                ends[cell.status] = ends.get(cell.status, 0) + 1
            for cell in cells:
                cell.close()
            del cells, cell
            gc.collect()
            memory.append(resident())
            opened.append(sockets())
        left = settled((0, 0, 1_000))
    _server._shared = None
    return {"ends": ends, "memory": memory, "sockets": opened, "left": left[:2], "running": len(driver().running)}


def _ask(number: int) -> StreamCell:
    fault = f"{FAULTS[number // 3 % len(FAULTS)]},tour" if number % 3 == 0 else "tour"
    return stream_cell(
        f"Explain entropy in one sentence ({number})",
        model=f"rehearsal/{fault}",
        api="chat" if number % 2 else "responses",
        display=False,
        retry=RetryPolicy(base=0.0),
    )


if __name__ == "__main__":
    assert counts()[1] == 0
    sys.stdout.write(json.dumps(soak(int(sys.argv[1]))))
