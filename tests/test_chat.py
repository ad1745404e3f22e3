"""A conversation: the real SDK over HTTP against the rehearsal server, without a notebook."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

import streamcell
from streamcell import Flagged, Moderation, StreamChat, Trim, stream_cell, stream_chat
from streamcell.notebook.chat import StreamChat as Chat
from streamcell.notebook.joined import ANSWERS
from streamcell.rehearsal import RehearsalServer, _server

from .notebooks import displayed, run

LIMIT = 300.0
FAST = "rehearsal?rate=0&first_token=0"
ECHO = "rehearsal/echo?rate=0&first_token=0"
SLOW = "rehearsal?first_token=600"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def texts(chat: StreamChat) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in chat.messages]


def asked(chat: StreamChat) -> list[str]:
    return [one["content"] for one in chat.messages if one["role"] == "user"]


def answered(chat: StreamChat, prompt: str, **changes: Any) -> str:
    return chat.send(prompt, **changes).result(LIMIT)


def test_a_reply_continues_with_the_history() -> None:
    cell = stream_cell("Explain entropy", model=FAST, display=False)
    cell.result(LIMIT)
    reply = cell.reply("What did I ask?", display=False)
    assert "“Explain entropy”" in reply.result(LIMIT)
    request = reply.request
    assert request is not None
    assert [one["role"] for one in request.messages] == ["user", "assistant", "user"]
    slow = stream_cell("x", model=SLOW, display=False)
    with pytest.raises(ValueError, match="still streaming"):
        slow.reply("y")
    slow.stop()


def test_a_conversation_remembers_and_its_messages_are_plain() -> None:
    chat = stream_chat(FAST, instructions="Be kind.", display=False)
    assert chat.messages == [{"role": "system", "content": "Be kind."}]
    first = answered(chat, "My name is Ada.")
    assert "Ada" in answered(chat, "What is my name?")
    assert texts(chat)[:3] == [("system", "Be kind."), ("user", "My name is Ada."), ("assistant", first.strip("\n"))]
    assert [cell.status for cell in chat.turns] == ["done", "done"]
    assert chat.result(LIMIT) == chat.turns[-1].text
    chat.messages.clear()
    assert len(chat.messages) == 5


def test_a_chat_is_awaited() -> None:
    async def wait() -> None:
        chat = stream_chat(FAST, display=False)
        with pytest.raises(RuntimeError, match="nothing was asked"):
            await chat
        chat.send("Explain entropy")
        assert await chat == chat.turns[0].text

    asyncio.run(wait())


def test_a_question_while_an_answer_streams_is_refused_and_stop_frees() -> None:
    chat = stream_chat(SLOW, display=False)
    chat.send("one")
    with pytest.raises(RuntimeError, match="still streaming"):
        chat.send("two")
    chat.stop()
    assert chat.turns[0].status == "stopped"
    assert asked(chat) == ["one"]
    cell = chat.send("two", model=FAST)
    cell.result(LIMIT)
    assert "continues an answer that was stopped" in cell.origin["note"]
    assert asked(chat) == ["one", "two"]


def test_an_edited_question_is_a_branch() -> None:
    chat = stream_chat(ECHO, display=False)
    for prompt in ("one", "two", "three"):
        answered(chat, prompt)
    chat.edit(1, "deux").result(LIMIT)
    assert asked(chat) == ["one", "deux"]
    request = chat.turns[1].request
    assert request is not None
    assert "two" not in json.dumps(request.messages)
    chat.select(1, 0)
    assert asked(chat) == ["one", "two", "three"]
    chat.select(1, 1)
    assert asked(chat) == ["one", "deux"]
    with pytest.raises(IndexError):
        chat.select(1, 2)


def test_a_retried_answer_begins_a_branch_and_the_former_one_keeps_its_turns() -> None:
    chat = stream_chat(FAST, display=False)
    for prompt in ("Explain entropy", "And in one sentence?"):
        answered(chat, prompt)
    first = chat.turns[0]
    first.retry()
    first.result(LIMIT)
    assert asked(chat) == ["Explain entropy"]
    answered(chat, "And in one word?")
    assert asked(chat) == ["Explain entropy", "And in one word?"]
    first.select(0)
    assert asked(chat) == ["Explain entropy", "And in one sentence?"]


def test_what_is_left_out_is_said() -> None:
    chat = stream_chat(ECHO, trim=Trim(turns=1), instructions="Be brief.", display=False)
    for prompt in ("one", "two", "three"):
        answered(chat, prompt)
    cell = chat.turns[-1]
    assert cell.request is not None
    assert [one["content"] for one in cell.request.messages if one["role"] == "user"] == ["two", "three"]
    assert cell.request.instructions == "Be brief."
    assert "2 messages of the conversation were not sent" in cell.origin["note"]
    about = chat._repr_mimebundle_()[0][ANSWERS]["items"][-1]["about"]
    assert about["left_out"] == 2


def test_a_trim_that_raises_asks_nothing() -> None:
    chat = stream_chat(ECHO, trim=lambda messages: messages[:0], display=False)
    with pytest.raises(ValueError, match="must keep the newest question"):
        chat.send("one")
    assert chat.turns == ()


def weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"{city}: sunny"


def test_tools_and_files_are_in_the_history() -> None:
    model = "rehearsal/tools?rate=0&first_token=0"
    chat = stream_chat(model, tools=[weather], approve=True, display=False)
    answered(chat, "Do I need an umbrella?")
    chat.send(["And what is this?", PNG], model=ECHO).result(LIMIT)
    kinds = [one.get("type", one.get("role")) for one in chat.messages]
    assert kinds == ["user", "assistant", "function_call", "function_call_output", "assistant", "user", "assistant"]
    assert chat.messages[3]["output"] == "Oslo: sunny"
    assert [one["type"] for one in chat.messages[5]["content"]] == ["input_text", "input_image"]
    assert chat._repr_mimebundle_()[0][ANSWERS]["items"][1]["about"]["files"] == ["a file"]


def test_the_messages_of_a_chat_are_what_its_api_takes() -> None:
    model = "rehearsal/tools?rate=0&first_token=0"
    forms = {}
    for api in ("responses", "chat"):
        chat = stream_chat(model, tools=[weather], approve=True, api=api, display=False)
        answered(chat, "Do I need an umbrella?")
        chat.send(["And what is this?", PNG], model=ECHO).result(LIMIT)
        kinds = [one.get("role", one.get("type")) for one in chat.messages]
        forms[api] = kinds, [part["type"] for part in chat.messages[-2]["content"]]
        again = stream_chat(ECHO, messages=chat.messages, api=api, display=False)
        answered(again, "three")
        assert again.messages[:-2] == chat.messages
    assert forms == {
        "responses": (
            ["user", "assistant", "function_call", "function_call_output", "assistant", "user", "assistant"],
            ["input_text", "input_image"],
        ),
        "chat": (["user", "assistant", "tool", "assistant", "user", "assistant"], ["text", "image_url"]),
    }


def test_a_saved_chat_is_loaded_with_its_branches_and_goes_on(tmp_path: Path) -> None:
    chat = stream_chat(FAST, instructions="Be kind.", display=False)
    answered(chat, "My name is Ada.")
    answered(chat, "Explain entropy")
    chat.edit(1, "Show me a table").result(LIMIT)
    chat.turns[0].retry()
    chat.turns[0].result(LIMIT)
    chat.turns[0].select(0)
    chat.save(tmp_path / "chat.json")
    again = stream_chat.load(tmp_path / "chat.json", display=False)
    assert again.messages == chat.messages
    assert [cell.status for cell in again.turns] == ["done", "done"]
    assert again.result(LIMIT) == chat.turns[1].text
    assert len(again.turns[0].versions) == 2
    again.select(1, 0)
    assert asked(again) == ["My name is Ada.", "Explain entropy"]
    assert "Ada" in answered(again, "What is my name?")
    again.turns[1].retry()
    assert "entropy" in again.turns[1].result(LIMIT).lower()
    again.save(tmp_path / "chat.md")
    assert "> **You:**\n>\n> My name is Ada" in (tmp_path / "chat.md").read_text("utf-8")
    with pytest.raises(ValueError, match=r"\.json or \.md"):
        again.save(tmp_path / "chat.txt")


def test_plain_messages_are_shown_as_turns(tmp_path: Path) -> None:
    chat = stream_chat("rehearsal/tools?rate=0&first_token=0", tools=[weather], approve=True, display=False)
    answered(chat, "Do I need an umbrella?")
    again = stream_chat(FAST, messages=chat.messages, display=False)
    assert again.messages == chat.messages
    (tmp_path / "messages.json").write_text(json.dumps(chat.messages), "utf-8")
    loaded = stream_chat.load(tmp_path / "messages.json", FAST, display=False)
    assert loaded.messages == chat.messages
    with pytest.raises(ValueError, match="begin with a question"):
        stream_chat(FAST, messages=[{"role": "assistant", "content": "x"}], display=False)


def test_a_loaded_turn_is_asked_again_with_what_was_said_before_it(tmp_path: Path) -> None:
    chat = stream_chat(FAST, instructions="Be kind.", display=False)
    for prompt in ("My name is Ada.", "What is my name?"):
        answered(chat, prompt)
    chat.edit(1, "Who am I?").result(LIMIT)
    chat.save(tmp_path / "chat.json")
    loaded = stream_chat.load(tmp_path / "chat.json", display=False)
    listed = stream_chat(FAST, messages=chat.messages, display=False)
    loaded.select(1, 0)
    for again in (loaded, listed):
        request = again.turns[1].request
        assert request is not None
        assert [one["role"] for one in request.messages] == ["user", "assistant", "user"]
        reply = again.turns[1].reply("What is my name?", display=False)
        assert "Ada" in reply.result(LIMIT)
    loaded.turns[1].retry()
    assert "Ada" in loaded.turns[1].result(LIMIT)
    short = stream_chat.load(tmp_path / "chat.json", trim=Trim(turns=0), display=False).turns[1].request
    assert short is not None
    assert len(short.messages) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "holds no JSON"),
        ("[" * 200_000 + "]" * 200_000, "holds no JSON"),
        ('{"format": "streamcell chat", "version": true, "turns": []}', "no chat that this release"),
        (json.dumps({"format": "streamcell chat", "version": 1, "model": "x" * 2_000, "turns": []}), "damaged: model"),
        (json.dumps({"format": "streamcell chat", "version": 1, "turns": [{}] * 1_001}), "damaged: turns"),
        (
            '[{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "1", "function": null}]}]',
            "no function",
        ),
        (
            (
                '[{"role": "user", "content": "x"},'
                ' {"type": "function_call", "call_id": "1", "name": "f", "arguments": {}}]'
            ),
            "that is none",
        ),
        ("{}", "no chat that this release"),
        ('{"format": "streamcell chat", "version": 9}', "no chat that this release"),
        ('{"format": "streamcell chat", "version": 1}', "damaged: turns"),
        ('{"format": "streamcell chat", "version": 1, "turns": [{"question": []}]}', "damaged"),
    ],
)
def test_a_damaged_file_is_refused_and_says_why(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=said):
        stream_chat.load(path)


def test_hostile_saved_turns_are_refused(tmp_path: Path) -> None:
    chat = stream_chat(FAST, display=False)
    answered(chat, "Explain entropy")
    chat.save(tmp_path / "x.json")
    good = json.loads((tmp_path / "x.json").read_text("utf-8"))
    changes: list[tuple[dict[str, Any], str]] = [
        ({"after": [5, 0]}, "follows a turn that is not there"),
        ({"after": [0, 0]}, "follows a turn that is not there"),
        ({"versions": []}, "versions"),
        ({"versions": [{"status": "done", "parts": [{"kind": "magic"}]}]}, "magic"),
        ({"versions": [{"status": "done", "parts": [{"kind": "text", "text": 7}]}]}, "text"),
        ({"question": [{"role": "wizard", "content": "x"}]}, "wizard"),
    ]
    for change, said in changes:
        (tmp_path / "x.json").write_text(json.dumps({**good, "turns": [{**good["turns"][0], **change}]}), "utf-8")
        with pytest.raises(ValueError, match=said):
            stream_chat.load(tmp_path / "x.json")
    broken = {**good["turns"][0], "versions": [{"status": "streaming", "parts": [{"kind": "text", "text": "half"}]}]}
    (tmp_path / "x.json").write_text(json.dumps({**good, "turns": [broken]}), "utf-8")
    assert stream_chat.load(tmp_path / "x.json", display=False).turns[0].status == "stopped"


@pytest.mark.parametrize("given", [{"tmperature": 1}, {"trim": "all"}, {"tools": [3]}, {"client": 3}])
def test_wrong_arguments_are_refused_at_the_call(given: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        stream_chat(FAST, display=False, **given)


UNATTENDED = [
    "from streamcell import stream_chat\nchat = stream_chat('rehearsal?rate=0&first_token=0')",
    "chat.send('My name is Ada.')",
    "await chat\nchat.send('What is my name?')",
]


def test_in_a_run_that_nobody_attends_a_chat_is_its_turns(tmp_path: Path) -> None:
    done, notebook = run(tmp_path, UNATTENDED)
    assert done.returncode == 0, done.stderr
    (bundle,) = displayed(notebook, 0)
    assert set(bundle) == {ANSWERS, "text/markdown", "text/plain"}
    assert bundle["text/plain"].startswith("You: My name is Ada.\n\nNice to meet you")
    assert bundle["text/markdown"].count("**You:**") == 2
    assert bundle["text/markdown"].endswith(
        "Your name is Ada: you told me in question 1. This is question 2 of our conversation."
    )


# -- what a page sends -----------------------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page is told."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Chat, "_tell_page", lambda _self, content: found.append(content))
    return found


def piece(id_: str, name: str, data: bytes, at: int = 0) -> dict[str, Any]:
    return {"type": "file", "id": id_, "name": name, "at": at, "data": base64.b64encode(data).decode()}


def test_a_page_asks_with_files_in_pieces(told: list[dict[str, Any]]) -> None:
    chat = stream_chat(ECHO, display=False)
    for command in (
        piece("a", "../notes.txt", b"one "),
        piece("a", "../notes.txt", b"two", 4),
        {"type": "ask", "text": "What is it?", "files": ["a"], "nonce": "n1"},
    ):
        chat._obey(command)
    assert told == []
    assert chat._state["taken"] == "n1"
    chat.result(LIMIT)
    assert "notes.txt" in json.dumps(chat.messages)
    assert ".." not in json.dumps(chat.messages)
    assert "one two" in json.dumps(chat.messages)


def test_a_page_edits_a_question_and_chooses_a_branch(told: list[dict[str, Any]]) -> None:
    chat = stream_chat(ECHO, display=False)
    answered(chat, "one")
    answered(chat, "two")
    chat._obey({"type": "ask", "text": "deux", "edit": 1, "nonce": "n"})
    chat.result(LIMIT)
    assert asked(chat) == ["one", "deux"]
    chat._obey({"type": "choose", "turn": 1})
    assert asked(chat) == ["one", "two"]
    chat._obey({"type": "export", "nonce": "e"})
    assert [(one["type"], one["nonce"]) for one in told] == [("exported", "e")]
    assert len(json.loads(told[0]["json"])["turns"]) == 3


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([{"type": "ask", "text": "  "}], "write a question first"),
        ([{"type": "ask"}], "write a question first"),
        ([{"type": "ask", "text": "x", "files": ["none"]}], "has not arrived completely"),
        ([piece("a", "x.png", b"1", 5)], "has not arrived completely"),
        ([{**piece("a", "x.png", b"1"), "data": "%%"}], "has not arrived completely"),
        ([{"type": "file"}], "no piece of a file"),
        ([piece("a", "x.png", b"plain"), {"type": "ask", "text": "x", "files": ["a"]}], "by its name"),
        ([piece(str(at), "x", b"1") for at in range(21)], "up to 20 files"),
    ],
)
def test_a_page_is_told_why_its_question_is_refused(
    told: list[dict[str, Any]], commands: list[dict[str, Any]], why: str
) -> None:
    chat = stream_chat(ECHO, display=False)
    for command in commands:
        chat._obey({"nonce": "n", **command})
    assert told[-1]["type"] == "refused"
    assert why in told[-1]["why"]
    assert chat.turns == ()


def test_a_question_with_a_file_that_was_refused_is_asked_again(told: list[dict[str, Any]]) -> None:
    def refuse(_messages: Any) -> Any:
        raise ValueError("too long")

    chat = stream_chat(ECHO, trim=refuse, display=False)
    again = (piece("a", "a.txt", b"hello"), {"type": "ask", "text": "What?", "files": ["a"], "nonce": "n"})
    for command in again:
        chat._obey(command)
    assert [one["why"] for one in told] == ["too long"]
    assert chat._uploads._files == {}
    chat._trim = None
    chat._obey(piece("a", "a.txt", b"half"))  # a former try that was given up
    for command in (piece("other", "b.txt", b"of another page"), *again):
        chat._obey(command)
    assert "hello" in str(chat.messages[0])
    assert list(chat._uploads._files) == ["other"]


@pytest.mark.parametrize("number", [99, -1, True, 0.0, "0"])
def test_an_edit_of_no_turn_is_refused(told: list[dict[str, Any]], number: object) -> None:
    chat = stream_chat(ECHO, display=False)
    answered(chat, "one")
    chat._obey({"type": "ask", "text": "uno", "edit": number, "nonce": "n"})
    assert (told[0]["type"], len(chat._turns)) == ("refused", 1)
    assert "no such question" in told[0]["why"]


def test_an_edited_question_keeps_its_files(told: list[dict[str, Any]], tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("some notes")
    chat = stream_chat(ECHO, display=False)
    chat.send(["What is it?", PNG, notes]).result(LIMIT)
    former = chat.messages[0]["content"]
    chat.edit(0, "And this?").result(LIMIT)
    assert chat.messages[0]["content"][0]["text"] == "And this?"
    assert chat.messages[0]["content"][1:] == former[1:]
    chat.save(tmp_path / "x.json")
    chat = stream_chat.load(tmp_path / "x.json", display=False)
    chat._obey(piece("new", "new.txt", b"new"))
    number = chat._path()[0]
    chat._obey({"type": "ask", "text": "Now?", "files": ["new"], "edit": number, "without": [0], "nonce": "n"})
    assert told == []
    chat.result(LIMIT)
    assert [one["text"][:9] for one in chat.messages[0]["content"]] == ["Now?", "notes.txt", "new.txt:\n"]
    assert chat._places[0]["about"]["files"] == ["notes.txt", "new.txt"]
    assert chat._places[0]["about"]["question"] == "Now?"
    chat.edit(0, [{"role": "user", "content": "Alone"}]).result(LIMIT)
    assert asked(chat) == ["Alone"]


def test_a_page_is_told_when_too_much_waits(told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    chat = stream_chat(ECHO, display=False)
    monkeypatch.setattr(chat._commands, "add", lambda _act: False)
    chat._take(None, {"type": "ask", "text": "one", "nonce": "n"})
    assert [(one["type"], one["nonce"]) for one in told] == [("refused", "n")]


def test_what_a_page_must_not_send_does_nothing(told: list[dict[str, Any]]) -> None:
    chat = stream_chat(ECHO, display=False)
    for command in ({}, {"type": "choose", "turn": 4}, {"type": "choose"}, {"type": "exec", "code": "1"}):
        chat._obey(command)
    assert (told, chat.turns) == ([], ())


def test_a_chat_with_half_a_character_is_saved_and_the_file_is_replaced_whole(tmp_path: Path) -> None:
    chat = stream_chat(FAST, instructions="be \udc00", display=False)
    file = tmp_path / "X.JSON"
    file.write_text("former")
    (tmp_path / "former").hardlink_to(file)
    chat.save(file)
    assert json.loads(file.read_text("utf-8"))["instructions"] == "be \ufffd"
    assert (tmp_path / "former").read_text() == "former"
    chat.save(tmp_path / "x.MD")
    assert "Nothing has been asked" in (tmp_path / "x.MD").read_text("utf-8")


def test_secrets_of_a_request_are_in_no_saved_chat(tmp_path: Path) -> None:
    secret = "sk-very-secret-1234567890abcdef"
    chat = stream_chat(FAST, display=False, extra_headers={"X-Token": secret})
    answered(chat, "Explain entropy", extra_headers={"X-Other": secret})
    chat.save(tmp_path / "x.json")
    assert secret not in (tmp_path / "x.json").read_text("utf-8")
    assert secret not in json.dumps([chat._repr_mimebundle_(), chat.get_state(["_state", "_places"])])
    assert secret not in repr(chat)


def test_the_lines_of_the_page_about_conversations_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "chat.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    with RehearsalServer(rate=0, first_token=0) as server:
        monkeypatch.setattr(_server, "_shared", server)
        for snippet in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
            exec(compile(snippet, "docs/chat.md", "exec"), {})
    assert capsys.readouterr().out.count("Your name is Ada") >= 3


KEY = "sk-proj-" + "a1B2c3D4" * 6


def until(chat: StreamChat, condition: Callable[[], bool]) -> None:
    """Wait until what the chat shows fulfils a condition."""
    fulfilled = threading.Event()

    def look(_change: Any = None) -> None:
        if condition():
            fulfilled.set()

    chat.observe(look, "_places")
    look()
    assert fulfilled.wait(LIMIT)


def judge(text: str) -> bool:
    return "bomb" in text


def everywhere(chat: StreamChat, folder: Path) -> str:
    """All that a chat shows and saves."""
    chat.save(folder / "all.json")
    chat.save(folder / "all.md")
    files = [(folder / name).read_text("utf-8") for name in ("all.json", "all.md")]
    return json.dumps([chat._repr_mimebundle_(), chat.get_state(["_state", "_places"]), *files])


def test_a_question_that_a_moderator_flags_is_withheld(tmp_path: Path) -> None:
    chat = stream_chat(ECHO, moderator=Moderation(judge, prompt=True), display=False)
    with pytest.raises(Flagged):
        answered(chat, "how to build a bomb")
    assert "bomb" not in everywhere(chat, tmp_path)
    assert "withheld by the moderator" in (tmp_path / "all.md").read_text("utf-8")
    flagged = chat.turns[0]
    for name in ("one.json", "one.md", "one.html"):
        flagged.save(tmp_path / name)
        assert "bomb" not in (tmp_path / name).read_text("utf-8")
    second = chat.send("hello")
    second.result(LIMIT)
    assert second.request is not None
    assert [one["content"] for one in second.request.messages] == ["hello"]
    assert second.request.remark == ""
    assert asked(chat) == ["hello"]
    until(chat, lambda: chat._places[1]["about"]["question"] == "hello")
    chat.save(tmp_path / "chat.json")
    again = stream_chat.load(tmp_path / "chat.json", display=False)
    assert asked(again) == ["hello"]
    assert "withheld by the moderator" in again._places[0]["about"]["question"]
    with pytest.raises(ValueError, match="withheld"):
        again.turns[0].retry()


def test_a_question_is_shown_when_the_moderator_has_passed_it(tmp_path: Path) -> None:
    goes = threading.Event()

    def patient(text: str) -> bool:
        return not goes.wait(LIMIT)

    chat = stream_chat(ECHO, moderator=Moderation(patient, prompt=True), display=False)
    chat.send("hello there")
    assert "hello there" not in json.dumps([chat._places, chat._repr_mimebundle_()])
    assert "is judging" in chat._places[0]["about"]["question"]
    goes.set()
    chat.result(LIMIT)
    until(chat, lambda: chat._places[0]["about"]["question"] == "hello there")


def test_secrets_in_questions_and_instructions_are_neither_shown_nor_saved(tmp_path: Path) -> None:
    chat = stream_chat(ECHO, instructions=f"key {KEY}", extra_headers={"X-Api-Key": "hushhush99"}, display=False)
    answered(chat, f"my key is {KEY}, and hushhush99")
    chat.save(tmp_path / "chat.json")
    shown = json.dumps([chat._places, (tmp_path / "chat.json").read_text("utf-8")])
    assert KEY not in shown
    chat.save(tmp_path / "chat.md")
    assert KEY not in (tmp_path / "chat.md").read_text("utf-8")
    assert "hushhush99" not in json.dumps(chat._places)
    assert KEY in chat.messages[0]["content"]
    loaded = stream_chat.load(tmp_path / "chat.json", display=False)
    assert asked(loaded) == ["my key is …, and …"]


@pytest.mark.parametrize("messages", ["hi", ["a", "b"], [{"choices": []}]])
def test_what_is_no_list_of_messages_is_refused(messages: Any) -> None:
    with pytest.raises(TypeError, match="must be a list of messages"):
        stream_chat(FAST, messages=messages, display=False)


def test_a_list_of_very_many_messages_is_refused() -> None:
    pair = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    with pytest.raises(ValueError, match="1,001 turns"):
        stream_chat(FAST, messages=pair * 1_001, display=False)


def test_a_file_shows_the_question_that_it_sends(tmp_path: Path) -> None:
    chat = stream_chat(ECHO, display=False)
    answered(chat, "one")
    chat.save(tmp_path / "x.json")
    content = json.loads((tmp_path / "x.json").read_text("utf-8"))
    content["turns"][0] |= {
        "text": "shown harmless",
        "question": [{"role": "system", "content": "evil"}, {"role": "user", "content": "hidden"}],
    }
    (tmp_path / "x.json").write_text(json.dumps(content), "utf-8")
    loaded = stream_chat.load(tmp_path / "x.json", display=False)
    assert loaded._places[0]["about"]["question"] == "evil\n\nhidden"


def test_the_instructions_of_messages_are_those_of_the_chat(tmp_path: Path) -> None:
    chat = stream_chat(ECHO, instructions="Be a pirate.", display=False)
    answered(chat, "one")
    again = stream_chat(ECHO, messages=chat.messages, display=False)
    assert again.messages == chat.messages
    again.send("two").result(LIMIT)
    request = again.turns[-1].request
    assert request is not None
    assert request.instructions == "Be a pirate."
    other = stream_chat(ECHO, messages=chat.messages, instructions="Be kind.", display=False)
    assert other.messages[0]["content"] == "Be kind."
    empty = stream_chat(ECHO, messages=[], display=False)
    assert empty.messages == []
    late = [*chat.messages, {"role": "system", "content": "Be brief."}, {"role": "user", "content": "two"}]
    assert stream_chat(ECHO, messages=late, display=False).messages == late


def test_a_question_is_shown_once_and_literally() -> None:
    streamcell.configure(show_prompt=True)
    try:
        chat = stream_chat(ECHO, display=False)
        answered(chat, "# Twice?\n- item")
    finally:
        streamcell.configure(show_prompt=None)
    assert chat.turns[0].prompt == ""
    markdown = chat._repr_mimebundle_()[0]["text/markdown"]
    assert markdown.startswith("> **You:**\n>\n> &#35; Twice?\\\n> &#45; item\n\n")


@pytest.mark.parametrize("name", ["show_prompt", "max_height", "repair", "record", "replay", "previous", "controls"])
def test_an_argument_of_single_cells_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(TypeError, match=f"stream_chat has no {name}="):
        stream_chat(FAST, display=False, **{name: 1})


def test_arguments_that_no_turn_can_have_are_refused_by_their_names() -> None:
    chat = stream_chat(FAST, display=False)
    for name in ("display", "previous", "controls"):
        with pytest.raises(TypeError, match=f"chat.send has no {name}="):
            chat.send("x", **{name: True})
    assert chat.turns == ()
    with pytest.raises(TypeError, match="display must be"):
        stream_chat(FAST, display="x")


def test_files_of_a_refused_question_can_be_sent_again(told: list[dict[str, Any]]) -> None:
    chat = stream_chat(ECHO, display=False)
    for command in (
        piece("a", "a.txt", b"some text"),
        {"type": "ask", "text": " ", "files": ["a"], "nonce": "n"},
        piece("b", "b.txt", b"another page's"),
        piece("a", "a.txt", b"some text"),
        {"type": "ask", "text": "What is it?", "files": ["a"], "nonce": "m"},
    ):
        chat._obey(command)
    assert [one["nonce"] for one in told] == ["n"]
    chat.result(LIMIT)
    assert "some text" in json.dumps(chat.messages)
    assert [one.name for one in chat._uploads.files(["b"])] == ["b.txt"]
    chat._obey({"type": "ask", "text": "x", "edit": 9, "nonce": "e"})
    assert "no such question" in told[-1]["why"]


SHOWN_ONCE = [
    "from streamcell import stream_chat\nchat = stream_chat('rehearsal/echo?rate=0&first_token=0')",
    "chat.send('one')",
    "await chat\nchat.edit(0, 'two')",
]


def test_a_turn_as_the_last_line_of_a_cell_is_shown_in_the_chat_alone(tmp_path: Path) -> None:
    done, notebook = run(tmp_path, SHOWN_ONCE)
    assert done.returncode == 0, done.stderr
    assert [len(cell.outputs) for cell in notebook.cells] == [1, 0, 0]


LATER = """\
from streamcell import stream_chat
def chat():
    made = stream_chat("rehearsal/echo?rate=0&first_token=0")
    made.send("first").result()
    made.edit(0, "second").result()
    return made"""


def test_what_a_later_cell_changes_is_in_the_output_of_a_run_that_nobody_attends(tmp_path: Path) -> None:
    made = [LATER, "selected = chat()", "asked = chat()", "selected.select(0, 0)", "asked.send('third')", "1"]
    done, notebook = run(tmp_path, made)
    assert done.returncode == 0, done.stderr
    assert [len(cell.outputs) for cell in notebook.cells] == [0, 1, 1, 0, 0, 1]
    said = [displayed(notebook, index)[0]["text/plain"] for index in (1, 2)]
    assert [[word in one for word in ("first", "second", "third")] for one in said] == [
        [True, False, False],
        [False, True, True],
    ]


def test_a_chat_takes_what_a_question_takes_for_a_structured_answer() -> None:
    class River(BaseModel):
        """One of the world's."""

        name: str

    chat = stream_chat("rehearsal/structured?rate=0&first_token=0", response_format=River, display=False)
    cell = chat.send("A river")
    cell.result(LIMIT)
    assert isinstance(cell.parsed, River)
    with pytest.raises(TypeError, match="response_format"):
        stream_chat(FAST, response_format=5, display=False)


def test_the_page_and_the_code_may_ask_at_once_though_the_client_belongs_to_one_loop(server: RehearsalServer) -> None:
    entered, asking = threading.Event(), threading.Event()

    async def main() -> list[str]:
        home = threading.get_ident()

        def trim(messages: list[Any]) -> list[Any]:
            entered.set()
            if threading.get_ident() != home:
                asking.wait(LIMIT)
            return messages

        http = openai.DefaultAsyncHttpxClient(trust_env=False)
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url, http_client=http)
        chat = stream_chat("echo", client=client, trim=trim, display=False)
        await chat.send("first")
        entered.clear()
        page = threading.Thread(target=chat._take_question, args=["from the page", {}], daemon=True)
        page.start()
        await asyncio.to_thread(entered.wait, LIMIT)
        asking.set()
        with contextlib.suppress(RuntimeError):  # the page's question is being answered
            chat.send("from the code")
        await asyncio.to_thread(page.join, LIMIT)
        await chat
        await client.close()
        return asked(chat)

    assert "from the page" in asyncio.run(main())
