"""Recordings: what a call of `stream_cell` plays from a file, and what it records into one.

A file is read at the call. Which recording a call uses is decided here; `sources/recording.py` plays it, and
`engine/recorder.py` writes one.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

from . import _words as words
from . import sources
from ._errors import NotRecorded, Step
from .answer.document import Document, Version
from .answer.parts import ShowReasoning
from .answer.playback import FAST, Pace, Speed, pace_of
from .answer.retry import RetryPolicy
from .answer.session import Session
from .answer.structure import StructureRules
from .answer.tools import ToolRules
from .engine.recorder import Recorder, flush, writer_for
from .engine.toolbox import Toolbox
from .notebook.ipython import is_notebook, unattended
from .request.described import described, difference, key_of
from .request.request import Request, is_rehearsal
from .request.schemas import format_in
from .request.veiled import Secrets
from .saved.recording import LINE, Reader, Recorded, Recording

__all__ = ["Asked", "Mode", "Played", "now_in", "play", "record_into", "record_notebook", "recording"]

Mode = Literal["auto", "replay", "record"]
"""What happens in the scope of a recording: see `recording`."""

_SHOWN: Final = 60  # characters of a recorded prompt in a note


@dataclass(frozen=True)
class Asked:
    """What a call of `stream_cell` asks.

    Attributes:
        request: the request, or None if an iterator or a callable was given.
        origin: what was given then.
        secrets: what must not be recorded.
        rules: the rules for its tools.
        attempts: how many attempts are made automatically.
        moderated: whether the answer is moderated, so that nothing is recorded that was not judged.
    """

    request: Request | None
    origin: str = ""
    secrets: Secrets = field(default_factory=Secrets)
    rules: ToolRules | None = None
    attempts: int = 1
    moderated: bool = False

    def described(self) -> dict[str, Any]:
        """Return what identifies the request, with its `key`, see `request/described.py`."""
        if self.request is not None:
            return described(self.request, self.secrets)
        asked = {"source": self.origin}
        return {"key": key_of(asked), **asked}

    def prompt(self, recorded: str) -> dict[str, Any]:
        """Return the prompt's entry of a recording; `recorded` is the time in ISO 8601."""
        rules = self.rules
        known = {} if rules is None else {"runnable": sorted(rules.runnable), "declared": sorted(rules.declared)}
        tools = {} if rules is None else {"tools": known}
        moderated = {"moderated": True} if self.moderated else {}
        return {"recorded": recorded, **self.described(), "attempts": self.attempts, **tools, **moderated}


@dataclass(frozen=True)
class Played:
    """An answer that is played: its source, its session, its tools, and what a recording says was asked."""

    source: sources.RecordingSource
    session: Session
    tools: Toolbox | None
    prompt: Mapping[str, Any]


