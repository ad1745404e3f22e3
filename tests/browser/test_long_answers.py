"""Long answers: their controls and their end stay in reach, and they do not push away what is typed below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

LINES = "".join(f"Line {number} of a long answer.\n\n" for number in range(150))
LONG = ask(LINES, "echo?rate=0")
# Grows for longer than any test takes, by some paragraphs each second.
GROWS = "bulk?characters=1000000&chunks=50000&rate=100"
GROWING = ask("Grow on", GROWS)
# Comes within seconds, faster than a page would draw each piece of it.
FLOOD = ask("Flood", "bulk?characters=100000&chunks=2000&rate=250")

# Where things are in what scrolls: the view and its head, from the upper edge; its end, from the lower one.
PLACES = """(view) => {
    const scroller = view.closest(".jp-mod-outputsScrolled .jp-Cell-outputArea, .jp-WindowedPanel-outer");
    const box = scroller.getBoundingClientRect();
    const button = view.querySelector(".sc-end button");
    return {
        scrolled: scroller.scrollTop,
        begin: view.getBoundingClientRect().top - box.top,
        head: view.querySelector(".sc-head").getBoundingClientRect().top - box.top,
        end: view.getBoundingClientRect().bottom - box.top - scroller.clientHeight,
        height: view.getBoundingClientRect().height,
        offered: Boolean(button && !button.hidden),
    };
}"""

# Notes where the element is painted in each frame, as `window.moved`: the least and the most of its upper edge in the
# window. A frame computes intersections last, after what observes sizes has scrolled, while `requestAnimationFrame`
# comes before that.
WATCH = """(element) => {
    window.moved = {least: Infinity, most: -Infinity, frames: 0};
    const look = () => {
        const observer = new IntersectionObserver(([{boundingClientRect: {top}}]) => {
            observer.disconnect();
            window.moved.least = Math.min(window.moved.least, top);
            window.moved.most = Math.max(window.moved.most, top);
            window.moved.frames += 1;
        });
        observer.observe(element);
        requestAnimationFrame(look);
    };
    look();
}"""

# An answer is at its end: nothing that follows is hidden below.
NEAR = 60


def places(notebook: Notebook, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = notebook.view(index).evaluate(PLACES)
    return found


# Notes as `window.turned` whether what scrolls has moved in this direction since: it also follows what grows.
TURNED = """(by) => {
    const scroller = document.querySelector(".jp-WindowedPanel-outer");
    let last = scroller.scrollTop;
    // An answer that comes at once is not followed: the page may be where the wheel leads.
    window.turned = by < 0 && last <= 0;
    scroller.addEventListener("scroll", () => {
        window.turned ||= (scroller.scrollTop - last) * by > 0;
        last = scroller.scrollTop;
    });
}"""


def scroll(notebook: Notebook, by: int) -> None:
    """Turn the wheel over the first answer, and wait until that has been done."""
    box = notebook.page.locator(".jp-WindowedPanel-outer").bounding_box()
    assert box
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    notebook.page.evaluate(TURNED, by)
    notebook.page.mouse.wheel(0, by)
    notebook.page.wait_for_function("() => window.turned")


def wait_for_height(notebook: Notebook, height: float, index: int = 0) -> None:
    """Wait until the answer is that high."""
    notebook.page.wait_for_function(
        "([view, height]) => view.getBoundingClientRect().height >= height",
        arg=[notebook.view(index).element_handle(), height],
    )


def grow(notebook: Notebook, by: float = 300) -> None:
    """Wait until the first answer has become higher by so many pixels."""
    wait_for_height(notebook, places(notebook)["height"] + by)


def wait_for_follower(notebook: Notebook) -> None:
    notebook.view(0).locator(".sc-end").wait_for(state="attached")


def start(notebook: Notebook, height: float = 1500) -> None:
    """Run the first cell, and wait until its answer is higher than the window."""
    notebook.start(0)
    notebook.wait_for_status(0, "streaming")
    wait_for_follower(notebook)
    wait_for_height(notebook, height)


def test_the_controls_stay_in_sight(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([LONG, "1"])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    scroll(notebook, -100_000)
    scroll(notebook, 2500)
    where = places(notebook)
    assert where["begin"] < -1000
    assert where["end"] > 0
    assert where["head"] == pytest.approx(0, abs=1)
    assert notebook.copied(0) == LINES
    assert places(notebook)["scrolled"] == where["scrolled"], "the button was in sight, so nothing scrolled to it"


def test_the_end_is_followed_until_the_reader_scrolls_up_and_again_from_there(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([GROWING, "1"])
    start(notebook)
    for _ in range(3):
        grow(notebook, 100)
        assert places(notebook)["end"] < NEAR
    assert not places(notebook)["offered"]
    scroll(notebook, -200)
    grow(notebook)
    # Whatever comes, the reader is left where they are.
    before = places(notebook)
    assert before["offered"]
    grow(notebook)
    after = places(notebook)
    assert after["scrolled"] == before["scrolled"]
    assert after["end"] > before["end"] + 200
    notebook.button(0, "To the end").click()
    assert places(notebook)["end"] < NEAR
    grow(notebook)
    after = places(notebook)
    assert after["end"] < NEAR
    assert not after["offered"]
    # The button is gone, and the focus is still in the cell.
    assert notebook.view(0).evaluate("(view) => view.contains(document.activeElement)")
    notebook.button(0, "Stop").click()


def test_a_reader_of_what_is_above_is_not_moved(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([GROWING, "1"])
    start(notebook)
    scroll(notebook, -100_000)
    grow(notebook)
    before = places(notebook)
    assert before["begin"] > 0
    grow(notebook)
    assert places(notebook)["scrolled"] == before["scrolled"]
    assert places(notebook)["begin"] == before["begin"]


def test_what_somebody_types_below_stays_where_it_is_while_100_kb_arrive(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([FLOOD, "1", *["2"] * 30])
    notebook.start(0)
    notebook.wait_for_status(0, "streaming")
    wait_for_follower(notebook)
    editor = notebook.cell(1).locator(".cm-content")
    editor.focus()
    # JupyterLab itself scrolls to a cell at the edge that is typed in.
    editor.evaluate("(editor) => editor.scrollIntoView({block: 'center'})")
    notebook.page.keyboard.type("x")
    editor.evaluate(WATCH)
    typed = 1
    while notebook.status(0) == "streaming":
        notebook.page.keyboard.type("x")
        typed += 1
    notebook.wait_for_status(0, "done")
    frames = notebook.page.evaluate("() => window.moved.frames")
    notebook.page.wait_for_function("(frames) => window.moved.frames > frames + 2", arg=frames)
    moved = notebook.page.evaluate("() => window.moved")
    assert typed > 5
    assert moved["frames"] > 20
    assert places(notebook)["height"] > 10_000
    assert moved["most"] - moved["least"] <= 2, moved
    assert editor.inner_text() == "x" * typed + "1"


def test_a_cell_below_that_nobody_has_touched_stays_in_sight(open_notebook: Callable[..., Notebook]) -> None:
    """Shift+Enter in the last cell makes another one, and there is room for the answer above it."""
    notebook = open_notebook([GROWING])
    start(notebook)
    below = notebook.cell(1).evaluate(
        "(cell) => cell.getBoundingClientRect().bottom - document.querySelector('.jp-WindowedPanel-outer')"
        ".getBoundingClientRect().bottom"
    )
    assert below <= 20
    assert notebook.cell(1).evaluate("(cell) => cell.contains(document.activeElement)")


def test_outputs_that_scroll_on_their_own_are_followed_within_them(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([GROWING, "1"])
    start(notebook)
    assert places(notebook)["scrolled"] > 100, "the notebook itself has scrolled so far"
    notebook.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.widgets[0].outputsScrolled = true; }")
    grow(notebook)
    where = places(notebook)
    assert where["begin"] < -100
    assert where["end"] < NEAR
    assert where["head"] == pytest.approx(0, abs=12)


# -- folding -----------------------------------------------------------------------------------------------------------


def folded(most: int) -> str:
    return ask(LINES, "echo?rate=0", max_height=most)


def test_a_finished_answer_is_folded_above_its_height(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([folded(400), "1", folded(100_000)])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    button = notebook.button(0, "Show all")
    button.wait_for()
    assert places(notebook)["height"] < 520
    assert button.get_attribute("aria-expanded") == "false"
    assert notebook.copied(0) == LINES
    # By keyboard, and back.
    button.focus()
    notebook.page.keyboard.press("Enter")
    notebook.button(0, "Show less").wait_for()
    assert places(notebook)["height"] > 4000
    assert notebook.view(0).evaluate("(view) => view.contains(document.activeElement)")
    notebook.button(0, "Show less").click()
    button.wait_for()
    where = places(notebook)
    assert where["height"] < 520
    assert where["end"] <= 0, "what was clicked is still in sight"
    # Paper has no buttons.
    notebook.page.emulate_media(media="print")
    assert notebook.view(0).evaluate("(view) => view.offsetHeight") > 4000
    assert not button.is_visible()
    notebook.page.emulate_media(media="screen")
    # One that is not so high has no button.
    notebook.run(2)
    notebook.wait_for_status(2, "done")
    assert notebook.cell(2).get_by_role("button", name="Show all").count() == 0


def test_an_answer_that_grows_is_not_folded_and_its_reader_is_left_alone(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask("Grow on", GROWS, max_height=200), "1"])
    start(notebook, 2500)
    scroll(notebook, -300)
    grow(notebook)
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")
    # What is being read is not hidden: the button says that it can be.
    notebook.button(0, "Show less").wait_for()
    assert places(notebook)["height"] > 2000
    scroll(notebook, -100_000)
    assert places(notebook)["begin"] > 0
    scroll(notebook, 100_000)
    notebook.button(0, "Show all").wait_for(state="attached")


def test_a_fold_is_kept_in_the_notebook_and_what_is_found_in_it_is_shown(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([folded(400), "1"])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    notebook.reopen_without_kernel()
    notebook.button(0, "Show all").wait_for()
    assert places(notebook)["height"] < 520
    # What the browser does when it has found a text, or follows a link.
    notebook.answer(0).get_by_text("Line 120 of a long answer.").evaluate("(line) => line.scrollIntoView()")
    notebook.button(0, "Show less").wait_for(state="attached")
    assert places(notebook)["height"] > 4000
