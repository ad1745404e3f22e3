"""Scripts and Python's own shell: real processes, their exit codes, and what they print into a pipe or a terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from markdown_it import MarkdownIt

from streamcell.notebook.terminal_markdown import finished, last_lines

LIMIT = 300
IMPORT = "from streamcell import Timeouts, stream_cell, stream_chat, stream_compare\n"
ECHO = "model='rehearsal/echo?rate=0'"
SLOW = "model='rehearsal/echo?rate=20'"


def script(folder: Path, lines: str) -> Path:
    path = folder / "script.py"
    path.write_text(IMPORT + lines, "utf-8")
    return path


def run(folder: Path, lines: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with its output in pipes."""
    command = [sys.executable, str(script(folder, lines))]
    env = {**os.environ, "PYTHONWARNINGS": "ignore", **environment}
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=LIMIT, env=env, check=False
    )


def test_what_a_script_displays_is_printed_in_order_and_the_exit_waits_for_it(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        f"stream_cell('one *two*', model='rehearsal/echo?rate=20')\nstream_cell('three', {ECHO})\nprint('first')",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "first\none *two*\n\nthree\n", "")


@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        (f"print(stream_cell('one', {ECHO}).result())", "one\n"),
        (f"import time\ncell = stream_cell('one', {ECHO})\ntime.sleep(1)\nprint(cell.result())", "one\n"),
        (f"for piece in stream_cell('one', {ECHO}): print(piece, end='')", "one"),
        (f"import asyncio\nprint(asyncio.run(stream_cell('one', {ECHO}).wait()))", "one\n"),
        (f"print(stream_cell('one', {ECHO}).future.result())", "one\n"),
        (f"stream_cell('one', {ECHO}, display=False)", ""),
        (f"ends = stream_cell('one', {ECHO}).on_end(print)", "<StreamCell done, 3 characters>\n"),
        (f"def ask(text): return stream_cell(text, {ECHO})\nask('one')\nask('two').result()", "one\n"),
    ],
)
def test_what_the_script_reads_itself_is_not_printed_too(tmp_path: Path, lines: str, printed: str) -> None:
    done = run(tmp_path, lines)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == printed


def test_the_answers_of_a_comparison_are_printed_under_their_names(tmp_path: Path) -> None:
    lines = "stream_compare('one', models={'a': 'rehearsal/echo', 'b': 'rehearsal/unauthorized'}, retry=1)\n"
    lines += "read = stream_compare('two', models=['rehearsal/echo']).result()\n"
    lines += "stream_compare('three', models=['rehearsal/echo'], display=False)"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout) == (0, "a:\n\none\n\nb:\n\n")
    assert done.stderr.startswith("The API key was not accepted")


def test_the_turns_of_a_chat_are_printed_under_the_first_lines_of_their_questions(tmp_path: Path) -> None:
    lines = f"chat = stream_chat({ECHO})\nchat.send('one\\ntwo').result()\nchat.send('three\\nfour')\n"
    lines += f"stream_chat({ECHO}, display=False).send('never')"
    done = run(tmp_path, lines.replace("model=", ""))
    assert (done.returncode, done.stdout, done.stderr) == (0, "You: three\n\nthree\nfour\n", "")


def test_the_exit_waits_for_the_callback_of_what_the_script_displays(tmp_path: Path) -> None:
    lines = "import asyncio, time\ndef end(cell):\n    time.sleep(0.5)\n    print(cell.status)\n"
    lines += f"async def main():\n    stream_cell('one two', {SLOW}).on_end(end)\n"
    lines += f"    stream_cell('three', {SLOW}).on_end(end)()\nasyncio.run(main())"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_callback_is_a_function(tmp_path: Path) -> None:
    done = run(tmp_path, f"stream_cell('one', {ECHO}).on_end(3)")
    assert done.returncode == 1
    assert "TypeError: on_end takes a function of the cell, not 3" in done.stderr


def test_a_script_that_ipython_runs_prints_as_with_python(tmp_path: Path) -> None:
    path = script(tmp_path, f"stream_cell('one', {SLOW})\nstream_cell('two', {ECHO}).result()")
    command = [sys.executable, "-m", "IPython", "--colors=NoColor", str(path)]
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=LIMIT, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "one\n", "")


