"""Every way in which a library hands out a stream, made with the real library: the rows of the contract's table.

Each row's `make(url, prompt)` is called by streamcell, once for each attempt. `lacks` says for a column why the row
has nothing there, and `before` the same of its previous release. The tests check that it is so, and `make tables`
writes the table into docs/sources.md.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

PREVIOUS: Final = os.environ.get("STREAMCELL_LIBRARIES") == "previous"
"""Whether the libraries are those of requirements/libraries-previous.txt."""

COLUMNS: Final = {
    "text": "Text",
    "reasoning": "Reasoning",
    "tools": "Calls of tools",
    "results": "Their results",
    "citations": "Citations",
    "usage": "Usage",
    "finish reason": "Finish reason",
    "cut": "A cut is noticed",
    "stop": "Stop closes the request",
    "errors": "Errors are ours",
    "retry": "Retry",
}
"""The table's columns. Citations are checked with values (tests/sources/test_libraries.py), not with a server."""

STRINGS: Final = "the library gives strings"
NO_CALLS: Final = "there are no tools in this API"
RAW: Final = "the library does not run tools"


@dataclass(frozen=True)
class Row:
    """One way to stream: the library, what is handed over, how it is made, and what it lacks."""

    library: str
    what: str
    make: Callable[[str, str], Any]
    lacks: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.library}: {self.what}"


def look(city: str) -> str:
    """Say what the weather is."""
    return f"sunny in {city}"


# -- LangChain and LangGraph -------------------------------------------------------------------------------------------


def chat_model(url: str, **more: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o", api_key="none", base_url=f"{url}/v1", stream_usage=True, max_retries=0, **more)


def graph(url: str) -> Any:
    from langgraph.prebuilt import create_react_agent

    return create_react_agent(chat_model(url), [look])


def state(prompt: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}]}


def _parsed(url: str) -> Any:
    from langchain_core.output_parsers import StrOutputParser

    return chat_model(url) | StrOutputParser()


CHAT_REASONING: Final = "`ChatOpenAI` drops the reasoning of Chat Completions"
GRAPH_STATES: Final = "a graph's states come when a node has ended, asked without streaming"
LANGCHAIN: Final = {"results": RAW, "reasoning": CHAT_REASONING}

# -- the others --------------------------------------------------------------------------------------------------------


def _messages(prompt: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": prompt}]


TOOL: Final = {
    "name": "look",
    "description": "Say what the weather is.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def _litellm(url: str, prompt: str, *, model: str, sync: bool = False) -> Any:
    import litellm

    litellm.suppress_debug_info = True
    ask = litellm.completion if sync else litellm.acompletion
    base = f"{url}/v1" if model.startswith("openai/") else url
    counted = model.startswith("openai/") and not (sync and PREVIOUS)
    more = {"stream_options": {"include_usage": True}} if counted else {}
    return ask(
        model=model, api_key="none", api_base=base, messages=_messages(prompt), stream=True, max_retries=0, **more
    )


def _anthropic(url: str, *, sync: bool = False) -> Any:
    import anthropic

    made = anthropic.Anthropic if sync else anthropic.AsyncAnthropic
    return made(api_key="none", base_url=url, max_retries=0).messages


def _asked(prompt: str) -> dict[str, Any]:
    return {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": _messages(prompt)}


def _openai(url: str) -> Any:
    import openai

    return openai.AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)


def _pydantic_ai(url: str, prompt: str) -> Any:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    agent: Any = Agent(OpenAIChatModel("gpt-4o", provider=OpenAIProvider(openai_client=_openai(url))))
    if prompt == "Look outside":
        agent.tool_plain(look)
    return agent


async def _agents(url: str, prompt: str, *, responses: bool) -> Any:
    """Start a run. The SDK needs a running loop for that, so what makes the stream is `async`."""
    import agents

    agents.set_tracing_disabled(True)
    kind = agents.OpenAIResponsesModel if responses else agents.OpenAIChatCompletionsModel
    tools = [agents.function_tool(look)] if prompt == "Look outside" else []
    settings = agents.ModelSettings(include_usage=True)
    model = kind(model="gpt-4o", openai_client=_openai(url))
    return agents.Runner.run_streamed(
        agents.Agent(name="one", model=model, tools=tools, model_settings=settings), prompt
    )


def _llm(url: str, prompt: str, *, sync: bool) -> Any:
    from llm.default_plugins.openai_models import AsyncChat, Chat

    model: Any = (Chat if sync else AsyncChat)("one", model_name="gpt-4o", api_base=f"{url}/v1")
    model.key = "none"
    return model.prompt(prompt)


def _ollama(url: str, prompt: str, *, sync: bool = False) -> Any:
    import ollama

    client = (ollama.Client if sync else ollama.AsyncClient)(host=url)
    tools = [{"type": "function", "function": TOOL}] if prompt == "Look outside" else None
    return client.chat(model="llama3", messages=_messages(prompt), stream=True, tools=tools)


_kept: list[Any] = []  # a client of google-genai closes its connections when it is collected


def _genai(url: str, prompt: str, *, sync: bool = False) -> Any:
    from google import genai
    from google.genai import types

    client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=url, api_version="v1beta"))
    _kept.append(client)
    models = client.models if sync else client.aio.models
    return models.generate_content_stream(model="gemini-2.5-flash", contents=prompt)


