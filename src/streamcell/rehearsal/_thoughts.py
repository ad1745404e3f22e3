"""What a thinking model sends with its calls and needs back with them, and checks whether a request lacks it. Pure.

Chat Completions: DeepSeek's reasoning, and Gemini's signature of the first call. Responses API: OpenAI's reasoning
items, if the request asks for them in encrypted form; otherwise nothing is checked, because this server stores nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

__all__ = ["SEALED", "beside", "lacking_in_chat", "lacking_in_responses", "sealed", "thought"]

SEALED: Final = "reasoning.encrypted_content"
"""What a request must include to get reasoning that it can send back."""

_NO_REASONING: Final = "The `reasoning_content` in the thinking mode must be passed back to the API."
_NO_SIGNATURE: Final = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance."
)


def thought(number: int) -> str:
    """The reasoning before the calls of a round; it is different in each round of a question."""
    return f"This is call {number} of a rehearsal: I know nothing of it myself, so I ask."


def beside(call_id: str) -> dict[str, Any]:
    """The data beside a call, in their own field."""
    return {"extra_content": {"google": {"thought_signature": f"signed:{call_id}"}}}


def sealed(item_id: str) -> str:
    """The encrypted content of a reasoning item."""
    return f"sealed:{item_id}"


def lacking_in_chat(messages: Sequence[object]) -> str:
    """The error of a thinking server if calls lack the data that were sent with them; empty otherwise."""
    number = 0
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(message, dict) or role == "user":
            number = 0
            continue
        calls = message.get("tool_calls")
        if role != "assistant" or not isinstance(calls, list) or not calls:
            continue
        number += 1
        if message.get("reasoning_content") != thought(number):
            return _NO_REASONING
        first = calls[0] if isinstance(calls[0], dict) else {}
        if first.get("extra_content") != beside(str(first.get("id")))["extra_content"]:
            return _NO_SIGNATURE
    return ""


def lacking_in_responses(items: Sequence[object], include: object) -> str:
    """The same for items of the Responses API."""
    if not isinstance(include, list) or SEALED not in include:
        return ""
    thoughts: list[str] = []  # since the last item that is not from the model
    alone = ""  # a reasoning item that nothing follows yet
    for item in items:
        kind = _of_model(item)
        if not isinstance(item, dict) or kind is None:
            if alone:
                return _without_following(alone)
            thoughts.clear()
        elif kind == "reasoning":
            alone = str(item.get("id"))
            thoughts.append(alone)
            if item.get("encrypted_content") != sealed(alone):
                return _not_found(alone)
        else:
            alone = ""
            token = str(item.get("call_id")).removeprefix("call_")[:20]
            if kind == "function_call" and not any(one.startswith(f"rs_{token}") for one in thoughts):
                return _without_reasoning(str(item.get("id") or item.get("call_id")), f"rs_{token}")
    return _without_following(alone) if alone else ""


def _of_model(item: object) -> str | None:
    """The type of an item from the model, or None."""
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if isinstance(item, dict) and kind == "message" and item.get("role") != "assistant":
        return None
    return kind if kind in ("reasoning", "function_call", "message") else None


def _without_reasoning(call: str, thought: str) -> str:
    return f"Item '{call}' of type 'function_call' was provided without its required 'reasoning' item: '{thought}'."


def _without_following(thought: str) -> str:
    return f"Item '{thought}' of type 'reasoning' was provided without its required following item."


def _not_found(thought: str) -> str:
    return (
        f"Item with id '{thought}' not found. Items are not persisted when `store` is set to false. Try again with "
        "`store` set to true, or remove this item from your input."
    )
