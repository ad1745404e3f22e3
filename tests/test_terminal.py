"""IPython in a terminal: an answer that is shown is printed as it comes, and Ctrl-C stops it. A real one, on a pty."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # IPython's own, which has no types
import pytest

ECHO = "rehearsal/echo?rate=0"
SLOW = "rehearsal/echo?rate=20"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Any]:
    command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "TERM": "dumb"}
    child = pexpect.spawn(sys.executable, command, env=environment, encoding="utf-8", timeout=120, echo=False)
    child.expect_exact("In [1]: ")
    run(child, "from streamcell import stream_cell")
    yield child
    child.close(force=True)


def run(child: Any, line: str) -> str:
    """What a line prints."""
    child.sendline(line)
    return until_prompt(child)


def until_prompt(child: Any) -> str:
    child.expect(r"\r\nIn \[\d+\]: ")
    return str(child.before).replace("\r\n", "\n").strip()


def test_what_is_shown_is_printed_and_what_is_kept_is_not(terminal: Any) -> None:
    assert run(terminal, f"stream_cell('one *two* \\x1b[31m', model={ECHO!r})") == "Out[2]: \none *two* ␛[31m"
    assert run(terminal, f"cell = stream_cell('three', model={ECHO!r})") == ""
    assert run(terminal, "cell") == "Out[4]: \nthree"
    assert run(terminal, "display(cell)") == "three"
    assert run(terminal, "[cell]") == "Out[6]: [<StreamCell done, 5 characters>]"


def test_it_is_printed_as_it_comes_and_ctrl_c_stops_it(terminal: Any) -> None:
    terminal.sendline(f"cell = stream_cell('word ' * 2000, model={SLOW!r}); cell")
    terminal.expect_exact("word word")
    terminal.sendintr()
    assert until_prompt(terminal).endswith("Stopped: this is the text so far.")
    assert run(terminal, "cell.status, 0 < len(cell.text) < 10_000") == "Out[3]: ('stopped', True)"


def test_an_answer_that_fails_says_why_and_what_to_do(terminal: Any) -> None:
    line = "stream_cell('x', model='rehearsal/unauthorized', retry=1)"
    printed = run(terminal, line)
    assert "The API key was not accepted: Incorrect API key provided." in printed
    assert "Check OPENAI_API_KEY" in printed


def test_a_chat_that_is_shown_is_printed_with_its_questions(terminal: Any) -> None:
    assert run(terminal, "from streamcell import stream_chat") == ""
    assert run(terminal, f"chat = stream_chat({ECHO!r})") == ""
    assert run(terminal, "chat") == "Out[4]: Nothing has been asked yet: chat.send() asks."
    assert run(terminal, "first, _ = chat.send('one\\ntwo'), None") == ""
    assert run(terminal, "first.result(); chat.send('three')") == "Out[6]: \nthree"
    assert run(terminal, "chat") == "Out[7]: \nYou: one\n\none\ntwo\n\nYou: three\n\nthree"


def test_what_a_script_displays_is_printed_when_it_has_run(terminal: Any, tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text(f"from streamcell import stream_cell\nstream_cell('one', model={SLOW!r})\nprint('first')", "utf-8")
    assert "ZeroDivisionError" in run(terminal, "1 / 0")
    assert run(terminal, f"%run {path}") == "first\none"
    path.write_text(path.read_text("utf-8") + "\n1 / 0", "utf-8")
    printed = run(terminal, f"%run {path}")
    assert "ZeroDivisionError" in printed
    assert not printed.endswith("one")
