"""An answer with tools that the provider runs, in the form of each API. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _tokens
from ._steps import Piece, Said, Thought, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_THOUGHT = "**Looking it up**\n\nThe question is about rivers. I search first, and then I count."
_COMMENTARY = "I look up the longest rivers, and compare them with a few lines of Python."
_QUERY = "longest rivers of the world"
_CODE = """\
rivers = {"Nile": 6650, "Amazon": 6400}
for name, length in rivers.items():
    print(f"{name}: {length:,} km")
"""
_LOGS = "Nile: 6,650 km\nAmazon: 6,400 km\n"
_ANSWER = "The **Nile** is usually given as the longest river, at 6,650 km; the **Amazon** follows with 6,400 km."
_HARM = "<img src=x onerror=alert(1)><script>alert(1)</script>`````\u202e[x](javascript:alert(1))"
_PAGES = [
    {"type": "url", "url": "https://example.org/rivers"},
    {"type": "url", "url": "https://example.com/lengths?unit=km"},
]
_BAD_PAGES = [
    {"type": "url", "url": "javascript:alert(1)"},
    {"type": "url", "url": "data:text/html,<script>alert(1)</script>"},
    {"type": "url", "url": 7},
    None,
    "https://example.org/no-object",
]


def responses(results: Sequence[str], *, fails: bool, hostile: bool) -> Iterator[Token]:
    """The answer as events of the Responses API; the second round if the request says whether a tool can run."""
    if results:
        yield from _allowed(results[-1] == "approved")
        return
    yield from map(Thought, _tokens.pieces(_THOUGHT))
    yield from _commentary()
    query = _HARM if hostile else _QUERY
    yield from _item(
        {"type": "web_search_call", "status": "in_progress"},
        {
            "status": "failed" if fails else "completed",
            "action": {"type": "search", "query": query, "sources": _BAD_PAGES if hostile else _PAGES},
        },
        ("response.web_search_call.in_progress", {}),
        ("response.web_search_call.searching", {}),
        *([] if fails else [("response.web_search_call.completed", {})]),
    )
    passage = {"file_id": "file-1", "filename": "atlas.pdf", "score": 0.82, "text": "The Nile is 6,650 km long."}
    yield from _item(
        {"type": "file_search_call", "status": "in_progress", "queries": []},
        {
            "status": "completed",
            "queries": ["length of the Nile"],
            "results": [{"filename": _HARM, "score": "high", "text": 7}, 7] if hostile else [passage],
        },
        ("response.file_search_call.searching", {}),
    )
    code = _HARM if hostile else _CODE
    yield from _item(
        {"type": "code_interpreter_call", "status": "in_progress", "code": "", "container_id": "cntr_1"},
        {
            "status": "failed" if fails else "completed",
            "code": code,
            "container_id": "cntr_1",
            "outputs": [{"type": "logs", "logs": _HARM if hostile else _LOGS}],
        },
        *(("response.code_interpreter_call_code.delta", {"delta": piece}) for piece in _tokens.pieces(code)),
        ("response.code_interpreter_call_code.done", {"code": code}),
        ("response.code_interpreter_call.interpreting", {}),
    )
    arguments = _HARM if hostile else '{"place":"Cairo"}'
    error = {"type": "http_error", "code": 503, "message": "The server did not answer."}
    call = {"type": "mcp_call", "server_label": _HARM if hostile else "atlas", "name": "coordinates"}
    yield from _item(
        {**call, "arguments": "", "status": "in_progress"},
        {
            **call,
            "arguments": arguments,
            "status": "failed" if fails else "completed",
            "output": None if fails else _HARM if hostile else "30.04 N, 31.24 E",
            "error": error if fails else None,
        },
        ("response.mcp_call.in_progress", {}),
        *(("response.mcp_call_arguments.delta", {"delta": piece}) for piece in _tokens.pieces(arguments)),
        ("response.mcp_call_arguments.done", {"arguments": arguments}),
        ("response.mcp_call.failed" if fails else "response.mcp_call.completed", {}),
    )
    yield from map(Piece, _tokens.pieces(_ANSWER))
    asks = {"type": "mcp_approval_request", "server_label": _HARM if hostile else "atlas", "name": "delete_map"}
    yield from _item({**asks, "arguments": "{}"}, {"arguments": _HARM if hostile else '{"map":"Egypt"}'})


def _allowed(approved: bool) -> Iterator[Token]:
    if approved:
        call = {"type": "mcp_call", "server_label": "atlas", "name": "delete_map", "arguments": '{"map":"Egypt"}'}
        yield from _item({**call, "status": "in_progress"}, {"status": "completed", "output": "deleted", "error": None})
    yield from map(Piece, _tokens.pieces("The map is deleted." if approved else "Then the map stays."))


def chat(*, fails: bool, hostile: bool) -> Iterator[Token]:
    """The answer as deltas of Chat Completions, in which some servers send what they think and run."""
    yield from (Said({"reasoning_content": piece}) for piece in _tokens.pieces(_THOUGHT))
    asked = {"index": 0, "type": "search", "arguments": _HARM if hostile else f'{{"query": "{_QUERY}"}}'}
    yield Said({"executed_tools": [asked]})
    pages = _BAD_PAGES if hostile else [{**page, "title": "Rivers"} for page in _PAGES]
    came = {"output": "The search failed."} if fails else {"search_results": {"results": pages}}
    yield Said({"executed_tools": [{**asked, **came}]})
    yield from map(Piece, _tokens.pieces(_ANSWER))


def _commentary() -> Iterator[Token]:
    message = {"type": "message", "role": "assistant", "phase": "commentary"}
    part = {"type": "output_text", "annotations": [], "logprobs": []}
    yield from _item(
        {**message, "status": "in_progress", "content": []},
        {"status": "completed", "content": [{**part, "text": _COMMENTARY}]},
        ("response.content_part.added", {"content_index": 0, "part": {**part, "text": ""}}),
        *(
            ("response.output_text.delta", {"content_index": 0, "delta": piece, "logprobs": []})
            for piece in _tokens.pieces(_COMMENTARY)
        ),
        ("response.output_text.done", {"content_index": 0, "text": _COMMENTARY, "logprobs": []}),
        ("response.content_part.done", {"content_index": 0, "part": {**part, "text": _COMMENTARY}}),
    )


def _item(begun: dict[str, Any], done: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> Iterator[Token]:
    yield Said({"type": "response.output_item.added", "item": begun})
    for kind, fields in events:
        yield Said({"type": kind, **fields})
    yield Said({"type": "response.output_item.done", "item": {**begun, **done}})
