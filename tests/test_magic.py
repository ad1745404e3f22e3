"""`%stream` and `%%stream`: what their words mean, in a real IPython shell and in real kernels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from streamcell import StreamCell, stream_cell
from streamcell.notebook import magic
from streamcell.notebook.magic_line import HELP, OPTIONS, MagicError, completions, pieces_of, read, value_of
from streamcell.rehearsal import RehearsalServer

from .notebooks import displayed, errors, run

# -- the words, without a shell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "prompt", "options"),
    [
        ("What's entropy?", "What's entropy?", {}),
        ('-m a What\'s  "this"?', 'What\'s  "this"?', {"model": "a"}),
        ("--model=a --system 'Be brief.' x", "x", {"model": "a", "system": "Be brief."}),
        (r'-s "say \"a\" or \n" x', "x", {"system": r'say "a" or \n'}),
        ("--raw x", "x", {"raw": ""}),
        ("-o b -- -m is an option", "-m is an option", {"output": "b"}),
        ("--system {d['a b'] + \"c\"} x", "x", {"system": "{d['a b'] + \"c\"}"}),
        ("--system= x", "x", {"system": ""}),
        ("What does mkdir -p do?", "What does mkdir -p do?", {}),
    ],
)
def test_options_come_first_and_the_prompt_is_taken_as_it_is(line: str, prompt: str, options: dict[str, str]) -> None:
    said = read(line)
    assert (said.prompt, said.options) == (prompt, options)


def test_a_cells_prompt_is_its_body() -> None:
    said = read("-m a -p seed=3 --param stop='[\"a b\"]'", "\n one\n\ntwo \n")
    assert said.prompt == " one\n\ntwo "
    assert said.params == (("seed", "3"), ("stop", '["a b"]'))


@pytest.mark.parametrize(
    ("line", "body", "words"),
    [
        ("", None, "there is no prompt"),
        ("-m a", None, "there is no prompt"),
        ("-m a", " \n", "write it below the line"),
        ("-m a tell me", "x", "write 'tell me' below this line"),
        ("-m", "x", "-m needs a value: -m MODEL"),
        ("--raw=1 x", None, "--raw takes no value"),
        ("--modle a x", None, "there is no option --modle"),
        ("-m 'a x", None, "a quotation mark is not closed: 'a x"),
        ("-p seed x", None, "-p takes NAME=VALUE, not 'seed'"),
        ("-p 1=2 x", None, "-p takes NAME=VALUE"),
        ("-o a.b x", None, "-o takes the name of a variable, not 'a.b'"),
        ("-o class x", None, "-o takes the name of a variable, not 'class'"),
        ("--no-display x", None, "--no-display needs -o NAME"),
        ("Explain entropy -m rehearsal", None, "options come before the prompt, and -m is in it"),
        ("Explain --model rehearsal entropy", None, "options come before the prompt, and --model is in it"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(line: str, body: str | None, words: str) -> None:
    with pytest.raises(MagicError) as raised:
        read(line, body)
    assert words in str(raised.value)


def test_the_help_names_every_option() -> None:
    assert all(name in HELP for option in OPTIONS for name in option.names)
    assert read("--help").options == {"help": ""}
    assert read("-h", "").options == {"help": ""}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}', '{"a": 1} has no name of the notebook\'s in it'),
        ("{'name': name}", "{'name': name} has no name of the notebook's in it"),
        ("x^{2}", "{2} has no name"),
        (r"\frac{a}{b}", r"{a} after \frac looks like LaTeX"),
        ("{", "a brace is not closed or not opened"),
        ("a } b", "a brace is not closed or not opened"),
        ("{}", "is no expression"),
        ("{a b}", "{a b} is no expression"),
        ("function f() { return 1; }", "is no expression"),
    ],
)
def test_braces_that_are_no_expressions_are_an_error_that_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(MagicError) as raised:
        list(pieces_of(text))
    assert words in str(raised.value)
    assert "write {{ or }}, or give --raw" in str(raised.value)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("--temperature", "0.5", 0.5),
        ("--temperature", "1", 1),
        ("--seed", "7", 7),
        ("--reasoning-effort", "1", "1"),
        ("-p a", "true", True),
        ("-p a", "None", None),
        ("-p a", "[1, 'b']", [1, "b"]),
        ("-p a", "auto", "auto"),
    ],
)
def test_a_parameters_value_is_a_literal_or_a_text(option: str, text: str, value: object) -> None:
    found = value_of(option, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("option", "text"), [("--temperature", "hot"), ("--seed", "0.5"), ("--max-tokens", "True")])
def test_a_number_is_asked_for_where_one_is_needed(option: str, text: str) -> None:
    with pytest.raises(MagicError, match=f"{option} takes a .*number, not '{text}'"):
        value_of(option, text)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%stream --mo", ["--model"]),
        ("%%stream -m rehearsal/dr", ["rehearsal/drop"]),
        ("%stream -m ", ["rehearsal/drop", "rehearsal/tour"]),
        ("%stream --chat ", ["lesson"]),
        ("%stream -m a --te", ["--temperature"]),
        ("%stream --model=a --te", ["--temperature"]),
        ("%stream -o x", []),
        ("%stream -m a Explain --te", []),
        ("%stream", [option.names[-1] for option in sorted(OPTIONS, key=lambda one: one.names[-1])]),
    ],
)
def test_options_models_and_conversations_are_completed(line: str, found: list[str]) -> None:
    assert completions(line, ("rehearsal/tour", "rehearsal/drop"), ("lesson",)) == found


# -- in a shell --------------------------------------------------------------------------------------------------------


class Asked:
    """Stands for `stream_cell`: it notes what it is called with, and really asks."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, prompt: str, **arguments: Any) -> StreamCell:
        self.calls.append({"prompt": prompt, **arguments})
        return stream_cell(prompt, **{**arguments, "display": False})

    @property
    def last(self) -> dict[str, Any]:
        return self.calls[-1]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def shell(asked: Asked, embedded: RehearsalServer) -> InteractiveShell:
    """A shell of its own, which nothing else in this process takes for the notebook."""
    shell = InteractiveShell()
    shell.user_ns["get_ipython"] = lambda: shell
    shell.run_line_magic("colors", "nocolor")
    magic.load(shell, asked, lambda: ["rehearsal/echo", "rehearsal/drop"])
    return shell


