"""Finish reasons: why a provider ended an answer, each provider's word for it, and what it means for the answer.

Our words are those of Chat Completions. A word that is not in the table is shown as the provider wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from .._words import unknown_reason

__all__ = ["FINISH_REASONS", "Finish", "Meaning", "finish_of"]


class Meaning(str, Enum):
    """What a finish reason means for the answer."""

    WHOLE = "whole"
    LIMIT = "cut at a limit"
    FILTERED = "withheld by a filter"
    TOOL = "asks for a tool"
    CANCELLED = "stopped on the user's behalf"
    TROUBLE = "broken off"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Finish:
    """A finish reason: `reason` in our words, what it means, and the provider's own word."""

    reason: str
    meaning: Meaning
    word: str

    @property
    def notice(self) -> str | None:
        """The note that the cell shows beside its status, or None if the status says enough."""
        if self.meaning is Meaning.UNKNOWN:
            return unknown_reason(self.word)
        return None


_WORDS: Final[dict[Meaning, dict[str, tuple[str, ...]]]] = {
    Meaning.WHOLE: {
        "stop": (
            "stop",
            "stop_sequence",
            "end_turn",  # Anthropic
            "eos",  # Together
            "eos_token",  # TGI
            "eod",
            "complete",  # Cohere
            "completed",
            "finished",
            "finish",
            "end",
            "done",
            "normal",
        ),
    },
    Meaning.LIMIT: {
        "length": (
            "length",
            "max_tokens",  # Anthropic, Gemini, Cohere
            "max_output_tokens",  # the Responses API
            "max_completion_tokens",
            "max_new_tokens",
            "max_length",
            "model_length",  # Mistral
            "token_limit",
            "length_limit",
            "limit",
            "truncated",
            "context_length",
            "context_length_exceeded",
            "context_window_exceeded",
            "model_context_window_exceeded",  # Anthropic
        ),
    },
    Meaning.FILTERED: {
        "content_filter": (
            "content_filter",
            "content_filtered",  # Bedrock
            "guardrail_intervened",  # Bedrock
            "content_policy",
            "safety",  # Gemini, and the next five
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "sensitive",  # Zhipu
            "refusal",  # Anthropic
            "error_toxic",  # Cohere
        ),
    },
    Meaning.TOOL: {
        "tool_calls": ("tool_calls", "tool_call", "tool_use", "function_call"),
    },
    Meaning.CANCELLED: {"cancelled": ("cancelled", "canceled", "user_cancel")},
    Meaning.TROUBLE: {
        "error": (
            "error",
            "abort",  # vLLM, SGLang
            "aborted",
            "insufficient_system_resource",  # DeepSeek
            "network_error",  # Zhipu
            "error_limit",  # Cohere
            "malformed_function_call",  # Gemini, and the next three
            "unexpected_tool_call",
            "other",
            "finish_reason_unspecified",
            "internal_error",
            "engine_error",
            "model_error",
            "failed",
            "timeout",
            "pause_turn",  # Anthropic: a long turn that the client should continue
        ),
    },
}

FINISH_REASONS: Final[dict[str, Finish]] = {
    word: Finish(reason, meaning, word)
    for meaning, reasons in _WORDS.items()
    for reason, words in reasons.items()
    for word in words
}
"""Every known word, in lower case, with underscores."""

_LONGEST: Final = 80  # characters of a provider's word that are shown


def finish_of(word: str) -> Finish:
    """Return what a provider's finish reason means; case does not matter, and hyphens and spaces are underscores."""
    plain = word.strip()[:_LONGEST]
    known = FINISH_REASONS.get(plain.lower().replace("-", "_").replace(" ", "_"))
    return Finish(plain, Meaning.UNKNOWN, plain) if known is None else Finish(known.reason, known.meaning, plain)
