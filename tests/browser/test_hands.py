"""Keyboard, focus, small widths and large fonts, in JupyterLab: for every hand and eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
STALLED = "stall?after=12&seconds=600&rate=0"

WIDTHS = (240, 280, 320, 364, 420, 434, 480, 560, 640, 700, 800, 960, 1000)
FONTS = (14, 20, 30)

SQUEEZE = """([index, width, font]) => {
    const view = document.querySelectorAll('[data-streamcell]')[index];
    document.documentElement.style.setProperty('--jp-content-font-size1', `${font}px`);
    view.parentElement.style.width = `${width}px`;
}"""

# What is cut: the status never, and of the buttons nothing; nothing is wider than the cell.
CUT = """view => {
    const box = view.getBoundingClientRect();
    const said = [];
    const status = view.querySelector('.sc-status');
    const range = document.createRange();
    range.selectNodeContents(status);
    const text = range.getBoundingClientRect();
    const own = status.getBoundingClientRect();
    if (status.scrollWidth > status.clientWidth + 1) said.push('status is cut');
    if (text.right > own.right + 1 || text.bottom > own.bottom + 1) said.push('status overflows');
    const head = view.querySelector('.sc-head').getBoundingClientRect();
    if (text.bottom > head.bottom + 1) said.push('status leaves the head');
    for (const button of view.querySelectorAll('.sc-head button')) {
        if (!button.checkVisibility()) continue;
        const at = button.getBoundingClientRect();
        if (at.right > box.right + 1 || at.left < box.left - 1) said.push(`${button.textContent} leaves the cell`);
        if (button.scrollWidth > button.clientWidth + 1) said.push(`${button.textContent} is cut`);
        if (at.width < 24 || at.height < 24) said.push(`${button.textContent} is ${at.width} by ${at.height}`);
        const place = status.getBoundingClientRect();
        if (at.left < place.right - 1 && at.right > place.left + 1 && at.top < place.bottom - 1
            && at.bottom > place.top + 1) said.push(`${button.textContent} covers the status`);
    }
    if (view.scrollWidth > view.clientWidth + 1) said.push(`${view.scrollWidth} wide in ${view.clientWidth}`);
    return said;
}"""


def test_the_head_fits_any_width_and_font_without_cutting_the_status(
    open_notebook: Callable[..., Notebook],
) -> None:
    waiting = ask("Wait", "rate_limit?retry_after=50")
    silent = f"from streamcell import Timeouts\n{ask('Fall silent', STALLED)[:-1]}, timeouts=Timeouts(notify_after=1))"
    cut = ask("Cut", "drop?after=40")
    versions = f"{ask('Versions', 'echo?rate=0')}\ncell.result()\ncell.retry(temperature=0)"
    notebook = open_notebook([waiting, silent, cut, versions])
    states = ("waiting", "streaming", "interrupted", "done")
    for index, state in enumerate(states):
        notebook.start(index)
        notebook.wait_for_status(index, state)
    notebook.view(1).locator(".sc-status").get_by_text("given up after").wait_for()
    notebook.view(3).get_by_text("2/2").wait_for()
    found = {}
    for font in FONTS:
        for width in WIDTHS:
            for index, state in enumerate(states):
                notebook.page.evaluate(SQUEEZE, [index, width, font])
                if cuts := notebook.view(index).evaluate(CUT):
                    found[state, width, font] = cuts
            if width in (240, 420, 560, 800):
                notebook.picture(f"head-{font}-{width}")
    assert found == {}
