"""The outbox: what the page is sent rebuilds the view exactly, whatever is lost, and costs no more than it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell._errors import ProviderFailed
from streamcell.answer.document import Document, Version, reduce
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    Origin,
    PartGrew,
    PartRestored,
    Started,
    Usage,
    UsageReported,
)
from streamcell.answer.parts import Citation, Part, Text
from streamcell.answer.status import Status
from streamcell.wire import outbox as coalesce
from streamcell.wire.messages import Patch, Snapshot, View, document_of, view_of
from tests.answers import version


class Page:
    """A page by the rules of the wire: it knows nothing but the messages, as JSON."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.seq = 0
        self.view: dict[str, Any] = {}
        self.asks = True  # a hello is due: the first one, or for a gap

    def take(self, message: Mapping[str, Any]) -> None:
        message = json.loads(json.dumps(message))
        if message["type"] == "snapshot":
            newer = self.epoch is None or (message["epoch"], message["seq"]) >= (self.epoch, self.seq)
            if self.asks or newer:
                self.epoch, self.seq, self.view = message["epoch"], message["seq"], message["document"]
                self.asks = False
        elif self.asks:
            return
        elif (message["epoch"], message["seq"]) != (self.epoch, self.seq + 1):
            self.asks = True
        else:
            self.seq += 1
            for name, *rest in message["ops"]:
                getattr(self, name)(*rest)

    def set(self, field: str, value: object) -> None:
        assert field != "parts"
        self.view[field] = value

    def part(self, index: int, part: dict[str, Any]) -> None:
        assert index == len(self.view["parts"])
        self.view["parts"].append(part)

    def grow(self, index: int, text: str) -> None:
        part = self.view["parts"][index]
        part["body"] = part.get("body", "") + text

    def fields(self, index: int, fields: dict[str, Any]) -> None:
        part = self.view["parts"][index]
        known = {**part.pop("fields", {}), **fields}
        part.update({"fields": left} if (left := {name: one for name, one in known.items() if one is not None}) else {})

    def end(self, index: int) -> None:
        assert self.view["parts"][index].pop("open") is True


class Kernel:
    """An outbox, its document, and all that it has sent."""

    def __init__(self) -> None:
        self.document = Document()
        self.outbox = coalesce.Outbox(sent=view_of(self.document))
        self.sent: list[Mapping[str, Any]] = []
        self.places: dict[
            tuple[int | None, int], dict[str, Any]
        ] = {}  # what a page shows that has come to (epoch, seq)
        self.unasked = 0  # characters in snapshots that no page asked for

    @property
    def view(self) -> View:
        return view_of(self.document)

    @property
    def shown(self) -> dict[str, Any]:
        """What a page shows of it: JSON values."""
        shown: dict[str, Any] = json.loads(json.dumps(document_of(self.view)))
        return shown

    @property
    def length(self) -> int:
        return sum(len(part.body) for part in self.document.current.parts)

    def grow(self, event: Event) -> None:
        self.document = replace(self.document, current=reduce(self.document.current, event))

    def restart(self) -> list[Mapping[str, Any]]:
        current = self.document.current
        former = (*self.document.former, current)
        self.document = replace(self.document, current=Version(), former=former, shown=len(former))
        self.outbox, opening = coalesce.restart(self.outbox, self.view, 0.0)
        return self._out(opening)

    def flush(self) -> list[Mapping[str, Any]]:
        """Do as the driver does when a patch is due."""
        if coalesce.wants_snapshot(self.outbox, self.view):
            self.unasked += self.length
            self.outbox, messages = coalesce.snapshot(self.outbox, self.view, 0.0)
            return self._out(*messages)
        self.outbox, patch = coalesce.flush(self.outbox, self.view, 0.0)
        return self._out(*([] if patch is None else [patch]))

    def become(self, document: Document) -> list[Mapping[str, Any]]:
        """Be another document altogether."""
        self.document = document
        return self.flush()

    def greet(self) -> list[Mapping[str, Any]]:
        self.outbox = coalesce.hear(self.outbox)
        self.outbox, messages = coalesce.snapshot(self.outbox, self.view, 0.0)
        return self._out(*messages)

    def _out(self, *messages: Patch | Snapshot) -> list[Mapping[str, Any]]:
        wire: list[Mapping[str, Any]] = [message.to_wire() for message in messages]
        self.sent.extend(wire)
        place = (self.outbox.epoch, self.outbox.seq)
        assert self.places.setdefault(place, self.shown) == self.shown
        return wire


