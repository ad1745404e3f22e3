"""Whole notebooks: replayed where a request is known, recorded where it is not, and said clearly where neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import openai
import pytest

from streamcell import NotRecorded, StreamCell, record_notebook, recording, stream_cell
from streamcell.notebook.output import ANSWER
from streamcell.rehearsal import RehearsalServer
from tests.notebooks import CLIENT, displayed, errors, write

TIMEOUT = 300.0


@pytest.fixture(scope="module")
def server() -> Iterator[RehearsalServer]:
    with RehearsalServer(rate=0, first_token=0, seed=1) as running:
        yield running


@pytest.fixture
def key(server: RehearsalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key and a server, as the environment of somebody who records has them."""
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-this-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)


@pytest.fixture
def without_key(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Take the key away when it is called, as in CI."""

    def take() -> None:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    return take


@pytest.fixture(autouse=True)
def _no_recording_left() -> Iterator[None]:
    yield
    record_notebook(None)


def ask(prompt: str, **options: Any) -> StreamCell:
    cell = stream_cell(prompt, model="echo", display=False, retry=1, **options)
    cell.future.exception(TIMEOUT)
    return cell


@pytest.mark.usefixtures("key")
def test_what_is_recorded_once_is_replayed_without_a_key(
    tmp_path: Path, server: RehearsalServer, without_key: Any
) -> None:
    path, prompts = tmp_path / "lesson.jsonl", ["one", "two", "three"]
    with recording(path):
        recorded = [ask(prompt) for prompt in prompts]
    assert [cell.text for cell in recorded] == prompts
    assert "not in lesson.jsonl, so it was asked for and recorded" in recorded[0].origin["note"]
    without_key()
    asked = len(server.exchanges)
    with recording(path):
        again = [ask(prompt) for prompt in reversed(prompts)]
    assert [cell.text for cell in again] == prompts[::-1]
    assert all(cell.origin["note"].startswith("replayed from lesson.jsonl, recorded 2") for cell in again)
    assert len(server.exchanges) == asked


@pytest.mark.usefixtures("key")
def test_a_new_request_is_added_to_the_file(tmp_path: Path, server: RehearsalServer, without_key: Any) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        ask("one")
    asked = len(server.exchanges)
    with recording(path):
        assert [ask("one").text, ask("two").text] == ["one", "two"]
    assert len(server.exchanges) == asked + 1
    without_key()
    with recording(path):
        assert [ask("two").text, ask("one").text] == ["two", "one"]


@pytest.mark.usefixtures("key")
def test_a_request_that_is_not_there_and_no_key_fails_at_once_and_says_what_to_do(
    tmp_path: Path, without_key: Any
) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        ask("one")
    written = path.read_bytes()
    without_key()
    with recording(path):
        cell = ask("other")
    error = cell.future.exception(TIMEOUT)
    assert isinstance(error, NotRecorded)
    assert "lesson.jsonl has no answer to this request, and there is no key" in str(error)
    assert "OPENAI_API_KEY" in str(error)
    assert path.read_bytes() == written  # a failure for want of a key is nothing to replay


@pytest.mark.usefixtures("key")
def test_retry_with_a_key_records_what_was_missing(
    tmp_path: Path, server: RehearsalServer, monkeypatch: pytest.MonkeyPatch, without_key: Any
) -> None:
    path = tmp_path / "lesson.jsonl"
    without_key()
    with recording(path):
        cell = ask("one")
        assert isinstance(cell.future.exception(TIMEOUT), NotRecorded)
        monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-this-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        cell.retry()
        assert cell.result(TIMEOUT) == "one"
    without_key()
    with recording(path):
        assert ask("one").text == "one"


@pytest.mark.usefixtures("key")
def test_a_changed_prompt_is_noticed_and_the_cell_says_what_changed(tmp_path: Path, without_key: Any) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        for prompt in ("Explain entropy", "Explain energy", "Explain heat"):
            ask(prompt, temperature=0.5)
    with recording(path):
        ask("Explain entropy", temperature=0.5)
        changed = ask("Explain enthalpy", temperature=0.7)
        assert ask("Explain heat", temperature=0.5).notice is None
    words = (
        "Answer 2 of the recording is for another request: the prompt, temperature of this cell have changed. "
        'It was recorded for "Explain energy".'
    )
    assert (changed.status, changed.notice) == ("done", words)
    without_key()
    with recording(path, mode="replay"):
        ask("Explain entropy", temperature=0.5)
        error = ask("Explain power", temperature=0.5).future.exception(TIMEOUT)
    assert isinstance(error, NotRecorded)
    assert "mode='replay' asks no model" in str(error)
    assert "the prompt of this cell has changed" in str(error)


@pytest.mark.usefixtures("key")
def test_in_replay_mode_nothing_is_asked_and_nothing_is_written(tmp_path: Path, server: RehearsalServer) -> None:
    path = tmp_path / "lesson.jsonl"
    asked = len(server.exchanges)
    with recording(path, mode="replay"):
        assert isinstance(ask("one").future.exception(TIMEOUT), NotRecorded)
    assert len(server.exchanges) == asked
    assert not path.exists()


@pytest.mark.usefixtures("key")
def test_in_record_mode_everything_is_asked_and_the_file_is_replaced(tmp_path: Path, server: RehearsalServer) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        ask("one")
        ask("two")
    asked = len(server.exchanges)
    with recording(path, mode="record"):
        ask("two")
    assert len(server.exchanges) == asked + 1
    prompts = [one for one in map(json.loads, path.read_text().splitlines()) if one.get("kind") == "prompt"]
    assert [one["messages"][-1]["content"] for one in prompts] == ["two"]


@pytest.mark.usefixtures("key")
def test_equal_requests_are_replayed_in_their_order_and_again_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lesson.jsonl"

    def pieces() -> list[str]:
        return [f"answer {next(numbers)}"]

    def show() -> str:
        cell = stream_cell(pieces, display=False)
        return cell.result(TIMEOUT)

    numbers = iter(range(1, 100))
    with recording(path):
        assert [show(), show()] == ["answer 1", "answer 2"]
    with recording(path):
        assert [show(), show(), show()] == ["answer 1", "answer 2", "answer 1"]
    assert next(numbers) == 3


@pytest.mark.usefixtures("key")
def test_a_conversation_is_replayed_and_continues(tmp_path: Path, without_key: Any) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        first = ask("one")
        ask("two", previous=first)
    without_key()
    with recording(path):
        first = ask("one")
        second = ask("two", previous=first)
    assert second.text == "two"
    assert second.request is not None
    assert len(second.request.messages) == 3


@pytest.mark.usefixtures("key")
def test_a_conversation_with_tools_is_replayed_and_hands_them_on(
    tmp_path: Path, server: RehearsalServer, without_key: Any
) -> None:
    def weather(city: str) -> str:
        """Say how the weather will be."""
        return f"{city}: sunny"

    def talk() -> list[StreamCell]:
        first = stream_cell("Umbrella?", model="tools", tools=[weather], approve=True, display=False)
        first.result(TIMEOUT)
        second = stream_cell("And in Rome?", previous=first, display=False)
        second.future.exception(TIMEOUT)
        return [first, second]

    with recording(tmp_path / "lesson.jsonl"):
        recorded = talk()
    without_key()
    asked = len(server.exchanges)
    with recording(tmp_path / "lesson.jsonl"):
        assert [cell.parts for cell in talk()] == [cell.parts for cell in recorded]
    assert len(server.exchanges) == asked


@pytest.mark.usefixtures("key")
def test_answers_at_once_from_several_threads_are_kept_apart(tmp_path: Path, without_key: Any) -> None:
    path, prompts = tmp_path / "lesson.jsonl", [f"prompt {number} " * 50 for number in range(12)]

    def all_at_once() -> list[str]:
        texts: dict[str, str] = {}
        threads = [threading.Thread(target=lambda one=one: texts.update({one: ask(one).text})) for one in prompts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)
        return [texts[prompt] for prompt in prompts]

    with recording(path):
        assert all_at_once() == prompts
    without_key()
    with recording(path):
        assert all_at_once() == prompts


@pytest.mark.usefixtures("key")
def test_a_notebook_records_until_it_is_told_to_end(tmp_path: Path) -> None:
    record_notebook(tmp_path / "lesson.jsonl")
    assert "recorded" in ask("one").origin["note"]
    with recording(tmp_path / "inner.jsonl"):
        assert "inner.jsonl" in ask("two").origin["note"]
    record_notebook(tmp_path / "lesson.jsonl")
    assert "replayed from lesson.jsonl" in ask("one").origin["note"]
    record_notebook(None)
    assert "lesson" not in ask("one").origin["note"]


@pytest.mark.usefixtures("key")
def test_a_file_that_cannot_be_written_replays_all_the_same(tmp_path: Path, without_key: Any) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        ask("one")
    path.chmod(0o400)
    without_key()
    with recording(path):
        assert ask("one").text == "one"


@pytest.mark.usefixtures("key")
def test_a_recording_that_was_cut_off_is_added_to(tmp_path: Path, without_key: Any) -> None:
    path = tmp_path / "lesson.jsonl"
    with recording(path):
        ask("one")
    path.write_bytes(path.read_bytes() + b'{"answer": 2, "at": 0.0, "ru')
    with recording(path):
        ask("two")
    without_key()
    with recording(path):
        assert [ask("one").text, ask("two").text] == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(("a.jsonl", "rewind"), ValueError), ((5,), TypeError), ((None,), TypeError)],
)
def test_wrong_arguments_are_refused(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error), recording(*arguments):
        pass


def test_a_scope_that_failed_leaves_nothing(tmp_path: Path, server: RehearsalServer) -> None:
    with pytest.raises(KeyError), recording(tmp_path / "a.jsonl"):
        raise KeyError
    client = openai.AsyncOpenAI(api_key="k", base_url=server.base_url)
    assert "a.jsonl" not in ask("one", client=client).origin["note"]


# -- in CI: nbclient, no key, no network -------------------------------------------------------------------------------

OFFLINE = """
import socket


def refuse(family, address):
    host = address[0] if isinstance(address, tuple) else address
    if family != socket.AF_UNIX and host not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"the network is cut off: {host}")