def says(shell: InteractiveShell, source: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a cell that a magic refuses, and return what it says."""
    capsys.readouterr()
    result = shell.run_cell(source)
    printed = capsys.readouterr()
    assert type(result.error_in_exec).__name__ == "UsageError"
    assert "Traceback" not in printed.out + printed.err
    return printed.err


def test_the_prompt_is_filled_in_from_the_notebook_and_the_variable_gets_the_cell(
    shell: InteractiveShell, asked: Asked
) -> None:
    shell.run_cell("name, d, n = 'entropy', {'k': [1, 2, 3]}, 2.5")
    shell.run_cell(
        "%%stream -m rehearsal/echo -o answer -s 'Be {name}'\n{name} {d['k'][1:]} {n:.2f} {name!r:>10} {{}} $n"
    )
    cell = shell.user_ns["answer"]
    assert isinstance(cell, StreamCell)
    assert cell.result(60) == "entropy [2, 3] 2.50  'entropy' {} $n"
    assert asked.last["instructions"] == "Be entropy"
    assert asked.last["display"] is True


def test_what_an_expression_gives_is_never_evaluated_again(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell("ran = []\nevil = '{ran.append(1)} $ran {{x}}'")
    for source in (
        "%stream -m rehearsal/echo -s {evil} a {evil} b",
        "%%stream -m rehearsal/echo -s {evil}\na {evil} b",
        '%stream -m rehearsal/echo -s "{evil}" a {evil} b',
        "for _ in [0]:\n    %stream -m rehearsal/echo -s {evil} a {evil} b",
    ):
        shell.run_cell(source)
        assert asked.last["prompt"] == "a {ran.append(1)} $ran {{x}} b"
        assert asked.last["instructions"] == "{ran.append(1)} $ran {{x}}"
    assert shell.user_ns["ran"] == []
    assert len(asked.calls) == 4


def test_a_value_cannot_become_an_option(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell("model = 'a -o stolen --raw'")
    shell.run_cell("%stream -m {model} hello")
    assert asked.last["model"] == "a -o stolen --raw"
    assert "stolen" not in shell.user_ns


def test_raw_fills_in_nothing(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell('%%stream -m rehearsal/echo --raw\n{"a": {x}} \\frac{1}{2} {{')
    assert asked.last["prompt"] == '{"a": {x}} \\frac{1}{2} {{'


def test_a_parameter_that_is_one_expression_gets_the_object(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell("def weather(city: str) -> str: return city\nt = 0.25")
    shell.run_cell("%stream -m rehearsal/echo --temperature {t} --max-tokens 9 -p tools={[weather]} -p retry=2 hello")
    assert asked.last["tools"] == [shell.user_ns["weather"]]
    assert {name: asked.last[name] for name in ("temperature", "max_tokens", "retry")} == {
        "temperature": 0.25,
        "max_tokens": 9,
        "retry": 2,
    }


def test_a_line_magic_in_a_function_sees_its_variables(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell(
        "def ask(topic):\n    cell = %stream -m rehearsal/echo about {topic}\n    return cell\ncell = ask('rain')"
    )
    assert asked.last["prompt"] == "about rain"
    assert shell.user_ns["cell"].result(60) == "about rain"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("%stream -m rehearsal/echo {nope}", "%stream: {nope}: the notebook has no variable 'nope'."),
        ("%%stream -m rehearsal/echo\n{[nope for _ in range(2)]}", "the notebook has no variable 'nope'"),
        ("%stream -m rehearsal/echo {1 / int('0')}", "{1 / int('0')} raised ZeroDivisionError: division by zero"),
        ('%%stream -m rehearsal/echo\n{"a": 1}', '%%stream: {"a": 1} has no name of the notebook\'s in it.'),
        ("%stream --foo x", "there is no option --foo"),
        ("%stream -m rehearsal/echo -p nope=1 x", "has no parameter 'nope'"),
        ("%stream -m rehearsal/echo -p model=x y", "-p model=… cannot be given"),
        ("%stream -m rehearsal/echo --api other x", "api must be one of"),
    ],
)
def test_errors_are_one_line_without_a_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], source: str, words: str
) -> None:
    assert words in says(shell, source, capsys)


def test_a_chat_goes_on_and_leaves_out_what_was_never_answered(shell: InteractiveShell, asked: Asked) -> None:
    shell.run_cell("%stream -m rehearsal/echo -o a --chat lesson one")
    shell.run_cell("%stream -m rehearsal/unauthorized -p retry=1 -o b --chat lesson two")
    shell.run_cell("%stream -m rehearsal/echo -o c --chat lesson three")
    shell.run_cell("%stream -m rehearsal/echo -o d --chat other four")
    names = shell.user_ns
    assert "previous" not in asked.calls[0]
    assert asked.calls[1]["previous"] is names["a"]
    assert asked.calls[2]["previous"] is names["a"]
    assert "previous" not in asked.calls[3]
    assert [one["content"] for one in names["c"].request.messages] == ["one", "one", "three"]


def test_help_is_printed_and_nothing_is_asked(
    shell: InteractiveShell, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%stream --help")
    shell.run_cell("%%stream -h\nhello")
    assert capsys.readouterr().out == f"{HELP}\n{HELP}\n"
    assert asked.calls == []


def test_ipython_completes_what_is_typed(shell: InteractiveShell) -> None:
    def completed(code: str) -> list[str]:
        with provisionalcompleter():
            return [one.text for one in shell.Completer.completions(code, len(code))]

    assert "--model" in completed("%stream --mo")
    assert "--model" in completed("%%stream --mo")
    assert "rehearsal/drop" in completed("%%stream -m rehearsal/dr")
    assert "--temperature" in completed("x = 1\n%stream -m a --te")


# -- in kernels --------------------------------------------------------------------------------------------------------

LOAD = "%load_ext streamcell"


def test_in_a_run_that_nobody_attends(tmp_path: Path) -> None:
    """Each answer is shown once and whole, a conversation's turns wait for each other, and an error fails the run."""
    cells = [
        LOAD,
        "word = 'rain'\n%stream -m rehearsal/echo?rate=100 -o one tell me of {word}",
        "%%stream -m rehearsal/echo --chat lesson\nAnd {one.result()}?",
        "%%stream -m rehearsal/echo --chat lesson\nmore",
        "two = %stream -m rehearsal/echo kept",
        "%stream -m rehearsal/echo -o three --no-display hidden",
        "print(two.text, three.result())",
        "%%stream\n{nope}",
        "print('never')",
    ]
    done, notebook = run(tmp_path, cells)
    assert done.returncode != 0
    shown = [[bundle["text/plain"] for bundle in displayed(notebook, at)] for at in range(1, 6)]
    assert shown == [["tell me of rain"], ["And tell me of rain?"], ["more"], ["kept"], []]
    assert notebook.cells[6].outputs[0]["text"] == "kept hidden\n"
    said = "".join(str(output.get("text", "")) for output in notebook.cells[7].outputs)
    assert "UsageError: %%stream: {nope}: the notebook has no variable 'nope'." in said
    assert "Traceback" not in said
    assert errors(notebook, 8) == []
    assert notebook.cells[8].outputs == []


def test_it_can_be_taken_away_again_and_its_import_is_small() -> None:
    source = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def there():
    return ["stream" in shell.magics_manager.magics[kind] for kind in ("line", "cell")]
def hooks():
    found = shell.strdispatchers["complete_command"].strs
    return {key: len(found[key].chain) for key in found if "stream" in key}
print(there(), hooks())
for word in ("load", "reload", "unload"):
    assert shell.run_cell(f"%{word}_ext streamcell").success
    print(there(), hooks())
print([name for name in ("openai", "streamcell.rehearsal", "pydantic") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=300)
    both = "{'%stream': 1, '%%stream': 1}"
    assert done.stdout.splitlines() == [
        "[False, False] {}",
        f"[True, True] {both}",
        f"[True, True] {both}",
        "[False, False] {}",
        "[]",
    ]
