"""Where things are in a cell, in pixels: what must not move unnoticed, on whatever machine it is drawn.

Pictures differ between machines because their fonts do. So the places are measured in a font that comes with the tests,
in a cell of one width, without motion. `make gallery` writes them beside the pictures, and the gallery's tests compare.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from .jupyterlab import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .notebook import Notebook

Box = list[int]
"""Left, top, width and height, from the cell's own corner."""

TOLERANCE: Final = 2
# What a test adds to see that a button which has moved is found.
SHIFTED: Final = ".streamcell .sc-controls > button:last-child { position: relative; left: 4px; }"
BOXES: Final = "boxes.json"  # in the folder of the pictures

FONT: Final = ROOT / "js" / "node_modules" / "@fontsource" / "stix-two-math" / "files"
STEADY: Final = """
@font-face { font-family: Steady; src: url(data:font/woff2;base64,%s); }
[data-streamcell], [data-streamcell] * {
    font-family: Steady !important; font-weight: 400 !important; font-style: normal !important;
    animation: none !important; transition: none !important;
}
[data-streamcell] { box-sizing: border-box !important; width: 720px !important; max-width: none !important; }
[data-streamcell] .sc-status { white-space: nowrap !important; } /* a second more must not make a second line */
[data-streamcell] .sc-head { position: relative !important; inset: auto !important; }
"""

# What people press and read: its place, and its size where that does not depend on a time or a number in its text. What
# stands in a line behind an id or between tokens is left out, because its place depends on them; so is the way to the
# end, which comes and goes with the scrolling.
MEASURE: Final = """async (view, css) => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    try {
        await document.fonts.load("16px Steady");
        if (![...document.fonts].some(({ family, status }) => family === "Steady" && status === "loaded"))
            throw new Error("the font of the tests is not there");
        for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);  // what scripts lay out
        const corner = view.getBoundingClientRect();
        const found = {};
        const note = (kind, one, sized) => {
            if (!one.checkVisibility()) return;
            const at = one.getBoundingClientRect();
            let name = kind;
            for (let number = 2; name in found; number++) name = `${kind} ${number}`;
            found[name] = [at.x - corner.x, at.y - corner.y, sized ? at.width : 0, at.height].map(Math.round);
        };
        for (const one of view.querySelectorAll(".sc-head")) note("head", one, true);
        for (const one of view.querySelectorAll(".sc-status")) note("status", one, false);
        for (const one of view.querySelectorAll(".sc-card")) note("card", one, true);
        for (const one of view.querySelectorAll(".sc-panel")) note("panel", one, true);
        const comesAndGoes = ".sc-card-facts button, .sc-tokens-least button, .sc-end button";
        for (const one of view.querySelectorAll(`button:not(${comesAndGoes})`))
            note(`button ${one.getAttribute("aria-label") ?? one.textContent}`, one, true);
        for (const one of view.querySelectorAll("summary")) note("fold", one, false);
        const blocks = "p, li, pre, table, blockquote, h1, h2, h3, math[display=block], img";
        for (const one of view.querySelectorAll("[data-streamcell-answer]"))
            for (const block of one.querySelectorAll(blocks)) note(`text ${block.localName}`, block, true);
        return found;
    } finally {
        style.remove();
    }
}"""


def boxes(notebook: Notebook, index: int, change: str = "") -> dict[str, Box]:
    """Where everything in a cell is that people press and read; `change` is a style sheet that moves something."""
    view = notebook.view(index)
    if notebook.status(index) in ("done", "stopped", "failed", "interrupted"):  # Stop rests for a second then
        view.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
    font = base64.b64encode((FONT / "stix-two-math-latin-400-normal.woff2").read_bytes()).decode("ascii")
    found: dict[str, Box] = view.evaluate(MEASURE, STEADY % font + change)
    return found


def moved(were: Mapping[str, Box], are: Mapping[str, Box]) -> dict[str, Any]:
    """Say what has come, gone, or moved by more than the tolerance."""
    return {
        name: [were.get(name), are.get(name)]
        for name in {**were, **are}
        if name not in were
        or name not in are
        or any(abs(one - other) > TOLERANCE for one, other in zip(were[name], are[name], strict=True))
    }


def write(folder: Path, found: Mapping[str, Mapping[str, Box]]) -> None:
    """Keep them beside the pictures, a line for each thing, so that Git shows what has moved."""
    cells = [
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"    {json.dumps(thing, ensure_ascii=False)}: {box}" for thing, box in things.items())
        + "\n  }"
        for name, things in found.items()
    ]
    (folder / BOXES).write_text("{\n" + ",\n".join(cells) + "\n}\n", "utf-8")


def read(folder: Path) -> dict[str, dict[str, Box]]:
    """Give what `write` has kept."""
    found: dict[str, dict[str, Box]] = json.loads((folder / BOXES).read_text("utf-8"))
    return found
