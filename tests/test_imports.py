"""Imports go one way, from the notebook down to the answer. Read from the sources, not run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import streamcell

PACKAGE = Path(streamcell.__file__).parent

LAYERS = (
    {"_errors", "_terminal", "_version", "_words"},
    {"answer", "request"},
    {"_files", "ratelimit", "saved", "wire"},
    {"engine", "sources"},
    {"notebook"},
    {"_recordings"},
    {"_api"},
    {"_saved_chats"},
    {"_chat"},
    {"_compare"},
    {"__init__", "_cli"},
)
"""The rooms, low to high: a module imports from its own layer and those below."""

HOLDS = {
    "_cli": "the command `streamcell`",
    "__init__": "the public names",
    "_chat": "the call of a conversation",
    "_saved_chats": "conversations that were saved, as turns",
    "_api": "the call: the only module that knows all the others",
    "_compare": "a comparison's call: many cells in one grid",
    "_recordings": "which recording a call plays or writes",
    "_files": "a prompt's files, read at the call",
    "notebook": "the widget, its output, the notebook around them, the front end that it brings",
    "engine": "the streams' thread, each stream, its handle and its log",
    "sources": "what turns a provider's chunks into events",
    "ratelimit": "the line before a server that limits its rate",
    "saved": "the formats of what is saved: Markdown, and recordings",
    "wire": "messages and patches",
    "answer": "what an answer is and what becomes of it; its parts",
    "request": "what is asked",
    "_errors": "what can go wrong, as exceptions with a card for the cell",
    "_terminal": "text that no terminal obeys",
    "_version": "the version",
    "_words": "all texts that a cell shows from the kernel",
    "rehearsal": "the rehearsal server; it stands alone",
}
"""What is in each room, for `ARCHITECTURE.md`."""

VALUES = {f"answer.{name}" for name in ("events", "finish", "inputs", "resume", "status", "timeouts")}
"""What flows between the parts of an answer: they know nothing of what becomes of them."""

PURE_ROOMS = {"_errors", "_terminal", "_version", "_words", "answer", "request", "saved", "wire"}
PURE_MODULES = {
    "engine.entries",
    "notebook.joined",
    "notebook.output",
    "ratelimit.headers",
    "ratelimit.queue",
    "sources.attempts",
}
PURE_MODULES |= {"sources.http.sse"}
PURE_MODULES |= {
    f"sources.openai.{name}"
    for name in (
        "assembly",
        "chat",
        "continuation",
        "conversation",
        "dialect",
        "echoes",
        "failures",
        "refusals",
        "responses",
        "thinking",
        "words",
    )
}
"""Pure though their rooms are not: decoders, mappings and policies."""

HOLDS_WIDGETS = {"engine.observers"} | {
    f"notebook.{name}"
    for name in ("chat", "compare", "controls", "displayed", "front_end", "group", "private", "widget")
}

SDKS = {"openai", "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio"}
WIDGETS = {"anywidget", "ipywidgets", "traitlets", "comm", "IPython", "ipykernel"}
PARSERS = {"jiter"}
"""Packages that pure modules may use: a text in, a value out."""
WORLD = {
    "asyncio",
    "concurrent",
    "contextvars",
    "datetime",
    "http",
    "importlib",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "uuid",
}
"""Standard modules through which a function meets a clock, chance, a thread, a file or a network."""


@dataclass(frozen=True)
class Import:
    """One import: what of, which names, and whether only a type checker or only a function's call makes it."""

    target: str
    names: frozenset[str]
    for_types: bool
    late: bool

    @property
    def inside(self) -> str | None:
        """The module within the package, or None for another package's."""
        package, _, rest = self.target.partition(".")
        return (rest or "__init__") if package == "streamcell" else None

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


def imports_of(module: str, source: str) -> Iterator[Import]:
    """Give every import of `module` (dotted, within the package), wherever in it."""

    def walk(node: ast.AST, for_types: bool, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                for one in child.body:
                    yield from walk(ast.Module([one], []), True, late)
                for one in child.orelse:
                    yield from walk(ast.Module([one], []), for_types, late)
            elif isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, frozenset(), for_types, late)
            elif isinstance(child, ast.ImportFrom):
                yield from _from(module, child, for_types, late)
            else:
                yield from walk(child, for_types, late or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)))

    yield from walk(ast.parse(source), False, False)


