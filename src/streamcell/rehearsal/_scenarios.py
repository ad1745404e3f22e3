"""The table of scenarios, and how a model's name chooses one: name, settings and request in, script out. Pure.

A new scenario is a function that yields steps and a row in `SCENARIOS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import TypeAlias
from urllib.parse import parse_qsl

from . import _answers, _bulk, _tokens
from ._request import Asked, RefusedError
from ._steps import Cut, End, Open, Piece, Stall, Step, Thought, Timing, limited, paced

Settings: TypeAlias = Mapping[str, float]
Steps: TypeAlias = Callable[[Asked, Settings, Random], Iterator[Step]]


@dataclass(frozen=True)
class Setting:
    """A number that may follow the model's name: `rehearsal/stall?after=20`."""

    default: float
    least: float
    most: float
    whole: bool = True


@dataclass(frozen=True)
class Scenario:
    """What happens when a model of this name is asked."""

    summary: str
    steps: Steps
    settings: Mapping[str, Setting] = field(default_factory=dict)


def _tour(asked: Asked, _settings: Settings, rng: Random) -> Iterator[Step]:
    yield Open()
    yield from _thinking(asked)
    yield from map(Piece, _tokens.pieces(_answers.answer(asked, rng)))
    yield End("stop")


def _echo(asked: Asked, _settings: Settings, _rng: Random) -> Iterator[Step]:
    yield Open()
    yield from map(Piece, _tokens.pieces(asked.prompt))
    yield End("stop")


def _bulk_text(_asked: Asked, settings: Settings, rng: Random) -> Iterator[Step]:
    characters = int(settings["characters"])
    chunks = int(settings["chunks"]) or max(1, round(characters * 0.24))  # about as long as a model's tokens
    if chunks > characters:
        raise RefusedError(
            f"{characters} characters cannot be cut into {chunks} chunks.", param="model", code="invalid_value"
        )
    yield Open()
    yield from map(Piece, _bulk.cut(_bulk.text(characters, rng), chunks))
    yield End("stop")


def _stall(asked: Asked, settings: Settings, rng: Random) -> Iterator[Step]:
    texts = iter(_tokens.pieces(_answers.answer(asked, rng)))
    yield Open()
    yield from _thinking(asked)
    yield from map(Piece, islice(texts, int(settings["after"])))
    yield Stall(settings["seconds"])
    yield from map(Piece, texts)
    yield End("stop")


def _cut(asked: Asked, settings: Settings, rng: Random) -> Iterator[Step]:
    yield Open()
    yield from _thinking(asked)
    yield from map(Piece, _tokens.pieces(_answers.answer(asked, rng))[: int(settings["after"])])
    yield Cut()


def _refuse(asked: Asked, settings: Settings, rng: Random) -> Iterator[Step]:
    times, status = int(settings["times"]), int(settings["status"])
    if times and asked.before >= times:
        yield from _tour(asked, settings, rng)
        return
    message, code = _REFUSALS.get(status, ("The server had an error while processing your request.", None))
    wait = settings["retry_after"]
    raise RefusedError(message, status=status, code=code, retry_after=None if wait < 0 else wait)


