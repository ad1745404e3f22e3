"""Clients that are no OpenAI client but can be asked all the same: chat models, chains and graphs of LangChain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...request.request import Request
from ..openai.conversation import chat_messages

__all__ = ["asking", "can_ask"]


def can_ask(client: object) -> bool:
    """Whether this is a `Runnable` of LangChain: a chat model, a chain, or a graph of LangGraph."""
    names = ("astream", "ainvoke", "invoke", "with_config")
    return not isinstance(client, type) and all(callable(getattr(client, name, None)) for name in names)


def asking(client: Any, request: Request) -> Callable[[], Any]:
    """Return a function that asks the client and returns its stream; it is called once for each attempt.

    A prompt alone is given as a string, which every chain takes; a conversation is given as a list of messages. A graph
    gets its state, `{"messages": …}`.
    """
    messages: Any = [_plain(one) for one in chat_messages(request.messages)]
    if request.instructions is not None:
        messages.insert(0, {"role": "system", "content": request.instructions})
    if callable(getattr(client, "get_state", None)):
        return lambda: client.astream({"messages": messages}, stream_mode="messages")
    if len(messages) == 1 and messages[0].get("role") == "user" and isinstance(messages[0].get("content"), str):
        messages = messages[0]["content"]
    return lambda: client.astream(messages)


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message whose content is text if it has nothing but text."""
    content = message.get("content")
    if isinstance(content, list) and content and all(set(one) == {"type", "text"} for one in content):
        return {**message, "content": "".join(one["text"] for one in content)}
    return message
