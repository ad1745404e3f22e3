"""The outbox between the document and the comm: decides what to send, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..answer.parts import Part
from .messages import Op, Patch, Snapshot, View, part_of

__all__ = ["MIN_INTERVAL", "Outbox", "flush", "hear", "interval", "restart", "snapshot", "wants_snapshot"]

MIN_INTERVAL: Final = 1 / 12
"""Seconds between two patches of a cell. Each message costs 445 bytes and 3 ms in the page, whatever its content; the
page reveals the text at a steady pace in between."""

KERNEL_RATE: Final = 60
"""Patches per second for all cells of a kernel together: about 3 % of its time, at half a millisecond each."""

_FIRST_UNHEARD: Final = 256  # characters: sending a shorter snapshot costs no more than the envelope of a patch


@dataclass(frozen=True)
class Outbox:
    """What was sent to the page: the epoch, the last sequence number, the view that it should show now, and when.

    `heard` is true after the first message from any page. `resent` is the weight of all parts in the last snapshot,
    and `whole` its sequence number if it was in this epoch.
    """

    epoch: int = 1
    seq: int = 0
    sent: View | None = None
    sent_at: float | None = None
    heard: bool = False
    resent: int = 0
    whole: int | None = None


def interval(streams: int) -> float:
    """Return the seconds between two patches of one cell while `streams` cells are streaming in this kernel."""
    return max(MIN_INTERVAL, streams / KERNEL_RATE)


def flush(outbox: Outbox, view: View, now: float) -> tuple[Outbox, Patch | Snapshot | None]:
    """Return the message that updates the page to `view`, or None if nothing has changed.

    It is a patch if parts were only added and bodies have only grown; any other change opens an epoch.
    """
    ops = _difference(outbox.sent, view)
    if ops is None:
        return restart(outbox, view, now)
    if not ops:
        return outbox, None
    after = replace(outbox, seq=outbox.seq + 1, sent=view, sent_at=now)
    return after, Patch(after.epoch, after.seq, tuple(ops))


def restart(outbox: Outbox, view: View, now: float) -> tuple[Outbox, Snapshot]:
    """Open a new epoch with a snapshot, because `view` does not continue what was shown."""
    after = replace(outbox, epoch=outbox.epoch + 1, seq=0, sent=view, sent_at=now, resent=_length(view), whole=0)
    return after, Snapshot(after.epoch, after.seq, view)


def snapshot(outbox: Outbox, view: View, now: float) -> tuple[Outbox, tuple[Patch, Snapshot] | tuple[Snapshot]]:
    """Return a snapshot of `view` at the current place, after the patch that pages in step need to get there."""
    after, patch = flush(outbox, view, now)
    if isinstance(patch, Snapshot):
        return after, (patch,)
    after = replace(after, resent=_length(view), whole=after.seq)
    whole = Snapshot(after.epoch, after.seq, view)
    return after, (whole,) if patch is None else (patch, whole)


def hear(outbox: Outbox) -> Outbox:
    """Note that a page has sent a message: from now on, pages ask for what they miss."""
    return replace(outbox, heard=True)


def wants_snapshot(outbox: Outbox, view: View) -> bool:
    """Whether to send a snapshot without a request.

    While the kernel is busy, a page cannot ask for one (ipykernel 6), and a page that opens late has missed patches.
    Until a page has sent a message, a snapshot is sent each time the length has doubled; together they have at most
    twice the length of the answer.
    """
    length = _length(view)
    return not outbox.heard and length >= max(_FIRST_UNHEARD, 2 * outbox.resent)


def _length(view: View) -> int:
    return sum(part.weight for part in view["parts"])


def _difference(sent: View | None, view: View) -> list[Op] | None:
    """Return the operations that turn `sent` into `view`, or None if no operations can."""
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
