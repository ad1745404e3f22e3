"""The text of an answer that a cell shows already: as the last expression of that cell it is not shown once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ipython

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

__all__ = ["ShownText", "ShownTexts"]


class _Shown:
    """A value that IPython does not show as a result of the execution that has displayed the answer itself.

    Everywhere else it is shown as any such value, and it is pickled and copied as one.
    """

    _place: object  # the execution that shows the answer, see `ipython.place`

    def _ipython_display_(self) -> None:
        """Show nothing, or let IPython show the value as usual, which NotImplementedError asks for."""
        if self._place != ipython.place() or not ipython.is_a_result():
            raise NotImplementedError


class ShownText(str, _Shown):  # noqa: SLOT000  # it has a place
    """A string for which that holds."""

    def __new__(cls, text: str, place: object) -> Self:
        """Return `text`, which `place` shows."""
        made = super().__new__(cls, text)
        made._place = place
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it as a plain string."""
        return str, (str(self),)


class ShownTexts(list[Any], _Shown):
    """A list for which that holds."""

    def __init__(self, texts: Sequence[Any], place: object) -> None:
        """Hold `texts`, which `place` shows."""
        super().__init__(texts)
        self._place = place

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it as a plain list."""
        return list, (list(self),)