def test_why_an_answer_failed_is_told_and_the_exit_code_is_pythons(tmp_path: Path) -> None:
    lines = "stream_cell('x', model='rehearsal/unauthorized', retry=1)\n"
    lines += f"stream_cell('one', {ECHO})\nimport sys\nsys.exit(3)"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout) == (3, "one\n")
    assert "The API key was not accepted: Incorrect API key provided." in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_that_is_raised_ends_the_script_as_any_does_and_nothing_is_waited_for(tmp_path: Path) -> None:
    lines = "stream_cell('never', model='rehearsal/stall?after=1')\n"
    lines += "stream_cell('x', model='rehearsal/unauthorized', retry=1).result()"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout) == (1, "")
    assert "streamcell._errors.AuthenticationFailed" in done.stderr


def test_a_silent_server_does_not_hold_the_exit_for_longer_than_the_timeouts(tmp_path: Path) -> None:
    lines = "stream_cell('x', model='rehearsal/stall?after=1', timeouts=Timeouts(between_chunks=1), retry=1)"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout) == (0, "##\n")
    assert "The server fell silent" in done.stderr


STOPPED = "Stopped: this is the text so far.\n"
CANCELLED = (
    "The source of this answer failed: The source was cancelled (CancelledError). Kept 3 characters of the answer in "
    "`.text`. Correct what was given to stream_cell, and run the cell again.\n"
)


def test_an_iterator_of_a_loop_that_has_ended_does_not_hold_the_exit(tmp_path: Path) -> None:
    lines = "import asyncio\nasync def words():\n    yield 'one'\n    await asyncio.sleep(1000)\n"
    lines += "async def main():\n    async for _ in (cell := stream_cell(words())): break\n    stream_cell(words())\n"
    lines += "    await asyncio.sleep(1)\nasyncio.run(main())"
    done = run(tmp_path, lines)
    assert (done.returncode, done.stdout) == (0, "one\n")
    assert done.stderr in (STOPPED, CANCELLED)  # whether our Stop or the end of its loop comes first is chance


