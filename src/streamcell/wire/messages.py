"""The messages between kernel and page, typed and as plain JSON; `schema.json` describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol, Union

from .._errors import Stopped
from ..answer.document import Document
from ..answer.inputs import Act, Resume, Retry, Select, SetPace, Stop, TakeStep
from ..answer.parts import Part
from ..answer.playback import FAST, Pace, pace_of
from ..answer.stats import Segment, Stats

__all__ = [
    "MOMENTARY",
    "UNSAVED",
    "WIRE",
    "Command",
    "Fetch",
    "Forget",
    "Hello",
    "Here",
    "Kept",
    "Measure",
    "Numbers",
    "Op",
    "Patch",
    "Plain",
    "Question",
    "Read",
    "Sink",
    "Snapshot",
    "document_of",
    "parse_addon_request",
    "parse_command",
    "part_of",
    "view_of",
]

WIRE: Final = 2
"""The protocol version: it changes with every change that an older page would not understand."""

View = Mapping[str, Any]
"""A document as the page sees it, with one key per field: `parts` is a tuple of `Part`, the rest is plain JSON."""

MOMENTARY: Final = frozenset({"retry_at", "idle", "queue_position", "wait", "checking"})
"""Fields that are only valid for a moment: they are in no saved state and have no trait."""

UNSAVED: Final = MOMENTARY | {"replay"}
"""Fields that only a kernel can give: they are not saved in notebooks and have no trait."""

_CHANGE: Final = 100
"""Characters of a changed parameter that a page shows."""

Op = tuple[Any, ...]
"""One change of a document: `("part", i, part)`, `("grow", i, text)`, `("fields", i, {name: value})`, `("end", i)` or
`("set", field, value)`."""


def part_of(part: Part) -> dict[str, Any]:
    """Return a part as JSON values; empty and false fields are left out."""
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
    """The whole view at sequence number `seq` of `epoch`: it opens an epoch, or helps a page that lost its place."""

    epoch: int
    seq: int
    document: View

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        document = document_of(self.document)
        return {"type": "snapshot", "wire": WIRE, "epoch": self.epoch, "seq": self.seq, "document": document}


@dataclass(frozen=True)
class Patch:
    """The changes since `seq - 1`, see `Op`."""

    epoch: int
    seq: int
    ops: tuple[Op, ...]

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return {"type": "patch", "epoch": self.epoch, "seq": self.seq, "ops": [list(op) for op in self.ops]}


@dataclass(frozen=True)
class Here:
    """The kernel's current place, in reply to a page: the kernel is alive, and the page can tell what it has missed."""

    epoch: int
    seq: int

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return {"type": "here", "epoch": self.epoch, "seq": self.seq}


@dataclass(frozen=True)
class Plain:
    """The text alone, for a page with another protocol version: every version has it in the same field."""

    epoch: int
    seq: int
    text: str

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values. A page with this protocol version ignores it, as it has no parts."""
        document = {"text": self.text}
        return {"type": "snapshot", "wire": WIRE, "epoch": self.epoch, "seq": self.seq, "document": document}


@dataclass(frozen=True)
class Kept:
    """What the notebook saves of an answer besides the page's document, for a page that writes it there itself.

    `others` are the versions that are not shown in `epoch`. `markdown` is the saved Markdown of the document with the
    text `text`, after its end; of the text, only the length is sent, in UTF-16 code units.
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
class Numbers:
    """The numbers of `version`; `elapsed` is in seconds since its attempt began, or None if it has ended."""

    version: int
    elapsed: float | None
    stats: Stats
    timeline: Sequence[Segment]

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        stats = self.stats
        figures = {
            "elapsed": self.elapsed,
            "queue": stats.queue_seconds,
            "connect": stats.connect_seconds,
            "wait": stats.wait_seconds,
            "tools": stats.tool_seconds,
            "total": stats.total_seconds,
            "rate": stats.tokens_per_second,
            "estimated": stats.tokens_estimated,
            "attempts": stats.attempts,
            "chunks": stats.chunks,
            "bytes": stats.received_bytes,
            "longest_gap": stats.longest_gap_seconds,
            "price": stats.price,
            "timeline": [asdict(segment) for segment in self.timeline],
        }
        return {"type": "numbers", "version": self.version, "figures": figures}


