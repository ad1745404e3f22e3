"""A test that fails, a fixture that fails, a runner that is ended or killed: none leaves a process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from .processes import Program

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 120.0

# A server as the tests know them: it has a child in a session of its own, as Jupyter has its kernels, and one that does
# not hear SIGTERM. Says who they are in a file, and sleeps.
SERVER = """
import os, pathlib, signal, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
deaf = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(3600)"]
family = [os.getpid(), subprocess.Popen(sleep, start_new_session=True).pid, subprocess.Popen(deaf).pid]
file = pathlib.Path(sys.argv[1])
file.with_suffix(".part").write_text(" ".join(map(str, family)))
file.with_suffix(".part").rename(file)
time.sleep(3600)
"""


def command(file: Path) -> list[str]:
    return [sys.executable, "-c", SERVER, str(file)]


def family(file: Path) -> list[int]:
    """The processes that a server has told of, once it has."""
    limit = time.monotonic() + LIMIT
    while not file.exists():
        assert time.monotonic() < limit, f"there is no {file.name}"
        time.sleep(0.01)  # the condition is another process's; there is nothing to be woken by
    found = [int(number) for number in file.read_text("ascii").split()]
    assert len(found) == 3
    return found


def left(processes: list[int]) -> list[int]:
    """Those that do not end."""
    limit = time.monotonic() + LIMIT
    while (alive := [one for one in processes if psutil.pid_exists(one)]) and time.monotonic() < limit:
        time.sleep(0.01)
    return alive


def run_tests(folder: Path, source: str, **options: Any) -> subprocess.Popen[Any]:
    """Run a file of tests as this suite is run, without waiting for it."""
    file = folder / "test_on_purpose.py"
    file.write_text(textwrap.dedent(source), "utf-8")
    # Not as a module of `tests`, whose configuration is asked for by name.
    pytest_ = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    return subprocess.Popen(
        [*pytest_, f"--config-file={ROOT / 'pyproject.toml'}", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        **options,
    )


def test_a_program_ends_with_all_that_it_has_started(tmp_path: Path) -> None:
    with Program(command(tmp_path / "family"), folder=tmp_path) as program:
        started = family(tmp_path / "family")
        assert program.poll() is None
    assert left(started) == []


def test_its_exit_code_and_its_output_are_known(tmp_path: Path) -> None:
    with Program([sys.executable, "-c", "print('hello'); exit(7)"], folder=tmp_path, output=subprocess.PIPE) as program:
        assert program.output.read() == b"hello\n"
        program.output.close()
    assert program.stop() == 7


def test_what_it_starts_hears_ctrl_c_though_who_started_it_does_not(tmp_path: Path) -> None:
    ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Program([sys.executable, "-c", ask], folder=tmp_path, output=subprocess.PIPE) as program:
            assert program.output.read() == b"True\n"
            program.output.close()
    finally:
        signal.signal(signal.SIGINT, former)


FIXTURE = """
    import pathlib, sys, time
    import pytest
    from tests.processes import Program
    from tests.test_processes import command, family

    FOLDER = pathlib.Path(__file__).parent

    @pytest.fixture(scope="session")
    def server():
        with Program(command(FOLDER / "family"), folder=FOLDER):
            family(FOLDER / "family")
            {then}
            yield

    def test_it(server):
        (FOLDER / "begun").touch()
        {body}
"""


@pytest.mark.parametrize(
    ("then", "body"),
    [("pass", "assert False"), ("raise RuntimeError", "pass")],
    ids=["the test", "its fixture"],
)
def test_a_failure_of_the_test_or_of_its_fixture_leaves_no_server(tmp_path: Path, then: str, body: str) -> None:
    assert run_tests(tmp_path, FIXTURE.format(then=then, body=body)).wait(LIMIT) != 0
    assert left(family(tmp_path / "family")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_who_runs_the_tests_may_be_ended_or_killed(tmp_path: Path, number: signal.Signals) -> None:
    runner = run_tests(tmp_path, FIXTURE.format(then="pass", body="time.sleep(3600)"))
    started = family(tmp_path / "family")
    runner.send_signal(number)
    runner.wait(LIMIT)
    assert left(started) == []


def test_a_test_that_leaves_a_process_fails_and_the_process_is_ended(tmp_path: Path) -> None:
    source = f"""
        import pathlib, subprocess, sys
        import pytest

        @pytest.mark.parametrize("failing", [True, False])
        def test_it(failing):
            sleep = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
            (pathlib.Path({str(tmp_path)!r}) / str(failing)).write_text(str(sleep.pid))
            assert not failing
    """
    runner = run_tests(tmp_path, source, stdout=subprocess.PIPE, text=True)
    said, _ = runner.communicate(timeout=LIMIT)
    assert "2 failed" in said
    assert left([int((tmp_path / name).read_text("ascii")) for name in ("True", "False")]) == []


def test_the_suite_hears_ctrl_c_where_its_shell_does_not(tmp_path: Path) -> None:
    """As `make test &` in a script: what a test starts must hear SIGINT, or a test of Ctrl-C waits for ever."""
    source = """
        import os, signal, subprocess, sys

        def test_it():
            ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            assert subprocess.check_output([sys.executable, "-c", ask]) == b"True\\n"
    """
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        runner = run_tests(tmp_path, source)
    finally:
        signal.signal(signal.SIGINT, former)
    assert runner.wait(LIMIT) == 0
