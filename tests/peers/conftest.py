"""Servers that others wrote and that speak OpenAI's protocol: what it is must not be only what we think it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .processes import PEERS, aimock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def aimock_url() -> Iterator[str]:
    with aimock(PEERS / "fixtures.json", "--strict") as url:
        yield url


@pytest.fixture(scope="session")
def answers() -> dict[str, str]:
    """What the fixtures answer, by prompt."""
    fixtures = json.loads((PEERS / "fixtures.json").read_text("utf-8"))["fixtures"]
    return {one["match"]["userMessage"]: one["response"].get("content", "") for one in fixtures}