TEXT = st.text(min_size=1, max_size=400)
ALIKE = st.text("ab", max_size=5)  # texts that often begin alike
EVENT: st.SearchStrategy[Event] = st.one_of(
    st.builds(PartGrew, st.just("text"), TEXT),
    st.builds(PartGrew, st.just("text"), TEXT),
    st.builds(PartGrew, st.just("reasoning"), TEXT),
    st.builds(PartGrew, st.just("refusal"), TEXT),
    st.builds(UsageReported, st.builds(Usage, st.integers(0, 9) | st.none(), st.integers(0, 9))),
    st.builds(Finished, st.sampled_from(["stop", None]), st.none() | st.text()),
    st.builds(Started, st.builds(Origin, st.text()), st.none()),
    st.builds(Failed, st.builds(ProviderFailed, st.text())),
)
GROWS = st.one_of(EVENT, EVENT, EVENT, st.just("flush"), st.just("flush"), st.sampled_from(["hello", "restart"]))
STEP = st.one_of(GROWS, GROWS, GROWS, GROWS, GROWS, st.builds(PartRestored, st.just("text"), TEXT))


def play(steps: list[Event | str], lost: list[bool]) -> tuple[Kernel, Page]:
    """Run a kernel and a page; `lost` says of each message whether it goes missing, in turn; the rest arrive."""
    kernel, page = Kernel(), Page()
    fates = iter(lost)

    def deliver(messages: list[Mapping[str, Any]]) -> None:
        for message in messages:
            if not next(fates, False):
                page.take(message)
                assert page.view == kernel.places.get((page.epoch, page.seq), page.view)

    for one in steps:
        if one == "flush":
            deliver(kernel.flush())
        elif one == "restart":
            deliver(kernel.restart())
        elif one == "hello":
            deliver(kernel.greet())
        elif not isinstance(one, str):
            kernel.grow(one)
        if page.asks and one == "flush":  # the page's own hello, or its next one
            deliver(kernel.greet())
    deliver(kernel.flush())
    return kernel, page


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_what_is_sent_rebuilds_the_view(steps: list[Event | str]) -> None:
    kernel, page = play(["flush", *steps], [])
    assert page.view == kernel.shown
    assert (page.epoch, page.seq) == (kernel.outbox.epoch, kernel.outbox.seq)


VERSION = st.builds(version, text=ALIKE, reasoning=ALIKE, refusal=ALIKE, status=st.sampled_from(Status))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.builds(Document, current=VERSION), max_size=12))
def test_whatever_documents_follow_each_other_the_page_shows_the_last(documents: list[Document]) -> None:
    kernel, page = Kernel(), Page()
    for message in kernel.greet():
        page.take(message)
    for document in documents:
        for message in kernel.become(document):
            page.take(message)
        assert not page.asks
        assert page.view == kernel.shown


