from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell.rehearsal._request import Asked, RefusedError, Turn
from streamcell.rehearsal._scenarios import SCENARIOS, choose, model_names, write_script
from streamcell.rehearsal._steps import LAST, Cut, End, Open, Piece, Stall, Step, Thought, Timing, Wait, schedule
from streamcell.rehearsal._tokens import pieces

TIMING = Timing()


def ask(model: str, prompt: str = "Explain entropy") -> Asked:
    return Asked(api="chat", model=model, turns=(Turn("user", prompt),))


def script(model: str, prompt: str = "Explain entropy", seed: int = 1) -> list[Step]:
    return list(write_script(ask(model, prompt), TIMING, seed=seed).steps)


def texts(steps: list[Step]) -> list[str]:
    return [step.text for step in steps if isinstance(step, Piece)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_opens_once_and_ends_once(name: str) -> None:
    try:
        steps = script(name)
    except RefusedError:  # a refusal has no steps; its status is tested with the SDK
        assert "Refused" in SCENARIOS[name].summary
        return
    opens = [place for place, step in enumerate(steps) if isinstance(step, Open)]
    ends = [place for place, step in enumerate(steps) if isinstance(step, LAST)]
    assert opens in ([], [0], [1])
    assert 0 < len(ends) <= 2
    assert all(isinstance(step, (Stall, *LAST)) for step in steps[ends[0] :])
    assert all(texts(steps))


def test_a_sequence_plays_one_scenario_an_attempt_and_begins_again() -> None:
    asked = ask("rehearsal/rate_limit?retry_after=2,cut?after=3,tour")
    with pytest.raises(RefusedError) as refused:
        write_script(asked, TIMING, seed=1)
    assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "2"})
    cut = write_script(replace(asked, before=1), TIMING, seed=1).steps
    assert (len(texts(list(cut))), cut[-1]) == (3, Cut())
    assert write_script(replace(asked, before=2), TIMING, seed=1).steps[-1] == End("stop")
    with pytest.raises(RefusedError):
        write_script(replace(asked, before=3), TIMING, seed=1)


def test_all_attempts_at_an_answer_are_one_question() -> None:
    asked = ask("tour", "Why?")
    more = replace(asked, turns=(*asked.turns, Turn("assistant", "Beca")))
    further = replace(more, turns=(*more.turns, Turn("user", "Go on.")))
    assert asked.question == more.question == further.question
    assert ask("tour", "How?").question != asked.question
    assert "".join(texts(list(write_script(further, TIMING, seed=1).steps)))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_prefix_may_be_left_out(name: str) -> None:
    assert choose(f"rehearsal/{name}") == choose(name) == [(SCENARIOS[name], {})]
    assert f"rehearsal/{name}" in model_names()


def test_rehearsal_alone_is_the_tour() -> None:
    assert choose("rehearsal") == choose("rehearsal/tour")
    assert choose("rehearsal?rate=9") == choose("tour?rate=9")


@pytest.mark.parametrize(
    "model", ["gpt-9", "", "?rate=1", "rehearsal/", "rehearsal/nothing", "rehearsalecho", "rehearsal/rehearsal"]
)
def test_an_unknown_model_is_not_found(model: str) -> None:
    with pytest.raises(RefusedError, match="does not exist") as refused:
        choose(model)
    assert refused.value.status == 404
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("rehearsal?speed=9", "no setting 'speed'"),
        ("rehearsal?characters=9", "no setting 'characters'"),
        ("rehearsal?rate=fast", "must be a number"),
        ("rehearsal?rate=nan", "from 0 to"),
        ("rehearsal?rate=-1", "from 0 to"),
        ("rehearsal?rate=", "must be a number"),
        ("rehearsal?seed=1.5", "must be a whole number"),
        ("rehearsal?jitter=2", "from 0 to 1"),
        ("rehearsal/bulk?characters=10&chunks=11", "cannot be cut"),
    ],
)
def test_a_wrong_setting_is_a_bad_request(model: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says) as refused:
        script(model)
    assert (refused.value.status, refused.value.param) == (400, "model")


@given(st.text(), st.integers())
def test_echo_gives_back_exactly_what_was_said(prompt: str, seed: int) -> None:
    assert "".join(texts(script("echo", prompt, seed))) == prompt


