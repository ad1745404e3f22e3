"""What was asked, above the answer: in the cell, in the notebook, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamcell import Moderation, configure, stream_cell
from streamcell._files import with_files_read
from streamcell.request.asked import asked_in
from streamcell.request.messages import messages_of
from streamcell.saved.markdown import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = {"role": "user", "content": "New"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def asked(prompt: Any) -> str:
    read = with_files_read(prompt)
    return asked_in(read, messages_of(read) or ())


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("  What is <b>this</b>?\n", "What is <b>this</b>?"),
        ({"role": "user", "content": "Hello"}, "Hello"),
        ([{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}], "Hello"),
        ([{"role": "user", "content": "Old"}, {"role": "assistant", "content": "Yes"}, USER], "New"),
        ([{"role": "user", "content": [{"type": "text", "text": "Look"}, PNG]}], "Look\n\nAttached: a file"),
        (
            [{"role": "user", "content": [{"type": "input_file", "filename": "a.pdf", "file_data": "data:,"}]}],
            "Attached: a.pdf",
        ),
        ([{"type": "function_call_output", "call_id": "c", "output": "21"}], ""),
    ],
)
def test_it_is_the_users_last_message_with_its_files_by_name(prompt: Any, shown: str) -> None:
    assert asked(prompt) == shown


def test_files_are_named_without_their_folder_and_their_text_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "chart.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("a long text")
    shown = asked(["What is this?", tmp_path / "chart.png", tmp_path / "notes.txt"])
    assert shown == "What is this?\n\nAttached: chart.png\n\nAttached: notes.txt"


def test_it_has_no_secrets_and_an_end() -> None:
    key = "sk-" + "a1B2" * 10
    shown = asked_in(f"Use {key} and my-own-secret", (), ["my-own-secret"])
    assert shown == "Use … and …"
    long = asked("words " * 10_000)
    assert len(long) < 10_100
    assert long.endswith("more characters were left out)")


HOSTILE = "# no heading\n- no list\n1. nor this\n<img src=x onerror=alert(1)>\n```\n[a](javascript:b)\n\n    code $x$"


def test_saved_it_is_a_quotation_in_which_nobody_finds_markup() -> None:
    markdown = quoted("Prompt", HOSTILE)
    assert all(line.startswith(">") for line in markdown.splitlines())
    body = markdown.split("\n", 2)[2]
    for mark in "<`[$":
        assert mark not in body
    assert "\n> #" not in markdown
    assert "\n> -" not in markdown
    assert "\n> 1." not in markdown
    assert "no heading" in markdown


@pytest.fixture
def usual() -> Iterator[None]:
    yield
    configure(show_prompt=None)


@pytest.mark.usefixtures("usual")
def test_it_is_shown_and_saved_on_wish_only() -> None:
    def cell(**options: Any) -> Any:
        made = stream_cell("What is *entropy*?", model="rehearsal/echo?rate=0", display=False, **options)
        made.result()
        return made

    assert cell().prompt == ""
    shown = cell(show_prompt=True)
    assert shown.prompt == "What is *entropy*?"
    data = shown._repr_mimebundle_()
    data = data[0] if isinstance(data, tuple) else data
    assert data["text/markdown"].startswith("> **Prompt**\n>\n> What is &#42;entropy&#42;?\n\n")
    assert data["application/vnd.streamcell.answer+json"]["document"]["prompt"] == "What is *entropy*?"
    assert data["text/plain"] == shown.text
    configure(show_prompt=True)
    assert cell().prompt == "What is *entropy*?"
    assert cell(show_prompt=False).prompt == ""
    with pytest.raises(TypeError, match="show_prompt must be True, False or None"):
        stream_cell("x", model="rehearsal", show_prompt="yes")


def test_a_prompt_that_a_moderator_judges_is_not_shown() -> None:
    moderator = Moderation(lambda text: "evil" in text, prompt=True)
    cell = stream_cell("evil", model="rehearsal/echo?rate=0", display=False, show_prompt=True, moderator=moderator)
    assert cell.prompt == ""


def test_a_recording_says_what_was_asked(tmp_path: Path) -> None:
    file = tmp_path / "answer.jsonl"
    stream_cell("Recorded?", model="rehearsal/echo?rate=0", display=False, record=file).result()
    played = stream_cell(replay=file, speed="fast", display=False, show_prompt=True)
    assert played.prompt == "Recorded?"
    played.result()
