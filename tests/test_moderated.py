"""Moderated answers over real HTTP: flagged text is looked for in every place where an answer leaves a trace."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

import streamcell
from streamcell import Flagged, Moderation, ModerationFailed, Stopped, StreamCell, ToolCall, Verdict, stream_cell
from streamcell.answer.gate import AT_ONCE
from streamcell.answer.moderation import Mode
from streamcell.engine.jury import MOST_LATE, Jury
from streamcell.engine.recorder import flush
from streamcell.rehearsal import RehearsalServer

pytestmark = pytest.mark.usefixtures("embedded")

PHRASE = 16  # characters
SIZES: Mapping[str, Any] = {"window": 80, "overlap": 20, "first_window": 40}
ENTROPY = "rehearsal/tour?seed=1"
MODES: tuple[Mode, ...] = ("hold", "watch")


def ask(prompt: Any = "Explain entropy", model: str = ENTROPY, **options: Any) -> StreamCell:
    return stream_cell(prompt, model=model, display=False, **options)


def flagging(phrase: str, mode: Mode = "hold", **more: Any) -> Moderation:
    """Return a moderation that flags a phrase."""
    return Moderation(lambda text: Verdict(phrase in text, {"ours": 0.9}), mode=mode, **{**SIZES, **more})


@pytest.fixture(scope="module")
def answer(embedded: RehearsalServer) -> str:
    assert embedded.base_url
    return ask().result(60)


class Witness:
    """Records what leaves the stream of every cell: the traits, as pages and observers get them, and messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: dict[int, list[str]] = {}
        publish = StreamCell.publish

        def published(cell: StreamCell, view: Any, epoch: int, seq: int) -> None:
            publish(cell, view, epoch, seq)
            self._note(cell, cell.get_state())

        def send(cell: StreamCell, content: Any, buffers: Any = None) -> None:
            assert buffers is None
            self._note(cell, content)

        monkeypatch.setattr(StreamCell, "publish", published)
        monkeypatch.setattr(StreamCell, "send", send)

    def _note(self, cell: StreamCell, value: Any) -> None:
        self.seen.setdefault(id(cell), []).append(json.dumps(value, ensure_ascii=False, default=str))

    def of(self, cell: StreamCell) -> str:
        return "\n".join(self.seen[id(cell)])


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    return Witness(monkeypatch)


def logged(lines: str) -> str:
    """Return the text in the chunks of a log or a recording: the deltas joined, and every whole text."""
    deltas, wholes = "", list[str]()
    for line in lines.splitlines():
        entry = json.loads(line)
        deltas += entry.get("text", "") if entry.get("kind") == "text" else ""
        chunk = json.loads(entry["data"]) if entry.get("kind") == "chunk" and entry["data"].startswith("{") else {}
        deltas += chunk["delta"] if str(chunk.get("type", "")).endswith("output_text.delta") else ""
        deltas += "".join(one["delta"].get("content") or "" for one in chunk.get("choices", []))
        wholes += _texts(chunk)
    return "\n".join([deltas, *wholes])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from [one] if isinstance(one, str) and name in ("text", "arguments") else _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def left_by(cell: StreamCell) -> str:
    """Return all that a cell has when its answer has ended."""
    version = cell.versions[-1]
    kept = [cell.text, repr(cell), repr(cell.parts), repr(version), str(version.error), logged(cell.log.to_jsonl())]
    bundle = cell._repr_mimebundle_()
    return "\n".join([*kept, json.dumps(bundle, ensure_ascii=False), json.dumps(cell.get_state(), default=str)])


def written_to(file: Path) -> str:
    """Return a recording once it is written."""
    flush(file)
    return file.read_text()


def blocked(cell: StreamCell) -> Flagged:
    with pytest.raises(Flagged) as raised:
        cell.result(60)
    assert cell.status == "failed"
    return raised.value


def phrases(answer: str, count: int) -> list[str]:
    """Return phrases that begin at each place in the answer, so that windows end at each place in one of them."""
    found = [answer[at : at + PHRASE] for at in range(count)]
    return [one for one in found if answer.count(one) == 1 and one.isascii() and not set(one) & set('\n"\\')]


