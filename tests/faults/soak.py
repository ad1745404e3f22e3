"""Many streams in one process, one of three with a fault; prints what it measured as JSON. Run in a kernel."""

from __future__ import annotations

import contextlib
import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path

import openai

from streamcell import RetryPolicy, StreamCell, StreamCellError, configure, stream_cell
from streamcell.engine.driver import driver
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


def kept(cells: int, log_limit: int) -> dict[str, object]:
    """Keep `cells` answers of 2 kB, and let them go.

    The server has a process of its own: it keeps what it was asked. `each` is what a cell takes of this process, in
    kB; `logs` what all logs take together, in bytes; `left` how many cells are there when nobody refers to them.
    """
    command = [sys.executable, "-m", "streamcell._cli", "serve", "--rate", "0", "--first-token", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        client = openai.AsyncOpenAI(base_url=server.stdout.readline().split()[-1], api_key="-")
        configure(log_limit=log_limit)
        try:
            for _ in range(20):
                _answer(client).close()
            gc.collect()
            before = resident()
            answers = [_answer(client) for _ in range(cells)]
            gc.collect()
            each = (resident() - before) / cells
            logs = sum(cell.log.packed for cell in answers)
            dropped = sum(cell.log.dropped > 0 for cell in answers)
            known = [weakref.ref(cell) for cell in answers]
            del answers
            gc.collect()
            left = sum(one() is not None for one in known)
        finally:
            configure(log_limit=None)
            server.terminate()
            server.communicate()
    return {"each": each, "logs": logs, "dropped": dropped, "left": left, "running": len(driver().running)}


def _answer(client: openai.AsyncOpenAI) -> StreamCell:
    cell = stream_cell("Keep this", client=client, model="bulk?characters=2000", display=False)
    assert len(cell.result(300)) == 2_000
    return cell


def _ask(number: int) -> StreamCell:
    fault = f"{FAULTS[number // 3 % len(FAULTS)]},tour" if number % 3 == 0 else "tour"
    return stream_cell(
        f"Explain entropy in one sentence ({number})",
        model=f"rehearsal/{fault}",
        api="chat" if number % 2 else "responses",
        display=False,
        retry=RetryPolicy(wait_initial=0.0),
    )


if __name__ == "__main__":
    assert counts()[1] == 0
    sys.stdout.write(json.dumps(soak(int(sys.argv[1]))))
