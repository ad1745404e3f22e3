"""How an answer is asked to go on by another request, and what of it is new. Pure."""

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
    """An event of a continuation without what it repeats; before its end, what was held back is given out.

    What a continuation repeats is repeated in its first part of text. What is held back when it fails stands in the
    text before it already, as far as anybody can tell, and the next continuation brings what does not.
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
