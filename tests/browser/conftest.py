"""Real JupyterLab, real kernels, a real Chromium; the rehearsal server runs here, so that tests see its side."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadScopeScheduling

from streamcell.rehearsal import Exchange, RehearsalServer

from .answer_page import AnswerPage, AnswerServer, build
from .jupyterlab import ROOT, JupyterLab
from .notebook import LIMIT, WINDOW, Opener

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = ROOT / "scripts" / "chromium.py"
FLAGS = ("--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-sync")
TOGETHER = ("test_connection.py", "test_element.py", "test_parts.py", "test_saved.py")
REPORT = pytest.StashKey[pytest.TestReport]()


class Schedule(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Each test goes to whoever is free next; those that share something of their module's stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule:
    return Schedule(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture(scope="session")
def rehearsal() -> Iterator[RehearsalServer]:
    """The server that the notebooks' kernels talk to; `exchanges` tells what it saw."""
    with RehearsalServer(rate=200.0, first_token=0.05, jitter=0.2, seed=7) as server:
        yield server


@pytest.fixture(scope="session")
def asked(rehearsal: RehearsalServer) -> Callable[..., Exchange]:
    """`asked(prompt, number=1, ended="finished")`: wait until the first request with this prompt is so; give it.

    The prompt is meant whole: one that begins like another's would find either's request, whichever came first.
    """

    def wait(prompt: str, *, number: int = 1, **properties: Any) -> Exchange:
        words = json.dumps(prompt, ensure_ascii=False)

        def matches(exchange: Exchange) -> bool:
            if any(getattr(exchange, name) != value for name, value in properties.items()):
                return False
            same = [one for one in rehearsal.exchanges if words in json.dumps(one.body, ensure_ascii=False)]
            return len(same) >= number and exchange.request_id == same[number - 1].request_id

        return rehearsal.wait_for(matches, timeout=LIMIT / 1000)

    return wait


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, rehearsal: RehearsalServer) -> Iterator[JupyterLab]:
    environment = {"OPENAI_BASE_URL": rehearsal.base_url, "OPENAI_API_KEY": "rehearsal"}
    with JupyterLab(tmp_path_factory.mktemp("jupyterlab") / "server", environment) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("STREAMCELL_CHROMIUM")
    if not path:  # run by hand, not by make
        path = subprocess.run(
            [sys.executable, str(CHROMIUM)], check=True, capture_output=True, text=True
        ).stdout.strip()
    sandbox = os.geteuid() != 0  # Chromium refuses to have one as root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=sandbox, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all, for its cache: JupyterLab's own scripts are most of what a notebook's opening takes."""
    context = browser.new_context(viewport=WINDOW)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture(scope="session")
def spare() -> list[Page]:
    """A page that shows JupyterLab and that no test uses, or none."""
    return []


@pytest.fixture
def open_notebook(
    lab: JupyterLab, context: BrowserContext, spare: list[Page], request: pytest.FixtureRequest
) -> Iterator[Opener]:
    """`open_notebook(cells, kernel="python3")`: a new notebook with a kernel of its own, open and idle."""
    opener = Opener(lab, context, re.sub(r"\W+", "-", request.node.name).strip("-"), spare)
    yield opener
    close(request, opener)


def close(request: pytest.FixtureRequest, opener: Opener) -> None:
    """Close its notebooks; where the test has failed, what they show is kept first."""
    report = request.node.stash.get(REPORT, None)
    failed = report is not None and report.failed
    if failed:
        opener.keep()
    opener.close(failed=failed)


@pytest.fixture(scope="session")
def answer_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerServer]:
    server = AnswerServer(build(tmp_path_factory.mktemp("answer-page")))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_answer_page(answer_server: AnswerServer, browser: Browser) -> Iterator[Callable[[], AnswerPage]]:
    """`open_answer_page()`: a tab of its own with the engine and renderer, and no JupyterLab."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    yield lambda: AnswerPage(answer_server, context)
    context.close()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Tell whoever runs the tests, also when all is well."""

    def show(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end="")

    return show
