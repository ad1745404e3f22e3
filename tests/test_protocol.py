"""The wire: what a page may say, and that what the kernel says is plain JSON of the agreed shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell._errors import RateLimited, Stopped
from streamcell.answer.document import Document, Idle, Timings, Version
from streamcell.answer.events import Origin, Usage
from streamcell.answer.inputs import Resume, Retry, Select, Stop, Wait
from streamcell.answer.resume import ResumeMode, ResumePoint
from streamcell.answer.status import Status
from streamcell.wire.messages import GROWING, WIRE, Hello, Here, Kept, Patch, Snapshot, parse_command, view_of

EXAMPLES = Path(__file__).parent / "wire"
"""Messages that both languages read: the page's tests take the same files."""


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


FULL = Document(
    current=Version(
        text="a",
        reasoning="b",
        refusal="c",
        status=Status.FAILED,
        attempt=2,
        finish_reason="length",
        usage=Usage(1, 2, 3, 4, 5),
        error=RateLimited("slow down", text="a", request_id="req-1", status_code=429),
        origin=Origin("m", "Responses API", "chosen", rehearsal=True),
        notice="Possibly incomplete.",
        timings=Timings(0.5, 1.5),
        seams=(ResumePoint(1, ResumeMode.EXACT),),
    ),
    former=(Version(text="old"),),
    shown=1,
    retry_at=2.5,
    retry_disabled_reason="read once",
    attempts=4,
    idle=Idle(12.5, 60.0),
    queue_position=3,
    wait=Wait("budget", 12.5, 4),
    resume=ResumeMode.CONTINUED,
)


# -- from the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "command"),
    [
        ({"type": "hello", "wire": 1}, Hello()),
        ({"type": "hello", "wire": 1, "epoch": 2, "seq": 7}, Hello(2, 7)),
        ({"type": "hello"}, Hello()),
        ({"type": "hello", "wire": 1, "shows": True}, Hello(shows=True)),
        ({"type": "stop"}, Stop()),
        ({"type": "retry"}, Retry()),
        ({"type": "select", "version": 3}, Select(3)),
        ({"type": "resume"}, Resume()),
        ({"type": "stop", "unknown": "field"}, Stop()),
    ],
)
def test_a_pages_commands(content: object, command: object) -> None:
    assert parse_command(content) == command


@pytest.mark.parametrize(
    "content",
    [
        None,
        "stop",
        b"stop",
        ["stop"],
        7,
        {},
        {"type": None},
        {"type": "STOP"},
        {"type": ["stop"]},
        {"type": {"stop": 1}},
        {"type": "select"},
        {"type": "select", "version": "1"},
        {"type": "select", "version": 1.0},
        {"type": "select", "version": True},
        {"type": "select", "version": None},
        {"type": "take_up"},
    ],
    ids=repr,
)
def test_anything_else_is_no_command(content: object) -> None:
    assert parse_command(content) is None


def test_a_place_that_is_no_number_is_no_place() -> None:
    assert parse_command({"type": "hello", "epoch": "1", "seq": True}) == Hello()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["hello", "stop", "retry", "resume", "select", "snapshot", "patch", "here"])


@given(st.one_of(JSON, st.fixed_dictionaries({"type": WORDS | JSON}, optional={"version": JSON, "epoch": JSON})))
def test_junk_never_raises(content: object) -> None:
    assert isinstance(parse_command(content), (Hello, Stop, Retry, Resume, Select, type(None)))


# -- to the page -------------------------------------------------------------------------------------------------------

KEYS = {
    "text": str,
    "reasoning": str,
    "refusal": str,
    "status": str,
    "attempt": int,
    "finish_reason": (str, type(None)),
    "usage": (dict, type(None)),
    "error": (dict, type(None)),
    "origin": dict,
    "notice": (str, type(None)),
    "retry_at": (float, type(None)),
    "timings": dict,
    "version": int,
    "versions": int,
    "retry_disabled_reason": (str, type(None)),
    "attempts": int,
    "idle": (dict, type(None)),
    "queue_position": (int, type(None)),
    "wait": (dict, type(None)),
    "resumable": (str, type(None)),
    "seams": list,
}


@pytest.mark.parametrize("document", [Document(), FULL], ids=["empty", "full"])
def test_a_view_has_every_key_and_only_plain_values(document: Document) -> None:
    view = view_of(document)
    assert set(view) == set(KEYS)
    assert all(isinstance(view[key], kind) for key, kind in KEYS.items())
    assert type(view["status"]) is str  # not the enumeration's member, whose repr a front end could get to see
    assert json.loads(json.dumps(view, allow_nan=False)) == view


