"""The wire: what a page may say, and that what the kernel says is plain JSON of the agreed shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import wire as generator
from hypothesis import given
from hypothesis import strategies as st

from streamcell._errors import RateLimited, Stopped
from streamcell.answer.document import Document, Idle, Timings, Version
from streamcell.answer.events import Origin, Usage
from streamcell.answer.inputs import Act, Resume, Retry, Select, SetPace, Stop, TakeStep, Wait
from streamcell.answer.parts import KINDS, Citation, Reasoning, Refusal, Text, defaults
from streamcell.answer.playback import FAST, Pace
from streamcell.answer.resume import ResumeMode
from streamcell.answer.stats import Segment, Stats
from streamcell.answer.status import Status
from streamcell.wire import outbox as coalesce
from streamcell.wire.messages import (
    MOMENTARY,
    WANTED,
    WIRE,
    Fetch,
    Forget,
    Hello,
    Here,
    Kept,
    Measure,
    Numbers,
    Patch,
    Plain,
    Read,
    Snapshot,
    document_of,
    parse_command,
    part_of,
    view_of,
)
from tests.answers import version

EXAMPLES = Path(__file__).parent / "wire"
"""Messages that both languages read: the page's tests take the same files."""


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


FULL = Document(
    current=Version(
        parts=(
            Reasoning(text="b", open=False),
            Text(text="a", open=False),
            Text(text=" and more", resumed=ResumeMode.EXACT),
            Refusal(text="c", open=False),
            Citation(number=2, url="https://a.example/", title="A", open=False),
        ),
        status=Status.FAILED,
        attempt=2,
        finish_reason="length",
        usage=Usage(1, 2, 3, 4, 5),
        error=RateLimited("slow down", text="a", request_id="req-1", status_code=429),
        origin=Origin("m", "Responses API", "chosen", rehearsal=True),
        notice="Possibly incomplete.",
        timings=Timings(0.5, 1.5),
    ),
    former=(version("old"),),
    shown=1,
    retry_at=2.5,
    retry_disabled_reason="read once",
    attempts=4,
    idle=Idle(12.5, 60.0),
    queue_position=3,
    wait=Wait("budget", 12.5, 4),
    checking="end",
    resume=ResumeMode.CONTINUED,
    replay=Pace(2.0),
    max_height=400,
)


# -- from the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "command"),
    [
        ({"type": "hello", "wire": 2}, Hello()),
        ({"type": "hello", "wire": 2, "epoch": 2, "seq": 7}, Hello(2, 7)),
        ({"type": "hello"}, Hello(wire=None)),
        ({"type": "hello", "wire": 1}, Hello(wire=1)),
        ({"type": "act", "part": 2, "action": "approve", "value": [1]}, Act(2, "approve", [1])),
        ({"type": "act", "part": 0, "action": "deny"}, Act(0, "deny")),
        ({"type": "forget"}, Forget()),
        ({"type": "hello", "wire": 2, "shows": True}, Hello(shows=True)),
        ({"type": "stop"}, Stop()),
        ({"type": "retry"}, Retry()),
        ({"type": "select", "version": 3}, Select(3)),
        ({"type": "resume"}, Resume()),
        ({"type": "step"}, TakeStep()),
        ({"type": "pace", "speed": 0.5, "playing": False}, SetPace(Pace(0.5, playing=False))),
        ({"type": "pace", "speed": None, "playing": True}, SetPace(Pace(FAST))),
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
        {"type": "pace"},
        {"type": "pace", "speed": 0, "playing": True},
        {"type": "pace", "speed": float("nan"), "playing": True},
        {"type": "pace", "speed": "step", "playing": True},
        {"type": "pace", "speed": True, "playing": True},
        {"type": "pace", "speed": 1, "playing": 1},
        {"type": "act", "part": 1.0, "action": "approve"},
        {"type": "act", "part": 1, "action": None},
    ],
    ids=repr,
)
def test_anything_else_is_no_command(content: object) -> None:
    assert parse_command(content) is None


def test_a_place_that_is_no_number_is_no_place() -> None:
    assert parse_command({"type": "hello", "wire": 2, "epoch": "1", "seq": True}) == Hello()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["hello", "stop", "retry", "resume", "select", "snapshot", "patch", "here", "act", "pace", "forget"]
)


