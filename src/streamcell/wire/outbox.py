"""When a message leaves and what it holds: a pure outbox between the document and the comm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..answer.parts import Part
from .messages import Op, Patch, Snapshot, View, part_of

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

    `heard` turns true with the first message from any page; `resent` is the weight of all parts in the last
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

    It is a patch where parts were only added and bodies have only grown; anything else opens an epoch.
    """
    ops = _difference(outbox.sent, view)
    if ops is None:
        return restart(outbox, view, now)
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
    return sum(part.weight for part in view["parts"])


def _difference(sent: View | None, view: View) -> list[Op] | None:
    """The operations that make `view` of `sent`; None where none do."""
    before: tuple[Part, ...] = () if sent is None else sent["parts"]
    parts: tuple[Part, ...] = view["parts"]
    if len(before) > len(parts):
        return None
    ops: list[Op] = []
    for index, part in enumerate(parts[: len(before)]):
        changes = _changes(index, before[index], part)
        if changes is None:
            return None
        ops.extend(changes)
    ops.extend(("part", index, part_of(parts[index])) for index in range(len(before), len(parts)))
    fields = (field for field in view if field != "parts")
    ops.extend(("set", field, view[field]) for field in fields if sent is None or sent[field] != view[field])
    return ops


def _changes(index: int, before: Part, part: Part) -> list[Op] | None:
    if before is part:
        return []
    if type(before) is not type(part) or not part.body.startswith(before.body) or (part.open and not before.open):
        return None
    ops: list[Op] = []
    grown = part.body[len(before.body) :]
    if grown:
        ops.append(("grow", index, grown))
    former, now = before.fields(), part.fields()
    names = (name for name in {**former, **now} if name != part.grows)
    changed = {name: now.get(name) for name in names if former.get(name) != now.get(name)}
    if changed:
        ops.append(("fields", index, changed))
    if before.open and not part.open:
        ops.append(("end", index))
    return ops
