"""Asking again with something changed: a version says with what, and the server is asked for just that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from streamcell import Interrupted, ModelNotFound, StreamCell, configure, stream_cell
from streamcell.wire.messages import view_of

if TYPE_CHECKING:
    from pathlib import Path

    from streamcell.rehearsal import RehearsalServer

TIMEOUT = 300.0


def ask(server: RehearsalServer, **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    options = {"model": "echo", "temperature": 1, **options}
    return stream_cell("One", client=client, display=False, **options)


def bodies(server: RehearsalServer) -> list[Any]:
    return [exchange.body for exchange in server.exchanges]


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_version_can_be_asked_for_with_something_changed(server: RehearsalServer, api: str) -> None:
    cell = ask(server, api=api)
    cell.result(TIMEOUT)
    cell.retry(temperature=0, max_tokens=50)
    cell.result(TIMEOUT)
    cell.retry()
    cell.result(TIMEOUT)
    asked = bodies(server)[-3:]
    limit = {"responses": "max_output_tokens", "chat": "max_tokens"}[api]
    assert [one["temperature"] for one in asked] == [1, 0, 1]
    assert [one.get(limit) for one in asked] == [None, 50, None]
    assert [dict(one.changed) for one in cell.versions] == [{}, {"temperature": 0, "max_tokens": 50}, {}]
    assert cell.changed == []
    cell.select(1)
    assert cell.changed == ["temperature 0", "max_tokens 50"]


def test_model_and_instructions_can_be_changed(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    cell.retry(model="tour", instructions="Be brief.")
    cell.result(TIMEOUT)
    assert (bodies(server)[-1]["model"], bodies(server)[-1]["instructions"]) == ("tour", "Be brief.")
    assert cell.versions[-1].origin.model == "tour"
    assert cell.text != "One"


def test_all_attempts_of_a_version_are_asked_with_the_change(server: RehearsalServer) -> None:
    cell = ask(server, model="echo")
    cell.result(TIMEOUT)
    cell.retry(model="rate_limit?retry_after=0,cut?after=3,echo", temperature=0.5)
    with pytest.raises(Interrupted):
        cell.result(TIMEOUT)
    cell.resume()
    cell.result(TIMEOUT)
    assert [one["temperature"] for one in bodies(server)[-3:]] == [0.5, 0.5, 0.5]


def test_the_next_cell_and_its_conversation_are_the_first_requests(server: RehearsalServer) -> None:
    first = ask(server)
    first.result(TIMEOUT)
    second = stream_cell("Two", previous=first, display=False)
    second.result(TIMEOUT)
    first.select(0)
    second.retry(temperature=0)
    second.result(TIMEOUT)
    asked, changed = bodies(server)[-2:]
    assert changed["input"] == asked["input"]


def test_what_may_be_secret_is_not_in_a_version(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    secret = "sk-" + "proj-1234567890abcdefghijklmnop"
    cell.retry(extra_headers={"X-Gate": "swordfish"}, user=secret)
    cell.result(TIMEOUT)
    said = f"{cell.versions} {view_of(cell._stream.document)}"
    assert "swordfish" not in said
    assert secret[:12] not in said
    assert list(cell.versions[-1].changed) == ["extra_headers", "user"]
    assert server.exchanges[-1].headers["x-gate"] == "swordfish"


def test_a_change_that_cannot_be_made_is_refused_and_asks_nothing(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    before = len(server.exchanges)
    with pytest.raises((TypeError, ValueError), match="temprature"):
        cell.retry(temprature=0)  # type: ignore[call-arg]
    with pytest.raises((TypeError, ValueError), match="stream"):
        cell.retry(stream=False)  # type: ignore[call-arg]
    own = stream_cell(lambda: iter(["one"]), display=False)
    own.result(TIMEOUT)
    with pytest.raises(ValueError, match="temperature= cannot be changed"):
        own.retry(temperature=0)
    assert (len(server.exchanges), len(cell.versions), len(own.versions)) == (before, 1, 1)


def test_a_change_takes_the_place_of_the_same_parameter_under_another_name(server: RehearsalServer) -> None:
    cell = ask(server, max_tokens=50)
    cell.result(TIMEOUT)
    cell.retry(max_output_tokens=60, temperature=None)
    cell.result(TIMEOUT)
    assert bodies(server)[-1]["max_output_tokens"] == 60
    assert "temperature" not in bodies(server)[-1]
    assert dict(cell.versions[-1].changed) == {"max_output_tokens": 60, "temperature": None}


def test_what_has_an_inside_is_not_shown_in_a_version(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    cell.retry(metadata={"gate": "swordfish"})
    cell.result(TIMEOUT)
    assert dict(cell.versions[-1].changed) == {"metadata": "…"}


@pytest.mark.parametrize("name", ["client", "api", "previous", "tools", "retry", "record"])
def test_what_a_retry_cannot_change_is_refused_in_its_own_words(server: RehearsalServer, name: str) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    with pytest.raises(TypeError, match="retry"):
        cell.retry(**{name: "x"})


def test_a_recorded_answer_has_one_request(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, record=tmp_path / "a.jsonl")
    cell.result(TIMEOUT)
    with pytest.raises(ValueError, match="recorded"):
        cell.retry(temperature=0)
    cell.retry()
    assert cell.result(TIMEOUT) == "One"


def test_a_users_client_is_not_asked_for_a_rehearsal(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    before = len(server.exchanges)
    with pytest.raises(ValueError, match="brings its own server"):
        cell.retry(model="rehearsal/tour")
    assert len(server.exchanges) == before


def test_a_changed_version_that_fails_is_the_other_models(server: RehearsalServer) -> None:
    cell = ask(server)
    cell.result(TIMEOUT)
    cell.retry(model="no_such_model")
    with pytest.raises(ModelNotFound):
        cell.result(TIMEOUT)
    assert cell.versions[-1].origin.model == "no_such_model"


def test_nothing_is_changed_in_mid_stream(server: RehearsalServer) -> None:
    cell = ask(server, model="stall")
    with pytest.raises(RuntimeError, match="still streaming"):
        cell.retry(temperature=0)
    cell.stop()
    assert cell.status == "stopped"


def test_a_rehearsed_answer_can_be_asked_for_from_another_scenario(embedded: RehearsalServer) -> None:
    cell = stream_cell("One", model="rehearsal/echo", display=False)
    assert cell.result(TIMEOUT) == "One"
    cell.retry(model="rehearsal/tour")
    assert cell.result(TIMEOUT) != "One"
    assert embedded.exchanges[-1].path.startswith("/tour") or "tour" in str(embedded.exchanges[-1].body)


def test_a_model_of_configure_goes_to_the_client_of_the_call(server: RehearsalServer) -> None:
    configure(model="rehearsal/echo")
    try:
        before = len(server.exchanges)
        assert ask(server, model=None).result(TIMEOUT) == "One"
        assert [one.body["model"] for one in server.exchanges[before:]] == ["rehearsal/echo"]
    finally:
        configure(model=None)
