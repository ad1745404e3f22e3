"""The answers of the rehearsal server, and the choice of the one that fits a prompt.

The answers are Markdown files in `answers/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ._quoting import quoted
from ._talk import about, asks_for_name, came, earlier, named, opening, recall, recalled_briefly, welcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from ._request import Asked, Turn


@dataclass(frozen=True)
class Answer:
    """One answer, for the prompts that it fits.

    Attributes:
        example: A prompt that it fits.
        pattern: Finds prompts that it fits.
        files: Its versions, one of which is chosen at random.
        sentence: A version in one sentence.
        word: A version in one word.
    """

    example: str
    pattern: str
    files: Sequence[str]
    sentence: str
    word: str


# The first answer whose pattern is found is used, so the most specific patterns come first.
ANSWERS: Sequence[Answer] = (
    Answer(
        "Explain entropy",
        r"entropy|thermodynamic|second law",
        ["entropy"],
        "Entropy measures in how many ways a thing can be arranged inside while it looks the same from outside.",
        "Possibilities.",
    ),
    Answer(
        "Write a poem",
        r"\bpoems?\b|poetry|haiku|sonnet|\bverses?\b|\brhymes?\b",
        ["poem-rain", "poem-notebook", "poem-owl"],
        "The rain falls one letter at a time, and becomes geography.",
        "Rain.",
    ),
    Answer(
        "Show me what Markdown can do",
        r"markdown|formatting",
        ["markdown"],
        "Markdown is plain text whose marks say what is a **heading**, a *list*, a table or `code`.",
        "Formatting.",
    ),
    Answer(
        "Say hello in twelve languages, with emoji",
        r"unicode|emoji|right[- ]to[- ]left|\brtl\b|arabic|hebrew|say hello|greet me|hello in\b",
        ["unicode"],
        "Hello, **שלום**, مرحبًا, こんにちは, 你好 and नमस्ते! 👋🏽",
        "नमस्ते!",
    ),
    Answer(
        "Find the bug in my function",
        r"\bbugs?\b|\bdebug|traceback|(what is|what's|what’s) wrong with|\bfix (this|my)\b",
        ["bug"],
        "A default such as `tags=[]` is made once, so all calls share one list: use `None` and make the list inside.",
        "Defaults.",
    ),
    Answer(
        "Compare Python's collections in a table",
        r"\bcompar|\btables?\b|\bversus\b|\bvs\b|pros and cons",
        ["table"],
        "Take a `list` for order, a `tuple` for what stays, a `set` for membership and a `dict` for looking things up.",
        "Dict.",
    ),
    Answer(
        "Draw a diagram of how an answer reaches the cell",
        r"\bdiagram|flow ?chart|mermaid|\bdraw\b",
        ["diagram"],
        "The model's chunks become events, the events a document, and its patches what the page draws.",
        "Patches.",
    ),
    Answer(
        "Derive the quadratic formula",
        r"\bmath|quadratic|equation|formula|\bderive|\bintegral|\bproofs?\b|\bprove\b|latex",
        ["math"],
        "Complete the square, and $x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$ falls out.",
        "Algebra.",
    ),
    Answer(
        "Plan a small data project as a checklist",
        r"\bplan\b|check ?list|to-?do|\bsteps\b|road ?map|itinerary",
        ["plan"],
        "Look, clean, ask, check, share: one evening each, and something to show after every one.",
        "Start.",
    ),
    Answer(
        "Write a Fibonacci generator in Python",
        r"fibonacci|generator|\bpython\b|\bcode\b|\bfunctions?\b|\bprogram|\bscripts?\b|algorithm",
        ["code"],
        "A generator: `a, b = 0, 1`, then for ever `yield a` and `a, b = b, a + b`.",
        "Generator.",
    ),
    Answer(
        "Tell me a long story",
        r"\blong\b|\bstory\b|\bstories\b|\bessay\b|\bhistory\b|in detail|\bchapters?\b",
        ["long"],
        "Words have arrived one at a time ever since the telegraph; what is new is only that we watch.",
        "Telegraph.",
    ),
)

_NOTHING = Answer("", "", [], "", "Rehearsal.")

_RECALL = re.compile(
    r"\bwhat (did|have) i (just |already )?ask|\bmy (first|last|previous|earlier) question|\bwe (talk|spoke)"
)
_ONE_WORD = re.compile(r"\b(one|a single) word\b")
_ONE_SENTENCE = re.compile(r"\b(one|a single) sentence\b|\btl;?dr\b")
_BRIEF = re.compile(r"\bbrief|\bconcise|\bterse|\bshort\b|\bsuccinct")


def answer(asked: Asked, rng: Random) -> str:
    """The Markdown answer to the prompt, which takes earlier questions into account."""
    prompt, instructions = asked.words.lower(), asked.instructions.lower()
    known, topic = _fitting(prompt), _topic(asked)
    if asks_for_name(prompt):
        return named(asked)
    if known is None and (greeting := welcome(asked)):
        return greeting
    if _ONE_WORD.search(prompt) or _ONE_WORD.search(instructions):
        return (known or (topic[1] if topic else _NOTHING)).word
    short = _ONE_SENTENCE.search(prompt) or _ONE_SENTENCE.search(instructions) or _BRIEF.search(instructions)
    if _RECALL.search(prompt):
        return recalled_briefly(asked) if short else recall(asked)
    if short:
        return " ".join(filter(None, (known.sentence if known else _in_short(asked, topic), came(asked))))
    if known:
        text = _text(rng.choice(known.files))
    else:
        text = _unknown(asked.words) if topic is None else _follow_up(asked.words, *topic)
    return opening(asked) + text


def thought(asked: Asked) -> str:
    """A summary of the reasoning before the answer, in the form in which reasoning models send it."""
    known = _fitting(asked.words.lower())
    choice = (
        f"“{known.example}” is one of the prompts that I have an answer for, so I take that one."
        if known
        else "None of the answers that I know fits, so I say so and list what I can answer."
    )
    before = earlier(asked)
    context = f" Before it came {about(before[-1])}." if before else ""
    return (
        f"**Reading the question**\n\nThe question is “{quoted(asked.words)}”.{context} I look for words that I know."
        f"\n\n**Choosing an answer**\n\n{choice} A real model would think here; a rehearsal only shows where it would."
    )


def _topic(asked: Asked) -> tuple[Turn, Answer] | None:
    """The last earlier question that an answer fits, and that answer."""
    for turn in reversed(earlier(asked)):
        known = _fitting(turn.words.lower())
        if known is not None:
            return turn, known
    return None


def _fitting(prompt: str) -> Answer | None:
    return next((known for known in ANSWERS if re.search(known.pattern, prompt)), None)


@cache
def _text(name: str) -> str:
    return (files(__package__) / "answers" / f"{name}.md").read_text("utf-8").rstrip("\n")


def _in_short(asked: Asked, topic: tuple[Turn, Answer] | None) -> str:
    """A sentence for a question that no answer fits."""
    if topic is not None:
        return f"You asked before about {about(topic[0])}: {topic[1].sentence}"
    before = earlier(asked)
    then = f"; before, you asked about {about(before[-1])}" if before else ""
    return f"This is a rehearsal answer: no model has been asked{then}."


def _follow_up(prompt: str, turn: Turn, known: Answer) -> str:
    return (
        f"You now ask “{quoted(prompt)}”. No model has read that: a model would answer it with all that was said before"
        f" in mind. A rehearsal can say again, in one sentence, what it knows about {about(turn)}:\n\n"
        f"> {known.sentence}\n\n"
        f"The rehearsal server has whole answers for prompts like these:\n\n{_prompts()}"
    )


def _prompts() -> str:
    return "\n".join(f"- {known.example}" for known in ANSWERS)


def _unknown(prompt: str) -> str:
    asked = f"You asked about “{quoted(prompt)}”. " if prompt.strip() else ""
    return (
        "## This is a rehearsal answer\n\n"
        f"{asked}No model has read that: the **rehearsal server** runs on your own machine, needs no key and costs"
        " nothing. It streams a prepared text over real HTTP, with the events, the pace and the endings of the real"
        " API, so that you can try everything *around* an answer.\n\n"
        "It has prepared something for prompts like these:\n\n"
        f"{_prompts()}\n\n"
        "And the name of the model chooses other scenes:\n\n"
        "| Model | What it does |\n"
        "|:--|:--|\n"
        "| `rehearsal` | answers, at about 40 tokens a second |\n"
        "| `rehearsal?rate=400` | the same, ten times as fast |\n"
        "| `rehearsal/echo` | says what you said |\n"
        "| `rehearsal/bulk?rate=4000` | a great deal of text, fast |\n"
        "| `rehearsal/tools` | calls the tools that you give it with `tools=` |\n"
        "| `rehearsal/stall?after=20` | falls silent after twenty tokens |\n"
        "| `rehearsal/cut?after=20` | breaks off after twenty tokens |\n\n"
        "For a real answer, give the name of a real model and set `OPENAI_API_KEY`, or point `OPENAI_BASE_URL` at any"
        " OpenAI-compatible server."
    )