@dataclass(frozen=True)
class Read:
    """The text of `version`, for a page that compares it with another one."""

    version: int
    text: str

    def to_wire(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return {"type": "read", "version": self.version, "text": self.text}


@dataclass(frozen=True)
class Measure:
    """A page asks for the numbers of the version that is shown."""


@dataclass(frozen=True)
class Fetch:
    """A page asks for the text of version `index` (0-based)."""

    index: int


@dataclass(frozen=True)
class Hello:
    """A page has opened, lost its place, or received nothing for a long time.

    The reply is a snapshot, or `Here` if (`epoch`, `seq`) is the kernel's current place.
    """

    epoch: int | None = None
    seq: int | None = None
    keeps: bool = False
    """Whether this page writes the answer into the notebook itself, so that the kernel need not."""
    shows: bool = False
    """Whether this is a reply to WANTED."""
    wire: int | None = WIRE
    """The page's protocol version."""


WANTED: Final = {"type": "wanted"}
"""Asks all pages whether they show the cell; those that do reply with `Hello`."""


@dataclass(frozen=True)
class Forget:
    """The cell's output was deleted, and nothing else in that page shows the answer."""


Question = Union[Hello, Measure, Fetch]
"""What a page wants to know; it changes nothing."""

Command = Union[Question, Stop, Retry, Resume, Select, Act, SetPace, TakeStep, Forget]


class Sink(Protocol):
    """The receiver of a stream's document, such as the widget."""

    def publish(self, view: View, epoch: int, seq: int) -> None:
        """Receive what is shown now; called on the driver's thread."""

    def send(self, content: Mapping[str, Any]) -> None:
        """Send one message to the page; called on the driver's thread."""


def parse_command(content: object) -> Command | None:
    """Return the command in a page's message, or None for anything else: pages are not trusted."""
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
    if kind == "step":
        return TakeStep()
    if kind == "measure":
        return Measure()
    if kind == "pace":
        return _pace(content.get("speed"), content.get("playing"))
    if kind == "act":
        part, action = _whole(content.get("part")), content.get("action")
        return Act(part, action, content.get("value")) if part is not None and isinstance(action, str) else None
    index = _whole(content.get("version"))
    if kind == "fetch" and index is not None:
        return Fetch(index)
    return Select(index) if kind == "select" and index is not None else None


def _pace(speed: Any, playing: object) -> SetPace | None:
    """Return the command for a pace; a page writes no waits (`FAST`) as null."""
    try:
        pace = pace_of(FAST if speed is None else speed)
    except (TypeError, ValueError):
        return None
    return SetPace(Pace(pace.speed, playing)) if isinstance(playing, bool) and speed != "step" else None


def parse_addon_request(content: object) -> str | None:
    """Return the name of the addon that a page requests, or None for any other message."""
    if not isinstance(content, Mapping) or content.get("type") != "addon":
        return None
    name = content.get("name")
    return name if isinstance(name, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def view_of(document: Document) -> View:
    """Return what a page shows of `document`: the version that is shown, and its position among the others."""
    version = document.version
    error = version.error
    return {
        "parts": version.parts,
        "status": version.status.value,
        "attempt": version.attempt,
        "finish_reason": version.finish_reason,
        "usage": None if version.usage is None else asdict(version.usage),
        # A stop is not an error to the user who asked for it; only `await` needs it as one.
        "error": None if error is None or isinstance(error, Stopped) else error.card(),
        "origin": asdict(version.origin),
        "notice": " ".join(one for one in (document.remark, version.notice, version.unjudged) if one) or None,
        "retry_at": document.retry_at,
        "timings": asdict(version.timings),
        "version": document.shown,
        "versions": len(document.former) + 1,
        "changed": [f"{name} {value}"[:_CHANGE] for name, value in version.changed.items()],
        "prompt": document.prompt,
        "retry_disabled_reason": document.retry_disabled_reason,
        "attempts": document.attempts,
        "idle": None if document.idle is None else asdict(document.idle),
        "queue_position": document.queue_position,
        "wait": None if document.wait is None else asdict(document.wait),
        "resumable": None if document.resume is None or version is not document.current else document.resume.value,
        "checking": document.checking,
        "replay": None if document.replay is None else _pace_of(document.replay),
        "max_height": document.max_height,
    }


def _pace_of(pace: Pace) -> dict[str, Any]:
    return {"speed": None if pace.speed == FAST else pace.speed, "playing": pace.playing}
