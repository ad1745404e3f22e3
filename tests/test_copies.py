"""A cell, its values and its errors where they are printed, copied, pickled, or taken to another process."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.lib.pretty import pretty

from streamcell import ModelNotFound, RateLimited, StreamCell, StreamCellError, Version, stream_cell
from streamcell import _errors as errors

TIMEOUT = 300.0


def ended_cell(text: str = "an answer") -> StreamCell:
    cell = stream_cell(lambda: iter([text]), display=False)
    cell.result(TIMEOUT)
    return cell


# -- printed -----------------------------------------------------------------------------------------------------------


def test_a_cell_is_printed_as_a_short_line_wherever_it_stands() -> None:
    cell = ended_cell("\x1b[31man answer")
    line = "<StreamCell done, 14 characters>"
    assert [str(cell), f"{cell}", f"{cell!r}", pretty(cell)] == [line] * 4
    assert pretty([cell, cell]) == f"[{line}, {line}]"
    assert pretty({"a": cell}) == f"{{'a': {line}}}"
    # What IPython sends for display([a, b]) and for a list as last expression.
    data, _ = DisplayFormatter().format([cell, cell])
    assert data == {"text/plain": f"[{line}, {line}]"}


CONTROLS = "\x1b]8;;http://evil\x07 \x1b[2J\x9b31m \x00\x7f \u202eabc\u2066 a\r\nb\rc \ttab"


@pytest.mark.parametrize("kind", [StreamCellError, RateLimited, ModelNotFound])
def test_a_terminal_obeys_nothing_of_a_servers_words(kind: type[StreamCellError]) -> None:
    error = kind(CONTROLS, request_id="\x1b[1mreq")
    for words in (str(error), repr(error), *error.args, error.detail, str(error.card())):
        assert not set(words) & set("\x1b\x07\x9b\x00\x7f\r\u202e\u2066")
    assert "\u241b]8;;http://evil\u2407" in str(error)
    assert "\\u202eabc\\u2066 a\nb\u240dc \ttab" in error.detail
    assert "\u241b[1mreq" in str(error)


def test_a_terminal_obeys_nothing_of_an_answer_and_its_text_is_the_models() -> None:
    cell = ended_cell(CONTROLS)
    bundle, _ = cell._bundle_and_metadata()
    assert not set(bundle["text/plain"]) & set("\x1b\x07\x9b\x00\x7f")
    assert len(bundle["text/plain"]) == len(CONTROLS)
    assert cell.text == cell.result() == CONTROLS


# -- copied and pickled ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda act: act.__name__)
def test_a_cell_is_not_copied_and_says_what_to_take(act: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"a live answer: .* Take cell.text, or cell.versions"):
        act(ended_cell())


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_versions_and_requests_are_plain_values(act: Callable[[Any], Any]) -> None:
    cell = stream_cell("Why?", model="rehearsal/echo?rate=0", display=False, temperature=0)
    cell.result(TIMEOUT)
    assert act(cell.versions) == cell.versions
    assert act(cell.request) == cell.request


ERRORS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, StreamCellError)]


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_says_the_same_after_it_was_copied(kind: type[StreamCellError], act: Callable[[Any], Any]) -> None:
    error = kind("the detail", text="so far", request_id="r", status_code=500, retry_after=7.0, kind="k", title="T")
    same = act(error)
    assert type(same) is kind
    assert (str(same), same.args, same.card(), same.text) == (str(error), error.args, error.card(), error.text)
    assert (same.retry_after, same.next_steps) == (error.retry_after, error.next_steps)


# -- other processes ---------------------------------------------------------------------------------------------------


def _ask_in_a_pool(model: str) -> tuple[str, tuple[Version, ...]]:
    cell = stream_cell("from a pool", model=model, display=False)
    return cell.result(TIMEOUT), cell.versions


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_cells_of_a_pools_processes_work_and_their_errors_come_back_whole(method: str) -> None:
    before = ended_cell()
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        text, versions = pool.submit(_ask_in_a_pool, "rehearsal/echo?rate=0").result(TIMEOUT)
        assert (text, versions[-1].text) == ("from a pool", "from a pool")
        with pytest.raises(StreamCellError) as raised:
            pool.submit(_ask_in_a_pool, "rehearsal/none").result(TIMEOUT)
        assert str(raised.value).count(raised.value.error_title) == 1
        with pytest.raises(TypeError, match="cannot be copied, pickled or sent to another process"):
            pool.submit(str, before).result(TIMEOUT)
    assert before.result(TIMEOUT) == "an answer"


USES: dict[str, Callable[[StreamCell], object]] = {
    "result": lambda cell: cell.result(5),
    "await": lambda cell: asyncio.run(cell.wait()),
    "for": list,
    "future": lambda cell: cell.future,
    "callback": lambda cell: cell.on_end(print),
    "stop": lambda cell: cell.stop(),
    "retry": lambda cell: cell.retry(),
    "resume": lambda cell: cell.resume(),
    "close": lambda cell: cell.close(),
}


def _use(cell: StreamCell, said: Any) -> None:
    for name, use in USES.items():
        try:
            use(cell)
        except RuntimeError as error:
            said.put((name, str(error)))
        else:
            said.put((name, ""))
    said.put(("own", stream_cell(lambda: iter(["its own"]), display=False).result(TIMEOUT)))


def test_a_child_of_a_fork_is_told_at_once_that_nothing_streams_there_and_has_cells_of_its_own() -> None:
    gate = threading.Event()

    def waiting() -> Iterator[str]:
        yield "a"
        gate.wait(TIMEOUT)

    cell = stream_cell(waiting, display=False)
    fork = multiprocessing.get_context("fork")
    said = fork.Queue()
    child = fork.Process(target=_use, args=(cell, said))
    child.start()
    words = "this answer belongs to a process that was forked, or that ends: nothing streams it here"
    try:
        told = dict(said.get(timeout=TIMEOUT) for _ in range(len(USES) + 1))
        assert told == {**dict.fromkeys(USES, words), "own": "its own"}
        child.join(TIMEOUT)
        assert child.exitcode == 0
    finally:
        child.kill()
        gate.set()
    assert cell.result(TIMEOUT) == "a"
    assert cell.status == "done"
