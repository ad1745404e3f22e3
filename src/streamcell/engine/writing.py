"""Writes whole files: whoever reads one finds the former file or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from ..request.jsonable import whole_characters

__all__ = ["replacing", "save_as"]


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


def save_as(path: str | os.PathLike[str], writers: Mapping[str, Callable[[], str]], what: str) -> None:
    """Write the text that the writer for the suffix of `path` returns, in place of a file that exists.

    Raises ValueError for a suffix without a writer, and OSError if the file cannot be written.
    """
    target = Path(path)
    write = writers.get(target.suffix.lower())
    if write is None:
        known = (" or " if len(writers) == 2 else ", ").join(writers)
        raise ValueError(f"{what} is saved as {known}, not as {target.suffix or 'a file without a suffix'}")
    text = whole_characters(write())  # a server may send lone surrogates
    with replacing(target) as file:
        file.write(text)
