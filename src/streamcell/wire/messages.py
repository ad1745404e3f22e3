"""The wire between kernel and page: typed messages and their plain JSON, as `schema.json` describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol, Union

from .._errors import Stopped
from ..answer.document import Document
from ..answer.inputs import Act, Resume, Retry, Select, Stop
from ..answer.parts import Part

__all__ = [
    "MOMENTARY",
    "WIRE",
    "Command",
    "Forget",
    "Hello",
    "Here",
    "Kept",
    "Op",
    "Patch",
    "Plain",
    "Sink",
    "Snapshot",
    "document_of",
    "parse_addon_request",
    "parse_command",
    "part_of",
    "view_of",
]

WIRE: Final = 2
"""The wire's version: it changes with every change that an older page could not follow."""

View = Mapping[str, Any]
"""A document as the page sees it, one key a field: `parts` is a tuple of `Part`, all else are plain JSON values."""

MOMENTARY: Final = frozenset({"retry_at", "idle", "queue_position", "wait"})
"""The fields that are true for a moment only: no notebook and no trait keeps them."""

Op = tuple[Any, ...]
"""One change of a document: `("part", i, part)`, `("grow", i, text)`, `("fields", i, {name: value})`, `("end", i)` or
`("set", field, value)`."""


def part_of(part: Part) -> dict[str, Any]:
    """Return a part as JSON values; what is empty or false is left out."""
    fields = part.fields()
    if part.grows is not None:
        fields.pop(part.grows, None)
    found = {"kind": part.kind, "text": part.is_text, "open": part.open, "body": part.body, "fields": fields}
    return {name: value for name, value in found.items() if value}


def document_of(view: View) -> dict[str, Any]:
    """Return the whole document as JSON values."""
    return {**view, "parts": [part_of(part) for part in view["parts"]]}


@dataclass(frozen=True)
class Snapshot:
    """The whole view at sequence number `seq` of `epoch`; it opens an epoch, and answers a page that lost its place."""

    epoch: int
    seq: int
    document: View

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        document = document_of(self.document)
        return {"type": "snapshot", "wire": WIRE, "epoch": self.epoch, "seq": self.seq, "document": document}


@dataclass(frozen=True)
class Patch:
    """What changed since `seq - 1`, see `Op`."""

    epoch: int
    seq: int
    ops: tuple[Op, ...]

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
class Plain:
    """The text alone, for a page that speaks another wire: it finds it where every version of the wire has it."""

    epoch: int
    seq: int
    text: str

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values. Who speaks this wire passes it over, as it has no parts."""
        document = {"text": self.text}
        return {"type": "snapshot", "wire": WIRE, "epoch": self.epoch, "seq": self.seq, "document": document}


@dataclass(frozen=True)
class Kept:
    """What the notebook keeps of an answer beside the page's document, for a page that writes it there by itself.

    `others` are the versions that are not shown in `epoch`. `markdown` is that of the document whose text is `text`,
    once it has ended; of the text only the length travels, in UTF-16 code units.
    """

    epoch: int
    others: Sequence[Mapping[str, Any]] = ()
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
    wire: int | None = WIRE
    """Which wire the page speaks."""


WANTED: Final = {"type": "wanted"}
"""Asks all pages whether one of them shows the cell: those that do say hello."""


@dataclass(frozen=True)
class Forget:
    """The cell's output was deleted, and nothing else in that page shows the answer."""


Command = Union[Hello, Stop, Retry, Resume, Select, Act, Forget]


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
        wire = _whole(content.get("wire"))
        return Hello(*place, keeps=content.get("keeps") is True, shows=content.get("shows") is True, wire=wire)
    if kind == "stop":
        return Stop()
    if kind == "retry":
        return Retry()
    if kind == "resume":
        return Resume()
    if kind == "forget":
        return Forget()
    if kind == "act":
        part, action = _whole(content.get("part")), content.get("action")
        return Act(part, action, content.get("value")) if part is not None and isinstance(action, str) else None
    index = _whole(content.get("version"))
    return Select(index) if kind == "select" and index is not None else None


def parse_addon_request(content: object) -> str | None:
    """Return the name of the addon that a page asks the kernel for, or None for anything else."""
    if not isinstance(content, Mapping) or content.get("type") != "addon":
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
        "parts": version.parts,
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
    }
