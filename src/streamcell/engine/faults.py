"""Messages for faults that are not the provider's: of a user's own retry policy, and of streamcell itself."""

from __future__ import annotations

import logging
from typing import Any, Final

from .. import _words as words
from .._errors import REPORT, StreamCellError, without_secrets
from ..answer.inputs import AskPolicy, Decided
from ..answer.retry import seconds_of

__all__ = ["WITHIN", "ask_policy", "late", "own_fault", "words_of"]

_log = logging.getLogger("streamcell")

WITHIN: Final = 5.0
"""Seconds that a user's own retry policy has to decide."""

_SAID: Final = 300  # characters of an exception's message that are shown


def ask_policy(policy: Any, asked: AskPolicy) -> Decided:
    """Ask a user's own policy, and check what it returns; it may raise or return anything."""
    try:
        answer = policy.wait(asked.attempt, asked.error, asked.chance, asked.elapsed)
    except BaseException as error:  # noqa: BLE001
        _log.warning("the retry policy raised", exc_info=True)
        return Decided(asked.run, None, _undecided(words.raised(words_of(error))))
    try:
        return Decided(asked.run, seconds_of(answer))
    except Exception as error:  # noqa: BLE001
        _log.warning("the retry policy cannot be obeyed: it %s", error)
        return Decided(asked.run, None, _undecided(words_of(error, named=False)))


def late(asked: AskPolicy) -> Decided:
    """Return the decision if the policy does not answer within `WITHIN` seconds: give up."""
    return Decided(asked.run, None, _undecided(words.not_decided_within(WITHIN)))


def _undecided(what: str) -> str:
    return words.policy_failed(what)


def words_of(error: BaseException, *, named: bool = True) -> str:
    """Return an exception's message, with its class name if `named`, bounded and without secrets."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # a user's exception may not even have words
        said = ""
    told = ": ".join(part for part in (type(error).__name__ if named else "", said) if part)
    return without_secrets(told)[:_SAID].rstrip(".")


def own_fault(error: BaseException) -> StreamCellError:
    """Return the error that the cell shows if streamcell itself has failed."""
    fault = StreamCellError(
        words_of(error),
        kind="internal",
        title=words.STREAMCELL_FAILED,
        steps=(REPORT,),
    )
    fault.__cause__ = error
    return fault
