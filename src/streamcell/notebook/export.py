"""What `cell.save` writes: an answer with what was asked, as Markdown, as a page, or as a plain value. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from functools import partial
from typing import Any, Final

from .. import _words as words
from .._errors import without_keys
from .._terminal import inert
from ..answer.document import Document
from ..answer.parts import Part, conversation
from ..answer.stats import Stats
from ..request.messages import text_in
from ..saved.markdown import saved_markdown
from ..saved.page import page
from ..wire.messages import View, view_of
from .output import blocks_of, markdown_of, note_of

__all__ = ["SUFFIXES", "Answered", "clean_part", "writers"]

FORMAT: Final = 1
"""The version of the JSON value: it changes with every change that a reader could stumble over."""

_QUESTION: Final = 20_000  # characters of what was asked, in a page: a text file that came with it may be long
_TITLE: Final = 80  # characters


@dataclass(frozen=True)
class Answered:
    """An answer and what was asked.

    Attributes:
        asked: what a recording says was asked: plain JSON values without secrets.
        document: the answer, with all its versions.
        stats: the numbers of each version.
    """

    asked: Mapping[str, Any]
    document: Document
    stats: Sequence[Stats]

    @property
    def question(self) -> str:
        """The text of the newest message, or an empty string if no model was asked."""
        messages = self.asked.get("messages")
        newest = [one for one in messages[-1:] if isinstance(one, Mapping)] if isinstance(messages, list) else []
        text = inert(without_keys(text_in(newest))).strip("\n")
        return text if len(text) <= _QUESTION else f"{text[:_QUESTION]}…"

    def facts(self, view: View) -> list[tuple[str, str]]:
        """Return what the head says, as pairs of a name and a value: only what is known."""
        origin, number = view["origin"], view["version"] + 1
        model = " · ".join(one for one in (origin["model"], origin["api"]) if one)
        facts = [
            (words.MODEL, model),
            (words.ASKED, _said(self.asked.get("recorded"))),
            (words.CHANGED_BY_RETRY, ", ".join(view["changed"])),
            (words.VERSION, words.one_of(number, view["versions"]) if view["versions"] > 1 else ""),
        ]
        return [(name, " ".join(inert(value).split())) for name, value in facts if value]


def _said(recorded: object) -> str:
    """Return a time in ISO 8601 and UTC as people read it; an empty string if it is none."""
    found = re.match(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)", recorded) if isinstance(recorded, str) else None
    return f"{found[1]} {found[2]} UTC" if found else ""


def writers(answer: Answered) -> dict[str, Callable[[], str]]:
    """Return what writes the answer, by the suffix of a file's name."""
    clean = replace(answer, document=_masked(answer.document))
    return {suffix: partial(write, clean) for suffix, write in SUFFIXES.items()}


def _masked(document: Document) -> Document:
    """Return the answer without what looks like a key: a file is passed on more easily than a notebook."""
    current, *former = (replace(one, parts=tuple(map(clean_part, one.parts))) for one in reversed(document.versions))
    return replace(document, current=current, former=tuple(reversed(former)))


def clean_part(part: Part) -> Part:
    """Return a part without what looks like a key."""
    values = {one.name: getattr(part, one.name) for one in fields(part) if one.name not in _NOT_WORDS}
    clean = {name: cleaned for name, value in values.items() if (cleaned := _clean(value)) != value}
    return replace(part, **clean) if clean else part


_NOT_WORDS: Final = ("id", "data")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else without_keys(value)
    if isinstance(value, Mapping):
        return {name: _clean(one) for name, one in value.items()}
    return type(value)(_clean(one) for one in value) if isinstance(value, (list, tuple)) else value


def _markdown(answer: Answered) -> str:
    """Return the saved Markdown of the version that is shown, below what was asked."""
    view = view_of(answer.document)
    facts = " · ".join(f"**{name}:** {_literal(value)}" for name, value in answer.facts(view))
    question = saved_markdown(answer.question).strip("\n")
    blocks = [
        facts,
        *([f"**{words.QUESTION}**", question, f"**{words.ANSWER}**"] if question else []),
        markdown_of(view),
    ]
    return "\n\n".join(one for one in blocks if one) + "\n"


def _literal(text: str) -> str:
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", text)


_MARKS: Final = re.compile(r"[&<>\\`*\[\]!$~|]|(?<!\w)_|_(?!\w)")
"""What Markdown may take for a mark in a line of words; an underscore within a word is none."""


def _page(answer: Answered) -> str:
    view = view_of(answer.document)
    title = " ".join(answer.question[: 4 * _TITLE].split())[:_TITLE] or words.ANSWER
    return page(title, answer.facts(view), answer.question, blocks_of(view), inert(note_of(view)))


def _value(answer: Answered) -> str:
    document = answer.document
    asked = {name: value for name, value in answer.asked.items() if name in _ASKED}
    messages = asked.get("messages")
    found = {
        "streamcell": FORMAT,
        "asked_at": answer.asked.get("recorded"),
        "request": asked,
        "shown": document.shown,
        "versions": [
            _version(replace(document, shown=at), None if at >= len(answer.stats) else answer.stats[at])
            for at in range(len(document.versions))
        ],
        "messages": [*(messages if isinstance(messages, list) else ()), *conversation(document.version.parts)],
    }
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


_ASKED: Final = frozenset({"messages", "instructions", "model", "api", "params", "source"})


def _version(document: Document, stats: Stats | None) -> dict[str, Any]:
    version, view = document.version, view_of(document)
    names = ("status", "finish_reason", "usage", "error", "origin", "notice", "changed")
    return {
        "text": version.text,
        "parts": [{"kind": part.kind, **part.fields()} for part in version.parts],
        **{name: view[name] for name in names},
        "request_id": version.request_id,
        "stats": None if stats is None else asdict(stats),
    }


SUFFIXES: Final[Mapping[str, Callable[[Answered], str]]] = {".md": _markdown, ".html": _page, ".json": _value}
"""What can be written, by the suffix of the file's name."""
