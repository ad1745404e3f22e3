"""Writes whole files: whoever reads one finds the former file or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], encoding: str = "utf-8") -> Iterator[TextIO]:
    """Within the block, write a text file that takes the place of `path` at its end; after an error there is no trace.

    Raises OSError if it cannot be written.
    """
    target = Path(path).resolve()  # a link stays one
    draft = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with draft.open("x", encoding=encoding, newline="\n") as file:
            yield file
        draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
