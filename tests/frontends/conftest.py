"""Each front end's own server, a real Chromium; the rehearsal server runs here, so that tests see its side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.browser.conftest import REPORT, asked, browser, context, lab, pytest_runtest_makereport, rehearsal, say

from .page import AppPage
from .servers import FRONT_ENDS, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from streamcell.rehearsal import RehearsalServer

__all__ = ["asked", "browser", "context", "lab", "pytest_runtest_makereport", "rehearsal", "say"]

BY_NAME = {front_end.name: front_end for front_end in FRONT_ENDS}


class Schedule(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """A front end's tests stay together, with its server."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.rpartition("[")[2]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule:
    return Schedule(config, log)


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, rehearsal: RehearsalServer
) -> Iterator[Server]:
    """The server of the front end that the test's parameter names."""
    folder: Path = tmp_path_factory.mktemp(request.param) / "server"
    environment = {"OPENAI_BASE_URL": rehearsal.base_url, "OPENAI_API_KEY": "rehearsal"}
    with Server(BY_NAME[request.param], folder, environment) as server:
        yield server


@pytest.fixture
def open_app(
    server: Server, context: BrowserContext, request: pytest.FixtureRequest, failures: Path
) -> Iterator[Callable[[], AppPage]]:
    """`open_app()`: a new tab with the front end's page, its cell run."""
    opened: list[AppPage] = []

    def open_() -> AppPage:
        page = AppPage(server, context.new_page())
        opened.append(page)
        page.open()
        return page

    yield open_
    report = request.node.stash.get(REPORT, None)
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for number, page in enumerate(opened):
        if report is not None and report.failed:
            failures.mkdir(exist_ok=True)
            page.page.screenshot(path=failures / f"{name}-{number}.png")
            console = "\n".join(page.console)
            (failures / f"{name}-{number}.log").write_text(f"{server.tail(400)}\n\n-- console\n{console}\n", "utf-8")
        page.page.close()


@pytest.fixture(scope="session")
def failures() -> Path:
    """Where pictures and logs of failures go."""
    from tests.browser.notebook import FAILURES

    return FAILURES
