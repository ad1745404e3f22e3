"""A conversation in one output: its turns, and an input at its foot."""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from .. import _words as words
from .._errors import without_keys, without_secrets
from .._files import with_files_read
from .._terminal import inert
from ..answer.parts import conversation
from ..answer.status import TERMINAL, Status
from ..answer.turns import After, Answered, Tree
from ..engine.writing import save_as
from ..request.attachments import ALL_LIMIT, FILE_LIMIT, Attachment, attached_in, megabytes
from ..request.history import History, TrimPolicy, trimmed
from ..request.messages import Message, answered_in, messages_of, text_in
from ..request.veiled import Veiled
from ..saved.markdown import quoted
from . import ipython
from .export import clean_part
from .group import Group
from .ipython import Unattended
from .joined import Place
from .widget import StreamCell

if TYPE_CHECKING:
    import os
    from typing import TypeAlias

    import traitlets

    from ..answer.document import Version

    _Before: TypeAlias = "Sequence[tuple[Turn, Version]]"

__all__ = ["Asking", "SavedTurn", "StreamChat", "Turn"]

Asking = Callable[[Sequence[Message], History, Mapping[str, Any]], StreamCell]
"""Asks a question with the conversation before it, and with some arguments of its own; returns its cell."""


@dataclass(frozen=True)
class Turn:
    """One question and the cell of its answer. `text` and `files` are what is shown of the question.

    `kept_back` says that a moderator withheld the question before the chat was saved.
    """

    question: tuple[Message, ...]
    cell: StreamCell
    text: str
    files: tuple[str, ...] = ()
    left_out: int = 0
    kept_back: bool = False

    @property
    def withheld(self) -> bool:
        """Whether a moderator withholds the question: it is not shown, saved, or sent with later ones."""
        return self.kept_back or self.cell._stream.withheld

    @property
    def shown(self) -> str:
        """What is shown of the question's text."""
        if not self.withheld:
            return self.text
        return words.QUESTION_WITHHELD if self.cell.status in TERMINAL else words.QUESTION_JUDGED


@dataclass(frozen=True)
class SavedTurn:
    """A turn that was answered before, with what is shown of its question."""

    question: tuple[Message, ...]
    answered: Answered
    text: str
    files: tuple[str, ...] = ()
    left_out: int = 0


