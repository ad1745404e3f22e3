"""What of a conversation goes to the model with the next question. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from .echoes import Echo
from .messages import Message, answered_in, calls_in, messages_of
from .request import estimated_tokens

__all__ = ["History", "Trim", "TrimPolicy", "check_trim", "trimmed"]


@dataclass(frozen=True)
class History:
    """The conversation before a question: its messages, what servers need back with them, a note for the cell."""

    messages: tuple[Message, ...] = ()
    echoes: tuple[Echo, ...] = ()
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Trim:
    """How much of a conversation goes to the model: the newest turns, as many as fit; the others are left out.

    A turn is a question with its whole answer, so a tool call is never separated from its result. The newest question
    and the instructions are always sent.

    Attributes:
        turns: how many earlier turns are sent at most; None: as many as there are.
        tokens: how many tokens the request has at most, its instructions and its files included; None: any number. They
            are estimated: one for four characters.
    """

    turns: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a limit that is no whole number."""
        for name, least in (("turns", 0), ("tokens", 1)):
            value: Any = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise ValueError(f"{name} must be a whole number of at least {least}, or None, not {value!r}")


TrimPolicy: TypeAlias = Union[Trim, int, Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]]]
"""A `Trim`, a number of tokens, or a function that gets all messages and returns those that are sent."""


def check_trim(policy: object) -> None:
    """Raise TypeError or ValueError for something that is no policy."""
    if policy is None or isinstance(policy, Trim) or callable(policy):
        return
    if isinstance(policy, int) and not isinstance(policy, bool):
        Trim(tokens=policy)
        return
    raise TypeError(f"trim must be a Trim, a number of tokens or a function, not {type(policy).__name__}")


def trimmed(
    instructions: str | None, turns: Sequence[Sequence[Message]], question: Sequence[Message], policy: TrimPolicy | None
) -> tuple[tuple[Message, ...], int]:
    """Return the messages of `turns` that are sent before `question`, and how many are left out.

    `turns` are the earlier questions with their answers, oldest first. Whatever the policy, a result whose call is left
    out is left out too, and so is a call whose result is. Raises TypeError or ValueError if a function returns
    something else than messages that end with the question.
    """
    every = tuple(message for turn in turns for message in turn)
    if policy is None:
        return every, 0
    if isinstance(policy, (Trim, int)):
        limits = Trim(tokens=policy) if isinstance(policy, int) else policy
        kept = _newest(instructions, turns, question, limits)
    else:
        kept = _chosen(policy, instructions, every, question)
    kept = _untorn(every, _with_calls(every, kept, question), question)
    left_out = list(every)
    for message in kept:
        if message in left_out:  # a function may return one twice, or one of its own
            left_out.remove(message)
    return kept, len(left_out)


def _newest(
    instructions: str | None, turns: Sequence[Sequence[Message]], question: Sequence[Message], limits: Trim
) -> tuple[Message, ...]:
    first = 0 if limits.turns is None else max(0, len(turns) - limits.turns)
    if limits.tokens is None:
        return tuple(message for turn in turns[first:] for message in turn)
    left = limits.tokens - estimated_tokens(question, instructions)
    kept: list[Message] = []
    for turn in reversed(turns[first:]):
        left -= estimated_tokens(turn)
        if left < 0:
            break
        kept = [*turn, *kept]
    return tuple(kept)


def _chosen(
    policy: Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]],
    instructions: str | None,
    every: Sequence[Message],
    question: Sequence[Message],
) -> tuple[Message, ...]:
    system = [] if instructions is None else [{"role": "system", "content": instructions}]
    given = [deepcopy(dict(message)) for message in (*system, *every, *question)]
    returned: Any = policy(given)
    if not isinstance(returned, Sequence) or isinstance(returned, (str, bytes)):
        raise TypeError(f"trim= must return a list of messages, and returned {type(returned).__name__}")
    messages = list(messages_of(list(returned)) or ()) if returned else []
    end = [dict(message) for message in question]
    if messages[len(messages) - len(end) :] != end:
        raise ValueError("trim= must keep the newest question, as the last of the messages that it returns")
    return tuple(one for one in messages[: len(messages) - len(end)] if one not in system)


def _with_calls(every: Sequence[Message], kept: Sequence[Message], question: Sequence[Message]) -> Sequence[Message]:
    """Keep the calls whose results are in the question, and what else was called together with them.

    Whatever the policy: the question is always sent, and every API refuses a result without its call.
    """
    wanted = answered_in(question) - calls_in(kept)
    missing = [message for message in every if wanted & calls_in([message])]
    if not missing:
        return kept
    called = calls_in(missing)
    results = [message for message in every if called & answered_in([message])]
    rest = [message for message in kept if message not in results]
    return (*rest, *missing, *results)


def _untorn(every: Sequence[Message], kept: Sequence[Message], question: Sequence[Message]) -> tuple[Message, ...]:
    """Leave out the results whose calls are missing, and the calls whose results have been left out."""
    stays = answered_in((*kept, *question))
    lost = answered_in(every) - stays
    found: list[Message] = []
    called: set[str] = set()
    for message in kept:
        calls = calls_in([message])
        if not calls & lost and answered_in([message]) <= called:
            called.update(calls)
            found.append(message)
    return tuple(found)