class Cut(socket.socket):
    def connect(self, address):
        refuse(self.family, address)
        return super().connect(address)

    def connect_ex(self, address):
        refuse(self.family, address)
        return super().connect_ex(address)


def cut(*arguments, **options):
    raise OSError("the network is cut off: no names are resolved")


socket.socket = Cut
socket.getaddrinfo = cut
"""
"""A `sitecustomize` that leaves only the kernel's own sockets, which ZeroMQ opens without Python."""

FIRST = "from streamcell import record_notebook, stream_cell\nrecord_notebook('lesson.jsonl')"
TOOL = """
def weather(city: str) -> str:
    "Say how the weather will be."
    return f"{city}: sunny"

umbrella = stream_cell("And Oslo?", model="tools", tools=[weather], approve=True)
"""
CELLS = [
    FIRST,
    "stream_cell('Explain entropy', model='tour')",
    TOOL,
    "again = stream_cell('Explain entropy', model='tour')",
    "print(await again == again.text, umbrella.status, len(umbrella.parts))",
]

PROBE = """
import socket

try:
    socket.create_connection(("192.0.2.1", 80), 5)
except OSError as error:
    print(error)
"""


def execute(folder: Path, cells: list[str], **environment: str) -> Any:
    source = write(folder, cells)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, source.name, "target.ipynb"],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done, nbformat.read(folder / "target.ipynb", 4)


