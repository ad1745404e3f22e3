"""The gate: what is judged together, what is released when, for every way in which a text and its verdicts come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.answer.events import Finished, PartChanged, PartGrew
from streamcell.answer.gate import AT_ONCE, Gate, Item, Window
from streamcell.answer.moderation import Moderation

RULES = Moderation(lambda _: False, window=40, overlap=10, first_window=16)
BAD = "FLAGGED"  # shorter than the overlap


def grown(text: str) -> PartGrew:
    return PartGrew("text", text)


def shown(items: Sequence[Item]) -> str:
    return "".join(one.given.text for one in items if isinstance(one.given, PartGrew))


class Play:
    """Feeds a gate with deltas; verdicts come when and in which order the test wants."""

    def __init__(self, rules: Moderation = RULES) -> None:
        self.gate = Gate(rules)
        self.asked: list[Window] = []
        self.all: list[Window] = []
        self.out: list[Item] = []
        self.blocked = False

    def feed(self, text: str) -> None:
        self.gate = self.gate.entering(grown(text), key="text", text=text)
        self._move()

    def end(self) -> None:
        self.gate = self.gate.entering(Finished("stop"), ends=True, last=True)
        self._move()

    def judge(self, at: int) -> None:
        window = self.asked.pop(at % len(self.asked))
        if BAD in window.text:
            self.blocked = True
            return
        self.gate = self.gate.passing(window.number)
        self._move()

    def _move(self) -> None:
        self.gate, windows, freed = self.gate.moving()
        self.asked += windows
        self.all += windows
        self.out += freed
        assert len(self.gate.asked) <= AT_ONCE


def pieces(text: str, cuts: Sequence[int]) -> Iterator[str]:
    """Cut a text into deltas of these lengths, over and over."""
    at, number = 0, 0
    while at < len(text):
        size = cuts[number % len(cuts)]
        yield text[at : at + size]
        at, number = at + size, number + 1


def played(play: Play, text: str, cuts: Sequence[int], order: Callable[[], int | None]) -> None:
    """Play a whole text; `order` says which of the waiting verdicts comes next, or None for none."""
    for piece in pieces(text, cuts):
        play.feed(piece)
        while play.asked and not play.blocked and (at := order()) is not None:
            play.judge(at)
        if play.blocked:
            return
    play.end()
    while play.asked and not play.blocked:
        play.judge(order() or 0)


WORDS = st.text(alphabet="ab. \n\N{GRINNING FACE}", max_size=120)
CUTS = st.lists(st.integers(1, 50), min_size=1, max_size=6)
ORDER = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=20)


def order_of(chosen: list[int | None]) -> Callable[[], int | None]:
    left = iter(chosen * 50)
    return lambda: next(left, 0)


@given(WORDS, CUTS, ORDER)
def test_all_is_released_in_its_order_if_nothing_is_flagged(
    text: str, cuts: list[int], order: list[int | None]
) -> None:
    play = Play()
    played(play, text, cuts, order_of(order))
    assert shown(play.out) == text
    assert isinstance(play.out[-1].given, Finished)
    assert (play.gate.items, play.gate.held, play.gate.asked) == ((), 0, ())
    assert play.gate.cleared == play.gate.entered


@given(WORDS, WORDS, CUTS, ORDER)
def test_no_character_of_a_flagged_window_is_released(
    before: str, behind: str, cuts: list[int], order: list[int | None]
) -> None:
    play = Play()
    played(play, before + BAD + behind, cuts, order_of(order))
    assert play.blocked
    flagged = min(one.start for one in play.all if BAD in one.text)
    assert len(shown(play.out)) <= flagged <= len(before)
    assert before.startswith(shown(play.out))


@given(WORDS, CUTS)
def test_windows_cover_the_text_and_overlap(text: str, cuts: list[int]) -> None:
    play = Play()
    played(play, text, cuts, lambda: 0)
    assert all(text[one.start : one.end] == one.text and len(one.text) <= RULES.window for one in play.all)
    for one, after in pairwise(play.all):
        latest = max(0, one.end - RULES.overlap)
        assert latest - 15 <= after.start <= latest < one.end < after.end
    assert "".join([*(one.text for one in play.all[:1]), *_new(play.all)]) == text


def _new(windows: Sequence[Window]) -> Iterator[str]:
    for one, after in pairwise(windows):
        yield after.text[one.end - after.start :]


@given(WORDS, st.integers(0, 200))
def test_a_phrase_that_began_before_is_seen_whole(before: str, cut: int) -> None:
    """A text that was cut inside the phrase, and continues in another run."""
    half = cut % (len(BAD) - 1) + 1
    play = Play()
    play.gate = Gate.after(RULES, "text", before + BAD[:half])
    played(play, BAD[half:] + " and more", [3], lambda: 0)
    assert play.blocked
    assert shown(play.out) == ""


def test_the_first_words_come_after_the_first_window() -> None:
    play = Play()
    play.feed("x" * 15)
    assert play.asked == []
    play.feed("y")
    assert [one.text for one in play.asked] == ["x" * 15 + "y"]
    assert play.out == []
    play.judge(0)
    assert shown(play.out) == "x" * 6  # all but the overlap


def test_a_window_ends_with_a_sentence_or_a_word() -> None:
    rules = Moderation(lambda _: False, window=40, overlap=0)
    play = Play(rules)
    play.feed("One sentence is here, and it ends. Another one begins")
    assert play.asked[0].text == "One sentence is here, and it ends. "
    play = Play(rules)
    play.feed("no sentence ends within these very many words at all")
    assert play.asked[0].text == "no sentence ends within these very many "
    play = Play(rules)
    play.feed("x" * 100)
    assert [len(one.text) for one in play.asked] == [40, 40]


def test_text_is_shown_up_to_the_end_of_a_word() -> None:
    play = Play(Moderation(lambda _: False, window=60, overlap=10, first_window=40))
    play.feed("Several short words are in this sentence, so")
    assert play.asked[0].text == "Several short words are in this "
    play.judge(0)
    assert shown(play.out) == "Several short words "  # not the two characters more that are safe


def test_few_windows_are_judged_at_the_same_time() -> None:
    play = Play()
    play.feed("x" * 1000)
    assert len(play.asked) == AT_ONCE
    play.judge(2)
    assert len(play.asked) == AT_ONCE
    assert play.out == []  # the one before has no verdict yet


def test_it_is_full_when_much_waits_and_says_so() -> None:
    play = Play()
    assert not play.gate.full
    play.feed("x" * 20 * RULES.window)
    assert play.gate.full
    while play.asked:
        play.judge(0)
    assert not play.gate.full


def test_what_has_no_judged_text_waits_for_the_text_before_it() -> None:
    play = Play()
    reasoning, source = PartGrew("reasoning", "hm"), PartChanged("citation", {"title": "x"})
    play.gate = play.gate.entering(reasoning)
    play._move()
    assert [one.given for one in play.out] == [reasoning]
    play.feed("x")
    play.gate = play.gate.entering(source)
    play._move()
    assert [one.given for one in play.out] == [reasoning]
    play.end()
    play.judge(0)
    assert [one.given for one in play.out] == [reasoning, grown("x"), source, Finished("stop")]


def test_texts_that_are_whole_are_judged_as_soon_as_nothing_waits_before_them() -> None:
    play = Play()
    play.feed("x" * 16)
    for title in "yz":
        source = PartChanged("citation", {"title": title})
        play.gate = play.gate.entering(source, key="citation", text=title, alone=True)
        play._move()
    assert [one.text for one in play.asked] == ["x" * 16]
    play.judge(0)
    assert [one.text for one in play.asked] == []  # the last words of the text wait for more
    play.end()
    assert [one.text for one in play.asked] == ["x" * 16, "yz"][1:]
    play.judge(0)
    assert isinstance(play.out[-1].given, Finished)
    play.gate = play.gate.entering(PartChanged("citation", {}), key="citation", text="w", alone=True)
    play._move()
    assert [one.text for one in play.asked] == ["yzw"]


def test_nothing_enters_after_the_end_of_a_run() -> None:
    play = Play()
    play.feed("x")
    play.end()
    held = play.gate
    assert held.entering(grown("y"), key="text", text="y") is held
    play.judge(0)
    play.feed("z")  # of another run of the same gate
    assert play.gate.items


def test_a_gate_of_a_text_before_begins_with_its_end() -> None:
    rules = replace(RULES, overlap=3, first_window=5)
    gate = Gate.after(rules, "text", "before").entering(grown("12345"), key="text", text="12345")
    [window] = gate.asking()[1]
    assert (window.text, window.start, window.end) == ("ore12345", -3, 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "later"}, "mode must be one of 'watch', 'hold'"),
        ({"on_failure": "maybe"}, "on_failure must be one of"),
        ({"window": -1}, "window must be a number of characters"),
        ({"window": True}, "window must be a number of characters"),
        ({"overlap": 16}, r"overlap \(16\) must be less than first_window \(16\)"),
        ({"first_window": 41}, "at most window"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout must be a number of seconds above 0"),
    ],
)
def test_values_are_checked(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(RULES, **change)


def test_defaults_let_the_first_words_come_soon() -> None:
    rules = Moderation("openai")
    assert (rules.window, rules.overlap, rules.first) == (800, 200, 300)
