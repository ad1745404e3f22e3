"""What users write, as their type checker sees it; read by mypy, never run."""
# mypy: enable-error-code="arg-type"

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_type

import streamcell
from streamcell import Part, RetryPolicy, StreamCell, StreamCellError, Version, configure, stream_cell

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI


def words() -> Iterator[str]:
    yield "Hello"


async def tokens() -> AsyncIterator[str]:
    yield "Hello"


def calls(client: AsyncOpenAI, sync_client: OpenAI) -> None:
    assert_type(stream_cell("Explain entropy"), StreamCell)
    assert_type(stream_cell([{"role": "user", "content": "Explain entropy"}]), StreamCell)
    stream_cell("Why?", model="rehearsal", client=client, api="chat", instructions="Be brief.", temperature=0.2)
    stream_cell("Why?", max_tokens=100, seed=7, stop=["."], response_format={"type": "json_object"}, timeout=3.0)
    stream_cell("Why?", response_format=list[str], repair=1)
    stream_cell("Why?", client=sync_client, retry=1, display=False, reasoning={"summary": "auto"})
    stream_cell("And in Python?", previous=stream_cell("Explain entropy"), retry=RetryPolicy(attempts=5, wait_max=2))
    for source in (words, tokens, words(), tokens(), ["Hel", "lo"]):
        stream_cell(source)
    configure(model="gpt-5.4-mini", client=client, retry=3)
    configure(model=None, client=None, retry=None)


async def results() -> None:
    cell = stream_cell("Explain entropy")
    assert_type(await cell, str)
    assert_type(cell.result(), str)
    assert_type(cell.result(timeout=3), str)
    assert_type(cell.text, str)
    assert_type(cell.parsed, Any)
    assert_type(cell.to_dicts(), list[dict[str, Any]])
    assert_type(cell.versions[-1].to_dicts(), list[dict[str, Any]])
    assert_type(cell.reasoning, str)
    assert_type(cell.status, str)
    assert_type(cell.attempt, int)
    assert_type(cell.finish_reason, "str | None")
    assert_type(cell.notice, "str | None")
    assert_type(cell.retry_disabled_reason, "str | None")
    assert_type(cell.version, int)
    assert_type(cell.version_count, int)
    assert_type(cell.versions, tuple[Version, ...])
    assert_type(cell.versions[-1].text, str)
    assert_type(cell.versions[-1].parts, tuple[Part, ...])
    assert_type(cell.request, "streamcell.Request | None")
    cell.stop()
    cell.retry()
    cell.select(-1)


async def errors() -> None:
    try:
        await stream_cell("Explain entropy")
    except streamcell.RateLimited as error:
        assert_type(error.retry_after, "float | None")
        assert_type(error.retryable, bool)
    except StreamCellError as error:
        assert_type(error.text, str)
        assert_type(error.request_id, "str | None")
        assert_type(error.status_code, "int | None")


def mistakes(anything: Any) -> None:
    """Each of these is an error: where one is not, mypy calls its comment unused."""
    stream_cell(replay=4)  # type: ignore[arg-type]
    stream_cell(replay="a.jsonl", speed="slow")  # type: ignore[arg-type]
    stream_cell("Why?", "rehearsal")  # type: ignore[call-arg]
    stream_cell("Why?", model=4)  # type: ignore[arg-type]
    stream_cell("Why?", client="sk-…")  # type: ignore[arg-type]
    stream_cell("Why?", retry="often")  # type: ignore[arg-type]
    stream_cell("Why?", previous="before")  # type: ignore[arg-type]
    configure(temperature=1)  # type: ignore[call-arg]
    RetryPolicy(attempts="3")  # type: ignore[arg-type]
    stream_cell("Why?").result("soon")  # type: ignore[arg-type]
    stream_cell("Why?").select("first")  # type: ignore[arg-type]
    stream_cell("Why?").versions[0].parts = anything  # type: ignore[misc]
