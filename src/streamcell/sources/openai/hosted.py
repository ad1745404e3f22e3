"""Turns the provider's tool calls into parts of the answer: the input, the state and the output of each. Pure.

Each type of tool is described by its row in `TOOLS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ... import _words as words
from ...answer.events import Alive, Event, PartChanged, PartEnded
from ..base import Surrogates, field_of, parts_of, showable
from .assembly import words_of

__all__ = ["TOOLS", "HostedTools", "event_of"]

_MOST: Final = 200  # tools in one answer
_LONG: Final = 20_000  # characters of the input and of the output of a tool
_SHORT: Final = 500  # characters of one result, of a title, and of an error
_RESULTS: Final = 50  # results, sources and outputs of one tool
_ADDRESS: Final = 2000  # characters of a source's address

_STATES: Final = frozenset({"in_progress", "searching", "interpreting", "calling", "completed", "failed", "incomplete"})

_Text = Callable[[Any], str]


# -- what items say ----------------------------------------------------------------------------------------------------


def _str(value: object, most: int = _LONG) -> str:
    """Return a value as text: a string unchanged, anything else as JSON."""
    if value is None or isinstance(value, str):
        text = value or ""
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, indent=1, default=_fields)
        except (TypeError, ValueError, RecursionError):
            return ""
    return text if len(text) <= most else f"{text[:most]}…"


def _fields(value: object) -> object:
    return vars(value) if hasattr(value, "__dict__") else str(type(value).__name__)


def _of(*names: str) -> _Text:
    """Return a function that returns the field at this path as text."""

    def text(item: object) -> str:
        for name in names:
            item = field_of(item, name)
        return _str(item)

    return text


def _lines(value: object, between: str = "\n") -> str:
    listed = value if isinstance(value, (list, tuple)) else [value]
    return between.join(said for one in listed[:_RESULTS] if (said := _str(one)))


def _nothing(_item: object) -> str:
    return ""


def _web_search(item: object) -> str:
    action = field_of(item, "action")
    url, pattern = _str(field_of(action, "url"), _ADDRESS), _str(field_of(action, "pattern"))
    if url:
        return f"{pattern} · {url}" if pattern else url
    return _lines(field_of(action, "queries")) or _str(field_of(action, "query"))


def _found(item: object) -> str:
    """Return the results of a file search: each file, its score, and the passage."""
    found: list[str] = []
    for number, one in enumerate(parts_of(item, "results")[:_RESULTS], 1):
        name = _str(field_of(one, "filename"), _SHORT) or _str(field_of(one, "file_id"), _SHORT)
        score = field_of(one, "score")
        fits = f" ({score:.2f})" if isinstance(score, (int, float)) and not isinstance(score, bool) else ""
        text = " ".join(_str(field_of(one, "text"), _SHORT).split())
        found.append(f"{number}. {name}{fits}" + (f"\n{text}" if text else ""))
    return "\n".join(found)


def _logs(item: object) -> str:
    """Return the output of a program, without its images, which are separate parts."""
    said = [_str(field_of(one, "logs")) for one in parts_of(item, "outputs")[:_RESULTS]]
    return "\n".join(one.rstrip("\n") for one in said if one)


def _server(item: object) -> str:
    named = (_str(field_of(item, "server_label"), _SHORT), _str(field_of(item, "name"), _SHORT))
    return " · ".join(one for one in named if one)


def _names(item: object) -> str:
    """Return the names and descriptions of tools."""
    said: list[str] = []
    for tool in parts_of(item, "tools")[:_RESULTS]:
        name = next((one for key in ("name", "server_label", "type") if (one := _str(field_of(tool, key), _SHORT))), "")
        about = " ".join(_str(field_of(tool, "description"), _SHORT).split())
        said.append(f"{name}: {about}" if about else name)
    return "\n".join(one for one in said if one)


def _actions(item: object) -> str:
    """Return the actions for a computer, one per line, and the provider's safety checks."""
    said: list[str] = []
    for action in (parts_of(item, "actions") or [field_of(item, "action")])[:_RESULTS]:
        given = action if isinstance(action, Mapping) else getattr(action, "__dict__", {})
        rest = (f"{name} {_inline(value)}" for name, value in given.items() if name != "type" and value is not None)
        said.append(" · ".join([_str(given.get("type"), _SHORT), *rest]))
    checks = (field_of(one, "message") or field_of(one, "code") for one in parts_of(item, "pending_safety_checks"))
    return "\n".join([*(one for one in said if one), *(words.safety_check(_str(one, _SHORT)) for one in checks if one)])


