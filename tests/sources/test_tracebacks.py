"""No traceback of ours shows a key, however it is printed: with locals, in every way that people use."""

from __future__ import annotations

import io
import pickle
import sys
import traceback
import types
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import openai
import pytest
import rich.console
import rich.traceback
from IPython.core.ultratb import VerboseTB

from streamcell import StreamCell, StreamCellError, configure, stream_cell, stream_chat, stream_compare
from streamcell.sources.openai import chat

from .deciding import deciding, whole
from .wire_server import sends, wire_server

TIMEOUT = 300.0
PARTS = ("sk-proj", "A1b2C3d4E5f6G7h8")
"""The key in two halves, so that no line of this file that is shown in a traceback has it."""


def key() -> str:
    return "-".join(PARTS)


def client_of(address: str, **more: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=key(), base_url=address, default_headers={"X-Auth-Token": f"t-{key()}"}, **more)


def with_ipython(error: BaseException) -> str:
    try:
        printer = VerboseTB(theme_name="nocolor")
    except TypeError:  # IPython 8
        printer = VerboseTB(color_scheme="NoColor")
    return str(printer.text(type(error), error, error.__traceback__))


def with_rich(error: BaseException) -> str:
    file = io.StringIO()
    shown = rich.traceback.Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None, locals_max_length=None
    )
    rich.console.Console(file=file, width=400).print(shown)
    return file.getvalue()


def with_pytest(error: BaseException) -> str:
    return str(pytest.ExceptionInfo.from_exception(error).getrepr(showlocals=True, style="long"))


def with_cgitb(error: BaseException) -> str:
    """`cgitb`, or where Python has none any more (3.13) the standard library's own way to show locals."""
    if sys.version_info >= (3, 13):
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import cgitb

        return str(cgitb.text((type(error), error, error.__traceback__), 5))


PRINTERS = [with_ipython, with_rich, with_pytest, with_cgitb]


def end(cell: StreamCell) -> StreamCellError:
    with pytest.raises(StreamCellError) as raised:
        cell.result(TIMEOUT)
    return raised.value


REFUSAL = '{"error": {"message": "you sent %s and %s"}}'


def refused(**more: Any) -> StreamCellError:
    body = REFUSAL % (key(), f"t-{key()}")
    with deciding(lambda *_: (401, "application/json", body)) as (address, _):
        return end(stream_cell("x", model="m", client=client_of(address), api="chat", display=False, **more))


def with_headers_of_its_own() -> StreamCellError:
    return refused(extra_headers={"Authorization": f"Bearer {key()}"}, extra_query={"api-key": key()})


def unreachable() -> StreamCellError:
    client = client_of("http://127.0.0.1:9/v1")
    return end(stream_cell("x", model="m", client=client, api="chat", display=False, retry=1))


def cut_off() -> StreamCellError:
    play = sends(b'data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\n', chunked=True, close="reset")
    with wire_server(play) as server:
        client = client_of(server.address)
        return end(stream_cell("x", model="m", client=client, api="chat", display=False, retry=1))


def with_a_break_in_its_key() -> StreamCellError:
    client = openai.AsyncOpenAI(api_key=f"{key()}\n", base_url="http://127.0.0.1:9/v1")
    return end(stream_cell("x", model="m", client=client, api="chat", display=False))


def with_a_provider_that_gives_bytes() -> StreamCellError:
    async def provider() -> Any:
        return key().encode()

    client = openai.AsyncOpenAI(api_key=provider, base_url="http://127.0.0.1:9/v1")
    return end(stream_cell("x", model="m", client=client, api="chat", display=False))


def broken_in_us() -> StreamCellError:
    with (
        pytest.MonkeyPatch.context() as patch,
        deciding(lambda *_: (200, "text/event-stream", whole("chat"))) as (address, _),
    ):
        patch.setattr(chat.ChatDecoder, "feed", lambda *_: 1 / 0)
        return end(stream_cell("x", model="m", client=client_of(address), api="chat", display=False))


def no_model_to_ask() -> StreamCellError:
    return end(stream_cell("x", client=client_of("http://127.0.0.1:9/v1"), display=False, retry=1))


FAILURES: list[Callable[[], StreamCellError]] = [
    refused,
    with_headers_of_its_own,
    unreachable,
    cut_off,
    with_a_break_in_its_key,
    with_a_provider_that_gives_bytes,
    broken_in_us,
    no_model_to_ask,
]


@pytest.fixture(scope="module")
def failures() -> dict[str, StreamCellError]:
    return {fail.__name__: fail() for fail in FAILURES}


@pytest.mark.parametrize("fail", [fail.__name__ for fail in FAILURES])
@pytest.mark.parametrize("printed", PRINTERS, ids=lambda printed: printed.__name__)
def test_what_a_cell_raises_shows_no_key(
    failures: dict[str, StreamCellError], fail: str, printed: Callable[[BaseException], str]
) -> None:
    error = failures[fail]
    shown = printed(error)
    assert error.error_title in shown
    assert PARTS[1] not in shown
    assert PARTS[1].encode() not in pickle.dumps(error)


CALLS: list[dict[str, Any]] = [
    {"metadata": {1}},
    {"modell": "x"},
    {"previous": "x"},
    {"retry": "x"},
    {"extra_body": 1},
    {"seed": 1, "background": True},
    {"api": "both"},
]