def now_in() -> str:
    """Return the present time in ISO 8601, in UTC and to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(path: Path) -> Recording:
    flush(path)
    reader = Reader()
    with path.open("rb") as file:
        while line := file.readline(LINE + 1):
            reader.feed(line)
            while len(line) > LINE and not line.endswith(b"\n"):
                line = file.readline(LINE + 1)
            if reader.full and (more := file.readline(1)):
                reader.feed(more)
                break
    return reader.result()


def play(path: str | os.PathLike[str], speed: Speed, show_reasoning: ShowReasoning) -> Played:
    """Return the first answer of a recording, to be played. Raises OSError if the file cannot be read."""
    path = Path(path)
    found = _read(path)
    recorded = found.answers[0] if found.answers else Recorded()
    note = words.replayed(path.name, recorded.day)
    if len(found.answers) > 1:
        note = f"{note}; {words.one_of_answers(len(found.answers))}"
    return _played(recorded, note, _pace_of(speed), found.flaws, show_reasoning)


def _pace_of(speed: Speed) -> Pace:
    """Return the pace for `speed`. Where no user is present nobody can press Step, so nothing waits for it."""
    pace = pace_of(speed)
    return pace if pace.playing or not unattended() else Pace(FAST)


def _played(
    recorded: Recorded,
    note: str,
    pace: Pace,
    flaws: tuple[str, ...],
    show_reasoning: ShowReasoning,
    missing: NotRecorded | None = None,
) -> Played:
    prompt = recorded.prompt
    model = prompt.get("model")
    source = sources.RecordingSource(
        recorded, note, rehearsal=is_rehearsal(model if isinstance(model, str) else None), missing=missing
    )
    tools = prompt.get("tools")
    known: Mapping[str, Any] = tools if isinstance(tools, Mapping) else {}
    runnable, declared = _names(known.get("runnable")), _names(known.get("declared"))
    rules = ToolRules(runnable, declared, "recorded", _ROUNDS) if known else None
    attempts = prompt.get("attempts")
    whole = isinstance(attempts, int) and not isinstance(attempts, bool) and 0 < attempts <= _ROUNDS
    document = Document(
        current=Version(origin=source.origin),
        attempts=int(attempts) if isinstance(attempts, int) and whole else 1,
        replay=pace,
        remark=" ".join((*flaws, *recorded.flaws, *source.flaws)),
    )
    session = Session(
        document=document,
        policy=RetryPolicy(attempts=1),
        way=source.way,
        auto_resume=True,
        tools=rules,
        show_reasoning=show_reasoning,
        structure=StructureRules(checks=False) if _is_structured(prompt.get("params")) else None,
    )
    return Played(source, session, None if rules is None else Toolbox(recorded=True), prompt)


_ROUNDS: Final = 1_000_000  # the recording says where the rounds of tools and the attempts end


def _is_structured(params: object) -> bool:
    """Whether a recorded request asked for JSON."""
    asked = format_in(params) if isinstance(params, Mapping) else None
    return isinstance(asked, Mapping) and asked.get("type") in ("json_schema", "json_object")


def _names(value: object) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def record_into(path: str | os.PathLike[str], asked: Asked) -> Recorder:
    """Return what writes an answer to a file, which is created or replaced now. Raises OSError."""
    recorded = now_in()
    writer = writer_for(Path(path), recorded, anew=True)
    return Recorder(writer, 1, partial(asked.prompt, recorded), asked.secrets)


# -- a whole notebook --------------------------------------------------------------------------------------------------


class Scope:
    """A recording that is used by every call of `stream_cell` for some time. Any thread may use it."""

    def __init__(self, path: Path, mode: Mode, speed: Speed | None) -> None:
        self._path = path
        self._mode = mode
        self._pace = None if speed is None else _pace_of(speed)
        self._lock = threading.Lock()
        exists = path.exists()
        found = _read(path) if exists and mode != "record" else Recording()
        self._flaws = found.flaws if exists and mode != "record" and path.stat().st_size else ()
        self._answers = found.answers
        self._known: defaultdict[str, list[Recorded]] = defaultdict(list)
        for recorded in found.answers:
            self._known[recorded.key].append(recorded)
        self._asked: Counter[str] = Counter()
        self._calls = 0
        self._number = found.last
        self._writer = None if mode == "replay" else writer_for(path, now_in(), anew=mode == "record")

    def find(self, asked: Asked, show_reasoning: ShowReasoning) -> Played | str:
        """Return the recorded answer to a request, or a remark if it is to be asked for and recorded, see `record`.

        The remark says what has changed since the recording; it is empty if nothing has.
        """
        told = asked.described()
        key = str(told["key"])
        with self._lock:
            place, self._calls = self._calls, self._calls + 1
            known = self._known.get(key, [])
            at, self._asked[key] = self._asked[key], self._asked[key] + 1
            changed = "" if known else self._change(place, told)
        pace = self._pace or Pace()
        if self._pace is None and (unattended() or not is_notebook()):
            pace = Pace(FAST)  # nobody watches
        if known:
            # A notebook that is run again in the same kernel asks everything again, in the same order.
            recorded = known[at % len(known)]
            note = words.replayed(self._path.name, recorded.day)
            return _played(recorded, note, pace, self._flaws, show_reasoning)
        if self._mode == "replay":
            return _played(Recorded(), "", pace, self._flaws, show_reasoning, self._missing(changed, asks=False))
        return changed

    def record(self, source: sources.Source, asked: Asked, changed: str) -> tuple[sources.Source, Recorder]:
        """Return the source and the recorder of an answer that is not in the recording. Raises OSError."""
        with self._lock:
            self._number += 1
            number = self._number
            if self._writer is None:
                self._writer = writer_for(self._path, now_in(), anew=False)
        note = words.recorded_into(self._path.name) if self._mode == "auto" else ""
        recorder = Recorder(self._writer, number, partial(asked.prompt, now_in()), asked.secrets)
        return sources.Unrecorded(source, note, self._missing(changed, asks=True)), recorder

    def _missing(self, changed: str, *, asks: bool) -> NotRecorded:
        detail = words.not_in(self._path.name, asks=asks)
        steps = Step(*(words.RECORD_NOW if asks else words.RECORD_TOO)), Step(words.CHECK_RECORDING)
        return NotRecorded(" ".join(one for one in (detail, changed) if one), steps=steps)

    def _change(self, place: int, told: Mapping[str, Any]) -> str:
        """Return what has changed if the recording has another request at this place, which no call has made."""
        before = self._answers[place] if place < len(self._answers) else None
        if before is None or before.key in self._asked:
            return ""
        return words.changed(place + 1, difference(before.prompt, told), _short(before.prompt))

    def close(self) -> None:
        """Wait until what was recorded so far is written."""
        flush(self._path)


def _short(prompt: Mapping[str, Any]) -> str:
    messages = prompt.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, Mapping) else None
    text = " ".join(content.split()) if isinstance(content, str) else ""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_lock = threading.Lock()
_base: Scope | None = None
_scopes: list[Scope] = []


def current() -> Scope | None:
    """Return the recording that calls use now, or None."""
    with _lock:
        return _scopes[-1] if _scopes else _base


def _scope(path: object, mode: Mode, speed: Speed | None) -> Scope:
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be one of {', '.join(map(repr, get_args(Mode)))}, not {mode!r}")
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"a recording needs the path of its file, not {type(path).__name__}")
    return Scope(Path(path), mode, speed)


@contextmanager
def recording(path: str | os.PathLike[str], mode: Mode = "auto", *, speed: Speed | None = None) -> Iterator[None]:
    """Replay or record every answer that is asked for inside a `with` block.

    A request that the recording has is replayed, without a key and without a network. It is found by what is asked (the
    messages, the instructions, the model, the API and the parameters), and equal requests by their order. Every call of
    `stream_cell` in this process uses the recording, on other threads and in other tasks too. An inner block has
    precedence. At the end of the block, what was recorded so far is written; answers that still stream are recorded
    to their end.

    Args:
        path: the file, in JSON Lines, see `docs/recordings.md`.
        mode: what happens with a request that the recording does not have. `"auto"`: it is asked for and added to the
            file if there is a key; otherwise the cell fails with `NotRecorded`. `"replay"`: the cell fails with
            `NotRecorded`. `"record"`: the file is replaced, and every answer is asked for.
        speed: how fast answers are replayed, see `stream_cell`. None: as fast as they came, and without waits if nobody
            watches (a script, nbclient).

    Raises:
        TypeError, ValueError: for invalid arguments.
        OSError: if the file cannot be read or written.
    """
    scope = _scope(path, mode, speed)
    with _lock:
        _scopes.append(scope)
    try:
        yield
    finally:
        with _lock:
            _scopes.remove(scope)
        scope.close()


def record_notebook(path: str | os.PathLike[str] | None, mode: Mode = "auto", *, speed: Speed | None = None) -> None:
    """Replay or record every answer from now on, until the kernel ends: `recording` for a whole notebook.

    Put it into the first cell. Run once with a key, the notebook then runs without a key and without a network, for
    example in CI.

    Args:
        path: the file; None ends the recording that an earlier call began. A further call with the same file reads it
            again.
        mode: see `recording`.
        speed: see `recording`.

    Raises:
        TypeError, ValueError: for invalid arguments.
        OSError: if the file cannot be read or written.
    """
    global _base  # one per process: the cells of a notebook share nothing else
    scope = None if path is None else _scope(path, mode, speed)
    with _lock:
        former, _base = _base, scope
    if former is not None:
        former.close()
