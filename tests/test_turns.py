"""The tree of a conversation's turns, and what of them goes to the model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.answer.turns import Tree
from streamcell.request.history import Trim, check_trim, trimmed
from streamcell.request.request import estimated_tokens


def shown(**versions: int) -> Any:
    """Which version of each turn is shown: `t0=1` is the second one of the first turn."""
    return lambda turn: versions.get(f"t{turn}", 0)


def line(*afters: tuple[int, int] | None) -> Tree:
    tree = Tree()
    for after in afters:
        tree = tree.add(after)
    return tree


def test_an_edited_question_is_a_branch_and_both_can_be_shown() -> None:
    tree = line(None, (0, 0), (1, 0), (0, 0))  # the second question in other words
    assert tree.path(shown()) == (0, 3)
    assert tree.siblings(3) == tree.siblings(1) == (1, 3)
    assert tree.choose(1).path(shown()) == (0, 1, 2)
    assert tree.choose(1).choose(3).path(shown()) == (0, 3)


def test_another_version_of_an_answer_has_turns_of_its_own() -> None:
    tree = line(None, (0, 0), (1, 0))
    assert tree.path(shown(t0=1)) == (0,), "nothing was asked after the retried answer yet"
    tree = tree.add((0, 1))
    assert tree.path(shown(t0=1)) == (0, 3)
    assert tree.path(shown(t0=0)) == (0, 1, 2), "the former version keeps what followed it"
    assert tree.before((3, 0)) == ((0, 1), (3, 0))


def test_a_turn_follows_only_a_turn_that_is_there() -> None:
    with pytest.raises(ValueError, match="no turn 3"):
        line(None).add((3, 0))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=30))
def test_every_turn_is_in_the_branch_in_which_what_it_follows_is_chosen(grown: list[tuple[int, int]]) -> None:
    tree = Tree()
    for turn, version in grown:
        tree = tree.add((turn, version) if turn < len(tree.turns) else None)
    for number in range(len(tree.turns)):
        before = tree.before(tree.turns[number])
        versions = dict(before)
        chosen = tree
        for turn in (*versions, number):
            chosen = chosen.choose(turn)
        # Nothing follows a version that nobody has asked on from.
        assert chosen.path(lambda turn, known=versions: known.get(turn, 9)) == (*versions, number)  # type: ignore[misc]


SYSTEM = "Be brief."
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "7"}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


TURNS = [[user("a" * 40), said("b" * 40)], [user("c"), CALL, RESULT, said("d")], [user("e"), said("f")]]
QUESTION = [user("g")]
EVERY = [message for turn in TURNS for message in turn]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (None, TURNS),
        (Trim(), TURNS),
        (Trim(turns=2), TURNS[1:]),
        (Trim(turns=0), []),
        (Trim(turns=9, tokens=10_000), TURNS),
        (10, TURNS[1:]),
        (Trim(tokens=1), []),
        (lambda messages: messages, TURNS),
        (lambda messages: messages[-1:], []),
    ],
)
def test_whole_turns_are_left_out(policy: Any, kept: list[list[dict[str, Any]]]) -> None:
    expected = [message for turn in kept for message in turn]
    assert trimmed(SYSTEM, TURNS, QUESTION, policy) == (tuple(expected), len(EVERY) - len(expected))


def test_a_call_is_never_torn_from_its_result() -> None:
    without_call = trimmed(None, TURNS, QUESTION, lambda all_: [one for one in all_ if one != CALL])
    without_result = trimmed(None, TURNS, QUESTION, lambda all_: [one for one in all_ if one != RESULT])
    both = tuple(one for one in EVERY if one not in (CALL, RESULT))
    assert without_call == without_result == (both, 2)
    chat: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "x", "type": "function", "function": {}}]},
        {"role": "tool", "tool_call_id": "x", "content": "7"},
    ]
    assert trimmed(None, [[user("a"), *chat]], QUESTION, lambda all_: [*all_[:1], *all_[2:]]) == ((user("a"),), 2)


def test_a_function_is_given_everything_and_must_keep_the_question() -> None:
    seen: list[Any] = []

    def policy(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen.extend(messages)
        return [said("a summary"), *messages[-3:]]

    kept, left_out = trimmed(SYSTEM, TURNS, QUESTION, policy)
    assert seen == [{"role": "system", "content": SYSTEM}, *EVERY, *QUESTION]
    assert kept == (said("a summary"), user("e"), said("f"))
    assert left_out == 6
    with pytest.raises(ValueError, match="must keep the newest question"):
        trimmed(SYSTEM, TURNS, QUESTION, lambda messages: messages[:-1])
    with pytest.raises(TypeError, match="returned NoneType"):
        trimmed(SYSTEM, TURNS, QUESTION, lambda _: None)


def test_what_is_no_policy_is_refused() -> None:
    for wrong in ("10", True, 0, -1, 1.5):
        with pytest.raises((TypeError, ValueError), match=r"trim must|tokens must"):
            check_trim(wrong)
    with pytest.raises(ValueError, match="turns must be a whole number of at least 0"):
        Trim(turns=-1)


OPEN = ({"role": "user", "content": "hi"}, {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"})
LATER = ({"role": "user", "content": "and?"}, {"role": "assistant", "content": "well"})
RETURNED = ({"type": "function_call_output", "call_id": "a", "output": "x"},)


@pytest.mark.parametrize("policy", [Trim(turns=0), 1, lambda messages: messages[-1:], lambda messages: messages])
def test_a_call_whose_result_is_the_question_is_always_sent(policy: Any) -> None:
    kept, _ = trimmed(None, [OPEN], RETURNED, policy)
    assert OPEN[1] in kept
    assert trimmed(None, [OPEN, LATER], LATER[:1], Trim(turns=1))[0] == LATER


def test_a_call_that_is_kept_for_its_result_keeps_the_results_of_those_beside_it() -> None:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in "ab"]
    turn = (
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "b", "content": "y"},
    )
    kept, left_out = trimmed(None, [turn], ({"role": "tool", "tool_call_id": "a", "content": "x"},), Trim(turns=0))
    assert (kept, left_out) == (turn[1:], 1)


@pytest.mark.parametrize(
    "large",
    [
        {"type": "function_call_output", "call_id": "a", "output": "x" * 4_000},
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "x" * 4_000}]},
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "x" * 4_000},
        {"type": "custom_tool_call", "call_id": "a", "name": "f", "input": "x" * 4_000},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "x" * 4_000}}],
        },
    ],
)
def test_calls_of_tools_and_their_results_cost_tokens(large: dict[str, Any]) -> None:
    assert 1_000 <= estimated_tokens([large]) <= 1_010
    assert trimmed(None, [(large,)], LATER[:1], 500) == ((), 1)


def test_a_function_cannot_change_the_conversation_nor_leave_out_less_than_nothing() -> None:
    said = {"role": "user", "content": [{"type": "text", "text": "hi"}]}

    def twice(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        messages[0]["content"][0]["text"] = "changed"
        return [messages[0], messages[0], messages[-1]]

    kept, left_out = trimmed(None, [(said,)], LATER[:1], twice)
    assert (len(kept), left_out) == (2, 1)
    assert said["content"] == [{"type": "text", "text": "hi"}]
    assert trimmed(None, [LATER], OPEN[:1], lambda messages: [messages[0], messages[0], messages[-1]])[1] == 1