def _from(module: str, node: ast.ImportFrom, for_types: bool, late: bool) -> Iterator[Import]:
    here = ["streamcell", *module.split(".")]
    base = [] if node.level == 0 else here[: len(here) - node.level]
    target = ".".join([*base, *([node.module] if node.module else [])])
    if node.module or node.level == 0:
        yield Import(target, frozenset(alias.name for alias in node.names), for_types, late)
        return
    for alias in node.names:  # `from . import x` imports the module x
        yield Import(f"{target}.{alias.name}", frozenset(), for_types, late)


def broken(module: str, source: str) -> list[str]:
    """Give the rules that `module` breaks, in words."""
    found = [said for one in imports_of(module, source) for said in _broken(module, one)]
    return [f"{module}: {said}" for said in found]


def _broken(module: str, one: Import) -> Iterator[str]:
    room = module.partition(".")[0]
    if room == "rehearsal":
        if one.inside is not None and not one.inside.startswith("rehearsal"):
            yield f"the rehearsal server stands alone, and imports {one.inside}"
        return
    if one.inside is not None:
        yield from _broken_inside(module, room, one)
    else:
        yield from _broken_outside(module, room, one)


def _broken_inside(module: str, room: str, one: Import) -> Iterator[str]:
    target = (one.inside or "").partition(".")[0]
    if target == "rehearsal":
        if _layer(room) < _layer("_api") or not one.late:
            yield "the rehearsal server is loaded only by the call or the command, when it is asked for"
        return
    if _layer(target) > _layer(room):
        yield f"{target} is above it"
    elif room == "sources" and target == "engine":
        yield "sources know nothing of the engine"
    elif room in ("engine", "notebook") and target == "sources" and one.names != {"Source"}:
        # A protocol, so a type; what implements it comes in from the call.
        yield f"of sources {room} may know the type Source, not {', '.join(sorted(one.names)) or 'the package'}"
    elif module in VALUES and one.inside in ("answer.document", "answer.session"):
        yield f"{one.inside} is made of it"


def _broken_outside(module: str, room: str, one: Import) -> Iterator[str]:
    pure = room in PURE_ROOMS or module in PURE_MODULES
    if one.package in SDKS:
        if not (one.for_types or (room == "sources" and one.late)):
            yield f"{one.package} is imported inside sources/ only, and when it is used"
    elif one.package in WIDGETS:
        if module not in HOLDS_WIDGETS:
            yield f"{one.package} is the widget's"
        elif one.package in ("IPython", "ipykernel") and not one.late:
            yield f"{one.package} is the notebook's: it is imported when there is one"
    elif pure and one.package not in sys.stdlib_module_names and one.package not in PARSERS:
        yield f"it is pure, and imports {one.package}"
    elif pure and one.package in WORLD:
        yield f"it is pure, and meets the world through {one.package}"


def _layer(room: str) -> int:
    for layer, rooms in enumerate(LAYERS):
        if room in rooms:
            return layer
    raise AssertionError(f"{room} is a new room: say in LAYERS where it belongs")


MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def drawn() -> str:
    """Draw the rooms from the highest down, each with the rooms that its modules really import from."""
    order = [room for layer in reversed(LAYERS) for room in HOLDS if room in layer]
    lines = ["| Room | What is in it | It imports from |", "|---|---|---|"]
    for room in [*order, "rehearsal"]:
        found: set[str] = set()
        for module, path in MODULES.items():
            if module.partition(".")[0] == room:
                inside = {(one.inside or "").partition(".")[0] for one in imports_of(module, path.read_text("utf-8"))}
                found |= inside - {room, "", "_version"}
        pure = " *pure*" if room in PURE_ROOMS else ""
        names = ", ".join(f"`{name}`" for name in [*order, "rehearsal"] if name in found)
        lines.append(f"| `{room}`{pure} | {HOLDS[room]} | {names} |")
    return "\n".join(lines)


def test_the_architecture_shows_the_rooms_as_they_are() -> None:
    page = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- rooms -->\n\n")[2].partition("\n\n<!-- /rooms -->")[0]
    assert shown.splitlines() == drawn().splitlines(), "`make tables` writes them anew"


