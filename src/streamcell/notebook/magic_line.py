"""The words of `%stream` and `%%stream`: options, prompt, and `{expressions}`. Pure: nothing is evaluated here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Final

__all__ = [
    "BRACES",
    "HELP",
    "OPTIONS",
    "Expression",
    "Line",
    "MagicError",
    "completions",
    "pieces_of",
    "read",
    "value_of",
]


class MagicError(ValueError):
    """What is wrong with a magic's line or prompt, in words for its user."""


@dataclass(frozen=True)
class Option:
    """An option: its names, what its value is called in the help (empty: it takes none), and what it does."""

    names: tuple[str, ...]
    value: str
    help: str
    parameter: str = ""
    """The parameter of the API that it gives; such an option's value may be any value."""
    number: type = object
    """What its value must be."""

    @property
    def name(self) -> str:
        """Its long name without dashes."""
        return self.names[-1].lstrip("-")


OPTIONS: Final = (
    Option(("-m", "--model"), "MODEL", "the model's name; rehearsal needs no key"),
    Option(("-o", "--output"), "NAME", "the variable that gets the cell: NAME.text, await NAME, NAME.retry()"),
    Option(("-s", "--system"), "TEXT", "the system message: how to answer"),
    Option(("--chat",), "NAME", "continue the conversation of this name, or begin it"),
    Option(("--no-display",), "", "do not show the answer; needs -o"),
    Option(("--raw",), "", "take the prompt as it is: fill in no {expressions}"),
    Option(("--api",), "API", "responses, chat or auto"),
    Option(("--temperature",), "NUMBER", "sampling temperature", "temperature", float),
    Option(("--top-p",), "NUMBER", "nucleus sampling", "top_p", float),
    Option(("--max-tokens",), "NUMBER", "the longest answer, in tokens", "max_tokens", int),
    Option(("--seed",), "NUMBER", "seed, where the server has it", "seed", int),
    Option(("--reasoning-effort",), "EFFORT", "how much a reasoning model thinks", "reasoning_effort", str),
    Option(("-p", "--param"), "NAME=VALUE", "any other parameter of stream_cell; can be repeated"),
    Option(("-h", "--help"), "", "print this"),
)
_BY_NAME: Final = {name: option for option in OPTIONS for name in option.names}

_USES: Final = tuple(f"{', '.join(one.names)} {one.value}".strip() for one in OPTIONS)
_WIDTH: Final = max(map(len, _USES))
HELP: Final = "\n".join(
    [
        "%stream [options] PROMPT",
        "%%stream [options]        (the prompt is the rest of the cell)",
        "",
        "Stream a model's answer into the notebook, as streamcell.stream_cell does. Options come before the prompt.",
        "",
        *(f"  {use:{_WIDTH}}  {one.help}" for use, one in zip(_USES, OPTIONS, strict=True)),
        "",
        "{expressions} in the prompt and in the options are filled in from the notebook, once. Write {{ and }} for",
        "braces, or give --raw. A parameter that is one {expression} gets the object: -p tools={[weather]}.",
        "-- ends the options: %stream -- -3 + 5 = ?",
    ]
)


@dataclass(frozen=True)
class Line:
    """What a magic's line says. Values are as they were written: expressions are not filled in."""

    prompt: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    """By the long names; an option without a value has an empty one."""
    params: tuple[tuple[str, str], ...] = ()
    """The values of `-p`, as pairs."""


_WORD: Final = re.compile(
    r"""(?P<braces>\{[^{}]*\})|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'"""
    r"""|\\(?P<escaped>.)|(?P<bare>[^\s"'\\])""",
    re.DOTALL,
)
"""A piece of a word, as a shell reads it; an expression is a piece, whatever is in it."""


def read(line: str, body: str | None = None) -> Line:
    """Return what a magic's line says; `body` is the rest of the cell, or None for a line magic.

    Options come first, and the prompt is what follows them, as it is: it may have quotes that are not closed. Raises
    MagicError for an option that is not known or has no value, and for words where the prompt is the body.
    """
    options: dict[str, str] = {}
    params: list[tuple[str, str]] = []
    rest, ended = line.strip(), False
    while rest.startswith("-"):
        written, rest = _word(rest)
        if written == "--":
            ended = True
            break
        name, given, value = written.partition("=")
        option = _BY_NAME.get(name)
        if option is None:
            raise MagicError(f"there is no option {name}: %stream --help lists them, and -- ends them")
        if not option.value and given:
            raise MagicError(f"{name} takes no value")
        if option.value and not given:
            if not rest:
                raise MagicError(f"{name} needs a value: {name} {option.value}")
            value, rest = _word(rest)
        if option.name == "param":
            params.append(_pair(value))
        else:
            options[option.name] = value
    if "help" in options:
        return Line("", options)
    _check(options)
    if body is not None and rest:
        raise MagicError(f"the prompt of %%stream is the rest of the cell: write {_short(rest)!r} below this line")
    prompt = (rest if body is None else body.strip("\r\n")) or ""
    if not prompt.strip():
        where = "%stream [options] PROMPT" if body is None else "write it below the line with %%stream"
        raise MagicError(f"there is no prompt: {where}")
    late = "" if body is not None or ended else _late(prompt)
    if late:
        raise MagicError(f"options come before the prompt, and {late} is in it; if that is meant, write -- before it")
    return Line(prompt, options, tuple(params))


