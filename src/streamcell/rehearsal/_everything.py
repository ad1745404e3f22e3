"""An answer with every kind of part: reasoning, text, a tool call with its result, text, a source, and an image. Pure.

The call needs a tool. Without one, the answer continues with what follows the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _pictures, _tokens, _tools
from ._steps import Cited, Piece, Said, Thought, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._request import Asked

_THOUGHT = "**Planning**\n\nI look at the gauge first, and then I draw the river."
_SOURCE = Cited("The river gauge", url="https://example.org/gauge")


def tokens(asked: Asked) -> Iterator[Token]:
    """The first round; or the second one, if the request has the call's result."""
    if not asked.results:
        if asked.api == "chat":
            yield from (Said({"reasoning_content": piece}) for piece in _tokens.pieces(_THOUGHT))
        else:
            yield from map(Thought, _tokens.pieces(_THOUGHT))
        if asked.tools:
            yield from _tools.tokens(asked, {})
            return
    said = asked.results[-1][:200] if asked.results else "nothing"
    yield from map(Piece, _tokens.pieces(f"The gauge says: {' '.join(said.split())}."))
    yield _SOURCE
    yield from _pictures.alone(asked)
