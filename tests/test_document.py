"""The reducer: how each event changes a version, and how versions stand in a document."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell._errors import ConnectionFailed, ProviderFailed
from streamcell.answer.document import Document, Version, reduce
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    Origin,
    PartGrew,
    Started,
    Usage,
    UsageReported,
)
from streamcell.answer.parts import Text
from streamcell.answer.status import Status
from tests.answers import plain, version

ORIGIN = Origin(model="m", api="Responses API", note="n", rehearsal=True)


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (PartGrew("text", "lo"), {"parts": (Text(text="hello"),)}),
        (UsageReported(Usage(1, 2, 3)), {"usage": Usage(1, 2, 3)}),
        (Started(ORIGIN, "req-1"), {"origin": ORIGIN, "request_id": "req-1"}),
        (Finished("length"), {"finish_reason": "length", "notice": None}),
        (Finished(None, "said nothing"), {"finish_reason": None, "notice": "said nothing"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_event_changes_its_own_fields_and_no_other(event: Event, changed: dict[str, Any]) -> None:
    before = Version(parts=(Text(text="hel"),), status=Status.STREAMING, attempt=2)
    after = reduce(before, event)
    assert after == replace(before, **changed)
    assert (before.text, after.text) == ("hel", "hello" if "parts" in changed else "hel")


def test_a_failure_is_told_what_was_kept_and_whom_to_ask() -> None:
    cause = OSError("reset")
    error = ProviderFailed("boom", status_code=500)
    error.__cause__ = cause
    after = reduce(version("so far", request_id="req-7"), Failed(error))
    assert isinstance(after.error, ProviderFailed)
    assert (after.error.text, after.error.request_id, after.error.status_code) == ("so far", "req-7", 500)
    assert after.error.__cause__ is cause
    assert after.text == "so far"


def test_a_failures_own_request_id_is_kept() -> None:
    after = reduce(Version(request_id="head"), Failed(ConnectionFailed(request_id="own")))
    assert after.error is not None
    assert after.error.request_id == "own"


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(TypeError, match="not an event: str"):
        reduce(Version(), cast("Event", "text"))


@given(st.lists(st.tuples(st.sampled_from(["text", "reasoning", "refusal"]), st.text(min_size=1))))
def test_deltas_stand_in_the_order_in_which_they_came(deltas: list[tuple[str, str]]) -> None:
    current = Version()
    for kind, text in deltas:
        current = reduce(current, PartGrew(kind, text))
    runs = [(kind, "".join(text for _, text in group)) for kind, group in groupby(deltas, key=itemgetter(0))]
    assert plain(current.parts) == runs
    assert current.text == "".join(text for kind, text in deltas if kind == "text")
    assert [part.open for part in current.parts] == [False] * (len(runs) - 1) + [True] * bool(runs)


def test_the_shown_version_is_found_by_its_index() -> None:
    first, second, last = version("1"), version("2"), version("3")
    document = Document(current=last, former=(first, second), shown=2)
    assert document.versions == (first, second, last)
    assert document.version is last
    assert replace(document, shown=0).version is first
    assert replace(document, shown=1).version is second


def test_a_version_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Version().parts = ()  # type: ignore[misc]
