"""What servers really send, over real HTTP with the real SDK: each case ends as a user would wish."""

from __future__ import annotations

import pytest

from .field import CASES, PAIRS, flaws, row


@pytest.mark.parametrize(("name", "api"), PAIRS, ids=[f"{name}-{api}" for name, api in PAIRS])
def test_what_a_server_sends_ends_as_it_should(name: str, api: str) -> None:
    want = CASES[name]["want"]
    assert want
    found = row(name, api)
    assert not flaws(want, found), {key: value for key, value in found.items() if key != "log"}
