"""Third-party servers as child processes: started on a free loopback port, and awaited."""

from __future__ import annotations

import contextlib
import queue
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PEERS = Path(__file__).parent
AIMOCK = PEERS / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
ADDRESS = re.compile(r"http://(127\.0\.0\.1:\d+)")


class PeerError(RuntimeError):
    """A peer did not start; the message holds what it printed."""


@contextlib.contextmanager
def running(
    command: Sequence[str], *, ready: re.Pattern[str], limit: float, environment: Mapping[str, str] | None = None
) -> Iterator[re.Match[str]]:
    """Run a server; give the match of the first line that says it is ready. Raises PeerError after `limit` seconds."""
    program = Program(command, folder=PEERS, environment=environment, output=subprocess.PIPE)
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:  # to the end, so that the pipe never fills
        with program.output:
            for line in program.output:
                lines.put(line.decode("utf-8", "replace"))
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    seen: list[str] = []
    try:
        deadline = time.monotonic() + limit
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise PeerError(f"{command[0]} was not ready after {limit:.0f} s:\n{''.join(seen)}") from None
            if line is None:
                raise PeerError(f"{command[0]} ended with exit code {program.stop()}:\n{''.join(seen)}")
            seen.append(line)
            if found := ready.search(line):
                break
        yield found
    finally:
        program.stop()
        reader.join(20)


@contextlib.contextmanager
def aimock(fixtures: Path, *options: str) -> Iterator[str]:
    """Run aimock with these fixtures and options; gives its base URL."""
    command = ["node", str(AIMOCK), "--port", "0", "--fixtures", str(fixtures), "--validate-on-load", *options]
    with running(command, ready=ADDRESS, limit=60) as found:
        yield f"http://{found[1]}/v1"