@pytest.mark.parametrize(
    ("api", "mode", "step"), [("responses", "hold", 1), ("responses", "watch", 1), ("chat", "hold", 5)]
)
def test_flagged_text_is_nowhere_wherever_windows_cut_it(
    answer: str, witness: Witness, tmp_path: Path, caplog: pytest.LogCaptureFixture, api: str, mode: Mode, step: int
) -> None:
    caplog.set_level(logging.DEBUG, "streamcell")
    flagged = phrases(answer, 90)[::step]
    assert len(flagged) >= 40 / step
    files = [tmp_path / f"{at}.jsonl" for at in range(len(flagged))]
    cells = [
        ask(api=api, moderator=flagging(phrase, mode), record=file) for phrase, file in zip(flagged, files, strict=True)
    ]
    for cell, phrase, file in zip(cells, flagged, files, strict=True):
        error = blocked(cell)
        assert error.categories == {"ours": 0.9}
        assert answer[: answer.index(phrase)].startswith(cell.text)
        assert error.text == cell.text == cell.versions[-1].text
        assert phrase not in left_by(cell)
        if mode == "hold":
            assert phrase not in witness.of(cell)
        written = written_to(file)
        assert phrase not in logged(written)
        assert '"kind": "withheld"' in written
        assert logged(written).split("\n\n")[0].strip("\n") in answer
        assert phrase.encode() not in pickle.dumps(error)
    shown = "".join(record.getMessage() for record in caplog.records)
    assert [one for one in flagged if one in shown] == []


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_that_is_not_flagged_is_whole_and_so_is_its_recording(
    answer: str, tmp_path: Path, mode: Mode
) -> None:
    cell = ask(moderator=flagging("never said", mode), record=tmp_path / "whole.jsonl")
    assert cell.result(60) == answer
    assert cell.versions[-1].moderation is not None
    assert cell.versions[-1].moderation.calls > len(answer) / 80
    plain = ask(record=tmp_path / "plain.jsonl")
    plain.result(60)
    assert [one.kind for one in cell.log] == [one.kind for one in plain.log]
    again = stream_cell(replay=tmp_path / "whole.jsonl", speed="fast", display=False)
    assert (again.result(60), again.notice) == (answer, None)


def test_a_replay_shows_what_was_blocked_and_is_not_judged_again(answer: str, tmp_path: Path) -> None:
    phrase = answer[200:216]
    file = tmp_path / "blocked.jsonl"
    kept = blocked(ask(moderator=flagging(phrase), record=file)).text
    asked: list[str] = []
    streamcell.configure(moderator=asked.append)
    try:
        again = stream_cell(replay=file, speed="fast", display=False)
        error = blocked(again)
    finally:
        streamcell.configure(moderator=None)
    # A chunk with text on both sides of the border was not recorded.
    assert kept.startswith(again.text)
    assert len(kept) - len(again.text) < 20
    assert (error.categories, asked, again.notice) == ({"ours": 0.9}, [], None)


def test_a_recording_that_nobody_has_judged_is_judged_when_it_is_played(answer: str, tmp_path: Path) -> None:
    phrase = answer[200:216]
    ask(record=tmp_path / "plain.jsonl").result(60)
    cell = stream_cell(replay=tmp_path / "plain.jsonl", speed="fast", moderator=flagging(phrase), display=False)
    blocked(cell)
    assert phrase not in left_by(cell)


@pytest.mark.parametrize("mode", MODES)
def test_keep_flagged_keeps_it_in_the_log_only(answer: str, tmp_path: Path, mode: Mode) -> None:
    phrase = answer[60:76]
    cell = ask(moderator=flagging(phrase, mode, keep_flagged=True), record=tmp_path / "a.jsonl")
    blocked(cell)
    assert phrase in logged(cell.log.to_jsonl())
    assert phrase not in cell.text
    assert phrase not in logged(written_to(tmp_path / "a.jsonl"))