def _inline(value: object) -> str:
    return " ".join(_str(value, _SHORT).split())


def _screenshot(item: object) -> str:
    return words.SCREENSHOT if field_of(item, "output") else ""


def _patch(item: object) -> str:
    operation = field_of(item, "operation")
    kind, path = _str(field_of(operation, "type"), _SHORT), _str(field_of(operation, "path"), _SHORT)
    head = " ".join(one for one in (kind.replace("_", " "), path) if one)
    return "\n".join(one for one in (head, _str(field_of(operation, "diff"))) if one)


def _ran(item: object) -> str:
    """Return the output of commands, and how they ended if they failed."""
    said: list[str] = []
    for one in parts_of(item, "output")[:_RESULTS]:
        outcome = field_of(one, "outcome")
        code = field_of(outcome, "exit_code")
        ending = words.TIMED_OUT if field_of(outcome, "type") == "timeout" else ""
        ending = words.exited(code) if isinstance(code, int) and code != 0 else ending
        said += [_str(field_of(one, "stdout")), _str(field_of(one, "stderr")), ending]
    return "\n".join(one.rstrip("\n") for one in said if one)


def _approval(item: object) -> str:
    said = words.APPROVED if field_of(item, "approve") is True else words.NOT_APPROVED
    reason = _str(field_of(item, "reason"), _SHORT)
    return f"{said}: {reason}" if reason else said


# -- the table ---------------------------------------------------------------------------------------------------------


def _never(_item: object) -> bool:
    return False


@dataclass(frozen=True)
class _Tool:
    """A type of output item that is a tool call, or the result of one.

    Attributes:
        asked: returns the input.
        came: returns the output.
        about: returns a text that is appended to the title.
        code: the input is code.
        client: returns whether the provider expects the client to run it.
        answers: the type of call that this item is the result of; None if it is not a result.
        awaits: the result comes as another item.
    """

    asked: _Text = _nothing
    came: _Text = _nothing
    about: _Text = _nothing
    code: bool = False
    client: Callable[[object], bool] = _never
    answers: str | None = None
    awaits: bool = False  # its result comes as another item


def _always(_item: object) -> bool:
    return True


def _by_client(item: object) -> bool:
    return bool(field_of(item, "execution") == "client")


def _is_local(item: object) -> bool:
    return bool(field_of(field_of(item, "environment"), "type") == "local")


TOOLS: Final[Mapping[str, _Tool]] = {
    "web_search_call": _Tool(_web_search),
    "file_search_call": _Tool(lambda item: _lines(field_of(item, "queries")), _found),
    "code_interpreter_call": _Tool(_of("code"), _logs, code=True),
    "mcp_call": _Tool(_of("arguments"), _of("output"), _server, code=True),
    "mcp_list_tools": _Tool(came=_names, about=_server),
    "mcp_approval_response": _Tool(came=_approval),
    "computer_call": _Tool(_actions, client=_always, awaits=True),
    "computer_call_output": _Tool(came=_screenshot, answers="computer_call"),
    "local_shell_call": _Tool(
        lambda item: _lines(field_of(field_of(item, "action"), "command"), " "), code=True, client=_always, awaits=True
    ),
    "local_shell_call_output": _Tool(came=_of("output"), answers="local_shell_call"),
    "shell_call": _Tool(
        lambda item: _lines(field_of(field_of(item, "action"), "commands")), code=True, client=_is_local, awaits=True
    ),
    "shell_call_output": _Tool(came=_ran, answers="shell_call"),
    "apply_patch_call": _Tool(_patch, code=True, client=_always, awaits=True),
    "apply_patch_call_output": _Tool(came=_of("output"), answers="apply_patch_call"),
    "tool_search_call": _Tool(_of("arguments"), code=True, client=_by_client, awaits=True),
    "tool_search_output": _Tool(came=_names, answers="tool_search_call"),
    "additional_tools": _Tool(came=_names),
    "program": _Tool(_of("code"), code=True, awaits=True),
    "program_output": _Tool(came=_of("result"), answers="program"),
    "executed_tool": _Tool(_of("arguments"), _of("output"), lambda item: _str(field_of(item, "name"), _SHORT)),
}
"""Each type of output item that is one of the provider's tools or its result; the last one is Groq's."""

