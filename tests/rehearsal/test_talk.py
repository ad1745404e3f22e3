"""Answers in a conversation: they say what was asked before and what came with a question, whatever that was."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from streamcell.rehearsal import RehearsalServer
from streamcell.rehearsal._answers import ANSWERS, answer, thought
from streamcell.rehearsal._attached import Attached, attached_of, listed
from streamcell.rehearsal._quoting import quoted
from streamcell.rehearsal._request import Asked, Turn, read_chat, read_responses
from streamcell.rehearsal._talk import asks_for
from streamcell.request.attachments import Attachment, part_of
from streamcell.request.messages import messages_of
from streamcell.sources.openai.conversation import chat_messages, responses_items

ENTROPY = next(known for known in ANSWERS if known.files == ["entropy"])
PNG = Attachment(b"\x89PNG\r\n\x1a\n" + bytes(12_292), "chart.png")
GFM = MarkdownIt("gfm-like", {"linkify": False})
ADDRESS = re.compile(r"https?://|www\.|(?<!\\)@", re.IGNORECASE)
"""What GitHub makes a link of where it stands bare."""


def asked(*questions: str | Turn, instructions: str = "", said: str = "## So it is\n\nAnd more.") -> Asked:
    turns = [one if isinstance(one, Turn) else Turn("user", one) for one in questions]
    both = tuple(turn for one in turns for turn in (one, Turn("assistant", said)))[:-1]
    return Asked("responses", "rehearsal", both, instructions=instructions)


def ask(*questions: str | Turn, **more: Any) -> str:
    return answer(asked(*questions, **more), Random(1))


def shown(markdown: str) -> list[tuple[str, str]]:
    """The blocks of a text as GitHub reads it, and what each shows; a link or an image among them is an error."""
    assert ADDRESS.search(markdown) is None
    blocks = []
    for token in GFM.parse(markdown):
        for inner in token.children or ():
            assert inner.type in ("text", "em_open", "em_close", "softbreak", "text_special")
        if token.type == "inline":
            blocks.append((token.type, "".join(inner.content for inner in token.children or ())))
        elif token.nesting != -1 and token.type != "paragraph_open":
            blocks.append((token.type, ""))
    return blocks


def test_a_name_is_remembered_and_so_is_where_it_was_told() -> None:
    assert "Nice to meet you, Ada" in ask("My name is Ada.")
    assert ask("My name is Ada.", "Explain entropy", "What's my name?") == (
        "Your name is Ada: you told me in question 1. This is question 3 of our conversation."
    )
    assert ask("Call me Bo", "I am called Zoë", "who am i?").startswith("Your name is Zoë: you told me in question 2")
    assert ask("Hello", "What is my name?").startswith("You have not told me your name.")


def test_a_tool_is_called_when_the_question_has_a_word_of_its_name() -> None:
    assert asks_for("get_weather", "How is the Weather?")
    assert not asks_for("get_weather", "Whether to go or to stay")
    assert not asks_for("a_b", "a b")


def test_a_follow_up_in_short_builds_on_the_question_before() -> None:
    assert ask("Explain entropy", "And in one sentence?") == (
        f"You asked before about “Explain entropy”: {ENTROPY.sentence}"
    )
    assert ask("Explain entropy", "And in one word?") == ENTROPY.word
    assert ask("Explain entropy", "Really?", "And in one word?") == ENTROPY.word
    assert ask("Why is the sky blue?", "Really?", instructions="Be brief.") == (
        "This is a rehearsal answer: no model has been asked; before, you asked about “Why is the sky blue?”."
    )


def test_a_follow_up_says_that_it_is_one_and_which_answer_was_before() -> None:
    said = ask("Explain entropy", "Tell me more")
    assert said.startswith(
        "*You asked before about “Explain entropy”, and the answer began “So it is”. "
        "This is question 2 of a rehearsal.*\n\nYou now ask “Tell me more”. No model has read that"
    )
    assert f"> {ENTROPY.sentence}\n" in said
    later = ask("Explain entropy", "Tell me more", "Write a poem", said=said)
    assert later.startswith(
        "*You asked before about “Tell me more” (and first about “Explain entropy”), and the answer began “You now ask "
    )
    assert "This is question 3 of a rehearsal.*\n\n### " in later
    assert "## This is a rehearsal answer" in ask("Why?", "Why not?")


def test_a_conversation_is_recalled_in_brief_too() -> None:
    assert ask("Write a poem", "What did I ask before?", instructions="Answer briefly.") == (
        "You asked before about “Write a poem”."
    )
    assert ask("A", "B", "What did I ask?", instructions="Be brief") == (
        "You asked before about “B”; it was question 2 of this rehearsal."
    )
    assert ask("What did I ask?", instructions="Be brief").startswith("This is the first question")


def test_a_long_conversation_is_recalled_in_part() -> None:
    said = ask(*(f"Question {number}" for number in range(1, 101)), "What did I ask?")
    assert "The first 80 are left out.\n\n81. “Question 81”\n" in said
    assert said.count("“") == 20


def test_the_thought_knows_the_question_before() -> None:
    assert "Before it came “Explain entropy”." in thought(asked("Explain entropy", "And?"))


# -- what came with a question -----------------------------------------------------------------------------------------


def turns_of(*content: Any) -> tuple[Turn, Turn]:
    """The user's message as the server reads it, from either API."""
    messages = messages_of([{"role": "user", "content": list(content)}]) or ()
    chat = read_chat({"model": "rehearsal", "messages": chat_messages(messages)})
    return chat.turns[0], read_responses({"model": "rehearsal", "input": responses_items(messages)}).turns[0]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (PNG, "an image (PNG, 12.3 kB)"),
        (Attachment(b"\xff\xd8\xff" + bytes(1_499_997), "a.jpg"), "an image (JPEG, 1.5 MB)"),
        (Attachment(b"%PDF-1.7" + bytes(92), "report.pdf"), "the file “report.pdf” (PDF, 100 bytes)"),
        (Attachment(b"PK\3\4" + bytes(96), "a.docx"), "the file “a.docx” (100 bytes)"),
        (Attachment(b"a,b\n1,2\n", "data.csv"), "the text file “data.csv” (8 bytes)"),
        (Attachment("é\n".encode(), ""), "a text file (3 bytes)"),
        (Attachment(b"RIFF\0\0\0\0WAVE" + bytes(88), ""), "sound (WAV, 100 bytes)"),
    ],
)
def test_an_attachment_is_named_with_its_kind_and_size(file: Attachment, words: str) -> None:
    for turn in turns_of("What is this?", file):
        assert listed(turn.attached) == words
        assert turn.words.strip() == "What is this?"
        said = ask(turn)
        assert said.startswith(
            f"*With your question came {words}: a rehearsal does not look inside.*\n\n## This is a rehea"
        )