class StreamChat(Group):
    """A conversation in one output; `stream_chat` makes and returns it.

    Each answer is a `StreamCell`, so everything of a cell holds for it: tools with approval, moderation, Retry with its
    versions, Continue, and what is saved in the notebook.
    """

    def __init__(
        self,
        ask: Asking,
        at_home: Callable[[Callable[[], StreamCell]], StreamCell],
        *,
        instructions: str | None,
        trim: TrimPolicy | None,
        unattended: Unattended,
        shown: bool,
        about: Mapping[str, Any],
        in_form_of: Callable[[str, list[Message]], list[dict[str, Any]]],
    ) -> None:
        """Open the comm now if `shown`. `stream_chat` calls this; `about` is what a saved chat says of its model.

        `at_home` calls what asks on the thread on which the client can be used. `in_form_of` returns messages in the
        form of the API with a label.
        """
        self._ask = ask
        self._at_home = at_home
        self._instructions = instructions
        self._trim = trim
        self._about = about
        self._in_form_of = in_form_of
        self._tree = Tree()
        self._turns: list[Turn] = []
        self._asking = threading.RLock()
        self._uploads = _Uploads()
        super().__init__("chat", unattended=unattended, shown=shown)
        self._lay_out()

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def turns(self) -> tuple[StreamCell, ...]:
        """The cells of the answers of the branch that is shown, oldest first."""
        return tuple(self._turns[number].cell for number in self._path())

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation of the branch that is shown, in the form of the API that gave its last answer.

        That is `messages=` for Chat Completions, or `input=` for the Responses API. `stream_cell` and `stream_chat`
        take both. The instructions are its first message, if there are any. It is a copy: changing it changes nothing
        here.
        """
        system = [] if self._instructions is None else [{"role": "system", "content": self._instructions}]
        said = [message for turn in self._said(self._versions(self._end())) for message in turn]
        turns = self.turns
        api = turns[-1].origin["api"] if turns else ""
        return self._in_form_of(api, [*system, *(json.loads(json.dumps(message)) for message in said)])

    def _path(self) -> tuple[int, ...]:
        return self._tree.path(lambda number: self._turns[number].cell._stream.document.shown)

    def _end(self) -> After:
        """What a next question follows."""
        path = self._path()
        return (path[-1], self._turns[path[-1]].cell._stream.document.shown) if path else None

    def _versions(self, after: After) -> _Before:
        """The turns up to `after`, each with the version of its answer that the next one follows."""
        pairs = [(self._turns[number], index) for number, index in self._tree.before(after)]
        known = [(turn, turn.cell.versions, index) for turn, index in pairs]
        return [(turn, versions[min(index, len(versions) - 1)]) for turn, versions, index in known]

    def _said(self, before: _Before, question: Sequence[Message] = ()) -> list[tuple[Message, ...]]:
        """What was said in these turns: of each its question and the version of its answer that the next one follows.

        Where the next question, or `question` after the last one, has the result of a call, the answer does not.
        """
        found: list[tuple[Message, ...]] = []
        for turn, version in reversed(before):
            if turn.withheld:
                continue
            found.append((*turn.question, *conversation(version.parts, answered_in(question))))
            question = turn.question
        return found[::-1]

    # -- asking -------------------------------------------------------------------------------------------------------

    def send(self, prompt: Any, **changes: Any) -> StreamCell:  # type: ignore[override]  # a widget's sends messages
        """Ask the next question of the branch that is shown, and return its cell immediately; `await` it for the text.

        Args:
            prompt: a string, messages, or a list of texts and files, as for `stream_cell`.
            **changes: arguments of `stream_cell` for this turn only, such as `model=` or `temperature=`.

        Raises:
            RuntimeError: while an answer of this branch is streaming: `await chat` first, or call `chat.stop()`.
            TypeError, ValueError, OSError: as `stream_cell`; also what `trim=` raises. Nothing was asked then.
        """
        given, changes = Veiled(changes), {}
        return self._as_part(self._take_question(prompt, given))

    def edit(self, turn: int, prompt: Any, **changes: Any) -> StreamCell:
        """Ask question `turn` (from 0, of the branch that is shown; -1 is the last one) in other words.

        This begins a branch: the question, its answer and what followed stay, and `chat.select` shows them again. A
        string replaces the text, and the question's files stay; a list replaces both.
        Returns and raises as `send` does, and IndexError if there is no such turn.
        """
        number = self._path()[turn]
        again = self._asked_again(number, prompt) if isinstance(prompt, str) else prompt
        given, changes = Veiled(changes), {}
        return self._as_part(self._take_question(again, given, edits=number))

    def _as_part(self, cell: StreamCell) -> StreamCell:
        """Return a turn's cell, which need not be displayed again as the result of the execution that has asked it."""
        if self._shown_in is not None:
            cell._part_in = ipython.place()
        return cell

    def select(self, turn: int, branch: int) -> None:
        """Show another branch: the form `branch` (from 0) of question `turn` of the branch that is shown.

        Raises IndexError if there is no such turn or branch.
        """
        self._choose(self._tree.siblings(self._path()[turn])[branch])

    def _asked_again(
        self, number: int, text: str, files: Sequence[Attachment] = (), without: Collection[object] = ()
    ) -> Any:
        """Return a question in other words, with the files that it had, but those at `without`, and with new ones."""
        turn = self._turns[number]
        former, others = attached_in(turn.question, [name if name != _NAMELESS else "" for name in turn.files])
        if without and len(former) != len(turn.files):
            raise ValueError("the files of this question cannot be removed one by one: give all of it to chat.edit()")
        kept = [one for at, one in enumerate(former) if at not in without]
        if len(kept) + len(files) > _MOST_FILES:
            raise ValueError(f"a question takes up to {_MOST_FILES} files")
        attached = [*others, *kept, *files]
        return [{"role": "user", "content": [text, *attached]}] if attached else text

    def _choose(self, number: int) -> None:
        with self._asking:
            self._tree = self._tree.choose(number)
        self._lay_out()

    def _take_question(
        self, prompt: Any, changes: Mapping[str, Any], edits: int | None = None, nonce: str = ""
    ) -> StreamCell:
        # The lock is taken there: who waited for that thread with it would wait for ever if that thread wants it too.
        return self._at_home(partial(self._take_here, prompt, changes, edits, nonce))

    def _take_here(self, prompt: Any, changes: Mapping[str, Any], edits: int | None, nonce: str) -> StreamCell:
        with self._asking:
            after = self._end() if edits is None else self._tree.turns[edits]
            before = self._versions(after)
            if any(turn.cell.status not in TERMINAL for turn, _ in before):
                raise RuntimeError(STREAMING)
            given = with_files_read(prompt)
            question = messages_of(given)
            if question is None:
                raise TypeError("a chat asks a model: give it a text, messages, or a list of texts and files")
            history, left_out = self._history(before, question)
            cell = self._ask(question, history, changes)
            text, files = _shown_of(given, question)
            self._add(after, Turn(question, cell, without_secrets(text, cell._secrets), files, left_out), nonce)
        return cell

    def _history(self, before: _Before, question: Sequence[Message]) -> tuple[History, int]:
        """Return what goes to the model before a question, and how many messages are left out of it."""
        sent, left_out = trimmed(self._instructions, self._said(before, question), question, self._trim)
        echoes = tuple(echo for _, version in before for echo in version.echoes)
        return History(sent, echoes, self._remark(before, left_out)), left_out

    def _remark(self, before: _Before, left_out: int) -> str:
        turn, version = before[-1] if before else (None, None)
        status = Status.DONE if turn is None or version is None or turn.withheld else version.status
        ended = "" if status is Status.DONE else words.continues(words.CONTINUED[status.value])
        return ". ".join(one for one in (ended, words.not_sent(left_out) if left_out else "") if one)

    def _add(self, after: After, turn: Turn, nonce: str = "") -> None:
        self._turns.append(turn)
        self._tree = self._tree.add(after)
        turn.cell.observe(self._on_version, "version")
        self._lay_out([turn.cell], nonce)

    # -- waiting and control ------------------------------------------------------------------------------------------

    def __await__(self) -> Generator[Any, None, str]:
        """Wait until the last answer is complete, and return its text; raises what its card shows, as `await cell`."""
        return self._last().wait().__await__()

    def result(self, timeout: float | None = None) -> str:
        """Block until the last answer is complete, and return its text; raises as `cell.result()`."""
        return self._last().result(timeout)

    def _last(self) -> StreamCell:
        turns = self.turns
        if not turns:
            raise RuntimeError("nothing was asked in this chat yet: chat.send() asks")
        return turns[-1]

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _on_version(self, _change: traitlets.Bunch) -> None:
        self._lay_out()

    def _on_status(self, change: Any) -> None:
        with self._asking:
            about = {place.key: place.about for place in self._arranged}
            if any(about.get(turn.cell._key, {}).get("question") not in (None, turn.shown) for turn in self._turns):
                self._lay_out()  # a moderator has passed or flagged a question
        super()._on_status(change)

    def _lay_out(self, cells: Sequence[StreamCell] = (), nonce: str = "") -> None:
        with self._asking:
            path = self._path()
            hidden = sorted({*range(len(self._turns))}.difference(path))
            places = [
                *(self._place(one, hidden=False) for one in path),
                *(self._place(one, hidden=True) for one in hidden),
            ]
            if not places:
                places = [Place(markdown=f"*{words.NOTHING_ASKED}*", plain=words.NOTHING_ASKED)]
            chosen = [[after, number] for after, number in self._tree.chosen.items()]
            state = {"chosen": chosen, **({"taken": nonce} if nonce else {})}
            self._arrange(places, cells, state)

    def _place(self, number: int, *, hidden: bool) -> Place:
        turn, after = self._turns[number], self._tree.turns[number]
        shown = turn.shown
        about = {
            "turn": number,
            "after": None if after is None else list(after),
            "question": shown,
            **({"files": list(turn.files)} if turn.files else {}),
            **({"left_out": turn.left_out} if turn.left_out else {}),
        }
        said = "\n".join(one for one in (shown, *map(words.attached, turn.files)) if one)
        markdown = quoted(f"{words.YOU}:", inert(said))
        return Place(turn.cell._key, markdown, f"{words.YOU}: {said}", hidden, about)

    # -- saving -------------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the conversation into a file: `.json` with all branches, which `stream_chat.load` continues, or `.md`.

        A file that exists is replaced, whole or not at all.

        Attached files are in the JSON; keys, headers and parameters are not, nor what a moderator withheld. Raises
        ValueError for another suffix, and OSError if the file cannot be written.
        """
        save_as(path, {".json": self._json, ".md": self._markdown}, "a chat")

    def _markdown(self) -> str:
        self._lay_out()  # what was just withheld may not have been laid out yet
        return without_keys(str(self._saved(None)[0]["text/markdown"])) + "\n"

    def _json(self) -> str:
        with self._asking:
            turns = [
                {
                    "after": self._tree.turns[number],
                    "question": _saved_question(turn),
                    "text": turn.shown,
                    **({"withheld": True} if turn.withheld else {}),
                    "files": turn.files,
                    "left_out": turn.left_out,
                    "shown": turn.cell._stream.document.shown,
                    "versions": [_saved_version(version) for version in turn.cell.versions],
                }
                for number, turn in enumerate(self._turns)
            ]
            chosen = [[after, number] for after, number in self._tree.chosen.items()]
        secrets = [key for turn in self._turns for key in turn.cell._secrets]
        told = None if self._instructions is None else without_secrets(self._instructions, secrets)
        saved = {**FORMAT, **self._about, "instructions": told, "turns": turns, "chosen": chosen}
        return json.dumps(saved, ensure_ascii=False, indent=1) + "\n"

    def _restore(self, turns: Sequence[SavedTurn], tree: Tree) -> None:
        """Show the turns of a saved chat. Each is asked again, by Retry, with what was said before it. Internal."""
        with self._asking:
            self._tree = tree
            for turn, after in zip(turns, tree.turns, strict=True):
                history, _ = self._history(self._versions(after), turn.question)
                answered = replace(
                    turn.answered, messages=history.messages, echoes=history.echoes, remark=history.remark
                )
                cell = self._ask(turn.question, answered, {})
                cell.observe(self._on_version, "version")
                kept_back = turn.answered.withheld
                self._turns.append(Turn(turn.question, cell, turn.text, turn.files, turn.left_out, kept_back))
            self._lay_out([turn.cell for turn in self._turns])

    # -- the page -----------------------------------------------------------------------------------------------------

    def _obey(self, command: Mapping[str, Any]) -> None:
        kind, nonce = command.get("type"), str(command.get("nonce", ""))
        if kind == "choose" and command.get("turn") in range(len(self._turns)):
            self._choose(int(command["turn"]))
        elif kind in ("file", "drop", "ask", "export"):
            try:
                self._obey_input(kind, command, nonce)
            except BaseException as error:  # noqa: BLE001  # a user's trim= may raise anything
                self._tell_page({"type": "refused", "nonce": nonce, "why": without_secrets(str(error)) or repr(error)})

    def _obey_input(self, kind: str, command: Mapping[str, Any], nonce: str) -> None:
        if kind == "export":
            self._tell_page({"type": "exported", "nonce": nonce, "json": self._json()})
        elif kind == "file":
            self._uploads.take(command)
        elif kind == "drop":
            self._uploads.drop(command.get("id"))
        else:
            ids = [one for one in _list(command.get("files")) if isinstance(one, str)]
            try:
                self._ask_for_page(command, self._uploads.files(ids), nonce)
            finally:
                for one in ids:  # the page sends them again, if it asks again
                    self._uploads.drop(one)

    def _ask_for_page(self, command: Mapping[str, Any], files: Sequence[Attachment], nonce: str) -> None:
        text, edits = command.get("text"), command.get("edit")
        if not isinstance(text, str) or not text.strip():
            raise ValueError("write a question first" + (": files alone ask nothing" if files else ""))
        if edits is None:
            self._take_question([text, *files] if files else text, {}, None, nonce)
        elif type(edits) is int and edits in range(len(self._turns)):
            again = self._asked_again(edits, text, files, _list(command.get("without")))
            self._take_question(again, {}, edits, nonce)
        else:
            raise ValueError("there is no such question to edit")

    _uncopied = "a chat is live: it cannot be copied, pickled or sent to another process. Take chat.messages"

    def __repr__(self) -> str:
        """Return one line with the number of turns."""
        count = len(self._path())
        return f"<StreamChat, {count} {'turn' if count == 1 else 'turns'}>"


FORMAT: Final = {"format": "streamcell chat", "version": 1}

STREAMING: Final = "the answer is still streaming: await the chat first, or stop it"


def _shown_of(given: Any, question: Sequence[Message]) -> tuple[str, tuple[str, ...]]:
    """Return what is shown of a question: its text, and the names of its files."""
    items = given if isinstance(given, list) else []
    contents = [one.get("content") for one in items if isinstance(one, Mapping)]
    items = [*items, *(part for content in contents if isinstance(content, list) for part in content)]
    files = tuple(one.name or _NAMELESS for one in items if isinstance(one, Attachment))
    texts = [one for one in items if isinstance(one, str)]
    return ("\n\n".join(texts) if files and texts else text_in(question)), files


def _saved_question(turn: Turn) -> list[Message]:
    """Return a question as a file has it: without secrets, and without what a moderator withholds."""
    if turn.withheld:
        return [{"role": "user", "content": words.QUESTION_WITHHELD}]
    return [_told(message, turn.cell._secrets) for message in turn.question]


def _told(value: Any, secrets: Iterable[str], name: str = "content") -> Any:
    """Return a message without the secrets in its texts; the data of files stay as they are."""
    if isinstance(value, Mapping):
        return {name: _told(one, secrets, name) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(one, secrets, name) for one in value]
    return without_secrets(value, secrets) if isinstance(value, str) and name in _TEXTS else value


_TEXTS: Final = ("content", "text", "output", "arguments", "input")


def _saved_version(version: Version) -> dict[str, Any]:
    error = version.error
    return {
        "status": version.status.value,
        "finish_reason": version.finish_reason,
        "model": version.origin.model,
        "error": None if error is None else [type(error).__name__, error.detail],
        "parts": [
            {"kind": part.kind, "id": part.id, **part.fields(), **({part.grows: part.body} if part.grows else {})}
            for part in map(clean_part, version.parts)
        ],
    }


class _Uploads:
    """The files that a page sends in pieces before their question. Bounded, because pages are not trusted."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, bytearray]] = {}

    def take(self, command: Mapping[str, Any]) -> None:
        """Take a piece of a file: base64, in order."""
        id_, name, data, at = (command.get(field) for field in ("id", "name", "data", "at"))
        if not isinstance(id_, str) or not isinstance(name, str) or not isinstance(data, str):
            raise TypeError("this is no piece of a file")
        if at == 0:
            self.drop(id_)  # it is sent again
        if id_ not in self._files and len(self._files) >= _MOST_FILES:
            raise ValueError(f"a question takes up to {_MOST_FILES} files")
        _, content = self._files.setdefault(id_, (name, bytearray()))
        if at != len(content):
            raise ValueError(f"{name!r} has not arrived completely: attach it again")
        try:
            content += base64.b64decode(data, validate=True)
        except binascii.Error:
            raise ValueError(f"{name!r} has not arrived completely: attach it again") from None
        if len(content) > FILE_LIMIT or sum(len(one) for _, one in self._files.values()) > ALL_LIMIT:
            self.drop(id_)
            limit = f"{megabytes(FILE_LIMIT)} each and {megabytes(ALL_LIMIT)} in all"
            raise ValueError(f"{name!r} is too much: a question takes files of up to {limit}")

    def drop(self, id_: object) -> None:
        """Forget a file."""
        self._files.pop(str(id_), None)

    def files(self, ids: Sequence[str]) -> list[Attachment]:
        """Return these files, in this order."""
        missing = [one for one in ids if one not in self._files]
        if missing:
            raise ValueError("a file has not arrived completely: attach it again")
        return [Attachment(bytes(content), _name(name)) for name, content in (self._files[one] for one in ids)]


def _name(name: str) -> str:
    """Return a file's name without its folder, in one line."""
    plain = "".join(one if one.isprintable() else " " for one in name.replace("\\", "/").rpartition("/")[2])
    return " ".join(plain.split())[:200]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_MOST_FILES: Final = 20

_NAMELESS: Final = "a file"
"""What a file without a name is called."""
