"""The public surface: what is exported, how it is called, and that every name says what it does."""

from __future__ import annotations

import inspect
import re
from importlib import metadata
from typing import Any

import pytest

import streamcell
from streamcell import RetryPolicy, StreamCell, StreamCellError, configure, stream_cell

EXPORTED = [
    "AuthenticationFailed",
    "BadData",
    "BadRequest",
    "Citation",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextTooLong",
    "Flagged",
    "Interrupted",
    "InvalidAnswer",
    "Json",
    "Judging",
    "Limits",
    "Log",
    "ModelNotFound",
    "Moderation",
    "ModerationFailed",
    "NoKey",
    "NotAStream",
    "NotRecorded",
    "Part",
    "PermissionDenied",
    "ProviderFailed",
    "QuotaExhausted",
    "RateLimited",
    "Reasoning",
    "Refusal",
    "Request",
    "RetryPolicy",
    "Segment",
    "SourceFailed",
    "Stalled",
    "Stats",
    "Stopped",
    "StreamCell",
    "StreamCellError",
    "StreamChat",
    "StreamCompare",
    "Text",
    "TimedOut",
    "Timeouts",
    "TooManyRounds",
    "ToolCall",
    "Trim",
    "Unknown",
    "Verdict",
    "Version",
    "__version__",
    "configure",
    "history",
    "limits",
    "record_notebook",
    "recording",
    "register_source",
    "stream_cell",
    "stream_chat",
    "stream_compare",
]

OBJECTS = [name for name in EXPORTED if name != "__version__"]


def parameters(function: Any) -> list[tuple[str, str, object]]:
    return [
        (one.name, one.kind.name.lower(), "required" if one.default is one.empty else one.default)
        for one in inspect.signature(function).parameters.values()
    ]


def test_the_exports_are_exactly_these() -> None:
    assert streamcell.__all__ == EXPORTED
    assert all(hasattr(streamcell, name) for name in EXPORTED)


def test_nothing_else_is_public_but_the_packages_rooms() -> None:
    rooms = {name for name, value in vars(streamcell).items() if inspect.ismodule(value)}
    names = {name for name in vars(streamcell) if not name.startswith("_")}
    assert names - set(EXPORTED) <= rooms


def test_stream_cell_is_called_like_this() -> None:
    assert parameters(stream_cell) == [
        ("prompt", "positional_or_keyword", None),
        ("model", "keyword_only", None),
        ("client", "keyword_only", None),
        ("api", "keyword_only", "auto"),
        ("instructions", "keyword_only", None),
        ("previous", "keyword_only", None),
        ("map", "keyword_only", None),
        ("retry", "keyword_only", None),
        ("timeouts", "keyword_only", None),
        ("auto_resume", "keyword_only", None),
        ("prefix", "keyword_only", None),
        ("tools", "keyword_only", None),
        ("approve", "keyword_only", None),
        ("max_rounds", "keyword_only", 8),
        ("tool_timeout", "keyword_only", 60.0),
        ("repair", "keyword_only", 0),
        ("display", "keyword_only", True),
        ("controls", "keyword_only", False),
        ("unattended", "keyword_only", None),
        ("show_reasoning", "keyword_only", None),
        ("moderator", "keyword_only", None),
        ("record", "keyword_only", None),
        ("replay", "keyword_only", None),
        ("speed", "keyword_only", 1),
        ("params", "var_keyword", "required"),
    ]
    assert inspect.signature(stream_cell).return_annotation == "StreamCell"


def test_configure_takes_only_names() -> None:
    assert [(name, kind) for name, kind, _ in parameters(configure)] == [
        ("model", "keyword_only"),
        ("client", "keyword_only"),
        ("api_key", "keyword_only"),
        ("retry", "keyword_only"),
        ("timeouts", "keyword_only"),
        ("auto_resume", "keyword_only"),
        ("prefix", "keyword_only"),
        ("max_concurrency", "keyword_only"),
        ("log_limit", "keyword_only"),
        ("unattended", "keyword_only"),
        ("show_reasoning", "keyword_only"),
        ("prices", "keyword_only"),
        ("moderator", "keyword_only"),
    ]


def test_the_retry_policys_defaults() -> None:
    assert RetryPolicy() == RetryPolicy(attempts=4, wait_initial=0.5, wait_max=8.0, max_retry_after=60.0, timeout=120.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("result", [("self", "required"), ("timeout", None)]),
        ("stop", [("self", "required")]),
        ("retry", [("self", "required"), ("model", None), ("instructions", None), ("params", "required")]),
        ("resume", [("self", "required")]),
        ("select", [("self", "required"), ("index", "required")]),
        ("play", [("self", "required"), ("speed", None)]),
        ("pause", [("self", "required")]),
        ("step", [("self", "required")]),
        ("act", [("self", "required"), ("part", "required"), ("action", "required"), ("value", None)]),
        ("controls", [("self", "required"), ("models", ())]),
        ("close", [("self", "required")]),
    ],
)
def test_a_cells_methods_are_called_like_this(name: str, expected: list[tuple[str, object]]) -> None:
    assert [(one, default) for one, _, default in parameters(getattr(StreamCell, name))] == expected


@pytest.mark.parametrize("name", OBJECTS)
def test_every_public_name_says_what_it_does(name: str) -> None:
    value = getattr(streamcell, name)
    doc = value.__doc__
    assert doc, name
    assert re.match(r"[A-Z]", doc)
    assert re.match(r".+[.:]$", doc.split("\n")[0]), "the first line is the outcome, whole"
    # A dataclass without a docstring gets its signature for one.
    assert not doc.startswith(f"{name}(")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (owner, name)
        for owner in map(streamcell.__dict__.get, OBJECTS)
        if inspect.isclass(owner)
        for name, value in vars(owner).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    ],
)
def test_every_public_method_says_what_it_does(owner: type, name: str) -> None:
    assert (vars(owner)[name].__doc__ or "").strip().endswith(".")


def test_every_trait_of_a_cell_says_what_it_holds() -> None:
    ours = {name: trait for name, trait in vars(StreamCell).items() if hasattr(trait, "metadata") and name[0] != "_"}
    assert {"text", "status", "usage", "error", "versions", "retry_disabled_reason"} - set(ours) == {"versions"}
    assert [name for name, trait in ours.items() if not str(trait.help).endswith(".")] == []


def test_stream_cells_docstring_names_every_argument() -> None:
    doc = inspect.getdoc(stream_cell) or ""
    assert [
        name for name, _, _ in parameters(stream_cell) if not re.search(rf"^    \**{name}: ", doc, re.MULTILINE)
    ] == []
    assert "Raises:" in doc


def test_every_error_is_caught_as_one() -> None:
    errors = [
        one for one in map(streamcell.__dict__.get, OBJECTS) if inspect.isclass(one) and issubclass(one, Exception)
    ]
    assert len(errors) == 24
    assert all(issubclass(one, StreamCellError) for one in errors)


def test_the_version_is_told_once() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|(a|b|rc)\d+)?", streamcell.__version__)
    # An installed streamcell, editable or not, is the one that is tested.
    assert {one.version for one in metadata.distributions(name="streamcell")} <= {streamcell.__version__}
