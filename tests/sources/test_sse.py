"""The decoder of server-sent events: every case whole, byte by byte and at random cuts gives the same events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell.sources.http import sse
from streamcell.sources.http.sse import ServerSentEvent, SseDecoder


def decode_all(pieces: Iterable[bytes]) -> list[ServerSentEvent]:
    decoder = SseDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.feed(b"", final=True)]


def decode(pieces: Iterable[bytes]) -> list[ServerSentEvent]:
    """What the standard calls events."""
    return [event for event in decode_all(pieces) if not event.stray]


def by_byte(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


# Name: body, and the events that it holds as (event, data).
CASES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "one event": (b"data: a\n\n", [("", "a")]),
    "two events": (b"data: a\n\ndata: b\n\n", [("", "a"), ("", "b")]),
    "a name": (b"event: ping\ndata: {}\n\n", [("ping", "{}")]),
    "a name is forgotten after its event": (b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a"), ("", "b")]),
    "the last name counts": (b"event: x\nevent: y\ndata: a\n\n", [("y", "a")]),
    "a name after its data": (b"data: a\nevent: x\n\n", [("x", "a")]),
    "comments": (b": hello\n\n:\n\n:a:b\ndata: a\n\n", [("", "a")]),
    "a comment within an event": (b"data: a\n: keep-alive\ndata: b\n\n", [("", "a\nb")]),
    "a name without data": (b"event: keepalive\n\ndata: a\n\n", [("", "a")]),
    "an id alone": (b"id: 7\n\ndata: a\n\n", [("", "a")]),
    "retry": (b"retry: 1000\n\nretry: soon\ndata: a\n\n", [("", "a")]),
    "an unknown field": (b"color: red\ndata: a\n\n", [("", "a")]),
    "a field in capitals is unknown": (b"DATA: no\ndata: a\n\n", [("", "a")]),
    "a field with a space before it is unknown": (b" data: no\ndata: a\n\n", [("", "a")]),
    "a field without a colon": (b"data\n\n", [("", "")]),
    "two of them": (b"data\ndata\n\n", [("", "\n")]),
    "an unknown field without a colon": (b"datum\ndata: a\n\n", [("", "a")]),
    "no space after the colon": (b"data:a\n\n", [("", "a")]),
    "one space is taken, not two": (b"data:  a \n\n", [("", " a ")]),
    "a tab is no space": (b"data:\ta\n\n", [("", "\ta")]),
    "colons in the value": (b'data: {"a": "b:c"}\n\n', [("", '{"a": "b:c"}')]),
    "several lines of data": (b"data: a\ndata:\ndata: b\n\n", [("", "a\n\nb")]),
    "CRLF": (b"event: x\r\ndata: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [("x", "a\nb"), ("", "c")]),
    "CR": (b"data: a\r\rdata: b\r\r", [("", "a"), ("", "b")]),
    "all line ends mixed": (b"data: a\ndata: b\r\ndata: c\r\r\ndata: d\n\r", [("", "a\nb\nc"), ("", "d")]),
    "LF then CR are two": (b"data: a\n\rdata: b\r\n\r\n", [("", "a"), ("", "b")]),
    "blank lines before and between": (b"\n\r\n\rdata: a\n\n\n\ndata: b\n\n", [("", "a"), ("", "b")]),
    "a byte-order mark": (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
    "a byte-order mark before nothing": (b"\xef\xbb\xbf\n\ndata: a\n\n", [("", "a")]),
    "a byte-order mark inside is text": (b"data: \xef\xbb\xbfa\n\n", [("", "\ufeffa")]),
    "a second byte-order mark spoils the field": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [("", "b")]),
    "no blank line at the end": (b"data: a\n\ndata: b\n", [("", "a"), ("", "b")]),
    "no line end at the end": (b"data: a\n\ndata: [DONE]", [("", "a"), ("", "[DONE]")]),
    "a name at the end is no event": (b"data: a\n\nevent: x", [("", "a")]),
    "UTF-8 of every length": ("data: aé日😀\n\n".encode(), [("", "aé日😀")]),
    "line ends that are none here": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [("", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "a null": (b"data: a\x00b\n\n", [("", "a\x00b")]),
    "nothing": (b"", []),
    "a page that is none": (b"<html>\n\n<body>: no</body>\n", []),
    "invalid UTF-8 in a comment": (b": \xff\xfe\ndata: a\n\n", [("", "a")]),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=list(CASES))
def test_a_case_whole_and_byte_by_byte(body: bytes, expected: list[tuple[str, str]]) -> None:
    events = [ServerSentEvent(*one) for one in expected]
    assert decode([body]) == events
    assert decode(by_byte(body)) == events


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=list(CASES))
def test_a_case_cut_in_two_anywhere(body: bytes, expected: list[tuple[str, str]]) -> None:
    events = [ServerSentEvent(*one) for one in expected]
    for cut in range(len(body) + 1):
        assert decode([body[:cut], b"", body[cut:]]) == events, f"cut at {cut}"


# Name: body, and all that is given out as (event, data, stray).
LENIENT: dict[str, tuple[bytes, list[tuple[str, str, bool]]]] = {
    "an error field": (b'data: a\n\nerror: {"code":400}\n\n', [("", "a", False), ("error", '{"code":400}', False)]),
    "a line of words": (b"data: a\n\nInternal Server Error\n", [("", "a", False), ("", "Internal Server Error", True)]),
    "JSON lines": (b'{"a":1}\n{"b":2}', [("", '{"a":1}', True), ("", '{"b":2}', True)]),
    "words that are no UTF-8": (b"\xff!\n", [("", "\N{REPLACEMENT CHARACTER}!", True)]),
    "fields and comments are none": (b": c\nid: 1\nretry: 2\nevent: x\n\n", []),
}


@pytest.mark.parametrize(("body", "expected"), LENIENT.values(), ids=list(LENIENT))
def test_what_servers_send_beside_the_standard_is_given_out_too(
    body: bytes, expected: list[tuple[str, str, bool]]
) -> None:
    events = [ServerSentEvent(*one) for one in expected]
    for cut in range(len(body) + 1):
        assert decode_all([body[:cut], body[cut:]]) == events, f"cut at {cut}"


def test_lines_of_json_do_not_add_up_to_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT", 1_000)
    decoder = SseDecoder()
    assert sum(len(decoder.feed(b'{"a": "0123456789"}\n')) for _ in range(500)) == 500


LINES = st.sampled_from(
    [b"data: ", b"data", b"data:x", b"event: e", b"id: 1", b": c", b"", b"\xef\xbb\xbf", "data: é😀".encode(), b"\x00"]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n", b""])
BODY = st.lists(st.tuples(LINES, ENDS), max_size=20).map(lambda lines: b"".join(a + b for a, b in lines))


def reference(body: bytes) -> list[ServerSentEvent]:
    """The standard's algorithm, on the whole text at once."""
    text = body.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    events: list[ServerSentEvent] = []
    data: list[str] = []
    name = ""
    for line in [*text.split("\n"), ""]:
        field, _, value = line.partition(":")
        if line == "":
            events.extend([ServerSentEvent(name, "\n".join(data))] if data else [])
            name, data = "", []
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.removeprefix(" ")
    return events


