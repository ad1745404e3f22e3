"""The controls beside a cell: they ask again with what was changed, and say what was refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
import openai
import pytest

from streamcell import BadRequest, StreamCell, recording, stream_cell

from .sources.wire_server import answers, ended, sends, wire_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamcell.rehearsal import RehearsalServer

TIMEOUT = 300.0


def ask(server: RehearsalServer, **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    return stream_cell("One", **{"client": client, "display": False, "model": "echo", "api": "chat", **options})


def everything(box: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [box, *(inner for child in getattr(box, "children", ()) for inner in everything(child))]


def control(box: ipywidgets.Box, label: str) -> Any:
    return next(one for one in everything(box) if getattr(one, "description", None) == label)


def shown(box: ipywidgets.Box) -> list[str]:
    """The labels of the controls that are shown."""
    boxes = [one for one in everything(box) if isinstance(one, ipywidgets.VBox) and one is not box]
    return [one.children[0].description for one in boxes if one.layout.display != "none"]


def told(box: ipywidgets.Box) -> list[str]:
    """What is told beside the controls, as markup."""
    notes = [one for one in everything(box) if isinstance(one, ipywidgets.HTML)]
    return [one.value for one in notes if one.layout.display != "none"]


def disabled(box: ipywidgets.Box) -> bool:
    """Whether nothing can be changed; all controls agree."""
    states = {one.disabled for one in everything(box) if isinstance(one, (ipywidgets.Text, ipywidgets.Button))}
    assert len(states) == 1
    return bool(states.pop())


def wait_until(condition: Callable[[], bool], cell: StreamCell) -> None:
    """Wait for what the observers' thread does after a change of the cell."""
    done = threading.Event()
    limit = threading.Timer(TIMEOUT, done.set)
    limit.start()
    while not condition() and not done.is_set():
        done.wait(0.005)
    limit.cancel()
    assert condition(), cell


def test_they_ask_again_with_what_was_changed_only(server: RehearsalServer) -> None:
    cell = ask(server, temperature=1, max_tokens=90, top_p=0.5)
    cell.result(TIMEOUT)
    box = cell.controls(["echo", "tour"])
    assert isinstance(box, ipywidgets.VBox)
    assert control(box, "model").options == ("echo", "tour")
    assert [control(box, name).value for name in ("model", "temperature", "top_p", "max tokens", "seed")] == [
        "echo",
        "1",
        "0.5",
        "90",
        "",
    ]
    control(box, "temperature").value = "0"
    control(box, "top_p").value = ""
    control(box, "seed").value = "7"
    control(box, "Ask again").click()
    cell.result(TIMEOUT)
    body = server.exchanges[-1].body
    assert (body["temperature"], body["seed"], body["max_tokens"], "top_p" in body) == (0, 7, 90, False)
    assert dict(cell.versions[-1].changed) == {"temperature": 0, "top_p": None, "seed": 7}
    wait_until(lambda: not disabled(box), cell)
    control(box, "Reset").click()
    assert control(box, "temperature").value == "1"


def test_with_nothing_changed_the_first_request_is_made_again(server: RehearsalServer) -> None:
    cell = ask(server, temperature=1)
    cell.result(TIMEOUT)
    control(cell.controls(), "Ask again").click()
    cell.result(TIMEOUT)
    assert [dict(one.changed) for one in cell.versions] == [{}, {}]


def test_only_what_the_api_has_is_shown(server: RehearsalServer) -> None:
    both = ["model", "temperature", "top_p", "max tokens", "reasoning effort"]
    responses, chat = ask(server, api="responses"), ask(server)
    responses.result(TIMEOUT)
    chat.result(TIMEOUT)
    assert shown(responses.controls()) == both
    assert shown(chat.controls()) == [*both[:4], "seed", *both[4:]]


def test_a_control_appears_when_the_api_is_known() -> None:
    """A server may have either API: what only one of them has is shown when this one answers by it."""
    asked, answered = threading.Event(), threading.Event()

    def key() -> str:
        asked.set()
        assert answered.wait(TIMEOUT)
        return "key"

    missing = answers({"detail": "Not Found"}, status="404 Not Found")
    with wire_server(missing, sends(*ended("chat", ["One"]))) as wire:
        client = openai.AsyncOpenAI(api_key=key, base_url=wire.address)  # may block, as keyrings do
        cell = stream_cell("One", model="m", client=client, display=False, retry=1)
        assert asked.wait(TIMEOUT)
        box = cell.controls()
        assert "seed" not in shown(box)
        assert disabled(box)
        answered.set()
        assert cell.result(TIMEOUT) == "One"
    wait_until(lambda: "seed" in shown(box) and not disabled(box), cell)


def test_a_refused_value_is_told_beside_its_control_and_the_answer_is_kept(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    box = cell.controls()
    control(box, "temperature").value = "3"
    control(box, "Ask again").click()
    with pytest.raises(BadRequest):
        cell.result(TIMEOUT)
    wait_until(lambda: told(box) != [], cell)
    [said] = told(box)
    assert "The server refused this" in said
    assert "&lt;= 2" in said
    note = next(one for one in everything(box) if getattr(one, "value", "") == said)
    assert control(box, "temperature") in next(
        one.children for one in everything(box) if note in getattr(one, "children", ())
    )
    assert cell.versions[0].text == "One"
    control(box, "temperature").value = "1"
    assert told(box) == []
    control(box, "Ask again").click()
    assert cell.result(TIMEOUT) == "One"


def test_what_is_no_number_is_not_sent(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    asked = len(server.exchanges)
    box = cell.controls()
    control(box, "temperature").value = "<b>hot</b>"
    control(box, "Ask again").click()
    assert len(told(box)) == 1
    assert "must be a number" in told(box)[0]
    assert (len(cell.versions), len(server.exchanges)) == (1, asked)


def test_a_servers_words_are_no_markup(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    box = cell.controls()
    control(box, "model").value = "<img src=x onerror=alert(1)>"
    control(box, "Ask again").click()
    with pytest.raises(Exception, match="img"):
        cell.result(TIMEOUT)
    wait_until(lambda: told(box) != [], cell)
    assert "<img" not in told(box)[0]


def test_a_recorded_answer_cannot_be_asked_for_with_changes_and_says_so(
    server: RehearsalServer, tmp_path: Path
) -> None:
    with recording(tmp_path / "lesson.jsonl"):
        first = ask(server)
        first.result(TIMEOUT)
        again = ask(server)
        again.result(TIMEOUT)
    replayed = stream_cell(replay=tmp_path / "lesson.jsonl", speed="fast", display=False)
    replayed.result(TIMEOUT)
    iterated = stream_cell(iter(["one"]), display=False)
    iterated.result(TIMEOUT)
    for cell, why in ((first, "recorded"), (again, "recorded"), (replayed, "recording"), (iterated, "only once")):
        box = cell.controls()
        assert disabled(box)
        assert why in told(box)[0]
    with pytest.raises(ValueError, match="played from a recording"):
        replayed.retry(temperature=0)


def test_controls_below_a_cell_that_is_not_shown_are_refused() -> None:
    with pytest.raises(ValueError, match="display=False"):
        stream_cell("One", model="rehearsal", display=False, controls=True)
