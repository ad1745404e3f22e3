"""A connection to the server that drops or freezes, a busy kernel behind it, and several pages and views of one cell.

JupyterLab finds the server again by itself: it tries at once, and then every 10 to 30 seconds for as long as the server
is out of reach. Nobody helps it here but by closing its dialog "Server Connection Error", which lies over the page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .cells import ask, grow_until, sleep_until
from .notebook import LIMIT, Opener
from .proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from streamcell.rehearsal import Exchange

    from .jupyterlab import JupyterLab
    from .notebook import Notebook
    from .proxy import Cut

    Asked = Callable[..., Exchange]

ENDLESS = "bulk?characters=20000&chunks=5000&rate=40"  # would take two minutes
UNHEARD = "no answer from the kernel"

# JupyterLab draws lots for how long it waits. The lowest come out, so that nobody waits for its patience.
LOW_LOTS = "{ const lots = Math.random; Math.random = () => lots() / 20; }"

# Whether an answer's status line has said these words since.
WATCH = """(words) => {
    const look = () => {
        const lines = [...document.querySelectorAll("[data-streamcell] .sc-status")];
        window.told ||= lines.some((line) => line.textContent.includes(words));
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@dataclass(frozen=True)
class Trial:
    """A cut of a connection for `seconds`, and three answers: one outlasts it, one ends within it, one comes later."""

    name: str
    how: Cut
    seconds: int

    @property
    def cells(self) -> list[str]:
        return [grow_until(self.gates[0]), grow_until(self.gates[1]), ask(self.prompt, ENDLESS)]

    @property
    def gates(self) -> tuple[str, str]:
        return f"{self.name}, outlasted", f"{self.name}, not outlasted"

    @property
    def prompt(self) -> str:
        return f"Be stopped: {self.name}"


CUTS = (
    Trial("drop of 1", "drop", 1),
    Trial("freeze of 1", "freeze", 1),
    Trial("drop of 10", "drop", 10),
    Trial("freeze of 10", "freeze", 10),
)
MINUTES = (Trial("drop of 60", "drop", 60), Trial("freeze of 60", "freeze", 60))
BUSY = (Trial("kept by the server", "drop", 1), Trial("lost", "drop", 1))


@dataclass(frozen=True)
class Run:
    """A trial in a notebook behind a proxy, in its cells from `first` on."""

    trial: Trial
    notebook: Notebook
    proxy: Proxy
    first: int = 0

    def begin(self) -> None:
        self.notebook.show()
        for number in (0, 1):
            self.notebook.start(self.first + number)

    def cut(self) -> None:
        """Cut the connection when two answers are seen, until the second has ended and for the trial's seconds."""
        for number in (0, 1):
            assert self.notebook.wait_for_more_text(self.first + number, than=20) > 20
        self.notebook.page.evaluate(WATCH, UNHEARD)
        with self.proxy.cut(self.trial.how, self.trial.seconds):
            self.end(1)
            assert self.notebook.status(self.first + 1) == "streaming", "something has passed"

    def end(self, number: int) -> str:
        """Let an answer end, and say what it was made of."""
        gate = self.notebook.lab.notebooks / self.trial.gates[number]
        gate.touch()
        return read(gate.with_name(f"{gate.name}.txt"))

    def wait_until_whole(self) -> None:
        """Wait until bytes pass again, and JupyterLab has noticed."""
        assert self.proxy.whole.wait(LIMIT / 1000)
        self.notebook.wait_for_connection()
        self.notebook.show()

    def check_the_answers(self) -> None:
        """The second is whole, the first goes on, and when it has ended it is whole too."""
        self.notebook.wait_for_status(self.first + 1, "done")
        assert self.notebook.copied(self.first + 1) == self.end(1)
        length = self.notebook.wait_for_more_text(self.first, than=0)
        assert self.notebook.wait_for_more_text(self.first, than=length) > length
        assert self.notebook.status(self.first) == "streaming"
        text = self.end(0)
        self.notebook.wait_for_status(self.first, "done")
        assert self.notebook.copied(self.first) == text

    def check_stop(self, asked: Asked) -> None:
        index = self.first + 2
        self.notebook.start(index)
        self.notebook.wait_for_more_text(index, than=50)
        self.notebook.button(index, "Stop").click()
        exchange = asked(self.trial.prompt, ended="closed_by_client")
        self.notebook.wait_for_status(index, "stopped")
        shown = self.notebook.copied(index)
        assert len(shown) >= 50
        assert exchange.text_sent.startswith(shown)


def read(file: Path) -> str:
    """Wait for a file of the kernel's, and give its text."""
    limit = time.monotonic() + LIMIT / 1000
    while not file.exists():
        assert time.monotonic() < limit, f"there is no {file.name}"
        time.sleep(0.01)  # the condition is another process's; there is nothing to be woken by
    return file.read_text("utf-8")


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1100, "height": 1400})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(LOW_LOTS)
    yield context
    context.close()


@pytest.fixture(scope="module")
def spare() -> list[Page]:
    """Pages of this context alone."""
    return []


