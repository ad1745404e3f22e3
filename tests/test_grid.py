"""The grid of a comparison and the numbers of its answers, as values."""

from __future__ import annotations

from typing import Any

import pytest

from streamcell.request.grid import MOST, grid_of
from streamcell.saved.numbers import heading, in_order, table_of


def names(grid: Any) -> list[str]:
    return [grid.name(point) for point in grid.points()]


def test_models_alone_are_one_row() -> None:
    grid = grid_of(["small", "large"], None)
    assert (len(grid), grid.columns, names(grid)) == (2, 2, ["small", "large"])
    assert [grid.arguments(point) for point in grid.points()] == [{"model": "small"}, {"model": "large"}]
    assert [grid.row(point) for point in grid.points()] == ["", ""]


def test_the_last_axis_is_the_columns_and_the_others_are_the_rows() -> None:
    grid = grid_of(None, {"temperature": [0, 1.5], "top_p": (None,), "model": ["a", "b", "c"]})
    assert (len(grid), grid.columns) == (6, 3)
    assert names(grid)[:4] == [
        "temperature 0 · top_p default · a",
        "temperature 0 · top_p default · b",
        "temperature 0 · top_p default · c",
        "temperature 1.5 · top_p default · a",
    ]
    assert grid.arguments((1, 0, 2)) == {"temperature": 1.5, "top_p": None, "model": "c"}
    assert grid.labels((1, 0, 2)) == {"temperature": 1.5, "top_p": None, "model": "c"}
    assert (grid.row((1, 0, 2)), grid.column((1, 0, 2))) == ("temperature 1.5 · top_p default", "c")


def test_models_are_the_columns_besides_other_axes() -> None:
    assert names(grid_of(["a"], {"seed": [1, 2]})) == ["seed 1 · a", "seed 2 · a"]


@pytest.mark.parametrize(
    ("over", "labels"),
    [
        ({"instructions": {"brief": "Be brief.", "long": "Be long."}}, ["brief", "long"]),
        ({"model": ["a", "a", "a (2)", "a"]}, ["a", "a (3)", "a (2)", "a (4)"]),
        ({"prompt": ["x" * 100, "two\n  lines"]}, ["x" * 59 + "…", "two lines"]),
        ({"prompt": [[{"role": "user", "content": "Hi"}], ["a list"]]}, ["1", "2"]),
        ({"extra_headers": [{"X-Key": "swordfish"}, None]}, ["extra_headers 1", "extra_headers 2"]),
        ({"user": ["sk-proj-a1b2c3d4e5f6g7h8i9"]}, ["user …"]),
        ({"response_format": [int, dict]}, ["response_format int", "response_format dict"]),
        ({"logprobs": [True, None]}, ["logprobs True", "logprobs default"]),
    ],
)
def test_labels_are_short_different_and_without_secrets(over: dict[str, Any], labels: list[str]) -> None:
    assert names(grid_of(None, over)) == labels


def test_a_place_is_found_by_values_and_by_labels() -> None:
    grid = grid_of(None, {"temperature": [0, 1], "instructions": {"brief": "Be brief.", "long": "Be long."}})
    assert [grid.place_of(key) for key in ((0, "brief"), (0.0, "long"), ("1", "brief"), (1, "Be long."))] == [
        0,
        1,
        2,
        3,
    ]
    assert grid_of(["a", "b"], None).place_of("b") == 1
    for wrong in ("brief", (2, "brief"), (True, "brief"), (0, "brief", 1)):
        with pytest.raises(KeyError):
            grid.place_of(wrong)


class Array:
    """What numpy's arrays have."""

    ndim = 1

    def tolist(self) -> list[float]:
        return [0.0, 0.5]


@pytest.mark.parametrize(("values", "labels"), [(range(2), [0, 1]), (Array(), [0.0, 0.5])])
def test_ranges_and_arrays_are_values(values: object, labels: list[float]) -> None:
    grid = grid_of(None, {"temperature": values})
    assert [grid.labels(point)["temperature"] for point in grid.points()] == labels


def test_nothing_of_a_label_or_a_table_controls_a_terminal() -> None:
    assert grid_of(None, {"seed": {"a\x1b[31m": 1}}).axes[0].labels == ("a␛[31m",)
    assert "\x1b" not in table_of(["a\x1b"], ROWS[:1]) + heading("a\x1b", 1)


@pytest.mark.parametrize(
    ("models", "over", "error", "words"),
    [
        (None, None, TypeError, "needs models="),
        (None, {}, TypeError, "needs models="),
        ("gpt", None, TypeError, "models must be a list"),
        ([], None, ValueError, "models is empty"),
        (None, {"seed": 3}, TypeError, r"over\['seed'\] must be a list"),
        (None, {"seed": []}, ValueError, "nothing to compare"),
        (None, {"seed": "01"}, TypeError, "must be a list"),
        (None, {"seed": range(10**12)}, ValueError, "at most 64"),
        (None, [1], TypeError, "over must be a dict"),
        (None, {1: [1]}, TypeError, "names of arguments"),
        (None, {"seed": {1: 2}}, TypeError, "labels"),
        (["a"], {"model": ["b"]}, ValueError, "not in both"),
        (None, {"display": [True, False]}, ValueError, "cannot vary display="),
        (None, {"seed": list(range(13)), "top_p": [1] * 5}, ValueError, r"65 places \(13 seed × 5 top_p\): at most 64"),
    ],
)
def test_what_is_no_grid_is_refused(models: Any, over: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        grid_of(models, over)


def test_a_huge_grid_is_counted_and_not_made() -> None:
    with pytest.raises(ValueError, match=f"at most {MOST}"):
        grid_of(None, {name: [1] * 100_000 for name in ("seed", "top_p", "temperature", "user")})


ROWS: list[dict[str, Any]] = [
    {"status": "done", "total_seconds": 12.04, "output_tokens": 1200, "price": 0.00042, "characters": 9},
    {"status": "failed", "total_seconds": 0.5, "finish_reason": "a|b <i>", "characters": 0},
    {"status": "done", "tokens_per_second": 31.6, "tokens_estimated": True, "output_tokens": 3},
]


def test_rows_are_sorted_and_what_is_not_known_comes_last() -> None:
    tokens = [row.get("output_tokens") for row in in_order(ROWS, "output_tokens")]
    assert tokens == [3, 1200, None]
    assert [row.get("output_tokens") for row in in_order(ROWS, "output_tokens", descending=True)] == [1200, 3, None]
    assert [row["status"] for row in in_order(ROWS, "status")] == ["done", "done", "failed"]
    assert next(one["n"] for one in in_order([{"n": "x"}, {"n": float("nan")}, {"n": 2}], "n")) == 2


def test_a_table_in_markdown_says_the_numbers_and_nothing_of_it_is_markup() -> None:
    table = table_of(["a", "b | **c**", "<script>"], ROWS).split("\n")
    assert table[0] == "|  | Status | First token | Time | Tokens | Tokens/s | Price | Finish reason | Characters |"
    assert table[1] == "| --- | --- | --- | ---: | ---: | ---: | ---: | --- | ---: |"
    assert table[2] == "| a | done | – | 12&#46;0 s | 1,200 | – | 0&#46;00042 | – | 9 |"
    assert {line.count("|") for line in table} == {10}
    assert "<" not in "".join(table)
    assert "&#126;32" in table[4]