def test_a_text_that_is_another_one_opens_an_epoch_and_one_that_grew_does_not() -> None:
    outbox = coalesce.Outbox(epoch=3, seq=7, sent=view_of(Document(current=version("one two"))))
    restored = view_of(Document(current=version("one and two")))
    after, snapshot = coalesce.flush(outbox, restored, 1.0)
    assert snapshot == Snapshot(4, 0, restored)
    assert coalesce.snapshot(outbox, restored, 1.0) == (after, (snapshot,))
    _, patch = coalesce.flush(outbox, view_of(Document(current=version("one two three"))), 1.0)
    assert patch == Patch(3, 8, (("grow", 0, " three"),))


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=40), st.lists(st.booleans(), max_size=60))
def test_a_page_that_misses_messages_ends_equal_once_it_is_answered(steps: list[Event | str], lost: list[bool]) -> None:
    kernel, page = play(steps, lost)
    assert page.view == (kernel.places[page.epoch, page.seq] if page.epoch is not None else {})
    kernel.grow(PartGrew("text", "."))
    for message in kernel.flush():
        page.take(message)
    if page.asks:
        for message in kernel.greet():
            page.take(message)
    assert page.view == kernel.shown


@settings(max_examples=200, deadline=None)
@given(st.lists(GROWS, max_size=40))
def test_patches_carry_the_new_text_and_nothing_else_of_it(steps: list[Event | str]) -> None:
    kernel, _ = play(steps, [])
    patches = [op for message in kernel.sent if message["type"] == "patch" for op in message["ops"]]
    bodies = [op[2] if op[0] == "grow" else op[2].get("body", "") for op in patches if op[0] in ("grow", "part")]
    assert sum(map(len, bodies)) <= sum(len(part.body) for one in kernel.document.versions for part in one.parts)
    # Text still unsent when a restart opened a new epoch is in no patch, so the equality holds without one only.
    if "restart" not in steps:
        assert sum(map(len, bodies)) == kernel.length


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENT, max_size=60))
def test_unasked_snapshots_hold_at_most_twice_the_answer(events: list[Event]) -> None:
    kernel = Kernel()
    for event in events:
        kernel.grow(event)
        kernel.flush()
    assert kernel.unasked <= 2 * kernel.length


def test_long_reasoning_before_a_short_text_is_not_sent_again_and_again() -> None:
    kernel = Kernel()
    kernel.grow(PartGrew("reasoning", "r" * 50_000))
    for _ in range(2_000):
        kernel.grow(PartGrew("text", "12345"))
        kernel.flush()
    assert kernel.unasked <= 2 * 60_000


def test_a_page_that_was_heard_gets_no_snapshot_unasked() -> None:
    kernel = Kernel()
    kernel.greet()
    kernel.sent.clear()
    for _ in range(200):
        kernel.grow(PartGrew("text", "x" * 100))
        kernel.flush()
    assert [message["type"] for message in kernel.sent] == ["patch"] * 200


def test_until_a_page_is_heard_a_snapshot_follows_each_doubling() -> None:
    kernel = Kernel()
    lengths: list[int] = []
    for _ in range(100):
        kernel.grow(PartGrew("text", "x" * 64))
        snapshots = [message for message in kernel.flush() if message["type"] == "snapshot"]
        lengths.extend(len(message["document"]["parts"][0]["body"]) for message in snapshots)
    assert lengths == [256, 512, 1024, 2048, 4096]


def test_nothing_new_sends_nothing() -> None:
    outbox = coalesce.Outbox(sent=view_of(Document()))
    assert coalesce.flush(outbox, view_of(Document()), 5.0) == (outbox, None)


def test_only_what_changed_is_set() -> None:
    document = Document(current=Version(parts=(Text(text="Hel"),), status=Status.STREAMING))
    outbox = coalesce.Outbox(epoch=3, seq=7, sent=view_of(document))
    done = replace(
        document, current=replace(document.current, parts=(Text(text="Hello", open=False),), status=Status.DONE)
    )
    after, patch = coalesce.flush(outbox, view_of(done), 9.0)
    assert patch == Patch(3, 8, (("grow", 0, "lo"), ("end", 0), ("set", "status", "done")))
    assert (after.seq, after.sent, after.sent_at) == (8, view_of(done), 9.0)


