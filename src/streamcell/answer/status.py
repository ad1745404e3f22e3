"""The states of an answer, and every allowed transition between them."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final

__all__ = ["TERMINAL", "TRANSITIONS", "Status", "Trigger", "next_status"]


class Status(str, Enum):
    """The state of an answer; the values are what `StreamCell.status` and the page show."""

    QUEUED = "queued"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    CALLING = "calling"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


class Trigger(str, Enum):
    """What can move an answer from one status to another."""

    OPEN = "open"  # the driver makes the request
    STARTED = "started"  # the provider's response has begun
    FINISHED = "finished"  # the provider's end mark was received
    CUT = "cut"  # the stream ended without the end mark
    FAILED = "failed"  # an error that is not retried, or not any more
    BACKOFF = "backoff"  # an error that is retried after a wait
    STOP = "stop"  # the user, or the provider on the user's behalf, ended it
    RETRY = "retry"  # the user asked for a new attempt
    RESUME = "resume"  # an interrupted answer is continued from its last token
    CALL = "call"  # the model asked for tools: they run, or wait for approval
    REPLY = "reply"  # the tools' results are sent to the model
    REPAIR = "repair"  # the answer is invalid: the model is told so, and asked again
    QUEUE = "queue"  # the attempt waits in the queue before the server


TERMINAL: Final = frozenset({Status.DONE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED})

_RUNNING: Final = (Status.CONNECTING, Status.STREAMING)

TRANSITIONS: Final = MappingProxyType(
    {
        (Status.QUEUED, Trigger.OPEN): Status.CONNECTING,
        (Status.WAITING, Trigger.OPEN): Status.CONNECTING,
        (Status.WAITING, Trigger.RETRY): Status.CONNECTING,
        (Status.QUEUED, Trigger.RETRY): Status.CONNECTING,
        (Status.CONNECTING, Trigger.STARTED): Status.STREAMING,
        (Status.CONNECTING, Trigger.QUEUE): Status.QUEUED,
        **{(status, Trigger.CALL): Status.CALLING for status in _RUNNING},
        (Status.CALLING, Trigger.REPLY): Status.CONNECTING,
        (Status.CALLING, Trigger.FAILED): Status.FAILED,
        (Status.CALLING, Trigger.STOP): Status.STOPPED,
        (Status.STREAMING, Trigger.REPAIR): Status.CONNECTING,
        **{(status, Trigger.FINISHED): Status.DONE for status in _RUNNING},
        **{(status, Trigger.CUT): Status.INTERRUPTED for status in _RUNNING},
        **{(status, Trigger.FAILED): Status.FAILED for status in (Status.QUEUED, Status.WAITING, *_RUNNING)},
        **{(status, Trigger.BACKOFF): Status.WAITING for status in _RUNNING},
        **{(status, Trigger.STOP): Status.STOPPED for status in (Status.QUEUED, Status.WAITING, *_RUNNING)},
        **{(status, Trigger.RETRY): Status.CONNECTING for status in TERMINAL},
        **{(status, Trigger.RESUME): Status.CONNECTING for status in TERMINAL},
    }
)
"""Every allowed transition. Anything else does nothing: Stop after the end, a late chunk, a second Retry."""


def next_status(status: Status, trigger: Trigger) -> Status | None:
    """Return the status that `trigger` leads to, or None if the transition is not allowed and nothing may change."""
    return TRANSITIONS.get((status, trigger))