def test_a_view_says_all_that_is_known_of_the_shown_version() -> None:
    view = view_of(FULL)
    assert (view["text"], view["status"], view["version"], view["versions"]) == ("a", "failed", 1, 2)
    assert view["origin"] == {"model": "m", "api": "Responses API", "note": "chosen", "rehearsal": True}
    assert view["timings"] == {"first_token": 0.5, "total": 1.5}
    assert view["usage"] == {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
        "reasoning_tokens": 4,
        "cached_tokens": 5,
    }
    assert set(view["error"]) == {"kind", "title", "detail", "kept", "next", "request_id", "status_code"}
    assert (view["error"]["kind"], view["error"]["kept"], view["error"]["request_id"]) == ("rate_limit", 1, "req-1")


def test_a_stop_is_no_error_to_who_asked_for_it() -> None:
    stopped = Document(current=Version(status=Status.STOPPED, error=Stopped(text="")))
    assert view_of(stopped)["error"] is None


def test_a_snapshot_goes_round_as_json() -> None:
    wire = Snapshot(2, 5, view_of(FULL)).to_wire()
    assert json.loads(json.dumps(wire)) == {
        "type": "snapshot",
        "wire": WIRE,
        "epoch": 2,
        "seq": 5,
        "document": dict(view_of(FULL)),
    }


def test_a_patch_goes_round_as_json() -> None:
    wire = Patch(2, 6, (("append", "text", "lo"), ("set", "usage", {"input_tokens": 1}))).to_wire()
    ops = [["append", "text", "lo"], ["set", "usage", {"input_tokens": 1}]]
    assert json.loads(json.dumps(wire)) == {"type": "patch", "epoch": 2, "seq": 6, "ops": ops}


@given(st.text(), st.text())
def test_any_text_passes_the_wire(text: str, reasoning: str) -> None:
    view = view_of(Document(current=Version(text=text, reasoning=reasoning)))
    back = json.loads(json.dumps(Snapshot(1, 0, view).to_wire()))
    assert {key: back["document"][key] for key in GROWING} == {"text": text, "reasoning": reasoning, "refusal": ""}


# -- the examples that both languages read -----------------------------------------------------------------------------


def shape(value: object) -> object:
    """Give what a value is made of: keys all the way down, and no difference between a number, a string and null."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else "value"


def filled(view: dict[str, Any]) -> dict[str, Any]:
    """Give a view with what may be null filled in, so that shapes can be compared."""
    full = json.loads(json.dumps(view_of(FULL)))
    return {key: full[key] if value is None else value for key, value in view.items()}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("hello.json", Hello()),
        ("hello-placed.json", Hello(2, 17)),
        ("stop.json", Stop()),
        ("retry.json", Retry()),
        ("select.json", Select(1)),
    ],
)
def test_the_pages_messages_are_understood(name: str, command: object) -> None:
    assert parse_command(example(name)) == command


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("invalid/*.json")), ids=lambda path: str(path.stem))
def test_an_invalid_message_is_no_command(path: Path) -> None:
    assert parse_command(json.loads(path.read_text(encoding="utf-8"))) is None


@pytest.mark.parametrize("name", ["snapshot.json", "patch.json", "here.json", "other-wire.json"])
def test_the_kernels_own_messages_are_no_commands(name: str) -> None:
    assert parse_command(example(name)) is None


def test_our_place_is_the_examples() -> None:
    assert Here(2, 17).to_wire() == example("here.json")


def test_what_a_page_keeps_is_the_examples() -> None:
    others = [{"text": "another", "status": "stopped"}]
    assert Kept(2, others, "$5 \N{OWL} ..", "\\$5 \N{OWL}").to_wire() == example("kept.json")
    assert Kept(2, (), "a", "a").to_wire()["markdown"] is None
    assert Kept(2, others).to_wire() == {"type": "kept", "epoch": 2, "length": None, "markdown": "", "others": others}


def test_our_snapshot_has_the_examples_shape() -> None:
    given_, ours = example("snapshot.json"), Snapshot(2, 17, view_of(FULL)).to_wire()
    given_["document"], ours["document"] = filled(given_["document"]), filled(ours["document"])
    assert shape({**given_, "document": {**given_["document"], "error": None}}) == shape(
        {**ours, "document": {**ours["document"], "error": None}}
    )
    assert given_["wire"] == WIRE
    assert example("other-wire.json")["wire"] != WIRE


def test_our_patch_has_the_examples_shape_and_names_every_field() -> None:
    ops = example("patch.json")["ops"]
    view = view_of(FULL)
    ours = [["append", key, view[key]] if key in GROWING else ["set", key, view[key]] for key in view]
    assert [op[:2] for op in ours] == [op[:2] for op in ops]
    assert set(example("patch.json")) == set(Patch(1, 1, ()).to_wire())
    for (_, key, mine), (_, _, theirs) in zip(ours, ops, strict=True):
        if mine is not None and theirs is not None and key != "error":
            assert shape(mine) == shape(theirs)
    (error,) = [value for _, key, value in ops if key == "error"]
    assert set(error) == set(view["error"])
    assert {frozenset(step) for step in error["next"]} == {frozenset(view["error"]["next"][0])}