@pytest.fixture(scope="module")
def opener(
    lab: JupyterLab, context: BrowserContext, spare: list[Page], request: pytest.FixtureRequest
) -> Iterator[Opener]:
    opener = Opener(lab, context, "connection", spare)
    failed = request.session.testsfailed
    yield opener
    if request.session.testsfailed > failed:
        opener.keep()
    opener.close()


@pytest.fixture(scope="module")
def open_behind(lab: JupyterLab, opener: Opener) -> Iterator[Callable[[list[str]], tuple[Notebook, Proxy]]]:
    """`open_behind(cells)`: a notebook behind a proxy of its own."""
    port = urlsplit(lab.url).port
    assert port
    proxies: list[Proxy] = []

    def close(dialog: Locator) -> None:
        dialog.get_by_role("button", name="Close").last.click()

    def open_(cells: list[str]) -> tuple[Notebook, Proxy]:
        proxy = Proxy(port)
        proxies.append(proxy)
        proxy.start()
        notebook = opener(cells, address=f"http://127.0.0.1:{proxy.port}/")
        dialog = notebook.page.get_by_role("dialog").filter(has_text="Server Connection Error")
        notebook.page.add_locator_handler(dialog, close)
        return notebook, proxy

    yield open_
    for proxy in proxies:
        proxy.stop()


@pytest.fixture(scope="module")
def minutes(open_behind: Callable[[list[str]], tuple[Notebook, Proxy]]) -> dict[Trial, Run]:
    """The long cuts, under way side by side."""
    runs = {trial: Run(trial, *open_behind(trial.cells)) for trial in MINUTES}
    for run in runs.values():
        run.begin()
        run.cut()
    return runs


@pytest.fixture(scope="module")
def runs(open_behind: Callable[[list[str]], tuple[Notebook, Proxy]]) -> dict[Trial, Run]:
    """The short ones: their cells are in one notebook, and after them two that keep the kernel busy."""
    trials = (*CUTS, *BUSY)
    cells = [source for trial in trials for source in trial.cells]
    notebook, proxy = open_behind([*cells, *(sleep_until(trial.name) for trial in BUSY)])
    return {trial: Run(trial, notebook, proxy, 3 * number) for number, trial in enumerate(trials)}


@pytest.mark.parametrize(
    "trial", [*CUTS[:-1], pytest.param(CUTS[-1], marks=pytest.mark.long)], ids=lambda trial: trial.name
)
def test_a_cut_connection_loses_nothing(runs: dict[Trial, Run], asked: Asked, trial: Trial) -> None:
    run = runs[trial]
    run.begin()
    run.cut()
    run.wait_until_whole()
    run.check_the_answers()
    run.check_stop(asked)


@pytest.mark.parametrize("trial", BUSY, ids=lambda trial: trial.name)
def test_a_page_of_a_busy_kernel_catches_up(
    runs: dict[Trial, Run], opener: Opener, asked: Asked, lab: JupyterLab, trial: Trial
) -> None:
    """The server keeps what comes while a page is gone, unless another page is there: then it is lost."""
    run = runs[trial]
    if trial is BUSY[1]:
        opener.again(run.notebook)
    run.begin()
    run.notebook.start(3 * len(runs) + BUSY.index(trial))
    run.cut()
    run.wait_until_whole()
    run.check_the_answers()
    (lab.notebooks / trial.name).touch()
    run.check_stop(asked)


def test_two_pages_and_two_views_show_the_same(open_notebook: Opener, asked: Asked) -> None:
    prompt = "Be shown in four places"
    notebook = open_notebook(
        [ask(prompt, "bulk?characters=4000&chunks=800&rate=40"), ask(f"{prompt}: stopped", ENDLESS), "display(cell)"]
    )
    notebook.start(0)
    notebook.start(1)
    notebook.run(2)
    notebook.wait_for_more_text(2, than=50)
    notebook.save()
    other = open_notebook.again(notebook)
    length = other.wait_for_more_text(1, than=0)
    assert other.wait_for_more_text(1, than=length) > length
    other.button(1, "Stop").click()
    exchange = asked(f"{prompt}: stopped", ended="closed_by_client")
    texts = []
    for page, index in ((notebook, 1), (notebook, 2), (other, 1), (other, 2)):
        page.show()
        page.wait_for_status(index, "stopped")
        texts.append((page.copied(index), page.answer(index).inner_text()))
    assert exchange.text_sent.startswith(texts[0][0])
    assert texts == [texts[0]] * 4

    sent = asked(prompt, ended="finished").text_sent
    for page in (notebook, other):
        page.show()
        page.wait_for_status(0, "done")
        assert page.copied(0) == sent
    assert notebook.answer(0).inner_text() == other.answer(0).inner_text()


@pytest.mark.long
@pytest.mark.parametrize("trial", MINUTES, ids=lambda trial: trial.name)
def test_a_cut_of_a_minute_is_told_of_and_loses_nothing(minutes: dict[Trial, Run], asked: Asked, trial: Trial) -> None:
    run = minutes[trial]
    run.wait_until_whole()
    assert run.notebook.page.evaluate("window.told"), "the page did not say that nothing comes"
    run.check_the_answers()
    assert run.notebook.page.get_by_text(UNHEARD).count() == 0
    run.check_stop(asked)
