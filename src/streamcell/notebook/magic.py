"""`%stream` and `%%stream`: a prompt as a notebook's line or cell. The words are read in `magic_line.py`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from .._errors import StreamCellError
from ..answer.parts import conversation
from . import ipython
from .magic_line import BRACES, HELP, OPTIONS, Expression, Line, MagicError, completions, pieces_of, read, value_of
from .widget import StreamCell

__all__ = ["load", "unload"]

NAME: Final = "stream"
_KEYS: Final = (f"%{NAME}", f"%%{NAME}")

_Ask = Callable[..., StreamCell]


class _Chats:
    """The conversations of one notebook, by their names: of each the cells that the next turn may continue."""

    def __init__(self) -> None:
        self._turns: dict[str, list[StreamCell]] = {}

    def names(self) -> Iterable[str]:
        """Return the names."""
        return tuple(self._turns)

    def last(self, name: str) -> StreamCell | None:
        """Return the cell to continue, or None for a new conversation; wait until it has ended.

        A turn that failed before the model said anything is left out, as if it had not been asked.
        """
        turns = self._turns.setdefault(name, [])
        while turns:
            _wait_for(turns[-1])
            if conversation(turns[-1].parts):
                return turns[-1]
            turns.pop()
        return None

    def add(self, name: str, cell: StreamCell) -> None:
        """Note the newest turn. Of those before it only the last that has an answer can still be needed."""
        self._turns[name] = [*self._turns.get(name, ())[-1:], cell]


def _wait_for(cell: StreamCell) -> None:
    with contextlib.suppress(StreamCellError):  # its own cell shows it
        cell.result()


def load(shell: Any, ask: _Ask, models: Callable[[], Iterable[str]]) -> None:
    """Add the magics to an IPython shell; `models` returns names that are completed after `-m`."""
    from IPython.core.magic import needs_local_scope, no_var_expand

    chats = _Chats()

    @no_var_expand  # IPython would fill in the line, and we would do so again with what it has put there
    @needs_local_scope
    def line_magic(line: str, local_ns: Mapping[str, Any] | None = None) -> object:
        return _run(shell, ask, chats, line, None, local_ns)

    @no_var_expand
    @needs_local_scope
    def cell_magic(line: str, cell: str, local_ns: Mapping[str, Any] | None = None) -> object:
        return _run(shell, ask, chats, line, cell, local_ns)

    def complete(_shell: object, event: Any) -> list[str]:
        return completions(str(event.line)[: _cursor(event)], models(), chats.names())

    line_magic.__doc__ = cell_magic.__doc__ = HELP
    shell.register_magic_function(line_magic, "line", NAME)
    shell.register_magic_function(cell_magic, "cell", NAME)
    _forget_completions(shell)
    for key in _KEYS:
        shell.set_hook("complete_command", complete, str_key=key)


def _cursor(event: Any) -> int:
    before = getattr(event, "text_until_cursor", None)
    return len(event.line if before is None else before)


def unload(shell: Any) -> None:
    """Take the magics away again."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)
    _forget_completions(shell)


def _forget_completions(shell: Any) -> None:
    # IPython can add a hook, but has no call that takes one away.
    hooks = shell.strdispatchers.get("complete_command")
    for key in _KEYS:
        getattr(hooks, "strs", {}).pop(key, None)


def _run(
    shell: Any,
    ask: _Ask,
    chats: _Chats,
    line: str,
    body: str | None,
    local: Mapping[str, Any] | None,
) -> StreamCell | None:
    """Carry out a magic; return the cell, unless a variable gets it. What is wrong is a UsageError."""
    from IPython.core.error import UsageError

    try:
        said = read(line, body)
        if "help" in said.options:
            print(HELP)
            return None
        names = {**shell.user_ns, **(local or {})}
        cell = _asked(said, names, ask, chats)
    except (MagicError, TypeError, ValueError, OSError) as error:
        raise UsageError(f"%{'' if body is None else '%'}{NAME}: {error}") from None
    output = said.options.get("output")
    if output is None:
        return cell
    shell.user_ns[output] = cell
    if "no-display" not in said.options and ipython.is_terminal():
        cell._ipython_display_()
    return None


def _asked(said: Line, names: Mapping[str, Any], ask: _Ask, chats: _Chats) -> StreamCell:
    options = said.options
    raw = "raw" in options

    def text(written: str) -> str:
        return written if raw else "".join(_filled(piece, names) for piece in pieces_of(written))

    def value(option: str, written: str) -> Any:
        pieces = [written] if raw else list(pieces_of(written))
        if len(pieces) == 1 and isinstance(pieces[0], Expression) and pieces[0].plain:
            return _evaluated(pieces[0], names)
        return value_of(option, "".join(_filled(one, names) for one in pieces))

    prompt = text(said.prompt)
    arguments = {
        name: text(options[option])
        for name, option in (("model", "model"), ("instructions", "system"), ("api", "api"))
        if option in options
    }
    params = {
        one.parameter: value(one.names[-1], options[one.name])
        for one in OPTIONS
        if one.parameter and one.name in options
    }
    params.update({name: value(f"-p {name}", written) for name, written in said.params})
    twice = next((name for name in (*arguments, "previous", "display", "prompt") if name in params), None)
    if twice is not None:
        raise MagicError(f"-p {twice}=… cannot be given: %stream --help lists the option for it")
    chat = text(options["chat"]) if "chat" in options else None
    if chat is not None and (previous := chats.last(chat)) is not None:
        params["previous"] = previous
    cell = ask(prompt, display="no-display" not in options, **arguments, **params)
    if chat is not None:
        chats.add(chat, cell)
    return cell


def _filled(piece: str | Expression, names: Mapping[str, Any]) -> str:
    """Return a piece of a text; an expression is evaluated and formatted by IPython's own formatters, once."""
    if isinstance(piece, str):
        return piece
    from IPython.utils.text import EvalFormatter, FullEvalFormatter

    # FullEvalFormatter takes all between the braces for the expression; EvalFormatter knows format specifications.
    formatter = FullEvalFormatter() if piece.plain else EvalFormatter()
    return str(_told(piece, lambda: formatter.vformat(piece.template, (), dict(names))))


def _evaluated(piece: Expression, names: Mapping[str, Any]) -> Any:
    """Return the object that an expression is, for a parameter."""
    return _told(piece, lambda: eval(piece.source, dict(names)))  # noqa: S307  # the user's own line, in the user's notebook


def _told(piece: Expression, act: Callable[[], Any]) -> Any:
    """Return what `act` returns; what the expression raises is told with it, without a traceback."""
    said = piece.template if len(piece.template) <= _LONGEST else f"{piece.template[:_LONGEST]}…}}"
    try:
        return act()
    except NameError as error:
        name = getattr(error, "name", None) or piece.source
        raise MagicError(f"{said}: the notebook has no variable {name!r}. {BRACES}") from None
    except Exception as error:  # noqa: BLE001  # users' code may raise anything
        raise MagicError(f"{said} raised {type(error).__name__}: {error}") from None


_LONGEST: Final = 60  # characters of an expression, in an error