def test_what_the_encoding_does_not_have_is_a_question_mark(tmp_path: Path) -> None:
    done = run(tmp_path, "stream_cell(iter(['a\\u2192b \\ud800', '\\x1b[31m']))", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a?b ??[31m\n", "")


def test_a_pipe_that_is_closed_ends_the_script_quietly(tmp_path: Path) -> None:
    path = script(tmp_path, "stream_cell('word ' * 100_000, model='rehearsal/echo?rate=2000')")
    child = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(20)
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(LIMIT) == 0


def test_what_another_module_displays_is_not_the_scripts_to_print(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(f"{IMPORT}def ask(): return stream_cell('one', {ECHO})", "utf-8")
    done = run(tmp_path, "import service\nservice.ask()\nprint('end')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_a_child_of_a_fork_prints_only_its_own(tmp_path: Path) -> None:
    lines = f"import os\nstream_cell('one', {ECHO})\nif os.fork() == 0: raise SystemExit(0)\nos.wait()"
    assert run(tmp_path, lines).stdout == "one\n"


# -- in a terminal -----------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Any]:
    """`terminal(arguments, term)`: Python in a terminal."""
    children: list[Any] = []

    def start(*arguments: str, term: str = "dumb") -> Any:
        environment = {
            **os.environ,
            "TERM": term,
            "PYTHON_BASIC_REPL": "1",
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "ignore",
        }
        environment.pop("PYTHONSTARTUP", None)
        child = pexpect.spawn(
            sys.executable,
            list(arguments),
            env=environment,
            encoding="utf-8",
            timeout=120,
            echo=False,
            dimensions=(24, 60),
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def test_it_is_printed_as_it_comes_and_ctrl_c_stops_it(terminal: Any, tmp_path: Path) -> None:
    lines = f"stream_cell('word ' * 2000, {SLOW})\nstream_cell('never', {SLOW})"
    child = terminal(str(script(tmp_path, lines)))
    child.expect_exact("word word")
    child.sendintr()
    child.expect(pexpect.EOF)
    assert child.before.replace("\r\n", "\n").endswith("\nStopped: this is the text so far.\n")
    assert "never" not in child.before
    child.close()
    assert (child.exitstatus, child.signalstatus) == (0, None)


def test_a_terminal_shows_markdown_where_rich_is_installed(terminal: Any, tmp_path: Path) -> None:
    """Each block once, in rich's form: no marks of Markdown are left."""
    text = "## Head\\n\\nSome **bold** and [a link](https://example.org/x).\\n\\n1. one\\n\\n2. two\\n\\nEnd."
    child = terminal(str(script(tmp_path, f"stream_cell('{text}', model='rehearsal/echo?rate=60')")), term="xterm")
    child.expect(pexpect.EOF)
    shown = screen(child.before)
    assert [line.strip() for line in shown if line.strip()] == [
        "Head",
        "Some bold and a link (https://example.org/x).",
        "1 one",
        "2 two",
        "End.",
    ]


def screen(written: str) -> list[str]:
    """What a terminal shows of what was written to it, as far as rich's live display needs."""
    lines, at, column = [""], 0, 0
    position = 0
    for found in re.finditer(r"\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+", written):
        piece, number, kind = found[0], found[1], found[2]
        if kind == "A":
            at = max(0, at - int(number or 1))
        elif kind == "K":
            lines[at] = "" if number == "2" else lines[at][:column]
        elif kind is not None:
            continue
        elif piece == "\r":
            column = 0
        elif piece == "\n":
            at, column = at + 1, 0
            if at == len(lines):
                lines.append("")
        else:
            line = lines[at].ljust(column)
            lines[at] = line[:column] + piece + line[column + len(piece) :]
            column += len(piece)
        position = found.end()
    assert position == len(written)
    return lines


def test_pythons_own_shell_prints_a_cell_that_is_its_value(terminal: Any) -> None:
    child = terminal("-q")

    def says(line: str) -> str:
        child.sendline(line)
        child.expect_exact("\r\n>>> " if "=" not in line.partition("(")[0] and "import" not in line else ">>> ")
        return str(child.before).replace("\r\n", "\n").strip()

    child.expect_exact(">>> ")
    assert says("from streamcell import stream_cell") == ""
    assert says(f"stream_cell('one *two*', {ECHO})") == "one *two*"
    assert says(f"cell = stream_cell('three', {ECHO})") == ""
    assert says("cell") == "three"
    assert says("_.status") == "'done'"
    assert says("type(cell)") == "<class 'streamcell.notebook.widget.StreamCell'>"
    assert says("from streamcell import stream_compare") == ""
    assert says("stream_compare('one', models=['rehearsal/echo'])") == "rehearsal/echo:\n\none"
    child.sendeof()
    child.expect(pexpect.EOF)
    assert "three" not in child.before


# -- where Markdown can be cut -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("one\n\n", ""),
        ("one\n\ntwo", "one\n\n"),
        ("one\ntwo", ""),
        ("- a\n\n- b\n\n  c\n\n1", ""),
        ("- a\n\n- b\n\nend", "- a\n\n- b\n\n"),
        ("```\na\n\nb\n", ""),
        ("```\na\n\nb\n```\n\nc", "```\na\n\nb\n```\n\n"),
        ("~~~~\n```\n\n~~~\n\n~~~~\n\nc", "~~~~\n```\n\n~~~\n\n~~~~\n\n"),
        ("one\n\n    code\n\ntwo", "one\n\n    code\n\n"),
        ("1. a\n\n12", ""),
        ("1. a\n\n12 b", "1. a\n\n"),
        ("one\n\ntwo\n\n-", "one\n\ntwo\n\n"),
        ("", ""),
    ],
)
def test_a_block_is_finished_when_nothing_can_change_it(text: str, done: str) -> None:
    assert text[: finished(text)] == done


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_pieces_make_the_same_blocks_as_the_whole(size: int) -> None:
    """They are cut where the whole is, wherever a piece ends, and make the same HTML one by one as together."""
    blocks = ["# a\n\n", "b\nc\n\n", "- d\n\n  e\n- f\n\n", "```x\n\ng\n```\n\n", "1. h\n\n2. i\n\n", "j\n"]
    text = "".join(blocks)
    ends = [len("".join(blocks[:count])) for count in range(len(blocks))]
    cuts, at = [0], 0
    for length in [*range(size, len(text), size), len(text)]:
        at += finished(text[at:length])
        cuts.append(at)
    assert set(cuts) <= set(ends)
    assert cuts[-1] == finished(text) == ends[-1]
    if size == 1:
        assert sorted(set(cuts)) == ends
    pieces = [text[start:end] for start, end in pairwise([*sorted(set(cuts)), len(text)])]
    markdown = MarkdownIt()
    assert "".join(map(markdown.render, pieces)) == markdown.render(text)


def test_of_a_long_block_the_end_is_shown() -> None:
    assert last_lines("a\nb\nc", 3) == "a\nb\nc"
    assert last_lines("a\nb\nc\nd", 2) == "c\nd"
    assert last_lines("```py\na\nb\nc", 3) == "```py\nb\nc"
    assert last_lines("a\nb", 0) == "b"
