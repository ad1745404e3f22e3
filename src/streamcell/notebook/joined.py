"""What several answers in one output save in the notebook: their own outputs, joined.

The page makes the same (`js/src/jupyter/lab/joined.ts`), from what it knows of each answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .._terminal import inert
from .output import ANSWER

__all__ = ["ANSWERS", "Place", "joined"]

ANSWERS: Final = "application/vnd.streamcell.answers+json"
"""Our own format, for the extension of JupyterLab and Notebook: the answers' documents, without their texts."""

_VERSION: Final = 1  # of the format of ANSWERS

_TEXTS: Final = ("text/plain", "text/markdown")


@dataclass(frozen=True)
class Place:
    """One place in a group: an answer, a text before it, or only one of these.

    Attributes:
        key: the key of the answer's cell; empty: there is no answer.
        markdown: the text as Markdown, for readers that sanitise nothing.
        plain: the same as plain text.
        hidden: whether only the extension gets it, and other readers do not.
        about: what the layout knows of it, as JSON values.
    """

    key: str = ""
    markdown: str = ""
    plain: str = ""
    hidden: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON values; what is empty is left out."""
        said = {
            "key": self.key,
            "markdown": self.markdown,
            "plain": self.plain,
            "hidden": self.hidden,
            "about": dict(self.about),
        }
        return {name: value for name, value in said.items() if value}


def joined(
    addon: str,
    state: Mapping[str, Any],
    places: Sequence[Place],
    outputs: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    key: str,
    model_id: str | None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the output of a group, as its data and its metadata.

    `outputs` are those of its answers by their keys, as their data and metadata; `addon` is the name of the layout.
    The texts of all shown places, in order, are in `text/plain` and `text/markdown`. ANSWERS says where each answer's
    begin and how long they are, in characters. A hidden answer has its texts in ANSWERS.
    """
    texts = {name: _Text() for name in _TEXTS}
    items: list[dict[str, Any]] = []
    runs: list[Any] = []
    for place in places:
        item: dict[str, Any] = {
            name: value for name, value in place.to_wire().items() if name not in ("key", "markdown")
        }
        if not place.hidden:
            texts["text/plain"].add(inert(place.plain))
            texts["text/markdown"].add(place.markdown)
        data, metadata = outputs.get(place.key, ({}, {}))
        run = None
        if data:
            item["answer"] = data[ANSWER]
            if place.hidden:
                item["texts"] = {name: data[name] for name in _TEXTS if name == "text/plain" or _has_image(data)}
            else:
                item["at"] = {name: texts[name].add(data[name]) for name in _TEXTS}
            run = metadata[ANSWER]
        items.append(item)
        runs.append(run)
    known = {"id": key, "model_id": model_id, "runs": runs}
    return (
        {
            ANSWERS: {"version": _VERSION, "addon": addon, "state": dict(state), "items": items},
            **{name: text.whole for name, text in texts.items()},
        },
        {ANSWERS: {name: value for name, value in known.items() if value is not None}},
    )


def _has_image(data: Mapping[str, Any]) -> bool:
    return any("image" in part for part in data[ANSWER]["document"]["parts"])


class _Text:
    """A text that is put together from pieces, with a blank line between them."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    @property
    def whole(self) -> str:
        return "\n\n".join(self._pieces)

    def add(self, piece: str) -> list[int]:
        """Add a piece, unless it is empty; return where it begins and its length, in characters."""
        if not piece:
            return [self._length, 0]
        start = self._length + (2 if self._pieces else 0)
        self._pieces.append(piece)
        self._length = start + len(piece)
        return [start, len(piece)]