class Slow:
    """A moderator that is asked by many, and answers when it is let."""

    def __init__(self, flags: str = "never said") -> None:
        self.flags = flags
        self.texts: list[str] = []
        self.go = threading.Event()
        self.asked = threading.Event()

    def judge(self, text: str) -> bool:
        self.texts.append(text)
        self.asked.set()
        assert self.go.wait(60)
        return self.flags in text


@pytest.mark.parametrize("mode", MODES)
def test_stop_leaves_out_what_was_not_judged_and_retry_judges_anew(answer: str, mode: Mode) -> None:
    slow = Slow(flags=answer[4:20])
    cell = ask(moderator=Moderation(slow, mode=mode, **SIZES))
    assert slow.asked.wait(60)
    cell.stop()
    with pytest.raises(Stopped):
        cell.result(60)
    assert (cell.status, cell.text) == ("stopped", "")
    assert "not judged yet" in (cell.notice or "")
    assert answer[4:20] not in left_by(cell)
    slow.go.set()  # late verdicts are of another run
    cell.retry()
    blocked(cell)
    assert cell.text == ""
    assert answer[4:20] not in left_by(cell)


@pytest.mark.parametrize("mode", MODES)
def test_a_phrase_that_was_cut_off_and_resumed_is_flagged(answer: str, mode: Mode) -> None:
    model = "rehearsal/drop?after=30&seed=1"
    cell = ask(model=model, moderator=flagging("never said", mode), auto_resume=False)
    with pytest.raises(StreamCellErrorOf("Interrupted")):
        cell.result(60)
    cut = len(cell.text)
    assert answer.startswith(cell.text)
    phrase = answer[cut - 8 : cut + 8]
    again = ask(model=model, moderator=flagging(phrase, mode), auto_resume=True)
    blocked(again)
    assert phrase not in left_by(again)
    assert again.resumable is None


def StreamCellErrorOf(name: str) -> type[Exception]:  # noqa: N802
    return getattr(streamcell, name)  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", MODES)
def test_a_background_response_that_is_cut_is_resumed_exactly_and_judged(answer: str, mode: Mode) -> None:
    options = {"model": "rehearsal/drop?after=30&seed=1", "background": True, "store": True}
    whole = ask(moderator=flagging("never said", mode), **options)
    assert whole.result(60) == answer
    cell = ask(moderator=flagging(answer[300:316], mode), **options)
    blocked(cell)
    assert answer[300:316] not in left_by(cell)


@pytest.mark.parametrize("mode", MODES)
def test_the_tokens_of_flagged_text_are_withheld_too(answer: str, mode: Mode) -> None:
    def said(cell: StreamCell) -> str:
        return "".join(one["token"] for one in cell.tokens)

    whole = ask(moderator=flagging("never said", mode), logprobs=True, top_logprobs=2)
    assert whole.result(60) == answer
    assert said(whole)[:1900] == answer[:1900]  # at the end is a token that is half of a character
    cell = ask(moderator=flagging(answer[300:316], mode), logprobs=True, top_logprobs=2)
    blocked(cell)
    assert cell.text.startswith(said(cell))
    assert len(cell.text) - len(said(cell)) < 20


# -- moderators that fail ----------------------------------------------------------------------------------------------


def raising(text: str) -> bool:
    raise ValueError(f"no {text}")


async def hanging(_text: str) -> bool:
    await asyncio.sleep(3600)
    return False


def wordless(_text: str) -> Any:
    return "fine"


FAILING: list[tuple[Callable[[str], Any], str]] = [
    (raising, "The moderator raised ValueError"),
    (hanging, "The moderator did not answer within 0.2 s"),
    (wordless, "The moderator returned str, which is no verdict"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("moderator", "words"), FAILING)
def test_without_a_verdict_the_answer_ends_and_says_why(
    caplog: pytest.LogCaptureFixture, mode: Mode, moderator: Callable[[str], Any], words: str
) -> None:
    cell = ask(moderator=Moderation(moderator, mode=mode, timeout=0.2, **SIZES))
    with pytest.raises(ModerationFailed, match=words) as raised:
        cell.result(60)
    assert (cell.text, cell.status) == ("", "failed")
    assert "**" not in str(raised.value)  # the text that was to be judged
    assert "no #" not in caplog.text
    assert '"kind": "chunk"' not in cell.log.to_jsonl()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("moderator", "words"), FAILING)
