"""What a part of an answer is. All that is known of one kind stands in that kind's own module."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from enum import Enum
from typing import Any, ClassVar, Final, TypeVar

__all__ = ["KINDS", "Part", "body_of", "conversation", "defaults", "has_output", "literal", "target", "text_of"]

_Part = TypeVar("_Part", bound="Part")

KINDS: Final[dict[str, type[Part]]] = {}
"""Every kind of part by its name. A subclass of `Part` that names its kind enters itself."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of an answer: a stretch of text, of reasoning, a source, and so on. Each kind is a subclass.

    `id` is the provider's own name for it, empty where there is none. `open` says that more of it may come. The fields
    of a subclass hold JSON values (or an enum of strings), have defaults, and travel to the page under their names.
    """

    kind: ClassVar[str] = ""
    grows: ClassVar[str | None] = None
    """The one field that deltas are appended to, its body; None where a part of this kind has none."""
    is_text: ClassVar[bool] = False
    """Whether its body belongs to the answer's text."""
    is_output: ClassVar[bool] = True
    """Whether the model said something with it: it counts as the first token, and makes an attempt one to keep."""
    heading: ClassVar[str] = ""
    """What stands above parts of this kind in Markdown that is saved."""
    id: str = ""
    open: bool = True

    def __init_subclass__(cls) -> None:
        """Enter the kind into `KINDS`."""
        if cls.kind:
            KINDS[cls.kind] = cls

    @property
    def can_resume(self) -> bool:
        """Whether an answer with this part can be continued by another request."""
        return True

    @property
    def body(self) -> str:
        """The field that grows, or an empty string."""
        return "" if self.grows is None else str(getattr(self, self.grows))

    @property
    def weight(self) -> int:
        """Characters that a snapshot of it costs, about."""
        return len(self.body)

    def with_body(self: _Part, body: str) -> _Part:  # noqa: PYI019  # 3.10 has no Self
        """Return the part with another body; a part that has none is returned as it is."""
        changed: dict[str, Any] = {} if self.grows is None else {self.grows: body}
        return replace(self, **changed)

    def with_fields(self: _Part, given: Mapping[str, Any]) -> _Part:  # noqa: PYI019
        """Return the part with other values in the fields that its kind has; other names are passed over."""
        known = {name: value for name, value in given.items() if name in defaults(type(self))}
        return replace(self, **known) if known else self

    def fields(self) -> dict[str, Any]:
        """Return the kind's own fields as JSON values, without those that have their defaults."""
        values = ((name, getattr(self, name), default) for name, default in defaults(type(self)).items())
        return {
            name: value.value if isinstance(value, Enum) else value
            for name, value, default in values
            if value != default
        }

    def picture(self) -> str:
        """Return the part as an image in Markdown, made of checked data alone, so nothing sanitises it; or nothing."""
        return ""

    def markdown(self) -> str:
        """Return the part as Markdown for a saved notebook, not sanitised yet; empty for what is not kept there."""
        return ""

    def plain(self) -> str:
        """Return the part as a terminal shows it below the answer's text; empty for what it does not show."""
        return ""

    def message(self) -> Mapping[str, Any] | None:
        """Return the part as an item of a conversation, or None; texts are joined into messages, see `conversation`."""
        return None

    def reply(self) -> Mapping[str, Any] | None:
        """Return the item that answers `message`, or None."""
        return None

    def act(self, action: str, value: Any) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Return the fields that a user's action changes, or None for an action that this part does not know."""
        return None


def defaults(kind: type[Part]) -> Mapping[str, Any]:
    """Return the names of a kind's own fields, with their defaults."""
    own = (one for one in fields(kind) if one.name not in ("id", "open"))
    return {one.name: one.default if one.default is not MISSING else None for one in own}


def has_output(parts: Iterable[Part]) -> bool:
    """Whether the model said something with one of these."""
    return any(part.is_output and (part.body or part.grows is None) for part in parts)


def text_of(parts: Iterable[Part]) -> str:
    """Return the answer's text: the bodies of its text parts, joined."""
    return "".join(part.body for part in parts if part.is_text)


def conversation(parts: Iterable[Part], elsewhere: Collection[str] = ()) -> tuple[Mapping[str, Any], ...]:
    """Return what an answer is to a later request: its texts as messages of the assistant, its calls and their results.

    The calls of one round stand together, and their results behind them. Those of the ids in `elsewhere` have theirs in
    that request's own messages.
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


_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>#|~$&!]")
_NOT_IN_AN_ADDRESS: Final = re.compile(r"[\x00-\x20<>\\`!]")


def literal(text: str) -> str:
    """Return text as Markdown that shows it letter for letter."""
    return _MARKS.sub(lambda found: f"\\{found[0]}", text)


def target(url: str) -> str:
    """Return an address as Markdown that shows it whole: as a link, if a browser may follow it."""
    if not url.lower().startswith(("http://", "https://")):
        return literal(url)
    return f"<{_NOT_IN_AN_ADDRESS.sub(lambda found: f'%{ord(found[0]):02X}', url)}>"


def fenced(text: str) -> str:
    """Return a text as a block of code in Markdown, in a fence that is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def body_of(parts: Iterable[Part], kind: str) -> str:
    """Return what all parts of a kind say, such as "reasoning", with a blank line between two of them."""
    return "\n\n".join(part.body for part in parts if part.kind == kind)
