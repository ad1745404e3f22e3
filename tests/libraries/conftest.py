"""A server that speaks the protocols of OpenAI, Anthropic, Google and Ollama: aimock, which others wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peers.processes import aimock

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).with_name("fixtures.json")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Give the server's address, without a path."""
    with aimock(FIXTURES) as url:
        yield url.removesuffix("/v1")