def test_echo_hears_the_last_message_of_the_user() -> None:
    turns = (Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"), Turn("assistant", "four"))
    asked = replace(ask("echo"), turns=turns)
    assert texts(list(write_script(asked, TIMING, seed=1).steps)) == ["three"]


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers())
def test_bulk_is_exactly_as_long_and_in_as_many_chunks_as_asked(characters: int, chunks: int, seed: int) -> None:
    chunks = min(chunks, characters)
    parts = texts(script(f"bulk?characters={characters}&chunks={chunks}&seed={seed}"))
    assert (len("".join(parts)), len(parts)) == (characters, chunks)
    assert {len(part) for part in parts} <= {characters // chunks, characters // chunks + 1}
    assert "".join(parts).strip() == "".join(parts)


def test_bulk_without_settings_is_the_large_answer() -> None:
    parts = texts(script("bulk"))
    whole = "".join(parts)
    assert (len(whole), len(parts)) == (50_000, 12_000)
    assert "\n\n## " in whole
    assert "\n- " in whole
    assert "\n1. " in whole
    assert len(set(whole.split())) > 100


def test_bulk_makes_token_like_chunks_where_their_number_is_left_out() -> None:
    assert [len(texts(script(f"bulk?characters={n}"))) for n in (1, 10, 1000)] == [1, 2, 240]


def test_stall_falls_silent_where_it_is_told_and_then_goes_on() -> None:
    steps = [step for step in script("stall?after=3&seconds=9.5") if not isinstance(step, Wait)]
    assert steps[4] == Stall(9.5)
    assert texts(steps) == texts(script("tour"))
    assert steps[-1] == End("stop")


def test_stall_may_fall_silent_at_once_or_after_everything() -> None:
    first = [step for step in script("stall?after=0") if not isinstance(step, Wait)]
    last = [step for step in script("stall?after=999999") if not isinstance(step, Wait)]
    assert first[:2] == [Open(), Stall(60)]
    assert last[-2:] == [Stall(60), End("stop")]


def test_cut_ends_without_an_end() -> None:
    steps = script("cut?after=4")
    assert texts(steps) == texts(script("tour"))[:4]
    assert steps[-1] == Cut()
    assert End("stop") not in steps


def test_reasoning_comes_first_and_only_when_asked_for() -> None:
    asked = replace(ask("tour"), thinks=True)
    kinds = [type(step) for step in write_script(asked, TIMING, seed=1).steps if isinstance(step, (Thought, Piece))]
    assert kinds[0] is Thought
    assert kinds == sorted(kinds, key=lambda kind: kind is Piece)
    assert not any(isinstance(step, Thought) for step in script("tour"))


def test_one_seed_one_script() -> None:
    assert script("tour", "Write a poem", seed=5) == script("tour", "Write a poem", seed=5)
    assert script("tour?seed=5", seed=1) == script("tour?seed=5", seed=2)
    assert script("tour", seed=1) != script("tour", seed=2)
    assert script("bulk?seed=1") != script("bulk?seed=2")


def test_the_servers_seed_counts_unless_the_model_names_one() -> None:
    seeded = replace(TIMING, seed=5)
    assert write_script(ask("tour"), seeded, seed=1).steps == script("tour?seed=5")
    assert write_script(ask("tour?seed=6"), seeded, seed=1).steps == script("tour?seed=6")


def test_poems_differ_by_seed_but_not_by_pace() -> None:
    poems = {"".join(texts(script(f"tour?seed={seed}", "Write a poem"))) for seed in range(20)}
    assert len(poems) == 3
    assert texts(script("bulk?seed=3&rate=10")) == texts(script("bulk?seed=3&rate=9999&jitter=0"))


def test_the_schedule_follows_the_rate_asked_for() -> None:
    steps = script("bulk?rate=4000&first_token=0.5&jitter=0")
    dues = [due for due, step in schedule(steps) if isinstance(step, Piece)]
    assert dues[0] == 0.5
    assert dues[-1] == pytest.approx(0.5 + 11_999 / 4000)


def test_the_limit_cuts_any_answer() -> None:
    steps = list(write_script(replace(ask("echo", "one two three"), limit=2), TIMING, seed=1).steps)
    assert texts(steps) == ["one", " two"]
    assert steps[-1] == End("length")


def test_answers_are_made_of_token_like_pieces() -> None:
    parts = texts(script("tour"))
    assert parts == pieces("".join(parts))
    assert max(len(part.strip()) for part in parts) <= 10
