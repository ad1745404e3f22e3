"""Structured answers without a server: what a beginning of JSON means, what is sent, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typing_extensions import NotRequired, TypedDict

from streamcell import InvalidAnswer, Json, Text
from streamcell._errors import recorded_error
from streamcell.answer.document import Document, Version
from streamcell.answer.events import Event, Finished, PartEnded, PartGrew, PartRestored, Usage, UsageReported
from streamcell.answer.inputs import (
    Checked,
    Closed,
    Effect,
    OpenSource,
    Publish,
    Received,
    Retry,
    Start,
    Stop,
    Validate,
    Validated,
    Watch,
)
from streamcell.answer.resume import ResumeMode
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session
from streamcell.answer.status import Status
from streamcell.answer.structure import StructureRules, answer_in, as_json, json_in, partial_value, rows_of
from streamcell.answer.timeouts import Timeouts
from streamcell.engine.structure import check, structure_of
from streamcell.rehearsal._structured import flaw_of
from streamcell.request.schemas import as_object, strict
from tests.test_session import STARTED, Play

# -- a beginning of JSON -----------------------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
ROOTS = st.lists(VALUES, max_size=4) | st.dictionaries(KEYS, VALUES, max_size=4)


def begins(part: Any, whole: Any) -> bool:
    """Whether `part` is a beginning of `whole`: the end of a text, fields and items may be missing, nothing else."""
    if isinstance(part, str):
        return isinstance(whole, str) and whole.startswith(part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) <= len(whole) and all(map(begins, part, whole))
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and begins(one, whole[name]) for name, one in part.items())
    return type(part) is type(whole) and bool(part == whole)


@given(ROOTS, st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=150)
def test_each_beginning_of_a_text_is_a_beginning_of_its_value(value: Any, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    for cut in range(len(text)):
        part = partial_value(text[:cut])
        assert part is None or begins(part, value), text[:cut]
    assert partial_value(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("  ", None),
        ("hello", None),
        ('{"a": x', None),
        ('{"a": 12', {}),
        ('{"a": 12,', {"a": 12}),
        ('{"a": -', {}),
        ('{"a": 1.5e', {}),
        ('{"a": tru', {}),
        ('{"a": "in 2026', {"a": "in 2026"}),
        ('{"a": "1', {"a": "1"}),
        ('{"a": "\\ud83d', {"a": ""}),
        ('{"1', {}),
        ('{"a": NaN', None),
        ("[" * 1_000, None),
    ],
)
def test_what_may_still_change_is_left_out(text: str, value: Any) -> None:
    assert partial_value(text) == value


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        (' ~~~~\n{"a":\n1}\n~~~~\n', '{"a":\n1}'),
        ('Here it is:\n```json\n{"a": 1}\n```', 'Here it is:\n```json\n{"a": 1}\n```'),
        ('```json\n{"a": 1}', '```json\n{"a": 1}'),
    ],
)
def test_a_fence_around_all_of_it_is_no_fault(text: str, inner: str) -> None:
    assert json_in(text) == inner


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ([{"a": 1}, {"b": 2}], [{"a": 1}, {"b": 2}]),
        ({"title": "x", "rows": [{"a": 1}]}, [{"a": 1}]),
        ([], []),
        ({"rows": [{"a": 1}], "more": []}, None),
        ([1], None),
        ({"a": 1}, None),
        (None, None),
        ("text", None),
    ],
)
def test_records_are_a_list_of_objects_or_the_one_list_in_an_object(value: Any, rows: Any) -> None:
    assert rows_of(value) == rows


def parts(*events: Event) -> list[tuple[str, str]]:
    play = Play(Session(Document(), structure=StructureRules()))
    play.feed(Start(), STARTED, *(Received(play.session.run + 1, event) for event in events))
    return [(part.kind, part.body) for part in play.current.parts]


def grew(*texts: str, id_: str = "m") -> tuple[Event, ...]:
    return tuple(PartGrew("text", text, id_) for text in texts)


def test_the_first_character_says_whether_a_text_is_json() -> None:
    assert parts(*grew("", '{"a"', ": 1}")) == [("json", '{"a": 1}')]
    assert parts(*grew("\n ", "[1]")) == [("json", "\n [1]")]
    assert parts(*grew("Here: ", '{"a": 1}')) == [("text", 'Here: {"a": 1}')]
    assert parts(*grew("\n", "Here")) == [("json", "\nHere")]
    assert parts(*grew("```json\n{")) == [("text", "```json\n{")]
    assert parts(PartGrew("reasoning", "{"), *grew("[1")) == [("reasoning", "{"), ("json", "[1")]
    assert parts(*grew("{"), PartRestored("text", '{"a": 1}', "m"), PartEnded("m")) == [("json", '{"a": 1}')]
    assert parts(PartRestored("text", "No.", "m")) == [("text", "No.")]
    assert as_json(Finished("stop"), ()) == Finished("stop")


def test_the_answer_is_the_last_text() -> None:
    assert answer_in((Text(text="Let me see."), Json(text="{}"))) == "Let me see.{}"


# -- schemas -----------------------------------------------------------------------------------------------------------


class Place(BaseModel):
    """A place on the way."""

    name: str = Field(min_length=1, description="as on maps")
    kind: Literal["town", "lake"] = "town"
    height: float | None = Field(None, ge=0)


class River(BaseModel):
    name: str
    places: list[Place] = []
    mouth: Place = Field(Place(name="?", height=None), description="where it ends")


class Node(BaseModel):
    value: int
    inner: Node | None = None


@dataclass
class Point:
    x: int
    y: int = 0


class Row(TypedDict):
    a: str
    b: NotRequired[int]


TYPES = [River, Node, Point, Row, list[River], tuple[int, ...], int, Union[Place, Point], Literal["a", "b"], set[str]]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_the_schema_of_a_type_is_strict_as_openai_demands(kind: Any) -> None:
    structure = structure_of(kind)
    assert structure is not None
    sent = structure.format
    assert (sent["type"], sent["strict"]) == ("json_schema", True)
    assert flaw_of(sent) == ""
    assert json.loads(json.dumps(sent)) == sent


def test_what_openai_refuses_is_seen_by_the_rehearsal() -> None:
    schema = River.model_json_schema()
    assert "additionalProperties" in flaw_of({"type": "json_schema", "name": "r", "strict": True, "schema": schema})
    assert "type" in flaw_of({"type": "json_schema", "name": "r", "schema": {"type": "array"}})
    assert "name" in flaw_of({"type": "json_schema", "json_schema": {"schema": schema}})


@pytest.mark.parametrize("kind", [dict[str, int], dict, tuple[int, str], Any, list[Any]], ids=str)
def test_what_has_no_strict_form_is_sent_without(kind: Any) -> None:
    structure = structure_of(kind)
    assert structure is not None
    assert structure.format["strict"] is False


@pytest.mark.parametrize(
    ("schema", "root"),
    [
        ({"type": "object", "properties": {}}, ""),
        ({"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"type": "string"}}}, "items"),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, "value"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}}}, ""),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, "value"),
    ],
)
def test_what_is_no_object_is_the_field_of_one(schema: Mapping[str, Any], root: str) -> None:
    wrapped, name = as_object(schema)
    assert (wrapped["type"], name) == ("object", root)
    assert wrapped.get("$defs") == schema.get("$defs")


def test_a_schema_is_sent_as_it_is_and_is_strict_only_if_it_says_so_itself() -> None:
    loose = {"type": "object", "title": "Pick one!", "properties": {"a": {"type": "integer", "default": 3}}}
    sent = structure_of(loose)
    assert sent is not None
    assert sent.format == {"type": "json_schema", "name": "Pick_one", "schema": loose, "strict": False}
    tight: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    tight["additionalProperties"] = False
    sent = structure_of(tight)
    assert sent is not None
    assert (sent.format["schema"], sent.format["strict"]) == (tight, True)
    assert strict({"type": "string", "unheard-of": 1}) is None


def test_a_format_of_an_api_goes_on_as_it_is_and_plain_text_is_no_structure() -> None:
    given_ = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "required": ["a"]}}}
    structure = structure_of(given_)
    assert structure is not None
    assert structure.format is given_
    assert check(structure, 1, "{}").errors == (("", "'a' is a required property"),)
    assert structure_of({"type": "text"}) is None
    anything = structure_of({"type": "json_object"})
    assert anything is not None
    assert [bool(check(anything, 1, text).checked) for text in ("[1]", '{"a": 1}', "1", "x")] == [
        True,
        True,
        False,
        False,
    ]


def checked_by_hand(text: str) -> str:
    return text


@pytest.mark.parametrize("bad", [5, "River", print, [River], {"type": "jason"}, {}, {"type": 3}, checked_by_hand])
def test_anything_else_is_refused_at_the_call(bad: Any) -> None:
    with pytest.raises(TypeError, match="response_format= "):
        structure_of(bad)


def test_a_schema_that_is_none_is_refused_and_no_schema_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[object] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *given_, **_more: fetched.append(given_))
    with pytest.raises(ValueError, match="response_format= is no valid JSON schema"):
        structure_of({"type": "object", "properties": 3})
    elsewhere = structure_of({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/schema.json"}}})
    assert elsewhere is not None
    assert "Unresolvable" in check(elsewhere, 1, '{"a": 1}').fault
    assert fetched == []


# -- the check ---------------------------------------------------------------------------------------------------------


def errors(kind: Any, text: str) -> Iterable[tuple[str, str]]:
    structure = structure_of(kind)
    assert structure is not None
    found = check(structure, 7, text)
    assert (found.run, found.checked, found.fault) == (7, None, "")
    assert found.count >= len(found.errors) >= 1
    return found.errors


@pytest.mark.parametrize(
    ("kind", "text", "path", "reason"),
    [
        (River, "", "", "the answer is empty"),
        (River, "Hello", "", "it is no JSON, and begins with 'Hello'"),
        (River, '{"name": ', "", "it is no valid JSON: EOF while parsing a value at line 1 column 9"),
        (River, '{"name": "x"} y', "", "it is no valid JSON: trailing characters at line 1 column 15"),
        (River, '{"name": NaN}', "", "it is no valid JSON: expected value at line 1 column 10"),
        (Node, "[" * 300, "", "it is nested too deep: at most 200 levels are read"),
        (River, '{"name": 1}', "name", "Input should be a valid string"),
        (River, '{"name": "x", "places": [{"name": ""}]}', "places[0].name", "String should have at least 1 character"),
        (list[Place], '{"items": [{"name": 3}]}', "items[0].name", "Input should be a valid string"),
        (list[Place], "[]", "", "Input should be an object"),
        (
            dict[str, int],
            '{"a b": "x"}',
            "['a b']",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            {"type": "array", "items": {"type": "integer"}},
            '{"items": [1, "x"]}',
            "items[1]",
            "'x' is not of type 'integer'",
        ),
    ],
)
def test_an_invalid_answer_has_a_path_and_a_reason(kind: Any, text: str, path: str, reason: str) -> None:
    assert next(iter(errors(kind, text))) == (path, reason)


def test_errors_are_bounded_in_number_and_length_and_all_are_counted() -> None:
    structure = structure_of(list[int])
    assert structure is not None
    found = check(structure, 1, json.dumps({"items": ["x"] * 5_000}))
    assert (len(found.errors), found.count) == (20, 5_000)
    error = InvalidAnswer.of(found.errors, found.count)
    assert error.detail.splitlines()[-1] == "… and 4,980 more"
    long = InvalidAnswer.of([("a." * 900, "sk-" + "a1" * 30 + " \x1b[31m" + "b " * 9_000)] * 30, 30)
    assert (len(long.errors), len(long.errors[0][0]), len(long.errors[0][1])) == (20, 200, 300)
    assert len(long.detail) <= 2_001
    assert "a1a1" not in long.detail
    assert "\x1b" not in long.detail + long.errors[0][1]


def test_the_value_is_of_the_users_type_and_plain_on_request() -> None:
    def found(kind: Any, text: str) -> Checked:
        structure = structure_of(kind)
        assert structure is not None
        checked = check(structure, 1, text).checked
        assert checked is not None
        return checked

    assert found(River, '{"name": "Nile"}').value == River.model_validate({"name": "Nile"})
    assert found(Point, '{"x": 1}').value == Point(1)
    assert found(Row, '{"a": "b"}').value == {"a": "b"}
    assert found(list[Point], '{"items": [{"x": 1}]}').value == [Point(1)]
    assert found(list[Point], '{"items": [{"x": 1}]}').plain() == [{"x": 1, "y": 0}]
    assert found({"type": "array"}, '{"items": [1]}').value == [1]
    assert found(River, '```json\n{"name": "Nile"}\n```').plain()["name"] == "Nile"


def test_what_is_too_deep_to_be_checked_is_told_as_that() -> None:
    fields = {"inner": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}
    structure = structure_of({"type": "object", "properties": fields, "required": ["inner"]})
    assert structure is not None

    def nested(depth: int) -> str:
        return '{"inner":' * depth + "null" + "}" * depth

    assert check(structure, 1, nested(100)).checked is not None
    assert check(structure, 1, nested(199)).fault in ("", "It is nested too deep to be checked against the schema.")
    assert check(structure, 1, nested(300)).errors[0][1] == "it is nested too deep: at most 200 levels are read"


def test_a_validator_may_raise_anything() -> None:
    class Odd(BaseModel):
        name: str

        def model_post_init(self, _context: Any) -> None:
            raise SystemExit("no")

    structure = structure_of(Odd)
    assert structure is not None
    assert check(structure, 1, '{"name": "x"}').fault == "The check raised SystemExit: no."


def test_a_long_answer_is_checked_as_a_whole() -> None:
    structure = structure_of(list[Point])
    assert structure is not None
    found = check(structure, 1, json.dumps({"items": [{"x": at, "y": at} for at in range(40_000)]}))
    assert found.checked is not None
    assert len(found.checked.value) == 40_000


# -- the session -------------------------------------------------------------------------------------------------------

VALID = Checked({"a": 1}, lambda: {"a": 1})
WRONG = (("a", "Input should be a valid integer"),)


def playing(repairs: int = 0, **more: Any) -> Play:
    session = Session(
        Document(current=Version(root="")),
        RetryPolicy(attempts=3, wait_initial=0.5, wait_max=8.0),
        way=ResumeMode.CONTINUED,
        structure=StructureRules(repairs=repairs),
        **more,
    )
    play = Play(session)
    play.feed(Start(), STARTED)
    return play


def ended(play: Play, text: str = '{"a": 1}', reason: str | None = "stop") -> tuple[Effect, ...]:
    play.feed(*grew(text), UsageReported(Usage(10, 5, 15)))
    return play.feed(Finished(reason))


def test_an_answer_is_done_when_its_check_has_ended() -> None:
    play = playing(timeouts=Timeouts())
    run = play.session.run
    assert ended(play) == (Validate(run, '{"a": 1}'), Publish())
    assert not any(part.open for part in play.current.parts)
    assert play.stands_at(Status.STREAMING)
    # Its source has said everything, and no silence counts now.
    assert play.ignores(Closed(run), Watch(run))
    play.feed(Validated(run, VALID))
    assert play.stands_at(Status.DONE)
    assert (play.current.parsed, play.current.finish_reason) == ({"a": 1}, "stop")
    assert play.ignores(Validated(run, VALID))


def test_an_invalid_answer_fails_with_its_places_and_its_text() -> None:
    play = playing()
    ended(play, '{"a": "x"}')
    play.feed(Validated(play.session.run, errors=WRONG, count=1))
    error = play.current.error
    assert play.stands_at(Status.FAILED)
    assert isinstance(error, InvalidAnswer)
    assert (error.errors, error.text, error.detail) == (WRONG, '{"a": "x"}', "a: Input should be a valid integer")
    assert play.current.parsed == {"a": "x"}
    assert play.session.document.resume is None
    again = recorded_error("InvalidAnswer", error.detail, json.loads(json.dumps(error.particulars())))
    assert isinstance(again, InvalidAnswer)
    assert again.errors == error.fresh().errors == WRONG  # type: ignore[attr-defined]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_answer_that_was_cut_is_not_judged(reason: str) -> None:
    play = playing(repairs=1)
    ended(play, '{"a": [1, 2', reason)
    assert (play.status, play.current.finish_reason, play.current.error) == (Status.DONE, reason, None)
    assert play.current.parsed == {"a": [1]}


def test_a_refusal_is_not_judged() -> None:
    play = playing(repairs=1)
    play.feed(PartGrew("refusal", "I can't."), Finished("stop"))
    assert (play.status, play.current.refusal, play.current.parsed) == (Status.DONE, "I can't.", None)


def test_a_stop_while_it_is_checked_counts() -> None:
    play = playing()
    ended(play)
    run = play.session.run
    play.feed(Stop())
    assert (play.status, play.current.text) == (Status.STOPPED, '{"a": 1}')
    assert play.ignores(Validated(run, VALID))


def test_a_check_that_fails_itself_is_no_fault_of_the_model() -> None:
    play = playing(repairs=3)
    ended(play)
    play.feed(Validated(play.session.run, fault="The check raised KeyError: 'x'."))
    assert play.stands_at(Status.FAILED)
    assert play.current.error is not None
    assert play.current.error.card()["kind"] == "unchecked_answer"
    assert play.session.repairs == 0


def test_the_model_is_told_what_is_wrong_and_its_answer_stays_as_a_version() -> None:
    play = playing(repairs=2)
    ended(play, '{"a": "x"}')
    effects = play.feed(Validated(play.session.run, errors=WRONG, count=1))
    assert play.stands_at(Status.CONNECTING)
    [opened] = [one for one in effects if isinstance(one, OpenSource)]
    said, told = opened.history
    assert said == {"role": "assistant", "content": '{"a": "x"}'}
    assert told["role"] == "user"
    assert "- a: Input should be a valid integer" in told["content"]
    assert opened.index == 1
    assert Publish(urgent=True, restart=True) in effects
    document = play.session.document
    assert [one.status for one in document.versions] == [Status.FAILED, Status.CONNECTING]
    assert document.version is play.current
    play.feed(STARTED)
    ended(play, '{"a": "y"}')
    effects = play.feed(Validated(play.session.run, errors=WRONG, count=1))
    [opened] = [one for one in effects if isinstance(one, OpenSource)]
    assert [one["role"] for one in opened.history] == ["assistant", "user", "assistant", "user"]
    play.feed(STARTED)
    ended(play)
    play.feed(Validated(play.session.run, VALID))
    assert play.stands_at(Status.DONE)
    assert play.current.usage == Usage(30, 15, 45)
    assert [one.text for one in play.session.document.versions] == ['{"a": "x"}', '{"a": "y"}', '{"a": 1}']


def test_after_the_last_repair_the_answer_fails_and_retry_tells_the_model_too() -> None:
    play = playing(repairs=1)
    for _ in range(2):
        ended(play, '{"a": "x"}')
        play.feed(Validated(play.session.run, errors=WRONG, count=1), STARTED)
    assert play.stands_at(Status.FAILED)
    effects = play.feed(Retry())
    [opened] = [one for one in effects if isinstance(one, OpenSource)]
    assert [one["role"] for one in opened.history] == ["assistant", "user"] * 2
    assert (play.session.repairs, opened.index) == (0, 0)


def test_retry_without_repair_asks_as_before() -> None:
    play = playing()
    ended(play, '{"a": "x"}')
    play.feed(Validated(play.session.run, errors=WRONG, count=1))
    [opened] = [one for one in play.feed(Retry()) if isinstance(one, OpenSource)]
    assert opened.history == ()


def test_a_source_that_can_be_read_once_is_not_asked_again() -> None:
    session = Session(Document(retry_disabled_reason="once"), structure=StructureRules(repairs=1))
    play = Play(session)
    play.feed(Start(), STARTED)
    ended(play, '{"a": "x"}')
    play.feed(Validated(play.session.run, errors=WRONG, count=1))
    assert play.stands_at(Status.FAILED)


def test_a_replay_says_itself_how_it_ended() -> None:
    play = playing()
    play.session = replace(play.session, structure=StructureRules(checks=False))
    ended(play, '{"a": "x"}')
    assert (play.status, play.current.parsed) == (Status.DONE, {"a": "x"})


def test_a_version_without_records_says_so_and_without_json_has_no_value() -> None:
    assert Version(parts=(Text(text="hello"),)).parsed is None
    with pytest.raises(ValueError, match="not a list of records"):
        Version(parts=(Json(text='{"a": 1}'),)).to_dicts()
    assert Version(parts=(Json(text='{"items": [{"a": 1}, {"a": "b'),), root="items").to_dicts() == [
        {"a": 1},
        {"a": "b"},
    ]