_REFUSALS: Mapping[int, tuple[str, str | None]] = {
    400: (
        "This model's maximum context length is 8192 tokens. Please shorten your messages.",
        "context_length_exceeded",
    ),
    401: ("Incorrect API key provided.", "invalid_api_key"),
    402: ("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
    403: ("Your key may not use this model.", None),
    404: ("The model does not exist or you do not have access to it.", "model_not_found"),
    408: ("The server timed out waiting for the request.", None),
    429: ("Rate limit reached for requests.", "rate_limit_exceeded"),
    503: ("The engine is currently overloaded, please try again later.", None),
}


def _thinking(asked: Asked) -> Iterator[Step]:
    if asked.thinks:
        yield from map(Thought, _tokens.pieces(_answers.thought(asked)))


DEFAULT = "tour"

# Characters that a continuation says again.
_REPEATED = 24

_AFTER = Setting(20, 0, 1_000_000)

SCENARIOS: Mapping[str, Scenario] = {
    "tour": Scenario("Answers that fit the prompt and show off Markdown.", _tour),
    "echo": Scenario("The last message of the user, said back exactly.", _echo),
    "bulk": Scenario(
        "A given number of characters in a given number of chunks.",
        _bulk_text,
        # The most is what a test of limits may want; it is made in memory, in some seconds.
        {"characters": Setting(50_000, 1, 5_000_000), "chunks": Setting(0, 0, 1_000_000)},
    ),
    "stall": Scenario(
        "Silence on an open connection after some tokens; then the rest.",
        _stall,
        {"after": _AFTER, "seconds": Setting(60, 0, 86_400, whole=False)},
    ),
    "refuse": Scenario(
        "The request is refused with an HTTP status, always or the first times; then an answer.",
        _refuse,
        {
            "status": Setting(429, 400, 599),
            "times": Setting(0, 0, 1_000),
            "retry_after": Setting(-1, -1, 86_400, whole=False),
        },
    ),
    "cut": Scenario("The body ends after some tokens, without the end mark.", _cut, {"after": _AFTER}),
}

_TIMING: Mapping[str, Setting] = {
    "rate": Setting(40, 0, 1_000_000, whole=False),
    "first_token": Setting(0.25, 0, 86_400, whole=False),
    "jitter": Setting(0.3, 0, 1, whole=False),
    "seed": Setting(0, -math.inf, math.inf),
}


def model_names() -> list[str]:
    """The models that the server lists."""
    return ["rehearsal", *(f"rehearsal/{name}" for name in SCENARIOS)]


def choose(model: str) -> tuple[Scenario, dict[str, float]]:
    """The scenario that a model's name chooses, with the settings that the name carries.

    Raises `RefusedError` as the API refuses an unknown model, or a setting that the scenario does not have.
    """
    path, _, query = model.partition("?")
    scenario = SCENARIOS.get(DEFAULT if path == "rehearsal" else path.removeprefix("rehearsal/"))
    if scenario is None:
        known = ", ".join(f"'{known}'" for known in model_names())
        raise RefusedError(
            f"The model '{model}' does not exist or you do not have access to it. The rehearsal server has {known}.",
            status=404,
            code="model_not_found",
        )
    known_settings = {**scenario.settings, **_TIMING}
    given: dict[str, float] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in known_settings:
            raise _bad_setting(f"'{path}' has no setting '{key}'. It has: {', '.join(known_settings)}.")
        given[key] = _number(key, text, known_settings[key])
    return scenario, given


def write_script(asked: Asked, timing: Timing, *, seed: int) -> list[Step]:
    """Everything that will happen, in order: the same for the same request, timing and seed.

    `timing` is the server's; the model's name may override it. `seed` is taken where neither names one. Raises
    `RefusedError` where the API would refuse.
    """
    scenario, given = choose(asked.model)
    timing = replace(
        timing,
        rate=given.get("rate", timing.rate),
        first_token=given.get("first_token", timing.first_token),
        jitter=given.get("jitter", timing.jitter),
    )
    lot = int(given["seed"]) if "seed" in given else seed if timing.seed is None else timing.seed
    settings = {key: given.get(key, setting.default) for key, setting in scenario.settings.items()}
    # Two lots from one seed, so that another pace leaves the text as it is. Nothing secret is drawn.
    text, pace = Random(f"text {lot}"), Random(f"pace {lot}")
    interrupted = asked.interrupted
    steps = (
        scenario.steps(asked, settings, text) if interrupted is None else _rest(*interrupted, scenario, settings, text)
    )
    return list(paced(limited(steps, asked.limit), timing, pace))


def whole(steps: Sequence[Step], asked: Asked) -> list[Step]:
    """The script of an answer that goes on behind a connection that `steps` cuts."""
    if not isinstance(steps[-1], Cut):
        return list(steps)
    shown = "".join(step.text for step in steps if isinstance(step, Piece))
    more = _rest(asked, shown, SCENARIOS[DEFAULT], {}, Random(0), repeated=0)
    return [*steps[:-1], *(step for step in more if not isinstance(step, Open))]


def _rest(
    asked: Asked, so_far: str, scenario: Scenario, settings: Settings, rng: Random, *, repeated: int = _REPEATED
) -> Iterator[Step]:
    """What is left of an answer; as a model would, it begins with the last words that were there."""
    # What was cut once comes whole now.
    steps = scenario.steps if scenario.steps not in (_cut, _stall) else _tour
    text = "".join(step.text for step in steps(asked, settings, rng) if isinstance(step, Piece))
    begin = len(so_far) if text.startswith(so_far) else 0
    begin = max(0, begin - repeated) if begin else 0
    yield Open()
    yield from map(Piece, _tokens.pieces(text[begin:]))
    yield End("stop")


def _number(key: str, text: str, setting: Setting) -> float:
    kind = "a whole number" if setting.whole else "a number"
    try:
        value = int(text) if setting.whole else float(text)
    except ValueError:
        raise _bad_setting(f"'{key}' must be {kind}, not '{text}'.") from None
    if not setting.least <= value <= setting.most:  # not a number is not between any two
        raise _bad_setting(f"'{key}' must be {kind} from {setting.least} to {setting.most}, not {text}.")
    return value


def _bad_setting(message: str) -> RefusedError:
    return RefusedError(f"Invalid model: {message}", param="model", code="invalid_value")