def test_or_it_is_shown_and_says_so(answer: str, mode: Mode, moderator: Callable[[str], Any], words: str) -> None:
    moderation = Moderation(moderator, mode=mode, timeout=0.02, on_failure="open", window=5_000, overlap=200)
    cell = ask(moderator=moderation)
    assert cell.result(60) == answer
    judging = cell.versions[-1].moderation
    assert judging is not None
    assert judging.failures == judging.calls > 0
    assert words.removeprefix("The moderator ").partition(" 0.2")[0] in (cell.notice or "")


def test_a_moderator_that_never_returns_is_called_a_bounded_number_of_times() -> None:
    slow = Slow()
    rules = Moderation(slow, on_failure="open", timeout=0.001, window=10, overlap=2)
    cell = ask("x " * 3_000, "rehearsal/echo", moderator=rules)
    assert cell.result(60) == "x " * 3_000
    slow.go.set()
    assert MOST_LATE <= len(slow.texts) < MOST_LATE + AT_ONCE
    assert "has not returned from" in (cell.notice or "")


def test_many_streams_with_a_slow_moderator_do_not_hold_each_other(answer: str) -> None:
    slow = Slow()
    streamcell.configure(max_concurrency=300)
    try:
        held = [ask("Hello", "rehearsal/echo", moderator=Moderation(slow, timeout=600.0)) for _ in range(200)]
        free = ask(moderator=flagging("never said"))
        assert free.result(60) == answer  # although 200 threads wait
        assert {cell.text for cell in held} == {""}
        slow.go.set()
        assert {cell.result(60) for cell in held} == {"Hello"}
    finally:
        streamcell.configure(max_concurrency=None)


def test_the_source_is_not_read_further_while_much_waits() -> None:
    slow = Slow()
    rules = Moderation(slow, timeout=600.0, window=40, overlap=5)
    cell = ask(model="rehearsal/bulk?characters=400000", moderator=rules)
    assert slow.asked.wait(60)
    deadline = time.monotonic() + 60
    while not (gate := cell._stream._session.gate) or not gate.full:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert gate.held < 30 * rules.window
    cell.stop()
    slow.go.set()
    assert cell.text == ""


# -- the endpoint ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_the_moderation_endpoint_judges_with_the_same_client(mode: Mode) -> None:
    cell = ask("All is well. " * 40 + "flag-violence", "rehearsal/echo", moderator=Moderation("openai", mode=mode))
    error = blocked(cell)
    assert error.categories == {"violence": 0.97}
    assert cell.error is not None
    assert cell.error["categories"] == [{"name": "violence", "score": 0.97}]
    assert "flag-violence" not in cell.text
    assert "flag-violence" not in logged(cell.log.to_jsonl())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("moderation-500", "got HTTP status 500 from its endpoint"),
        ("moderation-hang", "did not answer within 0.5 s"),
    ],
)
def test_an_endpoint_that_fails(fault: str, words: str) -> None:
    cell = ask(f"Say {fault}", "rehearsal/echo", moderator=Moderation("openai", timeout=0.5 if "hang" in fault else 60))
    with pytest.raises(ModerationFailed, match=words):
        cell.result(60)


def test_the_endpoint_is_sent_the_text_and_may_be_slow(server: RehearsalServer) -> None:
    cell = ask("Say moderation-slow", "rehearsal/echo", moderator="openai", api="chat")
    assert cell.result(60) == "Say moderation-slow"
    [asked] = [one for one in server.exchanges if one.body.get("input") == "Say moderation-slow"]
    assert (asked.path, asked.body["model"]) == ("/v1/moderations", "omni-moderation-latest")


