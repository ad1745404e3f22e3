"""Runs make targets two at a time, prints what each has said when it ends, and closes with a line for each.

    python3 scripts/stages.py TITLE TARGET...

They are started in the order given. The first that fails ends the others; so do Ctrl-C and SIGTERM.
Standard library only: it starts before any environment exists.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

AT_ONCE = 2
PATIENCE = 60  # seconds for a stage that was told to end: its tests end their servers first


class Stage:
    """A target that runs, in a process group of its own."""

    def __init__(self, target: str, folder: Path, ended: queue.SimpleQueue[Stage]) -> None:
        self.target = target
        self.log = folder / f"{target}.log"
        self.started = time.monotonic()
        self.seconds = 0.0
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["make", target],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        threading.Thread(target=self._wait, args=[ended], daemon=True).start()

    def _wait(self, ended: queue.SimpleQueue[Stage]) -> None:
        self.process.wait()
        self.seconds = time.monotonic() - self.started
        ended.put(self)

    @property
    def result(self) -> str:
        return "FAILED" if self.process.returncode else "passed"

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def show(self) -> None:
        print(f"\n=== {self.target}: {self.result} after {self.seconds:.0f} s ===", flush=True)
        with self.log.open("rb") as log:
            sys.stdout.buffer.write(log.read())
        sys.stdout.flush()


def end(stages: list[Stage]) -> None:
    """End these: as Ctrl-C does, so that tests end what they have started, and then by force."""
    for stage in stages:
        stage.signal(signal.SIGINT)
    for stage in stages:
        with contextlib.suppress(subprocess.TimeoutExpired):
            stage.process.wait(PATIENCE)
        stage.signal(signal.SIGKILL)


def _ignore(*_: object) -> None: ...


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGTERM, _ignore)  # once is enough
    signal.signal(signal.SIGINT, _ignore)
    raise KeyboardInterrupt


def run(targets: list[str], folder: Path) -> list[Stage]:
    """Run the targets until one fails; those that have run to their end, in that order."""
    ended: queue.SimpleQueue[Stage] = queue.SimpleQueue()
    waiting = list(targets)
    running: list[Stage] = []
    done: list[Stage] = []
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(Stage(waiting.pop(0), folder, ended))
                print(f"=== {running[-1].target} has begun ===", flush=True)
            stage = ended.get()
            running.remove(stage)
            done.append(stage)
            stage.show()
            if stage.process.returncode:
                break
    finally:
        end(running)
    return done


def main() -> int:
    title, *targets = sys.argv[1:]
    signal.signal(signal.SIGTERM, _interrupt)
    # Who is started in the background may have to ignore SIGINT. A handler that does nothing ignores it too, but is not
    # handed down: programs that are tested for Ctrl-C hear it.
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, _ignore if ignored else _interrupt)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="streamcell-stages-") as folder:
        try:
            done = run(targets, Path(folder))
        except KeyboardInterrupt:
            print(f"\n=== make {title}: interrupted ===")
            return 130
    failed = [stage.target for stage in done if stage.process.returncode]
    verdict = f"FAILED in {', '.join(failed)}" if failed else "passed"
    print(f"\n=== make {title}: {verdict}, {time.monotonic() - started:.0f} s in all ===")
    seconds = {stage.target: stage for stage in done}
    for target in targets:
        stage = seconds.get(target)
        print(f"{target:<16}{stage.result:<10}{stage.seconds:7.1f} s" if stage else f"{target:<16}not finished")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
