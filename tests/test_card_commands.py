"""Every command that a card offers to copy runs as it stands, in a new notebook or in a terminal."""

from __future__ import annotations

import ast
import getpass
import shlex

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from streamcell import _errors, _words
from streamcell.rehearsal import RehearsalServer
from streamcell.sources.openai.failures import listing


def commands() -> dict[str, str]:
    """Return the commands with the sentences that stand before them."""
    kinds = [kind for kind in vars(_errors).values() if isinstance(kind, type) and hasattr(kind, "steps")]
    found = {step.code: step.text for kind in kinds for step in kind.steps if step.code is not None}
    pairs = [one for one in vars(_words).values() if isinstance(one, tuple) and len(one) == 2]
    pairs += _words.LOCAL_SERVERS.values()
    return {**found, **{code: text for text, code in pairs if isinstance(code, str)}}


PROGRAMS = {"ollama", "lms", "vllm", "llama-server"}
COMMANDS = commands()
IN_A_TERMINAL = [code for code, text in COMMANDS.items() if "In a terminal" in text]
IN_A_NOTEBOOK = [code for code in COMMANDS if code not in IN_A_TERMINAL]


def test_there_are_commands_of_both_kinds() -> None:
    assert len(IN_A_TERMINAL) == len(_words.LOCAL_SERVERS)
    assert len(IN_A_NOTEBOOK) >= 5


@pytest.mark.parametrize("command", [*IN_A_NOTEBOOK, "listing"])
def test_a_command_runs_in_a_new_notebook(
    command: str, server: RehearsalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "listing":
        command = listing(server.base_url)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "rehearsal")
    monkeypatch.setattr(getpass, "getpass", lambda _prompt="": "rehearsal")
    if command.startswith("%"):
        source = TransformerManager().transform_cell(command)
        assert source.startswith("get_ipython().run_line_magic('pip', 'install ")
        ast.parse(source)
    else:
        exec(compile(command, "the card", "exec"), {"__name__": "a notebook"})


@pytest.mark.parametrize("command", IN_A_TERMINAL)
def test_a_command_for_a_terminal_is_whole(command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program in PROGRAMS
    assert arguments
    assert not any(mark in command for mark in "…<>|&;")
