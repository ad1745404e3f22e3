"""Moderation: what a user can set, a moderator's verdict, and what judging has cost. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

__all__ = ["Judging", "Mode", "Moderation", "OnFailure", "Undecided", "Verdict", "flags", "judge_of", "verdict_of"]

Mode = Literal["watch", "hold"]
"""When text is shown: at once, and taken back if it is flagged; or only after it was judged."""

OnFailure = Literal["closed", "open"]
"""What happens to text that the moderator could not judge: the answer ends without it, or it is shown."""

Score = float | bool | None

LONGEST: Final = 100_000
"""The most characters of one window."""

_NAMED: Final = 20  # categories that a verdict keeps
_NAME: Final = 80  # characters of a category's name


class Undecided(Exception):  # no fault of the program
    """A moderator of ours has no verdict; its message continues the sentence "The moderator …"."""


@dataclass(frozen=True)
class Verdict:
    """A moderator's verdict on a text.

    Args:
        flagged: whether the text must not be shown.
        categories: why, by name: each with a score, usually from 0 to 1, or True; None if there is no score. A category
            with False does not apply.
    """

    flagged: bool
    categories: Mapping[str, Score] = field(default_factory=dict)

    @property
    def scores(self) -> dict[str, float | None]:
        """The categories that apply, with their scores, the highest first; at most 20, with short names."""
        found = {
            str(name)[:_NAME]: None if isinstance(score, bool) or score is None else float(score)
            for name, score in self.categories.items()
            if score is not False
        }
        ordered = sorted(found.items(), key=lambda one: -math.inf if one[1] is None else one[1], reverse=True)
        return dict(ordered[:_NAMED])


@dataclass(frozen=True)
class Judging:
    """What moderation has cost one version of an answer.

    Attributes:
        calls: how many texts the moderator was asked about.
        delay: how many seconds the prompt, the end of each response, and judged results of tools waited for verdicts.
        failures: how many texts the moderator could not judge.
        fault: why, for the last of them.
    """

    calls: int = 0
    delay: float = 0.0
    failures: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Moderation:
    """How an answer is moderated while it streams.

    Args:
        moderator: who judges. A function of a text, also `async`; `"openai"` for the moderation endpoint of the same
            client; an object with a method `judge`; or an object of a library for guard-rails, such as Guardrails AI
            (`Guard.validate`) or LLM Guard (`scan`). It returns a bool (True: flagged), a `Verdict`, a mapping with
            `flagged` and perhaps `categories`, or its library's result.
        mode: `"hold"`: text is shown only after it was judged. `"watch"`: text is shown at once and judged at the same
            time; flagged text is taken back.
        window: how many characters are judged together, at most. A window ends at the end of a sentence if possible.
        overlap: how many characters of a window are judged again with the next one. A flagged phrase of up to this
            length is seen as a whole, wherever windows end, and in the mode `"hold"` no part of it is shown.
        first_window: how many characters the first window has, so that the first words are shown soon. It must be more
            than `overlap`. None: 1.5 times `overlap`, at most `window`.
        on_failure: what happens to text that the moderator could not judge, because it raised, was too slow, or
            returned something else. `"closed"`: the answer ends without it. `"open"`: it is shown, and the cell says
            so.
        timeout: how many seconds the moderator may take for one text.
        prompt: whether the prompt is judged too, before anything is sent.
        reasoning: whether reasoning is judged too.
        tools: whether arguments and results of tools are judged too.
        keep_flagged: whether `cell.log` keeps what was flagged. It is still kept out of everything else.

    Raises TypeError and ValueError for other values.
    """

    moderator: Any
    mode: Mode = "hold"
    window: int = 800
    overlap: int = 200
    first_window: int | None = None
    on_failure: OnFailure = "closed"
    timeout: float = 10.0
    prompt: bool = False
    reasoning: bool = False
    tools: bool = False
    keep_flagged: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        if self.moderator != "openai":
            judge_of(self.moderator)
        for name, value, known in (
            ("mode", self.mode, Mode),
            ("on_failure", self.on_failure, OnFailure),
        ):
            if value not in get_args(known):
                raise ValueError(f"{name} must be one of {', '.join(map(repr, get_args(known)))}, not {value!r}")
        sizes = {"window": self.window, "overlap": self.overlap, "first_window": self.first}
        for name, size in sizes.items():
            given: Any = size
            if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= LONGEST:
                raise ValueError(f"{name} must be a number of characters from 0 to {LONGEST:,}, not {size!r}")
        if not self.overlap < self.first <= self.window:
            raise ValueError(
                f"overlap ({self.overlap}) must be less than first_window ({self.first}), and that at most "
                f"window ({self.window})"
            )
        seconds: Any = self.timeout
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds < math.inf:
            raise ValueError(f"timeout must be a number of seconds above 0, not {self.timeout!r}")
        for name in ("prompt", "reasoning", "tools", "keep_flagged"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, not {type(getattr(self, name)).__name__}")

    @property
    def first(self) -> int:
        """The size of the first window, in characters."""
        return (
            min(self.window, self.overlap * 3 // 2 or self.window) if self.first_window is None else self.first_window
        )


_METHODS: Final = ("judge", "validate", "scan", "is_profane")
"""The methods with which moderators judge: ours, and those of Guardrails AI, LLM Guard and glin-profanity."""


def judge_of(moderator: Any) -> Callable[[str], Any]:
    """Return the function with which `moderator` judges a text. Raises TypeError if it has none."""
    for name in _METHODS:
        method = getattr(moderator, name, None)
        if callable(method) and not isinstance(moderator, (str, bytes, type)):
            return method  # type: ignore[no-any-return]
    if callable(moderator) and not isinstance(moderator, type):
        return moderator  # type: ignore[no-any-return]
    raise TypeError(
        f"moderator must be a function of a text, an object with a method `judge`, or 'openai', not {moderator!r}"
        if isinstance(moderator, str)
        else f"moderator must be a function of a text, an object with a method `judge`, or 'openai', not "
        f"{type(moderator).__name__}"
    )


def verdict_of(value: Any) -> Verdict:
    """Return what a moderator has returned as a verdict. Raises TypeError with what came if it is none.

    Accepted are a bool, a `Verdict`, a mapping, and results known by their fields: of the moderation endpoint
    (`results`), Guardrails AI (`validation_passed`), OpenAI's guardrails (`tripwire_triggered`), and LLM Guard (a tuple
    of the text, whether it is valid, and a score).
    """
    if isinstance(value, Verdict):
        return _checked(value.flagged, value.categories)
    if isinstance(value, bool):
        return Verdict(value)
    if isinstance(value, (list, tuple)):
        return _of_list(value)
    results = _field(value, "results")
    if isinstance(results, (list, tuple)) and results:
        return _of_list(results)
    for name, good in (("validation_passed", True), ("tripwire_triggered", False)):
        found = _field(value, name)
        if isinstance(found, bool):
            return Verdict(found is not good, _reasons(value) if found is not good else {})
    flagged = _field(value, "flagged")
    if isinstance(flagged, bool):
        return _checked(flagged, _scored(_field(value, "categories"), _field(value, "category_scores")))
    raise TypeError(f"returned {type(value).__name__}, which is no verdict")


_FLAGGING: Final = {"guardrails": ("ValidationError", "GuardrailTripwireTriggered")}
"""Exceptions with which libraries say that a text is flagged, by the package that they are from."""


def flags(error: BaseException) -> bool:
    """Whether a library for guard-rails says with this exception that the text is flagged."""
    kinds = ((one.__module__.partition(".")[0], one.__name__) for one in type(error).__mro__)
    return any(name in _FLAGGING.get(package, ()) for package, name in kinds)


def _of_list(values: Any) -> Verdict:
    """Return the verdict of LLM Guard's tuple, or of several verdicts: flagged if one of them is."""
    if len(values) == 3 and isinstance(values[0], str) and isinstance(values[1], bool):
        return Verdict(not values[1], {"risk": values[2]} if isinstance(values[2], (int, float)) else {})
    if not values or len(values) > _NAMED:
        raise TypeError(f"returned a {type(values).__name__} of {len(values)}, which is no verdict")
    verdicts = [verdict_of(one) for one in values if not isinstance(one, (list, tuple))]
    if len(verdicts) < len(values):
        raise TypeError(f"returned a {type(values).__name__} of lists, which is no verdict")
    flagged = [one for one in verdicts if one.flagged]
    merged: dict[str, Score] = {}
    for one in flagged or verdicts:
        merged.update(one.categories)
    return Verdict(bool(flagged), merged)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _checked(flagged: Any, categories: Any) -> Verdict:
    if not isinstance(flagged, bool):
        raise TypeError(f"returned a verdict whose flagged is {type(flagged).__name__}, not a bool")
    if not isinstance(categories, Mapping):
        raise TypeError(f"returned a verdict whose categories are {type(categories).__name__}, not a mapping")
    for score in categories.values():
        if not (score is None or isinstance(score, (bool, int, float))) or (
            isinstance(score, float) and not math.isfinite(score)
        ):
            raise TypeError("returned a verdict with a score that is no number")
    return Verdict(flagged, MappingProxyType(dict(categories)))


def _scored(categories: Any, scores: Any) -> Any:
    """Return the categories that apply with their scores: the endpoint has them in two objects."""
    names, numbers = _mapping(categories), _mapping(scores)
    if names is None or numbers is None:
        return {} if categories is None else categories if names is None else names
    return {name: numbers.get(name) for name, applies in names.items() if applies}


def _mapping(value: Any) -> Mapping[str, Any] | None:
    """Return an object of the SDK, whose fields have other names than the API's, as the API's mapping."""
    if isinstance(value, Mapping):
        return value
    dump = getattr(value, "model_dump", None)
    found = dump(by_alias=True) if callable(dump) else None
    return found if isinstance(found, Mapping) else None


def _reasons(value: Any) -> dict[str, Score]:
    """Return what a guard-rail library says has failed: the names of its validators or its guardrail."""
    summaries = _field(value, "validation_summaries")
    named = [_field(one, "validator_name") for one in summaries] if isinstance(summaries, (list, tuple)) else []
    info = _field(value, "info")
    named += [info.get("guardrail_name")] if isinstance(info, Mapping) else []
    return {name: None for name in named if isinstance(name, str) and name}
