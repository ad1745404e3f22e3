"""The rehearsal server's moderation endpoint, asked by the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from streamcell.rehearsal._moderation import CATEGORIES, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamcell.rehearsal import RehearsalServer


@pytest.fixture
def client(server: RehearsalServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key="-", max_retries=0, timeout=60) as made:
        yield made


def test_the_sdk_reads_its_results(client: openai.OpenAI) -> None:
    found = client.moderations.create(
        model="omni-moderation-latest", input=["All is well", "flag-violence and flag-self-harm/intent"]
    )
    fine, flagged = found.results
    assert (fine.flagged, flagged.flagged) == (False, True)
    assert (flagged.categories.violence, flagged.categories.self_harm_intent, flagged.categories.hate) == (
        True,
        True,
        False,
    )
    assert flagged.category_scores.violence > 0.9 > flagged.category_scores.hate


def test_a_word_flags_its_own_category_and_no_other() -> None:
    for name in CATEGORIES:
        categories: Any = judged(f"so flag-{name}.")["categories"]
        assert [one for one, hit in categories.items() if hit] == [name]
    assert judged("flag-nothing, flagviolence, reflag-violence")["flagged"] is False


@pytest.mark.parametrize(("mark", "status"), [("moderation-500", 500), ("moderation-429", 429)])
def test_marks_make_it_fail(client: openai.OpenAI, mark: str, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        client.moderations.create(input=mark)
    assert raised.value.status_code == status


def test_one_that_hangs_is_left_by_its_caller(server: RehearsalServer, client: openai.OpenAI) -> None:
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).moderations.create(input="moderation-hang")
    server.wait_for(lambda one: one.body.get("input") == "moderation-hang" and one.ended == "closed_by_client")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"input": 5}', b'{"input": []}', b'{"input": ["a", 5]}'])
def test_other_bodies_are_refused(server: RehearsalServer, body: bytes) -> None:
    assert httpx.post(f"{server.base_url}/moderations", content=body).status_code == 400
    assert httpx.get(f"{server.base_url}/moderations").status_code == 405


def test_too_many_texts_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="at most 32 texts"):
        client.moderations.create(input=["a"] * 33)