_GROWING: Final = {
    "code_interpreter_call_code": ("code_interpreter_call", "code"),
    "mcp_call_arguments": ("mcp_call", "arguments"),
    "shell_call_command": ("shell_call", "command"),
    "shell_call_output_content": ("shell_call_output", "output"),
}
"""Events with pieces of a tool's item: the type of the item, and the event's field with the complete value."""


def event_of(name: str) -> tuple[str, str] | None:
    """Return the subject and the verb of an event's name, or None if it is not about one of the provider's tools."""
    about, _, verb = name.removeprefix("response.").rpartition(".")
    known = name.startswith("response.") and (about in _GROWING or (about in TOOLS and verb in _STATES))
    return (about, verb) if known else None


# -- the calls of one answer -------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Call:
    """One tool call, as far as it is known."""

    id: str
    kind: str
    state: str = "in_progress"
    title: str = ""
    asked: str = ""
    came: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    error: str = ""
    note: str = ""
    answered: bool = False
    closed: bool = False
    told: int = 0  # characters of `came` that were sent
    commands: dict[object, str] = field(default_factory=dict)
    halves: Surrogates = field(default_factory=Surrogates)

    def event(self) -> PartChanged:
        """Return the event with all fields of the call. The page gets only the fields that change."""
        self.told = len(self.came)
        fields = {
            "tool": self.kind,
            "title": showable(self.title[:_SHORT]) or words.HOSTED[self.kind],
            "state": self.state,
            "code": TOOLS[self.kind].code,
            "asked": showable(self.asked[:_LONG]),
            "came": showable(self.came[:_LONG]),
            "links": self.links,
            "error": showable(self.error[:_SHORT]),
            "note": showable(self.note),
        }
        return PartChanged("hosted_tool", fields, self.id)