def test_a_notebook_runs_without_a_key_and_a_network_up_to_the_first_cell_that_is_not_recorded(
    tmp_path: Path, server: RehearsalServer
) -> None:
    done, recorded = execute(tmp_path, CELLS, OPENAI_API_KEY="the-key-of-this-test", OPENAI_BASE_URL=server.base_url)
    assert done.returncode == 0, done.stderr
    asked = len(server.exchanges)
    (tmp_path / "offline").mkdir()
    (tmp_path / "offline" / "sitecustomize.py").write_text(OFFLINE)
    path = os.pathsep.join([str(tmp_path / "offline"), os.environ.get("PYTHONPATH", "")])
    done, replayed = execute(
        tmp_path, [PROBE, *CELLS, "stream_cell('Explain energy', model='tour')", "print('never')"], PYTHONPATH=path
    )
    assert [errors(replayed, at) for at in range(8)] == [[], [], [], [], [], [], ["NotRecorded"], []], done.stderr
    assert done.returncode != 0
    assert "there is no key to ask a model with" in done.stderr
    assert "the network is cut off" in replayed.cells[0].outputs[0]["text"]
    assert len(server.exchanges) == asked
    for at in (1, 2, 3):
        (before,), (now,) = displayed(recorded, at), displayed(replayed, at + 1)
        assert now["text/plain"] == before["text/plain"]
        assert now[ANSWER]["document"]["status"] == "done"
        assert now[ANSWER]["document"]["parts"] == before[ANSWER]["document"]["parts"]
        assert now[ANSWER]["document"]["origin"]["note"].startswith("replayed from lesson.jsonl")
    assert replayed.cells[5].outputs[0]["text"] == "True done 3\n"