def _http(module: str, url: str, prompt: str, path: str, body: dict[str, Any], *, sync: bool = False) -> Any:
    import importlib

    http: Any = importlib.import_module(module)
    given = {**body, "messages": _messages(prompt), "stream": True}
    if sync:
        return http.stream("POST", url + path, json=given)
    client = http.AsyncClient(timeout=60)
    _kept.append(client)
    return client.stream("POST", url + path, json=given)


def _requests(url: str, prompt: str) -> Any:
    import requests

    return requests.post(
        f"{url}/v1/chat/completions", json={**CHAT, "messages": _messages(prompt)}, stream=True, timeout=60
    )


async def _aiohttp(url: str, prompt: str) -> Any:
    import aiohttp

    session = aiohttp.ClientSession()
    _kept.append(session)
    return await session.post(f"{url}/v1/chat/completions", json={**CHAT, "messages": _messages(prompt)})


CHAT: Final[dict[str, Any]] = {"model": "gpt-4o", "stream": True, "stream_options": {"include_usage": True}}
CLAUDE: Final = {"model": "claude-sonnet-4-5", "max_tokens": 100}
LLM: Final = {
    "results": RAW,
    "reasoning": "its OpenAI plugin drops it",
    "citations": "`llm` has none",
    "finish reason": "`llm` has none",
}
TEXT_ONLY: Final = "a streamed result gives its text; `run_stream_events` gives all"
CANCELLED: Final = {"stop": "a run that is cancelled leaves its request open"}
UNSENT: Final = "the test's server sends none here; Ollama does"
OLLAMA: Final = {"results": RAW, "citations": "Ollama has none", "reasoning": UNSENT, "usage": UNSENT}