@given(
    st.one_of(
        JSON,
        st.fixed_dictionaries(
            {"type": WORDS | JSON},
            optional={"version": JSON, "epoch": JSON, "part": JSON, "action": JSON, "speed": JSON, "playing": JSON},
        ),
    )
)
def test_junk_never_raises(content: object) -> None:
    assert isinstance(parse_command(content), (Hello, Stop, Retry, Resume, Select, Act, SetPace, Forget, type(None)))


# -- to the page -------------------------------------------------------------------------------------------------------

KEYS = {
    "parts": list,
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
    "prompt": str,
    "retry_disabled_reason": (str, type(None)),
    "attempts": int,
    "idle": (dict, type(None)),
    "queue_position": (int, type(None)),
    "wait": (dict, type(None)),
    "changed": list,
    "resumable": (str, type(None)),
    "checking": (str, type(None)),
    "replay": (dict, type(None)),
    "max_height": (int, type(None)),
}


@pytest.mark.parametrize("document", [Document(), FULL], ids=["empty", "full"])
def test_a_view_has_every_key_and_only_plain_values(document: Document) -> None:
    view = document_of(view_of(document))
    assert set(view) == set(KEYS)
    assert all(isinstance(view[key], kind) for key, kind in KEYS.items())
    assert type(view["status"]) is str  # not the enumeration's member, whose repr a front end could get to see
    assert json.loads(json.dumps(view, allow_nan=False)) == view


def test_a_view_says_all_that_is_known_of_the_shown_version() -> None:
    view = view_of(FULL)
    assert (view["status"], view["version"], view["versions"]) == ("failed", 1, 2)
    assert view["origin"] == {"model": "m", "api": "Responses API", "note": "chosen", "rehearsal": True}
    assert view["timings"] == {"first_token": 0.5, "total": 1.5}
    assert view["usage"] == {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
        "reasoning_tokens": 4,
        "cached_tokens": 5,
    }
    assert set(view["error"]) == {"kind", "title", "detail", "kept", "next", "request_id", "status_code", "categories"}
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
        "document": document_of(view_of(FULL)),
    }


def test_a_patch_goes_round_as_json() -> None:
    wire = Patch(2, 6, (("grow", 0, "lo"), ("set", "usage", {"input_tokens": 1}))).to_wire()
    ops = [["grow", 0, "lo"], ["set", "usage", {"input_tokens": 1}]]
    assert json.loads(json.dumps(wire)) == {"type": "patch", "epoch": 2, "seq": 6, "ops": ops}


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_text_passes_the_wire(text: str, reasoning: str) -> None:
    view = view_of(Document(current=version(text, reasoning)))
    back = json.loads(json.dumps(Snapshot(1, 0, view).to_wire()))
    assert [part["body"] for part in back["document"]["parts"]] == [reasoning, text]


def test_a_part_travels_without_what_is_empty_and_without_its_id() -> None:
    assert part_of(Text(id="msg_1", open=False)) == {"kind": "text", "text": True}
    assert part_of(FULL.current.parts[2]) == {
        "kind": "text",
        "text": True,
        "open": True,
        "body": " and more",
        "fields": {"resumed": "exact"},
    }


# -- the schema --------------------------------------------------------------------------------------------------------

SCHEMA = json.loads(generator.SCHEMA.read_text(encoding="utf-8"))


