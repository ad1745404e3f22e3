"""The turns of a conversation as a tree: an edited question, or another version of an answer, begins a branch. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..request.history import History
from .document import Version

__all__ = ["After", "Answered", "Tree"]

After: TypeAlias = "tuple[int, int] | None"
"""What a turn follows: the number of a turn, and the index of the version of its answer; None: it is a first turn."""


@dataclass(frozen=True)
class Tree:
    """The turns, numbered from 0 in the order in which they were asked. Immutable.

    A turn follows one version of an answer. So a retried answer has no later turns, and its former version keeps those
    that it had.

    Attributes:
        turns: what each turn follows.
        chosen: which of the turns that follow the same is shown; the newest, where it says nothing.
    """

    turns: tuple[After, ...] = ()
    chosen: Mapping[After, int] = field(default_factory=dict)

    def add(self, after: After) -> Tree:
        """Return the tree with another turn, which is shown."""
        if after is not None and not 0 <= after[0] < len(self.turns):
            raise ValueError(f"there is no turn {after[0]} that a turn could follow")
        return replace(self, turns=(*self.turns, after), chosen={**self.chosen, after: len(self.turns)})

    def choose(self, turn: int) -> Tree:
        """Return the tree with this turn shown, in place of the others that follow the same."""
        return replace(self, chosen={**self.chosen, self.turns[turn]: turn})

    def siblings(self, turn: int) -> tuple[int, ...]:
        """Return all turns that follow the same as this one, oldest first: the branches that begin here."""
        return tuple(number for number, after in enumerate(self.turns) if after == self.turns[turn])

    def path(self, shown: Callable[[int], int]) -> tuple[int, ...]:
        """Return the turns of the branch that is shown; `shown(turn)` is the index of the version that is shown."""
        found: list[int] = []
        after: After = None
        while (number := self._next(after)) is not None:
            found.append(number)
            after = (number, shown(number))
        return tuple(found)

    def before(self, after: After) -> tuple[tuple[int, int], ...]:
        """Return the turns up to `after`, oldest first, each with the version that the next one follows."""
        found: list[tuple[int, int]] = []
        while after is not None:
            found.append(after)
            after = self.turns[after[0]]
        return tuple(reversed(found))

    def _next(self, after: After) -> int | None:
        following = [number for number, one in enumerate(self.turns) if one == after]
        chosen = self.chosen.get(after)
        return chosen if chosen in following else following[-1] if following else None


@dataclass(frozen=True)
class Answered(History):
    """The conversation before a question that was answered earlier: `versions` are its answer, of a saved chat.

    `withheld` says that a moderator withheld the question, so it cannot be asked again.
    """

    versions: tuple[Version, ...] = ()
    shown: int = 0
    withheld: bool = False
