"""What holds for the whole suite."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import hypothesis
import pytest

from streamcell.answer.inputs import Stop
from tests.processes import watched

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from streamcell.rehearsal import RehearsalServer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failed one: what cannot run somewhere is left out of that run by path, in the Makefile."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and a skipped test tells nothing: {report.longrepr}"
    return report


# An example that takes long on a machine that is busy is no failure; hypothesis gives each 0.2 s, unless it is told.
# `make test` passes or fails the same way each time; `make test-long` looks for what nobody has thought of.
hypothesis.settings.register_profile(
    "no clock",
    deadline=None,
    derandomize=not os.environ.get("LONG"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("no clock")


def pytest_configure() -> None:
    """Hear Ctrl-C, as tests and what they start must, though a shell starts what is in its background deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """End what a test has started and left running, whether it failed or not; and fail where it did not."""
    with watched() as started:
        try:
            result = yield
        finally:
            left = [process for process in started if process.poll() is None]
            for process in left:
                process.kill()
                process.wait()
    assert left == [], f"{item.nodeid} left running: {[process.args for process in left]}"
    return result


@pytest.fixture(scope="module")
def server() -> Iterator[RehearsalServer]:
    """A rehearsal server that does not wait, for one file's tests."""
    from streamcell.rehearsal import RehearsalServer

    with RehearsalServer(rate=0, first_token=0) as running:
        yield running


@pytest.fixture(scope="module")
def embedded(server: RehearsalServer) -> Iterator[RehearsalServer]:
    """The same server in place of the one that `rehearsal/…` models start."""
    from streamcell.rehearsal import _server

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_server, "_shared", server)
        yield server


@pytest.fixture(autouse=True)
def _no_streams_left() -> Iterator[None]:
    """What a test leaves streaming would be counted by the next ones, and would ask servers that are theirs."""
    yield
    driver = getattr(sys.modules.get("streamcell.engine.driver"), "_driver", None)
    if driver is not None and driver.alive:
        for stream in tuple(driver.running):
            stream.post(Stop())


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own key, server or proxy must not reach a test."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
