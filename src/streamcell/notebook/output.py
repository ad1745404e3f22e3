"""What a cell leaves in the notebook: its output's MIME bundle, made of a view.

A page that keeps the notebook makes it too (`js/src/jupyter/lab/output.ts`), but for the Markdown: that is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._terminal import inert
from ..answer.status import TERMINAL
from ..saved.markdown import saved_markdown
from ..wire.messages import View

__all__ = ["ANSWER", "WIDGET", "bundle_of", "markdown_of", "note_of"]

ANSWER: Final = "application/vnd.streamcell.answer+json"
"""Our own form, for JupyterLab's and Notebook's extension: what is known of the answer, without its text."""

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_VERSION: Final = 1  # of ANSWER's form

# The text is in the bundle as text/plain, and these are true for a moment only.
_NOT_KEPT: Final = frozenset({"text", "retry_at", "idle", "queue_position", "wait"})


def bundle_of(view: View, key: str, model_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the output that shows `view` wherever it is read, without the live widget: its data and its metadata.

    `text/plain` is the answer as it came, but that no terminal obeys it, `text/markdown` the same for readers that know
    nothing of us, and ANSWER what else there is to know. `key` names the cell in its notebook, `model_id` its widget's
    model (None: it has none). What is another with each run is metadata: the same answer has the same data, and so
    nbdime shows no output as deleted and another as inserted.
    """
    text = inert(view["text"])
    document = {name: value for name, value in view.items() if name not in _NOT_KEPT and _says_something(value)}
    timings, request_id = document.pop("timings", None), None
    if error := document.get("error"):
        request_id = error["request_id"]
        document["error"] = {**error, "request_id": None}
    run = {"id": key, "model_id": model_id, "timings": timings, "request_id": request_id}
    note = inert(note_of(view))
    data = {
        ANSWER: {"version": _VERSION, "characters": len(text), "document": document},
        "text/markdown": markdown_of(view),
        "text/plain": text or (note if view["status"] in TERMINAL else _STILL_STREAMING) or "(no text)",
    }
    return data, {ANSWER: {name: value for name, value in run.items() if value is not None}}


def markdown_of(view: View) -> str:
    """Return `view` as Markdown for readers that know nothing of us and may not sanitise it."""
    return saved_markdown(inert(view["text"]), inert(note_of(view)))


# A reader of plain text alone, such as `jupyter console`, never shows what becomes of an output.
_STILL_STREAMING: Final = "The answer is still streaming: cell.result() waits for it and returns its text."


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
        return "Stopped: this is the text so far."
    if status in ("failed", "interrupted"):
        title, detail = (error["title"], error["detail"]) if error else (status.capitalize(), "")
        return f"{title}. {detail}".strip() if detail else f"{title}."
    return "Not finished when this was saved."


_ENDINGS: Final = {
    "length": "Cut at the length limit: this is not the whole answer.",
    "content_filter": "Ended by the content filter: this is not the whole answer.",
}
