"""Makes the script for a request: the model's name decides what happens. Pure.

    rehearsal                                    the answer that fits the prompt
    rehearsal/stall?after=20&seconds=5           a scenario with its settings
    rehearsal/rate_limit,drop?after=50,tour      one scenario for each attempt, then again from the first

To add an answer, add a row to `ANSWERS`; to add an error, add one to `_faults.FAULTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeAlias
from urllib.parse import parse_qsl

from . import _answers, _bulk, _everything, _hosted, _pictures, _structured, _tokens, _tools
from ._faults import FAULTS, Fault, Setting, Settings, whole
from ._request import Asked, RefusedError
from ._shapes import Shape
from ._steps import Argument, Called, Cited, Piece, Step, Thought, Timing, Token, limited, paced
from ._talk import asks_for

Tokens: TypeAlias = Callable[[Asked, Settings, Random], Iterator[Token]]


@dataclass(frozen=True)
class Answer:
    """An answer without errors, as tokens."""

    summary: str
    tokens: Tokens
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """What happens for one request: the steps in order, and how they are written as bytes. `lot` is the random seed."""

    steps: Sequence[Step]
    shape: Shape
    lot: int


def _tour(asked: Asked, settings: Settings, rng: Random) -> Iterator[Token]:
    if asked.thinks:
        yield from map(Thought, _tokens.pieces(_answers.thought(asked)))
    if asked.tools and not (asked.results and asked.schema is not None):
        yield from _call_tools(asked, settings, rng)
        return
    if asked.schema is not None:
        yield from _structured.tokens(asked, settings)
        return
    yield from map(Piece, _tokens.pieces(_answers.answer(asked, rng)))


def _call_tools(asked: Asked, settings: Settings, _rng: Random) -> Iterator[Token]:
    if settings.get("thinks") and asked.lacks:
        raise RefusedError(asked.lacks)
    yield from _tools.tokens(asked, settings)


def _talk(asked: Asked, settings: Settings, rng: Random) -> Iterator[Token]:
    wanted = tuple(tool for tool in asked.tools if asks_for(tool.name, asked.words))
    if asked.results or wanted:
        yield from _tools.tokens(replace(asked, tools=wanted or asked.tools), settings)
    else:
        yield from map(Piece, _tokens.pieces(_answers.answer(asked, rng)))


def _structured_answer(asked: Asked, settings: Settings, _rng: Random) -> Iterator[Token]:
    yield from _structured.tokens(asked, settings)


def _echo(asked: Asked, _settings: Settings, _rng: Random) -> Iterator[Token]:
    yield from map(Piece, _tokens.pieces(asked.prompt))


def _bulk_text(_asked: Asked, settings: Settings, rng: Random) -> Iterator[Token]:
    characters = int(settings["characters"])
    chunks = int(settings["chunks"]) or max(1, round(characters * 0.24))  # about as long as a model's tokens
    if chunks > characters:
        raise RefusedError(
            f"{characters} characters cannot be cut into {chunks} chunks.", param="model", code="invalid_value"
        )
    yield from map(Piece, _bulk.cut(_bulk.text(characters, rng), chunks))


def _hosted_tools(asked: Asked, settings: Settings, _rng: Random) -> Iterator[Token]:
    flags = {"fails": bool(settings["fail"]), "hostile": bool(settings["hostile"])}
    yield from _hosted.chat(**flags) if asked.api == "chat" else _hosted.responses(asked.results, **flags)


def _every_kind(asked: Asked, _settings: Settings, _rng: Random) -> Iterator[Token]:
    yield from _everything.tokens(asked)


def _images(asked: Asked, settings: Settings, _rng: Random) -> Iterator[Token]:
    play = _pictures.chat if asked.api == "chat" else _pictures.responses
    flags = {name: bool(settings[name]) for name in ("fail", "cut", "hostile")}
    yield from play(previews=int(settings["previews"]), **flags)


_CITED = (
    "Rain comes from the sea[1], falls on the hills, and the hills send it back down the rivers[2]."
    " The gauge's own records[3] show how long that takes."
)
_SOURCES = (
    Cited("The water cycle", url="https://example.org/water-cycle?utm_source=rehearsal"),
    Cited("How *rivers* find their way", url="https://example.org/rivers"),
    Cited("gauge_2026.csv", file="file-rehearsal-1"),
)


def _citations(_asked: Asked, _settings: Settings, _rng: Random) -> Iterator[Token]:
    yield from map(Piece, _tokens.pieces(_CITED))
    yield from _SOURCES


DEFAULT = "tour"

ANSWERS: Mapping[str, Answer] = {
    "tour": Answer("Answers that fit the prompt and show off Markdown.", _tour),
    "tools": Answer(
        "Calls of the request's tools, and an answer that quotes what they return.",
        _call_tools,
        dict.fromkeys(("parallel", "silent", "unknown", "broken", "huge", "loop", "thinks"), Setting(0, 0, 1)),
    ),
    "talk": Answer(
        "A conversation that remembers names and questions, and calls a tool when the question has a word of its name.",
        _talk,
    ),
    "echo": Answer("The last message of the user, said back exactly.", _echo),
    "bulk": Answer(
        "A given number of characters in a given number of chunks.",
        _bulk_text,
        # The maximum is enough for a test of limits; such an answer is made in memory, in a few seconds.
        {"characters": Setting(50_000, 1, 5_000_000), "chunks": Setting(0, 0, 1_000_000)},
    ),
    "hosted": Answer(
        "Tools that the provider runs, with reasoning and commentary; some fail, and some say what may do harm.",
        _hosted_tools,
        {"fail": Setting(0, 0, 1), "hostile": Setting(0, 0, 1)},
    ),
    "images": Answer(
        "A text with an image that the model makes, after some previews; some fail, are cut, or are no images.",
        _images,
        {"previews": Setting(2, 0, 3), **dict.fromkeys(("fail", "cut", "hostile"), Setting(0, 0, 1))},
    ),
    "structured": Answer(
        "JSON that fits the request's schema; or it breaks the schema at a level, has prose or a fence, or is refused.",
        _structured_answer,
        {
            "records": Setting(3, 0, 1_000_000),
            "characters": Setting(0, 0, 5_000_000),
            "depth": Setting(0, 0, 250),
            "size": Setting(0, 0, 1_000_000),
            "wrong": Setting(0, 0, 250),
            **dict.fromkeys(("prose", "fence", "refuse", "stubborn"), Setting(0, 0, 1)),
        },
    ),
    "everything": Answer("Each kind of part in one answer, with a call of a tool between its texts.", _every_kind),
    "citations": Answer("A text that names its sources: two pages and a file.", _citations),
}

SCENARIOS: Mapping[str, Answer | Fault] = {**ANSWERS, **FAULTS}

_COMMON: Mapping[str, Setting] = {
    "rate": Setting(40, 0, 1_000_000, whole=False),
    "first_token": Setting(0.25, 0, 86_400, whole=False),
    "jitter": Setting(0.3, 0, 1, whole=False),
    "seed": Setting(0, -math.inf, math.inf),
    "split": Setting(0, 0, 1_000_000),
    "crlf": Setting(0, 0, 1),
}


def model_names() -> list[str]:
    """The models that the server lists."""
    return ["rehearsal", *(f"rehearsal/{name}" for name in SCENARIOS)]


def choose(model: str) -> list[tuple[Answer | Fault, dict[str, float]]]:
    """The scenarios that a model's name chooses, one for each attempt, with their settings.

    Raises `RefusedError`, as the API does, for an unknown model or an unknown setting.
    """
    path = model.removeprefix("rehearsal/")
    if model.partition("?")[0] == "rehearsal":
        path = DEFAULT + model.removeprefix("rehearsal")
    return [_choose(one, model) for one in path.split(",")]


def _choose(path: str, model: str) -> tuple[Answer | Fault, dict[str, float]]:
    name, _, query = path.partition("?")
    scenario = SCENARIOS.get(name)
    if scenario is None:
        known = ", ".join(f"'{known}'" for known in model_names())
        raise RefusedError(
            f"The model '{model}' does not exist or you do not have access to it. The rehearsal server has {known}.",
            status=404,
            code="model_not_found",
        )
    known_settings = {**scenario.settings, **_COMMON}
    given: dict[str, float] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in known_settings:
            raise _bad_setting(f"'{name}' has no setting '{key}'. It has: {', '.join(known_settings)}.")
        given[key] = _number(key, text, known_settings[key])
    return scenario, given


def answer_tokens(asked: Asked, timing: Timing, *, seed: int) -> list[Token]:
    """The tokens of the complete answer, even if the scenario has an error."""
    return _plan(asked, timing, seed)[-1]


def write_script(asked: Asked, timing: Timing, *, seed: int, done: int | None = None) -> Script:
    """Everything that will happen, in order. It is the same for the same request, timing and seed.

    `timing` is the server's, but the model's name can override it. `seed` is used if neither of them has one. `done` is
    how many tokens a resumed response already has; this attempt's scenario is played with the rest. Raises
    `RefusedError` if the API would refuse the request.
    """
    scenario, given, lot, tokens = _plan(asked, timing, seed)
    timing = replace(
        timing,
        rate=given.get("rate", timing.rate),
        first_token=given.get("first_token", timing.first_token),
        jitter=given.get("jitter", timing.jitter),
    )
    left, limit = tokens[done or 0 :], None if asked.limit is None else asked.limit - (done or 0)
    is_later = done is not None or asked.interrupted is not None
    # After an error, the resumed answer is complete, unless the name has a scenario for it.
    if isinstance(scenario, Answer) or (is_later and "," not in asked.model):
        steps, shape = whole(left, {}, asked), Shape()
    else:
        settings = {key: given.get(key, setting.default) for key, setting in scenario.settings.items()}
        steps, shape = scenario.steps(left, settings, asked), scenario.shape
    split, crlf = int(given.get("split", shape.split)), bool(given.get("crlf", shape.crlf))
    # One seed for each purpose, so that another pace does not change the text. The numbers need not be unpredictable.
    paced_steps = paced(limited(steps, limit), timing, Random(f"pace {lot}"))
    return Script(list(paced_steps), replace(shape, split=split, crlf=crlf), lot)


def _plan(asked: Asked, timing: Timing, seed: int) -> tuple[Answer | Fault, dict[str, float], int, list[Token]]:
    """This attempt's scenario with its settings from the name, its seed, and the answer's tokens."""
    chosen = choose(asked.model)
    scenario, given = chosen[asked.before % len(chosen)]
    lot = int(given["seed"]) if "seed" in given else seed if timing.seed is None else timing.seed
    text = Random(f"text {lot}")
    answer = scenario if isinstance(scenario, Answer) else ANSWERS[DEFAULT]
    settings = {key: given.get(key, setting.default) for key, setting in answer.settings.items()}
    tokens = answer.tokens(asked, settings, text) if asked.interrupted is None else _rest(asked, answer, settings, text)
    return scenario, given, lot, list(tokens)


def _rest(asked: Asked, answer: Answer, settings: Settings, rng: Random) -> list[Token]:
    """The rest of an answer. If a message asks for it, it repeats the last characters of the answer so far.

    The reasoning before tool calls is repeated completely.
    """
    before, so_far, repeated = asked.interrupted or (asked, "", 0)
    tokens = list(answer.tokens(before, settings, rng))
    text = "".join(token.text for token in tokens if isinstance(token, Piece))
    begin = len(so_far) - repeated if text.startswith(so_far) else 0
    calls = (token for token in tokens if isinstance(token, (Called, Argument)))
    thoughts = (token for token in tokens if isinstance(token, Thought) and token.shown)
    return [*thoughts, *map(Piece, _tokens.pieces(text[max(0, begin) :])), *calls]


def _number(key: str, text: str, setting: Setting) -> float:
    kind = "a whole number" if setting.whole else "a number"
    try:
        value = int(text) if setting.whole else float(text)
    except ValueError:
        raise _bad_setting(f"'{key}' must be {kind}, not '{text}'.") from None
    if not setting.least <= value <= setting.most:  # NaN is not between any two numbers
        raise _bad_setting(f"'{key}' must be {kind} from {setting.least} to {setting.most}, not {text}.")
    return value


def _bad_setting(message: str) -> RefusedError:
    return RefusedError(f"Invalid model: {message}", param="model", code="invalid_value")
