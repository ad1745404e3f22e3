"""What controls ask for: how their texts are read, which API has them, and which one a server refused. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from streamcell.request.tuning import TUNED, changes_of, refused_among, told_by, tuned_in

BY_NAME = {one.name: one for one in TUNED}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "", None),
        ("temperature", "  ", None),
        ("temperature", "0", 0),
        ("temperature", "0.7", 0.7),
        ("temperature", " 0,7 ", 0.7),
        ("temperature", "1e-1", 0.1),
        ("max_output_tokens", "200", 200),
        ("seed", "-3", -3),
        ("reasoning_effort", " low ", "low"),
        ("model", "gpt-5.4-mini", "gpt-5.4-mini"),
    ],
)
def test_a_text_is_read_as_its_parameters_value(name: str, text: str, value: object) -> None:
    read = BY_NAME[name].read(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "warm"),
        ("temperature", "-1"),
        ("temperature", "nan"),
        ("temperature", "inf"),
        ("temperature", "1e999"),
        ("temperature", "9" * 500),
        ("max_output_tokens", "0"),
        ("max_output_tokens", "1.5"),
        ("max_output_tokens", "9" * 30),
        ("seed", "٣"),
        ("model", "m" * 201),
    ],
)
def test_what_is_no_value_is_not_read(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\A\Z|could not convert"):
        BY_NAME[name].read(text)
    with pytest.raises(ValueError, match=f"^{name}$"):
        changes_of({name: text}, None, {})


def test_each_api_has_its_own_and_an_unknown_one_has_what_both_have() -> None:
    both = ["model", "temperature", "top_p", "max_output_tokens", "reasoning_effort"]
    assert [one.name for one in tuned_in("responses")] == both
    assert [one.name for one in tuned_in(None)] == both
    assert [one.name for one in tuned_in("chat")] == [one.name for one in TUNED]


@pytest.mark.parametrize(
    ("params", "name", "text"),
    [
        ({"temperature": 0.5}, "temperature", "0.5"),
        ({}, "temperature", ""),
        ({"max_tokens": 9}, "max_output_tokens", "9"),
        ({"max_completion_tokens": 9}, "max_output_tokens", "9"),
        ({"reasoning_effort": "low"}, "reasoning_effort", "low"),
        ({"reasoning": {"effort": "high", "summary": "auto"}}, "reasoning_effort", "high"),
        ({"reasoning": {"summary": "auto"}}, "reasoning_effort", ""),
        ({"seed": True}, "seed", ""),
    ],
)
def test_a_control_begins_with_what_the_request_says(params: dict[str, Any], name: str, text: str) -> None:
    assert told_by(BY_NAME[name], "m", params) == text


@pytest.mark.parametrize(
    ("texts", "params", "changes"),
    [
        ({}, {"temperature": 1}, {}),
        ({"temperature": "1"}, {"temperature": 1}, {}),
        ({"temperature": " 0 "}, {"temperature": 1}, {"temperature": 0}),
        ({"temperature": ""}, {"temperature": 1}, {"temperature": None}),
        ({"model": "other"}, {}, {"model": "other"}),
        ({"model": ""}, {}, {}),
        ({"max_output_tokens": "50"}, {}, {"max_output_tokens": 50}),
        ({"max_output_tokens": "50"}, {"max_tokens": 9}, {"max_tokens": 50}),
        ({"max_output_tokens": ""}, {"max_tokens": 9}, {"max_tokens": None}),
        ({"reasoning_effort": "low"}, {}, {"reasoning_effort": "low"}),
        ({"reasoning_effort": "low"}, {"reasoning": {"summary": "auto"}}, {"reasoning_effort": "low"}),
        (
            {"reasoning_effort": "low"},
            {"reasoning": {"effort": "high", "summary": "auto"}},
            {"reasoning": {"effort": "low", "summary": "auto"}},
        ),
        ({"reasoning_effort": ""}, {"reasoning": {"effort": "high"}}, {"reasoning": None}),
        ({"temperature": "0", "seed": "7"}, {}, {"temperature": 0, "seed": 7}),
    ],
)
def test_only_what_differs_from_the_request_is_changed(
    texts: dict[str, str], params: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert changes_of(texts, "first", params) == changes


@pytest.mark.parametrize(
    ("kind", "detail", "name"),
    [
        ("bad_request", "Unsupported value: 'temperature' does not support 0.2 with this model.", "temperature"),
        (
            "bad_request",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
            "max_output_tokens",
        ),
        ("bad_request", "`temperature` and `top_p` cannot both be specified for this model.", "temperature"),
        ("bad_request", "Unsupported parameter: 'reasoning.effort' is not supported.", "reasoning_effort"),
        ("bad_request", "reasoning_effort: Input should be 'low' or 'high'", "reasoning_effort"),
        ("bad_request", "Unsupported parameter: 'temprature'.", None),
        ("bad_request", "The seedling is not a temperature_map", None),
        ("bad_request", "messages.0.content: the model cannot read this", None),
        ("rate_limit", "temperature", None),
        ("model_not_found", "The model does not exist.", "model"),
    ],
)
def test_a_refusal_names_its_control(kind: str, detail: str, name: str | None) -> None:
    assert refused_among(kind, detail) == name
