"""What a cell leaves in the notebook: its output's MIME bundle, made of a view. `js/src/lab/output.ts` mirrors it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ._protocol import View
from ._saved import saved_markdown
from ._terminal import inert

__all__ = ["ANSWER", "WIDGET", "bundle_of", "note_of"]

ANSWER: Final = "application/vnd.streamcell.answer+json"
"""Our own form, for JupyterLab's and Notebook's extension: what is known of the answer, without its text."""

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_VERSION: Final = 1  # of ANSWER's form

# The text is in the bundle as text/plain, and these are true for a moment only.
_NOT_KEPT: Final = frozenset({"text", "retry_at", "quiet", "place", "wait"})


def bundle_of(view: View, key: str, model_id: str | None) -> dict[str, Any]:
    """Return the output that shows `view` wherever it is read, without the live widget.

    `text/plain` is the answer as it came, but that no terminal obeys it, `text/markdown` the same for readers that know
    nothing of us, and ANSWER what else there is to know. `key` names the cell in its notebook, `model_id` its widget's
    model (None: it has none).
    """
    text = inert(view["text"])
    document = {name: value for name, value in view.items() if name not in _NOT_KEPT and _says_something(value)}
    known = {"version": _VERSION, "id": key, "model_id": model_id, "characters": len(text), "document": document}
    note = inert(note_of(view))
    return {
        ANSWER: known,
        "text/markdown": saved_markdown(text, note),
        "text/plain": text or note or "(no text)",
    }


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_says_something(one) for one in value.values())
    return bool(value)


def note_of(view: View) -> str:
    """Return what has to be said below a saved answer: why it is not whole, what it lacks, or nothing."""
    status, error, refusal = view["status"], view["error"], view["refusal"]
    if refusal:
        return f"The model refused: {refusal}"
    if status == "done":
        ending = _ENDINGS.get(view["finish_reason"] or "", "")
        return " ".join(one for one in (ending, view["notice"]) if one)
    if status == "stopped":
        return "Stopped: this is what had come."
    if status in ("failed", "interrupted"):
        title, detail = (error["title"], error["detail"]) if error else (status.capitalize(), "")
        return f"{title}. {detail}".strip() if detail else f"{title}."
    return "Not finished when this was saved."


_ENDINGS: Final = {
    "length": "Cut at the length limit: this is not the whole answer.",
    "content_filter": "Ended by the content filter: this is not the whole answer.",
}
