"""Makes the request that continues an answer, and removes repeated text from its events. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...answer.events import Event, Finished, Note, PartEnded, PartGrew, PartRestored
from ...answer.resume import Overlap, Prefix, Rest, ResumeFrom, ResumeMode
from ...request.request import Request

__all__ = ["going_on", "without_repetition"]

_GO_ON: Final = (
    "Your last answer was cut off. Go on exactly where it stops, in the middle of a word if need be. "
    "Do not repeat anything, and do not comment."
)

_CONTINUE_FINAL_MESSAGE: Final = {"continue_final_message": True, "add_generation_prompt": False}


def going_on(request: Request, resume: ResumeFrom, prefix: Prefix | None) -> Request:
    """Return the request for the rest of an answer: the conversation, the answer so far, and a request to continue."""
    if resume.way is not ResumeMode.PREFIX:
        so_far = ({"role": "assistant", "content": resume.text}, {"role": "user", "content": _GO_ON})
        return replace(request, messages=(*request.messages, *so_far))
    begun = {"role": "assistant", "content": resume.text.rstrip(), **({"prefix": True} if prefix == "prefix" else {})}
    params = dict(request.params)
    if prefix == "continue_final_message":
        params["extra_body"] = {**params.get("extra_body", {}), **_CONTINUE_FINAL_MESSAGE}
    return replace(request, messages=(*request.messages, begun), params=params)


def without_repetition(overlap: Overlap | Rest, event: Event | Note) -> list[Event | Note]:
    """Return an event of a continuation without repeated text, after any text that was held back until its end.

    Only the first text part of a continuation repeats earlier text. If a continuation fails, the text that is held back
    is dropped: as far as is known it repeats the text before, and the next continuation brings the rest.
    """
    if isinstance(event, PartGrew) and event.kind == "text":
        overlap.part = event.id if overlap.part is None else overlap.part
        text = overlap.feed(event.text)
        return [replace(event, text=text)] if text else []
    if isinstance(event, PartRestored) and event.kind == "text" and overlap.part in (None, event.id):
        return [replace(event, text=overlap.whole(event.text))]
    if isinstance(event, Finished) or (isinstance(event, PartEnded) and event.id == overlap.part):
        held = overlap.end()
        return [*([PartGrew("text", held, overlap.part or "")] if held else []), event]
    return [event]
