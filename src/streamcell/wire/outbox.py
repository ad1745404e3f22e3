"""When a message leaves and what it holds: a pure outbox between the document and the comm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .messages import GROWING, Patch, Snapshot, View

__all__ = ["MIN_INTERVAL", "Outbox", "flush", "hear", "interval", "restart", "snapshot", "wants_snapshot"]

MIN_INTERVAL: Final = 1 / 12
"""Seconds between two patches of a cell: an envelope costs 445 bytes and 3 ms of the page, whatever it holds, and the
page's pace makes a steady flow of them."""

KERNEL_RATE: Final = 60
"""Patches a second for all cells of a kernel together: about 3 % of its time at half a millisecond each."""

_FIRST_UNHEARD: Final = 256  # characters: below this an unasked snapshot costs no more than a patch's envelope


@dataclass(frozen=True)
class Outbox:
    """What the page has been sent: its epoch, the last sequence number, the view that it should now show, and when.

    `heard` turns true with the first message from any page; `resent` is the length of the growing fields in the last
    snapshot, and `whole` its sequence number if it was of this epoch.
    """

    epoch: int = 1
    seq: int = 0
    sent: View | None = None
    sent_at: float | None = None
    heard: bool = False
    resent: int = 0
    whole: int | None = None


def interval(streams: int) -> float:
    """Return the seconds between two patches of one cell while `streams` cells stream in this kernel."""
    return max(MIN_INTERVAL, streams / KERNEL_RATE)


def flush(outbox: Outbox, view: View, now: float) -> tuple[Outbox, Patch | Snapshot | None]:
    """Return what takes the page from what it was sent to `view`, or None where nothing changed.

    It is a patch where the texts have only grown; a text that is another one opens an epoch.
    """
    if outbox.sent is not None and not all(view[field].startswith(outbox.sent[field]) for field in GROWING):
        return restart(outbox, view, now)
    ops = _difference(outbox.sent, view)
    if not ops:
        return outbox, None
    after = replace(outbox, seq=outbox.seq + 1, sent=view, sent_at=now)
    return after, Patch(after.epoch, after.seq, tuple(ops))


def restart(outbox: Outbox, view: View, now: float) -> tuple[Outbox, Snapshot]:
    """Open a new epoch with a snapshot: what was shown is not what `view` continues."""
    after = replace(outbox, epoch=outbox.epoch + 1, seq=0, sent=view, sent_at=now, resent=_length(view), whole=0)
    return after, Snapshot(after.epoch, after.seq, view)


def snapshot(outbox: Outbox, view: View, now: float) -> tuple[Outbox, tuple[Patch, Snapshot] | tuple[Snapshot]]:
    """Return a snapshot of `view` at the present place; the pages that are in step get the patch before it."""
    after, patch = flush(outbox, view, now)
    if isinstance(patch, Snapshot):
        return after, (patch,)
    after = replace(after, resent=_length(view), whole=after.seq)
    whole = Snapshot(after.epoch, after.seq, view)
    return after, (whole,) if patch is None else (patch, whole)


def hear(outbox: Outbox) -> Outbox:
    """Note that a page was heard of: from now on it asks for what it misses."""
    return replace(outbox, heard=True)


def wants_snapshot(outbox: Outbox, view: View) -> bool:
    """Whether to send a snapshot unasked.

    A page whose kernel is busy cannot ask (ipykernel 6), and one that opens late has missed patches: until some page
    was heard of, a snapshot goes out each time what grows has doubled, and all of them hold at most twice the answer.
    """
    length = _length(view)
    return not outbox.heard and length >= max(_FIRST_UNHEARD, 2 * outbox.resent)


def _length(view: View) -> int:
    return sum(len(view[field]) for field in GROWING)


def _difference(sent: View | None, view: View) -> list[tuple[Literal["append", "set"], str, Any]]:
    ops: list[tuple[Literal["append", "set"], str, Any]] = []
    for key, value in view.items():
        before = None if sent is None else sent[key]
        if key in GROWING:
            grown = value[len(before or "") :]
            if grown:
                ops.append(("append", key, grown))
        elif sent is None or before != value:
            ops.append(("set", key, value))
    return ops
