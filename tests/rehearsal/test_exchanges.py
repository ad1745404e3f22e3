from __future__ import annotations

import threading

import pytest

from streamcell.rehearsal import Exchange
from streamcell.rehearsal._exchanges import KEPT, ExchangeLog, without_secrets


def an_exchange(request_id: str = "req_1") -> Exchange:
    return Exchange("/v1/responses", "rehearsal", stream=True, headers={}, request_id=request_id, body={})


def test_a_record_grows_and_ends_once() -> None:
    log = ExchangeLog()
    record = log.begin(an_exchange())
    record.sent("Hel")
    before = log.read()[0]
    record.sent("lo")
    record.update(ended="finished", status=200)
    record.update(ended="closed_by_client")
    record.sent("!")
    after = log.read()[0]
    assert (before.text_sent, before.ended) == ("Hel", "running")
    assert (after.text_sent, after.ended, after.status) == ("Hello", "finished", 200)


def test_the_log_forgets_the_oldest() -> None:
    log = ExchangeLog()
    for number in range(KEPT + 3):
        log.begin(an_exchange(f"req_{number}"))
    assert len(log.read()) == KEPT
    assert log.read()[0].request_id == "req_3"


def test_waiting_ends_with_the_change_that_satisfies() -> None:
    log = ExchangeLog()
    record = log.begin(an_exchange())
    other = threading.Thread(target=lambda: [record.sent(char) for char in "Hello"])
    other.start()
    assert log.wait_for(lambda exchange: exchange.text_sent == "Hello", 10).request_id == "req_1"
    other.join()


def test_waiting_in_vain_says_what_there_was() -> None:
    log = ExchangeLog()
    log.begin(an_exchange())
    with pytest.raises(TimeoutError, match="/v1/responses running"):
        log.wait_for(lambda exchange: exchange.ended == "finished", 0)


def test_closing_ends_what_runs_and_nothing_else() -> None:
    log = ExchangeLog()
    log.begin(an_exchange()).update(ended="finished")
    log.begin(an_exchange())
    log.close()
    assert [exchange.ended for exchange in log.read()] == ["finished", "closed_by_server"]


def test_no_secret_is_kept() -> None:
    headers = {
        "Authorization": "Bearer sk-1",
        "Proxy-Authorization": "Basic x",
        "Cookie": "a=b",
        "X-Api-Key": "sk-2",
        "api-key": "sk-3",
        "X-My-Token": "t",
        "User-Agent": "OpenAI/Python",
        "Idempotency-Key": "stainless-1",
    }
    assert without_secrets(headers) == {"user-agent": "OpenAI/Python", "idempotency-key": "stainless-1"}
