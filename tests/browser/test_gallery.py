"""Each kind of part: accessible in light and dark, reached by keyboard, pictured in `docs/gallery.md`, in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamcell.answer.status import Status

from . import boxes
from .accessible import checked
from .cards import CARDS
from .gallery import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

DOCS = Path(__file__).resolve().parents[2] / "docs"
THEMES = ("light", "dark")

FOCUSABLE = "a[href], button:not([hidden]):not(:disabled), summary, [tabindex='0'], input, textarea, select"
SEEN = f"""view => [...view.querySelectorAll({FOCUSABLE!r})].filter((one) => one.checkVisibility()).length"""
# The tools of a block are in a shadow root, and there only while the focus is in the block: they count as the block.
REACHED = """view => {
    const focused = document.activeElement;
    if (!view.contains(focused)) return null;
    const parent = focused.parentElement;
    const block = !focused.matches('.sc-tools') ? focused
        : parent.matches('[tabindex="0"]') ? parent : focused.previousElementSibling;
    return [...view.querySelectorAll('*:not(.sc-tools)')].indexOf(block);
}"""


def test_every_picture_is_in_the_docs_and_no_other() -> None:
    page = (DOCS / "gallery.md").read_text("utf-8")
    for kind, names in (("parts", tuple(SHOWN)), ("cards", tuple(CARDS))):
        pictures = {path.name for path in (DOCS / kind).glob("*.png")}
        assert pictures == {f"{name}-{theme}.png" for name in names for theme in THEMES}, "`make gallery` takes them"
        assert all(f"]({kind}/{picture})" in page for picture in pictures)
    assert all(shown.says in page for shown in SHOWN.values())
    assert all(card.title in page for card in CARDS.values())


def test_every_state_is_in_the_gallery() -> None:
    shown = {one.status for one in SHOWN.values()} | {one.status for one in CARDS.values()}
    assert shown == {status.value for status in Status}


def test_what_moves_by_more_than_the_tolerance_is_named() -> None:
    were = {"status": [0, 8, 0, 20], "button Retry": [600, 4, 80, 28]}
    assert boxes.moved(were, {"status": [2, 8, 0, 18], "button Retry": [598, 6, 82, 28]}) == {}
    assert boxes.moved(were, {**were, "button Retry": [603, 4, 80, 28]}) == {
        "button Retry": [[600, 4, 80, 28], [603, 4, 80, 28]]
    }
    assert boxes.moved(were, {"status": were["status"], "card": [0, 40, 720, 90]}) == {
        "button Retry": [[600, 4, 80, 28], None],
        "card": [None, [0, 40, 720, 90]],
    }


# Several in one notebook, but for the one that changes how many stream at once.
TOGETHER = [name for name in SHOWN if name != "queued"]
GROUPS = [*(TOGETHER[at : at + 6] for at in range(0, len(TOGETHER), 6)), ["queued"]]


@pytest.mark.parametrize("names", GROUPS, ids=", ".join)
def test_they_are_accessible_in_light_and_dark_and_by_keyboard(
    open_notebook: Callable[..., Notebook], names: list[str]
) -> None:
    notebook = open_notebook([SHOWN[name].source for name in names])
    for index, name in enumerate(names):
        notebook.run(index)
        are_in_their_places(notebook, index, name)
    assert checked(notebook.page)["violations"] == []
    notebook.set_theme("JupyterLab Dark")
    try:
        assert checked(notebook.page)["violations"] == []
    finally:
        notebook.set_theme("JupyterLab Light")
    for index in range(len(names)):
        can_be_reached(notebook, index)


def are_in_their_places(notebook: Notebook, index: int, name: str) -> None:
    shown = SHOWN[name]
    notebook.wait_for_status(index, shown.status)
    shown.open(notebook, index)
    if shown.status == "streaming":
        notebook.answer(index).locator("p").first.wait_for()
    were = boxes.read(DOCS / "parts")[name]
    moved = boxes.moved(were, boxes.boxes(notebook, index))
    assert moved == {}, (name, "`make gallery` notes what has moved on purpose")
    retry = "button Retry now" if shown.status == "waiting" else "button Retry"
    assert boxes.moved(were, boxes.boxes(notebook, index, boxes.SHIFTED)).keys() == {retry}, name
    if shown.over:  # it is gone with the focus
        assert checked(notebook.page)["violations"] == [], name


def can_be_reached(notebook: Notebook, index: int) -> None:
    """Tab goes through all that can be used, in the order in which it stands."""
    view = notebook.view(index)
    view.locator(FOCUSABLE).locator("visible=true").first.focus()
    reached: list[int] = []
    while (at := view.evaluate(REACHED)) is not None and at not in reached[:-1]:
        reached += [at] if at not in reached else []
        notebook.page.keyboard.press("Tab")
    assert reached == sorted(reached)
    assert len(reached) == view.evaluate(SEEN)
