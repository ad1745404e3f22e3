"""How an answer is asked to go on by another request, and what of it is new. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...answer.events import Alive, Chunk, Cursor, Event, Note, Started, TextDelta, TextRestored
from ...answer.resume import Overlap, Prefix, Rest, ResumeFrom, ResumeMode
from ...request.request import Request

__all__ = ["going_on", "without_repetition"]

_GO_ON: Final = (
    "Your last answer was cut off. Go on exactly where it stops, in the middle of a word if need be. "
    "Do not repeat anything, and do not comment."
)

_CONTINUE_FINAL_MESSAGE: Final = {"continue_final_message": True, "add_generation_prompt": False}


def going_on(request: Request, resume: ResumeFrom, prefix: Prefix | None) -> Request:
    """The same conversation, with the answer so far, and the wish for its rest where the server must be asked."""
    if resume.way is not ResumeMode.PREFIX:
        so_far = ({"role": "assistant", "content": resume.text}, {"role": "user", "content": _GO_ON})
        return replace(request, messages=(*request.messages, *so_far))
    begun = {"role": "assistant", "content": resume.text.rstrip(), **({"prefix": True} if prefix == "prefix" else {})}
    params = dict(request.params)
    if prefix == "continue_final_message":
        params["extra_body"] = {**params.get("extra_body", {}), **_CONTINUE_FINAL_MESSAGE}
    return replace(request, messages=(*request.messages, begun), params=params)


def without_repetition(overlap: Overlap | Rest, event: Event | Note) -> list[Event | Note]:
    """An event of a continuation without what it repeats; before anything but text, what was held back is given out."""
    if isinstance(event, (Started, Alive, Chunk, Cursor)):
        return [event]
    if isinstance(event, TextDelta):
        text = overlap.feed(event.text)
        return [TextDelta(text)] if text else []
    if isinstance(event, TextRestored):
        return [TextRestored(overlap.whole(event.text))]
    held = overlap.end()
    return [*([TextDelta(held)] if held else []), event]
