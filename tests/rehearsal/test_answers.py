from __future__ import annotations

import contextlib
import io
import re
from importlib.resources import files
from random import Random

import pytest

from streamcell.rehearsal._answers import ANSWERS, answer, thought
from streamcell.rehearsal._request import Asked, Turn


def ask(*questions: str, instructions: str = "") -> str:
    turns = [turn for question in questions for turn in (Turn("user", question), Turn("assistant", "So it is."))]
    return answer(Asked("responses", "rehearsal", tuple(turns[:-1]), instructions=instructions), Random(1))


def text_of(name: str) -> str:
    return (files("streamcell.rehearsal") / "answers" / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("known", ANSWERS, ids=lambda known: known.example)
def test_every_known_prompt_gets_its_own_answer(known: object) -> None:
    example, names = known.example, known.files  # type: ignore[attr-defined]
    assert ask(example) in [text_of(name).rstrip("\n") for name in names]


def test_every_answer_that_is_there_can_be_had() -> None:
    there = {entry.name.removesuffix(".md") for entry in (files("streamcell.rehearsal") / "answers").iterdir()}
    assert there == {name for known in ANSWERS for name in known.files}


@pytest.mark.parametrize(
    ("prompt", "begins"),
    [
        ("What does the second law of thermodynamics say?", "## Entropy"),
        ("write me a haiku about python code", "### "),
        ("Please DEBUG this for me", "## Found it"),
        ("Pros and cons of SQL vs. NoSQL?", "## Four collections"),
        ("Give me a checklist for moving house", "## Plan"),
        ("Solve the equation x² = 4", "## Where the quadratic"),
        ("Write an essay on the history of writing", "# How words learned"),
        ("Show right-to-left text", "## Hello, in twelve ways"),
    ],
)
def test_prompts_are_recognised_by_their_words(prompt: str, begins: str) -> None:
    assert ask(prompt).startswith(begins)


def test_other_prompts_are_told_plainly_what_this_is() -> None:
    said = ask("Why is the sky blue?")
    assert said.startswith("## This is a rehearsal answer")
    assert "Why is the sky blue?" in said
    assert all(f"- {known.example}\n" in said for known in ANSWERS)


def test_a_quoted_prompt_shows_as_it_was_written() -> None:
    said = ask("<b>*x* [a](b) `c`</b>\n# d")
    assert r"“\<b\>\*x\* \[a\](b) \`c\`\</b\> \# d”" in said


def test_a_long_prompt_is_quoted_in_part_and_no_emoji_is_torn() -> None:
    quoted = re.search(r"“(.*) …”", ask("x" * 53 + "👩‍👩‍👧‍👦" * 9))
    assert quoted is not None
    assert quoted[1].removeprefix("x" * 53) == "👩‍👩‍👧‍👦"


@pytest.mark.parametrize("instructions", ["Answer in one word.", "Use a single word"])
def test_one_word_is_one_word(instructions: str) -> None:
    for known in ANSWERS:
        assert len(ask(known.example, instructions=instructions).split()) == 1
    assert ask("Why?", instructions=instructions) == "Rehearsal."
    assert ask("Explain entropy in one word") == "Possibilities."


@pytest.mark.parametrize("instructions", ["Be brief.", "Answer in one sentence", "Keep it short", "be concise"])
def test_brief_is_one_line(instructions: str) -> None:
    for known in ANSWERS:
        assert ask(known.example, instructions=instructions) == known.sentence
    assert "\n" not in ask("Why?", instructions=instructions)


def test_a_short_poem_is_still_a_poem() -> None:
    assert ask("Write a short poem").startswith("### ")


def test_later_answers_refer_to_the_question_before() -> None:
    said = ask("Explain entropy", "Write a poem")
    assert said.startswith(
        "*You asked before about “Explain entropy”, and the answer began “So it is.”. "
        "This is question 2 of a rehearsal.*\n\n### "
    )


def test_the_conversation_can_be_recalled() -> None:
    said = ask("Explain entropy", "Write a poem", "What did I ask before?")
    assert "1. “Explain entropy”\n2. “Write a poem”" in said
    assert "nothing came before" in ask("What did I ask?")


def test_the_thought_speaks_of_the_question() -> None:
    asked = Asked("responses", "rehearsal", (Turn("user", "Explain entropy"),))
    assert thought(asked).startswith("**Reading the question**\n\nThe question is “Explain entropy”.")
    assert thought(Asked("responses", "rehearsal", (Turn("user", "Why?"),))) != thought(asked)


@pytest.mark.parametrize("name", ["bug", "code", "entropy", "markdown", "math", "unicode", "long"])
def test_the_code_in_answers_runs_and_says_what_it_claims(name: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)
    assert blocks
    printed = io.StringIO()
    namespace: dict[str, object] = {"__name__": "answer"}
    with contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(block, namespace)
    claims = {
        "bug": "['draft']\n['draft', 'urgent']\n",
        "code": "[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]\n832040\n",
        "entropy": "1.0\n0.08079313589591118\n",
        "math": "(3+0j) (2+0j)\n",
        "unicode": "7 11 25\n",
    }
    assert printed.getvalue() == claims.get(name, "")


def test_the_fix_in_the_bug_answer_passes_its_tests() -> None:
    text = text_of("bug")
    fixed = "\n".join(re.findall(r"^\+(.*)$", text, re.MULTILINE))
    tests = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[-1]
    namespace: dict[str, object] = {}
    exec(f"{fixed}\n\n{tests}\ntest_calls_share_nothing()\ntest_the_callers_list_is_left_alone()", namespace)
