"""The main path against LiteLLM's proxy, which asks aimock. Run by `make test-peers`, which installs the proxy.

LiteLLM invents a `finish_reason` and usage for a stream that its provider cut, so a cut cannot be seen behind it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI

from streamcell import stream_cell

from .processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

PROXY = Path(__file__).resolve().parents[2] / ".venvs" / "litellm" / "bin" / "litellm"
READY = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")
LIMIT = 60.0
KEY = f"sk-{secrets.token_hex(32)}"  # the proxy does not start without one


@contextmanager
def proxy(models: list[dict[str, Any]], folder: Path, **general: Any) -> Iterator[str]:
    """Run the proxy in front of `models`, with more general settings; gives its base URL."""
    config = folder / "config.yaml"
    settings = {"general_settings": {"master_key": KEY, **general}, "model_list": models}
    config.write_text(json.dumps(settings), "utf-8")  # JSON is YAML
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PROXY), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    # It would fetch its table of prices at every start.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    with running(command, ready=READY, limit=300, environment=environment) as found:
        yield f"{found[1]}/v1"


@pytest.fixture(scope="session")
def proxy_url(aimock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    behind = {"model": "openai/gpt-x", "api_base": aimock_url, "api_key": "a-key-of-no-value"}
    with proxy([{"model_name": "gpt-x", "litellm_params": behind}], tmp_path_factory.mktemp("litellm")) as url:
        yield url


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_streams_to_the_end(proxy_url: str, api: str, answers: dict[str, str]) -> None:
    client = AsyncOpenAI(base_url=proxy_url, api_key=KEY)
    cell = stream_cell("Explain entropy", model="gpt-x", client=client, api=api, display=False)
    assert cell.result(LIMIT) == answers["Explain entropy"]
    assert cell.status == "done"


def test_auto_finds_a_way(proxy_url: str, answers: dict[str, str]) -> None:
    client = AsyncOpenAI(base_url=proxy_url, api_key=KEY)
    cell = stream_cell("Explain entropy", model="gpt-x", client=client, display=False)
    assert cell.result(LIMIT) == answers["Explain entropy"]


def test_reasoning_is_kept_apart(proxy_url: str) -> None:
    client = AsyncOpenAI(base_url=proxy_url, api_key=KEY)
    cell = stream_cell("Think first", model="gpt-x", client=client, api="chat", display=False)
    assert cell.result(LIMIT) == "So it is."
    assert cell.reasoning == "Let me think about this."
