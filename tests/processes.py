"""Programs that tests start, which end with the test, its fixture and its runner, and leave nothing of theirs behind.

`Program` starts a keeper, which is this file run as a script. The keeper starts the program and holds a pipe from the
test's process: when that closes, because the test is done with it or because its process is no more, killed even, the
keeper ends the program and whatever that has started, kernels in sessions of their own included.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

END_LIMIT = 30.0  # seconds for a program that was told to end
LEFT_LIMIT = 2.0  # seconds for what it has started, and what the keeper does itself
BECOME_SUBREAPER = 36  # Linux: whoever loses its parent becomes the caller's child


class Program:
    """A program that runs until `stop`, or the end of the block. Ctrl-C reaches it only as a signal to its `pid`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        output: int | IO[Any] | None = subprocess.DEVNULL,
    ) -> None:
        """`output` takes what it prints, errors too; with subprocess.PIPE that is read from `.output`."""
        # Isolated: the folder of this file must not be searched for modules, as it has one named typing.
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", __file__, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> IO[bytes]:
        assert self._keeper.stdout is not None
        return self._keeper.stdout

    def poll(self) -> int | None:
        """Its exit code if it has ended, and what it started is gone."""
        return self._keeper.poll()

    def stop(self) -> int:
        """End it and what it has started; its exit code. Does nothing more the second time."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        return self._keeper.wait(2 * END_LIMIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextlib.contextmanager
def watched() -> Iterator[list[subprocess.Popen[Any]]]:
    """Processes that are started within the block by way of `subprocess`, as Jupyter's kernels are too."""
    started: list[subprocess.Popen[Any]] = []
    init = subprocess.Popen.__init__

    def start(process: subprocess.Popen[Any], *arguments: Any, **options: Any) -> None:
        init(process, *arguments, **options)
        started.append(process)

    subprocess.Popen.__init__ = start  # type: ignore[assignment, method-assign]
    try:
        yield started
    finally:
        subprocess.Popen.__init__ = init  # type: ignore[method-assign]


def keep(command: Sequence[str]) -> int:
    """Run a program until it ends or standard input does; end what is left, and give its exit code."""
    import psutil

    # Not SIG_IGN: the program would inherit that, as it would from whoever started the tests in the background.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    root = psutil.Process(program.pid)

    def end() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        with contextlib.suppress(psutil.NoSuchProcess):
            started.extend(root.children(recursive=True))
        program.terminate()
        try:
            program.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            program.kill()

    started: list[psutil.Process] = []
    threading.Thread(target=end, daemon=True).start()
    code = program.wait()
    # It was given the time to end these itself.
    family = {*started, *psutil.Process().children(recursive=True)}
    _, left = psutil.wait_procs(family, LEFT_LIMIT)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    psutil.wait_procs(left, LEFT_LIMIT)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