ROWS: Final = (
    Row("LangChain", "chat model, `astream`", lambda url, prompt: chat_model(url).astream(prompt), LANGCHAIN),
    Row("LangChain", "chat model, `stream`", lambda url, prompt: chat_model(url).stream(prompt), LANGCHAIN),
    Row(
        "LangChain",
        "chat model of the Responses API",
        lambda url, prompt: chat_model(url, use_responses_api=True).astream(prompt),
        {"results": RAW},
    ),
    Row(
        "LangChain",
        "`astream_events`",
        lambda url, prompt: chat_model(url).astream_events(prompt, version="v2"),
        LANGCHAIN,
    ),
    Row(
        "LangChain",
        "chain with `StrOutputParser`",
        lambda url, prompt: _parsed(url).astream(prompt),
        dict.fromkeys(("reasoning", "tools", "results", "citations", "usage", "finish reason"), STRINGS),
    ),
    Row(
        "LangGraph",
        "agent, mode `messages`",
        lambda url, prompt: graph(url).astream(state(prompt), stream_mode="messages"),
        {"reasoning": CHAT_REASONING},
    ),
    Row(
        "LangGraph",
        "agent, modes `messages` and `updates`",
        lambda url, prompt: graph(url).astream(state(prompt), stream_mode=["messages", "updates"]),
        {"reasoning": CHAT_REASONING},
    ),
    Row(
        "LangGraph",
        "agent, mode `updates`",
        lambda url, prompt: graph(url).astream(state(prompt)),
        {"reasoning": CHAT_REASONING, "cut": GRAPH_STATES},
    ),
    Row(
        "LangGraph",
        "agent, `astream_events`",
        lambda url, prompt: graph(url).astream_events(state(prompt), version="v2"),
        {"reasoning": CHAT_REASONING},
    ),
    Row("LiteLLM", "`acompletion`", functools.partial(_litellm, model="openai/gpt-4o"), {"results": RAW}),
    Row(
        "LiteLLM",
        "`completion`",
        functools.partial(_litellm, model="openai/gpt-4o", sync=True),
        {"results": RAW},
        {"usage": "`completion` fails if it is asked for it"},
    ),
    Row(
        "LiteLLM",
        "`acompletion` of Claude",
        functools.partial(_litellm, model="anthropic/claude-sonnet-4-5"),
        {"results": RAW, "usage": "LiteLLM sends it only with `stream_options`"},
    ),
    Row(
        "Anthropic",
        "`messages.create(stream=True)`",
        lambda url, prompt: _anthropic(url).create(**_asked(prompt), stream=True),
        {"results": RAW},
    ),
    Row(
        "Anthropic",
        "`messages.stream()`",
        lambda url, prompt: _anthropic(url).stream(**_asked(prompt)),
        {"results": RAW},
    ),
    Row(
        "Anthropic",
        "`messages.stream()`, without async",
        lambda url, prompt: _anthropic(url, sync=True).stream(**_asked(prompt)),
        {"results": RAW},
    ),
    Row(
        "Pydantic AI",
        "`run_stream`",
        lambda url, prompt: _pydantic_ai(url, prompt).run_stream(prompt),
        {
            "reasoning": TEXT_ONLY,
            "tools": TEXT_ONLY,
            "results": TEXT_ONLY,
            "citations": TEXT_ONLY,
        },
    ),
    Row(
        "Pydantic AI",
        "`run_stream_events`",
        lambda url, prompt: _pydantic_ai(url, prompt).run_stream_events(prompt),
        {"citations": "its events have none"},
    ),
    Row("Agents SDK", "Chat Completions", functools.partial(_agents, responses=False), before=CANCELLED),
    Row("Agents SDK", "Responses API", functools.partial(_agents, responses=True), before=CANCELLED),
    Row(
        "llm",
        "`AsyncModel.prompt`",
        functools.partial(_llm, sync=False),
        LLM,
    ),
    Row(
        "llm",
        "`Model.prompt`",
        functools.partial(_llm, sync=True),
        {
            **LLM,
            "stop": "`llm` has no way to close the request: it runs to its end, unseen",
        },
    ),
    Row("Ollama", "`AsyncClient.chat`", _ollama, OLLAMA),
    Row("Ollama", "`Client.chat`", functools.partial(_ollama, sync=True), OLLAMA),
    Row("google-genai", "`aio.models`", _genai, {"results": RAW}),
    Row("google-genai", "`models`", functools.partial(_genai, sync=True), {"results": RAW}),
    Row(
        "httpx",
        "`AsyncClient.stream`, Chat Completions",
        lambda url, prompt: _http("httpx", url, prompt, "/v1/chat/completions", CHAT),
        {"results": RAW},
    ),
    Row(
        "httpx",
        "`AsyncClient.stream`, Messages API",
        lambda url, prompt: _http("httpx", url, prompt, "/v1/messages", CLAUDE),
        {"results": RAW},
    ),
    Row(
        "httpx",
        "`stream`, lines of JSON of Ollama",
        lambda url, prompt: _http("httpx", url, prompt, "/api/chat", {"model": "llama3"}, sync=True),
        OLLAMA,
    ),
    Row(
        "httpx2",
        "`AsyncClient.stream`, Chat Completions",
        lambda url, prompt: _http("httpx2", url, prompt, "/v1/chat/completions", CHAT),
        {"results": RAW},
    ),
    Row("requests", "`post(stream=True)`", _requests, {"results": RAW}),
    Row("aiohttp", "`ClientSession.post`", _aiohttp, {"results": RAW}),
)