def raised_by(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except (TypeError, ValueError) as error:
        # From our own frame on: the caller's has what the caller wrote.
        frames = error.__traceback__
        while frames is not None and "streamcell" not in frames.tb_frame.f_globals.get("__package__", ""):
            frames = frames.tb_next
        return error.with_traceback(frames)
    raise AssertionError("the call was taken")


@pytest.mark.parametrize("wrong", CALLS, ids=lambda wrong: next(iter(wrong)))
@pytest.mark.parametrize("printed", PRINTERS, ids=lambda printed: printed.__name__)
def test_what_a_call_raises_shows_no_key(wrong: dict[str, Any], printed: Callable[[BaseException], str]) -> None:
    headers = {"Authorization": f"Bearer {key()}"}
    error = raised_by(
        lambda: stream_cell(
            "x", client=client_of("http://127.0.0.1:9/v1"), extra_headers=headers, extra_query={"key": key()}, **wrong
        )
    )
    assert isinstance(error.__traceback__, types.TracebackType)
    shown = printed(error)
    assert type(error).__name__ in shown
    assert PARTS[1] not in shown


class Runnable:
    """What a chat model of LangChain has, as far as we look at it before it is asked."""

    def astream(self) -> None: ...
    def ainvoke(self) -> None: ...
    def invoke(self) -> None: ...
    def with_config(self) -> None: ...


REFUSED: list[Callable[[], object]] = [
    lambda: stream_cell("x", client=cast("Any", Runnable()), extra_headers={"Authorization": f"Bearer {key()}"}),
    lambda: configure(api_key=key(), client=client_of("http://127.0.0.1:9/v1")),
    lambda: configure(api_key=cast("Any", key().encode())),
    lambda: configure(api_key=key(), max_concurrency=0),
]


@pytest.mark.parametrize("call", REFUSED, ids=["client", "both", "bytes", "another"])
@pytest.mark.parametrize("printed", PRINTERS, ids=lambda printed: printed.__name__)
def test_nor_does_one_of_another_client_or_of_a_configured_key(
    call: Callable[[], object], printed: Callable[[BaseException], str]
) -> None:
    shown = printed(raised_by(call))
    assert "Error" in shown
    assert PARTS[1] not in shown


@pytest.mark.parametrize("change", [{"nonsense": 1}, {"tools": []}, {"extra_body": 5}, {"seed": 1, "background": True}])
@pytest.mark.parametrize("printed", PRINTERS, ids=lambda printed: printed.__name__)
def test_nor_does_a_refused_change(change: dict[str, Any], printed: Callable[[BaseException], str]) -> None:
    cell = stream_cell("x", model="m", client=client_of("http://127.0.0.1:9/v1"), display=False, retry=1)
    end(cell)
    own = stream_cell(lambda: iter(["one"]), display=False)
    own.result()
    for one in (cell, own):
        headers = {"Authorization": f"Bearer {key()}"}
        shown = printed(raised_by(partial(one.retry, extra_headers=headers, **change)))
        assert "Error" in shown
        assert PARTS[1] not in shown


@pytest.mark.parametrize("printed", PRINTERS, ids=lambda printed: printed.__name__)
def test_nor_do_conversations_comparisons_and_replies(printed: Callable[[BaseException], str], tmp_path: Path) -> None:
    wrong: Any = {"extra_headers": {"Authorization": f"Bearer {key()}"}, "nonsense": 1}
    client = client_of("http://127.0.0.1:9/v1")
    talk = stream_chat("m", client=client, display=False)
    talk.save(tmp_path / "chat.json")
    cell = stream_cell("x", model="m", client=client, display=False, retry=1)
    end(cell)
    calls: list[Callable[[], object]] = [
        lambda: stream_chat("m", **wrong),
        lambda: stream_chat.load(tmp_path / "chat.json", **wrong),
        lambda: talk.send("x", **wrong),
        lambda: cell.reply("x", **wrong),
        lambda: stream_compare("x", models=["a", "b"], client=client, **wrong),
        lambda: stream_compare("x", over={"extra_headers": [wrong["extra_headers"]], "nonsense": [1]}, client=client),
    ]
    for call in calls:
        shown = printed(raised_by(call))
        assert "Error" in shown
        assert PARTS[1] not in shown


def test_a_request_that_has_a_key_in_its_headers_is_printed_and_pickled_without_it() -> None:
    client = client_of("http://127.0.0.1:9/v1")
    headers = {"Authorization": f"Bearer {key()}", "X-Trace": "t"}
    cell = stream_cell("x", model="m", client=client, api="chat", display=False, retry=1, extra_headers=headers)
    end(cell)
    assert "extra_headers': <Authorization, X-Trace>" in repr(cell.request)
    assert PARTS[1].encode() not in pickle.dumps((cell.request, cell.versions))
    assert PARTS[1] not in cell.log.to_jsonl()


def test_a_key_in_a_request_reaches_the_server_and_is_masked_where_it_says_it_back() -> None:
    asked: list[Any] = []

    def answer(path: str, body: Any) -> tuple[int, str, str]:
        asked.append((path, body))
        return 400, "application/json", REFUSAL % ("tok-Qq11Ww22", "qk-Zz99Yy88")

    with deciding(answer) as (address, _):
        cell = stream_cell(
            "x",
            model="m",
            client=openai.AsyncOpenAI(api_key="-", base_url=address, default_headers={"api-key": "tok-Qq11Ww22"}),
            api="chat",
            display=False,
            extra_query={"api-key": "qk-Zz99Yy88"},
        )
        error = end(cell)
    ((path, _),) = asked
    assert "api-key=qk-Zz99Yy88" in path
    everything = f"{error} {cell.error} {cell.log.to_jsonl()} {cell.get_state()} {error!r}"
    assert "you sent … and …" in everything
    assert "tok-Qq11Ww22" not in everything
    assert "qk-Zz99Yy88" not in everything
