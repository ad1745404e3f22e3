"""What the decoders share: cleaning text, notices about what is not shown, and judging the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ... import _words as words
from ..._errors import Interrupted
from ...answer.events import Alive, Event, Failed, Finished, PartChanged, PartGrew, PartRestored
from ...answer.finish import Meaning, finish_of
from ...request.echoes import Echo
from ..base import Surrogates, field_of, showable
from ..images import Images
from .citations import Sources
from .probabilities import rows_of
from .thinking import ThinkTags

__all__ = ["Assembly", "words_of"]

_TOLD: Final = 5  # kinds of unshown content in a notice, which must fit in a line
_NAME: Final = 60  # characters of the name of an unknown kind

_WORDS: Final = ("text", "content", "output_text")


def words_of(value: object) -> str:
    """Return the text in a value: a string, an object with one, or a list of these."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return "".join(words_of(one) for one in value if not isinstance(one, (list, tuple)))
    for name in _WORDS:
        found = field_of(value, name) if value is not None else None
        if isinstance(found, str):
            return found
    return ""


_GROWING: Final = ("text", "reasoning", "commentary", "refusal")


class Assembly:
    """Turns the pieces that a decoder finds into events.

    `said` has the kinds of parts that have content so far, see `_GROWING`.
    """

    def __init__(self) -> None:
        self.said: set[str] = set()
        self._surrogates = {kind: Surrogates() for kind in _GROWING}
        self._ids = dict.fromkeys(_GROWING, "")
        self._tags = ThinkTags()
        self._unshown: list[str] = []
        self.sources = Sources()
        self.images = Images()

    @property
    def spoke(self) -> bool:
        """Whether anything of an answer was received, shown or not."""
        return bool(self.said or self._unshown)

    def grow(self, kind: str, delta: str, id_: str = "") -> list[Event]:
        """Return the events for a delta of a part of this kind (see `_GROWING`), in the item `id_`."""
        self._ids[kind] = id_
        shown = self._surrogates[kind].feed(delta)
        if kind != "text":
            return self._events([(kind, shown)], id_)
        return self._events(self._tags.feed(shown), id_)

    def weigh(self, logprobs: object) -> list[Event]:
        """Return the event for the tokens whose probabilities a chunk has."""
        rows = rows_of(logprobs) if logprobs else ""
        return [PartGrew("tokens", rows, "tokens")] if rows else []

    def holds(self, kind: str) -> bool:
        """Whether text of this kind is held back, until the next delta decides what it is."""
        return self._surrogates[kind].holds or (kind == "text" and self._tags.holds)

    def restore(self, text: str, id_: str) -> list[Event]:
        """Return the event for a text that replaces the whole text of the item `id_`."""
        self._surrogates["text"] = Surrogates()
        self.said.add("text")
        return [PartRestored("text", showable(text), id_)]

    def held(self) -> list[Event]:
        """Return the events for text that was held back, and for the sources; nothing follows."""
        text = [*self._tags.feed(self._surrogates["text"].end()), *self._tags.end()]
        others = [kind for kind in _GROWING if kind not in ("text", "reasoning")]
        return [
            *self._events([("reasoning", self._surrogates["reasoning"].end())], self._ids["reasoning"]),
            *self._events(text, self._ids["text"]),
            *(
                event
                for kind in others
                for event in self._events([(kind, self._surrogates[kind].end())], self._ids[kind])
            ),
            *self.sources.events(),
        ]

    def _events(self, pieces: Sequence[tuple[str, str]], id_: str) -> list[Event]:
        self.said.update(kind for kind, text in pieces if text)
        return [PartGrew(kind, text, id_) for kind, text in pieces if text]

    # -- what the cell does not show ----------------------------------------------------------------------------------

    def leave_out(self, what: str) -> list[Event]:
        """Note content that a cell does not show, such as "an image". It is a sign that the model is working."""
        if len(self._unshown) <= _TOLD and what not in self._unshown:
            self._unshown.append(what)
        return [Alive(working=True)]

    def pictured(self, events: list[Event]) -> list[Event]:
        """Return the events from `images`, or at least a sign that the model is working."""
        if self.images.full:
            self.leave_out(words.TOO_MANY_IMAGES)
        if not events:
            return [Alive(working=True)]
        self.said.add("image")
        return [*self.sources.events(), *events]

    def unknown(self, name: str, text: str, id_: str) -> list[Event]:
        """Return the event for a part of an unknown kind, with the provider's name for it and its text."""
        self.said.add("unknown")
        return [PartChanged("unknown", {"name": showable(name[:_NAME]), "text": showable(text)}, id_ or name[:_NAME])]

    # -- the end ------------------------------------------------------------------------------------------------------

    def end(self, word: str | None, *notices: str | None, echoes: tuple[Echo, ...] = ()) -> list[Event]:
        """Return the end of the answer for a provider's finish reason, or a failure if the reason is an error.

        `echoes`: see `Finished`.
        """
        finish = None if word is None else finish_of(word)
        if "tool_call" in self.said and (finish is None or finish.meaning is Meaning.WHOLE):
            finish = finish_of("tool_calls")  # some servers use one reason for every normal end
        if finish is not None and finish.meaning is Meaning.TROUBLE:
            reason = words.gave_reason(finish.word)
            return [Failed(Interrupted(reason, kind="broken_off", title=words.BROKEN_OFF))]
        limited = finish is not None and finish.meaning is Meaning.LIMIT
        said = [*notices, None if finish is None else finish.notice, self._missing(limited)]
        notice = " ".join(one for one in said if one) or None
        return [*self.sources.events(), Finished(None if finish is None else finish.reason, notice, echoes)]

    def _missing(self, limited: bool) -> str | None:
        listed = ", ".join(self._unshown[:_TOLD]) + (", …" if len(self._unshown) > _TOLD else "")
        if self.said & {"text", "refusal", "tool_call", "tool_result", "image"}:
            return words.not_shown(listed) if listed else None
        if listed:
            return words.no_text_but(listed)
        if "reasoning" not in self.said:
            return words.NOTHING
        return words.REASONING_TO_THE_LIMIT if limited else words.ONLY_REASONING
