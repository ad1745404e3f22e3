"""A comparison: a grid of answers over real HTTP, with faults, together in one queue, and what is kept of it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import openai
import pytest

import streamcell
from streamcell import (
    AuthenticationFailed,
    Interrupted,
    Limits,
    Moderation,
    RateLimited,
    RetryPolicy,
    Stopped,
    StreamCellError,
    StreamCompare,
    recording,
    stream_cell,
    stream_compare,
)
from streamcell.notebook.joined import ANSWERS
from streamcell.rehearsal import RehearsalServer

from .conditions import until
from .notebooks import displayed, errors, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT = 300.0
FAULTS = [
    *("echo", "tour", "bulk?characters=400", "rate_limit?retry_after=0,echo"),
    *("cut?after=1", "unauthorized", "server_error,echo", "no_model"),
    *("error?after=1", "stall?after=1&seconds=600", "length?after=1", "content_filter?after=1"),
    *("drop?after=1", "rate_limit?retry_after=0", "html", "no_end"),
]
"""Sixteen models, and what becomes of them with two attempts each."""

ENDS = [
    *("done", "done", "done", "done"),
    *("interrupted", "failed", "done", "failed"),
    *("failed", "stopped", "done", "done"),
    *("interrupted", "failed", "failed", "interrupted"),
]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    streamcell.configure(max_concurrency=None, prices=None)


def compare(server: RehearsalServer, prompt: Any = "One two three", **options: Any) -> StreamCompare:
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    policy = RetryPolicy(attempts=2, wait_initial=0.01)
    return stream_compare(prompt, **{"client": client, "display": False, "retry": policy, "api": "chat", **options})


def limits_of(server: RehearsalServer) -> list[Limits]:
    return [one for one in streamcell.limits() if one.endpoint == server.base_url]


def test_models_side_by_side(server: RehearsalServer) -> None:
    both = compare(server, models=["echo", "bulk?characters=40"])
    texts = both.result(TIMEOUT)
    assert texts[0] == "One two three"
    assert (len(texts), len(texts[1]), len(both), [cell.text for cell in both]) == (2, 40, 2, texts)
    assert both["echo"] is both.cells[0]
    assert both.labels == [{"model": "echo"}, {"model": "bulk?characters=40"}]
    assert repr(both) == "<StreamCompare 2 answers: 2 done>"
    with pytest.raises(KeyError, match="it has echo, bulk"):
        both["another"]


def test_each_place_is_asked_for_with_its_own_values_and_what_all_have(server: RehearsalServer) -> None:
    before = len(server.exchanges)
    grid = compare(
        server,
        over={"temperature": [None, 0, 1], "prompt": {"first": "A", "second": "B"}},
        prompt=None,
        model="echo",
        seed=5,
    )
    assert grid.result(TIMEOUT) == ["A", "B"] * 3
    bodies = [one.body for one in server.exchanges[before:]]
    asked = Counter((one.get("temperature"), one["messages"][-1]["content"], one["seed"]) for one in bodies)
    assert asked == Counter((temperature, prompt, 5) for temperature in (None, 0, 1) for prompt in "AB")
    assert grid[1, "second"].request is not None
    assert grid[1, "second"].request.params["temperature"] == 1
    assert grid.labels[2] == {"temperature": 0, "prompt": "first"}


def test_await_gives_the_texts_and_raises_the_first_error_when_all_have_ended(server: RehearsalServer) -> None:
    async def awaited(answers: StreamCompare) -> list[str]:
        return await answers

    assert asyncio.run(awaited(compare(server, models=["echo", "echo"]))) == ["One two three"] * 2
    mixed = compare(server, models=["cut?after=1", "echo", "unauthorized"])
    with pytest.raises(Interrupted):
        asyncio.run(awaited(mixed))
    assert [cell.status for cell in mixed] == ["interrupted", "done", "failed"]
    cut, text, refused = asyncio.run(mixed.wait(return_exceptions=True))
    assert (type(cut), text, type(refused)) == (Interrupted, "One two three", AuthenticationFailed)
    assert [type(one) for one in mixed.result(return_exceptions=True)] == [Interrupted, str, AuthenticationFailed]
    with pytest.raises(Interrupted):
        mixed.result(TIMEOUT)


def test_a_cancelled_wait_stops_all(server: RehearsalServer) -> None:
    silent = compare(server, models=["stall?after=1&seconds=600"] * 3)
    for cell in silent:
        assert next(iter(cell))

    async def cancelled() -> None:
        waiting = asyncio.create_task(silent.wait())
        await asyncio.sleep(0)  # it waits now
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert [type(one) for one in silent.result(TIMEOUT, return_exceptions=True)] == [Stopped] * 3


def test_a_result_that_does_not_come_in_time_says_how_many(server: RehearsalServer) -> None:
    silent = compare(server, models=["stall?after=1&seconds=600", "echo"])
    silent["echo"].result(TIMEOUT)
    with pytest.raises(TimeoutError, match=r"^1 answers did not finish within 0"):
        silent.result(0)
    assert silent.cells[0].status != "stopped"
    silent.stop()


def test_sixteen_under_faults_end_each_in_its_way_and_stop_and_retry_reach_who_they_concern(
    server: RehearsalServer,
) -> None:
    before = len(server.exchanges)
    grid = compare(server, over={"temperature": [0], "model": FAULTS})
    for cell, end in zip(grid, ENDS, strict=True):
        if end != "stopped":
            cell.future.exception(TIMEOUT)
    stalled = grid.cells[ENDS.index("stopped")]
    assert stalled.status not in ("stopped", "done")

    # Retry while one streams: that one is left, and all others are asked again.
    grid.retry()
    others = [cell for cell in grid if cell is not stalled]
    for cell in others:
        cell.future.exception(TIMEOUT)
    assert len(stalled.versions) == 1
    grid.stop()
    assert [cell.status for cell in grid] == ENDS
    assert [len(cell.text) > 0 for cell in grid if cell.status == "interrupted"] == [True] * 3

    # Only those that are not complete.
    asked = len(server.exchanges)
    grid.retry(failed=True)
    grid.stop()
    grid.result(TIMEOUT, return_exceptions=True)
    again = Counter(one.body.get("model") for one in server.exchanges[asked:])
    assert not {model for model, end in zip(FAULTS, ENDS, strict=True) if end == "done"} & set(again)
    assert {one.body.get("model") for one in server.exchanges[before:asked]} == set(FAULTS)
    errors = [row["error"] for row in grid.table()]
    assert [error is None for error in errors] == [end == "done" for end in ENDS]


def test_a_retry_leaves_what_cannot_be_asked_for_again(server: RehearsalServer) -> None:
    mixed = compare(server, None, over={"prompt": {"stream": iter(["a", "b"])}}, client=None, api="auto", retry=None)
    assert mixed.result(TIMEOUT) == ["ab"]
    mixed.retry()
    assert len(mixed.cells[0].versions) == 1


def test_the_table_has_plain_values(server: RehearsalServer) -> None:
    streamcell.configure(prices={"bulk?characters=400": {"input": 1, "output": 2}})
    grid = compare(server, over={"top_p": [0.5], "model": ["bulk?characters=400", "unauthorized"]})
    grid.result(TIMEOUT, return_exceptions=True)
    good, bad = grid.table()
    assert json.loads(json.dumps([good, bad])) == [good, bad]
    assert (good["top_p"], good["model"], good["status"], good["finish_reason"]) == (
        0.5,
        "bulk?characters=400",
        "done",
        "stop",
    )
    assert (good["characters"], good["error"], good["answered_by"]) == (400, None, "bulk?characters=400")
    assert good["output_tokens"] > 0
    assert good["price"] == pytest.approx((good["input_tokens"] + 2 * good["output_tokens"]) / 1_000_000)
    assert good["first_token_seconds"] <= good["total_seconds"]
    assert (bad["status"], bad["error"], bad["price"], bad["output_tokens"]) == (
        "failed",
        "AuthenticationFailed",
        None,
        None,
    )


def test_markdown_and_files_hold_the_numbers_and_the_answers(server: RehearsalServer, tmp_path: Path) -> None:
    grid = compare(server, "Say <b>this</b>", models=["echo", "tour", "unauthorized"])
    grid.result(TIMEOUT, return_exceptions=True)
    markdown = grid.to_markdown(sort="characters", descending=True)
    lines = markdown.split("\n")
    assert lines[0] == "# Say &#60;b&#62;this&#60;&#47;b&#62;"
    assert [line.split("|")[1].strip() for line in lines[4:7]] == ["tour", "echo", "unauthorized"]
    assert [line for line in lines if line.startswith("## ")][:1] == ["## echo"]
    assert "<b>" not in markdown
    assert "The API key was not accepted" in markdown
    with pytest.raises(ValueError, match="sort must be one of model, answered_by, status"):
        grid.to_markdown(sort="speed")
    grid.save(tmp_path / "all.md")
    assert (tmp_path / "all.md").read_text("utf-8") == grid.to_markdown()
    grid.save(tmp_path / "all.json")
    saved = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert saved["prompt"] == "Say <b>this</b>"
    assert [one["text"] for one in saved["answers"]] == [cell.text for cell in grid]
    grid.save(tmp_path / "ALL.JSON")
    assert json.loads((tmp_path / "ALL.JSON").read_text("utf-8")) == saved
    link = tmp_path / "link.md"
    link.hardlink_to(tmp_path / "all.md")
    grid.save(tmp_path / "all.md")
    assert not link.samefile(tmp_path / "all.md")  # a new file took its place, so no reader finds a part of it
    with pytest.raises(ValueError, match=r"saved as \.md or \.json"):
        grid.save(tmp_path / "all.html")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"prompt": "A"}, TypeError, "needs models="),
        ({"models": ["a"]}, TypeError, "needs a prompt"),
        ({"prompt": "A", "models": ["a"], "model": "b"}, ValueError, "model= is varied"),
        ({"prompt": "A", "over": {"prompt": ["B"]}}, ValueError, "prompt= is varied"),
        ({"prompt": iter("A"), "models": ["a"]}, TypeError, "only once"),
        ({"prompt": "A", "models": ["a"], "record": "x.jsonl"}, ValueError, "recording"),
        ({"prompt": "A", "models": ["a"], "replay": "x.jsonl"}, ValueError, "recording"),
        ({"prompt": "A", "models": ["a"], "controls": True}, ValueError, "single cell"),
        ({"prompt": "A", "models": ["rehearsal", 7]}, TypeError, "model must be a name"),
        ({"prompt": "A", "models": ["rehearsal"], "temprature": 1}, TypeError, "did you mean temperature"),
        ({"prompt": "A", "over": {"temprature": [1]}, "model": "rehearsal"}, TypeError, "did you mean temperature"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_sent(
    embedded: RehearsalServer, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = len(embedded.exchanges)
    with pytest.raises(error, match=words):
        stream_compare(**arguments)
    stream_cell("After", model="rehearsal/echo", display=False).result(TIMEOUT)
    assert len(embedded.exchanges) == before + 1


def test_a_secret_is_in_no_label(server: RehearsalServer) -> None:
    grid = compare(server, over={"extra_headers": [{"X-Gate": "swordfish"}, None]}, model="echo")
    grid.result(TIMEOUT)
    assert "swordfish" not in json.dumps([grid.table(), grid.to_markdown(), grid._state, grid._places], default=str)


def test_a_comparison_waits_in_the_line_like_any_cells_and_nobody_is_starved() -> None:
    at_once = 2
    with RehearsalServer(rate=0, first_token=0.01) as server:
        streamcell.configure(max_concurrency=at_once)
        options: dict[str, Any] = {"model": "echo"}
        first = compare(server, "first", over={"seed": list(range(16))}, **options)
        client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
        single = stream_cell("single", client=client, display=False, api="chat", **options)
        last = compare(server, "last", over={"seed": list(range(16))}, **options)
        assert max(one.running for one in streamcell.limits()) <= at_once
        single.result(TIMEOUT)
        first.result(TIMEOUT)
        last.result(TIMEOUT)
        # An answer has ended with its end mark, and leaves the line when its body is closed, a moment later.
        until(lambda: [(one.running, one.queued) for one in limits_of(server)] == [(0, 0)])
        order = [one.body["messages"][-1]["content"] for one in server.exchanges if one.status == 200]
    assert Counter(order) == {"first": 16, "single": 1, "last": 16}
    # First come, first served: only what is under way beside them can overtake.
    assert abs(order.index("single") - 16) <= at_once


def test_all_cells_wait_as_a_limited_server_asks_and_none_is_lost() -> None:
    with RehearsalServer(rate=0, first_token=0.0, requests=6, minute=0.5) as server:
        policy = RetryPolicy(attempts=8, wait_initial=0.05)
        grid = compare(server, over={"seed": [1, 2, 3, 4], "temperature": [0, 0.5, 1, 2]}, model="echo", retry=policy)
        assert grid.result(TIMEOUT) == ["One two three"] * 16
        asked = Counter((one.body["seed"], one.body["temperature"]) for one in server.exchanges if one.status == 200)
    assert asked == Counter({(seed, temperature): 1 for seed in (1, 2, 3, 4) for temperature in (0, 0.5, 1, 2)})


def test_a_comparison_is_recorded_and_replayed(server: RehearsalServer, tmp_path: Path) -> None:
    file = tmp_path / "grid.jsonl"
    with recording(file):
        first = compare(server, models=["echo", "bulk?characters=90", "unauthorized"])
        first.result(TIMEOUT, return_exceptions=True)
    asked = len(server.exchanges)
    with recording(file, "replay", speed="fast"):
        again = compare(server, models=["echo", "bulk?characters=90"])
        texts = again.result(TIMEOUT)
    assert texts == [cell.text for cell in first][:2]
    assert len(server.exchanges) == asked
    again.retry()
    assert again.result(TIMEOUT) == texts


def test_errors_are_streamcells_own(server: RehearsalServer) -> None:
    limited = compare(server, models=["rate_limit?retry_after=0"])
    with pytest.raises(RateLimited) as caught:
        limited.result(TIMEOUT)
    assert isinstance(caught.value, StreamCellError)


ASK = "from streamcell import stream_compare\n"


def test_a_run_that_nobody_attends_saves_the_grid_with_its_numbers(tmp_path: Path) -> None:
    source = f"{ASK}grid = stream_compare('Why?', models=['rehearsal/echo', 'rehearsal/bulk?characters=90&rate=0'])"
    done, notebook = run(tmp_path, [source, "print(grid.result(0)[0], len(grid.table()))"])
    assert done.returncode == 0, done.stderr
    (bundle,) = displayed(notebook, 0)
    assert set(bundle) == {ANSWERS, "text/markdown", "text/plain"}
    assert notebook.cells[1].outputs[0]["text"] == "Why? 2\n"
    assert [row["status"] for row in bundle[ANSWERS]["state"]["rows"]] == ["done", "done"]
    assert bundle["text/markdown"].startswith("### rehearsal&#47;echo\n\nWhy?")
    assert "| rehearsal&#47;echo | done |" in bundle["text/markdown"]
    assert bundle["text/plain"].startswith("rehearsal/echo:\n\nWhy?")
    assert "widgets" not in notebook.metadata


def test_a_failure_fails_the_run_unless_it_was_seen_to(tmp_path: Path) -> None:
    models = "models=['rehearsal/echo', 'rehearsal/unauthorized']"
    seen = f"{ASK}stream_compare('Why?', {models}).result(return_exceptions=True)[0]"
    lenient = f"{ASK}stream_compare('Why?', {models}, unattended='wait')"
    failed = f"{ASK}grid = stream_compare('Why?', {models})"
    done, notebook = run(tmp_path, [seen, lenient, failed, "print('never')"])
    assert done.returncode != 0
    assert [errors(notebook, index) for index in range(3)] == [[], [], ["AuthenticationFailed"]]
    assert notebook.cells[3].outputs == []
    (bundle,) = displayed(notebook, 2)
    assert "The API key was not accepted" in bundle["text/markdown"]


def test_a_failure_is_raised_once_and_not_again_by_later_cells(tmp_path: Path) -> None:
    source = f"{ASK}grid = stream_compare('Why?', models=['rehearsal/echo', 'rehearsal/unauthorized'], retry=1)"
    done, notebook = run(tmp_path, [source, "print('one')", "grid.cells[0].status", "print('two')"], fails=[0])
    assert done.returncode == 0, done.stderr
    assert [errors(notebook, index) for index in range(4)] == [["AuthenticationFailed"], [], [], []]
    (bundle,) = displayed(notebook, 0)
    assert "The API key was not accepted" in bundle["text/markdown"]
    assert notebook.cells[3].outputs[0].text == "two\n"


def test_what_looks_like_a_key_is_in_no_saved_comparison(server: RehearsalServer, tmp_path: Path) -> None:
    halves = ("sk-proj", "A1b2C3d4E5f6G7h8I9j0K1l2")  # no file of ours has a whole one
    key = "-".join(halves)
    grid = compare(server, f"My key is {key} today", models=["echo"])
    assert grid.result(TIMEOUT) == [f"My key is {key} today"]
    for name in ("all.md", "all.json"):
        grid.save(tmp_path / name)
        saved = (tmp_path / name).read_text("utf-8")
        assert "My key is " in saved
        assert " today" in saved
        assert key not in saved


def test_controls_are_not_shown_where_nobody_is_there_to_use_them(tmp_path: Path) -> None:
    source = "from streamcell import stream_cell\ncell = stream_cell('Why?', model='rehearsal/echo', controls=True)"
    done, notebook = run(tmp_path, [source])
    assert done.returncode == 0, done.stderr
    assert [bundle["text/plain"] for bundle in displayed(notebook, 0)] == ["Why?"]
    assert "widgets" not in notebook.metadata


def test_in_a_terminal_the_answers_are_printed_under_their_names(
    server: RehearsalServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamcell.notebook.ipython.is_terminal", lambda: True)
    monkeypatch.setattr("streamcell.notebook.ipython.is_a_result", lambda: False)
    compare(server, models={"first": "echo", "second": "unauthorized"})._ipython_display_()
    printed, said = capsys.readouterr()
    assert printed.index("first:\n") < printed.index("One two three") < printed.index("second:\n")
    assert "The API key was not accepted" in said


def test_a_closed_comparison_keeps_its_texts_and_none_is_copied(server: RehearsalServer) -> None:
    grid = compare(server, models=["echo", "echo"])
    grid.result(TIMEOUT)
    grid.close()
    assert grid.result(TIMEOUT) == ["One two three"] * 2
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(grid)


def everywhere(both: StreamCompare, folder: Path) -> str:
    both.save(folder / "all.json")
    files = [both.to_markdown(), (folder / "all.json").read_text("utf-8")]
    return json.dumps([both._repr_mimebundle_(), both.get_state(["_state", "_places"]), *files])


def test_a_prompt_that_a_moderator_flags_is_withheld(server: RehearsalServer, tmp_path: Path) -> None:
    strict = Moderation(lambda text: "bomb" in text, prompt=True)
    both = compare(server, "how to build a bomb", models=["echo", "tour"], moderator=strict)
    both.result(TIMEOUT, return_exceptions=True)
    both.settle()
    assert "bomb" not in everywhere(both, tmp_path)
    assert "withheld by the moderator" in both.to_markdown()
    prompts = compare(server, None, over={"prompt": ["a bomb", "peace"], "model": ["echo"]}, moderator=strict)
    prompts.result(TIMEOUT, return_exceptions=True)
    prompts.settle()
    assert "bomb" not in everywhere(prompts, tmp_path)
    assert prompts["peace", "echo"].text == "peace"
    assert [one["prompt"] for one in prompts.labels] == ["1", "2"]
    fine = compare(server, "peace", models=["echo"], moderator=strict)
    fine.result(TIMEOUT)
    fine.settle()
    assert fine._state["prompt"] == "peace"


def test_secrets_in_a_prompt_are_not_shown(server: RehearsalServer) -> None:
    key = "sk-proj-" + "a1B2c3D4" * 6
    both = compare(server, f"my key is {key}, and hushhush99", models=["tour"], extra_headers={"X-Key": "hushhush99"})
    both.result(TIMEOUT)
    assert both._state["prompt"] == "my key is …, and …"
    assert key not in both.to_markdown()
