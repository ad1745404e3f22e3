"""A cut answer that goes on: over real HTTP with the real SDK, and the repetition that is left out."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import Interrupted, RetryPolicy, StreamCell, TimedOut, Timeouts, stream_cell
from streamcell.answer.events import Failed, Finished, PartGrew
from streamcell.answer.parts import text_of
from streamcell.answer.resume import OVERLAP_LIMIT, Overlap
from streamcell.rehearsal import RehearsalServer
from streamcell.sources.openai.continuation import without_repetition
from tests.answers import resumed, texts_of

from .sampling import SEED

TIMEOUT = 300.0
AT_ONCE = RetryPolicy(attempts=4, wait_initial=0.0)
pytestmark = pytest.mark.usefixtures("embedded")

PROMPT = "Explain entropy"


def ask(model: str, **options: Any) -> StreamCell:
    return stream_cell(PROMPT, model=model, display=False, retry=AT_ONCE, **options)


@pytest.fixture(scope="module")
def whole(server: RehearsalServer) -> str:
    return str(ask("rehearsal").result(TIMEOUT))


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
def test_a_background_answer_of_200_chunks_goes_on_exactly_wherever_it_was_cut(every: int) -> None:
    options = {"api": "responses", "background": True, "max_output_tokens": 200}
    whole = ask("rehearsal", **options).result(TIMEOUT)
    cells = [ask(f"rehearsal/cut?after={n}", **options) for n in range(1 + SEED % every, 201, every)]
    for number, cell in enumerate(cells, 1):
        assert cell.result(TIMEOUT) == whole
        assert (cell.status, cell.finish_reason) == ("done", "length")
        # Cut behind the last of the text, nothing more of it comes, and no further part begins.
        begun = texts_of(cell.parts)[0].text
        assert resumed(cell.parts) == ([None] if begun == whole else [None, "exact"])
        assert text_of(cell.parts) == whole
        chunks = [
            one.data["data"] for one in cell.log if one.kind == "chunk" and "output_text.delta" in one.data["data"]
        ]
        assert len(chunks) == 200, number


def test_it_does_not_by_itself_where_it_may_not(whole: str) -> None:
    cell = ask("rehearsal/cut?after=9", api="responses", background=True, auto_resume=False)
    with pytest.raises(Interrupted):
        cell.result(TIMEOUT)
    assert cell.resumable == "exact"
    cell.resume()
    assert cell.result(TIMEOUT) == whole


def test_a_background_answer_that_is_cut_before_any_text_is_taken_up_and_not_asked_anew(
    server: RehearsalServer,
) -> None:
    asked = len(server.exchanges)
    cell = ask("rehearsal/cut?after=0", api="responses", background=True)
    assert cell.result(TIMEOUT)
    assert resumed(cell.parts) == [None]
    assert [one.method for one in server.exchanges[asked:]] == ["POST", "GET"]


def test_continue_is_offered_for_a_background_answer_that_has_no_text_yet() -> None:
    cell = ask("rehearsal/cut?after=0", api="responses", background=True, auto_resume=False)
    with pytest.raises(Interrupted):
        cell.result(TIMEOUT)
    assert (cell.text, cell.resumable) == ("", "exact")
    cell.resume()
    assert cell.result(TIMEOUT)


def test_a_background_answer_that_failed_itself_goes_on_by_another_request_that_repeats_nothing(whole: str) -> None:
    for after in (1, 2, 9):
        cell = ask(f"rehearsal/error?after={after},tour", api="responses", background=True, auto_resume=True)
        assert cell.result(TIMEOUT) == whole
        assert resumed(cell.parts) == [None, "continued"]


def test_a_continuation_that_is_cut_itself_is_taken_up_and_repeats_nothing(whole: str) -> None:
    for after in (0, 1, 2, 5):
        cell = ask(
            f"rehearsal/error?after=9,cut?after={after},tour", api="responses", background=True, auto_resume=True
        )
        assert cell.result(TIMEOUT) == whole
        # The cut came before any text of the continuation: what the text says of itself is that it is one.
        assert resumed(cell.parts) == [None, "continued"]


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_another_request_goes_on_when_asked_and_repeats_nothing(whole: str, server: RehearsalServer, api: str) -> None:
    cell = ask("rehearsal/cut?after=40", api=api)
    with pytest.raises(Interrupted) as cut:
        cell.result(TIMEOUT)
    assert cell.resumable == "continued"
    assert whole.startswith(cut.value.text)
    assert cut.value.text
    cell.resume()
    assert cell.result(TIMEOUT) == whole
    assert resumed(cell.parts) == [None, "continued"]
    assert texts_of(cell.parts)[0].text == cut.value.text
    assert cell.resumable is None
    # What the second answer repeated is left out, not what it brought.
    assert len(server.exchanges[-1].text_sent) > len(texts_of(cell.parts)[1].text)


@pytest.mark.parametrize("prefix", ["continue_final_message", "prefix", "prefill"])
def test_a_server_that_goes_on_with_what_is_begun_repeats_nothing(
    whole: str, server: RehearsalServer, prefix: str
) -> None:
    for after in (5, 6, 7, 40):  # white space at the end among them, which is not sent
        cell = ask(f"rehearsal/cut?after={after}", prefix=prefix, auto_resume=True)
        assert cell.result(TIMEOUT) == whole
        assert resumed(cell.parts) == [None, "prefix"]
        body = server.exchanges[-1].body
        begun = body["messages"][-1]
        assert (begun["role"], begun["content"]) == ("assistant", texts_of(cell.parts)[0].text.rstrip())
        assert begun.get("prefix") is (True if prefix == "prefix" else None)
        assert body.get("continue_final_message") is (True if prefix == "continue_final_message" else None)


@pytest.mark.parametrize(
    ("given", "words"), [({"prefix": "yes"}, "must be one of"), ({"prefix": "prefill", "api": "responses"}, "Chat")]
)
def test_a_prefix_that_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask("rehearsal", **given)


def test_by_itself_if_the_user_says_so(whole: str) -> None:
    cell = ask("rehearsal/cut?after=40", auto_resume=True)
    assert cell.result(TIMEOUT) == whole
    assert resumed(cell.parts) == [None, "continued"]


def test_a_stopped_answer_goes_on_and_one_at_its_limit_too(whole: str) -> None:
    cell = ask("rehearsal", max_output_tokens=30)
    assert whole.startswith(cell.result(TIMEOUT))
    assert (cell.finish_reason, cell.resumable) == ("length", "continued")
    stalled = ask("rehearsal/stall?after=30&seconds=3600")
    come = threading.Event()
    stalled.observe(lambda _: len(stalled.text) > 40 and come.set(), "text")
    assert len(stalled.text) > 40 or come.wait(TIMEOUT)
    stalled.stop()
    assert stalled.resumable == "continued"
    stalled.resume()
    assert stalled.result(TIMEOUT) == whole


def test_a_whole_answer_cannot_go_on() -> None:
    cell = ask("rehearsal/echo")
    cell.result(TIMEOUT)
    with pytest.raises(ValueError, match="complete"):
        cell.resume()


def test_silence_is_given_up_and_what_came_is_kept(whole: str) -> None:
    patience = Timeouts(between_chunks=1, notify_after=0.1)
    cell = ask("rehearsal/stall?after=12&seconds=3600", timeouts=patience)
    with pytest.raises(Interrupted) as stalled:
        cell.result(TIMEOUT)
    assert cell.error is not None
    assert cell.error["kind"] == "stalled"
    assert whole.startswith(stalled.value.text)
    assert stalled.value.text
    assert cell.resumable == "continued"


def test_silence_before_the_first_token_is_tried_again(server: RehearsalServer) -> None:
    model = "rehearsal/stall?after=0&seconds=3600"
    cell = ask(model, timeouts=Timeouts(first_token=0.2, notify_after=0.1))
    with pytest.raises(TimedOut, match="in time"):
        cell.result(TIMEOUT)
    assert cell.attempt == AT_ONCE.attempts
    assert sum(exchange.model == model for exchange in server.exchanges) == AT_ONCE.attempts


@given(st.text(max_size=600), st.integers(0, OVERLAP_LIMIT), st.text(max_size=60), st.lists(st.integers(1, 40)))
def test_what_a_continuation_repeats_is_left_out_however_it_is_cut(
    before: str, repeated: int, more: str, cuts: list[int]
) -> None:
    tail = before[len(before) - min(repeated, len(before)) :]
    continuation = tail + more

    def read(pieces: list[str]) -> str:
        overlap = Overlap(before)
        return "".join([*map(overlap.feed, pieces), overlap.end()])

    whole = read([continuation])
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(continuation[at : at + cut])
        at += cut
    assert read([*pieces, continuation[at:]]) == whole
    assert continuation.endswith(whole.lstrip()) or whole == continuation


def test_a_repetition_of_words_is_left_out_and_chance_is_not() -> None:
    def read(before: str, continuation: str) -> str:
        overlap = Overlap(before)
        return overlap.feed(continuation) + overlap.end()

    assert read("The cat sat on the", "sat on the mat.") == " mat."
    assert read("The cat sat on the", " mat.") == " mat."
    assert read("one, two, ", "two, three") == "three"
    assert read("say aha", "ahab") == "ahab"
    assert read("##", "## Title") == " Title"
    assert read("", "new") == "new"


def test_what_a_failed_continuation_may_have_repeated_is_not_said_twice() -> None:
    overlap = Overlap("## Entropy")
    failed = Failed(Interrupted())
    given_ = [one for event in (PartGrew("text", "##"), failed) for one in without_repetition(overlap, event)]
    assert given_ == [failed]
    whole = [PartGrew("text", "##"), Finished("stop")]
    overlap = Overlap("## Entropy")
    assert [one for event in whole for one in without_repetition(overlap, event)] == whole