def _late(prompt: str) -> str:
    """Return an option that somebody has probably written after the prompt of a line, or an empty string."""
    words = prompt.split()
    last = [word for word in words[-2:-1] if word in ("-m", "-o")]
    return next((word for word in (*words, *last) if word in _BY_NAME and (word.startswith("--") or word in last)), "")


def _word(text: str) -> tuple[str, str]:
    """Return the first word of a text, unquoted, and the rest."""
    at, word = 0, ""
    while at < len(text) and not text[at].isspace():
        found = _WORD.match(text, at)
        if found is None:
            raise MagicError(f"a quotation mark is not closed: {_short(text[at:])}")
        kind = found.lastgroup or "bare"
        piece = found[kind]
        word += re.sub(r"\\([\"\\])", r"\1", piece) if kind == "double" else piece
        at = found.end()
    return word, text[at:].lstrip()


def _pair(written: str) -> tuple[str, str]:
    name, given, value = written.partition("=")
    if not given or not name.isidentifier():
        raise MagicError(f"-p takes NAME=VALUE, not {_short(written)!r}")
    return name, value


def _check(options: Mapping[str, str]) -> None:
    name = options.get("output")
    if name is not None and (not name.isidentifier() or _is_keyword(name)):
        raise MagicError(f"-o takes the name of a variable, not {_short(name)!r}")
    if "no-display" in options and name is None:
        raise MagicError("--no-display needs -o NAME: nothing else would hold the answer")


def _is_keyword(name: str) -> bool:
    try:
        ast.parse(f"{name} = 0")
    except SyntaxError:
        return True
    return False


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"


_SHORT: Final = 60  # characters of what is wrong, in an error


# -- expressions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expression:
    """An expression in braces: its source, and how it is formatted, as a format string for it alone."""

    source: str
    template: str
    plain: bool
    """Whether all between the braces is the expression; else it has a format specification."""


BRACES: Final = "For a brace write {{ or }}, or give --raw to fill in nothing."


def pieces_of(text: str) -> Iterator[str | Expression]:
    """Yield a text's literal pieces and its expressions in order.

    Raises MagicError where a brace is not closed, and for what is no expression of the notebook's: JSON, LaTeX, a
    constant.
    """
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise MagicError(f"a brace is not closed or not opened. {BRACES}") from None
    for literal, name, spec, conversion in parsed:
        if literal:
            yield literal
        if name is None:
            continue
        tail = f"!{conversion}" if conversion else ""
        whole = f"{name}{tail}:{spec}" if spec else f"{name}{tail}"
        said = "{" + _short(whole) + "}"
        if _LATEX.search(literal):
            raise MagicError(f"{said} after {_LATEX.findall(literal)[0]} looks like LaTeX. {BRACES}")
        slices = f"{name}:{spec}" if spec and not conversion else name
        plain = not (spec and conversion) and _expression(slices) is not None
        source = slices if plain else name
        tree = _expression(source)
        if tree is None:
            raise MagicError(f"{said} is no expression. {BRACES}")
        if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
            raise MagicError(f"{said} has no name of the notebook's in it. {BRACES}")
        yield Expression(source.strip(), "{" + whole + "}", plain)


_LATEX: Final = re.compile(r"\\[A-Za-z]+\Z")


def _expression(source: str) -> ast.Expression | None:
    try:
        return ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def value_of(option: str, text: str) -> Any:
    """Return the value of a parameter that was written as a text: a Python literal, a word of JSON, or the text.

    Raises MagicError where the option takes a number and the text is none.
    """
    found = _literal(text)
    kind = _BY_NAME[option].number if option in _BY_NAME else object
    if kind in (int, float):
        taken = (int,) if kind is int else (int, float)
        if not isinstance(found, taken) or isinstance(found, bool):
            raise MagicError(f"{option} takes a {'whole ' if kind is int else ''}number, not {_short(text)!r}")
    return text if kind is str else found


def _literal(text: str) -> Any:
    if text in _JSON:
        return _JSON[text]
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return text


_JSON: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}


# -- completion --------------------------------------------------------------------------------------------------------


def completions(line: str, models: Iterable[str], chats: Iterable[str]) -> list[str]:
    """Return what may follow at the end of `line`, a magic's line up to the cursor, each as a whole word.

    These are options; after `-m` models, and after `--chat` the conversations that there are. In the prompt there is
    nothing.
    """
    words = line.split()[1:]
    begun = "" if line[-1:].isspace() or not words else words[-1]
    before = words if not begun else words[:-1]
    at = 0
    while at < len(before):
        option = _BY_NAME.get(before[at])
        if option is None and not ("=" in before[at] and before[at].startswith("-")):
            return []
        if option is not None and option.value:
            at += 1
            if at == len(before):  # its value is being written
                known = {"model": models, "chat": chats}.get(option.name, ())
                return sorted(one for one in known if one.startswith(begun))
        at += 1
    names = [option.names[-1] for option in OPTIONS]
    return sorted(name for name in names if name.startswith(begun)) if not begun or begun.startswith("-") else []
