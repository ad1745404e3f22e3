"""`configure(interrupt="stop")`: an interrupt stops all answers, in real kernels, busy and idle."""

from __future__ import annotations

import concurrent.futures
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from streamcell import configure, stop_all, stream_cell
from streamcell.engine.driver import driver
from streamcell.engine.history import kept
from streamcell.notebook import interrupt
from streamcell.rehearsal import RehearsalServer

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

LIMIT = 60.0
SLOW = "model='rehearsal/stall?after=2'"
START = f"""
from streamcell import configure, stream_cell
cells = [stream_cell('one two three', {SLOW}, display=False) for _ in range(3)]
for cell in cells: next(iter(cell))
"""

pytestmark = pytest.mark.filterwarnings("ignore")  # jupyter_client's own


def test_stop_all_stops_what_streams_waits_and_queues_and_says_how_many(embedded: RehearsalServer) -> None:
    streaming = [stream_cell("one two three", model="rehearsal/stall?after=2", display=False) for _ in range(2)]
    waiting = stream_cell("x", model="rehearsal/rate_limit?retry_after=50", display=False)
    done = stream_cell("one", model="rehearsal/echo", display=False)
    assert done.result(LIMIT) == "one"
    for cell in streaming:
        next(iter(cell))
    assert stop_all() == 3
    assert [cell.status for cell in (*streaming, waiting, done)] == ["stopped", "stopped", "stopped", "done"]
    assert all(cell.text for cell in streaming)
    assert stop_all() == 0


def test_where_nothing_was_asked_there_is_nothing_to_stop() -> None:
    source = "import streamcell; print(streamcell.stop_all())"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=LIMIT)
    assert done.stdout == "0\n"


@pytest.mark.parametrize("given", ["yes", True, 1])
def test_another_value_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="interrupt must be one of 'ignore', 'stop'"):
        configure(interrupt=given)


def test_only_the_main_thread_can_ask_for_it() -> None:
    raised: list[str] = []

    def ask() -> None:
        try:
            configure(interrupt="stop")
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert raised == ["interrupt= can only be set on the main thread, which gets the signal"]


def test_what_is_refused_changes_nothing_else() -> None:
    def settings() -> tuple[object, ...]:
        return driver().lanes.max_concurrency, driver().shelf.limit, kept.prices, signal.getsignal(signal.SIGINT)

    def ask(interrupt: Any) -> None:
        configure(interrupt=interrupt, max_concurrency=3, log_limit=12_345, prices={"m": {"input": 1.0, "output": 2.0}})

    before = settings()
    with pytest.raises(ValueError, match="interrupt must be"):
        ask("yes")
    with concurrent.futures.ThreadPoolExecutor() as elsewhere, pytest.raises(RuntimeError, match="main thread"):
        elsewhere.submit(ask, "stop").result(LIMIT)
    assert settings() == before


def test_the_former_handler_is_called_and_restored(embedded: RehearsalServer) -> None:
    called: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _frame: called.append(number))
    ours = signal.getsignal(signal.SIGINT)
    try:
        configure(interrupt="stop")
        configure(interrupt="stop")
        cell = stream_cell("one two three", model="rehearsal/stall?after=2", display=False)
        next(iter(cell))
        signal.raise_signal(signal.SIGINT)
        assert called == [signal.SIGINT]
        assert type(cell.future.exception(LIMIT)).__name__ == "Stopped"
        configure(interrupt=None)
        assert signal.getsignal(signal.SIGINT) is ours
        assert interrupt._listening == []
    finally:
        signal.signal(signal.SIGINT, former)


@pytest.fixture(params=["signal", "message"])
def kernel(request: pytest.FixtureRequest) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A real kernel, which is interrupted by a signal, or by a message as kernel specs can ask for."""
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.interrupt_mode = request.param
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=LIMIT)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, source: str, value: str = "None") -> tuple[str, str]:
    """Run a cell; return the name of what it raised, and what `value` is after it."""
    return ended(client, client.execute(source, allow_stdin=True, user_expressions={"value": value}))


def ended(client: BlockingKernelClient, asked: str) -> tuple[str, str]:
    """Wait for the end of an execution, and say what `run` says.

    Its reply comes before the kernel has put back what handles an interrupt while no cell runs; "idle" comes after.
    """
    while (reply := client.get_shell_msg(timeout=LIMIT))["parent_header"]["msg_id"] != asked:
        pass
    while (said := client.get_iopub_msg(timeout=LIMIT))["parent_header"].get("msg_id") != asked or (
        said["content"].get("execution_state") != "idle"
    ):
        pass
    content = reply["content"]
    values = content.get("user_expressions") or {"value": {"data": {"text/plain": "None"}}}
    return content.get("ename", ""), values["value"]["data"]["text/plain"]


def interrupt_idle(manager: KernelManager, client: BlockingKernelClient) -> None:
    """Interrupt a kernel that runs no cell, and wait until it has been: else the next cell may be hit."""
    if manager.kernel_spec.interrupt_mode == "signal":
        manager.interrupt_kernel()
        return
    request = client.session.msg("interrupt_request", content={})
    client.control_channel.send(request)
    while client.get_control_msg(timeout=LIMIT)["parent_header"].get("msg_id") != request["header"]["msg_id"]:
        pass


STATUSES = "[cell.status for cell in cells]"
STOPPED = "from concurrent.futures import wait\nwait([cell.future for cell in cells], 50)"
STREAMING, ALL_STOPPED = f"{['streaming'] * 3}", f"{['stopped'] * 3}"


def test_while_no_cell_runs(kernel: tuple[KernelManager, BlockingKernelClient]) -> None:
    manager, client = kernel
    assert run(client, START) == ("", "None")
    interrupt_idle(manager, client)
    assert run(client, "", STATUSES) == ("", STREAMING)
    assert run(client, "configure(interrupt='stop')") == ("", "None")
    interrupt_idle(manager, client)
    assert run(client, STOPPED, STATUSES) == ("", ALL_STOPPED)
    assert run(client, f"{START}\nconfigure(interrupt='ignore')", STATUSES) == ("", STREAMING)
    interrupt_idle(manager, client)
    assert run(client, "", STATUSES) == ("", STREAMING)


def test_while_a_cell_runs_its_code_ends_too(kernel: tuple[KernelManager, BlockingKernelClient]) -> None:
    manager, client = kernel
    assert run(client, f"{START}\nconfigure(interrupt='stop')", STATUSES) == ("", STREAMING)
    source = "import time\nprint('begun', flush=True)\ntime.sleep(1000)"
    asked = client.execute(source, allow_stdin=True, stop_on_error=False)  # else what comes next may be left out
    while client.get_iopub_msg(timeout=LIMIT)["content"].get("text", "").strip() != "begun":
        pass
    manager.interrupt_kernel()
    assert ended(client, asked)[0] == "KeyboardInterrupt"
    assert run(client, STOPPED, STATUSES) == ("", ALL_STOPPED)
    assert run(client, "1 / 0")[0] == "ZeroDivisionError"