class HostedTools:
    """Turns items and events about the provider's tools into events for their parts."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}
        self._by_call_id: dict[str, _Call] = {}

    def item(self, item: object, index: object, *, whole: bool) -> list[Event]:
        """Process an output item of a type in `TOOLS`, at its beginning or `whole`."""
        kind = field_of(item, "type")
        if not isinstance(kind, str) or kind not in TOOLS:
            return []
        answered = self._answered(item, kind)
        if answered is not None:
            self._remember(answered, item, index)
            return self._answer(answered, item, kind, whole=whole)
        call = self._call(kind, field_of(item, "id"), index)
        if call is None or call.closed:
            return [Alive(working=True)]
        self._remember(call, item, index)
        self._take(call, item, kind, whole=whole)
        events: list[Event] = [call.event()]
        if whole and not TOOLS[kind].awaits:
            call.closed = True
            events.append(PartEnded(call.id))
        return events

    def event(self, about: str, verb: str, chunk: object) -> list[Event]:
        """Process an event for which `event_of` did not return None."""
        kind, key = _GROWING.get(about, (about, ""))
        call = self._call(kind, field_of(chunk, "item_id"), field_of(chunk, "output_index"))
        if call is None or call.closed:
            return [Alive(working=True)]
        before = len(call.asked), len(call.came)
        if not key:
            call.state = verb
            call.error = call.error or _str(field_of(chunk, "error"), _SHORT)
        elif kind == "shell_call_output":
            self._output(call, verb, chunk)
            # Each event has the complete output, so it is only sent each time after it has doubled.
            if call.state != "completed" and len(call.came) < 2 * call.told:
                return [Alive(working=True)]
        elif kind == "shell_call":
            place = field_of(chunk, "command_index")
            place = place if isinstance(place, int) else 0
            if place in call.commands or len(call.commands) < _RESULTS:
                known = call.commands.get(place, "") if verb == "delta" else ""
                said = field_of(chunk, "delta" if verb == "delta" else key)
                call.commands[place] = (known + call.halves.feed(_str(said)))[:_LONG]
            call.asked = "\n".join(call.commands[one] for one in sorted(call.commands, key=str))
        elif verb == "delta":
            call.asked += call.halves.feed(_str(field_of(chunk, "delta")))
        else:
            call.asked = _str(field_of(chunk, key)) or call.asked
        call.asked = call.asked[:_LONG]
        return [call.event()] if (len(call.asked), len(call.came)) != before or not key else [Alive(working=True)]

    def executed(self, tools: list[Any]) -> list[Event]:
        """Process the tools that Groq's server has run, which it reports in its deltas."""
        events: list[Event] = []
        for at, tool in enumerate(tools[:_MOST]):
            index = field_of(tool, "index")
            place = index if isinstance(index, int) and not isinstance(index, bool) else at
            output, found = field_of(tool, "output"), field_of(field_of(tool, "search_results"), "results")
            item = {
                "type": "executed_tool",
                "id": f"executed-{place}",
                "name": field_of(tool, "type"),
                "arguments": field_of(tool, "arguments"),
                "output": None if found else output,
                "results": found,
            }
            events += self.item(item, None, whole=bool(output or found))
        return events

    # -- one call -----------------------------------------------------------------------------------------------------

    def _call(self, kind: str, id_: object, index: object) -> _Call | None:
        """Return the call that an item or an event belongs to, or None if there are too many."""
        found = self._by_id.get(id_) if isinstance(id_, str) and id_ else None
        if found is None and not (isinstance(id_, str) and id_) and isinstance(index, int):
            found = self._by_index.get(index)
        if found is not None:
            return found
        if len(self._calls) >= _MOST:
            return None
        name = id_ if isinstance(id_, str) and id_ else f"hosted-{len(self._calls)}"
        made = _Call(name[:_SHORT], kind)
        self._calls.append(made)
        self._remember(made, {"id": id_}, index)
        return made

    def _remember(self, call: _Call, item: object, index: object) -> None:
        id_, call_id = field_of(item, "id"), field_of(item, "call_id")
        if isinstance(id_, str) and id_:
            self._by_id[id_] = call
        if isinstance(index, int):
            self._by_index.setdefault(index, call)
        if isinstance(call_id, str) and call_id:
            self._by_call_id.setdefault(call_id, call)

    def _answered(self, item: object, kind: str) -> _Call | None:
        """Return the call that an item is the result of."""
        of = TOOLS[kind].answers
        id_ = field_of(item, "call_id")
        found = self._by_call_id.get(id_) if of is not None and isinstance(id_, str) else None
        return found if found is not None and found.kind == of else None

    def _answer(self, call: _Call, item: object, kind: str, *, whole: bool) -> list[Event]:
        if call.closed:
            return [Alive(working=True)]
        call.came = (TOOLS[kind].came(item) or call.came)[:_LONG]
        call.note, call.answered = "", True
        call.state = _state(item, call, whole=whole)
        if not whole:
            return [call.event()]
        call.came = call.came or words.NO_OUTPUT
        call.closed = True
        return [call.event(), PartEnded(call.id)]

    def _take(self, call: _Call, item: object, kind: str, *, whole: bool) -> None:
        tool = TOOLS[kind]
        about = tool.about(item)
        call.kind = kind
        call.title = f"{words.HOSTED[kind]}: {about}" if about else words.HOSTED[kind]
        call.asked = (tool.asked(item) or call.asked)[:_LONG]
        call.came = (tool.came(item) or call.came)[:_LONG]
        call.links = _links(item) or call.links
        error = field_of(item, "error")
        call.error = (_str(field_of(error, "message"), _SHORT) or words_of(error) or _str(error, _SHORT)) or call.error
        call.state = call.state if call.answered else _state(item, call, whole=whole)
        if whole and not call.answered and tool.client(item):
            call.state, call.note = "requested", words.CLIENT_RUNS

    def _output(self, call: _Call, verb: str, chunk: object) -> None:
        if verb == "delta":
            delta = field_of(chunk, "delta")
            said = _str(field_of(delta, "stdout")) + _str(field_of(delta, "stderr"))
            call.came = (call.came + call.halves.feed(said))[:_LONG]
        else:
            call.came = _ran(chunk)[:_LONG] or call.came


def _state(item: object, call: _Call, *, whole: bool) -> str:
    status = field_of(item, "status")
    if isinstance(status, str) and status in _STATES and not (whole and status == "in_progress"):
        return status
    if not whole:
        return call.state
    return "failed" if call.error else "completed"


def _links(item: object) -> list[dict[str, str]]:
    """Return the sources that a search has found, without repetitions."""
    found: dict[str, str] = {}
    given = [*parts_of(field_of(item, "action"), "sources")]
    if field_of(item, "type") in ("web_search_call", "executed_tool"):
        given += parts_of(item, "results")
    for one in given[:_RESULTS]:
        url = field_of(one, "url")
        if isinstance(url, str) and url.strip():
            title = " ".join(_str(field_of(one, "title"), _SHORT).split())
            found.setdefault(showable("".join(url.split())[:_ADDRESS]), showable(title))
    return [{"url": url, "title": title} for url, title in found.items()]