def test_attachments_are_told_in_short_answers_and_recalled() -> None:
    turn, _ = turns_of("Explain entropy", PNG)
    assert ask(turn, instructions="Be brief.") == (
        f"{ENTROPY.sentence} With your question came an image (PNG, 12.3 kB): a rehearsal does not look inside."
    )
    assert "1. “Explain entropy” with an image (PNG, 12.3 kB)\n" in ask(turn, "What did I ask?")
    wordless, _ = turns_of(PNG)
    assert ask(wordless, "And?").startswith("*You asked before about something without words, and")


def test_what_a_text_file_says_chooses_no_answer() -> None:
    for turn in turns_of("What is this?", Attachment(b"entropy of a poem", "a.md")):
        assert "## This is a rehearsal answer" in ask(turn)
        assert "entropy of a poem" in turn.text


def test_many_attachments_are_counted() -> None:
    many = [Attached("an image")] * 10
    assert listed(many) == f"{'an image, ' * 7}an image and 2 more"
    assert listed(many[:2]) == "an image and an image"


NAMES = st.sampled_from(
    ["type", "url", "image_url", "file", "file_data", "filename", "input_audio", "data", "format", "text"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("data:image/png;base64,AA=="),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=9,
)
KINDS = st.sampled_from(
    ["text", "input_text", "image_url", "input_image", "file", "input_file", "input_audio", "other"]
)


@given(KINDS, st.dictionaries(NAMES, JSON, max_size=6))
def test_a_part_of_any_shape_is_named_or_passed_over(kind: str, fields: dict[str, Any]) -> None:
    found = attached_of({**fields, "type": kind})
    assert found is None or str(found)


# -- hostile words -----------------------------------------------------------------------------------------------------

HOSTILE = [
    "*a* **b** _c_ ~~d~~ `e` ``f",
    "](https://a.example) ![x](y) <b>x</b> <!-- x",
    "https://a.example www.a.example a@b.example mailto:a@b.example",
    "\n\n# h\n\n- l\n\n```\nc\n\n> q\n\n| a |\n|---|\n",
    "&amp; &#60; $x$ \\(y\\) [^1] [^1]: z :smile: ==m==",
    "\u202eabc\u2066 \x1b[31m \x00 \u2028 \x85 d",
    "***" * 30,
    "x" * 5_000,
    "“” *“* ”.*",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_do_not_break_an_answer(words: str) -> None:
    plain = ask("plain", "What now?", said="plain")
    hostile = ask(Turn("user", words, (Attached("the file", words),)), "What now?", said=words)
    assert [kind for kind, _ in shown(hostile.partition("\n\n")[0])] == ["inline"]
    assert hostile.partition("\n\n")[2] == plain.partition("\n\n")[2]
    recalled = shown(ask(Turn("user", words, (Attached("the file", words),)), "What did I ask?"))
    assert [kind for kind, _ in recalled] == [kind for kind, _ in shown(ask("plain", "What did I ask?"))]


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from([*"*_`~[]()<>#!$&:@/\\.w \n-+|", "https://", "www.", "a"])).map("".join)
)
def test_a_quotation_shows_what_was_said_and_makes_no_markup(words: str) -> None:
    said = quoted(words, longest=1_000)
    blocks = shown(f"*x “{said}”.*")
    assert [kind for kind, _ in blocks] == ["inline"]
    (whole,) = shown(f"x “{said}”.")
    assert whole[1].startswith("x “")
    assert whole[1].endswith("”.")
    assert not any(one in said for one in "\n\r\u202e\u2066\x1b")


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(server: RehearsalServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="-", base_url=server.base_url, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_conversation_with_an_image_is_spoken_of_in_both_apis(client: openai.OpenAI, api: str) -> None:
    user = {"role": "user", "content": ["Explain this", part_of(PNG, "")]}
    messages: Any = messages_of(
        [user, {"role": "assistant", "content": "Gladly."}, {"role": "user", "content": "And?"}]
    )

    def said(many: Any) -> str:
        if api == "chat":
            whole = client.chat.completions.create(model="rehearsal", messages=chat_messages(many))
            return str(whole.choices[0].message.content)
        return client.responses.create(model="rehearsal", input=responses_items(many)).output_text

    assert said(messages[:1]).startswith("*With your question came an image (PNG, 12.3 kB): a rehearsal does not")
    assert said(messages).startswith("*You asked before about “Explain this”, and the answer began “Gladly.”. ")


def test_fifty_megabytes_of_files_can_be_rehearsed(client: openai.OpenAI) -> None:
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(49_999_992)).decode()
    content: Any = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]
    whole = client.chat.completions.create(model="rehearsal", messages=[{"role": "user", "content": content}])
    assert "an image (PNG, 50 MB)" in str(whole.choices[0].message.content)