def test_a_server_without_the_endpoint_says_so() -> None:
    with RehearsalServer(rate=0, first_token=0) as server:
        client = openai.AsyncOpenAI(base_url=server.base_url + "/nowhere", api_key="-")
        cell = stream_cell(["a", "b"], moderator="openai", display=False)
        with pytest.raises(ModerationFailed, match="could not ask its endpoint"):  # there is no key
            cell.result(60)
        cell = stream_cell("x", client=client, model="m", moderator=Moderation("openai", prompt=True), display=False)
        with pytest.raises(ModerationFailed, match="status 404 from its endpoint: this server may have no such"):
            cell.result(60)
        assert [one.path for one in server.exchanges] == ["/v1/nowhere/moderations"]


def test_an_endpoint_whose_loop_was_closed_has_no_verdict() -> None:
    class Closed:
        home: asyncio.AbstractEventLoop | None = asyncio.new_event_loop()

        async def judge(self, text: str) -> Any:
            raise AssertionError(text)

    async def ask_it() -> tuple[Verdict | None, str]:
        endpoint, told = Closed(), asyncio.get_running_loop().create_future()
        assert endpoint.home is not None
        endpoint.home.close()
        jury = Jury(Moderation("openai"), asyncio.get_running_loop(), endpoint)
        jury.ask("a text", lambda verdict, fault: told.set_result((verdict, fault)))
        found: tuple[Verdict | None, str] = await told
        return found

    assert asyncio.run(ask_it()) == (None, "raised RuntimeError: Event loop is closed")


# -- prompts, reasoning, tools -----------------------------------------------------------------------------------------


def test_a_flagged_prompt_is_not_sent(server: RehearsalServer) -> None:
    before = len(server.exchanges)
    moderator = Moderation("openai", prompt=True)
    cell = ask([{"role": "user", "content": "Say flag-hate"}], instructions="Be kind", moderator=moderator)
    error = blocked(cell)
    assert (error.error_title, error.categories) == ("The moderator flagged this prompt", {"hate": 0.97})
    assert [one.path for one in server.exchanges[before:]] == ["/v1/moderations"]
    assert server.exchanges[-1].body["input"] == "Be kind\n\nSay flag-hate"


def test_a_prompt_that_passes_is_sent_once(answer: str) -> None:
    texts: list[str] = []
    cell = ask(moderator=Moderation(lambda text: bool(texts.append(text)), prompt=True))
    assert cell.result(60) == answer
    assert (texts[0], texts.count(texts[0])) == ("Explain entropy", 1)
    cell.retry()
    assert cell.result(60)
    assert texts.count("Explain entropy") == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("judged", [True, False])
def test_reasoning_is_judged_if_that_is_asked_for(mode: Mode, judged: bool) -> None:
    options: dict[str, Any] = {"reasoning": {"summary": "auto"}}
    thought = ask(**options)
    thought.result(60)
    phrase = thought.reasoning[10:26]
    cell = ask(moderator=flagging(phrase, mode, reasoning=judged), **options)
    if judged:
        blocked(cell)
        assert phrase not in left_by(cell)
    else:
        cell.result(60)
        assert phrase in cell.reasoning


def weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"Storms of flagged-weather over {city}"


@pytest.mark.parametrize("mode", MODES)
def test_arguments_and_results_of_tools_are_judged_if_that_is_asked_for(mode: Mode, tmp_path: Path) -> None:
    def asking(flags: str, file: Path, *, judged: bool = True) -> StreamCell:
        moderator = flagging(flags, mode, tools=judged)
        return ask("Umbrella?", "rehearsal/tools", moderator=moderator, record=file, tools=[weather], approve=True)

    free = asking("never said", tmp_path / "free")
    assert "flagged-weather" in free.result(60)
    assert "flagged-weather" in written_to(tmp_path / "free")
    call = next(part for part in free.parts if isinstance(part, ToolCall))
    city = json.loads(call.arguments)["city"]
    for flags in ("flagged-weather", city):
        cell = asking(flags, tmp_path / "a")
        blocked(cell)
        assert flags not in cell.log.to_jsonl()
        assert flags not in repr(cell.parts)
        assert flags not in written_to(tmp_path / "a")
    unjudged = asking("flagged-weather", tmp_path / "b", judged=False)
    blocked(unjudged)  # the model quotes it
    assert "flagged-weather" in written_to(tmp_path / "b")


