"""Each kind of part in light and dark: accessible, reached by keyboard, and pictured in `docs/parts.md`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .accessible import checked
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
    pictures = {path.name for path in (DOCS / "parts").glob("*.png")}
    assert pictures == {f"{name}-{theme}.png" for name in SHOWN for theme in THEMES}
    page = (DOCS / "parts.md").read_text("utf-8")
    assert all(f"](parts/{picture})" in page for picture in pictures)
    assert all(shown.says in page for shown in SHOWN.values())


@pytest.mark.parametrize("name", SHOWN)
def test_it_is_accessible_in_light_and_dark_and_by_keyboard(open_notebook: Callable[..., Notebook], name: str) -> None:
    notebook = open_notebook([SHOWN[name].source])
    notebook.run(0)
    notebook.wait_for_status(0, SHOWN[name].status)
    SHOWN[name].open(notebook, 0)
    view = notebook.view(0)
    assert checked(notebook.page)["violations"] == []
    notebook.set_theme("JupyterLab Dark")
    try:
        assert checked(notebook.page)["violations"] == []
    finally:
        notebook.set_theme("JupyterLab Light")
    # Tab goes through all that can be used, in the order in which it stands.
    first = view.locator(FOCUSABLE).locator("visible=true").first
    first.focus()
    reached: list[int] = []
    while (at := view.evaluate(REACHED)) is not None and at not in reached[:-1]:
        reached += [at] if at not in reached else []
        notebook.page.keyboard.press("Tab")
    assert reached == sorted(reached)
    assert len(reached) == view.evaluate(SEEN)