def test_an_asked_snapshot_keeps_pages_that_are_in_step_in_step() -> None:
    document = Document(current=version("a"))
    outbox = coalesce.Outbox(sent=view_of(Document()))
    after, messages = coalesce.snapshot(outbox, view_of(document), 1.0)
    part = {"kind": "text", "text": True, "body": "a"}
    assert messages == (Patch(1, 1, (("part", 0, part),)), Snapshot(1, 1, view_of(document)))
    again, messages = coalesce.snapshot(after, view_of(document), 2.0)
    assert messages == (Snapshot(1, 1, view_of(document)),)
    assert again.seq == 1


def test_a_restart_opens_the_next_epoch() -> None:
    outbox = coalesce.Outbox(epoch=4, seq=9, sent=view_of(Document(current=version("old"))))
    after, opening = coalesce.restart(outbox, view_of(Document()), 1.0)
    assert (opening.epoch, opening.seq, opening.document["parts"]) == (5, 0, ())
    _, patch = coalesce.flush(after, view_of(Document(current=version("new"))), 2.0)
    assert patch == Patch(5, 1, (("part", 0, {"kind": "text", "text": True, "body": "new"}),))


HUNDRED = tuple(Text(text=f"part {number}", id=str(number), open=False) for number in range(100))


@pytest.mark.parametrize(
    ("before", "after", "ops"),
    [
        (
            HUNDRED,
            (*HUNDRED, Text(text="x")),
            [("part", 100, {"kind": "text", "text": True, "open": True, "body": "x"})],
        ),
        ((*HUNDRED, Text(text="x")), (*HUNDRED, Text(text="xy")), [("grow", 100, "y")]),
        ((Text(text="x" * 200_000), *HUNDRED), (Text(text="x" * 200_000 + "y"), *HUNDRED), [("grow", 0, "y")]),
        (
            (Citation(url="a"),),
            (Citation(url="a", title="A", open=False),),
            [("fields", 0, {"title": "A"}), ("end", 0)],
        ),
        ((Citation(url="a", title="A"),), (Citation(url="a"),), [("fields", 0, {"title": None})]),
    ],
    ids=["a further part", "the last one grows", "a long one grows", "fields", "a field that is no more"],
)
def test_a_patch_holds_what_is_new_and_no_part_again(
    before: tuple[Part, ...], after: tuple[Part, ...], ops: list[Any]
) -> None:
    outbox = coalesce.Outbox(sent=view_of(Document(current=Version(parts=before))))
    _, patch = coalesce.flush(outbox, view_of(Document(current=Version(parts=after))), 1.0)
    assert patch == Patch(1, 1, tuple(ops))


@pytest.mark.parametrize(
    "after",
    [(), (Text(text="ab"),), (Text(text="a"), Text(text="b")), (Citation(url="ab"), Text(text="b"))],
    ids=["fewer parts", "one fewer", "a shorter body", "another kind"],
)
def test_what_is_no_growth_opens_an_epoch(after: tuple[Part, ...]) -> None:
    before = view_of(Document(current=Version(parts=(Text(text="ab"), Text(text="b", open=False)))))
    _, snapshot = coalesce.flush(coalesce.Outbox(sent=before), view_of(Document(current=Version(parts=after))), 1.0)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.epoch, snapshot.seq) == (2, 0)


@given(st.integers(0, 10_000))
def test_the_kernels_patches_a_second_are_bounded(streams: int) -> None:
    seconds = coalesce.interval(streams)
    assert seconds >= coalesce.MIN_INTERVAL
    assert streams / seconds <= coalesce.KERNEL_RATE + 1e-6


@pytest.mark.parametrize(("streams", "seconds"), [(0, 1 / 12), (1, 1 / 12), (5, 1 / 12), (6, 0.1), (60, 1.0)])
def test_a_few_cells_have_the_full_rate_and_many_share(streams: int, seconds: float) -> None:
    assert coalesce.interval(streams) == pytest.approx(seconds)
