"""`api="auto"` learns from what was said of the route, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from .deciding import Answer, deciding, end_of, whole


def without_responses(status: int, kind: str, body: str, chat_answer: tuple[int, str, str] | None = None) -> Answer:
    def answer(path: str, _body: Any) -> tuple[int, str, str]:
        if path == "responses":
            return status, kind, body
        return chat_answer or (200, "text/event-stream", whole("chat"))

    return answer


MISSING = {
    "FastAPI": (404, "application/json", '{"detail": "Not Found"}'),
    "a page": (404, "text/html", "<html><head><title>404 Not Found</title></head></html>"),
    "nothing": (404, "text/plain", ""),
    "405": (405, "application/json", '{"detail": "Method Not Allowed"}'),
    "501": (501, "text/plain", "Unsupported"),
    "LM Studio, with 200": (200, "application/json", '{"error":"Unexpected endpoint or method. (POST /v1/responses)"}'),
    "a gateway, with 500": (500, "application/json", '{"error":{"message":"not implemented"}}'),
}


@pytest.mark.parametrize(("status", "kind", "body"), MISSING.values(), ids=list(MISSING))
def test_auto_remembers_a_missing_route_and_says_so(status: int, kind: str, body: str) -> None:
    with deciding(without_responses(status, kind, body)) as (address, asked):
        for _ in range(2):
            cell = end_of(address, "auto")
            assert cell.text == "Half and half"
            assert "the server has no Responses API" in cell.origin["note"]
            assert cell.origin["api"] == "Chat Completions"
        assert [path for path, _ in asked] == ["responses", "chat/completions", "chat/completions"]


KEPT = {
    "a model": (404, "application/json", '{"error": {"message": "No endpoints found for a/b"}}'),
    "a model by 405": (405, "application/json", '{"error": "this model does not support it"}'),
    "a key": (401, "application/json", '{"error": {"message": "no key"}}'),
    "a parameter": (400, "application/json", '{"error": {"message": "store is not supported"}}'),
    "a parameter by 404": (404, "application/json", '{"error": {"message": "unknown parameter store"}}'),
    "a page of a proxy": (403, "text/html", "<html><title>Blocked</title></html>"),
    "a response": (404, "application/json", '{"error": {"message": "Previous response with id x not found"}}'),
}


@pytest.mark.parametrize(("status", "kind", "body"), KEPT.values(), ids=list(KEPT))
def test_auto_learns_nothing_of_the_route_from_another_refusal(status: int, kind: str, body: str) -> None:
    with deciding(without_responses(status, kind, body)) as (address, asked):
        assert [end_of(address, "auto").status for _ in range(2)] == ["failed", "failed"]
        assert [path for path, _ in asked] == ["responses", "responses"]


def test_auto_tries_chat_for_a_missing_resource_and_does_not_remember_it() -> None:
    body = '{"error": {"code": "404", "message": "Resource not found"}}'
    with deciding(without_responses(404, "application/json", body)) as (address, asked):
        assert [end_of(address, "auto").text for _ in range(2)] == ["Half and half"] * 2
        assert [path for path, _ in asked] == ["responses", "chat/completions"] * 2


def test_where_both_fail_the_words_of_both_are_told() -> None:
    refusal = (401, "application/json", '{"error": {"message": "chat wants a key"}}')
    with deciding(without_responses(404, "text/plain", "nothing here", refusal)) as (address, _):
        error = str(end_of(address, "auto").error)
    assert "chat wants a key" in error
    assert "nothing here" in error


def test_where_neither_is_there_nothing_is_remembered() -> None:
    missing = (404, "application/json", '{"detail": "Not Found"}')
    with deciding(without_responses(*missing, missing)) as (address, asked):
        cells = [end_of(address, "auto") for _ in range(2)]
        assert {cell.error["kind"] for cell in cells} == {"no_route"}
        assert [path for path, _ in asked] == ["responses", "chat/completions"] * 2


def test_what_is_remembered_is_corrected_where_the_server_turns_out_otherwise() -> None:
    missing = (404, "application/json", '{"detail": "Not Found"}')
    there = ["chat/completions"]

    def answer(path: str, _body: Any) -> tuple[int, str, str]:
        good = (200, "text/event-stream", whole("chat" if path.startswith("chat") else "responses"))
        return good if path in there else missing

    with deciding(answer) as (address, asked):
        assert end_of(address, "auto").origin["api"] == "Chat Completions"
        there[:] = ["responses"]
        cell = end_of(address, "auto")
        assert (cell.text, cell.origin["api"]) == ("Half and half", "Responses API")
        assert end_of(address, "auto").origin["api"] == "Responses API"
        assert [path for path, _ in asked][-3:] == ["chat/completions", "responses", "responses"]