# -- whatever streams --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_strings_of_an_iterator_are_judged(mode: Mode) -> None:
    words = ["All ", "is ", "Xyz", "zy ", "here"]
    cell = stream_cell(lambda: iter(words), moderator=flagging("Xyzzy", mode), display=False)
    blocked(cell)
    assert "Xyz" not in left_by(cell)
    free = stream_cell(lambda: iter(words), moderator=flagging("never said", mode), display=False)
    assert free.result(60) == "All is Xyzzy here"
    assert "".join(one.data["text"] for one in free.log if one.kind == "text") == "All is Xyzzy here"


def test_pieces_end_with_the_error(answer: str) -> None:
    cell = ask(moderator=flagging(answer[300:316]))
    pieces: list[str] = []
    with pytest.raises(Flagged):
        pieces.extend(cell)
    assert answer[:300].startswith("".join(pieces))
    assert "".join(pieces) == cell.text


def test_configure_sets_a_moderator_and_a_call_may_have_none(answer: str) -> None:
    streamcell.configure(moderator=flagging(answer[:16]))
    try:
        blocked(ask())
        assert ask(moderator=False).result(60) == answer
    finally:
        streamcell.configure(moderator=None)
    assert ask().result(60) == answer


def test_a_reply_is_moderated_as_the_answer_that_it_continues(answer: str) -> None:
    phrase = answer[200 : 200 + PHRASE]
    first = ask("Say hello", moderator=flagging(phrase))
    first.result(60)
    reply = first.reply("Explain entropy", model=ENTROPY, display=False)
    with pytest.raises(Flagged):
        reply.result(60)
    assert phrase not in reply.text
    assert phrase in first.reply("Explain entropy", model=ENTROPY, display=False, moderator=False).result(60)


@pytest.mark.parametrize("given", ["gpt", 5, object(), str])
def test_what_is_no_moderator_is_refused_at_the_call(given: object) -> None:
    with pytest.raises(TypeError, match="moderator must be a function of a text"):
        ask(moderator=given)


def test_calls_of_users_threads_are_safe(answer: str) -> None:
    """Stop from many threads while verdicts come."""
    with ThreadPoolExecutor(8) as pool:
        cells = list(pool.map(lambda _: ask(moderator=flagging("never said")), range(16)))
        list(pool.map(StreamCell.stop, cells))
    assert {cell.status for cell in cells} <= {"stopped", "done"}
    assert all(answer.startswith(cell.text) for cell in cells)


WAIT = 300.0


class Record(BaseModel):
    """A river."""

    name: str
    km: int


@pytest.mark.parametrize("mode", ["hold", "watch"])
@pytest.mark.parametrize("flagged", [False, True])
def test_a_structured_answer_is_moderated_like_any_other(embedded: RehearsalServer, mode: Mode, flagged: bool) -> None:
    moderator = Moderation(lambda text: flagged and "Yangtze" in text, mode=mode)
    cell = stream_cell(
        "Rivers",
        model="rehearsal/structured?records=20",
        response_format=list[Record],
        moderator=moderator,
        display=False,
    )
    if flagged:
        with pytest.raises(Flagged):
            cell.result(WAIT)
        assert "Yangtze" not in f"{cell.parsed} {cell.versions} {cell.log.to_jsonl()} {cell.text}"
    else:
        cell.result(WAIT)
        assert len(cell.to_dicts()) == 20
        assert cell.stats.moderation_calls > 1


@pytest.mark.parametrize("mode", ["hold", "watch"])
def test_the_tokens_of_a_moderated_text_have_their_places(embedded: RehearsalServer, mode: Mode) -> None:
    moderator = Moderation(lambda _: False, mode=mode)
    cell = stream_cell("x", model="rehearsal/tour", logprobs=True, moderator=moderator, display=False)
    text = cell.result(WAIT)
    assert "".join(text[one["start"] : one["end"]] for one in cell.tokens) == text
