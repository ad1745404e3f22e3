"""How much of a long test is run: STREAMCELL_SEED says which sample; `make test` takes the same each time."""

from __future__ import annotations

import os

SEED = int(os.environ.get("STREAMCELL_SEED") or 0)


def sample(every: int) -> tuple[int, int]:
    """One of `every`, and the offset that the seed chooses."""
    return every, SEED % every
