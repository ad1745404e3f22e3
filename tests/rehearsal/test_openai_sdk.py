"""The server as the real openai SDK sees it, over real HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamcell.rehearsal import RehearsalServer

TRICKY = [
    "Hello",
    "  leading and trailing  ",
    "\n\r\n\ttabs and ends\r",
    "Ünïcödé e\u0301 and Å\u030a",
    "👩‍👩‍👧‍👦👍🏾🇮🇸🏴󠁧󠁢󠁷󠁬󠁳󠁿3️⃣🏳️‍🌈",
    "שלום «עולם» مرحبًا 123 بالعالم",
    "漢字かな交じり文한국어ไทย",
    "𝒮 = 𝑘 ln 𝑊 𐍈",
    "line\u2028paragraph\u2029next\u0085line\u000bvertical\u000cform",
    'data: {"x": 1}\n\nevent: fake\n\n[DONE]',
    "\u0000\u0001\u001f\u007f\ufeff\uffff",
    "| a | b |\n|---|---|\n```py\nx = '''\\n'''\n```",
    "x" * 5000,
]


@pytest.fixture
def client(server: RehearsalServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key="any key", max_retries=0) as client:
        yield client


def chat_text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def responses_text(events: list[Any]) -> str:
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_chat_streams_chunks_in_the_apis_order(client: openai.OpenAI) -> None:
    with client.chat.completions.create(model="rehearsal", messages=user("Explain entropy"), stream=True) as stream:
        chunks = list(stream)
    assert all(type(chunk).__name__ == "ChatCompletionChunk" for chunk in chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[0].choices[0].delta.content == ""
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert chat_text(chunks).startswith("## Entropy")
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert all(chunk.usage is None for chunk in chunks)


def test_chat_reports_usage_when_asked(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="rehearsal/echo",
        messages=user("one two three"),
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = list(stream)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (3, 3, 6)
    assert all(chunk.usage is None for chunk in chunks)


def test_chat_whole(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="rehearsal/echo", messages=user("one two three"))
    assert whole.object == "chat.completion"
    assert whole.choices[0].message.content == "one two three"
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert whole.usage.total_tokens == 6


def test_responses_stream_events_in_the_apis_order(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="rehearsal/echo", input="one two", stream=True))
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    # Each is built as the class of its type, with nothing that the class requires missing.
    for event in events:
        type(event).model_validate(event.to_dict())
        assert type(event).__name__ != "BaseModel"
    done: Any = events[-1].to_dict()["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["text"] == "one two"
    assert done["usage"]["total_tokens"] == 4
    assert done["completed_at"] >= done["created_at"]


def test_responses_whole(client: openai.OpenAI) -> None:
    whole = client.responses.create(
        model="rehearsal/echo", input="one two", instructions="Be kind.", metadata={"a": "b"}
    )
    type(whole).model_validate(whole.to_dict())
    assert whole.output_text == "one two"
    assert whole.status == "completed"
    assert whole.instructions == "Be kind."
    assert whole.metadata == {"a": "b"}
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (5, 2)


@pytest.mark.parametrize("text", TRICKY)
def test_echo_is_exact_on_both_apis_streamed_and_not(client: openai.OpenAI, text: str) -> None:
    chat = client.chat.completions
    assert chat_text(list(chat.create(model="rehearsal/echo", messages=user(text), stream=True))) == text
    assert chat.create(model="rehearsal/echo", messages=user(text)).choices[0].message.content == text
    assert responses_text(list(client.responses.create(model="rehearsal/echo", input=text, stream=True))) == text
    assert client.responses.create(model="rehearsal/echo", input=text).output_text == text


def test_the_streaming_helpers_accept_it(client: openai.OpenAI) -> None:
    with client.responses.stream(model="rehearsal/echo", input="one two") as stream:
        assert stream.get_final_response().output_text == "one two"
    with client.chat.completions.stream(model="rehearsal/echo", messages=user("one two")) as chat:
        assert chat.get_final_completion().choices[0].message.content == "one two"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_chat_is_cut_at_its_limit(client: openai.OpenAI, name: str) -> None:
    limit: dict[str, Any] = {name: 2}
    request: dict[str, Any] = {"model": "rehearsal/echo", "messages": user("one two three"), **limit}
    chunks = list(client.chat.completions.create(stream=True, **request))
    assert chat_text(chunks) == "one two"
    assert chunks[-1].choices[0].finish_reason == "length"
    whole = client.chat.completions.create(**request)
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage.completion_tokens == 2


def test_responses_are_incomplete_at_their_limit(client: openai.OpenAI) -> None:
    request: dict[str, Any] = {"model": "rehearsal/echo", "input": "word " * 20, "max_output_tokens": 16}
    events = list(client.responses.create(stream=True, **request))
    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.status == "incomplete"
    assert last.response.incomplete_details.reason == "max_output_tokens"
    assert last.response.output[0].status == "incomplete"
    assert responses_text(events) == ("word " * 16).rstrip()
    assert client.responses.create(**request).incomplete_details.reason == "max_output_tokens"


def test_reasoning_is_summarized_before_the_answer(client: openai.OpenAI) -> None:
    request: dict[str, Any] = {"model": "rehearsal", "input": "Explain entropy", "reasoning": {"summary": "auto"}}
    events = list(client.responses.create(stream=True, **request))
    for event in events:
        type(event).model_validate(event.to_dict())
    kinds = list(dict.fromkeys(event.type for event in events))
    assert kinds[2:8] == [
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
    ]
    done = events[-1].response
    assert [item.type for item in done.output] == ["reasoning", "message"]
    summary = "".join(event.delta for event in events if event.type == "response.reasoning_summary_text.delta")
    assert summary == done.output[0].summary[0].text
    assert summary.startswith("**Reading the question**")
    assert 0 < done.usage.output_tokens_details.reasoning_tokens < done.usage.output_tokens


def test_reasoning_without_a_summary_is_counted_but_not_shown(client: openai.OpenAI) -> None:
    whole = client.responses.create(model="rehearsal", input="Explain entropy", reasoning={"effort": "low"})
    assert whole.output[0].to_dict()["summary"] == []
    assert whole.usage is not None
    assert whole.usage.output_tokens_details.reasoning_tokens > 0
    chat = client.chat.completions.create(model="rehearsal", messages=user("Explain entropy"), reasoning_effort="low")
    assert chat.usage is not None
    assert chat.usage.completion_tokens_details is not None
    assert chat.usage.completion_tokens_details.reasoning_tokens
    assert str(chat.choices[0].message.content).startswith("## Entropy")


def test_a_limit_may_fall_into_the_reasoning(client: openai.OpenAI) -> None:
    whole = client.responses.create(
        model="rehearsal", input="Explain entropy", reasoning={"summary": "auto"}, max_output_tokens=16
    )
    assert whole.status == "incomplete"
    assert [item.type for item in whole.output] == ["reasoning"]


def test_a_conversation_goes_on_by_the_id_of_its_last_response(client: openai.OpenAI) -> None:
    first = client.responses.create(model="rehearsal", input="Explain entropy")
    then = client.responses.create(model="rehearsal", input="Write a poem", previous_response_id=first.id)
    assert then.output_text.startswith("*You asked before about “Explain entropy”")
    assert then.previous_response_id == first.id
    recalled = client.responses.create(
        model="rehearsal", input="What did I ask before?", previous_response_id=then.id
    ).output_text
    assert "1. “Explain entropy”\n2. “Write a poem”" in recalled


def test_an_unknown_or_unstored_response_cannot_be_gone_on_from(client: openai.OpenAI) -> None:
    unstored = client.responses.create(model="rehearsal", input="Explain entropy", store=False)
    for response_id in ("resp_unknown", unstored.id):
        with pytest.raises(openai.BadRequestError) as raised:
            client.responses.create(model="rehearsal", input="And?", previous_response_id=response_id)
        assert raised.value.code == "previous_response_not_found"


def test_errors_are_the_sdks_typed_ones(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.responses.create(model="gpt-9", input="Hi", stream=True)
    assert missing.value.code == "model_not_found"
    assert "gpt-9" in missing.value.message
    assert missing.value.request_id
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="rehearsal/nothing", messages=user("Hi"))
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="rehearsal", messages=[])
    assert bad.value.param == "messages"
    assert bad.value.type == "invalid_request_error"
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.embeddings.create(model="rehearsal", input="Hi")


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "rehearsal"
    assert "rehearsal/echo" in names
    assert client.models.retrieve("rehearsal/echo").id == "rehearsal/echo"
    assert client.models.retrieve("rehearsal").owned_by == "streamcell"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


def test_the_sdk_ends_quietly_on_a_cut_stream(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="rehearsal/cut?after=3", input="Explain entropy", stream=True))
    assert responses_text(events) == "## Entropy counts"
    assert events[-1].type == "response.output_text.delta"
    chunks = list(client.chat.completions.create(model="cut?after=3", messages=user("Explain entropy"), stream=True))
    assert chat_text(chunks) == "## Entropy counts"
    assert chunks[-1].choices[0].finish_reason is None


def test_one_seed_one_answer(client: openai.OpenAI) -> None:
    poems = {client.responses.create(model="rehearsal?seed=4", input="Write a poem").output_text for _ in range(5)}
    assert len(poems) == 1


def test_bulk_arrives_in_as_many_events_as_asked(client: openai.OpenAI, server: RehearsalServer) -> None:
    events = list(client.responses.create(model="rehearsal/bulk?characters=9000&chunks=3000", input="go", stream=True))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert (len(deltas), len("".join(deltas))) == (3000, 9000)
    assert server.exchanges[-1].text_sent == "".join(deltas)


def test_fifty_streams_at_once_all_finish(server: RehearsalServer) -> None:
    async def one(client: openai.AsyncOpenAI, number: int) -> str:
        text = f"stream {number} of fifty, 漢字 👩‍👩‍👧‍👦 and more"
        if number % 2:
            stream = await client.responses.create(model="rehearsal/echo?rate=200", input=text, stream=True)
            got = responses_text([event async for event in stream])
        else:
            chat = await client.chat.completions.create(
                model="rehearsal/echo?rate=200", messages=user(text), stream=True
            )
            got = chat_text([chunk async for chunk in chat])
        assert got == text
        return got

    async def all_of_them() -> list[str]:
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="any key", max_retries=0) as client:
            return await asyncio.gather(*(one(client, number) for number in range(50)))

    assert len(set(asyncio.run(all_of_them()))) == 50
    assert [exchange.ended for exchange in server.exchanges] == ["finished"] * 50


@pytest.mark.parametrize("model", ["rehearsal/bulk?rate=200", "rehearsal/stall?after=3&seconds=3600"])
def test_a_cancelled_task_is_seen_by_the_server(server: RehearsalServer, model: str) -> None:
    async def leave_after_three() -> None:
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="any key", max_retries=0) as client:
            three = asyncio.Event()

            async def read() -> None:
                seen = 0
                async for event in await client.responses.create(model=model, input="Explain entropy", stream=True):
                    seen += event.type == "response.output_text.delta"
                    if seen == 3:
                        three.set()

            task = asyncio.create_task(read())
            await three.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(leave_after_three())
    exchange = server.wait_for(lambda exchange: exchange.ended != "running")
    assert exchange.ended == "closed_by_client"
    assert exchange.text_sent
    assert len(exchange.text_sent) < 50_000


def test_no_key_is_kept(server: RehearsalServer) -> None:
    with openai.OpenAI(base_url=server.base_url, api_key="sk-secret-1234") as client:
        client.responses.create(model="rehearsal/echo", input="Hi")
    assert "sk-secret-1234" not in repr(server.exchanges)
    assert "user-agent" in server.exchanges[0].headers


# -- refusals, background, going on ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (503, openai.InternalServerError),
    ],
)
def test_a_refusal_has_its_status_and_its_wait(
    client: openai.OpenAI, status: int, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as refused:
        client.responses.create(model=f"rehearsal/refuse?status={status}&retry_after=1.5", input="Hi")
    assert refused.value.status_code == status
    assert refused.value.response.headers["retry-after"] == "1.5"


def test_a_refusal_can_pass(client: openai.OpenAI) -> None:
    model = "rehearsal/overloaded,overloaded,tour?rate=0&first_token=0"
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            client.responses.create(model=model, input="Explain entropy")
    assert client.responses.create(model=model, input="Explain entropy").output_text.startswith("## Entropy")


def test_a_background_response_goes_on_behind_a_cut_and_is_taken_up_anywhere(client: openai.OpenAI) -> None:
    model = "rehearsal/cut?after=5&rate=0&first_token=0"
    begun = list(client.responses.create(model=model, input="Explain entropy", stream=True, background=True))
    name = begun[0].response.id
    assert begun[0].response.background is True
    everything = list(client.responses.retrieve(name, stream=True, starting_after=-1))
    assert [event.sequence_number for event in everything] == list(range(len(everything)))
    assert [event.to_dict() for event in begun] == [event.to_dict() for event in everything[: len(begun)]]
    assert everything[-1].type == "response.completed"
    rest = list(client.responses.retrieve(name, stream=True, starting_after=begun[-1].sequence_number))
    assert [event.to_dict() for event in rest] == [event.to_dict() for event in everything[len(begun) :]]
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_none", stream=True)


def test_who_asks_to_go_on_gets_the_rest_after_the_last_words(client: openai.OpenAI) -> None:
    ask: list[Any] = [{"role": "user", "content": "Explain entropy"}]
    whole = client.chat.completions.create(model="rehearsal?rate=0&first_token=0", messages=ask)
    text = whole.choices[0].message.content or ""
    go_on = [*ask, {"role": "assistant", "content": text[:300]}, {"role": "user", "content": "Go on."}]
    rest = client.chat.completions.create(model="rehearsal?rate=0&first_token=0", messages=go_on)
    said = rest.choices[0].message.content or ""
    assert text.endswith(said)
    assert len(text) - 300 < len(said) < len(text) - 250
