"""Each card in JupyterLab: what happened, what was kept, what to do next, all in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import boxes
from .accessible import checked
from .cards import CARDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook


def test_each_card_says_what_happened_and_what_to_do_next(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([card.source for card in CARDS.values()])
    for index, (name, card) in enumerate(CARDS.items()):
        notebook.start(index)
        notebook.wait_for_status(index, card.status)
        shown = notebook.view(index).locator(".sc-card")
        said = shown.inner_text()
        assert card.title in said, (name, said)
        assert shown.locator("li").count() > 0, name
        if name not in ("no-key", "refused", "no-tls", "time-out"):
            assert shown.get_by_role("button", name="Copy request id").is_visible(), name
        # Whatever came stays; what has text can go on, what has none can be asked anew.
        text = notebook.copied(index) if card.status == "interrupted" else ""
        assert notebook.button(index, "Retry").is_visible(), name
        # What a card names, it has.
        buttons = shown.locator(".sc-card-buttons button").all_inner_texts()
        assert ("Press Continue" in said) == ("Continue" in buttons), (name, said)
        assert "Retry" in buttons, name
        assert not ("asks to wait" in said and "a moment" in said), (name, said)
        if card.status == "interrupted":
            assert text.startswith("## Entropy"), name
            notebook.button(index, "Continue").wait_for()
    assert "waits at most 60 s by itself" in notebook.view(list(CARDS).index("rate-limit")).inner_text()
    were = boxes.read(Path(__file__).resolve().parents[2] / "docs" / "cards")
    moved = {name: boxes.moved(were[name], boxes.boxes(notebook, index)) for index, name in enumerate(CARDS)}
    assert moved == {name: {} for name in CARDS}, "`make gallery` notes what has moved on purpose"
    for theme in ("Dark", "Light"):
        notebook.set_theme(f"JupyterLab {theme}")
        assert checked(notebook.page)["violations"] == [], theme
