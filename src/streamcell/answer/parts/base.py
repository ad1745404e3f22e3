"""The base class of an answer's parts, and helpers for parts of any kind. Each kind has its own module."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from enum import Enum
from typing import Any, ClassVar, Final, TypeVar

from ..copied import copied

__all__ = ["DATA", "KINDS", "Part", "body_of", "conversation", "defaults", "has_output", "literal", "target", "text_of"]

_Part = TypeVar("_Part", bound="Part")

KINDS: Final[dict[str, type[Part]]] = {}
"""Every kind of part by its name. A subclass of `Part` that sets `kind` registers itself."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of an answer, such as text, reasoning or a source. Each kind is a subclass.

    The fields of a subclass hold JSON values or an enum of strings, have defaults, and are sent to the page under their
    names.

    Attributes:
        id: the provider's id for it; empty if it has none.
        open: more of it may come.
    """

    kind: ClassVar[str] = ""
    grows: ClassVar[str | None] = None
    """The name of the field that deltas are appended to, which is the part's body; None if the kind has no body."""
    is_text: ClassVar[bool] = False
    """Whether the body belongs to the answer's text."""
    is_output: ClassVar[bool] = True
    """Whether it is output of the model: the first output is the first token, and an attempt with output is kept."""
    beside: ClassVar[bool] = False
    """Whether it stands beside the others and not between them: a text before it goes on after it."""
    apart: ClassVar[bool] = True
    """Whether a blank line separates consecutive parts of this kind in saved Markdown."""
    judged_as: ClassVar[str] = "answer"
    """What a moderator judges it as: always ("answer"), if that is asked for ("reasoning", "tools"), or never ("")."""
    heading: ClassVar[str] = ""
    """The heading over parts of this kind in saved Markdown."""
    id: str = ""
    open: bool = True

    def __init_subclass__(cls) -> None:
        """Register the kind in `KINDS`."""
        if cls.kind:
            KINDS[cls.kind] = cls

    @property
    def can_resume(self) -> bool:
        """Whether another request can continue an answer with this part."""
        return True

    @property
    def body(self) -> str:
        """The value of the field that grows; empty if there is none."""
        return "" if self.grows is None else str(getattr(self, self.grows))

    @property
    def lasting(self) -> str:
        """The body as a notebook keeps it: without what differs between two equal answers."""
        return self.body

    @property
    def weight(self) -> int:
        """About how many characters it takes in a snapshot."""
        return len(self.body)

    def with_body(self: _Part, body: str) -> _Part:  # noqa: PYI019  # 3.10 has no Self
        """Return the part with another body, or unchanged if its kind has no body."""
        return self if self.grows is None else copied(self, **{self.grows: body})

    def with_fields(self: _Part, given: Mapping[str, Any]) -> _Part:  # noqa: PYI019
        """Return the part with new values for the fields that its kind has; other names are ignored."""
        known = {name: value for name, value in given.items() if name in defaults(type(self))}
        return replace(self, **known) if known else self

    def fields(self) -> dict[str, Any]:
        """Return the kind's own fields as JSON values, without those that have their default values."""
        values = ((name, getattr(self, name), default) for name, default in defaults(type(self)).items())
        return {
            name: value.value if isinstance(value, Enum) else value
            for name, value, default in values
            if value != default
        }

    @property
    def address(self) -> str:
        """An image as a `data:` address of checked data (see `DATA`), whose base64 is the field `data`; else empty."""
        return ""

    def picture(self) -> str:
        """Return the image of `address` as Markdown; empty if there is none. It is not sanitised later."""
        return ""

    def markdown(self) -> str:
        """Return the part as Markdown for a saved notebook, not yet sanitised; empty if it is not saved there."""
        return ""

    def framed(self, text: str) -> str:
        """Return the joined Markdown of consecutive text parts of this kind as a block of saved Markdown."""
        return text

    def plain(self) -> str:
        """Return the part as text that a terminal shows below the answer; empty if it shows nothing."""
        return ""

    def message(self) -> Mapping[str, Any] | None:
        """Return the part as an item of a conversation, or None. `conversation` joins texts into messages."""
        return None

    def reply(self) -> Mapping[str, Any] | None:
        """Return the item of the conversation that answers `message`, or None."""
        return None

    def act(self, action: str, value: Any) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Return the fields that a user's action changes, or None if this part does not support the action."""
        return None


def defaults(kind: type[Part]) -> Mapping[str, Any]:
    """Return the names and defaults of a kind's own fields."""
    own = (one for one in fields(kind) if one.name not in ("id", "open"))
    return {one.name: one.default if one.default is not MISSING else None for one in own}


def has_output(parts: Iterable[Part]) -> bool:
    """Whether at least one of these parts is output of the model."""
    return any(part.is_output and (part.body or part.grows is None) for part in parts)


def text_of(parts: Iterable[Part]) -> str:
    """Return the answer's text: the joined bodies of its text parts."""
    return "".join(part.body for part in parts if part.is_text)


def conversation(parts: Iterable[Part], elsewhere: Collection[str] = ()) -> tuple[Mapping[str, Any], ...]:
    """Return an answer as items for a later request: messages of the assistant, and tool calls with their results.

    The calls of one round come first, then their results. If the id of a call is in `elsewhere`, its result is left
    out, because the later request's own messages contain it.
    """
    found: list[Mapping[str, Any]] = []
    replies: list[Mapping[str, Any]] = []
    text, told = "", 0
    for part in parts:
        item = part.message()
        number = getattr(part, "round", told)
        if part.is_text or (item is not None and number != told):
            found, replies = [*found, *replies], []
        if part.is_text:
            text += part.body
        elif item is not None:
            found, text, told = [*found, *_said(text), item], "", number
            reply = part.reply()
            id_ = None if reply is None else reply.get("call_id", reply.get("approval_request_id"))
            replies += [] if reply is None or id_ in elsewhere else [reply]
    return (*found, *replies, *_said(text))


def _said(text: str) -> list[Mapping[str, Any]]:
    return [{"role": "assistant", "content": text.strip("\n")}] if text.strip() else []


DATA: Final = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/]+={0,2})")
"""A `data:` address of an image, with its media type and its base64 data. All notebook readers show these types."""

_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>#|~$&!]")
_NOT_IN_AN_ADDRESS: Final = re.compile(r"[\x00-\x20<>\\`!]")


def literal(text: str) -> str:
    """Return Markdown that shows `text` literally."""
    return _MARKS.sub(lambda found: f"\\{found[0]}", text)


def target(url: str) -> str:
    """Return Markdown that shows a complete address, as a link if it is http or https."""
    if not url.lower().startswith(("http://", "https://")):
        return literal(url)
    return f"<{_NOT_IN_AN_ADDRESS.sub(lambda found: f'%{ord(found[0]):02X}', url)}>"


def fenced(text: str, language: str = "") -> str:
    """Return Markdown with `text` as a code block, in a fence that is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def body_of(parts: Iterable[Part], kind: str) -> str:
    """Return the bodies of all parts of a kind, such as "reasoning", with blank lines between them."""
    return "\n\n".join(part.body for part in parts if part.kind == kind)
