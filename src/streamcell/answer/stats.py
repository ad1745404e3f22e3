"""The numbers of an answer: times, token counts, rate and price. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from .document import Version
from .parts import body_of
from .resume import ResumeMode

__all__ = ["Counts", "Prices", "Segment", "Stats", "estimate", "prices_of", "stats_of"]

Prices = Mapping[str, Mapping[str, float]]
"""For each model, what a million tokens cost: `input`, `output`, and `cached` where cached input costs less."""

_PER: Final = 1_000_000  # tokens, as providers state their prices
_BYTES_PER_TOKEN: Final = 4
_SHORTEST: Final = 0.1  # seconds: a rate over less is that of the network
_MOST: Final = 1_000_000  # for a million tokens
_COSTS: Final = ("input", "output", "cached")


@dataclass(frozen=True)
class Segment:
    """A piece of an answer's timeline, from `start`, in seconds after it was asked for; `text` says more.

    `kind` is `queue` (it waited for its turn), `connect` (for the response to begin), `stream`, `gap` (nothing was
    received for a second or more), `wait` (the backoff before the next attempt), `tools` (the model waited for its
    tools) or `tool` (one call ran; such a piece lies within `tools`).
    """

    kind: str
    start: float
    seconds: float
    text: str = ""


@dataclass(frozen=True)
class Counts:
    """What was counted while an answer streamed, with times in seconds."""

    attempts: int = 0
    chunks: int = 0
    received_bytes: int = 0
    queue: float = 0.0
    wait: float = 0.0
    tools: float = 0.0
    connect: float | None = None
    longest_gap: float | None = None
    mean_gap: float | None = None
    streamed: float = 0.0
    total: float | None = None
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Stats:
    """The numbers of one version of an answer. All times are in seconds; None means that it is not known.

    Attributes:
        queue_seconds: how long it waited for its turn before the server.
        connect_seconds: from the last request to the head of its response.
        first_token_seconds: from the start of the attempt to the first output of the model.
        total_seconds: from the question to the end, or until now if it has not ended.
        wait_seconds: the backoff between attempts, together.
        tool_seconds: how long the model waited for tools, approval included.
        tokens_per_second: how fast the output came, from its first token on, without waits and tools.
        tokens_estimated: whether `tokens_per_second` counts a token for every four bytes of the text, because the
            provider has not reported how many there were.
        input_tokens: as the provider reported it, like the three that follow; all rounds of tools together.
        cached_tokens: the part of the input that came from the provider's cache.
        output_tokens: including the reasoning.
        reasoning_tokens: the part of the output that is reasoning.
        attempts: how many requests were made.
        chunks: how many chunks were received.
        received_bytes: the size of these chunks as UTF-8, without the framing and the headers.
        longest_gap_seconds: the longest time between two chunks of one response.
        mean_gap_seconds: the mean of these times.
        moderation_calls: how many texts the moderator was asked about.
        moderation_seconds: how long the prompt, the ends of responses and the results of tools waited for it.
        price: by the table of `configure(prices=…)`, in its currency; None without an entry for the model or without
            token counts. Requests that failed are not in it, because their token counts are not known.
    """

    queue_seconds: float = 0.0
    connect_seconds: float | None = None
    first_token_seconds: float | None = None
    total_seconds: float | None = None
    wait_seconds: float = 0.0
    tool_seconds: float = 0.0
    tokens_per_second: float | None = None
    tokens_estimated: bool = False
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    attempts: int = 0
    chunks: int = 0
    received_bytes: int = 0
    longest_gap_seconds: float | None = None
    mean_gap_seconds: float | None = None
    moderation_calls: int = 0
    moderation_seconds: float = 0.0
    price: float | None = None


def stats_of(version: Version, counts: Counts, prices: Prices) -> Stats:
    """Return the numbers of `version`."""
    usage = version.usage
    tokens, estimated = _streamed(version)
    return Stats(
        queue_seconds=counts.queue,
        connect_seconds=counts.connect,
        first_token_seconds=version.timings.first_token,
        total_seconds=counts.total,
        wait_seconds=counts.wait,
        tool_seconds=counts.tools,
        tokens_per_second=tokens / counts.streamed if tokens and counts.streamed >= _SHORTEST else None,
        tokens_estimated=estimated,
        input_tokens=None if usage is None else usage.input_tokens,
        cached_tokens=None if usage is None else usage.cached_tokens,
        output_tokens=None if usage is None else usage.output_tokens,
        reasoning_tokens=None if usage is None else usage.reasoning_tokens,
        attempts=counts.attempts,
        chunks=counts.chunks,
        received_bytes=counts.received_bytes,
        longest_gap_seconds=counts.longest_gap,
        mean_gap_seconds=counts.mean_gap,
        moderation_calls=0 if version.moderation is None else version.moderation.calls,
        moderation_seconds=0.0 if version.moderation is None else version.moderation.delay,
        price=_price(version, prices),
    )


def _streamed(version: Version) -> tuple[float, bool]:
    """Return how many tokens were streamed, and whether that is an estimate. Hidden reasoning was not streamed."""
    usage = version.usage
    if usage is None or usage.output_tokens is None:
        return sum(estimate(part.body) for part in version.parts if part.is_output), True
    if any(getattr(part, "resumed", None) in _OF_OTHERS for part in version.parts) and version.spent is None:
        return sum(estimate(part.body) for part in version.parts if part.is_output), True
    thought = usage.reasoning_tokens or 0
    hidden = max(0.0, thought - estimate(body_of(version.parts, "reasoning")))  # a summary is shorter
    return max(0, usage.output_tokens - hidden), False


_OF_OTHERS: Final = (ResumeMode.PREFIX, ResumeMode.CONTINUED)
"""How an answer goes on with another request: the token counts of one that was cut off are not known."""


def estimate(text: str) -> float:
    """Return about how many tokens a text has: OpenAI's help pages say four characters of English a token.

    Bytes are counted, because a character of Chinese or Japanese is nearly a token, and three bytes.
    """
    return len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN


def _price(version: Version, prices: Prices) -> float | None:
    costs, usage = prices.get(version.origin.model), version.usage
    if costs is None or usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    fresh = usage.input_tokens - cached
    entered = fresh * costs["input"] + cached * costs.get("cached", costs["input"])
    return (entered + usage.output_tokens * costs["output"]) / _PER


def prices_of(given: Any) -> Prices:
    """Return a table of prices that cannot change any more; raise TypeError or ValueError for anything else."""
    if not isinstance(given, Mapping):
        raise TypeError(f"prices must be a dict of models, not {type(given).__name__}")
    found = {}
    for model, costs in given.items():
        if not isinstance(model, str) or not isinstance(costs, Mapping):
            raise TypeError("prices must give a dict for the name of each model")
        missing = {"input", "output"} - set(costs)
        if missing or set(costs) - set(_COSTS):
            raise ValueError(
                f"prices[{model!r}] must have input and output, and may have cached: what a million tokens cost"
            )
        for name, cost in costs.items():
            if not isinstance(cost, (int, float)) or isinstance(cost, bool) or not 0 <= cost <= _MOST:
                raise ValueError(f"prices[{model!r}][{name!r}] must be a number from 0 to a million, not {cost!r}")
        found[model] = MappingProxyType({str(name): float(cost) for name, cost in costs.items()})
    return MappingProxyType(found)
