"""What a cell saves in the notebook: the MIME bundle of its output, made from a view.

A page that keeps the notebook makes the bundle too (`js/src/jupyter/lab/output.ts`), but only this module makes the
Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from .. import _words as words
from .._terminal import inert
from ..answer.document import Document
from ..answer.parts import Part, body_of, text_of
from ..answer.parts.base import DATA
from ..answer.status import TERMINAL
from ..saved.markdown import saved_markdown
from ..wire.messages import UNSAVED, View, part_of, view_of

__all__ = ["ANSWER", "WIDGET", "bundle_of", "markdown_of", "note_of", "others_of"]

ANSWER: Final = "application/vnd.streamcell.answer+json"
"""Our own format, for the extension of JupyterLab and Notebook: the answer's document, without its text."""

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_VERSION: Final = 2  # of the format of ANSWER

_SECONDS: Final = "seconds"  # the field of a part with its duration
_DATA: Final = "data"  # the field of a part with its image in base64

# Versions that are not shown are saved without these: they do not apply there, or are the same as in the shown version.
_NOT_OF_OTHERS: Final = frozenset(
    {"timings", "attempts", "versions", "retry_disabled_reason", "resumable", "max_height"}
)


def bundle_of(
    view: View, key: str, model_id: str | None, others: Sequence[Mapping[str, Any]] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the output that shows `view` without a live widget, as its data and its metadata.

    `text/plain` is the answer's text without terminal control characters, `text/markdown` is for readers without the
    extension, and ANSWER has everything else. `key` names the cell in its notebook, `model_id` is the id of its
    widget's model (None: it has no widget), and `others` are the versions that are not shown (see `others_of`).
    Whatever differs between two runs is metadata. So the same answer has the same data, and nbdime does not show one
    output as deleted and another as inserted.
    """
    text = inert(text_of(view["parts"]))
    note = inert(note_of(view))
    markdown = markdown_of(view)
    images = {found[2]: at for at, found in reversed([*enumerate(DATA.finditer(markdown))])}
    document = _kept(view, lambda part: _once(part, images))
    timings = document.pop("timings", None)
    request_id = (view["error"] or {}).get("request_id")
    run = {
        "id": key,
        "model_id": model_id,
        "timings": timings,
        "request_id": request_id,
        "seconds": _seconds_of(view["parts"]),
    }
    data = {
        ANSWER: {
            "version": _VERSION,
            "characters": len(text),
            "document": document,
            **({"others": list(others)} if others else {}),
        },
        "text/markdown": markdown,
        "text/plain": text or (note if view["status"] in TERMINAL else words.STILL_STREAMING) or words.NO_TEXT,
    }
    return data, {ANSWER: {name: value for name, value in run.items() if value is not None}}


def others_of(document: Document, shown: int) -> list[dict[str, Any]]:
    """Return all versions but the one at index `shown`, oldest first, as ANSWER saves them: without times."""
    others = (index for index in range(len(document.versions)) if index != shown)
    views = (view_of(replace(document, shown=index)) for index in others)
    return [
        {name: value for name, value in _kept(view, _with_text).items() if name not in _NOT_OF_OTHERS} for view in views
    ]


def _with_text(part: Part) -> dict[str, Any]:
    kept = part_of(replace(part.with_body(inert(part.lasting)), open=False))
    fields = {name: value for name, value in kept.pop("fields", {}).items() if name != _SECONDS}
    return {**kept, **({"fields": fields} if fields else {})}


def _seconds_of(parts: Sequence[Part]) -> dict[str, float] | None:
    """Return the durations of the parts by index. They differ with each run, so they are metadata."""
    found = {str(at): getattr(part, _SECONDS, None) for at, part in enumerate(parts)}
    return {at: seconds for at, seconds in found.items() if seconds is not None} or None


def _once(part: Part, images: Mapping[str, int]) -> dict[str, Any]:
    """Return a part as ANSWER saves it, without the data that the bundle has elsewhere.

    A text has the number of its characters in text/plain instead, and an image the index of its image in text/markdown.
    """
    if part.is_text:
        return {**part_of(replace(part.with_body(""), open=False)), "characters": len(part.body)}
    at = images.get(getattr(part, _DATA)) if part.address else None
    return _with_text(part) if at is None else {**_with_text(part.with_fields({_DATA: ""})), "image": at}


def _kept(view: View, part: Callable[[Part], dict[str, Any]]) -> dict[str, Any]:
    document = {name: value for name, value in view.items() if name not in UNSAVED and _says_something(value)}
    document["parts"] = [part(one) for one in view["parts"]]
    if error := document.get("error"):
        document["error"] = {**error, "request_id": None}
    return document


def markdown_of(view: View, *, images: bool = True) -> str:
    """Return `view` as Markdown for readers without the extension, which may not sanitise it.

    Without `images`, each image's address is replaced by the index of its part between two marks (see `_MARK`).
    """
    *before, (last, checked) = list(_blocks(view["parts"], images=images)) or [("", False)]
    saved = [block if is_checked else saved_markdown(inert(block)).strip("\n") for block, is_checked in before]
    note = inert(note_of(view))
    saved += [last, saved_markdown("", note)] if checked else [saved_markdown(inert(last), note)]
    return "\n\n".join(one for one in saved if one)


_MARK: Final = "\x01"
"""Encloses the index of a part. `inert` removes this character from everything else."""


def _blocks(parts: Sequence[Part], *, images: bool) -> Iterator[tuple[str, bool]]:
    """Yield the Markdown of each block of parts, and whether it is made of checked data only.

    Consecutive texts are one block.
    """
    shown = ((at, part) for at, part in enumerate(parts) if not part.beside)
    for _, group in groupby(shown, key=lambda one: one if one[1].address else one[1].kind):
        (at, first), *more = group
        if first.address:
            yield first.picture() if images else first.picture().replace(first.address, f"{_MARK}{at}{_MARK}"), True
            continue
        alike = [first, *(part for _, part in more)]
        said = [one for part in alike if (one := part.markdown())]
        if said:
            heading = f"**{first.heading}**\n\n" if first.heading else ""
            joined = ("" if first.is_text else "\n\n" if first.apart else "\n").join(said)
            yield heading + first.framed(joined), False


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_says_something(one) for one in value.values())
    return bool(value)


def note_of(view: View) -> str:
    """Return the note below a saved answer: why it is incomplete, or what it lacks; empty if neither applies."""
    status, error, refusal = view["status"], view["error"], body_of(view["parts"], "refusal")
    if refusal:
        return words.refused(refusal)
    if status == "done":
        ending = words.ENDINGS.get(view["finish_reason"] or "", "")
        return " ".join(one for one in (ending, view["notice"]) if one)
    if status == "stopped":
        return words.STOPPED
    if status in ("failed", "interrupted"):
        title, detail = (error["title"], error["detail"]) if error else (status.capitalize(), "")
        return f"{title}. {detail}".strip() if detail else f"{title}."
    return words.UNFINISHED