@settings(max_examples=300, deadline=None)
@given(BODY, st.data())
def test_random_bodies_at_random_cuts_give_what_the_standard_says(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert decode(pieces) == reference(body)


def test_five_megabytes_in_one_event() -> None:
    text = "é" * 2_500_000
    body = f"data: {text}\n\ndata: b\n\n".encode()
    pieces = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
    assert decode(pieces) == [ServerSentEvent("", text), ServerSentEvent("", "b")]


def test_events_come_as_soon_as_their_blank_line_has() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [ServerSentEvent("", "a")]
    assert decoder.feed(b"data: b\r\n\r") == [ServerSentEvent("", "b")]
    assert decoder.feed(b"\n") == []


# -- what cannot be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [b"data: \xff\n\n", b"event: \xc3\x28\n\n", b"data: \xed\xa0\x80\n\n", b"data: \xe6\x97\n"]
)
def test_invalid_utf8_raises(bad: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decode([bad])
    with pytest.raises(UnicodeDecodeError):
        decode(by_byte(bad))


def test_what_came_before_the_flaw_is_given_out_first() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n\ndata: \xff\n\ndata: b\n\n") == [ServerSentEvent("", "a")]
    for _ in range(2):
        with pytest.raises(UnicodeDecodeError):
            decoder.feed(b"data: c\n\n")


@pytest.mark.parametrize("piece", [b"data: 0123456789\n", b"data: 0123456789", b": 0123456789\n", b"x"])
def test_an_event_that_never_ends_is_bounded(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT", 1_000)
    decoder = SseDecoder()
    with pytest.raises(ValueError, match="an event of more than 1,000 bytes"):
        list(map(decoder.feed, [piece] * 2_000))


def test_many_small_events_are_not_one_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT", 1_000)
    decoder = SseDecoder()
    assert sum(len(decoder.feed(b"data: 0123456789\n\n: keep-alive\n\n")) for _ in range(500)) == 500


# -- a stream or a page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b": ping\n\n", 1),
        (b"id: 7\n\n", 1),
        (b"event: x\ndata: a\n\nretry: 1\n\n", 3),
        (b"<html>\n<body>\n", 0),
        (b'{"error": {"message": "no"}}\n', 0),
        (b"", 0),
    ],
)
def test_fields_tell_a_stream_from_a_page(body: bytes, fields: int) -> None:
    decoder = SseDecoder()
    decoder.feed(body, final=True)
    assert decoder.fields == fields
