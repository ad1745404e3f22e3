"""The text of an answer that a cell shows already: as the last expression of that cell it is not shown once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ipython

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ShownText"]


class ShownText(str):
    """A string that IPython does not show as a result of the execution that has displayed the answer itself.

    Everywhere else it is shown as any string, and it is pickled and copied as one.
    """

    __slots__ = ("_place",)
    _place: object

    def __new__(cls, text: str, place: object) -> Self:
        """Return `text`; `place` is the execution that shows its cell, see `ipython.place`."""
        made = super().__new__(cls, text)
        made._place = place
        return made

    def _ipython_display_(self) -> None:
        """Show nothing, or let IPython show the string as usual, which NotImplementedError asks for."""
        if self._place != ipython.place() or not ipython.is_a_result():
            raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it as a plain string."""
        return str, (str(self),)
