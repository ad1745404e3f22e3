"""The tree of errors: each says what happened, what was kept and what to do next, and never a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcell
from streamcell import _errors
from streamcell._errors import (
    BadRequest,
    ConnectionFailed,
    Interrupted,
    NoKey,
    ProviderFailed,
    RateLimited,
    SourceFailed,
    Step,
    Stopped,
    StreamCellError,
    without_keys,
    without_secrets,
)

TREE: list[type[StreamCellError]] = [
    one
    for name in _errors.__all__
    if isinstance(one := getattr(_errors, name), type)
    and issubclass(one, StreamCellError)
    and one is not StreamCellError
]

# The kinds that the page knows by name; refused, dns and tls are ConnectionFailed's, told apart for the card.
KINDS = {
    "no_key",
    "authentication",
    "permission",
    "model_not_found",
    "context_length",
    "flagged",
    "moderation",
    "bad_request",
    "rate_limit",
    "quota",
    "connection",
    "timeout",
    "interrupted",
    "stalled",
    "provider",
    "bad_data",
    "not_a_stream",
    "not_recorded",
    "source",
    "content_filter",
    "invalid_answer",
    "stopped",
}


def test_the_tree_is_public_and_each_kind_is_there_once() -> None:
    assert {one.__name__ for one in TREE} <= set(streamcell.__all__)
    assert sorted(one.kind for one in TREE) == sorted(KINDS)
    assert len({one.title for one in TREE}) == len(TREE)


@pytest.mark.parametrize("kind", TREE)
def test_each_says_what_happened_what_was_kept_and_what_next(kind: type[StreamCellError]) -> None:
    error = kind("the provider's words", text="abcde" * 1_000, request_id="req-42")
    said = str(error)
    assert said.startswith(f"{kind.title}: the provider's words.")
    assert "Kept 5,000 characters" in said
    assert "req-42" in said
    assert error.next_steps
    assert error.next_steps[0].text in said
    assert kind.__doc__


@pytest.mark.parametrize("kind", TREE)
def test_each_without_a_word_still_says_what_happened(kind: type[StreamCellError]) -> None:
    assert str(kind()).startswith(f"{kind.title}. {kind.steps[0].text}")
    assert "Kept" not in str(kind())


def test_only_what_can_pass_by_itself_is_retryable() -> None:
    retryable = {one.kind for one in TREE if one.retryable}
    assert retryable == {"rate_limit", "connection", "timeout", "provider", "interrupted", "stalled"}


def test_no_key_names_the_three_ways_out() -> None:
    codes = [step.code or "" for step in NoKey().next_steps]
    assert ["OPENAI_API_KEY" in codes[0], "base_url" in codes[1], 'model="rehearsal"' in codes[2]] == [True] * 3
    for code in codes:
        compile(code, "card", "exec")


@pytest.mark.parametrize("kind", TREE)
def test_every_line_of_code_on_a_card_is_python(kind: type[StreamCellError]) -> None:
    for step in kind.steps:
        compile(step.code or "", "card", "exec")
        assert step.text.strip()


@pytest.mark.parametrize("kind", TREE)
def test_a_card_is_plain_json(kind: type[StreamCellError]) -> None:
    card = kind("words", text="héllo", request_id="r", status_code=400, retry_after=3.0).card()
    assert json.loads(json.dumps(card)) == card
    assert set(card) == {"kind", "title", "detail", "kept", "next", "request_id", "status_code", "categories"}
    assert (card["kind"], card["title"], card["detail"], card["kept"]) == (kind.kind, kind.title, "words", 5)
    assert all(set(step) == {"text", "code"} for step in card["next"])


def test_with_text_changes_the_text_alone() -> None:
    steps = (Step("Start the server.", "ollama serve"),)
    error = ConnectionFailed(
        "no one listens",
        text="old",
        request_id="r",
        status_code=503,
        retry_after=9.0,
        steps=steps,
        kind="refused",
        title="The server refused the connection",
    )
    told = error.with_text("new")
    assert type(told) is ConnectionFailed
    assert told is not error
    assert (error.text, told.text) == ("old", "new")
    assert {**vars(error), "text": "new"} == vars(told)
    assert told.card() == {**error.card(), "kept": 3}


def test_with_text_keeps_the_traceback() -> None:
    with pytest.raises(ProviderFailed) as raised:
        raise ProviderFailed("boom")
    assert raised.value.with_text("x").__traceback__ is raised.value.__traceback__ is not None


def test_a_detail_is_bounded_however_often_it_is_told() -> None:
    error = BadRequest("x" * 1_000_000)
    assert len(error.detail) <= 2_001
    assert error.detail.endswith("…")
    assert error.with_text("a").with_text("b").detail == error.detail


def test_a_stop_is_told_with_its_text() -> None:
    assert "Kept 2 characters" in str(Stopped(text="ab"))


# -- secrets -----------------------------------------------------------------------------------------------------------

SECRETS = [
    ("sk-proj-abcDEF123_456-789", "Incorrect API key provided: {}. You can find it at"),
    ("sk-abc12345", "key={}"),
    ("AIzaSyD4abcdefghijklmnopqrst", "GET https://host/v1/models?key={}&alt=sse failed"),
    ("s3cret-query", "GET https://host/v1?x=1&key={} failed"),
    ("gsk_abcdefghijklmnopqrstuv", "unknown key {}"),
    ("eyJhbGciOiJIUzI1NiJ9.e30.abc-_def", "header Authorization: Bearer {}"),
    ("abcdefghijklmnop", "bearer {}"),
    ("dXNlcjpwYXNz", "Basic {}"),
    ("hunter2hunter2", '{{"api_key": "{}"}}'),
    ("hunter2hunter2", "x-api-key={}"),
    ("hunter2hunter2", "api-key: {}, other: words"),
    ("user:p4ssw0rd", "http://{}@127.0.0.1:8080/v1: connection refused"),
    ("user", "https://{}@host/"),
    ("0a1b2c3d4e5f6a7b8c9d", "token={}"),
    ("hf0123456789abcdefgh", '{{"token": "{}"}}'),
    ("correct-horse", "password: {}"),
    ("abcdefghijkl", "access_token={}"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN", "no such session {}"),
]


@pytest.mark.parametrize(("secret", "words"), SECRETS)
def test_no_secret_is_ever_said(secret: str, words: str) -> None:
    error = ProviderFailed(words.format(secret)).with_text("")
    assert "…" in error.detail
    for said in (str(error), repr(error), json.dumps(error.card()), *map(str, error.args)):
        assert secret not in said


@pytest.mark.parametrize(
    "words",
    [
        "Missing bearer or basic authentication in header",
        "max_tokens: 1000000 is too large",
        "This model's maximum context length is 8192 tokens.",
        "risk-assessment: failed",
        "see https://example.org/a@b and write to me@example.org",
        "The server had an error while processing your request.",
        'Unexpected token: "Identifier" in line 3',
        "token: international",
        "max_tokens=100000, next_token: counterrevolutionary",
        '{"token":"Entropy","logprob":-0.25,"top_logprobs":[{"token":" Unordnung","logprob":-2.5}]}',
        "tokens: 123456789, remaining_tokens=100000000",
    ],
)
def test_plain_words_are_left_alone(words: str) -> None:
    assert without_secrets(words) == words


def test_known_secrets_go_whatever_their_look() -> None:
    assert without_secrets("my key is plainword, plainword!", ["plainword", "no", ""]) == "my key is …, …!"
    assert without_secrets("testing a test, attested", ["test"]) == "testing a …, attested"


def test_words_of_an_answer_keep_what_only_a_name_makes_a_secret() -> None:
    words = (
        '{"token":"Entropy"} password: swordfish, api_key="YOUR_API_KEY" Bearer YOUR_ACCESS_TOKEN sk-toggleable__label'
    )
    assert without_keys(words) == words
    key = "sk-proj-abcDEF123_456-789"
    assert without_keys(f"{words} {key} plain-key-42", ["plain-key-42"]) == f"{words} … …"


@given(st.text())
def test_taking_secrets_out_twice_changes_nothing_more(text: str) -> None:
    once = without_secrets(text)
    assert without_secrets(once) == once


def test_the_base_class_catches_them_all() -> None:
    for kind in TREE:
        with pytest.raises(StreamCellError):
            raise kind("x")
    assert not issubclass(Interrupted, ConnectionFailed)
    assert not issubclass(SourceFailed, ProviderFailed)


@pytest.mark.parametrize("step", [step for step in NoKey.steps if step.code is not None], ids=lambda step: step.text)
def test_a_line_that_a_card_offers_runs_as_it_stands(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "k-1")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert step.code is not None
    exec(step.code, {})  # as in a cell of its own


def test_the_wait_that_a_provider_asks_for_is_told_once_and_with_the_other_steps() -> None:
    step = Step("Wait until the model is loaded, then press Retry.")
    error = ProviderFailed("loading", retry_after=90, steps=(step,))
    wait = Step("The provider asks to wait 90 s. Press Retry after that.")
    assert error.next_steps == (wait, step)
    assert error.with_text("a").with_detail("b").next_steps == (wait, step)
    assert RateLimited("slow down", retry_after=90).with_text("a").next_steps == (wait,)