def test_the_walk_finds_the_package() -> None:
    assert {"__init__", "_api", "answer.session", "sources.http.sse", "rehearsal.__init__"} <= set(MODULES)
    assert {module.partition(".")[0] for module in MODULES} - {"rehearsal"} == set().union(*LAYERS)
    assert set(MODULES) >= PURE_MODULES | VALUES | HOLDS_WIDGETS


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_layer_may(module: str) -> None:
    assert broken(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "words"),
    [
        ("answer.events", "from .document import Version", "answer.document is made of it"),
        ("answer.session", "from ..engine.driver import Driver", "engine is above it"),
        ("_errors", "from .answer import session", "answer is above it"),
        ("answer.document", "from streamcell.engine.stream import Stream", "engine is above it"),
        ("wire.messages", "import streamcell.sources.http.sse", "sources is above it"),
        ("answer.session", "def f():\n    from ..notebook.widget import StreamCell", "notebook is above it"),
        ("answer.session", "if TYPE_CHECKING:\n    from .._api import stream_cell", "_api is above it"),
        ("answer.session", "from .. import stream_cell", "new room"),
        ("engine.driver", "from .. import StreamCell", "new room"),
        ("sources.http.sse", "from ...engine.driver import Driver", "sources know nothing of the engine"),
        ("sources.openai.source", "from ...notebook import widget", "notebook is above it"),
        ("sources.base", "from .._api import stream_cell", "_api is above it"),
        ("engine.stream", "from ..sources import resolve", "may know the type Source, not resolve"),
        ("engine.stream", "from ..sources.openai.source import OpenAISource", "not OpenAISource"),
        ("notebook.widget", "from .. import sources", "not the package"),
        ("engine.driver", "from ..notebook.widget import StreamCell", "notebook is above it"),
        ("_api", "from .rehearsal import shared", "only by the call"),
        ("notebook.widget", "def f():\n    from .. import rehearsal", "only by the call"),
        ("rehearsal._server", "from .._errors import StreamCellError", "stands alone, and imports _errors"),
        ("rehearsal._server", "import streamcell.answer.status", "stands alone"),
        ("_api", "import openai", "inside sources/ only"),
        ("_api", "def f():\n    import openai", "inside sources/ only"),
        ("sources.openai.client", "import openai", "when it is used"),
        (
            "sources.openai.client",
            "try:\n    from openai import OpenAI\nexcept ImportError:\n    pass",
            "when it is used",
        ),
        ("sources.openai.source", "import httpx2", "when it is used"),
        ("sources.openai.source", "if TYPE_CHECKING:\n    pass\nelse:\n    import openai", "when it is used"),
        ("engine.driver", "import ipywidgets", "the widget's"),
        ("_api", "def f():\n    import anywidget", "the widget's"),
        ("notebook.widget", "import IPython", "imported when there is one"),
        ("answer.session", "import time", "meets the world through time"),
        ("answer.retry", "from random import random", "meets the world through random"),
        ("wire.outbox", "def f():\n    import asyncio", "meets the world through asyncio"),
        ("request.shapes", "import os.path", "meets the world through os"),
        ("ratelimit.queue", "import threading", "meets the world through threading"),
        ("sources.http.sse", "import threading", "meets the world through threading"),
        ("answer.document", "import numpy", "pure, and imports numpy"),
    ],
)
def test_a_broken_rule_is_told(module: str, source: str, words: str) -> None:
    try:
        said = "; ".join(broken(module, source))
    except AssertionError as error:
        said = str(error)
    assert words in said


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("answer.events", "from .._errors import StreamCellError"),
        ("wire.messages", "from ..answer.session import Session"),
        ("engine.stream", "import asyncio, random, threading\nfrom ..sources import Source"),
        ("notebook.widget", "import anywidget\nfrom ..sources import Source\nfrom ..engine.stream import Stream"),
        ("notebook.widget", "def f():\n    from IPython.display import display"),
        (
            "sources.openai.client",
            "if TYPE_CHECKING:\n    from openai import OpenAI\ndef f():\n    import openai",
        ),
        ("_api", "if TYPE_CHECKING:\n    from openai import OpenAI\ndef f():\n    from . import rehearsal"),
        ("sources.http.body", "from .sse import SseDecoder\nimport asyncio"),
        ("rehearsal._server", "import tornado\nfrom . import _app\nfrom ._steps import Timing"),
        ("answer.session", "from collections.abc import Mapping\nfrom typing import Any"),
    ],
)
def test_a_rule_that_is_kept_is_not(module: str, source: str) -> None:
    assert broken(module, source) == []


def test_importing_streamcell_loads_neither_an_sdk_nor_a_server() -> None:
    code = "import streamcell, sys; print(*sorted(sys.modules), sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"streamcell", "streamcell.notebook.widget", "anywidget"} <= set(loaded)
    unwanted = SDKS | {"tornado", "http.server", "aiohttp", "pydantic", "ipykernel", "streamcell.rehearsal"}
    assert unwanted & set(loaded) == set()
