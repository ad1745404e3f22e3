"""The specifications' examples, the corpus and generated documents are drawn the same streamed and whole."""

from __future__ import annotations

import json
from html import unescape
from html.entities import html5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage


def test_streamed_by_character_the_page_is_what_it_is_whole(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]
) -> None:
    result = open_answer_page().evaluate("proofs.compareExamples()")
    say(f"{result['count']} documents compared")
    assert result["count"] >= 652 + 59 + 300 + 4000
    assert result["differences"] == []


def test_entities_are_what_html_says(open_answer_page: Callable[[], AnswerPage]) -> None:
    named = [f"&{name}" for name in html5 if name.endswith(";")]
    numbered = [f"&#{number};" for number in (0, 9, 10, 32, 38, 59, 65, 128, 160, 0xD800, 0xFFFD, 0x1F600, 1_114_112)]
    hexadecimal = [f"&#{letter}{number:x};" for letter in "xX" for number in (0x26, 0x3B, 0x3C, 0x20AC, 0x1F600)]
    # The first name nothing, though some begin with a name that also counts without its semicolon.
    nothing = ["&notit;", "&ampx;", "&ltgt;", "&zzz;", "&x1;", "<b>", "&lt;b>"]
    asked = [*named, *numbered, *hexadecimal, *nothing]
    decoded = open_answer_page().evaluate(f"proofs.decodeAll({json.dumps(asked)})")
    assert len(named) == 2125
    assert dict(zip(asked, decoded, strict=True)) == {
        **{entity: unescape(entity) for entity in (*named, *hexadecimal)},
        **{entity: unescape(entity) or "\N{REPLACEMENT CHARACTER}" for entity in numbered},
        **{entity: entity for entity in nothing},
    }
