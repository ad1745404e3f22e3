"""The wire between kernel and page: typed messages and their plain JSON. `js/src/wire/protocol.ts` has its types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol, Union

from .._errors import Stopped
from ..answer.document import Document
from ..answer.inputs import Resume, Retry, Select, Stop

__all__ = [
    "WIRE",
    "Command",
    "Forget",
    "Hello",
    "Here",
    "Kept",
    "Patch",
    "Sink",
    "Snapshot",
    "parse_command",
    "parse_part_request",
    "view_of",
]

WIRE: Final = 1
"""The wire's version: it changes with every change that an older page could not follow."""

GROWING: Final = ("text", "reasoning", "refusal")
"""The fields that only grow within an epoch; a patch carries what they grew by."""

View = Mapping[str, Any]
"""A document as the page sees it: plain JSON values, one key a field."""


@dataclass(frozen=True)
class Snapshot:
    """The whole view at sequence number `seq` of `epoch`; it opens an epoch, and answers a page that lost its place."""

    epoch: int
    seq: int
    document: View

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        document = dict(self.document)
        return {"type": "snapshot", "wire": WIRE, "epoch": self.epoch, "seq": self.seq, "document": document}


@dataclass(frozen=True)
class Patch:
    """What changed since `seq - 1`: operations `("append", field, text)` and `("set", field, value)`."""

    epoch: int
    seq: int
    ops: tuple[tuple[Literal["append", "set"], str, Any], ...]

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return {"type": "patch", "epoch": self.epoch, "seq": self.seq, "ops": [list(op) for op in self.ops]}


@dataclass(frozen=True)
class Here:
    """Where the kernel is, for a page that asked: it hears that somebody is there, and whether it missed something."""

    epoch: int
    seq: int

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return {"type": "here", "epoch": self.epoch, "seq": self.seq}


@dataclass(frozen=True)
class Kept:
    """What the notebook keeps of an answer beside the page's document, for a page that writes it there by itself.

    `others` are the versions that are not shown in `epoch`. `markdown` is that of the document whose text is `text`,
    once it has ended; of the text only the length travels, in UTF-16 code units.
    """

    epoch: int
    others: Sequence[View] = ()
    text: str | None = None
    markdown: str = ""

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values; where the Markdown is the text itself, it is null."""
        length = None if self.text is None else len(self.text.encode("utf-16-le", "surrogatepass")) // 2
        markdown = None if self.markdown == self.text else self.markdown
        others = [dict(other) for other in self.others]
        return {"type": "kept", "epoch": self.epoch, "length": length, "markdown": markdown, "others": others}


@dataclass(frozen=True)
class Hello:
    """A page is there, lost its place, or has heard nothing for long. It is always answered.

    It gets a snapshot, or `Here` if (`epoch`, `seq`) is where the kernel is.
    """

    epoch: int | None = None
    seq: int | None = None
    keeps: bool = False
    """Whether this page writes the answer into the notebook by itself, so that the kernel need not."""
    shows: bool = False
    """Whether it is this page's answer to WANTED."""


WANTED: Final = {"type": "wanted"}
"""Asks all pages whether one of them shows the cell: those that do say hello."""


@dataclass(frozen=True)
class Forget:
    """The cell's output was deleted, and nothing else in that page shows the answer."""


Command = Union[Hello, Stop, Retry, Resume, Select, Forget]


class Sink(Protocol):
    """Where a stream's document goes; the widget is one."""

    def publish(self, view: View, epoch: int, seq: int) -> None:
        """Take what is shown now; called on the driver's thread."""

    def send(self, content: Mapping[str, Any]) -> None:
        """Send one message to the page; called on the driver's thread."""


def parse_command(content: object) -> Command | None:
    """Return the command that a page's message holds, or None for anything else: a page is not to be trusted."""
    if not isinstance(content, Mapping):
        return None
    kind = content.get("type")
    if kind == "hello":
        place = _whole(content.get("epoch")), _whole(content.get("seq"))
        return Hello(*place, content.get("keeps") is True, content.get("shows") is True)
    if kind == "stop":
        return Stop()
    if kind == "retry":
        return Retry()
    if kind == "resume":
        return Resume()
    if kind == "forget":
        return Forget()
    index = _whole(content.get("version"))
    return Select(index) if kind == "select" and index is not None else None


def parse_part_request(content: object) -> str | None:
    """Return the name of the part of the front end that a page asks the kernel for, or None for anything else."""
    if not isinstance(content, Mapping) or content.get("type") != "part":
        return None
    name = content.get("name")
    return name if isinstance(name, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def view_of(document: Document) -> View:
    """Return what a page shows of `document`: the version that is shown, and where it stands among the others."""
    version = document.version
    error = version.error
    return {
        "text": version.text,
        "reasoning": version.reasoning,
        "refusal": version.refusal,
        "status": version.status.value,
        "attempt": version.attempt,
        "finish_reason": version.finish_reason,
        "usage": None if version.usage is None else asdict(version.usage),
        # A stop that the user asked for is no error to them; only `await` needs it as one.
        "error": None if error is None or isinstance(error, Stopped) else error.card(),
        "origin": asdict(version.origin),
        "notice": version.notice,
        "retry_at": document.retry_at,
        "timings": asdict(version.timings),
        "version": document.shown,
        "versions": len(document.former) + 1,
        "retry_disabled_reason": document.retry_disabled_reason,
        "attempts": document.attempts,
        "idle": None if document.idle is None else asdict(document.idle),
        "queue_position": document.queue_position,
        "wait": None if document.wait is None else asdict(document.wait),
        "resumable": None if document.resume is None or version is not document.current else document.resume.value,
        "seams": [{"at": seam.at, "way": seam.way.value} for seam in version.seams],
    }
