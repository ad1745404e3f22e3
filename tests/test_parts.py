"""Parts: how a list of them grows, that a kind is one module, and that nothing of them travels twice."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbconvert
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import Interrupted, StreamCell, Text, stream_cell
from streamcell.answer.context import ALONE, Context
from streamcell.answer.document import Document
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    Origin,
    PartChanged,
    PartEnded,
    PartEvent,
    PartGrew,
    PartRestored,
    Started,
)
from streamcell.answer.inputs import Act, Resume, Retry
from streamcell.answer.parts import KINDS, Citation, Part, Reasoning, Unknown, text_of
from streamcell.answer.parts.growth import MOST, after, ended, of_another
from streamcell.answer.resume import ResumeMode
from streamcell.answer.session import Session
from streamcell.notebook.output import ANSWER, bundle_of
from streamcell.wire.messages import document_of
from tests.answers import plain
from tests.kinds.gauge import Gauge

TIMEOUT = 60


def grown(*events: PartEvent) -> tuple[Part, ...]:
    parts: tuple[Part, ...] = ()
    for event in events:
        parts = after(parts, event)
    return parts


# -- how a list of parts grows -----------------------------------------------------------------------------------------


def test_parts_stand_in_the_order_in_which_they_began() -> None:
    parts = grown(PartGrew("reasoning", "a"), PartGrew("text", "b"), PartGrew("reasoning", "c"), PartGrew("text", "d"))
    assert plain(parts) == [("reasoning", "a"), ("text", "b"), ("reasoning", "c"), ("text", "d")]
    assert [part.open for part in parts] == [False, False, False, True]


def test_a_part_with_an_id_grows_wherever_it_stands_until_it_ends() -> None:
    parts = grown(PartGrew("text", "a", "1"), PartGrew("text", "b", "2"), PartGrew("text", "A", "1"))
    assert plain(parts) == [("text", "aA"), ("text", "b")]
    parts = after(after(parts, PartEnded("1")), PartGrew("text", "c", "1"))
    assert plain(parts) == [("text", "aA"), ("text", "b"), ("text", "c")]
    assert [part.open for part in parts] == [False, True, True]


def test_a_call_that_was_cut_continues_in_its_part_and_a_text_in_a_further_one() -> None:
    parts = grown(PartChanged("tool_call", {"name": "look"}, "c"), PartGrew("tool_call", "{", "c"))
    for part in (*ended(parts), *of_another(parts)):
        assert not part.open
    (continued,) = after(ended(parts), PartGrew("tool_call", "}", "c"))
    assert (continued.body, continued.open) == ("{}", True)
    assert len(after(of_another(parts), PartGrew("tool_call", "}", "c"))) == 2
    assert len(after(ended(grown(PartGrew("text", "Wor", "t"))), PartGrew("text", "ds", "t"))) == 2


def test_one_id_may_name_parts_of_two_kinds() -> None:
    parts = grown(PartGrew("reasoning", "a", "1"), PartGrew("text", "b", "1"), PartGrew("reasoning", "A", "1"))
    assert plain(parts) == [("reasoning", "aA"), ("text", "b")]


def test_fields_change_and_what_a_kind_does_not_have_is_passed_over() -> None:
    parts = grown(
        PartChanged("citation", {"url": "a", "colour": "red", "open": False, "kind": "text"}, "1"),
        PartChanged("citation", {"title": "A"}, "1"),
    )
    assert parts == (Citation(id="1", url="a", title="A"),)


def test_a_kind_that_is_not_known_is_kept_under_its_name() -> None:
    parts = grown(PartGrew("hologram", "light"), PartChanged("smell", {"strength": 3}))
    assert parts == (Unknown(name="hologram", text="light", open=False), Unknown(name="smell"))


def test_a_restored_text_is_laid_over_the_pieces_in_which_it_came() -> None:
    first = ended(grown(PartGrew("text", "on ", "1"), PartGrew("text", "other", "2")))
    parts = after(first, PartGrew("text", "two", "1"), ResumeMode.EXACT)
    assert plain(after(parts, PartRestored("text", "one two three", "1"))) == [
        ("text", "one"),
        ("text", "other"),
        ("text", " two three"),
    ]
    assert plain(after((), PartRestored("text", "all", "1"))) == [("text", "all")]
    assert after((), PartRestored("text", "", "1")) == ()


def test_what_another_response_restores_does_not_touch_what_was_there() -> None:
    before = of_another(grown(PartGrew("text", "one ", "item-0/0")))
    parts = after(before, PartGrew("text", "tvo", "item-0/0"), ResumeMode.CONTINUED)
    restored = after(parts, PartRestored("text", "two", "item-0/0"))
    assert plain(restored) == [("text", "one "), ("text", "two")]
    assert isinstance(restored[1], Text)
    assert restored[1].resumed is ResumeMode.CONTINUED


def test_only_the_first_text_after_a_resumption_says_so() -> None:
    parts = ended(grown(PartGrew("text", "a")))
    parts = after(parts, PartGrew("reasoning", "hm"), ResumeMode.PREFIX)
    assert isinstance(parts[-1], Reasoning)
    parts = after(parts, PartGrew("text", "b"), ResumeMode.PREFIX)
    assert parts[-1] == Text(text="b", resumed=ResumeMode.PREFIX)


@given(st.lists(st.tuples(st.sampled_from(["text", "reasoning"]), st.text(min_size=1, max_size=3)), max_size=60))
def test_beyond_the_bound_nothing_is_lost(deltas: list[tuple[str, str]]) -> None:
    full = (*(Citation(id=str(number), open=False) for number in range(MOST - 2)), Reasoning(text="r"), Text(text="t"))
    parts = full
    for kind, text in deltas:
        parts = after(parts, PartGrew(kind, text))
    assert len(parts) == MOST
    assert text_of(parts) == "t" + "".join(text for kind, text in deltas if kind == "text")
    assert after(parts, PartChanged("citation", {"url": "x"}, "new")) == parts


EVENT: st.SearchStrategy[PartEvent] = st.one_of(
    st.builds(PartGrew, st.sampled_from([*KINDS, "?"]), st.text(max_size=3), st.sampled_from(["", "1", "2"])),
    st.builds(
        PartChanged,
        st.sampled_from([*KINDS, "?"]),
        st.dictionaries(st.sampled_from(["url", "resumed", "id", "level"]), st.none() | st.text()),
        st.sampled_from(["", "1"]),
    ),
    st.builds(PartRestored, st.sampled_from([*KINDS]), st.text(max_size=3), st.sampled_from(["", "1"])),
    st.builds(PartEnded, st.sampled_from(["", "1", "2"])),
)


@given(st.lists(EVENT, max_size=30), st.sampled_from([None, *ResumeMode]))
def test_no_order_of_events_is_wrong(events: list[PartEvent], resumed: ResumeMode | None) -> None:
    parts: tuple[Part, ...] = ()
    for event in events:
        before, parts = parts, after(parts, event, resumed)
        assert len(parts) >= len(before)
        assert [type(part) for part in parts[: len(before)]] == [type(part) for part in before]
    assert not any(part.open for part in ended(parts))


# -- what each kind must be able to do ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_keeps_the_rules_of_all(kind: type[Part]) -> None:
    empty = kind()
    assert KINDS[kind.kind] is kind
    assert empty.fields() == {}
    assert empty.body == ""
    full = empty.with_body("Some *words*.")
    assert full.body == ("Some *words*." if kind.grows else "")
    assert replace(full, open=False).fields() == full.fields()
    json.dumps(full.fields(), allow_nan=False)
    assert isinstance(full.markdown(), str)
    assert isinstance(full.plain(), str)
    assert full.act("nonsense", None) is None
    assert not kind.is_text or kind.grows


# -- a kind of the test's own ------------------------------------------------------------------------------------------

LEVELS: list[PartEvent] = [
    PartGrew("text", "Measuring.", "t"),
    PartChanged("gauge", {"level": 10}, "g"),
    PartGrew("gauge", "ten ", "g"),
    PartGrew("gauge", "twenty ", "g"),
    PartChanged("gauge", {"level": 20}, "g"),
]


class Measuring:
    """A source of our own: it measures, is cut, and goes on where another request continues."""

    retry_disabled_reason = None
    home = None
    way = ResumeMode.CONTINUED
    origin = Origin(note="a gauge")

    def claim(self) -> None: ...

    def release(self) -> None: ...

    async def events(self, context: Context = ALONE) -> AsyncIterator[Event]:
        yield Started(self.origin)
        if context.resume is None:
            for event in LEVELS:
                yield event
            yield Failed(Interrupted("cut"))
        else:
            yield PartChanged("gauge", {"level": 30}, "g2")
            yield PartGrew("text", " Done.", "t2")
            yield Finished("stop")


RECORDED = Path(__file__).parent / "kinds" / "gauge.json"
"""What the page is sent; the page's own test of this kind reads it."""


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> tuple[StreamCell, list[dict[str, Any]]]:
    """An answer with a gauge, cut and continued, and all that the page was sent."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(StreamCell, "send", lambda _self, content, _buffers=None: sent.append(content))
    cell = StreamCell(Measuring(), Session(document=Document(), way=ResumeMode.CONTINUED), None, shown=False)
    cell._on_page_message(cell, {"type": "hello", "wire": 2}, [])
    cell._start()
    with pytest.raises(Interrupted):
        cell.result(TIMEOUT)
    cell._stream.take(Resume())
    assert cell.result(TIMEOUT) == "Measuring. Done."
    cell._stream.take(Act(1, "set", 99))
    cell._stream.take(Act(1, "explode", None))
    cell._stream.take(Act(7, "set", 1))
    return cell, sent


def test_a_kind_of_the_tests_own_streams_resumes_and_takes_an_action(
    measured: tuple[StreamCell, list[dict[str, Any]]],
) -> None:
    cell, _ = measured
    assert cell.parts == (
        Text(text="Measuring.", open=False),
        Gauge(log="ten twenty ", level=99, open=False),
        Gauge(id="g2", level=30, open=False),
        Text(id="t2", text=" Done.", resumed=ResumeMode.CONTINUED, open=False),
    )
    before = cell.parts
    cell._stream.take(Retry())
    assert cell.versions[0].parts == before


def test_it_is_saved_exported_and_read_again(measured: tuple[StreamCell, list[dict[str, Any]]]) -> None:
    cell, _ = measured
    data, metadata = bundle_of(cell._stream.view, "key", None)
    assert data["text/markdown"] == "Measuring.\n\n**Level 99**\n\nten twenty \n\n**Level 30**\n\n Done."
    assert data[ANSWER]["document"]["parts"][1:3] == [
        {"kind": "gauge", "body": "ten twenty ", "fields": {"level": 99}},
        {"kind": "gauge", "fields": {"level": 30}},
    ]
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("cell", outputs=[output])])
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert "<strong>Level 99</strong>" in page
    assert cell.get_state()["_answer"]["parts"] == document_of(cell._stream.view)["parts"]


def test_the_page_is_sent_what_its_own_test_reads(measured: tuple[StreamCell, list[dict[str, Any]]]) -> None:
    cell, sent = measured
    ops = [op for message in sent if message["type"] == "patch" for op in message["ops"] if op[0] != "set"]
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(document_of(cell._stream.view)["parts"])) == recorded["parts"]
    # Where the driver flushes is a matter of time: what grows may come in one piece or in more.
    assert _joined(ops) == _joined(recorded["ops"])


def _joined(ops: list[list[Any]]) -> dict[int, tuple[str, str]]:
    """Return the kind and the body of each part that operations make, and how often it began."""
    found: dict[int, tuple[str, str]] = {}
    for verb, index, *rest in ops:
        if verb == "part":
            assert index not in found
            found[index] = (rest[0]["kind"], rest[0].get("body", ""))
        elif verb == "grow":
            found[index] = (found[index][0], found[index][1] + rest[0])
    return found


# -- what travels ------------------------------------------------------------------------------------------------------


def _chunks(count: int) -> Iterator[dict[str, Any]]:
    """An answer of `count` parts, in pieces of words: reasoning and text by turns."""
    for number in range(count):
        field = "content" if number % 2 else "reasoning_content"
        for word in (f"Part {number} ", "begins, ", "grows, ", "ends."):
            yield {"choices": [{"index": 0, "delta": {field: word}, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def _long(size: int) -> Iterator[str]:
    for _ in range(size // 1000):
        yield "0123456789" * 100


@pytest.mark.parametrize(
    ("make", "parts"), [(lambda: _chunks(100), 100), (lambda: _long(200_000), 1)], ids=["100 parts", "200 kB in one"]
)
def test_each_character_travels_once(make: Any, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    gate = threading.Event()

    def send(_self: StreamCell, content: dict[str, Any], _buffers: object = None) -> None:
        sent.append(content)
        if content["type"] == "snapshot":  # the page was heard, so nothing is sent unasked from here on
            gate.set()

    monkeypatch.setattr(StreamCell, "send", send)

    def slowly() -> Iterator[Any]:
        gate.wait(TIMEOUT)
        yield from make()

    cell = stream_cell(slowly, display=False)
    cell._on_page_message(cell, {"type": "hello", "wire": 2}, [])
    cell.result(TIMEOUT)
    assert len(cell.parts) == parts
    (snapshot,) = [message for message in sent if message["type"] == "snapshot"]
    assert snapshot["document"]["parts"] == []  # it answers the page's hello
    patches = [message for message in sent if message["type"] == "patch"]
    bodies = _joined([op for message in patches for op in message["ops"] if op[0] != "set"])
    assert [bodies[index] for index in range(parts)] == plain(cell.parts)
    content = sum(len(body) for _, body in bodies.values())
    # An operation costs some 60 bytes besides what it brings, and a patch with what else changes some 400.
    assert len(json.dumps(patches)) < content + 120 * parts + 400 * len(patches)