def check(name: str, message: object) -> None:
    """Raise where a message is not what the schema says of `name`."""
    jsonschema.validate(json.loads(json.dumps(message)), {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize("document", [Document(), FULL], ids=["empty", "full"])
def test_what_the_kernel_sends_is_what_the_schema_says(document: Document) -> None:
    view = view_of(document)
    check("Snapshot", Snapshot(1, 0, view).to_wire())
    before = coalesce.Outbox(sent=view_of(Document(current=Version(parts=(Text(text="b"),)))))
    for sent in (coalesce.Outbox(), before):
        _, patch = coalesce.flush(sent, view, 0.0)
        assert patch is not None
        check("Patch" if isinstance(patch, Patch) else "Snapshot", patch.to_wire())
    check("Here", Here(1, 0).to_wire())
    check("Kept", Kept(1, [document_of(view)], "a", "b").to_wire())
    check("Wanted", WANTED)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: str(path.stem))
def test_the_examples_are_what_the_schema_says(path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    if path.stem.startswith("outputs"):
        assert {one["name"] for one in message} >= {"done", "refused"}
    elif path.stem == "other-wire":
        with pytest.raises(jsonschema.ValidationError, match="'text' was unexpected"):
            check("Snapshot", message)
    else:
        check(message["type"].title(), message)


def test_what_is_generated_from_the_schema_is_as_it_was_generated() -> None:
    for path, text in generator.written().items():
        assert path.read_text(encoding="utf-8") == text, f"run scripts/wire.py: {path.name} is older than schema.json"


def test_the_schema_has_the_wires_version_and_every_field_of_every_kind() -> None:
    assert SCHEMA["version"] == WIRE
    assert set(SCHEMA["$defs"]["Doc"]["properties"]) == set(KEYS)
    ours = {kind: part for kind, part in KINDS.items() if part.__module__.startswith("streamcell.")}
    for kind, part in ours.items():
        own = [name for name in defaults(part) if name != part.grows]
        fields = SCHEMA["$defs"].get(f"{part.__name__}Fields", {"properties": {}})["properties"]
        assert list(fields) == own, kind
        known = json.loads(json.dumps({name: defaults(part)[name] for name in own}))
        assert {name: fields[name]["default"] for name in own} == known


def test_a_page_of_another_wire_finds_the_text_and_ours_no_parts() -> None:
    plain = Plain(2, 5, "so far").to_wire()
    assert (plain["type"], plain["wire"], plain["document"]) == ("snapshot", WIRE, {"text": "so far"})


def test_what_is_true_for_a_moment_is_named() -> None:
    assert set(KEYS) > MOMENTARY


# -- the examples that both languages read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("hello.json", Hello()),
        ("hello-placed.json", Hello(2, 17)),
        ("stop.json", Stop()),
        ("retry.json", Retry()),
        ("select.json", Select(1)),
        ("act.json", Act(2, "approve", {"once": True})),
        ("pace.json", SetPace(Pace(FAST))),
        ("step.json", TakeStep()),
        ("measure.json", Measure()),
        ("fetch.json", Fetch(1)),
    ],
)
def test_the_pages_messages_are_understood(name: str, command: object) -> None:
    assert parse_command(example(name)) == command


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("invalid/*.json")), ids=lambda path: str(path.stem))
def test_an_invalid_message_is_no_command(path: Path) -> None:
    assert parse_command(json.loads(path.read_text(encoding="utf-8"))) is None


@pytest.mark.parametrize("name", ["snapshot", "patch", "here", "other-wire", "numbers", "read"])
def test_the_kernels_own_messages_are_no_commands(name: str) -> None:
    assert parse_command(example(f"{name}.json")) is None


def test_our_place_is_the_examples() -> None:
    assert Here(2, 17).to_wire() == example("here.json")


def test_the_answers_to_a_pages_questions_are_the_examples() -> None:
    timeline = (Segment("queue", 0.0, 1.5), Segment("tool", 4.0, 2.0, "gauge"))
    stats = Stats(
        queue_seconds=1.5,
        connect_seconds=0.25,
        total_seconds=9.5,
        tool_seconds=2.0,
        tokens_per_second=40.0,
        attempts=2,
        chunks=100,
        received_bytes=20000,
        longest_gap_seconds=1.25,
        price=0.5,
    )
    assert Numbers(0, None, stats, timeline).to_wire() == example("numbers.json")
    assert Read(1, "another").to_wire() == example("read.json")


def test_what_a_page_keeps_is_the_examples() -> None:
    others = [{"text": "another", "status": "stopped"}]
    assert Kept(2, others, "$5 \N{OWL} ..", "\\$5 \N{OWL}").to_wire() == example("kept.json")
    assert Kept(2, (), "a", "a").to_wire()["markdown"] is None
    assert Kept(2, others).to_wire() == {"type": "kept", "epoch": 2, "length": None, "markdown": "", "others": others}
