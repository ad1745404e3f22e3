"""The texts that a cell shows from the kernel stand in `_words.py` alone. Read from the sources, not run."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import streamcell
from streamcell import _errors

PACKAGE = Path(streamcell.__file__).parent

SHOWN = {
    name
    for name, kind in vars(_errors).items()
    if inspect.isclass(kind) and (issubclass(kind, _errors.StreamCellError) or kind is _errors.Step)
} | {"closed_early", "Refusal"}
"""What makes a card, or a part of one."""


def texts_in(source: str) -> Iterator[str]:
    """Give what is written out where a card is made, or where the title of one is set."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWN:
            # The table of refusals is data: its first field is for docs/servers.md, and no card shows it.
            own = [] if node.func.id == "Refusal" else node.args[:1]
            yield from map(_text_of, [*own, *(one.value for one in node.keywords if one.arg in ("title", "detail"))])
        elif isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == ["title"]:
            yield _text_of(node.value)


def _text_of(node: ast.expr) -> str:
    """Return what is written out of an expression: of an f-string only what stands between its values."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_no_module_but_one_has_the_text_of_a_card() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if "rehearsal" not in path.parts
        for text in texts_in(path.read_text(encoding="utf-8"))
        if any(mark.isalpha() for mark in text)
    ]
    assert found == []


def test_a_text_is_found_wherever_a_card_is_made() -> None:
    source = """
class A(StreamCellError):
    title = "one"
raise SourceFailed(f"two {x}") from closed_early("three")
Step("four", "code"); Refusal("a meaning", BadRequest, title="five"); BadData(words.CHUNK, title=words.B)
"""
    assert {text.strip() for text in texts_in(source)} == {"one", "two", "three", "four", "five", ""}
