from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamcell.rehearsal import RehearsalServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[RehearsalServer]:
    """A server that does not wait: a test that wants a pace asks for it in the model's name."""
    with RehearsalServer(rate=0, first_token=0) as running:
        yield running
