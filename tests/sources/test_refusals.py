"""What servers refuse: sorted by one table, told in their words, asked again or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import openai
import pytest

from streamcell import RetryPolicy, StreamCellError, stream_cell
from streamcell.sources.openai.refusals import REFUSALS, meaning_of
from streamcell.sources.openai.words import Told, plain, told_of

from . import tables
from .deciding import Answer, deciding, end_of, whole
from .field import ask, playing

# -- the table ---------------------------------------------------------------------------------------------------------

# Name: status (None: inside a stream), body, the error, whether it is asked again.
REFUSED: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("refusals.json").read_text("utf-8"))
"""Name: the status (None: inside a stream), the body, the error that it is, whether it is asked again."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_what_its_provider_means(name: str) -> None:
    status, body = REFUSED[name]["status"], REFUSED[name]["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    reply: dict[str, Any] = {"steps": [{"send": f"data: {text}\n\n"}]}
    if status is not None:
        kind = "text/html" if isinstance(body, str) else "application/json"
        reply = {"status": f"{status} X", "content_type": kind, "chunked": False, "steps": [{"send": text}]}
    with playing({"chat/completions": [reply]}) as server:
        found = ask(server, "chat", retry=RetryPolicy(attempts=2, wait_initial=0.0, max_retry_after=1.0))
    assert (found["status"], found["error"]) == ("failed", REFUSED[name]["error"])
    assert found["attempts"] == (2 if REFUSED[name]["again"] else 1)
    words = plain(body) if isinstance(body, str) else told_of(body).words
    assert words in found["message"]
    assert "Error code" not in found["message"]
    chunks = [one["data"] for one in map(json.loads, found["log"].splitlines()) if one["kind"] == "chunk"]
    assert chunks == [text] * found["attempts"]


def test_a_server_that_loads_its_model_is_waited_for_visibly() -> None:
    loading = {
        "status": "503 Service Unavailable",
        "content_type": "application/json",
        "chunked": False,
        "steps": [{"send": '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}'}],
    }
    good = {"steps": [{"send": whole("chat")}]}
    with playing({"chat/completions": [*[loading] * 7, good]}) as server:
        found = ask(server, "chat", retry=RetryPolicy(attempts=2, wait_initial=0.0))
    assert (found["status"], found["text"], found["attempts"]) == ("done", "Half and half", 8)
    waits = [one for one in map(json.loads, found["log"].splitlines()) if one.get("status") == "waiting"]
    assert len(waits) == 7
    assert all("Loading model" in one["message"] for one in waits)


LOADING = [
    (503, {"error": {"message": "Loading model", "type": "unavailable_error"}}),
    (503, {"error": "Model m/x is currently loading", "estimated_time": 20.0}),
    (503, {"detail": "The model is still being loaded"}),
    (500, {"error": "the server is warming up"}),
    (None, {"error": {"message": "model is loading, please wait"}}),
]


@pytest.mark.parametrize(("status", "body"), LOADING)
def test_the_words_of_loading(status: int | None, body: Any) -> None:
    row = meaning_of(told_of(body), status)
    assert (row.kind, row.title) == ("loading", "The server is loading its model")
    assert row.error.retryable


def test_the_hosts_own_estimate_is_how_long_is_waited() -> None:
    assert told_of({"error": "Model x is currently loading", "estimated_time": 20.0}).wait == 20.0
    assert told_of({"error": {"details": [{"retryDelay": "27s"}]}}).wait == 27.0
    assert told_of({"error": {"message": "x", "retry_after": 1e400}}).wait is None


def test_everything_has_a_meaning_and_each_row_can_be_met() -> None:
    assert meaning_of(Told(), None) is REFUSALS[-1]
    for row in REFUSALS:
        status = next((int(one.replace("xx", "18")) for one in row.status.split() if one != "-"), None)
        for code in row.codes:
            assert row.fits(Told(codes=frozenset({code})), status), code
            assert code == code.lower()
        for words in row.words:
            assert row.fits(Told(words.removeprefix("=").replace("…", "x")), status), words


@pytest.mark.parametrize("name", ["refusals", "finish-reasons"])
def test_the_documentation_has_the_table(name: str) -> None:
    assert tables.kept(name) == tables.TABLES[name]().splitlines(), "`make tables` writes the tables anew"


# -- a parameter that is ours ------------------------------------------------------------------------------------------


def refusing(words: str, *, status: int = 400, inside: str = "stream_options") -> Answer:
    """Refuse a request that has this parameter, in these words."""

    def answer(path: str, body: Any) -> tuple[int, str, str]:
        options: Mapping[str, Any] = body.get("stream_options") or {}
        if inside in body or inside in options:
            return status, "application/json", json.dumps({"error": {"message": words}})
        return 200, "text/event-stream", whole("chat" if path.startswith("chat") else "responses")

    return answer


@pytest.mark.parametrize("status", [400, 422, 500, 200])
@pytest.mark.parametrize("words", ["Unknown parameter: 'stream_options'", "body.stream_options.include_usage: extra"])
def test_our_own_parameter_is_left_out_once_visibly_and_remembered(status: int, words: str) -> None:
    with deciding(refusing(words, status=status)) as (address, asked):
        first, second = end_of(address), end_of(address)
        assert (first.text, second.text) == ("Half and half", "Half and half")
        assert ["stream_options" in body for _, body in asked] == [True, False, False]
    assert "refuses stream_options" in first.origin["note"]
    assert "refuses stream_options" in second.origin["note"]
    assert words in first.log.to_jsonl()


def test_a_parameter_of_the_users_is_never_left_out() -> None:
    with deciding(refusing("stream_options is not supported")) as (address, asked):
        cell = end_of(address, stream_options={"include_usage": True})
        assert (cell.status, len(asked)) == ("failed", 1)
    with deciding(refusing("include_usage is not supported", inside="include_usage")) as (address, asked):
        cell = end_of(address, stream_options={"chunk_size": 3})
        assert cell.text == "Half and half"
        assert [body["stream_options"] for _, body in asked] == [
            {"include_usage": True, "chunk_size": 3},
            {"chunk_size": 3},
        ]
    with deciding(refusing("temperature is not supported", inside="temperature")) as (address, asked):
        assert end_of(address, temperature=1.0).status == "failed"
        assert len(asked) == 1


def test_what_is_refused_without_our_parameter_too_is_told_and_not_remembered() -> None:
    def never(_path: str, _body: Any) -> tuple[int, str, str]:
        return 422, "application/json", '{"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]}'

    with deciding(never) as (address, asked):
        for _ in range(2):
            cell = end_of(address)
            assert "body.stream_options: Extra inputs" in str(cell.error)
        assert ["stream_options" in body for _, body in asked] == [True, False, True, False]


def test_each_request_that_is_made_again_is_in_the_log() -> None:
    with deciding(refusing("stream_options?")) as (address, _):
        kinds = [entry.kind for entry in end_of(address).log]
    assert kinds.count("request") == 2
    assert kinds.count("response") == 2


# -- numbers in headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
@pytest.mark.parametrize(
    "value", ["inf", "-inf", "nan", "1e400", "-5", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "", "1_0", "٣"]
)
def test_whatever_a_header_asks_for_it_ends(name: str, value: str) -> None:
    headers = {name: value.encode().decode("latin-1"), "date": "Thu, 01 Jan 2026 00:00:00 -2300"}
    reply = {
        "status": "429 Too Many Requests",
        "content_type": "application/json",
        "headers": headers,
        "chunked": False,
        "steps": [{"send": '{"error": {"message": "slow down"}}'}],
    }
    with playing({"chat/completions": [reply]}) as server:
        found = ask(server, "chat", retry=RetryPolicy(attempts=2, wait_initial=0.0, max_retry_after=0.0, timeout=1e300))
    assert (found["status"], found["error"]) == ("failed", "RateLimited")


def test_a_wait_of_days_is_shown_and_not_slept() -> None:
    reply = {
        "status": "429 Too Many Requests",
        "content_type": "application/json",
        "headers": {"retry-after": "208800"},
        "chunked": False,
        "steps": [{"send": '{"error": {"message": "slow down"}}'}],
    }
    with playing({"chat/completions": [reply]}) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        retry = RetryPolicy(max_retry_after=1e9, timeout=1e9)
        cell = stream_cell("x", model="m", client=client, api="chat", display=False, retry=retry)
        with pytest.raises(StreamCellError):
            cell.result(300)
        assert len(server.requests) == 1
    assert cell.error is not None
    said = "The provider asks to wait 58 h, and a cell waits at most 60 min by itself. Press Retry after that."
    assert cell.error["next"][0]["text"] == said
