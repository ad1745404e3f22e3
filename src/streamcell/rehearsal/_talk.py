"""What an answer says about the conversation: earlier questions and answers, and attachments. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._attached import listed
from ._quoting import quoted

if TYPE_CHECKING:
    from ._request import Asked, Turn

__all__ = [
    "about",
    "asks_for",
    "asks_for_name",
    "came",
    "earlier",
    "named",
    "opening",
    "recall",
    "recalled_briefly",
    "welcome",
]

_RECALLED = 20  # questions that are listed

_FIRST = "This is the first question of our conversation: nothing came before it."

_NAME = re.compile(r"\b(?:my name is|my name's|i am called|i'm called|call me)\s+([^\W\d_][\w'-]{0,30})", re.IGNORECASE)
_ASKS_FOR_NAME = re.compile(
    r"\b(?:what(?:'s| is|s)? my name|my name again|who am i|(?:know|remember) my name)\b", re.IGNORECASE
)

# What these answers say before the answer itself.
_OURS = ("*You asked before", "*With your question", "You asked before")


def earlier(asked: Asked) -> list[Turn]:
    """The user's messages before the last one, oldest first."""
    return [turn for turn in asked.turns if turn.role == "user"][:-1]


def opening(asked: Asked) -> str:
    """The first lines of an answer, about earlier questions and attachments; empty if there are none."""
    return "".join(f"*{line}*\n\n" for line in (_before(asked), came(asked)) if line)


def _before(asked: Asked) -> str:
    before = earlier(asked)
    if not before:
        return ""
    first = f" (and first about {about(before[0])})" if len(before) > 1 else ""
    began = _beginning(asked)
    answered = f", and the answer began “{quoted(began)}”" if began else ""
    number = f"This is question {len(before) + 1} of a rehearsal."
    return f"You asked before about {about(before[-1])}{first}{answered}. {number}"


def _beginning(asked: Asked) -> str:
    """The first words of the answer before the last question, without what it quotes."""
    said = next((turn.text for turn in reversed(asked.turns) if turn.role == "assistant" and turn.text.strip()), "")
    paragraphs = [part for part in re.split(r"\n{2,}", said[:4_000]) if part.strip() and not part.startswith(_OURS)]
    return re.sub(r"^[#>*\s]+", "", paragraphs[0]) if paragraphs else ""


def came(asked: Asked) -> str:
    """A sentence about the attachments of the last question; empty if there are none."""
    last = next((turn for turn in reversed(asked.turns) if turn.role == "user"), None)
    if last is None or not last.attached:
        return ""
    return f"With your question came {listed(last.attached)}: a rehearsal does not look inside."


def recall(asked: Asked) -> str:
    """All earlier questions, in order."""
    before = earlier(asked)
    if not before:
        return _FIRST
    first = max(0, len(before) - _RECALLED)
    numbered = enumerate(before[first:], first + 1)
    lines = "\n".join(f"{number}. {_question(turn)}" for number, turn in numbered)
    left_out = f" The first {first} are left out." if first else ""
    return f"You asked before, in this order:{left_out}\n\n{lines}\n\nAnd then you asked this."


def asks_for_name(prompt: str) -> bool:
    """Whether a question asks for the user's name."""
    return _ASKS_FOR_NAME.search(prompt) is not None


def asks_for(tool: str, prompt: str) -> bool:
    """Whether a question has a word of a tool's name."""
    words = {word for word in re.split(r"[\W_]+", tool.lower()) if len(word) > 2}
    return not words.isdisjoint(re.split(r"[\W_]+", prompt.lower()))


def named(asked: Asked) -> str:
    """What the user has said that they are called, where, and how long the conversation is."""
    before = earlier(asked)
    count = f"This is question {len(before) + 1} of our conversation."
    for number, turn in reversed([*enumerate(before, 1)]):
        if found := _NAME.search(turn.words):
            return f"Your name is **{quoted(found[1])}**: you told me in question {number}. {count}"
    return f"You have not told me your name. {count}"


def welcome(asked: Asked) -> str:
    """A greeting for somebody who says their name; empty if nobody does."""
    found = _NAME.search(asked.words)
    return (
        f"Nice to meet you, **{quoted(found[1])}**. Ask me for your name later: I will still know it." if found else ""
    )


def recalled_briefly(asked: Asked) -> str:
    """The last earlier question, in a sentence."""
    before = earlier(asked)
    if not before:
        return _FIRST
    more = f"; it was question {len(before)} of this rehearsal" if len(before) > 1 else ""
    return f"You asked before about {_question(before[-1])}{more}."


def _question(turn: Turn) -> str:
    return about(turn) + (f" with {listed(turn.attached)}" if turn.attached else "")


def about(turn: Turn) -> str:
    """A question, shortened to its first words."""
    return f"“{quoted(turn.words)}”" if turn.words.strip() else "something without words"
