"""Probabilities of tokens: read as servers send them, kept beside the text, and given as rows."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import StreamCell, stream_cell
from streamcell.answer.document import Document, Version
from streamcell.answer.events import PartGrew
from streamcell.answer.parts import Reasoning, Text, Tokens, growth, tokens_of
from streamcell.answer.parts.tokens import entropy, row, stamped
from streamcell.answer.status import Status
from streamcell.answer.thinking import Thinking, watched
from streamcell.notebook.output import ANSWER, bundle_of, markdown_of
from streamcell.sources.openai.probabilities import rows_of
from streamcell.wire.messages import view_of

from .sources.wire_server import begun, ended, event, sends, wire_server

if TYPE_CHECKING:
    from streamcell.rehearsal import RehearsalServer

TIMEOUT = 300.0


def ask(server: RehearsalServer, prompt: str = "One two", **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    options = {"model": "echo", "logprobs": True, "top_logprobs": 3, **options}
    return stream_cell(prompt, client=client, display=False, **options)


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_is_short_and_has_what_is_needed() -> None:
    assert row("a", -0.1234567) == '["a",-0.12346]\n'
    assert row("a", -0.5, [("b", -1.0)]) == '["a",-0.5,[["b",-1.0]]]\n'
    assert row("ä", -0.5, data="ä".encode()) == '["ä",-0.5]\n'
    assert row("bytes", -0.5, data=b"\xf0\x9f") == '["bytes",-0.5,[],"f09f"]\n'
    assert row("a", -math.inf) == '["a",-9999.0]\n'


TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1.0, "bytes": None}]}


@pytest.mark.parametrize(
    "logprobs",
    [
        [TOKEN],
        {"content": [TOKEN]},
        {"content": None, "refusal": [TOKEN]},
        {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [{"b": -1.0}]},
    ],
)
def test_every_shape_that_servers_send_is_read(logprobs: Any) -> None:
    assert rows_of(logprobs) == '["a",-0.5,[["b",-1.0]]]\n'


@pytest.mark.parametrize(
    "logprobs",
    [
        None, 5, "x", {}, {"content": 5}, [None], ["a"], [{"token": 5, "logprob": -1}], [{"token": "a"}],
        [{"token": "a", "logprob": "no"}], [{"token": "a", "logprob": -(10**400)}],
        [{"token": "a", "logprob": math.nan}], [{"token": "a", "logprob": True}],
        {"tokens": ["a"], "token_logprobs": [None]},
    ],
)  # fmt: skip
def test_what_is_no_probability_is_left_out(logprobs: Any) -> None:
    assert rows_of(logprobs) == ""


def test_hostile_values_are_bounded() -> None:
    long = {"token": "x" * 10_000, "logprob": 5.0, "bytes": [300, "a"], "top_logprobs": [TOKEN] * 1_000}
    (line,) = rows_of([long]).splitlines()
    token, logprob, others = json.loads(line)
    assert (len(token), logprob, len(others)) == (200, 0.0, 20)
    assert len(rows_of([TOKEN] * 100_100).splitlines()) == 100_000
    assert rows_of([{"token": "\ud83d", "logprob": -1}]) == '["�",-1.0]\n'


@given(st.recursive(st.none() | st.floats() | st.text() | st.integers(), lambda one: st.lists(one) | st.dictionaries(
    st.sampled_from(["content", "token", "logprob", "bytes", "top_logprobs", "tokens", "token_logprobs"]), one
)))  # fmt: skip
def test_whatever_a_server_sends_is_rows_or_nothing(logprobs: Any) -> None:
    for line in rows_of(logprobs).splitlines():
        token, logprob, *_ = json.loads(line)
        assert isinstance(token, str)
        assert logprob <= 0


# -- the part ----------------------------------------------------------------------------------------------------------


def grown(*deltas: tuple[str, str]) -> tuple[Any, ...]:
    parts: tuple[Any, ...] = ()
    for kind, text in deltas:
        parts = growth.after(parts, PartGrew(kind, text, "tokens" if kind == "tokens" else ""))
    return parts


def test_a_text_goes_on_after_its_tokens() -> None:
    parts = grown(("text", "One"), ("tokens", row("One", -1)), ("text", " two"), ("tokens", row(" two", -1)))
    assert [(type(part), part.body) for part in parts] == [
        (Text, "One two"),
        (Tokens, row("One", -1) + row(" two", -1)),
    ]


def test_tokens_between_two_texts_tear_no_paragraph_in_a_saved_notebook() -> None:
    parts = (Text(text="One"), Tokens(rows=row("One", -1)), Text(text=" two"))
    view = view_of(Document(Version(parts=parts, status=Status.DONE, finish_reason="stop")))
    assert markdown_of(view) == "One two"


def test_places_are_those_of_the_text_also_of_half_a_character() -> None:
    owl = "🦉".encode()
    rows = stamped(row("A", -1) + row("bytes", -1, data=owl[:2]), 0.5, 1)
    rows += stamped(row("bytes", -1, data=owl[2:]) + row(" b", -1), 0.75, 4)
    found = tokens_of((Text(text="A🦉 b"), Tokens(rows=rows)))
    assert [(one["start"], one["end"], one["time"]) for one in found] == [
        (0, 1, 0.5), (1, 1, 0.5), (1, 2, 0.75), (2, 4, 0.75)
    ]  # fmt: skip


def test_a_token_that_is_no_longer_in_the_text_has_no_place() -> None:
    chunks = (("A", 1), ("<|end|>", 1), ("C", 2))
    rows = "".join(stamped(row(token, -1), 0.5, end) for token, end in chunks)
    found = tokens_of((Text(text="AC"), Tokens(rows=rows)))
    assert [(one["start"], one["end"]) for one in found] == [(0, 1), (None, None), (1, 2)]


def test_a_chunk_without_probabilities_and_a_paragraph_that_was_added_lose_no_place() -> None:
    rows = stamped(row("One", -1), 0.5, 3) + stamped(row(" three", -1), 0.5, 13) + stamped(row("Four", -1), 0.5, 19)
    found = tokens_of((Text(text="One two three\n\nFour"), Tokens(rows=rows)))
    assert [(one["start"], one["end"]) for one in found] == [(0, 3), (7, 13), (15, 19)]


@pytest.mark.parametrize("token", ["\u2028", "\u0085", "\u2029", "\x0b", "\n", "\r"])
def test_a_token_may_be_any_line_break(token: str) -> None:
    found = tokens_of((Text(text=f"a{token}b"), Tokens(rows=row("a", -1) + row(token, -1) + row("b", -1))))
    assert [one["token"] for one in found] == ["a", token, "b"]


def test_the_entropy_is_in_bits_and_the_rest_counts_as_one_more() -> None:
    half = math.log(0.5)
    assert entropy(half, [], "a") is None
    assert entropy(half, [["a", half], ["b", half]], "a") == pytest.approx(1.0)
    assert entropy(half, [["a", half]], "a") == pytest.approx(1.0)
    assert entropy(0.0, [["a", 0.0]], "a") == 0.0
    assert entropy(math.log(0.25), [["a", half], ["b", math.log(0.25)]], "c") == pytest.approx(1.5)


# -- real answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_real_answers_tokens_are_its_text(server: RehearsalServer, api: str) -> None:
    cell = ask(server, "🦉 one\ntwo", api=api)
    text = cell.result(TIMEOUT)
    rows = cell.tokens
    assert "".join(text[one["start"] : one["end"]] for one in rows) == text
    assert any(one["start"] == one["end"] for one in rows), "half of a character"
    assert all(len(one["alternatives"]) == 3 and 0 < one["probability"] <= 1 for one in rows)
    assert [one["time"] for one in rows] == sorted(one["time"] for one in rows)
    assert [part.kind for part in cell.parts] == ["text", "tokens"]
    assert cell.versions[-1].notice is None


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_without_logprobs_nothing_is_added(server: RehearsalServer, api: str) -> None:
    cell = ask(server, api=api, logprobs=False, top_logprobs=0)
    cell.result(TIMEOUT)
    assert (cell.tokens, [part.kind for part in cell.parts]) == ([], ["text"])


def test_a_server_that_sends_no_probabilities_is_named() -> None:
    with wire_server(sends(*begun("chat", "One"), *ended("chat"))) as server:
        client = openai.AsyncOpenAI(api_key="none", base_url=server.address)
        cell = stream_cell("x", client=client, model="m", api="chat", logprobs=True, display=False)
        assert cell.result(TIMEOUT) == "One"
    assert "no probabilities" in str(cell.versions[-1].notice)
    assert cell.tokens == []


def test_an_answer_that_goes_on_after_a_cut_keeps_the_tokens_of_both_attempts(server: RehearsalServer) -> None:
    cell = ask(server, "Explain entropy", model="cut?after=5,tour", auto_resume=True)
    text = cell.result(TIMEOUT)
    placed = [one for one in cell.tokens if one["start"] is not None]
    assert len(placed) > 5
    assert all(text[one["start"] : one["end"]] for one in placed if one["end"] > one["start"])


def test_the_tokens_of_reasoning_are_not_those_of_the_text_and_thinking_is_timed() -> None:
    def chunk(**delta: str) -> bytes:
        (said,) = delta.values()
        logprobs = {"content": [{"token": said, "logprob": -1.0, "bytes": None, "top_logprobs": []}]}
        return event({"choices": [{"index": 0, "delta": delta, "logprobs": logprobs}]})

    chunks = (chunk(reasoning_content="One"), chunk(reasoning_content=" hm"), chunk(content="One"), *ended("chat"))
    with wire_server(sends(*chunks)) as server:
        client = openai.AsyncOpenAI(api_key="none", base_url=server.address)
        cell = stream_cell("x", client=client, model="m", api="chat", logprobs=True, display=False)
        cell.result(TIMEOUT)
    assert [(one["token"], one["start"]) for one in cell.tokens] == [("One", 0)]
    thinking = watched((Reasoning(text="hm"), Tokens(rows=row("a", -1))), None, "open", 1.0, 3.0)[1]
    assert thinking == Thinking(0, 1.0)


def test_equal_answers_are_saved_as_the_same_data(server: RehearsalServer) -> None:
    def saved() -> Any:
        cell = ask(server)
        cell.result(TIMEOUT)
        return bundle_of(cell._stream.view, "key", None)[0]

    assert saved() == saved()


def test_the_tokens_are_saved_once_and_cost_the_wire_their_own_length_once(server: RehearsalServer) -> None:
    cell = ask(server, "word " * 300)
    cell.result(TIMEOUT)
    data, _ = bundle_of(cell._stream.view, "key", None)
    saved = json.dumps(data[ANSWER], ensure_ascii=False)
    assert saved.count("logprob") == 0
    assert json.loads(saved)["document"]["parts"][1]["body"].splitlines()[-1] == cell.parts[1].body.splitlines()[-1]
    assert "[0." not in saved, "no times"
    assert "tokens" not in data["text/markdown"]
